"""Traces as JSON: a way through a model as a file, for `statekit replay`; strict, like everything the codec reads."""

import json
from typing import Final, cast

from attrs import frozen

from statekit.check.model import Model
from statekit.check.report import Trace
from statekit.check.seen import Move
from statekit.codec.envelope import FORMAT
from statekit.codec.errors import restoring, saving
from statekit.codec.events import EventRecord, Events
from statekit.codec.forms import Forms
from statekit.codec.strict import Misfit, parsed, placed
from statekit.keyed import member_of
from statekit.system import System
from statekit.timers import Key

MEMBER: Final = "trace"
"""The member of the JSON object by which a trace is told from a journal."""


@frozen
class MoveRecord:
    """One move as it is written."""

    member: str
    event: EventRecord
    awaited: str
    key: Key
    stale: bool
    after_seconds: float


@frozen
class TraceRecord:
    """A trace as it is written: whose it is, from where, and the code of the claim that it is about.

    `model` is the `module:ATTRIBUTE` by which the model is found that has no name of its own; it may be empty.
    """

    statekit: int
    trace: str
    model: str
    thresholds: str
    claim: str
    moves: tuple[MoveRecord, ...]
    loop_from: int | None
    start: int


class TraceForm:
    """How the traces of one model are written and read."""

    def __init__(self, model: Model) -> None:
        """Know the events of every machine."""
        self.model = model
        forms = Forms(model.hooks)
        subject = model.subject
        machines = subject.members if isinstance(subject, System) else (subject,)
        self._events = {each.name: Events(each, forms) for each in machines}
        self._form = forms.of(TraceRecord)

    def write(self, trace: Trace, claim: str, home: str = "") -> str:
        """Write a trace and the code of its claim (empty for something that went wrong); raises `NotSavable`.

        `home` is the `module:ATTRIBUTE` of the model.
        """
        with saving(self.model.name):
            moves = tuple(placed(f".moves[{at}]", self._written)(each) for at, each in enumerate(trace.moves))
            whose = trace.subject, home, trace.thresholds
            record = TraceRecord(FORMAT, *whose, claim, moves, trace.loop_from, trace.start)
            return json.dumps(self._form.write(record), indent=2, ensure_ascii=False) + "\n"

    def read(self, text: str) -> tuple[Trace, str]:
        """Read a trace and the code of its claim; raises `SnapshotRefused` for what is no trace of this model."""
        with restoring(self.model.name):
            record = cast("TraceRecord", self._form.read(parsed(text)))
            if record.statekit != FORMAT:
                raise Misfit(".statekit", f"must be {FORMAT}, the layout that this codec reads")
            if record.trace != self.model.name:
                raise Misfit(f".{MEMBER}", f"must be {self.model.name}")
            if record.thresholds not in self.model.thresholds:
                raise Misfit(".thresholds", f"must be one of {', '.join(self.model.thresholds)}")
            if not 0 <= (record.loop_from or 0) <= len(record.moves):
                raise Misfit(".loop_from", f"must be a number of moves, {len(record.moves)} at most")
            starts = len(self.model.thresholds[record.thresholds].starts)
            if not 0 <= record.start < starts:
                raise Misfit(".start", f"must be less than {starts}, the starts of these thresholds")
            moves = tuple(placed(f".moves[{at}]", self._read)(each) for at, each in enumerate(record.moves))
            return Trace(record.trace, record.thresholds, moves, record.loop_from, record.start), record.claim

    def _written(self, move: Move) -> MoveRecord:
        event = placed(".event", self._events[member_of(move.member)].write)(move.event)
        key = cast("Key", move.key)
        return MoveRecord(move.member, event, move.awaited, key, move.stale, move.after_seconds)

    def _read(self, record: MoveRecord) -> Move:
        events = self._events.get(member_of(record.member))
        if events is None:
            raise Misfit(".member", f"must be one of {', '.join(self._events)}")
        event = placed(".event", events.read)(record.event)
        return Move(record.member, event, record.awaited, record.key, record.stale, record.after_seconds)
