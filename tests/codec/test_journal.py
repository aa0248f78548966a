"""What a journal says reads back as it was; what is none is refused by its line; no secret gets into one."""

import json
from datetime import date
from enum import StrEnum
from typing import Annotated, NewType

import pytest
from attrs import evolve, field, frozen
from hypothesis import example, given, settings
from hypothesis import strategies as st

from machines import session
from machines.auth_refresh import AUTH_REFRESH, Refreshed, SignIn
from machines.connection import CONNECTION, Connect
from machines.link import FrameArrived, Opened
from machines.saving import HOOKS
from machines.session import SESSION
from machines.wire.messages import URL_DOCUMENT, ConnectionAck
from statekit import (
    Fired,
    Kind,
    Machine,
    Rows,
    Signal,
    Stimulus,
    System,
    UnknownMember,
    arm,
    keyed,
    publish,
    spawn,
    timer,
)
from statekit.codec import Hook, NotSavable, SnapshotRefused, table_digest
from statekit.codec.events import Events
from statekit.codec.forms import Forms
from statekit.codec.journal import JournalForm
from statekit.codec.strict import Misfit
from statekit.testing.system_walk import SystemWalk
from tests.codec.values import values


# ------------------------------------------------------------------------ a desk that takes letters, and a file of each
class Desk(StrEnum):
    SHUT = "shut"
    OPEN = "open"


@frozen
class Stamps:
    left: int = 3


@frozen
class Sender:
    name: str
    town: str | None = None


@frozen
class Unlock:
    by: "Sender | int | None" = None


@frozen
class Letter:
    to: str
    pages: tuple[str | float | bool | None, ...] = ()
    senders: frozenset[Sender] = frozenset()


@frozen
class Weighed:
    grams: float


@frozen
class NotWeighed:
    why: str


@frozen
class Tear:
    pass


@frozen
class Weigh:
    to: str


@frozen
class Ring:
    pass


@frozen
class Filed(Signal):
    to: str


@frozen
class Lit(Signal):
    pass


@frozen
class Put:
    pass


def spend(stamps: Stamps) -> Stamps:
    return evolve(stamps, left=stamps.left - 1)


def weigh(_: Stamps, letter: Letter) -> Weigh:
    return Weigh(letter.to)


def filed(_: Stamps, letter: Letter) -> Filed:
    return Filed(letter.to)


def whom(order: Weigh) -> str:
    return order.to


def addressee(_: Stamps, letter: Letter) -> str:
    return letter.to


def not_weighed(failure) -> NotWeighed:
    return NotWeighed(failure.error)


def tear(_: Stamps, event: Tear) -> Stamps:
    raise ZeroDivisionError("sekrit")


def put(signal: Filed) -> Put:
    return Put()


def of(signal: Filed) -> str:
    return signal.to


D = Rows[Desk, Stamps, object]()
REMIND = timer("remind", 60.0, scope=Desk.OPEN, key=addressee)
DESK = Machine(
    "desk",
    initial=Desk.SHUT,
    context=Stamps(),
    states=(D.state(Desk.SHUT, Kind.REST, "nobody is in"), D.state(Desk.OPEN, Kind.STEADY, "letters come")),
    table=(
        D.row(Desk.SHUT, Unlock, Desk.OPEN, Ring(), Lit()),
        D.postpone(Desk.SHUT, Letter, because="nobody is in"),
        D.ignore(Desk.OPEN, Unlock, because="it is open"),
        D.stay(Desk.OPEN, Letter, weigh, filed, arm(REMIND), update=spend),
        D.stay(Desk.OPEN, Weighed),
        D.stay(Desk.OPEN, NotWeighed),
        D.stay(Desk.OPEN, REMIND),
        D.stay(Desk.OPEN, Tear, update=tear),
    ),
    answering=(D.answering(Weigh, Weighed, NotWeighed, scope=Desk.OPEN, failed=not_weighed, key=whom),),
    postpone_limit=1,
)


class File(StrEnum):
    KEPT = "kept"


