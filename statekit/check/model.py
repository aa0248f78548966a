"""Model: what is explored: a machine or a system, where it starts from, what may happen to it, and what is claimed.

An event class says by a class method what it may hold, so that a new sample stands where the field is declared::

    @frozen
    class Closed:
        code: int

        @classmethod
        def samples(cls) -> "tuple[Closed, ...]":
            return cls(1006), cls(4001), cls(4004)

A class without one is sampled as `cls()`. A field typed `Ordinal` needs no thought: every sample is tried with each of
the ordinals of its kind that the snapshot and the monitors hold, with one newer than all, with one older and with one
between any two. A field typed `Instant` is now.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

from attrs import field, frozen

from statekit.check.properties import Property
from statekit.check.seen import Move, Seen
from statekit.machine import Definition
from statekit.system import System

if TYPE_CHECKING:
    from statekit.codec.forms import Hooks

Subject: TypeAlias = Definition | System

DEFAULT = "default"
"""The thresholds that are explored unless others are named."""


class Environment(Hashable, Protocol):
    """What is outside, as a small frozen value: a server with its queue, a user with two edits left.

    Without one, every sample may arrive at any time. An environment alone delivers the event classes that it `owns`:
    what it `offers` is what may come next, and `noticed` is how it is after a step was made, its orders included;
    claims about steps read it as `Seen.outside`.
    """

    @property
    def owns(self) -> frozenset[type]:
        """The event classes that come from here and from nowhere else."""
        ...

    def offers(self, view: object) -> Iterable[Move]:
        """Give what may come next."""
        ...

    def noticed(self, seen: Seen[object]) -> "Environment":
        """Be as after this step."""
        ...


@frozen
class Thresholds:
    """Where an exploration starts and how far it goes, under a name such as `default` or `deep`.

    `contexts` gives members, by name, a first context of their own: options with bounds that are reached soon. `also`
    has other such contexts to start from, each explored as well: options of which one excludes another. Ages of
    `Instant` fields are told apart up to the largest of `ages_seconds`, which are also the times that may pass before
    an event that carries an instant. `postponed_max` bounds the queue of postponed events that is explored,
    `values_max` how many values one field of a context may take, `states_max` the whole; a bound that is hit is said
    plainly.
    """

    contexts: Mapping[str, object] = field(factory=dict[str, object])
    also: tuple[Mapping[str, object], ...] = field(default=(), kw_only=True)
    ages_seconds: tuple[float, ...] = field(default=(), kw_only=True)
    postponed_max: int = field(default=2, kw_only=True)
    values_max: int = field(default=1_000, kw_only=True)
    states_max: int = field(default=2_000_000, kw_only=True)

    @property
    def starts(self) -> tuple[Mapping[str, object], ...]:
        """The first contexts of each start, in the order in which a `Trace` counts them."""
        return (self.contexts, *self.also)


@frozen
class Overruled:
    """A finding that is meant to be so: its code, the state, row or property that it names, and the reason."""

    code: str
    where: str
    because: str


@frozen(eq=False)
class Model:
    """A machine or a system with all that the checks need to know of it.

    `samples` replaces the class's own samples by what a named function of the snapshot gives, ordinals included.
    `internal` names event classes that come from inside only (of a system, what the wiring makes is internal by
    itself). `environment` is what is outside at the start. `hooks` are those that the codec needs to write events and
    contexts.

    Packages offer models by entry points of the group `statekit.models`.
    """

    subject: Subject
    properties: tuple[Property, ...] = ()
    thresholds: Mapping[str, Thresholds] = field(factory=lambda: {DEFAULT: Thresholds()})
    samples: Mapping[type, Callable[..., Iterable[object]]] = field(
        factory=dict[type, Callable[..., Iterable[object]]], kw_only=True
    )
    internal: tuple[type, ...] = field(default=(), kw_only=True)
    environment: Environment | None = field(default=None, kw_only=True)
    overruled: tuple[Overruled, ...] = field(default=(), kw_only=True)
    hooks: "Hooks | None" = field(default=None, kw_only=True)

    @property
    def name(self) -> str:
        """The subject's name."""
        return self.subject.name
