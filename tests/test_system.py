"""Machines wired together: one stimulus is one transaction, delivered to quiescence, all of it or nothing."""

from enum import StrEnum, auto

import pytest
from attrs import evolve, frozen

from statekit import (
    Broken,
    Fired,
    Kind,
    Livelock,
    Machine,
    MalformedSystem,
    Postponed,
    Refused,
    Rows,
    Signal,
    Stale,
    Started,
    Stimulus,
    System,
    SystemSnapshot,
    Taken,
    Ticket,
    UnknownMember,
    View,
    after,
    derive,
    publish,
    start,
    step,
    wire,
)
from statekit.transaction import Armed, Ordered
from statekit.work import HOP_BOUND


class State(StrEnum):
    IDLE = auto()
    ON = auto()


IDLE, ON = State


# --------------------------------------------------------------------------------------------------------- the parts
@frozen
class Go:
    pass


@frozen
class Back:
    pass


@frozen
class Job:
    number: int


@frozen
class Heard:
    text: str


@frozen
class Told:
    value: int


@frozen
class Say(Signal):
    text: str


@frozen
class Shout(Signal):
    text: str


@frozen
class Dial:
    pass


@frozen
class Answered:
    pass


@frozen
class Opened:
    pass


@frozen
class CloseLate:
    pass


@frozen
class Note:
    text: str


@frozen
class Context:
    heard: tuple[str, ...] = ()
    told: int = 0


rows = Rows[State, Context, object]()
row, stay, postpone = rows.row, rows.stay, rows.postpone
STATES = (rows.state(IDLE, Kind.REST, "off"), rows.state(ON, Kind.STEADY, "on"))


def machine(name, *table, **more):
    more = {"states": STATES, "initial": IDLE, "context": Context(), **more}
    return Machine(name, table=table, **more)


def hear(context: Context, event: Heard) -> Context:
    return evolve(context, heard=(*context.heard, event.text))


def learn(context: Context, event: Told) -> Context:
    return evolve(context, told=event.value)


def echo(context: Context) -> Say:
    return Say(f"echo {context.heard[-1]}")


def broken(_: Context) -> bool:
    raise RuntimeError("guard")


def never(_: Context) -> bool:
    return False


def failed(_: object) -> Answered:
    return Answered()


def heard(signal: Say | Shout) -> Heard:
    return Heard(signal.text)


def heard_loudly(signal: Say) -> Heard:
    return Heard(signal.text.upper())


def goes(_: Say) -> Go:
    return Go()


def jobs(_: Say) -> Job:
    return Job(0)


SENDER = machine("sender", row(IDLE, Go, ON, Say("one"), Note("between"), Say("two")), row(ON, Back, IDLE))
LISTENER = machine("listener", stay((IDLE, ON), Heard, update=hear), row(IDLE, Go, ON))
OTHER = machine("other", stay((IDLE, ON), Heard, update=hear))


def go(system, member, event, snapshot=None, ticket=None):
    return system.step(snapshot or system.start().snapshot, member, Stimulus(event, ticket=ticket))


def hops(done):
    return [(hop.member, hop.event) for hop in done.path]


# ---------------------------------------------------------------------------------------------------------- starting
def test_a_system_starts_its_members_in_the_order_they_are_listed():
    noisy = machine("noisy", row(IDLE, Go, ON), row(IDLE, after(3.0), ON), states=speaking("noisy"))
    system = System("pair", (noisy, LISTENER), (wire(noisy, Say, LISTENER, heard),))
    begun = system.start()
    assert begun.verdict == Started()
    assert system.names == ("noisy", "listener")
    assert begun.snapshot.of(noisy).tickets == (Ticket(1, "after 3 s in idle", "idle"),)
    assert [(each.member, each.issued.delay) for each in begun.armed] == [("noisy", 3.0)]
    assert begun.snapshot.of(LISTENER).context.heard == ("noisy starts",)
    assert begun.ended == ()


def speaking(name, *more):
    return (
        rows.state(IDLE, Kind.REST, "off", entry=(Say(f"{name} starts"), *more)),
        rows.state(ON, Kind.STEADY, "on"),
    )


def test_members_start_with_given_contexts_or_their_own():
    system = System("pair", (LISTENER, OTHER))
    begun = system.start({"other": Context(("before",))})
    assert begun.snapshot.of(LISTENER).context == Context()
    assert begun.snapshot.of(OTHER).context == Context(("before",))


