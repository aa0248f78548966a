"""Ordinals: every order that they can come in is tried, in traces and by onlookers too."""

from attrs import evolve, frozen

from statekit import Fired, Machine, Rows, System, arm, timer
from statekit.check.explore import explore
from statekit.check.model import Model, Thresholds
from statekit.check.properties import invariant, sequence, witness
from statekit.check.replay import replayed
from tests.check.results import result
from tests.check.small import Nothing, states_of
from tests.check.versions import A, At, B, C, Got, Version


def shown(model, code):
    """Explore, and make the way that is shown against a property again; gives what was seen on it."""
    found = result(explore(model), code)
    assert not found.holds
    return list(replayed(model, found.trace))


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


# ------------------------------------------------------------------------------------------------------------- ordinals
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


# ------------------------------------------------------------------------------------------------- ordinals, in a trace
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


# -------------------------------------------------------------------------------------------------- ordinals, onlookers
def test_an_ordinal_that_only_a_monitor_remembers_counts():
    *_, last = shown(Model(FORGETFUL, (sequence("forward", Last(), note, forward),)), "forward")
    assert last.move.event.version > 0


def test_an_ordinal_that_only_a_monitor_of_a_system_remembers_counts():
    system = System("forgetting", members=(FORGETFUL,))
    *_, last = shown(Model(system, (sequence("forward", Last(), note, forward),)), "forward")
    assert last.move.event.version > 0
