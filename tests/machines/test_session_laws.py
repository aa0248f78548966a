"""Laws of the session, in random worlds: what none of the nine lifecycles can promise alone."""

import random
from typing import get_type_hints

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from machines import auth_refresh, circuit_breaker, connection, error_storm, hold
from machines.auth_refresh import AUTH_REFRESH, Login, PromptLogin, Refreshed
from machines.circuit_breaker import CIRCUIT_BREAKER, Reset
from machines.conflict_recovery import CONFLICT_RECOVERY, DETACHED, HALTED
from machines.connection import (
    ACQUIRING,
    AUTHORIZING,
    BACKING_OFF,
    CLOSING,
    CONNECTION,
    FAILED,
    IDLE,
    PARKED,
    PERMITTED,
    READY,
    SETTLING,
    SOCKET,
    STABLE,
    SUSPENDED,
    Connect,
    Disconnect,
)
from machines.error_storm import ERROR_STORM, LATCHED, TRIPPED, StormBegan
from machines.gates import Gate
from machines.heartbeat import DORMANT, HEARTBEAT
from machines.hold import HOLD
from machines.link import Abandon, Close, Closed, Dial, Opened, Send
from machines.rate_limit import RATE_LIMIT
from machines.session import SESSION
from machines.wire.messages import DocumentEdit, SyncRequest
from statekit import Broken, Forbidden, Refused, Stale, Taken, Unhandled
from statekit.keyed import member_of
from tests.machines.linked import DROPPED, GREETING, hear
from tests.machines.world import APPLICATION, SMALL, World, open_gates

CHOICES = st.lists(st.integers(0, 1_000_000), min_size=70, max_size=70)
walks = settings(max_examples=60, deadline=None)


def each_step(choices):
    world = World()
    for choice in choices:
        yield world, world.walk
        world.next(choice)
    yield world, world.walk


@walks
@given(CHOICES)
def test_nothing_ever_breaks_or_is_forbidden_or_goes_unanswered(choices):
    """A law of the system: every hop of every transaction has a verdict that the tables meant."""
    for world, _ in each_step(choices):
        wrong = [hop for hop in world.hops if isinstance(hop.verdict, Broken | Forbidden | Refused | Unhandled)]
        assert wrong == []
        world.hops.clear()


@walks
@given(CHOICES)
def test_there_is_one_socket_at_most_and_none_that_nobody_wants(choices):
    """C1: a dial or socket is live exactly in the states that have one, and a late open is disposed of."""
    for _, walk in each_step(choices):
        dials = [ticket for ticket in walk.of(CONNECTION).tickets if ticket.name == "Dial"]
        assert len(dials) == (walk.state(CONNECTION) in SOCKET)
        if isinstance(walk.verdict, Stale) and isinstance(walk.done.path[0].event, Opened):
            assert walk.effects == (Abandon(),)


@walks
@given(CHOICES)
def test_no_dial_presents_a_token_that_is_refused_expired_or_gone(choices):
    """C3, A4, A5 and A10."""
    for _, walk in each_step(choices):
        auth = walk.of(AUTH_REFRESH)
        for effect in walk.effects:
            if isinstance(effect, Dial):
                assert effect.generation == auth.context.generation > auth.context.rejected
                assert not auth.context.expired
        if auth.state in (auth_refresh.SIGNED_OUT, auth_refresh.REAUTH_REQUIRED):
            assert walk.state(CONNECTION) in (IDLE, FAILED, PARKED, CLOSING, BACKING_OFF, SUSPENDED)


@walks
@given(CHOICES)
def test_a_permit_is_reported_exactly_once_on_every_way_out(choices):
    """C8."""
    for world, walk in each_step(choices):
        assert world.granted - world.reported == (walk.state(CONNECTION) in PERMITTED)


@walks
@given(CHOICES)
def test_the_fast_phase_is_bounded_and_only_stability_or_a_new_wish_shortens_a_delay(choices):
    """C4, C5 and C10."""
    attempts = 0
    for _, walk in each_step(choices):
        context = walk.of(CONNECTION).context
        connected = any(isinstance(hop.event, Connect) for hop in walk.done.path)
        over = walk.state(CONNECTION) in (STABLE, IDLE, CLOSING, FAILED)
        assert context.retries.attempts >= attempts or over or connected
        attempts = context.retries.attempts
        for label, delay in walk.timers(CONNECTION).items():
            if label == "after backoff_delay":
                assert attempts <= 2
                assert 0.1 <= delay.low_seconds <= delay.high_seconds <= 30.0
            if label == "after suspended_delay":
                assert delay.low_seconds >= 30.0


