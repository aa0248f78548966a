"""What the seed's connection does wrong (S1, S2, S11, S12, S15), each as a small table and refuted.

Beside each stands the same table done right, which keeps the same claim.
"""

from enum import StrEnum, auto

import pytest
from attrs import evolve, frozen

from statekit import EVERY, Jitter, Rows, after
from statekit.check.explore import explore
from statekit.check.model import Model, Thresholds
from statekit.check.properties import hot, leads_to, on_step, sequence
from statekit.timers import Duration, Fired
from tests.check.seeds import machine, way


class State(StrEnum):
    DOWN = auto()
    DIALING = auto()
    UP = auto()
    WAITING = auto()
    STOPPED = auto()


DOWN, DIALING, UP, WAITING, STOPPED = State


@frozen
class Options:
    jitter: bool = True
    cap_seconds: float = 4.0


@frozen
class Context:
    options: Options = Options()
    attempts: int = 0


@frozen
class Connect:
    pass


@frozen
class Failed:
    pass


@frozen
class Opened:
    pass


@frozen
class Closed:
    code: int

    @classmethod
    def samples(cls):
        return cls(1006), cls(4000), cls(4999), cls(1002)


ATTEMPTS_MAX = 4


def count(context: Context) -> Context:
    return evolve(context, attempts=min(context.attempts + 1, ATTEMPTS_MAX))


def settle(context: Context) -> Context:
    return evolve(context, attempts=0)


def base(context: Context) -> float:
    return min(2.0 ** (context.attempts - 1), context.options.cap_seconds)


# --------------------------------------------------------------------------------------- S1, S2: how long it waits
def always_jittered(context: Context) -> Duration:
    """`this.jitter = options.jitter || true`, and jitter comes on top of the cap."""
    return Jitter(base(context), base(context) + 1.0)


def jittered_if_wanted(context: Context) -> Duration:
    """Jitter within the cap, and only if it is wanted."""
    low, cap = base(context), context.options.cap_seconds
    return Jitter(low / 2, min(low, cap)) if context.options.jitter else low


def waiter(delay):
    """Make a link that waits so long before each attempt."""
    rows = Rows[State, Context, object]()
    return machine(
        rows,
        "waiter",
        DOWN,
        Context(),
        (
            rows.row(DOWN, Connect, DIALING),
            rows.ignore(EVERY, Connect, because="it is wanted"),
            rows.row(DIALING, Failed, WAITING, update=count),
            rows.ignore(EVERY, Failed, because="nothing is dialled"),
            rows.row(WAITING, after(delay), DIALING),
        ),
    )


def waits_as_long_as_is_said(seen):
    """Without jitter, each delay is what the attempts make it."""
    event, context = seen.move.event, seen.before.context
    late = isinstance(event, Fired) and not seen.move.stale and not context.options.jitter
    return not late or event.delay_seconds == base(context)


def waits_no_longer_than_the_cap(seen):
    """No delay is longer than the cap."""
    event = seen.move.event
    return not isinstance(event, Fired) or event.delay_seconds <= seen.before.context.options.cap_seconds


PLAIN = {"default": Thresholds({"waiter": Context(Options(jitter=False))})}


def test_s1_jitter_that_cannot_be_switched_off():
    claim = on_step("S1", waits_as_long_as_is_said)
    assert way(waiter(always_jittered), claim, thresholds=PLAIN) == [
        "Connect",
        "Failed",
        "after always_jittered in waiting",
    ]
    assert way(waiter(jittered_if_wanted), claim, thresholds=PLAIN) is None


def test_s2_jitter_on_top_of_the_cap():
    claim = on_step("S2", waits_no_longer_than_the_cap)
    found = way(waiter(always_jittered), claim)
    assert found == ["Connect", *["Failed", "after always_jittered in waiting"] * 3]
    assert way(waiter(jittered_if_wanted), claim) is None


# ------------------------------------------------------------------------------- S11, S12, S15: what a close leads to
def is_fault(_: Context, event: Closed) -> bool:
    return event.code == 1002


def attempts_left(context: Context) -> bool:
    return context.attempts < ATTEMPTS_MAX


def link(*answers, name="link"):
    """Make a link; `answers` are its rows for a close, the seed's or ours."""
    return machine(
        ROWS,
        name,
        DOWN,
        Context(),
        (
            ROWS.row((DOWN, STOPPED), Connect, DIALING, update=settle),
            ROWS.ignore(EVERY, Connect, because="it is wanted"),
            ROWS.row(DIALING, Opened, UP),
            ROWS.ignore(EVERY, Opened, because="nothing is dialled"),
            *answers,
            ROWS.ignore(EVERY, Closed, because="there is no link"),
            ROWS.row(WAITING, after(1.0), DIALING),
            ROWS.row(DIALING, after(10.0), WAITING),
        ),
    )


ROWS = Rows[State, Context, object]()
SEED = link(ROWS.row(UP, Closed, DIALING))
DAMPED = link(
    ROWS.row(UP, Closed, STOPPED, guard=is_fault),
    ROWS.row(UP, Closed, ROWS.choice("again", ROWS.to(WAITING, guard=attempts_left), ROWS.to(STOPPED)), update=count),
    name="damped",
)


def count_dials(dials, seen):
    """Count the dials since the last wait, or since a person asked."""
    if (seen.move.awaited and not seen.move.stale) or isinstance(seen.move.event, Connect):
        return 0
    return min(dials + (seen.after.state is DIALING and seen.before.state is not DIALING), 3)


def not_hot(dials):
    """It dials at most twice without a wait."""
    return dials < 3


def goes_on(link):
    """It goes on trying."""
    return link.state in (DIALING, UP, WAITING)


def storms(stormed, seen):
    """Remember a storm until it was waited for."""
    if isinstance(seen.move.event, Closed) and seen.before.state is UP:
        return "stormed" if seen.move.event.code == 4999 and seen.after.state is DIALING else ""
    return stormed


def waits_after_a_storm(stormed):
    """After a storm nothing is dialled at once."""
    return not stormed


def test_s11_after_a_storm_the_link_is_dialled_at_once():
    claim = sequence("S11", "", storms, waits_after_a_storm)
    assert way(SEED, claim) == ["Connect", "Opened", "Closed"]
    assert way(DAMPED, claim) is None


def test_s12_a_peer_that_closes_again_and_again_makes_a_hot_loop():
    claim = sequence("S12", 0, count_dials, not_hot)
    assert way(SEED, claim) == ["Connect", *["Opened", "Closed"] * 3]
    assert way(DAMPED, claim) is None


def test_s15_a_fault_of_the_protocol_is_retried_for_ever():
    claim = hot("S15", goes_on)
    found = way(SEED, claim)
    assert found == ["Connect", "Opened"]  # a link that is up may stay so: say what is meant
    retried = leads_to("S15 faults", retries_a_fault, gives_up)
    assert way(faulty(ROWS.row(UP, Closed, DIALING, update=count)), retried) == [
        "Connect",
        "Opened",
        "Closed",
        "Opened",
    ]
    given_up = ROWS.row(UP, Closed, STOPPED, update=count)
    assert way(faulty(given_up), retried) is None


def faulty(*answers):
    """Make a link to a peer that always closes with 1002."""
    return link(*answers, name="faulty")


def retries_a_fault(link):
    """A fault of the protocol was met."""
    return link.context.attempts > 0


def gives_up(link):
    """It stops."""
    return link.state is STOPPED


@pytest.mark.parametrize("subject", [SEED, DAMPED])
def test_the_tables_themselves_have_no_fault(subject):
    assert not explore(Model(subject)).faults
