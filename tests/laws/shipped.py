"""Contexts and events of the shipped lifecycles, drawn as they come from a server, a link, a user and time."""

from machines import (
    auth_refresh,
    circuit_breaker,
    conflict_recovery,
    connection,
    document,
    error_storm,
    heartbeat,
    hold,
    rate_limit,
)
from machines.gates import Gate, GatesMoved
from machines.link import (
    Blame,
    Closed,
    FrameArrived,
    FrameInvalid,
    Hello,
    LinkBroken,
    LinkRefused,
    OpenFailed,
    Permitted,
    Report,
    TerminalError,
    TokenReady,
)
from machines.policy import router
from machines.policy.close_codes import CLOSE_POLICIES, HTTP_POLICIES
from machines.policy.error_codes import ERROR_POLICIES, Wait
from machines.policy.retries import RetryOptions
from machines.replica import Replica
from machines.wire import messages
from machines.wire.operations import Delete, Insert
from machines.wire.text import Text
from statekit.timers import ClockJumped
from tests.machines.algebras import Stubborn

CODES = {span.policy.act: span.first for span in CLOSE_POLICIES.spans} | {None: 4321}
STATUSES = {span.policy.act: span.first for span in HTTP_POLICIES.spans} | {None: 418}
ERRORS = [*(row.code for row in ERROR_POLICIES.rows), "NEWS_TO_US"]
CONTEXTS = {
    connection.CONNECTION: (
        connection.Context(connection.Options(RetryOptions(attempts_max=0))),
        connection.Context(
            connection.Options(RetryOptions(attempts_max=1, after_server_close="retry", after_exhaustion="fail"))
        ),
    ),
    auth_refresh.AUTH_REFRESH: (
        auth_refresh.Context(),
        auth_refresh.Context(auth_refresh.Options(failures_max=1, rejections_max=1)),
    ),
    circuit_breaker.CIRCUIT_BREAKER: (
        circuit_breaker.Context(),
        circuit_breaker.Context(circuit_breaker.Options(failures_max=2, probes=2, successes_min=2)),
    ),
    error_storm.ERROR_STORM: (
        error_storm.Context(error_storm.Options(errors_max=2, trips_max=2)),
        error_storm.Context(error_storm.Options(errors_max=3, count_all=True)),
    ),
    hold.HOLD: (hold.Context(), hold.Context(hold.Options(locks_max=1))),
    rate_limit.RATE_LIMIT: (
        rate_limit.Context(rate_limit.Options(limits_max=2, queue_max=2, rate_per_second=5)),
        rate_limit.Context(),
    ),
    heartbeat.HEARTBEAT: (heartbeat.Context(),),
    router.ROUTER: (router.Context(),),
    conflict_recovery.CONFLICT_RECOVERY: (
        conflict_recovery.Context(
            Replica("me"), conflict_recovery.Options(queue_max=2, rounds_max=0, retries_max=0, syncs_max=2)
        ),
        conflict_recovery.Context(Replica("me", algebra=Stubborn())),
    ),
}


def edits(chance, text):
    """Draw an edit that mostly fits a text."""
    at = chance.randint(0, len(text))
    return (Delete(at, 1),) if chance.random() < 0.3 else (Insert(at, chance.choice(["a", "bc"])),)


def document_events(chance, context):
    """Make the events of a document as they are near what its replica knows."""
    replica = context.replica
    version = max(replica.version + chance.choice([0, 1, 1, 1, 2]), 0)
    head = replica.message_id(replica.pending[0].sequence) if replica.pending else "me:1"
    about = chance.choice([head, head, head, "", "other:9"])
    asked = context.sync_id if chance.random() < 0.8 else "me:sync:0"
    author, edit = chance.choice([("you", edits(chance, replica.base)), ("me", ())])
    caught = messages.SyncedOperation(edit, version, author, head if author == "me" else "you:1")
    whole = messages.Document("d", version, chance.choice([replica.base, Text("abc")]))
    return {
        document.Open: (chance.choice(["1st", "2nd"]), chance.random() < 0.5),
        document.Submit: (edits(chance, replica.view), replica.revision - chance.choice([0, 0, 0, 1, 5])),
        document.Acknowledged: (messages.OperationAck(about, version),),
        document.RemoteEdit: (messages.OperationBroadcast(edit, version, author, "you:1"),),
        document.Synced: (
            messages.DocumentSync(whole, chance.choice([(), (caught,)]), message_id=asked),
        ),
        document.Conflict: (about,),
        document.Unsure: (about,),
        document.Refused: (about, "NO", chance.random() < 0.2),
        document.Granted: (head,),
        document.PutBack: (head,),
        document.Halt: ("deleted",),
        document.Hold: (chance.choice([None, False, True]), chance.choice([None, frozenset[str]()])),
        document.PermissionsCame: (chance.random() < 0.5,),
        document.Detach: (chance.choice([None, Blame(), Blame(about), Blame("", "other")]),),
    }  # fmt: skip


