"""A form: how the values of one annotation are written as JSON and read back."""

from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

Take: TypeAlias = Callable[[object], object]


@frozen(eq=False)
class Form:
    """How values are written and read; both raise `Misfit` for what does not fit."""

    write: Take
    read: Take
