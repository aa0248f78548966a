"""Which mutants the checks notice, by what; which are no mutants at all; and which survive."""

from enum import StrEnum

import pytest
from attrs import evolve, frozen

from statekit import Kind, Machine, Rows, Signal, System, wire
from statekit.check.explore import explore
from statekit.check.killing import Fate, complaint_of_original, mutants_of, tried
from statekit.check.lint import lint
from statekit.check.model import Model, Overruled
from statekit.check.properties import hot, invariant, on_step
from tests.check.breakers import (
    BROKEN,
    DEAF,
    EXCUSED,
    MENDED,
    OVERRULED,
    WAY,
    Context,
    State,
    breaker,
    half_open,
    open_denies,
)


@pytest.fixture(scope="module")
def killings():
    return {mutant.name: tried(MENDED, mutant) for mutant in mutants_of(MENDED)}


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("stay CLOSED Acquire: dropped", "blank: state CLOSED has no answer to Acquire"),
        ("row OPEN after reset_delay: dropped", "unreachable: no row leads to state HALF_OPEN"),
        ("row HALF_OPEN lease: dropped", "cannot be built: "),
        ("option probes read as -1", "cannot be built: 'probes' must be >= 1: 0"),
        ("option probes read as +1", "B3: No two permits are given while a probe decides."),
        ("stay OPEN Acquire: without Deny", "B2: An open breaker denies."),
    ],
)
def test_a_mutant_is_killed_by_the_first_that_complains(killings, name, by):
    assert killings[name].fate is Fate.KILLED
    assert killings[name].by.startswith(by)


def test_a_mutant_that_does_nothing_else_is_equivalent(killings):
    # The lease ends with the stay in HALF_OPEN, whether it is disarmed or not.
    alike = [name for name, each in killings.items() if each.fate is Fate.EQUIVALENT]
    assert alike == ["row HALF_OPEN Reported if is_good: without disarm lease"]


def test_what_no_property_speaks_of_survives(killings):
    survived = [name for name, each in killings.items() if each.fate is Fate.SURVIVED]
    assert "stay CLOSED Acquire: without grant" in survived
    assert "option reset_seconds read as +1" in survived
    assert killings["state OPEN: without exit Log"].origin.startswith("check/breakers.py:")


def test_a_property_that_speaks_of_it_kills_it():
    def granted(seen) -> bool:
        """A closed breaker grants."""
        asked = seen.before.state is State.CLOSED and type(seen.move.event).__name__ == "Acquire"
        return not asked or bool(seen.effects)

    model = evolve(MENDED, properties=(*MENDED.properties, on_step("B8", granted)))
    (mutant,) = [each for each in mutants_of(model) if each.name == "stay CLOSED Acquire: without grant"]
    assert tried(model, mutant).by == "B8: A closed breaker grants."


def test_an_exploration_may_stop_at_the_first_refutation():
    whole, stopped = explore(BROKEN), explore(BROKEN, stop_at_first=True)
    assert (stopped.exhausted, stopped.bound) == (False, "it was stopped at the first refutation")
    assert stopped.states < whole.states
    # A step is looked at when it is made, the place that it leads to later.
    first = [each.trace for each in stopped.results if each.property.code == "B3"]
    assert first == [WAY]
    assert first == [each.trace for each in whole.results if each.property.code == "B3"]
    assert explore(MENDED, stop_at_first=True).exhausted


def test_an_exploration_that_stops_knows_the_way_to_all_that_it_found():
    # Half open, where nothing is awaited, is found by the very step that refutes the other claim.
    model = Model(DEAF, (on_step("B2", open_denies), hot("B9", half_open)), MENDED.thresholds)
    found = {each.property.code: each for each in explore(model, stop_at_first=True).results}
    assert [len(found[code].trace.moves) for code in ("B2", "B9")] == [3, 3]


def test_a_survivor_may_be_overruled_by_its_name():
    (mutant,) = [each for each in mutants_of(EXCUSED) if each.name == OVERRULED[0].where]
    found = tried(EXCUSED, mutant)
    assert (found.fate, found.by) == (Fate.OVERRULED, OVERRULED[0].because)
    assert tried(MENDED, mutant).fate is Fate.SURVIVED


def test_options_are_shifted_from_where_the_thresholds_begin():
    names = {mutant.name: mutant for mutant in mutants_of(MENDED)}
    # One less than the two that the thresholds name is one, so that every failure is the last straw.
    by = "not all of is_last_straw is gone through any more: it never refused"
    assert tried(MENDED, names["option failures_max read as -1"]).by == by
    single = evolve(MENDED, thresholds={"default": evolve(MENDED.thresholds["default"], contexts={"breaker": one()})})
    refused = [each for each in mutants_of(single) if each.name == "option failures_max read as -1"]
    assert tried(single, refused[0]).by == "cannot be built: 'failures_max' must be >= 1: 0"
    # Where only one of two starts refuses it, the other is explored.
    both = evolve(single.thresholds["default"], also=(MENDED.thresholds["default"].contexts,))
    twice = evolve(single, thresholds={"default": both})
    (mutant,) = [each for each in mutants_of(twice) if each.name == "option failures_max read as -1"]
    assert tried(twice, mutant).by == by


def one():
    return Context(evolve(Context().options, failures_max=1))


