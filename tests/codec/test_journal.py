"""What a journal says reads back as it was, and does the same again."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from machines import session
from machines.auth_refresh import AUTH_REFRESH, Refreshed, SignIn
from machines.connection import CONNECTION, Connect
from machines.link import FrameArrived, Opened
from machines.saving import HOOKS
from machines.session import SESSION
from machines.wire.messages import URL_DOCUMENT, ConnectionAck
from statekit import Fired, Stimulus
from statekit.codec import table_digest
from statekit.codec.journal import JournalForm
from statekit.testing.system_walk import SystemWalk
from tests.codec.desk import CONTEXTS, DAY, DESK, DONE, FORM, LINES, OFFICE, Letter, Put, Sender, Tear, written
from tests.codec.values import values


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


def test_the_form_tells_which_events_it_knows():
    assert FORM.knows("desk", Tear())
    assert FORM.knows("desk", Fired("remind"))
    assert FORM.knows("file[ann]", Put())
    assert not FORM.knows("file", Tear())
    assert not FORM.knows("desk", Put())


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
