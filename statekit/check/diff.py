"""Diff: what the tables of two versions have in common no more, as a reviewer asks for it.

Theory. Rows are compared where they stand: of the rows of one place for one trigger, those that are the same in every
part are left out; of what is left over, rows with the same guard are one row that changed, then rows in the same
order; the rest was added or removed. What a person has to know beside the rows is what they come to, so the cells of
the folded table are compared by themselves: a row that moved from a state to its group changes no cell.
"""

from collections.abc import Callable, Iterable, Iterator

from attrs import frozen

from statekit.check.sheet import Cell, Line, Sheet

PARTS = ("verb", "target", "guard", "update", "effects", "because")


@frozen
class Changed:
    """A row that is there in both versions, and not the same."""

    before: Line
    after: Line

    @property
    def retargeted(self) -> bool:
        """Tell whether it leads elsewhere."""
        return self.before.target != self.after.target

    def parts(self) -> Iterator[tuple[str, str, str]]:
        """Give the name of each part that changed, how it was and how it is."""
        for part in PARTS:
            before: str | tuple[str, ...] = getattr(self.before, part)
            after: str | tuple[str, ...] = getattr(self.after, part)
            if before != after:
                yield part, _text(before), _text(after)


@frozen
class CellChange:
    """A state that does something else with a trigger: each way that it may go, before and after; () is blank."""

    state: str
    trigger: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@frozen
class Difference:
    """What changed from one version of a table to the other; false if nothing did.

    `unreachable` names the states that some row led to before, and none does now. `extras` are changes of what is
    declared beside the rows: its name, how it was, how it is.
    """

    old: Sheet
    new: Sheet
    added: tuple[Line, ...]
    removed: tuple[Line, ...]
    changed: tuple[Changed, ...]
    cells: tuple[CellChange, ...]
    unreachable: tuple[str, ...]
    extras: tuple[tuple[str, str, str], ...]

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.added or self.removed or self.changed or self.cells or self.unreachable or self.extras)


def diff(old: Sheet, new: Sheet) -> Difference:
    """Compare two versions of one table."""
    added: list[Line] = []
    removed: list[Line] = []
    changed: list[Changed] = []
    places = dict.fromkeys((line.place, line.trigger) for line in (*old.lines, *new.lines))
    for place in places:
        before, after = ([line for line in sheet.lines if (line.place, line.trigger) == place] for sheet in (old, new))
        _paired(before, after, lambda line: line)
        changed += _paired(before, after, lambda line: line.guard)
        changed += _paired(before, after, lambda _: None)
        removed += before
        added += after
    return Difference(
        old=old,
        new=new,
        added=tuple(added),
        removed=tuple(removed),
        changed=tuple(changed),
        cells=tuple(_cells(old, new)),
        unreachable=tuple(_unreachable(old, new)),
        extras=tuple(_extras(old, new)),
    )


def _paired(before: list[Line], after: list[Line], key: Callable[[Line], object]) -> list[Changed]:
    """Take out the lines that agree in a key, one of each version at a time, in their order."""
    found: list[Changed] = []
    for line in tuple(before):
        other = next((each for each in after if key(each) == key(line)), None)
        if other is not None:
            before.remove(line)
            after.remove(other)
            found.append(Changed(line, other))
    return found


def _cells(old: Sheet, new: Sheet) -> Iterator[CellChange]:
    """Compare the cells that both versions have; those of a state that came or went are told with the state."""
    before, after = _by_place(old.cells), _by_place(new.cells)
    common = {state.name for state in old.states} & {state.name for state in new.states}
    for at in dict.fromkeys((*before, *after)):
        was, now = before.get(at, ()), after.get(at, ())
        if was != now and at[0] in common:
            yield CellChange(*at, was, now)


def _by_place(cells: Iterable[Cell]) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(cell.state, cell.trigger): cell.ways for cell in cells}


def _unreachable(old: Sheet, new: Sheet) -> Iterator[str]:
    before, after = reached(old), reached(new)
    for state in new.states:
        if state.name in before and state.name not in after:
            yield state.name


def reached(sheet: Sheet) -> set[str]:
    """Name the states that some way of rows leads to, whatever their guards say."""
    onward: dict[str, set[str]] = {}
    for cell in sheet.cells:
        onward.setdefault(cell.state, set()).update(cell.targets)
    found, waiting = {sheet.initial}, [sheet.initial]
    while waiting:
        fresh = onward.get(waiting.pop(), set()) - found
        found |= fresh
        waiting += fresh
    return found


def _extras(old: Sheet, new: Sheet) -> Iterator[tuple[str, str, str]]:
    before, after = _declared(old), _declared(new)
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield name, before.get(name, ""), after.get(name, "")


def _declared(sheet: Sheet) -> dict[str, str]:
    found: dict[str, str] = {}
    for state in sheet.states:
        waits = f"waits for {state.waits_for}" if state.waits_for else ""
        found[f"state {state.name}"] = _listed(state.kind, waits, *_moments(state.entry, state.exit))
    for group in sheet.groups:
        found[f"group {group.name}"] = _listed(" ".join(group.states), *_moments(group.entry, group.exit))
    return found | dict(sheet.extras)


def _moments(entry: tuple[str, ...], leaving: tuple[str, ...]) -> Iterator[str]:
    for moment, orders in (("entry", entry), ("exit", leaving)):
        if orders:
            yield f"{moment} / {', '.join(orders)}"


def _listed(*parts: str) -> str:
    return "; ".join(filter(None, parts))


def _text(part: str | tuple[str, ...]) -> str:
    return part if isinstance(part, str) else ", ".join(part)
