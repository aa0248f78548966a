"""Mutants: every one has a name of its own, and differs from its original in exactly the place that it says."""

from enum import StrEnum

import pytest
from attrs import evolve, frozen

from statekit import (
    EVERY,
    Fired,
    Kind,
    Machine,
    MalformedTable,
    Rows,
    Signal,
    Snapshot,
    Stimulus,
    System,
    after,
    arm,
    derive,
    disarm,
    publish,
    start,
    step,
    timer,
    wire,
)
from statekit.check.mutants import mutants
from statekit.check.rewriting import Rewriting
from statekit.codec import table_digest
from tests.check.breakers import Acquire, Reported
from tests.check.made import BREAKER, FAIL, TO_OPEN, Go, Place, Said, made
from tests.draw.conftest import everything, shipped


def digests(machine):
    """Digest what each mutant comes to, by its name; a mutant that cannot be built has none."""
    found = {}
    for mutant in mutants(machine):
        try:
            found[mutant.name] = table_digest(mutant.make())
        except (MalformedTable, ValueError):
            found[mutant.name] = None
    return found


@pytest.mark.parametrize("machine", [BREAKER, everything()], ids=lambda each: each.name)
def test_every_mutant_has_a_name_of_its_own_and_is_no_copy(machine):
    found = digests(machine)
    assert len(found) == len(mutants(machine))
    tables = {name: digest for name, digest in found.items() if not name.startswith("option")}
    assert table_digest(machine) not in tables.values()
    assert sum(digest is not None for digest in tables.values()) > len(tables) / 2


def test_the_shipped_machines_are_rewritten_to_themselves():
    for exhibit in shipped():
        if not isinstance(exhibit.subject, System):
            assert table_digest(Rewriting(exhibit.subject).machine()) == table_digest(exhibit.subject)
    assert table_digest(Rewriting(everything()).machine()) == table_digest(everything())


def test_every_row_and_branch_is_dropped_and_led_to_each_other_state():
    machine = everything()
    names = [mutant.name for mutant in mutants(machine)]
    moving = [row for row in machine.table if row.verb == "row"]
    branches = 2 + 2
    to_states = sum(isinstance(row.target, StrEnum) for row in moving) + 3  # three branches lead to a state
    everywhere = len(moving) + branches
    states = len(machine.states)
    assert sum(name.endswith(": dropped") for name in names) == len(machine.table) + branches + 1  # and a timer
    assert sum(": led to " in name for name in names) == everywhere * states - to_states
    guards = sum(row.guard is not None for row in machine.table) + 2
    assert sum(name.endswith(": without its guard") for name in names) == guards
    orders = sum(len(row.effects) for row in machine.table) + 1
    moments = sum(len(each.entry) + len(each.exit) for each in (*machine.states, *machine.folded.groups))
    assert sum(": without " in name and "its guard" not in name for name in names) == orders + moments


def gone_through(machine, events, context=None):
    done = start(machine, context)
    effects = list(done.effects)
    for event in events:
        ticket = done.snapshot.ticket(event.name) if isinstance(event, Fired) else None
        done = step(machine, done.snapshot, Stimulus(event, ticket=ticket.number if ticket else None))
        effects += done.effects
    return done.snapshot.state.name, effects


@pytest.mark.parametrize(
    ("name", "events", "state"),
    [
        ("row CLOSED Reported if is_last_straw: led to HALF_OPEN", TO_OPEN, "HALF_OPEN"),
        ("row CLOSED Reported if is_last_straw: led to CLOSED", TO_OPEN, "CLOSED"),
        ("option failures_max read as -1", TO_OPEN[:2], "OPEN"),
        ("option failures_max read as +1", TO_OPEN, "CLOSED"),
        ("stay CLOSED Reported if is_good: dropped", (FAIL, FAIL, Reported(1, good=True)), "OPEN"),
    ],
)
def test_a_mutant_does_what_its_name_says(name, events, state):
    assert gone_through(made(name), events)[0] == state
    assert gone_through(BREAKER, events)[0] != state


def test_an_effect_that_is_dropped_is_not_ordered():
    opened = (*TO_OPEN, Fired("after reset_delay in open"))
    assert [type(each).__name__ for each in gone_through(BREAKER, opened)[1]] == ["Log"]
    assert gone_through(made("state OPEN: without exit Log"), opened) == ("HALF_OPEN", [])


