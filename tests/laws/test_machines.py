"""What holds for every shipped lifecycle, whatever it is about.

The walks deliver only what can arrive: answers under live tickets and in their stream's order, live timers, events of
the machine's own kind, and the breaker's answer exactly where it was asked. Late answers come at any time.
"""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machines import auth_refresh as auth
from machines import circuit_breaker as breaker
from machines import conflict_recovery as conflict
from machines import connection, document, error_storm, heartbeat, hold, link, rate_limit
from machines.auth_refresh import AUTH_REFRESH
from machines.circuit_breaker import CIRCUIT_BREAKER
from machines.conflict_recovery import CONFLICT_RECOVERY
from machines.connection import CONNECTION
from machines.error_storm import ERROR_STORM
from machines.gates import Gate, GatesMoved
from machines.heartbeat import HEARTBEAT
from machines.hold import HOLD
from machines.policy.error_codes import ErrorCode, Wait
from machines.policy.retries import RetryOptions
from machines.policy.router import ROUTER, LinkLost, OpenDocument
from machines.policy.window import WindowOptions
from machines.rate_limit import RATE_LIMIT
from machines.replica import Replica
from machines.wire import messages as wire
from machines.wire.operations import Delete, Insert
from machines.wire.text import Text
from statekit import Ignored, Kind, Stale, Stimulus, Taken, step
from statekit.testing.walk import Walk
from statekit.timers import ClockJumped

TEXT, PUT = Text("abc"), (Insert(0, "x"),)
HEADS = ("", "client:1", "client:2")


def sync(number, version, *operations):
    return document.Synced(
        wire.DocumentSync(wire.Document("d", version, TEXT), operations, None, (), f"client:sync:{number}")
    )


def error(code, **details):
    return wire.ErrorMessage(code, "said the server", True, "now", details or None)


