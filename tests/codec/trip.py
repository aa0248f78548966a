"""A trip: a machine that asks, waits and postpones while it is away, saved there and restored."""

import json
from enum import StrEnum

import pytest
from attrs import frozen

from statekit import Answering, Jitter, Kind, Machine, Rows, after, arm, timer
from statekit.codec import Policy, SnapshotRefused, restore, save
from statekit.testing.walk import Walk


class State(StrEnum):
    HOME = "home"
    AWAY = "away"
    OVER = "over"


HOME, AWAY, OVER = State


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


LEFT = {1: 4.0, 3: 3.0}
