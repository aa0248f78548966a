"""The public API used as it is meant to be: never executed, but `make check` must find nothing to say about it."""

from enum import StrEnum, auto
from typing import Never, TypeAlias, assert_type

from attrs import evolve, frozen

from statekit import (
    EVERY,
    Failure,
    Fired,
    FlatRow,
    Idle,
    Jitter,
    Keyed,
    Kind,
    Machine,
    Rows,
    Signal,
    Snapshot,
    Step,
    Stimulus,
    System,
    Tabulated,
    Taken,
    Ticket,
    Transaction,
    View,
    after,
    arm,
    derive,
    disarm,
    either,
    idle,
    keyed,
    publish,
    spawn,
    start,
    step,
    timer,
    wire,
)
from statekit.row import Branch, Choice, Row
from statekit.snapshot import Issued
from statekit.states import Group, StateRow
from statekit.timers import After, Timer


class State(StrEnum):
    IDLE = auto()
    DIALING = auto()
    UP = auto()
    GONE = auto()


IDLE, DIALING, UP, GONE = State.IDLE, State.DIALING, State.UP, State.GONE


@frozen
class Connect:
    url: str


@frozen
class Opened:
    number: int


@frozen
class OpenFailed:
    cause: str


@frozen
class Closed:
    code: int


Event: TypeAlias = Connect | Opened | OpenFailed | Closed


@frozen
class Dial:
    url: str


@frozen
class Hang:
    pass


@frozen
class Say(Signal):
    text: str


Effect: TypeAlias = Dial | Hang | Say


@frozen
class Context:
    url: str = ""
    attempts: int = 0


def retries_left(context: Context) -> bool:
    return context.attempts < 3


def expected(_: Context, event: Closed) -> bool:
    return event.code == 1000


def an_answer(_: Context, event: Opened | OpenFailed) -> bool:
    return isinstance(event, Opened)


def any_event(_: Context, event: object) -> bool:
    return event is not None


def late(_: Context, event: Fired) -> bool:
    return event.late_by_seconds > 1


def note_url(context: Context, event: Connect) -> Context:
    return evolve(context, url=event.url)


def count(context: Context) -> Context:
    return evolve(context, attempts=context.attempts + 1)


def dial(context: Context) -> Dial:
    return Dial(context.url)


def farewell(_: Context, event: Closed) -> tuple[Hang | Say, ...]:
    return (Hang(), Say(f"{event.code}"))


def backoff(context: Context) -> Jitter:
    return Jitter(0.1, 2.0**context.attempts)


def limit(_: Context) -> float:
    return 10.0


def code_key(_: Context, event: Closed) -> int:
    return event.code


def url_key(context: Context) -> str:
    return context.url


def url_of(effect: Dial) -> str | None:
    return effect.url or None


def dial_failed(failure: Failure) -> OpenFailed:
    return OpenFailed(failure.error)


def cut_off(failure: Failure) -> Closed:
    return Closed(1006)


rows = Rows[State, Context, Effect]()
row, stay, reenter, ignore, forbid, postpone, to = (
    rows.row, rows.stay, rows.reenter, rows.ignore, rows.forbid, rows.postpone, rows.to,
)  # fmt: skip
LINK = rows.group("link", DIALING, UP, doc="a socket is wanted", entry=(dial,), exit=(Hang(),))
WIDER = rows.group("wider", LINK, IDLE)
PING = timer("ping", 20.0, scope=LINK)
PONG = timer("pong", backoff, scope=UP)
DEEPER = rows.choice("deeper", to(UP, arm(PING), guard=retries_left, update=count), to(GONE, dial, Hang()))
BY_CODE = timer("by_code", backoff, scope=LINK, key=code_key)
BY_URL = timer("by_url", 5.0, scope=LINK, key=url_key)
RETRY = rows.choice("retry", to(DIALING, dial, guard=retries_left), to(DEEPER))
STATES = (
    rows.state(IDLE, Kind.REST, "nothing is wanted"),
    rows.state(DIALING, Kind.BUSY, "opening", entry=(dial, arm(PING)), exit=(disarm(PING),)),
    rows.state(UP, Kind.STEADY, "open", waits_for="a person"),
    rows.state(GONE, Kind.ENDED, "over"),
)
TABLE = (
    row(IDLE, Connect, DIALING, dial, Say("dialing"), update=note_url),
    row((IDLE, LINK), either(Opened, OpenFailed), UP, arm(PING), arm(PONG), guard=an_answer),
    row(WIDER, Closed, RETRY, farewell, disarm(PONG), guard=expected, update=count),
    row(LINK, after(10.0), IDLE, guard=late),
    row(LINK, after(limit), IDLE),
    row(UP, after(Jitter(1.0, 2.0)), IDLE),
    row(LINK, idle(10.0, of=(Opened, Closed)), IDLE, guard=late),
    stay(LINK, Closed, arm(BY_CODE), disarm(BY_URL)),
    row(LINK, BY_CODE, IDLE, arm(BY_URL)),
    row(EVERY, PONG, GONE, guard=retries_left),
    stay(UP, PING, arm(PONG), guard=any_event),
    stay(EVERY, Connect, guard=any_event),
    reenter(LINK, OpenFailed, dial),
    ignore(EVERY, either(Connect, Closed), because="too late"),
    ignore(UP, PING, because="too late", guard=late),
    forbid((IDLE, UP), Opened, because="never", guard=retries_left),
    postpone(DIALING, Closed, because="later"),
)
ANSWERS = (
    rows.answering(
        Dial, OpenFailed, scope=LINK, failed=dial_failed, opens=Opened, ends=(Closed,), orphan=Hang(), lost=cut_off
    ),
)
KEYED = rows.answering(Dial, OpenFailed, scope=LINK, failed=dial_failed, opens=Opened, orphan=Hang(), key=url_of)
MACHINE = Machine[State, Event, Context, Effect](
    "small", initial=IDLE, context=Context(), states=STATES, groups=(WIDER, LINK), table=TABLE, answering=ANSWERS
)


