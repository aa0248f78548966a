"""Breakers that do it wrong, the seed's among them (S6, S7): each is refuted, by a way that is as short as can be.

Callers have at most three attempts out and report each of them once; two failures open it, one probe decides.
"""

from enum import StrEnum, auto
from typing import Annotated

import pytest
from attrs import evolve, frozen

from statekit import Rows, Signal, after, arm, disarm, timer
from statekit.check.properties import hot, on_step, sequence
from statekit.check.seen import Move
from statekit.quantities import Ordinal
from tests.check.seeds import checked, machine, way

Permit = Annotated[Ordinal, "permit"]
FAILURES_MAX, CALLS_MAX = 2, 3


class State(StrEnum):
    CLOSED = auto()
    OPEN = auto()
    HALF_OPEN = auto()


CLOSED, OPEN, HALF_OPEN = State


class Result(StrEnum):
    OK = auto()
    FAIL = auto()
    NEUTRAL = auto()


@frozen
class Acquire:
    pass


@frozen
class Reported:
    permit: Permit
    result: Result


@frozen
class Grant(Signal):
    permit: Permit


@frozen
class Deny(Signal):
    pass


@frozen
class Context:
    permit: Permit = 1
    failures: int = 0
    probes: int = 0


def is_old(context: Context, event: Reported) -> bool:
    return event.permit != context.permit


def succeeded(_: Context, event: Reported) -> bool:
    return event.result is Result.OK


def failed(_: Context, event: Reported) -> bool:
    return event.result is Result.FAIL


def failed_too_often(context: Context, event: Reported) -> bool:
    return event.result is Result.FAIL and context.failures + 1 >= FAILURES_MAX


def has_probe(context: Context) -> bool:
    return context.probes > 0


def anew(context: Context) -> Context:
    return Context(context.permit + 1, probes=1)


def anew_under_the_same(context: Context) -> Context:
    return Context(context.permit, probes=1)


def count(context: Context) -> Context:
    return evolve(context, failures=context.failures + 1)


def forgive(context: Context) -> Context:
    return evolve(context, failures=0)


def take(context: Context) -> Context:
    return evolve(context, probes=context.probes - 1)


def give_back(context: Context) -> Context:
    return evolve(context, probes=min(context.probes + 1, 1))


def grant(context: Context) -> Grant:
    return Grant(context.permit)


rows = Rows[State, Context, Grant | Deny]()
row, stay, ignore = rows.row, rows.stay, rows.ignore
leased = timer("leased", 30.0, scope=HALF_OPEN)


def breaker(*, generations=True, lease=True, bounded=True, returns=True, heeds_open=False):
    """Make a breaker; each word takes away what makes it right, but the last, which adds what makes it wrong."""
    begin = anew if generations else anew_under_the_same
    orders = (arm(leased),) if lease else ()
    old = [ignore((CLOSED, HALF_OPEN), Reported, guard=is_old, because="old")] if generations else []
    table = (
        *old,
        stay(CLOSED, Acquire, grant),
        stay(CLOSED, Reported, guard=succeeded, update=forgive),
        row(CLOSED, Reported, OPEN, guard=failed_too_often, update=begin),
        stay(CLOSED, Reported, guard=failed, update=count),
        ignore(CLOSED, Reported, because="neutral"),
        stay(OPEN, Acquire, Deny()),
        *([row(OPEN, Reported, CLOSED, guard=succeeded, update=begin)] if heeds_open else []),
        ignore(OPEN, Reported, because="nothing is let through"),
        row(OPEN, after(60.0), HALF_OPEN, update=begin),
        *([stay(HALF_OPEN, Acquire, grant, *orders, guard=has_probe, update=take)] if bounded else []),
        stay(HALF_OPEN, Acquire, Deny()) if bounded else stay(HALF_OPEN, Acquire, grant, *orders),
        row(HALF_OPEN, Reported, CLOSED, guard=succeeded, update=begin),
        row(HALF_OPEN, Reported, OPEN, guard=failed, update=begin),
        stay(HALF_OPEN, Reported, *((disarm(leased),) if lease and returns else ()), update=give_back)
        if returns
        else ignore(HALF_OPEN, Reported, because="neutral"),
        *([row(HALF_OPEN, leased, OPEN, update=begin)] if lease else []),
    )
    return machine(rows, "breaker", CLOSED, Context(), table)


