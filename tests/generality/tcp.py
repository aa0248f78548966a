"""TCP: the connection states of RFC 9293 (figure 5), with the event processing of section 3.10.

The rows for an arriving segment stand in the order of section 3.10.7.4 and are tried in it: sequence number, RST, SYN,
ACK, text, FIN. In words, where a choice was made or something is left out:
- RST and SYN inside the window are answered as RFC 5961 has it: a challenge ACK unless the reset is exactly in place.
- A segment ahead of RCV.NXT is not held (SHLD-31) but acknowledged at the old place: the peer sends it again.
- "Remain in TIME-WAIT, restart the 2 MSL timeout" is tried before the sequence number, since the FIN that comes again
  lies before the window and would never get past it.
- An "error: ..." that a call returns is a `forbid` with the RFC's words. What outstanding calls return is a signal.
- CLOSED keeps the dead connection's variables until the next OPEN: the last RST is made from them.
- Retransmission, congestion, urgent data, options, RECEIVE, STATUS and security are not here.
"""

from enum import StrEnum

from attrs import evolve

from statekit import Kind, Machine, Rows, after, arm, disarm, timer
from tests.generality.tcp_segments import (
    MODULUS,
    Abort,
    Close,
    Context,
    Effect,
    Event,
    Notice,
    OpenActive,
    OpenPassive,
    Segment,
    SendText,
    Tell,
    acceptable,
    ack,
    ahead,
    fin,
    first_ack,
    first_received,
    news,
    queued_text,
    received,
    refusal,
    rst,
    syn,
    syn_ack,
    text,
    two_lifetimes,
    user_limit,
)


# --------------------------------------------------------------------------------------------------------------- states
class State(StrEnum):
    """The eleven states of figure 5."""

    CLOSED = "closed"
    LISTEN = "listen"
    SYN_SENT = "syn_sent"
    SYN_RECEIVED = "syn_received"
    ESTABLISHED = "established"
    FIN_WAIT_1 = "fin_wait_1"
    FIN_WAIT_2 = "fin_wait_2"
    CLOSE_WAIT = "close_wait"
    CLOSING = "closing"
    LAST_ACK = "last_ack"
    TIME_WAIT = "time_wait"


(
    CLOSED,
    LISTEN,
    SYN_SENT,
    SYN_RECEIVED,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    CLOSE_WAIT,
    CLOSING,
    LAST_ACK,
    TIME_WAIT,
) = State


# -------------------------------------------------------------------------------------------------------- guards: calls
def remote_unknown(_: Context, event: OpenActive) -> bool:
    """Does an active OPEN name no remote socket?"""
    return not event.remote


def remote_known(context: Context) -> bool:
    """Did the passive OPEN name the remote socket?"""
    return bool(context.remote)


def text_is_queued(context: Context) -> bool:
    """Was text sent before the connection was established?"""
    return context.unsent > 0


def all_is_acknowledged(context: Context) -> bool:
    """SND.UNA = SND.NXT: nothing is on its way."""
    return context.snd_una == context.snd_nxt


# ----------------------------------------------------------------------------------------------------- guards: segments
def is_reset(_: Context, event: Segment) -> bool:
    """Is the RST bit set?"""
    return event.rst


def is_syn(_: Context, event: Segment) -> bool:
    """Is the SYN bit set?"""
    return event.syn


def acknowledges(_: Context, event: Segment) -> bool:
    """Is the ACK bit set?"""
    return event.ack is not None


def lacks_ack(_: Context, event: Segment) -> bool:
    """Is the ACK bit off?"""
    return event.ack is None


def stray_reset(context: Context, event: Segment) -> bool:
    """Is it a reset that the SYN we sent did not provoke?"""
    return event.rst and not news(context, event)


def acks_nothing_of_ours(context: Context, event: Segment) -> bool:
    """Is there an ACK, and not of our SYN?"""
    return event.ack is not None and not news(context, event)


def answers_our_syn(context: Context, event: Segment) -> bool:
    """Is it a SYN with an acceptable ACK?"""
    return event.syn and news(context, event)


def repeats_the_fin(context: Context, event: Segment) -> bool:
    """Is it the FIN that was received before?"""
    return event.fin and not event.rst and not ahead(event.seq + event.length, context.rcv_nxt)


def reset_outside(context: Context, event: Segment) -> bool:
    """Is it a reset from outside the window?"""
    return event.rst and not acceptable(context, event)


def outside(context: Context, event: Segment) -> bool:
    """Is it not acceptable?"""
    return not acceptable(context, event)


def reset_not_in_place(context: Context, event: Segment) -> bool:
    """Is it a reset, in the window but not at its left edge?"""
    return event.rst and event.seq != context.rcv_nxt


