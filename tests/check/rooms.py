"""A room: lamps, and a meter that counts those that are lit and is told when it becomes bright."""

from enum import StrEnum, auto

from attrs import evolve, frozen

from statekit import Machine, Rows, Signal, System, View, derive, wire
from statekit.check.seen import Move
from tests.check.small import Nothing, states_of


class Lamp(StrEnum):
    OFF = auto()
    ON = auto()


@frozen
class Press:
    pass


@frozen
class Lit(Signal):
    pass


@frozen
class Unlit(Signal):
    pass


@frozen
class Count:
    pass


@frozen
class Uncount:
    pass


@frozen
class Bright:
    value: bool


@frozen
class Meter:
    lamps: int = 0
    bright: bool = False


def lamp(name):
    """Make one lamp."""
    rows = Rows[Lamp, Nothing, Lit | Unlit]()
    return Machine(
        name,
        initial=Lamp.OFF,
        context=Nothing(),
        states=states_of(rows, Lamp),
        table=(rows.row(Lamp.OFF, Press, Lamp.ON, Lit()), rows.row(Lamp.ON, Press, Lamp.OFF, Unlit())),
    )


def add(meter: Meter) -> Meter:
    return evolve(meter, lamps=meter.lamps + 1)


def take(meter: Meter) -> Meter:
    return evolve(meter, lamps=meter.lamps - 1)


def note(meter: Meter, event: Bright) -> Meter:
    return evolve(meter, bright=event.value)


class Metering(StrEnum):
    COUNTING = auto()


meter = Rows[Metering, Meter, object]()
METER = Machine(
    "meter",
    initial=Metering.COUNTING,
    context=Meter(),
    states=states_of(meter, Metering),
    table=(
        meter.stay(Metering.COUNTING, Count, update=add),
        meter.stay(Metering.COUNTING, Uncount, update=take),
        meter.stay(Metering.COUNTING, Bright, update=note),
    ),
)
LAMPS = tuple(lamp(f"lamp_{each}") for each in "abc")


def counted(_: Lit) -> Count:
    return Count()


def uncounted(_: Unlit) -> Uncount:
    return Uncount()


def is_bright(room: View) -> bool:
    """Whether two lamps or more are lit."""
    return sum(room.of(each).state is Lamp.ON for each in LAMPS) > 1


def told(bright: bool) -> Bright:
    return Bright(bright)


ROOM = System(
    "room",
    members=(METER, *LAMPS),
    wiring=tuple(
        line for each in LAMPS for line in (wire(each, Lit, METER, counted), wire(each, Unlit, METER, uncounted))
    ),
    derived=(derive(is_bright, METER, told, initially=False),),
)


def lit(room):
    return sum(room.of(each).state is Lamp.ON for each in LAMPS)


def all_are_lit(room):
    """Every lamp is lit."""
    return lit(room) == len(LAMPS)


@frozen
class Porter:
    """Somebody who lights the first two lamps, one after the other, and goes."""

    left: tuple[str, ...] = ("lamp_a", "lamp_b")

    @property
    def owns(self):
        return frozenset({Press})

    def offers(self, room):
        yield from (Move(name, Press()) for name in self.left[:1])

    def noticed(self, seen):
        return Porter(self.left[1:]) if isinstance(seen.move.event, Press) else self
