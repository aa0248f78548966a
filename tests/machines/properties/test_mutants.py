"""Every change of a shipped table, or of the session's wiring, is noticed by its claims, or excused with the reason."""

import pytest

from statekit.check.killing import Fate, complaint_of_original, mutants_of
from statekit.check.model import DEFAULT
from statekit.cli.catalogue import MODELS, offers
from statekit.cli.mutate import tried_at
from statekit.cli.workers import cores, spread

QUICK = ("heartbeat", "router")
"""Those whose whole campaign takes a few seconds."""

SHIPPED = {each.name: each for each in offers(MODELS)}


def campaign(name):
    return pytest.param(name, marks=() if name in QUICK else pytest.mark.deep)


@pytest.mark.parametrize("name", [campaign(name) for name in SHIPPED])
def test_no_mutant_survives_unless_it_is_excused(name):
    offer = SHIPPED[name]
    model = offer.model()
    assert complaint_of_original(model) == ""
    parts = [(offer.value, DEFAULT, at) for at in range(len(mutants_of(model)))]
    killings = [killing for _, killing in spread(tried_at, parts, cores())]
    assert len(killings) == len(parts) > 20
    assert [each.name for each in killings if each.fate is Fate.SURVIVED] == []
    # What is excused would survive: an excuse that nothing needs any more is taken back.
    excused = {each.name for each in killings if each.fate is Fate.OVERRULED}
    assert excused == {each.where for each in model.overruled if each.code == "mutant"}
