"""One stimulus in, the next snapshot and the orders out: tickets, timers, staleness, orphans, postponement."""

from enum import StrEnum, auto

import pytest
from attrs import evolve, frozen

from statekit import (
    EVERY,
    Broken,
    Fired,
    Forbidden,
    ForeignSnapshot,
    Ignored,
    Jitter,
    Kind,
    Machine,
    Postponed,
    Refused,
    Rows,
    Snapshot,
    Stale,
    Started,
    Stimulus,
    System,
    Taken,
    Ticket,
    Unhandled,
    after,
    arm,
    disarm,
    either,
    idle,
    start,
    step,
    timer,
)
from statekit.runner import Runner


class State(StrEnum):
    IDLE = auto()
    DIALING = auto()
    UP = auto()
    BUSY = auto()
    END = auto()


IDLE, DIALING, UP, BUSY, END = State


@frozen
class Go:
    pass


@frozen
class Back:
    pass


@frozen
class Poke:
    pass


@frozen
class Stop:
    pass


@frozen
class Work:
    number: int


@frozen
class Opened:
    pass


@frozen
class OpenFailed:
    pass


@frozen
class Frame:
    pass


@frozen
class Closed:
    pass


@frozen
class Dial:
    to: str = "here"


@frozen
class CloseLate:
    pass


@frozen
class Note:
    text: str


@frozen
class Context:
    count: int = 0
    seen: tuple[int, ...] = ()


rows = Rows[State, Context, Dial | CloseLate | Note]()
row, stay, reenter, postpone, to, group, choice = (
    rows.row, rows.stay, rows.reenter, rows.postpone, rows.to, rows.group, rows.choice,
)  # fmt: skip


def failed(_: object) -> OpenFailed:
    return OpenFailed()


def seeing(context: Context, event: Work) -> Context:
    return evolve(context, seen=(*context.seen, event.number))


def counted(context: Context) -> Context:
    return evolve(context, count=context.count + 1)


def never(_: Context) -> bool:
    return False


def broken(_: Context) -> bool:
    raise RuntimeError("guard")


def broken_update(_: Context) -> Context:
    raise RuntimeError("update")


def broken_maker(_: Context) -> Note:
    raise RuntimeError("maker")


def broken_delay(_: Context) -> float:
    raise RuntimeError("delay")


def wrong_type(_: Context) -> Context:
    return 3  # type: ignore[return-value]


def grown_delay(context: Context) -> float:
    return 10.0 + context.count


def drawn_delay(_: Context) -> Jitter:
    return Jitter(1.0, 2.0)


def any_dial(_: Context) -> Dial | Note:
    return Dial("made")


def lost(_: object) -> Closed:
    return Closed()


def answering(scope, **more):
    given = {"opens": Opened, "streams": (Frame,), "ends": (Closed,), "orphan": CloseLate(), "lost": lost, **more}
    return (rows.answering(Dial, OpenFailed, scope=scope, failed=failed, **given),)


def declared(**moments):
    kinds = {END: Kind.ENDED}
    return tuple(
        rows.state(
            each,
            kinds.get(each, Kind.BUSY),
            "a state",
            entry=moments.get(f"entry_{each}", ()),
            exit=moments.get(f"exit_{each}", ()),
        )
        for each in State
    )


def build(*table, groups=(), answering=(), states=None, **more):
    return Machine(
        "small",
        initial=IDLE,
        context=Context(),
        states=states or declared(),
        groups=groups,
        table=table,
        answering=answering,
        **more,
    )


class Driven:
    """A machine being stepped; `last` is its latest step."""

    def __init__(self, machine):
        self.machine = machine
        self.last = start(machine)

    def send(self, event, ticket=None):
        self.last = step(self.machine, self.last.snapshot, Stimulus(event, ticket=ticket))
        return self.last

    def fire(self, name):
        ticket = self.last.snapshot.ticket(name)
        return self.send(Fired(name), None if ticket is None else ticket.number)

    @property
    def live(self):
        return [ticket.name for ticket in self.last.snapshot.tickets]

    @property
    def state(self):
        return self.last.snapshot.state


# ------------------------------------------------------------------------------------------------- whose snapshot it is
class Door(StrEnum):
    SHUT = auto()


doors = Rows[Door, Context, object]()
DOOR = Machine(
    "door",
    initial=Door.SHUT,
    context=Context(),
    states=(doors.state(Door.SHUT, Kind.BUSY, "a state"),),
    table=(doors.stay(Door.SHUT, Go), doors.stay(Door.SHUT, after(1.0))),
)


@pytest.mark.parametrize(
    ("event", "ticket", "postponed"),
    [(Go(), None, ()), (Go(), None, (Back(),)), (Fired("after 1 s in shut"), 1, ())],
    ids=["plain", "with a queue", "answering a live ticket"],
)
def test_the_snapshot_of_another_machine_is_refused_with_the_states_of_both(event, ticket, postponed):
    small = build(row(IDLE, Go, DIALING), stay(IDLE, after(1.0)))
    foreign = evolve(start(DOOR).snapshot, postponed=postponed)
    with pytest.raises(ForeignSnapshot, match="small cannot step from the snapshot of another machine") as caught:
        step(small, foreign, Stimulus(event, ticket=ticket))
    assert (caught.value.state, caught.value.known[:2]) == ("Door.SHUT", ("State.IDLE", "State.DIALING"))


