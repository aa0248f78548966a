"""Keyed members: how an instance comes about, and how it is addressed."""

import pytest
from attrs import evolve

from statekit import (
    Kind,
    Machine,
    Started,
    System,
    Taken,
    Ticket,
    Unhandled,
    UnknownMember,
    keyed,
    publish,
    spawn,
    wire,
)
from statekit.keyed import address, key_of, member_of
from statekit.transaction import Hop, Ordered
from tests.office import (
    DESK,
    FETCHED,
    FETCHING,
    OFFICE,
    OPEN,
    PAGE,
    Fetch,
    Filed,
    News,
    Online,
    Only,
    Open,
    Opening,
    PageContext,
    Saved,
    Word,
    Write,
    document,
    go,
    hops,
    named,
    one,
    opened,
    opened_office,
    system,
    to,
    written,
)


# ------------------------------------------------------------------------------------------------------------ addresses
@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("doc-1", "page[doc-1]"), (7, "page[7]"), (-7, "page[-7]"), ("7", "page['7']"), ("-7", "page['-7']"),
        ("'7'", "page[''7'']"), ("", "page[]"), ("a]b[c", "page[a]b[c]"), ("٣", "page[٣]"), ("'", "page[''']"),
        ("007", "page['007']"), ("-", "page[-]"),
    ],
)  # fmt: skip
def test_every_key_has_an_address_of_its_own_that_can_be_read_again(key, written):
    assert address("page", key) == written
    assert (key_of(written), type(key_of(written)), member_of(written)) == (key, type(key), "page")


def test_the_name_of_a_member_is_its_address():
    assert (key_of("page"), member_of("page")) == (None, "page")


# ------------------------------------------------------------------------------------------------------------- spawning
def test_a_keyed_member_begins_without_instances():
    begun = OFFICE.start()
    assert (begun.snapshot.names, begun.snapshot.keys(PAGE)) == (("desk",), ())
    assert (OFFICE.names, OFFICE.members) == (("desk", "page"), (DESK, PAGE))


def test_a_spawning_wire_starts_the_instance_and_then_delivers_to_it():
    done = go(OFFICE.start().snapshot, Opening("a"))
    assert hops(done) == [("page[a]", Open, Started), ("page[a]", Open, Taken)]
    assert done.snapshot.names == ("desk", "page[a]")
    assert done.snapshot.of(PAGE, "a").state is FETCHING
    assert done.snapshot.of(PAGE, "a").context == PageContext("a")


def test_a_spawning_wire_delivers_to_the_instance_that_is_there():
    done = go(go(OFFICE.start().snapshot, Opening("a")).snapshot, Opening("a"))
    assert [(hop.member, str(hop.verdict)) for hop in done.path[1:]] == [("page[a]", "ignored: it is open already")]
    assert done.snapshot.keys(PAGE) == ("a",)


def test_what_an_instance_orders_and_awaits_bears_its_address():
    done = go(OFFICE.start().snapshot, Opening("a"), Opening(7))
    ticket = Ticket(2, "Fetch", "fetching")
    assert done.orders == (Ordered("page[a]", Fetch(), ticket), Ordered("page[7]", Fetch(), ticket))
    assert [(each.member, each.issued.delay) for each in done.armed] == [("page[a]", 5.0), ("page[7]", 5.0)]
    done = to(done.snapshot, "page[7]", FETCHED)
    assert {name for name, _ in done.ended} == {"page[7]"}
    assert [ended.number for _, ended in done.ended] == [1, 2]
    assert done.snapshot.of(PAGE, 7).state is OPEN
    assert done.snapshot.of(PAGE, "a").state is FETCHING


def test_instances_stand_in_the_order_of_their_keys_however_they_came_about():
    first, other = opened_office("b", 10, "a", 9, "10"), opened_office("10", 9, 10, "a", "b")
    assert (first.names, first.members[1:], first.seeds) == (other.names, other.members[1:], other.seeds)
    assert first.keys(PAGE) == (9, 10, "10", "a", "b")
    assert first.names == ("desk", "page[9]", "page[10]", "page['10']", "page[a]", "page[b]")


def test_an_instance_begins_with_the_context_that_its_member_was_started_with():
    begun = OFFICE.start({"page": PageContext(owner="ann")})
    done = go(begun.snapshot, Opening("a"))
    assert done.snapshot.of(PAGE, "a").context == PageContext("a", "ann")


def test_without_a_function_every_instance_begins_with_the_same_context():
    office = system(context=None)
    assert go(office.start().snapshot, Opening("a"), office=office).snapshot.of(PAGE, "a").context == PageContext()


def test_an_instance_that_a_context_is_given_for_is_there_from_the_start_and_begins_with_it():
    begun = OFFICE.start({"page[b]": PageContext("b", "bob"), "page[10]": PageContext(10), "page": PageContext("ann")})
    assert begun.snapshot.keys(PAGE) == (10, "b")
    assert begun.snapshot.of(PAGE, "b").context == PageContext("b", "bob")
    assert (
        begun.snapshot.names == OFFICE.start({"page[10]": PageContext(10), "page[b]": PageContext("b")}).snapshot.names
    )


def test_an_instance_that_is_there_from_the_start_is_as_one_that_was_spawned():
    spawned = go(OFFICE.start().snapshot, Opening("a"))
    begun = go(OFFICE.start({"page[a]": PageContext("a")}).snapshot, Opening("a"))
    assert begun.snapshot == spawned.snapshot
    assert go(begun.snapshot, Word("a", "x")) == go(spawned.snapshot, Word("a", "x"))


