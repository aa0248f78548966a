"""A hand-written immutable step: a dict from (state, event class) to a function of the context.

What an author writes who wants purity without an engine: each cell returns the next state, the next context and the
effects; the context is the same frozen attrs value that the statekit table uses.
"""

from collections.abc import Callable
from typing import Any

from attrs import astuple

from benchmarks.workload import Player, Workload
from benchmarks.workloads import breaker as b
from benchmarks.workloads import connection as c
from benchmarks.workloads import toggle as t

Cell = Callable[[Any], tuple[str, Any, tuple[object, ...]]]


def go(target, effects=(), update=None) -> Cell:
    """Make a cell that always does the same."""
    if update is None:
        return lambda context: (target, context, effects)
    return lambda context: (target, update(context), effects)


def open_failed(context: c.Context):
    if c.retries_left(context):
        return c.BACKING_OFF, c.count_attempt(context), (c.START_BACKOFF,)
    return c.SUSPENDED, context, (c.NOTIFY_DOWN,)


def call_failed(context: b.Context):
    if b.once_too_often(context):
        return b.OPEN, b.trip(context), (b.TRIP,)
    return b.CLOSED, b.count_failure(context), ()


TOGGLE: dict[tuple[str, type], Cell] = {(t.OFF, t.Flip): go(t.ON), (t.ON, t.Flip): go(t.OFF)}

BREAKER: dict[tuple[str, type], Cell] = {
    (b.CLOSED, b.Succeeded): go(b.CLOSED, (), b.forgive),
    (b.CLOSED, b.CallFailed): call_failed,
    (b.OPEN, b.ResetDue): go(b.HALF_OPEN, (b.PROBE,)),
    (b.HALF_OPEN, b.Succeeded): go(b.CLOSED, (b.MEND,), b.mend),
    (b.HALF_OPEN, b.CallFailed): go(b.OPEN, (b.TRIP,)),
}

CONNECTION: dict[tuple[str, type], Cell] = {
    (c.IDLE, c.Connect): go(c.DIALING, (c.OPEN_SOCKET,), c.wanted_afresh),
    (c.DIALING, c.Opened): go(c.HANDSHAKING, (c.SEND_HELLO,)),
    (c.DIALING, c.OpenFailed): open_failed,
    (c.DIALING, c.Close): go(c.IDLE, (c.CLOSE_SOCKET,), c.forget),
    (c.HANDSHAKING, c.Welcomed): go(c.READY, (c.NOTIFY_UP,), c.settled),
    (c.HANDSHAKING, c.Rejected): go(c.FAILED, (c.CLOSE_SOCKET, c.NOTIFY_DOWN)),
    (c.HANDSHAKING, c.SocketLost): open_failed,
    (c.HANDSHAKING, c.Close): go(c.IDLE, (c.CLOSE_SOCKET,), c.forget),
    (c.READY, c.FrameArrived): go(c.READY, (c.DELIVER,)),
    (c.READY, c.PingDue): go(c.READY, (c.SEND_PING,)),
    (c.READY, c.Goaway): go(c.DRAINING),
    (c.READY, c.SocketLost): go(c.BACKING_OFF, (c.NOTIFY_DOWN, c.START_BACKOFF), c.count_attempt),
    (c.READY, c.Close): go(c.IDLE, (c.CLOSE_SOCKET, c.NOTIFY_DOWN), c.forget),
    (c.DRAINING, c.SocketLost): go(c.DIALING, (c.NOTIFY_DOWN, c.OPEN_SOCKET)),
    (c.DRAINING, c.Close): go(c.IDLE, (c.CLOSE_SOCKET, c.NOTIFY_DOWN), c.forget),
    (c.BACKING_OFF, c.BackoffOver): go(c.DIALING, (c.OPEN_SOCKET,)),
    (c.BACKING_OFF, c.Close): go(c.IDLE, (c.STOP_BACKOFF,), c.forget),
    (c.SUSPENDED, c.Connect): go(c.DIALING, (c.OPEN_SOCKET,), c.wanted_afresh),
    (c.FAILED, c.Connect): go(c.DIALING, (c.OPEN_SOCKET,), c.wanted_afresh),
}

CELLS = {"toggle": TOGGLE, "connection": CONNECTION, "breaker": BREAKER}


def step(cells, state, context, event):
    """Answer one event; pure."""
    return cells[state, type(event)](context)


class DictPlayer:
    def __init__(self, workload: Workload):
        self.cells = CELLS[workload.name]
        self.state, self.context = workload.machine.initial, workload.machine.context
        self.effects = ()

    def prepare(self, script):
        return script

    def play(self, script):
        cells, state, context, effects = self.cells, self.state, self.context, self.effects
        for event in script:
            state, context, effects = step(cells, state, context, event)
        self.state, self.context, self.effects = state, context, effects

    def seen(self):
        return str(self.state), astuple(self.context), self.effects


def dict_step(workload: Workload) -> Player:
    """Make the dict step for a workload."""
    return DictPlayer(workload)
