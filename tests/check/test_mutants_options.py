"""Mutants whose options are shifted: read otherwise, left as they are, and named when they break."""

import pytest
from attrs import field, frozen

from statekit import Broken, Kind, Machine, Rows, Stimulus, start, step
from statekit.check.mutants import mutants
from tests.check.breakers import Acquire, Context, Options
from tests.check.made import FAIL, TO_OPEN, Go, Place, Said, made


def test_an_option_is_read_otherwise_and_stays_as_it_is():
    mutant = made("option probes read as +1")
    done = start(mutant)
    for event in TO_OPEN:
        done = step(mutant, done.snapshot, Stimulus(event))
    assert done.snapshot.context == Context(Options(), 2, 0, probes=2)
    delays = [each.delay for each in step(mutant, start(mutant).snapshot, Stimulus(FAIL)).issued]
    assert delays == []
    later = made("option reset_seconds read as +1")
    done = start(later)
    for event in TO_OPEN:
        done = step(later, done.snapshot, Stimulus(event))
    assert [each.delay for each in done.issued] == [61.0]


def test_an_option_that_its_validator_refuses_cannot_be_read_so():
    with pytest.raises(ValueError, match="'probes' must be >= 1"):
        made("option probes read as -1")


def test_a_function_that_raises_is_named_although_its_options_are_shifted():
    @frozen
    class Falling:
        options: Options = Options()

    def falls(context: Falling) -> bool:
        raise ZeroDivisionError

    rows = Rows[Place, Falling, object]()
    machine = Machine(
        "falling",
        initial=Place.HERE,
        context=Falling(),
        states=[rows.state(each, Kind.REST, "so") for each in Place],
        table=[rows.stay(Place.HERE, Acquire, guard=falls)],
    )
    mutant = made("option failures_max read as +1", machine)
    assert str(gone_verdict(mutant)) == str(gone_verdict(machine)) == "broken: falls raised ZeroDivisionError()"


def gone_verdict(machine):
    return step(machine, start(machine).snapshot, Stimulus(Acquire())).verdict


@frozen
class Nested:
    deep: int = 1
    hidden: int = field(default=2, alias="other")


@frozen
class Wide:
    nested: Nested = Nested()
    flag: bool = True
    name: str = "x"
    limit: int = 3


def test_every_number_among_the_options_is_shifted_whatever_it_is_called():
    @frozen
    class Holder:
        options: Wide = Wide()
        count: int = 0

    rows = Rows[Place, Holder, object]()
    machine = Machine(
        "wide",
        initial=Place.HERE,
        context=Holder(),
        states=[rows.state(each, Kind.REST, "so") for each in Place],
        table=[rows.stay(Place.HERE, Acquire)],
    )
    names = [mutant.name for mutant in mutants(machine)][1:]
    assert names == [
        f"option {path} read as {by}" for path in ("nested.deep", "nested.hidden", "limit") for by in ("+1", "-1")
    ]
    assert all(isinstance(made(name, machine), Machine) for name in names)


@frozen
class Counting:
    options: object = None
    count: int = 0


@frozen
class Bounds:
    count_max: int = 3


def forgets_its_options(_: Counting) -> Counting:
    return 3  # type: ignore[return-value]


def test_an_update_that_gives_no_context_is_broken_though_its_options_are_shifted():
    rows = Rows[Place, Counting, Said]()
    states = [rows.state(each, Kind.REST, "so") for each in Place]
    table = [rows.row(Place.HERE, Go, Place.THERE, update=forgets_its_options)]
    machine = Machine("odd", initial=Place.HERE, context=Counting(Bounds()), states=states, table=table)
    (shifted,) = [each.make() for each in mutants(machine) if each.name == "option count_max read as +1"]
    verdict = step(shifted, start(shifted).snapshot, Stimulus(Go())).verdict
    assert (type(verdict), verdict.function) == (Broken, "forgets_its_options")