F = Rows[File, Stamps, object]()
FILE = Machine(
    "file",
    initial=File.KEPT,
    context=Stamps(),
    states=(F.state(File.KEPT, Kind.STEADY, "letters lie in it"),),
    table=(F.stay(File.KEPT, Put, update=spend),),
)
OFFICE = System(
    "office", (DESK, keyed(FILE, per="addressee")), (spawn(DESK, Filed, FILE, put, key=of), publish(DESK, Lit))
)
FORM = JournalForm(OFFICE)
CONTEXTS = {"desk": Stamps(7), "file": Stamps(9)}


def written(form, system, stimuli, contexts=None):
    """The lines of a walk, and what each of its transactions was."""
    walk = SystemWalk(system, contexts)
    lines, done = [form.head(contexts)], [walk.done]
    for member, key, stimulus in stimuli:
        walk.deliver(member, stimulus, key=key)
        lines.append(form.entry(system.address(member, key), stimulus, walk.done))
        done.append(walk.done)
    return lines, done


DAY = (
    (DESK, None, Stimulus(Letter("ann"), 0.5)),
    (DESK, None, Stimulus(Letter("bob"), 0.75)),
    (DESK, None, Stimulus(Unlock(Sender("eve")), 1.0)),
    (DESK, None, Stimulus(Weighed(20.5), 2.0, 1)),
    (DESK, None, Stimulus(Weighed(20.5), 3.0, 1)),
    (
        DESK,
        None,
        Stimulus(Letter("cid", ("ü\u2028", 1.5, True, None), frozenset({Sender("a"), Sender("b", "x")})), 4.0),
    ),
    (DESK, None, Stimulus(Fired("remind", "ann", 60.0, 0.25), 61.0, 2)),
    (DESK, None, Stimulus(Tear(), 62.0)),
    (FILE, "ann", Stimulus(Put(), 63.0)),
    (FILE, "nobody", Stimulus(Put(), 64.0)),
)
LINES, DONE = written(FORM, OFFICE, DAY, CONTEXTS)


# ------------------------------------------------------------------------------------------------------- it reads back
def told(form, entry):
    """A line as the stimulus that it is about."""
    return entry.member, Stimulus(form.event(entry), entry.at_seconds, entry.ticket)


def test_a_day_reads_back_as_it_was():
    (found,) = FORM.read(LINES)
    assert (found.line, found.head.journal, found.head.table) == (1, "office", table_digest(OFFICE))
    assert FORM.contexts(found) == CONTEXTS
    assert [told(FORM, entry) for entry in found.entries] == [
        (OFFICE.address(member, key), stimulus) for member, key, stimulus in DAY
    ]


def test_what_was_done_is_said_in_names():
    (found,) = FORM.read(LINES)
    assert str(found.head.did) == ""
    assert [str(entry.did).splitlines() for entry in found.entries] == [
        ["desk: Letter: postponed"],
        ["desk: Letter: refused: full"],
        [
            "desk: Unlock: SHUT → OPEN",
            "desk: Letter: stays OPEN",
            "file[ann]: Put: started",
            "file[ann]: Put: stays KEPT",
            "desk orders Ring",
            "desk orders Weigh of 'ann'",
            "desk starts remind of 'ann' (1 min)",
            "published Lit",
        ],
        ["desk: Weighed: stays OPEN"],
        ["desk: Weighed: stale"],
        [
            "desk: Letter: stays OPEN",
            "file[cid]: Put: started",
            "file[cid]: Put: stays KEPT",
            "desk orders Weigh of 'cid'",
            "desk starts remind of 'cid' (1 min)",
        ],
        ["desk: Fired: stays OPEN"],
        ["desk: Tear: broken: tear raised ZeroDivisionError"],
        ["file[ann]: Put: stays KEPT"],
        ["file[nobody]: Put: unhandled"],
    ]
    assert "sekrit" not in "".join(LINES)
    issued = {
        (each.member, each.ticket.number) for done in DONE for each in done.orders if hasattr(each.ticket, "number")
    } | {(each.member, each.issued.ticket.number) for done in DONE for each in done.armed}
    assert {ticket for entry in found.entries for ticket in entry.did.tickets} == issued


