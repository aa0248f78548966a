"""What is claimed of the holds: W1 to W8, our own, since the seed has no machine for them.

True by construction, and so claimed nowhere else: that a wait which is told of anew replaces the one that runs, since a
timer has one ticket for each key.
"""

from typing import TypeAlias

from attrs import evolve

from machines.hold import (
    CLEAR,
    HIDDEN,
    HOLD,
    LOCKED,
    MAINTENANCE,
    OFFLINE,
    READ_ONLY,
    UNAVAILABLE,
    BackOnline,
    CameOnline,
    Context,
    Hid,
    LetIn,
    LinkSteady,
    LockedOut,
    LockedTooOften,
    Options,
    PermissionsCame,
    Served,
    Shown,
    State,
    Told,
    ToldToWait,
    WentOffline,
)
from machines.policy.error_codes import Wait
from machines.properties.steps import fired
from machines.properties.witnesses import each_state
from statekit import Fired, Snapshot
from statekit.check.model import Model, Thresholds
from statekit.check.properties import invariant, on_step, settled, witness
from statekit.check.seen import Seen

Holding: TypeAlias = Snapshot[State, Context]
Step: TypeAlias = Seen[Holding]

SERVICE = (Wait.MAINTENANCE, Wait.UNAVAILABLE)
"""The waits for the service, which grow."""


def runs(holding: Holding, wait: Wait) -> bool:
    """Tell whether something is waited for."""
    return holding.context.told(wait).running


def is_lock_too_many(seen: Step) -> bool:
    """Tell whether a step is about a lock that is not waited for any more."""
    event, context = seen.move.event, seen.before.context
    is_new = isinstance(event, ToldToWait) and event.wait is Wait.LOCK and not context.lock.running
    return is_new and context.lock.times >= context.options.locks_max


def begun(seen: Step) -> ToldToWait | None:
    """Give what a step is told to wait for, if it waits for it."""
    return seen.move.event if isinstance(seen.move.event, ToldToWait) and not is_lock_too_many(seen) else None


# ------------------------------------------------------------------------------------------------ W1, W2: the reasons
def the_gravest_is_shown(holding: Holding) -> bool:
    """The state is the gravest of the reasons that hold, and clear if none does."""
    held = holding.context
    graver = {
        OFFLINE: held.offline,
        HIDDEN: held.hidden,
        MAINTENANCE: held.maintenance.running,
        UNAVAILABLE: held.unavailable.running,
        LOCKED: held.lock.running or held.locked_out,
        READ_ONLY: held.read_only,
        CLEAR: True,
    }
    return holding.state is next(state for state, holds in graver.items() if holds)


def every_wait_has_its_timer(holding: Holding) -> bool:
    """Each wait that runs has a timer of its own, and nothing else has."""
    return {ticket.key for ticket in holding.tickets} == {wait.value for wait in Wait if runs(holding, wait)}


def reasons_are_apart(seen: Step) -> bool:
    """Whatever comes or goes is that one reason; none is forgotten because of another."""
    after, event = seen.after.context, seen.move.event
    expected = seen.before.context
    match event:
        case WentOffline() | CameOnline():
            expected = evolve(expected, offline=isinstance(event, WentOffline))
        case Hid() | Shown():
            expected = evolve(expected, hidden=isinstance(event, Hid))
        case LockedOut() | LetIn():
            expected = evolve(expected, locked_out=isinstance(event, LockedOut))
        case PermissionsCame(may_write):
            expected = evolve(expected, read_only=not may_write)
        case ToldToWait(wait):
            expected = expected.telling(wait, after.told(wait))
        case Fired(key=key) if not seen.move.stale:
            wait = Wait(str(key))
            expected = expected.telling(wait, evolve(expected.told(wait), seconds=0.0, running=False))
        case _:
            return all(runs(seen.before, wait) is runs(seen.after, wait) for wait in Wait)
    return evolve(expected, latest=after.latest) == after


# --------------------------------------------------------------------------------------------------- W3, W4: how long
def a_wait_is_never_shortened(seen: Step) -> bool:
    """What runs is waited for at least as long as was ever said, from when it was said last."""
    told = begun(seen)
    if told is None:
        return True
    before, after = seen.before.context.told(told.wait), seen.after.context.told(told.wait)
    said = 0.0 if told.hint_seconds is None else max(told.hint_seconds, seen.before.context.options.floor_seconds)
    known = before.running and (before.seconds > said if told.hint_seconds is not None else True)
    renewed = seen.after.tickets != seen.before.tickets
    return after.running and renewed and after.seconds >= (max(said, before.seconds) if known else said)


def a_hint_goes_first(seen: Step) -> bool:
    """A wait that begins with a hint lasts as long as that says, however long it would have been."""
    told = begun(seen)
    if told is None or told.hint_seconds is None or runs(seen.before, told.wait):
        return True
    return seen.after.context.told(told.wait).seconds == max(
        told.hint_seconds, seen.before.context.options.floor_seconds
    )


