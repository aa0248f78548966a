"""What the tests of the seed's behaviours share: a table written briefly, and how it is refuted."""

from statekit import Kind, Machine
from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.check.replay import replayed


def machine(rows, name, initial, context, table, *, groups=(), answering=()):
    """Make a machine all the states of which are alike."""
    states = tuple(rows.state(each, Kind.STEADY, f"it is {each}", waits_for="a person") for each in type(initial))
    return Machine(
        name, initial=initial, context=context, states=states, groups=groups, table=table, answering=answering
    )


def checked(subject, *properties, **given):
    """Explore a subject and give its results by their codes."""
    explored = explore(Model(subject, properties, **given))
    assert explored.exhausted, explored.bound
    assert not explored.faults, explored.faults
    return {each.property.code: each for each in explored.results}


def way(subject, claim, **given):
    """Give the shortest way that refutes a claim, as the names of its events; None if it holds."""
    result = checked(subject, claim, **given)[claim.code]
    if result.holds:
        return None
    list(replayed(Model(subject, (claim,), **given), result.trace))
    return [
        move.awaited if type(move.event).__name__ == "Fired" else type(move.event).__name__
        for move in result.trace.moves
    ]
