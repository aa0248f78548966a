"""A random world around a session: a server of any temper, a person, time, and late answers."""

from attrs import evolve

from machines import auth_refresh, circuit_breaker, conflict_recovery, connection, error_storm, hold, rate_limit
from machines.auth_refresh import AUTH_REFRESH, Login, Logout, Online, Refreshed, RefreshFailed, SignIn, Trouble
from machines.circuit_breaker import CIRCUIT_BREAKER, Disable, ForceOpen, MetricsOnly, Reset
from machines.conflict_recovery import CONFLICT_RECOVERY
from machines.connection import CONNECTION, FAILED, IDLE, Connect, Disconnect, ReconnectNow
from machines.document import CloseDocument, OperationEnded
from machines.error_storm import ERROR_STORM, TRIPPED
from machines.heartbeat import HEARTBEAT
from machines.hold import HOLD, CameOnline, Hid, Shown, WentOffline
from machines.link import Closed, Dial, FrameArrived, FrameInvalid, GoAway, Opened, OpenFailed, Permitted
from machines.policy.error_codes import ErrorCode
from machines.policy.retries import RetryOptions
from machines.policy.router import ROUTER, OpenDocument
from machines.session import SESSION, Options, contexts
from machines.wire.messages import (
    Document,
    OperationAck,
    OperationBroadcast,
    Passed,
    PermissionChange,
    Ping,
    Pong,
    RateLimited,
    TokenRefreshRequired,
)
from machines.wire.operations import Insert
from machines.wire.text import Text
from statekit.keyed import key_of
from statekit.testing.system_walk import SystemWalk
from statekit.timers import ClockJumped
from tests.machines.linked import GREETING, error, submit, sync_of

SMALL = Options(
    connection=connection.Options(RetryOptions(attempts_max=2)),
    auth_refresh=auth_refresh.Options(failures_max=2, rejections_max=2),
    circuit_breaker=circuit_breaker.Options(failures_max=2),
    conflict_recovery=conflict_recovery.Options(rounds_max=2, syncs_max=2, queue_max=3),
    error_storm=error_storm.Options(errors_max=4, trips_max=2),
    hold=hold.Options(locks_max=1),
    rate_limit=rate_limit.Options(queue_max=1),
)
OTHER = "other"
CLOSES = (1000, 1001, 1002, 1005, 1006, 1008, 1009, 1011, 1012, 1013, 3000, 4000, 4001, 4002, 4003, 4004, 4321, 4999)
FAILURES = (None, 401, 403, 404, 408, 423, 426, 429, 500, 503, 418)
APPLICATION = (
    (CONNECTION, Connect()),
    (CONNECTION, Connect()),
    (CONNECTION, Disconnect()),
    (CONNECTION, ReconnectNow()),
    (CONNECTION, GoAway()),
    (AUTH_REFRESH, SignIn()),
    (AUTH_REFRESH, SignIn()),
    (AUTH_REFRESH, Login(60.0)),
    (AUTH_REFRESH, Login(None)),
    (AUTH_REFRESH, Logout()),
    (AUTH_REFRESH, Online()),
    *((member, ClockJumped(60.0)) for member in (CONNECTION, HEARTBEAT, AUTH_REFRESH)),
    (CIRCUIT_BREAKER, MetricsOnly()),
    (CIRCUIT_BREAKER, ForceOpen()),
    (CIRCUIT_BREAKER, Disable()),
    (CIRCUIT_BREAKER, Reset()),
    (CIRCUIT_BREAKER, Reset()),
    (HOLD, WentOffline()),
    (HOLD, CameOnline()),
    (HOLD, CameOnline()),
    (HOLD, Hid()),
    (HOLD, Shown()),
    (HOLD, Shown()),
)


