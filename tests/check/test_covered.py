"""Branches that no step went through are named; rows of which the order decides are noticed."""

import sys
from enum import StrEnum, auto

import pytest
from attrs import evolve, frozen

from statekit import EVERY, Machine, Rows, after
from statekit.check.covered import watched_of
from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.check.report import Weight
from tests.check import rooms, small
from tests.check.small import states_of


class Two(StrEnum):
    HERE = auto()
    THERE = auto()


HERE, THERE = Two


@frozen
class Set:
    to: int

    @classmethod
    def samples(cls):
        return tuple(cls(number) for number in range(5))


@frozen
class Value:
    number: int = 0


rows = Rows[Two, Value, object]()


def machine(update, *, guard=None, delay=None):
    """Make a machine that keeps what it is set to."""
    table = [rows.stay(HERE, Set, update=update, guard=guard), rows.ignore(EVERY, Set, because="it is not wanted")]
    if delay:
        table.append(rows.row(HERE, after(delay), THERE))
    else:
        table.append(rows.row(HERE, small.Push, THERE))
        table.append(rows.ignore(THERE, small.Push, because="it is there"))
    return Machine("two", initial=HERE, context=Value(), states=states_of(rows, Two), table=table)


def keep(value: Value, event: Set) -> Value:
    return evolve(value, number=event.to)


def gaps_of(subject, numbers=range(5)):
    samples = {Set: lambda _: tuple(Set(number) for number in numbers)}
    return explore(Model(subject, samples=samples)).gaps


def gaps(subject, numbers=range(5)):
    return {gap.function: gap.line for gap in gaps_of(subject, numbers)}


# --------------------------------------------------------------------------------------------------- the ways of each
def branches(value: Value, event: Set) -> Value:
    if event.to > 3:
        return evolve(value, number=3)
    return evolve(value, number=event.to)


def conditional(value: Value, event: Set) -> Value:
    return evolve(value, number=event.to if event.to < 4 else 0)


def both(value: Value, event: Set) -> Value:
    return evolve(value, number=int(event.to > 1 and event.to < 4))


def loops(value: Value, event: Set) -> Value:
    total = 0
    for each in range(event.to):
        total += each
    return evolve(value, number=total)


def comprehends(value: Value, event: Set) -> Value:
    return evolve(value, number=sum(each for each in range(event.to) if each != 3))


def nothing(value: Value, event: Set) -> Value:
    return value if event is None else evolve(value, number=event.to)


def asserts(value: Value, event: Set) -> Value:
    assert event.to < 10
    if event.to > 100:
        raise ValueError(event.to)
    return evolve(value, number=event.to)


WAYS = [
    # the update, the numbers it is called with, what is missed
    (branches, (1, 4), ""),
    (branches, (1,), "`event.to > 3` was never true"),
    (branches, (4,), "`event.to > 3` was never false"),
    (conditional, (1, 4), ""),
    (conditional, (1,), "`event.to < 4` was never false"),
    (both, (1, 2, 4), ""),
    (both, (2,), "`event.to > 1` was never false"),
    (both, (1,), "`event.to > 1` was never true"),
    (loops, (0, 2), ""),
    (loops, (0,), "`for each in range(event.to):` was never entered"),
    (comprehends, (1, 5), ""),
    (comprehends, (2,), "`each != 3` was never false"),
    (nothing, (1,), "`event` was never None"),
    (asserts, (1,), ""),
]


@pytest.mark.parametrize(("update", "numbers", "missed"), WAYS)
def test_a_way_that_no_step_went_is_named_by_its_condition(update, numbers, missed):
    found = gaps(machine(update), numbers)
    assert set(found) == ({update.__name__} if missed else set())
    assert missed in found.get(update.__name__, "")


def test_a_gap_says_where_it_is():
    [gap] = explore(Model(machine(branches), samples={Set: lambda _: (Set(1),)})).gaps
    line = branches.__code__.co_firstlineno
    assert gap.origin == f"check/test_covered.py:{line}"
    assert gap.line.startswith(f"line {line + 1}: ")