def waits_grow(seen: Step) -> bool:
    """Without a hint a wait for the service doubles with each in a row up to its cap; one for a lock is the same."""
    told, options = begun(seen), seen.before.context.options
    if told is None or told.hint_seconds is not None or runs(seen.before, told.wait):
        return True
    first = {
        Wait.MAINTENANCE: options.maintenance_seconds,
        Wait.UNAVAILABLE: options.unavailable_seconds,
        Wait.LOCK: options.lock_seconds,
    }[told.wait]
    grown = min(first * 2 ** seen.before.context.told(told.wait).times, options.cap_seconds)
    return seen.after.context.told(told.wait).seconds == (grown if told.wait in SERVICE else first)


def waits_end_in_time(seen: Step) -> bool:
    """A wait ends after it has lasted, a quarter of its time later at most."""
    over = fired(seen, "waited")
    if over is None:
        return True
    told = seen.before.context.told(Wait(str(over.key)))
    return told.running and told.seconds <= over.delay_seconds <= told.seconds * 1.25


# -------------------------------------------------------------------------------------------------- W5, W6: in a row
def they_are_counted(seen: Step) -> bool:
    """A wait that begins is one more in a row, as long as that matters; what is said of one that runs is not."""
    told = begun(seen)
    if told is None:
        return True
    options, before, after = (
        seen.before.context.options,
        seen.before.context.told(told.wait),
        seen.after.context.told(told.wait),
    )
    first = options.maintenance_seconds if told.wait is Wait.MAINTENANCE else options.unavailable_seconds
    capped = told.wait in SERVICE and before.times > 0 and first * 2 ** (before.times - 1) >= options.cap_seconds
    return after.times == before.times + (not before.running and not capped)


def only_success_forgives(seen: Step) -> bool:
    """A stable link forgives the waits for the service, an operation that is taken the locks as well; nothing else."""
    before, after, event = seen.before.context, seen.after.context, seen.move.event
    forgiven: tuple[Wait, ...] = ()
    if isinstance(event, (LinkSteady, Served)):
        every = isinstance(event, Served) and event.document_id in before.locked
        forgiven = tuple(Wait) if every else SERVICE
    if is_lock_too_many(seen):
        return after.lock == Told()
    return all(
        after.told(wait).times == int(before.told(wait).running)
        if wait in forgiven
        else after.told(wait).times >= before.told(wait).times
        for wait in Wait
    )


# ---------------------------------------------------------------------------------------------- W7, W8: who is told
def a_lock_is_given_up(seen: Step) -> bool:
    """The lock after the last that is waited for is told of as one too often, and nothing else is."""
    return (LockedTooOften() in seen.effects) is is_lock_too_many(seen)


def the_network_is_told_of(seen: Step) -> bool:
    """That there is a network again is told when there is, once."""
    back = seen.before.context.offline and not seen.after.context.offline
    return seen.effects.count(BackOnline()) == back


def nothing_is_waited_for(holding: Holding) -> bool:
    """Every wait comes to an end by itself."""
    return not any(runs(holding, wait) for wait in Wait)


# ----------------------------------------------------------------------------------------------------------- witnesses
def everything_holds(holding: Holding) -> bool:
    """Every reason holds at once."""
    held = holding.context
    waits = all(runs(holding, wait) for wait in Wait)
    return waits and held.offline and held.hidden and held.locked_out and held.read_only


def it_waits_for_longer(holding: Holding) -> bool:
    """A wait has grown."""
    told = holding.context.maintenance
    return told.running and told.times > 1


PROPERTIES = (
    invariant("W1", the_gravest_is_shown),
    invariant("W2", every_wait_has_its_timer),
    on_step("W2 apart", reasons_are_apart),
    on_step("W3", a_wait_is_never_shortened),
    on_step("W3 hint", a_hint_goes_first),
    on_step("W4", waits_grow),
    on_step("W4 end", waits_end_in_time),
    on_step("W5", they_are_counted),
    on_step("W6", only_success_forgives),
    on_step("W7", a_lock_is_given_up),
    on_step("W7 network", the_network_is_told_of),
    settled("W8", nothing_is_waited_for),
    *each_state(State),
    witness("all at once", everything_holds),
    witness("grown", it_waits_for_longer),
)

SMALL = Options(maintenance_seconds=60.0, unavailable_seconds=120.0, cap_seconds=120.0, locks_max=1)
"""Waits for maintenance that grow once, waits for the service that cannot grow, and one lock."""

SEED = Options()
"""The numbers as they are shipped: ten locks in a row, and waits that grow to five minutes."""

MODEL = Model(
    HOLD,
    PROPERTIES,
    thresholds={
        "default": Thresholds({"hold": Context(SMALL)}),
        "deep": Thresholds({"hold": Context(SEED)}),
    },
)
"""Every reason may come and go at any time."""
