"""A workload: what every engine must do alike, and how an engine is asked to do it.

Theory. A workload is a statekit table, the script that it answers, and `Data`: the table's guards and updates once more
as methods of a mutable object, which is how the peers like them. Peers are built from the table's rows, so that nobody
benefits from a shorter machine; the two hand-written engines and pygenfsm (whose handlers *are* the machine) are
written out by hand, and one of them, H, is what the others must agree with.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Protocol

from attrs import frozen

from statekit import Machine, Verb

Observation = tuple[str, tuple[object, ...], tuple[object, ...]]
"""What engines must agree on after an event: the state, the data, the effects that the event ordered."""


class Data(Protocol):
    """A workload's context as a peer holds it: mutable, with guards and updates as methods, and the effects so far."""

    effects: list[object]

    def values(self) -> tuple[object, ...]:
        """Give the fields in the order of the context's."""


class Player(Protocol):
    """One instance of a machine on one engine."""

    def prepare(self, script: Sequence[object]) -> Sequence[object]:
        """Turn the workload's events into what the engine takes, outside the measured time."""

    def play(self, script: Sequence[object]) -> None:
        """Answer a prepared script; what is measured. The effects of an earlier play may be forgotten."""

    def seen(self) -> Observation:
        """Tell the state, the data and the effects of the latest play."""


@frozen
class Workload:
    """A machine, a script that leads from its first snapshot back to it, and its mutable data."""

    name: str
    machine: Machine[StrEnum, object, object, object]
    script: tuple[object, ...]
    data: Callable[[], Data]


@frozen
class Engine:
    """One engine: `make` gives a fresh player of a workload, or None where the engine cannot do it yet.

    `resolved` marks engines without guards: they get a script in which every guard was decided beforehand. `copies` is
    how many machines each event of the script is sent to.
    """

    name: str
    make: Callable[[Workload], Player | None]
    resolved: bool = False
    copies: int = 1

    @property
    def label(self) -> str:
        """The name, with the dagger of engines that are spared the guards."""
        return f"{self.name} †" if self.resolved else self.name


@frozen
class Line:
    """A row of a workload, engine-neutral: names instead of functions, and a number of its own."""

    number: int
    source: str
    event: type
    target: str
    effects: tuple[object, ...]
    guard: str
    update: str

    @property
    def trigger(self) -> str:
        """The event's name for engines whose events are names."""
        return snake(self.event.__name__)

    @property
    def resolved_trigger(self) -> str:
        """An event name of the row's own where guards are decided beforehand."""
        return f"{self.trigger}_{self.number}"

    def bind(self, data: Data) -> Callable[..., None]:
        """Make the row's action on mutable data: the cheapest closure that does it."""
        effects, extend, append = self.effects, data.effects.extend, data.effects.append
        update = getattr(data, self.update) if self.update else None
        if len(effects) == 1:
            (effect,) = effects
            if update is None:
                return lambda *_: append(effect)

            def updated_one(*_: object) -> None:
                update()
                append(effect)

            return updated_one
        if update is None:
            return lambda *_: extend(effects)

        def updated_all(*_: object) -> None:
            update()
            extend(effects)

        return updated_all


def snake(name: str) -> str:
    """Write a class's name as a function's."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def lines(workload: Workload) -> tuple[Line, ...]:
    """Read a workload's table, engine-neutral; the workloads use plain states and single events only."""
    return tuple(_lines(workload))


def _lines(workload: Workload) -> Iterator[Line]:
    for number, row in enumerate(workload.machine.table):
        if not isinstance(row.source, StrEnum) or not isinstance(row.trigger, type):
            raise TypeError(f"{row.origin}: a workload's rows have one state and one event class each")
        stays = row.verb is not Verb.ROW
        yield Line(
            number,
            str(row.source),
            row.trigger,
            str(row.source if stays else row.target),
            row.effects,
            row.guard.__name__ if row.guard else "",
            row.update.__name__ if row.update else "",
        )


def resolve(workload: Workload) -> tuple[Line, ...]:
    """Decide every guard of a script beforehand: the line that each event takes."""
    data, state, taken = workload.data(), str(workload.machine.initial), []
    for event in workload.script:
        line = next(
            line
            for line in lines(workload)
            if line.source == state and line.event is type(event) and (not line.guard or getattr(data, line.guard)())
        )
        line.bind(data)()
        state = line.target
        taken.append(line)
    return tuple(taken)
