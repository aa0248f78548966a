"""Every message survives the wire; a frame that is none says where it is wrong, and nothing else."""

import json
import subprocess
import sys
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.wire import messages
from machines.wire.codec import EVENTS, MAX_DEPTH, FrameInvalid, decode, encode
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

SEED_ERROR = """
{
  "type": "system",
  "event": "error",
  "data": {
    "error_code": "INSUFFICIENT_PERMISSIONS",
    "message": "You do not have write permissions for this document",
    "details": {
      "required_permission": "document:write",
      "user_permissions": ["document:read"]
    },
    "recoverable": false,
    "timestamp": "2025-01-07T10:30:00Z"
  }
}
"""


def frame(event: str, type_: str = "system", **members: object) -> str:
    """A frame as a peer would write it."""
    return json.dumps({"type": type_, "event": event, **members})


def edit_frame(operation: object) -> str:
    """A document_edit with that operation."""
    data = {"operation": operation, "base_version": 3, "client_id": "c"}
    return frame("document_edit", "operation", data=data, message_id="c:1")


@pytest.mark.parametrize("shape", MESSAGES, ids=lambda shape: shape.__name__)
@given(data=st.data())
def test_every_message_survives_the_wire_in_text_and_in_bytes(shape: type[Message], data: st.DataObject) -> None:
    message = data.draw(MESSAGES[shape])
    written = encode(message)
    assert decode(written) == message
    assert decode(written.encode()) == message
    assert hash(decode(written)) == hash(message)


def test_the_round_trip_covers_every_event() -> None:
    assert {*EVENTS.values(), Passed} == set(MESSAGES)


def test_the_seeds_example_error_is_read() -> None:
    assert decode(SEED_ERROR) == messages.ErrorMessage(
        "INSUFFICIENT_PERMISSIONS",
        "You do not have write permissions for this document",
        recoverable=False,
        timestamp="2025-01-07T10:30:00Z",
        details={"required_permission": "document:write", "user_permissions": ["document:read"]},
    )


@pytest.mark.parametrize(
    ("type_", "event"),
    [("system", "fireworks"), ("weather", "error"), ("presence", "cursor_update"), ("comment", "comment_added")],
)
def test_what_we_do_not_know_passes_as_it_came(type_: str, event: str) -> None:
    data = {"user": {"id": "u"}, "places": [1, 2.5, None, True]}
    passed = decode(frame(event, type_, data=data, client_id="c", message_id="c:9"))
    assert passed == Passed(type_, event, data, "c", "c:9")
    assert decode(frame(event, type_, data=data, document_id="d")) == Passed(type_, event, data, document_id="d")
    assert json.loads(encode(passed))["data"] == data


def test_an_unknown_event_without_data_passes_too() -> None:
    assert decode('{"type":"system","event":"fireworks"}') == Passed("system", "fireworks")


def test_members_nobody_asked_for_are_ignored_and_null_is_as_good_as_missing() -> None:
    given_ = {"retry_after": 5, "message": None, "colour": "red"}
    assert decode(frame("rate_limited", data=given_, trace=1, client_id=None)) == messages.RateLimited(5)


def test_a_null_in_the_data_does_not_hide_what_the_envelope_says() -> None:
    data = {"last_known_version": 1, "message_id": None}
    assert decode(frame("sync_request", data=data, message_id="c:2")) == messages.SyncRequest(1, "c:2")


def test_a_sync_request_says_the_version_in_both_spellings_and_either_is_read() -> None:
    request = messages.SyncRequest(7, "c:2")
    data = json.loads(encode(request))["data"]
    assert data == {"last_known_version": 7, "last_version": 7}
    for spelling in data:
        assert decode(frame("sync_request", data={spelling: 7}, message_id="c:2")) == request


