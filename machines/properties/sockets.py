"""Sockets: what is claimed of the socket that a connection owns, and of those who use it: C1, C2 and C11."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from machines.connection import (
    CLOSING,
    DRAINING,
    ESTABLISHED,
    FAILED,
    HANDSHAKING,
    IDLE,
    READY,
    SETTLING,
    SOCKET,
    Connect,
    Context,
    Disconnect,
    State,
)
from machines.gates import GatesMoved, ending
from machines.link import (
    Abandon,
    AcceptToken,
    Close,
    Closed,
    Dial,
    FrameArrived,
    FrameInvalid,
    FramePassed,
    Hello,
    LinkBroken,
    LinkDown,
    LinkRefused,
    LinkUp,
    Opened,
    OpenFailed,
    PeerSilent,
    SayGoodbye,
    StopSending,
    TerminalError,
    TokenRefused,
)
from machines.policy.close_codes import OurClose
from machines.properties.steps import counts, entered, fired, left, ordered
from statekit import Snapshot
from statekit.check.properties import Property, invariant, on_step, sequence
from statekit.check.seen import Seen

Connection: TypeAlias = Snapshot[State, Context]
Step: TypeAlias = Seen[Connection]

CODES: Final[Mapping[type, OurClose]] = {
    PeerSilent: OurClose.PEER_SILENT,
    TokenRefused: OurClose.TOKEN_REJECTED,
    FrameInvalid: OurClose.BAD_FRAME,
    LinkBroken: OurClose.BAD_FRAME,
    TerminalError: OurClose.DONE,
    LinkRefused: OurClose.DONE,
    Disconnect: OurClose.DONE,
}
"""The code that an open socket is closed with, by what was said of it."""


class Socket(StrEnum):
    """What became of the last socket, by what was ordered and what came alone."""

    NONE = "none"
    OPENING = "opening"
    OPEN = "open"
    CLOSED = "closed by us"
    WRONG = "two at once, or one closed twice, or left open"


def note_socket(socket: Socket, seen: Step) -> Socket:
    """Remember what became of the last socket."""
    event = seen.move.event
    if isinstance(event, Opened) and not counts(seen):
        return socket if seen.effects == (Abandon(),) else Socket.WRONG
    if counts(seen) and isinstance(event, (Closed, OpenFailed)):
        socket = Socket.NONE
    if counts(seen) and isinstance(event, Opened):
        socket = Socket.OPEN
    for each in seen.effects:
        if isinstance(each, Close):
            socket = Socket.CLOSED if socket is Socket.OPEN else Socket.WRONG
        if isinstance(each, Dial):
            socket = Socket.OPENING if socket is not Socket.OPEN else Socket.WRONG
    if seen.after.state in SOCKET or socket is Socket.WRONG:
        return socket
    return Socket.WRONG if socket is Socket.OPEN else Socket.NONE  # one that still opens is stale from now on


def one_socket_is_open(socket: Socket) -> bool:
    """One socket is open at most: it is closed once, before the next is dialled; one that opens late is abandoned."""
    return socket is not Socket.WRONG


def one_dial_is_awaited(connection: Connection) -> bool:
    """A socket is awaited, or listened to, where one is wanted or closing, and nowhere else."""
    return sum(ticket.name == "Dial" for ticket in connection.tickets) == (connection.state in SOCKET.states)


def the_unwanted_adopt_nothing(seen: Step) -> bool:
    """Once no connection is wanted, no socket is adopted; nothing but an order to connect leads back."""
    unwanted = (IDLE, FAILED, CLOSING)
    return not left(seen, unwanted) or isinstance(seen.move.event, Connect)


def our_code(seen: Step) -> OurClose | None:
    """Give the code that a step which ends a link must close it with."""
    event = seen.move.event
    if isinstance(event, GatesMoved):
        return ending(event.shut)
    if fired(seen, "after hello_seconds"):
        return OurClose.PEER_SILENT
    if fired(seen, "giving_up"):
        return OurClose.DONE
    return OurClose.GOING_AWAY if fired(seen, "after drain_delay") else CODES.get(type(event))


def each_close_has_its_code(seen: Step) -> bool:
    """Whoever ends an open link closes it with the code that says why, and a user with a goodbye before."""
    closes = [each.code for each in ordered(seen, Close)]
    bye = isinstance(seen.move.event, Disconnect) and seen.before.state in ESTABLISHED.states
    if bool(ordered(seen, SayGoodbye)) != bye or (bye and not isinstance(seen.effects[-1], Close)):
        return False
    return closes == ([our_code(seen)] if closes else [])


def closing_ends(seen: Step) -> bool:
    """Closing ends when the peer answers or takes too long; an order to connect does not wait for that."""
    before, event = seen.before, seen.move.event
    if isinstance(event, Disconnect) and before.state in ESTABLISHED.states:
        return seen.after.state is CLOSING
    if before.state is not CLOSING:
        return seen.after.state is not CLOSING
    if isinstance(event, Connect):
        return seen.after.state is not CLOSING and not seen.after.context.retries.attempts
    over = (isinstance(event, Closed) and counts(seen)) or fired(seen, "after close_seconds")
    return seen.after.state is (IDLE if over else CLOSING)


def the_link_is_told(seen: Step) -> bool:
    """Those who use the link are told that it is up when it becomes ready, and that it is down when it no longer is."""
    told = tuple(len(ordered(seen, kind)) for kind in (LinkUp, LinkDown, StopSending))
    return told == (entered(seen, READY), left(seen, READY), entered(seen, (DRAINING,)))


def frames_are_passed_on(seen: Step) -> bool:
    """What comes over an open socket is passed on, as long as the socket is not closing."""
    event, passed = seen.move.event, ordered(seen, FramePassed)
    if not isinstance(event, FrameArrived) or not counts(seen) or seen.before.state is CLOSING:
        return not passed
    return passed == [FramePassed(event.message)] and seen.after == seen.before


def hellos_are_heard(seen: Step) -> bool:
    """A hello accepts the token, in the session that it names; the failure before is not this link's."""
    event, before, after = seen.move.event, seen.before, seen.after
    if not isinstance(event, Hello) or before.state is not HANDSHAKING:
        return not isinstance(event, Hello) or after == before
    up = (AcceptToken(before.context.generation), LinkUp(event.resumed, event.ping_seconds))
    told = after.state is SETTLING and seen.effects == up
    return told and after.context.accepted and after.context.session.offered is event.resumable


SOCKETS: tuple[Property, ...] = (
    sequence("C1", Socket.NONE, note_socket, one_socket_is_open),
    invariant("C1 awaited", one_dial_is_awaited),
    on_step("C1 unwanted", the_unwanted_adopt_nothing),
    on_step("C1 codes", each_close_has_its_code),
    on_step("C2", the_link_is_told),
    on_step("C2 frames", frames_are_passed_on),
    on_step("C2 hello", hellos_are_heard),
    on_step("C11", closing_ends),
)
