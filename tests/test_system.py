"""Systems: how members start, and how the signals of one become events of others."""

import pytest
from attrs import evolve

from statekit import (
    Kind,
    Livelock,
    MalformedSystem,
    Refused,
    Started,
    System,
    Taken,
    Ticket,
    UnknownMember,
    after,
    derive,
    publish,
    wire,
)
from statekit.transaction import Ordered
from statekit.work import HOP_BOUND
from tests.listeners import (
    IDLE,
    LISTENER,
    ON,
    OTHER,
    SENDER,
    WATCHER,
    WORKER,
    Answered,
    Context,
    Dial,
    Go,
    Heard,
    Note,
    Say,
    Shout,
    Told,
    broken,
    failed,
    go,
    hear,
    heard,
    hops,
    how_many_on,
    machine,
    row,
    rows,
    stay,
)


def echo(context: Context) -> Say:
    return Say(f"echo {context.heard[-1]}")


def never(_: Context) -> bool:
    return False


def heard_loudly(signal: Say) -> Heard:
    return Heard(signal.text.upper())


def goes(_: Say) -> Go:
    return Go()


# ------------------------------------------------------------------------------------------------------------- starting
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


# -------------------------------------------------------------------------------------------------------------- signals
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


def test_a_machine_that_receives_an_event_of_its_own_signal_sees_the_state_it_sent_it_from():
    system = System("alone", (WORKER,), (wire(WORKER, Say, WORKER, heard),))
    done = go(system, "worker", Go())
    assert [hop.verdict.source for hop in done.path] == [IDLE, ON]


# ------------------------------------------------------------------------------------------------------------ livelocks
def test_signals_without_end_are_a_livelock_that_names_the_cycle():
    ping = machine("ping", stay(IDLE, Heard, echo, update=hear), row(IDLE, Go, ON))
    pong = machine("pong", stay(IDLE, Heard, echo, update=hear))
    system = System("pair", (ping, pong), (wire(ping, Say, pong, heard), wire(pong, Say, ping, heard)))
    with pytest.raises(Livelock) as caught:
        go(system, "ping", Heard("x"))
    assert caught.value.bound == HOP_BOUND
    assert set(caught.value.hops) == {"ping: Heard", "pong: Heard"}
    assert "pong: Heard → ping: Heard" in str(caught.value)


def test_a_chain_of_hops_within_the_bound_is_delivered():
    def more(context: Context) -> bool:
        return context.told < HOP_BOUND - 1

    def told_more(context: Context) -> Context:
        return evolve(context, told=context.told + 1)

    chain = machine("chain", stay(IDLE, Go, Say("on"), guard=more, update=told_more), stay(IDLE, Go))
    system = System("alone", (chain,), (wire(chain, Say, chain, goes),))
    assert len(go(system, "chain", Go()).path) == HOP_BOUND


# ----------------------------------------------------------------------------------------------------- refused at build
@pytest.mark.parametrize(
    ("members", "wiring", "derived", "fault"),
    [
        ((SENDER,), (), (), "sender sends Say, and nobody receives it: add wire(...) or publish(...)"),
        ((LISTENER,), (publish(LISTENER, Say),), (), "a wire carries Say, which listener never sends"),
        ((LISTENER,), (publish(SENDER, Say),), (), "a wire leads from sender, which is no member"),
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
