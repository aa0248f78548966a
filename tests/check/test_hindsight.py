"""A recorded run, done again: alike with its own table, and with another up to the event where they part."""

from enum import StrEnum

import anyio
import pytest
from attrs import evolve, field, frozen

from machines import session
from machines.auth_refresh import AUTH_REFRESH, Refreshed, SignIn
from machines.connection import CONNECTION, Connect
from machines.link import FrameArrived, Opened
from machines.saving import HOOKS
from machines.session import SESSION
from machines.wire.messages import Passed
from statekit import Kind, Machine, Rows, Signal, Stimulus, System, after, publish, wire
from statekit.check.hindsight import alone, hindsight
from statekit.codec import NotSavable, SnapshotRefused
from statekit.codec.journal import JournalForm
from statekit.run import Driver, performs
from statekit.run.journal import journal
from statekit.testing.system_walk import SystemWalk
from statekit.testing.virtual_time import run_virtual


class Line(StrEnum):
    IDLE = "idle"
    DIALING = "dialing"
    LINKED = "linked"
    RESTING = "resting"


IDLE, DIALING, LINKED, RESTING = Line


@frozen
class Context:
    attempts: int = 0
    attempts_max: int = 3


@frozen
class Call:
    pass


@frozen
class Hangup:
    pass


@frozen
class Answered:
    pass


@frozen
class Failed:
    why: str


@frozen
class Dial:
    attempt: int


@frozen
class Up(Signal):
    pass


def failed(failure) -> Failed:
    return Failed(failure.error)


def count(context: Context) -> Context:
    return evolve(context, attempts=context.attempts + 1)


def left(context: Context) -> bool:
    return context.attempts < context.attempts_max


def dial(context: Context) -> Dial:
    return Dial(context.attempts)


def line(*, rest_seconds=5.0, patience_seconds=None, greets=False, hangs_up_to=IDLE, idle_seconds=None):
    """A line that dials until it is linked; every argument changes its table."""
    rows = Rows[Line, Context, Dial | Up]()
    row, state, to = rows.row, rows.state, rows.to
    again = rows.choice("again", to(RESTING, guard=left), to(IDLE))
    link = rows.group("link", DIALING, LINKED)
    limit = () if patience_seconds is None else (row(DIALING, after(patience_seconds), RESTING),)
    limit += () if idle_seconds is None else (row(IDLE, after(idle_seconds), RESTING),)
    return Machine(
        "line",
        initial=IDLE,
        context=Context(),
        states=(
            state(IDLE, Kind.REST, "nothing is wanted"),
            state(DIALING, Kind.BUSY, "a line is asked for"),
            state(LINKED, Kind.STEADY, "the line is there"),
            state(RESTING, Kind.WAITING, "soon again"),
        ),
        groups=(link,),
        table=(
            row(IDLE, Call, DIALING, dial, update=count),
            row(DIALING, Answered, LINKED, *((Up(),) if greets else ())),
            row(DIALING, Failed, again, update=count),
            *limit,
            row(RESTING, after(rest_seconds), DIALING, dial),
            row(LINKED, Hangup, hangs_up_to),
            rows.ignore((IDLE, DIALING, RESTING), Hangup, because="nothing to hang up"),
            rows.ignore((DIALING, LINKED, RESTING), Call, because="it is under way"),
            rows.ignore(LINKED, Failed, because="it is linked"),
            rows.ignore(LINKED, Answered, because="it is linked"),
        ),
        answering=(rows.answering(Dial, Answered, Failed, scope=link, failed=failed),),
    )


LINE = line()


