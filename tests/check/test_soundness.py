"""Small machines made to deceive an exploration: what is wrong of them has to be found, and made again for real."""

from enum import StrEnum, auto
from typing import Annotated

import pytest
from attrs import evolve, frozen

from statekit import EVERY, Fired, Machine, Rows, Signal, System, View, arm, derive, either, timer, wire
from statekit.check.explore import explore
from statekit.check.model import Model, Thresholds
from statekit.check.properties import invariant, sequence, witness
from statekit.check.replay import replayed
from statekit.errors import MalformedModel
from statekit.quantities import Ordinal
from tests.check.small import Nothing, states_of

Version = Annotated[Ordinal, "version"]


class At(StrEnum):
    A = auto()
    B = auto()
    C = auto()


A, B, C = At


def result(explored, code):
    return next(each for each in explored.results if each.property.code == code)


def shown(model, code):
    """Explore, and make the way that is shown against a property again; gives what was seen on it."""
    found = result(explore(model), code)
    assert not found.holds
    return list(replayed(model, found.trace))


# ------------------------------------------------------------------------------------------------------------ ordinals
@frozen
class Got:
    version: Version

    @classmethod
    def samples(cls):
        return (cls(1),)


@frozen
class Span:
    first: Version
    last: Version

    @classmethod
    def samples(cls):
        return (cls(1, 1),)


@frozen
class Ends:
    low: Version = 0
    high: Version = 0


def is_higher(ends: Ends, event: Got) -> bool:
    return event.version > ends.high


def is_between(ends: Ends, event: Got) -> bool:
    return 0 < ends.low < event.version < ends.high


def raise_high(ends: Ends, event: Got) -> Ends:
    return evolve(ends, low=ends.high, high=event.version)


between = Rows[At, Ends, object]()
BETWEEN = Machine(
    "between",
    initial=A,
    context=Ends(),
    states=states_of(between, At),
    table=(
        between.stay(A, Got, update=raise_high, guard=is_higher),
        between.row(A, Got, B, guard=is_between),
        between.ignore(A, Got, because="it is old"),
        between.ignore((B, C), Got, because="it is over"),
    ),
)


def not_between(snapshot):
    """Nothing comes that is newer than the one and older than the other."""
    return snapshot.state is A


def test_an_ordinal_between_two_that_are_known_is_tried():
    *_, last = shown(Model(BETWEEN, (invariant("no", not_between),)), "no")
    assert last.after.state is B


def is_forward(_: Nothing, event: Span) -> bool:
    return event.first < event.last


def is_backward(_: Nothing, event: Span) -> bool:
    return event.first > event.last


span = Rows[At, Nothing, object]()
SPAN = Machine(
    "span",
    initial=A,
    context=Nothing(),
    states=states_of(span, At),
    table=(
        span.row(A, Span, B, guard=is_forward),
        span.row(A, Span, C, guard=is_backward),
        span.ignore(A, Span, because="it is empty"),
        span.ignore((B, C), Span, because="it is over"),
    ),
)


def test_two_ordinals_that_are_both_new_come_in_either_order():
    def forward(snapshot):
        """It goes forward."""
        return snapshot.state is B

    def backward(snapshot):
        """It goes backward."""
        return snapshot.state is C

    explored = explore(Model(SPAN, (witness("forward", forward), witness("backward", backward))))
    assert explored.holds


@frozen
class GotOne:
    version: Version

    @classmethod
    def samples(cls):
        return cls(1), cls(2)


FLAT = Machine(
    "flat",
    initial=A,
    context=Ends(),
    states=states_of(between, At),
    table=(between.stay(A, GotOne), between.ignore((B, C), GotOne, because="it is over")),
)


def test_samples_that_differ_in_their_ordinals_alone_are_tried_as_one():
    explored = explore(Model(FLAT))
    assert (explored.states, explored.edges) == (1, 1)


# ------------------------------------------------------------------------------------------------- ordinals, in a trace
@frozen
class Lend:
    pass


