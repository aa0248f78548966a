"""Growth: what an event costs in a table of 10, 100 and 1,000 rows.

Two shapes: a *ring* spreads the rows over as many states, a *hub* has them all in one. The script visits every row.
"""

from collections.abc import Callable
from enum import StrEnum

from attrs import frozen

from benchmarks import ours
from benchmarks.engines.by_hand import HandPlayer
from benchmarks.stopwatch import Effort, Job, measure, play_job
from benchmarks.workload import Engine, Player, Workload
from benchmarks.workloads.toggle import Data
from statekit import Kind, Machine, Rows

SIZES = (10, 100, 1000)
EVENTS = 1000
ENGINES = (ours.PLAIN, ours.MEMO, ours.STEP, ours.STEP_MEMO, ours.RUNNER_MEMO)
GENERATED = "if/elif class, generated"


@frozen
class Context:
    """Nothing to remember."""


@frozen
class Tick:
    """The ring's only event."""


@frozen
class Note:
    """The only effect."""


NOTE = Note()


def _machine(name: str, states: type[StrEnum], table) -> Machine:
    verbs = Rows[StrEnum, Context, Note]()
    declared = tuple(verbs.state(each, Kind.STEADY, "one of many") for each in states)
    return Machine[StrEnum, object, Context, Note](
        name, initial=next(iter(states)), context=Context(), states=declared, table=table
    )


def ring(size: int) -> Workload:
    """Make a table of `size` states with a row each."""
    states = StrEnum("Ring", [f"S{number}" for number in range(size)])
    order = list(states)
    verbs = Rows[StrEnum, Context, Note]()
    table = tuple(verbs.row(each, Tick, order[(at + 1) % size], NOTE) for at, each in enumerate(order))
    return Workload(f"ring of {size}", _machine("ring", states, table), (Tick(),) * EVENTS, Data)


def hub(size: int) -> Workload:
    """Make a table of one state with `size` rows, an event class each."""
    states = StrEnum("Hub", ["HUB"])
    (centre,) = states
    classes = [type(f"Event{number}", (), {"__slots__": ()}) for number in range(size)]
    verbs = Rows[StrEnum, Context, Note]()
    table = tuple(verbs.stay(centre, each, NOTE) for each in classes)
    script = tuple(classes[at % size]() for at in range(EVENTS))
    return Workload(f"hub of {size}", _machine("hub", states, table), script, Data)


def generated(workload: Workload) -> Player:
    """Write the mutating if/elif class of a table out (the text is all ours), and run it as H is run."""
    source = ["class Written:", "    def __init__(self): self.state, self.effects = initial, []"]
    source += ["    def values(self): return ()", "    def send(self, event):"]
    source += ["        state, cls = self.state, type(event)"]
    names: dict[str, object] = {"initial": workload.machine.initial, "note": NOTE}
    by_state: dict[object, list] = {}
    for row in workload.machine.table:
        by_state.setdefault(row.source, []).append(row)
    for at, (state, rows) in enumerate(by_state.items()):
        names[f"state_{at}"] = state
        source.append(f"        {'el' if at else ''}if state is state_{at}:")
        for number, row in enumerate(rows):
            names[f"event_{at}_{number}"], names[f"target_{at}_{number}"] = row.trigger, row.target or state
            source.append(f"            {'el' if number else ''}if cls is event_{at}_{number}:")
            source.append(f"                self.state = target_{at}_{number}")
            source.append("                self.effects.append(note)")
    exec("\n".join(source), names)
    player = HandPlayer.__new__(HandPlayer)
    player.machine = names["Written"]()
    return player


def checked(engine: Engine, workload: Workload) -> Job | None:
    """Make the job of an engine on a table, having seen where its script leads."""
    player = engine.make(workload)
    if player is None:
        return None
    script = player.prepare(workload.script)
    player.play(script)
    state, _, effects = player.seen()
    if state != str(workload.machine.initial) or effects[-1] != NOTE:
        raise AssertionError(f"{engine.name} ended in {state} with {effects} on the {workload.name}")
    return play_job(player.play, script)


def grow(effort: Effort) -> dict[tuple[str, str], tuple[float, ...] | None]:
    """Give the cost at each size as a multiple of the cost at the smallest, by engine and shape."""
    shapes: dict[str, Callable[[int], Workload]] = {"ring": ring, "hub": hub}
    figures: dict[tuple[str, str], tuple[float, ...] | None] = {}
    for shape, make in shapes.items():
        workloads = [make(size) for size in SIZES]
        jobs: dict[str, Job] = {}
        for engine in (*ENGINES, Engine(GENERATED, generated)):
            made = [checked(engine, workload) for workload in workloads]
            jobs |= {f"{engine.name} {size}": job for size, job in zip(SIZES, made, strict=True) if job}
            figures[engine.name, shape] = ()
        spent = measure(jobs, effort)
        for name in (*(engine.name for engine in ENGINES), GENERATED):
            each = tuple(spent[f"{name} {size}"] for size in SIZES) if f"{name} {SIZES[0]}" in spent else None
            figures[name, shape] = tuple(cost / each[0] for cost in each) if each else None
    return figures
