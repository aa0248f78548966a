"""Router: every message goes to whom it concerns, and the error policies decide it for errors."""

import pytest
from attrs import evolve

from machines.link import Blame, Send
from machines.policy.error_codes import (
    ERROR_POLICIES,
    ErrorCode,
    ErrorPolicy,
    Route,
    Wait,
    contradicts,
    error_policy,
)
from machines.policy.routed import (
    AckCame,
    BroadcastCame,
    DocumentGone,
    DocumentOpened,
    ErrorReported,
    ErrorWeighed,
    LinkEnded,
    LinkFaulty,
    LinkUnwelcome,
    MessagePassed,
    OperationBehind,
    OperationDenied,
    OperationFailed,
    OperationUnsure,
    PermissionsTold,
    RateLimitAsked,
    ServerGreeted,
    ServiceFaulty,
    SyncCame,
    TokenAging,
    TokenBad,
    TokenRevoked,
    WaitAsked,
)
from machines.policy.router import ROUTER, Context, LinkLost, OpenDocument
from machines.wire.messages import (
    ConnectionAck,
    Document,
    DocumentSync,
    ErrorMessage,
    OperationAck,
    OperationBroadcast,
    Passed,
    PermissionChange,
    Ping,
    Pong,
    RateLimited,
    TokenRefreshRequired,
)
from machines.wire.text import Text
from statekit import Ignored, Taken
from statekit.testing.walk import Walk

GREETING = ConnectionAck("ann", "u1", ("read", "write"), 7, "2026-01-01T00:00:00Z")
SYNC = DocumentSync(Document("d", 7, Text("abc")))
ACK = OperationAck("ann:1", 8)
BROADCAST = OperationBroadcast((), 8, "bob", "bob:1")
PRESENCE = Passed("presence", "cursor", {"position": 3})
GRANT = PermissionChange(("read",))

# The 19 codes of the seed, in its order, each with an operation's name and without one.
ROUTED = (
    # code                       about an operation                      about nothing in particular
    ("CONNECTION_FAILED",         (),                                     ()),
    ("CONNECTION_TIMEOUT",        (),                                     ()),
    ("CONNECTION_LIMIT_EXCEEDED", (LinkUnwelcome(None),),                 (LinkUnwelcome(None),)),
    ("PROTOCOL_ERROR",            (LinkFaulty(1002, Blame("ann:1")),),    (LinkFaulty(1002),)),
    ("AUTHENTICATION_FAILED",     (TokenBad(),),                          (TokenBad(),)),
    ("TOKEN_EXPIRED",             (TokenBad(),),                          (TokenBad(),)),
    ("TOKEN_REVOKED",             (TokenRevoked(),),                      (TokenRevoked(),)),
    ("INSUFFICIENT_PERMISSIONS",  (OperationDenied("ann:1", "INSUFFICIENT_PERMISSIONS"), PermissionsTold(False)),
                                                                          (LinkEnded("permission_denied"),)),
    ("DOCUMENT_NOT_FOUND",        (DocumentGone("not_found", False),),    (DocumentGone("not_found", False),)),
    ("DOCUMENT_LOCKED",           (WaitAsked(Wait.LOCK, None),),          (WaitAsked(Wait.LOCK, None),)),
    ("DOCUMENT_DELETED",          (DocumentGone("deleted", True), LinkEnded("deleted")),
                                                             (DocumentGone("deleted", True), LinkEnded("deleted"))),
    ("VERSION_CONFLICT",          (OperationBehind("ann:1", "VERSION_CONFLICT"),),
                                                                          (OperationBehind("", "VERSION_CONFLICT"),)),
    ("INVALID_OPERATION",         (OperationFailed("ann:1", "INVALID_OPERATION"),),
                                                                          (OperationFailed("", "INVALID_OPERATION"),)),
    ("OPERATION_REJECTED",        (OperationFailed("ann:1", "OPERATION_REJECTED"),),
                                                                          (OperationFailed("", "OPERATION_REJECTED"),)),
    ("OPERATION_TIMEOUT",         (OperationUnsure("ann:1", "OPERATION_TIMEOUT"),),
                                                                          (OperationUnsure("", "OPERATION_TIMEOUT"),)),
    ("RATE_LIMIT_EXCEEDED",       (RateLimitAsked(None, "ann:1", "RATE_LIMIT_EXCEEDED", 0, 1),),
                                                             (RateLimitAsked(None, "", "RATE_LIMIT_EXCEEDED", 0, 1),)),
    ("INTERNAL_ERROR",            (OperationUnsure("ann:1", "INTERNAL_ERROR"), ServiceFaulty()),
                                                                          (LinkFaulty(1011), ServiceFaulty())),
    ("SERVICE_UNAVAILABLE",       (WaitAsked(Wait.UNAVAILABLE, None), ServiceFaulty()),
                                                              (WaitAsked(Wait.UNAVAILABLE, None), ServiceFaulty())),
    ("MAINTENANCE_MODE",          (WaitAsked(Wait.MAINTENANCE, None),),   (WaitAsked(Wait.MAINTENANCE, None),)),
)  # fmt: skip


