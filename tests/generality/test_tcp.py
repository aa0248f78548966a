"""TCP: two ends on a network in memory do what the figures of RFC 9293 show; every call and segment has its answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statekit import Broken, Forbidden, Ignored, Postponed, Stale, Taken
from statekit.draw import dot_of, graph_of
from statekit.testing.passed import untaken
from statekit.testing.walk import Walk
from tests.generality.tcp import (
    MODULUS,
    TCP,
    Abort,
    Close,
    Context,
    Deliver,
    Notice,
    OpenActive,
    OpenPassive,
    Options,
    Segment,
    SendText,
    State,
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


@pytest.fixture
def net():
    return Network()


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
TOLD = (State.SYN_SENT, State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSE_WAIT)


def end_in(state):
    end = End()
    end.send(*WAYS[state])
    assert end.state is state
    end.out.clear()
    end.told.clear()
    return end


def test_the_table_is_total():
    assert TCP.blanks() == ()


# ------------------------------------------------------------------------------------------- two ends and a network


def test_three_segments_open_a_connection(net):
    net.there.send(PASSIVE)
    net.here.send(ACTIVE)
    assert net.here.out == [Segment(100, syn=True)]
    net.carry(net.here, net.there)
    assert net.there.out == [Segment(300, 101, syn=True)]
    net.carry(net.there, net.here)
    assert (net.states, net.here.out) == ((State.ESTABLISHED, State.SYN_RECEIVED), [Segment(101, 301)])
    net.carry(net.here, net.there)
    assert net.states == (State.ESTABLISHED, State.ESTABLISHED)
    assert net.here.timers == net.there.timers == {}


def test_two_ends_that_open_at_once_share_one_connection(net):
    net.here.send(ACTIVE)
    net.there.send(OpenActive(iss=300))
    net.carry(net.here, net.there)
    net.carry(net.there, net.here)
    assert net.states == (State.SYN_RECEIVED, State.SYN_RECEIVED)
    net.settle()
    assert net.states == (State.ESTABLISHED, State.ESTABLISHED)
    assert (net.here.context.rcv_nxt, net.there.context.rcv_nxt) == (301, 101)


def test_a_normal_close_leaves_the_end_that_began_it_in_time_wait(net):
    net.connect()
    net.here.send(Close())
    net.settle()
    assert net.states == (State.FIN_WAIT_2, State.CLOSE_WAIT)
    assert net.there.told == [Notice.CLOSING]
    net.there.send(Close())
    net.settle()
    assert net.states == (State.TIME_WAIT, State.CLOSED)
    assert net.here.timers == {TIME_WAIT_LIMIT: 240.0}
    net.here.fire(TIME_WAIT_LIMIT)
    assert net.states == (State.CLOSED, State.CLOSED)


def test_two_ends_that_close_at_once_both_wait(net):
    net.connect()
    net.here.send(Close())
    net.there.send(Close())
    net.carry(net.here, net.there)
    net.carry(net.there, net.here)
    assert net.states == (State.CLOSING, State.CLOSING)
    net.settle()
    assert net.states == (State.TIME_WAIT, State.TIME_WAIT)


def test_text_goes_both_ways_and_after_one_end_has_closed(net):
    net.connect()
    net.here.send(SendText(5))
    assert net.here.timers == {"unacknowledged": 300.0}
    net.settle()
    assert (net.there.delivered, net.here.timers) == (5, {})
    net.here.send(Close())
    net.settle()
    net.there.send(SendText(7))
    net.settle()
    assert (net.here.delivered, net.there.timers) == (7, {})


def test_text_sent_too_early_goes_out_when_the_connection_is_there(net):
    net.there.send(PASSIVE)
    net.here.send(ACTIVE, SendText(3), SendText(4))
    net.settle()
    assert (net.states, net.there.delivered) == ((State.ESTABLISHED, State.ESTABLISHED), 7)
    assert net.here.timers == {}


def test_a_close_before_the_connection_is_there_waits_for_queued_text_only(net):
    net.there.send(PASSIVE)
    net.here.send(ACTIVE)
    net.carry(net.here, net.there)
    net.there.send(SendText(2))
    assert net.there.send(Close()) == Postponed("text goes first")
    net.settle()
    assert (net.states, net.here.delivered) == ((State.CLOSE_WAIT, State.FIN_WAIT_2), 2)
    alone = end_in(State.SYN_RECEIVED)
    alone.send(Close())
    assert (alone.state, alone.out) == (State.FIN_WAIT_1, [Segment(101, 301, fin=True)])


def test_a_listener_that_knows_its_peer_turns_active_by_sending(net):
    net.there.send(PASSIVE)
    net.here.send(OpenPassive(iss=100, remote="there"), SendText(9))
    net.settle()
    assert (net.states, net.there.delivered) == ((State.ESTABLISHED, State.ESTABLISHED), 9)


def test_an_old_duplicate_syn_is_reset_and_the_listener_listens_again(net):
    net.there.send(PASSIVE)
    net.there.send(Segment(90, syn=True))
    net.here.send(ACTIVE)
    net.here.out.clear()
    net.carry(net.there, net.here)
    assert (net.here.state, net.here.out) == (State.SYN_SENT, [Segment(91, rst=True)])
    net.carry(net.here, net.there)
    assert net.there.state is State.LISTEN
    assert net.there.told == []


def test_a_half_open_connection_is_found_out_and_reset(net):
    net.connect()
    net.here = End()
    net.here.send(OpenActive(iss=400))
    net.settle()
    assert net.states == (State.SYN_SENT, State.CLOSED)
    assert net.there.told == [Notice.RESET]


def test_numbers_go_round_at_two_to_the_thirty_second(net):
    net.there.send(OpenPassive(iss=MODULUS - 1))
    net.here.send(OpenActive(iss=MODULUS - 3))
    net.settle()
    net.here.send(SendText(10))
    net.there.send(Close())
    net.settle()
    assert (net.states, net.there.delivered) == ((State.CLOSE_WAIT, State.FIN_WAIT_2), 10)
    assert net.here.context.snd_nxt == 8


# -------------------------------------------------------------------------------------------------- reset, by state


@pytest.mark.parametrize("state", State)
def test_a_reset_in_its_place_ends_the_connection(state):
    end = end_in(state)
    end.send(Segment(end.context.rcv_nxt, 101 if state is State.SYN_SENT else None, rst=True))
    assert end.state is (State.LISTEN if state is State.LISTEN else State.CLOSED)
    assert end.out == []
    told = {State.SYN_RECEIVED: Notice.REFUSED} | dict.fromkeys(TOLD, Notice.RESET)
    assert end.told == ([told[state]] if state in told else [])


def test_a_listener_that_is_reset_listens_again_and_tells_nobody():
    end = end_in(State.LISTEN)
    end.send(Segment(300, syn=True), Segment(301, rst=True))
    assert (end.state, end.told) == (State.LISTEN, [])


@pytest.mark.parametrize("state", SYNCHRONIZED)
@pytest.mark.parametrize("seq", [300 - 70000, 301 + 70000])
def test_a_reset_from_outside_the_window_is_dropped(state, seq):
    end = end_in(state)
    assert end.send(Segment(seq % MODULUS, rst=True)) == Ignored("the reset is old or forged", end.verdict.refused)
    assert (end.state, end.out) == (state, [])


@pytest.mark.parametrize("state", SYNCHRONIZED)
def test_a_reset_or_syn_that_is_out_of_place_is_challenged(state):
    for doubtful in (Segment(305, rst=True), Segment(301, 101, syn=True), Segment(12345678, 101)):
        end = end_in(state)
        end.send(doubtful)
        assert (end.state, end.out) == (state, [Segment(end.context.snd_nxt, end.context.rcv_nxt)])


def test_a_reset_that_acknowledges_nothing_does_not_end_an_attempt():
    end = end_in(State.SYN_SENT)
    for stray in (Segment(301, rst=True), Segment(301, 100, rst=True), Segment(301, 102, rst=True)):
        assert isinstance(end.send(stray), Ignored)
    assert (end.state, end.out) == (State.SYN_SENT, [])


@pytest.mark.parametrize(
    "segment", [Segment(7, 50), Segment(7, syn=True), Segment(7, octets=4), Segment(7, 50, fin=True)]
)
def test_where_there_is_no_connection_all_but_a_reset_is_reset(segment):
    end = End()
    end.send(segment)
    expected = Segment(50, rst=True) if segment.ack else Segment(0, 7 + segment.length, rst=True)
    assert (end.state, end.out) == (State.CLOSED, [expected])


def test_a_closing_segment_that_comes_again_restarts_the_last_wait():
    end = end_in(State.TIME_WAIT)
    first = end.ticket(TIME_WAIT_LIMIT)
    end.send(FIN_OF_PEER)
    assert (end.state, end.out) == (State.TIME_WAIT, [Segment(102, 302)])
    assert end.fire(TIME_WAIT_LIMIT, ticket=first) == Stale(first)
    end.fire(TIME_WAIT_LIMIT)
    assert end.state is State.CLOSED


def test_a_segment_that_leaves_a_gap_is_not_taken():
    end = end_in(State.ESTABLISHED)
    end.send(Segment(310, 101, octets=5))
    assert (end.delivered, end.out) == (0, [Segment(101, 301)])


def test_a_closed_window_takes_only_what_is_empty_and_in_place():
    end = End(Context(Options(window=0)))
    end.send(ACTIVE, GREETING)
    end.out.clear()
    end.send(Segment(301, 101, octets=1))
    assert (end.delivered, end.out) == (0, [Segment(101, 301)])
    assert isinstance(end.send(WELCOME), Taken)
    assert len(end.out) == 1


# -------------------------------------------------------------------------------------- ACK, text and FIN, by state

# In a state, a segment: the state after it, what is sent, octets delivered, then SND.UNA and RCV.NXT (3.10.7.4).
S = State
TAKEN = [
    (S.LISTEN, Segment(9, 50), S.LISTEN, [Segment(50, rst=True)], 0, (0, 0)),
    (S.LISTEN, Segment(9, 50, rst=True), S.LISTEN, [], 0, (0, 0)),
    (S.LISTEN, Segment(9, 50, syn=True), S.LISTEN, [Segment(50, rst=True)], 0, (0, 0)),
    (S.LISTEN, Segment(9, rst=True, syn=True), S.LISTEN, [], 0, (0, 0)),
    (S.SYN_RECEIVED, Segment(301, octets=3), S.SYN_RECEIVED, [], 0, (100, 301)),
    (S.SYN_RECEIVED, Segment(301, 100), S.SYN_RECEIVED, [Segment(100, rst=True)], 0, (100, 301)),
    (S.SYN_RECEIVED, Segment(301, 102), S.SYN_RECEIVED, [Segment(102, rst=True)], 0, (100, 301)),
    (S.SYN_RECEIVED, Segment(301, 101, octets=3), S.ESTABLISHED, [Segment(101, 304)], 3, (101, 304)),
    (S.SYN_RECEIVED, FIN_OF_PEER, S.CLOSE_WAIT, [Segment(101, 302)], 0, (101, 302)),
    (S.ESTABLISHED, Segment(301, octets=3), S.ESTABLISHED, [], 0, (101, 301)),
    (S.ESTABLISHED, Segment(301, 999, octets=3), S.ESTABLISHED, [Segment(101, 301)], 0, (101, 301)),
    (S.ESTABLISHED, Segment(301, 100, octets=3), S.ESTABLISHED, [Segment(101, 304)], 3, (101, 304)),
    (S.FIN_WAIT_1, Segment(301, 999), S.FIN_WAIT_1, [Segment(102, 301)], 0, (101, 301)),
    (S.FIN_WAIT_1, Segment(301, 102, fin=True), S.TIME_WAIT, [Segment(102, 302)], 0, (102, 302)),
    (S.FIN_WAIT_1, Segment(301, 102, octets=2), S.FIN_WAIT_2, [Segment(102, 303)], 2, (102, 303)),
    (S.FIN_WAIT_1, Segment(301, 101, octets=2), S.FIN_WAIT_1, [Segment(102, 303)], 2, (101, 303)),
    (S.CLOSING, Segment(302, 102), S.TIME_WAIT, [], 0, (102, 302)),
    (S.CLOSING, Segment(302, 101), S.CLOSING, [], 0, (101, 302)),
    (S.CLOSE_WAIT, Segment(302, 101, octets=2), S.CLOSE_WAIT, [], 0, (101, 302)),
    (S.LAST_ACK, Segment(302, 102), S.CLOSED, [], 0, (102, 302)),
    (S.LAST_ACK, Segment(302, 999), S.LAST_ACK, [Segment(102, 302)], 0, (101, 302)),
    (S.TIME_WAIT, Segment(302, 102), S.TIME_WAIT, [], 0, (102, 302)),
]


@pytest.mark.parametrize(("state", "segment", "after", "sent", "delivered", "numbers"), TAKEN)
def test_a_segment_in_the_window_is_taken_as_the_rfc_says(state, segment, after, sent, delivered, numbers):
    end = end_in(state)
    end.send(segment)
    assert (end.state, end.out, end.delivered) == (after, sent, delivered)
    assert (end.context.snd_una, end.context.rcv_nxt) == numbers
    assert end.told == ([Notice.CLOSING] if segment.fin else [])


@pytest.mark.parametrize(("acknowledged", "left"), [(103, {"unacknowledged": 300.0}), (105, {})])
@pytest.mark.parametrize("state", [State.ESTABLISHED, State.CLOSE_WAIT, State.LAST_ACK])
def test_what_is_acknowledged_of_the_text_counts_and_the_rest_is_still_timed(state, acknowledged, left):
    end = end_in(State.ESTABLISHED if state is State.ESTABLISHED else State.CLOSE_WAIT)
    end.send(SendText(4))
    if state is State.LAST_ACK:
        end.send(Close())
        left = {"unacknowledged": 300.0}
    end.send(Segment(end.context.rcv_nxt, acknowledged))
    assert (end.state, end.context.snd_una, end.timers) == (state, acknowledged, left)


def test_a_listener_that_is_reset_forgets_what_was_queued_for_the_peer():
    end = end_in(State.LISTEN)
    end.send(Segment(300, syn=True), SendText(2), Segment(301, rst=True))
    assert end.context == Context(passive=True, iss=100)


# ------------------------------------------------------------------------------------------- user calls and timeouts

CALLS = {"OPEN": ACTIVE, "SEND": SendText(1), "CLOSE": Close(), "ABORT": Abort()}
# RFC 9293 sections 3.10.1 to 3.10.5: what a call comes to. "!" is an error returned, "+" is served, "q" queued.
ANSWERS = """
          OPEN  SEND  CLOSE ABORT