def resets_a_listener(context: Context, event: Segment) -> bool:
    """Is it a reset, or another SYN, for a connection that came from LISTEN?"""
    return context.passive and (event.rst or event.syn)


def leaves_a_gap(context: Context, event: Segment) -> bool:
    """Does it begin after the next octet that is expected?"""
    return ahead(event.seq, context.rcv_nxt) > 0


def acks_the_unsent(context: Context, event: Segment) -> bool:
    """SEG.ACK > SND.NXT."""
    return event.ack is not None and ahead(event.ack, context.snd_nxt) > 0


def has_fin(_: Context, event: Segment) -> bool:
    """Is the FIN bit set?"""
    return event.fin


def acks_everything(context: Context, event: Segment) -> bool:
    """Is everything acknowledged that was sent? After CLOSE that includes our FIN."""
    return event.ack == context.snd_nxt


def acks_all_and_has_fin(context: Context, event: Segment) -> bool:
    """Is our FIN acknowledged, and the peer's there?"""
    return acks_everything(context, event) and event.fin


# ------------------------------------------------------------------------------------------------------- updates: calls
def begin_active(context: Context, event: OpenActive) -> Context:
    """Make a block, and count the SYN that goes out."""
    fresh = Context(context.options, remote=event.remote, iss=event.iss, snd_una=event.iss)
    return evolve(fresh, snd_nxt=(event.iss + 1) % MODULUS)


def begin_passive(context: Context, event: OpenPassive) -> Context:
    """Make a block that waits for a SYN."""
    return Context(context.options, passive=True, remote=event.remote, iss=event.iss)


def turn_active(context: Context, event: SendText) -> Context:
    """From passive to active, by a SEND: its text waits for the connection."""
    return queue(begin_active(context, OpenActive(context.iss, context.remote)), event)


def queue(context: Context, event: SendText) -> Context:
    """Keep text until the connection is established."""
    return evolve(context, unsent=context.unsent + event.octets)


def count_text(context: Context, event: SendText) -> Context:
    """Count text that goes out."""
    return evolve(context, snd_nxt=(context.snd_nxt + event.octets) % MODULUS)


def count_queued(context: Context) -> Context:
    """Count the text that had to wait."""
    return evolve(context, snd_nxt=(context.snd_nxt + context.unsent) % MODULUS, unsent=0)


def count_fin(context: Context) -> Context:
    """Count the FIN that goes out."""
    return evolve(context, snd_nxt=(context.snd_nxt + 1) % MODULUS)


# ---------------------------------------------------------------------------------------------------- updates: segments
def take_syn(context: Context, event: Segment) -> Context:
    """Learn where the peer begins; our SYN is out."""
    block = evolve(context, rcv_nxt=(event.seq + 1) % MODULUS, snd_nxt=(context.iss + 1) % MODULUS)
    return evolve(block, snd_una=context.iss if event.ack is None else event.ack)


def listen_again(context: Context) -> Context:
    """Forget the peer; what was queued for it is flushed."""
    return Context(context.options, passive=True, remote=context.remote, iss=context.iss)


def take_ack(context: Context, event: Segment) -> Context:
    """Advance SND.UNA if there is news."""
    return evolve(context, snd_una=event.ack) if event.ack is not None and news(context, event) else context


def take(context: Context, event: Segment) -> Context:
    """Advance SND.UNA, and RCV.NXT over what is new of text and FIN."""
    end = (event.seq + event.length) % MODULUS
    rcv_nxt = end if ahead(end, context.rcv_nxt) > 0 else context.rcv_nxt
    return evolve(take_ack(context, event), rcv_nxt=rcv_nxt)


# ---------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, stay, reenter, ignore, forbid = rows.row, rows.stay, rows.reenter, rows.ignore, rows.forbid
postpone, state, to = rows.postpone, rows.state, rows.to

OPENING = rows.group("opening", SYN_SENT, SYN_RECEIVED, doc="our SYN is not acknowledged yet")
SENDING = rows.group(
    "sending", ESTABLISHED, CLOSE_WAIT, FIN_WAIT_1, CLOSING, LAST_ACK, doc="what we sent may be unacknowledged"
)
# Tuples, not groups: the checks that come first in every one of these states must stand before the states' own rows.
TEXT = (ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2)
LEAVING = (CLOSING, LAST_ACK, TIME_WAIT)
OPEN = (*TEXT, CLOSE_WAIT, *LEAVING)
SYNCHRONIZED = (SYN_RECEIVED, *OPEN)

unacknowledged = timer("unacknowledged", user_limit, scope=SENDING)