def test_what_bounds_the_exploration_of_the_original_kills_no_mutant():
    bounded = {"default": evolve(MENDED.thresholds["default"], values_max=10)}
    lacking = Model(breaker(guarded=False), thresholds=bounded)
    assert "probes took 11 values" in explore(lacking).bound
    assert {tried(lacking, each).fate for each in mutants_of(lacking)} >= {Fate.KILLED, Fate.SURVIVED}


def test_what_is_wrong_of_the_original_is_said_and_kills_no_mutant():
    assert complaint_of_original(BROKEN) == "B1: No more probes are out than there are."
    assert complaint_of_original(MENDED) == ""


@pytest.mark.parametrize(
    "overruled", [(), tuple(Overruled(code, "HERE", "somebody ends it") for code in ("trap", "no-deadline"))]
)
def test_what_lint_finds_of_the_original_kills_no_mutant(overruled):
    states = (VERBS.state(Only.HERE, Kind.BUSY, "so"),)
    table = (VERBS.stay(Only.HERE, Asked, Ping()), VERBS.stay(Only.HERE, Pinged, update=heard))
    machine = Machine("late", initial=Only.HERE, context=0, states=states, table=table)
    assert [each.code for each in lint(machine, overruled)] == ["trap", "no-deadline"]
    assert fates(Model(machine, overruled=overruled))["stay HERE Asked: without Ping"].fate is Fate.SURVIVED


def test_a_mutant_that_starts_otherwise_is_not_equivalent():
    states = (VERBS.state(Only.HERE, Kind.REST, "so", entry=(Ping(),)),)
    machine = Machine("greets", initial=Only.HERE, context=0, states=states, table=(VERBS.stay(Only.HERE, Pinged),))
    assert fates(Model(machine))["state HERE: without entry Ping"].fate is Fate.SURVIVED


@pytest.mark.parametrize("at_once", [True, False])
def test_a_mutant_that_finds_no_end_as_it_starts_or_later_is_killed_by_that(at_once):
    entry = (Ping(),) if at_once else ()
    states = (VERBS.state(Only.HERE, Kind.REST, "so", entry=entry, waits_for="a person"),)
    table = (VERBS.stay(Only.HERE, Pinged, Ping()), VERBS.stay(Only.HERE, Asked, Ping()))
    echoes = Machine("echoes", initial=Only.HERE, context=0, states=states, table=table)
    found = fates(Model(System("pair", (echoes, HEARS), (wire(echoes, Ping, HEARS, pinged),))))
    led = found["wire echoes Ping to hears: led to echoes"]
    assert (led.fate, led.by[:51]) == (Fate.KILLED, "pair: one stimulus led to more than 1000 hops; the ")


class Only(StrEnum):
    HERE = "here"


@frozen
class Ping(Signal):
    pass


@frozen
class Pinged:
    pass


@frozen
class Asked:
    pass


def pinged(signal: Ping) -> Pinged:
    return Pinged()


def heard(count: int) -> int:
    return min(count + 1, 3)


def member(name, *rows):
    states = (VERBS.state(Only.HERE, Kind.REST, "so", waits_for="a person"),)
    return Machine(name, initial=Only.HERE, context=0, states=states, table=rows)


VERBS = Rows[Only, int, Ping]()

ASKS = member("asks", VERBS.stay(Only.HERE, Asked, Ping()))
HEARS, LISTENS = (member(name, VERBS.stay(Only.HERE, Pinged, update=heard)) for name in ("hears", "listens"))


def only_hears(view) -> bool:
    """Nobody else hears a ping."""
    return view.of(LISTENS).context == 0


def fates(model):
    return {mutant.name: tried(model, mutant) for mutant in mutants_of(model)}


def test_a_wire_to_nobody_or_to_one_who_does_not_answer_is_killed_by_its_build_or_its_lint():
    found = fates(Model(System("pair", (ASKS, HEARS), (wire(ASKS, Ping, HEARS, pinged),))))
    assert {name: each.fate for name, each in found.items()} == {
        "wire asks Ping to hears: dropped": Fate.KILLED,
        "wire asks Ping to hears: led to asks": Fate.KILLED,
    }
    assert found["wire asks Ping to hears: dropped"].by.startswith("cannot be built: asks sends Ping")


def test_a_wire_to_one_who_answers_too_is_killed_by_a_property_of_the_system_alone():
    system = System("three", (ASKS, HEARS, LISTENS), (wire(ASKS, Ping, HEARS, pinged),))
    led = "wire asks Ping to hears: led to listens"
    internal = {"internal": (Pinged,)}
    assert fates(Model(system, **internal))[led].fate is Fate.SURVIVED
    found = fates(Model(system, (invariant("S1", only_hears),), **internal))
    assert (found[led].fate, found[led].by) == (Fate.KILLED, "S1: Nobody else hears a ping.")


def test_a_mutant_that_does_not_know_an_event_any_more_is_killed_by_that():
    # An exploration delivers only what rows mention, so it could not tell.
    both = member("both", VERBS.stay(Only.HERE, Asked, Ping()), VERBS.ignore(Only.HERE, Pinged, because="so"))
    assert fates(Model(both))["ignore HERE Pinged: dropped"].by == "nothing answers Pinged of both any more"
