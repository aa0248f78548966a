"""A crowd to explore: seven small lifecycles wired together, with facts that look at several of them.

A link dials with a permit of the shipped breaker's and a token, tells a heart and a pipe when it is up, and waits while
one of three gates is shut. What it comes to has more than a million places.
"""

from enum import StrEnum
from typing import TypeAlias

from attrs import evolve, frozen

from machines import circuit_breaker
from machines.circuit_breaker import CIRCUIT_BREAKER, Permit
from machines.link import Report
from statekit import EVERY, Kind, Machine, Rows, Signal, System, View, after, derive, wire
from statekit.check.model import Model, Thresholds
from statekit.check.properties import invariant, witness
from statekit.effects import Failure


# ------------------------------------------------------------------------------------------------------------- the link
class LinkState(StrEnum):
    IDLE = "idle"
    ASKING = "asking"
    DIALING = "dialing"
    UP = "up"
    WAITING = "waiting"
    FAILED = "failed"


@frozen
class Connect:
    pass


@frozen
class Disconnect:
    pass


@frozen
class Permitted:
    permit: Permit


@frozen
class Denied:
    pass


@frozen
class Opened:
    pass


@frozen
class OpenFailed:
    pass


@frozen
class Closed:
    pass


@frozen
class GateMoved:
    shut: bool


@frozen
class Silenced:
    pass


@frozen
class Dial:
    pass


@frozen
class Abandon:
    pass


@frozen
class AskPermit(Signal):
    pass


@frozen
class ReportPermit(Signal):
    permit: Permit
    result: Report


@frozen
class LinkUp(Signal):
    pass


@frozen
class LinkDown(Signal):
    pass


@frozen
class LinkContext:
    permit: Permit = 0
    attempts: int = 0
    shut: bool = False


ATTEMPTS_MAX = 3


def keep_permit(context: LinkContext, event: Permitted) -> LinkContext:
    return evolve(context, permit=event.permit)


def count(context: LinkContext) -> LinkContext:
    return evolve(context, attempts=context.attempts + 1)


def settle(context: LinkContext) -> LinkContext:
    return evolve(context, attempts=0)


def note_gate(context: LinkContext, event: GateMoved) -> LinkContext:
    return evolve(context, shut=event.shut)


def attempts_left(context: LinkContext) -> bool:
    return context.attempts < ATTEMPTS_MAX


def is_open(context: LinkContext) -> bool:
    return not context.shut


def opens(context: LinkContext, event: GateMoved) -> bool:
    return not event.shut


def report_ok(context: LinkContext) -> ReportPermit:
    return ReportPermit(context.permit, Report.OK)


def report_fail(context: LinkContext) -> ReportPermit:
    return ReportPermit(context.permit, Report.FAIL)


def report_cancel(context: LinkContext) -> ReportPermit:
    return ReportPermit(context.permit, Report.CANCEL)


def dial_broke(_: Failure) -> OpenFailed:
    return OpenFailed()


LinkEffect: TypeAlias = Dial | Abandon | AskPermit | ReportPermit | LinkUp | LinkDown
link = Rows[LinkState, LinkContext, LinkEffect]()
IDLE, ASKING, DIALING, UP, WAITING, FAILED = LinkState
AGAIN = link.choice("again", link.to(WAITING, guard=attempts_left), link.to(FAILED))

