"""Instances of keyed members: on a way, in a trace, in a journal, on pictures, and among the mutants."""

from enum import StrEnum

import mermaidx
from attrs import frozen

from statekit import Kind, Machine, Rows, Signal, Stimulus, System, after, publish
from statekit.check.hindsight import hindsight
from statekit.check.killing import Fate, mutants_of, tried
from statekit.check.model import Model
from statekit.check.properties import invariant
from statekit.check.report import Trace
from statekit.check.seen import Move
from statekit.check.story import story, way_of
from statekit.check.traces import TraceForm
from statekit.codec.journal import JournalForm
from statekit.draw.counterexample import artefacts
from statekit.draw.sequence import mermaid_of_way
from statekit.draw.svg import find_layout
from statekit.keyed import keyed
from statekit.testing.system_walk import SystemWalk
from statekit.timers import Fired
from statekit.wiring import spawn


class Desk(StrEnum):
    OPEN = "open"


class Work(StrEnum):
    BUSY = "busy"
    DONE = "done"


@frozen
class Ask:
    name: str = "a"


@frozen
class Begin:
    pass


@frozen
class Wanted(Signal):
    name: str


@frozen
class Ready(Signal):
    pass


def wanted(context: int, event: Ask) -> Wanted:
    return Wanted(event.name)


def begin(signal: Wanted) -> Begin:
    return Begin()


def key(signal: Wanted) -> str:
    return signal.name


def desk():
    rows = Rows[Desk, int, Wanted]()
    states = (rows.state(Desk.OPEN, Kind.STEADY, "it takes orders"),)
    return Machine("desk", initial=Desk.OPEN, context=0, states=states, table=(rows.stay(Desk.OPEN, Ask, wanted),))


def work(seconds=5.0):
    rows = Rows[Work, int, Ready]()
    states = (rows.state(Work.BUSY, Kind.BUSY, "it works"), rows.state(Work.DONE, Kind.ENDED, "it is done"))
    table = (
        rows.ignore(Work.BUSY, Begin, because="it has begun"),
        rows.row(Work.BUSY, after(seconds), Work.DONE, Ready()),
    )
    return Machine("work", initial=Work.BUSY, context=0, states=states, table=table)


def shop(seconds=5.0):
    orders, works = desk(), work(seconds)
    wiring = (spawn(orders, Wanted, works, begin, key=key), publish(works, Ready))
    return System("shop", (orders, keyed(works, per="order")), wiring)


def nothing_is_worked_on(view) -> bool:
    """Nobody is at work."""
    return len(view.members) == 1


MODEL = Model(shop(), (invariant("W1", nothing_is_worked_on),))
TIMER = "after 5 s in busy"
WAY = Trace(
    "shop",
    "default",
    (Move("desk", Ask("a")), Move("work[a]", Fired(TIMER, None, 5.0), TIMER), Move("desk", Ask("b"))),
)


def test_a_story_tells_of_instances_while_they_are_there():
    told = story(way_of(MODEL, WAY), MODEL.properties[0])
    assert "     work[a] is BUSY, awaits after 5 s\n" in told
    assert "2. the timer after 5 s of work[a] fires\n     work[a]: Fired: BUSY → DONE\n     sends Ready()" in told
    assert told.rstrip().endswith("work[b] is BUSY, awaits after 5 s")


def test_a_move_to_an_instance_that_is_not_there_any_more_reaches_nobody():
    seen = way_of(MODEL, Trace("shop", "default", WAY.moves[1:2])).seen
    assert [str(each.verdict) for each in seen] == ["stale: ticket 0 is over"]
    assert "work[a]" in story(way_of(MODEL, Trace("shop", "default", WAY.moves[1:2])), "so")


def test_a_trace_of_instances_is_read_back_and_its_artefacts_are_made():
    form = TraceForm(MODEL)
    assert form.read(form.write(WAY, "W1")) == (WAY, "W1")
    files = artefacts(MODEL, WAY, MODEL.properties[0], "tests:MODEL", find_layout())
    assert len([name for name in files if name.endswith(".svg")]) == 2
    assert all("[" not in name for name in files)


def test_a_sequence_diagram_has_every_instance_as_a_participant():
    text = mermaid_of_way(way_of(MODEL, WAY), "so")
    assert "as work[a]" in text
    assert "desk->>" in text
    assert "Begin()" in mermaidx.render(text).svg()


def test_a_journal_of_instances_is_done_again():
    system = shop()
    walk, form = SystemWalk(system), JournalForm(system)
    lines = [form.head()]
    for member, stimulus in (
        ("desk", Stimulus(Ask("a"))),
        ("work[a]", Stimulus(Fired(TIMER, None, 5.0), 5.0, 1)),
    ):
        done = system.step(walk.snapshot, member, stimulus)
        walk.done = done
        lines.append(form.entry(member, stimulus, done))
    assert [each.parting for each in hindsight(form, lines)] == [None]
    (later,) = hindsight(JournalForm(shop(6.0)), lines)
    assert (later.parting.at, later.parting.was) == (1, ("work[a] starts after 5 s in busy (5 s)",))


def test_the_wires_of_keyed_members_have_mutants_too():
    found = {mutant.name: tried(MODEL, mutant).fate for mutant in mutants_of(MODEL)}
    assert found == {
        "wire desk Wanted to work: dropped": Fate.KILLED,
        "wire desk Wanted to work: led to desk": Fate.KILLED,
        "wire work Ready to application: dropped": Fate.KILLED,
    }