class World:
    """Everything that can reach a session, at random: a server of any temper, a person, time, and late answers.

    Besides the URL's document there is another, which is opened, closed and opened again.
    """

    def __init__(self, options=SMALL):
        self.walk = SystemWalk(SESSION, contexts("ann", options))
        self.late, self.noted = [], None
        self.granted = self.reported = 0
        self.openings, self.outcomes = 0, {}
        self.hops, self.published, self.orders = list(self.walk.done.path), [], []
        self.walk.send(AUTH_REFRESH, SignIn())
        self.walk.send(CONNECTION, Connect())
        self.note()

    def next(self, choice):
        walk, kind, rest = self.walk, choice % 16, choice // 16
        if kind < 5 and walk.answerable(CONNECTION):
            self.link(rest)
        elif kind < 7 and walk.answerable(AUTH_REFRESH):
            walk.answer(AUTH_REFRESH, (Refreshed(60.0), Refreshed(None), *map(RefreshFailed, Trouble))[rest % 5])
        elif kind < 5 and walk.state(CONNECTION) in (IDLE, FAILED):
            walk.send(CONNECTION, Connect())
        elif kind < 5 and walk.of(CONNECTION).context.gates:
            open_gates(walk, rest)
        elif kind < 11:
            due = [(name, label) for name in walk.snapshot.names for label in walk.timers(*self.member(name))]
            seldom = ("giving_up", "expiry")
            due = [each for each in due if each[1] not in seldom or rest % 40 == 0]
            if due:
                name, label = due[rest % len(due)]
                member, key = self.member(name)
                walk.fire(member, label, chance=rest % 7 / 6, key=key)
        elif kind < 13:
            submit(walk, "xyz"[rest % 3], self.document(rest // 3))
        elif kind == 13 and self.late:
            member, event, ticket = self.late[rest % len(self.late)]
            if ticket not in [each.number for each in walk.of(member).tickets]:
                walk.answer(member, event, ticket=ticket)
        elif rest % 5 == 0:
            self.open_or_close(rest // 5)
        else:
            member, event = APPLICATION[rest % len(APPLICATION)]
            walk.send(member, event)
        if walk.done is not self.noted:
            self.note()

    def member(self, name):
        return SESSION.plan.definition(name), key_of(name)

    def document(self, choice):
        """Choose one of the documents that are open."""
        there = self.walk.snapshot.keys(CONFLICT_RECOVERY)
        return there[choice % len(there)]

    def open_or_close(self, choice):
        if OTHER not in self.walk.snapshot.keys(CONFLICT_RECOVERY):
            self.openings += 1
            self.walk.send(ROUTER, OpenDocument(OTHER, f"opening{self.openings}"))
        elif choice % 3 == 0:
            replica = self.walk.of(CONFLICT_RECOVERY, OTHER).context.replica
            self.walk.send(CONFLICT_RECOVERY, CloseDocument(), key=OTHER)
            self.note()
            ends = [sequence for document, sequence in self.outcomes if document == OTHER]
            assert sorted(ends) == list(range(1, replica.sequence + 1)), "G2 and O3 of a document that is closed"
            self.outcomes = {each: how for each, how in self.outcomes.items() if each[0] != OTHER}
        else:
            self.walk.send(ROUTER, OpenDocument(OTHER, "a second time"))

    def link(self, rest):
        walk = self.walk
        ticket = walk.ticket(CONNECTION, Dial)
        if Opened in walk.answerable(CONNECTION):
            self.late.append((CONNECTION, Opened(), ticket))
            failed = FAILURES[rest // 4 % len(FAILURES)]
            event = Opened() if rest % 4 else OpenFailed("rejected" if failed else "refused", failed, rest % 50 or None)
        elif walk.state(CONNECTION) is connection.HANDSHAKING and rest % 4:
            event = FrameArrived(GREETING)
        elif rest % 12 == 1:
            event = Closed(CLOSES[rest // 12 % len(CLOSES)])
        elif rest % 12 == 2:
            event = FrameInvalid("not JSON")
        else:
            event = FrameArrived(self.message(rest // 12))
        if isinstance(event, Closed | OpenFailed):
            self.late.append((CONNECTION, Closed(1006), ticket))
        walk.answer(CONNECTION, event)

    def message(self, rest):
        document, rest = self.document(rest), rest // 2
        replica = self.walk.of(CONFLICT_RECOVERY, document).context.replica
        head = replica.message_id(replica.pending[0].sequence) if replica.pending else "ann:0"
        codes = list(ErrorCode)
        said = (
            evolve(sync_of(self.walk, document), document=Document("d", replica.version, replica.base)),
            evolve(sync_of(self.walk, document), document=Document("d", replica.version + 3, Text("abc"))),
            OperationAck(head, replica.version + 1, document_id=document),
            OperationAck(head, replica.version + rest % 4, document_id=document),
            OperationBroadcast((Insert(0, "r"),), replica.version + 1 + rest % 2, "bob", "bob:1", document_id=document),
            evolve(error(codes[rest // 7 % len(codes)], message_id=head), document_id=document),
            error(codes[rest // 7 % len(codes)]),
            error("NEVER_HEARD_OF"),
            RateLimited(float(rest % 3000)),
            PermissionChange(("read", "write") if rest % 3 else ("read",)),
            TokenRefreshRequired(5.0),
            Ping(1),
            Pong(1),
            GREETING,
            Passed("presence", "cursor"),
        )
        return said[rest % len(said)]

    def note(self):
        done = self.noted = self.walk.done
        self.hops += done.path
        self.published += done.published
        self.orders += done.orders
        self.granted += sum(isinstance(hop.event, Permitted) for hop in done.path)
        self.reported += sum(isinstance(hop.event, circuit_breaker.Reported) for hop in done.path)
        for ended in done.published:
            if isinstance(ended, OperationEnded):
                name = ended.document_id, ended.sequence
                assert name not in self.outcomes, "O3: once"
                self.outcomes[name] = ended.outcome


def open_gates(walk, choice):
    """Do something that opens one of the gates that are shut."""
    gate = sorted(walk.of(CONNECTION).context.gates)[choice % len(walk.of(CONNECTION).context.gates)]
    if gate == "reauth":
        walk.send(AUTH_REFRESH, (SignIn(), Login(60.0), Login(None))[choice % 3])
    elif gate == "storm":
        walk.fire(ERROR_STORM, "after cooldown") if walk.state(ERROR_STORM) is TRIPPED else walk.send(
            CONNECTION, Connect()
        )
    elif gate == "maintenance":
        walk.fire(HOLD, "waited")
    else:
        walk.send(HOLD, CameOnline() if gate == "offline" else Shown())
