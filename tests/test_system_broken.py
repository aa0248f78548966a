"""All or nothing: if anything breaks on the way, nothing happened to any member."""

from statekit import Broken, System, Taken, wire
from tests.listeners import (
    IDLE,
    LISTENER,
    ON,
    SENDER,
    Context,
    Go,
    Heard,
    Job,
    Note,
    Say,
    Shout,
    broken,
    go,
    heard,
    machine,
    postpone,
    row,
    stay,
)


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
