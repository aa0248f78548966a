"""The claims about the shipped lifecycles: each holds everywhere, and each is worth something: it kills a mutant."""

from functools import partial

import pytest
from attrs import evolve

from machines.attempts import restore_wake
from machines.auth_refresh import OFFLINE_HOLD, REAUTH_REQUIRED, note_expired, note_login, note_rested
from machines.circuit_breaker import forgive
from machines.connection import DIALING, IDLE
from machines.properties import auth_refresh, circuit_breaker, connection, heartbeat
from statekit.check.explore import explore
from statekit.check.model import Thresholds
from statekit.check.properties import Sort
from statekit.check.report import Weight
from statekit.check.rewriting import Rewriting
from statekit.row import Row, Verb
from statekit.timers import After, is_named, is_to_timer
from tests.machines.properties.refuting import refuted

MODELS = {each.MODEL.name: each.MODEL for each in (heartbeat, circuit_breaker, auth_refresh, connection)}

STATES = {"heartbeat": 20, "circuit_breaker": 157, "auth_refresh": 1367, "connection": 8699}
"""How many places each comes to at its default thresholds: one more or less is a change of what a lifecycle may do."""


def note_trusted_login(context, event):
    """A login makes good what was refused before."""
    return evolve(note_login(context, event), rejected=0)


def waiting_too(source, resting, machine):
    """Give the machine in which the timer of one state runs in another too, where nothing may be awaited."""
    row = next(each for each in machine.table if each.source is source and isinstance(each.trigger, After))
    other = evolve(row, source=(source, resting))
    return Rewriting(machine, part=lambda part: (other,) if part is row else (part,)).machine()


HEARTBEAT = {
    "H1": "row PROBING after pong_seconds: dropped",
    "H1 link": "row alive End: led to LISTENING",
    "H2": "row PROBING after pong_seconds: dropped",
    "H3": "reenter LISTENING Heard: dropped",
    "H4": "row LISTENING ClockJumped: dropped",
    "H5": "option ping_seconds read as +1",
    "H6": "option pong_seconds read as -1",
    "H6 once": "row LISTENING after ping_delay: without ping",
}

CIRCUIT_BREAKER = {
    "B1": "option probes read as +1",
    "B1 numbers": "stay HALF_OPEN Acquire if probe_left: without grant",
    "B2": "ignore CLOSED, METRICS_ONLY Reported if is_old: dropped",
    "B2 moves": {"begin_anew": forgive},
    "B3": "row OPEN after reset_delay: led to CLOSED",
    "B3 time": "option reset_seconds read as +1",
    "B4": "row OPEN after reset_delay: dropped",
    "B4 probes": "timer leased: dropped",
    "B4 leases": "stay HALF_OPEN Reported if succeeded: without disarm leased per probe",
    "B4 need": "option lease_seconds read as -1",
    "B4 good": "option successes_min read as -1",
    "B4 bad": "row HALF_OPEN Reported if failed: dropped",
    "B6": "stay HALF_OPEN Reported: dropped",
    "B8": "row HALF_OPEN Reported if closes: led to DISABLED",
    "B8 orders": "stay CLOSED Reset: dropped",
    "B9": "row HALF_OPEN Reported if closes: led to OPEN",
    "counting": "option failures_max read as +1",
    "answers": "stay HALF_OPEN Acquire: dropped",
    "waiting": "row EVERY Disable: without Available",
}

REFUSED = "FRESH, REFRESHING, RETRY_WAIT, OFFLINE_HOLD Rejected"

AUTH_REFRESH = {
    "A1": "row REFRESHING after refresh_seconds: led to REFRESHING",
    "A1 shared": "row SIGNED_OUT SignIn: without refresh",
    "A2": "row RETRY_WAIT after retry_delay: dropped",
    "A2 rest": "row OFFLINE_HOLD after probe_seconds: dropped",
    "A2 offers": "choice freshly to FRESH: without offer",
    "A3": {"clean_record": note_expired},
    "A4": {"note_refreshed": note_rested},
    "A4 numbers": {"note_login": note_trusted_login},
    "A5": "stay REFRESHING ClockJumped: dropped",
    "A5 timers": "timer expiry: dropped",
    "A5 ahead": "row FRESH RefreshHint: dropped",
    "A5 rest": "timer resting: dropped",
    "A6": f"row {REFUSED} if rejected_too_often: dropped",
    "A6 failures": "row REFRESHING Refreshed if is_spent: dropped",
    "A6 rejections": "stay signed_in Rejected: dropped",
    "A7": "row FRESH Rejected if first_rejection: dropped",
    "A8": "choice again to RETRY_WAIT if usable: dropped",
    "A8 pauses": "option retry_jitter read as +1",
    "A9": "row signed_in Revoked: led to SIGNED_OUT",
    "A9 unreachable": "row REFRESHING RefreshFailed if unreachable: led to RETRY_WAIT",
    "A9 online": "row RETRY_WAIT Online if rested: dropped",
    "A9 times": "option probe_seconds read as +1",
    "A10": partial(waiting_too, OFFLINE_HOLD, REAUTH_REQUIRED),
    "A10 prompt": "row signed_in Revoked: without PromptLogin",
    "A10 login": "row EVERY Login: without adopt",
    "A10 logout": "row signed_in, REAUTH_REQUIRED Logout: without ForgetTokens",
    "A10 sign in": "row SIGNED_OUT SignIn: led to FRESH",
}