LINK = Machine[LinkState, object, LinkContext, LinkEffect](
    "link",
    initial=IDLE,
    context=LinkContext(),
    states=(
        link.state(IDLE, Kind.REST, "nothing is wanted"),
        link.state(ASKING, Kind.BUSY, "a permit is asked for", waits_for="the breaker"),
        link.state(DIALING, Kind.BUSY, "a socket is being opened"),
        link.state(UP, Kind.STEADY, "there is a link", entry=(LinkUp(),), exit=(LinkDown(),)),
        link.state(WAITING, Kind.WAITING, "before the next attempt"),
        link.state(FAILED, Kind.FAILED, "too many attempts failed"),
    ),
    table=(
        link.row((IDLE, FAILED), Connect, ASKING, AskPermit(), guard=is_open, update=settle),
        link.row((IDLE, FAILED), Connect, WAITING, update=settle),
        link.ignore(EVERY, Connect, because="it is wanted already"),
        link.row(ASKING, Permitted, DIALING, Dial(), update=keep_permit),
        link.ignore(EVERY, Permitted, because="too late"),
        link.row(ASKING, Denied, WAITING),
        link.ignore(EVERY, Denied, because="too late"),
        link.row(DIALING, Opened, UP, report_ok, update=settle),
        link.row(DIALING, OpenFailed, AGAIN, report_fail, update=count),
        link.row(DIALING, after(10.0), AGAIN, report_fail, update=count),
        link.row(UP, Closed, WAITING),
        link.row(UP, Silenced, WAITING),
        link.ignore(EVERY, Silenced, because="it is down already"),
        link.ignore(EVERY, Closed, because="it is down already"),
        link.row(WAITING, after(5.0), ASKING, AskPermit(), guard=is_open),
        link.reenter(WAITING, after(5.0)),
        link.row(DIALING, Disconnect, IDLE, report_cancel),
        link.row((ASKING, UP, WAITING, FAILED), Disconnect, IDLE),
        link.ignore(IDLE, Disconnect, because="nothing is wanted"),
        link.row(WAITING, GateMoved, ASKING, AskPermit(), guard=opens, update=note_gate),
        link.stay(EVERY, GateMoved, update=note_gate),
    ),
    answering=(link.answering(Dial, Opened, OpenFailed, scope=DIALING, failed=dial_broke, orphan=Abandon()),),
)


# ------------------------------------------------------------------------------------------------------------ the heart
class HeartState(StrEnum):
    DORMANT = "dormant"
    LISTENING = "listening"
    PROBING = "probing"


@frozen
class Begin:
    pass


@frozen
class End:
    pass


@frozen
class Heard:
    pass


@frozen
class Silent(Signal):
    pass


@frozen
class Nothing:
    pass


heart = Rows[HeartState, Nothing, Silent]()
DORMANT, LISTENING, PROBING = HeartState
HEART = Machine[HeartState, Begin | End | Heard, Nothing, Silent](
    "heart",
    initial=DORMANT,
    context=Nothing(),
    states=(
        heart.state(DORMANT, Kind.REST, "no link"),
        heart.state(LISTENING, Kind.STEADY, "heard of late"),
        heart.state(PROBING, Kind.BUSY, "asked"),
    ),
    table=(
        heart.row(DORMANT, Begin, LISTENING),
        heart.ignore(EVERY, Begin, because="it listens"),
        heart.reenter(LISTENING, Heard),
        heart.row(PROBING, Heard, LISTENING),
        heart.ignore(DORMANT, Heard, because="no link"),
        heart.row(LISTENING, after(30.0), PROBING),
        heart.row(PROBING, after(10.0), DORMANT, Silent()),
        heart.row((LISTENING, PROBING), End, DORMANT),
        heart.ignore(DORMANT, End, because="no link"),
    ),
)


# ------------------------------------------------------------------------------------------------------------- the pipe
class PipeState(StrEnum):
    HELD = "held"
    FREE = "free"
    SENT = "sent"


@frozen
class Submit:
    pass


@frozen
class Acknowledged:
    pass


@frozen
class Attach:
    pass


@frozen
class Detach:
    pass


@frozen
class SendOperation:
    pass


@frozen
class PipeContext:
    queued: int = 0


QUEUE_MAX = 6


def room(context: PipeContext) -> bool:
    return context.queued < QUEUE_MAX


def waits(context: PipeContext) -> bool:
    return context.queued > 0


def put(context: PipeContext) -> PipeContext:
    return evolve(context, queued=context.queued + 1)


