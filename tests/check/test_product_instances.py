"""Instances that come and go while a system is explored."""

import pytest
from attrs import evolve

from statekit import wire
from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.check.properties import on_step, settled, witness
from statekit.check.replay import replayed
from tests.check import jobs
from tests.check.brute import brute, counted
from tests.check.jobs import DESK, JOB, OFFICE, Job
from tests.check.results import result


@pytest.fixture
def doubting(monkeypatch):
    """Let every move be made for real as often as it is made."""
    monkeypatch.setattr("statekit.check.product.SAMPLED", 1)


def finished_jobs_are_counted(seen):
    """Whatever ends by itself is counted, up to two."""
    ended = any(isinstance(hop.event, jobs.Finished) for hop in seen.path)
    before, after = (each.of(DESK).context.finished for each in (seen.before, seen.after))
    return after == min(before + ended, jobs.MOST)


def both_run(office):
    """Both jobs run."""
    return jobs.all_busy(office)


def nothing_is_left(office):
    """There is no job."""
    return not office.keys(JOB)


def test_instances_come_and_go():
    claims = (
        on_step("counted", finished_jobs_are_counted),
        witness("both", both_run),
        settled("empty", nothing_is_left),
    )
    explored = explore(Model(OFFICE, claims))
    assert explored.holds
    assert (explored.exhausted, explored.gaps) == (True, ())
    assert result(explored, "empty").figure == 4  # two jobs, each with two timers


def test_instances_are_explored_as_by_brute_force(doubting):
    model = Model(OFFICE)
    explored = explore(model)
    assert (explored.states, explored.edges) == counted(brute(model))
    assert explored.verified > 0


def test_a_way_with_instances_is_made_again():
    model = Model(OFFICE, (witness("both", both_run),))
    trace = result(explore(model), "both").trace
    assert [move.member for move in trace.moves] == ["desk", "desk", "job[a]", "job[b]"]
    *_, last = replayed(model, trace)
    assert [last.after.of(JOB, key).state for key in last.after.keys(JOB)] == [Job.RUNNING] * 2


def finished_by(_: jobs.Ended, job: str) -> jobs.Finished:
    return jobs.Finished()


def hurry_on(_: jobs.Ended) -> jobs.Hurry:
    return jobs.Hurry()


def the_other(_: jobs.Ended, job: str) -> str:
    return "b" if job == "a" else "a"


def test_a_maker_that_takes_the_senders_key_is_handed_it():
    office = evolve(OFFICE, wiring=(*OFFICE.wiring[:2], wire(JOB, jobs.Ended, DESK, finished_by)))
    explored, as_before = explore(Model(office)), explore(Model(OFFICE))
    assert (explored.states, explored.edges, explored.gaps) == (as_before.states, as_before.edges, ())


def test_whom_an_instance_tells_may_depend_on_its_own_key():
    def is_hurried(office):
        """The second job is hurried, as the first is done."""
        return office.keys(JOB) == ("b",) and office.of(JOB, "b").context.hurried

    both = (*OFFICE.wiring, wire(JOB, jobs.Ended, JOB, hurry_on, key=the_other))
    office = evolve(OFFICE, wiring=both)
    explored = explore(Model(office, (witness("hurried", is_hurried),), internal=(jobs.Hurry,)))
    assert [gap.function for gap in explored.gaps] == []
    moves = result(explored, "hurried").trace.moves
    assert [move.member for move in moves] == ["desk", "desk", "job[a]", "job[a]"]