@pytest.mark.parametrize("spelling", ["operations", "missed_operations"])
def test_a_document_sync_is_read_in_either_spelling(spelling: str) -> None:
    item = {"operation": {"type": "retain", "length": 1}, "version": 4, "client_id": "c", "message_id": "c:1"}
    data = {"document": {"id": "d", "version": 4, "content": "x"}, spelling: [item]}
    sync = decode(frame("document_sync", data=data, message_id="c:2"))
    assert sync == messages.DocumentSync(
        Document("d", 4, Text.of("x")), (SyncedOperation((Retain(1),), 4, "c", "c:1"),), message_id="c:2"
    )


def test_one_operation_is_written_as_an_object_and_several_as_a_list() -> None:
    one = messages.DocumentEdit((Delete(0, 2),), 3, "c", "c:1")
    two = messages.DocumentEdit((Delete(0, 2), Delete(5, 1)), 3, "c", "c:1")
    assert json.loads(encode(one))["data"]["operation"] == {"type": "delete", "position": 0, "length": 2}
    assert [each["position"] for each in json.loads(encode(two))["data"]["operation"]] == [0, 5]
    assert decode(edit_frame([{"type": "delete", "position": 0, "length": 2}])) == one


def test_the_envelope_carries_what_belongs_to_it() -> None:
    edit = json.loads(encode(messages.DocumentEdit((), 3, "c", "c:1")))
    assert (edit["client_id"], edit["message_id"], edit["data"]["client_id"]) == ("c", "c:1", "c")
    assert "message_id" not in edit["data"]
    ack = json.loads(encode(messages.OperationAck("c:1", 4)))
    assert ack == {
        "type": "operation",
        "event": "operation_ack",
        "data": {"message_id": "c:1", "server_version": 4, "acknowledged": True},
    }


def test_the_document_of_the_url_has_no_name_on_the_wire_and_another_has_it_in_the_envelope() -> None:
    home, other = messages.OperationAck("c:1", 4), messages.OperationAck("c:1:d", 4, document_id="d")
    assert "document_id" not in encode(home)
    written = json.loads(encode(other))
    assert (written["document_id"], "document_id" in written["data"]) == ("d", False)
    assert (
        encode(messages.DocumentClose("d")) == '{"type":"system","event":"document_close","data":{},"document_id":"d"}'
    )


def test_what_data_calls_a_document_id_does_not_say_whom_a_message_concerns() -> None:
    data = {"message_id": "c:1", "server_version": 4, "document_id": "d"}
    assert decode(frame("operation_ack", "operation", data=data)) == messages.OperationAck("c:1", 4)
    assert decode(frame("operation_ack", "operation", data=data, document_id=None)) == messages.OperationAck("c:1", 4)


def test_whole_milliseconds_are_written_as_whole_numbers() -> None:
    assert encode(messages.Ping(1704625800000.0)).endswith('"data":{"timestamp":1704625800000}}')
    assert encode(messages.Ping(0.5)).endswith('{"timestamp":0.5}}')


def test_a_frame_is_compact_and_spells_characters_as_they_are() -> None:
    assert encode(messages.Goodbye("é 😀")) == '{"type":"system","event":"disconnect","data":{"reason":"é 😀"}}'


def test_a_document_without_formats_says_nothing_about_formats() -> None:
    plain = messages.DocumentSync(Document("d", 1, Text.of("x")))
    assert json.loads(encode(plain))["data"]["document"] == {"id": "d", "version": 1, "content": "x"}


ERROR: dict[str, object] = {"error_code": "X", "message": "m", "recoverable": True, "timestamp": "t"}
INSERT: dict[str, object] = {"type": "insert", "position": 0, "content": "x"}
DELETE: dict[str, object] = {"type": "delete", "position": 0, "length": 1}
FORMAT: dict[str, object] = {"type": "format", "position": 0, "length": 1, "attributes": {"b": 1}}
DOCUMENT: dict[str, object] = {"id": "d", "version": 1, "content": "abc"}
NOTES: dict[str, object] = {"operation": [], "version": 1, "client_id": "c"}

