"""Pipe: sends one operation after the other while there is a link."""

from enum import StrEnum

from attrs import evolve, frozen

from statekit import EVERY, Kind, Machine, Rows, after


class PipeState(StrEnum):
    HELD = "held"
    FREE = "free"
    SENT = "sent"


@frozen
class Submit:
    pass


@frozen
class Acknowledged:
    pass


@frozen
class Attach:
    pass


@frozen
class Detach:
    pass


@frozen
class SendOperation:
    pass


@frozen
class PipeContext:
    queued: int = 0


QUEUE_MAX = 6


def room(context: PipeContext) -> bool:
    return context.queued < QUEUE_MAX


def waits(context: PipeContext) -> bool:
    return context.queued > 0


def put(context: PipeContext) -> PipeContext:
    return evolve(context, queued=context.queued + 1)


def take(context: PipeContext) -> PipeContext:
    return evolve(context, queued=context.queued - 1)


pipe = Rows[PipeState, PipeContext, SendOperation]()
HELD, FREE, SENT = PipeState
ONWARD = pipe.choice("onward", pipe.to(SENT, SendOperation(), guard=waits, update=take), pipe.to(FREE))
PIPE = Machine[PipeState, Submit | Acknowledged | Attach | Detach, PipeContext, SendOperation](
    "pipe",
    initial=HELD,
    context=PipeContext(),
    states=(
        pipe.state(HELD, Kind.WAITING, "no link", waits_for="the link"),
        pipe.state(FREE, Kind.STEADY, "nothing is under way"),
        pipe.state(SENT, Kind.BUSY, "one is under way"),
    ),
    table=(
        pipe.row(FREE, Submit, SENT, SendOperation()),
        pipe.stay((HELD, SENT), Submit, guard=room, update=put),
        pipe.ignore((HELD, SENT), Submit, because="the queue is full"),
        pipe.row(SENT, Acknowledged, ONWARD),
        pipe.ignore(EVERY, Acknowledged, because="nothing is under way"),
        pipe.row(HELD, Attach, ONWARD),
        pipe.ignore(EVERY, Attach, because="it is attached"),
        pipe.row(SENT, Detach, HELD, update=put),
        pipe.row(FREE, Detach, HELD),
        pipe.ignore(HELD, Detach, because="it is held"),
        pipe.row(SENT, after(20.0), HELD, update=put),
    ),
)
