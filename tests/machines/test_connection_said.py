"""Connection, what is said over its link: sessions to resume, errors, and a server that goes away."""

import pytest

from machines.connection import (
    BACKING_OFF,
    CONNECTION,
    DRAINING,
    FAILED,
    IDLE,
    SUSPENDED,
    Context,
    Disconnect,
    Options,
)
from machines.link import (
    AcceptToken,
    Close,
    Closed,
    Denied,
    Dial,
    FrameInvalid,
    GoAway,
    Hello,
    LinkBroken,
    LinkDown,
    LinkRefused,
    LinkUp,
    Opened,
    OpenFailed,
    PeerSilent,
    Permitted,
    ServiceFailed,
    StopSending,
    TerminalError,
    TokenReady,
    TokenRefused,
)
from machines.policy.retries import RetryOptions
from statekit import Forbidden, Ignored, Jitter
from statekit.testing.walk import Walk
from tests.machines.roads import (
    BACKOFF_DUE,
    DRAIN_LIMIT,
    REAUTH,
    SETTLED,
    SUSPENDED_DUE,
    dialing,
    handshaking,
    settling,
    stable,
)


@pytest.fixture
def walk():
    return Walk(CONNECTION)


# ------------------------------------------------------------------------------------------------------------- resume
def test_a_session_that_the_server_offers_to_resume_is_asked_for(walk):
    """Ably RTN15c6, 7. The hello says whether it came to that, and everybody who uses the link hears it once."""
    handshaking(walk)
    walk.send(Hello(0, resumable=True))
    assert walk.effects == (AcceptToken(1), LinkUp(resumed=False))
    walk.fire(SETTLED)
    for resumed in (True, False):
        walk.answer(Closed(1006))
        walk.fire(BACKOFF_DUE)
        walk.send(TokenReady(1), Permitted(1))
        assert walk.effects == (Dial(1, resume=True),)
        walk.answer(Opened())
        walk.send(Hello(0, resumed, resumable=True))
        assert walk.effects == (AcceptToken(1), LinkUp(resumed))
        walk.fire(SETTLED)


def test_after_three_resumes_that_came_to_nothing_a_fresh_session_is_asked_for(walk):
    """buape/carbon #364: it resumed a session that killed the server for ever."""
    handshaking(walk)
    walk.send(Hello(0, resumable=True))
    walk.answer(Closed(1006))
    asked = []
    for _ in range(5):
        walk.fire(BACKOFF_DUE)
        walk.send(TokenReady(1), Permitted(1))
        asked += [effect.resume for effect in walk.effects]
        walk.answer(Opened())
        walk.answer(Closed(1006))
    assert asked == [True, True, True, False, False]


def test_a_dial_that_reaches_nobody_is_no_try_to_resume(walk):
    handshaking(walk)
    walk.send(Hello(0, resumable=True))
    walk.answer(Closed(1006))
    for _ in range(6):
        walk.fire(BACKOFF_DUE)
        walk.send(TokenReady(1), Permitted(1))
        assert walk.effects == (Dial(1, resume=True),)
        walk.answer(OpenFailed("unreachable"))


@pytest.mark.parametrize(("code", "kept"), [(1006, True), (1012, True), (4000, True), (1000, False), (1002, False)])
def test_a_close_keeps_the_session_or_drops_it_as_its_policy_says(code, kept):
    walk = Walk(CONNECTION, Context(Options(RetryOptions(after_server_close="retry"))))
    handshaking(walk)
    walk.send(Hello(0, resumable=True))
    walk.answer(Closed(code))
    assert walk.context.session.wanted(3) is kept


def test_a_session_ends_with_the_user_s_wish_and_with_the_login(walk):
    for ending in (Disconnect(), REAUTH):
        walk.begin()
        handshaking(walk)
        walk.send(Hello(0, resumable=True), ending)
        assert not walk.context.session.wanted(3)


# ----------------------------------------------------------------------------------------- what is said over the link
def test_a_goaway_is_drained_and_then_left(walk):
    for road in (settling, stable):
        walk.begin()
        road(walk)
        walk.send(GoAway())
        assert (walk.state, walk.effects[-1], walk.timers[DRAIN_LIMIT]) == (DRAINING, StopSending(), 5.0)
        assert walk.send(GoAway()) == Ignored("there is nothing to drain")
        walk.fire(DRAIN_LIMIT)
        assert (walk.state, walk.effects) == (BACKING_OFF, (LinkDown(), Close(1001)))
        assert walk.timers[BACKOFF_DUE] == Jitter(0.1, 5.0)


@pytest.mark.parametrize(("deadline", "drained"), [(None, 5.0), (2.0, 2.0), (60.0, 5.0), (-1.0, 0.0)])
def test_a_goaway_s_deadline_may_shorten_the_draining(deadline, drained):
    walk = Walk(CONNECTION)
    settling(walk)
    walk.send(GoAway(deadline))
    assert walk.timers[DRAIN_LIMIT] == drained


def test_an_error_that_no_retry_can_help_closes_for_good(walk):
    stable(walk)
    walk.send(TerminalError("kicked"))
    assert (walk.state, walk.context.reason, walk.effects) == (FAILED, "kicked", (LinkDown(), Close(1000)))


def test_a_server_that_wants_to_be_left_alone_is(walk):
    stable(walk)
    walk.send(LinkRefused(120.0))
    assert (walk.state, walk.effects, walk.timers[SUSPENDED_DUE]) == (
        SUSPENDED,
        (LinkDown(), Close(1000)),
        Jitter(120.0, 150.0),
    )


def test_an_error_of_the_link_follows_the_close_it_names(walk):
    for code, then in ((1011, BACKING_OFF), (1002, BACKING_OFF), (1002, FAILED)):
        settling(walk)
        walk.send(LinkBroken(code))
        assert (walk.state, walk.effects[-1]) == (then, Close(1002))
        if then is BACKING_OFF:
            walk.fire(BACKOFF_DUE)


def test_defect_9_a_frame_that_is_no_message_is_forgiven_once(walk):
    """Seed defect 9: a frame without `data` threw; 47: what is documented reconnects for ever."""
    settling(walk)
    walk.answer(FrameInvalid("not JSON"))
    assert (walk.state, walk.effects[-1]) == (BACKING_OFF, Close(1002))
    walk.fire(BACKOFF_DUE)
    settling(walk)
    walk.answer(FrameInvalid("not JSON"))
    assert (walk.state, walk.context.reason) == (FAILED, "protocol_error")


def test_what_was_said_on_a_link_that_is_gone_changes_nothing(walk):
    for event in (
        Hello(0),
        TokenRefused(),
        TerminalError("x"),
        LinkRefused(),
        LinkBroken(1002),
        ServiceFailed(),
        PeerSilent(),
        GoAway(),
    ):
        assert isinstance(walk.send(event), Ignored)
        assert (walk.state, walk.effects) == (IDLE, ())


def test_what_cannot_happen_is_an_error_by_decision(walk):
    """Only a broken driver or wiring could deliver these; a law test shows that nothing else does."""
    assert isinstance(walk.send(Permitted(1)), Forbidden)
    assert isinstance(walk.send(Denied()), Forbidden)
    dialing(walk)
    assert walk.answer(Closed(1006)) == Forbidden("nothing comes before the open")
    walk.answer(Opened())
    assert walk.answer(Opened()) == Forbidden("a dial has one outcome, and it came")