@walks
@given(CHOICES)
def test_whoever_waits_waits_for_somebody_who_will_come(choices):
    """C6: no state of the connection is a dead end while a connection is wanted."""
    busy = (auth_refresh.REFRESHING, auth_refresh.RETRY_WAIT, auth_refresh.OFFLINE_HOLD)
    shut = (circuit_breaker.OPEN, circuit_breaker.HALF_OPEN, circuit_breaker.FORCED_OPEN)
    for _, walk in each_step(choices):
        state, gates = walk.state(CONNECTION), walk.of(CONNECTION).context.gates
        out = walk.state(AUTH_REFRESH) in (auth_refresh.SIGNED_OUT, auth_refresh.REAUTH_REQUIRED)
        assert gates == shut_by_their_owners(walk)
        assert (Gate.REAUTH in gates) == out
        assert state is not ACQUIRING
        assert state is not AUTHORIZING or walk.state(AUTH_REFRESH) in busy
        assert state is not PARKED or gates or walk.state(CIRCUIT_BREAKER) in shut
        if state in connection.WAITING or (state in SOCKET and state is not STABLE):
            assert walk.timers(CONNECTION)


@walks
@given(CHOICES)
def test_heartbeat_and_operations_follow_the_link(choices):
    """C2 and O5: they are awake exactly while messages can flow, and nothing of the document is sent otherwise."""
    for _, walk in each_step(choices):
        ready = walk.state(CONNECTION) in READY
        assert (walk.state(HEARTBEAT) is not DORMANT) == ready
        for document in walk.snapshot.keys(CONFLICT_RECOVERY):
            assert walk.state(CONFLICT_RECOVERY, document) in (DETACHED, HALTED) or ready
        for effect in walk.effects:
            if isinstance(effect, Send) and isinstance(effect.message, DocumentEdit | SyncRequest):
                assert ready
        if walk.state(CONNECTION) is FAILED:
            assert {walk.state(CONFLICT_RECOVERY, each) for each in walk.snapshot.keys(CONFLICT_RECOVERY)} == {HALTED}


@walks
@given(CHOICES)
def test_a_gate_that_is_shut_lets_no_dial_pass_and_an_operation_that_is_kept_is_not_sent(choices):
    """Section 8.2, O5 and R1, across every interleaving of the nine."""
    for _, walk in each_step(choices):
        held, limits = walk.of(HOLD).context, walk.of(RATE_LIMIT).context.limits
        for effect in walk.effects:
            if isinstance(effect, Dial):
                assert not shut_by_their_owners(walk)
            if isinstance(effect, Send) and isinstance(effect.message, DocumentEdit):
                assert not hold.holds_link(held)
                assert not hold.is_read_only(held)
                assert not hold.locks(held, effect.message.document_id)
                assert not limits


@walks
@given(CHOICES)
def test_a_storm_closes_its_link_once_and_ends_in_another_try_or_in_giving_up(choices):
    """S2, S3 and G3: what follows from a storm never feeds it."""
    for _, walk in each_step(choices):
        storms = sum(isinstance(each, StormBegan) for each in walk.published)
        closes = walk.effects.count(Close(4999))
        assert closes <= storms <= 1
        if walk.state(ERROR_STORM) is TRIPPED:
            assert "after cooldown" in walk.timers(ERROR_STORM)
        if walk.state(ERROR_STORM) is LATCHED:
            assert walk.state(CONNECTION) in (FAILED, IDLE, CLOSING)
        assert len([hop for hop in walk.done.path if isinstance(hop.event, error_storm.ErrorSeen)]) <= 1


@walks
@given(CHOICES)
def test_no_operation_is_lost_or_ends_twice(choices):
    """G2 and O3 across every interleaving of the six."""
    for world, walk in each_step(choices):
        for document in walk.snapshot.keys(CONFLICT_RECOVERY):
            replica = walk.of(CONFLICT_RECOVERY, document).context.replica
            ended = [sequence for name, sequence in world.outcomes if name == document]
            ends = [*ended, *(each.sequence for each in replica.parts)]
            assert sorted(ends) == list(range(1, replica.sequence + 1))


@walks
@given(CHOICES)
def test_a_friendly_world_always_leads_to_a_stable_link(choices):
    """C12: from wherever a random one has led."""
    *_, (_, walk) = each_step(choices)
    walk.send(CIRCUIT_BREAKER, Reset())
    walk.send(CONNECTION, Connect())
    for _ in range(30):
        if walk.state(CONNECTION) is STABLE:
            break
        befriend(walk)
    assert walk.state(CONNECTION) is STABLE
    assert walk.state(AUTH_REFRESH) not in (auth_refresh.SIGNED_OUT, auth_refresh.REAUTH_REQUIRED)