@frozen
class Callers:
    """Who has a permit, and will report under it."""

    out: tuple[Permit, ...] = ()

    @property
    def owns(self):
        return frozenset({Acquire, Reported})

    def offers(self, _):
        if len(self.out) < CALLS_MAX:
            yield Move("", Acquire())
        for permit in dict.fromkeys(self.out):
            for result in Result:
                yield Move("", Reported(permit, result))

    def noticed(self, seen):
        granted = [each.permit for each in seen.effects if isinstance(each, Grant)]
        out = list(self.out)
        if isinstance(seen.move.event, Reported):
            out.remove(seen.move.event.permit)
        return Callers(tuple(sorted((*out, *granted))))


# -------------------------------------------------------------------------------------------------------------- claims
def only_current_news_counts(seen):
    """A report of an attempt from before the last change of state changes no state."""
    event = seen.move.event
    old = isinstance(event, Reported) and event.permit != seen.before.context.permit
    return not old or seen.before.state is seen.after.state


def outstanding(out, seen):
    """Count the probes of a half-open stay that are let through and not reported."""
    event, before = seen.move.event, seen.before
    if before.state is not HALF_OPEN or seen.after.state is not HALF_OPEN:
        return 0
    reported = isinstance(event, Reported) and event.permit == before.context.permit
    return min(max(out - reported, 0) + any(isinstance(each, Grant) for each in seen.effects), 2)


def one_probe(out):
    """Half open, no more than one attempt is out."""
    return out <= 1


def open_heeds_nobody(seen):
    """Open is left by its timer alone."""
    return seen.before.state is not OPEN or seen.after.state is OPEN or bool(seen.move.awaited)


def is_stuck(breaker):
    """It lets nobody through for ever."""
    return breaker.state is not CLOSED and not (breaker.state is HALF_OPEN and breaker.context.probes > 0)


def probes(out, seen):
    """Count the probes of a half-open stay that were let through; None if one was decided by nobody."""
    if seen.before.state is not HALF_OPEN:
        return 0 if seen.after.state is HALF_OPEN else out
    if isinstance(seen.move.event, Reported) and seen.after.state is not HALF_OPEN:
        return out or None
    granted = any(isinstance(each, Grant) for each in seen.effects)
    return out if out is None else min(out + granted, 2)


def a_probe_decides(out):
    """Half open, nothing but a probe of that stay decides."""
    return out is not None


def a_timer_reopens_what_is_open(seen):
    """A reset timer moves nothing that is not open."""
    return seen.move.awaited != "reset" or seen.before.state is OPEN or seen.after.state is seen.before.state


CLAIMS = (
    on_step("old", only_current_news_counts),
    sequence("one", 0, outstanding, one_probe),
    on_step("open", open_heeds_nobody),
    sequence("decides", 0, probes, a_probe_decides),
    hot("stuck", is_stuck),
)


# ------------------------------------------------------------------------------------------------------- the seed's own
@frozen
class SeedContext:
    permit: Permit = 1
    failures: int = 0
    armed: int = 0


def which_reset(context: SeedContext) -> int:
    return context.armed


def count_seed(context: SeedContext) -> SeedContext:
    return evolve(context, failures=min(context.failures + 1, FAILURES_MAX), armed=min(context.armed + 1, 2))


def count_only(context: SeedContext) -> SeedContext:
    return evolve(context, failures=context.failures + 1)


def forget(context: SeedContext) -> SeedContext:
    return evolve(context, failures=0)


