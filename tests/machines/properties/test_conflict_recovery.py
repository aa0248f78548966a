"""What is claimed of conflict_recovery holds, every claim notices a mistake, and what other clients do is refuted."""

import pytest
from attrs import evolve

from machines.conflict_recovery import DETACHED, HALTED, NEXT, send_head
from machines.document import Attach, CloseDocument, Detach, Open, OperationEnded, Outcome
from machines.link import Send
from machines.outbox import mark_sent, roll_back, settle_head, take_remote, take_sync
from machines.properties.conflict_recovery import MODEL, lives
from machines.properties.server import BOB
from machines.properties.settings import LONG_LIVES, SETTINGS, SHORT_LIVES
from machines.replica import Part, Pending
from machines.text import TEXT
from machines.trying import ask, count_round
from machines.wire.messages import DocumentEdit
from statekit.check.explore import explore
from statekit.check.properties import Sort
from statekit.check.rewriting import Rewriting
from statekit.row import Row
from tests.machines.properties.refuting import claims_of, instead, refuted, shown


# ------------------------------------------------------------------------------------------------- other functions
def never(_):
    """It does not hold."""
    return False


def always(_):
    """It holds."""
    return True


def nothing(context):
    """Nothing is noted."""
    return context


def is_pending(context):
    """Is there anything?"""
    return bool(context.replica.pending)


def only_one(context, event):
    """Whoever waits makes everybody wait."""
    return not context.replica.pending and context.replica.fits(event.edit, event.revision)


def send_all(context) -> tuple[Send, ...]:
    """Everything that is pending goes at once."""
    replica = context.replica
    return tuple(
        Send(
            DocumentEdit(
                replica.edit(each),
                replica.version,
                client_id=replica.client_id,
                message_id=replica.message_id(each.sequence),
            )
        )
        for each in replica.pending
    )


def send_on_an_old_version(context) -> Send:
    """It is said to be made on the first version that there was."""
    return Send(evolve(send_head(context).message, base_version=0))


def merge_into_what_was_sent(context):
    """What was made meanwhile rides along on a resend."""
    replica = context.replica
    unsent = tuple(evolve(each, sent=False) for each in replica.pending)
    return mark_sent(evolve(context, replica=evolve(replica, pending=unsent)))


def acknowledge_the_refused(context, event):
    """A refusal is taken for an acknowledgement."""
    done = roll_back(context, event)
    return evolve(done, ended=tuple(evolve(each, outcome=Outcome.ACKNOWLEDGED) for each in done.ended))


def reject_the_acknowledged(context, event):
    """An acknowledgement is taken for a refusal."""
    done = settle_head(context, event)
    return evolve(done, ended=tuple(evolve(each, outcome=Outcome.REJECTED) for each in done.ended))


def roll_back_all(context, event):
    """What one is refused for all are."""
    ended = tuple(OperationEnded(each.sequence, Outcome.REJECTED, each.edit) for each in context.replica.parts)
    return evolve(roll_back(context, event), replica=evolve(context.replica, pending=()), ended=ended)


def settle_and_keep(context, event):
    """The end is told before the operation is gone."""
    return evolve(context, ended=settle_head(context, event).ended)


def settle_one_too_many(context, event):
    """One version too many is counted."""
    done = settle_head(context, event)
    return evolve(done, replica=evolve(done.replica, version=done.replica.version + 1))


def settle_the_number_alone(context, event):
    """The version is known, and what it was is not."""
    done = settle_head(context, event)
    return evolve(done, replica=evolve(done.replica, base=context.replica.base))


def number_all_alike(context, event):
    """The number is not counted on."""
    replica = context.replica
    return evolve(context, replica=evolve(replica.submitted(event.edit, event.revision), sequence=replica.sequence))


def queue_first(context, event):
    """What comes last goes first."""
    replica = context.replica.submitted(event.edit, event.revision)
    *others, last = replica.pending
    return evolve(context, replica=evolve(replica, pending=(last, *others)))


def rebase_each_alone(context, event):
    """Everything pending is carried past what came, and that past nothing."""
    replica, came = context.replica, event.broadcast.operation
    pending = tuple(
        Pending(
            tuple(Part(part.sequence, TEXT.transform(part.edit, came, first=True)) for part in each.parts), each.sent
        )
        for each in replica.pending
    )
    done = take_remote(context, event)
    return evolve(done, replica=evolve(done.replica, pending=pending))


