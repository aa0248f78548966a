"""The three machines of RFCs, with what may happen to them: few peers, small windows, little text."""

from statekit.check.model import Model, Thresholds
from statekit.check.properties import on_step, witness
from tests.generality import diameter, ppp, tcp

# ----------------------------------------------------------------------------------------------------------------- ppp
PPP = Model(
    ppp.PPP,
    thresholds={
        "default": Thresholds(
            {"ppp": ppp.Context(ppp.Options(max_terminate=1, max_configure=2))},
            also=({"ppp": ppp.Context(ppp.Options(max_configure=1, passive=True, restart_on_open=True))},),
        )
    },
    samples={ppp.Echo: lambda _: (ppp.Echo(), ppp.Echo(request=False))},
)


# ------------------------------------------------------------------------------------------------------------ diameter
def peers(_):
    """One whose name is lower than ours, one whose name is higher."""
    return diameter.RConnCER("a.example.com"), diameter.RConnCER("z.example.com")


DIAMETER = Model(
    diameter.DIAMETER,
    samples={
        diameter.RConnCER: peers,
        diameter.SendMessage: lambda _: (diameter.SendMessage("ours"),),
        diameter.IRcvMessage: lambda _: (diameter.IRcvMessage("theirs"),),
        diameter.RRcvMessage: lambda _: (diameter.RRcvMessage("theirs"),),
    },
)


# ----------------------------------------------------------------------------------------------------------------- tcp
OURS, THEIRS = 100, 500


def segments(connection):
    """Segments as a peer may send them next: in place, repeated, too early, far outside; acknowledging or not."""
    context = connection.context
    expected = context.rcv_nxt or THEIRS
    acks = {None, OURS, context.snd_una, context.snd_nxt, context.snd_nxt + 1}
    for seq in sorted({expected, expected - 1, expected + 1, expected + 100_000}):
        for ack in sorted(acks, key=repr):
            yield tcp.Segment(seq, ack)
            yield tcp.Segment(seq, ack, fin=True)
            yield tcp.Segment(seq, ack, rst=True)
            yield tcp.Segment(seq, ack, syn=True)
            if expected < THEIRS + 2 and seq == expected:
                yield tcp.Segment(seq, ack, octets=1)


def texts(connection):
    """A little text, once."""
    little = connection.context.unsent == 0 and connection.context.snd_nxt <= OURS + 1
    return (tcp.SendText(1),) if little else ()


def settled_by_the_peer_alone(seen):
    """A connection is closed by its user, by its peer, or by a timer, and by nothing else."""
    return (
        seen.after.state is not tcp.State.CLOSED
        or seen.before.state is not tcp.State.ESTABLISHED
        or (isinstance(seen.move.event, (tcp.Abort, tcp.Segment)) or bool(seen.move.awaited))
    )


def time_wait(connection):
    """Both sides have closed."""
    return connection.state is tcp.State.TIME_WAIT


TCP = Model(
    tcp.TCP,
    (on_step("closing", settled_by_the_peer_alone), witness("time wait", time_wait)),
    samples={
        tcp.OpenActive: lambda _: (tcp.OpenActive(OURS), tcp.OpenActive(OURS, "")),
        tcp.OpenPassive: lambda _: (tcp.OpenPassive(OURS), tcp.OpenPassive(OURS, "remote")),
        tcp.SendText: texts,
        tcp.Segment: segments,
    },
)