def recorded(*, contexts=None):
    """Run the line under virtual time until it was linked, and hung up; give its journal."""
    lines = []
    system = alone(LINE)

    async def fails_twice(effect, reply):
        await anyio.sleep(1)
        reply(Failed("busy") if effect.attempt < 3 else Answered())

    async def main():
        observe = journal(system, lines.append, contexts=contexts)
        driver = Driver(system, [performs(Dial, fails_twice)], contexts=contexts, observe=observe)
        async with anyio.create_task_group() as group:
            await group.start(driver.run)
            driver.send(LINE, Call())
            driver.send(LINE, Call())
            await anyio.sleep(60)
            driver.send(LINE, Hangup())
            await anyio.sleep(1)
            driver.stop()

    run_virtual(main)
    return lines


def parting(lines, machine):
    (found,) = hindsight(JournalForm(alone(machine)), lines)
    return found


@pytest.fixture(scope="module")
def lines():
    return recorded(contexts={"line": Context(attempts_max=4)})


def test_a_journal_says_what_happened_in_names(lines):
    found = next(JournalForm(alone(LINE)).read(lines))
    assert [(entry.at_seconds, entry.event.event) for entry in found.entries] == [
        (0.0, "Call"),
        (0.0, "Call"),
        (1.0, "Failed"),
        (6.0, "Fired"),
        (7.0, "Failed"),
        (12.0, "Fired"),
        (13.0, "Answered"),
        (60.0, "Hangup"),
    ]
    assert str(found.entries[2].did) == ("line: Failed: DIALING → RESTING\nline starts after 5 s in resting (5 s)")


def test_a_run_done_again_with_its_own_table_is_alike(lines):
    found = parting(lines, line())
    assert (found.events, found.parting) == (8, None)


@pytest.mark.parametrize(
    ("changed", "at", "event", "was", "would"),
    [
        ({"idle_seconds": 9.0}, 0, "start", (), ("line starts after 9 s in idle (9 s)",)),
        ({"hangs_up_to": RESTING}, 8, "Hangup", ("line: Hangup: LINKED → IDLE",), None),
        ({"patience_seconds": 30.0}, 1, "Call", (), ("line starts after 30 s in dialing (30 s)",)),
        (
            {"rest_seconds": 6.0},
            3,
            "Failed",
            ("line starts after 5 s in resting (5 s)",),
            ("line starts after 6 s in resting (6 s)",),
        ),
        ({"greets": True}, 7, "Answered", (), ("published Up",)),
    ],
)
def test_a_changed_table_parts_at_the_first_event_that_it_answers_otherwise(lines, changed, at, event, was, would):
    found = parting(lines, line(**changed)).parting
    assert (found.at, found.line, found.event, found.was) == (at, at + 1, event, was)
    assert would is None or found.would == would


def test_an_option_that_was_changed_parts_where_it_tells(lines):
    fewer = [lines[0].replace('"attempts_max":4', '"attempts_max":3'), *lines[1:]]
    found = parting(fewer, LINE).parting
    assert (found.at, found.would) == (5, ("line: Failed: DIALING → IDLE",))


def test_a_file_may_hold_several_runs(lines):
    first, second = hindsight(JournalForm(alone(line(hangs_up_to=RESTING))), [*lines[:4], *lines])
    assert (first.line, first.events, first.parting) == (1, 3, None)
    assert (second.line, second.events, second.parting.at, second.parting.line) == (5, 8, 8, 13)


def test_an_event_that_the_other_table_does_not_know_is_where_they_part(lines):
    known = line()
    rows = [row for row in known.table if row.trigger is not Hangup]
    other = Machine(
        "line",
        initial=known.initial,
        context=known.context,
        states=known.states,
        groups=known.folded.groups,
        table=rows,
        answering=known.answering,
    )
    found = parting(lines, other).parting
    assert (found.at, found.event) == (8, "Hangup")
    assert found.would == ("cannot be delivered: $.event must be one of Call, Answered, Failed, Fired",)


class Hall(StrEnum):
    HERE = "here"


@frozen
class Called:
    pass


@frozen
class Echo(Signal):
    pass


def called(_: Echo) -> Called:
    return Called()


