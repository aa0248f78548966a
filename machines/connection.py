"""Connection: from "I want to be connected" to a stable link, and back again as often as it takes.

It owns the socket and nothing else: whether the token is good is `auth_refresh`'s business, whether the service is to
be left alone is `circuit_breaker`'s, whether the peer still breathes is `heartbeat`'s. It asks them by signals.

Surprising arrows, in words:
- Only SETTLING → STABLE resets the attempts. A server that accepts and then drops the link therefore uses them up.
- Every way out of a lost link leads through the choice BY_POLICY, which reads the act that the update noted from the
  close policies. No row knows a close code.
- A refused token is replaced at once the first time; later ones wait their turn like any other failure, or a server
  that accepts the link and then refuses its token would be dialled without a pause.
- A login that has ended takes the link with it: what was opened with a revoked token is not to be used any longer.
- Every way to a new dial leads through GATE, so the token is asked for again each time: it may have died meanwhile.
- A breaker's permit is reported exactly once, by the exit of the group PERMITTED, whatever the way out.
- Disconnect while DIALING goes straight to IDLE: the dial's scope ends, and a socket that opens too late is an orphan.
- Connect while CLOSING starts afresh at once: the old socket's late frames are stale.
"""

from enum import StrEnum
from typing import TypeAlias

from attrs import evolve, field, frozen
from attrs.validators import ge, gt

from machines.link import (
    Abandon,
    Close,
    Closed,
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
    Report,
    SayGoodbye,
    StopSending,
    TerminalError,
    TokenRefused,
)
from machines.policy.close_codes import CloseAct, OurClose
from machines.policy.retries import Retries, RetryOptions
from statekit import EVERY, Failure, Fired, Jitter, Kind, Machine, Rows, Signal, after, arm, either, timer