def forget_the_head(context):
    """What was in flight when the link broke is gone."""
    return evolve(context, replica=evolve(context.replica, pending=context.replica.pending[1:]))


def take_the_text_alone(context, event):
    """What the server says it has of ours is not heard."""
    return take_sync(context, evolve(event, sync=evolve(event.sync, operations=(), last_message_id=None)))


def ask_without_a_number(context):
    """All questions are alike."""
    return evolve(context, asked=max(context.asked, 1), syncs=1)


def ask_without_counting(context):
    """A conflict does not count."""
    return evolve(count_round(context), tries=context.tries)


def with_rows(change):
    """Give the machine with some rows changed; for None a row stays as it is."""

    def part(each):
        return ((change(each) or each) if isinstance(each, Row) else each,)

    return Rewriting(MODEL.subject, part=part).machine()


def unlinked(_):
    """No link comes to it, opened before or with one."""
    begins = (Attach, Open)
    return with_rows(lambda row: evolve(row, target=HALTED) if row.trigger in begins and row.target else None)


def kept_open(_):
    """A close is no more than a halt, and of what is halted a reopening."""
    return with_rows(
        lambda row: (
            evolve(row, target=DETACHED if row.source is HALTED else HALTED) if row.trigger is CloseDocument else None
        )
    )


# --------------------------------------------------------------------------------------------------------- the claims
UNLINKED = "row DETACHED Attach: dropped"

KILLS = (
    ("O1", {"send_head": send_all}),
    ("O2", {"mark_sent": merge_into_what_was_sent}),
    ("O3", "row in_flight Acknowledged if acks_head: without tell_ended"),
    ("O3 once", {"take_sync": take_the_text_alone}),
    ("O3 truth", {"roll_back": acknowledge_the_refused}),
    ("O3 reason", {"settle_head": reject_the_acknowledged}),
    ("O3 answers", "row in_flight Acknowledged if about_head: dropped"),
    ("O3 head", {"roll_back": roll_back_all}),
    ("O4", {"accept": number_all_alike}),
    ("O4 names", "stay DETACHED Open if is_new: dropped"),
    ("O4 resend", {"send_head": send_on_an_old_version}),
    ("O5", "row in_flight Granted if names_head: without send_head"),
    ("O5 held", "choice next to HELD if is_held: dropped"),
    ("O5 holds", {"release": nothing}),
    ("O5 denied", {"allow": nothing}),
    ("O5 offers", "choice next to AWAITING if one_pending: without offer_head"),
    ("O6", {"settle_head": settle_one_too_many}),
    ("O6 gaps", "row SYNCED, in_flight, HELD RemoteEdit: dropped"),
    ("O7", "row asking Synced if answers_us: without its guard"),
    ("O7 link", UNLINKED),
    ("O7 reasons", "row SYNCED Submit if acceptable: led to SYNC_WAIT"),
    ("O7 numbers", {"ask": ask_without_a_number}),
    ("O8", "choice next to AWAITING if one_pending: without disarm ack_overdue"),
    ("O8 answers", {"ask_again": ask}),
    ("O8 edits", {"await_turn": nothing}),
    ("O8 pauses", "row SYNC_WAIT after sync_wait: dropped"),
    ("O8 times", "option sync_seconds read as +1"),
    ("O9", {"accept": queue_first}),
    ("O9 accepted", {"acceptable": only_one}),
    ("O9 bound", "option queue_max read as +1"),
    ("O10", "row SYNCED, in_flight, HELD RemoteEdit: dropped"),
    ("O10 base", {"settle_head": settle_the_number_alone}),
    ("O10 pending", "choice next to AWAITING if one_pending: dropped"),
    ("O10 told", "row in_flight RemoteEdit if is_next: without tell_changes"),
    ("O11", "choice caught up to next if given_up: dropped"),
    ("O11 counted", "row in_flight Detach if blamed: dropped"),
    ("O11 given up", {"given_up": is_pending}),
    ("O11 pauses", {"first_try": always}),
    ("O11 spent", "option retries_max read as +1"),
    ("O12", {"settle_head": settle_and_keep}),
    ("halt", "row open Halt: without tell_ended"),
    ("saved", "stay open Persist: without save_outbox"),
    ("rest", "row SYNC_WAIT after sync_wait: dropped"),
    ("RESOLVING", unlinked),
    ("SYNCED", "choice next to SYNCED if nothing_pending: dropped"),
    ("AWAITING", {"one_pending": never}),
    ("AWAITING_BUFFERED", {"acceptable": only_one}),
    ("RESYNCING", unlinked),
    ("SYNC_WAIT", unlinked),
    ("HELD", unlinked),
    ("HALTED", "row open Halt: dropped"),
    ("CLOSED", kept_open),
    ("composed", "option compose_max read as -1"),
    ("contention", {"count_round": ask_without_counting}),
    ("poison", "row in_flight Detach if blamed: dropped"),
    ("put back", unlinked),
    ("retries", {"count_try": nothing}),
)


