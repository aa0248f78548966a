"""Roads: how a connection is brought to the states that most tests of it begin in, and the names these use."""

from machines.connection import (
    DIALING,
    FAILED,
    HANDSHAKING,
    IDLE,
    SETTLING,
    STABLE,
    Connect,
)
from machines.gates import Gate, GatesMoved
from machines.link import (
    Dial,
    Hello,
    Opened,
    Permitted,
    Report,
    TokenReady,
)

BACKOFF_DUE, SUSPENDED_DUE, SETTLED = "after backoff_delay", "after suspended_delay", "after settle_delay"
DIAL_LIMIT, HELLO_LIMIT, CLOSE_LIMIT = "after dial_seconds", "after hello_seconds", "after close_seconds"
DRAIN_LIMIT, GIVE_UP = "after drain_delay", "giving_up"
OFFLINE, REAUTH, STORM = (GatesMoved(frozenset({gate})) for gate in (Gate.OFFLINE, Gate.REAUTH, Gate.STORM))
ALL_OPEN = GatesMoved(frozenset())
OK, FAIL, NEUTRAL, CANCEL = Report.OK, Report.FAIL, Report.NEUTRAL, Report.CANCEL


def dialing(walk):
    if walk.state is IDLE or walk.state is FAILED:
        walk.send(Connect())
    walk.send(TokenReady(1), Permitted(1))
    assert (walk.state, walk.effects) == (DIALING, (Dial(1),))


def handshaking(walk):
    dialing(walk)
    walk.answer(Opened())
    assert walk.state is HANDSHAKING


def settling(walk):
    handshaking(walk)
    walk.send(Hello(0))
    assert walk.state is SETTLING


def stable(walk):
    settling(walk)
    walk.fire(SETTLED)
    assert walk.state is STABLE
