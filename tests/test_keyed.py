"""Keyed members: one page per document; spawned by the wiring, addressed by their key, gone when they have ended."""

from enum import StrEnum, auto

import pytest
from attrs import evolve, frozen

from statekit import (
    EVERY,
    Broken,
    Fired,
    Kind,
    Livelock,
    Machine,
    MalformedSystem,
    Postponed,
    Rows,
    Signal,
    Stale,
    Started,
    Stimulus,
    System,
    Taken,
    Ticket,
    Unhandled,
    UnknownMember,
    View,
    after,
    derive,
    keyed,
    publish,
    spawn,
    wire,
)
from statekit.keyed import address, key_of, member_of
from statekit.transaction import Hop, Ordered


# ---------------------------------------------------------------------------------------------------------- addresses
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


# --------------------------------------------------------------------------------------------------------- the parts
@frozen
class Opening(Signal):
    document: str | int


@frozen
class Word(Signal):
    document: str | int
    text: str


@frozen
class News(Signal):
    text: str


Sending = Opening | Word | News


@frozen
class Do:
    """Tell the desk to send these signals."""

    signals: tuple[Sending, ...]


@frozen
class Saved(Signal):
    text: str


@frozen
class Open:
    pass


@frozen
class Write:
    text: str


@frozen
class Online:
    is_so: bool


@frozen
class Filed:
    document: str | int
    text: str


@frozen
class Fetch:
    pass


@frozen
class Fetched:
    pass


@frozen
class NotFetched:
    pass


@frozen
class PutBack:
    pass


@frozen
class DeskContext:
    sending: tuple[Sending, ...] = ()
    filed: tuple[Filed, ...] = ()
    online: bool = False


class Desk(StrEnum):
    READY = auto()


def note_signals(context: DeskContext, event: Do) -> DeskContext:
    return evolve(context, sending=event.signals)


def send_all(context: DeskContext) -> tuple[Sending, ...]:
    return context.sending


def note_filed(context: DeskContext, event: Filed) -> DeskContext:
    return evolve(context, filed=(*context.filed, event))


def note_line(context: DeskContext, event: Online) -> DeskContext:
    return evolve(context, online=event.is_so)


D = Rows[Desk, DeskContext, object]()
DESK = Machine(
    "desk", initial=Desk.READY, context=DeskContext(), states=(D.state(Desk.READY, Kind.STEADY, "at work"),),
    table=(
        D.stay(Desk.READY, Do, send_all, update=note_signals),
        D.stay(Desk.READY, Filed, update=note_filed),
        D.stay(Desk.READY, Online, update=note_line),
    ),
)  # fmt: skip


@frozen
class PageContext:
    document: str | int = ""
    owner: str = "nobody"
    text: tuple[str, ...] = ()
    online: bool = False


class Page(StrEnum):
    BLANK = auto()
    FETCHING = auto()
    OPEN = auto()
    SHUT = auto()


BLANK, FETCHING, OPEN, SHUT = Page


def is_end(context: PageContext, event: Write) -> bool:
    return event.text == "end"


def write(context: PageContext, event: Write) -> PageContext:
    if event.text == "spill":
        raise RuntimeError("ink")
    return evolve(context, text=(*context.text, event.text))


def learn(context: PageContext, event: Online) -> PageContext:
    return evolve(context, online=event.is_so, text=(*context.text, f"online {event.is_so}"))


def last(context: PageContext) -> Saved:
    return Saved(context.text[-1])


def not_fetched(_: object) -> NotFetched:
    return NotFetched()


P = Rows[Page, PageContext, object]()
PAGE = Machine(
    "page", initial=BLANK, context=PageContext(),
    states=(
        P.state(BLANK, Kind.REST, "empty"), P.state(FETCHING, Kind.BUSY, "it is being fetched"),
        P.state(OPEN, Kind.STEADY, "written on"), P.state(SHUT, Kind.ENDED, "away"),
    ),
    table=(
        P.row(BLANK, Open, FETCHING, Fetch()),
        P.row((BLANK, FETCHING, OPEN), Write, SHUT, last, guard=is_end, update=write),
        P.stay((BLANK, OPEN), Write, last, update=write),
        P.postpone(FETCHING, Write, because="it is not here yet"),
        P.row(FETCHING, Fetched, OPEN),
        P.row(FETCHING, NotFetched, SHUT),
        P.row(FETCHING, after(5.0), SHUT),
        P.stay((BLANK, FETCHING, OPEN), Online, update=learn),
        P.ignore((FETCHING, OPEN), Open, because="it is open already"),
    ),
    answering=(
        P.answering(Fetch, NotFetched, opens=Fetched, orphan=PutBack(), scope=FETCHING, failed=not_fetched),
    ),
)  # fmt: skip


