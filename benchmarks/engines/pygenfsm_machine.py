"""pygenfsm: one handler for each state and event class; the handlers are the machine, so they are written by hand."""

from pygenfsm import FSM, FSMBuilder

from benchmarks.workload import Player, Workload
from benchmarks.workloads import breaker as b
from benchmarks.workloads import connection as c
from benchmarks.workloads import toggle as t


def toggle() -> FSMBuilder:
    builder = FSMBuilder(t.OFF)
    builder.on(t.OFF, t.Flip)(lambda fsm, event: t.ON)
    builder.on(t.ON, t.Flip)(lambda fsm, event: t.OFF)
    return builder


def breaker() -> FSMBuilder:
    builder = FSMBuilder(b.CLOSED)

    @builder.on(b.CLOSED, b.Succeeded)
    def closed_succeeded(fsm, event):
        fsm.context.failures = 0
        return b.CLOSED

    @builder.on(b.CLOSED, b.CallFailed)
    def closed_failed(fsm, event):
        data = fsm.context
        if data.failures + 1 >= data.failures_max:
            data.failures = 0
            data.tripped = True
            data.effects.append(b.TRIP)
            return b.OPEN
        data.failures += 1
        return b.CLOSED

    @builder.on(b.OPEN, b.ResetDue)
    def open_due(fsm, event):
        fsm.context.effects.append(b.PROBE)
        return b.HALF_OPEN

    @builder.on(b.HALF_OPEN, b.Succeeded)
    def half_open_succeeded(fsm, event):
        data = fsm.context
        data.failures = 0
        data.tripped = False
        data.effects.append(b.MEND)
        return b.CLOSED

    @builder.on(b.HALF_OPEN, b.CallFailed)
    def half_open_failed(fsm, event):
        fsm.context.effects.append(b.TRIP)
        return b.OPEN

    return builder


def connection() -> FSMBuilder:
    builder = FSMBuilder(c.IDLE)
    _connecting(builder)
    _connected(builder)
    _leaving(builder)
    return builder


def _connecting(builder: FSMBuilder):
    @builder.on(c.IDLE, c.Connect)
    @builder.on(c.SUSPENDED, c.Connect)
    @builder.on(c.FAILED, c.Connect)
    def connect(fsm, event):
        fsm.context.attempts = 0
        fsm.context.effects.append(c.OPEN_SOCKET)
        return c.DIALING

    @builder.on(c.DIALING, c.Opened)
    def opened(fsm, event):
        fsm.context.effects.append(c.SEND_HELLO)
        return c.HANDSHAKING

    @builder.on(c.DIALING, c.OpenFailed)
    @builder.on(c.HANDSHAKING, c.SocketLost)
    def attempt_failed(fsm, event):
        data = fsm.context
        if data.attempts < data.attempts_max:
            data.attempts += 1
            data.effects.append(c.START_BACKOFF)
            return c.BACKING_OFF
        data.effects.append(c.NOTIFY_DOWN)
        return c.SUSPENDED

    @builder.on(c.HANDSHAKING, c.Welcomed)
    def welcomed(fsm, event):
        data = fsm.context
        data.attempts = 0
        data.resumable = True
        data.effects.append(c.NOTIFY_UP)
        return c.READY

    @builder.on(c.HANDSHAKING, c.Rejected)
    def rejected(fsm, event):
        fsm.context.effects += (c.CLOSE_SOCKET, c.NOTIFY_DOWN)
        return c.FAILED

    @builder.on(c.BACKING_OFF, c.BackoffOver)
    def backoff_over(fsm, event):
        fsm.context.effects.append(c.OPEN_SOCKET)
        return c.DIALING


def _connected(builder: FSMBuilder):
    @builder.on(c.READY, c.FrameArrived)
    def frame_arrived(fsm, event):
        fsm.context.effects.append(c.DELIVER)
        return c.READY

    @builder.on(c.READY, c.PingDue)
    def ping_due(fsm, event):
        fsm.context.effects.append(c.SEND_PING)
        return c.READY

    @builder.on(c.READY, c.Goaway)
    def goaway(fsm, event):
        return c.DRAINING

    @builder.on(c.READY, c.SocketLost)
    def ready_lost(fsm, event):
        fsm.context.attempts += 1
        fsm.context.effects += (c.NOTIFY_DOWN, c.START_BACKOFF)
        return c.BACKING_OFF

    @builder.on(c.DRAINING, c.SocketLost)
    def draining_lost(fsm, event):
        fsm.context.effects += (c.NOTIFY_DOWN, c.OPEN_SOCKET)
        return c.DIALING


def _leaving(builder: FSMBuilder):
    @builder.on(c.DIALING, c.Close)
    @builder.on(c.HANDSHAKING, c.Close)
    def close_before(fsm, event):
        data = fsm.context
        data.attempts = 0
        data.resumable = False
        data.effects.append(c.CLOSE_SOCKET)
        return c.IDLE

    @builder.on(c.READY, c.Close)
    @builder.on(c.DRAINING, c.Close)
    def close_after(fsm, event):
        data = fsm.context
        data.attempts = 0
        data.resumable = False
        data.effects += (c.CLOSE_SOCKET, c.NOTIFY_DOWN)
        return c.IDLE

    @builder.on(c.BACKING_OFF, c.Close)
    def close_waiting(fsm, event):
        data = fsm.context
        data.attempts = 0
        data.resumable = False
        data.effects.append(c.STOP_BACKOFF)
        return c.IDLE


BUILDERS = {"toggle": toggle, "connection": connection, "breaker": breaker}


class PygenfsmPlayer:
    def __init__(self, workload: Workload):
        self.data = workload.data()
        self.machine: FSM = BUILDERS[workload.name]().build(self.data)

    def prepare(self, script):
        return script

    def play(self, script):
        self.data.effects.clear()
        send = self.machine.send_sync
        for event in script:
            send(event)

    def seen(self):
        return str(self.machine.state), self.data.values(), tuple(self.data.effects)


def pygenfsm_machine(workload: Workload) -> Player:
    """Make the pygenfsm machine for a workload."""
    return PygenfsmPlayer(workload)