ESTABLISH = rows.choice(
    "establish",
    to(ESTABLISHED, queued_text, arm(unacknowledged), guard=text_is_queued, update=count_queued),
    to(ESTABLISHED),
)
HALF_CLOSE = rows.choice(
    "half_close",
    to(CLOSE_WAIT, queued_text, arm(unacknowledged), guard=text_is_queued, update=count_queued),
    to(CLOSE_WAIT, disarm(unacknowledged), guard=all_is_acknowledged),
    to(CLOSE_WAIT),
)

RESET, TIMED_OUT = Tell(Notice.RESET), Tell(Notice.TIMED_OUT)
EXISTS = "error: connection already exists"
ABSENT = "error: connection does not exist"
UNSPECIFIED = "error: remote socket unspecified"
ENDING = "error: connection closing"

# fmt: off
STATES = (
    #     state         kind          what it means
    state(CLOSED,       Kind.REST,    "there is no connection"),
    state(LISTEN,       Kind.WAITING, "waits for a connection request from any peer", waits_for="a peer"),
    state(SYN_SENT,     Kind.BUSY,    "asked for a connection, and waits to be asked in turn"),
    state(SYN_RECEIVED, Kind.BUSY,    "asked and was asked; waits for the acknowledgment"),
    state(ESTABLISHED,  Kind.STEADY,  "text flows both ways"),
    state(FIN_WAIT_1,   Kind.BUSY,    "sent a FIN that is not acknowledged yet"),
    state(FIN_WAIT_2,   Kind.WAITING, "our side is closed, the peer's is not", waits_for="the peer"),
    state(CLOSE_WAIT,   Kind.WAITING, "the peer's side is closed, ours is not", waits_for="the user"),
    state(CLOSING,      Kind.BUSY,    "both sent a FIN; ours is not acknowledged yet"),
    state(LAST_ACK,     Kind.BUSY,    "sent a FIN after the peer's; it is not acknowledged yet"),
    state(TIME_WAIT,    Kind.WAITING, "waits until no segment of the connection can be alive"),
)

