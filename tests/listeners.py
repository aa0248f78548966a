"""A sender, two listeners, and what a test makes of their parts."""

from enum import StrEnum, auto

from attrs import evolve, frozen

from statekit import Kind, Machine, Rows, Signal, Stimulus, View


class State(StrEnum):
    IDLE = auto()
    ON = auto()


IDLE, ON = State


@frozen
class Go:
    pass


@frozen
class Back:
    pass


@frozen
class Job:
    number: int


@frozen
class Heard:
    text: str


@frozen
class Told:
    value: int


@frozen
class Say(Signal):
    text: str


@frozen
class Shout(Signal):
    text: str


@frozen
class Dial:
    pass


@frozen
class Answered:
    pass


@frozen
class Note:
    text: str


@frozen
class Context:
    heard: tuple[str, ...] = ()
    told: int = 0


rows = Rows[State, Context, object]()
row, stay, postpone = rows.row, rows.stay, rows.postpone
STATES = (rows.state(IDLE, Kind.REST, "off"), rows.state(ON, Kind.STEADY, "on"))


def machine(name, *table, **more):
    more = {"states": STATES, "initial": IDLE, "context": Context(), **more}
    return Machine(name, table=table, **more)


def hear(context: Context, event: Heard) -> Context:
    return evolve(context, heard=(*context.heard, event.text))


def learn(context: Context, event: Told) -> Context:
    return evolve(context, told=event.value)


def broken(_: Context) -> bool:
    raise RuntimeError("guard")


def failed(_: object) -> Answered:
    return Answered()


def heard(signal: Say | Shout) -> Heard:
    return Heard(signal.text)


SENDER = machine("sender", row(IDLE, Go, ON, Say("one"), Note("between"), Say("two")), row(ON, Back, IDLE))
LISTENER = machine("listener", stay((IDLE, ON), Heard, update=hear), row(IDLE, Go, ON))
OTHER = machine("other", stay((IDLE, ON), Heard, update=hear))


def go(system, member, event, snapshot=None, ticket=None):
    return system.step(snapshot or system.start().snapshot, member, Stimulus(event, ticket=ticket))


def hops(done):
    return [(hop.member, hop.event) for hop in done.path]


def how_many_on(view: View) -> int:
    return sum(member.state is ON for member in view.members)


WATCHER = machine("watcher", stay(IDLE, Told, update=learn))


def keep(context: Context, event: Job) -> Context:
    return evolve(context, heard=(*context.heard, f"job {event.number}"))


WORKER = machine(
    "worker",
    row(IDLE, Go, ON, Say("starting")),
    postpone(IDLE, Job, because="off"),
    stay(ON, Job, Say("did one"), update=keep),
    stay((IDLE, ON), Heard, update=hear),
)
