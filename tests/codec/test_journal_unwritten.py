"""What is never written into a journal: what may be a secret, and what could not be read again."""

from datetime import date
from typing import Annotated, NewType

import pytest
from attrs import field, frozen

from statekit import Kind, Machine, Rows, Stimulus, System, UnknownMember
from statekit.codec import Hook, NotSavable
from statekit.codec.events import Events
from statekit.codec.forms import Forms
from statekit.codec.journal import JournalForm
from statekit.codec.strict import Misfit
from tests.codec.desk import DONE, FORM, Desk, Put, Stamps, Unlock, Weighed, written


@frozen
class Key:
    token: str = field(repr=False)


@frozen
class Masked:
    token: str = field(repr=lambda _: "…")


@frozen(repr=False)
class Mute:
    token: str


@frozen
class Deep:
    ways: "tuple[int | Deeper, ...]" = ()
    again: "Deep | None" = None


@frozen
class Deeper:
    ring: frozenset[Key] | None


Passed = NewType("Passed", Key)


@frozen
class Renamed:
    key: Passed


@frozen
class Marked:
    keys: Annotated[tuple[Key, ...], ["what need not be hashable"]]


@frozen
class Dated(Masked):
    on: date


@frozen
class Counted:
    text: str
    size: int = field(init=False, repr=False, default=0)
    inner: "tuple[Counted, ...]" = ()


@frozen
class Foreign:
    elsewhere: "Missing"  # noqa: F821 - its hook knows it


FOREIGN = {Foreign: Hook(lambda value: value.elsewhere, Foreign)}


def hears(*events):
    rows = Rows[Desk, Stamps, object]()
    machine = Machine(
        "hears",
        initial=Desk.SHUT,
        context=Stamps(),
        states=tuple(rows.state(each, Kind.REST, "so") for each in Desk),
        table=tuple(rows.stay(Desk.SHUT, event) for event in events),
    )
    return System("hears", (machine,))


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (Key, "Key.token"),
        (Masked, "Masked.token"),
        (Mute, "Mute"),
        (Deep, "Deep.ways.ring.token"),
        (Renamed, "Renamed.key.token"),
        (Marked, "Marked.keys.token"),
    ],
)
def test_an_event_that_keeps_anything_from_its_repr_is_refused_before_the_first_line(event, path):
    with pytest.raises(NotSavable) as caught:
        JournalForm(hears(Unlock, event))
    assert caught.value.path == f"$.hears.{path}"
    assert caught.value.problem.startswith("is kept from the repr, so it may be a secret: keep that outside")


def test_an_event_that_keeps_something_from_its_repr_is_not_written_by_itself_either():
    events = Events(hears(Key).members[0], Forms())
    with pytest.raises(Misfit) as caught:
        events.write(Key("sekrit"))
    assert caught.value.path == ".Key.token"
    assert "sekrit" not in str(caught.value)


def test_what_is_not_written_may_be_kept_from_the_repr():
    system = hears(Counted)
    form = JournalForm(system)
    event = Counted("a", (Counted("b"),))
    lines, _ = written(form, system, [(system.members[0], None, Stimulus(event))])
    assert "size" not in lines[1]
    (found,) = form.read(lines)
    assert form.event(found.entries[0]) == event


def test_an_event_with_a_hook_is_written_by_it_whatever_its_annotations_are():
    system = hears(Foreign)
    form = JournalForm(system, FOREIGN)
    lines, _ = written(form, system, [(system.members[0], None, Stimulus(Foreign("far")))])
    (found,) = form.read(lines)
    assert form.event(found.entries[0]) == Foreign("far")


def test_an_event_without_a_form_is_refused_before_the_first_line():
    with pytest.raises(NotSavable) as caught:
        JournalForm(hears(Dated))
    assert caught.value.path == "$.hears.Dated.on"
    assert "hooks={date: Hook(save, restore)}" in caught.value.problem


@frozen
class MoreStamps(Stamps):
    pass


@pytest.mark.parametrize("context", [MoreStamps(), Stamps("three"), None])
def test_a_context_that_could_not_be_read_again_is_refused(context):
    with pytest.raises(NotSavable) as caught:
        FORM.head({"file": context})
    assert caught.value.path.startswith("$.contexts.file")


def test_a_context_of_nobody_is_refused():
    with pytest.raises(UnknownMember, match="'nobody'"):
        FORM.head({"nobody": Stamps()})


@pytest.mark.parametrize(
    ("event", "path", "problem"),
    [
        (Put(), "$.desk", "is a Put, which no row of desk answers"),
        (Weighed("heavy"), "$.desk.Weighed.grams", "must be a number"),
        (Weighed(float("nan")), "$.desk.Weighed.grams", "must be a number"),
        (Unlock("eve"), "$.desk.Unlock.by", "must be one of int, NoneType"),
    ],
)
def test_an_event_that_could_not_be_read_again_is_not_written(event, path, problem):
    with pytest.raises(NotSavable) as caught:
        FORM.entry("desk", Stimulus(event), DONE[0])
    assert (caught.value.path, caught.value.problem) == (path, problem)