def test_a_file_of_several_runs_is_read_one_by_one():
    runs = list(FORM.read([*LINES[:3], FORM.head(), *LINES]))
    assert [(run.line, len(run.entries)) for run in runs] == [(1, 2), (4, 0), (5, len(DAY))]
    assert FORM.contexts(runs[1]) == {}
    assert list(FORM.read([])) == []


def by_member(machines):
    """A strategy of a machine and an event of its table."""
    known = [(machine, event) for machine in machines for event in machine.folded.events]
    return st.sampled_from(known).flatmap(lambda each: st.tuples(st.just(each[0]), values(each[1])))


@given(st.lists(by_member((DESK,)), max_size=8), st.floats(0, 1e9), st.none() | st.integers(0, 5))
@example([(DESK, Letter("\ud800", ("\x85\r\n", 1e308, -0.0), frozenset({Sender(""), Sender("", "")})))], 0.1, None)
def test_every_event_of_the_desk_reads_back_equal(sent, at_seconds, ticket):
    reads_back(FORM, OFFICE, [(machine, Stimulus(event, at_seconds, ticket)) for machine, event in sent])


SESSION_FORM = JournalForm(SESSION, HOOKS)
SESSION_CONTEXTS = session.contexts("me", session.Options())


@given(st.lists(by_member(SESSION.members), min_size=1, max_size=8))
@settings(deadline=None)
def test_every_event_of_the_session_reads_back_equal(sent):
    reads_back(SESSION_FORM, SESSION, [(machine, Stimulus(event, 1.5, 3)) for machine, event in sent], SESSION_CONTEXTS)


def reads_back(form, system, stimuli, contexts=None):
    sent = [(machine, key_in(system, machine), stimulus) for machine, stimulus in stimuli]
    lines, done = written(form, system, sent, contexts)
    # As a file holds it, whoever splits it into lines.
    text = "".join(line + "\n" for line in lines).encode("ascii").decode("ascii")
    assert text.splitlines() == text.split("\n")[:-1] == lines
    (found,) = form.read(text.splitlines(keepends=True))
    assert form.contexts(found) == (contexts or {})
    assert [told(form, entry) for entry in found.entries] == [
        (system.address(machine, key), each) for machine, key, each in sent
    ]
    again = SystemWalk(system, form.contexts(found))
    for (machine, key, _), entry, once in zip(sent, found.entries, done[1:], strict=True):
        again.deliver(machine, told(form, entry)[1], key=key)
        assert again.snapshot == once.snapshot
    assert written(form, system, sent, contexts)[0] == lines


def key_in(system, machine):
    """Address a keyed member by the instance that is there from the start."""
    return URL_DOCUMENT if machine.name in system.plan.keyed else None


# --------------------------------------------------------------------------------------------------- what is no journal
GONE = object()


def spoiled(line, **changes):
    """A line with members changed, added or gone."""
    found = json.loads(line) | changes
    return json.dumps({name: value for name, value in found.items() if value is not GONE})


