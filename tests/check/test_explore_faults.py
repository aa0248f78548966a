"""What an exploration says of a lifecycle that does what none may, and of one that cannot be explored."""

import pytest
from attrs import frozen

from statekit import EVERY, Broken, Kind, Rows, after
from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.check.properties import invariant, on_step
from statekit.check.replay import replayed
from statekit.check.seen import Move
from statekit.errors import MalformedModel
from statekit.quantities import Ordinal
from tests.check.small import TURNSTILE, Nothing
from tests.check.two import HERE, THERE, Back, Go, Two, machine, rows

GO = rows.row(HERE, Go, THERE)
BACK = rows.row(THERE, Back, HERE)


def fails(_: Nothing) -> Nothing:
    raise ZeroDivisionError("oops")


def never(_: Nothing) -> bool:
    return False


FAULTS = [
    # the table's rows, what is said of it, after how many moves
    ((GO, BACK, rows.ignore(THERE, Go, because="x")), "two: Back in HERE has no row: add row(HERE, Back, ...)", 1),
    (
        (GO, BACK, rows.ignore(EVERY, Go, because="x"), rows.forbid(HERE, Back, because="no")),
        "though it is forbidden",
        1,
    ),
    ((GO, rows.row(THERE, Back, HERE, update=fails), rows.ignore(THERE, Go, because="x")), "mend fails", 2),
    (
        (GO, rows.row(THERE, Back, HERE, guard=never), rows.ignore(THERE, Go, because="x")),
        "refused by all its guards",
        2,
    ),
    (
        (GO, BACK, rows.row(HERE, after(1.0), THERE, guard=never), rows.ignore(THERE, Go, because="x")),
        "after 1 s in HERE is refused by all its guards",
        1,
    ),
]


@pytest.mark.parametrize(("table", "sentence", "length"), FAULTS)
def test_a_verdict_that_none_may_come_to_is_a_fault_with_the_shortest_way_to_it(table, sentence, length):
    explored = explore(Model(machine(*table)))
    said = {each: trace for each, trace in explored.faults if sentence in each}
    assert len(said) == 1
    [trace] = said.values()
    assert len(trace.moves) == length
    assert not explored.holds


def test_a_missing_row_is_told_with_state_event_file_and_what_to_add():
    explored = explore(Model(machine(GO, BACK, rows.ignore(THERE, Go, because="x"))))
    [(sentence, trace)] = explored.faults
    assert "Back in HERE has no row" in sentence
    assert "ignore(HERE, Back, because=...)" in sentence
    assert "HERE is declared at check/small.py:" in sentence
    assert trace.moves == (Move("two", Back()),)


def test_what_raises_is_told_once_however_often_it_does():
    explored = explore(Model(machine(rows.row(HERE, Go, THERE, update=fails), rows.ignore(EVERY, Back, because="x"))))
    assert len(explored.faults) == 1
    model = Model(machine(rows.row(HERE, Go, THERE, update=fails), rows.ignore(EVERY, Back, because="x")))
    [seen] = replayed(model, explore(model).faults[0][1])
    assert isinstance(seen.verdict, Broken)


def test_an_ended_machine_may_leave_events_unhandled():
    states = (rows.state(HERE, Kind.STEADY, "here"), rows.state(THERE, Kind.ENDED, "gone"))
    explored = explore(Model(machine(GO, rows.ignore(HERE, Back, because="x"), states=states)))
    assert (explored.states, explored.faults) == (2, ())


@frozen
class Demanding:
    what: str


@frozen
class Wrong:
    @classmethod
    def samples(cls):
        return (Go(),)


@frozen
class Listed:
    names: object = ()


def listed(_: Listed) -> Listed:
    return Listed(["a"])


listing = Rows[Two, Listed, object]()


def raises(_):
    """Never asked in earnest."""
    raise LookupError("nothing here")


@frozen
class Marked:
    version: Ordinal = 0
    names: object = ()


def marked(_: Marked) -> Marked:
    return Marked(1, ["a"])


@frozen
class Piled:
    names: object

    @classmethod
    def samples(cls):
        return (cls(["a"]),)


marking = Rows[Two, Marked, object]()
MALFORMED = [
    (Model(machine(rows.row(HERE, Demanding, THERE))), "two answers Demanding, which has no samples"),
    (Model(machine(rows.row(HERE, Wrong, THERE))), "it must give instances of Wrong"),
    (Model(machine(listing.row(HERE, Go, THERE, update=listed), context=Listed())), "Listed.names cannot be hashed"),
    (Model(machine(marking.row(HERE, Go, THERE, update=marked), context=Marked())), "Marked.names cannot be hashed"),
    (Model(machine(GO, rows.postpone(HERE, Piled, because="x"))), "Piled.names cannot be hashed"),
    (Model(machine(GO, context=["a"])), "list cannot be hashed, since it can be changed in place"),
    (Model(TURNSTILE, (invariant("odd", raises),)), "a function of odd raised LookupError"),
    (Model(TURNSTILE, (on_step("odd", raises),)), "a function of odd raised LookupError"),
]


@pytest.mark.parametrize(("model", "sentence"), MALFORMED)
def test_what_cannot_be_explored_is_said(model, sentence):
    with pytest.raises(MalformedModel, match="cannot be explored") as raised:
        explore(model)
    assert sentence in str(raised.value)
