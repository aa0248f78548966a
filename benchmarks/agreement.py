"""Agreement: before anything is measured, every engine shows that it does what H does.

Over three cycles of a workload's script the state, the data and the effects of every event are compared with those of
the hand-written class. Cycles, because a script must lead back to where it began: only then may it be repeated.
"""

from benchmarks.engines.by_hand import by_hand
from benchmarks.workload import Engine, Observation, Player, Workload, lines, resolve

CYCLES = 3


class Disagreement(Exception):
    """An engine did something else than H."""

    def __init__(self, engine: str, workload: str, at: int, event: object, seen: Observation, wanted: Observation):
        self.engine, self.workload, self.at = engine, workload, at
        super().__init__(f"{engine} on {workload}, event {at} ({event}): {seen}, but H says {wanted}")


def observe(player: Player, workload: Workload) -> list[Observation]:
    """Play a script event by event and note what is seen after each."""
    script, seen = player.prepare(workload.script), []
    for _ in range(CYCLES):
        for at in range(len(script)):
            player.play(script[at : at + 1])
            seen.append(player.seen())
    return seen


def check_script(workload: Workload) -> None:
    """Refuse a script that misses a row of its table or does not lead back to where it began."""
    if missed := set(lines(workload)) - set(resolve(workload)):
        raise AssertionError(f"the script of {workload.name} misses {missed}")
    end = observe(by_hand(workload), workload)[len(workload.script) - 1]
    if end[:2] != (str(workload.machine.initial), workload.data().values()):
        raise AssertionError(f"the script of {workload.name} does not lead back to its first snapshot")


def check(engine: Engine, player: Player, workload: Workload) -> None:
    """Raise `Disagreement` at the first event on which a fresh player and H differ; the player ends where it began."""
    wanted = observe(by_hand(workload), workload)
    for at, (mine, theirs) in enumerate(zip(observe(player, workload), wanted, strict=True)):
        if mine != theirs:
            raise Disagreement(engine.name, workload.name, at, workload.script[at % len(workload.script)], mine, theirs)