def link_events(chance, _context):
    """Make the events of a connection."""
    gates = [gate for gate in Gate if chance.random() < 0.2]
    return {
        OpenFailed: ("refused", chance.choice([None, *STATUSES.values()]), chance.choice([None, 0.5, 120.0])),
        FrameArrived: (messages.Pong(timestamp_ms=1),),
        FrameInvalid: ("no JSON",),
        Closed: (chance.choice(list(CODES.values())),),
        Hello: (3, chance.random() < 0.5, chance.random() < 0.5),
        ClockJumped: (60.0,),
        TerminalError: ("gone",),
        LinkRefused: (chance.choice([None, 40.0]),),
        LinkBroken: (chance.choice(list(CODES.values())), Blame("me:1")),
        TokenReady: (chance.randint(1, 9),),
        GatesMoved: (frozenset(gates),),
        Permitted: (chance.randint(1, 9),),
    }


def token_events(chance, context):
    """Make the events of a token about the generation that is out, or one beside it."""
    generation = context.generation - chance.choice([0, 0, 1, -1])
    lifetime = chance.choice([None, 0.0, -1.0, 30.0, 3600.0, float("inf")])
    return {
        auth_refresh.Login: (lifetime,),
        auth_refresh.Refreshed: (lifetime,),
        auth_refresh.Rejected: (generation,),
        auth_refresh.Accepted: (generation,),
        ClockJumped: (chance.choice([31.0, 3600.0]),),
        auth_refresh.RefreshFailed: (chance.choice(list(auth_refresh.Trouble)),),
    }


def heart_events(chance, _context):
    """Make the events of a heartbeat."""
    return {heartbeat.Begin: (chance.choice([None, 0.0, 9.0]),), ClockJumped: (60.0,)}


def breaker_events(chance, context):
    """Make the events of a breaker, some about a permit of old."""
    permit = chance.choice([context.permit, *context.out, context.permit - 1])
    return {circuit_breaker.Reported: (permit, chance.choice(list(Report)))}


def server_messages(chance, _context):
    """Make what a server says."""
    details = chance.choice([None, {"message_id": "me:1"}, {"retry_after": 2500}, {"retry_after": True}])
    return {
        messages.ConnectionAck: ("me", "user", ("read",), 3, "now"),
        messages.Ping: (7,),
        messages.Pong: (7,),
        messages.DocumentSync: (messages.Document("d", 1, Text("abc")),),
        messages.ErrorMessage: (
            chance.choice(ERRORS),
            "words",
            chance.random() < 0.5,
            "now",
            details,
            chance.choice(["", "other"]),
        ),
        router.OpenDocument: ("other", "1st"),
        messages.RateLimited: (2500,),
        messages.TokenRefreshRequired: (30,),
        messages.PermissionChange: (("read",),),
        messages.OperationAck: ("me:1", 4),
        messages.OperationBroadcast: ((), 4, "you", "you:1"),
        messages.Passed: ("presence", "joined"),
    }


def storm_events(chance, context):
    """Make the errors of a storm, and the firings that forget one of them or a trip."""
    places = [each.place for each in context.counted]
    said = (chance.choice("abcdefgh"), chance.choice("xy"), chance.choice([0, 1, 1, 1, 2]))
    return {
        error_storm.ErrorSeen: said,
        "error_forgotten": (chance.choice([*places, 99]),),
        "repeat_heard": (chance.choice([*places, 99]),),
        "trip_forgotten": (chance.choice([*context.trips, 99]),),
    }


def hold_events(chance, _context):
    """Make what a server and its links say of waiting, and the firing that ends a wait."""
    return {
        hold.ToldToWait: (chance.choice(list(Wait)), chance.choice([None, 0.0, 7.5])),
        hold.PermissionsCame: (chance.random() < 0.5,),
        "waited": (chance.choice([each.value for each in Wait]),),
    }


def pacer_events(chance, context):
    """Make offers and limits, and the firing that ends one."""
    places = [each.place for each in context.limits]
    limit = (chance.choice([None, 0.0, 2.5, 90.0]), chance.choice(["", "a", "b"]), "LIMIT", 0, 1)
    return {
        rate_limit.Offered: (chance.choice("abcd"), chance.choice(list(rate_limit.Lane))),
        rate_limit.Limited: limit,
        rate_limit.Withdrawn: (chance.choice("abcd"),),
        "limit_over": (chance.choice([*places, 99]),),
    }


FIELDS = {
    auth_refresh.AUTH_REFRESH: token_events,
    circuit_breaker.CIRCUIT_BREAKER: breaker_events,
    conflict_recovery.CONFLICT_RECOVERY: document_events,
    connection.CONNECTION: link_events,
    error_storm.ERROR_STORM: storm_events,
    hold.HOLD: hold_events,
    rate_limit.RATE_LIMIT: pacer_events,
    heartbeat.HEARTBEAT: heart_events,
    router.ROUTER: server_messages,
}