class Only(StrEnum):
    ONE = auto()


one = Rows[Only, PageContext, object]()


def for_document(context: PageContext, key: str) -> PageContext:
    return evolve(context, document=key)


def document(signal: Opening | Word) -> str | int:
    return signal.document


def opened(_: Opening) -> Open:
    return Open()


def written(signal: Word) -> Write:
    return Write(signal.text)


def news(signal: News) -> Write:
    return Write(signal.text)


def filed(signal: Saved, key: str) -> Filed:
    return Filed(key, signal.text)


def is_online(view: View) -> bool:
    return view.of(DESK).context.online


def system(*more, derived=(), per="document", context=for_document):
    return System(
        "office", (DESK, keyed(PAGE, per=per, context=context)),
        (
            spawn(DESK, Opening, PAGE, opened, key=document),
            wire(DESK, Word, PAGE, written, key=document),
            wire(DESK, News, PAGE, news, key=EVERY),
            wire(PAGE, Saved, DESK, filed),
            *more,
        ),
        derived,
    )  # fmt: skip


OFFICE = system()
FETCHED = Stimulus(Fetched(), ticket=2)


def go(snapshot, *signals, office=OFFICE):
    """Let the desk send signals, all in one transaction."""
    return office.step(snapshot, "desk", Stimulus(Do(signals)))


def to(snapshot, name, stimulus, office=OFFICE):
    return office.step(snapshot, name, stimulus if isinstance(stimulus, Stimulus) else Stimulus(stimulus))


def hops(done):
    return [(hop.member, type(hop.event), type(hop.verdict)) for hop in done.path[1:]]


def opened_office(*documents, office=OFFICE):
    """Give an office in which these pages have been fetched."""
    snapshot = go(office.start().snapshot, *map(Opening, documents), office=office).snapshot
    for each in documents:
        snapshot = to(snapshot, address("page", each), FETCHED, office).snapshot
    return snapshot


# ---------------------------------------------------------------------------------------------------------- spawning
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


# --------------------------------------------------------------------------------------------------------- addressing
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


def named(signal: Saved, key: str) -> Word:
    return Word(key, signal.text)


def test_a_view_finds_instances_and_names_what_it_does_not_find():
    view = opened_office("a")
    assert view.of(PAGE, "a").state is OPEN
    with pytest.raises(ValueError, match=r"page\[b\] is no member here; the members are desk, page\[a\]"):
        view.of(PAGE, "b")
    with pytest.raises(ValueError, match="page is no member here"):
        view.of(PAGE)
    with pytest.raises(ValueError, match="desk is no keyed member here"):
        view.keys(DESK)


# -------------------------------------------------------------------------------------------------------------- facts
ONLINE = derive(is_online, PAGE, Online, initially=False)


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


# ------------------------------------------------------------------------------------------------------------ removal
def test_an_instance_that_ends_is_gone_in_the_same_transaction():
    done = go(opened_office("a", "b"), Word("a", "end"))
    assert done.snapshot.names == ("desk", "page[b]")
    assert done.snapshot.of(DESK).context.filed == (Filed("a", "end"),), "what it sent last is delivered"


def test_what_an_ended_instance_had_postponed_is_unhandled():
    snapshot = go(OFFICE.start().snapshot, Opening("a"), Word("a", "x"), Word("a", "y")).snapshot
    done = to(snapshot, "page[a]", Stimulus(NotFetched(), ticket=2))
    assert done.path[1:] == (
        Hop("page[a]", Write("x"), Unhandled(ended=True)), Hop("page[a]", Write("y"), Unhandled(ended=True)),
    )  # fmt: skip
    assert done.snapshot.keys(PAGE) == ()


