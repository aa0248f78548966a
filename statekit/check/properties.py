'''Properties: what is claimed of a machine or a system, as named pure functions; the checks show or refute them.

A property's claim is the first sentence of its function's docstring, so that what a person reads and what is checked
stand together. Functions read a `Snapshot` (of one machine), or a `SystemSnapshot` (a `View`, of a system)::

    def probes_are_bounded(breaker: Snapshot[State, Context]) -> bool:
        """No more probes are out than there are."""
        return breaker.context.probes >= 0


    PROPERTIES = (invariant("B1", probes_are_bounded), witness("B4", half_open_is_reached))

What a property needs of a single step (`on_step`) or of a whole history (`sequence`) it reads from `Seen`.
'''

from collections.abc import Callable, Hashable
from enum import StrEnum
from typing import TypeVar, cast

from attrs import field, frozen

from statekit.check.seen import Seen

V = TypeVar("V")
M = TypeVar("M", bound=Hashable)


class Sort(StrEnum):
    """What sort of claim a property makes, and so how it is shown or refuted."""

    INVARIANT = "invariant"
    """Holds in every snapshot that can be reached."""
    STEP = "step"
    """Holds of every step that can be made."""
    SEQUENCE = "sequence"
    """Holds of every history, as a monitor that observes and cannot act remembers it."""
    WITNESS = "witness"
    """Is reached at least once: else what is claimed of it is claimed of nothing."""
    LEADS_TO = "leads to"
    """Whenever the one holds the other holds then or later, however long the world is unkind but fair."""
    HOT = "hot"
    """Is never rested in for ever."""
    SETTLED = "settled"
    """Is reached from everywhere; the longest of the shortest ways there is a figure of the report."""


@frozen
class Property:
    """One claim; made by the functions of this module. `code` names it in reports: `B1`, `C12`."""

    code: str
    sort: Sort
    claim: str
    holds: Callable[..., bool]
    goal: Callable[..., bool] | None = field(default=None, kw_only=True)
    initially: Hashable = field(default=None, kw_only=True)
    observe: Callable[..., Hashable] | None = field(default=None, kw_only=True)


def invariant(code: str, holds: Callable[[V], bool]) -> Property:
    """Claim that `holds` is true of every snapshot that can be reached."""
    return Property(code, Sort.INVARIANT, claim_of(holds), holds)


def on_step(code: str, holds: Callable[[Seen[V]], bool]) -> Property:
    """Claim that `holds` is true of every step that can be made, whatever its verdict."""
    return Property(code, Sort.STEP, claim_of(holds), holds)


def sequence(code: str, initially: M, observe: Callable[[M, Seen[V]], M], holds: Callable[[M], bool]) -> Property:
    """Claim that a monitor is content with every history: `holds` is true of all that `observe` comes to.

    `observe` folds what was seen into a small hashable value, beginning with `initially`; it must stay finite, as it is
    explored with the machine.
    """
    return Property(code, Sort.SEQUENCE, claim_of(holds), holds, initially=initially, observe=observe)


def witness(code: str, holds: Callable[[V], bool]) -> Property:
    """Claim that a snapshot of which `holds` is true can be reached."""
    return Property(code, Sort.WITNESS, claim_of(holds), holds)


def leads_to(code: str, holds: Callable[[V], bool], goal: Callable[[V], bool]) -> Property:
    """Claim that after every snapshot of which `holds` is true one of which `goal` is true comes, then or later.

    Fair is a world in which what is awaited comes in the end: of the timers and answers that stay live for ever, each
    is delivered. Events that nobody has to send are never relied on.
    """
    return Property(code, Sort.LEADS_TO, claim_of(holds), holds, goal=goal)


def hot(code: str, holds: Callable[[V], bool]) -> Property:
    """Claim that `holds` does not stay true for ever, in a fair world; see `leads_to`."""
    return Property(code, Sort.HOT, claim_of(holds), holds)


def settled(code: str, holds: Callable[[V], bool]) -> Property:
    """Claim that from everywhere a snapshot of which `holds` is true can be reached by timers and answers alone.

    What an environment offers is an answer too: it knows what it was asked.

    The report says how many stimuli the longest of the shortest ways takes.
    """
    return Property(code, Sort.SETTLED, claim_of(holds), holds)


def claim_of(function: Callable[..., object]) -> str:
    """Give a function's claim, the first sentence of its docstring; raises ValueError if it has none."""
    doc = (function.__doc__ or "").strip().split("\n\n")[0]
    claim = " ".join(doc.split())
    if not claim:
        name = cast("str", getattr(function, "__name__", repr(function)))
        raise ValueError(f"{name} claims nothing: write what it claims as its docstring")
    return claim
