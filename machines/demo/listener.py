"""What a front for real sockets needs of a backend, and what the backend tells it."""

import logging
from http import HTTPStatus
from typing import Protocol

from websockets.datastructures import Headers
from websockets.http11 import Response

from machines.demo.faults import HttpStatus
from machines.demo.front_socket import FrontSocket


def mute() -> logging.Logger:
    """Make a logger for the library, whose own prints the path and the token in it: outside the tree, and off."""
    logger = logging.Logger("machines.demo.mute")  # noqa: LOG001 (getLogger would put it in the tree)
    logger.disabled = True
    return logger


class Listener(Protocol):
    """An open port; once shut it is done with, but its connections go on."""

    @property
    def port(self) -> int:
        """The port it listens on."""
        ...

    async def shut(self) -> None:
        """Close the port; dials are refused when this returns."""
        ...

    async def wait_closed(self) -> None:
        """Wait until its last connection has ended; it must have been shut."""
        ...


class Host(Protocol):
    """Who is asked about each client that comes."""

    async def admit(self, path: str) -> HttpStatus | None:
        """Return the status to refuse with, or None to accept."""
        ...

    async def attend(self, socket: FrontSocket, path: str) -> None:
        """Serve one client until its socket is gone; nothing is raised."""
        ...


def response_of(refusal: HttpStatus) -> Response:
    """Write the HTTP response that refuses a handshake."""
    headers = Headers([("Content-Length", "0"), ("Connection", "close")])
    if refusal.retry_after_seconds is not None:
        headers["Retry-After"] = f"{refusal.retry_after_seconds:.0f}"
    try:
        phrase = HTTPStatus(refusal.status).phrase
    except ValueError:
        phrase = "Unassigned"
    return Response(refusal.status, phrase, headers, b"")
