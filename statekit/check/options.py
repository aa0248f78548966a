"""Options shifted by one: a machine that reads a number among its options as one more, or one less, than it is."""

from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import Any, cast

from attrs import Attribute, evolve, field, frozen

from statekit.check.rewriting import Rewriting
from statekit.machine import Definition
from statekit.table import Function

OPTIONS = "options"
"""The field of a context that holds what the application configures."""


@frozen(eq=False)
class Shift:
    """One number among the options, by its path below them, and how far it is shifted."""

    original: Definition
    path: str
    by: int
    contexts: tuple[object, ...] = field(repr=False)

    @property
    def origin(self) -> str:
        """Name the file of the machine, whose options these are."""
        return self.original.states[0].origin.rpartition(":")[0]

    def machine(self) -> Definition:
        """Build the machine that reads it so; raises ValueError if all options themselves refuse such a number."""
        refused = [error for context in self.contexts if (error := self.refused(context))]
        if len(refused) == len(self.contexts):
            raise ValueError(str(refused[0]))
        return Rewriting(self.original, function=self.reading).machine()

    def shifted(self, context: object) -> object:
        """Give a context whose options hold the shifted number; the same context where they refuse it."""
        try:
            return self.moved(context)
        except (AttributeError, ValueError):
            return context

    def refused(self, context: object) -> Exception | None:
        """Say why a context's options cannot hold the shifted number, or lack it."""
        try:
            self.moved(context)
        except (AttributeError, ValueError) as error:
            return error
        return None

    def moved(self, context: object) -> object:
        """Shift the number in a context's options; raises ValueError or AttributeError if they refuse or lack it."""
        return _moved(context, (OPTIONS, *self.path.split(".")), self.by)

    def reading(self, function: Function, *, updates: bool) -> Function:
        """Let a function of the table read the shifted number, and an update put the true one back."""
        see, mend = self.shifted, _mended if updates else _unmended

        # No branch stands in these: an exploration demands that every branch of a table's function is gone.
        def of_context(context: object) -> object:
            return mend(function(see(context)), context)

        def of_event(context: object, event: object) -> object:
            return mend(function(see(context), event), context)

        made = cast("FunctionType", of_event if function.__code__.co_argcount > 1 else of_context)
        made.__name__, made.__annotations__ = function.__name__, function.__annotations__
        # The engine knows a function that raised by its code.
        made.__code__ = made.__code__.replace(co_name=function.__name__)
        return made


def shifts(machine: Definition, contexts: tuple[object, ...]) -> Iterator[Shift]:
    """Give each shift by one of a number among the options; none if the contexts have no field `options`."""
    paths = (path for context in contexts for path in _numbers(getattr(context, OPTIONS, None), ()))
    for path in dict.fromkeys(paths):
        for by in (1, -1):
            yield Shift(machine, ".".join(path), by, contexts)


def _numbers(options: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for each in _fields(options):
        held: object = getattr(options, each.name)
        if type(held) in {int, float}:
            yield (*path, each.name)
        else:
            yield from _numbers(held, (*path, each.name))


def _moved(value: Any, path: Iterable[str], by: int) -> Any:  # noqa: ANN401 - any attrs value on the way
    name, *rest = path
    held: Any = getattr(value, name)
    return evolve(value, **{_argument(value, name): _moved(held, rest, by) if rest else held + by})


def _argument(value: object, name: str) -> str:
    return next(each.alias for each in _fields(value) if each.name == name) or name


def _fields(value: object) -> "tuple[Attribute[object], ...]":
    """Give the fields of an attrs value; anything else has none."""
    return cast("tuple[Attribute[object], ...]", getattr(type(value), "__attrs_attrs__", ()))


def _unmended(result: object, _: object) -> object:
    return result


def _mended(result: Any, context: Any) -> object:  # noqa: ANN401 - whatever the update gave
    if type(result) is not type(context):
        return result
    return evolve(result, **{OPTIONS: getattr(context, OPTIONS)})