@pytest.mark.parametrize(("event", "ticket"), [(Go(), None), (Fired("after 1 s in shut"), 1)])
@pytest.mark.parametrize("postponed", [(), (Back(),)], ids=["an empty queue", "a queue"])
def test_a_system_refuses_a_member_that_is_where_another_machine_is(event, ticket, postponed):
    small = build(row(IDLE, Go, DIALING), stay(IDLE, after(1.0)))
    system, foreign = System("all", (small,)), evolve(start(DOOR).snapshot, postponed=postponed)
    whole = evolve(system.start().snapshot, members=(foreign,))
    with pytest.raises(ForeignSnapshot, match="small cannot step from the snapshot of another machine"):
        system.step(whole, "small", Stimulus(event, ticket=ticket))


# ---------------------------------------------------------------------------------------------------------- starting
def test_a_machine_starts_in_its_initial_state_with_its_own_context():
    begun = start(build(row(IDLE, Go, UP)))
    assert begun.snapshot == Snapshot(IDLE, Context())
    assert begun.verdict == Started()
    assert str(begun.verdict) == "started"


def test_starting_arms_the_timers_and_issues_the_tickets_of_the_initial_state():
    machine = build(
        row(IDLE, after(3.0), UP), row(IDLE, OpenFailed, UP),
        states=declared(entry_idle=(Dial(),)), answering=answering(IDLE),
    )  # fmt: skip
    begun = start(machine, Context(4))
    assert [(each.ticket.name, each.delay, each.effect) for each in begun.issued] == [
        ("after 3 s in idle", 3.0, None),
        ("Dial", None, Dial()),
    ]
    assert begun.snapshot.tickets == tuple(each.ticket for each in begun.issued)
    assert begun.snapshot.context == Context(4)


def test_starting_raises_what_a_delay_of_the_initial_state_raises():
    with pytest.raises(RuntimeError, match="delay"):
        start(build(row(IDLE, after(broken_delay), UP)))


def test_an_initial_state_may_be_an_ended_one():
    machine = build(row(UP, Go, END), stay(EVERY, after(1.0)))
    machine = Machine("small", initial=END, context=Context(), states=machine.states, table=machine.table)
    assert start(machine).snapshot.tickets == ()
    assert Driven(machine).send(Go()).verdict == Unhandled(ended=True)


# ----------------------------------------------------------------------------------------------------------- tickets
def test_an_effect_that_answers_gets_a_ticket_and_a_plain_one_does_not():
    driven = Driven(build(row(IDLE, Go, DIALING, Note("x"), Dial()), answering=answering(DIALING)))
    done = driven.send(Go())
    assert done.effects == (Note("x"), Dial())
    assert [(each.ticket, each.effect) for each in done.issued] == [(Ticket(1, "Dial", "dialing"), Dial())]
    assert done.snapshot.tickets == (Ticket(1, "Dial", "dialing"),)


def test_the_counter_moves_only_when_a_ticket_is_issued():
    driven = Driven(build(row(IDLE, Go, DIALING, Dial()), row(DIALING, Back, IDLE), answering=answering(DIALING)))
    assert driven.last.snapshot.issued == 0
    assert driven.send(Go()).snapshot.issued == 1
    assert driven.send(Back()).snapshot.issued == 1
    assert driven.send(Go()).snapshot.tickets == (Ticket(2, "Dial", "dialing"),)


def test_a_machine_that_awaits_nothing_returns_to_an_equal_snapshot():
    driven = Driven(build(row(IDLE, Go, UP), row(UP, Back, IDLE)))
    before = driven.last.snapshot
    driven.send(Go())
    assert driven.send(Back()).snapshot == before


def test_leaving_the_scope_ends_its_tickets_and_says_so():
    driven = Driven(build(row(IDLE, Go, DIALING, Dial()), row(DIALING, Back, IDLE), answering=answering(DIALING)))
    driven.send(Go())
    done = driven.send(Back())
    assert done.ended == (Ticket(1, "Dial", "dialing"),)
    assert done.snapshot.tickets == ()


LINK = group("link", DIALING, UP)
DIALS = (
    row(IDLE, Go, DIALING, Dial()),
    row(DIALING, Opened, UP),
    row(LINK, OpenFailed, IDLE),
    row(LINK, Closed, IDLE),
    stay(LINK, Frame, Note("frame")),
    row(LINK, Back, IDLE),
)


def dialled(*more, **options):
    driven = Driven(build(*DIALS, *more, groups=(LINK,), answering=answering(LINK), **options))
    driven.send(Go())
    return driven


def test_a_final_outcome_drops_its_ticket_without_ending_it():
    driven = dialled()
    done = driven.send(OpenFailed(), 1)
    assert (done.verdict.target, done.snapshot.tickets, done.ended) == (IDLE, (), ())


def test_the_opening_of_a_stream_keeps_the_ticket_and_so_does_all_that_streams():
    driven = dialled()
    assert driven.send(Opened(), 1).snapshot.tickets == (Ticket(1, "Dial", "link"),)
    assert driven.send(Frame(), 1).effects == (Note("frame"),)
    assert driven.send(Frame(), 1).snapshot.tickets == (Ticket(1, "Dial", "link"),)


def test_the_end_of_a_stream_drops_the_ticket():
    driven = dialled()
    driven.send(Opened(), 1)
    done = driven.send(Closed(), 1)
    assert (done.snapshot.tickets, done.ended) == ((), ())
    assert driven.send(Frame(), 1).verdict == Stale(1)


def test_a_final_outcome_that_is_ignored_still_ends_its_effect():
    driven = Driven(
        build(
            row(IDLE, Go, DIALING, Dial()),
            rows.ignore(DIALING, OpenFailed, because="tried anyway"),
            answering=answering(DIALING),
        )
    )
    driven.send(Go())
    done = driven.send(OpenFailed(), 1)
    assert done.verdict == Ignored("tried anyway")
    assert done.snapshot.tickets == ()


