"""The timeline: a story told line by line, as a person can follow it."""

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text as Line

from machines.auth_refresh import AUTH_REFRESH, FRESH, REAUTH_REQUIRED, REFRESHING
from machines.conflict_recovery import CONFLICT_RECOVERY, RESOLVING, RESYNCING
from machines.connection import BACKING_OFF, CONNECTION, HANDSHAKING, SUSPENDED
from machines.demo.faults import Fault
from machines.demo.story import Report, Told
from machines.error_storm import ERROR_STORM, PROBATION, TRIPPED
from machines.hold import HOLD, LOCKED, MAINTENANCE
from machines.link import Closed, FrameArrived, OpenFailed
from machines.rate_limit import DRAINING, LIMITED, RATE_LIMIT
from machines.wire.messages import ConnectionAck, ErrorMessage
from statekit import Fired, Kind
from statekit.keyed import key_of, member_of
from statekit.run.record import Record
from statekit.timers import delay_label

STYLES = {
    Kind.REST: "dim",
    Kind.BUSY: "blue",
    Kind.STEADY: "green",
    Kind.WAITING: "yellow",
    Kind.ENDED: "dim",
    Kind.FAILED: "bold red",
}
SAID: dict[tuple[str, str], str] = {
    (CONFLICT_RECOVERY.name, RESOLVING): "asks the server what it has, before it sends anything again",
    (CONFLICT_RECOVERY.name, RESYNCING): "is not sure what the server has, and asks",
    (HOLD.name, LOCKED): "keeps its operations until the document is unlocked",
    (HOLD.name, MAINTENANCE): "stays away until the maintenance is over",
    (RATE_LIMIT.name, LIMITED): "sends nothing until the limit is over",
    (RATE_LIMIT.name, DRAINING): "sends again, at half the rate",
    (ERROR_STORM.name, TRIPPED): "has had eleven errors in a minute, and stays away for a while",
    (ERROR_STORM.name, PROBATION): "tries again, on probation",
    (AUTH_REFRESH.name, REAUTH_REQUIRED): "needs its user to log in",
    (AUTH_REFRESH.name, REFRESHING): "fetches a newer token",
    (AUTH_REFRESH.name, FRESH): "has a fresh token",
}
"""What a client does in words, where a lifecycle beside the connection comes to a state."""

OF_A_STAY = "after "
"""How the name of a timer begins that is of one state, and has no name of its own."""


class Timeline:
    """Prints what it is told; `console` decides where and in which colours."""

    def __init__(self, console: Console) -> None:
        """Begin with nobody known."""
        self._console = console
        self._states: dict[tuple[str, str], str] = {}

    def tell(self, told: Told) -> None:
        """Print the lines, if any, that this is worth."""
        if isinstance(told.what, Fault):
            self._console.print()
            self._line(told, Line(f"⚡ {told.what.value.replace('_', ' ')}", style="bold red"))
        elif isinstance(told.what, Record):
            for line in self._changes(told.who, told.what):
                self._line(told, line)
        else:
            done = f"✓ connected, and {told.what} operations acknowledged so far"
            self._line(told, Line(done, style="bold green"))

    def _line(self, told: Told, line: Line) -> None:
        self._console.print(Line(f"{told.at_seconds:7.1f} s  {told.who:5}", style="dim"), line, soft_wrap=True)

    def _changes(self, who: str, record: Record) -> Iterator[Line]:
        snapshot = record.transaction.snapshot
        for name, seen in zip(snapshot.names, snapshot.members, strict=True):
            state, member, key = seen.state, member_of(name), key_of(name)
            before = self._states.get((who, name))
            self._states[who, name] = state
            if before in (None, state) or state.value == HANDSHAKING.value:
                continue
            if member == CONNECTION.name:
                yield _moved(before or "", state, record)
            elif (member, state) in SAID:
                yield Line(f"  {SAID[member, state]}" + (f" ({key})" if key else ""), style="dim")


def _moved(before: str, state: str, record: Record) -> Line:
    kind = next(row.kind for row in CONNECTION.states if row.state == state)
    line = Line("● ", style=STYLES[kind])
    line.append(f"{before.replace('_', ' ')} → ", style="dim")
    line.append(state.replace("_", " "))
    line.append(f"  {_because(record)}", style="dim")
    if state in (BACKING_OFF, SUSPENDED):
        armed = (each.issued for each in record.transaction.armed if each.member == CONNECTION.name)
        wait = next((each.delay for each in armed if each.ticket.name.startswith(OF_A_STAY)), None)
        line.append(f", next attempt in {delay_label(wait)}" if wait is not None else "", style="dim")
    return line


def _because(record: Record) -> str:
    event = record.stimulus.event
    if isinstance(event, Closed):
        return f"closed {event.code} {event.reason}".rstrip()
    if isinstance(event, OpenFailed):
        return f"dial {event.cause}" + (f", HTTP {event.status}" if event.status else "")
    if isinstance(event, FrameArrived) and isinstance(event.message, ConnectionAck):
        return "the server accepted"
    if isinstance(event, FrameArrived) and isinstance(event.message, ErrorMessage):
        return f"error {event.message.error_code}"
    if isinstance(event, Fired):
        name = "after" if event.name.startswith(OF_A_STAY) else f"{event.name.replace('_', ' ')}, after"
        return f"{name} {event.delay_seconds:.3g} s"
    hop = next((hop for hop in record.transaction.path if hop.member == CONNECTION.name), None)
    return type(hop.event if hop else event).__name__


def summary(report: Report, scale: float) -> Table:
    """Lay a report out as a table."""
    table = Table(title="what happened, by the server's log", title_justify="left", show_header=False)
    for fault, times in report.faults.items():
        table.add_row(fault.replace("_", " "), f"{times} ×" if times else "[bold red]did not happen")
    table.add_section()
    lost = report.operations_accepted - report.operations_applied - report.operations_given_back
    table.add_row("operations accepted by the clients", str(report.operations_accepted))
    table.add_row("… acknowledged", str(report.operations_acknowledged))
    table.add_row("… given back, to who was kicked", str(report.operations_given_back))
    table.add_row("… lost", f"[bold red]{lost}" if lost else "0")
    table.add_row("… applied twice", f"[bold red]{report.duplicates}" if report.duplicates else "0")
    table.add_row("dials", str(report.dials))
    table.add_row("documents equal", "yes" if report.documents_equal else "[bold red]no")
    table.add_row("the document", escape(report.document))
    table.add_row("the other, over the same sockets", escape(report.beside))
    real = f"{report.seconds * scale:.0f} s" + ("" if scale == 1 else f" ({scale:g} of real time)")
    table.add_row("the bad day", f"{report.seconds:.0f} s, told in {real}")
    return table
