"""Numbers: every option of every lifecycle, its default and its range, beside the seed's number."""

from collections.abc import Iterator
from typing import cast, get_args

from attrs import AttrsInstance, fields, frozen, has

from machines.options import Choice, Range
from machines.policy.close_codes import ClosePolicies
from machines.policy.error_codes import ErrorPolicies
from machines.printed import seed
from machines.session import Options
from statekit.draw.tables import Table


@frozen
class Setting:
    """One option: its path in the session's options, what it is set to, and what it may be set to."""

    path: str
    value: object
    bounds: str

    @property
    def shown(self) -> str:
        """The value, as an application would write it."""
        return f"{self.value:g}" if isinstance(self.value, float) else str(self.value)


def numbers(options: Options) -> Table:
    """List every option that is a number or a choice."""
    rows = tuple(
        (f"`{each.path}`", each.shown, each.bounds, *seed.NUMBERS.get(each.path, ("—", "")))
        for each in settings(options)
    )
    text = (
        "Every number and every choice of `session.Options`, as it is set, beside the guide's own. Times are in "
        "seconds, and their names end so. What may not be is refused when the options are made."
    )
    return Table("Numbers", text, ("Option", "Set to", "May be", "The guide", "Where"), rows)


def settings(options: object, path: str = "") -> Iterator[Setting]:
    """Walk through options and the options within them; those that are optional and not set come as they would be."""
    for each in fields(cast("type[AttrsInstance]", type(options))):
        value, name, checked = getattr(options, each.name), f"{path}{each.name}", each.validator
        if isinstance(checked, Range | Choice):
            yield Setting(name, value, _bounds(checked))
        optional = [kind for kind in get_args(each.type) if has(kind)] if value is None else []
        if optional:
            yield Setting(name, "not set", "not set, or as follows")
        inner: object = optional[0]() if optional else value
        if has(type(inner)) and not isinstance(inner, ErrorPolicies | ClosePolicies):  # which have tables of their own
            yield from settings(inner, f"{name}.")


def _bounds(checked: Range | Choice) -> str:
    whole = isinstance(checked, Range) and checked.whole
    return f"whole, {checked.bounds}" if whole else checked.bounds
