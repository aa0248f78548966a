"""Options: how a lifecycle's options are checked when they are given, and read as delays when its table needs them.

    dial_seconds: float = field(default=10.0, validator=seconds(above=0))
    attempts_max: int = field(default=10, validator=whole(at_least=0))
    ...
    dial_seconds = option(Options, "dial_seconds")      # row(DIALING, after(dial_seconds), RETRY)

Options that do not stand in their lifecycle's own file say whose they are: `lifecycle: ClassVar = "connection"`.

What is given counts, 0 and False included; what could only stop progress is refused when the options are made, not met
at three in the morning. Every refusal is a ValueError that names the lifecycle, the field, the range and the value.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar, cast

from attrs import fields_dict, frozen

O = TypeVar("O")  # noqa: E741 - the options of one lifecycle, as S, C and E are its states, context and events
O_co = TypeVar("O_co", covariant=True)
T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Named(Protocol):
    """What a validator needs of an attrs attribute."""

    @property
    def name(self) -> str:
        """How the field is called."""
        ...


class Accepts(Protocol[T_contra]):
    """A validator that can be asked, too."""

    def __contains__(self, value: object) -> bool:
        """Tell whether a value would be accepted."""
        ...

    def __call__(self, options: object, attribute: Named, value: T_contra) -> None:
        """Refuse a value, as attrs calls a validator."""
        ...


@frozen
class Range:
    """A validator: a number from `low` to `high`; `open_low` leaves `low` itself out.

    Infinity and NaN are no numbers here, since no timer could be set to them; nor is a truth value.
    """

    low: float
    high: float = float("inf")
    open_low: bool = False
    whole: bool = False
    unit: str = ""

    def __str__(self) -> str:
        """Read as the end of a refusal: `a finite number of seconds above 0`."""
        number = "a whole number" if self.whole else "a finite number"
        return f"{number}{self.unit} {'' if self.open_low else 'of '}{self.bounds}"

    @property
    def bounds(self) -> str:
        """The range alone, for a column of ranges: `above 0`."""
        low = f"{'above' if self.open_low else 'at least'} {self.low:g}"
        return low if self.high == float("inf") else f"{low} and at most {self.high:g}"

    def __contains__(self, value: object) -> bool:
        """Tell whether a value would be accepted."""
        kinds = int if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            return False
        return (
            (self.low < value if self.open_low else self.low <= value) and value <= self.high and value != float("inf")
        )

    def __call__(self, options: object, attribute: Named, value: float) -> None:
        """Refuse a value outside the range, as attrs calls a validator."""
        if value not in self:
            raise ValueError(f"{_lifecycle(options)}: {attribute.name} must be {self}, not {value!r}")


@frozen
class Choice:
    """A validator: one of `words`, or True or False and nothing that merely counts as such."""

    words: tuple[str | bool, ...]

    @property
    def bounds(self) -> str:
        """What there is to choose from: `'suspend' or 'fail'`."""
        return " or ".join(map(repr, self.words))

    def __contains__(self, value: object) -> bool:
        """Tell whether a value would be accepted."""
        return any(type(value) is type(word) and value == word for word in self.words)

    def __call__(self, options: object, attribute: Named, value: object) -> None:
        """Refuse anything else, as attrs calls a validator."""
        if value not in self:
            raise ValueError(f"{_lifecycle(options)}: {attribute.name} must be {self.bounds}, not {value!r}")


@frozen
class OfKind(Generic[T]):
    """A validator: a value of `kind`, such as the options of a lifecycle, or a table of policies."""

    kind: type[T]

    def __str__(self) -> str:
        """Read as the end of a refusal: `connection.Options`, `ClosePolicies`."""
        owner = f"{_lifecycle(self.kind)}." if self.kind.__name__ == "Options" else ""
        return f"{owner}{self.kind.__name__}"

    def __contains__(self, value: object) -> bool:
        """Tell whether a value would be accepted."""
        return isinstance(value, self.kind)

    def __call__(self, options: object, attribute: Named, value: T) -> None:
        """Refuse anything else, as attrs calls a validator."""
        if value not in self:
            raise ValueError(f"{_lifecycle(options)}: {attribute.name} must be {self}, not {value!r}")


@frozen
class OrNone(Generic[T]):
    """A validator: what another accepts, or None."""

    validator: Accepts[T]

    def __call__(self, options: object, attribute: Named, value: T | None) -> None:
        """Refuse anything else, as attrs calls a validator."""
        if value is not None and value not in self.validator:
            raise ValueError(
                f"{_lifecycle(options)}: {attribute.name} must be {self.validator}, or None, not {value!r}"
            )


def seconds(*, above: float | None = None, at_least: float = 0.0) -> Range:
    """Make the validator of a time in seconds, which never is negative."""
    return Range(at_least if above is None else above, open_low=above is not None, unit=" of seconds")


def number(*, above: float | None = None, at_least: float = 0.0, at_most: float = float("inf")) -> Range:
    """Make the validator of a share or a factor."""
    return Range(at_least if above is None else above, at_most, open_low=above is not None)


def whole(*, at_least: int) -> Range:
    """Make the validator of a count."""
    return Range(at_least, whole=True)


def one_of(*words: str | bool) -> Choice:
    """Make the validator of a choice between words, or of `True, False`."""
    return Choice(words)


def of_kind(kind: type[T]) -> OfKind[T]:
    """Make the validator of options within options, and of policy tables."""
    return OfKind(kind)


def or_none(validator: Accepts[T]) -> OrNone[T]:
    """Make the validator of what may be left out."""
    return OrNone(validator)


def refuse_less(options: object, name: str, least: str) -> None:
    """Raise ValueError if the option `name` is less than the option `least`; for `__attrs_post_init__`."""
    value, low = getattr(options, name), getattr(options, least)
    if value < low:
        raise ValueError(f"{_lifecycle(options)}: {name} must be at least {least}, which is {low!r}, not {value!r}")


def _lifecycle(options: object) -> str:
    """Name the lifecycle as the application knows it: by `lifecycle`, or by the module that the options stand in."""
    kind = options if isinstance(options, type) else type(options)
    return str(getattr(kind, "lifecycle", kind.__module__.rpartition(".")[2]))


class Configured(Protocol[O_co]):
    """A context: whatever holds the options of its lifecycle."""

    @property
    def options(self) -> O_co:
        """The options, as the application has set them."""
        ...


def option(options: type[O], name: str) -> Callable[[Configured[O]], float]:
    """Make the delay that an option is, under the option's own name, for tables and pictures to show.

    Raises KeyError, when the table is written, if there is no such option.
    """
    field = fields_dict(cast("type", options))[name]

    def delay(context: Configured[O]) -> float:
        return cast("float", getattr(context.options, field.name))

    delay.__name__ = delay.__qualname__ = name
    return delay