def test_what_an_ended_instance_had_postponed_is_not_tried_by_its_successor():
    brief = Machine(
        "brief", initial=BLANK, context=PageContext(), states=PAGE.states,
        table=(P.postpone(BLANK, Write, because="it is blank"), P.row(BLANK, Open, SHUT)),
    )  # fmt: skip
    office = System(
        "office", (DESK, keyed(brief)),
        (
            spawn(DESK, Opening, brief, opened, key=document), spawn(DESK, Word, brief, written, key=document),
            publish(DESK, News),
        ),
    )  # fmt: skip
    done = go(office.start().snapshot, Word("a", "x"), Opening("a"), Word("a", "y"), office=office)
    assert [(type(hop.event), type(hop.verdict)) for hop in done.path[1:]] == [
        (Write, Started), (Write, Postponed), (Open, Taken), (Write, Unhandled), (Write, Started), (Write, Postponed),
    ]  # fmt: skip
    assert done.snapshot.of(brief, "a").postponed == (Write("y"),)
    done = go(office.start().snapshot, Word("a", "x"), Opening("a"), office=office)
    assert done.snapshot.keys(brief) == ()


def test_an_event_after_the_end_finds_nobody_and_a_spawning_one_starts_afresh():
    done = go(opened_office("a"), Word("a", "end"), Word("a", "x"), Opening("a"), Word("a", "y"))
    assert hops(done)[:5] == [
        ("page[a]", Write, Taken), ("page[a]", Write, Unhandled), ("page[a]", Open, Started), ("page[a]", Open, Taken),
        ("page[a]", Write, hops(done)[4][2]),
    ]  # fmt: skip
    assert done.snapshot.of(PAGE, "a").context.text == ()


def test_an_answer_for_a_removed_instance_is_stale_and_its_resource_is_put_back():
    before = go(OFFICE.start().snapshot, Opening("a"))
    gone = to(before.snapshot, "page[a]", Write("end"))
    assert [ended.name for _, ended in gone.ended] == ["after 5 s in fetching", "Fetch"]
    assert gone.snapshot.keys(PAGE) == ()
    late = to(gone.snapshot, "page[a]", FETCHED)
    assert (late.verdict, late.orders, late.snapshot) == (
        Stale(2), (Ordered("page[a]", PutBack(), 2),), gone.snapshot,
    )  # fmt: skip
    assert to(gone.snapshot, "page[a]", Stimulus(Fired("after 5 s in fetching"), ticket=1)).verdict == Stale(1)


def test_an_answer_for_a_removed_instance_is_stale_for_its_successor_too():
    gone = to(go(OFFICE.start().snapshot, Opening("a")).snapshot, "page[a]", Write("end"))
    assert gone.snapshot.seeds[0].issued == 2
    again = go(gone.snapshot, Opening("a"))
    assert [ticket.number for ticket in again.snapshot.of(PAGE, "a").tickets] == [3, 4]
    late = to(again.snapshot, "page[a]", FETCHED)
    assert (late.verdict, late.orders) == (Stale(2), (Ordered("page[a]", PutBack(), 2),))
    assert isinstance(to(again.snapshot, "page[a]", Stimulus(Fetched(), ticket=4)).verdict, Taken)


def test_what_starts_and_ends_in_one_transaction_hands_out_nothing():
    done = go(OFFICE.start().snapshot, Opening("a"), Word("a", "end"))
    assert (done.orders, done.armed, done.ended, done.snapshot.keys(PAGE)) == ((), (), (), ())
    assert done.snapshot.seeds[0].issued == 2, "the next one numbers on all the same"


def test_an_instance_that_ends_as_it_starts_leaves_its_event_to_nobody():
    bell = Machine(
        "bell", initial=Only.ONE, context=PageContext(), table=(), states=(one.state(Only.ONE, Kind.ENDED, "rung"),)
    )
    office = System(
        "office", (DESK, keyed(bell)), (spawn(DESK, Opening, bell, opened, key=document), publish(DESK, Word, News))
    )
    done = go(office.start().snapshot, Opening(1), office=office)
    assert done.path[1:] == (Hop("bell[1]", Open(), Started()), Hop("bell[1]", Open(), Unhandled(absent=True)))
    assert done.snapshot.keys(bell) == ()