def take(context: PipeContext) -> PipeContext:
    return evolve(context, queued=context.queued - 1)


pipe = Rows[PipeState, PipeContext, SendOperation]()
HELD, FREE, SENT = PipeState
ONWARD = pipe.choice("onward", pipe.to(SENT, SendOperation(), guard=waits, update=take), pipe.to(FREE))
PIPE = Machine[PipeState, Submit | Acknowledged | Attach | Detach, PipeContext, SendOperation](
    "pipe",
    initial=HELD,
    context=PipeContext(),
    states=(
        pipe.state(HELD, Kind.WAITING, "no link", waits_for="the link"),
        pipe.state(FREE, Kind.STEADY, "nothing is under way"),
        pipe.state(SENT, Kind.BUSY, "one is under way"),
    ),
    table=(
        pipe.row(FREE, Submit, SENT, SendOperation()),
        pipe.stay((HELD, SENT), Submit, guard=room, update=put),
        pipe.ignore((HELD, SENT), Submit, because="the queue is full"),
        pipe.row(SENT, Acknowledged, ONWARD),
        pipe.ignore(EVERY, Acknowledged, because="nothing is under way"),
        pipe.row(HELD, Attach, ONWARD),
        pipe.ignore(EVERY, Attach, because="it is attached"),
        pipe.row(SENT, Detach, HELD, update=put),
        pipe.row(FREE, Detach, HELD),
        pipe.ignore(HELD, Detach, because="it is held"),
        pipe.row(SENT, after(20.0), HELD, update=put),
    ),
)


# ----------------------------------------------------------------------------------------------------------- the tokens
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


# ---------------------------------------------------------------------------------------------------- two more owners
class HoldState(StrEnum):
    CLEAR = "clear"
    HIDDEN = "hidden"
    LOCKED = "locked"
    BOTH = "both"


@frozen
class Hide:
    pass


@frozen
class Reveal:
    pass


@frozen
class Lock:
    pass


hold = Rows[HoldState, Nothing, Silent]()
CLEAR, HIDDEN, LOCKED, BOTH = HoldState
HOLD = Machine[HoldState, Hide | Reveal | Lock, Nothing, Silent](
    "hold",
    initial=CLEAR,
    context=Nothing(),
    states=(
        hold.state(CLEAR, Kind.STEADY, "no gate of ours is shut"),
        hold.state(HIDDEN, Kind.WAITING, "nobody looks", waits_for="a person"),
        hold.state(LOCKED, Kind.WAITING, "the server wants us away"),
        hold.state(BOTH, Kind.WAITING, "both"),
    ),
    table=(
        hold.row(CLEAR, Hide, HIDDEN),
        hold.row(LOCKED, Hide, BOTH),
        hold.ignore(EVERY, Hide, because="it is hidden"),
        hold.row(HIDDEN, Reveal, CLEAR),
        hold.row(BOTH, Reveal, LOCKED),
        hold.ignore(EVERY, Reveal, because="it is to be seen"),
        hold.row(CLEAR, Lock, LOCKED),
        hold.row(HIDDEN, Lock, BOTH),
        hold.reenter((LOCKED, BOTH), Lock),
        hold.row(LOCKED, after(60.0), CLEAR),
        hold.row(BOTH, after(60.0), HIDDEN),
    ),
)


class StormState(StrEnum):
    CALM = "calm"
    STORM = "storm"


@frozen
class Erred:
    pass


@frozen
class StormContext:
    errors: int = 0


def too_many(context: StormContext) -> bool:
    return context.errors + 1 >= 14


def add(context: StormContext) -> StormContext:
    return evolve(context, errors=context.errors + 1)


def clear(context: StormContext) -> StormContext:
    return evolve(context, errors=0)


