"""Options shifted by one: a machine that reads a number among its options as one more, or one less, than it is."""

from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import Any, cast

from attrs import Attribute, evolve, field, frozen

from statekit.check.rewriting import Rewriting
from statekit.machine import Definition
from statekit.row import Function

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
        refused = [error for context in self.contexts if (error := self.refused(getattr(context, OPTIONS, None)))]
        if len(refused) == len(self.contexts):
            raise ValueError(str(refused[0]))
        return Rewriting(self.original, function=Reader(self).reading).machine()

    def refused(self, options: object) -> Exception | None:
        """Say why options cannot hold the shifted number, or lack it."""
        try:
            _moved(options, self.path.split("."), self.by)
        except (AttributeError, ValueError) as error:
            return error
        return None

    def shifted(self, options: object) -> object:
        """Give options that hold the shifted number; the same options where they refuse it."""
        return options if self.refused(options) else _moved(options, self.path.split("."), self.by)


class Reader:
    """Lets the functions of one machine read the shifted number.

    They are asked many questions of one context, and many contexts share their options, whose validators take their
    time: of the last context and the last options it is known what is read instead.
    """

    def __init__(self, shift: Shift) -> None:
        """Begin with nothing read."""
        self.shift = shift
        self.options: tuple[object, object] = (None, None)
        self.context: tuple[object, object] = (None, None)

    def read(self, context: object) -> object:
        """Give a context whose options hold the shifted number; the same context where they refuse it."""
        true, instead = self.context
        if context is true:
            return instead
        options, shifted = self.options
        if (held := getattr(context, OPTIONS, None)) is not options:
            options, shifted = self.options = held, self.shift.shifted(held)
        instead = context if shifted is options else _with_options(context, shifted)
        self.context = context, instead
        return instead

    def reading(self, function: Function, *, updates: bool) -> Function:
        """Let a function of the table read the shifted number, and an update put the true one back."""
        read, mend = self.read, _mended if updates else _unmended

        # No branch stands in these: an exploration demands that every branch of a table's function is gone.
        def of_context(context: object) -> object:
            return mend(function(read(context)), context)

        def of_event(context: object, event: object) -> object:
            return mend(function(read(context), event), context)

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


def _with_options(context: Any, options: object) -> object:  # noqa: ANN401 - any attrs value
    return evolve(context, **{OPTIONS: options})


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
    return _with_options(result, getattr(context, OPTIONS))
