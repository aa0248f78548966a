"""A law of the operation pipeline: whatever the network does, all replicas end with one document, each operation in it
once, and those of one author in the order in which they were made."""

from collections import Counter

import pytest

from tests.laws.histories import World, judge
from tests.laws.servers import TEXTS
from tests.machines.algebras import BOARDS, COUNTERS, RICH_TEXTS

CHUNK = 1000
TROUBLES = {
    "blamed", "conflict", "double", "drop", "lose", "lost acknowledgement", "overtake", "put back", "turned down",
    "unsure",
}  # fmt: skip


def run(seeds, kind=TEXTS):
    """Live through the histories of these numbers; a failure names the one it is about."""
    did = Counter()
    for seed in seeds:
        world = World(seed, kind)
        try:
            world.lives()
            judge(world)
        except Exception as error:
            error.add_note(f"in the history {seed}")
            raise
        did += world.did
    assert did.keys() >= TROUBLES, "a thousand histories have every trouble in them"
    return did


@pytest.mark.parametrize("chunk", range(20))
def test_all_replicas_converge_and_every_operation_is_applied_once_in_order(chunk):
    run(range(chunk * CHUNK, (chunk + 1) * CHUNK))


@pytest.mark.parametrize("kind", [pytest.param(each, id=each.algebra.name) for each in (RICH_TEXTS, COUNTERS, BOARDS)])
def test_so_do_replicas_of_any_type(kind):
    run(range(CHUNK), kind)


@pytest.mark.deep
@pytest.mark.parametrize("chunk", range(20, 120))
def test_a_hundred_thousand_more_histories(chunk):
    run(range(chunk * CHUNK, (chunk + 1) * CHUNK))
