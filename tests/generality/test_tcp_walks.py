"""Random walks of TCP break nothing, agree in the end, and together take every row."""

from hypothesis import given, settings
from hypothesis import strategies as st

from statekit import Broken, Forbidden
from statekit.testing.passed import untaken
from tests.generality.ends import (
    ACK_OF_FIN,
    ACTIVE,
    CALLS,
    ERRORS,
    FIN_OF_PEER,
    GREETING,
    SYNCHRONIZED,
    WAYS,
    WELCOME,
    End,
    Network,
)
from tests.generality.tcp import TCP, State
from tests.generality.tcp_segments import MODULUS, Abort, Close, OpenActive, OpenPassive, Segment, SendText, Transmit

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
