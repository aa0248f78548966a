"""The stopwatch: CPU time of one process, jobs interleaved, the minimum of many rounds.

Theory. Noise on a shared machine only ever adds. Every round runs every job once for a slice of time, so that a slow
minute slows them all; each job keeps its fastest slice. Ratios of one run are therefore steady where nanoseconds are
not. The garbage collector stays as it is: what an engine leaves behind is part of its price.
"""

from collections.abc import Callable, Mapping, Sequence
from time import process_time_ns

from attrs import frozen

SLICE_NS = 3_000_000
QUICK_SLICE_NS = 1_000_000


@frozen
class Job:
    """A piece of work to be repeated: `run` does `events` events."""

    run: Callable[[], object]
    events: int


@frozen
class Effort:
    """How many rounds, and how long a job's slice of a round is."""

    rounds: int
    slice_ns: int


FULL = Effort(31, SLICE_NS)
QUICK = Effort(3, QUICK_SLICE_NS)


def spent(run: Callable[[], object], times: int) -> int:
    """Measure the CPU nanoseconds of running something several times."""
    repeat = range(times)
    before = process_time_ns()
    for _ in repeat:
        run()
    return process_time_ns() - before


def measure(jobs: Mapping[str, Job], effort: Effort) -> dict[str, float]:
    """Give the CPU nanoseconds per event of every job: the minimum over the rounds."""
    times: dict[str, int] = {}
    for name, job in jobs.items():
        job.run()
        once = min(spent(job.run, 1) for _ in range(3))
        times[name] = max(1, effort.slice_ns // max(once, 1))
    best = dict.fromkeys(jobs, float("inf"))
    for _ in range(effort.rounds):
        for name, job in jobs.items():
            best[name] = min(best[name], spent(job.run, times[name]) / (times[name] * job.events))
    return best


def play_job(play: Callable[[Sequence[object]], None], script: Sequence[object], copies: int = 1) -> Job:
    """Make the job of playing a prepared script."""
    return Job(lambda: play(script), len(script) * copies)
