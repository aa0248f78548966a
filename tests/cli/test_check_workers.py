"""`statekit check` of several lifecycles at once says what it says of one after the other."""

import json

from attrs import frozen

from statekit import Rows
from tests.cli.checked import Dim, Lamp, lamp

ALIKE = ("seconds", "edges_per_second", "steps_per_second", "peak_bytes")
"""The figures that differ from run to run."""


def told(done):
    checked = json.loads(done.stdout)["checked"]
    for each in checked:
        for name in ALIKE:
            each["explored"].pop(name)
    return checked


def test_several_at_once_are_told_as_one_after_the_other(run):
    names = [f"tests.check.{name}" for name in ("breakers:STRICT", "rings:RING", "breakers:BROKEN")]
    alone, at_once = (run("check", *names, "--json", "--jobs", jobs) for jobs in ("1", "3"))
    assert (alone.exit_code, at_once.exit_code) == (1, 1)
    assert told(alone) == told(at_once)
    assert [each["name"] for each in told(at_once)] == ["breaker", "ring", "breaker"]
    assert [all(each["holds"] for each in found["explored"]["properties"]) for found in told(at_once)] == [
        True,
        True,
        False,
    ]


def test_counterexamples_found_in_workers_are_written_as_files(run, tmp_path):
    names = ("tests.check.breakers:BROKEN", "tests.check.breakers:MENDED")
    files = []
    for jobs in ("1", "2"):
        done = run("check", *names, "--jobs", jobs, "--artefacts", str(tmp_path / jobs))
        assert done.exit_code == 1
        files.append({path.name: path.read_text() for path in (tmp_path / jobs).iterdir()})
    assert files[0] == files[1]
    assert "breaker_b3.txt" in files[0]


@frozen
class Turned:
    percent: int


UNSAMPLED = lamp(
    *(Rows[Lamp, None, object]().ignore(state, Turned, because="it has no dimmer") for state in Lamp),
    Rows[Lamp, None, object]().ignore(Lamp.OFF, Dim, because="it is dark"),
)


def test_what_cannot_be_explored_in_a_worker_is_told_beside_the_others(run):
    done = run("check", "tests.check.breakers:STRICT", f"{__name__}:UNSAMPLED", "--jobs", "2")
    assert done.exit_code == 2
    said = " ".join(done.stdout.split())
    assert "✓ Breaker" in said
    assert "✗ Lamp" in said
    assert "Model(samples=...)" in said
    assert "1 could not be explored" in said