def test_a_group_scoped_effect_lives_through_moves_inside_the_group():
    driven = dialled(row(UP, Poke, DIALING))
    driven.send(Opened(), 1)
    assert driven.send(Poke()).snapshot.tickets == (Ticket(1, "Dial", "link"),)
    assert driven.send(Closed(), 1).verdict.target is IDLE


def test_starting_an_effect_again_replaces_it_and_the_old_ticket_is_stale():
    driven = dialled(stay(DIALING, Poke, Dial("again")))
    done = driven.send(Poke())
    assert done.snapshot.tickets == (Ticket(2, "Dial", "link"),)
    assert done.ended == (Ticket(1, "Dial", "link"),)
    assert driven.send(OpenFailed(), 1).verdict == Stale(1)
    assert driven.send(OpenFailed(), 2).verdict.target is IDLE


def test_an_effect_started_twice_in_one_move_is_performed_once_the_last_time():
    machine = build(
        row(IDLE, Go, DIALING, Dial("row"), Note("between")),
        states=declared(entry_dialing=(Dial("entry"),)),
        answering=answering(DIALING),
    )
    done = Driven(machine).send(Go())
    assert done.effects == (Note("between"), Dial("entry"))
    assert [(each.ticket.number, each.effect) for each in done.issued] == [(2, Dial("entry"))]
    assert done.ended == ()


def test_a_maker_that_starts_an_effect_outside_its_scope_is_broken():
    driven = Driven(build(row(IDLE, Go, UP, any_dial), answering=answering(DIALING)))
    before = driven.last.snapshot
    done = driven.send(Go())
    assert done.verdict.function == "Dial"
    assert "outside its scope dialing" in str(done.verdict.exception)
    assert done.snapshot == before
    assert done.effects == ()


# ------------------------------------------------------------------------------------------------------------- stale
@pytest.mark.parametrize("ticket", [None, 0, 2])
def test_an_answer_with_no_ticket_or_a_wrong_one_is_stale(ticket):
    driven = dialled()
    before = driven.last.snapshot
    done = driven.send(OpenFailed(), ticket)
    assert done.verdict == Stale(ticket)
    assert done.path == (Stale(ticket),)
    assert done.snapshot == before
    assert str(Stale(None)) == "stale: no ticket"
    assert str(Stale(2)) == "stale: ticket 2 is over"


def test_an_answer_with_a_live_ticket_of_something_else_is_stale():
    driven = dialled(row(DIALING, after(9.0), IDLE))
    number = driven.last.snapshot.ticket("after 9 s in dialing").number
    assert driven.send(OpenFailed(), number).verdict == Stale(number)
    assert driven.send(Fired("after 9 s in dialing"), 2).verdict == Stale(2)


def test_stale_is_decided_before_any_guard_runs():
    driven = dialled(row(DIALING, OpenFailed, IDLE, guard=broken))
    assert driven.send(OpenFailed(), 7).verdict == Stale(7)
    assert isinstance(driven.send(OpenFailed(), 1).verdict, Broken)


def test_a_late_answer_is_stale_even_where_its_event_has_a_row():
    driven = dialled()
    driven.send(Back())
    driven.send(Go())
    assert driven.state is DIALING
    assert driven.send(OpenFailed(), 1).verdict == Stale(1)
    assert driven.send(OpenFailed(), 2).verdict.target is IDLE


def test_an_answer_after_its_final_outcome_is_stale():
    driven = dialled()
    driven.send(OpenFailed(), 1)
    assert driven.send(OpenFailed(), 1).verdict == Stale(1)


def test_a_resource_that_opens_too_late_is_disposed_of():
    driven = dialled()
    driven.send(Back())
    before = driven.last.snapshot
    done = driven.send(Opened(), 1)
    assert (done.verdict, done.effects, done.snapshot) == (Stale(1), (CloseLate(),), before)
    assert done.issued == ()


@pytest.mark.parametrize("event", [OpenFailed(), Frame(), Closed(), Fired("ping")])
def test_only_what_opens_a_resource_has_an_orphan(event):
    driven = dialled()
    driven.send(Back())
    assert driven.send(event, 1).effects == ()


def test_without_an_orphan_effect_a_late_opening_asks_for_nothing():
    driven = Driven(build(*DIALS, groups=(LINK,), answering=answering(LINK, orphan=None)))
    driven.send(Go())
    driven.send(Back())
    done = driven.send(Opened(), 1)
    assert (done.verdict, done.effects) == (Stale(1), ())


def test_an_event_that_no_effect_answers_with_needs_no_ticket():
    assert Driven(build(row(IDLE, Go, UP))).send(Go(), 99).verdict.target is UP


# ------------------------------------------------------------------------------------------------------- state timers
def test_a_timer_lives_for_the_stay_in_its_source():
    driven = Driven(build(row(IDLE, Go, UP), row(UP, after(5.0), IDLE), row(UP, Back, IDLE)))
    done = driven.send(Go())
    assert [(each.ticket, each.delay) for each in done.issued] == [(Ticket(1, "after 5 s in up", "up"), 5.0)]
    assert driven.send(Back()).ended == (Ticket(1, "after 5 s in up", "up"),)
    assert driven.send(Fired("after 5 s in up"), 1).verdict == Stale(1)


