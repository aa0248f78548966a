"""Connection: 8 states, 21 rows, guards, a counter, effects; the workload that targets speak of."""

from enum import StrEnum
from typing import cast

from attrs import frozen

from benchmarks.workload import Workload
from statekit import Kind, Machine, Rows


class State(StrEnum):
    IDLE = "idle"
    DIALING = "dialing"
    HANDSHAKING = "handshaking"
    READY = "ready"
    DRAINING = "draining"
    BACKING_OFF = "backing_off"
    SUSPENDED = "suspended"
    FAILED = "failed"


IDLE, DIALING, HANDSHAKING, READY, DRAINING, BACKING_OFF, SUSPENDED, FAILED = State


@frozen
class Connect:
    """The application wants a connection."""


@frozen
class Opened:
    """The socket is open."""


@frozen
class OpenFailed:
    """The socket could not be opened."""


@frozen
class Welcomed:
    """The server accepted the hello."""


@frozen
class Rejected:
    """The server refused the hello for good."""


@frozen
class FrameArrived:
    """A frame arrived."""


@frozen
class PingDue:
    """Nothing was heard for a while."""


@frozen
class Goaway:
    """The server will close soon."""


@frozen
class SocketLost:
    """The socket closed."""


@frozen
class BackoffOver:
    """The wait is over."""


@frozen
class Close:
    """The application wants no connection."""


@frozen
class OpenSocket:
    """Open a socket."""


@frozen
class CloseSocket:
    """Close the socket."""


@frozen
class SendHello:
    """Say hello."""


@frozen
class SendPing:
    """Ask for a sign of life."""


@frozen
class Deliver:
    """Hand the frame to the application."""


@frozen
class StartBackoff:
    """Wait before the next attempt."""


@frozen
class StopBackoff:
    """Wait no longer."""


@frozen
class NotifyUp:
    """Tell the application that it is connected."""


@frozen
class NotifyDown:
    """Tell the application that it is not."""


OPEN_SOCKET, CLOSE_SOCKET, SEND_HELLO, SEND_PING, DELIVER = (
    OpenSocket(),
    CloseSocket(),
    SendHello(),
    SendPing(),
    Deliver(),
)
START_BACKOFF, STOP_BACKOFF, NOTIFY_UP, NOTIFY_DOWN = StartBackoff(), StopBackoff(), NotifyUp(), NotifyDown()

ATTEMPTS_MAX = 3


@frozen
class Context:
    """Failures in a row, how many are too many, and whether the session can be resumed."""

    attempts: int = 0
    attempts_max: int = ATTEMPTS_MAX
    resumable: bool = False


def retries_left(context: Context) -> bool:
    return context.attempts < context.attempts_max


def count_attempt(context: Context) -> Context:
    return Context(context.attempts + 1, context.attempts_max, context.resumable)


def wanted_afresh(context: Context) -> Context:
    return Context(0, context.attempts_max, context.resumable)


def settled(context: Context) -> Context:
    return Context(0, context.attempts_max, True)


def forget(context: Context) -> Context:
    return Context(0, context.attempts_max, False)


class Data:
    """The context as peers hold it: mutable."""

    __slots__ = ("__dict__", "__weakref__", "attempts", "attempts_max", "effects", "resumable")

    def __init__(self):
        self.attempts = 0
        self.attempts_max = ATTEMPTS_MAX
        self.resumable = False
        self.effects = []

    def values(self):
        return self.attempts, self.attempts_max, self.resumable

    def retries_left(self):
        return self.attempts < self.attempts_max

    def count_attempt(self):
        self.attempts += 1

    def wanted_afresh(self):
        self.attempts = 0

    def settled(self):
        self.attempts = 0
        self.resumable = True

    def forget(self):
        self.attempts = 0
        self.resumable = False


rows = Rows[State, Context, object]()
row, stay, state = rows.row, rows.stay, rows.state

