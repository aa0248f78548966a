"""A small machine of the rows that a test gives it, driven by one stimulus at a time."""

from enum import StrEnum, auto

from attrs import evolve, frozen

from statekit import Fired, Kind, Machine, Rows, Stimulus, start, step


class State(StrEnum):
    IDLE = auto()
    DIALING = auto()
    UP = auto()
    BUSY = auto()
    END = auto()


IDLE, DIALING, UP, BUSY, END = State


@frozen
class Go:
    pass


@frozen
class Back:
    pass


@frozen
class Poke:
    pass


@frozen
class Stop:
    pass


@frozen
class Work:
    number: int


@frozen
class Opened:
    pass


@frozen
class OpenFailed:
    pass


@frozen
class Frame:
    pass


@frozen
class Closed:
    pass


@frozen
class Dial:
    to: str = "here"


@frozen
class CloseLate:
    pass


@frozen
class Note:
    text: str


@frozen
class Context:
    count: int = 0
    seen: tuple[int, ...] = ()


rows = Rows[State, Context, Dial | CloseLate | Note]()
row, stay, reenter, postpone, to, group, choice = (
    rows.row, rows.stay, rows.reenter, rows.postpone, rows.to, rows.group, rows.choice,
)  # fmt: skip


def failed(_: object) -> OpenFailed:
    return OpenFailed()


def counted(context: Context) -> Context:
    return evolve(context, count=context.count + 1)


def never(_: Context) -> bool:
    return False


def broken(_: Context) -> bool:
    raise RuntimeError("guard")


def broken_delay(_: Context) -> float:
    raise RuntimeError("delay")


def grown_delay(context: Context) -> float:
    return 10.0 + context.count


def lost(_: object) -> Closed:
    return Closed()


def answering(scope, **more):
    given = {"opens": Opened, "streams": (Frame,), "ends": (Closed,), "orphan": CloseLate(), "lost": lost, **more}
    return (rows.answering(Dial, OpenFailed, scope=scope, failed=failed, **given),)


def declared(**moments):
    kinds = {END: Kind.ENDED}
    return tuple(
        rows.state(
            each,
            kinds.get(each, Kind.BUSY),
            "a state",
            entry=moments.get(f"entry_{each}", ()),
            exit=moments.get(f"exit_{each}", ()),
        )
        for each in State
    )


def build(*table, groups=(), answering=(), states=None, **more):
    return Machine(
        "small",
        initial=IDLE,
        context=Context(),
        states=states or declared(),
        groups=groups,
        table=table,
        answering=answering,
        **more,
    )


class Driven:
    """A machine being stepped; `last` is its latest step."""

    def __init__(self, machine):
        self.machine = machine
        self.last = start(machine)

    def send(self, event, ticket=None):
        self.last = step(self.machine, self.last.snapshot, Stimulus(event, ticket=ticket))
        return self.last

    def fire(self, name):
        ticket = self.last.snapshot.ticket(name)
        return self.send(Fired(name), None if ticket is None else ticket.number)

    @property
    def live(self):
        return [ticket.name for ticket in self.last.snapshot.tickets]

    @property
    def state(self):
        return self.last.snapshot.state


LINK = group("link", DIALING, UP)
DIALS = (
    row(IDLE, Go, DIALING, Dial()),
    row(DIALING, Opened, UP),
    row(LINK, OpenFailed, IDLE),
    row(LINK, Closed, IDLE),
    stay(LINK, Frame, Note("frame")),
    row(LINK, Back, IDLE),
)


def dialled(*more, **options):
    driven = Driven(build(*DIALS, *more, groups=(LINK,), answering=answering(LINK), **options))
    driven.send(Go())
    return driven
