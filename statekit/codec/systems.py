"""Snapshots of a system: those of its members side by side, and the derived facts as they were last told.

The instances of keyed members stand among the members, each under its address; what the next of each begins with stands
under `seeds`.
"""

from collections.abc import Mapping
from typing import TypeAlias, cast, get_type_hints

from attrs import frozen

from statekit.codec.digest import table_digest
from statekit.codec.envelope import Migration, current, opened, sealed
from statekit.codec.errors import restoring, saving
from statekit.codec.form import Form
from statekit.codec.forms import Forms, Hooks, Raw
from statekit.codec.layout import Layout, Revived, checked
from statekit.codec.policy import Due, Policy, check_elapsed, timers, told
from statekit.codec.scalars import several
from statekit.codec.strict import Misfit, member, members, placed
from statekit.keyed import Seed, key_of, member_of, spelling
from statekit.machine import Definition
from statekit.snapshot import Stimulus
from statekit.states import Kind
from statekit.system import System
from statekit.transaction import SystemSnapshot
from statekit.wiring import Derived

Remaining: TypeAlias = Mapping[tuple[str, int], float]
"""By member (or an instance's address) and ticket number: how long its timer still has, in seconds."""


@frozen
class RestoredSystem:
    """A system as it was saved: see `Restored`. Timers and losses come with their member's name or address."""

    snapshot: SystemSnapshot
    timers: tuple[tuple[str, Due], ...]
    lost: tuple[tuple[str, Stimulus[object]], ...]
    table_changed: bool = False


@frozen
class SeedRecord:
    """What the next instance of a keyed member begins with."""

    context: Raw
    issued: int


@frozen
class Whole:
    """What was read of a system: its members by name and address in their order, its facts, its seeds."""

    members: Mapping[str, Revived]
    facts: tuple[object, ...]
    seeds: tuple[Seed, ...]


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
        self.seed: Form = forms.of(SeedRecord)

    def write(self, snapshot: SystemSnapshot, remaining: Remaining) -> dict[str, object]:
        """Lay out a snapshot."""
        single, keyed = self.system.plan.names, tuple(self.system.plan.keyed)
        instances = snapshot.names[len(single) :]
        if snapshot.names[: len(single)] != single or not all(map(self._is_instance, instances)):
            raise Misfit(".members", f"must be {', '.join(self.system.names)}")
        if tuple(seed.member for seed in snapshot.seeds) != keyed:
            raise Misfit(".seeds", f"must be those of {', '.join(keyed) or 'nobody: no member is keyed'}")
        bodies: dict[str, object] = {}
        for name, each in zip(snapshot.names, snapshot.members, strict=True):
            seconds = {number: left for (whose, number), left in remaining.items() if whose == name}
            bodies[name] = placed(f".members{member(name)}", self._layout(name).write)(each, seconds)
        written: dict[str, object] = {"members": bodies, "facts": placed(".facts", self.facts.write)(snapshot.facts)}
        if keyed:
            written["seeds"] = {
                seed.member: placed(f".seeds.{seed.member}", self._seed)(seed) for seed in snapshot.seeds
            }
        return written

    def read(self, body: dict[str, object]) -> Whole:
        """Read a snapshot."""
        single, keyed = self.system.plan.names, tuple(self.system.plan.keyed)
        _exactly(body, ("members", "facts", *(("seeds",) if keyed else ())))
        bodies = placed(".members", members)(body["members"])
        instances = sorted(filter(self._is_instance, bodies), key=self.system.plan.order)
        placed(".members", _exactly)(bodies, (*single, *instances))
        found = {
            name: placed(f".members{member(name)}", self._read)(name, bodies[name]) for name in (*single, *instances)
        }
        seeds = placed(".seeds", members)(body["seeds"]) if keyed else {}
        placed(".seeds", _exactly)(seeds, keyed)
        return Whole(
            found,
            cast("tuple[object, ...]", placed(".facts", self.facts.read)(body["facts"])),
            tuple(placed(f".seeds.{name}", self._sown)(name, seeds[name]) for name in keyed),
        )

    def _layout(self, name: str) -> Layout:
        return self.members[member_of(name)]

    def _is_instance(self, name: str) -> bool:
        """Tell whether it is the address of an instance, as `address` writes it."""
        return key_of(name) is not None and member_of(name) in self.system.plan.keyed and spelling(name) == name

    def _read(self, name: str, body: object) -> Revived:
        revived, definition = self._layout(name).read(body), self.system.plan.definition(name)
        if definition.kind(revived.snapshot.state) is Kind.ENDED and definition.name in self.system.plan.keyed:
            raise Misfit(".state", "must be none that has ended: such an instance is removed")
        return revived

    def _seed(self, seed: Seed) -> object:
        context = placed(".context", self.members[seed.member].context.write)(seed.context)
        return self.seed.write(SeedRecord(Raw(context), seed.issued))

    def _sown(self, name: str, body: object) -> Seed:
        found = cast("SeedRecord", self.seed.read(body))
        if found.issued < 0:
            raise Misfit(".issued", "must be 0 or more")
        return Seed(name, placed(".context", self.members[name].context.read)(found.context), found.issued)


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
) -> RestoredSystem:
    """Read what `save_system` gave; see `restore`, whose errors it raises."""
    with saving(system.name):
        layout = SystemLayout(system, hooks)
    check_elapsed(elapsed_seconds)
    with restoring(system.name):
        body, digest = opened(current(saved, version, migrations or {}), "system", system.name)
        found = layout.read(body)
        due: list[tuple[str, Due]] = []
        stimuli: list[tuple[str, Stimulus[object]]] = []
        for name, revived in found.members.items():
            definition, at = system.plan.definition(name), f".members{member(name)}"
            due += ((name, timer) for timer in placed(at, timers)(definition, revived, elapsed_seconds, policy))
            stimuli += ((name, loss) for loss in placed(at, told)(definition, revived.snapshot))
        snapshots = tuple(revived.snapshot for revived in found.members.values())
        snapshot = SystemSnapshot(tuple(found.members), snapshots, found.facts, found.seeds)
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