# Every event of every machine, with the values that its rows tell apart.
EXAMPLES = {
    CONNECTION: (
        *(connection.Connect(), connection.Connect(), connection.Disconnect(), connection.ReconnectNow()),
        *(link.TokenReady(number) for number in (1, 2, 3, 4)),
        *(GatesMoved(frozenset(shut)) for shut in ((), (), (), {Gate.REAUTH}, {Gate.OFFLINE, Gate.HIDDEN})),
        *(GatesMoved(frozenset({Gate.STORM})), link.GoAway(), link.GoAway(1.0), link.GoAway()),
        *(link.PermitAvailable(), *[link.Hello(0)] * 5, *[link.GoAway()] * 2),
        *(link.TokenRefused(), link.TerminalError("kicked"), link.LinkRefused(), link.LinkRefused(9.0)),
        *(link.LinkBroken(1011), link.ServiceFailed(), link.PeerSilent(), ClockJumped(60.0)),
        *(link.Hello(0, resumed, resumable=True) for resumed in (True, False)),
    ),
    HEARTBEAT: (heartbeat.Begin(), heartbeat.Begin(9.0), heartbeat.End(), heartbeat.Heard(), ClockJumped(60.0)),
    AUTH_REFRESH: (
        *(auth.SignIn(), auth.Login(60.0), auth.Login(None), auth.Logout(), auth.Need(), auth.Need()),
        *(each(number) for each in (auth.Rejected, auth.Accepted) for number in (1, 2, 3)),
        *(auth.Revoked(), auth.RefreshHint(), auth.Online(), ClockJumped(31.0), ClockJumped(3600.0)),
    ),
    CIRCUIT_BREAKER: (
        *[breaker.Acquire()] * 8,
        *(breaker.Reported(number, result) for number in range(1, 7) for result in link.Report),
        *(breaker.ForceOpen(), breaker.Disable(), breaker.MetricsOnly(), *[breaker.Reset()] * 4),
    ),
    CONFLICT_RECOVERY: (
        *(document.Submit(edit, revision) for edit in (PUT, (Delete(0, 1),)) for revision in (0, 1, 2)),
        *(document.Open("1st", attached=True), document.Open("1st", attached=False), document.CloseDocument()),
        *(document.Attach(), document.Attach(), document.Detach(), document.Reopen(), document.Halt("deleted")),
        *(document.Acknowledged(wire.OperationAck(name, version)) for name in HEADS[1:] for version in (1, 2, 3, 4)),
        *(document.RemoteEdit(wire.OperationBroadcast(PUT, at, "bob", f"bob:{at}")) for at in (1, 2, 3, 4)),
        *(sync(number, version) for number in (1, 2, 3) for version in (1, 2)),
        sync(2, 2, wire.SyncedOperation((), 2, "client", "client:1")),
        *(each(name) for each in (document.Conflict, document.Unsure) for name in HEADS),
        *(document.Refused(name, "NO") for name in HEADS),
        *map(document.PermissionsCame, (True, False)),
        document.Refused("client:1", "NO", read_only=True),
        *(document.Hold(), document.Hold(read_only=True), document.Release(), document.Persist()),
        *(document.Detach(link.Blame()), document.Unsure("")),
        *(each(name) for each in (document.Granted, document.PutBack) for name in HEADS[1:]),
    ),
    ERROR_STORM: (
        *(error_storm.ErrorSeen(code, name, weight) for code in "ab" for name in "xy" for weight in (0, 1, 1, 1, 2)),
        *(error_storm.LinkSteady(), error_storm.LinkShaken(), error_storm.Retried(), error_storm.Reset()),
    ),
    HOLD: (
        *(hold.WentOffline(), hold.CameOnline(), hold.Hid(), hold.Shown(), hold.LockedOut(), hold.LetIn()),
        *(hold.CameOnline(), hold.Shown(), hold.LetIn(), hold.Served(), hold.LinkSteady(), hold.LinkShaken()),
        *(hold.PermissionsCame(may) for may in (True, True, False)),
        *(hold.ToldToWait(wait, hint) for wait in Wait for hint in (None, 0.0, 5.0, 86_400.0)),
    ),
    RATE_LIMIT: (
        *(rate_limit.Offered(name, lane) for name in "abcd" for lane in rate_limit.Lane),
        *(rate_limit.Limited(seconds, name, "X", 0, 1) for seconds in (None, 0.0, 5.0, 90.0) for name in ("", "a")),
        rate_limit.Withdrawn("a"),
        rate_limit.Detached(),
    ),
    ROUTER: (
        *(LinkLost(), OpenDocument("other", "1st")),
        wire.ConnectionAck("client", "u1", ("write",), 0, "now"),
        *(wire.Ping(1), wire.Pong(1), wire.RateLimited(1.0), wire.TokenRefreshRequired(1.0)),
        *(wire.DocumentSync(wire.Document("d", 1, TEXT)), wire.OperationAck("client:1", 1)),
        *(wire.OperationBroadcast(PUT, 1, "bob", "bob:1"), wire.PermissionChange(())),
        wire.Passed("presence", "cursor"),
        *(error(code, **details) for code in (*ErrorCode, "OTHER") for details in ({}, {"message_id": "client:1"})),
    ),
}
ANSWERS = {
    link.Opened: (link.Opened(),),
    link.OpenFailed: tuple(
        link.OpenFailed("refused", status, hint)
        for status in (None, 401, 403, 404, 429, 503)
        for hint in (None, 9.0, float("inf"))
    ),
    link.FrameArrived: (link.FrameArrived(wire.Pong(1)),),
    link.FrameInvalid: (link.FrameInvalid("not JSON"),),
    link.Closed: tuple(map(link.Closed, (1000, 1001, 1002, 1006, 1008, 1013, 4000, 4001, 4003, 4004, 4999))),
    auth.Refreshed: tuple(map(auth.Refreshed, (None, 60.0, 0.0, -1.0, float("inf"), float("nan")))),
    auth.RefreshFailed: tuple(map(auth.RefreshFailed, auth.Trouble)),
}
CONTEXTS = {
    CONNECTION: connection.Context(connection.Options(RetryOptions(attempts_max=1))),
    CIRCUIT_BREAKER: breaker.Context(
        breaker.Options(failures_max=2, probes=2, successes_min=2, window=WindowOptions(3, 2))
    ),
    AUTH_REFRESH: auth.Context(auth.Options(failures_max=2, rejections_max=2)),
    CONFLICT_RECOVERY: conflict.Context(
        Replica("client"), conflict.Options(rounds_max=1, retries_max=1, syncs_max=2, queue_max=3)
    ),
    ERROR_STORM: error_storm.Context(error_storm.Options(errors_max=2, trips_max=2)),
    HOLD: hold.Context(hold.Options(locks_max=1)),
    RATE_LIMIT: rate_limit.Context(rate_limit.Options(limits_max=2, queue_max=2, rate_per_second=5)),
}
MACHINES = [pytest.param(machine, id=machine.name) for machine in EXAMPLES]
every_machine = pytest.mark.parametrize("machine", MACHINES)


