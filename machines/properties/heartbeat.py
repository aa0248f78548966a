"""What is claimed of the heartbeat: H1 to H6, our own, since the seed names the close code 4000 and nothing more.

True by construction, and so claimed nowhere else: a timer of silence that was put off fires for nobody, as its ticket
is over.
"""

from typing import TypeAlias

from attrs import frozen

from machines.heartbeat import (
    ALIVE,
    DORMANT,
    HEARTBEAT,
    LISTENING,
    PROBING,
    WISH_MIN_SECONDS,
    Begin,
    Context,
    End,
    Heard,
    Silent,
    State,
)
from machines.link import Send
from machines.properties.witnesses import each_state
from machines.wire.messages import Ping
from statekit import Fired, Snapshot
from statekit.check.model import Model, Thresholds
from statekit.check.properties import hot, invariant, on_step, sequence
from statekit.check.seen import Seen
from statekit.timers import ClockJumped

Heartbeat: TypeAlias = Snapshot[State, Context]
Step: TypeAlias = Seen[Heartbeat]


def one_timer_runs(heartbeat: Heartbeat) -> bool:
    """While a link is up one timer runs, to ask or to give up; else none does."""
    return len(heartbeat.tickets) == (heartbeat.state is not DORMANT)


def no_question_stays_open(heartbeat: Heartbeat) -> bool:
    """No question stays without an answer for ever: it is answered, or the peer is given up."""
    return heartbeat.state is PROBING


def it_follows_the_link(seen: Step) -> bool:
    """It listens from the moment a link is up, with what the server wishes for, until the link is gone."""
    match seen.move.event:
        case Begin(wish) if seen.before.state is DORMANT:
            return seen.after.state is LISTENING and seen.after.context.wish_seconds == wish
        case End():
            return seen.after.state is DORMANT
        case Heard() | ClockJumped() | Fired() if seen.before.state is DORMANT:
            return seen.after == seen.before
        case _:
            return True


def whatever_is_heard_is_life(seen: Step) -> bool:
    """Whatever is heard puts the question off from anew, and answers one that was asked."""
    if not isinstance(seen.move.event, Heard) or seen.before.state not in ALIVE.states:
        return True
    return seen.after.state is LISTENING and seen.after.tickets != seen.before.tickets


def it_asks_once(seen: Step) -> bool:
    """A question is asked when the silence has lasted or the machine was asleep, under a new number, and never else."""
    messages = [each.message for each in seen.effects if isinstance(each, Send)]
    asked = [each.timestamp_ms for each in messages if isinstance(each, Ping)]
    before, event = seen.before, seen.move.event
    if before.state is LISTENING and isinstance(event, (Fired, ClockJumped)) and not seen.move.stale:
        after = seen.after
        return after.state is PROBING and asked == [after.context.pings] and asked[0] > before.context.pings
    return not asked and not (before.state is not PROBING and seen.after.state is PROBING)


def silence_is_asked_about_in_time(seen: Step) -> bool:
    """It asks after as long as is set, sooner if the server wishes so, but never more than once a second."""
    event, context = seen.move.event, seen.before.context
    if seen.before.state is not LISTENING or not isinstance(event, Fired) or seen.move.stale:
        return True
    wish, ours = context.wish_seconds, context.options.ping_seconds
    most = ours if wish is None else min(ours, max(wish, WISH_MIN_SECONDS))
    return event.delay_seconds == most


def silence_is_told(seen: Step) -> bool:
    """A question that is not answered for as long as is set is the end: the peer is said to be silent."""
    event, before = seen.move.event, seen.before
    if before.state is not PROBING or not isinstance(event, Fired) or seen.move.stale:
        return True
    in_time = event.delay_seconds == before.context.options.pong_seconds
    return in_time and seen.after.state is DORMANT and Silent() in seen.effects


@frozen
class Told:
    """Whether the peer was asked, and not heard since; whether it was said to be silent without that, or twice."""

    asked: bool = False
    wrongly: bool = False


def note_told(told: Told, seen: Step) -> Told:
    """Remember whether there is an open question, by what went out and came in alone."""
    silent = sum(isinstance(each, Silent) for each in seen.effects)
    if isinstance(seen.move.event, (End, Heard)) or silent:
        return Told(False, silent > told.asked)
    return Told(told.asked or any(isinstance(each, Send) for each in seen.effects), False)


def the_silent_are_told_of_once(told: Told) -> bool:
    """The peer is only found silent after it was asked and nothing was heard since, and that is told once."""
    return not told.wrongly


PROPERTIES = (
    invariant("H1", one_timer_runs),
    on_step("H1 link", it_follows_the_link),
    hot("H2", no_question_stays_open),
    on_step("H3", whatever_is_heard_is_life),
    on_step("H4", it_asks_once),
    on_step("H5", silence_is_asked_about_in_time),
    on_step("H6", silence_is_told),
    sequence("H6 once", Told(), note_told, the_silent_are_told_of_once),
    *each_state(State),
)

MODEL = Model(HEARTBEAT, PROPERTIES, thresholds={"default": Thresholds(), "deep": Thresholds()})
"""There is nothing to bound: the space is as large as it ever is."""
