"""What is claimed of the session holds in every world, and every claim notices a mistake in a table or the wiring."""

from typing import get_type_hints

import pytest
from attrs import evolve

from machines import connection, link
from machines.auth_refresh import AUTH_REFRESH
from machines.circuit_breaker import CIRCUIT_BREAKER
from machines.connection import CONNECTION, Connect
from machines.error_storm import ERROR_STORM, ErrorSeen
from machines.link import Close, RejectToken, ReportPermit
from machines.policy import routed
from machines.policy.close_codes import OurClose
from machines.policy.router import ROUTER
from machines.properties import worlds
from machines.properties.pipeline import PIPELINE
from machines.properties.session import MODEL
from machines.properties.stood_in import STOOD_IN
from machines.properties.worlds import DOCUMENT, ENDS, GATES, LINK, OPERATIONS, STORM, TOKEN
from machines.rate_limit import RATE_LIMIT
from statekit import System, after, publish, wire
from statekit.check.explore import explore
from statekit.check.model import Thresholds
from statekit.check.mutants import mutants
from statekit.check.properties import Sort
from statekit.check.rewriting import Rewriting
from statekit.draft import classes_in, events_of
from statekit.errors import MalformedTable
from statekit.row import Row, Verb
from tests.machines.properties.refuting import instead, shown


# ------------------------------------------------------------------------------------------------------- the mistakes
def with_member(member):
    """Give the session with another machine in the place of the member of its name."""

    def swapped(machine):
        return member if machine.name == member.name else machine

    lines = (
        evolve(each, source=swapped(each.source), target=each.target and swapped(each.target))
        for each in STOOD_IN.wiring
    )
    facts = (evolve(each, target=swapped(each.target)) for each in STOOD_IN.derived)
    return System(STOOD_IN.name, tuple(map(swapped, STOOD_IN.members)), tuple(lines), tuple(facts))


def member(machine, *names, **functions):
    """Change one member: by mutants that `statekit mutate` lists, one in the other, or with other functions."""
    for name in names:
        machine = next(mutant for mutant in mutants(machine) if mutant.name == name).make()
    return lambda: with_member(instead(machine, **functions) if functions else machine)


def made(mistake):
    """Give the session with a mistake in it: a mutant of the wiring by its name, or what a function makes."""
    if callable(mistake):
        return mistake()
    return next(mutant for mutant in mutants(STOOD_IN) if mutant.name == mistake).make()


def also(*lines):
    """Wire more than there is."""
    return lambda: System(STOOD_IN.name, STOOD_IN.members, (*STOOD_IN.wiring, *lines), STOOD_IN.derived)


def published_alone(signal):
    """Tell the application of a signal, and no machine: without any wire the session cannot be built."""
    lines = tuple(each for each in STOOD_IN.wiring if each.signal is not signal)
    return lambda: System(STOOD_IN.name, STOOD_IN.members, (*lines, *publish(ROUTER, signal)), STOOD_IN.derived)


def true(_):
    return True


def false(_):
    return False


def blame(context) -> ReportPermit:
    return ReportPermit(context.permit, link.Report.FAIL)


def close_as_for_a_storm(_) -> Close:
    return Close(OurClose.STORM)


def as_it_was(context, event):
    return context


def error_of(_: RejectToken) -> ErrorSeen:
    return ErrorSeen("TOKEN_EXPIRED")


def reworded(*parts):
    """Change rows of the connection: `parts` gives for each what stands instead."""

    def part(each):
        return next((new for change in parts if (new := change(each)) is not None), (each,))

    return lambda: with_member(Rewriting(CONNECTION, part=part).machine())


def hears(each, event):
    """Tell whether a part of a table is a row for an event class of the connection's."""
    return isinstance(each, Row) and each.verb is Verb.ROW and event in events_of(each.trigger)


def a_refusal_that_stays(each):
    """The server's word that a token is refused is heard, and so is the close that follows (seed defect 52)."""
    if not hears(each, link.TokenRefused):
        return None
    return (evolve(each, verb=Verb.STAY, target=None, update=None, effects=(connection.reject_token,)),)


def a_second_clock(each):
    """A connection that waits for a gate has a timer of its own for the same."""
    if each is not CONNECTION.table[0]:
        return None
    return each, connection.rows.row(connection.PARKED, after(30.0), connection.GATE)


def no_end(each):
    """A close that was sent is waited for without an end."""
    return () if isinstance(each, Row) and each.source is connection.CLOSING and each.trigger is not Connect else None


