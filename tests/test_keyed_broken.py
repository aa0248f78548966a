"""All or nothing: what breaks spawns nothing and removes nothing."""

import pytest
from attrs import evolve

from statekit import Broken, Kind, Livelock, Machine, System, Taken, after, keyed, publish, spawn, wire
from tests.office import (
    DESK,
    PAGE,
    News,
    Only,
    Open,
    Opening,
    PageContext,
    Saved,
    Word,
    Write,
    document,
    go,
    one,
    opened,
    opened_office,
    system,
)


@pytest.mark.parametrize(
    "signals",
    [(Opening("b"), Word("a", "spill")), (Word("a", "end"), Word("b", "x"), Opening("c"), Word("d", "spill"))],
)
def test_if_anything_breaks_nothing_was_spawned_or_removed(signals):
    before = opened_office("a", "d")
    done = go(before, *signals)
    assert isinstance(done.verdict, Broken)
    assert done.snapshot is before
    assert (done.orders, done.published, done.armed, done.ended) == ((), (), (), ())


def breaks(*_: object) -> str:
    raise RuntimeError("wiring")


def nothing(signal: Opening) -> str:
    return None  # type: ignore[return-value]


def truth(signal: Opening) -> int:
    return True


@pytest.mark.parametrize("key", [breaks, nothing, truth])
def test_a_key_that_is_none_breaks_the_transaction(key):
    office = System(
        "office", (DESK, keyed(PAGE)),
        (spawn(DESK, Opening, PAGE, opened, key=key), publish(DESK, Word, News), publish(PAGE, Saved)),
    )  # fmt: skip
    before = office.start().snapshot
    done = go(before, Opening("a"), office=office)
    assert (done.verdict.function, done.snapshot) == (key.__name__, before)


def test_a_context_that_cannot_be_made_breaks_the_transaction():
    def lost(context: PageContext, key: str) -> PageContext:
        raise RuntimeError("context")

    office = system(context=lost)
    before = office.start().snapshot
    done = go(before, Opening("a"), office=office)
    assert (done.verdict.function, done.snapshot) == ("lost", before)


def test_a_context_of_another_class_breaks_the_transaction():
    def forgets(context: PageContext, key: str) -> PageContext:
        evolve(context, document=key)

    office = system(context=forgets)
    before = office.start().snapshot
    done = go(before, Opening("a"), office=office)
    assert (done.verdict.function, done.snapshot) == ("forgets", before)
    assert str(done.verdict.exception) == "the context= forgets returned NoneType; it must return PageContext"


@pytest.mark.parametrize("part", ["maker", "delay"])
def test_an_instance_that_breaks_as_it_starts_breaks_the_transaction(part):
    def cannot(context: PageContext) -> float:
        raise RuntimeError(part)

    table = (one.ignore(Only.ONE, Open, because="it is"), one.stay(Only.ONE, after(cannot)))
    weak = Machine(
        "weak", initial=Only.ONE, context=PageContext(), table=table if part == "delay" else table[:1],
        states=(one.state(Only.ONE, Kind.REST, "empty", entry=(cannot,) if part == "maker" else ()),),
    )  # fmt: skip
    office = System(
        "office", (DESK, keyed(weak)), (spawn(DESK, Opening, weak, opened, key=document), publish(DESK, Word, News))
    )
    before = office.start().snapshot
    done = go(before, Opening("a"), office=office)
    assert (done.verdict.function, done.snapshot) == ("cannot", before)
    assert [type(hop.verdict) for hop in done.path] == [Taken, Broken]


def test_instances_that_bring_each_other_back_without_end_are_a_livelock():
    def again(_: Saved, key: str) -> Open:
        return Open()

    def same(_: Saved, key: str) -> str:
        return key

    def ended(_: Saved, key: str) -> Write:
        return Write("end")

    office = system(spawn(PAGE, Saved, PAGE, again, key=same), wire(PAGE, Saved, PAGE, ended, key=same))
    with pytest.raises(Livelock) as caught:
        go(opened_office("a", office=office), Word("a", "end"), office=office)
    assert "page[a]: Open" in str(caught.value)