HEAD, ENTRY = LINES[0], LINES[3]
DID = json.loads(ENTRY)["did"]
BAD_ANYWHERE = [
    ("", "", "must be JSON"),
    ("{", "", "must be JSON"),
    (ENTRY + ENTRY, "", "must be JSON"),
    ("9" * 5000, "", "must be JSON"),
    ("[" * 100_000, "", "nests too deep"),
    ("null", "", "must be an object"),
    ("[]", "", "must be an object"),
    ('"journal"', "", "must be an object"),
    (spoiled(HEAD, statekit=2), ".statekit", "must be 1, the layout that this codec reads"),
    (spoiled(HEAD, statekit=True), ".statekit", "must be a whole number"),
    (spoiled(HEAD, journal="other"), ".journal", "must be office"),
    (spoiled(HEAD, journal=1), ".journal", "must be text"),
    (spoiled(HEAD, table=GONE), ".table", "is missing"),
    (spoiled(HEAD, contexts=GONE), ".contexts", "is missing"),
    (spoiled(HEAD, more=1), ".more", "is no field of Head"),
]
BAD_LATER = [
    ("{}", ".at_seconds", "is missing"),
    (spoiled(ENTRY, at_seconds="1"), ".at_seconds", "must be a number"),
    (ENTRY.replace('"at_seconds":1.0', '"at_seconds":NaN'), ".at_seconds", "must be a number"),
    (ENTRY.replace('"at_seconds":1.0', '"at_seconds":1e999'), ".at_seconds", "must be a number"),
    (spoiled(ENTRY, member=1), ".member", "must be text"),
    (spoiled(ENTRY, event={"event": "Unlock"}), ".event.data", "is missing"),
    (spoiled(ENTRY, event={"event": 1, "data": {}}), ".event.event", "must be text"),
    (spoiled(ENTRY, ticket=1.5), ".ticket", "must be a whole number"),
    (spoiled(ENTRY, did=GONE), ".did", "is missing"),
    (spoiled(ENTRY, did=DID | {"hops": [{}]}), ".did.hops[0].member", "is missing"),
    (spoiled(ENTRY, did=DID | {"orders": "Ring"}), ".did.orders", "must be a list"),
    (spoiled(ENTRY, did=DID | {"timers": [1]}), ".did.timers[0]", "must be an object"),
    (spoiled(ENTRY, did=DID | {"published": [None]}), ".did.published[0]", "must be text"),
    (spoiled(ENTRY, more=1), ".more", "is no field of Entry"),
]


@pytest.mark.parametrize(
    ("before", "bad", "path", "problem"),
    [
        *(([], *each) for each in BAD_ANYWHERE),
        *((LINES[:3], *each) for each in (*BAD_ANYWHERE, *BAD_LATER)),
        ([], ENTRY, "", "must be the first line of a journal, which has the member journal"),
        ([], "{}", "", "must be the first line of a journal, which has the member journal"),
    ],
    ids=range(2 * len(BAD_ANYWHERE) + len(BAD_LATER) + 2),
)
def test_a_malformed_line_is_refused_by_its_number_with_what_is_wrong(before, bad, path, problem):
    with pytest.raises(SnapshotRefused) as caught:
        list(FORM.read([*before, bad]))
    assert caught.value.path.startswith(f"$.line[{len(before) + 1}]{path}")
    assert caught.value.problem == problem


def test_the_runs_before_a_malformed_line_are_read():
    runs = FORM.read([*LINES, HEAD, "{"])
    assert len(next(runs).entries) == len(DAY)
    with pytest.raises(SnapshotRefused, match=rf"\$\.line\[{len(LINES) + 2}\] must be JSON"):
        next(runs)


@pytest.mark.parametrize(
    ("contexts", "path", "problem"),
    [
        ([], "", "must be an object"),
        ({"nobody": {}}, ".nobody", "is no member of office; they are desk, file"),
        ({"desk['1']": {}}, "[\"desk['1']\"]", "is no member of office; they are desk, file"),
        ({"file[01]": {}}, "['file[01]']", "is no member of office; they are desk, file"),
        ({"file['1']": {}}, "[\"file['1']\"].left", "is missing"),
        ({"desk": {}}, ".desk.left", "is missing"),
        ({"desk": {"left": "3"}}, ".desk.left", "must be a whole number"),
    ],
)
def test_contexts_that_do_not_fit_are_refused_by_their_line(contexts, path, problem):
    _, found = FORM.read([*LINES, spoiled(HEAD, contexts=contexts)])
    with pytest.raises(SnapshotRefused) as caught:
        FORM.contexts(found)
    assert (caught.value.path, caught.value.problem) == (f"$.line[{len(LINES) + 1}].contexts{path}", problem)


