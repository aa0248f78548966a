"""Link: dials with a permit, while no gate is shut, and gives up after a few attempts."""

from enum import StrEnum
from typing import TypeAlias

from attrs import evolve, frozen

from machines.circuit_breaker import Permit
from machines.link import Report
from statekit import EVERY, Kind, Machine, Rows, Signal, after
from statekit.effects import Failure


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
