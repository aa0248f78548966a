"""Rate limit: nothing goes while a limit runs, nothing overtakes, nothing bursts, nothing is lost in silence."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from machines.rate_limit import (
    DRAINING,
    FLOWING,
    FULL,
    LIMITED,
    PACING,
    RATE_LIMIT,
    Context,
    Detached,
    Granted,
    Lane,
    Limited,
    LimitHeard,
    Offered,
    Options,
    PutBack,
    TurnedAway,
    Withdrawn,
)
from statekit import Ignored, Jitter, Runner, Stale
from statekit.testing.walk import Walk

RESTED, OVER, CLIMBING = "rested", "limit_over", "climbing"
CODE = "RATE_LIMIT_EXCEEDED"


@pytest.fixture
def walk():
    return Walk(RATE_LIMIT)


def offer(walk, names):
    for name in names:
        walk.send(Offered(name))


# -------------------------------------------------------------------------------------------------------- main paths
def test_an_offer_is_granted_at_once_and_the_next_at_the_distance_of_the_rate(walk):
    """50 a second, less the reserve of a tenth."""
    offer(walk, "a")
    assert (walk.state, walk.effects, walk.timers) == (FLOWING, (Granted("a"),), {RESTED: 1 / 45})
    offer(walk, "bc")
    assert (walk.state, walk.effects) == (PACING, ())
    for name, state in (("b", PACING), ("c", FLOWING)):
        walk.fire(RESTED)
        assert (walk.state, walk.effects) == (state, (Granted(name),))
    walk.fire(RESTED)
    assert (walk.timers, walk.context.rested) == ({}, True)


def test_an_offer_that_waits_already_is_one_offer(walk):
    offer(walk, "abb")
    assert walk.verdict == Ignored("it waits already", ("is_control",))
    assert walk.context.queue == ("b",)


def test_defect_46_a_limit_stops_everything_for_as_long_as_it_says(walk):
    """R1 and R9; seed: retry_after is milliseconds, which the router makes seconds."""
    offer(walk, "a")
    walk.send(Limited(5.0, "a"))
    assert (walk.state, walk.timers[OVER]) == (LIMITED, Jitter(5.0, 5.5))
    assert walk.effects == (LimitHeard(5.0, "a", CODE, 0), PutBack("a"))
    walk.fire(RESTED)
    offer(walk, "b")
    assert (walk.state, walk.effects) == (LIMITED, ())
    walk.fire(OVER)
    assert (walk.state, walk.effects) == (DRAINING, (Granted("a"),))


def test_defect_42_the_limited_operation_goes_first_again(walk):
    """R5; seed defect 42: it was lost."""
    offer(walk, "abc")
    walk.send(Limited(5.0, "a"))
    assert walk.context.queue == ("a", "b", "c")
    walk.send(Limited(5.0, "a"))
    assert (walk.context.queue, walk.effects) == (("a", "b", "c"), (LimitHeard(5.0, "a", CODE, 0),))


def test_a_limit_without_a_name_is_about_the_last_that_went(walk):
    offer(walk, "a")
    walk.send(Limited(5.0))
    assert walk.effects == (LimitHeard(5.0, "a", CODE, 0), PutBack("a"))
    walk.begin()
    walk.send(Limited(5.0))
    assert walk.effects == (LimitHeard(5.0, "", CODE, 0),)


def test_a_limit_without_a_number_is_a_second(walk):
    """Seed: retry_after || 1000."""
    walk.send(Limited())
    assert walk.timers[OVER] == Jitter(1.0, 1.1)


def test_defect_44_a_limit_of_no_time_is_over_with_its_timer(walk):
    """Seed defect 44: 0 became a second."""
    offer(walk, "a")
    walk.send(Limited(0.0, "a"))
    assert (walk.state, walk.timers[OVER]) == (LIMITED, Jitter(0.0, 0.0))
    walk.fire(OVER)
    assert (walk.state, walk.effects) == (DRAINING, ())
    walk.fire(RESTED)
    assert walk.effects == (Granted("a"),)


def test_a_limit_above_a_minute_is_cut_and_told_whole(walk):
    """hindsight #3390: an answer of hours must reach somebody who can decide."""
    walk.send(Limited(7200.0))
    assert (walk.timers[OVER], walk.effects) == (Jitter(60.0, 61.0), (LimitHeard(7200.0, "", CODE, 0),))