# --------------------------------------------------------------------------------------------------- all or nothing
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


# ------------------------------------------------------------------------------------------------ refused at build
def two(signal: Word, key: str) -> Write:
    return Write(key)


def two_keys(signal: Word, key: str) -> str:
    return key


def three(context: PageContext, key: str, more: str) -> PageContext:
    return context


REST = (publish(DESK, Opening, Word, News), publish(PAGE, Saved))
STARTS = spawn(DESK, Opening, PAGE, opened, key=document)


@pytest.mark.parametrize(
    ("members", "wiring", "fault"),
    [
        ((DESK, PAGE), (*REST, STARTS),
         "the wire of Opening from desk to page spawns, and page is not keyed: declare keyed(...), or use wire(...)"),
        ((DESK, PAGE), (*REST, wire(DESK, Word, PAGE, written, key=document)),
         "the wire of Word from desk to page has a key, and page is not keyed: take it away, or declare keyed(...)"),
        ((DESK, PAGE), (*REST, wire(DESK, Word, PAGE, written, key=EVERY)),
         "the wire of Word from desk to page has a key, and page is not keyed: take it away, or declare keyed(...)"),
        ((DESK, keyed(PAGE, per="document")), (*REST, STARTS, wire(DESK, Word, PAGE, written)),
         ("the wire of Word from desk to page does not say which document it leads to: give key=, a function of the "
          "signal, or key=EVERY for all of them")),
        ((DESK, keyed(PAGE)), (*REST, STARTS, spawn(DESK, Opening, PAGE, opened, key=EVERY)),
         ("the wire of Opening from desk to page does not say which key it leads to: give key=, a function of the "
          "signal")),
        ((DESK, keyed(PAGE)), (*REST, STARTS, wire(DESK, Word, PAGE, written, key=lambda signal: signal.document)),
         "the key of the wire of Word from desk to page has no name to be drawn by: write it as a function"),
        ((DESK, keyed(PAGE)), (*REST, STARTS, wire(DESK, Word, PAGE, two, key=document)),
         "two takes the sender's key, and desk, which it is for, has none"),
        ((DESK, keyed(PAGE)), (*REST, STARTS, wire(DESK, Word, PAGE, written, key=two_keys)),
         "two_keys takes the sender's key, and desk, which it is for, has none"),
        ((DESK, keyed(PAGE)), (*REST, STARTS, publish(DESK, Word, make=named)),
         "named takes the sender's key, and desk, which it is for, has none"),
        ((DESK, keyed(PAGE)), REST, "page is keyed, and nothing starts an instance of it: add spawn(...)"),
        ((DESK, keyed(PAGE, context=lambda context, key: context)), (*REST, STARTS),
         "the context= of page has no name: write it as a function of the context and the key"),
        ((DESK, keyed(PAGE, context=three)), (*REST, STARTS),
         "three must take the context and the key of page, and nothing else"),
        ((DESK, PAGE, keyed(PAGE)), (*REST, STARTS), "two members bear the name page; a member's name must be its own"),
    ],
)  # fmt: skip
def test_a_mistake_about_keys_is_refused_when_the_system_is_built(members, wiring, fault):
    with pytest.raises(MalformedSystem) as caught:
        System("office", members, wiring)
    assert caught.value.faults == (fault,)


def test_what_a_function_may_do_without_is_no_key_that_it_takes():
    class Scribe:
        def written(self, signal: Word, style: str = "plain") -> Write:
            return Write(f"{signal.text}, {style}")

    office = System(
        "office", (DESK, keyed(PAGE)), (*REST, STARTS, wire(DESK, Word, PAGE, Scribe().written, key=document))
    )
    done = go(opened_office("a", office=office), Word("a", "x"), office=office)
    assert done.snapshot.of(PAGE, "a").context.text == ("x, plain",)


def test_a_class_makes_its_event_of_the_signal_alone():
    office = System("office", (DESK, keyed(PAGE)), (*REST, STARTS, wire(DESK, Word, PAGE, Write, key=document)))
    done = go(opened_office("a", office=office), Word("a", "x"), office=office)
    assert done.snapshot.of(PAGE, "a").context.text == (Word("a", "x"),)
