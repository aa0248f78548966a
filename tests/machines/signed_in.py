"""How a user signs in and a token grows old, and the names that tests of the refresh use."""

from machines.auth_refresh import FRESH, Refreshed, RefreshFailed, SignIn, Trouble

REFRESH_LIMIT, RETRY_DUE, PROBE_DUE = "after refresh_seconds", "after retry_delay", "after probe_seconds"
TRANSIENT, UNREACHABLE, REVOKED = (RefreshFailed(trouble) for trouble in Trouble)


def sign_in(walk, lifetime_seconds=3600.0):
    walk.send(SignIn())
    renew(walk, lifetime_seconds)


def renew(walk, lifetime_seconds=3600.0):
    """Bring a token, and let it grow old enough to be replaced."""
    walk.answer(Refreshed(lifetime_seconds))
    assert walk.state is FRESH
    walk.fire("resting")
