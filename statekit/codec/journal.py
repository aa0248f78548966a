"""Journals: what happened to a system, line by line as JSON, so that it can be done again, also with another table.

The first line names the system, the digest of its table, the contexts that it was given, and what starting it did. Each
line after it is one stimulus: to whom, what, when, under which ticket, and what it did: every hop with its verdict, the
orders, the timers and what was published. A file may hold the journals of several runs, one after the other.

What a line says of verdicts and effects are names, never values; of an event it says everything, so a class that keeps
a field from its repr is refused before the first line. A line is ASCII: whatever text an event holds, any file can hold
its line, and no reader takes a part of it for a line's end.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from attrs import frozen

from statekit.codec.digest import table_digest
from statekit.codec.envelope import FORMAT
from statekit.codec.errors import restoring, saving
from statekit.codec.events import EventRecord, Events
from statekit.codec.form import Form
from statekit.codec.forms import Forms, Hooks, Raw
from statekit.codec.strict import Misfit, member, members, parsed, placed
from statekit.keyed import member_of, spelling
from statekit.snapshot import Stimulus, Ticket
from statekit.system import System
from statekit.timers import delay_label
from statekit.transaction import Transaction
from statekit.verdicts import Broken, Refused, Taken, Verdict


@frozen
class HopRecord:
    """One event of a transaction: who received it, its class, and what became of it."""

    member: str
    event: str
    verdict: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.member}: {self.event}: {self.verdict}"


@frozen
class OrderRecord:
    """An effect: whose, its class, and its ticket's key and number if it answers."""

    member: str
    effect: str
    key: object = None
    ticket: int | None = None

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.member} orders {self.effect}{_keyed(self.key)}"


@frozen
class TimerRecord:
    """A timer that was armed: whose, its id, its key, its ticket's number and its delay in words."""

    member: str
    timer: str
    key: object
    ticket: int
    delay: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.member} starts {self.timer}{_keyed(self.key)} ({self.delay})"


