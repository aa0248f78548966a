"""`statekit mutate`: what it prints, its JSON, its exit codes, with and without processes of its own."""

import json

import pytest

from statekit.check.killing import Fate, mutants_of
from tests.check.breakers import EXCUSED, MENDED, OVERRULED

HOME = "tests.check.breakers:"
COUNT = len(mutants_of(MENDED))


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_survivors_are_shown_with_their_row_and_what_was_changed(run, jobs):
    done = run("mutate", HOME + "MENDED", "--jobs", jobs)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    (line,) = [line for line in lines if "stay CLOSED Acquire: without grant" in line]
    assert line.startswith("survived")
    assert "check/breakers.py:" in line
    assert not any(line.startswith("killed") for line in lines)
    assert f"of {COUNT} mutants, in " in done.stdout
    assert "no check noticed the change" in done.stdout


def test_every_mutant_may_be_listed(run):
    lines = run("mutate", HOME + "MENDED", "--jobs", "1", "--every").stdout.splitlines()
    assert {line.split()[0] for line in lines} >= {"killed", "equivalent", "survived"}


def test_json_has_every_mutant_with_its_fate_and_the_time(run):
    done = run("mutate", HOME + "EXCUSED", "--jobs", "1", "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["name"], len(found["mutants"])) == (1, "breaker", COUNT)
    assert sum(found[fate] for fate in Fate) == COUNT
    assert found["seconds"] > 0
    (excused,) = [each for each in found["mutants"] if each["fate"] == "overruled"]
    assert (excused["name"], excused["by"]) == (OVERRULED[0].where, OVERRULED[0].because)
    assert EXCUSED.name == found["name"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_the_budget_does_not_reach_is_said_and_counts(run, jobs):
    done = run("mutate", HOME + "MENDED", "--jobs", jobs, "--seconds", "0.000001", "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["untried"] > COUNT / 2) == (1, True)
    assert "The budget ended" in run("mutate", HOME + "MENDED", "--jobs", "1", "--seconds", "0.000001").stdout


def test_a_model_whose_every_mutant_is_noticed_is_well(run):
    done = run("mutate", HOME + "STRICT", "--jobs", "1")
    assert (done.exit_code, "survived" in done.stdout) == (0, False), done.stdout


def test_a_model_that_does_not_pass_its_own_checks_is_told(run):
    done = run("mutate", HOME + "BROKEN")
    assert done.exit_code == 2
    assert "breaker does not pass its own checks, so every mutant would be noticed: B1" in done.stderr


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("braker", "there is no model 'braker'"),
        (HOME + "NAME", "it is no Model, but str"),
        (HOME + "NOTHING", "has no attribute"),
    ],
)
def test_what_is_no_model_is_told_in_a_line(run, name, problem):
    done = run("mutate", name)
    assert done.exit_code == 2
    assert problem in done.stderr


def test_thresholds_that_the_model_has_not_are_told(run):
    done = run("mutate", HOME + "MENDED", "--thresholds", "deep")
    assert done.exit_code == 2
    assert "no thresholds 'deep'" in done.stderr
