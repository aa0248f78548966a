"""Machines and sessions in the middle of something, to be saved: those shipped, and a table of what they do not use."""

from enum import Enum, StrEnum, auto
from typing import Literal

from attrs import frozen
from hypothesis import HealthCheck, event, settings
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
from statekit import Answering, Kind, Machine, Rows, after, arm, disarm, timer
from statekit.codec import Forms
from statekit.keyed import key_of
from statekit.testing.system_walk import SystemWalk
from statekit.testing.walk import Walk
from tests.codec.values import values


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
