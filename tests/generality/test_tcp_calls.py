"""Every call of a user, and every timeout, has the answer of RFC 9293."""

import pytest

from statekit import Forbidden, Taken
from tests.generality.ends import CALLS, ERRORS, OPEN_LIMIT, PASSIVE, SYNCHRONIZED, end_in
from tests.generality.tcp import State
from tests.generality.tcp_segments import Abort, Close, Notice, OpenActive, Segment, SendText

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
