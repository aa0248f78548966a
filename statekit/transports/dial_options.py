"""How a real socket is dialled."""

import logging
import math
import ssl

from attrs import Attribute, field, frozen


def _mute() -> logging.Logger:
    """Make a logger for the library, whose own prints the URL: outside the tree of loggers, and switched off."""
    logger = logging.Logger("statekit.transports.mute", logging.CRITICAL + 1)  # noqa: LOG001 (getLogger would put it in the tree)
    logger.addHandler(logging.NullHandler())
    logger.disabled = True
    return logger


def _time(_: object, attribute: "Attribute[float]", value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError(f"{attribute.name} must be a finite number of seconds above 0, not {value!r}")


def _size(_: object, attribute: "Attribute[int | None]", value: object) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise ValueError(f"{attribute.name} must be a whole number of at least 1, or None, not {value!r}")


def _trust(_: object, attribute: "Attribute[ssl.SSLContext | None]", value: object) -> None:
    if value is not None and not isinstance(value, ssl.SSLContext):
        raise ValueError(f"{attribute.name} must be an ssl.SSLContext, or None, not a {type(value).__name__}")


@frozen(kw_only=True)
class DialOptions:
    """The options of a `WebSocketTransport`, and the logger that the library is given.

    Raises ValueError for a value that could never work.
    """

    open_timeout_seconds: float = field(validator=_time)
    close_timeout_seconds: float = field(validator=_time)
    max_size_bytes: int | None = field(validator=_size)
    tls: ssl.SSLContext | None = field(validator=_trust, repr=False)
    logger: logging.Logger = field(factory=_mute, repr=False)