def test_a_context_for_nobody_is_refused():
    with pytest.raises(UnknownMember) as caught:
        System("pair", (LISTENER, OTHER)).start({"nobody": Context()})
    assert caught.value.name == "nobody"
    assert caught.value.known == ("listener", "other")


def test_starting_raises_what_breaks_on_the_way():
    deaf = machine("deaf", stay(IDLE, Heard, guard=broken))
    loud = machine("loud", row(IDLE, Go, ON), states=speaking("loud"))
    with pytest.raises(RuntimeError, match="guard"):
        System("pair", (loud, deaf), (wire(loud, Say, deaf, heard),)).start()


def test_a_ticket_issued_and_dropped_while_starting_is_not_handed_out():
    brief = machine(
        "brief", row(IDLE, Go, ON), row(IDLE, after(9.0), ON), row(IDLE, Answered, ON),
        states=speaking("brief", Dial()), answering=(rows.answering(Dial, Answered, scope=IDLE, failed=failed),),
    )  # fmt: skip
    begun = System("alone", (brief,), (wire(brief, Say, brief, goes),)).start()
    assert begun.snapshot.of(brief).state is ON
    assert (begun.orders, begun.armed, begun.ended) == ((), (), ())


# ----------------------------------------------------------------------------------------------------------- signals
def test_signals_are_delivered_in_the_order_they_were_sent_and_never_reach_the_driver():
    system = System("pair", (SENDER, LISTENER), (wire(SENDER, Say, LISTENER, heard),))
    done = go(system, "sender", Go())
    assert hops(done) == [("sender", Go()), ("listener", Heard("one")), ("listener", Heard("two"))]
    assert done.orders == (Ordered("sender", Note("between")),)
    assert not done.orders[0].started
    assert done.verdict.target is ON


def test_a_signal_wired_to_several_is_received_in_the_order_of_the_wiring():
    system = System(
        "three", (OTHER, SENDER, LISTENER),
        (wire(SENDER, Say, LISTENER, heard), wire(SENDER, Say, OTHER, heard_loudly)),
    )  # fmt: skip
    assert hops(go(system, "sender", Go()))[1:] == [
        ("listener", Heard("one")),
        ("other", Heard("ONE")),
        ("listener", Heard("two")),
        ("other", Heard("TWO")),
    ]


def test_signals_of_signals_come_after_those_already_sent():
    repeater = machine("repeater", stay(IDLE, Heard, echo, update=hear))
    system = System(
        "three", (SENDER, repeater, OTHER), (wire(SENDER, Say, repeater, heard), wire(repeater, Say, OTHER, heard))
    )
    assert [hop.event.text for hop in go(system, "sender", Go()).path[1:]] == ["one", "two", "echo one", "echo two"]


def test_published_signals_go_to_the_application_in_their_order():
    loud = machine("loud", row(IDLE, Go, ON, Shout("a"), Say("b"), Shout("c")))
    system = System("pair", (loud, LISTENER), (publish(loud, Shout), wire(loud, Say, LISTENER, heard)))
    done = go(system, "loud", Go())
    assert done.published == (Shout("a"), Shout("c"))
    assert len(done.path) == 2


def test_a_signal_may_be_both_wired_and_published():
    system = System("pair", (SENDER, LISTENER), (publish(SENDER, Say), wire(SENDER, Say, LISTENER, heard)))
    done = go(system, "sender", Go())
    assert done.published == (Say("one"), Say("two"))
    assert done.snapshot.of(LISTENER).context.heard == ("one", "two")


def test_the_verdict_is_the_stimulus_own_whatever_its_signals_meet():
    strict = machine("strict", stay(IDLE, Heard, guard=never))
    system = System("pair", (SENDER, strict), (wire(SENDER, Say, strict, heard),))
    done = go(system, "sender", Go())
    assert isinstance(done.verdict, Taken)
    assert [type(hop.verdict) for hop in done.path] == [Taken, Refused, Refused]


def test_an_unknown_member_is_named_with_those_that_exist():
    system = System("pair", (SENDER, LISTENER), (publish(SENDER, Say),))
    with pytest.raises(UnknownMember, match="pair has no member 'nobody'; its members are sender, listener"):
        go(system, "nobody", Go())


