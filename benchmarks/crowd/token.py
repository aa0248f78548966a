"""Token: is refreshed, a few times."""

from enum import StrEnum

from attrs import evolve, frozen

from statekit import EVERY, Kind, Machine, Rows, after
from statekit.effects import Failure


class TokenState(StrEnum):
    NONE = "none"
    FRESH = "fresh"
    REFRESHING = "refreshing"
    RETRYING = "retrying"


@frozen
class Login:
    pass


@frozen
class Logout:
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


@frozen
class TokenContext:
    failures: int = 0


def failed_for_good(context: TokenContext) -> bool:
    return context.failures >= 2


def count_failure(context: TokenContext) -> TokenContext:
    return evolve(context, failures=context.failures + 1)


def forget(context: TokenContext) -> TokenContext:
    return evolve(context, failures=0)


def refresh_broke(_: Failure) -> RefreshFailed:
    return RefreshFailed()


token = Rows[TokenState, TokenContext, Refresh]()
NONE, FRESH, REFRESHING, RETRYING = TokenState
TOKEN = Machine[TokenState, Login | Logout | Refreshed | RefreshFailed, TokenContext, Refresh](
    "token",
    initial=NONE,
    context=TokenContext(),
    states=(
        token.state(NONE, Kind.REST, "nobody is signed in"),
        token.state(FRESH, Kind.STEADY, "a token is good"),
        token.state(REFRESHING, Kind.BUSY, "a new one is fetched"),
        token.state(RETRYING, Kind.WAITING, "before the next attempt"),
    ),
    table=(
        token.row(NONE, Login, FRESH, update=forget),
        token.ignore(EVERY, Login, because="somebody is signed in"),
        token.row((FRESH, REFRESHING, RETRYING), Logout, NONE),
        token.ignore(NONE, Logout, because="nobody is signed in"),
        token.row(FRESH, after(60.0), REFRESHING, Refresh()),
        token.row(REFRESHING, Refreshed, FRESH, update=forget),
        token.row(REFRESHING, RefreshFailed, NONE, guard=failed_for_good),
        token.row(REFRESHING, RefreshFailed, RETRYING, update=count_failure),
        token.row(REFRESHING, after(10.0), NONE, guard=failed_for_good),
        token.row(REFRESHING, after(10.0), RETRYING, update=count_failure),
        token.row(RETRYING, after(5.0), REFRESHING, Refresh()),
    ),
    answering=(token.answering(Refresh, Refreshed, RefreshFailed, scope=REFRESHING, failed=refresh_broke),),
)
