"""Witnesses: that every state of a lifecycle is reached, so that nothing is claimed of a place where nobody comes."""

from collections.abc import Callable
from enum import StrEnum

from statekit import Snapshot
from statekit.check.properties import Property, witness


def each_state(states: type[StrEnum]) -> tuple[Property, ...]:
    """Claim of each state that it is reached, under the state's own name."""
    return tuple(witness(state.name, _reached(state)) for state in states)


def _reached(state: StrEnum) -> Callable[[Snapshot[StrEnum, object]], bool]:
    def reached(seen: Snapshot[StrEnum, object]) -> bool:
        return seen.state is state

    reached.__doc__ = f"The state {state.name} is reached."
    reached.__name__ = reached.__qualname__ = f"{state}_is_reached"
    return reached
