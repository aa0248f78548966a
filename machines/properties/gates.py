"""Gates: what is claimed of a connection when gates shut and open, and of the wakes that cut its waits short."""

from typing import TypeAlias

from machines.connection import (
    ACQUIRING,
    AUTHORIZING,
    LINK,
    PARKED,
    SEEKING,
    WAITING,
    WANTED,
    Context,
    ReconnectNow,
    State,
)
from machines.gates import GatesMoved, ending
from machines.link import PermitAvailable
from machines.properties.losses import turn_of
from machines.properties.steps import fired, runs
from statekit import Snapshot
from statekit.check.properties import Property, invariant, on_step
from statekit.check.seen import Seen
from statekit.timers import ClockJumped

Connection: TypeAlias = Snapshot[State, Context]
Step: TypeAlias = Seen[Connection]


def gates_are_known(seen: Step) -> bool:
    """Which gates are shut is what was told last; nothing else changes it."""
    event = seen.move.event
    told = event.shut if isinstance(event, GatesMoved) else seen.before.context.gates
    return seen.after.context.gates == told


def shut_gates_prevent(connection: Connection) -> bool:
    """While a gate is shut nobody is asked for a dial, and no link lives that such a gate ends."""
    gates, state = connection.context.gates, connection.state
    return not (gates and state in (AUTHORIZING, ACQUIRING)) and not (ending(gates) and state in LINK)


def open_gates_wake(seen: Step) -> bool:
    """PARKED is left when the gates open or the breaker would let somebody through, and by no shut gate."""
    event, before, after = seen.move.event, seen.before, seen.after
    if before.state is not PARKED or not isinstance(event, (GatesMoved, PermitAvailable)):
        return True
    if isinstance(event, GatesMoved) and event.shut:
        return after.state is PARKED
    if isinstance(event, PermitAvailable):
        return after.state is (PARKED if before.context.gates else AUTHORIZING)
    turn = before.context.retries.attempts > 0 and before.context.wake_spent
    return after.state is (turn_of(before.context.options.retry, before.context.retries) if turn else AUTHORIZING)


def shut_gates_end_what_they_must(seen: Step) -> bool:
    """A gate that shuts parks whatever was still sought, and ends an attempt or a link only if it must."""
    event, before, after = seen.move.event, seen.before, seen.after
    if not isinstance(event, GatesMoved):
        return True
    if before.state in LINK:
        return after.state is (PARKED if ending(event.shut) else before.state)
    return before.state not in SEEKING or not event.shut or after.state is PARKED


def wakes_are_rare(seen: Step) -> bool:
    """A wait is cut short by a wake if the last one was long enough ago, and by a sleep, and is then begun anew."""
    event, before, after = seen.move.event, seen.before, seen.after
    opens = isinstance(event, GatesMoved) and bool(before.context.gates) and not event.shut
    again = AUTHORIZING if not after.context.gates else PARKED
    if before.state in WAITING and isinstance(event, ClockJumped):
        return after.state is again
    wakes = (before.state in WAITING and opens) or (before.state in (*WAITING, PARKED) and event == ReconnectNow())
    if not wakes:
        return before.context.wake_spent or not after.context.wake_spent or before.state is PARKED
    if before.context.wake_spent:
        return after.state is before.state
    return after.state is again and after.context.wake_spent and runs(after, "wake_rested_again")


def what_is_spent_comes_back(connection: Connection) -> bool:
    """An immediate retry, or a wake, that is used up has a timer that allows it again, while a connection is wanted."""
    context = connection.context
    if connection.state not in WANTED:
        return True
    spent = (context.instant_spent, context.wake_spent)
    return spent == (runs(connection, "instant_rested"), runs(connection, "wake_rested_again"))


def resting_is_over(seen: Step) -> bool:
    """What was used up is allowed again after its rest."""
    instant, wake = fired(seen, "instant_rested"), fired(seen, "wake_rested_again")
    context, options = seen.after.context, seen.before.context.options
    if instant:
        return not context.instant_spent and instant.delay_seconds == options.instant_rest_seconds
    return wake is None or (not context.wake_spent and wake.delay_seconds == options.wake_rest_seconds)


GATES: tuple[Property, ...] = (
    on_step("gates", gates_are_known),
    invariant("gates shut", shut_gates_prevent),
    on_step("gates open", open_gates_wake),
    on_step("gates end", shut_gates_end_what_they_must),
    on_step("wakes", wakes_are_rare),
    invariant("spent", what_is_spent_comes_back),
    on_step("spent rest", resting_is_over),
)