@pytest.mark.parametrize(
    ("changes", "path", "problem"),
    [
        ({"member": "nobody"}, ".member", "must be one of desk, file"),
        ({"event": {"event": "Lock", "data": {}}}, ".event", "must be one of Unlock, "),
        ({"event": {"event": "Unlock", "data": {}}}, ".data.by", "is missing"),
        ({"event": {"event": "Unlock", "data": {"by": "eve"}}}, ".data.by", "must be one of int, NoneType"),
    ],
)
def test_an_event_that_is_not_known_any_more_is_refused_when_it_is_asked_for(changes, path, problem):
    (found,) = FORM.read([HEAD, spoiled(ENTRY, **changes)])
    with pytest.raises(SnapshotRefused) as caught:
        FORM.event(found.entries[0])
    assert caught.value.path == "$" + path
    assert caught.value.problem.startswith(problem)


# ------------------------------------------------------------------------------------------------------------ cut short
RUNS = (*LINES, *LINES[:2])
FILE_TEXT = "".join(line + "\n" for line in RUNS)


def test_a_journal_cut_short_at_any_byte_is_its_whole_lines_or_refused_by_its_last_line():
    assert FILE_TEXT.isascii(), "or a cut could go through a character"
    runs = list(FORM.read(RUNS))
    for size in range(len(FILE_TEXT) + 1):
        lines, found = FILE_TEXT[:size].splitlines(), []
        if tuple(lines) == RUNS[: len(lines)]:
            found.extend(FORM.read(lines))
            assert sum(1 + len(run.entries) for run in found) == len(lines)
        else:
            with pytest.raises(SnapshotRefused, match=rf": \$\.line\[{len(lines)}\] must be JSON$"):
                found.extend(FORM.read(lines))
        for run, complete in zip(found, runs, strict=False):
            assert run == evolve(complete, entries=complete.entries[: len(run.entries)])


# ------------------------------------------------------------------------------------------------- what is not written
@frozen
class Key:
    token: str = field(repr=False)


@frozen
class Masked:
    token: str = field(repr=lambda _: "…")


@frozen(repr=False)
class Mute:
    token: str


@frozen
class Deep:
    ways: "tuple[int | Deeper, ...]" = ()
    again: "Deep | None" = None


@frozen
class Deeper:
    ring: frozenset[Key] | None


Passed = NewType("Passed", Key)


@frozen
class Renamed:
    key: Passed


@frozen
class Marked:
    keys: Annotated[tuple[Key, ...], ["what need not be hashable"]]


@frozen
class Dated(Masked):
    on: date


@frozen
class Counted:
    text: str
    size: int = field(init=False, repr=False, default=0)
    inner: "tuple[Counted, ...]" = ()


@frozen
class Foreign:
    elsewhere: "Missing"  # noqa: F821 - its hook knows it


FOREIGN = {Foreign: Hook(lambda value: value.elsewhere, Foreign)}


def hears(*events):
    rows = Rows[Desk, Stamps, object]()
    machine = Machine(
        "hears",
        initial=Desk.SHUT,
        context=Stamps(),
        states=tuple(rows.state(each, Kind.REST, "so") for each in Desk),
        table=tuple(rows.stay(Desk.SHUT, event) for event in events),
    )
    return System("hears", (machine,))


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (Key, "Key.token"),
        (Masked, "Masked.token"),
        (Mute, "Mute"),
        (Deep, "Deep.ways.ring.token"),
        (Renamed, "Renamed.key.token"),
        (Marked, "Marked.keys.token"),
    ],
)
def test_an_event_that_keeps_anything_from_its_repr_is_refused_before_the_first_line(event, path):
    with pytest.raises(NotSavable) as caught:
        JournalForm(hears(Unlock, event))
    assert caught.value.path == f"$.hears.{path}"
    assert caught.value.problem.startswith("is kept from the repr, so it may be a secret: keep that outside")


def test_an_event_that_keeps_something_from_its_repr_is_not_written_by_itself_either():
    events = Events(hears(Key).members[0], Forms())
    with pytest.raises(Misfit) as caught:
        events.write(Key("sekrit"))
    assert caught.value.path == ".Key.token"
    assert "sekrit" not in str(caught.value)