# ---------------------------------------------------------------------------------------------------- all or nothing
def test_if_a_member_breaks_on_the_way_nothing_happened_anywhere():
    deaf = machine("deaf", stay(IDLE, Heard, guard=broken))
    system = System(
        "three", (SENDER, LISTENER, deaf), (wire(SENDER, Say, LISTENER, heard), wire(SENDER, Say, deaf, heard))
    )
    before = system.start().snapshot
    done = go(system, "sender", Go(), before)
    assert isinstance(done.verdict, Broken)
    assert done.verdict.function == "broken"
    assert done.snapshot is before
    assert (done.orders, done.published, done.armed, done.ended) == ((), (), (), ())
    assert [type(hop.verdict) for hop in done.path] == [Taken, Taken, Broken]


def test_if_the_stimulus_itself_breaks_nothing_happened():
    weak = machine("weak", row(IDLE, Go, ON, guard=broken))
    system = System("alone", (weak,))
    before = system.start().snapshot
    done = go(system, "weak", Go(), before)
    assert (type(done.verdict), done.snapshot) == (Broken, before)


def test_if_a_postponed_event_breaks_nothing_happened():
    weak = machine("weak", row(IDLE, Go, ON), postpone(IDLE, Job, because="later"), stay(ON, Job, guard=broken))
    system = System("alone", (weak,))
    before = go(system, "weak", Job(1)).snapshot
    done = go(system, "weak", Go(), before)
    assert (type(done.verdict), done.snapshot) == (Broken, before)


def test_a_wires_maker_that_raises_breaks_the_transaction():
    def cannot(_: Say) -> Heard:
        raise RuntimeError("maker")

    system = System("pair", (SENDER, LISTENER), (wire(SENDER, Say, LISTENER, cannot),))
    before = system.start().snapshot
    done = go(system, "sender", Go(), before)
    assert done.verdict.function == "cannot"
    assert done.snapshot is before


def test_a_signal_that_no_return_annotation_names_breaks_the_transaction():
    def lies(_: Context) -> Note:
        return Shout("surprise")  # type: ignore[return-value]

    liar = machine("liar", row(IDLE, Go, ON, lies))
    system = System("alone", (liar,))
    done = go(system, "liar", Go())
    assert done.verdict.function == "Shout"
    assert "no maker's return annotation names" in str(done.verdict.exception)
    assert done.snapshot == system.start().snapshot


# ----------------------------------------------------------------------------------------------------- derived facts
def how_many_on(view: View) -> int:
    return sum(member.state is ON for member in view.members)


SWITCHES = tuple(machine(name, row(IDLE, Go, ON), row(ON, Back, IDLE), stay(ON, Go)) for name in ("left", "right"))
WATCHER = machine("watcher", stay(IDLE, Told, update=learn))


def test_a_derived_fact_is_told_once_per_change():
    system = System("three", (*SWITCHES, WATCHER), derived=(derive(how_many_on, WATCHER, Told, initially=0),))
    begun = system.start()
    assert (begun.path, begun.snapshot.facts) == ((), (0,))
    done = go(system, "left", Go(), begun.snapshot)
    assert hops(done) == [("left", Go()), ("watcher", Told(1))]
    done = go(system, "left", Go(), done.snapshot)
    assert hops(done) == [("left", Go())]
    done = go(system, "left", Back(), done.snapshot)
    assert (hops(done)[1:], done.snapshot.facts) == ([("watcher", Told(0))], (0,))


def test_a_fact_that_differs_from_what_it_is_initially_is_told_at_the_start():
    system = System("three", (*SWITCHES, WATCHER), derived=(derive(how_many_on, WATCHER, Told, initially=7),))
    assert hops(system.start()) == [("watcher", Told(0))]


def test_a_fact_is_looked_at_only_when_no_signal_is_left():
    flip = machine("flip", row(IDLE, Go, ON, Say("now")), stay(ON, Heard))
    flop = machine("flop", row(IDLE, Go, ON), row(ON, Back, IDLE))

    def off(_: Say) -> Back:
        return Back()

    system = System(
        "three", (flip, flop, WATCHER), (wire(flip, Say, flop, off),),
        (derive(how_many_on, WATCHER, Told, initially=0),),
    )  # fmt: skip
    before = go(system, "flop", Go()).snapshot
    done = go(system, "flip", Go(), before)
    assert hops(done) == [("flip", Go()), ("flop", Back())]


