"""Every message that the wire knows, drawn, and frames as a server writes them."""

import json

from hypothesis import strategies as st

from machines.wire import messages
from machines.wire.messages import Document, Message, Passed, SyncedOperation
from machines.wire.objects import JsonObject
from machines.wire.operations import Delete, Edit, Format, Insert, Operation, Retain
from machines.wire.text import Text

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
COUNTS = st.integers(0, 2**60)
SIZES = st.integers(1, 9)
NUMBERS = st.integers(0, 2**53 - 1) | st.floats(0, allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(NAMES, JSON, max_size=3).map(JsonObject.of)
DRESSES = OBJECTS.filter(bool)
OPERATIONS: st.SearchStrategy[Operation] = st.one_of(
    st.builds(Insert, COUNTS, NAMES.filter(bool), OBJECTS),
    st.builds(Delete, COUNTS, SIZES),
    st.builds(Retain, SIZES),
    st.builds(Format, COUNTS, SIZES, DRESSES),
)
EDITS: st.SearchStrategy[Edit] = st.lists(OPERATIONS, max_size=3).map(tuple)
DRESSED = st.builds(lambda content, dress: Text.of(content, [Format(0, 1, dress)]), NAMES.filter(bool), DRESSES)
TEXTS = st.builds(Text.of, NAMES) | DRESSED
WORDS = st.lists(NAMES, max_size=3).map(tuple)


def maybe(some: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Some, or nothing."""
    return st.none() | some


SYNCED = st.builds(SyncedOperation, EDITS, COUNTS, NAMES, NAMES)
MESSAGES: dict[type[Message], st.SearchStrategy[Message]] = {
    messages.ConnectionAck: st.builds(messages.ConnectionAck, NAMES, NAMES, WORDS, COUNTS, NAMES),
    messages.Ping: st.builds(messages.Ping, NUMBERS),
    messages.Pong: st.builds(messages.Pong, NUMBERS, maybe(NUMBERS)),
    messages.SyncRequest: st.builds(messages.SyncRequest, COUNTS, NAMES, maybe(OBJECTS), NAMES),
    messages.DocumentSync: st.builds(
        messages.DocumentSync,
        st.builds(Document, NAMES, COUNTS, TEXTS),
        st.lists(SYNCED, max_size=2).map(tuple),
        maybe(COUNTS),
        st.lists(OBJECTS, max_size=2).map(tuple),
        maybe(NAMES),
        maybe(NAMES),
        NAMES,
    ),
    messages.ErrorMessage: st.builds(messages.ErrorMessage, NAMES, NAMES, st.booleans(), NAMES, maybe(OBJECTS), NAMES),
    messages.RateLimited: st.builds(messages.RateLimited, NUMBERS, maybe(NAMES)),
    messages.TokenRefreshRequired: st.builds(messages.TokenRefreshRequired, NUMBERS, maybe(NAMES)),
    messages.PermissionChange: st.builds(messages.PermissionChange, WORDS, WORDS, maybe(NAMES), maybe(NAMES)),
    messages.Goodbye: st.builds(messages.Goodbye, NAMES),
    messages.DocumentEdit: st.builds(messages.DocumentEdit, EDITS, COUNTS, NAMES, NAMES, NAMES),
    messages.DocumentClose: st.builds(messages.DocumentClose, NAMES),
    messages.OperationAck: st.builds(messages.OperationAck, NAMES, COUNTS, st.booleans(), NAMES),
    messages.OperationBroadcast: st.builds(
        messages.OperationBroadcast, EDITS, COUNTS, NAMES, NAMES, st.booleans(), maybe(COUNTS), NAMES
    ),
    Passed: st.builds(
        Passed, st.sampled_from(["presence", "comment", "new"]), NAMES, JSON, maybe(NAMES), maybe(NAMES), NAMES
    ),
}


def frame(event: str, type_: str = "system", **members: object) -> str:
    """A frame as a peer would write it."""
    return json.dumps({"type": type_, "event": event, **members})


def edit_frame(operation: object) -> str:
    """A document_edit with that operation."""
    data = {"operation": operation, "base_version": 3, "client_id": "c"}
    return frame("document_edit", "operation", data=data, message_id="c:1")