def test_a_jump_is_seen_once_it_was_passed_by_and_made():
    watched = watched_of(branches.__code__, "branches", is_guard=False)
    [(jump, (by, to))] = watched.jumps.items()
    assert not watched.done
    watched.called = True
    for _ in range(2):
        watched.go(jump, by)
        assert (watched.left, watched.done) == ({jump: {True}}, False)
    for _ in range(2):
        watched.go(jump, to)
        assert (watched.left, watched.done) == ({}, True)


def test_a_guard_is_seen_once_it_has_held_and_refused_as_well():
    watched = watched_of(is_large.__code__, "is_large", is_guard=True)
    watched.called = True
    assert not watched.done
    watched.outcomes |= {True, False}
    assert watched.done


UNWRITTEN = """
def unwritten(value, event):
    assert event.to < 10
    return keep(value, event) if event.to < 3 else value
"""


def test_where_no_source_can_be_read_a_gap_has_its_line_alone():
    found = {"keep": keep}
    exec(UNWRITTEN, found)
    assert gaps(machine(found["unwritten"]), (1,)) == {"unwritten": "line 4: a condition was never false"}


# -------------------------------------------------------------------------------------------------------------- guards
def is_large(value: Value, event: Set) -> bool:
    return event.to > 2


@pytest.mark.parametrize(("numbers", "missed"), [((1,), "it never held"), ((4,), "it never refused"), ((1, 4), None)])
def test_a_guard_must_hold_once_and_refuse_once(numbers, missed):
    assert gaps(machine(keep, guard=is_large), numbers).get("is_large") == missed


def test_a_function_that_was_never_called_is_named():
    assert gaps(machine(keep, guard=is_large), (1,))["keep"] == "it was never called"


def test_of_a_function_that_was_never_called_nothing_inside_it_is_named_too():
    missed = gaps_of(machine(comprehends, guard=is_large), (1,))
    assert [(each.function, each.line) for each in missed] == [
        ("is_large", "it never held"),
        ("comprehends", "it was never called"),
    ]


def wait(value: Value) -> float:
    return 1.0 if value.number < 3 else 2.0


def test_delays_count():
    assert gaps(machine(keep, delay=wait))["wait"].endswith("`value.number < 3` was never false")


def test_a_model_with_gaps_does_not_hold():
    model = Model(machine(branches), samples={Set: lambda _: (Set(1),)})
    assert not explore(model).holds
    assert explore(evolve(model, samples={})).holds


def test_wiring_and_facts_count():
    assert not explore(Model(rooms.ROOM)).gaps


def test_a_trace_function_that_was_set_before_is_set_after():
    def mine(*_):
        return None

    before = sys.gettrace()
    sys.settrace(mine)
    try:
        explore(Model(machine(keep)))
        assert sys.gettrace() is mine
    finally:
        sys.settrace(before)


# ------------------------------------------------------------------------------------------------------------- overlap
def is_small(value: Value, event: Set) -> bool:
    return event.to in (1, 3)


def divides(value: Value, event: Set) -> bool:
    return 6 % (event.to - 3) == 0


def rivals(guard):
    """Make a machine with two rows of one cell, the second with this guard."""
    table = (
        rows.stay(HERE, Set, guard=is_large, update=keep),
        rows.stay(HERE, Set, guard=guard),
        rows.ignore(EVERY, Set, because="it is not wanted"),
        rows.row(HERE, after(1.0), THERE),
    )
    return Machine("two", initial=HERE, context=Value(), states=states_of(rows, Two), table=table)


def test_a_guard_that_raises_where_no_step_asks_it_is_no_fault():
    model = Model(rivals(divides), samples={Set: lambda _: (Set(3), Set(2), Set(-2))})
    assert (explore(model).faults, explore(model).findings) == ((), ())


def test_rivals_are_asked_so_often_and_no_more(monkeypatch):
    monkeypatch.setattr("statekit.check.overlap.ASKED_MAX", 2)
    assert explore(Model(rivals(is_small))).findings == ()  # both hold at the fourth sample alone


def test_guards_that_both_hold_are_noticed_and_are_no_mistake():
    explored = explore(Model(rivals(is_small)))
    [finding] = explored.findings
    assert (finding.code, finding.weight) == ("overlap", Weight.INFORMATION)
    assert finding.where == "HERE Set"
    assert "is_large and is_small can both hold" in finding.sentence
    assert explored.holds
