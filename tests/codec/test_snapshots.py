"""A machine saved and restored: time that went by, effects that were lost, versions, and what is refused."""

import json
import subprocess
import sys
from copy import deepcopy
from enum import StrEnum

import pytest
from attrs import evolve, field, frozen

from machines.connection import CONNECTION, Connect, Disconnect
from machines.link import Closed, GoAway, Hello, Opened, OpenFailed, Permitted, TokenReady
from machines.saving import HOOKS
from statekit import Answering, Jitter, Kind, Machine, Rows, Snapshot, Stimulus, Taken, Ticket, after, arm, step, timer
from statekit.codec import (
    Due,
    Forms,
    NotSavable,
    Policy,
    SnapshotRefused,
    check_savable,
    restore,
    save,
    table_digest,
)
from statekit.testing.walk import Walk


class State(StrEnum):
    HOME = "home"
    AWAY = "away"
    OVER = "over"


HOME, AWAY, OVER = State


class Other(StrEnum):
    HOME = "home"


@frozen
class Retries:
    attempts: int = 0


@frozen
class Memory:
    retries: Retries = Retries()
    pause_seconds: float = 5.0


@frozen
class Go:
    pass


@frozen
class Later:
    note: str


@frozen
class Stop:
    pass


@frozen
class Ask:
    pass


@frozen
class Told:
    pass


@frozen
class Untold:
    why: str = ""


@frozen
class Done:
    pass


def pause(memory: Memory) -> float:
    return memory.pause_seconds


def jittered(memory: Memory) -> Jitter:
    return Jitter(memory.pause_seconds, 2 * memory.pause_seconds)


def untold(failure) -> Untold:
    return Untold(f"{failure.effect} {failure.error}")


rows = Rows[State, Memory, Ask]()
again = timer("again", jittered, scope=AWAY)


ASKING = Answering(Ask, (Told, Untold), AWAY, untold)
MEMORY = Memory()


def trip(*, answering=ASKING, context=MEMORY, table=(), limit=1000):
    return Machine(
        "trip",
        initial=HOME,
        context=context,
        states=(
            rows.state(HOME, Kind.REST, ""), rows.state(AWAY, Kind.BUSY, "", entry=(Ask(), arm(again))),
            rows.state(OVER, Kind.ENDED, ""),
        ),
        table=(
            rows.row(HOME, Go, AWAY),
            rows.row(AWAY, Told, HOME),
            rows.row(AWAY, Untold, HOME),
            rows.row(AWAY, after(pause), HOME),
            rows.stay(AWAY, again, arm(again)),
            rows.postpone(AWAY, Later, because="not at home"),
            rows.ignore(HOME, Later, because="it is now"),
            rows.row(HOME, Stop, OVER),
            *table,
        ),
        answering=(answering,),
        postpone_limit=limit,
    )  # fmt: skip


TRIP = trip()


def gone(machine=TRIP):
    walk = Walk(machine)
    walk.send(Go(), Later("a"))
    return walk.snapshot


def saved(machine=TRIP, snapshot=None, left=None, **options):
    return json.loads(json.dumps(save(machine, snapshot or gone(machine), left, **options)))


def restored(found, machine=TRIP, elapsed_seconds=0.0, policy=Policy.RESUME, **options):
    return restore(machine, found, elapsed_seconds=elapsed_seconds, policy=policy, **options)


def refused(found, machine=TRIP, **options):
    with pytest.raises(SnapshotRefused) as caught:
        restored(found, machine, **options)
    return caught.value


# --------------------------------------------------------------------------------------------------------- the format
def test_a_save_reads_like_this():
    tickets = {ticket.name: ticket.number for ticket in gone().tickets}
    assert tickets == {"after pause in away": 1, "Ask": 2, "again": 3}
    assert saved(left={1: 4.0, 3: 3}) == {
        "statekit": 1,
        "machine": "trip",
        "version": 1,
        "table": table_digest(TRIP),
        "state": "away",
        "context": {"retries": {"attempts": 0}, "pause_seconds": 5.0},
        "tickets": [
            {"number": 1, "name": "after pause in away", "scope": "away", "key": None, "kind": "timer",
             "left_seconds": 4.0},
            {"number": 2, "name": "Ask", "scope": "away", "key": None, "kind": "effect", "left_seconds": None},
            {"number": 3, "name": "again", "scope": "away", "key": None, "kind": "timer", "left_seconds": 3},
        ],
        "postponed": [{"event": "Later", "data": {"note": "a"}}],
        "issued": 3,
    }  # fmt: skip


