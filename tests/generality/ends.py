"""An end of a TCP connection walked by hand, the ways to each of its states, and two ends on a network."""

from statekit.testing.walk import Walk
from tests.generality.tcp import TCP, State
from tests.generality.tcp_segments import (
    Abort,
    Close,
    Deliver,
    OpenActive,
    OpenPassive,
    Segment,
    SendText,
    Tell,
    Transmit,
)

OPEN_LIMIT, TIME_WAIT_LIMIT = "after user_limit", "after two_lifetimes"
ACTIVE, PASSIVE = OpenActive(iss=100), OpenPassive(iss=300)


class End(Walk):
    """One end, walked by hand; what it sends waits in `out` until it is carried."""

    def __init__(self, context=None):
        self.out, self.told, self.delivered = [], [], 0
        super().__init__(TCP, context)

    def send(self, *events):
        for event in events:
            super().send(event)
            self.note()
        return self.verdict

    def fire(self, label, **how):
        super().fire(label, **how)
        self.note()
        return self.verdict

    def note(self):
        for effect in self.effects:
            self.out += [effect.segment] if isinstance(effect, Transmit) else []
            self.told += [effect.notice] if isinstance(effect, Tell) else []
            self.delivered += effect.octets if isinstance(effect, Deliver) else 0


class Network:
    """Two ends, `here` and `there`; a segment arrives when it is carried."""

    def __init__(self):
        self.here, self.there = End(), End()

    @property
    def states(self):
        return (self.here.state, self.there.state)

    def carry(self, sender, receiver):
        receiver.send(sender.out.pop(0))

    def settle(self):
        for _ in range(200):
            for sender, receiver in ((self.here, self.there), (self.there, self.here)):
                if sender.out:
                    self.carry(sender, receiver)
        assert not self.here.out, "they answer each other for ever"
        assert not self.there.out, "they answer each other for ever"

    def connect(self):
        self.there.send(PASSIVE)
        self.here.send(ACTIVE)
        self.settle()
        assert self.states == (State.ESTABLISHED, State.ESTABLISHED)


# Every state by the shortest way; `rcv_nxt` is 301 and `snd_una` 101 or more wherever the peer is known.
GREETING, WELCOME = Segment(300, 101, syn=True), Segment(301, 101)
FIN_OF_PEER, ACK_OF_FIN = Segment(301, 101, fin=True), Segment(301, 102)
WAYS = {
    State.CLOSED: (),
    State.LISTEN: (OpenPassive(iss=100),),
    State.SYN_SENT: (ACTIVE,),
    State.SYN_RECEIVED: (ACTIVE, Segment(300, syn=True)),
    State.ESTABLISHED: (ACTIVE, GREETING),
    State.FIN_WAIT_1: (ACTIVE, GREETING, Close()),
    State.FIN_WAIT_2: (ACTIVE, GREETING, Close(), ACK_OF_FIN),
    State.CLOSE_WAIT: (ACTIVE, GREETING, FIN_OF_PEER),
    State.CLOSING: (ACTIVE, GREETING, Close(), FIN_OF_PEER),
    State.LAST_ACK: (ACTIVE, GREETING, FIN_OF_PEER, Close()),
    State.TIME_WAIT: (ACTIVE, GREETING, Close(), ACK_OF_FIN, FIN_OF_PEER),
}
SYNCHRONIZED = list(State)[3:]


def end_in(state):
    end = End()
    end.send(*WAYS[state])
    assert end.state is state
    end.out.clear()
    end.told.clear()
    return end


CALLS = {"OPEN": ACTIVE, "SEND": SendText(1), "CLOSE": Close(), "ABORT": Abort()}


ERRORS = {
    "!a": "error: connection does not exist",
    "!u": "error: remote socket unspecified",
    "!e": "error: connection already exists",
    "!c": "error: connection closing",
}