storm = Rows[StormState, StormContext, Silent]()
CALM, STORM = StormState
ERRORS = Machine[StormState, Erred, StormContext, Silent](
    "errors",
    initial=CALM,
    context=StormContext(),
    states=(
        storm.state(CALM, Kind.STEADY, "few errors"),
        storm.state(STORM, Kind.WAITING, "too many errors of late"),
    ),
    table=(
        storm.row(CALM, Erred, STORM, guard=too_many, update=clear),
        storm.stay(CALM, Erred, update=add),
        storm.ignore(STORM, Erred, because="it is known"),
        storm.row(STORM, after(30.0), CALM),
    ),
)


# -------------------------------------------------------------------------------------------------------- the whole
def acquire(_: AskPermit) -> circuit_breaker.Acquire:
    return circuit_breaker.Acquire()


def reported(signal: ReportPermit) -> circuit_breaker.Reported:
    return circuit_breaker.Reported(signal.permit, signal.result)


def permitted(signal: circuit_breaker.Grant) -> Permitted:
    return Permitted(signal.permit)


def denied(_: circuit_breaker.Deny) -> Denied:
    return Denied()


def available(_: circuit_breaker.Available) -> Denied:
    return Denied()


def begin(_: LinkUp) -> Begin:
    return Begin()


def end(_: LinkDown) -> End:
    return End()


def attach(_: LinkUp) -> Attach:
    return Attach()


def detach(_: LinkDown) -> Detach:
    return Detach()


def silenced(_: Silent) -> Silenced:
    return Silenced()


def gate_is_shut(crowd: View) -> bool:
    """Whether somebody wants no attempt."""
    if crowd.of(TOKEN).state is NONE:
        return True
    return crowd.of(HOLD).state is not CLEAR or crowd.of(ERRORS).state is STORM


def gate_moved(shut: bool) -> GateMoved:
    return GateMoved(shut)


CROWD = System(
    "crowd",
    members=(LINK, CIRCUIT_BREAKER, HEART, PIPE, TOKEN, HOLD, ERRORS),
    wiring=(
        wire(LINK, AskPermit, CIRCUIT_BREAKER, acquire),
        wire(LINK, ReportPermit, CIRCUIT_BREAKER, reported),
        wire(LINK, LinkUp, HEART, begin),
        wire(LINK, LinkDown, HEART, end),
        wire(LINK, LinkUp, PIPE, attach),
        wire(LINK, LinkDown, PIPE, detach),
        wire(CIRCUIT_BREAKER, circuit_breaker.Grant, LINK, permitted),
        wire(CIRCUIT_BREAKER, circuit_breaker.Deny, LINK, denied),
        wire(CIRCUIT_BREAKER, circuit_breaker.Available, LINK, available),
        wire(HEART, Silent, LINK, silenced),
    ),
    derived=(derive(gate_is_shut, LINK, gate_moved, initially=False),),
)


def link_knows_of_the_gate(crowd: View) -> bool:
    """The link takes the gate for what it is."""
    return crowd.of(LINK).context.shut == gate_is_shut(crowd)


def heart_beats_with_the_link(crowd: View) -> bool:
    """The heart beats only while there is a link."""
    return crowd.of(LINK).state is UP or crowd.of(HEART).state is DORMANT


def all_is_well(crowd: View) -> bool:
    """The link is up, an operation is under way, and the breaker is half open."""
    breaker = crowd.of(CIRCUIT_BREAKER).state
    return crowd.of(LINK).state is UP and crowd.of(PIPE).state is SENT and breaker is circuit_breaker.HALF_OPEN


def model(failures_max: int = 3, states_max: int = 5_000_000) -> Model:
    """Make the crowd's model."""
    context = circuit_breaker.Context(circuit_breaker.Options(failures_max))
    return Model(
        CROWD,
        (
            invariant("X1", link_knows_of_the_gate),
            invariant("X2", heart_beats_with_the_link),
            witness("X3", all_is_well),
        ),
        {"default": Thresholds({CIRCUIT_BREAKER.name: context}, states_max=states_max)},
    )
