"""An independent engine agrees on every shipped lifecycle, line by line."""

import tomllib
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from statekit import Choice, Fired
from statekit.testing.passed import lines_of
from tests.laws.oracle import VERDICTS, Oracle, started, walked
from tests.laws.shipped import CONTEXTS, FIELDS

SHIPPED_EVENTS = 30_000  # of each of nine machines


def test_no_shipped_lifecycle_is_left_out():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["entry-points"]["statekit.machines"]) == {machine.name for machine in FIELDS}


def lines_below(line):
    """Give where a row is written, and every branch that it may lead through."""
    yield line.origin
    for branch in line.target.branches if isinstance(line.target, Choice) else ():
        yield from lines_below(branch)


def shipped_events(machine, chance, seen, aimed):
    """Draw any trigger of a machine, well typed: the one aimed at, or mostly one with a line seldom come to.

    One that was often asked in vain is asked less often: its context is never the one that the line wants.
    """
    keys = [*machine.folded.events, *machine.folded.clocks]
    asked = Counter()
    lines = {
        state: {key: [at for arrow in arrows for at in lines_below(arrow.row)] for key, arrows in cells.items()}
        for state, cells in machine.folded.cells.items()
    }

    def draw(state, context):
        if aimed:
            key = aimed.pop()
        elif chance.random() < 0.2:
            key = chance.choice(keys)
        else:
            weights = [
                sum(1 / (1 + seen[line]) for line in origins) / (1 + asked[state, each])
                for each, origins in lines[state].items()
            ]
            (key,) = chance.choices(list(lines[state]), weights)
        asked[state, key] += 1
        if isinstance(key, str):
            keyed = FIELDS[machine](chance, context).get(key, (None,))
            return key, Fired(key, *keyed, delay_seconds=chance.choice([0.1, 2.5, 60.0]))
        return key, key(*FIELDS[machine](chance, context).get(key, ()))

    return draw


def aims_of(machine):
    """Give each line with each state and trigger by which it may be come to."""
    return [
        (line, state, key)
        for state, cells in machine.folded.cells.items()
        for key, arrows in cells.items()
        for arrow in arrows
        for line in lines_below(arrow.row)
    ]


@pytest.mark.parametrize("machine", FIELDS, ids=lambda machine: machine.name)
def test_an_independent_engine_agrees_on_every_shipped_lifecycle(machine, tally):
    seen, chance, steps, aimed = Counter(), Random(machine.name), 10, []
    oracle, draw = Oracle(machine), shipped_events(machine, chance, seen, aimed)
    lines = aims_of(machine)
    for first in CONTEXTS[machine]:
        state, context = started(oracle, first)
        reached = {state: [(state, context)]}
        for _ in range(SHIPPED_EVENTS // len(CONTEXTS[machine]) // steps):
            # Each walk goes on from where an earlier one came to, and mostly aims at a line seldom come to.
            aims = [each for each in lines if each[1] in reached]
            ((_, state, key),) = chance.choices(aims, [1 / (1 + seen[line]) ** 2 for line, *_ in aims])
            if chance.random() < 0.8:
                aimed.append(key)
            for _, (at, context) in walked(oracle, chance.choice(reached[state]), draw, steps, seen):
                known = reached.setdefault(at, [])
                known.insert(chance.randint(0, len(known)), (at, context))
                del known[500:]
    tally.update({each: seen[each] for each in VERDICTS})
    assert sum(seen[each] for each in VERDICTS) == SHIPPED_EVENTS
    # Agreement means little for a line that neither engine came to.
    missed = [f"{at} {words}" for at, words in lines_of(machine).items() if at not in seen]
    assert not missed