def test_what_a_fact_sets_off_is_delivered_before_the_next_fact():
    def number_on(view: View) -> int:
        return how_many_on(view) * 10

    asker = machine("asker", stay(IDLE, Told, Say("told"), update=learn))
    system = System(
        "four", (*SWITCHES, asker, WATCHER, LISTENER), (wire(asker, Say, LISTENER, heard),),
        (derive(how_many_on, asker, Told, initially=0), derive(number_on, WATCHER, Told, initially=0)),
    )  # fmt: skip
    assert [hop.member for hop in go(system, "left", Go()).path] == ["left", "asker", "listener", "watcher"]


@pytest.mark.parametrize("role", ["fact", "maker"])
def test_a_fact_or_its_maker_that_raises_breaks_the_transaction(role):
    def fact(view: View) -> int:
        if role == "fact" and how_many_on(view):
            raise RuntimeError("fact")
        return how_many_on(view)

    def maker(value: int) -> Told:
        raise RuntimeError("maker")

    system = System("three", (*SWITCHES, WATCHER), derived=(derive(fact, WATCHER, maker, initially=0),))
    before = system.start().snapshot
    done = go(system, "left", Go(), before)
    assert done.verdict.function == role
    assert done.snapshot is before


def test_a_view_finds_a_member_by_its_machine():
    system = System("pair", (SENDER, LISTENER), (publish(SENDER, Say),))
    view = system.start().snapshot
    assert view.of(LISTENER).state is IDLE
    with pytest.raises(ValueError, match="other is no member here; the members are sender, listener"):
        view.of(OTHER)


# ------------------------------------------------------------------------------------------------------ postponement
def keep(context: Context, event: Job) -> Context:
    return evolve(context, heard=(*context.heard, f"job {event.number}"))


WORKER = machine(
    "worker",
    row(IDLE, Go, ON, Say("starting")),
    postpone(IDLE, Job, because="off"),
    stay(ON, Job, Say("did one"), update=keep),
    stay((IDLE, ON), Heard, update=hear),
)


def test_signals_come_before_the_postponed_events_they_may_concern():
    system = System("alone", (WORKER,), (wire(WORKER, Say, WORKER, heard),))
    snapshot = system.start().snapshot
    for number in (1, 2):
        done = go(system, "worker", Job(number), snapshot)
        assert isinstance(done.verdict, Postponed)
        snapshot = done.snapshot
    done = go(system, "worker", Go(), snapshot)
    assert done.snapshot.of(WORKER).context.heard == ("starting", "job 1", "did one", "job 2", "did one")
    assert done.snapshot.of(WORKER).postponed == ()


def test_only_a_change_of_state_sets_postponed_events_free_in_a_system_too():
    system = System("alone", (WORKER,), (wire(WORKER, Say, WORKER, heard),))
    before = go(system, "worker", Job(1)).snapshot
    assert hops(go(system, "worker", Heard("x"), before)) == [("worker", Heard("x"))]


def has_heard(context: Context) -> bool:
    return bool(context.heard)


def test_what_is_postponed_after_a_change_of_state_waits_for_the_next_one():
    late = machine(
        "late", row(IDLE, Go, ON, Say("job"), Shout("tale")), row(ON, Back, IDLE), stay(ON, Heard, update=hear),
        stay((IDLE, ON), Job, guard=has_heard, update=keep), postpone((IDLE, ON), Job, because="nothing was heard"),
    )  # fmt: skip
    system = System("alone", (late,), (wire(late, Say, late, jobs), wire(late, Shout, late, heard)))
    before = go(system, "late", Job(1)).snapshot
    done = go(system, "late", Go(), before)
    assert hops(done) == [("late", each) for each in (Go(), Job(0), Heard("tale"), Job(1))]
    assert done.snapshot.of(late).postponed == (Job(0),)
    done = go(system, "late", Back(), done.snapshot)
    assert done.snapshot.of(late).context.heard == ("tale", "job 1", "job 0")


def test_postponed_events_come_before_derived_facts():
    jobless = machine("jobless", row(IDLE, Go, ON), postpone(IDLE, Job, because="off"), row(ON, Job, IDLE))
    system = System("pair", (jobless, WATCHER), derived=(derive(how_many_on, WATCHER, Told, initially=0),))
    before = go(system, "jobless", Job(1)).snapshot
    assert hops(go(system, "jobless", Go(), before)) == [("jobless", Go()), ("jobless", Job(1))]