def test_a_timer_that_is_dropped_is_never_armed():
    asked = (*TO_OPEN, Fired("after reset_delay in open"), Acquire())
    mutant = made("timer lease: dropped")
    assert "lease" not in mutant.folded.clocks
    assert gone_through(mutant, asked)[0] == "HALF_OPEN"


def test_a_row_led_to_its_own_source_enters_it_again():
    mutant = made("row HALF_OPEN lease: led to HALF_OPEN")
    (row,) = [row for row in mutant.table if row.verb == "reenter"]
    assert (row.source, row.target) == ("half_open", None)


@frozen
class Aloud(Signal):
    pass


def told(signal: Said) -> Go:
    return Go()


def fact(view) -> bool:
    return all(member.state is Place.HERE for member in view.members)


def told_fact(value: bool) -> Go:
    return Go()


def place(name):
    rows = Rows[Place, int, Said | Aloud]()
    return Machine(
        name,
        initial=Place.HERE,
        context=0,
        states=[rows.state(each, Kind.REST, "so") for each in Place],
        table=[rows.row(Place.HERE, Go, Place.THERE, Said(), Aloud()), rows.ignore(Place.THERE, Go, because="gone")],
    )


def test_every_wire_and_fact_is_dropped_or_leads_to_another_member():
    a, b, c = map(place, "abc")
    wiring = (wire(a, Said, b, told), *(publish(each, Aloud, Said) for each in (b, c)), publish(a, Aloud))
    system = System("three", (a, b, c), wiring, (derive(fact, c, told_fact, initially=True),))
    found = {mutant.name: mutant for mutant in mutants(system)}
    assert list(found) == [
        "wire a Said to b: dropped",
        "wire a Said to b: led to a",
        "wire a Said to b: led to c",
        "wire b Aloud to application: dropped",
        "wire b Said to application: dropped",
        "wire c Aloud to application: dropped",
        "wire c Said to application: dropped",
        "wire a Aloud to application: dropped",
        "fact fact to c: dropped",
        "fact fact to c: led to a",
        "fact fact to c: led to b",
    ]
    with pytest.raises(MalformedTable, match="a sends Said, and nobody receives it"):
        found["wire a Said to b: dropped"].make()
    led = found["wire a Said to b: led to c"].make()
    done = led.step(led.start().snapshot, "a", Stimulus(Go()))
    assert [hop.member for hop in done.path][:2] == ["a", "c"]
    assert found["wire a Said to b: dropped"].origin.startswith("check/test_mutants.py:")


def test_a_group_that_loses_an_effect_stays_the_group_of_its_rows_timers_and_effects():
    rows = Rows[Place, int, Said]()
    group = rows.group("both", *Place, entry=(Said(),))
    nap = timer("nap", 1.0, scope=group)
    machine = Machine(
        "grouped",
        initial=Place.HERE,
        context=0,
        states=[rows.state(each, Kind.REST, "so", waits_for="nobody") for each in Place],
        groups=(group,),
        table=[
            rows.row(Place.HERE, Go, Place.THERE, arm(nap)),
            rows.stay(group, nap, disarm(nap)),
            rows.row(group, after(2.0), Place.HERE),
            rows.ignore(EVERY, Go, because="so"),
        ],
    )
    without = made("group both: without entry Said", machine)
    assert start(machine).effects == (Said(),)
    assert start(without).effects == ()
    assert without.folded.clocks["nap"].scope == "both"
    assert Snapshot(Place.HERE, 0) == evolve(start(without).snapshot, tickets=(), issued=0)


def probably(context: int) -> bool:
    return context > 0


def test_names_that_are_alike_are_numbered():
    rows = Rows[Place, int, Said]()
    twice = [rows.stay(Place.HERE, Go, Said(), guard=probably) for _ in range(2)]
    states = [rows.state(each, Kind.REST, "so") for each in Place]
    machine = Machine("alike", initial=Place.HERE, context=0, states=states, table=twice)
    names = [mutant.name for mutant in mutants(machine)]
    assert names[:3] == [
        "stay HERE Go if probably: dropped",
        "stay HERE Go if probably: without its guard",
        "stay HERE Go if probably: without Said",
    ]
    assert names[3:] == [f"{name} (2)" for name in names[:3]]