def test_importing_the_engine_does_not_load_cattrs():
    said = "import statekit, sys; sys.exit('cattrs' in sys.modules or 'statekit.codec' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said], timeout=60, check=False).returncode == 0


def once_more(memory: Memory) -> Memory:
    return evolve(memory, retries=Retries(memory.retries.attempts + 1))


def each_pause(memory: Memory) -> int:
    return memory.retries.attempts


def test_the_keys_of_timers_are_kept():
    keyed = timer("keyed", 9.0, scope=HOME, key=each_pause)
    machine = Machine(
        "keyed", initial=HOME, context=MEMORY,
        states=(rows.state(HOME, Kind.REST, ""), rows.state(AWAY, Kind.REST, ""), rows.state(OVER, Kind.ENDED, "")),
        table=(rows.stay(HOME, Go, arm(keyed), update=once_more), rows.row(HOME, keyed, AWAY)),
    )  # fmt: skip
    walk = Walk(machine)
    walk.send(Go(), Go())
    found = restored(saved(machine, walk.snapshot), machine, policy=Policy.RESTART)
    assert found.snapshot == walk.snapshot
    assert found.timers == (Due(Ticket(1, "keyed", "home", 1), 9.0), Due(Ticket(2, "keyed", "home", 2), 9.0))


# ------------------------------------------------------------------------------------------------------------- timers
LEFT = {1: 4.0, 3: 3.0}
PAUSE, AGAIN = Ticket(1, "after pause in away", "away"), Ticket(3, "again", "away")


def test_resumed_timers_have_what_they_had_left_less_the_time_that_went_by():
    found = restored(saved(left=LEFT), elapsed_seconds=3.5)
    assert found.timers == (Due(AGAIN, -0.5), Due(PAUSE, 0.5))


def test_restarted_timers_have_the_delay_of_the_restored_context():
    snapshot = evolve(gone(), context=Memory(pause_seconds=7.0))
    found = restored(saved(snapshot=snapshot), elapsed_seconds=100.0, policy=Policy.RESTART)
    assert found.timers == (Due(PAUSE, 7.0), Due(AGAIN, Jitter(7.0, 14.0)))


def test_fired_timers_are_all_due_in_the_order_they_would_have_been():
    assert restored(saved(left=LEFT), policy=Policy.FIRE).timers == (Due(AGAIN, 0.0), Due(PAUSE, 0.0))


def test_without_remaining_seconds_timers_can_be_restarted_or_fired_but_not_resumed():
    found = saved()
    assert len(restored(found, policy=Policy.RESTART).timers) == len(restored(found, policy=Policy.FIRE).timers) == 2
    assert refused(found).path == "$.tickets[0].left_seconds"


def test_a_timer_that_fired_in_a_stay_that_goes_on_need_not_run():
    machine = trip(table=(rows.stay(AWAY, after(600.0)),))
    walk = Walk(machine)
    walk.send(Go())
    assert [due.delay for due in restored(saved(machine, walk.snapshot), machine, policy=Policy.RESTART).timers] == [
        5.0, 600.0, Jitter(5.0, 10.0),
    ]  # fmt: skip
    walk.fire("after 10 min")
    assert len(restored(saved(machine, walk.snapshot), machine, policy=Policy.RESTART).timers) == 2


@pytest.mark.parametrize("elapsed_seconds", [-1.0, float("inf"), float("nan")])
def test_time_that_cannot_have_gone_by_is_the_callers_error(elapsed_seconds):
    with pytest.raises(ValueError, match="elapsed_seconds"):
        restored(saved(), elapsed_seconds=elapsed_seconds, policy=Policy.FIRE)


@pytest.mark.parametrize("pause_seconds", [-1.0, 1e308])
def test_a_context_whose_delay_functions_break_is_refused_when_timers_restart(pause_seconds):
    found = saved()
    found["context"]["pause_seconds"] = pause_seconds
    assert refused(found, policy=Policy.RESTART).path.startswith("$.tickets[")
    assert restored(found, policy=Policy.FIRE).snapshot.context.pause_seconds == pause_seconds


