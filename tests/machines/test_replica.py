"""A replica: what is pending follows what others did, and the view never forgets what its user made."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from machines.replica import MEMORY, Part, Pending, Replica
from machines.wire.messages import Document, DocumentSync, SyncedOperation
from machines.wire.operations import Delete, Insert, Retain
from machines.wire.text import Text, apply

ANN = Replica("ann", base=Text("abc"), version=3, loaded=True)


def put(content, position=0):
    return (Insert(position, content),)


def pending(sequence, edit, *, sent=False):
    return Pending((Part(sequence, edit),), sent)


def sync(text, version, *operations):
    return DocumentSync(Document("d", version, Text(text)), operations)


def entry(edit, version, client_id="bob", number=1):
    return SyncedOperation(edit, version, client_id, f"{client_id}:{number}")


def test_the_view_is_the_base_with_what_is_pending():
    ann = ANN.submitted(put("x"), 0).submitted(put("y", 1), 1)
    assert (ann.view, ann.base) == (Text("xyabc"), Text("abc"))
    assert ann.pending == (pending(1, put("x")), pending(2, put("y", 1)))


def test_an_acknowledgement_moves_the_head_into_the_base_and_changes_no_view():
    ann = ANN.submitted(put("x"), 0).sent_head(1)
    settled = ann.acknowledged(4)
    assert (settled.base, settled.version, settled.pending) == (Text("xabc"), 4, ())
    assert (settled.view, settled.revision) == (ann.view, ann.revision)


def test_a_remote_operation_goes_below_what_is_pending():
    ann = ANN.submitted(put("x", 3), 0).submitted(put("y", 4), 1)
    told = ann.received(put("R"), "bob", 4)
    assert told.view == Text("Rabcxy")
    assert [each.edit for each in told.parts] == [put("x", 4), put("y", 5)]
    assert apply(ann.view, told.recent[-1]) == told.view


@pytest.mark.parametrize(("other", "view"), [("abe", "RXabc"), ("bob", "XRabc")])
def test_at_one_place_the_smaller_client_id_stays_left(other, view):
    assert ANN.submitted(put("X"), 0).received(put("R"), other, 4).view == Text(view)


def test_rolling_the_head_back_keeps_what_came_after_it():
    ann = ANN.submitted(put("x"), 0).submitted(put("y", 1), 1)
    dropped = ann.without()
    assert (dropped.view, dropped.base) == (Text("yabc"), Text("abc"))
    assert dropped.pending == (pending(2, put("y")),)
    assert apply(ann.view, dropped.recent[-1]) == dropped.view


def test_what_was_sent_stays_sent_when_it_is_rewritten():
    """O2: rewritten, never merged; sharedb #327."""
    ann = ANN.submitted(put("x", 3), 0).sent_head(1).submitted(put("y", 4), 1).received(put("R"), "bob", 4)
    assert [(each.sequence, each.sent) for each in ann.pending] == [(1, True), (2, False)]


def test_numbers_go_up_and_name_the_message_on_every_resend():
    """O4."""
    ann = ANN.submitted(put("x"), 0).acknowledged(4).submitted(put("y"), 1)
    assert [each.sequence for each in ann.pending] == [2]
    assert ann.message_id(2) == "ann:2"


# ------------------------------------------------------------------------------------------------------------ revisions
def test_defect_36_an_edit_made_on_an_older_view_is_carried_to_the_present_one():
    """Local edits raced the server's state."""
    ann = ANN.received(put("R"), "bob", 4).received(put("S", 4), "bob", 5)
    assert ann.submitted(put("x", 3), 0).view == Text("RabcSx")
    assert ann.submitted((Delete(0, 1),), 0).view == Text("RbcS")


def test_an_edit_that_does_not_fit_or_comes_from_nowhere_is_not_understood():
    assert ANN.fits(put("x", 3), 0)
    for edit, revision in ((put("x", 4), 0), ((Delete(2, 2),), 0), (put("x"), 1), (put("x"), -1)):
        assert not ANN.fits(edit, revision)


def test_views_from_too_long_ago_are_forgotten():
    ann = ANN
    for version in range(MEMORY + 1):
        ann = ann.received(put("r"), "bob", 4 + version)
    assert len(ann.recent) == MEMORY
    assert ann.fits(put("x"), 1)
    assert not ann.fits(put("x"), 0)


# ----------------------------------------------------------------------------------------------------------------- sync
def test_a_first_sync_brings_the_document_below_what_was_made_before_it():
    fresh = Replica("ann").submitted(put("mine"), 0)
    loaded = fresh.synced(sync("abc", 7))
    assert (loaded.base, loaded.version, loaded.loaded) == (Text("abc"), 7, True)
    assert loaded.view == Text("abcmine")


