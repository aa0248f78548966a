"""Errors in a session: who hears of one, and what a storm of them leads to."""

import pytest

from machines import error_storm
from machines.auth_refresh import AUTH_REFRESH, Refreshed
from machines.circuit_breaker import CIRCUIT_BREAKER
from machines.conflict_recovery import CONFLICT_RECOVERY, HALTED
from machines.connection import CONNECTION, FAILED, PARKED, SETTLING, Connect, ReconnectNow
from machines.error_storm import CALM, ERROR_STORM, LATCHED, PROBATION, TRIPPED, StormBegan
from machines.link import Close, Closed, Dial
from machines.policy.error_codes import ErrorCode
from machines.policy.routed import ErrorReported
from machines.session import Options
from machines.status import public_status
from machines.wire.messages import URL_DOCUMENT
from statekit import Taken
from tests.machines.linked import DROPPED, error, hear, settling, signed_in, stable, storm, submit


# --------------------------------------------------------------------------------------------------------------- storms
def test_defect_7_a_storm_closes_once_with_4999_and_the_connection_waits_for_its_end():
    """S2 and S3; seed defects 5 and 7: 4999 was sent 20 times, and the link was dialled again at once or never."""
    walk = stable()
    submit(walk)
    effects = storm(walk, 30)
    assert [each for each in effects if isinstance(each, Close | Dial)] == [Close(4999)]
    assert (walk.state(ERROR_STORM), walk.state(CONNECTION)) == (TRIPPED, PARKED)
    assert str(public_status(walk.snapshot)) == "waiting (storm)"
    walk.send(CONNECTION, ReconnectNow())
    assert walk.state(CONNECTION) is PARKED
    walk.fire(ERROR_STORM, "after cooldown")
    assert walk.effects == (Dial(1),)
    assert [each.sequence for each in walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.replica.parts] == [1]


def test_defect_2_the_eleventh_error_is_told_as_a_storm_with_its_codes():
    """The eleventh error threw, since what should have told of the storm did not exist."""
    walk = stable()
    storm(walk, 10)
    hear(walk, error("INVALID_OPERATION", message_id="bob:99"))
    assert isinstance(walk.verdict, Taken)
    assert StormBegan(("OPERATION_TIMEOUT", "INVALID_OPERATION")) in walk.published


def test_the_first_error_after_the_reconnect_is_the_first_of_eleven():
    """S4; seed defect 6."""
    walk = stable()
    storm(walk)
    walk.fire(ERROR_STORM, "after cooldown")
    settling(walk)
    storm(walk, 10)
    assert (walk.state(ERROR_STORM), walk.state(CONNECTION)) == (PROBATION, SETTLING)


def test_probation_is_passed_by_a_link_that_is_steady_for_a_minute():
    walk = stable()
    storm(walk)
    walk.fire(ERROR_STORM, "after cooldown")
    settling(walk)
    assert "proven" not in walk.timers(ERROR_STORM)
    stable(walk)
    walk.answer(CONNECTION, Closed(1006))
    assert "proven" not in walk.timers(ERROR_STORM)
    walk.fire(CONNECTION, DROPPED)
    stable(walk)
    walk.fire(ERROR_STORM, "proven")
    assert walk.state(ERROR_STORM) is CALM


def test_the_third_storm_ends_the_connection_and_a_person_begins_afresh():
    """S3: latched ⇒ connection failed; what was pending is given back."""
    walk = stable()
    submit(walk)
    for _ in range(2):
        storm(walk)
        walk.fire(ERROR_STORM, "after cooldown")
        settling(walk)
    effects = storm(walk, 20)
    assert [each for each in effects if isinstance(each, Close | Dial)] == [Close(4999)]
    assert (walk.state(ERROR_STORM), walk.state(CONNECTION)) == (LATCHED, FAILED)
    assert str(public_status(walk.snapshot)) == "failed (error_storm)"
    assert walk.state(CONFLICT_RECOVERY, URL_DOCUMENT) is HALTED
    walk.send(CONNECTION, Connect())
    assert (walk.state(ERROR_STORM), walk.effects) == (CALM, (Dial(1),))