def test_a_timer_that_fires_takes_its_row_and_its_ticket_is_over():
    driven = Driven(build(row(IDLE, Go, UP), row(UP, after(5.0), IDLE)))
    driven.send(Go())
    done = driven.fire("after 5 s in up")
    assert (driven.state, done.snapshot.tickets, done.ended) == (IDLE, (), ())


def test_a_stay_neither_restarts_nor_ends_the_timers():
    driven = Driven(build(row(IDLE, Go, UP), stay(UP, Poke), row(UP, after(5.0), IDLE)))
    before = driven.send(Go()).snapshot
    done = driven.send(Poke())
    assert done.snapshot == before
    assert not done.moved


def test_a_reenter_starts_the_timers_afresh():
    driven = Driven(build(row(IDLE, Go, UP), reenter(UP, Poke), row(UP, after(5.0), IDLE)))
    driven.send(Go())
    done = driven.send(Poke())
    assert done.moved
    assert done.ended == (Ticket(1, "after 5 s in up", "up"),)
    assert [each.ticket for each in done.issued] == [Ticket(2, "after 5 s in up", "up")]
    assert driven.send(Fired("after 5 s in up"), 1).verdict == Stale(1)


def test_a_timer_that_is_answered_by_a_stay_does_not_run_again():
    driven = Driven(build(row(IDLE, Go, UP), stay(UP, after(5.0), Note("due"))))
    driven.send(Go())
    assert driven.fire("after 5 s in up").effects == (Note("due"),)
    assert driven.live == []


def test_rows_of_one_source_with_the_same_delay_wait_for_the_same_timer():
    driven = Driven(build(row(IDLE, Go, UP), row(UP, after(5.0), END, guard=never), row(UP, after(5.0), IDLE)))
    assert len(driven.send(Go()).issued) == 1
    assert driven.fire("after 5 s in up").verdict.refused == ("never",)
    assert driven.state is IDLE


def test_one_row_with_several_sources_has_a_timer_for_each():
    driven = Driven(build(row((IDLE, UP), after(5.0), BUSY), row(IDLE, Go, UP)))
    assert driven.live == ["after 5 s in idle"]
    driven.send(Go())
    assert driven.live == ["after 5 s in up"]


def test_a_timer_of_every_state_counts_each_stay_by_itself_and_never_an_ended_one():
    driven = Driven(build(row(EVERY, after(5.0), END), row(IDLE, Go, UP)))
    driven.send(Go())
    assert driven.live == ["after 5 s in up"]
    driven.fire("after 5 s in up")
    assert (driven.state, driven.live) == (END, [])


def test_a_delay_is_worked_out_from_the_new_context():
    driven = Driven(build(row(IDLE, Go, UP, update=counted), row(UP, after(grown_delay), IDLE)))
    assert driven.send(Go()).issued[0].delay == 11.0


def test_a_drawn_delay_is_handed_out_as_a_description():
    driven = Driven(build(row(IDLE, Go, UP), row(UP, after(drawn_delay), IDLE), row(UP, after(Jitter(3, 4)), IDLE)))
    assert [each.delay for each in driven.send(Go()).issued] == [Jitter(1.0, 2.0), Jitter(3, 4)]


# ------------------------------------------------------------------------------------------------------- group timers
OUTER, INNER = group("outer", DIALING, UP, BUSY), group("inner", UP, BUSY)
GROUPED = (
    row(IDLE, Go, DIALING),
    row(DIALING, Go, UP),
    row(UP, Go, BUSY),
    row(OUTER, Back, IDLE),
    row(OUTER, after(50.0), IDLE),
    row(INNER, after(30.0), IDLE),
)


def test_a_groups_timer_is_not_armed_again_by_moves_inside_the_group():
    driven = Driven(build(*GROUPED, groups=(OUTER, INNER)))
    assert [each.ticket.scope for each in driven.send(Go()).issued] == ["outer"]
    assert [each.ticket.scope for each in driven.send(Go()).issued] == ["inner"]
    done = driven.send(Go())
    assert (done.issued, done.ended) == ((), ())
    assert driven.live == ["after 50 s in outer", "after 30 s in inner"]


def test_leaving_a_group_ends_its_timers_and_those_of_the_groups_inside():
    driven = Driven(build(*GROUPED, groups=(OUTER, INNER)))
    driven.send(Go())
    driven.send(Go())
    assert [ticket.scope for ticket in driven.send(Back()).ended] == ["outer", "inner"]


def test_a_groups_timer_fires_wherever_in_the_group_one_is():
    driven = Driven(build(*GROUPED, groups=(OUTER, INNER)))
    for _ in range(3):
        driven.send(Go())
    assert driven.fire("after 50 s in outer").verdict.source is BUSY
    assert driven.state is IDLE


def test_leaving_an_inner_group_leaves_the_outer_ones_timer_running():
    driven = Driven(build(*GROUPED, row(BUSY, Poke, DIALING), groups=(OUTER, INNER)))
    for _ in range(3):
        driven.send(Go())
    driven.send(Poke())
    assert driven.live == ["after 50 s in outer"]


def test_a_reenter_of_a_group_starts_its_timers_afresh_and_a_reenter_of_a_state_in_it_does_not():
    whole, single = reenter(INNER, Poke), reenter(UP, Stop)
    driven = Driven(build(*GROUPED, whole, single, groups=(OUTER, INNER)))
    driven.send(Go())
    driven.send(Go())
    assert driven.send(Stop()).issued == ()
    done = driven.send(Poke())
    assert [ticket.scope for ticket in done.ended] == ["inner"]
    assert [each.ticket.scope for each in done.issued] == ["inner"]


