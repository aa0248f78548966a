"""A world in memory for `conflict_recovery`: clients that type, a server, and a network that keeps no promise.

Everything is drawn from one seed and runs as pure steps, so a failing history is run again by its number. Messages are
lost, doubled and overtaken in both directions, links break when they like, timers fire early, the pacer puts back what
was sent.
"""

from collections import Counter
from itertools import pairwise
from random import Random

from machines.conflict_recovery import HALTED, SYNCED, Options
from machines.document import (
    Acknowledged,
    Conflict,
    Hold,
    Outcome,
    PutBack,
    Refused,
    Release,
    RemoteEdit,
    Synced,
    Unsure,
)
from machines.wire.messages import (
    OperationAck,
    OperationBroadcast,
    SyncRequest,
)
from tests.laws.authors import Author
from tests.laws.servers import TEMPERS, TEXTS, Server

MOVES = 26
"""How many things happen in a history before everything may come to rest."""


class World:
    """Two or three authors, a server, and everything that happens between them; `did` counts the faults."""

    def __init__(self, seed, kind=TEXTS):
        self.chance = chance = Random(seed)
        options = Options(
            rounds_max=chance.randrange(3), retries_max=chance.randrange(4), compose_max=chance.choice((1, 3)),
            syncs_max=2, queue_max=6,
        )  # fmt: skip
        self.temper = TEMPERS[seed % 8]
        self.server = Server(kind, self.temper)
        self.authors = [Author(name, kind, options) for name in ("ann", "bob", "cid")[: 2 + seed // 8 % 2]]
        self.did = Counter()
        self.mark = 0

    def lives(self):
        """Let things happen, then let everything arrive."""
        for author in self.authors:
            if self.chance.random() < 0.8:
                author.links()
        for _ in range(MOVES):
            self.moves(self.chance.choice(self.authors), self.chance.random())
        self.rests()

    def moves(self, author, lot):
        """Let one thing happen: a trouble, a message, or a keystroke if there is no message."""
        chance = self.chance
        if lot < 0.04:
            author.fires(chance)
        elif lot < 0.08 and author.linked:
            fenced, blames = chance.random() < 0.5, chance.random() < 0.3
            self.did["drop"] += 1
            self.did["blamed"] += blames
            author.drops(blames=blames, fenced=fenced)
        elif lot < 0.10:
            author.hear(Hold(read_only=chance.random() < 0.3))
        elif lot < 0.14:
            author.hear(Release())
        elif lot < 0.30 and not author.linked:
            author.links()
        elif lot < 0.45 and author.offers:
            author.is_granted()
        elif lot < 0.62 and author.down:
            for event in self.carried(author.down, overtakes=True):
                author.hear(event)
        elif lot < 0.80 and author.up:
            self.arrives(author, *self.carried(author.up, overtakes=False))
        else:
            self.mark += 1
            author.types(chance, self.mark)

    def carried(self, queue, *, overtakes):
        """Take a message off the wire, or none, or one twice; perhaps one that overtakes.

        Nothing overtakes on its way up, as a socket keeps order: that a question is answered after the operation sent
        before it is what makes its answer one about that operation.
        """
        lot = self.chance.random()
        kind = "lose" if lot < 0.1 else "double" if lot < 0.2 else "overtake" if overtakes and lot < 0.4 else "carry"
        message = queue.pop(self.chance.randrange(len(queue)) if kind == "overtake" else 0)
        self.did[kind] += 1
        return () if kind == "lose" else (message, message) if kind == "double" else (message,)

    def arrives(self, author, *messages, moody=True):
        """Let the server answer."""
        for message in messages:
            if isinstance(message, SyncRequest):
                author.down.append(Synced(self.server.sync(message, author.name)))
            else:
                author.down.extend(self.answers(author, message, self.chance.random() if moody else 1.0))

    def answers(self, author, edit, lot):
        name, server = edit.message_id, self.server
        if name in server.turned_down or (name not in server.known and lot < 0.06):
            server.turned_down.add(name)
            self.did["turned down"] += 1
            return [Refused(name, "NO")]
        if lot < 0.12:
            self.did["put back"] += 1
            author.offers.append(name)
            return [PutBack(name)]
        if lot < 0.18:
            self.did["unsure"] += 1
            return [Unsure(name)]
        before = server.version
        entry = server.take(edit)
        if entry is None:
            self.did["conflict"] += 1
            return [Conflict(name)]
        if server.version > before:
            self.tells(author, entry)
        if lot < 0.25:
            self.did["lost acknowledgement"] += 1
            return []
        return [Unsure(name) if lot < 0.3 else Acknowledged(OperationAck(name, entry.version))]

    def tells(self, author, entry):
        told = OperationBroadcast(entry.operation, entry.version, entry.client_id, entry.message_id)
        for each in self.authors:
            if each is not author and each.linked:
                each.down.append(RemoteEdit(told))

    def rests(self):
        """The network keeps its promises, the server is of good temper, and time goes on until nothing is left."""
        for author in self.authors:
            author.hear(Release())
            if not author.linked:
                author.links()
        for _ in range(200):
            busy = [self.settles(author) for author in self.authors]
            if not any(busy):
                return
        raise AssertionError("never quiet")

    def settles(self, author):
        """Do the next thing for one author; False if there is nothing to do."""
        if author.up:
            self.arrives(author, author.up.pop(0), moody=False)
        elif author.down:
            author.hear(author.down.pop(0))
        elif author.offers:
            author.is_granted()
        elif author.snapshot.tickets:
            author.fires(self.chance)
        elif author.snapshot.state not in (SYNCED, HALTED) or author.replica.version != self.server.version:
            # Nobody will speak: what was lost on the last link is asked about on the next.
            author.drops()
            author.links()
        else:
            return False
        return True


def judge(world):
    """Hold a world at rest to what it is promised: one document everywhere, and each operation in it once or not."""
    server = world.server
    names = [(each.client_id, each.message_id) for each in server.history]
    assert len(set(names)) == len(names), "nothing is applied twice"
    for author in world.authors:
        replica = author.replica
        assert (replica.view, replica.version, replica.pending) == (server.document, server.version, ()), "O10"
        assert author.seen == server.document, "every change of the view was told"
        assert sorted(author.outcomes) == author.accepted, "O3: each has ended"
        arrived = [number for name, each in names if name == author.name for number in author.brought[each]]
        assert all(one < other for one, other in pairwise(arrived)), "once, and in order"
        ended = {outcome: set() for outcome in Outcome}
        for number, outcome in author.outcomes.items():
            ended[outcome].add(number)
        assert ended[Outcome.ACKNOWLEDGED] <= set(arrived)
        assert not ended[Outcome.REJECTED] & set(arrived)
        # A server that keeps no history, and says nothing of what it had last, may have got what was given up.
        if server.temper.remembers or server.temper.says_last:
            assert ended[Outcome.ACKNOWLEDGED] == set(arrived)
