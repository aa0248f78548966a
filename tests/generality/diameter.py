"""Diameter: the peer state machine of RFC 6733 section 5.6, its table complete.

Two connections may exist for a while: I, which we initiated, and R, which the peer did. Both are streams here:
I-Snd-Conn-Req and R-Accept are effects that answer, scoped to the states in which their connection counts. So what the
losing connection still brings after an election is Stale, and one that opens after the wait for it was given up is
disconnected as an orphan; the RFC's table has no rows for either. Where the RFC is silent, or this reads differently:
- Elect and Win-Election are one choice: Wait-Returns is entered only if the election was not won.
- I-Rcv-Non-CEA is every message on I but a CEA.
- Stop, while connecting, is kept until a connection is open (the RFC has Stop in the open states only).
- In Closing a further connection is rejected as everywhere else, and a DPR is answered (section 5.4).
"""

from enum import StrEnum

from attrs import evolve, field, frozen
from attrs.validators import gt

from statekit import Failure, Kind, Machine, Rows, after, either
from tests.generality.diameter_messages import (
    Cleanup,
    Effect,
    Error,
    Event,
    IDisc,
    IPeerDisc,
    IRcvCEA,
    IRcvConnAck,
    IRcvConnNack,
    IRcvDPA,
    IRcvDPR,
    IRcvDWA,
    IRcvDWR,
    IRcvMessage,
    ISndCER,
    ISndConnReq,
    ISndDPA,
    ISndDPR,
    ISndDWA,
    ISndMessage,
    Process,
    ProcessCEA,
    ProcessCER,
    ProcessDWA,
    ProcessDWR,
    RAccept,
    RConnCER,
    RDisc,
    RPeerDisc,
    RRcvDPA,
    RRcvDPR,
    RRcvDWA,
    RRcvDWR,
    RRcvMessage,
    RReject,
    RSndCEA,
    RSndDPA,
    RSndDPR,
    RSndDWA,
    RSndMessage,
    SendMessage,
    Start,
    Stop,
)


# -------------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """Our Origin-Host, and the application-defined time to wait for anything (RFC 6733 section 5.6.2, Timeout)."""

    origin_host: str = "m.example.com"
    wait_seconds: float = field(default=30.0, validator=gt(0))


# --------------------------------------------------------------------------------------------------------------- states
class State(StrEnum):
    """The states of section 5.6; Closed, R-Open and I-Open are the stable ones."""

    CLOSED = "closed"
    WAIT_CONN_ACK = "wait_conn_ack"
    WAIT_I_CEA = "wait_i_cea"
    WAIT_CONN_ACK_ELECT = "wait_conn_ack_elect"
    WAIT_RETURNS = "wait_returns"
    R_OPEN = "r_open"
    I_OPEN = "i_open"
    CLOSING = "closing"


CLOSED, WAIT_CONN_ACK, WAIT_I_CEA, WAIT_CONN_ACK_ELECT, WAIT_RETURNS, R_OPEN, I_OPEN, CLOSING = State


# -------------------------------------------------------------------------------------------------------------- context
@frozen
class Context:
    """The Origin-Host of the peer's CER, for the election."""

    options: Options = Options()
    peer_host: str = ""


def wait_limit(context: Context) -> float:
    """How long anything is waited for."""
    return context.options.wait_seconds


# ---------------------------------------------------------------------------------------------- guards, updates, makers
def election_is_won(context: Context) -> bool:
    """Does our Origin-Host succeed the peer's, octet by octet and regardless of ASCII case (section 5.6.4)?"""
    return context.options.origin_host.encode().lower() > context.peer_host.encode().lower()


def note_peer(context: Context, event: RConnCER) -> Context:
    """Remember who the peer is."""
    return evolve(context, peer_host=event.origin_host)


def process_cer(_: Context, event: RConnCER) -> ProcessCER:
    """Process the CER that came with the connection."""
    return ProcessCER(event.origin_host)


def process(_: Context, event: IRcvMessage | RRcvMessage) -> Process:
    """Serve the message."""
    return Process(event.message)


def send_on_i(_: Context, event: SendMessage) -> ISndMessage:
    """Send it on I."""
    return ISndMessage(event.message)


def send_on_r(_: Context, event: SendMessage) -> RSndMessage:
    """Send it on R."""
    return RSndMessage(event.message)


def not_connected(_: Failure) -> IRcvConnNack:
    """Whatever keeps us from connecting is a refusal."""
    return IRcvConnNack()


