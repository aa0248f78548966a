"""Lint: what can be seen to be wrong, or odd, from a folded table alone; nothing of it is run.

What can never be meant is refused when a machine or a system is built, and not said again here. Everything that is
found has a code; `CODES` lists them all.
"""

from collections.abc import Iterable, Iterator

from statekit.check.lint.answers import in_answers
from statekit.check.lint.codes import CODES, NOT_FOUND, Code, because
from statekit.check.lint.flags import in_flags
from statekit.check.lint.rows import blank, in_rows
from statekit.check.lint.stays import in_stays
from statekit.check.lint.ways import ways_of
from statekit.check.lint.wires import in_wires
from statekit.check.model import Overruled, Subject
from statekit.check.report import Finding
from statekit.machine import Definition
from statekit.system import System

__all__ = ["CODES", "Code", "blank", "lint"]


def lint(subject: Subject, overruled: Iterable[Overruled] = ()) -> tuple[Finding, ...]:
    """Find what is wrong with a machine, or between the members of a system, in the order of `CODES`.

    The members of a system are looked at one by one, each as a machine. A finding that `overruled` names by its code
    and its `where` gets the reason, and counts no more; one that is overruled and not found is a finding itself.
    """
    reasons = {(each.code, each.where): each.because for each in overruled if each.code in CODES}
    order = {code: place for place, code in enumerate(CODES)}
    found = sorted(dict.fromkeys(_found(subject)), key=lambda each: order[each.code])
    found = [because(each, reasons.pop((each.code, each.where), "")) for each in found]
    for code, where in reasons:
        sentence = f"{code} {where!r} is overruled, and is not found"
        found.append(NOT_FOUND.at(f"{code} {where}", subject.name, sentence))
    return tuple(found)


def _found(subject: Subject) -> Iterator[Finding]:
    if isinstance(subject, System):
        yield from in_wires(subject)
    else:
        yield from _in_machine(subject)


def _in_machine(machine: Definition) -> Iterator[Finding]:
    ways = ways_of(machine)
    yield from in_rows(machine, ways)
    yield from in_stays(machine, ways)
    yield from in_answers(machine)
    yield from in_flags(machine)