@frozen
class Asked:
    version: Version


@frozen
class Answered:
    pass


@frozen
class Lent:
    newest: Version = 0
    expired: Version = 0


def lend(lent: Lent) -> Lent:
    return evolve(lent, newest=lent.newest + 1)


def expire(lent: Lent, event: Fired) -> Lent:
    return evolve(lent, expired=event.key)


def newest(lent: Lent) -> Version:
    return lent.newest


def version_asked(order: Asked) -> Version:
    return order.version


def asked(lent: Lent) -> Asked:
    return Asked(lent.newest)


def unanswered(_: object) -> Answered:
    return Answered()


lending = Rows[At, Lent, Asked]()
LEASE = timer("lease", 5.0, key=newest, scope=A)
LENDER = Machine(
    "lender",
    initial=A,
    context=Lent(),
    states=states_of(lending, At),
    table=(
        lending.stay(A, Lend, asked, arm(LEASE), update=lend),
        lending.stay(A, LEASE, update=expire),
        lending.stay(A, Answered),
        lending.ignore((B, C), Lend, because="it is over"),
    ),
    answering=(lending.answering(Asked, Answered, scope=A, failed=unanswered, key=version_asked),),
)


def test_a_trace_has_the_ordinals_of_a_real_run_in_the_keys_of_timers_and_answers_too():
    def in_order(snapshot):
        """What was lent before never expires after what was lent later."""
        return not 0 < snapshot.context.expired < snapshot.context.newest

    def answered(count, seen):
        return min(count + (isinstance(seen.move.event, Answered) and not seen.move.stale), 2)

    def not_twice(count):
        """Fewer than two answers come."""
        return count < 2

    bounded = Thresholds(states_max=400)
    claims = (invariant("order", in_order), sequence("twice", 0, answered, not_twice))
    model = Model(LENDER, claims, {"default": bounded})
    order, twice = (list(shown(model, code)) for code in ("order", "twice"))
    assert [(type(seen.move.event), seen.move.key) for seen in order] == [(Lend, None), (Lend, None), (Fired, 1)]
    assert order[-1].move.event.key == 1
    assert order[-1].after.context == Lent(2, 1)
    assert sorted(seen.move.key for seen in twice if seen.move.awaited) == [1, 2]


def test_a_sample_that_counts_on_from_an_ordinal_does_so_in_a_trace():
    def goes_on(ends):
        return (Got(ends.context.high + 1), Got(ends.context.high + 3))

    model = Model(BETWEEN, (invariant("low", is_low_yet),), samples={Got: goes_on})
    *_, last = shown(model, "low")
    assert last.after.context == Ends(1, 2)


def is_low_yet(snapshot):
    """Nothing is newer than something known."""
    return not snapshot.context.low


# ------------------------------------------------------------------------------------------- ordinals, counted wrongly
@frozen
class Tick:
    pass


@frozen
class Pair:
    mine: Version = 0
    theirs: Version = 0


def note_theirs(pair: Pair, event: Got) -> Pair:
    return evolve(pair, theirs=event.version)


def count_mine(pair: Pair) -> Pair:
    return evolve(pair, mine=pair.mine + 1)


def is_behind(pair: Pair) -> bool:
    return pair.mine < pair.theirs


def meets(pair: Pair) -> bool:
    return pair.mine == pair.theirs


def is_next(pair: Pair, event: Got) -> bool:
    return event.version == pair.theirs + 1


def is_not_next(pair: Pair, event: Got) -> bool:
    return event.version > pair.theirs + 1


def is_odd(_: Pair, event: Got) -> bool:
    return event.version % 2 == 1


def is_beyond_three(_: Pair, event: Got) -> bool:
    return event.version > 3


def pairs(*table):
    rows = Rows[At, Pair, object]()
    return Machine(
        "pairs",
        initial=A,
        context=Pair(),
        states=states_of(rows, At),
        table=(
            *table,
            rows.ignore((B, C), Got, because="it is over"),
            rows.ignore((B, C), Tick, because="it is over"),
        ),
    )


