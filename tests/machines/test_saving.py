"""An outbox outlives its program: what comes back is what was pending, under its numbers, or nothing at all."""

import json

import pytest
from attrs import evolve

from machines.algebra import Algebra
from machines.replica import Replica
from machines.saving import HOOKS, restore_outbox, save_outbox
from machines.wire.operations import Delete, Edit, Format, Insert
from machines.wire.text import Text
from statekit.codec import Hook, NotSavable, SnapshotRefused
from tests.machines.algebras import Counter

BOLD = (Format(0, 2, {"bold": True}),)
ANN = (
    Replica("ann", base=Text.of("abc", BOLD), version=3, loaded=True)
    .submitted((Insert(0, "x"), Delete(1, 1)), 0)
    .submitted((Insert(3, "é"),), 1)
    .sent_head(1)
    .submitted(BOLD, 2)
)


def saved(replica, hooks=HOOKS):
    return json.loads(json.dumps(save_outbox(replica, hooks)))


def test_what_is_restored_is_what_was_saved_but_for_the_memory_of_earlier_views():
    restored = restore_outbox(saved(ANN))
    assert restored == evolve(ANN, recent=())
    assert (restored.view, [each.sequence for each in restored.parts]) == (ANN.view, [1, 2, 3])
    assert [each.sent for each in restored.pending] == [True, False, False]
    again = restored.submitted((Insert(0, "y"),), restored.revision)
    assert again.parts[-1].sequence == 4


def test_a_type_of_one_s_own_is_saved_by_hooks_of_one_s_own():
    counter = Counter()
    hooks = HOOKS | {
        Algebra[Text, Edit]: Hook(lambda algebra: algebra.name, {"counter": counter}.__getitem__),
        Text: Hook(int, int),
        Edit: Hook(int, int),
    }
    replica = Replica("ann", algebra=counter, loaded=True).submitted(5, 0)
    assert restore_outbox(saved(replica, hooks), hooks) == evolve(replica, recent=())
    with pytest.raises(NotSavable, match="outbox cannot be saved"):
        save_outbox(replica)


def broken(**members):
    found = saved(ANN)
    return found | {"replica": found["replica"] | members}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, r"\$ must be an object"),
        ({}, r"\$\.outbox must be 1"),
        ({"outbox": 2}, r"\$\.outbox must be 1"),
        ({"outbox": 1}, r"\$\.replica must be an object"),
        (broken(version="3"), r"\$\.replica\.version must be a whole number"),
        (broken(pending=[{}]), r"\$\.replica\.pending\[0\]\.\w+ is missing"),
        (broken(algebra="counter"), r"\$\.replica\.algebra .* must be 'text', or be told by a hook"),
    ],
)
def test_what_is_no_outbox_is_refused_with_its_place(found, said):
    with pytest.raises(SnapshotRefused, match=said):
        restore_outbox(found)
