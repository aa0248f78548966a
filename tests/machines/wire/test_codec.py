"""Every message survives the wire, and what we do not know passes as it came."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.wire import messages
from machines.wire.codec import EVENTS, decode, encode
from machines.wire.messages import Document, Message, Passed, SyncedOperation
from machines.wire.operations import Delete, Retain
from machines.wire.text import Text
from tests.machines.wire.spoken import MESSAGES, edit_frame, frame

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


def test_the_wire_loads_no_event_loop() -> None:
    code = (
        "import sys, machines.wire.codec, machines.wire.transform, machines.wire.messages;"
        "print(*{'anyio', 'asyncio', 'trio'} & set(sys.modules), end='')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