# ------------------------------------------------------------------------------------------------------------ effects
def test_an_effect_that_was_under_way_is_told_as_failed_under_its_ticket():
    found = restored(saved(), policy=Policy.FIRE)
    assert found.lost == (Stimulus(Untold("Ask Restored"), ticket=2),)
    done = step(TRIP, found.snapshot, found.lost[0])
    assert isinstance(done.verdict, Taken)
    assert done.snapshot == Snapshot(HOME, Memory(), issued=3)


def dialled(*, far=0):
    walk = Walk(CONNECTION)
    walk.send(Connect(), TokenReady(1), Permitted(1))
    moves = (
        lambda: walk.answer(Opened()), lambda: walk.send(Hello(1)), lambda: walk.fire("after settle_delay"),
        lambda: walk.send(GoAway()), lambda: walk.send(Disconnect()),
    )  # fmt: skip
    for move in moves[:far]:
        move()
    return walk.snapshot


@pytest.mark.parametrize("far", range(6))
def test_a_stream_is_lost_by_its_loss_event_and_a_dial_without_one_by_its_failure(far):
    snapshot = dialled(far=far)
    found = restored(saved(CONNECTION, snapshot, None), CONNECTION, policy=Policy.FIRE)
    (loss,) = found.lost
    assert loss.event == (Closed(1006, "Restored") if far else OpenFailed("broken"))
    assert isinstance(step(CONNECTION, found.snapshot, loss).verdict, Taken)


@pytest.mark.parametrize("failed", [lambda _: Go(), lambda _: {}[0]])
def test_an_effect_whose_failed_function_gives_no_outcome_cannot_be_restored(failed):
    def broken(failure):
        return failed(failure)

    machine = trip(answering=Answering(Ask, (Told, Untold), AWAY, broken))
    error = refused(saved(machine), machine, policy=Policy.FIRE)
    assert (error.path, "the `failed` function of Ask" in error.problem) == ("$.tickets[1]", True)
    streaming = trip(
        answering=Answering(Ask, (Untold,), AWAY, untold, opens=Told, ends=(Done,), lost=broken),
        table=(rows.row(AWAY, Done, HOME),),
    )
    error = refused(saved(streaming), streaming, policy=Policy.FIRE)
    assert (error.path, "the `lost` function of Ask" in error.problem) == ("$.tickets[1]", True)


# ----------------------------------------------------------------------------------------------------------- versions
def test_a_save_of_an_earlier_version_goes_through_every_migration():
    found = saved(left=LEFT)
    del found["context"]["retries"]
    found["context"]["pause"] = found["context"].pop("pause_seconds")
    before = deepcopy(found)

    def renamed(old):
        old["context"]["pause_seconds"] = old["context"].pop("pause")
        return old

    def added(old):
        return old | {"context": old["context"] | {"retries": {"attempts": 2}}, "table": "none of ours"}

    result = restored(found, version=3, migrations={1: renamed, 2: added})
    assert result.snapshot == evolve(gone(), context=Memory(Retries(2)))
    assert found == before


@pytest.mark.parametrize(
    ("at", "version", "migrations", "word"),
    [
        (1, 2, {}, "give a migration for 1"),
        (1, 3, {1: dict}, "give a migration for 2"),
        (2, 1, {}, "by a later version"),
        (1, 2, {1: lambda old: old["nothing"]}, "raised KeyError"),
        (1, 2, {1: lambda _: None}, "must be an object"),
        (1, 2, {1: lambda old: old | {"state": {1}}}, "set is not; so the migration from 1"),
        (True, 1, {}, "must be a whole number"),
        ("1", 1, {}, "must be a whole number"),
    ],
)
def test_a_version_that_nothing_leads_on_from_is_refused(at, version, migrations, word):
    assert word in refused(saved() | {"version": at}, version=version, migrations=migrations).problem


def test_a_table_that_changed_under_the_same_version_is_told():
    assert not restored(saved(left=LEFT)).table_changed
    assert restored(saved(left=LEFT) | {"table": "sha256:0"}).table_changed


