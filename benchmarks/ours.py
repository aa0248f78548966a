"""Ours: the only file that knows statekit's calling conventions; what it does not offer yet makes None.

Theory. Each player keeps its snapshot in local names while it plays, as a caller's own loop would. Stimuli are made
beforehand, as a driver has already stamped them. `step` is measured on events that arm nothing and await nothing. The
memo is a matter of the machine: a *forgetful* copy has it switched off, and that copy is what "plain" means.
"""

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec

from attrs import astuple

from benchmarks.workload import Engine, Player, Workload
from statekit import Machine, Stimulus, System, start, step

AnyMachine = Machine[StrEnum, object, object, object]
COPIES = 4

primitive = import_module("statekit.transition")  # the package may export a function of that name
decide = getattr(primitive, "decide", None)
point_of = getattr(primitive, "point_of", None)
Runner = getattr(import_module("statekit.runner"), "Runner", None) if find_spec("statekit.runner") else None


def copy(machine: AnyMachine, name: str = "") -> AnyMachine:
    """Build the same machine again, perhaps under another name: nothing is remembered in it yet."""
    return Machine[StrEnum, object, object, object](
        name or machine.name,
        initial=machine.initial,
        context=machine.context,
        states=machine.states,
        groups=machine.folded.groups,
        table=machine.table,
    )


def forgetful(machine: AnyMachine, name: str = "") -> AnyMachine:
    """Build the same machine with its memo switched off."""
    fresh = copy(machine, name)
    for memo in ("points", "snapshots"):
        if hasattr(fresh.folded, memo):
            getattr(fresh.folded, memo).on = False
    return fresh


class PlainPlayer:
    """The primitive without points: state and context in, state, context and effects out."""

    def __init__(self, machine: AnyMachine):
        self.folded = machine.folded
        self.state, self.context, self.effects = machine.initial, machine.context, ()

    def prepare(self, script):
        return script

    def play(self, script):
        folded, state, context, effects = self.folded, self.state, self.context, self.effects
        answer = decide
        for event in script:
            state, context, effects, _ = answer(folded, state, context, event)
        self.state, self.context, self.effects = state, context, effects

    def seen(self):
        return str(self.state), astuple(self.context), self.effects


class PointPlayer:
    """The primitive on interned points: what was worked out once is remembered."""

    def __init__(self, machine: AnyMachine):
        self.point, self.effects = point_of(machine.folded, machine.initial, machine.context), ()

    def prepare(self, script):
        return script

    def play(self, script):
        point, effects, transition = self.point, self.effects, primitive.transition
        for event in script:
            point, effects, _ = transition(point, event)
        self.point, self.effects = point, effects

    def seen(self):
        return str(self.point.state), astuple(self.point.context), self.effects


class StepPlayer:
    """The full step: snapshot and stimulus in, snapshot, effects, verdict, path, tickets out."""

    def __init__(self, machine: AnyMachine):
        self.machine = machine
        self.done = start(machine)

    def prepare(self, script):
        return [Stimulus(event) for event in script]

    def play(self, script):
        machine, done, answer = self.machine, self.done, step
        snapshot = done.snapshot
        for stimulus in script:
            done = answer(machine, snapshot, stimulus)
            snapshot = done.snapshot
        self.done = done

    def seen(self):
        return str(self.done.snapshot.state), astuple(self.done.snapshot.context), self.done.effects


class RunnerPlayer:
    """The small mutable face: an event in, the verdict out, effects in a list."""

    def __init__(self, machine: AnyMachine):
        self.runner = Runner(machine)

    def prepare(self, script):
        return script

    def play(self, script):
        send = self.runner.send
        self.runner.effects.clear()
        for event in script:
            send(event)

    def seen(self):
        snapshot = self.runner.snapshot
        return str(snapshot.state), astuple(snapshot.context), tuple(self.runner.effects)


class SystemPlayer:
    """A System of four copies of the machine; every event goes to each of them, one transaction at a time."""

    def __init__(self, machine: AnyMachine, build: Callable[[AnyMachine, str], AnyMachine]):
        self.names = tuple(f"{machine.name}_{number}" for number in range(COPIES))
        self.system = System("four", tuple(build(machine, name) for name in self.names))
        self.snapshot = self.system.start().snapshot
        self.effects: list[tuple[object, ...]] = []

    def prepare(self, script):
        return [Stimulus(event) for event in script]

    def play(self, script):
        answer, snapshot, names = self.system.step, self.snapshot, self.names
        done = []
        for stimulus in script:
            done.clear()
            for name in names:
                transaction = answer(snapshot, name, stimulus)
                snapshot = transaction.snapshot
                done.append(transaction)
        self.snapshot = snapshot
        self.effects = [tuple(order.effect for order in transaction.orders) for transaction in done]

    def seen(self):
        members = zip(self.snapshot.members, self.effects, strict=True)
        seen = {(str(member.state), astuple(member.context), effects) for member, effects in members}
        if len(seen) != 1:
            raise AssertionError(f"the members of the system differ: {seen}")
        return seen.pop()


def plain(workload: Workload) -> Player | None:
    return PlainPlayer(forgetful(workload.machine)) if decide else None


def memoised(workload: Workload) -> Player | None:
    return PointPlayer(copy(workload.machine)) if point_of else None


def plain_step(workload: Workload) -> Player:
    return StepPlayer(forgetful(workload.machine))


def memoised_step(workload: Workload) -> Player | None:
    return StepPlayer(copy(workload.machine)) if point_of else None


def plain_runner(workload: Workload) -> Player | None:
    return RunnerPlayer(forgetful(workload.machine)) if Runner else None


def memoised_runner(workload: Workload) -> Player | None:
    return RunnerPlayer(copy(workload.machine)) if Runner else None


def plain_system(workload: Workload) -> Player:
    return SystemPlayer(workload.machine, forgetful)


def memoised_system(workload: Workload) -> Player | None:
    return SystemPlayer(workload.machine, copy) if point_of else None


PLAIN = Engine("transition", plain)
MEMO = Engine("transition, memoised", memoised)
STEP = Engine("step", plain_step)
STEP_MEMO = Engine("step, memoised", memoised_step)
RUNNER = Engine("Runner.send", plain_runner)
RUNNER_MEMO = Engine("Runner.send, memoised", memoised_runner)
SYSTEM = Engine(f"System of {COPIES}", plain_system, copies=COPIES)
SYSTEM_MEMO = Engine(f"System of {COPIES}, memoised", memoised_system, copies=COPIES)

ENGINES = (PLAIN, MEMO, STEP, STEP_MEMO, RUNNER, RUNNER_MEMO, SYSTEM, SYSTEM_MEMO)


def own_instance(machine: AnyMachine, context: Callable[[], object]) -> Callable[[], object]:
    """Make what makes a live instance with a context of its own."""
    alone = forgetful(machine)
    return lambda: start(alone, context()).snapshot


def shared_instance(machine: AnyMachine, script: tuple[object, ...]) -> Callable[[], object] | None:
    """Make what makes a live instance and leads it along a script, its snapshots interned."""
    if not point_of:
        return None
    shared, stimuli = copy(machine), [Stimulus(event) for event in script]

    def make() -> object:
        snapshot = start(shared).snapshot
        for stimulus in stimuli:
            snapshot = step(shared, snapshot, stimulus).snapshot
        return snapshot

    return make


def runner(machine: AnyMachine) -> Callable[[], object] | None:
    """Make what makes a Runner."""
    shared = copy(machine)
    return (lambda: Runner(shared)) if Runner else None
