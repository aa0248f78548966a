"""What the exceptions of a WebSocket library, of TLS and of the net mean to whoever dialled."""

import errno
import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast

from websockets.exceptions import InvalidStatus, InvalidURI
from websockets.http11 import Response

from .socket import DialFailed


def dial_failure(error: BaseException) -> DialFailed:
    """Return what to raise for it, outside the `except`; nothing of the error is kept, since it may hold the URL."""
    errors = tuple(_all_in(error))
    if isinstance(error, InvalidStatus):
        return _answered(error.response)
    if isinstance(error, InvalidURI):
        return DialFailed("bad_url")
    if any(isinstance(each, ssl.SSLError) for each in errors):
        return DialFailed("tls")
    if any(isinstance(each, TimeoutError) for each in errors):
        return DialFailed("timeout")
    if isinstance(error, ValueError):  # a port that is no number, a host that is no name
        return DialFailed("bad_url")
    if _errnos(errors) == {errno.ECONNREFUSED}:
        return DialFailed("refused")
    if any(isinstance(each, OSError | EOFError) for each in errors):
        return DialFailed("unreachable")
    return DialFailed("not_websocket")


def _answered(response: Response) -> DialFailed:
    """A server answered with a status other than 101: by 2xx it shows that it knows no WebSockets."""
    status = response.status_code
    if 200 <= status <= 299:  # noqa: PLR2004 (RFC 9110, section 15.3)
        return DialFailed("not_websocket", status)
    if status not in (429, 503):
        return DialFailed("rejected", status)
    said, sent = (next(iter(response.headers.get_all(name)), "") for name in ("Retry-After", "Date"))
    return DialFailed("rejected", status, retry_after(said, sent))


def retry_after(said: str, sent: str = "") -> float | None:
    """Read a Retry-After header (RFC 9110, section 10.2.3) as seconds from now, or None where it says nothing.

    `sent` is the Date header of the same response: a date is taken against it where possible, so that neither clock
    need be right. A date in the past means 0.
    """
    if re.fullmatch(r"[0-9]{1,10}", said.strip()):
        return float(said)
    until = _date(said)
    if until is None:
        return None
    now = _date(sent) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _all_in(error: BaseException) -> Iterator[BaseException]:
    """Walk an error, its causes, and the members of groups among them."""
    yield error
    if isinstance(error, BaseExceptionGroup):
        for each in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _all_in(each)
    if error.__cause__ is not None:
        yield from _all_in(error.__cause__)


def _errnos(errors: tuple[BaseException, ...]) -> set[int]:
    """Collect why each address failed; for several, asyncio only writes it in the text of an error without errno."""
    found = {each.errno for each in errors if isinstance(each, OSError) and each.errno}
    texts = [str(each) for each in errors if isinstance(each, OSError) and not each.errno]
    return found | {int(number) for text in texts for number in re.findall(r"\[Errno (\d+)\]", text)}
