"""Facts for keyed members: told to every instance that does not know them yet."""

from statekit import Started, Taken, wire
from tests.office import DESK, ONLINE, PAGE, Online, Open, Opening, go, hops, opened_office, system, to


def test_a_fact_reaches_every_instance_in_one_go():
    office = system(derived=(ONLINE,))
    snapshot = opened_office("a", "b", office=office)
    done = to(snapshot, "desk", Online(True), office)
    assert hops(done) == [("page[a]", Online, Taken), ("page[b]", Online, Taken)]
    assert done.snapshot.facts == (True,)
    assert hops(to(done.snapshot, "desk", Online(True), office)) == []


def test_a_fact_without_instances_is_kept_for_those_that_come_and_told_to_them_once():
    office = system(derived=(ONLINE,))
    before = to(office.start().snapshot, "desk", Online(True), office)
    assert (before.path[1:], before.snapshot.facts) == ((), (True,))
    done = go(before.snapshot, Opening("a"), office=office)
    assert hops(done) == [("page[a]", Open, Started), ("page[a]", Open, Taken), ("page[a]", Online, Taken)]
    assert done.snapshot.of(PAGE, "a").context.online
    assert hops(go(done.snapshot, office=office)) == []


def test_an_instance_whose_context_holds_the_fact_already_is_not_told():
    office = system(derived=(ONLINE,))
    assert [event for _, event, _ in hops(go(office.start().snapshot, Opening("a"), office=office))] == [Open, Open]


def test_an_instance_spawned_while_a_fact_turns_back_to_what_it_begins_with_is_not_told():
    def off(_: Opening) -> Online:
        return Online(False)

    office = system(wire(DESK, Opening, DESK, off), derived=(ONLINE,))
    before = to(opened_office("a", office=office), "desk", Online(True), office).snapshot
    done = go(before, Opening("b"), office=office)
    assert [hop.member for hop in done.path if isinstance(hop.event, Online)] == ["desk", "page[a]"]