@frozen
class Deeds:
    """What one stimulus did, in names."""

    hops: tuple[HopRecord, ...]
    orders: tuple[OrderRecord, ...]
    timers: tuple[TimerRecord, ...]
    published: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in words, a line for each; equal words are equal behaviour."""
        told = (f"published {each}" for each in self.published)
        return "\n".join((*map(str, self.hops), *map(str, self.orders), *map(str, self.timers), *told))

    @property
    def tickets(self) -> tuple[tuple[str, int], ...]:
        """Give the tickets that were issued, by member; where the words are equal they stand in the same order."""
        orders = ((each.member, each.ticket) for each in self.orders if each.ticket is not None)
        return (*orders, *((each.member, each.ticket) for each in self.timers))


@frozen
class Entry:
    """One line of a journal, with the number of its line: a stimulus and what it did."""

    at_seconds: float
    member: str
    event: EventRecord
    ticket: int | None
    did: Deeds


@frozen
class Head:
    """The first line of a journal."""

    statekit: int
    journal: str
    table: str
    contexts: Raw
    did: Deeds


@frozen
class Journal:
    """One run of a system as it was written down; `line` is the number of its first line in the file."""

    head: Head
    entries: tuple[Entry, ...]
    line: int


class JournalForm:
    """How the journal of one system is written and read.

    Raises `NotSavable` when it is made if an event has no form, or keeps a field from its repr.
    """

    def __init__(self, system: System, hooks: Hooks | Forms | None = None) -> None:
        """Make the forms of the system's events."""
        self.system = system
        forms = Forms.given(hooks)
        self._events = {each.name: Events(each, forms) for each in system.members}
        self._forms, self._contexts = forms, {each.name: type(each.context) for each in system.members}
        self._head, self._entry = forms.of(Head), forms.of(Entry)
        with saving(system.name):
            for name, each in self._events.items():
                placed(f".{name}", each.check)()

    def head(self, contexts: Mapping[str, object] | None = None) -> str:
        """Write the first line: a system that is started with these contexts.

        Raises `NotSavable` for a context that has no form or is not of its member's class, and what starting raises.
        """
        begun = self.system.start(contexts)
        with saving(self.system.name):
            given = {
                name: placed(f".contexts{member(name)}", self._context(name).write)(context)
                for name, context in (contexts or {}).items()
            }
            head = Head(FORMAT, self.system.name, table_digest(self.system), Raw(given), deeds(begun))
            return _line(self._head.write(head))

    def knows(self, member: str, event: object) -> bool:
        """Tell whether a row of the member, or of the instance with this address, answers events of this class."""
        return type(event) in self._events[member_of(member)].names

    def entry(self, member: str, stimulus: Stimulus[object], transaction: Transaction) -> str:
        """Write a line: a stimulus and what it did.

        Raises `NotSavable` for an event that no row answers, or that holds what its annotations do not say.
        """
        with saving(self.system.name):
            event = placed(f".{member}", self._events[member_of(member)].write)(stimulus.event)
            made = Entry(stimulus.at_seconds, member, event, stimulus.ticket, deeds(transaction))
            return _line(self._entry.write(made))

    def read(self, lines: Iterable[str]) -> Iterator[Journal]:
        """Read the journals in a file; raises `SnapshotRefused`, which names the line, for what is no journal of this
        system.
        """
        head, entries, first = None, list[Entry](), 0
        with restoring(self.system.name):
            for number, line in enumerate(lines, 1):
                found = placed(f".line[{number}]", parsed)(line)
                if "journal" in found:
                    if head is not None:
                        yield Journal(head, tuple(entries), first)
                    head, entries, first = placed(f".line[{number}]", self._opened)(found), [], number
                elif head is None:
                    raise Misfit(
                        f".line[{number}]", "must be the first line of a journal, which has the member journal"
                    )
                else:
                    entries.append(cast("Entry", placed(f".line[{number}]", self._entry.read)(found)))
        if head is not None:
            yield Journal(head, tuple(entries), first)

    def contexts(self, journal: Journal) -> dict[str, object]:
        """Read the contexts that a run was given; raises `SnapshotRefused` for those that do not fit this system."""
        at = f".line[{journal.line}].contexts"
        with restoring(self.system.name):
            given = placed(at, members)(journal.head.contexts)
            forms = {name: placed(at + member(name), self._context)(name) for name in given}
            return {name: placed(at + member(name), forms[name].read)(each) for name, each in given.items()}

    def event(self, entry: Entry) -> object:
        """Read the event of a line; raises `SnapshotRefused` for one that this system does not know any more."""
        with restoring(self.system.name):
            events = self._events.get(member_of(entry.member))
            if events is None:
                raise Misfit(".member", f"must be one of {', '.join(self._events)}")
            return events.read(entry.event)

    def _opened(self, found: dict[str, object]) -> Head:
        head = cast("Head", self._head.read(found))
        if head.statekit != FORMAT:
            raise Misfit(".statekit", f"must be {FORMAT}, the layout that this codec reads")
        if head.journal != self.system.name:
            raise Misfit(".journal", f"must be {self.system.name}")
        return head

    def _context(self, name: str) -> Form:
        member = member_of(name)
        kind = self._contexts.get(member)
        if kind is None or spelling(name) != name or (member != name and member not in self.system.plan.keyed):
            raise Misfit("", f"is no member of {self.system.name}; they are {', '.join(self._contexts)}")
        return self._forms.of(kind)


def deeds(transaction: Transaction) -> Deeds:
    """Say in names what a transaction did."""
    return Deeds(
        tuple(HopRecord(hop.member, type(hop.event).__name__, verdict_words(hop.verdict)) for hop in transaction.path),
        tuple(
            OrderRecord(each.member, type(each.effect).__name__, each.ticket.key, each.ticket.number)
            if isinstance(each.ticket, Ticket)
            else OrderRecord(each.member, type(each.effect).__name__)
            for each in transaction.orders
        ),
        tuple(
            TimerRecord(each.member, ticket.name, ticket.key, ticket.number, delay_label(each.issued.delay))
            for each in transaction.armed
            for ticket in (each.issued.ticket,)
        ),
        tuple(type(each).__name__ for each in transaction.published),
    )


def verdict_words(verdict: Verdict) -> str:
    """Say a verdict in names: reasons are words that may change, and an exception's text may hold anything."""
    if isinstance(verdict, Taken):
        return str(verdict)
    if isinstance(verdict, Broken):
        return f"broken: {verdict.function} raised {type(verdict.exception).__name__}"
    if isinstance(verdict, Refused) and verdict.full:
        return "refused: full"
    return type(verdict).__name__.lower()


def _keyed(key: object) -> str:
    return "" if key is None else f" of {key!r}"


def _line(written: object) -> str:
    return json.dumps(written, separators=(",", ":"))