def types_of_what_is_written() -> None:
    assert_type(TABLE[0], Row[State, Connect, Effect])
    assert_type(TABLE[3], Row[State, Never, Effect])
    assert_type(RETRY, Choice[State, Effect])
    assert_type(to(IDLE), Branch[State, Effect])
    assert_type(LINK, Group[State])
    assert_type(STATES[0], StateRow[State])
    assert_type(after(10.0), After[object])
    assert_type(after(limit), After[Context])
    assert_type(idle(10.0, of=(Opened,)), Idle[object])
    assert_type(idle(limit, of=(Opened,)), Idle[Context])
    assert_type(timer("ping", 20.0, scope=LINK), Timer[object, object])
    assert_type(PONG, Timer[Context, object])
    assert_type(BY_CODE, Timer[Context, Closed])
    assert_type(BY_URL, Timer[Context, object])


def types_of_a_table_that_is_written_where_its_machine_is() -> None:
    inferred = Machine(
        "small",
        initial=IDLE,
        context=Context(),
        states=STATES,
        table=(
            row(IDLE, Connect, DIALING, dial, update=note_url),
            row(LINK, Closed, RETRY, farewell, guard=expected, update=count),
            row(LINK, after(limit), IDLE, guard=late),
        ),
    )
    assert_type(start(inferred), Step[State, Context, Effect])


def types_of_a_run() -> None:
    begun = start(MACHINE)
    assert_type(begun, Step[State, Context, Effect])
    assert_type(begun.snapshot, Snapshot[State, Context])
    done = step(MACHINE, begun.snapshot, Stimulus(Connect("here")))
    done = step(MACHINE, done.snapshot, Stimulus(Fired("ping"), at_seconds=3.0, ticket=1))
    assert_type(done.snapshot.state, State)
    assert_type(done.snapshot.context.attempts, int)
    assert_type(done.effects, tuple[Effect, ...])
    assert_type(done.issued, tuple[Issued[Effect], ...])
    assert_type(done.ended, tuple[Ticket, ...])
    assert_type(MACHINE.rows, tuple[FlatRow, ...])
    assert_type(MACHINE.tabulate(limit=10), Tabulated)
    if isinstance(done.verdict, Taken):
        assert_type(done.verdict.target, StrEnum)


def heard(signal: Say) -> Connect:
    return Connect(signal.text)


def attempts(view: View) -> int:
    return view.of(MACHINE).context.attempts


def gone(number: int) -> Closed:
    return Closed(number)


def for_name(context: Context, key: str) -> Context:
    return Context(key)


def for_number(context: Context, key: int) -> Context:
    return Context(str(key))


def name_of(signal: Say) -> str:
    return signal.text


def number_of(signal: Say, key: int) -> int:
    return key


def either_of(signal: Say) -> str | int:
    return signal.text or 0


def heard_from(signal: Say, key: str) -> Connect:
    return Connect(key)


def louder(signal: Say, key: int) -> Say:
    return Say(f"{key}: {signal.text}")


def types_of_a_keyed_system() -> None:
    assert_type(keyed(MACHINE), Keyed)
    assert_type(keyed(MACHINE, per="number", context=for_number), Keyed)
    system = System(
        "alone",
        (keyed(MACHINE, per="name", context=for_name),),
        (
            spawn(MACHINE, Say, MACHINE, heard, key=name_of),
            spawn(MACHINE, Say, MACHINE, heard_from, key=number_of),
            wire(MACHINE, Say, MACHINE, heard_from, key=either_of),
            wire(MACHINE, Say, MACHINE, heard, key=EVERY),
            publish(MACHINE, Say, make=louder),
        ),
    )
    begun = system.start({"small": Context("there")})
    done = system.step(begun.snapshot, system.address(MACHINE, "a"), Stimulus(Connect("here")))
    assert_type(done.snapshot.of(MACHINE, 7), Snapshot[State, Context])
    assert_type(done.snapshot.keys(MACHINE), tuple[str | int, ...])


def types_of_a_system() -> None:
    system = System(
        "alone",
        (MACHINE,),
        (wire(MACHINE, Say, MACHINE, heard), publish(MACHINE, Say)),
        (derive(attempts, MACHINE, gone, initially=0), derive(attempts, MACHINE, Closed, initially=0)),
    )
    begun = system.start({"small": Context("there")})
    assert_type(begun, Transaction)
    done = system.step(begun.snapshot, "small", Stimulus(Connect("here")))
    assert_type(done.snapshot.of(MACHINE), Snapshot[State, Context])
