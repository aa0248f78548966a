"""Where a client dials: the document, its own id, and the token that makes it all a secret."""

from typing import Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from attrs import field, frozen

from statekit.errors import StatekitError

_PREFIX: Final = "/v1/ws/documents/"


class AddressInvalid(StatekitError, ValueError):
    """A path that no client of this wire would dial.

    `status` is the HTTP status that says so, `problem` what would be right; nothing of the path is kept.
    """

    def __init__(self, status: int, problem: str) -> None:
        """Keep the status and the problem."""
        self.status = status
        self.problem = problem
        super().__init__(f"invalid address: {problem}")


@frozen
class Address:
    """A path and query, read; its `path` is a secret, its repr is not."""

    document_id: str
    client_id: str
    token: str = field(repr=False)
    """Empty where there was none."""

    @classmethod
    def read(cls, path: str) -> "Address":
        """Read the path and query of a URL, or a whole one; raises `AddressInvalid`."""
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        del path
        document_id = parts.path.removeprefix(_PREFIX)
        if not parts.path.startswith(_PREFIX) or not document_id or "/" in document_id:
            raise AddressInvalid(404, f"the path must be {_PREFIX}DOCUMENT")
        client_id = query.get("client_id", [""])[-1]
        if not client_id:
            raise AddressInvalid(400, "the query must name a client_id")
        return cls(document_id, client_id, query.get("token", [""])[-1])

    @property
    def path(self) -> str:
        """Return the path and query that `read` reads: a secret."""
        query = urlencode({"token": self.token, "client_id": self.client_id})
        return f"{_PREFIX}{quote(self.document_id, safe='')}?{query}"
