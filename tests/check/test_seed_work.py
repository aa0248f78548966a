"""What the seed does wrong with operations (S5, S10), as small tables, refuted.

Beside each stands the same table done right, which keeps the same claim.
"""

from enum import StrEnum, auto

from attrs import evolve, frozen

from statekit import EVERY, Rows
from statekit.check.properties import sequence
from tests.check.seeds import machine, way


# --------------------------------------------------------------------------- S5: what is new overtakes what was queued
class Line(StrEnum):
    OFFLINE = auto()
    FLUSHING = auto()
    ONLINE = auto()


@frozen
class Queue:
    made: int = 0
    waiting: tuple[int, ...] = ()


@frozen
class Submit:
    pass


@frozen
class Attach:
    pass


@frozen
class Sent:
    pass


@frozen
class Send:
    number: int


MADE_MAX = 3


def may_make(queue: Queue) -> bool:
    return queue.made < MADE_MAX


def put(queue: Queue) -> Queue:
    return Queue(queue.made + 1, (*queue.waiting, queue.made + 1))


def count_made(queue: Queue) -> Queue:
    return evolve(queue, made=queue.made + 1)


def take(queue: Queue) -> Queue:
    return evolve(queue, waiting=queue.waiting[1:])


def send_first(queue: Queue) -> Send | tuple[Send, ...]:
    return Send(queue.waiting[0]) if queue.waiting else ()


def send_newest(queue: Queue) -> Send:
    return Send(queue.made)


def outbox(name, *while_flushing):
    """Make an outbox; `while_flushing` answers an operation that comes while what was queued is sent."""
    return machine(
        OUTBOX,
        name,
        Line.OFFLINE,
        Queue(),
        (
            OUTBOX.stay(Line.OFFLINE, Submit, guard=may_make, update=put),
            OUTBOX.stay(Line.ONLINE, Submit, send_newest, guard=may_make, update=count_made),
            *while_flushing,
            OUTBOX.ignore(EVERY, Submit, because="enough were made"),
            OUTBOX.row(Line.OFFLINE, Attach, Line.FLUSHING, send_first),
            OUTBOX.ignore(EVERY, Attach, because="it is attached"),
            OUTBOX.stay(Line.FLUSHING, Sent, send_next, guard=more_wait, update=take),
            OUTBOX.row(Line.FLUSHING, Sent, Line.ONLINE, update=take),
            OUTBOX.ignore(EVERY, Sent, because="nothing is being flushed"),
        ),
    )


def more_wait(queue: Queue) -> bool:
    return len(queue.waiting) > 1


def send_next(queue: Queue) -> Send:
    return Send(queue.waiting[0])


OUTBOX = Rows[Line, Queue, Send]()


def last_sent(last, seen):
    """Remember the newest that was sent; -1 once an older one came after it."""
    for each in seen.effects:
        if isinstance(each, Send):
            last = each.number if last >= 0 and each.number > last else -1
    return last


def in_order(last):
    """Operations are sent in the order in which they were made."""
    return last >= 0


def test_s5_an_operation_that_comes_while_the_queue_is_flushed_overtakes_it():
    claim = sequence("S5", 0, last_sent, in_order)
    seed = outbox("seed", OUTBOX.stay(Line.FLUSHING, Submit, send_newest, guard=may_make, update=count_made))
    ours = outbox("ours", OUTBOX.stay(Line.FLUSHING, Submit, guard=may_make, update=put))
    assert way(seed, claim) == ["Submit", "Submit", "Attach", "Submit", "Sent"]
    assert way(ours, claim) is None


# ----------------------------------------------------------------------------- S10: edits that are made while it syncs
class Editing(StrEnum):
    LIVE = auto()
    ASKING = auto()


LIVE, ASKING = Editing


@frozen
class Edits:
    waiting: int = 0


@frozen
class Edit:
    pass


@frozen
class Acknowledged:
    pass


@frozen
class Conflict:
    pass


@frozen
class Arrived:
    pass


def has_room(edits: Edits) -> bool:
    return edits.waiting < 2


def has_some(edits: Edits) -> bool:
    return edits.waiting > 0


def add(edits: Edits) -> Edits:
    return evolve(edits, waiting=edits.waiting + 1)


def remove(edits: Edits) -> Edits:
    return evolve(edits, waiting=edits.waiting - 1)


def drop_all(edits: Edits) -> Edits:
    return evolve(edits, waiting=0)


EDITS = Rows[Editing, Edits, object]()


def editor(name, *answers):
    """Make an editor; `answers` say what becomes of edits when a sync arrives."""
    return machine(
        EDITS,
        name,
        LIVE,
        Edits(),
        (
            EDITS.stay(EVERY, Edit, guard=has_room, update=add),
            EDITS.ignore(EVERY, Edit, because="enough are waiting"),
            EDITS.stay(LIVE, Acknowledged, guard=has_some, update=remove),
            EDITS.ignore(EVERY, Acknowledged, because="nothing was sent"),
            EDITS.row(LIVE, Conflict, ASKING),
            EDITS.ignore(ASKING, Conflict, because="it is known"),
            *answers,
            EDITS.ignore(LIVE, Arrived, because="nothing was asked"),
        ),
    )


def balance(counted, seen):
    """Count what was taken on and not yet acknowledged, beside what the editor thinks."""
    owed, _ = counted
    if seen.after != seen.before:
        owed += isinstance(seen.move.event, Edit) - isinstance(seen.move.event, Acknowledged)
    return min(owed, 3), seen.after.context.waiting


def nothing_is_lost(counted):
    """Every edit that was taken on waits until it is acknowledged."""
    owed, waiting = counted
    return owed == waiting


def test_s10_edits_are_dropped_by_the_sync_that_follows():
    claim = sequence("S10", (0, 0), balance, nothing_is_lost)
    seed = editor("seed", EDITS.row(ASKING, Arrived, LIVE, update=drop_all))
    ours = editor("ours", EDITS.row(ASKING, Arrived, LIVE))
    assert way(seed, claim) == ["Edit", "Conflict", "Arrived"]
    assert way(ours, claim) is None