class Journey:
    """A walk by choices: each is one thing that can arrive, or an answer that comes too late."""

    def __init__(self, machine):
        self.machine = machine
        self.begin()

    def begin(self):
        self.walk = Walk(self.machine, CONTEXTS.get(self.machine))
        self.tickets = {}
        self.remember()

    def next(self, choice):
        """Deliver one thing, after an end to another of the kind; gives the snapshot before it, and the stimulus."""
        if self.machine.kind(self.walk.state) is Kind.ENDED:
            self.begin()
        stimulus = self.stimulus(choice)
        before = self.walk.snapshot
        self.walk.deliver(stimulus)
        self.remember()
        return before, stimulus

    def remember(self):
        self.tickets.update({ticket.number: ticket.name for ticket in self.walk.snapshot.tickets})

    def stimulus(self, choice):
        walk, kind, rest = self.walk, choice % 8, choice // 8
        if walk.state is connection.ACQUIRING:
            return Stimulus(link.Permitted(rest % 5) if rest % 4 else link.Denied())
        if kind < 2 and walk.answerable:
            classes = list(walk.answerable)
            answers = ANSWERS[classes[rest % len(classes)]]
            return walk.outstanding.answered(walk.snapshot, answers[rest // 7 % len(answers)], None)
        if kind < 2 and (onward := self.onward(rest)):
            return Stimulus(onward)
        due = [label for label in walk.timers if label != "giving_up" or rest % 20 == 0]
        if kind < 4 and due:
            return walk.outstanding.fired(walk.snapshot, due[rest % len(due)], rest % 3 / 2, 0.1, None)
        late = [number for number in self.tickets if number not in [each.number for each in walk.snapshot.tickets]]
        if kind == 4 and late:
            return self.late(late[rest % len(late)], rest // 11)
        examples = EXAMPLES[walk.machine]
        return Stimulus(examples[rest % len(examples)])

    def onward(self, rest):
        """Give the event that leads on from where the machine is, so that walks get far."""
        context = self.walk.context
        if self.walk.machine is CIRCUIT_BREAKER:
            return breaker.Reported(context.permit, list(link.Report)[rest % 5])
        if self.walk.machine is CONFLICT_RECOVERY and self.walk.state in conflict.ASKING:
            return sync(context.asked, context.replica.version + rest % 2)
        wish = {connection.IDLE: connection.Connect(), connection.FAILED: connection.Connect()}
        wish |= {connection.AUTHORIZING: link.TokenReady(1)}
        return wish.get(self.walk.state)

    def late(self, number, rest):
        walk, name = self.walk, self.tickets[number]
        answering = next((a for e, a in walk.machine.folded.answering.items() if e.__name__ == name), None)
        if answering is None:
            return walk.outstanding.fired(walk.snapshot, name, 1.0, 0.0, number)
        answers = ANSWERS[answering.events[rest % len(answering.events)]]
        return Stimulus(answers[rest // 5 % len(answers)], ticket=number)


CHOICES = st.lists(st.integers(0, 100_000), min_size=60, max_size=60)
walks = settings(max_examples=30, deadline=None)


@every_machine
def test_no_cell_is_blank(machine):
    """Law 4."""
    assert machine.blanks() == ()


@every_machine
def test_every_event_has_an_example(machine):
    """So that none of the laws below holds only because nothing was tried."""
    answers = {kind for answering in machine.answering for kind in answering.events}
    shown = {type(event) for event in EXAMPLES[machine]} | (answers & set(ANSWERS))
    asked = {link.Permitted, link.Denied} if machine is CONNECTION else set()
    assert shown | asked == set(machine.folded.events)


@every_machine
@walks
@given(CHOICES)
def test_what_can_arrive_is_taken_ignored_or_stale_and_nothing_else(machine, choices):
    """A forbid is never reached, no function raises, no guard leaves an event without an answer."""
    journey = Journey(machine)
    for choice in choices:
        _, stimulus = journey.next(choice)
        assert isinstance(journey.walk.verdict, Taken | Ignored | Stale), (stimulus, journey.walk.verdict)


@every_machine
@walks
@given(CHOICES)
def test_equal_inputs_give_equal_outputs(machine, choices):
    """Law 2."""
    journey = Journey(machine)
    for choice in choices:
        before, stimulus = journey.next(choice)
        assert step(machine, before, stimulus) == journey.walk.done


@every_machine
@walks
@given(CHOICES)
def test_what_is_stale_changes_nothing_and_orders_at_most_the_orphan(machine, choices):
    """Law 5."""
    journey = Journey(machine)
    for choice in choices:
        before, stimulus = journey.next(choice)
        if not isinstance(journey.walk.verdict, Stale):
            continue
        assert journey.walk.snapshot is before
        orphans = [each.orphan for each in machine.answering if each.opens is type(stimulus.event)]
        assert list(journey.walk.effects) == orphans


@every_machine
@walks
@given(CHOICES)
def test_an_answer_or_a_timer_is_stale_exactly_when_its_ticket_is_over(machine, choices):
    """Law 5."""
    journey = Journey(machine)
    for choice in choices:
        before, stimulus = journey.next(choice)
        live = stimulus.ticket in [ticket.number for ticket in before.tickets]
        assert isinstance(journey.walk.verdict, Stale) == (stimulus.ticket is not None and not live)


@every_machine
@walks
@given(CHOICES)
def test_what_is_awaited_lies_in_a_scope_that_holds_the_state(machine, choices):
    journey = Journey(machine)
    for choice in choices:
        journey.next(choice)
        for ticket in journey.walk.snapshot.tickets:
            assert ticket.scope in machine.folded.scopes[journey.walk.state]


@every_machine
@walks
@given(CHOICES)
def test_a_state_that_is_busy_or_waits_has_a_deadline_or_names_who_ends_it(machine, choices):
    """Law 8."""
    declared = {each.state: each for each in machine.states}
    journey = Journey(machine)
    for choice in choices:
        journey.next(choice)
        here = declared[journey.walk.state]
        if here.kind in (Kind.BUSY, Kind.WAITING) and not here.waits_for:
            assert journey.walk.timers


@every_machine
@walks
@given(CHOICES)
def test_only_effects_that_the_table_lists_are_ordered(machine, choices):
    """Law 3: what a maker makes is what its return annotation says."""
    journey, listed = Journey(machine), set(machine.effects())
    for choice in choices:
        journey.next(choice)
        assert set(map(type, journey.walk.effects)) <= listed


@every_machine
def test_such_walks_reach_every_state(machine):
    """So that the laws above are laws of the whole table; over a fixed set of walks."""
    seen = set()
    for seed in range(60):
        chance, journey = random.Random(seed), Journey(machine)
        for _ in range(200):
            journey.next(chance.randrange(100_001))
            seen.add(journey.walk.state)
    assert seen == {each.state for each in machine.states}
