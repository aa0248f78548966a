"""Trying: what conflict recovery asks the server, how often it tries, and what it holds against the head.

The numbers, and why suspicion of one operation concerns those of other documents, are in `tries`.
"""

from attrs import evolve

from machines.document import Detach, Open, Synced
from machines.outbox import Context
from machines.wire.messages import URL_DOCUMENT
from statekit import Jitter


# ---------------------------------------------------------------------------------------------------- delays, guards
def sync_wait(context: Context) -> Jitter:
    """How long to wait before asking again, or before trying the head again: doubling to 30 s."""
    return context.tries.pause(context.options, context.waits)


def is_new(context: Context) -> bool:
    """Has it named no message yet?"""
    return not context.asked and not context.replica.sequence


def is_new_on_link(context: Context, event: Open) -> bool:
    """Is it new, and a link up?"""
    return event.attached and is_new(context)


def first_try(context: Context) -> bool:
    """Is this the first time that nobody is sure of the head?"""
    return context.tries.unsure <= 1


def blamed(context: Context, event: Detach) -> bool:
    """Did the link break while the head was under way, and is that, or may it be, why?"""
    blame, replica = event.blame, context.replica
    if blame is None or not context.under_way:
        return False
    if blame.operation:
        return replica.is_head(blame.operation)
    return blame.document_id in (URL_DOCUMENT, replica.document_id)


def given_up(context: Context) -> bool:
    """Is the head still not with the server, after everything it may be put through?"""
    return bool(context.replica.pending) and bool(context.tries.given_up_for(context.options))


def answers_us(context: Context, event: Synced) -> bool:
    """Is it the answer to our last question?"""
    return event.question == context.asked and event.opening == context.replica.opening


def syncs_left(context: Context) -> bool:
    """May the server be asked again at once?"""
    return context.syncs < context.options.syncs_max


# ---------------------------------------------------------------------------------------------------------- updates
def open_as(context: Context, event: Open) -> Context:
    """Name its messages like no other's."""
    return evolve(context, replica=evolve(context.replica, opening=event.opening))


def open_and_ask(context: Context, event: Open) -> Context:
    """Name its messages like no other's, and number the first question."""
    return ask(open_as(context, event))


def count_round(context: Context) -> Context:
    """Count a conflict of the head, and number the next question."""
    tries = context.tries.cleared()
    return ask(evolve(context, tries=evolve(tries, rounds=tries.rounds + 1)))


def count_try(context: Context) -> Context:
    """Count a send of the head that nobody is sure of."""
    tries = context.tries.cleared()
    return evolve(context, tries=evolve(tries, unsure=tries.unsure + 1))


def count_break(context: Context) -> Context:
    """Count a link that broke over the head."""
    tries = context.tries
    return evolve(context, tries=evolve(tries, breaks=tries.breaks + 1))


def ask(context: Context) -> Context:
    """Number the next question."""
    return evolve(context, asked=context.asked + 1, syncs=1)


def ask_again(context: Context) -> Context:
    """Number the next question, after one without an answer."""
    return evolve(ask(context), syncs=context.syncs + 1)


def pause(context: Context) -> Context:
    """Count a pause between rounds of questions, as far as that makes the next one longer; nobody waits for it."""
    options, waits = context.options, context.waits
    longer = options.pause_seconds(waits) < options.sync_wait_cap_seconds
    return evolve(context, waits=waits + longer, tries=context.tries.cleared())