MALFORMED: list[tuple[str | bytes, str, str]] = [
    ("", "$", "must be JSON"),
    ("{", "$", "must be JSON"),
    ("{} {}", "$", "must be JSON"),
    (b"\xff\xfe", "$", "must be UTF-8"),
    ("9" * 5000, "$", "must be JSON"),
    ("[" * 100_000, "$", "must not nest deeper"),
    ('{"a":' * 5_000 + "1" + "}" * 5_000, "$", "must not nest deeper"),
    ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "$", "must not nest deeper"),
    ('{"type":"system","event":"ping","data":{"timestamp":NaN}}', "$", "NaN"),
    ('{"type":"system","event":"ping","data":{"timestamp":-Infinity}}', "$", "Infinity"),
    ('{"type":"system","event":"ping","data":{"timestamp":1e999}}', "$", "range of a double"),
    ('{"type":"system","event":"ping","data":{"timestamp":1' + "0" * 400 + "}}", "$.data.timestamp", "number"),
    ('{"type":"presence","event":"x","data":["\\ud83d"]}', "$", "lone surrogates"),
    ('{"type":"presence","event":"x","data":{"\\ud83d":1}}', "$", "lone surrogates"),
    ("[]", "$", "must be an object"),
    ("null", "$", "must be an object"),
    ("{}", "$.type", "is missing"),
    ('{"type":"system"}', "$.event", "is missing"),
    ('{"type":5,"event":"ping"}', "$.type", "must be text"),
    ('{"type":"presence","event":"x","client_id":5}', "$.client_id", "must be text"),
    (frame("ping"), "$.data", "is missing"),
    (frame("ping", data=[]), "$.data", "must be an object"),
    (frame("ping", data={}), "$.data.timestamp", "is missing"),
    (frame("ping", data={"timestamp": True}), "$.data.timestamp", "must be a number"),
    (frame("ping", data={"timestamp": "5"}), "$.data.timestamp", "must be a number"),
    (frame("rate_limited", data={"retry_after": -1}), "$.data.retry_after", "at least 0"),
    (frame("error", data=ERROR | {"recoverable": "false"}), "$.data.recoverable", "true or false"),
    (frame("error", data=ERROR | {"recoverable": None}), "$.data.recoverable", "is missing"),
    (frame("error", data=ERROR | {"error_code": 5}), "$.data.error_code", "must be text"),
    (frame("error", data=ERROR | {"details": []}), "$.data.details", "must be an object"),
    (frame("sync_request", data={"last_known_version": 1}), "$.message_id", "is missing"),
    (frame("sync_request", data={"last_version": -1}, message_id="m"), "$.data.last_known_version", "at least 0"),
    (frame("ping", data={"timestamp": 1}, document_id=5), "$.document_id", "must be text"),
    (frame("permission_change", data={"permissions": "read"}), "$.data.permissions", "must be a list"),
    (frame("permission_change", data={"permissions": ["read", 5]}), "$.data.permissions[1]", "must be text"),
    (frame("document_sync", data={"document": DOCUMENT | {"version": 1.0}}), "$.data.document.version", "whole"),
    (
        frame("document_sync", data={"document": DOCUMENT | {"formats": [FORMAT, FORMAT | {"position": 3}]}}),
        "$.data.document.formats[1]",
        "must end within the content",
    ),
    (
        frame("document_sync", data={"document": DOCUMENT, "operations": [NOTES]}),
        "$.data.operations[0].message_id",
        "is missing",
    ),
    (
        frame("document_sync", data={"document": DOCUMENT, "current_version": True}),
        "$.data.current_version",
        "must be a whole number",
    ),
    (edit_frame(None), "$.data.operation", "is missing"),
    (edit_frame("x"), "$.data.operation", "must be an operation or a list of operations"),
    (edit_frame(["x"]), "$.data.operation[0]", "must be an object"),
    (edit_frame({}), "$.data.operation.type", "must be one of insert, delete, retain, format"),
    (edit_frame(INSERT | {"type": ["insert"]}), "$.data.operation.type", "must be one of"),
    (edit_frame(INSERT | {"position": -1}), "$.data.operation.position", "at least 0"),
    (edit_frame(INSERT | {"position": True}), "$.data.operation.position", "whole number"),
    (edit_frame(INSERT | {"position": 1.0}), "$.data.operation.position", "whole number"),
    (edit_frame(INSERT | {"content": ""}), "$.data.operation.content", "at least one character"),
    (edit_frame([INSERT, DELETE | {"length": 0}]), "$.data.operation[1].length", "at least 1"),
    (edit_frame([INSERT, {"type": "retain", "length": False}]), "$.data.operation[1].length", "whole number"),
    (edit_frame(FORMAT | {"attributes": {}}), "$.data.operation.attributes", "at least one member"),
    (edit_frame(FORMAT | {"attributes": None}), "$.data.operation.attributes", "is missing"),
]


