"""One line to a server: it dials, hears and rests, and may be told to settle."""

from enum import StrEnum, auto

from attrs import evolve, frozen

from statekit import Fired, Jitter, Kind, Machine, Rows, after, arm, timer
from statekit.runner import Runner


class State(StrEnum):
    IDLE = auto()
    DIALING = auto()
    LINKED = auto()
    RESTING = auto()
    OVER = auto()


IDLE, DIALING, LINKED, RESTING, OVER = State


@frozen
class Go:
    pass


@frozen
class Say:
    text: str


@frozen
class Stop:
    pass


@frozen
class Settle:
    pass


@frozen
class Opened:
    pass


@frozen
class Failed:
    pass


@frozen
class Frame:
    text: str


@frozen
class Closed:
    pass


@frozen
class Dial:
    pass


@frozen
class CloseLate:
    pass


@frozen
class Note:
    text: str


@frozen
class Context:
    said: tuple[str, ...] = ()
    fired: tuple[Fired, ...] = ()
    wait_seconds: float = 5.0


def hear(context: Context, event: Say | Frame) -> Context:
    return evolve(context, said=(*context.said, event.text))


def keep(context: Context, event: Fired) -> Context:
    return evolve(context, fired=(*context.fired, event))


def loud(_: Context, event: Say) -> bool:
    return event.text.isupper()


def broken(_: Context) -> Context:
    raise RuntimeError("update")


def echo(context: Context) -> Note:
    return Note(context.said[-1])


def wait(context: Context) -> float:
    return context.wait_seconds


def failed(_: object) -> Failed:
    return Failed()


def lost(_: object) -> Closed:
    return Closed()


rows = Rows[State, Context, object]()
row, stay, ignore, forbid, postpone = rows.row, rows.stay, rows.ignore, rows.forbid, rows.postpone
LINK = rows.group("link", DIALING, LINKED)
settle = timer("settle", 2.0, scope=LINKED)
STATES = (
    rows.state(IDLE, Kind.REST, "", entry=(Note("at rest"),)),
    rows.state(DIALING, Kind.BUSY, ""),
    rows.state(LINKED, Kind.STEADY, ""),
    rows.state(RESTING, Kind.WAITING, ""),
    rows.state(OVER, Kind.ENDED, ""),
)
LINE = Machine(
    "line",
    initial=IDLE,
    context=Context(),
    states=STATES,
    groups=(LINK,),
    table=(
        row(IDLE, Go, DIALING, Note("dial"), Dial(), Note("dialled")),
        row(IDLE, Stop, OVER),
        forbid(IDLE, Settle, because="nothing to settle"),
        stay(IDLE, Say, Note("loud"), guard=loud),
        row(DIALING, Opened, LINKED),
        row(DIALING, Failed, RESTING),
        row(DIALING, after(10.0), RESTING, update=keep),
        postpone(DIALING, Say, because="nobody listens yet"),
        stay(LINKED, Frame, echo, update=hear),
        stay(LINKED, Say, Note("sent"), update=hear),
        stay(LINKED, Go, update=broken),
        stay(LINKED, Settle, arm(settle)),
        stay(LINKED, settle, Note("settled"), update=keep),
        row(LINKED, Closed, RESTING),
        row(LINK, Stop, IDLE),
        row(RESTING, after(Jitter(1.0, 3.0)), DIALING, Dial(), update=keep),
        stay(RESTING, after(wait), Note("still resting"), update=keep),
        ignore(RESTING, Say, because="nobody listens"),
        row(RESTING, Stop, IDLE),
    ),
    answering=(
        rows.answering(
            Dial, Failed, opens=Opened, streams=(Frame,), ends=(Closed,), orphan=CloseLate(), scope=LINK, failed=failed,
            lost=lost,
        ),
    ),
)  # fmt: skip


def linked(**options):
    runner = Runner(LINE, **options)
    runner.send(Go())
    runner.answer(Opened())
    runner.effects.clear()
    return runner


def taken(verdicts):
    return [(verdict.source, verdict.target) for verdict in verdicts]
