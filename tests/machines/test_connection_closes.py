"""Connection, its closes: each leads where its policy says, and none for ever."""

import pytest

from machines.connection import (
    AUTHORIZING,
    BACKING_OFF,
    CONNECTION,
    FAILED,
    IDLE,
    SUSPENDED,
    Connect,
    Context,
    Disconnect,
    Options,
    ReconnectNow,
)
from machines.link import (
    AskToken,
    Blame,
    Close,
    Closed,
    LinkDown,
    OpenFailed,
    PeerSilent,
    PermitAvailable,
    ReportPermit,
)
from machines.policy.retries import RetryOptions
from statekit import Jitter
from statekit.testing.walk import Walk
from tests.machines.roads import (
    ALL_OPEN,
    BACKOFF_DUE,
    FAIL,
    NEUTRAL,
    SUSPENDED_DUE,
    dialing,
    settling,
    stable,
)


@pytest.fixture
def walk():
    return Walk(CONNECTION)


# ---------------------------------------------------------------------------------------------------- what closes say
@pytest.mark.parametrize(
    ("code", "state", "reason", "report"),
    [
        (1000, IDLE, "server_closed", NEUTRAL),
        (1008, FAILED, "policy_violation", NEUTRAL),
        (1011, BACKING_OFF, "", FAIL),
        (1013, SUSPENDED, "", FAIL),
        (3000, AUTHORIZING, "", NEUTRAL),
        (4001, AUTHORIZING, "", NEUTRAL),
        (4002, FAILED, "permission_denied", NEUTRAL),
        (4003, SUSPENDED, "document_locked", NEUTRAL),
        (4004, FAILED, "kicked", NEUTRAL),
        (4999, SUSPENDED, "error_storm", NEUTRAL),
    ],
)
def test_a_close_leads_where_its_policy_says(code, state, reason, report):
    walk = Walk(CONNECTION)
    settling(walk)
    walk.answer(Closed(code))
    assert (walk.state, walk.context.reason) == (state, reason)
    assert walk.effects[:2] == (LinkDown(), ReportPermit(1, report))


@pytest.mark.parametrize(
    ("status", "state", "report"),
    [
        (401, AUTHORIZING, NEUTRAL),
        (403, AUTHORIZING, NEUTRAL),
        (404, FAILED, NEUTRAL),
        (423, SUSPENDED, NEUTRAL),
        (426, FAILED, NEUTRAL),
        (429, SUSPENDED, NEUTRAL),
        (500, BACKING_OFF, FAIL),
        (503, BACKING_OFF, FAIL),
    ],
)
def test_a_refused_handshake_leads_where_its_policy_says(status, state, report):
    walk = Walk(CONNECTION)
    dialing(walk)
    walk.answer(OpenFailed("rejected", status))
    assert (walk.state, walk.effects[0]) == (state, ReportPermit(1, report))


@pytest.mark.parametrize(
    ("said", "delay"),
    [
        (None, Jitter(30.0, 37.5)),
        (0.0, Jitter(30.0, 37.5)),
        (600.0, Jitter(600.0, 750.0)),
        (float("inf"), Jitter(86_400.0, 108_000.0)),
    ],
)
def test_a_wish_to_be_left_alone_is_heeded_for_a_day_at_most(said, delay):
    walk = Walk(CONNECTION)
    dialing(walk)
    walk.answer(OpenFailed("rejected", 429, said))
    assert walk.timers[SUSPENDED_DUE] == delay


def test_defect_48_a_remote_normal_close_is_not_ours(walk):
    """A silent death. discord.py `is_improper_close`."""
    stable(walk)
    walk.answer(Closed(1000))
    assert (walk.state, walk.context.reason) == (IDLE, "server_closed")
    walk.begin(Context(Options(RetryOptions(after_server_close="retry"))))
    stable(walk)
    walk.answer(Closed(1000))
    assert walk.state is BACKING_OFF


def test_defect_50_a_locked_document_is_tried_again_after_30_s_with_jitter(walk):
    """Everybody came back after exactly 30 000 ms."""
    stable(walk)
    walk.answer(Closed(4003))
    assert (walk.state, walk.timers[SUSPENDED_DUE]) == (SUSPENDED, Jitter(30.0, 37.5))


def test_slow_waits_grow_to_five_minutes(walk):
    lows = []
    for _ in range(5):
        settling(walk)
        walk.answer(Closed(1013))
        lows.append(walk.timers[SUSPENDED_DUE].low_seconds)
        walk.fire(SUSPENDED_DUE)
    assert lows == [30.0, 60.0, 120.0, 240.0, 300.0]


