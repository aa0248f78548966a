"""What breaks or is not taken changes nothing."""

import pytest

from statekit import Broken, Forbidden, Ignored, Refused, Unhandled, after, arm, timer
from tests.driven import (
    BUSY,
    DIALING,
    END,
    IDLE,
    UP,
    Context,
    Dial,
    Driven,
    Go,
    Note,
    OpenFailed,
    Poke,
    answering,
    broken,
    broken_delay,
    build,
    choice,
    dialled,
    never,
    row,
    rows,
    stay,
    to,
)


def broken_update(_: Context) -> Context:
    raise RuntimeError("update")


def broken_maker(_: Context) -> Note:
    raise RuntimeError("maker")


def wrong_type(_: Context) -> Context:
    return 3  # type: ignore[return-value]


def bad_delay(value):
    def delay(_: Context) -> float:
        return value

    return delay


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), None, "soon"])
def test_a_delay_function_that_gives_no_delay_is_broken(value):
    driven = Driven(build(row(IDLE, Go, UP), row(UP, after(bad_delay(value)), IDLE)))
    done = driven.send(Go())
    assert isinstance(done.verdict, Broken)
    assert done.verdict.function == "delay"


@pytest.mark.parametrize(
    ("lines", "function"),
    [
        ((row(UP, Poke, IDLE, guard=broken),), "broken"),
        ((row(UP, Poke, IDLE, update=broken_update),), "broken_update"),
        ((row(UP, Poke, IDLE, update=wrong_type),), "wrong_type"),
        ((stay(UP, Poke, guard=broken),), "broken"),
        ((stay(UP, Poke, update=wrong_type),), "wrong_type"),
        ((row(UP, Poke, IDLE, Dial(), broken_maker),), "broken_maker"),
        ((row(UP, Poke, BUSY), row(BUSY, after(broken_delay), IDLE)), "broken_delay"),
        ((stay(UP, Poke, arm(timer("odd", broken_delay, scope=UP))),
          stay(UP, timer("odd", broken_delay, scope=UP))), "broken_delay"),
        ((row(UP, Poke, choice("picked", to(IDLE, guard=broken), to(END))),), "broken"),
    ],
)  # fmt: skip
def test_whatever_breaks_the_snapshot_is_the_one_that_came_in(lines, function):
    machine = build(row(IDLE, Go, UP), row(UP, after(5.0), IDLE), *lines, answering=answering(IDLE))
    driven = Driven(machine)
    before = driven.send(Go()).snapshot
    for _ in range(2):  # the long way, which makes the cell, then the short one
        done = driven.send(Poke())
        assert isinstance(done.verdict, Broken)
        assert done.verdict.function == function
        assert done.snapshot == before
        assert (done.effects, done.issued, done.ended, done.moved) == ((), (), (), False)


def test_an_outcome_whose_row_breaks_leaves_its_ticket_live():
    driven = dialled(row(DIALING, OpenFailed, IDLE, update=broken_update))
    before = driven.last.snapshot
    done = driven.send(OpenFailed(), 1)
    assert done.verdict.function == "broken_update"
    assert done.snapshot == before


def test_an_outcome_whose_move_has_a_broken_delay_leaves_its_ticket_live():
    driven = dialled(row(DIALING, OpenFailed, BUSY), row(BUSY, after(broken_delay), IDLE))
    before = driven.last.snapshot
    done = driven.send(OpenFailed(), 1)
    assert (done.verdict.function, done.snapshot) == ("broken_delay", before)


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (row(UP, Poke, IDLE, guard=never), Refused(("never",))),
        (rows.forbid(UP, Poke, because="no"), Forbidden("no")),
        (rows.ignore(UP, Poke, because="no"), Ignored("no")),
        (row(IDLE, Poke, UP), Unhandled()),
    ],
)
def test_whatever_is_not_taken_leaves_the_snapshot_as_it_was(line, verdict):
    driven = Driven(build(row(IDLE, Go, UP), row(UP, after(5.0), IDLE), line))
    before = driven.send(Go()).snapshot
    done = driven.send(Poke())
    assert (done.verdict, done.snapshot, done.effects, done.issued, done.ended) == (verdict, before, (), (), ())
