"""A finite machine as plain arrays: what is in them, and what cannot be written out."""

from enum import StrEnum, auto

import pytest
from attrs import evolve, field, frozen

from machines.circuit_breaker import CIRCUIT_BREAKER
from statekit import (
    EVERY,
    Broken,
    Forbidden,
    Ignored,
    Kind,
    Machine,
    NotTabulable,
    Refused,
    Rows,
    Taken,
    Unhandled,
    after,
    arm,
    disarm,
    timer,
)
from statekit.errors import StatekitError


class State(StrEnum):
    OFF = auto()
    ON = auto()
    END = auto()


OFF, ON, END = State


@frozen
class Flip:
    by: str = ""


@frozen
class Stop:
    pass


@frozen
class Lamp:
    lit: bool


@frozen
class Words:
    said: list[str] = field(factory=list)


@frozen
class Context:
    flips: int = 0
    names: object = ()


def counted(context: Context) -> Context:
    return evolve(context, flips=(context.flips + 1) % 3)


def endless(context: Context) -> Context:
    return evolve(context, flips=context.flips + 1)


def named(context: Context, event: Flip) -> Context:
    return evolve(context, names=event.by)


def one(context: Context) -> Context:
    return evolve(context, names=1)


def true(context: Context) -> Context:
    return evolve(context, names=True)


def first(context: Context) -> bool:
    return context.flips == 0


def fragile(context: Context) -> bool:
    return 1 // context.flips > 0


def by_name(_: Context, event: Flip) -> Lamp:
    return Lamp(bool(event.by))


def say(_: Context) -> Words:
    return Words(["on"])


rows = Rows[State, Context, Lamp | Words]()
row, stay, to = rows.row, rows.stay, rows.to
GLOW = timer("glow", 1.0, scope=ON)


def build(*table, context=None):
    kinds = {OFF: Kind.REST, ON: Kind.STEADY, END: Kind.ENDED}
    return Machine(
        "lamp", initial=OFF, context=Context() if context is None else context,
        states=tuple(rows.state(each, kinds[each], "") for each in State), table=table,
    )  # fmt: skip


def columns(table, point):
    return [table.follow(point, event) for event in range(len(table.events))]


LAMP = (
    row(OFF, Flip, ON, Lamp(lit=True), arm(GLOW), update=counted),
    row(ON, Flip, OFF, disarm(GLOW)),
    rows.forbid(OFF, Stop, because="it is off"),
    row(ON, Stop, END, guard=first),
    row(ON, GLOW, OFF),
)


def test_the_first_point_is_the_machines_own_and_the_rest_can_be_reached_from_it():
    table = build(*LAMP).tabulate()
    assert table.points == (
        (OFF, Context()), (ON, Context(1)), (OFF, Context(1)), (ON, Context(2)), (OFF, Context(2)), (ON, Context(0)),
        (END, Context(0)),
    )  # fmt: skip
    assert build(*LAMP).tabulate(Context(2)).points[0] == (OFF, Context(2))


def test_the_columns_are_the_event_classes_and_then_the_timers():
    table = build(*LAMP, row(ON, after(2.0), OFF)).tabulate()
    assert table.events == (Flip, Stop, "glow", "after 2 s in on")
    assert len(table.next) == len(table.effect_ids) == len(table.verdict_ids) == len(table.points) * 4


def test_an_entry_says_where_it_leads_what_is_ordered_and_what_is_decided():
    machine = build(*LAMP)
    table, origins = machine.tabulate(), [each.origin for each in LAMP]
    assert columns(table, 0) == [
        (1, (Lamp(lit=True),), Taken(origins[0], OFF, ON)),
        (0, (), Forbidden("it is off")),
        (0, (), Unhandled()),
    ]
    assert columns(table, 1) == [
        (2, (), Taken(origins[1], ON, OFF)),
        (1, (), Refused(("first",))),
        (2, (), Taken(origins[4], ON, OFF)),
    ]
    assert columns(table, table.points.index((END, Context()))) == [(6, (), Unhandled(ended=True))] * 3