# ------------------------------------------------------------------------------------------------------- named timers
PING = timer("ping", 20.0, scope=LINK)
SHORT = timer("short", grown_delay, scope=IDLE)
PINGS = (
    row(IDLE, Go, DIALING),
    row(DIALING, Go, UP, arm(PING)),
    stay(UP, Poke, arm(PING)),
    stay(UP, Work, disarm(PING)),
    row(UP, PING, BUSY),
    stay(DIALING, PING, Note("ping")),
    row(UP, Go, DIALING),
    row(LINK, Back, IDLE),
)


def pinged():
    driven = Driven(build(*PINGS, groups=(LINK,)))
    driven.send(Go())
    driven.send(Go())
    return driven


def test_a_named_timer_is_armed_by_its_order_only():
    driven = Driven(build(*PINGS, groups=(LINK,)))
    assert driven.send(Go()).issued == ()
    done = driven.send(Go())
    assert [(each.ticket, each.delay) for each in done.issued] == [(Ticket(1, "ping", "link"), 20.0)]
    assert done.effects == ()


def test_arming_again_replaces_the_timer_and_the_old_ticket_is_stale():
    driven = pinged()
    done = driven.send(Poke())
    assert (done.ended, done.snapshot.tickets) == ((Ticket(1, "ping", "link"),), (Ticket(2, "ping", "link"),))
    assert driven.send(Fired("ping"), 1).verdict == Stale(1)
    assert driven.send(Fired("ping"), 2).verdict.target is BUSY


def test_disarming_ends_the_timer_and_does_nothing_if_it_does_not_run():
    driven = pinged()
    assert driven.send(Work(1)).ended == (Ticket(1, "ping", "link"),)
    assert driven.send(Fired("ping"), 1).verdict == Stale(1)
    done = driven.send(Work(1))
    assert (done.ended, type(done.verdict)) == ((), Taken)


def test_a_named_timer_lives_for_the_stay_in_its_scope():
    driven = pinged()
    driven.send(Go())
    assert (driven.state, driven.live) == (DIALING, ["ping"])
    assert driven.fire("ping").effects == (Note("ping"),)
    driven = pinged()
    assert driven.send(Back()).ended == (Ticket(1, "ping", "link"),)


def test_a_timer_armed_and_disarmed_in_one_row_is_never_handed_out():
    table = (stay(IDLE, Go, arm(SHORT), disarm(SHORT)), stay(IDLE, Poke, arm(SHORT)), stay(IDLE, SHORT))
    done = Driven(build(*table)).send(Go())
    assert (done.issued, done.ended, done.snapshot.tickets) == ((), (), ())


def test_a_named_timers_delay_is_worked_out_when_it_is_armed():
    driven = Driven(build(stay(IDLE, Go, arm(SHORT), update=counted), stay(IDLE, SHORT)))
    assert driven.send(Go()).issued[0].delay == 11.0
    assert driven.send(Go()).issued[0].delay == 12.0


def test_orders_of_one_move_follow_the_row():
    driven = Driven(build(row(IDLE, Go, UP, Note("a"), arm(PING), Note("b")), stay(UP, PING), groups=(LINK,)))
    done = driven.send(Go())
    assert done.effects == (Note("a"), Note("b"))
    assert [each.ticket.name for each in done.issued] == ["ping"]


# -------------------------------------------------------------------------------------------------------- idle timers
WIDE = group("wide", DIALING, UP, BUSY)
QUIET = "idle 30 s of Frame, Poke in wide"
SILENCE = (
    row(IDLE, Go, DIALING, Dial()),
    row(DIALING, Opened, UP),
    row(WIDE, OpenFailed, IDLE),
    row(WIDE, Closed, IDLE),
    stay(WIDE, Frame),
    row(UP, Poke, choice("where", to(DIALING, guard=never), to(BUSY))),
    rows.ignore(DIALING, Poke, because="no sign of life"),
    row(BUSY, Poke, UP),
    stay(WIDE, idle(30.0, of=(Frame, Poke)), Note("quiet")),
)


def listening():
    driven = Driven(build(*SILENCE, groups=(WIDE,), answering=answering(WIDE)))
    driven.send(Go())
    driven.send(Opened(), 2)
    return driven


def test_an_idle_timer_is_armed_by_the_entry_into_its_rows_source():
    driven = listening()
    assert driven.last.issued == ()
    assert driven.last.snapshot.tickets[0] == Ticket(1, QUIET, "wide")
    assert driven.machine.key_label(QUIET) == "idle 30 s"


def test_an_event_it_names_starts_it_afresh_be_it_by_a_stay_or_a_move_inside():
    driven = listening()
    done = driven.send(Frame(), 2)
    assert [(each.ticket, each.delay) for each in done.issued] == [(Ticket(3, QUIET, "wide"), 30.0)]
    assert done.ended == (Ticket(1, QUIET, "wide"),)
    assert not done.moved
    assert driven.send(Poke()).issued[0].ticket.number == 4
    assert driven.state is BUSY
    assert driven.send(Fired(QUIET), 3).verdict == Stale(3)


def test_what_is_ignored_or_of_another_class_does_not_start_it_afresh():
    driven = Driven(build(*SILENCE, groups=(WIDE,), answering=answering(WIDE)))
    driven.send(Go())
    assert isinstance(driven.send(Poke()).verdict, Ignored)
    assert driven.send(Opened(), 2).issued == ()
    assert driven.live == [QUIET, "Dial"]


def test_once_fired_it_rests_until_the_next_event_it_names():
    driven = listening()
    assert driven.fire(QUIET).effects == (Note("quiet"),)
    assert driven.live == ["Dial"]
    assert driven.fire(QUIET).verdict == Stale(None)
    driven.send(Frame(), 2)
    assert driven.live == ["Dial", QUIET]


