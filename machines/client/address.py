"""The address of a document: a URL without its secret, which is added for each dial and kept nowhere."""

from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from attrs import field, frozen

from statekit.errors import StatekitError


class BadAddress(StatekitError, ValueError):
    """A URL that cannot be dialled; `problem` says why, never what the URL was, since it may hold a token."""

    def __init__(self, problem: str) -> None:
        """Keep what is wrong."""
        self.problem = problem
        super().__init__(f"the URL cannot be dialled: {problem}")


@frozen
class Address:
    """Where the document is; made by `Address.of`, which checks it."""

    _url: str = field(repr=False)
    client_id: str

    @classmethod
    def of(cls, url: str, client_id: str) -> "Address":
        """Check a `ws:` or `wss:` URL; raises `BadAddress`."""
        problem = _problem(url)
        if problem:
            raise BadAddress(problem)
        return cls(url, client_id)

    def with_token(self, token: str) -> str:
        """Give the URL to dial; it is a secret."""
        scheme, host, path, query, _ = urlsplit(self._url)
        asked = parse_qsl(query, keep_blank_values=True)
        asked += [("token", token), ("client_id", self.client_id), ("version", "1")]
        return urlunsplit((scheme, host, path, urlencode(asked), ""))

    def is_of(self, document_id: str) -> bool:
        """Tell whether the URL's path ends with that name: then it is this document's."""
        return unquote(urlsplit(self._url).path.rpartition("/")[2]) == document_id


def _problem(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "its host or port cannot be read"
    if parts.scheme not in ("ws", "wss"):
        return "it must begin with ws:// or wss://"
    if not parts.hostname:
        return "it names no host"
    if port == 0:
        return "port 0 cannot be dialled"
    return "it must not hold a user or password" if parts.username or parts.password else ""
