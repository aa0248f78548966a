"""Forms: for every annotation that a context or an event may have, how its values are written as JSON and read back.

Theory. A form is chosen by the annotation alone, never by the value, so what is read can only ever be of the classes
that the machine's own annotations name. Reading is exact: nothing is converted, every field must be there and none
beside them. Where an annotation leaves a choice, a union of classes, the class's name stands in the member `class`,
which no Python field can be called. What has no form is refused when forms are made, not when a value meets it;
a `Hook` gives a class a form of its own.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from types import UnionType
from typing import (
    Annotated,
    Any,
    Final,
    ForwardRef,
    Generic,
    Literal,
    NewType,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from attrs import Attribute, fields, frozen, has
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from statekit.codec.alternatives import Alternative, union_of
from statekit.codec.form import Form, Take
from statekit.codec.scalars import SCALARS, enumerated, listed, literal, several, unique
from statekit.codec.strict import Misfit, member, members, placed, plain

T = TypeVar("T")


@frozen
class Hook(Generic[T]):
    """A form of your own for a class: `save` gives JSON (dict, list, text, numbers, None), `restore` the value again.

    `restore` gets JSON from outside: what it raises refuses the snapshot, with the path of the value.
    """

    save: Callable[[T], object]
    restore: Callable[[Any], T]


Hooks: TypeAlias = Mapping[Any, Hook[Any]]
"""Forms of your own, by the annotation that they are for: a class, or an alias as the annotation names it."""

Raw = NewType("Raw", object)
"""JSON that is written and read as it is: its form is another's affair."""

_TAKEN: Final = frozenset({"cl", "converter"})
"""Names that cattrs' own parameters bear, so that it cannot be told of a field."""


class Forms:
    """The forms of annotations, each made once; keep one, in place of the hooks it holds, to save again and again.

    To make the forms of a machine takes milliseconds, to use them less than one.
    """

    def __init__(self, hooks: Hooks | None = None) -> None:
        """Begin with the given hooks."""
        self._hooks = dict(hooks or {})
        self._forms: dict[object, Form] = {}
        self._converter = Converter(detailed_validation=False)

    @classmethod
    def given(cls, hooks: "Hooks | Forms | None") -> "Forms":
        """Give the forms that were handed over, or new ones with these hooks."""
        return hooks if isinstance(hooks, Forms) else cls(hooks)

    def of(self, shape: object) -> Form:
        """Give the form of an annotation; raises `Misfit` where a part of it has none."""
        if get_origin(shape) is Annotated:
            return self.of(get_args(shape)[0])
        known = self._forms.get(shape)
        if known is not None:
            return known
        # A class may hold itself: while its form is made, this one stands for it.
        self._forms[shape] = self._later(shape)
        try:
            made = self._forms[shape] = self._make(shape)
        except Misfit:
            del self._forms[shape]
            raise
        return made

    def _make(self, shape: object) -> Form:
        origin, parts = get_origin(shape), get_args(shape)
        if shape in self._hooks:
            return _hooked(self._hooks[shape])
        if shape is Raw:
            return Form(_unchanged, _unchanged)
        if shape in SCALARS:
            return SCALARS[shape]
        if origin in (Union, UnionType):
            return union_of([self._alternative(part) for part in parts])
        if origin is Literal:
            return literal(parts)
        if origin is tuple and parts[1:] == (...,):
            return listed(placed("[]", self.of)(parts[0]))
        if origin is tuple:
            return several([placed(f"[{index}]", self.of)(part) for index, part in enumerate(parts)])
        if origin is frozenset:
            return unique(placed("[]", self.of)(parts[0]))
        if isinstance(shape, type) and issubclass(shape, Enum):
            return enumerated(shape)
        if isinstance(shape, type) and origin is None and has(shape):
            return self._object(shape)
        base = underlying(shape)
        if base is not None:
            return self.of(base)
        raise Misfit("", _mend(shape))

    def _later(self, shape: object) -> Form:
        def write(value: object) -> object:
            return self._forms[shape].write(value)

        def read(value: object) -> object:
            return self._forms[shape].read(value)

        return Form(write, read)

    def _alternative(self, shape: object) -> Alternative:
        hooked = shape in self._hooks
        tagged = isinstance(shape, type) and (hooked or shape not in SCALARS)
        inline = isinstance(shape, type) and not hooked and has(shape)
        return Alternative(shape, self.of(shape), tagged=tagged, inline=inline)

    def _object(self, shape: type) -> Form:
        attributes = [each for each in fields(shape) if each.init]
        for each in attributes:
            if each.name in _TAKEN:
                raise Misfit(member(each.name), f"bears a name that cattrs keeps for itself: {_mend(shape)}")
        forms = {each.name: placed(f".{each.name}", self.of)(self._shape(shape, each)) for each in attributes}
        told: dict[str, Any] = {
            name: override(
                struct_hook=placed(f".{name}", _hook(form.read)), unstruct_hook=placed(f".{name}", form.write)
            )
            for name, form in forms.items()
        }
        make = cast("Callable[[object, type], object]", make_dict_structure_fn(shape, self._converter, **told))
        lay_out = cast("Take", make_dict_unstructure_fn(shape, self._converter, **told))

        def write(value: object) -> object:
            # An instance of a subclass would come back as one of its base.
            if type(value) is not shape:
                raise Misfit("", f"is annotated {shape.__name__}, and holds a {type(value).__name__}: name both")
            return lay_out(value)

        def read(value: object) -> object:
            given = members(value)
            for name in forms:
                if name not in given:
                    raise Misfit(member(name), "is missing")
            for name in given:
                if name not in forms:
                    raise Misfit(member(name), f"is no field of {shape.__name__}")
            return made(shape.__name__, lambda: make(given, shape))

        return Form(write, read)

    def _shape(self, shape: type, attribute: "Attribute[object]") -> object:
        # An alias that names itself in quotes is no longer the alias of the hook once it is resolved.
        # What Annotated adds need not be hashable, and no hook is for it.
        raw: object = attribute.type
        hooked = raw is not None and get_origin(raw) is not Annotated and raw in self._hooks
        return raw if hooked else annotation(shape, attribute)