def test_an_event_that_leaves_and_enters_its_source_arms_it_once():
    driven = Driven(build(reenter(IDLE, Poke), row(IDLE, idle(grown_delay, of=(Poke,)), UP), row(UP, Poke, IDLE)))
    done = driven.send(Poke())
    assert [each.ticket.number for each in done.issued] == [2]
    assert driven.fire("idle grown_delay of Poke in idle").verdict.target is UP
    assert [each.delay for each in driven.send(Poke()).issued] == [10.0]


def test_its_delay_is_worked_out_again_whenever_it_starts_afresh():
    driven = Driven(build(stay(IDLE, Poke, update=counted), row(IDLE, idle(grown_delay, of=(Poke,)), UP)))
    assert driven.send(Poke()).issued[0].delay == 11.0
    assert driven.send(Poke()).issued[0].delay == 12.0


def test_an_event_that_leaves_its_source_ends_it():
    driven = listening()
    done = driven.send(Closed(), 2)
    assert (done.ended, done.issued) == ((Ticket(1, QUIET, "wide"),), ())


# ------------------------------------------------------------------------------------------------------- keyed timers
def number(_: Context, event: Work) -> int:
    return event.number


def how_many(context: Context) -> str:
    return f"the {context.count}th"


def no_key(_: Context) -> float:
    return 1.5


def broken_key(_: Context) -> str:
    raise RuntimeError("key")


def noted_key(_: Context, event: Fired) -> Note:
    return Note(f"{event.key}")


def where(dial: Dial) -> str:
    return dial.to


def shout(dial: Dial) -> bytes:
    return dial.to.encode()


def small(_: Context, event: Work) -> bool:
    return event.number < 10


def dial_number(_: Context, event: Work) -> Dial:
    return Dial(f"{event.number}")


ASKING = (stay(IDLE, Work, dial_number), stay(IDLE, OpenFailed), stay(IDLE, Closed))


SETTLE = timer("settle", 5.0, scope=IDLE, key=number)
SETTLING = (stay(IDLE, Work, arm(SETTLE)), stay(IDLE, SETTLE, noted_key), row(IDLE, Go, UP))


def test_timers_of_one_name_run_side_by_side_by_their_keys():
    driven = Driven(build(*SETTLING))
    for at in (1, 2):
        driven.send(Work(at))
    first, second = Ticket(1, "settle", "idle", 1), Ticket(2, "settle", "idle", 2)
    assert driven.last.snapshot.tickets == (first, second)
    assert driven.last.snapshot.ticket("settle") == first
    assert driven.last.snapshot.ticket("settle", 2) == second
    assert driven.last.snapshot.ticket("settle", 3) is None


def test_arming_a_key_again_replaces_the_timer_of_that_key_alone():
    driven = Driven(build(*SETTLING))
    for at in (1, 2, 1):
        driven.send(Work(at))
    assert driven.last.ended == (Ticket(1, "settle", "idle", 1),)
    assert [(each.number, each.key) for each in driven.last.snapshot.tickets] == [(2, 2), (3, 1)]


def test_a_fired_timer_says_its_key_and_ends_alone():
    driven = Driven(build(*SETTLING))
    for at in (1, 2):
        driven.send(Work(at))
    done = driven.send(Fired("settle", 2), 2)
    assert done.effects == (Note("2"),)
    assert done.snapshot.tickets == (Ticket(1, "settle", "idle", 1),)
    assert driven.send(Fired("settle", 2), 1).verdict == Stale(1)
    assert driven.send(Go()).ended == (Ticket(1, "settle", "idle", 1),)


def test_disarming_ends_the_timer_of_its_key_alone():
    stopped = timer("settle", 5.0, scope=IDLE, key=number)
    driven = Driven(
        build(row(IDLE, SETTLE, UP), stay(IDLE, Work, arm(SETTLE), guard=small), stay(IDLE, Work, disarm(stopped)))
    )
    for at in (1, 2, 11):
        driven.send(Work(at))
    assert [each.key for each in driven.last.snapshot.tickets] == [1, 2]
    assert driven.send(Work(12)).ended == ()


def test_a_key_of_the_context_reads_the_new_one():
    many = timer("many", 5.0, scope=IDLE, key=how_many)
    driven = Driven(build(stay(IDLE, Go, arm(many), update=counted), stay(IDLE, Poke, disarm(many)), stay(IDLE, many)))
    for _ in range(2):
        driven.send(Go())
    assert [each.key for each in driven.last.snapshot.tickets] == ["the 1th", "the 2th"]
    assert [each.key for each in driven.send(Poke()).ended] == ["the 2th"]


@pytest.mark.parametrize(("key", "words"), [(no_key, "not 1.5"), (broken_key, "key")])
def test_what_gives_no_key_is_broken_and_changes_nothing(key, words):
    bad = timer("bad", 5.0, scope=IDLE, key=key)
    driven = Driven(build(stay(IDLE, Go, arm(bad), update=counted), stay(IDLE, bad), stay(IDLE, Poke, disarm(bad))))
    for event in (Go(), Poke()):
        done = driven.send(event)
        assert done.verdict.function == key.__name__
        assert words in str(done.verdict.exception)
        assert done.snapshot == start(driven.machine).snapshot


