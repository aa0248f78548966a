"""Stays: states that cannot be reached, that cannot be left for good, and that wait without end."""

from collections.abc import Iterator
from enum import StrEnum

from statekit.cells import leaves
from statekit.check.lint.codes import NO_DEADLINE, TRAP, UNREACHABLE
from statekit.check.lint.ways import ASKED, Ways
from statekit.check.report import Finding
from statekit.machine import Definition
from statekit.states import Kind

AWAITING = frozenset({Kind.BUSY, Kind.WAITING})
"""The kinds of state that are not rested in: they must lead on."""


def in_stays(machine: Definition, ways: Ways) -> Iterator[Finding]:
    """Find what is wrong with the states of a machine."""
    kinds = {declared.state: declared.kind for declared in machine.states}
    resting = _leading_to(ways, {state for state in ways.awaited if kinds[state] not in AWAITING})
    for declared in machine.states:
        state = declared.state
        if state not in ways.awaited:
            yield UNREACHABLE.at(state.name, declared.origin, f"no row leads to state {state.name}")
            continue
        if state not in resting:
            yield TRAP.at(state.name, declared.origin, _trapped(state, ways))
        awaited = _awaited(machine, ways, state)
        if awaited and not declared.waits_for and not _bounded(machine, ways, state):
            sentence = (
                f"state {state.name} {awaited}, and has no deadline: no timer leaves it, and nobody is named who will"
            )
            yield NO_DEADLINE.at(state.name, declared.origin, sentence)


def _trapped(state: StrEnum, ways: Ways) -> str:
    onward = sorted(_from(ways, state) - {state})
    rested = "steady, at rest, failed or ended"
    if not onward:
        return f"state {state.name} is a dead end: no row leaves it, and it is not {rested}"
    names = ", ".join(each.name for each in onward)
    return f"state {state.name} is a trap: it leads to {names} and to nothing that is {rested}"


def _from(ways: Ways, state: StrEnum) -> set[StrEnum]:
    found, waiting = {state}, [state]
    while waiting:
        fresh = ways.moves[waiting.pop()] - found
        found |= fresh
        waiting += fresh
    return found


def _leading_to(ways: Ways, goals: set[StrEnum]) -> set[StrEnum]:
    found = set(goals)
    while fresh := {state for state, targets in ways.moves.items() if state not in found and targets & found}:
        found |= fresh
    return found


def _awaited(machine: Definition, ways: Ways, state: StrEnum) -> str:
    """Say what a state awaits; empty if nothing."""
    asked = [name.__name__ for name, phase in ways.awaited[state] if isinstance(name, type) and phase == ASKED]
    if asked:
        return f"awaits what {' and '.join(sorted(asked))} will answer"
    kind = machine.kind(state)
    return f"is of kind {kind}" if kind in AWAITING else ""


def _bounded(machine: Definition, ways: Ways, state: StrEnum) -> bool:
    """Tell whether a timer that may run in a state leaves it."""
    arrows = (arrow for key in machine.folded.clocks for arrow in machine.arrows(state, key))
    return any(leaf.moved for arrow in arrows if arrow in ways.taken for leaf in leaves(arrow.goal))
