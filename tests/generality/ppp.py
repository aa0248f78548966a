"""PPP: the option negotiation automaton of RFC 1661 section 4.1, all ten states and sixteen events of it.

In words, where the spelling differs from the RFC's table:
- The Restart counter is context, so `irc` and `zrc` are updates, as is the counting in `scr` and `str`. What is sent
  and what the layers are told are effects, in the RFC's order. TO+ and TO- are one timer and a guard on the counter.
- "The states in which the Restart timer is running are identifiable by the presence of TO events": they are the group
  TIMED, which is the timer's scope. Elsewhere a timeout is Stale, so the "-" of TO+ and TO- need no row.
- [p], [r] and [x] are rows of their own: two options and an entry in the log (section 4.3: "this occurrence SHOULD be
  logged").
"""

from enum import StrEnum
from typing import TypeAlias

from attrs import evolve, field, frozen
from attrs.validators import ge, gt

from statekit import Kind, Machine, Rows, Signal, arm, either, timer


# ---------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """The defaults of RFC 1661 section 4.6, and the two implementation options of sections 4.2 and 4.3."""

    restart_seconds: float = field(default=3.0, validator=gt(0))
    max_terminate: int = field(default=2, validator=ge(1))
    max_configure: int = field(default=10, validator=ge(1))
    passive: bool = False
    restart_on_open: bool = False


# ----------------------------------------------------------------------------------------------------------- states
class State(StrEnum):
    """The states 0 to 9, in the RFC's order."""

    INITIAL = "initial"
    STARTING = "starting"
    CLOSED = "closed"
    STOPPED = "stopped"
    CLOSING = "closing"
    STOPPING = "stopping"
    REQ_SENT = "req_sent"
    ACK_RCVD = "ack_rcvd"
    ACK_SENT = "ack_sent"
    OPENED = "opened"


INITIAL, STARTING, CLOSED, STOPPED, CLOSING, STOPPING, REQ_SENT, ACK_RCVD, ACK_SENT, OPENED = State


# ----------------------------------------------------------------------------------------------------------- events
@frozen
class Up:
    """The lower layer is ready to carry packets."""


@frozen
class Down:
    """The lower layer is no longer ready."""


@frozen
class Open:
    """An administrator allows the link to be opened."""


@frozen
class Close:
    """An administrator does not allow the link to be open."""


@frozen
class GoodRequest:
    """RCR+: a Configure-Request that is acceptable."""


@frozen
class BadRequest:
    """RCR-: a Configure-Request that is not."""


@frozen
class ConfigureAck:
    """RCA."""


@frozen
class ConfigureNak:
    """RCN: a Configure-Nak or a Configure-Reject."""


@frozen
class TerminateRequest:
    """RTR."""


@frozen
class TerminateAck:
    """RTA."""


@frozen
class UnknownCode:
    """RUC: a packet that cannot be interpreted."""


@frozen
class HarmlessReject:
    """RXJ+: a Code-Reject or Protocol-Reject that one can live with."""


@frozen
class FatalReject:
    """RXJ-: one that says the negotiation is pointless."""


@frozen
class Echo:
    """RXR: an Echo-Request, or an Echo-Reply or Discard-Request, which want no reply."""

    request: bool = True


Event: TypeAlias = (
    Up
    | Down
    | Open
    | Close
    | GoodRequest
    | BadRequest
    | ConfigureAck
    | ConfigureNak
    | TerminateRequest
    | TerminateAck
    | UnknownCode
    | HarmlessReject
    | FatalReject
    | Echo
)


# ---------------------------------------------------------------------------------------------------------- effects
class Packet(StrEnum):
    """What is sent, by the RFC's name for sending it."""

    CONFIGURE_REQUEST = "scr"
    CONFIGURE_ACK = "sca"
    CONFIGURE_NAK = "scn"
    TERMINATE_REQUEST = "str"
    TERMINATE_ACK = "sta"
    CODE_REJECT = "scj"
    ECHO_REPLY = "ser"