def seed_failed_too_often(context: SeedContext, event: Reported) -> bool:
    return event.result is Result.FAIL and context.failures + 1 >= FAILURES_MAX


def seed_failed(_: SeedContext, event: Reported) -> bool:
    return event.result is Result.FAIL


def seed_grant(context: SeedContext) -> Grant:
    return Grant(context.permit)


seed_rows = Rows[State, SeedContext, Grant | Deny]()
EVERYWHERE = seed_rows.group("everywhere", CLOSED, OPEN, HALF_OPEN)
reset = timer("reset", 60.0, scope=EVERYWHERE, key=which_reset)
SEED = machine(
    seed_rows,
    "seed",
    CLOSED,
    SeedContext(),
    (
        seed_rows.stay((CLOSED, HALF_OPEN), Acquire, seed_grant),
        seed_rows.stay(OPEN, Acquire, Deny()),
        seed_rows.row(CLOSED, Reported, OPEN, arm(reset), guard=seed_failed_too_often, update=count_seed),
        seed_rows.stay(CLOSED, Reported, guard=seed_failed, update=count_only),
        seed_rows.stay(CLOSED, Reported, update=forget),
        seed_rows.stay(OPEN, Reported, arm(reset), guard=seed_failed, update=count_seed),
        seed_rows.row(OPEN, Reported, CLOSED, update=forget),
        seed_rows.row(HALF_OPEN, Reported, OPEN, arm(reset), guard=seed_failed, update=count_seed),
        seed_rows.row(HALF_OPEN, Reported, CLOSED, update=forget),
        seed_rows.row((CLOSED, OPEN), reset, HALF_OPEN),
        seed_rows.ignore(HALF_OPEN, reset, because="it is half open already"),
    ),
    groups=(EVERYWHERE,),
)

RESET = "after 1 min in open"
PAIRS = ["Acquire", "Acquire", "Reported", "Reported", RESET]
TRIPLE = ["Acquire", "Acquire", "Acquire", "Reported", "Reported"]
WRONG = [
    # what is wrong with it, the claim, the shortest way
    ({"generations": False}, "decides", [*TRIPLE, RESET, "Reported"]),
    ({"lease": False}, "stuck", [*PAIRS, "Acquire"]),
    ({"returns": False, "lease": False}, "stuck", [*PAIRS, "Acquire"]),
    ({"bounded": False}, "one", [*PAIRS, "Acquire", "Acquire"]),
    ({"heeds_open": True}, "old", [*TRIPLE, "Reported"]),
]
SEED_WRONG = [
    ("open", [*TRIPLE, "Reported"]),
    ("late timer", [*TRIPLE, "Reported", "reset"]),
    ("decides", [*TRIPLE, "reset", "Reported"]),
]
SEED_CLAIMS = (*CLAIMS[2:4], on_step("late timer", a_timer_reopens_what_is_open))


def test_the_breaker_done_right_keeps_every_claim():
    assert all(each.holds for each in checked(breaker(), *CLAIMS, environment=Callers()).values())


@pytest.mark.parametrize(("wrong", "code", "events"), WRONG, ids=lambda each: str(each)[:30])
def test_a_breaker_done_wrong_is_refuted(wrong, code, events):
    claim = next(each for each in CLAIMS if each.code == code)
    assert way(breaker(**wrong), claim, environment=Callers()) == events


@pytest.mark.parametrize(("code", "events"), SEED_WRONG, ids=lambda each: str(each)[:30])
def test_the_breaker_of_the_seed_is_refuted(code, events):
    claim = next(each for each in SEED_CLAIMS if each.code == code)
    assert way(SEED, claim, environment=Callers()) == events


def test_a_neutral_report_that_keeps_the_permit_leaves_it_stuck_until_the_lease_is_over():
    [stuck] = (each for each in CLAIMS if each.code == "stuck")
    assert way(breaker(returns=False), stuck, environment=Callers()) is None
    assert way(breaker(returns=False, lease=False), stuck, environment=Callers()) is not None
