"""Every segment that arrives has the answer of RFC 9293, by state."""

import pytest

from statekit import Ignored, Stale, Taken
from tests.generality.ends import ACTIVE, FIN_OF_PEER, GREETING, SYNCHRONIZED, TIME_WAIT_LIMIT, WELCOME, End, end_in
from tests.generality.tcp import State
from tests.generality.tcp_segments import MODULUS, Close, Context, Notice, Options, Segment, SendText

TOLD = (State.SYN_SENT, State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSE_WAIT)


# ------------------------------------------------------------------------------------------------------ reset, by state
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


# ------------------------------------------------------------------------------------------ ACK, text and FIN, by state
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