class Phase(StrEnum):
    """What the layers above and below are told of this one, by the RFC's name for telling it."""

    UP = "tlu"
    DOWN = "tld"
    STARTED = "tls"
    FINISHED = "tlf"


@frozen
class Send:
    """Send a packet to the peer."""

    packet: Packet


@frozen
class ThisLayer(Signal):
    """The layer is up, down, needed or not needed."""

    phase: Phase


@frozen
class LogCrossed:
    """Two connections seem to be crossed: an answer came that nobody asked for."""


Effect: TypeAlias = Send | ThisLayer | LogCrossed


# ---------------------------------------------------------------------------------------------------------- context
@frozen
class Context:
    """The Restart counter: how many more times a request may be sent."""

    options: Options = Options()
    restarts_left: int = 0


def restart_delay(context: Context) -> float:
    """How long a request may go unanswered."""
    return context.options.restart_seconds


# --------------------------------------------------------------------------------------------------- guards, updates
def restarts_left(context: Context) -> bool:
    """TO+: may the request be sent once more? If not, the timeout is TO-."""
    return context.restarts_left > 0


def passive(context: Context) -> bool:
    """[p]: does this end wait in Stopped for a peer that has not shown itself yet?"""
    return context.options.passive


def open_means_restart(context: Context) -> bool:
    """[r]: does a second Open ask for a renegotiation, as if the lower layer had gone down and come up?"""
    return context.options.restart_on_open


def wants_reply(_: Context, event: Echo) -> bool:
    """Is it an Echo-Request?"""
    return event.request


def count(context: Context) -> Context:
    """Count a transmission, as every scr and str does."""
    return evolve(context, restarts_left=context.restarts_left - 1)


def irc(context: Context) -> Context:
    """Initialize the Restart counter for Configure-Requests."""
    return evolve(context, restarts_left=context.options.max_configure)


def irc_scr(context: Context) -> Context:
    """Initialize it, and count the first Configure-Request."""
    return count(irc(context))


def irc_str(context: Context) -> Context:
    """Initialize it for Terminate-Requests, and count the first."""
    return count(evolve(context, restarts_left=context.options.max_terminate))


def zrc(context: Context) -> Context:
    """Zero the Restart counter: the peer gets one period to go in peace."""
    return evolve(context, restarts_left=0)


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, stay, ignore, forbid, state = rows.row, rows.stay, rows.ignore, rows.forbid, rows.state

LAYER_DOWN = rows.group("layer_down", INITIAL, STARTING, doc="the lower layer is down")
LAYER_UP = rows.group(
    "layer_up", CLOSED, STOPPED, CLOSING, STOPPING, REQ_SENT, ACK_RCVD, ACK_SENT, OPENED, doc="the lower layer is up"
)
TIMED = rows.group(
    "timed", CLOSING, STOPPING, REQ_SENT, ACK_RCVD, ACK_SENT, doc="the Restart timer runs (RFC 1661 section 4.1)"
)
NEGOTIATING = rows.group("negotiating", REQ_SENT, ACK_RCVD, ACK_SENT, doc="options are being agreed upon")
ENDING = (CLOSING, STOPPING)

restart = timer("restart", restart_delay, scope=TIMED)

TLU, TLD = ThisLayer(Phase.UP), ThisLayer(Phase.DOWN)
TLS, TLF = ThisLayer(Phase.STARTED), ThisLayer(Phase.FINISHED)
SCA, SCN = Send(Packet.CONFIGURE_ACK), Send(Packet.CONFIGURE_NAK)
STA, SCJ, SER = Send(Packet.TERMINATE_ACK), Send(Packet.CODE_REJECT), Send(Packet.ECHO_REPLY)
NO_PACKET = "no packet can arrive while the lower layer is down"
SCR = (Send(Packet.CONFIGURE_REQUEST), arm(restart))
STR = (Send(Packet.TERMINATE_REQUEST), arm(restart))