def made(what: str, make: Callable[[], T]) -> T:
    """Make a value of what was read; whatever that raises is a misfit."""
    try:
        return make()
    except (Misfit, RecursionError):
        raise
    except Exception as error:  # noqa: BLE001 - a class or a hook of the application may raise anything
        problem = f"is no {what}: {type(error).__name__}: {error}"
    raise Misfit("", problem)


def _hook(take: Take) -> Callable[[object, object], object]:
    return lambda value, _: take(value)


def _hooked(hook: Hook[Any]) -> Form:
    return Form(lambda value: plain(hook.save(value)), lambda value: made("such value", lambda: hook.restore(value)))


def underlying(shape: object) -> object:
    """Give what a NewType, or an alias made by a `type` statement, stands for; None for any other annotation."""
    if isinstance(shape, type):
        return None
    return getattr(shape, "__supertype__", None) or getattr(shape, "__value__", None)


def annotation(shape: type, attribute: "Attribute[object]") -> object:
    """Give the annotation of a field, resolved where it is written as text; raises `Misfit` where it cannot be."""
    raw: object = attribute.type
    if raw is None:
        raise Misfit(member(attribute.name), "has no annotation, which says what it may hold: give it one")
    if not isinstance(raw, str) and not _unresolved(raw):
        return raw
    try:
        return get_type_hints(shape, include_extras=True)[attribute.name]
    except Exception as error:  # noqa: BLE001 - an annotation is an expression, and may raise anything
        problem = f"is annotated {raw!r}, which cannot be resolved ({error}): name what its module holds"
    raise Misfit(member(attribute.name), problem)


def _unresolved(shape: object) -> bool:
    return isinstance(shape, (str, ForwardRef)) or any(_unresolved(part) for part in get_args(shape))


def _mend(shape: object) -> str:
    name = shape.__name__ if isinstance(shape, type) else str(shape)
    return (
        f"is annotated {name}, which has no form in JSON: annotate it with attrs classes, enums, str, int, float, "
        f"bool, None, tuple, frozenset or unions of them, or pass hooks={{{name}: Hook(save, restore)}}"
    )


def _unchanged(value: object) -> object:
    return value