def hall(*effects):
    """A hall that hears what it calls."""
    rows = Rows[Hall, Context, Echo]()
    states = (rows.state(Hall.HERE, Kind.REST, "it is here"),)
    table = (rows.stay(Hall.HERE, Called, *effects),)
    machine = Machine("hall", initial=Hall.HERE, context=Context(), states=states, table=table)
    return System("hall", (machine,), tuple(wire(machine, Echo, machine, called) for _ in effects))


def test_an_event_to_which_the_other_table_finds_no_end_is_where_they_part():
    walk, form = SystemWalk(hall()), JournalForm(hall())
    walk.deliver(walk.system.members[0], Stimulus(Called()))
    written = [form.head(), form.entry("hall", Stimulus(Called()), walk.done)]
    (found,) = hindsight(JournalForm(hall(Echo())), written)
    assert (found.parting.at, found.parting.event) == (1, "Called")
    assert found.parting.would[0].startswith(
        "hall: one stimulus led to more than 1000 hops; the last were hall: Called"
    )


@pytest.mark.parametrize(
    ("spoiled", "path"),
    [
        (["{"], "$.line[1]"),
        (['{"at_seconds":0}'], "$.line[1]"),
        ([JournalForm(alone(LINE)).head().replace('"statekit":1', '"statekit":2')], "$.line[1].statekit"),
        ([JournalForm(alone(LINE)).head(), '{"member":"line"}'], "$.line[2]"),
    ],
)
def test_what_is_no_journal_is_refused_with_its_line(spoiled, path):
    with pytest.raises(SnapshotRefused) as caught:
        list(JournalForm(alone(LINE)).read(spoiled))
    assert caught.value.path.startswith(path)


def test_the_journal_of_another_system_is_refused(lines):
    with pytest.raises(SnapshotRefused, match=r"\$\.line\[1\]\.journal must be session"):
        list(JournalForm(SESSION, HOOKS).read(lines))


def test_the_session_is_written_down_and_done_again():
    contexts = session.contexts("me", session.Options())
    walk, form = SystemWalk(SESSION, contexts), JournalForm(SESSION, HOOKS)
    lines = [form.head(contexts)]
    steps = [
        (AUTH_REFRESH, SignIn(), None),
        (AUTH_REFRESH, Refreshed(60.0), "RequestToken"),
        (CONNECTION, Connect(), None),
        (CONNECTION, Opened(), "Dial"),
        (CONNECTION, FrameArrived(Passed("presence", "moved", {"x": [1, None]})), "Dial"),
    ]
    for member, event, asked in steps:
        live = [
            each.number for each in walk.snapshot.of(member).tickets if asked and each.name not in member.folded.clocks
        ]
        stimulus = Stimulus(event, 1.0, live[0] if live else None)
        walk.deliver(member, stimulus)
        lines.append(form.entry(member.name, stimulus, walk.done))
    (found,) = hindsight(form, lines)
    assert (found.events, found.parting) == (5, None)


@frozen
class Entered:
    token: str = field(repr=False)


@frozen
class Wrapped:
    inner: tuple[Entered | None, ...]
    again: "Wrapped | None" = None


@pytest.mark.parametrize(("event", "path"), [(Entered, "Entered.token"), (Wrapped, "Wrapped.inner.token")])
def test_an_event_with_a_secret_is_refused_before_the_first_line(event, path):
    rows = Rows[Line, Context, Dial]()
    spoken = Machine(
        "spoken",
        initial=IDLE,
        context=Context(),
        states=(*(rows.state(each, Kind.REST, "so") for each in Line),),
        table=(rows.stay(IDLE, event),),
    )
    lines = []
    with pytest.raises(NotSavable, match=rf"\$\.spoken\.{path} is kept from the repr") as caught:
        journal(System("spoken", (spoken,), publish(spoken)), lines.append)
    assert (lines, "sekrit" in str(caught.value)) == ([], False)