def test_what_the_sync_shows_of_ours_has_arrived():
    ann = ANN.submitted(put("x"), 0).sent_head(1)
    caught_up = ann.synced(sync("xRabc", 5, entry(put("R"), 4), entry(put("x"), 5, "ann", 1)))
    assert (caught_up.pending, caught_up.view, caught_up.version) == ((), Text("xRabc"), 5)


def test_what_the_sync_repeats_is_not_applied_twice():
    known = ANN.received(put("R"), "bob", 4)
    assert known.synced(sync("Rabc", 4, entry(put("R"), 4))) == known


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(sync("new", 9, entry(put("n"), 9)), id="history gone"),
        pytest.param(sync("new", 2), id="the server has lost versions"),
        pytest.param(sync("new", 4, entry(put("n", 99), 4)), id="an operation that does not fit"),
    ],
)
def test_defect_38_where_the_history_does_not_lead_on_the_document_replaces_ours(answer):
    """No path for a server that is behind, or for an operation that cannot be carried."""
    ann = ANN.submitted(put("mine", 3), 0).sent_head(1)
    replaced = ann.synced(answer)
    assert (replaced.base, replaced.version) == (Text("new"), answer.document.version)
    assert replaced.view == Text("newmine")
    assert apply(ann.view, replaced.recent[-1]) == replaced.view
    assert replaced.pending[0].sequence == 1


def test_what_the_server_had_before_its_document_replaced_ours_is_not_kept_twice():
    ann = ANN.submitted(put("x"), 0).sent_head(1).submitted(put("y", 4), 1)
    replaced = ann.synced(sync("Rxabc", 9))
    assert replaced.view == Text("Rxxabcy"), "the answer did not say that it is in"
    told = replaced.synced(evolve(sync("Rxabc", 9), last_message_id="ann:1"))
    assert (told.view, told.version) == (Text("Rxabcy"), 9)
    assert [each.sequence for each in told.parts] == [2]
    assert ann.synced(evolve(sync("Rxabc", 9), last_message_id="ann:1")) == evolve(
        told, revision=ann.revision + 1, recent=(*ann.recent, put("R"))
    ), "said at once, it never shows"


def test_operations_rewritten_to_nothing_still_await_their_end():
    """O3: the server is still asked to take it, so that it ends as every other."""
    ann = ANN.submitted((Delete(0, 1),), 0).received((Delete(0, 2),), "bob", 4)
    assert (ann.view, ann.pending) == (Text("c"), (pending(1, ()),))


# ----------------------------------------------------------------------------------------------------------- properties
@st.composite
def edits(draw, length):
    position = draw(st.integers(0, length))
    if position < length and draw(st.booleans()):
        return (Delete(position, draw(st.integers(1, length - position))),)
    return draw(st.sampled_from(((), (Retain(length),) if length else ()))) + put(
        draw(st.sampled_from("xyz")), position
    )


@given(st.data(), st.lists(st.sampled_from(("submit", "receive", "send", "ack", "drop")), max_size=12))
def test_every_change_of_the_view_is_told_and_nothing_else_changes_it(data, happenings):
    ann = ANN
    for happening in happenings:
        before, head = ann, ann.pending[:1]
        match happening:
            case "submit":
                ann = ann.submitted(data.draw(edits(len(ann.view))), ann.revision)
            case "receive":
                edit = data.draw(edits(len(ann.base)))
                ann = ann.received(edit, data.draw(st.sampled_from(("abe", "bob"))), ann.version + 1)
            case "send" if head:
                ann = ann.sent_head(1)
            case "ack" if head:
                ann = ann.acknowledged(ann.version + 1)
            case "drop" if head:
                ann = ann.without()
        told = ann.recent[len(ann.recent) - (ann.revision - before.revision) :]
        view = before.view
        for edit in told:
            view = apply(view, edit)
        assert view == ann.view


@given(st.data(), st.lists(st.booleans(), max_size=8))
def test_a_snapshot_and_the_history_lead_to_the_same_base(data, mine):
    ann, text, history = ANN, ANN.base, []
    for own in mine:
        if own:
            ann = ann.submitted(data.draw(edits(len(ann.view))), ann.revision)
        else:
            edit = data.draw(edits(len(text)))
            text = apply(text, edit)
            history.append(entry(edit, 4 + len(history)))
    answer = evolve(sync("", 3 + len(history), *history), document=Document("d", 3 + len(history), text))
    caught_up, replaced = ann.synced(answer), ann.synced(evolve(answer, operations=()))
    assert caught_up.base == replaced.base == text
    assert [each.sequence for each in caught_up.pending] == [each.sequence for each in replaced.pending]