pair = Rows[At, Pair, object]()
STAY = pair.ignore(A, Tick, because="nothing is counted")
NEITHER = pair.stay(A, Got)
ARITHMETIC = {
    "counting on from another than the newest": (
        pair.stay(A, Got, update=note_theirs),
        pair.stay(A, Tick, guard=is_behind, update=count_mine),
        STAY,
    ),
    "the next one": (pair.row(A, Got, B, guard=is_next), pair.stay(A, Got, update=note_theirs), STAY),
    "more than the next one": (
        pair.row(A, Got, B, guard=is_not_next),
        pair.stay(A, Got, update=note_theirs),
        STAY,
    ),
    "odd": (pair.row(A, Got, B, guard=is_odd), NEITHER, STAY),
    "a number": (pair.row(A, Got, B, guard=is_beyond_three), NEITHER, STAY),
}


@pytest.mark.parametrize("table", ARITHMETIC.values(), ids=ARITHMETIC)
def test_what_is_not_merely_compared_is_no_ordinal(table):
    with pytest.raises(MalformedModel, match="Ordinal"):
        explore(Model(pairs(*table)))


@pytest.mark.parametrize("table", ARITHMETIC.values(), ids=ARITHMETIC)
def test_what_is_not_merely_compared_is_no_ordinal_in_a_system_either(table):
    with pytest.raises(MalformedModel, match="Ordinal"):
        explore(Model(System("alone", members=(pairs(*table),))))


# -------------------------------------------------------------------------------------------- ordinals, between members
@frozen
class Held:
    version: Version = 0


@frozen
class Told:
    version: Version


@frozen
class Tell(Signal):
    version: Version


@frozen
class Ahead:
    value: bool


def keep(held: Held, event: Got | Told) -> Held:
    return evolve(held, version=event.version)


def is_newer(held: Held, event: Got | Told) -> bool:
    return event.version > held.version


def tell(held: Held) -> Tell:
    return Tell(held.version)


def passed_on(signal: Tell) -> Told:
    return Told(signal.version)


def two_after(signal: Tell) -> Told:
    return Told(signal.version + 2)


