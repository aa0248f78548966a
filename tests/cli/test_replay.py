"""`statekit replay`: a counterexample move by move, and a journal with another table."""

import json
import subprocess
import sys

import pytest

from machines.heartbeat import HEARTBEAT
from statekit.check.hindsight import alone
from statekit.check.traces import TraceForm
from statekit.codec.journal import JournalForm
from statekit.draw.labels import words
from statekit.snapshot import Stimulus
from statekit.testing.system_walk import SystemWalk
from tests.check.breakers import BROKEN, LASSO, MENDED, TO_OPEN, WAY, Acquire

HOME = "tests.check.breakers:"


@pytest.fixture
def trace(tmp_path):
    def trace(found, code="B1", model=BROKEN):
        file = tmp_path / "way.json"
        file.write_text(TraceForm(model).write(found, code), encoding="utf-8")
        return str(file)

    return trace


def test_a_trace_is_told_move_by_move_with_its_claim(run, trace):
    done = run("replay", trace(WAY), "--against", HOME + "BROKEN")
    assert done.exit_code == 1
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines[0] == "breaker  B1: No more probes are out than there are."
    assert lines[1:3] == ["0. the start", "breaker is CLOSED"]
    assert "3. the timer after reset_delay fires" in lines
    assert "breaker is OPEN, awaits after reset_delay" in lines
    assert lines[-1] == "it does not hold"


def test_a_trace_whose_claim_holds_with_the_mended_table_says_so(run, trace):
    done = run("replay", trace(WAY), "--against", HOME + "MENDED")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "it holds along this way")


def test_a_trace_that_goes_round_says_where(run, trace):
    assert "from here it goes round for ever" in run("replay", trace(LASSO, "B6"), "--against", HOME + "MENDED").stdout


def test_a_trace_is_stepped_through_by_key(trace):
    command = [sys.executable, "-m", "statekit.cli", "replay", trace(WAY), "--against", HOME + "BROKEN", "--step"]
    done = subprocess.run(command, input="\n" * 9, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "5. breaker is told Acquire()" in done.stdout


def test_a_trace_finds_its_model_by_its_name(run, trace, monkeypatch):
    from statekit.cli import catalogue

    offer = catalogue.Offer("breaker", HOME + "BROKEN", group=catalogue.MODELS)
    monkeypatch.setattr(catalogue, "offers", lambda *groups: (offer,) if catalogue.MODELS in groups else ())
    assert run("replay", trace(WAY)).exit_code == 1


def test_a_trace_finds_the_model_that_it_was_written_of(run, tmp_path):
    file = tmp_path / "way.json"
    file.write_text(TraceForm(BROKEN).write(WAY, "B1", HOME + "BROKEN"), encoding="utf-8")
    assert run("replay", str(file)).stdout.splitlines()[-1] == "it does not hold"


def test_a_trace_leads_to_no_file(run, tmp_path):
    file, code = tmp_path / "way.json", tmp_path / "code.py"
    code.write_text("raise SystemExit('it ran')", encoding="utf-8")
    file.write_text(TraceForm(BROKEN).write(WAY, "B1", f"{code}:MODEL"), encoding="utf-8")
    assert "there is no model 'breaker'" in run("replay", str(file)).stderr


def journal_of(system, *stimuli):
    walk, form = SystemWalk(system), JournalForm(system)
    lines = [form.head()]
    for member, event in stimuli:
        walk.deliver(member, Stimulus(event))
        lines.append(form.entry(member.name, Stimulus(event), walk.done))
    return lines


@pytest.fixture
def journal(tmp_path):
    """The journal of two runs of the breaker: one that asks when it is closed, one that asks when it is open."""
    system = alone(MENDED.subject)
    asked = (MENDED.subject, Acquire())
    failed = [(MENDED.subject, move.event) for move in (*TO_OPEN, TO_OPEN[0])]
    file = tmp_path / "runs.jsonl"
    lines = [*journal_of(system, asked), *journal_of(system, *failed, asked)]
    file.write_text("\n".join(lines), encoding="utf-8")
    return str(file)


def test_a_journal_behaves_alike_with_its_own_table(run, journal):
    done = run("replay", journal, "--against", HOME + "MENDED")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "run 1 (runs.jsonl:1): behaves alike, 1 event",
        "run 2 (runs.jsonl:3): behaves alike, 4 events",
    ]


def test_a_journal_tells_of_each_run_where_a_changed_table_parts(run, journal):
    done = run("replay", journal, "--against", "tests.check.breakers:DEAF")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "run 1 (runs.jsonl:1): behaves alike, 1 event",
        "run 2 (runs.jsonl:3): differs first at event 4 of 4 events, line 7: breaker gets Acquire",
        "  − published Deny",
        "  + published Grant",
    ]


def test_the_journal_of_a_system_of_one_is_held_against_the_machine(run, tmp_path):
    named = alone(MENDED.subject, "house")
    file = tmp_path / "runs.jsonl"
    file.write_text("\n".join(journal_of(named, (MENDED.subject, Acquire()))), encoding="utf-8")
    assert run("replay", str(file), "--against", HOME + "MENDED").exit_code == 0


def test_a_journal_gives_json(run, journal):
    alike, parts = json.loads(run("replay", journal, "--against", "tests.check.breakers:DEAF", "--json").stdout)
    assert alike == {"line": 1, "events": 1, "alike": True}
    assert (parts["alike"], parts["at"], parts["at_line"], parts["would"]) == (False, 4, 7, ["published Grant"])


def test_the_journal_of_an_installed_machine_finds_it_by_its_name(run, tmp_path):
    file = tmp_path / "runs.jsonl"
    file.write_text("\n".join(journal_of(alone(HEARTBEAT))), encoding="utf-8")
    assert words(HEARTBEAT.name) == "heartbeat"
    assert run("replay", str(file)).exit_code == 0


@pytest.mark.parametrize(
    ("text", "options", "problem"),
    [
        ("", (), "holds neither a trace nor a journal"),
        ('{"other": 1}', (), "holds neither a trace nor a journal"),
        ('["trace"]', (), "holds neither a trace nor a journal"),
        ('{"trace": "breaker"}', ("--json",), "--step goes with a trace, --json with a journal"),
        ('{"journal": "breaker"}', ("--step",), "--step goes with a trace, --json with a journal"),
        ('{"trace": "breaker"}', ("--against", HOME + "BROKEN"), "cannot be restored: $"),
        ('{"journal": "breaker"}', ("--against", HOME + "BROKEN"), "cannot be restored: $.line[1]"),
        ('{"trace": "nobody"}', (), "there is no model 'nobody'"),
        ('{"journal": "breaker"}', ("--against", HOME + "NAME"), "it is no Model, System or Machine: str"),
    ],
)
def test_what_cannot_be_replayed_is_told_in_a_line(run, tmp_path, text, options, problem):
    file = tmp_path / "file.json"
    file.write_text(text, encoding="utf-8")
    done = run("replay", str(file), *options)
    assert done.exit_code == 2
    assert problem in done.stderr
    assert "Traceback" not in done.output


def test_a_file_that_is_no_text_is_told_in_a_line(run, tmp_path):
    file = tmp_path / "file.json"
    file.write_bytes(b'{"journal": "breaker"}\n\xff')
    done = run("replay", str(file))
    assert done.exit_code == 2
    assert "those are UTF-8" in done.stderr
    assert "Traceback" not in done.output