# ---------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """What an application may set; every time is in seconds. Raises ValueError for a value that could never work.

    The numbers are those of lifecycles section 2 (c); `retry` holds the seed's backoff.
    """

    retry: RetryOptions = RetryOptions()
    dial_seconds: float = field(default=10.0, validator=gt(0))
    hello_seconds: float = field(default=10.0, validator=gt(0))
    close_seconds: float = field(default=10.0, validator=gt(0))
    drain_seconds: float = field(default=5.0, validator=gt(0))
    stable_seconds: float = field(default=5.0, validator=ge(0))
    instant_rest_seconds: float = field(default=60.0, validator=ge(0))
    wake_rest_seconds: float = field(default=5.0, validator=ge(0))
    give_up_seconds: float = field(default=86_400.0, validator=gt(0))


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


class Gate(StrEnum):
    """Why dialling may be pointless for now; each gate has an owner that opens it again."""

    OFFLINE = "offline"
    STORM = "storm"
    HOLD = "hold"
    REAUTH = "reauth"


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


@frozen
class TokenReady:
    """auth_refresh has a token that may be presented; only its generation is said."""

    generation: int


@frozen
class GatesMoved:
    """The set of shut gates has changed (a derived fact)."""

    shut: frozenset[Gate]


@frozen
class Permitted:
    """circuit_breaker lets one attempt through."""

    generation: int


@frozen
class Denied:
    """circuit_breaker lets nothing through now; PermitAvailable will follow."""


@frozen
class PermitAvailable:
    """circuit_breaker would let an attempt through."""


Event: TypeAlias = (
    Connect | Disconnect | ReconnectNow | TokenReady | GatesMoved | Permitted | Denied | PermitAvailable | Opened
    | OpenFailed | FrameArrived | FrameInvalid | Closed | Hello | GoAway | TokenRefused | TerminalError | LinkRefused
    | LinkBroken | PeerSilent
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- effects
@frozen
class AskToken(Signal):
    """Is there a token to present?"""


@frozen
class RejectToken(Signal):
    """The server refused the token of this generation."""

    generation: int


@frozen
class AcceptToken(Signal):
    """The server accepted the token of this generation."""

    generation: int


@frozen
class AskPermit(Signal):
    """May an attempt be made?"""


@frozen
class ReportPermit(Signal):
    """The attempt made under this permit is over."""

    generation: int
    result: Report


Effect: TypeAlias = (
    Dial | Close | SayGoodbye | Abandon | AskToken | RejectToken | AcceptToken | AskPermit | ReportPermit | LinkUp
    | LinkDown | StopSending | FramePassed
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- context
@frozen
class Context:
    """What a connection remembers beside its state.

    `generation` is the token's, `accepted` whether the server took it; `permit` is the breaker's, `report` what to
    say of it; `paid_seconds` is the delay that the present attempt cost.
    """

    options: Options = Options()
    retries: Retries = Retries()
    gates: frozenset[Gate] = frozenset()
    generation: int = 0
    accepted: bool = False
    permit: int = 0
    report: Report = Report.CANCEL
    paid_seconds: float = 0.0
    instant_spent: bool = False
    wake_spent: bool = False
    reason: str = ""


# ----------------------------------------------------------------------------------------------- delays of a context
def backoff_delay(context: Context) -> Jitter:
    """The fast phase; see `Retries.fast_delay`."""
    return context.retries.fast_delay(context.options.retry)


def suspended_delay(context: Context) -> Jitter:
    """The slow phase; see `Retries.slow_delay`."""
    return context.retries.slow_delay(context.options.retry)


def settle_delay(context: Context) -> float:
    """A link is stable once it outlived the delay that was paid for it, and 5 s at least."""
    return max(context.options.stable_seconds, context.paid_seconds)


def dial_limit(context: Context) -> float:
    """How long a dial may take."""
    return context.options.dial_seconds


def hello_limit(context: Context) -> float:
    """How long the server may take to accept the connection once the socket is open."""
    return context.options.hello_seconds


def close_limit(context: Context) -> float:
    """How long the peer may take to answer our close."""
    return context.options.close_seconds


def drain_limit(context: Context) -> float:
    """How long answers are still awaited after a goaway."""
    return context.options.drain_seconds


def give_up_limit(context: Context) -> float:
    """How long to strive without ever being stable."""
    return context.options.give_up_seconds


def instant_rest(context: Context) -> float:
    """How long after an immediate retry the next one must wait its turn."""
    return context.options.instant_rest_seconds


def wake_rest(context: Context) -> float:
    """How long after ReconnectNow the next one is not yet heard."""
    return context.options.wake_rest_seconds


# --------------------------------------------------------------------------------------------------- guards, updates
def gates_shut(context: Context) -> bool:
    """Is a gate shut, so that no dial could serve?"""
    return bool(context.gates)


def gates_close(_: Context, event: GatesMoved) -> bool:
    """Is a gate shut from now on? (A guard on the event: the context still holds the old set.)"""
    return bool(event.shut)


def terminal(context: Context) -> bool:
    """Can no retry help?"""
    return context.retries.act is CloseAct.TERMINAL


def stopped_by_peer(context: Context) -> bool:
    """Did the peer end it normally?"""
    return context.retries.act is CloseAct.STOP


def wants_refresh(context: Context) -> bool:
    """Is it the token that is refused?"""
    return context.retries.act is CloseAct.REFRESH


def may_refresh_at_once(context: Context) -> bool:
    """Is it the token that is refused, and is this the first failure since the link was stable?"""
    return wants_refresh(context) and context.retries.attempts <= 1


def ends_login(_: Context, event: GatesMoved) -> bool:
    """Has the token died that the link was opened with, and can only a login bring another?"""
    return Gate.REAUTH in event.shut


def told_to_wait(context: Context) -> bool:
    """Does the server want to be left alone for longer than a backoff?"""
    return context.retries.act in (CloseAct.SLOW, CloseAct.HOLD)


def may_retry_at_once(context: Context) -> bool:
    """Is this the one immediate retry of the last minute?"""
    return context.retries.act is CloseAct.AT_ONCE and not context.instant_spent


def retries_left(context: Context) -> bool:
    """Is the fast phase not yet used up?"""
    return context.retries.left(context.options.retry)


def wake_rested(context: Context) -> bool:
    """Was the last wake long enough ago?"""
    return not context.wake_spent


def wanted_afresh(context: Context) -> Context:
    """Forget every earlier failure, but not the gates, nor what was learnt of the token."""
    return Context(context.options, generation=context.generation, gates=context.gates)


def note_reason_user(context: Context) -> Context:
    """Remember that the application wanted it so."""
    return evolve(context, report=Report.CANCEL, reason="user")


def note_gates(context: Context, event: GatesMoved) -> Context:
    """Remember which gates are shut."""
    return evolve(context, gates=event.shut)


def note_token(context: Context, event: TokenReady) -> Context:
    """Remember the generation to present."""
    return evolve(context, generation=event.generation, accepted=False)


def note_permit(context: Context, event: Permitted) -> Context:
    """Remember the permit; until something better is known its attempt counts as cancelled."""
    return evolve(context, permit=event.generation, report=Report.CANCEL)


def _noted(context: Context, retries: Retries) -> Context:
    report = Report.FAIL if retries.blames_service else Report.NEUTRAL
    return evolve(context, retries=retries, report=report, reason=retries.reason)


def _closed(context: Context, code: int) -> Context:
    suspect = not context.accepted
    return _noted(context, context.retries.closed(context.options.retry, code, token_suspect=suspect))


def note_close(context: Context, event: Closed | LinkBroken) -> Context:
    """Look the close code up and remember what it calls for."""
    return _closed(context, event.code)


def note_open_failed(context: Context, event: OpenFailed) -> Context:
    """Look the HTTP status up, if there was an answer at all."""
    if event.status is None:
        return note_timeout(context)
    retries = context.retries.refused(context.options.retry, event.status, event.retry_after_seconds)
    return _noted(context, retries)


def note_timeout(context: Context) -> Context:
    """Count an attempt to which nobody answered."""
    return _noted(context, context.retries.unanswered(context.options.retry))


def note_frame_invalid(context: Context) -> Context:
    """Follow the policy of the code that we close with: 1002."""
    return _closed(context, OurClose.BAD_FRAME)


def note_silence(context: Context) -> Context:
    """Follow the policy of the code that we close with: 4000."""
    return _closed(context, OurClose.PEER_SILENT)


def note_goaway(context: Context) -> Context:
    """Follow the policy of a server that goes away: 1001."""
    return _closed(context, OurClose.GOING_AWAY)


def note_token_refused(context: Context) -> Context:
    """The token is at fault, not the service."""
    return _noted(context, context.retries.told(context.options.retry, CloseAct.REFRESH))


def note_terminal(context: Context, event: TerminalError) -> Context:
    """Remember why nothing is tried any more."""
    return _noted(context, context.retries.told(context.options.retry, CloseAct.TERMINAL, reason=event.reason))


def note_link_refused(context: Context, event: LinkRefused) -> Context:
    """Wait on the slow tier, or as long as the server says."""
    hint = event.retry_after_seconds
    return _noted(context, context.retries.told(context.options.retry, CloseAct.SLOW, hint_seconds=hint))


def note_exhausted(context: Context) -> Context:
    """Remember that it was tried for long enough."""
    return evolve(context, report=Report.CANCEL, reason="exhausted")


def note_stable(context: Context) -> Context:
    """The link has proved itself: the attempt succeeded, and earlier failures are forgiven."""
    return evolve(context, report=Report.OK, retries=Retries(), reason="")


def note_accepted(context: Context) -> Context:
    """Remember that the server took this token."""
    return evolve(context, accepted=True)


def note_paid(context: Context, event: Fired) -> Context:
    """Remember the delay that was paid for the attempt to come."""
    return evolve(context, paid_seconds=event.delay_seconds)


def spend_instant(context: Context) -> Context:
    """Use up the immediate retry."""
    return evolve(context, instant_spent=True)


def restore_instant(context: Context) -> Context:
    """Allow an immediate retry again."""
    return evolve(context, instant_spent=False)


def spend_wake(context: Context) -> Context:
    """Use up the wake."""
    return evolve(context, wake_spent=True)


def restore_wake(context: Context) -> Context:
    """Hear the next wake."""
    return evolve(context, wake_spent=False)


# ------------------------------------------------------------------------------------------------------------ makers
def dial(context: Context) -> Dial:
    """Open a socket with the token that is held ready."""
    return Dial(context.generation)


def reject_token(context: Context) -> RejectToken:
    """Say which token was refused."""
    return RejectToken(context.generation)


def accept_token(context: Context) -> AcceptToken:
    """Say which token was accepted."""
    return AcceptToken(context.generation)


def report_permit(context: Context) -> ReportPermit:
    """Say how the attempt went."""
    return ReportPermit(context.permit, context.report)


def pass_frame(_: Context, event: FrameArrived) -> FramePassed:
    """Hand a message on."""
    return FramePassed(event.message)


def dial_broke(_: Failure) -> OpenFailed:
    """An adapter that breaks while dialling has not dialled."""
    return OpenFailed("broken")


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, stay, ignore, forbid, to, state, group = (
    rows.row, rows.stay, rows.ignore, rows.forbid, rows.to, rows.state, rows.group,
)  # fmt: skip

READY = group("ready", SETTLING, STABLE, DRAINING, doc="messages flow", entry=(LinkUp(),), exit=(LinkDown(),))
PERMITTED = group("permitted", DIALING, HANDSHAKING, SETTLING, doc="a permit is held", exit=(report_permit,))
ESTABLISHED = group("established", HANDSHAKING, READY, doc="the socket is open")
LINK = group("link", DIALING, ESTABLISHED, doc="a socket is wanted")
SOCKET = group("socket", LINK, CLOSING, doc="a socket may exist")
WAITING = group("waiting", BACKING_OFF, SUSPENDED, doc="between attempts")
SEEKING = group("seeking", AUTHORIZING, ACQUIRING, PARKED, WAITING, doc="before an attempt")
STRIVING = group("striving", SEEKING, PERMITTED, doc="not yet stable")
WANTED = group("wanted", STRIVING, READY, doc="a connection is wanted")
GROUPS = (WANTED, STRIVING, SEEKING, WAITING, SOCKET, LINK, ESTABLISHED, PERMITTED, READY)

instant_rested = timer("instant_rested", instant_rest, scope=WANTED)
wake_rested_again = timer("wake_rested_again", wake_rest, scope=WANTED)

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
    to(BACKING_OFF, guard=retries_left),
    to(SUSPENDED))
BY_POLICY = rows.choice("by policy",
    to(FAILED,      guard=terminal),
    to(IDLE,        guard=stopped_by_peer),
    to(GATE,        reject_token, guard=may_refresh_at_once),
    to(RETRY,       reject_token, guard=wants_refresh),
    to(SUSPENDED,   guard=told_to_wait),
    to(GATE,        arm(instant_rested), guard=may_retry_at_once, update=spend_instant),
    to(RETRY))

TABLE = (
    #   source                 trigger                 target        effects, then guard= and update=
    row((IDLE, FAILED),        Connect,                GATE,         update=wanted_afresh),
    row(AUTHORIZING,           TokenReady,             ACQUIRING,    AskPermit(), update=note_token),
    row(ACQUIRING,             Permitted,              DIALING,      dial, update=note_permit),
    row(ACQUIRING,             Denied,                 PARKED),
    row(PARKED,                PermitAvailable,        GATE),
    row(PARKED,                GatesMoved,             GATE,         update=note_gates),
    row((PARKED, WAITING),     ReconnectNow,           GATE,         arm(wake_rested_again),
        guard=wake_rested, update=spend_wake),
    row(BACKING_OFF,           after(backoff_delay),   GATE,         update=note_paid),
    row(SUSPENDED,             after(suspended_delay), GATE,         update=note_paid),
    row(SEEKING,               GatesMoved,             GATE,         guard=gates_close, update=note_gates),
    row(SEEKING,               Disconnect,             IDLE,         update=note_reason_user),

    row(DIALING,               Opened,                 HANDSHAKING),
    row(DIALING,               OpenFailed,             BY_POLICY,    update=note_open_failed),
    row(DIALING,               after(dial_limit),      RETRY,        update=note_timeout),
    row(DIALING,               Disconnect,             IDLE,         update=note_reason_user),
    row(HANDSHAKING,           Hello,                  SETTLING,     accept_token, update=note_accepted),
    row(HANDSHAKING,           after(hello_limit),     RETRY,        Close(OurClose.PEER_SILENT), update=note_timeout),
    row(SETTLING,              after(settle_delay),    STABLE,       update=note_stable),
    row((SETTLING, STABLE),    GoAway,                 DRAINING,     StopSending()),
    row(DRAINING,              after(drain_limit),     BY_POLICY,    Close(OurClose.GOING_AWAY), update=note_goaway),

    stay(ESTABLISHED,          FrameArrived,           pass_frame),
    row(READY,                 PeerSilent,             BY_POLICY,    Close(OurClose.PEER_SILENT), update=note_silence),
    row(ESTABLISHED,           TokenRefused,           BY_POLICY,    Close(OurClose.TOKEN_REJECTED),
        update=note_token_refused),
    row(ESTABLISHED,           TerminalError,          FAILED,       Close(OurClose.DONE), update=note_terminal),
    row(ESTABLISHED,           LinkRefused,            SUSPENDED,    Close(OurClose.DONE), update=note_link_refused),
    row(ESTABLISHED,           LinkBroken,             BY_POLICY,    Close(OurClose.BAD_FRAME), update=note_close),
    row(ESTABLISHED,           FrameInvalid,           BY_POLICY,    Close(OurClose.BAD_FRAME),
        update=note_frame_invalid),
    row(ESTABLISHED,           Closed,                 BY_POLICY,    update=note_close),
    row(ESTABLISHED,           Disconnect,             CLOSING,      SayGoodbye(), Close(OurClose.DONE),
        update=note_reason_user),
    row(DIALING,               GatesMoved,             GATE,         guard=ends_login, update=note_gates),
    row(ESTABLISHED,           GatesMoved,             GATE,         Close(OurClose.DONE), guard=ends_login,
        update=note_gates),
    row(CLOSING,               Closed,                 IDLE),
    row(CLOSING,               after(close_limit),     IDLE),
    row(CLOSING,               Connect,                GATE,         update=wanted_afresh),

    row(STRIVING,              after(give_up_limit),   FAILED,       update=note_exhausted),
    stay(WANTED,               instant_rested,         update=restore_instant),
    stay(WANTED,               wake_rested_again,      update=restore_wake),
    stay(EVERY,                GatesMoved,             update=note_gates),

    ignore(WANTED,             Connect,                because="a connection is wanted already"),
    ignore(EVERY,              Disconnect,             because="no connection is wanted"),
    ignore(EVERY,              ReconnectNow,           because="nothing waits, or it was said a moment ago"),
    ignore(EVERY,              TokenReady,             because="the token will be asked for again when it is needed"),
    ignore(EVERY,              PermitAvailable,        because="only PARKED waits for the breaker"),
    ignore(EVERY,              PeerSilent,             because="the link is gone already"),
    ignore(EVERY,              either(TokenRefused, TerminalError, LinkRefused, LinkBroken, Hello),
           because="said on a link that is gone"),
    ignore(EVERY,              GoAway,                 because="there is nothing to drain"),
    ignore(CLOSING,            FrameArrived,           because="nothing is read after our close"),
    ignore(CLOSING,            FrameInvalid,           because="nothing is read after our close"),
    forbid(EVERY,              either(Permitted, Denied), because="the breaker answers in the same transaction"),
    forbid(SOCKET,             either(Opened, OpenFailed), because="a dial has one outcome, and it came"),
    forbid(DIALING,            either(FrameArrived, FrameInvalid, Closed), because="nothing comes before the open"),
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
        ),
    ),
    doc="From wanting a connection to a stable link, and back again as often as it takes.",
)
