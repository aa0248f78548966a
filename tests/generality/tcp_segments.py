"""What a TCP connection hears and does: calls, its variables, sequence numbers, and the segments that it makes."""

from enum import StrEnum
from typing import TypeAlias

from attrs import evolve, field, frozen
from attrs.validators import ge, gt

from statekit import Signal

MODULUS = 2**32
HALF = 2**31


# -------------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """MSL is 2 minutes (RFC 9293 section 4), the user timeout 5 minutes (section 3.9.1.1)."""

    segment_lifetime_seconds: float = field(default=120.0, validator=gt(0))
    user_seconds: float = field(default=300.0, validator=gt(0))
    window: int = field(default=65535, validator=ge(0))


# --------------------------------------------------------------------------------------------------------------- events
@frozen
class OpenActive:
    """OPEN a connection to a remote socket; `iss` is the initial sequence number, drawn by the driver."""

    iss: int
    remote: str = "remote"


@frozen
class OpenPassive:
    """OPEN a listening socket, for one remote socket or (as here by default) for any."""

    iss: int
    remote: str = ""


@frozen
class SendText:
    """SEND so many octets."""

    octets: int


@frozen
class Close:
    """CLOSE: there is nothing more to send."""


@frozen
class Abort:
    """ABORT: drop everything and reset the peer."""


@frozen
class Segment:
    """A segment, arriving or sent: SEG.SEQ, SEG.ACK if the ACK bit is on, the control bits, octets of text."""

    seq: int
    ack: int | None = None
    syn: bool = False
    fin: bool = False
    rst: bool = False
    octets: int = 0

    @property
    def length(self) -> int:
        """SEG.LEN: SYN and FIN count."""
        return self.octets + self.syn + self.fin


Event: TypeAlias = OpenActive | OpenPassive | SendText | Close | Abort | Segment


# -------------------------------------------------------------------------------------------------------------- effects
class Notice(StrEnum):
    """What the user and the outstanding calls are told, in the RFC's words."""

    RESET = "error: connection reset"
    REFUSED = "error: connection refused"
    CLOSING = "connection closing"
    CLOSED = "error: closing"
    TIMED_OUT = "error: connection aborted due to user timeout"


@frozen
class Transmit:
    """Send a segment."""

    segment: Segment


@frozen
class Deliver:
    """Hand so many octets of text to the user."""

    octets: int


@frozen
class Tell(Signal):
    """Tell the user, and return it from every outstanding call."""

    notice: Notice


Effect: TypeAlias = Transmit | Deliver | Tell


# -------------------------------------------------------------------------------------------------------------- context
@frozen
class Context:
    """The transmission control block, its variables by the RFC's names."""

    options: Options = Options()
    passive: bool = False
    remote: str = ""
    iss: int = 0
    snd_una: int = 0
    snd_nxt: int = 0
    rcv_nxt: int = 0
    unsent: int = 0


def two_lifetimes(context: Context) -> float:
    """2 MSL."""
    return 2 * context.options.segment_lifetime_seconds


def user_limit(context: Context) -> float:
    """How long anything sent may stay unacknowledged."""
    return context.options.user_seconds


# ----------------------------------------------------------------------------------------------------- sequence numbers
def ahead(number: int, of: int) -> int:
    """How far `number` is ahead of `of`, modulo 2^32: negative if it is behind."""
    return (number - of + HALF) % MODULUS - HALF


def in_window(context: Context, number: int) -> bool:
    """RCV.NXT =< number < RCV.NXT + RCV.WND."""
    return 0 <= ahead(number, context.rcv_nxt) < context.options.window


def acceptable(context: Context, event: Segment) -> bool:
    """The four cases of the segment acceptability test (RFC 9293 table 6)."""
    if not context.options.window:
        return not event.length and event.seq == context.rcv_nxt
    return in_window(context, event.seq) or (event.length > 0 and in_window(context, event.seq + event.length - 1))


def news(context: Context, event: Segment) -> bool:
    """SND.UNA < SEG.ACK =< SND.NXT."""
    una = context.snd_una
    return event.ack is not None and 0 < ahead(event.ack, una) <= ahead(context.snd_nxt, una)


# --------------------------------------------------------------------------------------------------------------- makers
def syn(context: Context) -> Transmit:
    """<SEQ=ISS><CTL=SYN>."""
    return Transmit(Segment(context.iss, syn=True))


def syn_ack(context: Context) -> Transmit:
    """<SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>."""
    return Transmit(Segment(context.iss, context.rcv_nxt, syn=True))


def ack(context: Context) -> Transmit:
    """<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>."""
    return Transmit(Segment(context.snd_nxt, context.rcv_nxt))


def first_ack(context: Context) -> Transmit:
    """The ACK of the peer's SYN: queued text, which SND.NXT counts already, goes out after it."""
    return Transmit(Segment(context.snd_una, context.rcv_nxt))


def fin(context: Context) -> Transmit:
    """A FIN, the last octet of SND.NXT."""
    return Transmit(Segment((context.snd_nxt - 1) % MODULUS, context.rcv_nxt, fin=True))


def rst(context: Context) -> Transmit:
    """<SEQ=SND.NXT><CTL=RST>."""
    return Transmit(Segment(context.snd_nxt, rst=True))


def refusal(_: Context, event: Segment) -> Transmit:
    """A reset that the sender of this segment will accept (RFC 9293 section 3.10.7.1)."""
    if event.ack is not None:
        return Transmit(Segment(event.ack, rst=True))
    return Transmit(Segment(0, (event.seq + event.length) % MODULUS, rst=True))


def text(context: Context, event: SendText) -> Transmit:
    """Send text, the last octets of SND.NXT, with a piggybacked acknowledgment."""
    return Transmit(Segment((context.snd_nxt - event.octets) % MODULUS, context.rcv_nxt, octets=event.octets))


def queued_text(context: Context) -> Transmit:
    """Send what had to wait: all that is unacknowledged once the SYN has been."""
    octets = ahead(context.snd_nxt, context.snd_una)
    return Transmit(Segment(context.snd_una, context.rcv_nxt, octets=octets))


def received(context: Context, event: Segment) -> tuple[Transmit | Deliver | Tell, ...]:
    """Deliver the text, tell of a FIN, and acknowledge what occupied sequence space; nothing for a bare ACK."""
    delivered = (Deliver(event.octets),) if event.octets else ()
    told = (Tell(Notice.CLOSING),) if event.fin else ()
    return (*delivered, *told, ack(context)) if event.length else ()


def first_received(context: Context, event: Segment) -> tuple[Transmit | Deliver | Tell, ...]:
    """As `received`, before queued text goes out."""
    return received(evolve(context, snd_nxt=context.snd_una), event)
