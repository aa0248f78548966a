"""A session on its way to a stable link, and what a server says to it, for the tests of the session."""

from machines.auth_refresh import AUTH_REFRESH, Refreshed, SignIn
from machines.conflict_recovery import CONFLICT_RECOVERY
from machines.connection import CONNECTION, FAILED, IDLE, SETTLING, STABLE, Connect
from machines.document import OperationEnded, Submit
from machines.link import Dial, FrameArrived, Opened, Send
from machines.policy.router import ROUTER, OpenDocument
from machines.session import SESSION, Options, contexts
from machines.wire.messages import URL_DOCUMENT, ConnectionAck, Document, DocumentEdit, DocumentSync, ErrorMessage
from machines.wire.operations import Insert
from machines.wire.text import Text
from statekit.testing.system_walk import SystemWalk

DROPPED = "after backoff_delay"
"""The timer of a link that was lost and is dialled again."""

GREETING = ConnectionAck("ann", "u1", ("write",), 0, "now")

OTHER = "other"
"""The name of another document than the URL's."""


def error(code, **details):
    return ErrorMessage(code, "said the server", True, "now", details or None)


def sync_of(walk, document=URL_DOCUMENT):
    asked = walk.of(CONFLICT_RECOVERY, document).context.sync_id
    return DocumentSync(Document("d", 0, Text("abc")), message_id=asked, document_id=document)


def hear(walk, message):
    walk.answer(CONNECTION, FrameArrived(message))


def signed_in(options=None):
    walk = SystemWalk(SESSION, contexts("ann", options or Options()))
    walk.send(AUTH_REFRESH, SignIn())
    walk.answer(AUTH_REFRESH, Refreshed(3600.0))
    walk.fire(AUTH_REFRESH, "resting")
    return walk


def settling(walk=None):
    walk = walk or signed_in()
    if walk.state(CONNECTION) in (IDLE, FAILED):
        walk.send(CONNECTION, Connect())
    walk.answer(CONNECTION, Opened())
    hear(walk, GREETING)
    assert walk.state(CONNECTION) is SETTLING
    hear(walk, sync_of(walk))
    return walk


def stable(walk=None):
    walk = settling(walk)
    walk.fire(CONNECTION, "after settle_delay")
    assert walk.state(CONNECTION) is STABLE
    return walk


def submit(walk, content="x", document=URL_DOCUMENT):
    revision = walk.of(CONFLICT_RECOVERY, document).context.replica.revision
    walk.send(CONFLICT_RECOVERY, Submit((Insert(0, content),), revision), key=document)


def opened(walk, opening="1st", document=OTHER):
    walk.send(ROUTER, OpenDocument(document, opening))
    return walk


def both(walk=None):
    """Give a stable link over which two documents are up to date."""
    walk = opened(walk or stable())
    hear(walk, sync_of(walk, OTHER))
    return walk


def states(walk):
    return [walk.state(CONFLICT_RECOVERY, each) for each in walk.snapshot.keys(CONFLICT_RECOVERY)]


def sent(walk):
    return [each.message for each in walk.effects if isinstance(each, Send)]


def edit(name, document=URL_DOCUMENT, content="x"):
    return DocumentEdit((Insert(0, content),), 0, "ann", name, document)


def ended(sequence, outcome, document=URL_DOCUMENT, reason=""):
    return OperationEnded(sequence, outcome, (Insert(0, "x"),), reason, document)


def storm(walk, errors=11, code="OPERATION_TIMEOUT"):
    """Let the server report so many errors, each about an operation of its own; gives what was ordered."""
    effects = []
    link = walk.ticket(CONNECTION, Dial)
    for number in range(errors):
        frame = FrameArrived(error(code, message_id=f"bob:{number}"))
        walk.answer(CONNECTION, frame, ticket=link)
        effects += walk.effects
    return effects