def test_a_third_storm_that_finds_the_link_gone_already_ends_the_connection_too():
    """A refused token moves the connection first; whatever an error does, no state waits for nobody."""
    count_all = Options(error_storm=error_storm.Options(trips_max=1, count_all=True))
    walk = stable(signed_in(count_all))
    storm(walk, 10)
    hear(walk, error("TOKEN_EXPIRED"))
    assert (walk.state(ERROR_STORM), walk.state(CONNECTION)) == (LATCHED, FAILED)
    walk.send(CONNECTION, Connect())
    walk.answer(AUTH_REFRESH, Refreshed(3600.0))
    assert walk.effects == (Dial(2),)


@pytest.mark.parametrize(
    ("last", "reason"), [("DOCUMENT_DELETED", "deleted"), ("INSUFFICIENT_PERMISSIONS", "permission_denied")]
)
def test_defect_4_a_terminal_error_is_not_swallowed_by_the_storm_that_it_sets_off(last, reason):
    """S5; seed defect 4: an eleventh DOCUMENT_DELETED went unheard."""
    walk = stable(signed_in(Options(error_storm=error_storm.Options(count_all=True))))
    storm(walk, 10)
    hear(walk, error(last))
    assert (walk.state(CONNECTION), walk.of(CONNECTION).context.reason) == (FAILED, reason)
    assert [each for each in walk.effects if isinstance(each, Close)] == [Close(1000)]
    assert walk.state(ERROR_STORM) is TRIPPED


def test_normal_editing_is_no_storm():
    """S6; seed defect 8: conflicts, limits and tokens tripped it."""
    walk = stable()
    for number in range(20):
        for code in ("VERSION_CONFLICT", "DOCUMENT_LOCKED", "MAINTENANCE_MODE"):
            hear(walk, error(code, message_id=f"bob:{number}"))
    hear(walk, error("RATE_LIMIT_EXCEEDED"))
    assert (walk.state(ERROR_STORM), walk.of(ERROR_STORM).context.counted) == (CALM, ())


def test_what_ignores_a_known_limit_counts_towards_a_storm():
    walk = stable()
    for number in range(12):
        assert walk.state(ERROR_STORM) is CALM
        hear(walk, error("RATE_LIMIT_EXCEEDED", message_id=f"bob:{number}"))
    assert walk.state(ERROR_STORM) is TRIPPED


# ------------------------------------------------------------------------------------------- errors, and who hears them
@pytest.mark.parametrize("code", ErrorCode)
def test_defect_3_the_application_hears_of_every_error_once_and_the_policy_is_followed_all_the_same(code):
    """Whoever listened to a code replaced its default: a deleted document's link then stayed open."""
    walk = stable()
    submit(walk)
    hear(walk, error(code, message_id="ann:1"))
    told = [each for each in walk.published if isinstance(each, ErrorReported)]
    assert [each.code for each in told] == [code]
    reacted = {hop.member for hop in walk.done.path} - {"connection", "heartbeat", "router", "error_storm"}
    assert bool(reacted) == (code not in ("CONNECTION_FAILED", "CONNECTION_TIMEOUT"))


@pytest.mark.parametrize("code", ["CONNECTION_FAILED", "CONNECTION_TIMEOUT"])
def test_defect_67_a_link_that_fails_is_noticed_here_and_cannot_be_told_over_it(code):
    """A frame that says so is passed on, and changes nothing: the link that brought it is there."""
    walk = stable()
    members = (CONNECTION, None), (ERROR_STORM, None), (CONFLICT_RECOVERY, URL_DOCUMENT), (CIRCUIT_BREAKER, None)
    before = [walk.of(member, key) for member, key in members]
    hear(walk, error(code))
    assert walk.published == (ErrorReported(code, recoverable=True),)
    after = [walk.of(member, key) for member, key in members]
    assert [(each.state, each.context) for each in after] == [(each.state, each.context) for each in before]