def cut_off(_: Failure) -> IPeerDisc:
    """A connection of ours that breaks is a disconnection."""
    return IPeerDisc()


def lost(_: Failure) -> RPeerDisc:
    """Whatever keeps us from accepting is a disconnection."""
    return RPeerDisc()


# ---------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, stay, ignore, forbid, postpone = rows.row, rows.stay, rows.ignore, rows.forbid, rows.postpone
state, to = rows.state, rows.to

I_COUNTS = rows.group(
    "i_counts", WAIT_CONN_ACK, WAIT_I_CEA, WAIT_CONN_ACK_ELECT, WAIT_RETURNS, I_OPEN, CLOSING,
    doc="the connection we asked for is wanted",
)  # fmt: skip
R_COUNTS = rows.group(
    "r_counts", WAIT_CONN_ACK_ELECT, WAIT_RETURNS, R_OPEN, CLOSING, doc="a connection of the peer's is held"
)
UNANSWERED = (WAIT_CONN_ACK_ELECT, WAIT_RETURNS)
WAITING = (WAIT_CONN_ACK, WAIT_I_CEA, WAIT_CONN_ACK_ELECT, WAIT_RETURNS)

ELECT = rows.choice("elect", to(R_OPEN, IDisc(), RSndCEA(), guard=election_is_won), to(WAIT_RETURNS))

ACCEPT = RAccept()
UNASKED = "the RFC has no row for it, and the wait is bounded"
NOT_YET = "nothing comes before the connection is there"
OPENED = "a connection is opened once"

# fmt: off
STATES = (
    #     state                kind          what it means
    state(CLOSED,              Kind.REST,    "there is no connection"),
    state(WAIT_CONN_ACK,       Kind.BUSY,    "asked for a connection"),
    state(WAIT_I_CEA,          Kind.BUSY,    "sent a CER on it"),
    state(WAIT_CONN_ACK_ELECT, Kind.BUSY,    "asked for a connection, and the peer has come with its own"),
    state(WAIT_RETURNS,        Kind.BUSY,    "lost the election: the peer is to give up one of the two"),
    state(R_OPEN,              Kind.STEADY,  "messages flow on the peer's connection"),
    state(I_OPEN,              Kind.STEADY,  "messages flow on ours"),
    state(CLOSING,             Kind.WAITING, "the disconnection was asked for or agreed to"),
)

