"""What is no save of a machine is refused, with the path of what is wrong."""

import pytest
from attrs import evolve, field, frozen

from statekit import Snapshot
from statekit.codec import NotSavable, Policy, SnapshotRefused, save
from statekit.testing.walk import Walk
from tests.codec.trip import HOME, LEFT, refused, restored, saved, trip


def put(path, value):
    def edit(found):
        *inner, last = path
        for key in inner:
            found = found[key]
        found[last] = value

    return edit


def drop(*path):
    def edit(found):
        *inner, last = path
        for key in inner:
            found = found[key]
        del found[last]

    return edit


def twice(found):
    found["tickets"].append(found["tickets"][2] | {"number": 4})
    found["issued"] = 4


def ended(found):
    found.update(state="over", tickets=[])


@pytest.mark.parametrize(
    ("edit", "path", "word"),
    [
        (drop("statekit"), "$.statekit", "must be 1"),
        (put(["statekit"], True), "$.statekit", "must be 1"),
        (drop("version"), "$.version", "whole number"),
        (put(["machine"], "tour"), "$.machine", "must be trip"),
        (drop("table"), "$.table", "must be text"),
        (put(["more"], 1), "$.more", "is no field"),
        (put(["state"], "gone"), "$.state", "must be one of home, away, over"),
        (put(["state"], "HOME"), "$.state", "must be one of home, away, over"),
        (put(["context", "retries", "attempts"], "5"), "$.context.retries.attempts", "must be a whole number"),
        (put(["context", "retries", "attempts"], True), "$.context.retries.attempts", "must be a whole number"),
        (put(["context", "retries", "class"], "os.system"), "$.context.retries.class", "is no field of Retries"),
        (drop("context", "retries"), "$.context.retries", "is missing"),
        (put(["tickets", 0, "name"], "after midnight"), "$.tickets[0].name", "must be one of this table's timers"),
        (put(["tickets", 0, "kind"], "effect"), "$.tickets[0].name", "must be one of this table's effects"),
        (put(["tickets", 1, "kind"], "timer"), "$.tickets[1].name", "must be one of this table's timers"),
        (put(["tickets", 0, "scope"], "home"), "$.tickets[0].scope", "must be away"),
        (put(["tickets", 1, "number"], 1), "$.tickets[1].number", "greater than 1"),
        (put(["tickets", 0, "number"], 0), "$.tickets[0].number", "greater than 0"),
        (put(["tickets", 0, "key"], [1]), "$.tickets[0].key", "must be text"),
        (put(["tickets", 0, "key"], "a"), "$.tickets[0].key", "must be null: after pause in away has no key"),
        (put(["tickets", 1, "key"], 1), "$.tickets[1].key", "must be null: Ask has no key"),
        (put(["tickets", 0, "left_seconds"], "4"), "$.tickets[0].left_seconds", "must be a number"),
        (twice, "$.tickets[3].name", "awaited twice"),
        (put(["state"], "home"), "$.tickets[0].scope", "must hold the state home"),
        (drop("tickets", 0), "$.tickets", "must hold the timer 'after pause in away'"),
        (put(["issued"], 2), "$.issued", "must be 3 at least"),
        (put(["postponed", 0, "event"], "Told"), "$.postponed[0].event", "must be one of Go, Later, Stop"),
        (put(["postponed", 0, "event"], "os.system"), "$.postponed[0].event", "must be one of"),
        (put(["postponed", 0, "data"], {"note": 1}), "$.postponed[0].data.note", "must be text"),
        (ended, "$.postponed", "must be empty in over"),
        (put(["context"], float("nan")), "$.context", "must be a number"),
        (put(["context"], b"x"), "$.context", "bytes is not"),
        (put(["context"], {1: 2}), "$.context", "must be text"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_path(edit, path, word):
    found = saved(left=LEFT)
    edit(found)
    error = refused(found)
    assert error.path == path
    assert word in error.problem
    assert str(error) == f"trip cannot be restored: {error.path} {error.problem}"


@pytest.mark.parametrize("found", [None, [], "saved", 5, object()])
def test_what_is_no_save_at_all_is_refused(found):
    assert refused(found).path in ("$", "$.statekit")


def test_a_save_that_nests_beyond_pythons_stack_is_refused():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    error = refused(saved() | {"context": deep})
    assert (error.path, error.problem) == ("$", "nests too deep")
    while deep:  # Python frees what it nests by recursion, too
        deep = deep.pop()


@frozen
class Chain:
    link: "Chain | None" = None


def chain(length):
    found = None
    for _ in range(length):
        found = Chain(found)
    return found


def test_a_context_is_restored_whole_or_refused_however_deep_it_nests():
    machine = trip(context=Chain())
    found = saved(machine, Walk(machine).snapshot)
    problems = set()
    for length in range(10, 400, 10):
        found["context"] = {"link": found["context"]}
        for _ in range(9):
            found["context"] = {"link": found["context"]}
        try:
            assert restored(found, machine, policy=Policy.FIRE).snapshot.context == chain(length + 1)
        except SnapshotRefused as refusal:
            problems.add((refusal.path, refusal.problem))
    assert problems == {("$", "nests too deep")}


def test_a_context_that_nests_too_deep_is_not_saved():
    machine = trip(context=Chain())
    with pytest.raises(NotSavable, match="nests too deep"):
        save(machine, Snapshot(HOME, chain(5000)), None)


def test_more_postponed_events_than_the_machine_keeps_are_refused():
    narrow = trip(limit=1)
    found = saved(narrow, left=LEFT)
    found["postponed"] *= 2
    assert refused(found, narrow).path == "$.postponed"


@frozen
class Positive:
    number: int = field(default=1)

    @number.validator
    def _positive(self, _, value):
        if value < 1:
            raise ValueError("number is at least 1")


def test_a_class_that_does_not_admit_its_values_is_refused_with_its_reason():
    machine = trip(context=Positive())
    found = saved(machine, evolve(Walk(machine).snapshot), None)
    found["context"]["number"] = 0
    error = refused(found, machine)
    assert (error.path, error.problem) == ("$.context", "is no Positive: ValueError: number is at least 1")