# ------------------------------------------------------------------------------------------------------------ refused
def put(path, value):
    def edit(found):
        *inner, last = path
        for key in inner:
            found = found[key]
        found[last] = value

    return edit


def drop(*path):
    def edit(found):
        *inner, last = path
        for key in inner:
            found = found[key]
        del found[last]

    return edit


def twice(found):
    found["tickets"].append(found["tickets"][2] | {"number": 4})
    found["issued"] = 4


def ended(found):
    found.update(state="over", tickets=[])


@pytest.mark.parametrize(
    ("edit", "path", "word"),
    [
        (drop("statekit"), "$.statekit", "must be 1"),
        (put(["statekit"], True), "$.statekit", "must be 1"),
        (drop("version"), "$.version", "whole number"),
        (put(["machine"], "tour"), "$.machine", "must be trip"),
        (drop("table"), "$.table", "must be text"),
        (put(["more"], 1), "$.more", "is no field"),
        (put(["state"], "gone"), "$.state", "must be one of home, away, over"),
        (put(["state"], "HOME"), "$.state", "must be one of home, away, over"),
        (put(["context", "retries", "attempts"], "5"), "$.context.retries.attempts", "must be a whole number"),
        (put(["context", "retries", "attempts"], True), "$.context.retries.attempts", "must be a whole number"),
        (put(["context", "retries", "class"], "os.system"), "$.context.retries.class", "is no field of Retries"),
        (drop("context", "retries"), "$.context.retries", "is missing"),
        (put(["tickets", 0, "name"], "after midnight"), "$.tickets[0].name", "must be one of this table's timers"),
        (put(["tickets", 0, "kind"], "effect"), "$.tickets[0].name", "must be one of this table's effects"),
        (put(["tickets", 1, "kind"], "timer"), "$.tickets[1].name", "must be one of this table's timers"),
        (put(["tickets", 0, "scope"], "home"), "$.tickets[0].scope", "must be away"),
        (put(["tickets", 1, "number"], 1), "$.tickets[1].number", "greater than 1"),
        (put(["tickets", 0, "number"], 0), "$.tickets[0].number", "greater than 0"),
        (put(["tickets", 0, "key"], [1]), "$.tickets[0].key", "must be text"),
        (put(["tickets", 0, "key"], "a"), "$.tickets[0].key", "must be null: after pause in away has no key"),
        (put(["tickets", 1, "key"], 1), "$.tickets[1].key", "must be null: Ask has no key"),
        (put(["tickets", 0, "left_seconds"], "4"), "$.tickets[0].left_seconds", "must be a number"),
        (twice, "$.tickets[3].name", "awaited twice"),
        (put(["state"], "home"), "$.tickets[0].scope", "must hold the state home"),
        (drop("tickets", 0), "$.tickets", "must hold the timer 'after pause in away'"),
        (put(["issued"], 2), "$.issued", "must be 3 at least"),
        (put(["postponed", 0, "event"], "Told"), "$.postponed[0].event", "must be one of Go, Later, Stop"),
        (put(["postponed", 0, "event"], "os.system"), "$.postponed[0].event", "must be one of"),
        (put(["postponed", 0, "data"], {"note": 1}), "$.postponed[0].data.note", "must be text"),
        (ended, "$.postponed", "must be empty in over"),
        (put(["context"], float("nan")), "$.context", "must be a number"),
        (put(["context"], b"x"), "$.context", "bytes is not"),
        (put(["context"], {1: 2}), "$.context", "must be text"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_path(edit, path, word):
    found = saved(left=LEFT)
    edit(found)
    error = refused(found)
    assert error.path == path
    assert word in error.problem
    assert str(error) == f"trip cannot be restored: {error.path} {error.problem}"


@pytest.mark.parametrize("found", [None, [], "saved", 5, object()])
def test_what_is_no_save_at_all_is_refused(found):
    assert refused(found).path in ("$", "$.statekit")


def test_a_save_that_nests_beyond_pythons_stack_is_refused():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    error = refused(saved() | {"context": deep})
    assert (error.path, error.problem) == ("$", "nests too deep")
    while deep:  # Python frees what it nests by recursion, too
        deep = deep.pop()


@frozen
class Chain:
    link: "Chain | None" = None


def chain(length):
    found = None
    for _ in range(length):
        found = Chain(found)
    return found


def test_a_context_is_restored_whole_or_refused_however_deep_it_nests():
    machine = trip(context=Chain())
    found = saved(machine, Walk(machine).snapshot)
    problems = set()
    for length in range(10, 400, 10):
        found["context"] = {"link": found["context"]}
        for _ in range(9):
            found["context"] = {"link": found["context"]}
        try:
            assert restored(found, machine, policy=Policy.FIRE).snapshot.context == chain(length + 1)
        except SnapshotRefused as refusal:
            problems.add((refusal.path, refusal.problem))
    assert problems == {("$", "nests too deep")}


def test_a_context_that_nests_too_deep_is_not_saved():
    machine = trip(context=Chain())
    with pytest.raises(NotSavable, match="nests too deep"):
        save(machine, Snapshot(HOME, chain(5000)), None)


def test_more_postponed_events_than_the_machine_keeps_are_refused():
    narrow = trip(limit=1)
    found = saved(narrow, left=LEFT)
    found["postponed"] *= 2
    assert refused(found, narrow).path == "$.postponed"


@frozen
class Positive:
    number: int = field(default=1)

    @number.validator
    def _positive(self, _, value):
        if value < 1:
            raise ValueError("number is at least 1")


def test_a_class_that_does_not_admit_its_values_is_refused_with_its_reason():
    machine = trip(context=Positive())
    found = saved(machine, evolve(Walk(machine).snapshot), None)
    found["context"]["number"] = 0
    error = refused(found, machine)
    assert (error.path, error.problem) == ("$.context", "is no Positive: ValueError: number is at least 1")


# -------------------------------------------------------------------------------------------------------- not savable
@frozen
class Holding:
    call: object = None
    inner: "Callable" = print  # noqa: F821


@frozen
class Listing:
    found: list = ()


@pytest.mark.parametrize(
    ("machine", "path", "word"),
    [
        (trip(context=Listing()), "$.context.found", "hooks={list: Hook(save, restore)}"),
        (trip(context=Holding()), "$.context.inner", "cannot be resolved"),
        (trip(context=print), "$.context", "has no form in JSON"),
        (trip(table=(rows.postpone(AWAY, Listing, because="no"), rows.ignore(HOME, Listing, because="no"))),
         "$.postponed: Listing.found", "has no form in JSON"),
    ],
)  # fmt: skip
def test_a_machine_that_cannot_be_saved_is_told_before_anything_is(machine, path, word):
    for attempt in (
        lambda: check_savable(machine),
        lambda: save(machine, Walk(machine).snapshot, None),
        lambda: restored(saved(), machine),
    ):
        with pytest.raises(NotSavable) as caught:
            attempt()
        assert caught.value.path == path
        assert word in caught.value.problem


def test_an_event_that_no_row_postpones_needs_no_form():
    check_savable(trip(table=(rows.ignore(HOME, Listing, because="no"),)))


@pytest.mark.parametrize(
    ("snapshot", "path"),
    [
        (Snapshot(Other.HOME, Memory()), "$.state"),
        (Snapshot(HOME, Retries()), "$.context"),
        (Snapshot(HOME, Memory(pause_seconds=float("inf"))), "$.context.pause_seconds"),
        (Snapshot(HOME, Memory(Retries("two"))), "$.context.retries.attempts"),
        (Snapshot(AWAY, Memory(), (Ticket(1, "other", "away"),), issued=1), "$.tickets[0].name"),
        (Snapshot(AWAY, Memory(), (Ticket(1, "again", "away", key=1.5),), issued=1), "$.tickets[0].key"),
        (Snapshot(AWAY, Memory(), postponed=(Told(),)), "$.postponed[0]"),
        (Snapshot(AWAY, Memory(), postponed=(Later(7),)), "$.postponed[0].note"),
    ],
)
def test_a_snapshot_that_is_none_of_the_machines_is_not_saved(snapshot, path):
    with pytest.raises(NotSavable) as caught:
        save(TRIP, snapshot, None)
    assert caught.value.path == path


def test_forms_that_are_kept_serve_as_hooks():
    forms = Forms(HOOKS)
    assert save(TRIP, gone(), LEFT, hooks=forms) == save(TRIP, gone(), LEFT, hooks=forms) == save(TRIP, gone(), LEFT)