def shut_by_their_owners(walk):
    """Name the gates that each owner's state shuts."""
    held = walk.of(HOLD).context
    shut = {
        "reauth": walk.state(AUTH_REFRESH) in (auth_refresh.SIGNED_OUT, auth_refresh.REAUTH_REQUIRED),
        "storm": walk.state(ERROR_STORM) in (TRIPPED, LATCHED),
        "maintenance": held.maintenance.running or held.unavailable.running,
        "offline": held.offline,
        "hidden": held.hidden,
    }
    return {gate for gate, is_shut in shut.items() if is_shut}


def befriend(walk):
    """Do the next thing that a friendly world would."""
    can, state = walk.answerable(CONNECTION), walk.state(CONNECTION)
    if state is PARKED and walk.of(CONNECTION).context.gates:
        open_gates(walk, 2)
    elif walk.state(AUTH_REFRESH) in (auth_refresh.SIGNED_OUT, auth_refresh.REAUTH_REQUIRED):
        walk.send(AUTH_REFRESH, Login(None))
    elif state in (IDLE, FAILED):
        walk.send(CONNECTION, Connect())
    elif Opened in can:
        walk.answer(CONNECTION, Opened())
    elif state is connection.HANDSHAKING:
        hear(walk, GREETING)
    elif Closed in can and state is CLOSING:
        walk.answer(CONNECTION, Closed(1000))
    elif walk.answerable(AUTH_REFRESH):
        walk.answer(AUTH_REFRESH, Refreshed(None))
    else:
        due = {SETTLING: "after settle_delay", BACKING_OFF: DROPPED, SUSPENDED: "after suspended_delay"}
        label = due.get(state) or ("after drain_delay" if state is connection.DRAINING else None)
        member = CONNECTION if label else CIRCUIT_BREAKER if state is PARKED else AUTH_REFRESH
        walk.fire(member, label or next(at for at in walk.timers(member) if at not in ("expiry", "refresh_due")))


@walks
@given(CHOICES)
def test_a_disconnect_leaves_nothing_that_could_dial_again(choices):
    """G6: within the close's deadline; Phoenix #6578."""
    *_, (_, walk) = each_step(choices)
    walk.send(CONNECTION, Disconnect())
    if walk.state(CONNECTION) is CLOSING:
        walk.fire(CONNECTION, "after close_seconds")
    assert walk.state(CONNECTION) in (IDLE, FAILED)
    assert walk.of(CONNECTION).tickets == ()
    for member, event in APPLICATION:
        if not isinstance(event, Connect):
            walk.send(member, event)
            assert Dial not in map(type, walk.effects)


@walks
@given(CHOICES)
def test_a_login_is_prompted_for_once_each_time_it_is_lost(choices):
    """A10."""
    *_, (world, _) = each_step(choices)
    hops = [hop.verdict for hop in world.hops if hop.member == AUTH_REFRESH.name and isinstance(hop.verdict, Taken)]
    lost = auth_refresh.REAUTH_REQUIRED
    became = sum(verdict.target is lost and verdict.source is not lost for verdict in hops)
    assert became == sum(isinstance(each, PromptLogin) for each in world.published)


def test_equal_worlds_have_equal_histories():
    """Replays: the same stimuli give the same snapshots, orders and news."""
    ends = []
    for _ in range(2):
        chance, world = random.Random(7), World()
        for _ in range(400):
            world.next(chance.randrange(1_000_001))
        ends.append((world.walk.snapshot, world.hops, world.published, world.orders))
    assert ends[0] == ends[1]


def test_every_wire_carries_something():
    """Over a fixed set of random worlds: a wire that nothing ever takes would be one that nobody has tested."""
    carried, told = set(), set()
    stormy = evolve(SMALL, error_storm=error_storm.Options(errors_max=1, trips_max=2))
    for seed in range(50):
        chance, world = random.Random(seed), World(stormy if seed % 3 == 0 else SMALL)
        for _ in range(250):
            world.next(chance.randrange(1_000_001))
        carried |= {(member_of(hop.member), type(hop.event)) for hop in world.hops}
        told |= set(map(type, world.published))
    for line in SESSION.wiring:
        if line.target is None or line.make is None:
            assert line.signal in told, line.signal
            continue
        made = get_type_hints(line.make)["return"]
        kinds = getattr(made, "__args__", (made,))
        assert any((line.target.name, kind) in carried for kind in kinds), line.make
