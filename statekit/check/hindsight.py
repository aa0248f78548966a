"""Hindsight: what was recorded, done again with another table: the first event at which it behaves differently.

Tickets are numbers, and two tables need not count alike. As long as both have done the same, what was issued for the
same order stands in the same place; so each recorded number is led to the one that the other table issued for it.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from attrs import frozen

from statekit.codec.errors import SnapshotRefused
from statekit.codec.journal import Deeds, Entry, Journal, JournalForm, deeds
from statekit.effects import Signal
from statekit.errors import Livelock
from statekit.machine import Definition
from statekit.snapshot import Stimulus
from statekit.system import System
from statekit.transaction import SystemSnapshot
from statekit.wiring import Wire

Numbers: TypeAlias = dict[tuple[str, int], int]
"""By member and recorded number: the number of the same ticket in the other table."""


@frozen
class Parting:
    """Where a run would have gone another way: at its `at`-th event (0 is the start), on this line of the file.

    `was` and `would` are what was done then and would be done now, in words: only what differs.
    """

    at: int
    line: int
    member: str
    event: str
    was: tuple[str, ...]
    would: tuple[str, ...]


@frozen
class Hindsight:
    """One run of a journal: how many events it has, and where it would have gone another way, if it would."""

    line: int
    events: int
    parting: Parting | None


def alone(machine: Definition, name: str = "") -> System:
    """Make a system of one machine, all of whose signals are for the application; named as the machine, or `name`."""
    signals = (each for each in machine.effects() if issubclass(each, Signal))
    return System(name or machine.name, (machine,), tuple(Wire(machine, each) for each in signals), doc=machine.doc)


def hindsight(form: JournalForm, lines: Iterable[str]) -> Iterator[Hindsight]:
    """Do every run of a journal again, with the system that the form is for.

    Raises `SnapshotRefused` for a file that is no journal of a system of this name, or contexts that do not fit it.
    """
    for journal in form.read(lines):
        yield Hindsight(journal.line, len(journal.entries), _parting(form, journal))


def _parting(form: JournalForm, journal: Journal) -> Parting | None:
    contexts = form.contexts(journal)
    begun = form.system.start(contexts)
    did = deeds(begun)
    if str(did) != str(journal.head.did):
        return Parting(0, journal.line, form.system.name, "start", *_differing(journal.head.did, str(did)))
    numbers = _paired(journal.head.did, did)
    snapshot = begun.snapshot
    for at, entry in enumerate(journal.entries, 1):
        done = _again(form, snapshot, entry, numbers)
        if isinstance(done, str) or str(done[1]) != str(entry.did):
            would = done if isinstance(done, str) else str(done[1])
            return Parting(at, journal.line + at, entry.member, entry.event.event, *_differing(entry.did, would))
        snapshot, did = done
        numbers |= _paired(entry.did, did)
    return None


def _again(
    form: JournalForm, snapshot: SystemSnapshot, entry: Entry, numbers: Numbers
) -> tuple[SystemSnapshot, Deeds] | str:
    """Deliver a recorded stimulus again; a sentence says why that is not possible."""
    try:
        event = form.event(entry)
    except SnapshotRefused as refused:
        return f"cannot be delivered: {refused.path} {refused.problem}"
    ticket = None if entry.ticket is None else numbers.get((entry.member, entry.ticket), entry.ticket)
    try:
        done = form.system.step(snapshot, entry.member, Stimulus(event, entry.at_seconds, ticket))
    except Livelock as endless:
        return str(endless)
    return done.snapshot, deeds(done)


def _paired(was: Deeds, now: Deeds) -> Numbers:
    pairs = zip(was.tickets, now.tickets, strict=True)
    return {recorded: number for recorded, (_, number) in pairs}


def _differing(was: Deeds, would: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    before, after = str(was).splitlines(), would.splitlines()
    gone = tuple(line for line in before if line not in after)
    new = tuple(line for line in after if line not in before)
    return (gone, new) if gone or new else (tuple(before), tuple(after))