def rounded(signal: Tell) -> Told:
    return Told(signal.version // 2 * 2)


def ahead(value: bool) -> Ahead:
    return Ahead(value)


holding = Rows[At, Held, Tell]()
TELLER = Machine(
    "teller",
    initial=A,
    context=Held(),
    states=states_of(holding, At),
    table=(
        holding.stay(A, Got, tell, guard=is_newer, update=keep),
        holding.ignore(A, Got, because="it is old"),
        holding.ignore((B, C), Got, because="it is over"),
    ),
)
HEARER = Machine(
    "hearer",
    initial=A,
    context=Held(),
    states=states_of(holding, At),
    table=(
        holding.stay(A, Told, guard=is_newer, update=keep),
        holding.ignore(A, Told, because="it is old"),
        holding.stay(A, Got, guard=is_newer, update=keep),
        holding.ignore(A, Got, because="it is old"),
        holding.ignore((B, C), either(Told, Got), because="it is over"),
        holding.ignore(EVERY, Ahead, because="it is only told"),
    ),
)


def is_ahead(pair: View) -> bool:
    return pair.of(HEARER).context.version > pair.of(TELLER).context.version


def is_far_ahead(pair: View) -> bool:
    return pair.of(HEARER).context.version > pair.of(TELLER).context.version + 1


def tellers(make, *facts):
    """Wire a machine that tells its versions to one that keeps the newest that it heard or was given."""
    told = tuple(derive(each, HEARER, ahead, initially=False) for each in facts)
    return Model(System("tellers", (TELLER, HEARER), (wire(TELLER, Tell, HEARER, make),), told), internal=(Told, Ahead))


def test_members_that_pass_an_ordinal_on_and_compare_it_are_explored():
    explored = explore(tellers(passed_on, is_ahead))
    assert (explored.exhausted, explored.faults) == (True, ())
    assert explored.states == 4  # nothing known, the hearer alone, both the same, the hearer ahead


@pytest.mark.parametrize(
    ("make", "facts"),
    [(two_after, ()), (rounded, ()), (passed_on, (is_far_ahead,))],
    ids=["beyond the next", "rounded", "a fact that counts"],
)
def test_an_ordinal_that_is_reckoned_with_on_its_way_between_members_is_none(make, facts):
    with pytest.raises(MalformedModel, match="Got in A comes to something else where an Ordinal is another number"):
        explore(tellers(make, *facts))


# ------------------------------------------------------------------------------------------------- ordinals, onlookers
@frozen
class Last:
    version: Version = 0
    back: bool = False


def note(last: Last, seen) -> Last:
    if not isinstance(seen.move.event, Got):
        return last
    return Last(seen.move.event.version, last.back or seen.move.event.version < last.version)


def forward(last):
    """Versions never go backwards."""
    return not last.back


FORGETFUL = Machine(
    "forgetful",
    initial=A,
    context=Nothing(),
    states=states_of(span, At),
    table=(span.stay(A, Got), span.ignore((B, C), Got, because="it is over")),
)


def test_an_ordinal_that_only_a_monitor_remembers_counts():
    *_, last = shown(Model(FORGETFUL, (sequence("forward", Last(), note, forward),)), "forward")
    assert last.move.event.version > 0


def test_an_ordinal_that_only_a_monitor_of_a_system_remembers_counts():
    system = System("forgetting", members=(FORGETFUL,))
    *_, last = shown(Model(system, (sequence("forward", Last(), note, forward),)), "forward")
    assert last.move.event.version > 0


# --------------------------------------------------------------------------------------------------------------- facts
@frozen
class Go:
    pass


@frozen
class Back:
    pass


@frozen
class Both:
    value: bool


def walker(name):
    rows = Rows[At, Nothing, object]()
    return Machine(
        name,
        initial=A,
        context=Nothing(),
        states=states_of(rows, At),
        table=(
            rows.row(A, Go, B),
            rows.row(B, Go, C),
            rows.ignore(C, Go, because="it is there"),
            rows.row(C, Back, B),
            rows.row(B, Back, A),
            rows.ignore(A, Back, because="it is there"),
        ),
    )


class Bell(StrEnum):
    QUIET = auto()
    RINGING = auto()


def rings(_: Nothing, event: Both) -> bool:
    return event.value


ringing = Rows[Bell, Nothing, object]()
BELL = Machine(
    "bell",
    initial=Bell.QUIET,
    context=Nothing(),
    states=states_of(ringing, Bell),
    table=(
        ringing.row(Bell.QUIET, Both, Bell.RINGING, guard=rings),
        ringing.stay(Bell.QUIET, Both),
        ringing.stay(Bell.RINGING, Both, guard=rings),
        ringing.row(Bell.RINGING, Both, Bell.QUIET),
    ),
)
LEFT, RIGHT = walker("left"), walker("right")


def both(view) -> bool:
    return view.of(RIGHT).state is C and view.of(LEFT).state is C


def either_way(view) -> bool:
    return view.of(LEFT).state is C and view.of(RIGHT).state is C


def told(value: bool) -> Both:
    return Both(value)


def bell_rings(view):
    """The bell rings exactly while both are there."""
    return (view.of(BELL).state is Bell.RINGING) == (view.of(LEFT).state is C and view.of(RIGHT).state is C)


@pytest.mark.parametrize("fact", [both, either_way])
@pytest.mark.parametrize("members", [(LEFT, RIGHT, BELL), (RIGHT, LEFT, BELL), (BELL, RIGHT, LEFT)])
def test_a_fact_that_looks_at_more_in_some_places_is_heard_everywhere(fact, members):
    system = System("tower", members=members, derived=(derive(fact, BELL, told, initially=False),))
    explored = explore(Model(system, (invariant("rings", bell_rings),)))
    assert explored.states == 9
    assert result(explored, "rings").holds
