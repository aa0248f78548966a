"""What is made of a counterexample: a story, a test that runs, a trace that is read back; no secret in any of it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve, field, frozen

from statekit import Kind, Machine, Rows
from statekit.check.literals import NoLiteral
from statekit.check.model import Model
from statekit.check.mutants import mutants
from statekit.check.properties import invariant, settled
from statekit.check.regression import regression
from statekit.check.report import Trace
from statekit.check.seen import Move
from statekit.check.story import story, way_of
from statekit.check.traces import TraceForm
from statekit.check.uphold import Refuted, claim_named, uphold
from statekit.codec import SnapshotRefused
from statekit.draw.counterexample import artefacts
from statekit.draw.svg import find_layout
from statekit.timers import Fired
from tests.check.breakers import (
    BROKEN,
    LASSO,
    MENDED,
    NAME,
    RESET,
    TO_HALF_OPEN,
    TO_OPEN,
    WAY,
    Acquire,
    Context,
    Options,
    State,
    probes_are_bounded,
)
from tests.check.clients import CLIENT, DIALLED

ROOT = Path(__file__).parent.parent.parent
HOME = "tests.check.breakers:"


def pytest_of(folder, text):
    """Run a test that was written in a process of its own; give its exit code and what it said."""
    file = folder / "test_written.py"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


def test_the_story_says_what_came_what_became_of_it_and_where_it_is_then():
    told = story(way_of(BROKEN, WAY), BROKEN.properties[0]).splitlines()
    assert told[0] == "B1 of breaker: No more probes are out than there are."
    assert "shortest way that shows it has 5 moves" in told[1]
    assert told[3:5] == ["0. the start", "     breaker is CLOSED"]
    assert told[told.index("3. the timer after reset_delay fires") :][:2] == [
        "3. the timer after reset_delay fires",
        "     breaker: Fired: OPEN → HALF_OPEN",
    ]
    assert told[-2:] == ["     breaker: probes 0 → -1", "     breaker is HALF_OPEN, awaits lease"]


def test_the_story_of_a_loop_says_where_it_goes_round():
    told = story(way_of(BROKEN, evolve(WAY, loop_from=3)), "it never ends")
    assert "HALF_OPEN\n   -- from here it goes round for ever --\n4. breaker is told Acquire()" in told


def test_a_written_test_is_red_while_the_table_breaks_the_claim(tmp_path):
    text = regression(way_of(BROKEN, WAY), BROKEN.properties[0], HOME + "BROKEN")
    code, said = pytest_of(tmp_path, text)
    assert (code, "1 failed" in said) == (1, True)
    assert "Refuted" in said
    assert "probes 0 → -1" in said


def test_a_written_test_is_green_once_the_table_is_mended(tmp_path):
    text = regression(way_of(BROKEN, WAY), BROKEN.properties[0], HOME + "MENDED")
    code, said = pytest_of(tmp_path, text)
    assert (code, "1 passed" in said) == (0, True)


def test_the_test_of_a_witness_is_green_while_it_is_reached(tmp_path):
    way = way_of(MENDED, Trace(NAME, "default", TO_HALF_OPEN))
    code, said = pytest_of(tmp_path, regression(way, MENDED.properties[3], HOME + "MENDED"))
    assert (code, "1 passed" in said) == (0, True)
    short = way_of(MENDED, Trace(NAME, "default", TO_HALF_OPEN[:2]))
    code, said = pytest_of(tmp_path, regression(short, MENDED.properties[3], HOME + "MENDED"))
    assert (code, "It is reached" in said) == (1, True)


def test_a_written_test_keeps_to_the_house_rules(tmp_path):
    long = Move(NAME, Fired(RESET, None, 60.0, 1.25), RESET, after_seconds=0.5)
    text = regression(
        way_of(BROKEN, evolve(WAY, moves=(*WAY.moves, long), loop_from=2)), 'it\'s "odd"', HOME + "BROKEN"
    )
    (tmp_path / "test_written.py").write_text(text, encoding="utf-8")
    ruff = [Path(sys.executable).with_name("ruff"), "format", "--check", "--isolated", "--line-length", "120", tmp_path]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), text


@pytest.mark.parametrize(
    ("model", "code", "trace", "holds"),
    [
        (BROKEN, "B1", WAY, False),
        (MENDED, "B1", WAY, True),
        (BROKEN, "B1", evolve(WAY, moves=WAY.moves[:-1]), True),
        (MENDED, "B2", LASSO, True),
        (BROKEN, "B3", WAY, False),
        (MENDED, "B3", WAY, True),
        (MENDED, "B4", WAY, True),
        (MENDED, "B4", evolve(WAY, moves=()), False),
        (MENDED, "B5", LASSO, False),
        (MENDED, "B5", evolve(LASSO, loop_from=1), True),
        (MENDED, "B5", WAY, True),
        (MENDED, "B6", LASSO, False),
        (MENDED, "B6", WAY, True),
        (MENDED, "B7", WAY, True),
        (BROKEN, "", WAY, True),
    ],
)
def test_a_claim_is_upheld_along_a_way_or_refuted_with_its_story(model, code, trace, holds):
    if holds:
        uphold(model, code, trace)
    else:
        with pytest.raises(Refuted, match="of breaker: "):
            uphold(model, code, trace)


def never_rests(breaker) -> bool:
    """It settles in no state at all."""
    return breaker.state is None


def test_a_machine_that_does_not_settle_is_explored_again_and_refuted_with_the_way_that_was_shown():
    model = evolve(MENDED, properties=(settled("B0", never_rests),))
    with pytest.raises(Refuted, match="B0 of breaker: It settles in no state at all"):
        uphold(model, "B0", WAY)


def test_a_test_is_not_written_for_a_model_that_cannot_be_imported():
    with pytest.raises(NoLiteral, match="a test imports its Model by module:ATTRIBUTE, and this one has none"):
        regression(way_of(BROKEN, WAY), BROKEN.properties[0], "")


def test_the_story_of_a_way_without_moves_says_where_every_member_starts():
    def elsewhere(view):
        """The peer is not where it starts."""
        return not view.members

    model = evolve(CLIENT, properties=(invariant("S0", elsewhere),))
    told = story(way_of(model, evolve(DIALLED, moves=())), model.properties[0])
    assert "the shortest way that shows it has 0 moves" in told
    assert all(f"{name} is " in told for name in model.subject.start().snapshot.names)


def test_what_goes_wrong_on_a_way_refutes_the_claim_that_nothing_does():
    (dropped,) = [each for each in mutants(MENDED.subject) if each.name == "stay OPEN Acquire: dropped"]
    lacking = Model(dropped.make(), thresholds=MENDED.thresholds)
    with pytest.raises(Refuted, match="no row answers this event here"):
        uphold(lacking, "", evolve(WAY, moves=(*TO_OPEN, Move(NAME, Acquire()))))


def test_a_claim_that_the_model_does_not_make_is_named():
    with pytest.raises(LookupError, match="has no property B9; it has B1, B2"):
        claim_named(MENDED, "B9")


def test_a_trace_is_written_and_read_back():
    form = TraceForm(BROKEN)
    assert form.read(form.write(WAY, "B1")) == (WAY, "B1")
    assert form.read(form.write(LASSO, "")) == (LASSO, "")


def test_the_trace_of_a_system_is_written_and_read_back():
    form = TraceForm(CLIENT)
    assert form.read(form.write(DIALLED, "S1")) == (DIALLED, "S1")
    uphold(CLIENT, "S1", DIALLED)


def test_the_story_of_a_system_tells_every_hop_and_those_elsewhere_in_a_line():
    told = story(way_of(CLIENT, DIALLED), CLIENT.properties[0])
    assert re.search(r"circuit_breaker: Acquire\(.*\): stays CLOSED\n     connection: Permitted\(", told)
    assert re.search(r"     elsewhere: heartbeat DORMANT, .*router ROUTING, conflict_recovery\[\] DETACHED\n", told)
    assert "4. Dial of connection answers too late: Opened()\n     connection: Opened: stale: it comes too late" in told
    assert "     orders Abandon()" in told


def test_a_trace_may_begin_at_another_start():
    one = Context(Options(failures_max=1))
    twice = evolve(MENDED, thresholds={"default": evolve(MENDED.thresholds["default"], also=({NAME: one},))})
    short = evolve(WAY, moves=TO_OPEN[:1], start=1)
    form = TraceForm(twice)
    assert form.read(form.write(short, "")) == (short, "")
    way = way_of(twice, short)
    assert way.places[-1].state is State.OPEN
    assert "(thresholds default, start 2)" in story(way, "so")
    assert "    start=1,\n" in regression(way, "so", HOME + "MENDED")
    with pytest.raises(SnapshotRefused, match=r"\$\.start must be less than 1"):
        TraceForm(MENDED).read(form.write(short, ""))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda found: found | {"statekit": 2}, "$.statekit"),
        (lambda found: found | {"trace": "other"}, "$.trace"),
        (lambda found: found | {"thresholds": "deep"}, "$.thresholds"),
        (lambda found: found | {"loop_from": 9}, "$.loop_from"),
        (lambda found: found | {"more": 1}, "$.more"),
        (lambda found: found["moves"][0] | {"stale": "no"}, "$"),
    ],
)
def test_what_is_no_trace_of_the_model_is_refused_with_its_place(change, path):
    found = json.loads(TraceForm(BROKEN).write(WAY, "B1"))
    with pytest.raises(SnapshotRefused) as caught:
        TraceForm(BROKEN).read(json.dumps(change(found)))
    assert caught.value.path.startswith(path)


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("member", "nobody", "$.moves[1].member"),
        ("stale", "no", "$.moves[1].stale"),
        ("event", {"event": "Nothing", "data": {}}, "$.moves[1].event.event"),
        ("event", {"event": "Reported", "data": {"generation": 1, "good": "no"}}, "$.moves[1].event.data.good"),
    ],
)
def test_a_move_that_does_not_fit_is_refused_with_its_place(key, value, path):
    found = json.loads(TraceForm(BROKEN).write(WAY, "B1"))
    found["moves"][1][key] = value
    with pytest.raises(SnapshotRefused) as caught:
        TraceForm(BROKEN).read(json.dumps(found))
    assert caught.value.path == path


def test_every_artefact_is_made_under_a_name_of_its_own():
    files = artefacts(BROKEN, WAY, BROKEN.properties[0], HOME + "BROKEN", find_layout())
    assert sorted(files) == [
        "breaker_b1.json",
        "breaker_b1.mmd",
        "breaker_b1.svg",
        "breaker_b1.txt",
        "test_breaker_b1.py",
    ]
    assert sorted(artefacts(CLIENT, DIALLED, CLIENT.properties[0], "tests:CLIENT", find_layout())) == [
        "session_s1.json",
        "session_s1.mmd",
        "session_s1.txt",
        "session_s1_auth_refresh.svg",
        "session_s1_circuit_breaker.svg",
        "session_s1_connection.svg",
        "test_session_s1.py",
    ]
    assert "breaker_fault.txt" in artefacts(BROKEN, WAY, "it went wrong", HOME + "BROKEN", find_layout())


@frozen
class Entered:
    token: str = field(repr=False)


@frozen
class Remembered:
    token: str = field(default="", repr=False)
    tries: int = 0


def remember(context: Remembered, event: Entered) -> Remembered:
    return evolve(context, token=event.token, tries=context.tries + 1)


def test_no_artefact_holds_what_its_class_keeps_from_the_repr():
    rows = Rows[object, Remembered, object]()
    state = MENDED.subject.initial
    states = [rows.state(each, Kind.REST, "so") for each in type(state)]
    keeper = Machine(
        "keeper",
        initial=state,
        context=Remembered(),
        states=states,
        table=(rows.stay(state, Entered, update=remember),),
    )
    model = Model(keeper, (invariant("K1", probes_are_bounded),))
    trace = Trace("keeper", "default", (Move("keeper", Entered("sekrit")),))
    files = artefacts(model, trace, model.properties[0], "tests:KEEPER", find_layout())
    assert sorted(files) == ["keeper_k1.mmd", "keeper_k1.svg", "keeper_k1.txt"]
    assert not [name for name, text in files.items() if "sekrit" in text]
    told = files["keeper_k1.txt"]
    assert "keeper is told Entered()" in told
    assert "keeper: tries 0 → 1" in told
    assert "No test: Entered cannot be written as source: token is kept from the repr" in told
    assert "No trace to replay: keeper cannot be saved: $.moves[0].event.Entered.token is kept from the repr" in told