def test_equal_effects_and_verdicts_are_kept_once():
    table = build(*LAMP).tabulate()
    assert len(table.effects) == len(set(table.effects)) == 2
    assert len(table.verdicts) == len(set(table.verdicts))
    assert len(table.verdict_ids) > len(table.verdicts)


def test_values_that_are_equal_but_not_alike_are_kept_apart():
    ones = build(row(OFF, Flip, ON, update=one), row(ON, Flip, OFF, update=true), context=Context(names=1)).tabulate()
    assert [type(context.names) for _, context in ones.points] == [int, int, bool]
    assert ones.next == (1, 2, 1)


def test_effects_that_cannot_be_hashed_are_kept_each():
    table = build(row(OFF, Flip, ON, say), row(ON, Flip, OFF, say)).tabulate()
    assert [table.follow(at, 0)[1] for at in (0, 1)] == [(Words(["on"]),)] * 2


def test_a_function_that_raises_is_an_entry_like_any_other():
    table = build(row(OFF, Flip, ON, guard=fragile), rows.ignore(EVERY, Stop, because="no")).tabulate()
    after_it, effects, verdict = table.follow(0, 0)
    assert (after_it, effects, type(verdict), verdict.function) == (0, (), Broken, "fragile")
    assert table.follow(0, 1) == (0, (), Ignored("no"))


def test_a_machine_without_a_trigger_is_one_point():
    table = build().tabulate()
    assert (table.points, table.events, table.next) == (((OFF, Context()),), (), ())


@pytest.mark.parametrize(("point", "event"), [(7, 0), (-1, 0), (0, 3), (0, -1)])
def test_an_index_out_of_range_is_refused(point, event):
    with pytest.raises(IndexError, match=f"point {point} of 7, event {event} of 3: both count from 0"):
        build(*LAMP).tabulate().follow(point, event)


@pytest.mark.parametrize(
    ("line", "function"),
    [
        (row(ON, Flip, OFF, update=named), "named"),
        (row(ON, Flip, OFF, by_name, guard=first), "by_name"),
        (row(ON, Flip, rows.choice("which", to(END, guard=first), to(OFF)), by_name), "by_name"),
    ],
    ids=["update", "maker", "choice"],
)
def test_a_cell_that_looks_at_the_event_is_named_with_its_function(line, function):
    with pytest.raises(NotTabulable) as caught:
        build(row(OFF, Flip, ON), line).tabulate()
    assert str(caught.value) == (
        f"lamp cannot be tabulated: {function} looks at the event when Flip arrives in ON: read the context alone there"
    )
    assert (caught.value.machine, caught.value.cell) == ("lamp", ("ON", "Flip"))
    assert isinstance(caught.value, StatekitError)


def test_what_cannot_be_reached_may_look_at_the_event():
    machine = build(stay(OFF, Flip), row(ON, Flip, OFF, update=named))
    assert machine.tabulate().points == ((OFF, Context()),)


def test_a_machine_that_grows_without_end_is_refused_at_the_limit():
    machine = build(stay(OFF, Flip, update=endless))
    with pytest.raises(NotTabulable, match="it has more than 5 points: bound what grows in its context") as caught:
        machine.tabulate(limit=5)
    assert caught.value.cell is None
    assert len(build(*LAMP).tabulate(limit=7).points) == 7
    with pytest.raises(NotTabulable, match="more than 6 points"):
        build(*LAMP).tabulate(limit=6)


def test_a_context_that_cannot_be_hashed_is_refused():
    with pytest.raises(NotTabulable, match=r"its context cannot be hashed \(unhashable type: 'list'\)"):
        build(*LAMP, context=Context(names=["a"])).tabulate()


def test_a_shipped_lifecycle_whose_functions_look_at_events_says_so():
    with pytest.raises(NotTabulable, match="circuit_breaker cannot be tabulated: "):
        CIRCUIT_BREAKER.tabulate()