# --------------------------------------------------------------------------------------------------------- the claims
KILLS = (
    ("C3", LINK, member(CONNECTION, note_token=as_it_was)),
    ("C3 gates", GATES, "fact shut_gates to connection: dropped"),
    ("A4", LINK, member(AUTH_REFRESH, usable=true)),
    ("C8", LINK, member(CIRCUIT_BREAKER, return_probe=as_it_was)),
    ("G4", LINK, member(CONNECTION, report_permit=blame)),
    ("B7", ENDS, member(CONNECTION, report_permit=blame)),
    ("G7", ENDS, member(CONNECTION, may_retry_at_once=true)),
    ("C7", LINK, member(CONNECTION, "timer giving_up: dropped")),
    ("G5", LINK, member(CONNECTION, "row DIALING after dial_seconds: dropped")),
    ("G5", LINK, "wire connection LinkUp to heartbeat: dropped"),
    ("G5 gates", GATES, "fact shut_gates to connection: dropped"),
    ("G5 lock", ENDS, "fact locked_out to hold: dropped"),
    ("G6", LINK, "wire connection LinkDown to heartbeat: dropped"),
    ("G6 rest", LINK, reworded(no_end)),
    ("G8", LINK, reworded(a_second_clock)),
    ("gates", LINK, member(CONNECTION, "row established GatesMoved if gate_ends_link: dropped")),
    ("C2", OPERATIONS, "wire connection LinkDown to conflict_recovery: dropped"),
    ("R1", OPERATIONS, member(RATE_LIMIT, goes_at_once=true)),
    ("G2", DOCUMENT, member(PIPELINE, "choice ended to HALTED if is_pending: without OperationEnded")),
    ("G2 waits", OPERATIONS, "wire connection LinkUp to conflict_recovery: dropped"),
    ("G2 kept", DOCUMENT, "fact kept_for_others to conflict_recovery: dropped"),
    ("G2 turns", OPERATIONS, "wire connection LinkDown to rate_limit: dropped"),
    ("G2 given back", DOCUMENT, member(RATE_LIMIT, let_leave=as_it_was)),
    ("G2 acked", OPERATIONS, "wire router AckCame to conflict_recovery: dropped"),
    ("G2 failed", OPERATIONS, "fact failed_for to conflict_recovery: dropped"),
    ("G2 saved", TOKEN, "wire auth_refresh PromptLogin to conflict_recovery: dropped"),
    ("G2 end", DOCUMENT, member(PIPELINE, "choice ended to HALTED if is_pending: dropped")),
    ("G1", LINK, reworded(a_refusal_that_stays)),
    ("G3", LINK, also(wire(CONNECTION, RejectToken, ERROR_STORM, error_of))),
    ("S2", LINK, member(CONNECTION, close_for_gate=close_as_for_a_storm)),
    ("S3", STORM, "fact storm_latched to connection: dropped"),
    ("S3", STORM, "fact has_failed to error_storm: dropped"),
    ("S5", ENDS, member(CONNECTION, terminal=false)),
    ("S5", ENDS, "wire connection FramePassed to router: dropped"),
    ("greeting", LINK, "wire connection LinkDown to router: dropped"),
    ("heard", LINK, "wire connection FramePassed to heartbeat: dropped"),
    ("heard", OPERATIONS, "wire router AckCame to hold: dropped"),
    ("heard", OPERATIONS, "wire rate_limit LimitHeard to error_storm: dropped"),
    ("heard", LINK, "wire router PermissionsTold to hold: dropped"),
    ("heard", LINK, "wire router PermissionsTold to conflict_recovery: dropped"),
    ("heard", DOCUMENT, published_alone(routed.DocumentOpened)),
    ("steady", LINK, "fact link_steady to hold: dropped"),
    ("steady", LINK, "fact link_steady to error_storm: dropped"),
    ("user", LINK, member(CONNECTION, "row seeking Disconnect: led to PARKED")),
)
"""Claims, each with a world in which a mistake is refuted by it alone, and the mistake: of the wiring by its name."""


def in_one(world, code, subject):
    """Give the model of one claim, in one world."""
    claim = tuple(each for each in MODEL.properties if each.code == code)
    return evolve(MODEL, subject=subject, properties=claim, thresholds={"default": Thresholds(world.contexts)})


def test_every_claim_has_a_mistake_that_it_notices():
    assert {code for code, *_ in KILLS} == {each.code for each in MODEL.properties if each.sort is not Sort.WITNESS}


@pytest.mark.parametrize(("code", "world", "mistake"), KILLS, ids=[code for code, *_ in KILLS])
def test_a_claim_notices_a_mistake(code, world, mistake):
    model = in_one(world, code, made(mistake))
    at_once = model.properties[0].sort in (Sort.INVARIANT, Sort.STEP)
    (result,) = explore(model, stop_at_first=at_once).results
    assert not result.holds


def test_no_wire_or_fact_can_be_left_out_unnoticed():
    left_out = {each.name for each in mutants(STOOD_IN) if each.name.endswith(": dropped") and is_built(each)}
    noticed = {mistake for *_, mistake in KILLS if isinstance(mistake, str)}
    excused = {each.where for each in MODEL.overruled if each.code == "mutant"}
    assert left_out == noticed | excused
    assert not noticed & excused


def is_built(mutant):
    try:
        mutant.make()
    except MalformedTable:
        return False
    return True


def test_what_is_led_elsewhere_meets_nobody_who_knows_it():
    lines = [(each.make, each.target) for each in (*STOOD_IN.wiring, *STOOD_IN.derived) if each.target is not None]
    known = [
        (event.__name__, machine.name)
        for make, target in lines
        for event in classes_in(get_type_hints(make)["return"])
        for machine in STOOD_IN.members
        if machine is not target and event in machine.folded.events
    ]
    assert known == []


def test_what_is_to_be_reached_is_not_reached_by_a_connection_that_nobody_may_want():
    witnesses = tuple(each for each in MODEL.properties if each.sort is Sort.WITNESS)
    unwanted = member(CONNECTION, "row IDLE, FAILED Connect: dropped")()
    results = explore(evolve(MODEL, subject=unwanted, properties=witnesses)).results
    assert [each.property.code for each in results if each.holds] == ["OFFLINE"]


@pytest.mark.deep
def test_all_that_is_claimed_holds_in_every_world():
    assert shown(MODEL) == []


def test_the_worlds_can_be_told_apart():
    assert len({each.policies for each in worlds.WORLDS}) == len(worlds.WORLDS)
