"""Connection: from "I want to be connected" to a stable link, and back again as often as it takes.

It owns the socket and nothing else: whether the token is good is `auth_refresh`'s business, whether the service is to
be left alone is `circuit_breaker`'s, whether the peer still breathes is `heartbeat`'s. It asks them by signals. What it
remembers is in `attempts`, whose functions the rows name; why a gate is shut, and which end a link, is in `gates`.

Surprising arrows, in words:
- Only SETTLING → STABLE resets the attempts. A server that accepts and then drops the link therefore uses them up.
- Every way out of a lost link leads through the choice BY_POLICY, which reads the act that the update noted from the
  close policies. No row knows a close code.
- A refused token is replaced at once the first time; later ones wait their turn like any other failure, or a server
  that accepts the link and then refuses its token would be dialled without a pause.
- An error storm or the end of a login takes the link with it (4999, 1000); any other gate only prevents a dial.
- Every way to a new dial leads through GATE, so the token is asked for again each time: it may have died meanwhile.
- Waits are cut short by whoever says that now is a good moment, a person or a gate that opens, once in 5 s; a second
  wake finds the connection waiting its turn, so a network that flaps does not dial at every flap.
- A breaker's permit is reported exactly once, by the exit of the group PERMITTED, whatever the way out; it was asked
  for as long as that can take. A server that reports meanwhile that its service is at fault has failed the attempt,
  even if the link lasts.
- Disconnect while DIALING goes straight to IDLE: the dial's scope ends, and a socket that opens too late is an orphan.
- Connect while CLOSING starts afresh at once: the old socket's late frames are stale.
- After the machine was asleep nothing that waited is waited for again; whether a link outlived it, heartbeat asks.
"""

from enum import StrEnum
from typing import TypeAlias, cast

from attrs import frozen

from machines import attempts
from machines.attempts import (
    backoff_delay,
    drain_delay,
    fails_when_exhausted,
    gate_ends_link,
    gates_open_in_turn,
    gates_shut,
    gates_shut_now,
    may_refresh_at_once,
    may_retry_at_once,
    must_wait_its_turn,
    note_drained,
    note_exhausted,
    note_failure,
    note_gates,
    note_gates_end_link,
    note_goaway,
    note_hello,
    note_opened,
    note_opened_gates,
    note_over,
    note_paid,
    note_permit,
    note_service_failed,
    note_stable,
    note_token,
    note_user,
    restore_instant,
    restore_wake,
    retries_left,
    settle_delay,
    spend_instant,
    spend_wake,
    stopped_by_peer,
    suspended_delay,
    terminal,
    told_to_wait,
    wake_rested,
    wanted_afresh,
    wants_refresh,
)
from machines.gates import GatesMoved, ending
from machines.link import (
    Abandon,
    AcceptToken,
    AskPermit,
    AskToken,
    Close,
    Closed,
    Denied,
    Dial,
    FrameArrived,
    FrameInvalid,
    FramePassed,
    GoAway,
    Hello,
    LinkBroken,
    LinkDown,
    LinkRefused,
    LinkUp,
    Opened,
    OpenFailed,
    PeerSilent,
    PermitAvailable,
    Permitted,
    RejectToken,
    ReportPermit,
    SayGoodbye,
    ServiceFailed,
    StopSending,
    TerminalError,
    TokenReady,
    TokenRefused,
)
from machines.options import option
from machines.policy.close_codes import OurClose
from statekit import EVERY, Failure, Kind, Machine, Rows, after, arm, disarm, either, timer
from statekit.timers import ClockJumped

# ------------------------------------------------------------------------------------------------ options and context
Options: TypeAlias = attempts.Options
"""What an application may set."""

Context: TypeAlias = attempts.Context
"""What a connection remembers beside its state."""


# ----------------------------------------------------------------------------------------------------------- states
class State(StrEnum):
    """Where a connection can be; see STATES for what each means."""

    IDLE = "idle"
    AUTHORIZING = "authorizing"
    ACQUIRING = "acquiring"
    PARKED = "parked"
    DIALING = "dialing"
    HANDSHAKING = "handshaking"
    SETTLING = "settling"
    STABLE = "stable"
    DRAINING = "draining"
    BACKING_OFF = "backing_off"
    SUSPENDED = "suspended"
    CLOSING = "closing"
    FAILED = "failed"


