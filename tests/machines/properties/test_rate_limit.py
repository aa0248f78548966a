"""What is claimed of the pacer holds, and every claim notices a mistake."""

import pytest
from attrs import evolve

from machines.properties.rate_limit import MODEL
from machines.rate_limit import let_leave, note_limit
from tests.machines.properties.refuting import claims_of, refuted, shown


def at_any_time(_):
    """Nothing ever stands in the way."""
    return True


def end_all(context, _):
    """One limit takes the others with it."""
    return evolve(context, limits=())


def end_limits_too(context):
    """The server is taken to count the socket."""
    return evolve(context, queue=(), last="", limits=())


def let_it_come_back(context, event):
    """What is withdrawn is still taken for the last that was sent."""
    return evolve(let_leave(context, event), last=context.last)


def nothing(_) -> tuple[()]:
    """Nothing is told."""
    return ()


def note_last_limit(context, event):
    """Of several limits only the last is known."""
    return note_limit(evolve(context, limits=()), event)


KILLS = (
    ("R1", {"goes_at_once": at_any_time}),
    ("R2", {"end_limit": end_all}),
    ("R2 announced", "option limit_seconds read as +1"),
    ("R3", "option limits_max read as +1"),
    ("R4", "row pacer Limited if comes_back: without put_back"),
    ("R5", "row pacer Limited if comes_back: without put_back"),
    ("withdrawn", {"let_leave": let_it_come_back}),
    ("R6", "stay pacer Offered if is_full: without turn_away"),
    ("R6 bound", "stay pacer Offered if is_full: dropped"),
    ("R6 once", "ignore pacer Offered if waits_already: dropped"),
    ("R7", "row pacer rested if next_may_go: without grant_last"),
    ("R7 rest", "row pacer limit_over if last_limit_ends_for_somebody: without arm rested"),
    ("R8", "stay pacer Offered if is_control: without grant_offered"),
    ("R9", "option limit_cap_seconds read as +1"),
    ("R10", {"let_all_leave": end_limits_too}),
    ("told", "row pacer Limited if comes_back: without tell_limit"),
    ("waiting", "row pacer Offered if goes_at_once: dropped"),
    ("rate", "row pacer climbing if climbs: dropped"),
    ("rate climbs", "timer climbing: dropped"),
    ("rate in time", "option climb_seconds read as +1"),
    ("state", "choice flow to DRAINING if is_slowed: dropped"),
    ("flows", "timer climbing: dropped"),
    ("PACING", "choice flow to PACING if is_waited_for: dropped"),
    ("LIMITED", "choice flow to LIMITED if is_limited: dropped"),
    ("DRAINING", "choice flow to DRAINING if is_slowed: dropped"),
    ("FULL", "choice flow to FULL if is_full: dropped"),
    ("overlap", {"note_limit": note_last_limit, "note_limit_and_put_back": note_last_limit, "put_back": nothing}),
    ("put back", {"note_limit_and_put_back": note_limit, "put_back": nothing}),
    ("half way", "timer climbing: dropped"),
)


def test_all_that_is_claimed_holds_everywhere():
    assert shown(MODEL) == []


def test_every_claim_has_a_mistake_that_it_notices():
    assert sorted(code for code, _ in KILLS) == claims_of(MODEL)


@pytest.mark.deep
@pytest.mark.parametrize(("code", "mutation"), KILLS, ids=[code for code, _ in KILLS])
def test_a_claim_notices_a_mistake(code, mutation):
    assert refuted(MODEL, code, mutation)
