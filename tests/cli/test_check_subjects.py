"""What `statekit check` looks at: every model, the members of a system, and nothing under another's name."""

import pytest

from statekit.cli.targets import targets
from statekit.errors import StatekitError
from tests.cli.checked import HOME, LAMP, MEANT, OTHER, SOUND


def test_all_is_every_model_and_whatever_has_none(run, explored, here):
    asked = explored(SOUND)
    here(models={"lamp": "MEANT"}, machines={"lamp": "LAMP", "other": "OTHER"}, systems={"home": "HOME"})
    done = run("check", "--all", "--jobs", "1", "--thresholds", "deep")
    assert [at for _, at, _ in asked] == ["default"] * 3
    assert [model.subject for _, _, model in asked] == [LAMP, OTHER, HOME]
    assert asked[0][2] is MEANT
    assert "3 checked" in done.stdout


def test_the_members_of_a_system_have_their_tables_looked_at(run, explored, here):
    asked = explored(SOUND)
    here(models={"lamp": "MEANT"}, systems={"home": "HOME"})
    done = run("check", "home")
    assert [name for name, _, _ in asked] == ["home"]
    assert "✓ Home  system, 1 machine" in done.stdout
    assert "meant to be so: nobody dims a lamp that is off" in done.stdout
    assert "2 checked" in done.stdout


def test_the_members_of_a_system_need_no_thresholds_of_the_same_name(run, explored, here):
    asked = explored(SOUND)
    here(models={"home": "DEEP_HOME", "lamp": "MEANT"})
    done = run("check", "home", "--thresholds", "deep")
    assert [(name, at) for name, at, _ in asked] == [("home", "deep")]
    assert "2 checked" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what to check, or --all"),
        (("lamp", "--all"), "say what to check, or --all"),
        (("lmp",), "there is no model, machine or system 'lmp'; do you mean lamp?"),
        (("lamp", "--thresholds", "deep"), "lamp has no thresholds 'deep'; it has default"),
        (("attrs:evolve",), "it is no Model, Machine or System, but function"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(run, here, arguments, said):
    here(machines={"lamp": "LAMP"})
    done = run("check", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_anything_installed_there_is_nothing_to_check(run, here):
    here()
    done = run("check", "--all")
    assert (done.exit_code, done.stderr) == (2, "statekit: nothing is installed that could be checked\n")


class Unsampled(StatekitError):
    pass


def test_a_model_that_cannot_be_explored_does_not_keep_the_others_from_it(run, explored, here):
    explored(Unsampled("lamp cannot be explored: Press has no samples"))
    here(models={"lamp": "MEANT", "circuit_breaker": "MODEL"})
    done = run("check", "--all", "--jobs", "1")
    assert done.exit_code == 2
    assert "lamp cannot be explored: Press has no samples" in done.stdout
    assert "2 checked" in done.stdout
    assert "2 could not be explored" in done.stdout


def test_nothing_is_checked_under_the_name_of_something_else():
    names = [target.name for target in targets(())]
    assert len(names) == len(set(names))
    assert names[-1] == "conflict_recovery in session"  # it stands in for the machine of that name
