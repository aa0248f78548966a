"""Refuting: whether a claim notices a mistake in the machine that it is made of, whatever the other claims say."""

from attrs import evolve

from statekit.check.explore import explore
from statekit.check.killing import mutants_of
from statekit.check.properties import Sort
from statekit.check.rewriting import Rewriting


def instead(machine, **functions):
    """Give the machine with other functions in the places of those of these names."""
    assert functions, "a mutant differs from the original"

    def read(function, *, updates):
        return functions.get(function.__name__, function)

    return Rewriting(machine, function=read).machine()


def mutated(model, mutation):
    """Make a mutant: one that `statekit mutate` lists, by its name; with other functions; or as a function makes it."""
    if callable(mutation):
        return mutation(model.subject)
    if isinstance(mutation, dict):
        return instead(model.subject, **mutation)
    return next(mutant for mutant in mutants_of(model) if mutant.name == mutation).make()


def refuted(model, code, mutation):
    """Tell whether the claim of this code alone refutes the mutant."""
    (claim,) = (each for each in model.properties if each.code == code)
    at_first = claim.sort in (Sort.INVARIANT, Sort.STEP, Sort.SEQUENCE)
    mutant = evolve(model, subject=mutated(model, mutation), properties=(claim,))
    (result,) = explore(mutant, stop_at_first=at_first).results
    return not result.holds


def shown(model):
    """Explore a model and give everything that is wrong with it: nothing, if all that is claimed holds."""
    explored = explore(model)
    wrong = [f"{each.property.code}: {each.property.claim}" for each in explored.results if not each.holds]
    wrong += [f"{gap.function}: {gap.line}" for gap in explored.gaps]
    wrong += [sentence for sentence, _ in explored.faults]
    wrong += [each.sentence for each in explored.findings if each.weight == "error" and not each.because]
    return wrong if explored.exhausted else [*wrong, explored.bound]


def claims_of(model):
    """Give the codes of all claims, but of that which nothing can refute: that the first state is reached."""
    return sorted(each.code for each in model.properties if each.code != model.subject.initial.name)