def test_an_order_that_answers_is_under_way_once_for_each_key():
    driven = Driven(build(*ASKING, answering=answering(IDLE, key=where)))
    for at in (1, 2, 1):
        driven.send(Work(at))
    assert driven.last.ended == (Ticket(1, "Dial", "idle", "1"),)
    assert [(each.number, each.key) for each in driven.last.snapshot.tickets] == [(2, "2"), (3, "1")]
    assert [each.ticket.key for each in driven.last.issued] == ["1"]
    assert driven.send(OpenFailed(), 2).snapshot.tickets == (Ticket(3, "Dial", "idle", "1"),)
    assert driven.send(OpenFailed(), 1).verdict == Stale(1)


def test_an_effect_whose_key_cannot_be_told_is_broken():
    driven = Driven(build(*ASKING, answering=answering(IDLE, key=shout)))
    done = driven.send(Work(1))
    assert (done.verdict.function, done.snapshot.tickets, done.effects) == ("shout", (), ())


def test_a_runner_keeps_a_deadline_for_every_key_and_answers_the_effect_that_is_meant():
    runner = Runner(build(*SETTLING))
    for at in (1, 2, 1):
        runner.send(Work(at))
    assert [verdict.row for verdict in runner.due(5.0)] == [SETTLING[1].origin] * 2
    assert runner.effects == [Note("2"), Note("1")]
    runner = Runner(build(*ASKING, answering=answering(IDLE, key=where)))
    for at in (1, 2, 3):
        runner.send(Work(at))
    runner.answer(OpenFailed(), "2")
    assert [each.key for each in runner.snapshot.tickets] == ["1", "3"]
    runner.answer(OpenFailed())
    assert [each.key for each in runner.snapshot.tickets] == ["3"]
    assert runner.answer(OpenFailed(), "1") == Stale(None)


# ---------------------------------------------------------------------------------------------------- nothing changes
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


def test_the_time_of_a_stimulus_decides_nothing():
    machine = build(row(IDLE, Go, UP), row(UP, after(5.0), IDLE))
    snapshot = start(machine).snapshot
    assert step(machine, snapshot, Stimulus(Go(), 1.0)) == step(machine, snapshot, Stimulus(Go(), 1e9))


# ------------------------------------------------------------------------------------------------------------- ended
def test_an_ended_machine_answers_nothing_even_where_every_state_does():
    driven = Driven(build(row(IDLE, Stop, END), stay(EVERY, Go)))
    driven.send(Stop())
    done = driven.send(Go())
    assert done.verdict == Unhandled(ended=True)
    assert str(done.verdict) == "unhandled: the machine has ended"


def test_entering_an_ended_state_ends_every_ticket_even_of_a_group_that_holds_it():
    whole = group("whole", DIALING, UP, END, exit=(Note("left"),))
    driven = Driven(
        build(
            row(IDLE, Go, DIALING, Dial()), row(whole, Stop, END), row(whole, after(9.0), END),
            groups=(whole,), answering=answering(whole),
        )
    )  # fmt: skip
    driven.send(Go())
    done = driven.send(Stop())
    assert [ticket.name for ticket in done.ended] == ["after 9 s in whole", "Dial"]
    assert (done.snapshot.tickets, done.effects) == ((), ())


def test_an_ended_state_starts_no_timer_of_a_group_that_holds_it():
    whole = group("whole", UP, END)
    driven = Driven(build(row(IDLE, Stop, END), row(whole, after(9.0), IDLE), groups=(whole,)))
    done = driven.send(Stop())
    assert (done.issued, done.snapshot.tickets) == ((), ())


def test_an_ended_machine_still_disposes_of_what_opens_late():
    driven = dialled(row(LINK, Stop, END))
    driven.send(Stop())
    done = driven.send(Opened(), 1)
    assert (driven.state, done.verdict, done.effects) == (END, Stale(1), (CloseLate(),))


# ------------------------------------------------------------------------------------------------------- postponement
WORKS = (
    row(IDLE, Go, DIALING),
    row(DIALING, Go, UP),
    postpone((IDLE, DIALING), Work, because="not up yet"),
    stay(UP, Work, update=seeing),
)


def test_a_postponed_event_is_kept_and_tried_again_after_a_change_of_state():
    driven = Driven(build(*WORKS))
    done = driven.send(Work(1))
    assert (done.verdict, done.snapshot.postponed) == (Postponed("not up yet"), (Work(1),))
    done = driven.send(Go())
    assert [type(verdict) for verdict in done.path] == [Taken, Postponed]
    assert done.snapshot.postponed == (Work(1),)
    done = driven.send(Go())
    assert [type(verdict) for verdict in done.path] == [Taken, Taken]
    assert done.verdict == done.path[0]
    assert done.snapshot == Snapshot(UP, Context(seen=(1,)))


def test_postponed_events_are_tried_oldest_first():
    driven = Driven(build(*WORKS))
    for number in (1, 2, 3):
        driven.send(Work(number))
    driven.send(Go())
    assert driven.send(Go()).snapshot.context.seen == (1, 2, 3)


def test_those_that_stay_postponed_keep_their_order():
    machine = build(
        row(IDLE, Go, UP), postpone(IDLE, either(Work, Poke), because="later"),
        postpone(UP, Work, because="later still"), stay(UP, Poke, Note("poked")),
    )  # fmt: skip
    driven = Driven(machine)
    for event in (Work(1), Poke(), Work(2), Poke(), Work(3)):
        driven.send(event)
    done = driven.send(Go())
    assert done.snapshot.postponed == (Work(1), Work(2), Work(3))
    assert done.effects == (Note("poked"), Note("poked"))
    assert len(done.path) == 6


