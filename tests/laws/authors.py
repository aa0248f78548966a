"""Authors in histories: `conflict_recovery` as a client has it, held to what must be true after each of its steps."""

from machines.conflict_recovery import AWAITING, AWAITING_BUFFERED, CONFLICT_RECOVERY, Context
from machines.document import (
    Acknowledged,
    Attach,
    Detach,
    Granted,
    Offer,
    OperationEnded,
    RemoteEdit,
    Submit,
    Synced,
    ViewChanged,
)
from machines.link import Blame, Send
from machines.replica import Replica
from machines.wire.messages import (
    DocumentEdit,
)
from statekit import Fired, Ignored, Stimulus, Taken
from statekit.step import start, step


class Author:
    """One client: the machine, and the two directions of its link."""

    def __init__(self, name, kind, options):
        self.name, self.kind = name, kind
        begun = start(CONFLICT_RECOVERY, Context(Replica(name, algebra=kind.algebra), options))
        self.snapshot = begun.snapshot
        self.up, self.down, self.offers = [], [], []
        self.linked = False
        self.accepted, self.outcomes = [], {}
        self.brought, self.order = {}, []
        self.seen = kind.algebra.empty

    @property
    def replica(self):
        return self.snapshot.context.replica

    def hear(self, event, ticket=None):
        """Let the machine answer, and hold it to what must be true after every step."""
        done = step(CONFLICT_RECOVERY, self.snapshot, Stimulus(event, 0.0, ticket))
        assert type(done.verdict) in (Taken, Ignored), done.verdict
        version, self.snapshot = self.replica.version, done.snapshot
        for effect in done.effects:
            match effect:
                case Send(DocumentEdit() as edit):
                    self.sends(edit)
                case Send(message):
                    self.up.append(message)
                case Offer(message_id):
                    self.offers.append(message_id)
                case OperationEnded(sequence, outcome):
                    assert sequence not in self.outcomes, "O3: once"
                    self.outcomes[sequence] = outcome
                case ViewChanged(change):
                    self.seen = self.kind.algebra.apply(self.seen, change)
        assert self.replica.version >= version, "O6: never back"
        return done

    def sends(self, edit):
        """O1, O2, O4 and O5: the head alone goes out, where it may, in order, and brings the same on every resend."""
        head = self.replica.head
        assert self.snapshot.state in (AWAITING, AWAITING_BUFFERED)
        assert not any(each.sent for each in self.replica.pending[1:])
        assert edit.message_id == self.replica.message_id(head.sequence)
        parts = tuple(each.sequence for each in head.parts)
        assert self.brought.setdefault(edit.message_id, parts) == parts
        if edit.message_id not in self.order:
            assert not self.order or self.brought[self.order[-1]] < parts
            self.order.append(edit.message_id)
        self.up.append(edit)

    def types(self, chance, mark):
        context = self.snapshot.context
        edit = self.kind.draw(chance, context.replica.view, mark)
        if isinstance(self.hear(Submit(edit, context.replica.revision)).verdict, Taken):
            self.accepted.append(self.replica.sequence)
            self.seen = self.kind.algebra.apply(self.seen, edit)

    def fires(self, chance):
        if self.snapshot.tickets:
            ticket = chance.choice(self.snapshot.tickets)
            self.hear(Fired(ticket.name, ticket.key), ticket.number)

    def is_granted(self):
        if self.offers:
            self.hear(Granted(self.offers.pop(0)))

    def links(self):
        self.linked = True
        self.hear(Attach())

    def drops(self, *, blames=False, fenced=True):
        """Lose the link. `fenced` loses what was on its way; else what says only what is so may still come later."""
        self.linked = False
        self.up.clear()
        self.offers.clear()
        late = (Acknowledged, RemoteEdit, Synced)
        self.down = [] if fenced else [each for each in self.down if isinstance(each, late)]
        self.hear(Detach(Blame() if blames else None))