@pytest.fixture
def walk():
    return Walk(ROUTER)


def error(code, *, recoverable=True, **details):
    return ErrorMessage(code, "said the server", recoverable, "2026-01-01T00:00:00Z", details or None)


def test_a_message_goes_to_whom_it_concerns(walk):
    for message, effects in (
        (GREETING, (ServerGreeted(7), PermissionsTold(may_write=True))),
        (Ping(5), (Send(Pong(5)),)),
        (SYNC, (SyncCame(SYNC),)),
        (ACK, (AckCame(ACK),)),
        (BROADCAST, (BroadcastCame(BROADCAST),)),
        (TokenRefreshRequired(30.0), (TokenAging(),)),
        (RateLimited(1500.0), (RateLimitAsked(1.5, "", "RATE_LIMIT_EXCEEDED", 0, 1),)),
        (GRANT, (PermissionsTold(may_write=False), MessagePassed(GRANT))),
        (PRESENCE, (MessagePassed(PRESENCE),)),
    ):
        walk.send(message)
        assert walk.effects == effects


def test_a_pong_concerns_nobody_in_particular(walk):
    assert walk.send(Pong(5)) == Ignored("heartbeat hears every frame")


def test_defect_10_and_defect_11_every_code_is_routed_by_its_row_and_reported(walk):
    """Twelve codes had no branch, and the flag routed the rest."""
    assert [code for code, *_ in ROUTED] == list(ErrorCode)
    for code, about_operation, about_nothing in ROUTED:
        for recoverable in (True, False):
            told = ErrorReported(code, recoverable, contradicts(code, recoverable))
            for name, effects in (("ann:1", about_operation), ("", about_nothing)):
                walk.send(error(code, recoverable=recoverable, message_id=name))
                weighed = ErrorWeighed(code, name, error_policy(code, recoverable).storm_weight)
                # What is limited is weighed by the pacer, which knows whether a limit was known.
                weighs = (weighed,) if code != "RATE_LIMIT_EXCEEDED" else ()
                assert walk.effects == (*effects, told, *weighs)


def test_an_unknown_code_goes_by_its_flag_and_never_ends_the_link(walk):
    walk.send(error("NEVER_HEARD_OF", recoverable=True, message_id="ann:1"))
    assert walk.effects[0] == OperationUnsure("ann:1", "NEVER_HEARD_OF")
    walk.send(error("NEVER_HEARD_OF", recoverable=False))
    assert walk.effects == (ErrorReported("NEVER_HEARD_OF", recoverable=False), ErrorWeighed("NEVER_HEARD_OF", "", 1))
    walk.send(error("constructor", recoverable=False))
    assert walk.effects == (ErrorReported("constructor", recoverable=False), ErrorWeighed("constructor", "", 1))


def test_a_token_that_the_server_accepted_is_not_merely_refreshed_after_a_failed_authentication(walk):
    """Section 11, AUTHENTICATION_FAILED: one refresh if the token was never accepted, else a login."""
    for event, effect in ((GREETING, TokenRevoked()), (LinkLost(), TokenBad())):
        walk.send(event)
        walk.send(error("AUTHENTICATION_FAILED"))
        assert walk.effects[0] == effect


