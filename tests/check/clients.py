"""A model of the session, and a way through it: signed in, dialled, and an answer that comes too late."""

from machines import session
from machines.auth_refresh import AUTH_REFRESH, Refreshed, SignIn
from machines.connection import CONNECTION, Connect
from machines.link import Opened
from machines.saving import HOOKS
from machines.session import SESSION
from statekit.check.model import Model, Thresholds
from statekit.check.properties import witness
from statekit.check.report import Trace
from statekit.check.seen import Move


def linked(view) -> bool:
    """The link comes up."""
    return view.of(CONNECTION).context.permit > 0


CLIENT = Model(
    SESSION,
    (witness("S1", linked),),
    {"default": Thresholds(session.contexts("me", session.Options()))},
    hooks=HOOKS,
)
DIALLED = Trace(
    SESSION.name,
    "default",
    (
        Move(AUTH_REFRESH.name, SignIn()),
        Move(AUTH_REFRESH.name, Refreshed(60.0), "RefreshToken"),
        Move(CONNECTION.name, Connect()),
        Move(CONNECTION.name, Opened(), "Dial", stale=True),
    ),
)