def test_defect_40_a_shorter_limit_ends_no_longer_one(walk):
    """R2; seed defect 40: an earlier timer un-throttled a longer limit."""
    offer(walk, "a")
    walk.send(Limited(30.0, "a"), Limited(1.0))
    short, long = (ticket.number for ticket in reversed([t for t in walk.snapshot.tickets if t.name == OVER]))
    walk.fire(OVER, ticket=short)
    assert walk.state is LIMITED
    walk.fire(RESTED)
    assert walk.effects == ()
    walk.fire(OVER, ticket=long)
    assert (walk.state, walk.effects) == (DRAINING, (Granted("a"),))


def test_more_limits_than_places_share_one_and_none_is_cut_short(walk):
    """The bound of what it remembers costs time, never a promise."""
    for seconds in (9.0, 3.0, *[20.0] * 6, 5.0):
        walk.send(Limited(seconds))
    assert sorted(each.seconds for each in walk.context.limits) == [5.0, 9.0, *[20.0] * 6]
    walk.send(Limited(1.0))
    assert len(walk.context.limits) == 8
    assert walk.timers[OVER].low_seconds == 5.0


def test_only_an_error_in_spite_of_a_known_limit_weighs(walk):
    """Section 11, RATE_LIMIT_EXCEEDED: 0, and 1 if we were inside our budget's stop."""
    for weight in (0, 1, 1):
        walk.send(Limited(5.0, "", CODE, 0, 1))
        assert walk.effects == (LimitHeard(5.0, "", CODE, weight),)


def test_a_limit_halves_the_rate_and_every_second_without_one_adds_to_it(walk):
    walk.send(Limited(1.0))
    assert walk.context.rate == 22
    walk.fire(OVER)
    rates = []
    while walk.state is DRAINING:
        assert walk.timers == {CLIMBING: 1.0}
        walk.fire(CLIMBING)
        rates.append(walk.context.rate)
    assert rates == [*range(23, 45), None]
    assert walk.state is FLOWING
    for rate in (22, 11, 5, 2, 1, 1):
        walk.send(Limited(1.0))
        assert walk.context.rate == rate


def test_the_rate_does_not_grow_while_a_limit_runs(walk):
    walk.send(Limited(1.0))
    walk.fire(OVER)
    walk.send(Limited(30.0))
    walk.fire(CLIMBING)
    assert (walk.context.rate, CLIMBING in walk.timers) == (11, False)
    walk.fire(OVER)
    assert CLIMBING in walk.timers


def test_the_control_lane_never_waits(walk):
    """R8; discord.py keeps ten of 120 for the heartbeat."""
    walk.begin(Context(Options(queue_max=1)))
    for stop in (None, Offered("a"), Offered("b"), Limited(30.0)):
        if stop is not None:
            walk.send(stop)
        before = walk.snapshot
        walk.send(Offered("sync", Lane.CONTROL))
        assert (walk.effects, walk.snapshot) == ((Granted("sync"),), before)
    assert walk.state is FULL


def test_defect_45_a_full_queue_turns_away_and_says_so(walk):
    """R6; seed defect 45: unbounded."""
    walk.begin(Context(Options(queue_max=2)))
    offer(walk, "abc")
    assert walk.state is FULL
    offer(walk, "d")
    assert (walk.effects, walk.context.queue) == ((TurnedAway("d"),), ("b", "c"))
    walk.send(Limited(1.0, "a"))
    assert (walk.state, walk.context.queue) == (FULL, ("a", "b", "c"))
    walk.fire(RESTED)
    assert walk.effects == ()


def test_the_loss_of_the_link_empties_the_queue_and_ends_no_limit(walk):
    """R10: the server counts the user, not the socket."""
    offer(walk, "ab")
    walk.send(Limited(5.0, "a"), Detached())
    assert (walk.state, walk.context.queue, OVER in walk.timers) == (LIMITED, (), True)
    offer(walk, "b")
    assert walk.effects == ()
    walk.send(Limited(1.0))
    assert walk.effects == (LimitHeard(1.0, "", CODE, 0),)


def test_the_timer_of_a_limit_that_was_replaced_is_stale():
    walk = Walk(RATE_LIMIT, Context(Options(limits_max=1)))
    walk.send(Limited(5.0))
    first = walk.ticket(OVER)
    walk.send(Limited(3.0))
    assert (walk.fire(OVER, ticket=first), walk.timers[OVER].low_seconds) == (Stale(first), 5.0)