@pytest.mark.parametrize(("text", "path", "problem"), MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_frame_names_the_place_and_what_would_be_right(text: str | bytes, path: str, problem: str) -> None:
    with pytest.raises(FrameInvalid) as caught:
        decode(text)
    assert caught.value.path == path
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"system","event":"SECRET"',
        frame("ping", data={"timestamp": "SECRET"}),
        frame("error", data=ERROR | {"SECRET": 1, "recoverable": "SECRET"}),
        edit_frame(INSERT | {"type": "SECRET"}),
        frame(
            "document_sync", data={"document": DOCUMENT | {"content": "SECRET", "formats": [FORMAT | {"length": 9}]}}
        ),
    ],
)
def test_a_refusal_holds_nothing_of_the_frame(text: str) -> None:
    with pytest.raises(FrameInvalid) as caught:
        decode(text)
    invalid = caught.value
    assert "SECRET" not in "".join(traceback.format_exception(invalid)).replace(repr(text), "")
    assert invalid.__cause__ is None
    assert invalid.__context__ is None
    assert "SECRET" not in repr(vars(invalid))


def test_a_frame_may_nest_as_deep_as_the_bound_and_still_comes_back() -> None:
    inside = MAX_DEPTH - 1  # the frame itself is the first level
    text = '{"type":"presence","event":"x","data":' + "[" * inside + "]" * inside + "}"
    assert encode(decode(text)) == text


def read(text: str | bytes) -> Message | str:
    """The message, or the path of what is wrong."""
    try:
        return decode(text)
    except FrameInvalid as invalid:
        return invalid.path


@given(st.text() | st.binary() | JSON.map(json.dumps))
def test_text_that_is_no_message_is_invalid_and_nothing_else(text: str | bytes) -> None:
    outcome = read(text)
    assert isinstance(outcome, str)
    assert outcome.startswith("$")


@given(st.sampled_from(sorted(EVENTS)), st.dictionaries(NAMES, JSON), st.data())
def test_known_events_with_any_data_are_a_message_or_invalid(
    event: tuple[str, str], extra: dict[str, object], data: st.DataObject
) -> None:
    shape = EVENTS[event]
    sound = json.loads(encode(data.draw(MESSAGES[shape])))
    if sound["data"]:
        sound["data"][data.draw(st.sampled_from(sorted(sound["data"])))] = data.draw(JSON)
    sound["data"] |= {name: value for name, value in extra.items() if name not in sound["data"]}
    outcome = read(json.dumps(sound))
    assert isinstance(outcome, shape) or (isinstance(outcome, str) and outcome.startswith("$"))


def test_the_wire_loads_no_event_loop() -> None:
    code = (
        "import sys, machines.wire.codec, machines.wire.transform, machines.wire.messages;"
        "print(*{'anyio', 'asyncio', 'trio'} & set(sys.modules), end='')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