# fmt: off
STATES = (
    #     state      kind          what it means
    state(INITIAL,   Kind.REST,    "the lower layer is down, and nobody wants the link"),
    state(STARTING,  Kind.WAITING, "the link is wanted, the lower layer down", waits_for="the lower layer"),
    state(CLOSED,    Kind.REST,    "the lower layer is up, and nobody wants the link"),
    state(STOPPED,   Kind.WAITING, "it is wanted, but the peer refused or left", waits_for="the peer"),
    state(CLOSING,   Kind.BUSY,    "a Terminate-Request is out, and the link is not wanted"),
    state(STOPPING,  Kind.BUSY,    "a Terminate-Request is out, and the link is still wanted"),
    state(REQ_SENT,  Kind.BUSY,    "a Configure-Request is out; nothing was acknowledged either way"),
    state(ACK_RCVD,  Kind.BUSY,    "the peer acknowledged ours, we have not acknowledged its"),
    state(ACK_SENT,  Kind.BUSY,    "we acknowledged the peer's, it has not acknowledged ours"),
    state(OPENED,    Kind.STEADY,  "both acknowledged: the link carries traffic"),
)

TABLE = (
    #   source       trigger           target     effects, then guard= and update=
    row(INITIAL,     Up,               CLOSED),
    row(STARTING,    Up,               REQ_SENT,  *SCR, update=irc_scr),
    forbid(LAYER_UP, Up,               because="the lower layer is up already"),

    forbid(LAYER_DOWN, Down,           because="the lower layer is down already"),
    row((CLOSED, CLOSING), Down,       INITIAL),
    row(STOPPED,     Down,             STARTING,  TLS),
    row((STOPPING, REQ_SENT, ACK_RCVD, ACK_SENT), Down, STARTING),
    row(OPENED,      Down,             STARTING,  TLD),

    row(INITIAL,     Open,             STARTING,  TLS),
    ignore(STARTING, Open,             because="the link is wanted already"),
    row(CLOSED,      Open,             REQ_SENT,  *SCR, update=irc_scr),
    row(STOPPED,     Open,             REQ_SENT,  TLS, *SCR, guard=open_means_restart, update=irc_scr),
    ignore(STOPPED,  Open,             because="it starts when the peer does, or after Down and Up"),
    row(ENDING,      Open,             REQ_SENT,  *SCR, guard=open_means_restart, update=irc_scr),
    row(CLOSING,     Open,             STOPPING),
    ignore(STOPPING, Open,             because="it restarts when the termination is over"),
    ignore(NEGOTIATING, Open,          because="it is being opened"),
    row(OPENED,      Open,             REQ_SENT,  TLD, *SCR, guard=open_means_restart, update=irc_scr),
    ignore(OPENED,   Open,             because="it is open"),

    row(STARTING,    Close,            INITIAL,   TLF),
    row(STOPPED,     Close,            CLOSED),
    row(STOPPING,    Close,            CLOSING),
    row(NEGOTIATING, Close,            CLOSING,   *STR, update=irc_str),
    row(OPENED,      Close,            CLOSING,   TLD, *STR, update=irc_str),
    ignore((INITIAL, CLOSED, CLOSING), Close, because="the link is not wanted anyway"),

    stay(ENDING,     restart,          *STR, guard=restarts_left, update=count),
    stay((REQ_SENT, ACK_SENT), restart, *SCR, guard=restarts_left, update=count),
    row(ACK_RCVD,    restart,          REQ_SENT,  *SCR, guard=restarts_left, update=count),
    row(CLOSING,     restart,          CLOSED,    TLF),
    row(STOPPING,    restart,          STOPPED,   TLF),
    row(NEGOTIATING, restart,          STOPPED,   guard=passive),
    row(NEGOTIATING, restart,          STOPPED,   TLF),

    stay(CLOSED,     either(GoodRequest, BadRequest, ConfigureAck, ConfigureNak), STA),
    row(STOPPED,     GoodRequest,      ACK_SENT,  *SCR, SCA, update=irc_scr),
    row(REQ_SENT,    GoodRequest,      ACK_SENT,  SCA),
    row(ACK_RCVD,    GoodRequest,      OPENED,    SCA, TLU),
    stay(ACK_SENT,   GoodRequest,      SCA),
    row(OPENED,      GoodRequest,      ACK_SENT,  TLD, *SCR, SCA, update=count),
    row(STOPPED,     BadRequest,       REQ_SENT,  *SCR, SCN, update=irc_scr),
    stay((REQ_SENT, ACK_RCVD), BadRequest, SCN),
    row(ACK_SENT,    BadRequest,       REQ_SENT,  SCN),
    row(OPENED,      BadRequest,       REQ_SENT,  TLD, *SCR, SCN, update=count),
    ignore(ENDING,   either(GoodRequest, BadRequest, ConfigureAck, ConfigureNak), because="it is ending"),

    stay(STOPPED,    either(ConfigureAck, ConfigureNak), STA),
    row(REQ_SENT,    ConfigureAck,     ACK_RCVD,  update=irc),
    row(ACK_SENT,    ConfigureAck,     OPENED,    TLU, update=irc),
    stay((REQ_SENT, ACK_SENT), ConfigureNak, *SCR, update=irc_scr),
    row(ACK_RCVD,    either(ConfigureAck, ConfigureNak), REQ_SENT, LogCrossed(), *SCR, update=count),
    row(OPENED,      either(ConfigureAck, ConfigureNak), REQ_SENT, TLD, LogCrossed(), *SCR, update=count),

    stay((CLOSED, STOPPED, CLOSING, STOPPING, REQ_SENT), TerminateRequest, STA),
    row((ACK_RCVD, ACK_SENT), TerminateRequest, REQ_SENT, STA),
    row(OPENED,      TerminateRequest, STOPPING,  TLD, arm(restart), STA, update=zrc),
    row(CLOSING,     TerminateAck,     CLOSED,    TLF),
    row(STOPPING,    TerminateAck,     STOPPED,   TLF),
    row(ACK_RCVD,    TerminateAck,     REQ_SENT),
    row(OPENED,      TerminateAck,     REQ_SENT,  TLD, *SCR, update=count),
    ignore((CLOSED, STOPPED), TerminateAck, because="an answer to it could go round for ever"),
    ignore((REQ_SENT, ACK_SENT), TerminateAck, because="the peer was not ready: it is asked again"),

    stay(LAYER_UP,   UnknownCode,      SCJ),
    row(ACK_RCVD,    HarmlessReject,   REQ_SENT),
    ignore(LAYER_UP, HarmlessReject,   because="one can do without what was rejected"),
    stay((CLOSED, STOPPED), FatalReject, TLF),
    row(CLOSING,     FatalReject,      CLOSED,    TLF),
    row(STOPPING,    FatalReject,      STOPPED,   TLF),
    row(NEGOTIATING, FatalReject,      STOPPED,   TLF),
    row(OPENED,      FatalReject,      STOPPING,  TLD, *STR, update=irc_str),
    stay(OPENED,     Echo,             SER, guard=wants_reply),
    ignore(LAYER_UP, Echo,             because="only an open link answers, and only a request"),

    forbid(LAYER_DOWN, either(GoodRequest, BadRequest, ConfigureAck, ConfigureNak), because=NO_PACKET),
    forbid(LAYER_DOWN, either(TerminateRequest, TerminateAck, UnknownCode), because=NO_PACKET),
    forbid(LAYER_DOWN, either(HarmlessReject, FatalReject, Echo), because=NO_PACKET),
)
# fmt: on

PPP = Machine[State, Event, Context, Effect](
    "ppp",
    initial=INITIAL,
    context=Context(),
    states=STATES,
    groups=(LAYER_DOWN, LAYER_UP, TIMED, NEGOTIATING),
    table=TABLE,
    doc="The option negotiation automaton of RFC 1661.",
)