@pytest.mark.parametrize("code", [1002, 1003, 1007, 1008, 1009, 1011, 4002, 4004, 4999])
def test_defect_47_every_documented_close_is_handled_and_none_reconnects_for_ever(code):
    """Six of the documented codes had no case: a warning, and a reconnect without end. So had 1007 to 1009."""
    walk = Walk(CONNECTION)
    settling(walk)
    for _ in range(11):
        walk.answer(Closed(code))
        if walk.state in (FAILED, SUSPENDED):
            return
        due = BACKOFF_DUE if walk.state is BACKING_OFF else None
        if due:
            walk.fire(due)
        settling(walk)
    raise AssertionError(walk.state)


def test_defect_51_a_lost_permission_ends_the_connection_and_the_user_may_connect_after_a_grant(walk):
    """What became of the wish to be connected was undefined."""
    stable(walk)
    walk.answer(Closed(4002))
    assert (walk.state, walk.context.reason, walk.timers) == (FAILED, "permission_denied", {})
    for wake in (ReconnectNow(), ALL_OPEN, PermitAvailable()):
        walk.send(wake)
        assert walk.state is FAILED
    walk.send(Connect())
    assert walk.state is AUTHORIZING


def test_an_unknown_code_is_retried_until_the_third_in_a_row(walk):
    """Section 10: 4005 to 4998, and what is reserved."""
    for state in (BACKING_OFF, BACKING_OFF, FAILED):
        settling(walk)
        walk.answer(Closed(4321))
        assert walk.state is state
        if state is BACKING_OFF:
            walk.fire(BACKOFF_DUE)
    assert walk.context.reason == "unknown_close"


def test_an_unknown_code_is_forgiven_by_a_stable_link_and_by_another_code(walk):
    for code in (4321, 4321, 4322, 4321, 4321):
        settling(walk)
        walk.answer(Closed(code))
        assert walk.state is BACKING_OFF
        walk.fire(BACKOFF_DUE)
    stable(walk)
    walk.answer(Closed(4321))
    assert walk.state is BACKING_OFF


@pytest.mark.parametrize(
    ("code", "hint", "delay"),
    [
        (1012, None, Jitter(0.1, 5.0)),
        (1012, 20.0, Jitter(0.1, 20.0)),
        (1012, 900.0, Jitter(0.1, 30.0)),
        (1013, 120.0, Jitter(120.0, 150.0)),
        (1013, float("nan"), Jitter(30.0, 37.5)),
    ],
)
def test_a_hint_in_a_close_widens_the_spread_or_lengthens_the_slow_wait(code, hint, delay):
    walk = Walk(CONNECTION)
    stable(walk)
    walk.answer(Closed(code, "", hint))
    assert delay in walk.timers.values()


def test_a_close_that_may_be_the_fault_of_an_operation_says_so(walk):
    """Poison: Zero #5982, cube #10246, Fluid #7545 sent the same operation again and again."""
    for code, blamed in ((1009, True), (1007, True), (1011, False), (1006, False)):
        walk.begin()
        stable(walk)
        walk.answer(Closed(code))
        assert walk.effects[0] == LinkDown(Blame() if blamed else None)
    walk.fire(BACKOFF_DUE)
    settling(walk)
    walk.send(Disconnect())
    assert walk.effects[0] == LinkDown()


# ------------------------------------------------------------------------------------------------------ a silent peer
def test_a_silent_peer_is_closed_with_4000_and_dialled_again_at_once(walk):
    """Phoenix #3161 closed with 1000, which nobody answers by reconnecting."""
    stable(walk)
    walk.send(PeerSilent())
    assert walk.effects == (LinkDown(), Close(4000), AskToken())
    assert (walk.state, walk.timers["instant_rested"]) == (AUTHORIZING, 60.0)


def test_defect_49_the_second_immediate_retry_within_a_minute_backs_off(walk):
    """Immediate, without jitter or bound."""
    stable(walk)
    walk.send(PeerSilent())
    stable(walk)
    walk.send(PeerSilent())
    assert (walk.state, walk.timers[BACKOFF_DUE]) == (BACKING_OFF, Jitter(0.1, 1.0))
    walk.fire("instant_rested")
    walk.fire(BACKOFF_DUE)
    stable(walk)
    walk.send(PeerSilent())
    assert walk.state is AUTHORIZING
