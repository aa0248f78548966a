"""Tokens that a test issues, and those that a client presented."""

from machines.demo.ledger import What


def presented(here):
    """The generations of the tokens that the server saw, in the order of the dials."""
    return [each.generation for each in here.server.ledger.entries if each.what is What.DIALLED]


def issue(here, client_id="ann", ttl_seconds=900.0):
    return here.server.tokens.issue(f"user-{client_id}", ttl_seconds)


def returning(answer):
    async def refresh():
        return answer

    return refresh
