"""Lint as a whole: sound tables are clean, codes say what to do, and what is overruled keeps its reason."""

from pathlib import Path

import pytest

from statekit import Kind
from statekit.check.lint import CODES, lint
from statekit.check.model import Overruled
from statekit.cli.catalogue import exhibits
from tests.check.linted import RING, built, found


def test_a_sound_table_is_clean():
    assert lint(built(*RING)) == ()


@pytest.mark.parametrize("exhibit", list(exhibits()), ids=lambda each: each.name)
def test_the_shipped_machines_and_their_system_are_clean(exhibit):
    assert not found(exhibit.subject)


@pytest.mark.parametrize("module", ["tcp", "ppp", "diameter"])
def test_the_machines_of_three_standards_are_clean(module, monkeypatch):
    from importlib import import_module

    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "generality"))
    assert not found(getattr(import_module(module), module.upper()))


def test_every_code_says_what_it_is_and_what_to_do():
    for name, code in CODES.items():
        assert (code.name, code.claim[-1], bool(code.advice)) == (name, ".", True)


def test_what_is_overruled_keeps_its_place_and_has_the_reason():
    machine = built(*RING, B=Kind.BUSY)
    (finding,) = lint(machine, (Overruled("no-deadline", "B", "a test ends it"),))
    assert finding.because == "a test ends it"


def test_an_overruled_finding_that_is_not_found_is_one():
    findings = lint(built(*RING), (Overruled("blank", "A on Go", "once it was"), Overruled("P7", "x", "not lint's")))
    assert [(each.code, each.where) for each in findings] == [("not-found", "blank A on Go")]
