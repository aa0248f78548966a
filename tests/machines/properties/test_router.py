"""What is claimed of the router holds, and every claim notices a mistake."""

import pytest

from machines.policy.error_codes import ERROR_POLICIES, Route
from machines.policy.router import note_greeting
from machines.properties.router import BECOMES, MODEL
from machines.session import SESSION
from tests.machines.properties.refuting import claims_of, refuted, shown

KILLS = (
    ("M1", "stay ROUTING OperationBroadcast: without pass_broadcast"),
    ("M2", "stay ROUTING ErrorMessage if limits_rate: without tell"),
    ("M3", "stay ROUTING ErrorMessage if ends_link: without end_link"),
    ("M4", "stay ROUTING ErrorMessage if asks_to_wait: without report"),
    ("M4 weight", "stay ROUTING ErrorMessage if asks_to_wait: without report"),
    ("M5", "stay ROUTING ErrorMessage if ends_link: without end_link"),
    ("M6", {"forget_greeting": note_greeting}),
    ("greeted", "stay ROUTING ConnectionAck: dropped"),
)


def test_all_that_is_claimed_holds_everywhere():
    assert shown(MODEL) == []


def test_every_claim_has_a_mistake_that_it_notices():
    assert sorted(code for code, _ in KILLS) == claims_of(MODEL)


@pytest.mark.parametrize(("code", "mutation"), KILLS, ids=[code for code, _ in KILLS])
def test_a_claim_notices_a_mistake(code, mutation):
    assert refuted(MODEL, code, mutation)


@pytest.mark.parametrize("row", ERROR_POLICIES.rows, ids=lambda row: str(row.code))
def test_every_policy_row_names_an_event_that_somebody_hears(row):
    heard = {line.signal for line in SESSION.wiring if line.target is not None}
    routes = {row.route, row.route_without_operation, row.route_when_accepted} - {None}
    assert routes <= set(Route)
    assert {signal for route in routes for signal in BECOMES[route]} <= heard