def test_what_is_not_written_may_be_kept_from_the_repr():
    system = hears(Counted)
    form = JournalForm(system)
    event = Counted("a", (Counted("b"),))
    lines, _ = written(form, system, [(system.members[0], None, Stimulus(event))])
    assert "size" not in lines[1]
    (found,) = form.read(lines)
    assert form.event(found.entries[0]) == event


def test_an_event_with_a_hook_is_written_by_it_whatever_its_annotations_are():
    system = hears(Foreign)
    form = JournalForm(system, FOREIGN)
    lines, _ = written(form, system, [(system.members[0], None, Stimulus(Foreign("far")))])
    (found,) = form.read(lines)
    assert form.event(found.entries[0]) == Foreign("far")


def test_an_event_without_a_form_is_refused_before_the_first_line():
    with pytest.raises(NotSavable) as caught:
        JournalForm(hears(Dated))
    assert caught.value.path == "$.hears.Dated.on"
    assert "hooks={date: Hook(save, restore)}" in caught.value.problem


@frozen
class MoreStamps(Stamps):
    pass


@pytest.mark.parametrize("context", [MoreStamps(), Stamps("three"), None])
def test_a_context_that_could_not_be_read_again_is_refused(context):
    with pytest.raises(NotSavable) as caught:
        FORM.head({"file": context})
    assert caught.value.path.startswith("$.contexts.file")


def test_a_context_of_nobody_is_refused():
    with pytest.raises(UnknownMember, match="'nobody'"):
        FORM.head({"nobody": Stamps()})


@pytest.mark.parametrize(
    ("event", "path", "problem"),
    [
        (Put(), "$.desk", "is a Put, which no row of desk answers"),
        (Weighed("heavy"), "$.desk.Weighed.grams", "must be a number"),
        (Weighed(float("nan")), "$.desk.Weighed.grams", "must be a number"),
        (Unlock("eve"), "$.desk.Unlock.by", "must be one of int, NoneType"),
    ],
)
def test_an_event_that_could_not_be_read_again_is_not_written(event, path, problem):
    with pytest.raises(NotSavable) as caught:
        FORM.entry("desk", Stimulus(event), DONE[0])
    assert (caught.value.path, caught.value.problem) == (path, problem)


def test_the_form_tells_which_events_it_knows():
    assert FORM.knows("desk", Tear())
    assert FORM.knows("desk", Fired("remind"))
    assert FORM.knows("file[ann]", Put())
    assert not FORM.knows("file", Tear())
    assert not FORM.knows("desk", Put())


# ----------------------------------------------------------------------------------------------------------- a session
def test_a_session_that_connects_reads_back_and_does_the_same_again():
    walk = SystemWalk(SESSION, SESSION_CONTEXTS)
    lines, stimuli = [SESSION_FORM.head(SESSION_CONTEXTS)], []
    ack = ConnectionAck("me", "u", ("write",), 0, "now")
    for member, event, awaited in (
        (AUTH_REFRESH, SignIn(), None),
        (AUTH_REFRESH, Refreshed(60.0), "RefreshToken"),
        (CONNECTION, Connect(), None),
        (CONNECTION, Opened(), "Dial"),
        (CONNECTION, FrameArrived(ack), "Dial"),
    ):
        stimulus = Stimulus(event, 1.0, walk.ticket(member, awaited) if awaited else None)
        walk.deliver(member, stimulus)
        lines.append(SESSION_FORM.entry(member.name, stimulus, walk.done))
        stimuli.append((member.name, stimulus))
    (found,) = SESSION_FORM.read(lines)
    assert [told(SESSION_FORM, entry) for entry in found.entries] == stimuli
    again = SystemWalk(SESSION, SESSION_FORM.contexts(found))
    for entry in found.entries:
        again.deliver(SESSION.plan.definition(entry.member), told(SESSION_FORM, entry)[1])
    assert again.snapshot == walk.snapshot
