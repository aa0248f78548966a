"""`statekit check`: what it says of a lifecycle, its JSON and its exit codes."""

import json

import pytest
from attrs import evolve

from machines.circuit_breaker import CIRCUIT_BREAKER
from statekit.check.lint import lint
from statekit.check.properties import Sort
from tests.cli.checked import BOUND, FAULTY, GAPPED, LAMP, ODD, REFUTED, SOUND

SIZE = f"{len(CIRCUIT_BREAKER.states)} states, {len(CIRCUIT_BREAKER.table)} rows"
WILDCARDS = sum(each.code == "wildcard" for each in lint(CIRCUIT_BREAKER))


def measured(result):
    if result.figure is None:
        return []
    return [f"{result.figure}", "×"] if result.property.sort is Sort.WITNESS else ["≤", f"{result.figure}", "moves"]


def test_what_is_sound_is_told_property_by_property_and_exits_with_0(run, explored, here):
    explored(SOUND)
    here(models={"circuit_breaker": "MODEL"})
    done = run("check", "circuit_breaker")
    assert done.exit_code == 0
    assert f"✓ Circuit breaker  machine, {SIZE}" in done.stdout
    assert "1,234 states, 56,789 edges, depth 12: exhausted at the thresholds default" in done.stdout
    assert "0.50 s, 113,578 edges/s, 4,000 by the real step (8,000 steps/s), 64 MiB at most" in done.stdout
    for result in SOUND.results:
        (line,) = [line for line in done.stdout.splitlines() if f" {result.property.code} " in line]
        assert line.split() == [
            "✓",
            result.property.code,
            *result.property.sort.split(),
            *result.property.claim.split(),
            *measured(result),
        ]
    assert "1 checked: 0 findings, 3 properties hold; 1,234 states, 56,789 edges in 0.5 s" in done.stdout


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (
            REFUTED,
            [
                "✗ B1  No more probes are out than there are.",
                "1. circuit_breaker is told ForceOpen()  CLOSED → FORCED_OPEN",
                "1 refuted",
            ],
        ),
        (FAULTY, ["✗ circuit_breaker: Reset in OPEN has no row: add row(OPEN, Reset, ...)", "goes round for ever"]),
        (GAPPED, ["the condition was never false, in failed", "machines/circuit_breaker.py:123"]),
        (ODD, ["✗  exclusive  both hold", "→ say which", f"worth a look: {WILDCARDS} wildcard, 1 both-true"]),
    ],
    ids=["a refuted property", "a fault", "a gap", "a finding"],
)
def test_what_exploration_finds_is_told_and_exits_with_1(run, explored, here, result, said):
    explored(result)
    here(models={"circuit_breaker": "MODEL"})
    done = run("check", "circuit_breaker")
    assert done.exit_code == 1
    assert "✗ Circuit breaker" in done.stdout
    for each in said:
        assert each in done.stdout


def test_a_missing_row_names_the_state_the_event_the_file_and_the_fix(run, here):
    here(machines={"lamp": "LAMP"})
    done = run("check", "lamp", "--no-explore")
    assert done.exit_code == 1
    said = " ".join(done.stdout.split())
    assert f"blank state OFF has no answer to Dim {LAMP.states[0].origin}" in said
    assert "→ add row(OFF, Dim, ...) to the table, or ignore(OFF, Dim, because='...')" in said


def test_a_missing_row_is_come_to_by_exploring_and_the_way_there_is_told(run, here):
    here(models={"lamp": "CLAIMED"})
    done = run("check", "lamp")
    assert done.exit_code == 1
    said = " ".join(done.stdout.split())
    assert "✗ lamp: Dim in OFF has no row: add row(OFF, Dim, ...) or ignore(OFF, Dim, because=...)" in said
    assert f"OFF is declared at {LAMP.states[0].origin}" in said
    assert "1. lamp is told Dim() unhandled: no row answers this event here lamp is OFF" in said
    assert "✓ L1 witness It is light at some time." in said


