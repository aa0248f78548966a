"""Outside: everything that conflict_recovery hears from: its user, a server behind a link, a pacer, whoever holds it.

Theory. The link is a queue that may be lost. What is undecided is decided as late as it can be seen: an edit waits in
`up` until its answer comes, and stands in `doubt` once it was sent over a link that is gone, or the server was unsure;
the next answer, or somebody else's edit, shows whether it was applied. So no move is made that the client does not
hear, and each event leads to one place. A server has worked off all of one link before it answers on the next.

Which `Setting` it is, the client's name says.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Final, TypeAlias, cast

from attrs import evolve, frozen

from machines.conflict_recovery import CLOSED, Context, State
from machines.document import (
    Acknowledged,
    Attach,
    CloseDocument,
    Conflict,
    Detach,
    Granted,
    Halt,
    Hold,
    Offer,
    Open,
    PermissionsCame,
    Persist,
    PutBack,
    Question,
    Refused,
    Release,
    RemoteEdit,
    Reopen,
    Submit,
    Synced,
    Unsure,
    question_of,
)
from machines.link import Blame, Send
from machines.properties.server import Applied, Sent, Server
from machines.properties.settings import SETTINGS, Setting
from machines.replica import Replica
from machines.trying import is_new
from machines.wire.messages import URL_DOCUMENT, DocumentEdit, OperationAck, SyncRequest
from machines.wire.operations import Insert
from statekit import Snapshot
from statekit.check.seen import Move, Seen

Recovery: TypeAlias = Snapshot[State, Context]


@frozen
class Asked:
    """A question on its way, and the version that it says is known."""

    question: Question
    version: int


@frozen(cache_hash=True)
class Outside:
    """See the module; `waiting` are the numbers that the pacer was offered, `resolved` that a question was answered.

    `opening` is what the client's names of its messages end in.
    """

    server: Server = Server()
    linked: bool = False
    resolved: bool = False
    up: tuple[Sent | Asked, ...] = ()
    doubt: tuple[Sent, ...] = ()
    waiting: tuple[int, ...] = ()
    edits: int = 0
    remote: int = 0
    losses: int = 0
    ends: int = 0
    repeated: object = None
    opening: str = ""

    @property
    def owns(self) -> frozenset[type]:
        """All events: nothing comes from anywhere else."""
        return OWNED

    def offers(self, view: object) -> Iterator[Move]:
        """Give what may come next."""
        recovery = cast("Recovery", view)
        if recovery.state is CLOSED:
            return  # there is nobody any more
        said = following(self, recovery.context.replica.client_id)
        for event in (*self.typed(recovery), *self.opened_or_closed(recovery), *said):
            yield Move("", event)

    def opened_or_closed(self, recovery: Recovery) -> Iterator[Open | CloseDocument]:
        """The user opens the document, where it is open already in vain, and closes it."""
        if SETTINGS[recovery.context.replica.client_id].opens:
            yield Open(OPENING, attached=self.linked or is_new(recovery.context))
            yield Open(OPENING, attached=self.linked)
            yield CloseDocument()

    def typed(self, recovery: Recovery) -> Iterator[Submit]:
        """The user makes the next edit, perhaps without having seen what came last."""
        replica = recovery.context.replica
        setting = SETTINGS[replica.client_id]
        if self.edits < len(setting.edits):
            yield Submit(setting.edits[self.edits], replica.revision)
            if setting.late and replica.revision > 0:
                yield Submit(setting.edits[self.edits], replica.revision - 1)
        if setting.misfits:
            yield Submit((Insert(9, "z"),), replica.revision)

    def noticed(self, seen: Seen[object]) -> "Outside":
        """Be as after this event, and the orders that it was answered with."""
        before, after = cast("Recovery", seen.before), cast("Recovery", seen.after)
        context, event = after.context, seen.move.event
        now = following(self, context.replica.client_id).get(event, self)
        if isinstance(event, Open):
            attached = event.attached and not self.linked
            now = evolve(now, linked=True, resolved=False) if attached else now
            now = evolve(now, opening=context.replica.opening)
        if isinstance(event, Submit) and context.replica.sequence > before.context.replica.sequence:
            now = evolve(now, edits=now.edits + 1)
        for order in seen.effects:
            if isinstance(order, Send) and now.linked:
                now = now.with_sent(order, context)
            if isinstance(order, Offer):
                number = numbered(order.message_id)
                now = evolve(now, waiting=(*now.waiting, number) if number not in now.waiting else now.waiting)
        return now

    def repeating(self, event: object, setting: Setting) -> "tuple[object, Outside]":
        """Let the server say what it said once more, later, if it is one that does."""
        return event, evolve(self, repeated=event) if setting.repeats else self

    def with_sent(self, order: Send, context: Context) -> "Outside":
        """Put a message into the queue."""
        message, up = order.message, self.up
        if isinstance(message, SyncRequest):
            known = [each for each in up if isinstance(each, Asked)]
            most = SETTINGS[context.replica.client_id].questions
            up = tuple(each for each in up if each not in known[: len(known) + 1 - most])
            return evolve(self, up=(*up, Asked(question_of(message.message_id), message.last_known_version)))
        if isinstance(message, DocumentEdit):
            number, pending = numbered(message.message_id), context.replica.pending
            parts = tuple(part.sequence for each in pending for part in each.parts if each.sequence == number)
            return evolve(self, up=(*up, Sent(number, parts, message.operation, message.base_version)))
        return self


OPENING: Final = "o"
"""What a document that is opened is opened as."""


def numbered(message_id: str) -> int:
    """Tell the number of a message from its name."""
    return int(message_id.split(":")[1])


def name_of(outside: Outside, client_id: str, number: int) -> str:
    """Name a message as the client does."""
    return Replica(client_id, opening=outside.opening).message_id(number)


Way: TypeAlias = tuple[object, Outside]
"""An event, and what is outside after it."""


@lru_cache(maxsize=256)
def following(outside: Outside, client_id: str) -> Mapping[object, Outside]:
    """Give everything that may come next but for the user, each with what is outside after it.

    Raises ValueError if an event could lead to two places: then the client would have to be asked which it heard.
    """
    setting = SETTINGS[client_id]
    ways = chain(_link(outside, setting, client_id), _others(outside, setting), _said(outside, setting, client_id))
    found: dict[object, Outside] = {}
    for event, after in ways:
        if found.setdefault(event, after) != after:
            raise ValueError(f"{event} leads to {found[event]} and to {after}")
    if outside.linked and outside.repeated is not None:
        found.setdefault(outside.repeated, evolve(outside, repeated=None))
    return found


def _said(outside: Outside, setting: Setting, client_id: str) -> Iterator[Way]:
    if outside.linked:
        yield from _pacer(outside, client_id)
        yield from _remote(outside, setting, client_id)
        yield from _answers(outside, setting, client_id)


def blames(outside: Outside, client_id: str) -> tuple[Blame, ...]:
    """Give everybody whom a server may blame: nobody by name, the first operation, and the second; another document."""
    first, second = (Blame(name_of(outside, client_id, number)) for number in (1, 2))
    return Blame(), first, second, Blame("", "other")


def _link(outside: Outside, setting: Setting, client_id: str) -> Iterator[Way]:
    if not outside.linked:
        yield Attach(), evolve(outside, linked=True, resolved=False)
    elif outside.losses < setting.losses or 0 < setting.ends == outside.ends:
        lost = tuple(each for each in outside.up if isinstance(each, Sent))
        gone = evolve(
            outside, linked=False, up=(), waiting=(), doubt=(*outside.doubt, *lost),
            losses=min(outside.losses + 1, setting.losses),
            repeated=None,
        )  # fmt: skip
        for blame in (None, *blames(outside, client_id)) if setting.blames else (None,):
            yield Detach(blame), gone


def _others(outside: Outside, setting: Setting) -> Iterator[Way]:
    if setting.holds:
        ours, others = (Hold(read_only=False, documents=frozenset({name})) for name in (URL_DOCUMENT, "other"))
        rights = PermissionsCame(may_write=True), PermissionsCame(may_write=False)
        for event in (Hold(), Hold(read_only=True), ours, others, Release(), *rights):
            yield event, outside
    if outside.ends < setting.ends:
        yield Halt("kicked"), evolve(outside, ends=outside.ends + 1)
        yield Persist(), outside
    elif setting.ends and not outside.linked:
        yield Reopen(), outside


def _pacer(outside: Outside, client_id: str) -> Iterator[Way]:
    if outside.waiting:
        number, *rest = outside.waiting
        yield Granted(name_of(outside, client_id, number)), evolve(outside, waiting=tuple(rest))


def _decided(outside: Outside, setting: Setting, client_id: str) -> Iterator[Outside]:
    """Let the server have applied none, or some, of what is in doubt."""
    yield outside
    if setting.skips and outside.remote < len(setting.remote):
        changed = outside.server.with_applied(Applied((), setting.remote[outside.remote]))
        yield from _decided(evolve(outside, server=changed, remote=outside.remote + 1), setting, client_id)
    for at, each in enumerate(outside.doubt):
        taken = outside.server.take(each, setting.temper, client_id)
        if taken not in (None, outside.server):
            yield from _decided(evolve(outside, server=taken, doubt=outside.doubt[at + 1 :]), setting, client_id)


def _remote(outside: Outside, setting: Setting, client_id: str) -> Iterator[Way]:
    for each in _decided(outside, setting, client_id):
        if each.remote < len(setting.remote):
            server = each.server.with_applied(Applied((), setting.remote[each.remote]))
            after = evolve(each, server=server, remote=each.remote + 1)
            yield after.repeating(RemoteEdit(server.broadcast(client_id)), setting)


def _answers(outside: Outside, setting: Setting, client_id: str) -> Iterator[Way]:
    if not outside.up:
        return
    first, *rest = outside.up
    left = evolve(outside, up=tuple(rest))
    if isinstance(first, Asked):
        yield from _synced(left, first, setting, client_id)
        return
    name, doubted = name_of(left, client_id, first.number), evolve(left, doubt=(*left.doubt, first))
    yield from _of_edit(left, first, name, setting, client_id)
    if setting.unsure:
        yield doubted.repeating(Unsure(name), setting)
        yield Unsure(""), doubted
    if rest and isinstance(rest[0], Asked):
        yield from _synced(evolve(doubted, up=tuple(rest[1:])), rest[0], setting, client_id)


def _of_edit(left: Outside, sent: Sent, name: str, setting: Setting, client_id: str) -> Iterator[Way]:
    for each in _decided(left, setting, client_id):
        server = each.server.take(sent, setting.temper, client_id)
        if server is None:
            yield left.repeating(Conflict(name), setting)
            yield Conflict(""), left
        else:
            version = server.version_of(sent.number) if setting.temper.knows else server.version
            acknowledged = Acknowledged(OperationAck(name, version))
            after = evolve(each, server=server)
            yield after.repeating(acknowledged, setting)
            if setting.repeats and server is not each.server:
                yield RemoteEdit(server.broadcast(client_id)), evolve(after, repeated=acknowledged)
    if left.server.version_of(sent.number):
        return
    if setting.refuses:
        yield left.repeating(Refused(name, "NO"), setting)
        yield Refused("", "NO"), left
    if setting.refuses and setting.holds:
        yield Refused(name, "DENIED", read_only=True), left
    if setting.puts_back:
        yield PutBack(name), evolve(left, waiting=(sent.number, *left.waiting))


def _synced(left: Outside, asked: Asked, setting: Setting, client_id: str) -> Iterator[Way]:
    for each in _decided(left, setting, client_id):
        sync = each.server.sync(asked.version, setting.temper, client_id, left.opening)
        yield Synced(sync, asked.question, left.opening), evolve(each, doubt=(), resolved=True)


OWNED: Final = frozenset[type]({
    Submit, Attach, Detach, Acknowledged, RemoteEdit, Synced, Conflict, Unsure, Refused, Granted, PutBack, Hold,
    Release, PermissionsCame, Persist, Halt, Reopen, Open, CloseDocument,
})  # fmt: skip