TABLE = (
    #   source         trigger      target        effects, then guard= and update=
    # ---- 3.10.1 OPEN
    forbid((CLOSED, LISTEN), OpenActive,          because=UNSPECIFIED, guard=remote_unknown),
    row((CLOSED, LISTEN), OpenActive, SYN_SENT,   syn, update=begin_active),
    row(CLOSED,        OpenPassive, LISTEN,       update=begin_passive),
    forbid((LISTEN, *OPENING, *OPEN), OpenPassive, because=EXISTS),
    forbid((*OPENING, *OPEN), OpenActive,         because=EXISTS),

    # ---- 3.10.2 SEND
    forbid(CLOSED,     SendText,                  because=ABSENT),
    row(LISTEN,        SendText,    SYN_SENT,     syn, guard=remote_known, update=turn_active),
    forbid(LISTEN,     SendText,                  because=UNSPECIFIED),
    stay(OPENING,      SendText,                  update=queue),
    stay((ESTABLISHED, CLOSE_WAIT), SendText,     text, arm(unacknowledged), update=count_text),
    forbid((FIN_WAIT_1, FIN_WAIT_2, *LEAVING), SendText, because=ENDING),

    # ---- 3.10.4 CLOSE
    forbid(CLOSED,     Close,                     because=ABSENT),
    row((LISTEN, SYN_SENT), Close,  CLOSED,       Tell(Notice.CLOSED)),
    postpone(SYN_RECEIVED, Close,                 because="text goes first", guard=text_is_queued),
    row((SYN_RECEIVED, ESTABLISHED), Close, FIN_WAIT_1, fin, arm(unacknowledged), update=count_fin),
    row(CLOSE_WAIT,    Close,       LAST_ACK,     fin, arm(unacknowledged), update=count_fin),
    forbid((FIN_WAIT_1, FIN_WAIT_2, *LEAVING), Close, because=ENDING),

    # ---- 3.10.5 ABORT
    forbid(CLOSED,     Abort,                     because=ABSENT),
    row((LISTEN, SYN_SENT), Abort,  CLOSED,       RESET),
    row((SYN_RECEIVED, *TEXT, CLOSE_WAIT), Abort, CLOSED, rst, RESET),
    row(LEAVING,       Abort,       CLOSED),

    # ---- 3.10.7.1 a segment arrives: CLOSED
    ignore(CLOSED,     Segment,                   because="a reset is never answered", guard=is_reset),
    stay(CLOSED,       Segment,                   refusal),

    # ---- 3.10.7.2 LISTEN
    ignore(LISTEN,     Segment,                   because="nothing was sent to reset", guard=is_reset),
    stay(LISTEN,       Segment,                   refusal, guard=acknowledges),
    row(LISTEN,        Segment,     SYN_RECEIVED, syn_ack, guard=is_syn, update=take_syn),
    ignore(LISTEN,     Segment,                   because="neither RST, ACK nor SYN is set"),

    # ---- 3.10.7.3 SYN-SENT
    ignore(SYN_SENT,   Segment,                   because="it acknowledges nothing", guard=stray_reset),
    stay(SYN_SENT,     Segment,                   refusal, guard=acks_nothing_of_ours),
    row(SYN_SENT,      Segment,     CLOSED,       RESET, guard=is_reset),
    row(SYN_SENT,      Segment,     ESTABLISH,    first_ack, guard=answers_our_syn, update=take_syn),
    row(SYN_SENT,      Segment,     SYN_RECEIVED, syn_ack, guard=is_syn, update=take_syn),
    ignore(SYN_SENT,   Segment,                   because="neither SYN nor RST"),

    # ---- 3.10.7.4 first, the sequence number
    reenter(TIME_WAIT, Segment,                   ack, guard=repeats_the_fin),
    ignore(SYNCHRONIZED, Segment,                 because="the reset is old or forged", guard=reset_outside),
    stay(SYNCHRONIZED, Segment,                   ack, guard=outside),
    # ---- second, RST (and what the fourth check says of a listener that is asked twice)
    stay(SYNCHRONIZED, Segment,                   ack, guard=reset_not_in_place),
    row(SYN_RECEIVED,  Segment,     LISTEN,       guard=resets_a_listener, update=listen_again),
    row(SYN_RECEIVED,  Segment,     CLOSED,       Tell(Notice.REFUSED), guard=is_reset),
    row((*TEXT, CLOSE_WAIT), Segment, CLOSED,     RESET, guard=is_reset),
    row(LEAVING,       Segment,     CLOSED,       guard=is_reset),
    # ---- fourth, SYN: a challenge; then what is ahead of its turn
    stay(SYNCHRONIZED, Segment,                   ack, guard=is_syn),
    stay(SYNCHRONIZED, Segment,                   ack, guard=leaves_a_gap),
    # ---- fifth, ACK
    ignore(SYNCHRONIZED, Segment,                 because="all but the first acknowledge", guard=lacks_ack),
    stay(SYN_RECEIVED, Segment,                   refusal, guard=acks_nothing_of_ours),
    stay(OPEN,         Segment,                   ack, guard=acks_the_unsent),
    # ---- and with it the text and FIN, seventh and eighth
    row(SYN_RECEIVED,  Segment,     HALF_CLOSE,   first_received, guard=has_fin, update=take),
    row(SYN_RECEIVED,  Segment,     ESTABLISH,    first_received, update=take),
    row(ESTABLISHED,   Segment,     HALF_CLOSE,   received, guard=has_fin, update=take),
    row(FIN_WAIT_1,    Segment,     TIME_WAIT,    received, guard=acks_all_and_has_fin, update=take),
    row(FIN_WAIT_1,    Segment,     CLOSING,      received, guard=has_fin, update=take),
    row(FIN_WAIT_1,    Segment,     FIN_WAIT_2,   received, guard=acks_everything, update=take),
    row(FIN_WAIT_2,    Segment,     TIME_WAIT,    received, guard=has_fin, update=take),
    stay(ESTABLISHED,  Segment,     received, disarm(unacknowledged), guard=acks_everything, update=take),
    stay(TEXT,         Segment,                   received, update=take),
    stay(CLOSE_WAIT,   Segment,     disarm(unacknowledged), guard=acks_everything, update=take_ack),
    row(CLOSING,       Segment,     TIME_WAIT,    guard=acks_everything, update=take_ack),
    row(LAST_ACK,      Segment,     CLOSED,       guard=acks_everything, update=take_ack),
    stay((CLOSE_WAIT, CLOSING, LAST_ACK), Segment, update=take_ack),
    ignore(TIME_WAIT,  Segment,                   because="everything was received and acknowledged"),

    # ---- 3.10.8 timeouts
    row(OPENING,       after(user_limit), CLOSED, TIMED_OUT),
    row(SENDING,       unacknowledged, CLOSED,    TIMED_OUT),
    row(TIME_WAIT,     after(two_lifetimes), CLOSED),
)

# fmt: on
TCP = Machine[State, Event, Context, Effect](
    "tcp",
    initial=CLOSED,
    context=Context(),
    states=STATES,
    groups=(OPENING, SENDING),
    table=TABLE,
    doc="A TCP connection, as RFC 9293 has it.",
)