TABLE = (
    #   source                trigger        target         effects, then guard= and update=
    row(CLOSED,               Start,         WAIT_CONN_ACK, ISndConnReq()),
    row(CLOSED,               RConnCER,      R_OPEN,        ACCEPT, process_cer, RSndCEA()),

    row(WAIT_CONN_ACK,        IRcvConnAck,   WAIT_I_CEA,    ISndCER()),
    row(WAIT_CONN_ACK,        IRcvConnNack,  CLOSED,        Cleanup()),
    row(WAIT_CONN_ACK,        RConnCER,      WAIT_CONN_ACK_ELECT, ACCEPT, process_cer, update=note_peer),
    row(WAITING,              after(wait_limit), CLOSED,    Error()),

    row(WAIT_I_CEA,           IRcvCEA,       I_OPEN,        ProcessCEA()),
    row(WAIT_I_CEA,           RConnCER,      ELECT,         ACCEPT, process_cer, update=note_peer),
    row(WAIT_I_CEA,           IPeerDisc,     CLOSED,        IDisc()),
    row(WAIT_I_CEA,           either(IRcvMessage, IRcvDWR, IRcvDWA, IRcvDPR, IRcvDPA), CLOSED, Error()),

    row(WAIT_CONN_ACK_ELECT,  IRcvConnAck,   ELECT,         ISndCER()),
    row(WAIT_CONN_ACK_ELECT,  IRcvConnNack,  R_OPEN,        RSndCEA()),
    row(WAIT_CONN_ACK_ELECT,  RPeerDisc,     WAIT_CONN_ACK, RDisc()),

    row(WAIT_RETURNS,         IPeerDisc,     R_OPEN,        IDisc(), RSndCEA()),
    row(WAIT_RETURNS,         IRcvCEA,       I_OPEN,        RDisc()),
    row(WAIT_RETURNS,         RPeerDisc,     WAIT_I_CEA,    RDisc()),

    stay(R_OPEN,              SendMessage,   send_on_r),
    stay(R_OPEN,              RRcvMessage,   process),
    stay(R_OPEN,              RRcvDWR,       ProcessDWR(), RSndDWA()),
    stay(R_OPEN,              RRcvDWA,       ProcessDWA()),
    row(R_OPEN,               Stop,          CLOSING,       RSndDPR()),
    row(R_OPEN,               RRcvDPR,       CLOSING,       RSndDPA()),
    row(R_OPEN,               RPeerDisc,     CLOSED,        RDisc()),

    stay(I_OPEN,              SendMessage,   send_on_i),
    stay(I_OPEN,              IRcvMessage,   process),
    stay(I_OPEN,              IRcvDWR,       ProcessDWR(), ISndDWA()),
    stay(I_OPEN,              IRcvDWA,       ProcessDWA()),
    row(I_OPEN,               Stop,          CLOSING,       ISndDPR()),
    row(I_OPEN,               IRcvDPR,       CLOSING,       ISndDPA()),
    row(I_OPEN,               IPeerDisc,     CLOSED,        IDisc()),

    row(CLOSING,              IRcvDPA,       CLOSED,        IDisc()),
    row(CLOSING,              RRcvDPA,       CLOSED,        RDisc()),
    row(CLOSING,              after(wait_limit), CLOSED,    Error()),
    row(CLOSING,              IPeerDisc,     CLOSED,        IDisc()),
    row(CLOSING,              RPeerDisc,     CLOSED,        RDisc()),
    stay(CLOSING,             IRcvDPR,       ISndDPA()),
    stay(CLOSING,             RRcvDPR,       RSndDPA()),
    stay((WAIT_CONN_ACK_ELECT, WAIT_RETURNS, R_OPEN, I_OPEN, CLOSING), RConnCER, RReject()),

    postpone(WAITING,         Stop,          because="it is obeyed when a connection is open"),
    ignore((CLOSED, CLOSING), Stop,          because="there is nothing left to stop"),
    ignore((*WAITING, R_OPEN, I_OPEN, CLOSING), Start, because="it has started already"),
    forbid((CLOSED, *WAITING, CLOSING), SendMessage, because="no connection is open: choose another peer"),
    ignore(WAIT_RETURNS,      either(IRcvMessage, IRcvDWR, IRcvDWA, IRcvDPR, IRcvDPA), because=UNASKED),
    ignore(UNANSWERED,        either(RRcvMessage, RRcvDWR, RRcvDWA, RRcvDPR, RRcvDPA), because=UNASKED),
    ignore(CLOSING,           either(IRcvCEA, IRcvMessage, IRcvDWR, IRcvDWA), because="it is ending"),
    ignore(CLOSING,           either(RRcvMessage, RRcvDWR, RRcvDWA), because="it is ending"),
    ignore(I_OPEN,            either(IRcvCEA, IRcvDPA), because="it answers nothing that is out"),
    ignore(R_OPEN,            RRcvDPA,       because="it answers nothing that is out"),
    forbid((WAIT_CONN_ACK, WAIT_CONN_ACK_ELECT), either(IRcvCEA, IRcvMessage, IPeerDisc), because=NOT_YET),
    forbid((WAIT_CONN_ACK, WAIT_CONN_ACK_ELECT), either(IRcvDWR, IRcvDWA, IRcvDPR, IRcvDPA), because=NOT_YET),
    forbid((WAIT_I_CEA, WAIT_RETURNS, I_OPEN, CLOSING), either(IRcvConnAck, IRcvConnNack), because=OPENED),
)

# fmt: on
DIAMETER = Machine[State, Event, Context, Effect](
    "diameter",
    initial=CLOSED,
    context=Context(),
    states=STATES,
    groups=(I_COUNTS, R_COUNTS),
    table=TABLE,
    answering=(
        rows.answering(
            ISndConnReq,
            IRcvConnNack,
            opens=IRcvConnAck,
            streams=(IRcvCEA, IRcvMessage, IRcvDWR, IRcvDWA, IRcvDPR, IRcvDPA),
            ends=(IPeerDisc,),
            orphan=IDisc(),
            scope=I_COUNTS,
            failed=not_connected,
            lost=cut_off,
        ),
        rows.answering(
            RAccept,
            streams=(RRcvMessage, RRcvDWR, RRcvDWA, RRcvDPR, RRcvDPA),
            ends=(RPeerDisc,),
            scope=R_COUNTS,
            failed=lost,
        ),
    ),
    doc="The state machine of one Diameter peer, as RFC 6733 has it.",
)