def test_counterexamples_are_written_as_files(run, here, tmp_path):
    here(models={"lamp": "CLAIMED"})
    done = run("check", "lamp", "--artefacts", str(tmp_path / "found"))
    assert done.exit_code == 1
    names = {path.name for path in (tmp_path / "found").iterdir()}
    assert {"lamp_fault_1.txt", "lamp_fault_1.mmd", "lamp_fault_1.json"} <= names
    assert "Dim in OFF has no row" in (tmp_path / "found" / "lamp_fault_1.txt").read_text()
    assert f"written {tmp_path / 'found' / 'lamp_fault_1.txt'}" in done.stderr


def test_without_a_model_no_counterexample_is_written(run, here, tmp_path):
    here(machines={"lamp": "LAMP"})
    done = run("check", "lamp", "--artefacts", str(tmp_path / "found"))
    assert done.exit_code == 1
    assert "lamp has no model, so nothing of it is written" in done.stderr
    assert not (tmp_path / "found").exists()


def test_what_is_overruled_is_shown_with_its_reason_and_does_not_count(run, here):
    here(models={"lamp": "MEANT"})
    done = run("check", "lamp", "--no-explore")
    assert done.exit_code == 0
    assert "~  blank  state OFF has no answer to Dim" in done.stdout
    assert "meant to be so: nobody dims a lamp that is off" in done.stdout


@pytest.mark.parametrize(
    ("result", "on", "code"),
    [
        (BOUND, "error", 0),
        (BOUND, "bound", 1),
        (SOUND, "bound", 0),
        (SOUND, "information", 1),
        (REFUTED, "error", 1),
    ],
)
def test_what_counts_can_be_chosen(run, explored, here, result, on, code):
    explored(result)
    here(models={"circuit_breaker": "MODEL"})
    done = run("check", "circuit_breaker", "--fail-on", on)
    assert done.exit_code == code
    said = " ".join(done.stdout.split())
    assert ("not exhausted at the thresholds default: more than 2,000,000 states" in said) is (result is BOUND)


def test_notes_are_counted_and_listed_on_demand(run, explored):
    explored(SOUND)
    assert f"worth a look: {WILDCARDS} wildcard" in run("check", "machines.circuit_breaker:CIRCUIT_BREAKER").stdout
    listed = run("check", "machines.circuit_breaker:CIRCUIT_BREAKER", "--notes").stdout
    assert (
        f"· wildcard {next(each.sentence for each in lint(CIRCUIT_BREAKER) if each.code == 'wildcard')[:30]}"
        in " ".join(listed.split())
    )


def test_json_has_every_finding_property_and_figure(run, explored, here):
    explored(REFUTED)
    here(models={"circuit_breaker": "MODEL", "lamp": "MEANT"})
    done = run("check", "--all", "--jobs", "1", "--json")
    assert done.exit_code == 1
    breaker, lamp_ = json.loads(done.stdout)["checked"]
    assert (breaker["name"], breaker["what"], breaker["blank_cells"]) == ("circuit_breaker", "machine", 0)
    told = breaker["explored"]
    assert (told["states"], told["edges"], told["exhausted"], told["edges_per_second"]) == (1234, 56789, True, 113578)
    assert [(each["code"], each["sort"], each["holds"], each["figure"]) for each in told["properties"]] == [
        ("B1", "invariant", False, None),
        ("B2", "witness", True, 17),
        ("B3", "settled", True, 4),
    ]
    way = told["properties"][0]["trace"]
    assert (way["loop_from"], [move["event"] for move in way["moves"]]) == (1, ["ForceOpen()", "ForceOpen()"])
    assert lamp_["findings"] == []
    assert lamp_["overruled"][0]["because"] == "nobody dims a lamp that is off"
    assert lamp_["blank_cells"] == 1


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_is_wider_than_the_terminal(run, explored, here, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("statekit.cli.terminal.PIPED_WIDTH", width)
    explored(evolve(REFUTED, faults=FAULTY.faults, gaps=GAPPED.gaps, findings=ODD.findings))
    here(models={"circuit_breaker": "MODEL", "lamp": "MEANT"}, systems={"home": "HOME"})
    assert max(map(len, run("check", "--all", "--jobs", "1", "--notes").stdout.splitlines())) <= width