def test_what_is_withdrawn_loses_its_turn_to_the_next_and_is_not_put_back_by_a_limit_that_names_nothing(walk):
    walk.send(Offered("a"), Offered("b"), Offered("c"))
    walk.send(Withdrawn("b"))
    assert (walk.effects, walk.context.queue) == ((), ("c",))
    walk.send(Withdrawn("a"), Limited(5.0))
    assert (walk.state, walk.context.queue) == (LIMITED, ("c",))
    assert PutBack("a") not in walk.effects


def test_every_row_is_taken(left_untaken):
    assert left_untaken(RATE_LIMIT) == ()


def test_a_zero_that_makes_sense_is_honoured():
    walk = Walk(RATE_LIMIT, Context(Options(reserve=0.0, limit_seconds=0.0)))
    assert walk.context.rate_per_second == 50
    walk.send(Limited())
    assert walk.timers[OVER] == Jitter(0.0, 0.0)
    assert Options(rate_per_second=1).ceiling_per_second == 1


# ---------------------------------------------------------------------------------------------------- a world with time
class World:
    """A pacer on a clock, every jitter drawn as its shortest; `granted` holds when each operation went."""

    def __init__(self, options):
        self.run = Runner(RATE_LIMIT, Context(options), chance=lambda _: 0.0)
        self.now, self.until = 0.0, 0.0
        self.offered, self.granted, self.away = [], [], []
        self.waiting = []

    def wait(self, seconds):
        end = self.now + seconds
        while (due := self.run.next_due) is not None and due <= end:
            self.now = due
            self.run.due(due)
            self.note()
        self.now = end
        self.run.due(end)
        self.note()

    def send(self, event):
        self.run.send(event)
        self.note()

    def note(self):
        for effect in self.run.effects:
            match effect:
                case Granted(name):
                    self.granted.append((self.now, name))
                    self.waiting.remove(name)
                case PutBack(name):
                    self.waiting.insert(0, name)
                case TurnedAway(name):
                    self.away.append(name)
                    self.waiting.remove(name)
        self.run.effects.clear()
        assert list(self.run.context.queue) == self.waiting, "nothing is lost, and nothing overtakes"

    def offer(self):
        name = f"op{len(self.offered)}"
        self.offered.append(name)
        self.waiting.append(name)
        self.send(Offered(name))

    def limit(self, seconds, *, last):
        back = self.granted[-1][1] if last and self.granted else ""
        self.until = max(self.until, self.now + seconds)
        self.send(Limited(seconds, back if back not in self.waiting else ""))


STEPS = st.lists(st.tuples(st.sampled_from(("offer", "offer", "limit", "wait")), st.integers(0, 640)), max_size=60)


@given(STEPS, st.sampled_from((1, 3, 8)))
@example([("limit", 300), ("limit", 10), ("wait", 20), ("offer", 0)], 8)
def test_nothing_goes_inside_an_announced_limit_and_no_second_holds_more_than_the_rate(steps, places):
    """R1, R2, R4, R6 and R7 over overlapping limits; the seed sent inside one in 204 of 216 schedules."""
    world = World(Options(rate_per_second=10, limits_max=places, queue_max=5))
    for step, number in steps:
        seen = len(world.granted)
        match step:
            case "offer":
                world.offer()
            case "limit":
                world.limit(number / 64, last=number % 2 == 0)
            case "wait":
                world.wait(number / 64)
        for at, _ in world.granted[seen:]:
            assert at >= world.until, "R1"
        assert len(world.run.context.queue) <= 5 + 1, "R6"
        assert len(world.run.snapshot.tickets) <= places + 2
    stamps = [at for at, _ in world.granted]
    for first, at in enumerate(stamps):
        assert sum(at <= other < at + 1 - 1e-9 for other in stamps[first:]) <= 9, "R7"
    names = dict.fromkeys(name for _, name in world.granted)
    assert list(names) == sorted(names, key=world.offered.index), "R4"
    world.wait(120.0)
    assert not world.waiting, "whatever waits goes in the end"
    assert {*(name for _, name in world.granted), *world.away} == set(world.offered), "R6: all is granted or told"


def test_defect_41_a_backlog_leaves_one_by_one_after_a_limit():
    """R7; seed defect 41: 100 queued operations in one tick."""
    world = World(Options())
    world.limit(5.0, last=False)
    for _ in range(100):
        world.offer()
    world.wait(60.0)
    stamps = [at for at, _ in world.granted]
    assert len(stamps) == 100
    assert stamps[0] == 5.0
    assert min(later - at for at, later in pairwise(stamps)) >= 1 / 45 - 1e-9
    assert sum(at < 6.0 for at in stamps) <= 23