def test_what_stays_postponed_keeps_its_order_in_a_system_too():
    stubborn = machine(
        "stubborn", row(IDLE, Go, ON), postpone(IDLE, (Job), because="off"), postpone(ON, Job, because="still"),
        postpone(IDLE, Heard, because="off"), row(ON, Heard, IDLE, update=hear),
    )  # fmt: skip
    system = System("alone", (stubborn,))
    snapshot = system.start().snapshot
    for event in (Job(1), Heard("x"), Job(2)):
        snapshot = go(system, "stubborn", event, snapshot).snapshot
    done = go(system, "stubborn", Go(), snapshot)
    assert done.snapshot.of(stubborn).postponed == (Job(1), Job(2))
    assert [type(hop.verdict) for hop in done.path] == [Taken, Postponed, Taken, Postponed, Postponed]


def test_a_long_queue_of_postponed_events_is_no_livelock():
    system = System("alone", (WORKER,), (wire(WORKER, Say, WORKER, heard),))
    snapshot = system.start().snapshot
    for number in range(HOP_BOUND - 1):
        snapshot = go(system, "worker", Job(number), snapshot).snapshot
    done = go(system, "worker", Go(), snapshot)
    assert len(done.snapshot.of(WORKER).context.heard) == 2 * HOP_BOUND - 1


def test_signals_without_end_are_a_livelock_that_names_the_cycle():
    ping = machine("ping", stay(IDLE, Heard, echo, update=hear), row(IDLE, Go, ON))
    pong = machine("pong", stay(IDLE, Heard, echo, update=hear))
    system = System("pair", (ping, pong), (wire(ping, Say, pong, heard), wire(pong, Say, ping, heard)))
    with pytest.raises(Livelock) as caught:
        go(system, "ping", Heard("x"))
    assert caught.value.bound == HOP_BOUND
    assert set(caught.value.hops) == {"ping: Heard", "pong: Heard"}
    assert "pong: Heard → ping: Heard" in str(caught.value)


def test_postponed_events_that_signals_bring_back_without_end_are_a_livelock():
    loop = machine(
        "loop", postpone(IDLE, Job, because="off"), row(IDLE, Go, ON), row(ON, Job, IDLE, Say("again")),
        row(IDLE, Heard, ON),
    )  # fmt: skip
    system = System("alone", (loop,), (wire(loop, Say, loop, jobs), wire(loop, Say, loop, heard)))
    before = go(system, "loop", Job(0)).snapshot
    with pytest.raises(Livelock):
        go(system, "loop", Go(), before)


def test_a_chain_of_hops_within_the_bound_is_delivered():
    def more(context: Context) -> bool:
        return context.told < HOP_BOUND - 1

    def told_more(context: Context) -> Context:
        return evolve(context, told=context.told + 1)

    chain = machine("chain", stay(IDLE, Go, Say("on"), guard=more, update=told_more), stay(IDLE, Go))
    system = System("alone", (chain,), (wire(chain, Say, chain, goes),))
    assert len(go(system, "chain", Go()).path) == HOP_BOUND


# ----------------------------------------------------------------------------------------------------------- tickets
DIALER = machine(
    "dialer",
    row(IDLE, Go, ON, Note("before"), Dial(), Note("after"), Say("dialing")),
    row(ON, Back, IDLE),
    row(ON, after(8.0), IDLE),
    row(ON, Answered, IDLE),
    stay(ON, Opened, Note("open")),
    answering=(rows.answering(Dial, Answered, opens=Opened, orphan=CloseLate(), scope=ON, failed=failed),),
)


def back(_: Say) -> Back:
    return Back()


def test_an_effect_that_answers_is_handed_out_with_its_ticket_and_a_timer_with_its_delay():
    system = System("pair", (DIALER, LISTENER), (publish(DIALER, Say),))
    done = go(system, "dialer", Go())
    ticket = Ticket(2, "Dial", "on")
    assert done.orders == (
        Ordered("dialer", Note("before")),
        Ordered("dialer", Dial(), ticket),
        Ordered("dialer", Note("after")),
    )
    assert [order.started for order in done.orders] == [False, True, False]
    assert [(type(each), each.issued.ticket.number, each.issued.delay) for each in done.armed] == [(Armed, 1, 8.0)]


