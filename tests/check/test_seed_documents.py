"""What the seed does wrong with documents (S8, S9), as small tables, refuted.

Beside each stands the same table done right, which keeps the same claim.
"""

from enum import StrEnum, auto
from typing import Annotated

from attrs import evolve, frozen

from statekit import Rows, after
from statekit.check.properties import on_step
from statekit.check.seen import Move
from statekit.quantities import Ordinal
from tests.check.seeds import machine, way

# ------------------------------------------------------------------------------- S8: a sync that is applied too late
Request = Annotated[Ordinal, "request"]


class Sync(StrEnum):
    LIVE = auto()
    ASKING = auto()


LIVE, ASKING = Sync


@frozen
class Asked:
    request: Request = 0
    applied: Request = 0


@frozen
class Lost:
    pass


@frozen
class Synced:
    request: Request


def ask(asked: Asked) -> Asked:
    return evolve(asked, request=asked.request + 1)


def is_other(asked: Asked, event: Synced) -> bool:
    return event.request != asked.request


def adopt(asked: Asked, event: Synced) -> Asked:
    return evolve(asked, applied=event.request)


SYNC = Rows[Sync, Asked, object]()


def syncing(name, *late):
    """Make what asks for a document and gives up after a while; `late` answers what comes too late."""
    return machine(
        SYNC,
        name,
        LIVE,
        Asked(),
        (
            SYNC.row(LIVE, Lost, ASKING, update=ask),
            SYNC.ignore(ASKING, Lost, because="it is asked for already"),
            SYNC.row(ASKING, after(10.0), LIVE),
            *late,
            SYNC.row(ASKING, Synced, LIVE, update=adopt),
        ),
    )


@frozen
class Answers:
    """A server that answers every request once, whenever it likes."""

    owed: tuple[Request, ...] = ()

    @property
    def owns(self):
        return frozenset({Synced})

    def offers(self, _):
        return (Move("", Synced(each)) for each in self.owed)

    def noticed(self, seen):
        if isinstance(seen.move.event, Synced):
            return Answers(tuple(each for each in self.owed if each != seen.move.event.request))
        asked = seen.after.state is ASKING and seen.before.state is LIVE
        return Answers((*self.owed, seen.after.context.request)[-2:]) if asked else self


def answers_what_was_asked(seen):
    """A document is adopted only while it is asked for, and only the one that was."""
    adopted = seen.after.context.applied != seen.before.context.applied
    in_time = seen.before.state is ASKING and seen.move.event == Synced(seen.before.context.request)
    return not adopted or in_time


def test_s8_a_sync_that_was_given_up_is_applied_when_it_comes():
    claim = on_step("S8", answers_what_was_asked)
    seed = syncing("seed", SYNC.stay(LIVE, Synced, update=adopt))
    ours = syncing(
        "ours",
        SYNC.ignore(LIVE, Synced, because="it was given up"),
        SYNC.ignore(ASKING, Synced, guard=is_other, because="it answers an earlier question"),
    )
    assert way(seed, claim, environment=Answers()) == ["Lost", "after 10 s in asking", "Synced"]
    assert way(ours, claim, environment=Answers()) is None


# --------------------------------------------------- S9: operations rewritten as if those before them were not pending
class Document(StrEnum):
    EDITING = auto()


EDITING = Document.EDITING


@frozen
class Text:
    """A document of the server's, and what was typed here that the server does not have: letters and places."""

    base: str = "cd"
    pending: tuple[tuple[str, int], ...] = ()

    @property
    def view(self):
        text = self.base
        for letter, place in self.pending:
            text = text[:place] + letter + text[place:]
        return text


@frozen
class Type:
    """Type the next letter, right behind the last one, or first of all."""


@frozen
class Remote:
    place: int

    @classmethod
    def samples(cls):
        return cls(0), cls(1), cls(2)


def typed_all(text: Text) -> bool:
    return len(text.pending) == 2


def heard(text: Text) -> bool:
    return "x" in text.base


def type_next(text: Text) -> Text:
    place = len(text.pending)
    return evolve(text, pending=(*text.pending, ("ab"[place], place)))


def each_by_itself(text: Text, event: Remote) -> Text:
    """The seed: every pending operation is moved by the remote one alone."""
    moved = tuple((letter, place + (event.place <= place)) for letter, place in text.pending)
    return Text(text.base[: event.place] + "x" + text.base[event.place :], moved)


def one_past_the_other(text: Text, event: Remote) -> Text:
    """Right: the remote operation is carried past each pending one before it meets the next."""
    moved, remote = [], event.place
    for letter, place in text.pending:
        before = remote <= place and not moved
        moved.append((letter, place + before if not moved else moved[-1][1] + 1))
        remote += not before
    return Text(text.base[: event.place] + "x" + text.base[event.place :], tuple(moved))


def document(update):
    """Make a document in which a remote operation is taken in so."""
    rows = Rows[Document, Text, object]()
    return machine(
        rows,
        update.__name__,
        EDITING,
        Text(),
        (
            rows.ignore(EDITING, Type, guard=typed_all, because="two letters will do"),
            rows.stay(EDITING, Type, update=type_next),
            rows.ignore(EDITING, Remote, guard=heard, because="one will do"),
            rows.stay(EDITING, Remote, update=update),
        ),
    )


def what_was_typed_stays_together(seen):
    """What was typed in one go is not torn apart by what somebody else typed."""
    return (
        len(seen.after.context.pending) < 2 or "ab" in seen.after.context.view or "ab" not in seen.before.context.view
    )


def test_s9_operations_that_wait_are_rewritten_one_by_one():
    claim = on_step("S9", what_was_typed_stays_together)
    assert way(document(each_by_itself), claim) == ["Type", "Type", "Remote"]
    assert way(document(one_past_the_other), claim) is None
