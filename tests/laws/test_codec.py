"""Laws of save and restore, for every shipped machine, for the session, and for a table that uses what they do not."""

import json
from enum import Enum, StrEnum, auto
from typing import Literal

import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from machines import session
from machines.auth_refresh import AUTH_REFRESH, Refreshed, SignIn
from machines.circuit_breaker import CIRCUIT_BREAKER, Reported
from machines.conflict_recovery import CONFLICT_RECOVERY
from machines.connection import CONNECTION, Connect
from machines.document import Attach, Submit, Synced
from machines.error_storm import ERROR_STORM, ErrorSeen
from machines.heartbeat import HEARTBEAT
from machines.hold import HOLD, ToldToWait
from machines.link import FrameArrived, GoAway, Hello, Opened, Permitted, Report, TokenReady
from machines.policy.error_codes import Wait
from machines.policy.router import ROUTER, OpenDocument
from machines.rate_limit import RATE_LIMIT, Limited, Offered
from machines.saving import HOOKS
from machines.session import SESSION
from machines.wire.messages import URL_DOCUMENT, ConnectionAck, Document, DocumentSync
from machines.wire.operations import Insert
from machines.wire.text import Text
from statekit import Answering, Fired, Kind, Machine, Rows, Stale, Stimulus, after, arm, disarm, step, timer
from statekit.codec import Forms, Policy, SnapshotRefused, restore, restore_system, save, save_system
from statekit.keyed import key_of
from statekit.testing.system_walk import SystemWalk
from statekit.testing.walk import Walk
from tests.codec.values import WORDS, values


# --------------------------------------------------------------------- a table with what the shipped ones do not use
class State(StrEnum):
    HOME = auto()
    AWAY = auto()
    FAR = auto()
    OVER = auto()


HOME, AWAY, FAR, OVER = State


class Colour(Enum):
    RED = 1
    BLUE = 2


class Shape(Enum):
    ROUND = (1, 2)
    FLAT = None


@frozen
class Leaf:
    value: int


@frozen
class Node:
    children: "tuple[Node | Leaf, ...]" = ()


@frozen
class Memory:
    tree: Node | Leaf | Colour | int | str | bool | float | tuple[Shape, ...] | None = None
    pair: tuple[int, Shape | None] = (0, None)
    word: Literal["a", 1] = 1
    leaves: frozenset[Leaf] = frozenset()
    key: object = None
    near: float | None = None


@frozen
class Go:
    memory: Memory


@frozen
class Later:
    memory: Memory
    colour: Colour = Colour.RED


@frozen
class Stop:
    pass


@frozen
class Ask:
    pass


@frozen
class Told:
    pass


@frozen
class Untold:
    why: str


@frozen
class Part:
    pass


@frozen
class Done:
    pass


def remember(_: Memory, event: Go | Later) -> Memory:
    return event.memory


def untold(failure) -> Untold:
    return Untold(failure.error)


def done(failure) -> Done:
    return Done()


rows = Rows[State, Memory, Ask]()
OUT = rows.group("out", AWAY, FAR)
again = timer("again", 3.0, scope=OUT)
ODD = Machine(
    "odd",
    initial=HOME,
    context=Memory(),
    states=(
        rows.state(HOME, Kind.REST, ""), rows.state(AWAY, Kind.BUSY, ""), rows.state(FAR, Kind.STEADY, ""),
        rows.state(OVER, Kind.ENDED, ""),
    ),
    groups=(OUT,),
    table=(
        rows.row(HOME, Go, AWAY, Ask(), arm(again), update=remember),
        rows.row(AWAY, Go, HOME, update=remember),
        rows.row(AWAY, Told, FAR),
        rows.row(AWAY, Untold, HOME),
        rows.forbid(FAR, Told, because="told already"),
        rows.forbid(FAR, Untold, because="told already"),
        rows.ignore(AWAY, Part, because="too soon"),
        rows.ignore(AWAY, Done, because="too soon"),
        rows.stay(FAR, Part),
        rows.row(FAR, Done, HOME),
        rows.stay(FAR, Go, disarm(again), update=remember),
        rows.postpone(OUT, Later, because="not at home"),
        rows.row(HOME, Later, FAR, Ask(), update=remember),
        rows.stay(OUT, again),
        rows.row(AWAY, after(60.0), HOME),
        rows.stay(OUT, after(600.0)),
        rows.row(OUT, Stop, OVER),
        rows.ignore(HOME, Stop, because="at home"),
    ),
    answering=(Answering(Ask, (Untold,), OUT, untold, opens=Told, streams=(Part,), ends=(Done,), lost=done),),
)  # fmt: skip

MACHINES = (
    *(AUTH_REFRESH, CIRCUIT_BREAKER, CONFLICT_RECOVERY, CONNECTION, ERROR_STORM, HEARTBEAT, HOLD, RATE_LIMIT, ROUTER),
    ODD,
)
FORMS = Forms(HOOKS)
SLOW = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])