def test_all_that_is_claimed_holds_everywhere():
    assert shown(MODEL) == []


def test_every_claim_has_a_mistake_that_it_notices():
    assert sorted(code for code, _ in KILLS) == claims_of(MODEL)


@pytest.mark.deep
@pytest.mark.parametrize(("code", "mutation"), KILLS, ids=[code for code, _ in KILLS])
def test_a_claim_notices_a_mistake(code, mutation):
    assert refuted(MODEL, code, mutation)


# --------------------------------------------------------------------------------------- the pipelines of other clients
def resend_at_once(row):
    """A new link is for resending."""
    return evolve(row, target=NEXT, effects=(), update=None) if row.trigger is Attach else None


def drop_in_flight(row):
    """What is in flight dies with its link."""
    return evolve(row, guard=None, update=forget_the_head) if row.trigger is Detach and row.guard else None


PIPELINES = {
    "resends blindly, so that one operation comes twice": (with_rows(resend_at_once), "ann", "O3 once", 7),
    "composes into an operation that may have arrived": (
        instead(MODEL.subject, mark_sent=merge_into_what_was_sent), "eve", "O2", 9,
    ),
    "drops what is in flight with its link": (with_rows(drop_in_flight), "ann", "O3", 4),
    "sends all that is pending at once": (instead(MODEL.subject, send_head=send_all), "eve", "O1", 9),
    "carries each operation past what came by itself": (
        instead(MODEL.subject, take_remote=rebase_each_alone), "alf", "O10", 7,
    ),
}  # fmt: skip
"""What others do: the machine, the life in which it shows, the claim, the fewest moves."""


@pytest.mark.parametrize(("machine", "life", "code", "moves"), PIPELINES.values(), ids=PIPELINES)
def test_a_pipeline_as_others_have_it_is_refuted_by_a_shortest_way(machine, life, code, moves):
    claim = next(each for each in MODEL.properties if each.code == code)
    model = evolve(MODEL, subject=machine, properties=(claim,), thresholds={"default": lives([life])})
    (result,) = explore(model, stop_at_first=True).results
    assert not result.holds
    assert len(result.trace.moves) == moves


# ----------------------------------------------------------------------------------------------------------- the lives
def test_each_life_is_led_by_its_name():
    starts = [each["conflict_recovery"] for each in MODEL.thresholds["deep"].starts]
    assert [each.replica.client_id for each in starts] == [*SHORT_LIVES, *LONG_LIVES]
    assert MODEL.thresholds["default"].starts == MODEL.thresholds["deep"].starts[: len(SHORT_LIVES)]
    assert all(each.options is SETTINGS[each.replica.client_id].options for each in starts)
    assert {name < BOB for name in SHORT_LIVES} == {name < BOB for name in LONG_LIVES} == {True, False}


@pytest.mark.deep
@pytest.mark.parametrize("life", LONG_LIVES)
def test_all_that_is_claimed_holds_in_a_long_life(life):
    claims = tuple(each for each in MODEL.properties if each.sort is not Sort.WITNESS)
    explored = explore(evolve(MODEL, properties=claims, thresholds={"default": lives([life])}))
    assert explored.exhausted
    assert [each.property.code for each in explored.results if not each.holds] == []
    assert explored.faults == ()
