"""Heartbeat: a silent peer is asked once, then given up; any frame is a sign of life."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.heartbeat import DORMANT, HEARTBEAT, LISTENING, PROBING, Begin, Context, End, Heard, Options, Silent
from machines.link import Send
from machines.wire.messages import Ping
from statekit import Ignored, Stale, Taken
from statekit.testing.walk import Walk
from statekit.timers import ClockJumped

PING_DUE, PONG_DUE = "after ping_delay", "after pong_seconds"


@pytest.fixture
def walk():
    return Walk(HEARTBEAT)


def test_silence_is_asked_about_and_then_told(walk):
    walk.send(Begin())
    assert (walk.state, walk.timers) == (LISTENING, {PING_DUE: 30.0})
    walk.fire(PING_DUE)
    assert (walk.state, walk.effects, walk.timers) == (PROBING, (Send(Ping(timestamp_ms=1)),), {PONG_DUE: 10.0})
    walk.fire(PONG_DUE)
    assert (walk.state, walk.effects, walk.timers) == (DORMANT, (Silent(),), {})


def test_any_frame_puts_the_question_off(walk):
    walk.send(Begin())
    asked = walk.ticket(PING_DUE)
    assert walk.send(Heard()) == Taken(walk.verdict.row, LISTENING, LISTENING)
    assert walk.ticket(PING_DUE) != asked
    assert walk.effects == ()


def test_any_frame_answers_the_question(walk):
    walk.send(Begin())
    walk.fire(PING_DUE)
    walk.send(Heard())
    assert (walk.state, walk.effects, walk.timers) == (LISTENING, (), {PING_DUE: 30.0})


def test_questions_are_numbered_since_the_core_has_no_clock(walk):
    walk.send(Begin())
    for number in (1, 2, 3):
        walk.fire(PING_DUE)
        assert walk.effects == (Send(Ping(timestamp_ms=number)),)
        walk.send(Heard())


def test_the_end_of_the_link_ends_every_wait(walk):
    for silent in (False, True):
        walk.begin()
        walk.send(Begin())
        if silent:
            walk.fire(PING_DUE)
        walk.send(End())
        assert (walk.state, walk.timers, walk.effects) == (DORMANT, {}, ())


def test_it_tells_of_silence_only_once_for_a_link(walk):
    walk.send(Begin())
    walk.fire(PING_DUE)
    walk.fire(PONG_DUE)
    assert walk.send(Heard()) == Ignored("what comes before the link is up proves nothing")
    assert walk.send(End()) == Ignored("it found the peer silent, or no link was up")
    assert walk.state is DORMANT


def test_a_link_that_is_listened_to_needs_no_second_begin(walk):
    walk.send(Begin())
    assert walk.send(Begin()) == Ignored("it listens already")


def test_after_a_sleep_the_peer_is_asked_at_once(walk):
    """wire-webapp #21416: a socket that had died in the sleep stayed open for ever."""
    assert walk.send(ClockJumped(60.0)) == Ignored("there is no link that could have died meanwhile")
    walk.send(Begin(), ClockJumped(60.0))
    assert (walk.state, walk.effects, walk.timers) == (PROBING, (Send(Ping(timestamp_ms=1)),), {PONG_DUE: 10.0})
    assert walk.send(ClockJumped(60.0)) == Ignored("it is being asked already")


@pytest.mark.parametrize(("wish", "asked_after"), [(None, 30.0), (12.0, 12.0), (90.0, 30.0), (0.0, 1.0)])
def test_a_server_may_wish_for_a_shorter_silence_but_not_for_none(wish, asked_after):
    walk = Walk(HEARTBEAT)
    walk.send(Begin(wish))
    assert walk.timers == {PING_DUE: asked_after}
    walk.send(Heard())
    assert walk.timers == {PING_DUE: asked_after}
    walk.send(End(), Begin())
    assert walk.timers == {PING_DUE: 30.0}


def test_every_row_is_taken(left_untaken):
    assert left_untaken(HEARTBEAT) == ()


def test_the_timers_of_an_earlier_link_are_stale(walk):
    walk.send(Begin())
    late = walk.ticket(PING_DUE)
    walk.send(End(), Begin())
    assert walk.fire(PING_DUE, ticket=late) == Stale(late)


def test_an_application_may_listen_more_closely():
    walk = Walk(HEARTBEAT, Context(Options(ping_seconds=3.0, pong_seconds=1.0)))
    walk.send(Begin())
    assert walk.timers == {PING_DUE: 3.0}
    walk.fire(PING_DUE)
    assert walk.timers == {PONG_DUE: 1.0}


@given(st.lists(st.sampled_from((Begin(), End(), Heard(), "time")), max_size=20))
def test_a_link_is_watched_by_exactly_one_timer_and_no_link_by_none(events):
    walk = Walk(HEARTBEAT)
    for event in events:
        if event != "time":
            walk.send(event)
        for label in list(walk.timers) if event == "time" else ():
            walk.fire(label)
        assert list(walk.timers) == {DORMANT: [], LISTENING: [PING_DUE], PROBING: [PONG_DUE]}[walk.state]