# -------------------------------------------------------------------------------------------------------------- walks
def a_step(data, machine, timers, answerable, send, answer, fire):
    """One random thing that could happen next."""
    ways = ["send", "send", *(["answer"] * 3 if answerable else []), *(["fire"] if timers else [])]
    match data.draw(st.sampled_from(ways)):
        case "send":
            sent = [each for each in machine.folded.events if each not in machine.folded.answers]
            send(data.draw(values(data.draw(st.sampled_from(sent)))))
        case "answer":
            answer(data.draw(values(data.draw(st.sampled_from(sorted(answerable, key=lambda each: each.__name__))))))
        case "fire":
            fire(data.draw(st.sampled_from(sorted(timers))))


SUBMIT = Submit((Insert(0, "x"),), 0)
SYNC = Synced(DocumentSync(Document("d", 0, Text())))
OPENINGS = {
    AUTH_REFRESH: ("send", SignIn(), "answer", Refreshed(60.0), "fire", "refresh_due"),
    CIRCUIT_BREAKER: ("send", *(Reported(1, Report.FAIL) for _ in range(5)), "fire", "after reset_delay"),
    CONFLICT_RECOVERY: ("send", SUBMIT, Attach(), SYNC, SUBMIT),
    CONNECTION: (
        "send", Connect(), TokenReady(1), Permitted(1), "answer", Opened(), "send", Hello(1), "fire",
        "after settle_delay", "send", GoAway(),
    ),
    ERROR_STORM: ("send", *(ErrorSeen("A", f"me:{number}") for number in range(11)), "fire", "after cooldown"),
    HOLD: ("send", ToldToWait(Wait.LOCK), ToldToWait(Wait.MAINTENANCE, 5.0)),
    RATE_LIMIT: ("send", Offered("me:1"), Offered("me:2"), Limited(5.0), Limited(2.0), "fire", "limit_over"),
    ODD: ("send", Go(Memory()), "answer", Told(), "send", Later(Memory(Node((Leaf(1), Node()))))),
}  # fmt: skip
"""Ways to the states that chance seldom finds; a walk goes as far as it is told to, then on by chance."""


def walked(data, machine):
    walk, way = Walk(machine), "send"
    opening = OPENINGS.get(machine, ())
    for word in opening[: data.draw(st.integers(0, len(opening)))]:
        if word in ("send", "answer", "fire"):
            way = word
        else:
            getattr(walk, way)(word)
    for _ in range(data.draw(st.integers(0, 5))):
        a_step(data, machine, walk.timers, walk.answerable, walk.send, walk.answer, walk.fire)
    event(f"{machine.name} in {walk.state}")
    return walk


OPENING = (
    lambda walk: walk.send(AUTH_REFRESH, SignIn()),
    lambda walk: walk.answer(AUTH_REFRESH, Refreshed(60.0)),
    lambda walk: walk.send(CONNECTION, Connect()),
    lambda walk: walk.answer(CONNECTION, Opened()),
    lambda walk: walk.answer(CONNECTION, FrameArrived(ConnectionAck("me", "u", ("write",), 0, "now"))),
    lambda walk: walk.send(CONFLICT_RECOVERY, SUBMIT, key=URL_DOCUMENT),
    lambda walk: walk.send(ROUTER, OpenDocument("other", "first")),
    lambda walk: walk.send(CONFLICT_RECOVERY, SUBMIT, key="other"),
)


def walked_session(data):
    walk = SystemWalk(SESSION, session.contexts("me", session.Options()))
    for does in OPENING[: data.draw(st.integers(0, len(OPENING)))]:
        does(walk)
    for _ in range(data.draw(st.integers(0, 5))):
        name = data.draw(st.sampled_from(walk.snapshot.names))
        member, key = SESSION.plan.definition(name), key_of(name)
        a_step(
            data, member, walk.timers(member, key), walk.answerable(member, key),
            lambda *events, member=member, key=key: walk.send(member, *events, key=key),
            lambda answer, member=member, key=key: walk.answer(member, answer, key=key),
            lambda label, member=member, key=key: walk.fire(member, label, key=key),
        )  # fmt: skip
    return walk


LEFT = st.floats(-10, 1e6)


def remaining(data, machine, snapshot):
    return {each.number: data.draw(LEFT) for each in snapshot.tickets if each.name in machine.folded.clocks}


def effects_of(machine, snapshot):
    return [each.number for each in snapshot.tickets if each.name not in machine.folded.clocks]


# --------------------------------------------------------------------------------------------------------------- laws
@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
@given(data=st.data())
@SLOW
def test_what_is_saved_and_restored_is_what_it_was(machine, data):
    walk = walked(data, machine)
    left = remaining(data, machine, walk.snapshot)
    text = json.dumps(save(machine, walk.snapshot, left, hooks=FORMS), allow_nan=False)
    found = restore(machine, json.loads(text), elapsed_seconds=0, policy=Policy.RESUME, hooks=FORMS)
    assert found.snapshot == walk.snapshot
    assert {due.ticket.number: due.delay for due in found.timers} == left
    assert [due.delay for due in found.timers] == sorted(left.values())
    assert [each.ticket for each in found.lost] == effects_of(machine, walk.snapshot)
    assert not found.table_changed
    assert json.dumps(save(machine, found.snapshot, left, hooks=FORMS), allow_nan=False) == text