def test_a_document_that_is_opened_hears_whether_the_server_has_greeted(walk):
    for event, attached in ((LinkLost(), False), (GREETING, True), (LinkLost(), False)):
        walk.send(event, OpenDocument("other", "1st"))
        assert walk.effects == (DocumentOpened("other", "1st", attached=attached),)


def test_what_concerns_one_document_names_it(walk):
    for code, about in (
        ("DOCUMENT_NOT_FOUND", DocumentGone("not_found", closes=False, document_id="other")),
        ("DOCUMENT_DELETED", DocumentGone("deleted", closes=False, document_id="other")),
        ("VERSION_CONFLICT", OperationBehind("ann:1", "VERSION_CONFLICT", "other")),
        ("OPERATION_TIMEOUT", OperationUnsure("ann:1", "OPERATION_TIMEOUT", "other")),
        ("INVALID_OPERATION", OperationFailed("ann:1", "INVALID_OPERATION", "other")),
        ("INSUFFICIENT_PERMISSIONS", OperationDenied("ann:1", "INSUFFICIENT_PERMISSIONS", "other")),
    ):
        walk.send(evolve(error(code, message_id="ann:1"), document_id="other"))
        assert [each for each in walk.effects if not isinstance(each, ErrorWeighed | ErrorReported)] == [about]
        assert [each.document_id for each in walk.effects if isinstance(each, ErrorReported)] == ["other"]
    walk.send(evolve(error("INSUFFICIENT_PERMISSIONS"), document_id="other"))
    assert walk.effects[0] == DocumentGone("permission_denied", closes=False, document_id="other")


def test_the_deletion_of_the_url_s_document_alone_ends_the_link(walk):
    walk.send(error("DOCUMENT_DELETED"))
    assert walk.effects[:2] == (DocumentGone("deleted", closes=True), LinkEnded("deleted"))


def test_every_row_is_taken(left_untaken):
    assert left_untaken(ROUTER) == ()


@pytest.mark.parametrize(
    ("hint", "seconds"),
    [
        (5000, 5.0),
        (0, 0.0),
        (250.5, 0.2505),
        (-1, None),
        (True, None),
        ("30", None),
        (None, None),
        ([5000], None),
        (1e300, 86_400.0),
        (10**400, 86_400.0),
    ],
    ids=lambda value: str(value)[:8],
)
def test_a_hint_is_milliseconds_finite_and_bounded_or_it_is_none(hint, seconds):
    """R9; seed defects 44 and 46: 0 became 1000 and '30' a string that was added to the clock."""
    walk = Walk(ROUTER)
    assert isinstance(walk.send(error("MAINTENANCE_MODE", retry_after=hint)), Taken)
    assert walk.effects[0] == WaitAsked(Wait.MAINTENANCE, seconds)


def test_a_limit_without_end_is_cut_to_a_day():
    walk = Walk(ROUTER)
    walk.send(RateLimited(10**400))
    assert walk.effects[0].seconds == 86_400.0


def test_a_wish_to_stay_away_is_handed_on_in_seconds():
    walk = Walk(ROUTER)
    walk.send(error("CONNECTION_LIMIT_EXCEEDED", retry_after=90_000))
    assert walk.effects[0] == LinkUnwelcome(90.0)


@pytest.mark.parametrize("named", [7, None, ["ann:1"], {"id": "ann:1"}, ""])
def test_a_name_that_is_none_means_the_operation_in_flight(named):
    walk = Walk(ROUTER)
    walk.send(error("OPERATION_REJECTED", message_id=named))
    assert walk.effects[0] == OperationFailed("", "OPERATION_REJECTED")


def test_a_product_may_lay_its_own_rows_over_the_policies():
    own = ErrorPolicy("OUR_OWN", Route.AUTH_REVOKED, 0)
    walk = Walk(ROUTER, Context(ERROR_POLICIES.overlay([own])))
    walk.send(error("OUR_OWN"))
    assert walk.effects[0] == TokenRevoked()


def test_defect_37_a_conflict_without_details_is_about_the_operation_in_flight(walk):
    """`details` is optional, and was taken apart as if it were not."""
    bare = error("VERSION_CONFLICT")
    assert bare.details is None
    walk.send(bare)
    assert walk.effects[0] == OperationBehind("", "VERSION_CONFLICT")