# fmt: off
STATES = (
    state(IDLE,        Kind.REST,    "not wanted"),
    state(DIALING,     Kind.BUSY,    "a socket is being opened", waits_for="the network"),
    state(HANDSHAKING, Kind.BUSY,    "hello was said", waits_for="the server"),
    state(READY,       Kind.STEADY,  "frames flow"),
    state(DRAINING,    Kind.WAITING, "the server will close", waits_for="the server"),
    state(BACKING_OFF, Kind.WAITING, "waits before the next attempt", waits_for="a timer"),
    state(SUSPENDED,   Kind.REST,    "gave up for now", waits_for="a person"),
    state(FAILED,      Kind.FAILED,  "refused for good"),
)

TABLE = (
    #   source       trigger       target        effects, then guard= and update=
    row(IDLE,        Connect,      DIALING,      OPEN_SOCKET, update=wanted_afresh),
    row(DIALING,     Opened,       HANDSHAKING,  SEND_HELLO),
    row(DIALING,     OpenFailed,   BACKING_OFF,  START_BACKOFF, guard=retries_left, update=count_attempt),
    row(DIALING,     OpenFailed,   SUSPENDED,    NOTIFY_DOWN),
    row(DIALING,     Close,        IDLE,         CLOSE_SOCKET, update=forget),
    row(HANDSHAKING, Welcomed,     READY,        NOTIFY_UP, update=settled),
    row(HANDSHAKING, Rejected,     FAILED,       CLOSE_SOCKET, NOTIFY_DOWN),
    row(HANDSHAKING, SocketLost,   BACKING_OFF,  START_BACKOFF, guard=retries_left, update=count_attempt),
    row(HANDSHAKING, SocketLost,   SUSPENDED,    NOTIFY_DOWN),
    row(HANDSHAKING, Close,        IDLE,         CLOSE_SOCKET, update=forget),
    stay(READY,      FrameArrived, DELIVER),
    stay(READY,      PingDue,      SEND_PING),
    row(READY,       Goaway,       DRAINING),
    row(READY,       SocketLost,   BACKING_OFF,  NOTIFY_DOWN, START_BACKOFF, update=count_attempt),
    row(READY,       Close,        IDLE,         CLOSE_SOCKET, NOTIFY_DOWN, update=forget),
    row(DRAINING,    SocketLost,   DIALING,      NOTIFY_DOWN, OPEN_SOCKET),
    row(DRAINING,    Close,        IDLE,         CLOSE_SOCKET, NOTIFY_DOWN, update=forget),
    row(BACKING_OFF, BackoffOver,  DIALING,      OPEN_SOCKET),
    row(BACKING_OFF, Close,        IDLE,         STOP_BACKOFF, update=forget),
    row(SUSPENDED,   Connect,      DIALING,      OPEN_SOCKET, update=wanted_afresh),
    row(FAILED,      Connect,      DIALING,      OPEN_SOCKET, update=wanted_afresh),
)
# fmt: on


def machine(name: str) -> Machine[State, object, Context, object]:
    """Build the connection under a name, since a System's members need names of their own."""
    return Machine[State, object, Context, object](name, initial=IDLE, context=Context(), states=STATES, table=TABLE)


_retry = (OpenFailed(), BackoffOver())
_up = (Opened(), Welcomed())
_frames = (FrameArrived(),) * 6
SCRIPT = (
    *(Connect(), *_retry, *_retry, *_retry, OpenFailed()),
    *(Connect(), *_up, *_frames, PingDue(), *_frames, PingDue(), FrameArrived()),
    *(SocketLost(), BackoffOver(), Opened(), SocketLost(), BackoffOver(), *_up, *_frames),
    *(Goaway(), SocketLost(), Opened(), Rejected(), Connect(), *_retry, *_up, PingDue(), SocketLost(), Close()),
    *(Connect(), *_retry, *_retry, *_retry, Opened(), SocketLost(), Connect(), *_up, *_frames, Close()),
    *(Connect(), Close(), Connect(), Opened(), Close(), Connect(), *_up, Goaway(), Close()),
)

CONNECTION = Workload("connection", cast("Machine", machine("connection")), SCRIPT, Data)
