"""Snapshots of a system: those of its members side by side, and the derived facts as they were last told."""

from collections.abc import Mapping
from typing import TypeAlias, cast, get_type_hints

from attrs import frozen

from statekit.codec.digest import table_digest
from statekit.codec.envelope import Migration, current, opened, sealed
from statekit.codec.errors import restoring, saving
from statekit.codec.form import Form
from statekit.codec.forms import Forms, Hooks
from statekit.codec.layout import Layout, Revived, checked
from statekit.codec.policy import Due, Losses, Policy, check_elapsed, losses_of, timers, told
from statekit.codec.scalars import several
from statekit.codec.strict import Misfit, member, members, placed
from statekit.machine import Definition
from statekit.snapshot import Stimulus
from statekit.system import System
from statekit.transaction import SystemSnapshot
from statekit.wiring import Derived

Remaining: TypeAlias = Mapping[tuple[str, int], float]
"""By member and ticket number: how long its timer still has, in seconds."""


@frozen
class RestoredSystem:
    """A system as it was saved: see `Restored`. Timers and losses come with their member's name."""

    snapshot: SystemSnapshot
    timers: tuple[tuple[str, Due], ...]
    lost: tuple[tuple[str, Stimulus[object]], ...]
    table_changed: bool = False


class SystemLayout:
    """How snapshots of one system are written and read; every method raises `Misfit`."""

    def __init__(self, system: System, hooks: Hooks | Forms | None) -> None:
        """Make the layouts of the members, and the forms of the facts."""
        self.system = system
        self.members: dict[str, Layout] = {}
        forms = Forms.given(hooks)
        for each in system.members:
            self.members[each.name] = placed(f".members.{each.name}", checked)(each, forms)
        found = [placed(f".facts[{index}]", _fact)(each, forms) for index, each in enumerate(system.derived)]
        self.facts: Form = several(found)

    def write(self, snapshot: SystemSnapshot, remaining: Remaining) -> dict[str, object]:
        """Lay out a snapshot."""
        if snapshot.names != self.system.names:
            raise Misfit(".members", f"must be {', '.join(self.system.names)}")
        bodies: dict[str, object] = {}
        for name, each in zip(snapshot.names, snapshot.members, strict=True):
            seconds = {number: left for (whose, number), left in remaining.items() if whose == name}
            bodies[name] = placed(f".members.{name}", self.members[name].write)(each, seconds)
        return {"members": bodies, "facts": placed(".facts", self.facts.write)(snapshot.facts)}

    def read(self, body: dict[str, object]) -> tuple[dict[str, Revived], tuple[object, ...]]:
        """Read a snapshot: its members by name, and its facts."""
        _exactly(body, ("members", "facts"))
        bodies = placed(".members", members)(body["members"])
        placed(".members", _exactly)(bodies, self.system.names)
        found = {name: placed(f".members.{name}", each.read)(bodies[name]) for name, each in self.members.items()}
        return found, cast("tuple[object, ...]", placed(".facts", self.facts.read)(body["facts"]))


def save_system(
    system: System,
    snapshot: SystemSnapshot,
    remaining_seconds: Remaining | None,
    *,
    version: int = 1,
    hooks: Hooks | Forms | None = None,
) -> dict[str, object]:
    """Give a system's snapshot as plain JSON; see `save`. Raises `NotSavable`."""
    with saving(system.name):
        body = SystemLayout(system, hooks).write(snapshot, remaining_seconds or {})
        return sealed("system", system.name, version, table_digest(system), body)


def restore_system(
    system: System,
    saved: object,
    *,
    elapsed_seconds: float,
    policy: Policy,
    version: int = 1,
    migrations: Mapping[int, Migration] | None = None,
    hooks: Hooks | Forms | None = None,
    lost: Losses | None = None,
) -> RestoredSystem:
    """Read what `save_system` gave; see `restore`, whose errors it raises."""
    with saving(system.name):
        layout = SystemLayout(system, hooks)
    losses = {each.name: losses_of(each, lost or {}) for each in system.members}
    check_elapsed(elapsed_seconds)
    with restoring(system.name):
        body, digest = opened(current(saved, version, migrations or {}), "system", system.name)
        found, facts = layout.read(body)
        due: list[tuple[str, Due]] = []
        stimuli: list[tuple[str, Stimulus[object]]] = []
        for each in system.members:
            at, revived = f".members.{each.name}", found[each.name]
            due += ((each.name, timer) for timer in placed(at, timers)(each, revived, elapsed_seconds, policy))
            stimuli += ((each.name, loss) for loss in placed(at, told)(each, revived.snapshot, losses[each.name]))
        snapshots = tuple(found[name].snapshot for name in system.names)
        snapshot = SystemSnapshot(system.names, snapshots, facts)
        return RestoredSystem(snapshot, tuple(due), tuple(stimuli), digest != table_digest(system))


def check_savable(whole: Definition | System, *, hooks: Hooks | Forms | None = None) -> None:
    """Raise `NotSavable` if a context, a postponed event or a derived fact has no form in JSON; for a test, or a start.

    It names the field, and how to mend it; `save` and `restore` ask the same before they begin.
    """
    with saving(whole.name):
        if isinstance(whole, System):
            SystemLayout(whole, hooks)
        else:
            checked(whole, hooks)


def _fact(derived: Derived, forms: Forms) -> Form:
    try:
        shape = get_type_hints(derived.fact)["return"]
    except Exception as error:  # noqa: BLE001 - an annotation is an expression, and may raise anything
        problem = f"is what {derived.fact.__name__} gives, which its annotations do not say ({error!r}): annotate it"
    else:
        return forms.of(shape)
    raise Misfit("", problem)


def _exactly(given: Mapping[str, object], names: tuple[str, ...]) -> None:
    for name in names:
        if name not in given:
            raise Misfit(member(name), "is missing")
    for name in given:
        if name not in names:
            raise Misfit(member(name), f"must be one of {', '.join(names)}")
