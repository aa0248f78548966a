"""What is claimed of the storm holds, and every claim notices a mistake."""

import pytest

from machines.error_storm import trust
from machines.properties.error_storm import MODEL
from tests.machines.properties.refuting import claims_of, refuted, shown

KILLS = (
    ("S1", "ignore counting ErrorSeen if repeats: dropped"),
    ("S1 counted", "ignore counting ErrorSeen if weighs_nothing: dropped"),
    ("S1 windows", "timer error_forgotten: dropped"),
    ("S2", "row counting ErrorSeen if is_one_too_many: without tell_storm"),
    ("S3", "option cooldown_seconds read as -1"),
    ("S3 latch", "choice struck to LATCHED if tripped_too_often: dropped"),
    ("S3 trips", "timer trip_forgotten: dropped"),
    ("S3 cooldown", "row TRIPPED after cooldown: dropped"),
    ("S4", {"begin_anew": trust}),
    ("S6", "timer repeat_heard: dropped"),
    ("S6 repeats", "option repeat_seconds read as +1"),
    ("growth", "row LATCHED Retried: led to LATCHED"),
    ("probation", "timer proven: dropped"),
    ("probation anew", "timer proven: dropped"),
    ("given up", "row LATCHED Retried: dropped"),
    ("given up counts", "row PROBATION proven: led to TRIPPED"),
    ("tried", "row TRIPPED after cooldown: dropped"),
    ("TRIPPED", "choice struck to TRIPPED: led to CALM"),
    ("PROBATION", "row TRIPPED after cooldown: dropped"),
    ("LATCHED", "row TRIPPED after cooldown: dropped"),
    ("longer", "row TRIPPED after cooldown: dropped"),
    ("heavy", "option errors_max read as -1"),
    ("proving", "timer proven: dropped"),
)


def test_all_that_is_claimed_holds_everywhere():
    assert shown(MODEL) == []


def test_every_claim_has_a_mistake_that_it_notices():
    assert sorted(code for code, _ in KILLS) == claims_of(MODEL)


@pytest.mark.deep
@pytest.mark.parametrize(("code", "mutation"), KILLS, ids=[code for code, _ in KILLS])
def test_a_claim_notices_a_mistake(code, mutation):
    assert refuted(MODEL, code, mutation)