@pytest.mark.parametrize("name", ["page[a", "pages[a]", "page[007]", "desk[a]", "nobody"])
def test_a_context_of_nobody_is_refused(name):
    with pytest.raises(UnknownMember):
        OFFICE.start({name: PageContext()})


# ----------------------------------------------------------------------------------------------------------- addressing
def test_an_event_for_a_key_without_an_instance_says_so_and_changes_nothing():
    begun = OFFICE.start()
    done = go(begun.snapshot, Word("a", "x"))
    assert done.path[1:] == (Hop("page[a]", Write("x"), Unhandled(absent=True)),)
    assert isinstance(done.verdict, Taken)
    direct = to(begun.snapshot, "page[a]", Write("x"))
    assert (direct.verdict, direct.snapshot) == (Unhandled(absent=True), begun.snapshot)
    assert str(direct.verdict) == "unhandled: no instance has this key"


def test_the_application_addresses_an_instance_by_machine_and_key_or_by_its_address():
    snapshot = opened_office("a", "b")
    assert OFFICE.address(PAGE, "a") == OFFICE.address("page", "a") == OFFICE.address("page[a]") == "page[a]"
    assert OFFICE.address(DESK) == "desk"
    done = to(snapshot, OFFICE.address(PAGE, "a"), Write("x"))
    assert (done.snapshot.of(PAGE, "a").context.text, done.snapshot.of(PAGE, "b").context.text) == (("x",), ())


@pytest.mark.parametrize("name", ["page", "desk[a]", "nobody", "nobody[a]"])
def test_what_is_no_address_is_refused_with_those_that_are(name):
    for ask in (lambda: OFFICE.address(name), lambda: to(OFFICE.start().snapshot, name, Write("x"))):
        with pytest.raises(UnknownMember) as caught:
            ask()
        assert caught.value.known == ("desk", "page[document]")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("page[007]", "page[7]"), ("page[-0]", "page[0]"), ("page['doc']", "page[doc]"), ("page[a", "page[a]")],
)
def test_an_address_has_one_spelling(written, meant):
    snapshot = opened_office("a")
    for ask in (lambda: OFFICE.address(written), lambda: to(snapshot, written, Write("x"))):
        with pytest.raises(UnknownMember, match="that address is spelled") as caught:
            ask()
        assert caught.value.meant == meant
        assert OFFICE.address(meant) == meant


def test_a_broadcast_reaches_every_instance_that_is_there_when_its_turn_comes():
    snapshot = opened_office("b", "a")
    done = go(snapshot, News("x"), Opening("c"), News("y"))
    assert [(hop.member, hop.event) for hop in done.path[1:]] == [
        ("page[a]", Write("x")), ("page[b]", Write("x")),
        ("page[c]", Open()), ("page[c]", Open()),
        ("page[a]", Write("y")), ("page[b]", Write("y")), ("page[c]", Write("y")),
        ("desk", Filed("a", "x")), ("desk", Filed("b", "x")), ("desk", Filed("a", "y")), ("desk", Filed("b", "y")),
    ]  # fmt: skip
    assert done.snapshot.of(PAGE, "c").postponed == (Write("y"),)


def test_a_broadcast_to_nobody_is_no_event():
    assert go(OFFICE.start().snapshot, News("x")).path[1:] == ()


def test_makers_and_keys_of_wires_from_an_instance_may_take_its_key():
    def same(signal: Saved, key: str) -> str:
        return key

    def twice(signal: Saved) -> Write:
        return Write(signal.text * 2)

    def copied(context: PageContext, event: Write) -> PageContext:
        return evolve(context, text=(*context.text, event.text))

    def copy_opened(_: Opening) -> Online:
        return Online(True)

    copy = Machine(
        "copy", initial=Only.ONE, context=PageContext(), states=(one.state(Only.ONE, Kind.STEADY, "copied"),),
        table=(one.stay(Only.ONE, Write, update=copied), one.ignore(Only.ONE, Online, because="it is what starts it")),
    )  # fmt: skip
    office = System(
        "office", (keyed(PAGE), DESK, keyed(copy)),
        (
            spawn(DESK, Opening, PAGE, opened, key=document), spawn(DESK, Opening, copy, copy_opened, key=document),
            wire(DESK, Word, PAGE, written, key=document), publish(DESK, News), publish(PAGE, Saved, make=named),
            wire(PAGE, Saved, copy, twice, key=same),
        ),
    )  # fmt: skip
    done = go(opened_office("a", "b", office=office), Word("b", "x"), office=office)
    assert done.snapshot.of(copy, "b").context.text == ("xx",)
    assert done.snapshot.of(copy, "a").context.text == ()
    assert done.snapshot.names == ("desk", "page[a]", "page[b]", "copy[a]", "copy[b]")
    assert done.published == (Word("b", "x"),)


def test_a_view_finds_instances_and_names_what_it_does_not_find():
    view = opened_office("a")
    assert view.of(PAGE, "a").state is OPEN
    with pytest.raises(ValueError, match=r"page\[b\] is no member here; the members are desk, page\[a\]"):
        view.of(PAGE, "b")
    with pytest.raises(ValueError, match="page is no member here"):
        view.of(PAGE)
    with pytest.raises(ValueError, match="desk is no keyed member here"):
        view.keys(DESK)
