"""Instances of keyed members saved and restored: under their addresses, with what the next of them begins with."""

import json

import pytest
from attrs import evolve

from statekit import EVERY, System, derive, keyed, publish, spawn, wire
from statekit.codec import NotSavable, Policy, SnapshotRefused, check_savable, restore_system, save_system, table_digest
from tests.office import (
    DESK,
    OFFICE,
    ONLINE,
    PAGE,
    NotFetched,
    Online,
    Opening,
    PageContext,
    Word,
    document,
    filed,
    for_document,
    go,
    is_online,
    news,
    opened,
    opened_office,
    system,
    to,
    written,
)
from tests.office import News as NewsCame
from tests.office import Saved as PageSaved


def busy(office=OFFICE):
    """Give an office with instances in every condition: fetched, being fetched with words postponed, and removed."""
    begun = office.start({"page": PageContext(owner="ann")}).snapshot
    snapshot = go(begun, Opening("b"), Opening(10), Opening("10"), Word(10, "later"), office=office).snapshot
    snapshot = go(snapshot, Opening("gone"), Word("gone", "x"), office=office).snapshot
    return go(snapshot, Word("gone", "end"), office=office).snapshot


def saved(snapshot, remaining=None, office=OFFICE):
    return json.loads(json.dumps(save_system(office, snapshot, remaining)))


def restored(found, policy=Policy.FIRE, office=OFFICE, elapsed_seconds=0.0, **options):
    return restore_system(office, found, elapsed_seconds=elapsed_seconds, policy=policy, **options)


def test_instances_come_back_under_their_keys():
    snapshot = busy()
    found = restored(saved(snapshot))
    assert found.snapshot == snapshot
    assert found.snapshot.keys(PAGE) == (10, "10", "b")
    assert [type(key) for key in found.snapshot.keys(PAGE)] == [int, str, str]
    assert not found.table_changed


def test_the_order_in_which_they_stand_in_the_json_does_not_matter():
    found = saved(busy())
    found["members"] = dict(reversed(found["members"].items()))
    assert restored(found).snapshot == busy()


def test_what_the_next_instance_begins_with_comes_back():
    found = saved(busy())
    assert found["seeds"] == {
        "page": {"context": {"document": "", "owner": "ann", "text": [], "online": False}, "issued": 2}
    }
    again = go(restored(found).snapshot, Opening("new"))
    assert again.snapshot.of(PAGE, "new").context == PageContext("new", "ann")
    assert [each.number for each in again.snapshot.of(PAGE, "new").tickets] == [3, 4]


def test_a_system_without_keyed_members_is_saved_as_ever():
    alone = System("alone", (DESK,), (publish(DESK, Opening, Word, NewsCame),))
    assert set(save_system(alone, alone.start().snapshot, None)) == {
        "statekit", "system", "version", "table", "members", "facts",
    }  # fmt: skip


def test_timers_and_losses_come_back_with_the_address_of_their_instance():
    found = restored(saved(busy(), {("page[10]", 1): 3.0, ("page['10']", 1): 2.0, ("page[b]", 1): 1.0}), Policy.RESUME)
    assert [(name, due.delay) for name, due in found.timers] == [
        ("page[10]", 3.0),
        ("page['10']", 2.0),
        ("page[b]", 1.0),
    ]
    assert [(name, loss.event, loss.ticket) for name, loss in found.lost] == [
        ("page[10]", NotFetched(), 2), ("page['10']", NotFetched(), 2), ("page[b]", NotFetched(), 2),
    ]  # fmt: skip
    after = to(found.snapshot, *found.lost[0]).snapshot
    assert after.keys(PAGE) == ("10", "b")


def test_a_fact_that_was_told_is_not_told_to_restored_instances_again():
    office = system(derived=(ONLINE,))
    told = to(opened_office("a", office=office), "desk", Online(True), office).snapshot
    found = restored(saved(told, office=office), office=office)
    assert found.snapshot == told
    assert go(found.snapshot, office=office).path[1:] == ()


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        (lambda found: found.pop("seeds"), "$.seeds"),
        (lambda found: found["seeds"].pop("page"), "$.seeds.page"),
        (lambda found: found["seeds"].update(desk={}), "$.seeds.desk"),
        (lambda found: found["seeds"]["page"].update(issued=-1), "$.seeds.page.issued"),
        (lambda found: found["seeds"]["page"]["context"].update(owner=1), "$.seeds.page.context.owner"),
        (lambda found: found["members"].pop("desk"), "$.members.desk"),
        (lambda found: found["members"].update({"desk[1]": {}}), "$.members['desk[1]']"),
        (lambda found: found["members"].update({"page": {}}), "$.members.page"),
        (lambda found: found["members"].update({"page[007]": {}}), "$.members['page[007]']"),
        (lambda found: found["members"].update({"page[b": {}}), "$.members['page[b']"),
        (lambda found: found["members"]["page[b]"].update(state="torn"), "$.members['page[b]'].state"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(edit, path):
    found = saved(busy())
    edit(found)
    with pytest.raises(SnapshotRefused) as caught:
        restored(found)
    assert caught.value.path == path


def test_an_instance_that_has_ended_is_refused():
    found = saved(busy())
    found["members"]["page[b]"].update(state="shut", tickets=[])
    with pytest.raises(SnapshotRefused) as caught:
        restored(found)
    assert (caught.value.path, "removed" in caught.value.problem) == ("$.members['page[b]'].state", True)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"names": ("desk", "page[b]", "page[10]", "page[007]")}, "$.members"),
        ({"names": ("page", "page[10]", "page['10']", "page[b]")}, "$.members"),
        ({"seeds": ()}, "$.seeds"),
    ],
)
def test_a_snapshot_of_another_system_is_not_saved(change, path):
    with pytest.raises(NotSavable) as caught:
        save_system(OFFICE, evolve(busy(), **change), None)
    assert caught.value.path == path


def test_seeds_of_nobody_are_not_saved():
    alone = System("alone", (DESK,), (publish(DESK, Opening, Word, NewsCame),))
    odd = evolve(alone.start().snapshot, seeds=busy().seeds)
    with pytest.raises(NotSavable, match="no member is keyed"):
        save_system(alone, odd, None)


def test_a_keyed_system_is_checked_like_any_other():
    check_savable(OFFICE)


def another_document(context: PageContext, key: str) -> PageContext:
    return evolve(context, document=key)


def key_again(signal: Word) -> str | int:
    return signal.document


def test_what_a_system_does_with_keys_is_in_its_digest():
    def made(*, word=document, starts=spawn, context=for_document, keys=keyed):
        wiring = (
            spawn(DESK, Opening, PAGE, opened, key=document),
            wire(DESK, Word, PAGE, written, key=word),
            starts(DESK, NewsCame, PAGE, news, key=document),
            wire(PAGE, PageSaved, DESK, filed),
        )
        return System("office", (DESK, keys(PAGE, context=context)), wiring)

    plain = made()
    assert table_digest(made()) == table_digest(plain)
    others = (made(word=key_again), made(word=EVERY), made(starts=wire), made(context=another_document))
    assert len({table_digest(each) for each in (plain, *others)}) == 5


def test_facts_of_a_keyed_system_are_written_as_ever():
    office = system(derived=(derive(is_online, PAGE, Online, initially=False),))
    assert saved(opened_office("a", office=office), office=office)["facts"] == [False]
