"""What the seed does wrong with tokens and limits (S3, S4), as small tables, refuted.

Beside each stands the same table done right, which keeps the same claim.
"""

from enum import StrEnum, auto

from attrs import evolve, frozen

from statekit import EVERY, Rows, arm, timer
from statekit.check.properties import invariant, sequence
from statekit.effects import Failure
from tests.check.seeds import machine, way


# -------------------------------------------------------------------------------- S3: a chain of refreshes has no end
class Token(StrEnum):
    GOOD = auto()
    REFRESHING = auto()
    LOGIN = auto()


@frozen
class Tried:
    attempts: int = 0


@frozen
class Accepted:
    pass


@frozen
class Rejected:
    pass


@frozen
class Refreshed:
    pass


@frozen
class RefreshFailed:
    pass


@frozen
class Refresh:
    pass


REFRESHES_MAX = 3


def try_again(tried: Tried) -> Tried:
    return evolve(tried, attempts=tried.attempts + 1)


def start_anew(tried: Tried) -> Tried:
    return evolve(tried, attempts=0)


def tried_enough(tried: Tried) -> bool:
    return tried.attempts >= REFRESHES_MAX


def refresh_broke(_: Failure) -> RefreshFailed:
    return RefreshFailed()


def tokens(name, update):
    """Make what refreshes a token; `update` says what a refresh that succeeds does to the attempts."""
    rows = Rows[Token, Tried, object]()
    return machine(
        rows,
        name,
        Token.GOOD,
        Tried(),
        (
            rows.row(Token.GOOD, Rejected, Token.LOGIN, guard=tried_enough),
            rows.row(Token.GOOD, Rejected, Token.REFRESHING, Refresh(), update=try_again),
            rows.ignore(EVERY, Rejected, because="it is known"),
            rows.stay(Token.GOOD, Accepted, update=start_anew),
            rows.ignore(EVERY, Accepted, because="no token is out"),
            rows.row(Token.REFRESHING, Refreshed, Token.GOOD, update=update),
            rows.row(Token.REFRESHING, RefreshFailed, Token.LOGIN),
        ),
        answering=(rows.answering(Refresh, Refreshed, RefreshFailed, scope=Token.REFRESHING, failed=refresh_broke),),
    )


def count_refreshes(refreshes, seen):
    """Count the refreshes since a token was accepted."""
    if isinstance(seen.move.event, Accepted) and seen.before.state is Token.GOOD:
        return 0
    return min(refreshes + any(isinstance(each, Refresh) for each in seen.effects), REFRESHES_MAX + 1)


def few_refreshes(refreshes):
    """No more than three refreshes stand between two tokens that are accepted."""
    return refreshes <= REFRESHES_MAX


def test_s3_refreshes_that_succeed_and_are_rejected_go_on_for_ever():
    claim = sequence("S3", 0, count_refreshes, few_refreshes)
    assert way(tokens("seed", start_anew), claim) == [*["Rejected", "Refreshed"] * 3, "Rejected"]
    assert way(tokens("ours", None), claim) is None


# ------------------------------------------------------------- S4: the second limit is lifted by the first one's timer
class Pace(StrEnum):
    FREE = auto()
    THROTTLED = auto()


FREE, THROTTLED = Pace


@frozen
class Limits:
    made: int = 0


@frozen
class Limited:
    pass


def which_limit(limits: Limits) -> int:
    return limits.made


def limit(limits: Limits) -> Limits:
    return evolve(limits, made=(limits.made + 1) % 3)


def pacer(name, key):
    """Make a pacer, with a timer for each limit or one for all of them."""
    rows = Rows[Pace, Limits, object]()
    anywhere = rows.group("anywhere", FREE, THROTTLED)
    lifted = timer("lifted", 5.0, scope=anywhere, key=key)
    return machine(
        rows,
        name,
        FREE,
        Limits(),
        (
            rows.row(FREE, Limited, THROTTLED, arm(lifted), update=limit),
            rows.stay(THROTTLED, Limited, arm(lifted), update=limit),
            rows.row(THROTTLED, lifted, FREE),
            rows.ignore(FREE, lifted, because="it is free"),
        ),
        groups=(anywhere,),
    )


def waits_for_the_last(pacer):
    """It is free only when every limit is over."""
    return pacer.state is THROTTLED or pacer.ticket("lifted") is None


def test_s4_the_first_limit_s_timer_lifts_the_second():
    claim = invariant("S4", waits_for_the_last)
    assert way(pacer("seed", which_limit), claim) == ["Limited", "Limited", "lifted"]
    assert way(pacer("ours", None), claim) is None