CONNECTION = {
    "C1": "row established giving_up: without Close",
    "C1 awaited": "row CLOSING Closed: led to CLOSING",
    "C1 unwanted": "row CLOSING Closed: led to AUTHORIZING",
    "C1 codes": "row established Disconnect: without SayGoodbye",
    "C2": "group ready: without exit link_down",
    "C2 frames": "stay established FrameArrived: without pass_frame",
    "C2 hello": "row HANDSHAKING Hello: without accept_token",
    "C11": "row CLOSING Connect: dropped",
    "C3": "row HANDSHAKING Hello: led to DIALING",
    "C3 session": "option resumes_max read as +1",
    "C4": "option retry.attempts_max read as +1",
    "C4 policy": "choice retry to SUSPENDED if told_to_wait: dropped",
    "C5": "option stable_seconds read as -1",
    "C5 paid": {"note_paid": restore_wake},
    "C7 end": {"note_exhausted": restore_wake},
    "C7 terminal": "row seeking TerminalError: dropped",
    "C9": {"note_failure": restore_wake},
    "C10": "option retry.slow_jitter read as +1",
    "C10 drain": "option drain_seconds read as +1",
    "C6": "timer giving_up: dropped",
    "C6 rest": partial(waiting_too, DIALING, IDLE),
    "C6 times": "option give_up_seconds read as +1",
    "C6 closing": "row CLOSING after close_seconds: dropped",
    "C7": "timer giving_up: dropped",
    "C7 given up": "row established giving_up: led to IDLE",
    "C7 user": "row seeking Disconnect: led to FAILED",
    "C8": "group permitted: without exit report_permit",
    "C8 fault": "stay HANDSHAKING, SETTLING ServiceFailed: dropped",
    "C8 time": "option hello_seconds read as -1",
    "C12": "row ACQUIRING Denied: led to SUSPENDED",
    "gates": {"note_gates": restore_wake},
    "gates shut": "choice gate to PARKED if gates_shut: dropped",
    "gates end": "row DIALING GatesMoved if gate_ends_link: without its guard",
    "gates open": "row PARKED GatesMoved if must_wait_its_turn: dropped",
    "wakes": "row PARKED, waiting ReconnectNow if wake_rested: without its guard",
    "spent": "timer wake_rested_again: dropped",
    "spent rest": "option wake_rest_seconds read as +1",
}

KILLED = {
    "heartbeat": HEARTBEAT,
    "circuit_breaker": CIRCUIT_BREAKER,
    "auth_refresh": AUTH_REFRESH,
    "connection": CONNECTION,
}
"""By machine and claim: a mistake that refutes it; see `mutated`."""


def motionless(machine):
    """Give the machine that stays where it is, whatever comes, and arms no timer."""

    def part(each):
        if isinstance(each, Row) and is_named(each.trigger):
            return ()
        moves = isinstance(each, Row) and each.verb in (Verb.ROW, Verb.REENTER)
        return (evolve(each, verb=Verb.STAY, target=None, effects=(), update=None) if moves else each,)

    def order(each):
        return None if is_to_timer(each) else each

    return Rewriting(machine, part=part, order=order).machine()


SLOW = pytest.param("connection", marks=pytest.mark.deep)
"""Half a minute; `make deep` explores it."""


@pytest.fixture(scope="module", params=["heartbeat", "circuit_breaker", "auth_refresh", SLOW])
def explored(request):
    return explore(MODELS[request.param])


def test_every_claim_holds_everywhere(explored):
    assert (explored.exhausted, explored.bound) == (True, "")
    assert [each.property.code for each in explored.results if not each.holds] == []
    assert (explored.gaps, explored.faults) == ((), ())
    assert [each for each in explored.findings if each.weight is Weight.ERROR] == []
    assert explored.states == STATES[explored.subject]


HASTY = evolve(connection.MODEL, thresholds={"default": Thresholds(connection.starting_with(connection.FAILING, 0))})
"""The connection that does not try again."""

KILLS = [(name, code) for name, killed in KILLED.items() for code in killed]


@pytest.mark.parametrize(("name", "code"), KILLS, ids=[f"{name}-{code}" for name, code in KILLS])
def test_each_claim_kills_a_mutant(name, code):
    model = MODELS[name]
    (claim,) = (each for each in model.properties if each.code == code)
    # What is to come in the end is looked for in all of the graph: a small one will do.
    small = name == "connection" and claim.sort in (Sort.LEADS_TO, Sort.HOT)
    assert refuted(HASTY if small else model, code, KILLED[name][code])


@pytest.mark.parametrize("name", MODELS)
def test_what_is_to_be_reached_is_not_reached_by_standing_still(name):
    model = MODELS[name]
    witnesses = tuple(each for each in model.properties if each.sort is Sort.WITNESS)
    results = explore(evolve(model, subject=motionless(model.subject), properties=witnesses)).results
    assert [each.property.code for each in results if each.holds] == [model.subject.initial.name]


@pytest.mark.parametrize("name", MODELS)
def test_every_claim_has_its_mutant(name):
    claims = {each.code for each in MODELS[name].properties if each.sort is not Sort.WITNESS}
    assert KILLED[name].keys() == claims