def test_a_reenter_sets_postponed_events_free_and_a_stay_does_not():
    def up(context: Context) -> bool:
        return context.count > 0

    machine = build(
        stay(IDLE, Poke, update=counted), reenter(IDLE, Go),
        stay(IDLE, Work, guard=up, update=seeing), postpone(IDLE, Work, because="later"),
    )  # fmt: skip
    driven = Driven(machine)
    driven.send(Work(1))
    done = driven.send(Poke())
    assert (done.snapshot.postponed, len(done.path)) == ((Work(1),), 1)
    done = driven.send(Go())
    assert (done.snapshot.postponed, done.snapshot.context.seen) == ((), (1,))


def test_when_a_postponed_event_changes_the_state_the_oldest_is_tried_first_again():
    machine = build(
        row(IDLE, Go, DIALING),
        postpone((IDLE, DIALING), Work, because="not up yet"),
        postpone(IDLE, Poke, because="later"),
        row(DIALING, Poke, UP),
        stay(UP, Work, update=seeing),
    )
    driven = Driven(machine)
    for event in (Work(1), Work(2), Poke(), Work(3)):
        driven.send(event)
    done = driven.send(Go())
    assert done.snapshot == Snapshot(UP, Context(seen=(1, 2, 3)))
    assert [type(verdict) for verdict in done.path] == [Taken, Postponed, Postponed, Taken, Taken, Taken, Taken]
    assert done.verdict.target is DIALING


@pytest.mark.parametrize("line", [row(UP, Work, IDLE, guard=never), rows.forbid(UP, Work, because="no")])
def test_a_postponed_event_that_is_not_taken_leaves_the_queue_with_its_verdict_in_the_path(line):
    driven = Driven(build(row(IDLE, Go, UP), postpone(IDLE, Work, because="later"), line))
    driven.send(Work(1))
    done = driven.send(Go())
    assert done.snapshot == Snapshot(UP, Context())
    assert type(done.path[1]) in (Refused, Forbidden)
    assert isinstance(done.verdict, Taken)


def test_a_postponed_event_that_breaks_leaves_the_queue_and_the_move_stands():
    driven = Driven(build(row(IDLE, Go, UP), postpone(IDLE, Work, because="later"), row(UP, Work, IDLE, guard=broken)))
    driven.send(Work(1))
    done = driven.send(Go())
    assert done.snapshot == Snapshot(UP, Context())
    assert [type(verdict) for verdict in done.path] == [Taken, Broken]


def test_a_postponed_event_left_at_an_ended_state_is_unhandled():
    driven = Driven(build(row(IDLE, Stop, END), postpone(IDLE, Work, because="later")))
    driven.send(Work(1))
    done = driven.send(Stop())
    assert done.path[1] == Unhandled(ended=True)
    assert done.snapshot == Snapshot(END, Context())


def test_a_full_queue_refuses_the_event_and_keeps_what_it_has():
    driven = Driven(build(*WORKS, postpone_limit=2))
    for number in (1, 2):
        driven.send(Work(number))
    before = driven.last.snapshot
    done = driven.send(Work(3))
    assert done.verdict == Refused((), full=True)
    assert str(done.verdict) == "refused: too many postponed events"
    assert done.snapshot == before


def test_a_full_queue_is_worked_off_in_one_step():
    driven = Driven(build(*WORKS))
    driven.send(Go())
    for number in range(1000):
        assert isinstance(driven.send(Work(number)).verdict, Postponed)
    assert driven.send(Work(1000)).verdict == Refused((), full=True)
    assert driven.send(Go()).snapshot.context.seen == tuple(range(1000))


def test_an_effect_that_a_postponed_event_ends_is_not_asked_for_at_all():
    machine = build(
        row(IDLE, Go, DIALING, Note("before"), Dial(), Note("after")),
        postpone(IDLE, Back, because="later"),
        row(DIALING, Back, IDLE),
        row(DIALING, after(9.0), IDLE),
        answering=answering(DIALING),
    )
    driven = Driven(machine)
    driven.send(Back())
    done = driven.send(Go())
    assert done.snapshot == Snapshot(IDLE, Context(), issued=2)
    assert done.effects == (Note("before"), Note("after"))
    assert (done.issued, done.ended) == ((), ())


def test_a_postponed_event_may_start_the_same_effect_again():
    machine = build(
        row(IDLE, Go, DIALING),
        postpone(IDLE, Poke, because="later"),
        reenter(DIALING, Poke),
        states=declared(entry_dialing=(Dial(),)),
        answering=answering(DIALING),
    )
    driven = Driven(machine)
    driven.send(Poke())
    driven.send(Poke())
    done = driven.send(Go())
    assert done.effects == (Dial(),)
    assert [each.ticket.number for each in done.issued] == [3]
    assert done.snapshot.tickets == (Ticket(3, "Dial", "dialing"),)


def test_a_ticket_from_before_that_a_postponed_event_ends_is_listed_as_ended():
    machine = build(
        row(IDLE, Go, DIALING, Dial()),
        row(DIALING, Go, UP),
        postpone(DIALING, Back, because="later"),
        row(UP, Back, IDLE),
        groups=(LINK,),
        answering=answering(LINK),
    )
    driven = Driven(machine)
    driven.send(Go())
    driven.send(Back())
    done = driven.send(Go())
    assert driven.state is IDLE
    assert done.ended == (Ticket(1, "Dial", "link"),)


def test_a_snapshot_finds_a_live_ticket_by_name():
    driven = dialled()
    assert driven.last.snapshot.ticket("Dial") == Ticket(1, "Dial", "link")
    assert driven.last.snapshot.ticket("ping") is None
