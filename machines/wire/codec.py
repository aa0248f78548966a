"""Frames: a message as the JSON text that goes over the wire, and back."""

import json
import math
from collections.abc import Mapping
from typing import Final, NoReturn, cast

from attrs import fields, frozen

from machines.wire import messages
from machines.wire.fields import Place, spelling_of
from machines.wire.messages import Message, Passed
from machines.wire.objects import is_unicode, thaw
from machines.wire.shapes import structured, unstructured
from statekit.codec.strict import Misfit
from statekit.errors import StatekitError

MAX_DEPTH: Final = 64
"""Lists and objects within each other that a frame may hold; far above any message, far below Python's stack.
"""

EVENTS: Final[Mapping[tuple[str, str], type[Message]]] = {
    ("system", "connection_ack"): messages.ConnectionAck,
    ("system", "ping"): messages.Ping,
    ("system", "pong"): messages.Pong,
    ("system", "sync_request"): messages.SyncRequest,
    ("system", "document_sync"): messages.DocumentSync,
    ("system", "error"): messages.ErrorMessage,
    ("system", "rate_limited"): messages.RateLimited,
    ("system", "token_refresh_required"): messages.TokenRefreshRequired,
    ("system", "permission_change"): messages.PermissionChange,
    ("system", "disconnect"): messages.Goodbye,
    ("system", "document_close"): messages.DocumentClose,
    ("operation", "document_edit"): messages.DocumentEdit,
    ("operation", "operation_ack"): messages.OperationAck,
    ("operation", "operation_broadcast"): messages.OperationBroadcast,
}
"""The class of each (type, event); any other pair is `Passed`."""

_NAMES: Final[Mapping[type[Message], tuple[str, str]]] = {shape: name for name, shape in EVENTS.items()}


class FrameInvalid(StatekitError, ValueError):
    """A frame that is no message: `path` says where (`$.data.operation[1].position`), `problem` what would be
    right.

    Neither the sentence nor a cause holds anything of the frame. The peer broke the protocol: close with
    1002.
    """

    def __init__(self, path: str, problem: str) -> None:
        """Keep the place and the problem."""
        self.path = path
        self.problem = problem
        super().__init__(f"invalid frame: {path} {problem}")


@frozen
class _Envelope:
    """What every frame has, whatever it says."""

    type: str
    event: str
    data: object = None
    client_id: str | None = None
    message_id: str | None = None
    document_id: str = messages.URL_DOCUMENT


def decode(frame: str | bytes) -> Message:
    """Read one frame.

    A type or event that we do not know is `Passed`, with whatever data it has; so is presence and comment.
    Raises `FrameInvalid` for what is not JSON, nests deeper than `MAX_DEPTH`, or is a message we know in a
    shape we don't.
    """
    # Raised here and not in the except block: no cause, no context, nothing that holds the frame.
    try:
        return _message(_parsed(frame))
    except Misfit as misfit:
        path, problem = "$" + misfit.path, misfit.problem
    raise FrameInvalid(path, problem)


def encode(message: Message) -> str:
    """Write one message as compact JSON; what is None is left out. `decode` gives an equal message back."""
    plain = _passed(message) if isinstance(message, Passed) else _enveloped(message)
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _message(value: object) -> Message:
    envelope = structured(value, _Envelope)
    shape = EVENTS.get((envelope.type, envelope.event))
    if shape is None:
        names = envelope.client_id, envelope.message_id, envelope.document_id
        return Passed(envelope.type, envelope.event, envelope.data, *names)
    data = envelope.data
    if not isinstance(data, dict):
        raise Misfit(".data", "is missing" if data is None else "must be an object")
    members = {name: each for name, each in cast("dict[str, object]", data).items() if each is not None}
    riding = _riding(shape)
    for name, place in riding.items():
        given = getattr(envelope, name)
        members[name] = given if place is Place.ENVELOPE_ALONE else members.get(name, given)
    try:
        return structured(members, shape)
    except Misfit as misfit:
        belongs = riding.get(misfit.path[1:])
        outside = belongs is Place.ENVELOPE_ALONE or (belongs is Place.ENVELOPE and misfit.path[1:] not in data)
        raise Misfit(misfit.path if outside else ".data" + misfit.path, misfit.problem) from None


def _riding(shape: type[Message]) -> dict[str, Place]:
    """The fields of the message that stand in its envelope."""
    places = {attribute.name: spelling_of(attribute).place for attribute in fields(shape)}
    return {name: place for name, place in places.items() if place is not Place.DATA}


def _enveloped(message: Message) -> dict[str, object]:
    type_, event = _NAMES[type(message)]
    data = unstructured(message)
    riding = {name: data[name] for name in _riding(type(message)) if name in data}
    for name, place in _riding(type(message)).items():
        if place is not Place.BOTH:
            data.pop(name, None)
    return {"type": type_, "event": event, "data": data} | riding


def _passed(message: Passed) -> dict[str, object]:
    plain: dict[str, object] = {"type": message.type, "event": message.event, "data": thaw(message.data)}
    riding = {"client_id": message.client_id, "message_id": message.message_id}
    if message.document_id != messages.URL_DOCUMENT:
        riding["document_id"] = message.document_id
    return plain | {name: value for name, value in riding.items() if value is not None}


def _parsed(frame: str | bytes) -> object:
    """The frame as plain JSON: every number finite, every text sendable, no deeper than we can walk."""
    try:
        text = frame if isinstance(frame, str) else frame.decode()
        value: object = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError:
        raise Misfit("", "must be UTF-8") from None
    except ValueError:
        raise Misfit("", "must be JSON") from None
    except RecursionError:
        raise Misfit("", f"must not nest deeper than {MAX_DEPTH}") from None
    _walk(value)
    return value


def _walk(value: object) -> None:
    level, depth = [value], 0
    while level:
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                members = cast("dict[object, object]", item)
                inner += [*members, *members.values()]
            elif isinstance(item, list):
                inner += cast("list[object]", item)
            elif isinstance(item, str) and not is_unicode(item):
                raise Misfit("", "must be text without lone surrogates")
            if depth == MAX_DEPTH and isinstance(item, (dict, list)):
                raise Misfit("", f"must not nest deeper than {MAX_DEPTH}")
        level, depth = inner, depth + 1


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Misfit("", "must hold no number beyond the range of a double")
    return number


def _refuse_constant(_: str) -> NoReturn:
    raise Misfit("", "must hold neither NaN nor Infinity, which JSON does not know")
