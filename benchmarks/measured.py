"""Measured: everything one run found out, and the run itself."""

from collections.abc import Callable, Mapping

from attrs import frozen

from benchmarks import ours, peers
from benchmarks.agreement import check, check_script
from benchmarks.defining import define
from benchmarks.engines.by_hand import nothing
from benchmarks.growth import grow
from benchmarks.importing import dragged_in, import_times
from benchmarks.memory import creation, live_bytes
from benchmarks.nesting import nest
from benchmarks.stopwatch import FULL, QUICK, Effort, measure, play_job
from benchmarks.workload import Engine, Workload
from benchmarks.workloads.breaker import BREAKER
from benchmarks.workloads.connection import CONNECTION
from benchmarks.workloads.toggle import TOGGLE

WORKLOADS = (TOGGLE, CONNECTION, BREAKER)
ENGINES = (*peers.BY_HAND, *ours.ENGINES, *peers.PEERS)
LOOP = "loop"
IMPORT_ROUNDS = 21


@frozen
class Measured:
    """One run.

    `events` is workload → engine (or `LOOP`) → nanoseconds an event; what an engine cannot do yet is not in it.
    `definition` and `imports` are milliseconds, `live` bytes; the rest are ratios.
    """

    events: Mapping[str, Mapping[str, float]]
    growth: Mapping[tuple[str, str], tuple[float, ...] | None]
    nesting: Mapping[str, float | None]
    definition: Mapping[str, float]
    imports: Mapping[str, float]
    dragged_in: tuple[str, ...]
    live: Mapping[str, float]
    creation: Mapping[str, float]

    def ratio(self, engine: Engine, base: Engine, workload: Workload = CONNECTION) -> float | None:
        """Give an engine's cost as a multiple of another's."""
        spent = self.events[workload.name]
        return spent[engine.name] / spent[base.name] if engine.name in spent else None


def events(workload: Workload, effort: Effort) -> dict[str, float]:
    """Check every engine on a workload against H, then measure those that can do it, and the empty loop."""
    check_script(workload)
    empty = nothing(workload)
    jobs = {LOOP: play_job(empty.play, empty.prepare(workload.script))}
    for engine in ENGINES:
        player = engine.make(workload)
        if player is not None:
            check(engine, player, workload)
            jobs[engine.name] = play_job(player.play, player.prepare(workload.script), engine.copies)
    return measure(jobs, effort)


def run(*, quick: bool, say: Callable[[str], None]) -> Measured:
    """Measure everything; `say` hears what is being measured."""
    effort = QUICK if quick else FULL
    found: dict[str, dict[str, float]] = {}
    for workload in WORKLOADS:
        say(workload.name)
        found[workload.name] = events(workload, effort)
    say("growth and nesting")
    growth, nesting = grow(effort), nest(effort)
    say("definition, import, memory")
    return Measured(
        found,
        growth,
        nesting,
        define(effort),
        import_times(3 if quick else IMPORT_ROUNDS),
        dragged_in(),
        live_bytes(),
        creation(effort),
    )
