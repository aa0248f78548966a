"""Watch: who looks on while a model is explored: claims about single steps, monitors, the environment.

Monitors and the environment have a memory, which is explored with the machine: every memory that was met has a number,
and all of them together are packed into one, `WIDTH` bits each.
"""

from collections.abc import Callable, Hashable, Iterable
from itertools import chain
from typing import TypeVar, cast

from statekit.check.model import Environment, Model
from statekit.check.properties import Property, Sort
from statekit.check.quantified import Numbers, numbers
from statekit.check.seen import Seen
from statekit.errors import MalformedModel

T = TypeVar("T")

WIDTH = 24
"""How many bits a packed number has."""
MASK = (1 << WIDTH) - 1


class Memories:
    """The memories that one monitor, or the environment, came to, numbered from zero."""

    def __init__(self, first: Hashable) -> None:
        """Begin with the first."""
        self.met: list[Hashable] = [first]
        self.numbers: dict[Hashable, int] = {first: 0}

    def number(self, memory: Hashable) -> int:
        """Number a memory."""
        known = self.numbers.get(memory)
        if known is None:
            known = self.numbers[memory] = len(self.met)
            self.met.append(memory)
        return known


class Watch:
    """The onlookers of one model; `refuted` is told the first time that one of them is not content."""

    def __init__(self, model: Model) -> None:
        """Begin with everybody's first memory."""
        self.model = model
        self.steps: list[Property] = [each for each in model.properties if each.sort is Sort.STEP]
        self.monitors: list[Property] = [each for each in model.properties if each.sort is Sort.SEQUENCE]
        self.environment: Memories | None = None if model.environment is None else Memories(model.environment)
        self.memories: list[Memories] = [Memories(each.initially) for each in self.monitors]
        self.all: list[Memories] = [*self.memories, *([self.environment] if self.environment else [])]
        self.bits: int = WIDTH * len(self.all)
        self.on: bool = bool(self.steps or self.all)

    def outside(self, packed: int) -> Environment | None:
        """Give the environment as it is remembered."""
        if self.environment is None:
            return None
        return cast("Environment", self.remembered(packed)[-1])

    def initially(self) -> list[Property]:
        """Give the monitors that are not content before anything happened."""
        return [each for each in self.monitors if not self.asked(each.code, each.holds, each.initially)]

    def look(self, packed: int, seen: Seen[object]) -> tuple[list[Hashable], list[Property]]:
        """Give what everybody remembers after a step, and the properties that it refutes."""
        outside = self.outside(packed)
        if outside is not None:
            outside = self.asked("environment", outside.noticed, seen)
            seen = Seen(
                seen.before, seen.move, seen.after, seen.verdict, seen.effects, seen.signals, seen.path, outside
            )
        refuted = self.dissatisfied(seen)
        found: list[Hashable] = []
        for each, before in zip(self.monitors, self.remembered(packed), strict=False):
            found.append(self.asked(each.code, cast("Callable[..., Hashable]", each.observe), before, seen))
            if not self.asked(each.code, each.holds, found[-1]):
                refuted.append(each)
        if outside is not None:
            found.append(outside)
        return found, refuted

    def dissatisfied(self, seen: Seen[object]) -> list[Property]:
        """Give the claims about steps that a step refutes; one `try` for all, as this is done at every edge."""
        asking = ""
        refuted: list[Property] = []
        try:
            for each in self.steps:
                asking = each.code
                if not each.holds(seen):
                    refuted.append(each)
        except Exception as error:
            raise raised(self.model, asking, error) from error
        return refuted

    def remembered(self, packed: int) -> list[Hashable]:
        """Give what everybody remembers: the monitors, then the environment."""
        return [each.met[packed >> WIDTH * at & MASK] for at, each in enumerate(self.all)]

    def numbers(self, packed: int) -> Numbers:
        """Give the ordinals and instants in what everybody remembers."""
        return tuple(chain.from_iterable(map(numbers, self.remembered(packed)))) if self.all else ()

    def packed(self, found: Iterable[Hashable]) -> int:
        """Pack what everybody remembers."""
        return sum(
            each.number(memory) << WIDTH * at for at, (each, memory) in enumerate(zip(self.all, found, strict=True))
        )

    def asked(self, code: str, function: Callable[..., T], *given: object) -> T:
        """Ask a function of the model; raises `MalformedModel` if it raises."""
        return asked(self.model, code, function, *given)


def asked(model: Model, code: str, function: Callable[..., T], *given: object) -> T:
    """Ask a function of a model; raises `MalformedModel`, naming it, if it raises."""
    try:
        return function(*given)
    except Exception as error:
        raise raised(model, code, error) from error


def raised(model: Model, code: str, error: Exception) -> MalformedModel:
    """Say that a function of a model raised."""
    return MalformedModel(model.name, f"a function of {code} raised {error!r}: mend it, it must be total")
