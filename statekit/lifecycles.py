"""The shipped lifecycles, by a name that nothing can shadow.

An application may well have a `machines` folder of its own; then `import machines` finds that one. This module gives
the shipped package in either case: the very same objects as `machines` where that is the shipped one, and otherwise
objects loaded from the folder beside `statekit`, while the application keeps its own `machines`::

    from statekit.lifecycles import CONNECTION, connection
    from statekit.lifecycles import Client

Everything is loaded when it is first asked for, so that asking for a lifecycle does not load the client's libraries.
"""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from machines import (
        auth_refresh,
        circuit_breaker,
        client,
        conflict_recovery,
        connection,
        error_storm,
        gates,
        heartbeat,
        hold,
        link,
        policy,
        rate_limit,
        session,
        wire,
    )
    from machines.auth_refresh import AUTH_REFRESH
    from machines.circuit_breaker import CIRCUIT_BREAKER
    from machines.client import Client
    from machines.conflict_recovery import CONFLICT_RECOVERY
    from machines.connection import CONNECTION
    from machines.error_storm import ERROR_STORM
    from machines.heartbeat import HEARTBEAT
    from machines.hold import HOLD
    from machines.policy.router import ROUTER
    from machines.rate_limit import RATE_LIMIT
    from machines.session import SESSION

__all__ = [
    "AUTH_REFRESH",
    "CIRCUIT_BREAKER",
    "CONFLICT_RECOVERY",
    "CONNECTION",
    "ERROR_STORM",
    "HEARTBEAT",
    "HOLD",
    "RATE_LIMIT",
    "ROUTER",
    "SESSION",
    "Client",
    "auth_refresh",
    "circuit_breaker",
    "client",
    "conflict_recovery",
    "connection",
    "error_storm",
    "gates",
    "heartbeat",
    "hold",
    "link",
    "policy",
    "rate_limit",
    "session",
    "wire",
]

PACKAGE: Final = "machines"
SHIPPED: Final = Path(__file__).parent.parent / PACKAGE
_INSIDE: Final[Mapping[str, str]] = {
    "AUTH_REFRESH": "auth_refresh",
    "CIRCUIT_BREAKER": "circuit_breaker",
    "CONFLICT_RECOVERY": "conflict_recovery",
    "CONNECTION": "connection",
    "ERROR_STORM": "error_storm",
    "HEARTBEAT": "heartbeat",
    "HOLD": "hold",
    "RATE_LIMIT": "rate_limit",
    "ROUTER": "policy.router",
    "SESSION": "session",
    "Client": "client",
}
"""Where each name stands that is not a module itself."""

# The shipped modules while another package bears their name: the import system's own table has room for one.
_BESIDE: Final[dict[str, ModuleType]] = {}
_LOCK: Final = RLock()


def __getattr__(name: str) -> object:
    """Load what is asked for; raises AttributeError for a name that is not in `__all__`."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    module = _load(f"{PACKAGE}.{_INSIDE.get(name, name)}")
    found: object = getattr(module, name) if name in _INSIDE else module
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """List what can be asked for."""
    return __all__


def _load(name: str) -> ModuleType:
    if _is_ours():
        return import_module(name)
    with _LOCK, _in_place_of_theirs():
        if PACKAGE not in sys.modules:
            _load_package()
        return import_module(name)


def _is_ours() -> bool:
    """Tell whether `machines` is, or would be, the shipped package."""
    spec = getattr(sys.modules.get(PACKAGE), "__spec__", None) or find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return False
    return Path(spec.origin).parent.resolve() == SHIPPED.resolve()


@contextmanager
def _in_place_of_theirs() -> Generator[None]:
    """Let the shipped modules bear their names while they are loaded, and give the names back."""
    theirs = _taken()
    sys.modules.update(_BESIDE)
    try:
        yield
    finally:
        _BESIDE.update(_taken())
        sys.modules.update(theirs)


def _taken() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == PACKAGE]
    return {name: sys.modules.pop(name) for name in names}


def _load_package() -> None:
    spec = spec_from_file_location(PACKAGE, SHIPPED / "__init__.py", submodule_search_locations=[str(SHIPPED)])
    if spec is None or spec.loader is None:  # pragma: no cover - a file with this suffix has a loader
        raise ImportError(f"no package at {SHIPPED}")
    package = module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)