@given(data=st.data())
@settings(SLOW, max_examples=40)
def test_a_session_that_is_saved_and_restored_is_what_it_was(data):
    snapshot = walked_session(data).snapshot
    left = {
        (name, number): seconds
        for name, each in zip(snapshot.names, snapshot.members, strict=True)
        for number, seconds in remaining(data, SESSION.plan.definition(name), each).items()
    }
    text = json.dumps(save_system(SESSION, snapshot, left, hooks=FORMS), allow_nan=False)
    found = restore_system(
        SESSION, json.loads(text), elapsed_seconds=0, policy=Policy.RESUME, hooks=FORMS
    )  # fmt: skip
    assert found.snapshot == snapshot
    assert {(name, due.ticket.number): due.delay for name, due in found.timers} == left
    assert not found.table_changed


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
@given(data=st.data())
@SLOW
def test_what_was_lost_is_told_by_an_event_that_the_state_takes(machine, data):
    walk = walked(data, machine)
    saved = save(machine, walk.snapshot, None, hooks=FORMS)
    found = restore(machine, saved, elapsed_seconds=9, policy=Policy.FIRE, hooks=FORMS)
    assert all(due.delay == 0 for due in found.timers)
    for stimulus in found.lost:
        done = step(machine, found.snapshot, stimulus)
        assert type(done.verdict).__name__ in {"Taken", "Ignored"}
        assert stimulus.ticket not in {ticket.number for ticket in done.snapshot.tickets}


# -------------------------------------------------------------------------------------------------------------- edits
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**20), st.floats(), WORDS, st.sampled_from(["", "__class__", "timer"]),
    st.sampled_from([[], {}, [None], {"class": "os.system"}, {"class": "Leaf", "value": 1}, {"value": 1}, object()]),
)  # fmt: skip


def edited(data, value, depth=0):
    """A copy of a JSON value with one random edit somewhere in it."""
    if not isinstance(value, (dict, list)) or not value or data.draw(st.integers(0, 4)) < 1 <= depth:
        return data.draw(JUNK)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key, other, copy = data.draw(st.sampled_from(keys)), data.draw(st.sampled_from(keys)), value.copy()
    match data.draw(st.sampled_from(["inside"] * 6 + ["drop", "swap", "more"])):
        case "inside":
            copy[key] = edited(data, value[key], depth + 1)
        case "drop":
            del copy[key]
        case "swap":
            copy[key], copy[other] = copy[other], copy[key]
        case "more" if isinstance(copy, dict):
            copy[data.draw(WORDS)] = copy[key]
        case "more":
            copy.append(copy[key])
    return copy


def tried(restoring):
    """What was restored, or None if it was refused with its place."""
    path = ""
    try:
        found = restoring()
    except SnapshotRefused as refusal:
        found, path = None, refusal.path
    event("legal" if found else "refused")
    assert found or path.startswith("$")
    return found


def stimuli_of(found):
    yield from found.lost
    for due in found.timers:
        yield Stimulus(Fired(due.ticket.name, due.ticket.key), ticket=due.ticket.number)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
@given(data=st.data())
@settings(SLOW, max_examples=150)
def test_an_edited_save_is_refused_with_its_place_or_is_a_legal_one(machine, data):
    walk = walked(data, machine)
    saved = save(machine, walk.snapshot, remaining(data, machine, walk.snapshot), hooks=FORMS)
    for _ in range(data.draw(st.sampled_from([1, 1, 1, 2, 3]))):
        saved = edited(data, saved)
    policy = data.draw(st.sampled_from(Policy))
    found = tried(lambda: restore(machine, saved, elapsed_seconds=1.5, policy=policy, hooks=FORMS))
    if found is None:
        return
    assert found.snapshot.state in machine.folded.cells
    assert type(found.snapshot.state) is type(machine.initial)
    assert all(ticket.scope in machine.folded.scopes[found.snapshot.state] for ticket in found.snapshot.tickets)
    for stimulus in stimuli_of(found):
        assert not isinstance(step(machine, found.snapshot, stimulus).verdict, Stale)
    again = restore(
        machine, save(machine, found.snapshot, None, hooks=FORMS), elapsed_seconds=0, policy=Policy.FIRE, hooks=FORMS,
    )  # fmt: skip
    assert again.snapshot == found.snapshot


@given(data=st.data())
@SLOW
def test_an_edited_session_is_refused_with_its_place_or_is_a_legal_one(data):
    saved = save_system(SESSION, walked_session(data).snapshot, None, hooks=FORMS)
    saved = edited(data, saved)
    found = tried(lambda: restore_system(SESSION, saved, elapsed_seconds=0, policy=Policy.FIRE, hooks=FORMS))
    for name, loss in found.lost if found else ():
        SESSION.step(found.snapshot, name, loss)


def test_a_changed_context_is_not_the_same_snapshot():
    # The laws above compare by ==; they would be empty if that overlooked a field.
    snapshot = Walk(CONNECTION).snapshot
    assert evolve(snapshot, context=evolve(snapshot.context, generation=7)) != snapshot
