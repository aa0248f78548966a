"""TCP: two ends on a network in memory do what the figures of RFC 9293 show."""

import pytest

from statekit import Postponed
from statekit.draw import dot_of, graph_of
from tests.generality.ends import ACTIVE, PASSIVE, TIME_WAIT_LIMIT, End, Network, end_in
from tests.generality.tcp import TCP, State
from tests.generality.tcp_segments import MODULUS, Close, Notice, OpenActive, OpenPassive, Segment, SendText


@pytest.fixture
def net():
    return Network()


def test_the_table_is_total():
    assert TCP.blanks() == ()


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


def test_the_picture_has_every_state():
    graph = graph_of(TCP)
    assert [node.name for node in graph.nodes] == [str(state) for state in State]
    assert dot_of(graph).startswith("digraph tcp {")
