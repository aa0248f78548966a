"""The parts of a lifecycle as `Machine` was handed them: whether each is of its kind at all.

A part of another kind (a row where rows are due, a member of a plain `Enum`, one effect where a tuple of them is due)
makes everything else unreadable. So these faults are told alone, before a draft is made and `faults` reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TypeVar, cast

from statekit.draft import AnyChoice, AnyGroup, AnyRow, Draft, is_group, named
from statekit.effects import Answering
from statekit.errors import MalformedTable
from statekit.row import Branch, Choice, Row
from statekit.states import Group, Kind, StateRow

T = TypeVar("T")

MADE_BY: Mapping[type, str] = MappingProxyType(
    {StateRow: "state(...)", Group: "group(...)", Row: "row(...)", Answering: "answering(...)"}
)
"""What the parts that list something list, and how one of them is made."""


def draft_of(
    name: str,
    initial: StrEnum,
    context: object,
    states: Iterable[StateRow[StrEnum]],
    groups: Iterable[AnyGroup],
    table: Iterable[AnyRow],
    answering: Iterable[Answering],
    origin: str,
) -> Draft:
    """Make a draft of what `Machine` was handed; raises `MalformedTable` if a part is of another kind altogether."""
    found: list[str] = []
    stated, grouped = _listed("states", StateRow, states, found), _listed("groups", Group, groups, found)
    rows, answers = _listed("table", Row, table, found), _listed("answering", Answering, answering, found)
    found = [f"{origin}: {fault}" for fault in (*found, *_initial(initial, stated), *_context(context))]
    found += [f"{each.origin}: {fault}" for each in stated for fault in _state(each)]
    found += [f"{each.origin}: {fault}" for each in grouped for fault in _group(each)]
    found += [f"{each.origin}: {fault}" for each in answers for fault in _answering(each)]
    choices = [row.target for row in rows if isinstance(row.target, Choice)]
    found += dict.fromkeys(fault for choice in choices for fault in _choice(choice))
    if found:
        raise MalformedTable(name, found)
    return Draft(name, initial, stated, grouped, rows, answers, origin)


def _listed(word: str, kind: type, given: Iterable[T], found: list[str]) -> tuple[T, ...]:
    """List what was given; what is wrong with it is noted in `found`, and left out."""
    handed = cast("object", given)
    if isinstance(handed, (kind, str)) or not isinstance(handed, Iterable):
        right = f"write {word}=({MADE_BY[kind]},), with the comma"
        found.append(f"{word} is {named(handed)}, and no list of them: {right}")
        return ()
    listed = tuple(given)
    for at, each in enumerate(listed):
        if not isinstance(each, kind):
            several = isinstance(each, (tuple, list))
            right = f"unpack it: {word}=(*these, *those)" if several else f"one is made by {MADE_BY[kind]}"
            found.append(f"{word}[{at}] is {named(each)}; {right}")
    return tuple(each for each in listed if isinstance(each, kind))


def _initial(initial: object, states: tuple[StateRow[StrEnum], ...]) -> Iterator[str]:
    if is_group(initial):
        yield f"initial={named(initial)}: name the state in it to begin with"
    elif isinstance(initial, Enum) and not isinstance(initial, StrEnum):
        kind = type(initial).__name__
        yield f"initial={named(initial)} is no member of a StrEnum, which states are: write class {kind}(StrEnum)"
    elif not isinstance(initial, StrEnum):
        meant = [f"did you mean {named(each.state)}?" for each in states if initial == each.state]
        yield f"initial={named(initial)} is no member of a StrEnum: {meant[0] if meant else 'name the first state'}"


def _context(context: object) -> Iterator[str]:
    if isinstance(context, type):
        yield f"context={context.__name__} is a class: give the first context, {context.__name__}(...)"


def _state(declared: StateRow[StrEnum]) -> Iterator[str]:
    kind = cast("object", declared.kind)
    if not isinstance(kind, Kind):
        yield f"the kind of state {named(declared.state)} is {kind!r}: say {', '.join(map(named, Kind))}"
    for moment, given in (("entry", declared.entry), ("exit", declared.exit)):
        if not isinstance(cast("object", given), tuple):
            yield _no_tuple(moment, f"state {named(declared.state)}", given)


def _group(group: AnyGroup) -> Iterator[str]:
    for moment, given in (("entry", group.entry), ("exit", group.exit)):
        if not isinstance(cast("object", given), tuple):
            yield _no_tuple(moment, f"group {group.name}", given)


def _answering(answer: Answering) -> Iterator[str]:
    place = f"answering({named(answer.effect)}, ...)"
    classes: list[object] = [answer.effect, *answer.outcomes]
    for word, given in (("streams", answer.streams), ("ends", answer.ends)):
        if isinstance(cast("object", given), tuple):
            classes += given
        else:
            yield _no_tuple(word, place, given)
    for each in classes if answer.opens is None else (*classes, answer.opens):
        if not isinstance(each, type):
            yield f"{place} takes classes: {named(each)} is none; say {type(each).__name__}"


def _choice(choice: AnyChoice) -> Iterator[str]:
    if not isinstance(cast("object", choice.name), str):
        yield f"{choice.origin}: a choice has a name to draw: choice('retry', to(...), to(...))"
    for branch in choice.branches:
        if not isinstance(cast("object", branch), Branch):
            yield f"{choice.origin}: a branch of choice {choice.name!r} is {named(branch)}; one is made by to(...)"
        elif isinstance(branch.target, Choice):
            yield from _choice(branch.target)


def _no_tuple(word: str, place: str, given: object) -> str:
    return f"the {word} of {place} is {named(given)}, and no tuple: write {word}=(..., ), with the comma"
