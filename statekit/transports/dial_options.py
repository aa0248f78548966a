"""How a real socket is dialled."""

import logging
import ssl

from attrs import field, frozen


def _mute() -> logging.Logger:
    """Make a logger for the library, whose own prints the URL: outside the tree of loggers, and switched off."""
    logger = logging.Logger("statekit.transports.mute", logging.CRITICAL + 1)  # noqa: LOG001 (getLogger would put it in the tree)
    logger.addHandler(logging.NullHandler())
    logger.disabled = True
    return logger


@frozen(kw_only=True)
class DialOptions:
    """The options of a `WebSocketTransport`, and the logger that the library is given."""

    open_timeout_seconds: float
    close_timeout_seconds: float
    max_size_bytes: int | None
    tls: ssl.SSLContext | None = field(repr=False)
    logger: logging.Logger = field(factory=_mute, repr=False)