CLOSED    +     !a    !a    !a
LISTEN    +     !u    +     +
SYN_SENT  !e    q     +     +
SYN_RECEIVED !e q     +     +
ESTABLISHED !e  +     +     +
FIN_WAIT_1 !e   !c    !c    +
FIN_WAIT_2 !e   !c    !c    +
CLOSE_WAIT !e   +     +     +
CLOSING   !e    !c    !c    +
LAST_ACK  !e    !c    !c    +
TIME_WAIT !e    !c    !c    +
"""
ERRORS = {
    "!a": "error: connection does not exist",
    "!u": "error: remote socket unspecified",
    "!e": "error: connection already exists",
    "!c": "error: connection closing",
}
HEAD, *LINES = (line.split() for line in ANSWERS.strip().splitlines())
ANSWERED = [(State[state], call, said) for state, *cells in LINES for call, said in zip(HEAD, cells, strict=True)]


@pytest.mark.parametrize(("state", "call", "said"), ANSWERED)
def test_every_call_is_answered_as_the_rfc_says(state, call, said):
    end = end_in(state)
    verdict = end.send(CALLS[call])
    if said in ERRORS:
        assert isinstance(verdict, Forbidden)
        assert verdict.because == ERRORS[said]
        assert (end.state, end.effects) == (state, ())
    else:
        assert isinstance(verdict, Taken)
        assert (end.context.unsent == 1) == (said == "q")


@pytest.mark.parametrize("state", [State.LISTEN, State.SYN_SENT])
@pytest.mark.parametrize(("call", "notice"), [(Close(), Notice.CLOSED), (Abort(), Notice.RESET)])
def test_an_end_without_a_connection_closes_at_once_and_tells_the_outstanding_calls(state, call, notice):
    end = end_in(state)
    end.send(call)
    assert (end.state, end.out, end.told, end.timers) == (State.CLOSED, [], [notice], {})


def test_an_open_that_names_nobody_is_an_error():
    for state in (State.CLOSED, State.LISTEN):
        assert end_in(state).send(OpenActive(1, remote="")) == Forbidden("error: remote socket unspecified")
    assert end_in(State.LISTEN).send(PASSIVE) == Forbidden("error: connection already exists")


@pytest.mark.parametrize("state", SYNCHRONIZED)
def test_an_abort_resets_the_peer_while_it_may_still_send(state):
    end = end_in(state)
    nxt = end.context.snd_nxt
    end.send(Abort())
    leaving = state in (State.CLOSING, State.LAST_ACK, State.TIME_WAIT)
    assert (end.state, end.timers) == (State.CLOSED, {})
    assert (end.out, end.told) == (([], []) if leaving else ([Segment(nxt, rst=True)], [Notice.RESET]))


@pytest.mark.parametrize(
    ("state", "call", "label"),
    [
        (State.SYN_SENT, None, OPEN_LIMIT),
        (State.SYN_RECEIVED, None, OPEN_LIMIT),
        (State.ESTABLISHED, SendText(1), "unacknowledged"),
        (State.CLOSE_WAIT, SendText(1), "unacknowledged"),
        (State.FIN_WAIT_1, None, "unacknowledged"),
        (State.CLOSING, None, "unacknowledged"),
        (State.LAST_ACK, None, "unacknowledged"),
    ],
)
def test_what_stays_unacknowledged_for_the_user_timeout_ends_the_connection(state, call, label):
    end = end_in(state)
    if call:
        end.send(call)
    assert end.timers == {label: 300.0}
    end.fire(label)
    assert (end.state, end.told) == (State.CLOSED, [Notice.TIMED_OUT])


def test_a_fin_that_acknowledges_everything_stops_the_user_timeout():
    end = end_in(State.ESTABLISHED)
    end.send(SendText(4), Segment(301, 105, fin=True))
    assert (end.state, end.timers) == (State.CLOSE_WAIT, {})


# ------------------------------------------------------------------------------------------------------ random walks

NUMBERS = st.sampled_from([0, 99, 100, 101, 102, 103, 104, 300, 301, 302, 303, 305, 70000, MODULUS - 1])
SEGMENTS = st.builds(
    Segment, NUMBERS, st.none() | NUMBERS, syn=st.booleans(), fin=st.booleans(), rst=st.booleans(),
    octets=st.integers(0, 2),
)  # fmt: skip
LIKELY = st.sampled_from((
    GREETING, WELCOME, FIN_OF_PEER, ACK_OF_FIN, Segment(300, syn=True), Segment(301, 101, octets=2),
    Segment(302, 102), Segment(302, 102, fin=True), Segment(301, 102, fin=True), Segment(301, rst=True),
))  # fmt: skip
USER = st.sampled_from((
    ACTIVE, OpenPassive(iss=100), OpenPassive(iss=100, remote="there"), SendText(1), Close(), Abort(),
))  # fmt: skip
STIMULI = st.lists(USER | LIKELY | SEGMENTS | st.just("time"), max_size=40)


@settings(deadline=None)
@given(STIMULI)
def test_no_walk_breaks_and_only_the_users_calls_are_ever_refused(stimuli):
    end = End()
    for stimulus in stimuli:
        before = end.state
        for label in list(end.timers)[:1] if stimulus == "time" else ():
            end.fire(label)
        if stimulus != "time":
            end.send(stimulus)
        assert not isinstance(end.verdict, Broken)
        if isinstance(end.verdict, Forbidden) and stimulus != "time":
            assert not isinstance(stimulus, Segment)
            assert end.verdict.because in ERRORS.values()
        if isinstance(stimulus, Segment) and stimulus.rst and before in SYNCHRONIZED:
            assert not any(effect.segment.rst for effect in end.effects if isinstance(effect, Transmit))
        assert end.state is State.CLOSED or end.context.unsent == 0 or end.state in (State.SYN_SENT, State.SYN_RECEIVED)


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), USER | st.sampled_from(("carry", "carry", "carry"))), max_size=30))
def test_two_ends_that_are_left_in_peace_agree_in_the_end(moves):
    net = Network()
    for here, move in moves:
        one, other = (net.here, net.there) if here else (net.there, net.here)
        if move != "carry":
            one.send(move)
        elif one.out:
            net.carry(one, other)
    net.settle()
    halves = {State.ESTABLISHED: State.ESTABLISHED, State.FIN_WAIT_2: State.CLOSE_WAIT}
    for mine, theirs in (net.states, net.states[::-1]):
        if mine in halves and theirs is not State.CLOSED:
            assert theirs is halves[mine]


def test_every_row_is_taken():
    passed = {}
    ways = [
        *((*way, call) for way in WAYS.values() for call in CALLS.values()),
        *((*way, segment) for way in WAYS.values() for segment in PROBES),
        *EXTRAS,
    ]
    for way in ways:
        end = End()
        end.send(*way)
        for label in list(end.timers):
            end.fire(label)
        passed.update(end.passed)
    assert untaken(TCP, passed) == ()


PROBES = (
    Segment(301, rst=True), Segment(301, 101, rst=True), Segment(305, rst=True), Segment(90000, rst=True),
    Segment(300, syn=True), Segment(300, 50), Segment(301, 101, syn=True), Segment(90000, 101), Segment(305, 101),
    Segment(301), Segment(301, 999), Segment(302, 999), WELCOME, FIN_OF_PEER, ACK_OF_FIN, Segment(301, 102, fin=True),
    Segment(302, rst=True), Segment(302, 102), Segment(302, 101), Segment(301, octets=1), GREETING,
)  # fmt: skip
LISTENING, ASKED = WAYS[State.LISTEN], Segment(300, syn=True)
EXTRAS = (
    (OpenActive(1, remote=""),),
    (OpenPassive(1), OpenPassive(1)),
    (*WAYS[State.ESTABLISHED], OpenPassive(1)),
    (OpenPassive(1, remote="there"), SendText(1)),
    (*LISTENING, ASKED, Segment(301, rst=True)),
    (*LISTENING, ASKED, SendText(1), Close()),
    (*LISTENING, ASKED, SendText(1), WELCOME),
    (*LISTENING, ASKED, SendText(1), FIN_OF_PEER),
    (*WAYS[State.ESTABLISHED], SendText(1), FIN_OF_PEER),
    (*WAYS[State.ESTABLISHED], SendText(1)),
)


def test_the_picture_has_every_state():
    graph = graph_of(TCP)
    assert [node.name for node in graph.nodes] == [str(state) for state in State]
    assert dot_of(graph).startswith("digraph tcp {")
