"""A desk that takes letters and a file of each addressee; one day of it, done and written down."""

from enum import StrEnum

from attrs import evolve, frozen

from statekit import Fired, Kind, Machine, Rows, Signal, Stimulus, System, arm, keyed, publish, spawn, timer
from statekit.codec.journal import JournalForm
from statekit.testing.system_walk import SystemWalk


class Desk(StrEnum):
    SHUT = "shut"
    OPEN = "open"


@frozen
class Stamps:
    left: int = 3


@frozen
class Sender:
    name: str
    town: str | None = None


@frozen
class Unlock:
    by: "Sender | int | None" = None


@frozen
class Letter:
    to: str
    pages: tuple[str | float | bool | None, ...] = ()
    senders: frozenset[Sender] = frozenset()


@frozen
class Weighed:
    grams: float


@frozen
class NotWeighed:
    why: str


@frozen
class Tear:
    pass


@frozen
class Weigh:
    to: str


@frozen
class Ring:
    pass


@frozen
class Filed(Signal):
    to: str


@frozen
class Lit(Signal):
    pass


@frozen
class Put:
    pass


def spend(stamps: Stamps) -> Stamps:
    return evolve(stamps, left=stamps.left - 1)


def weigh(_: Stamps, letter: Letter) -> Weigh:
    return Weigh(letter.to)


def filed(_: Stamps, letter: Letter) -> Filed:
    return Filed(letter.to)


def whom(order: Weigh) -> str:
    return order.to


def addressee(_: Stamps, letter: Letter) -> str:
    return letter.to


def not_weighed(failure) -> NotWeighed:
    return NotWeighed(failure.error)


def tear(_: Stamps, event: Tear) -> Stamps:
    raise ZeroDivisionError("sekrit")


def put(signal: Filed) -> Put:
    return Put()


def of(signal: Filed) -> str:
    return signal.to


D = Rows[Desk, Stamps, object]()
REMIND = timer("remind", 60.0, scope=Desk.OPEN, key=addressee)
DESK = Machine(
    "desk",
    initial=Desk.SHUT,
    context=Stamps(),
    states=(D.state(Desk.SHUT, Kind.REST, "nobody is in"), D.state(Desk.OPEN, Kind.STEADY, "letters come")),
    table=(
        D.row(Desk.SHUT, Unlock, Desk.OPEN, Ring(), Lit()),
        D.postpone(Desk.SHUT, Letter, because="nobody is in"),
        D.ignore(Desk.OPEN, Unlock, because="it is open"),
        D.stay(Desk.OPEN, Letter, weigh, filed, arm(REMIND), update=spend),
        D.stay(Desk.OPEN, Weighed),
        D.stay(Desk.OPEN, NotWeighed),
        D.stay(Desk.OPEN, REMIND),
        D.stay(Desk.OPEN, Tear, update=tear),
    ),
    answering=(D.answering(Weigh, Weighed, NotWeighed, scope=Desk.OPEN, failed=not_weighed, key=whom),),
    postpone_limit=1,
)


class File(StrEnum):
    KEPT = "kept"


F = Rows[File, Stamps, object]()
FILE = Machine(
    "file",
    initial=File.KEPT,
    context=Stamps(),
    states=(F.state(File.KEPT, Kind.STEADY, "letters lie in it"),),
    table=(F.stay(File.KEPT, Put, update=spend),),
)
OFFICE = System(
    "office", (DESK, keyed(FILE, per="addressee")), (spawn(DESK, Filed, FILE, put, key=of), publish(DESK, Lit))
)
FORM = JournalForm(OFFICE)
CONTEXTS = {"desk": Stamps(7), "file": Stamps(9)}


def written(form, system, stimuli, contexts=None):
    """The lines of a walk, and what each of its transactions was."""
    walk = SystemWalk(system, contexts)
    lines, done = [form.head(contexts)], [walk.done]
    for member, key, stimulus in stimuli:
        walk.deliver(member, stimulus, key=key)
        lines.append(form.entry(system.address(member, key), stimulus, walk.done))
        done.append(walk.done)
    return lines, done


DAY = (
    (DESK, None, Stimulus(Letter("ann"), 0.5)),
    (DESK, None, Stimulus(Letter("bob"), 0.75)),
    (DESK, None, Stimulus(Unlock(Sender("eve")), 1.0)),
    (DESK, None, Stimulus(Weighed(20.5), 2.0, 1)),
    (DESK, None, Stimulus(Weighed(20.5), 3.0, 1)),
    (
        DESK,
        None,
        Stimulus(Letter("cid", ("ü\u2028", 1.5, True, None), frozenset({Sender("a"), Sender("b", "x")})), 4.0),
    ),
    (DESK, None, Stimulus(Fired("remind", "ann", 60.0, 0.25), 61.0, 2)),
    (DESK, None, Stimulus(Tear(), 62.0)),
    (FILE, "ann", Stimulus(Put(), 63.0)),
    (FILE, "nobody", Stimulus(Put(), 64.0)),
)
LINES, DONE = written(FORM, OFFICE, DAY, CONTEXTS)
