"""A machine that turns, some of whose functions tell that they were called."""

from enum import StrEnum, auto

from attrs import evolve, frozen

from statekit import Kind, Machine, Rows, Signal, Stimulus, System, publish, start, step
from statekit.transition import point_of, transition


class State(StrEnum):
    A = auto()
    B = auto()


A, B = State


@frozen
class Go:
    pass


@frozen
class Turn:
    pass


@frozen
class Add:
    size: int


@frozen
class Later:
    pass


@frozen
class Rest:
    pass


@frozen
class Tell:
    pass


@frozen
class Note:
    text: str


@frozen
class Told(Signal):
    pass


@frozen
class Context:
    count: int = 0
    seen: object = None


CALLED = []  # the functions below are pure but for this


def small(context: Context) -> bool:
    CALLED.append("small")
    return context.count < 3


def turn(context: Context) -> Context:
    CALLED.append("turn")
    return evolve(context, count=(context.count + 1) % 3)


def noted(context: Context) -> Note:
    CALLED.append("noted")
    return Note(f"{context.count}")


rows = Rows[State, Context, object]()
row, stay, postpone = rows.row, rows.stay, rows.postpone


STATES = (rows.state(A, Kind.REST, ""), rows.state(B, Kind.REST, ""))


def machine(*more, name="turner", context=None):
    return Machine(
        name,
        initial=A,
        context=context or Context(),
        states=STATES,
        table=(
            row(A, Go, B, Note("to B")),
            row(B, Go, A, Note("to A")),
            stay(A, Turn, Note("turned"), guard=small, update=turn),
            stay(B, Turn, noted, guard=small, update=turn),
            stay((A, B), Rest),
            *more,
        ),
    )


def point(of):
    return point_of(of.folded, of.initial, of.context)


def followed(of, *events):
    """Follow events from the machine's start; the last answer."""
    at = point(of)
    for event in events:
        answer = transition(at, event)
        at = answer[0]
    return answer


def stepped(of, *events):
    done = start(of)
    for event in events:
        done = step(of, done.snapshot, Stimulus(event))
    return done


def pair(**more):
    """Wire two machines that have made their cells already, each by itself."""
    teller = machine(stay(A, Tell, Told()), stay(A, Add, Note("sized")), name="teller")
    other = machine(name="other")
    for member in (teller, other):
        stepped(member, Turn(), Rest(), Go(), Turn(), Rest(), Go())
    return System("pair", (teller, other), (publish(teller, Told),), **more)


def went(system, *events, member="teller", begun=None):
    done = begun or system.start()
    for event in events:
        done = system.step(done.snapshot, member, Stimulus(event))
    return done