(
    IDLE, AUTHORIZING, ACQUIRING, PARKED, DIALING, HANDSHAKING, SETTLING, STABLE, DRAINING, BACKING_OFF, SUSPENDED,
    CLOSING, FAILED,
) = State  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- events
@frozen
class Connect:
    """The application wants a connection."""


@frozen
class Disconnect:
    """The application wants none any more."""


@frozen
class ReconnectNow:
    """A person, or the platform, believes that now is a good moment."""


Event: TypeAlias = (
    Connect | Disconnect | ReconnectNow | TokenReady | GatesMoved | Permitted | Denied | PermitAvailable | Opened
    | OpenFailed | FrameArrived | FrameInvalid | Closed | Hello | GoAway | TokenRefused | TerminalError | LinkRefused
    | LinkBroken | ServiceFailed | PeerSilent | ClockJumped
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- effects
Effect: TypeAlias = (
    Dial | Close | SayGoodbye | Abandon | AskToken | RejectToken | AcceptToken | AskPermit | ReportPermit | LinkUp
    | LinkDown | StopSending | FramePassed
)  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- makers
def dial(context: Context) -> Dial:
    """Open a socket with the token that is held ready."""
    return Dial(context.generation, resume=context.session.wanted(context.options.resumes_max))


def close_for_gate(context: Context) -> Close:
    """Close with the code of the gate that ends the link; the row's guard has found one."""
    return Close(cast("OurClose", ending(context.gates)))


def reject_token(context: Context) -> RejectToken:
    """Say which token was refused."""
    return RejectToken(context.generation)


def accept_token(context: Context) -> AcceptToken:
    """Say which token was accepted."""
    return AcceptToken(context.generation)


def ask_permit(context: Context) -> AskPermit:
    """Ask for a permit for as long as the attempt may last: dial, hello, and settling."""
    options = context.options
    return AskPermit(options.dial_seconds + options.hello_seconds + settle_delay(context))


def report_permit(context: Context) -> ReportPermit:
    """Say how the attempt went."""
    return ReportPermit(context.permit, context.report)


def link_up(_: Context, event: Hello) -> LinkUp:
    """Say in which session messages flow."""
    return LinkUp(event.resumed, event.ping_seconds)


def link_down(context: Context) -> LinkDown:
    """Say which operation in flight is under suspicion."""
    return LinkDown(context.retries.blame)


def pass_frame(_: Context, event: FrameArrived) -> FramePassed:
    """Hand a message on."""
    return FramePassed(event.message)


def dial_broke(_: Failure) -> OpenFailed:
    """An adapter that breaks while dialling has not dialled."""
    return OpenFailed("broken")


def link_broke(failure: Failure) -> Closed:
    """A link that its adapter or its process left is a close without a frame: 1006 (RFC 6455, 7.1.5)."""
    return Closed(1006, failure.error)


# ------------------------------------------------------------------------------------------------------------ delays
dial_seconds = option(Options, "dial_seconds")
hello_seconds = option(Options, "hello_seconds")
close_seconds = option(Options, "close_seconds")
give_up_seconds = option(Options, "give_up_seconds")
instant_rest_seconds = option(Options, "instant_rest_seconds")
wake_rest_seconds = option(Options, "wake_rest_seconds")


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, stay, ignore, forbid, to, state, group = (
    rows.row, rows.stay, rows.ignore, rows.forbid, rows.to, rows.state, rows.group,
)  # fmt: skip

READY = group("ready", SETTLING, STABLE, DRAINING, doc="messages flow", exit=(link_down,))
PERMITTED = group("permitted", DIALING, HANDSHAKING, SETTLING, doc="a permit is held", exit=(report_permit,))
ESTABLISHED = group("established", HANDSHAKING, READY, doc="the socket is open")
LINK = group("link", DIALING, ESTABLISHED, doc="a socket is wanted")
SOCKET = group("socket", LINK, CLOSING, doc="a socket may exist")
WAITING = group("waiting", BACKING_OFF, SUSPENDED, doc="between attempts")
SEEKING = group("seeking", AUTHORIZING, ACQUIRING, PARKED, WAITING, doc="before an attempt")
WANTED = group("wanted", SEEKING, PERMITTED, READY, doc="a connection is wanted")

giving_up = timer("giving_up", give_up_seconds, scope=WANTED)
instant_rested = timer("instant_rested", instant_rest_seconds, scope=WANTED)
wake_rested_again = timer("wake_rested_again", wake_rest_seconds, scope=WANTED)

STRIVING = group(
    "striving",
    SEEKING,
    PERMITTED,
    DRAINING,
    doc="not yet stable, or no longer",
    entry=(arm(giving_up),),
    exit=(disarm(giving_up),),
)
GROUPS = (WANTED, STRIVING, SEEKING, WAITING, SOCKET, LINK, ESTABLISHED, PERMITTED, READY)

# fmt: off
STATES = (
    #     state          kind          what it means
    state(IDLE,          Kind.REST,    "not wanted; the reason says why: initial, user, server_closed"),
    state(AUTHORIZING,   Kind.BUSY,    "a token was asked for", waits_for="auth_refresh"),
    state(ACQUIRING,     Kind.BUSY,    "a permit was asked for", waits_for="circuit_breaker"),
    state(PARKED,        Kind.WAITING, "a gate is shut; its owner will open it", waits_for="the gate's owner"),
    state(DIALING,       Kind.BUSY,    "the socket is opening"),
    state(HANDSHAKING,   Kind.BUSY,    "the socket is open; the server has not yet accepted"),
    state(SETTLING,      Kind.STEADY,  "usable, but not yet for long enough to forgive failures"),
    state(STABLE,        Kind.STEADY,  "usable, and proven", waits_for="heartbeat"),
    state(DRAINING,      Kind.BUSY,    "the server is going away; answers still arrive"),
    state(BACKING_OFF,   Kind.WAITING, "the fast phase: a jittered delay before the next attempt"),
    state(SUSPENDED,     Kind.WAITING, "the slow phase: 30 s to 5 min between attempts"),
    state(CLOSING,       Kind.BUSY,    "our close is sent; the peer's answer is awaited"),
    state(FAILED,        Kind.FAILED,  "nothing more is tried; the reason says why"),
)

GATE = rows.choice("gate",
    to(PARKED,      guard=gates_shut),
    to(AUTHORIZING, AskToken()))
RETRY = rows.choice("retry",
    to(FAILED,      guard=fails_when_exhausted, update=note_exhausted),
    to(SUSPENDED,   guard=told_to_wait),
    to(BACKING_OFF, guard=retries_left),
    to(SUSPENDED))
BY_POLICY = rows.choice("by policy",
    to(FAILED,      guard=terminal, update=note_over),
    to(IDLE,        guard=stopped_by_peer, update=note_over),
    to(GATE,        reject_token, guard=may_refresh_at_once),
    to(RETRY,       reject_token, guard=wants_refresh),
    to(GATE,        arm(instant_rested), guard=may_retry_at_once, update=spend_instant),
    to(RETRY))

TABLE = (
    #   source              trigger                 target       effects, then guard= and update=
    row((IDLE, FAILED),     Connect,                GATE,        update=wanted_afresh),
    row(AUTHORIZING,        TokenReady,             ACQUIRING,   ask_permit, update=note_token),
    row(ACQUIRING,          Permitted,              DIALING,     dial, update=note_permit),
    row(ACQUIRING,          Denied,                 PARKED),
    row(PARKED,             PermitAvailable,        GATE),
    stay(PARKED,            GatesMoved,             guard=gates_shut_now, update=note_gates),
    row(PARKED,             GatesMoved,             RETRY,       guard=must_wait_its_turn, update=note_gates),
    row(PARKED,             GatesMoved,             GATE,        arm(wake_rested_again),
        update=note_opened_gates),
    row(WAITING,            GatesMoved,             GATE,        arm(wake_rested_again),
        guard=gates_open_in_turn, update=note_opened_gates),
    row((PARKED, WAITING),  ReconnectNow,           GATE,        arm(wake_rested_again), guard=wake_rested,
        update=spend_wake),
    row(BACKING_OFF,        after(backoff_delay),   GATE,        update=note_paid),
    row(SUSPENDED,          after(suspended_delay), GATE,        update=note_paid),
    row(WAITING,            ClockJumped,            GATE),
    row(SEEKING,            GatesMoved,             GATE,        guard=gates_shut_now, update=note_gates),
    row(SEEKING,            TerminalError,          BY_POLICY,   update=note_failure),
    row(SEEKING,            Disconnect,             IDLE,        update=note_user),

    row(DIALING,            Opened,                 HANDSHAKING, update=note_opened),
    row(DIALING,            OpenFailed,             BY_POLICY,   update=note_failure),
    row(DIALING,            after(dial_seconds),    RETRY,       update=note_failure),
    row(DIALING,            GatesMoved,             GATE,        guard=gate_ends_link,
        update=note_gates_end_link),
    row(DIALING,            Disconnect,             IDLE,        update=note_user),
    row(HANDSHAKING,        Hello,                  SETTLING,    accept_token, link_up, update=note_hello),
    row(HANDSHAKING,        after(hello_seconds),   RETRY,       Close(OurClose.PEER_SILENT),
        update=note_failure),
    row(SETTLING,           after(settle_delay),    STABLE,      update=note_stable),
    stay((HANDSHAKING, SETTLING), ServiceFailed,                 update=note_service_failed),
    row((SETTLING, STABLE), GoAway,                 DRAINING,    StopSending(), update=note_goaway),
    row(DRAINING,           after(drain_delay),     BY_POLICY,   Close(OurClose.GOING_AWAY),
        update=note_drained),

    stay(ESTABLISHED,       FrameArrived,           pass_frame),
    row(READY,              PeerSilent,             BY_POLICY,   Close(OurClose.PEER_SILENT),
        update=note_failure),
    row(ESTABLISHED,        Closed,                 BY_POLICY,   update=note_failure),
    row(ESTABLISHED,        either(LinkBroken, FrameInvalid), BY_POLICY, Close(OurClose.BAD_FRAME),
        update=note_failure),
    row(ESTABLISHED,        TokenRefused,           BY_POLICY,   Close(OurClose.TOKEN_REJECTED),
        update=note_failure),
    row(ESTABLISHED,        either(TerminalError, LinkRefused), BY_POLICY, Close(OurClose.DONE),
        update=note_failure),
    row(ESTABLISHED,        GatesMoved,             GATE,        close_for_gate, guard=gate_ends_link,
        update=note_gates_end_link),
    row(ESTABLISHED,        Disconnect,             CLOSING,     SayGoodbye(), Close(OurClose.DONE),
        update=note_user),
    row(CLOSING,            Closed,                 IDLE),
    row(CLOSING,            after(close_seconds),   IDLE),
    row(CLOSING,            Connect,                GATE,        update=wanted_afresh),

    row(ESTABLISHED,        giving_up,              FAILED,      Close(OurClose.DONE), update=note_exhausted),
    row(WANTED,             giving_up,              FAILED,      update=note_exhausted),
    stay(WANTED,            instant_rested,         update=restore_instant),
    stay(WANTED,            wake_rested_again,      update=restore_wake),
    stay(EVERY,             GatesMoved,             update=note_gates),

    ignore(WANTED,          Connect,                because="a connection is wanted already"),
    ignore(EVERY,           Disconnect,             because="no connection is wanted"),
    ignore(EVERY,           ReconnectNow,           because="nothing waits, or it was said a moment ago"),
    ignore(EVERY,           ClockJumped,            because="nothing waits; heartbeat asks if a link lives"),
    ignore(EVERY,           TokenReady,             because="the token will be asked for again"),
    ignore(EVERY,           PermitAvailable,        because="only PARKED waits for the breaker"),
    ignore(EVERY,           PeerSilent,             because="the link is gone already"),
    ignore(EVERY,           ServiceFailed,          because="no permit is held that it could count against"),
    ignore(EVERY,           either(TokenRefused, TerminalError, LinkRefused, LinkBroken, Hello),
        because="said on a link that is gone"),
    ignore(EVERY,           GoAway,                 because="there is nothing to drain"),
    ignore(CLOSING,         either(FrameArrived, FrameInvalid), because="nothing is read after our close"),
    forbid(EVERY,           either(Permitted, Denied), because="the breaker answers in the same transaction"),
    forbid(SOCKET,          either(Opened, OpenFailed), because="a dial has one outcome, and it came"),
    forbid(DIALING,         either(FrameArrived, FrameInvalid, Closed),
        because="nothing comes before the open"),
)
# fmt: on

CONNECTION = Machine[State, Event, Context, Effect](
    "connection",
    initial=IDLE,
    context=Context(reason="initial"),
    states=STATES,
    groups=GROUPS,
    table=TABLE,
    answering=(
        rows.answering(
            Dial,
            OpenFailed,
            opens=Opened,
            streams=(FrameArrived, FrameInvalid),
            ends=(Closed,),
            orphan=Abandon(),
            scope=SOCKET,
            failed=dial_broke,
            lost=link_broke,
        ),
    ),
    doc="From wanting a connection to a stable link, and back again as often as it takes.",
)