def test_a_ticket_issued_and_dropped_in_the_same_transaction_is_not_handed_out():
    system = System("pair", (DIALER, LISTENER), (wire(DIALER, Say, DIALER, back),))
    done = go(system, "dialer", Go())
    assert done.snapshot.of(DIALER).state is IDLE
    assert [order.effect for order in done.orders] == [Note("before"), Note("after")]
    assert (done.armed, done.ended) == ((), ())


def test_what_ended_is_listed_by_member_but_not_what_came_to_its_end_by_itself():
    system = System("pair", (DIALER, LISTENER), (publish(DIALER, Say),))
    before = go(system, "dialer", Go()).snapshot
    timer, dial = before.of(DIALER).tickets
    assert go(system, "dialer", Back(), before).ended == (("dialer", timer), ("dialer", dial))
    assert go(system, "dialer", Answered(), before, ticket=2).ended == (("dialer", timer),)
    assert go(system, "dialer", Fired(timer.name), before, ticket=1).ended == (("dialer", dial),)


def test_only_an_orphan_effect_carries_the_stale_ticket():
    system = System("pair", (DIALER, LISTENER), (publish(DIALER, Say),))
    before = go(system, "dialer", Go()).snapshot
    assert go(system, "dialer", Opened(), before, ticket=2).orders == (Ordered("dialer", Note("open")),)
    gone = go(system, "dialer", Back(), before).snapshot
    done = go(system, "dialer", Opened(), gone, ticket=2)
    assert (done.verdict, done.snapshot) == (Stale(2), gone)
    assert done.orders == (Ordered("dialer", CloseLate(), 2),)
    assert not done.orders[0].started


def test_a_system_of_one_machine_does_what_the_machine_does():
    silent = Machine(
        "silent", initial=IDLE, context=Context(), states=STATES, answering=DIALER.answering,
        table=(row(IDLE, Go, ON, Note("x"), Dial()), *DIALER.table[1:]),
    )  # fmt: skip
    system = System("alone", (silent,))
    one, many = start(silent), system.start()
    for event, ticket in ((Go(), None), (Opened(), 2), (Back(), None), (Opened(), 2), (Go(), None), (Answered(), 4)):
        one = step(silent, one.snapshot, Stimulus(event, ticket=ticket))
        many = system.step(many.snapshot, "silent", Stimulus(event, ticket=ticket))
        assert many.snapshot == SystemSnapshot(("silent",), (one.snapshot,))
        assert many.verdict == one.verdict
        assert tuple(order.effect for order in many.orders) == one.effects
        assert tuple(ticket for _, ticket in many.ended) == one.ended
        assert {each.issued for each in many.armed} <= set(one.issued)


# --------------------------------------------------------------------------------------------------- refused at build
@pytest.mark.parametrize(
    ("members", "wiring", "derived", "fault"),
    [
        ((SENDER,), (), (), "sender sends Say, and nobody receives it: add wire(...) or publish(...)"),
        ((LISTENER,), (publish(LISTENER, Say),), (), "a wire carries Say, which listener never sends"),
        ((LISTENER,), (publish(SENDER, Say),), (), "a wire carries Say, which sender never sends"),
        ((SENDER,), (wire(SENDER, Say, LISTENER, heard),), (),
         "a wire leads from sender to listener, which is no member"),
        ((LISTENER,), (), (derive(how_many_on, WATCHER, Told, initially=0),),
         "the fact how_many_on is told to watcher, which is no member"),
        ((LISTENER, LISTENER), (), (), "two members bear the name listener; a member's name must be its own"),
    ],
)  # fmt: skip
def test_a_system_that_cannot_work_is_refused_when_it_is_built(members, wiring, derived, fault):
    with pytest.raises(MalformedSystem) as caught:
        System("pair", members, wiring, derived)
    assert caught.value.faults == (fault,)
    assert caught.value.name == "pair"


def test_a_machine_that_receives_an_event_of_its_own_signal_sees_the_state_it_sent_it_from():
    system = System("alone", (WORKER,), (wire(WORKER, Say, WORKER, heard),))
    done = go(system, "worker", Go())
    assert [hop.verdict.source for hop in done.path] == [IDLE, ON]
