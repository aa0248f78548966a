"""`statekit check`: what it looks at, what it prints, its JSON and its exit codes."""

import json
from enum import StrEnum, auto

import pytest
from attrs import evolve, frozen

from machines.circuit_breaker import CIRCUIT_BREAKER, HALF_OPEN, ForceOpen
from statekit import Kind, Machine, Rows, System
from statekit.check.lint import lint
from statekit.check.model import Model, Overruled, Thresholds
from statekit.check.properties import Sort, invariant, settled, witness
from statekit.check.report import Explored, Finding, Gap, Result, Trace, Weight
from statekit.check.seen import Move
from statekit.cli import exploring
from statekit.cli.targets import targets
from statekit.errors import StatekitError


def probes_are_bounded(breaker) -> bool:
    """No more probes are out than there are."""
    return breaker.context.probes >= 0


def half_open_is_reached(breaker) -> bool:
    """The breaker looks whether the service is back."""
    return breaker.state is HALF_OPEN


def closed_again(breaker) -> bool:
    """The breaker closes in the end."""
    return breaker.state is not HALF_OPEN


BOUNDED = invariant("B1", probes_are_bounded)
REACHED = witness("B2", half_open_is_reached)
CLOSES = settled("B3", closed_again)
MODEL = Model(
    CIRCUIT_BREAKER, (BOUNDED, REACHED, CLOSES), {"default": Thresholds(), "deep": Thresholds(states_max=10**6)}
)
SIZE = f"{len(CIRCUIT_BREAKER.states)} states, {len(CIRCUIT_BREAKER.table)} rows"
WILDCARDS = sum(each.code == "wildcard" for each in lint(CIRCUIT_BREAKER))
WAY = Trace(
    "circuit_breaker", "default", (Move("circuit_breaker", ForceOpen()), Move("circuit_breaker", ForceOpen())), 1
)
SOUND = Explored(
    "circuit_breaker",
    "default",
    states=1234,
    edges=56789,
    depth=12,
    exhausted=True,
    bound="",
    seconds=0.5,
    peak_bytes=64 << 20,
    results=(Result(BOUNDED, True), Result(REACHED, True, WAY, 17), Result(CLOSES, True, None, 4)),
    steps=4000,
)
REFUTED = evolve(SOUND, results=(Result(BOUNDED, False, WAY), *SOUND.results[1:]))
FAULTY = evolve(SOUND, faults=(("circuit_breaker: Reset in OPEN has no row: add row(OPEN, Reset, ...)", WAY),))
GAPPED = evolve(SOUND, gaps=(Gap("failed", "machines/circuit_breaker.py:123", "the condition was never false"),))
BOUND = evolve(SOUND, exhausted=False, bound="more than 2,000,000 states")
ODD = evolve(
    SOUND,
    findings=(
        Finding("both-true", "OPEN on Reported", "here.py:1", "two guards hold", "say which", Weight.INFORMATION),
        Finding("exclusive", "CLOSED on Reported", "here.py:2", "both hold", "say which"),
    ),
)


class Lamp(StrEnum):
    OFF = auto()
    ON = auto()


@frozen
class Press: ...


@frozen
class Dim: ...


def lamp(*more, **declared):
    """Make a lamp that forgets what to do with Dim when it is off."""
    rows = Rows[Lamp, None, object]()
    table = (rows.row(Lamp.OFF, Press, Lamp.ON), rows.row(Lamp.ON, Press, Lamp.OFF), rows.stay(Lamp.ON, Dim), *more)
    states = (rows.state(Lamp.OFF, Kind.REST, "it is dark"), rows.state(Lamp.ON, Kind.STEADY, "it is light"))
    return Machine("lamp", initial=Lamp.OFF, context=None, states=states, table=table)


def lit(snapshot) -> bool:
    """It is light at some time."""
    return snapshot.state is Lamp.ON


LAMP = lamp()
MEANT = Model(LAMP, overruled=(Overruled("blank", "OFF on Dim", "nobody dims a lamp that is off"),))
CLAIMED = Model(LAMP, (witness("L1", lit),))
HOME = System("home", (LAMP,))
DEEP_HOME = Model(HOME, thresholds={"deep": Thresholds()})


@pytest.fixture
def explored(monkeypatch):
    """Let every exploration come to this, and note what was explored."""
    asked = []

    def explored(result):
        def explore(model, thresholds="default", *, progress=None):
            asked.append((model.name, thresholds, model))
            if isinstance(result, Exception):
                raise result
            return evolve(result, subject=model.name, thresholds=thresholds)

        monkeypatch.setattr(exploring, "explore", explore)
        return asked

    return explored


@pytest.fixture
def here(offered):
    """Offer the lamp, its system, and the breaker's model, by the module of this test."""

    def here(**groups):
        return offered(
            **{group: {name: f"{__name__}:{at}" for name, at in each.items()} for group, each in groups.items()}
        )

    return here


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


def test_all_is_every_model_and_whatever_has_none(run, explored, here):
    asked = explored(SOUND)
    here(models={"lamp": "MEANT"}, machines={"lamp": "LAMP", "other": "OTHER"}, systems={"home": "HOME"})
    done = run("check", "--all", "--jobs", "1", "--thresholds", "deep")
    assert [at for _, at, _ in asked] == ["default"] * 3
    assert [model.subject for _, _, model in asked] == [LAMP, OTHER, HOME]
    assert asked[0][2] is MEANT
    assert "3 checked" in done.stdout


OTHER = lamp(Rows[Lamp, None, object]().ignore(Lamp.OFF, Dim, because="it is dark"))


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


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_is_wider_than_the_terminal(run, explored, here, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("statekit.cli.terminal.PIPED_WIDTH", width)
    explored(evolve(REFUTED, faults=FAULTY.faults, gaps=GAPPED.gaps, findings=ODD.findings))
    here(models={"circuit_breaker": "MODEL", "lamp": "MEANT"}, systems={"home": "HOME"})
    assert max(map(len, run("check", "--all", "--jobs", "1", "--notes").stdout.splitlines())) <= width


def test_nothing_is_checked_under_the_name_of_something_else():
    names = [target.name for target in targets(())]
    assert len(names) == len(set(names))
    assert names[-1] == "conflict_recovery in session"  # it stands in for the machine of that name
