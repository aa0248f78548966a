"""An instance that has ended is gone, with all that it awaited and had postponed."""

from statekit import (
    Fired,
    Kind,
    Machine,
    Postponed,
    Stale,
    Started,
    Stimulus,
    System,
    Taken,
    Unhandled,
    keyed,
    publish,
    spawn,
)
from statekit.transaction import Hop, Ordered
from tests.office import (
    BLANK,
    DESK,
    FETCHED,
    OFFICE,
    PAGE,
    SHUT,
    Fetched,
    Filed,
    News,
    NotFetched,
    Only,
    Open,
    Opening,
    P,
    PageContext,
    PutBack,
    Word,
    Write,
    document,
    go,
    hops,
    one,
    opened,
    opened_office,
    to,
    written,
)


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
