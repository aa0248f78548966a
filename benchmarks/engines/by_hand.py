"""H: what a careful author writes without an engine, and what every ratio is a ratio to.

A mutating class with `__slots__`; `send` goes by if/elif over the state, then over the class of the same typed attrs
events; effects are appended to a list. Branches stand in the order of the table.
"""

from benchmarks.workload import Player, Workload
from benchmarks.workloads import breaker, connection
from benchmarks.workloads.breaker import CLOSED, HALF_OPEN, MEND, OPEN, PROBE, TRIP, CallFailed, ResetDue, Succeeded
from benchmarks.workloads.connection import (
    BACKING_OFF,
    CLOSE_SOCKET,
    DELIVER,
    DIALING,
    DRAINING,
    FAILED,
    HANDSHAKING,
    IDLE,
    NOTIFY_DOWN,
    NOTIFY_UP,
    OPEN_SOCKET,
    READY,
    SEND_HELLO,
    SEND_PING,
    START_BACKOFF,
    STOP_BACKOFF,
    SUSPENDED,
    BackoffOver,
    Close,
    Connect,
    FrameArrived,
    Goaway,
    Opened,
    OpenFailed,
    PingDue,
    Rejected,
    SocketLost,
    Welcomed,
)
from benchmarks.workloads.toggle import OFF, ON, Flip


class Toggle:
    __slots__ = ("effects", "state")

    def __init__(self):
        self.state = OFF
        self.effects = []

    def values(self):
        return ()

    def send(self, event):
        state = self.state
        cls = type(event)
        if state is OFF:
            if cls is Flip:
                self.state = ON
        elif state is ON and cls is Flip:
            self.state = OFF


class Breaker:
    __slots__ = ("effects", "failures", "failures_max", "state", "tripped")

    def __init__(self):
        self.state = CLOSED
        self.failures = 0
        self.failures_max = breaker.FAILURES_MAX
        self.tripped = False
        self.effects = []

    def values(self):
        return self.failures, self.failures_max, self.tripped

    def send(self, event):
        state = self.state
        cls = type(event)
        if state is CLOSED:
            if cls is Succeeded:
                self.failures = 0
            elif cls is CallFailed:
                if self.failures + 1 >= self.failures_max:
                    self.failures = 0
                    self.tripped = True
                    self.state = OPEN
                    self.effects.append(TRIP)
                else:
                    self.failures += 1
        elif state is OPEN:
            if cls is ResetDue:
                self.state = HALF_OPEN
                self.effects.append(PROBE)
        elif state is HALF_OPEN:
            if cls is Succeeded:
                self.failures = 0
                self.tripped = False
                self.state = CLOSED
                self.effects.append(MEND)
            elif cls is CallFailed:
                self.state = OPEN
                self.effects.append(TRIP)


class Connection:
    __slots__ = ("attempts", "attempts_max", "effects", "resumable", "state")

    def __init__(self):
        self.state = IDLE
        self.attempts = 0
        self.attempts_max = connection.ATTEMPTS_MAX
        self.resumable = False
        self.effects = []

    def values(self):
        return self.attempts, self.attempts_max, self.resumable

    def send(self, event):  # noqa: PLR0912, PLR0915 - this is what a table replaces
        state = self.state
        cls = type(event)
        if state is IDLE:
            if cls is Connect:
                self.attempts = 0
                self.state = DIALING
                self.effects.append(OPEN_SOCKET)
        elif state is DIALING:
            if cls is Opened:
                self.state = HANDSHAKING
                self.effects.append(SEND_HELLO)
            elif cls is OpenFailed:
                if self.attempts < self.attempts_max:
                    self.attempts += 1
                    self.state = BACKING_OFF
                    self.effects.append(START_BACKOFF)
                else:
                    self.state = SUSPENDED
                    self.effects.append(NOTIFY_DOWN)
            elif cls is Close:
                self.attempts = 0
                self.resumable = False
                self.state = IDLE
                self.effects.append(CLOSE_SOCKET)
        elif state is HANDSHAKING:
            if cls is Welcomed:
                self.attempts = 0
                self.resumable = True
                self.state = READY
                self.effects.append(NOTIFY_UP)
            elif cls is Rejected:
                self.state = FAILED
                self.effects += (CLOSE_SOCKET, NOTIFY_DOWN)
            elif cls is SocketLost:
                if self.attempts < self.attempts_max:
                    self.attempts += 1
                    self.state = BACKING_OFF
                    self.effects.append(START_BACKOFF)
                else:
                    self.state = SUSPENDED
                    self.effects.append(NOTIFY_DOWN)
            elif cls is Close:
                self.attempts = 0
                self.resumable = False
                self.state = IDLE
                self.effects.append(CLOSE_SOCKET)
        elif state is READY:
            if cls is FrameArrived:
                self.effects.append(DELIVER)
            elif cls is PingDue:
                self.effects.append(SEND_PING)
            elif cls is Goaway:
                self.state = DRAINING
            elif cls is SocketLost:
                self.attempts += 1
                self.state = BACKING_OFF
                self.effects += (NOTIFY_DOWN, START_BACKOFF)
            elif cls is Close:
                self.attempts = 0
                self.resumable = False
                self.state = IDLE
                self.effects += (CLOSE_SOCKET, NOTIFY_DOWN)
        elif state is DRAINING:
            if cls is SocketLost:
                self.state = DIALING
                self.effects += (NOTIFY_DOWN, OPEN_SOCKET)
            elif cls is Close:
                self.attempts = 0
                self.resumable = False
                self.state = IDLE
                self.effects += (CLOSE_SOCKET, NOTIFY_DOWN)
        elif state is BACKING_OFF:
            if cls is BackoffOver:
                self.state = DIALING
                self.effects.append(OPEN_SOCKET)
            elif cls is Close:
                self.attempts = 0
                self.resumable = False
                self.state = IDLE
                self.effects.append(STOP_BACKOFF)
        elif (state is SUSPENDED or state is FAILED) and cls is Connect:
            self.attempts = 0
            self.state = DIALING
            self.effects.append(OPEN_SOCKET)


CLASSES = {"toggle": Toggle, "connection": Connection, "breaker": Breaker}


class HandPlayer:
    def __init__(self, workload: Workload):
        self.machine = CLASSES[workload.name]()

    def prepare(self, script):
        return script

    def play(self, script):
        send = self.machine.send
        self.machine.effects.clear()
        for event in script:
            send(event)

    def seen(self):
        return str(self.machine.state), self.machine.values(), tuple(self.machine.effects)


class Nothing:
    """An instance whose method does nothing: what the loop and the call cost, included in every figure."""

    def send(self, event):
        pass


class NothingPlayer:
    def __init__(self, workload: Workload):
        self.machine = Nothing()

    def prepare(self, script):
        return script

    def play(self, script):
        send = self.machine.send
        for event in script:
            send(event)

    def seen(self):
        raise TypeError("nothing happens, so nothing is seen")


def by_hand(workload: Workload) -> Player:
    """Make H for a workload."""
    return HandPlayer(workload)


def nothing(workload: Workload) -> Player:
    """Make the empty loop over a workload's script."""
    return NothingPlayer(workload)
