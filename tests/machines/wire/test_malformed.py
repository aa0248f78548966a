"""A frame that is no message says where it is wrong, and nothing else."""

import json
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.wire.codec import EVENTS, MAX_DEPTH, FrameInvalid, decode, encode
from machines.wire.messages import Message
from tests.machines.wire.spoken import JSON, MESSAGES, NAMES, edit_frame, frame

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
