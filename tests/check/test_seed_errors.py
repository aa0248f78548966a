"""What the seed's error handling does wrong (S13, S14, S16), each as a small table and refuted."""

from enum import StrEnum, auto

from attrs import evolve, frozen

from statekit import EVERY, Rows, Signal, after
from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.check.properties import leads_to, on_step
from tests.check.seeds import machine, way


# ------------------------------------------------------------------------------------------- S13: the token's troubles
class Token(StrEnum):
    FRESH = auto()
    REFRESHING = auto()
    EXPIRED = auto()
    LOGIN = auto()


@frozen
class Nothing:
    pass


@frozen
class Expired:
    recoverable: bool

    @classmethod
    def samples(cls):
        return cls(True), cls(False)


@frozen
class Revoked:
    pass


def is_recoverable(_: Nothing, event: Expired) -> bool:
    return event.recoverable


TOKENS = Rows[Token, Nothing, object]()


def tokens(*rows, name="tokens"):
    """Make what holds a token; `rows` answer its troubles."""
    refreshed = TOKENS.row(Token.REFRESHING, after(1.0), Token.FRESH)
    return machine(TOKENS, name, Token.FRESH, Nothing(), (*rows, refreshed))


SEED_TOKENS = tokens(
    TOKENS.row(Token.FRESH, Expired, Token.EXPIRED, guard=is_recoverable),  # a generic event, and that is all
    TOKENS.row(Token.FRESH, Expired, Token.REFRESHING),
    TOKENS.ignore(EVERY, Expired, because="it is known"),
    TOKENS.row(Token.EXPIRED, Revoked, Token.LOGIN),
)
GOOD_TOKENS = tokens(
    TOKENS.row(Token.FRESH, Expired, Token.REFRESHING),
    TOKENS.ignore(EVERY, Expired, because="it is known"),
    TOKENS.row(Token.FRESH, Revoked, Token.LOGIN),
    TOKENS.row(Token.REFRESHING, Revoked, Token.LOGIN),
    TOKENS.ignore(EVERY, Revoked, because="it is known"),
    TOKENS.row(Token.EXPIRED, after(1.0), Token.LOGIN),
    name="good_tokens",
)


def is_expired(tokens):
    """The token has expired."""
    return tokens.state in (Token.EXPIRED, Token.REFRESHING)


def is_seen_to(tokens):
    """There is a fresh one, or a login is asked for."""
    return tokens.state in (Token.FRESH, Token.LOGIN)


def test_s13_a_token_that_expired_recoverably_is_never_refreshed_and_a_revoked_one_has_no_branch():
    claim = leads_to("S13", is_expired, is_seen_to)
    explored = explore(Model(SEED_TOKENS, (claim,)))
    [result] = explored.results
    assert [type(move.event) for move in result.trace.moves] == [Expired]
    assert result.trace.loop_from == 1
    shortest = {sentence.partition(" has no row")[0]: len(trace.moves) for sentence, trace in explored.faults}
    assert shortest["tokens: Revoked in FRESH"] == 1
    assert way(GOOD_TOKENS, claim) is None


# --------------------------------------------------------------------------------- S16: who listens replaces who acts
class Socket(StrEnum):
    OPEN = auto()
    SHUT = auto()


@frozen
class Listen:
    pass


@frozen
class Deleted:
    pass


@frozen
class Conflicted:
    """A conflict; the details, such as the version to go on from, may be missing."""

    details: tuple[int, ...] | None

    @classmethod
    def samples(cls):
        return cls((7,)), cls(None)


@frozen
class Context:
    handled: bool = False
    version: int = 0


@frozen
class Close(Signal):
    pass


def has_listener(context: Context) -> bool:
    return context.handled


def listen(context: Context) -> Context:
    return evolve(context, handled=True)


def raise_it(_: Context) -> Context:
    raise RuntimeError("the application's own trouble")


SOCKETS = Rows[Socket, Context, Close]()


def socket(*rows, name="socket"):
    """Make a socket on a document; `rows` answer its deletion."""
    return machine(
        SOCKETS,
        name,
        Socket.OPEN,
        Context(),
        (
            SOCKETS.stay(EVERY, Listen, update=listen),
            *rows,
            SOCKETS.ignore(Socket.SHUT, Deleted, because="it is shut"),
        ),
    )


def closes_on_deletion(seen):
    """Once the document is deleted the socket is shut."""
    return not isinstance(seen.move.event, Deleted) or seen.after.state is Socket.SHUT


def test_s16_a_listener_takes_the_place_of_what_is_done():
    seed = socket(
        SOCKETS.stay(Socket.OPEN, Deleted, guard=has_listener), SOCKETS.row(Socket.OPEN, Deleted, Socket.SHUT, Close())
    )
    ours = socket(SOCKETS.row(Socket.OPEN, Deleted, Socket.SHUT, Close()), name="ours")
    claim = on_step("S16", closes_on_deletion)
    assert way(seed, claim) == ["Listen", "Deleted"]
    assert way(ours, claim) is None


def test_s16_a_listener_that_raises_is_a_fault():
    raising = socket(SOCKETS.row(Socket.OPEN, Deleted, Socket.SHUT, Close(), update=raise_it), name="raising")
    [(sentence, trace)] = explore(Model(raising)).faults
    assert "raise_it raised RuntimeError" in sentence
    assert len(trace.moves) == 1


# ----------------------------------------------------------------------------------------------- S14: details missing
def go_on_from(context: Context, event: Conflicted) -> Context:
    return evolve(context, version=event.details[0])


def go_on_if_known(context: Context, event: Conflicted) -> Context:
    return evolve(context, version=event.details[0]) if event.details else context


def test_s14_a_conflict_without_details_breaks_what_answers_it():
    def conflicting(update, name):
        """Answer a conflict so."""
        return socket(
            SOCKETS.stay(Socket.OPEN, Conflicted, update=update),
            SOCKETS.ignore(Socket.SHUT, Conflicted, because="it is shut"),
            SOCKETS.row(Socket.OPEN, Deleted, Socket.SHUT),
            name=name,
        )

    [(sentence, trace)] = explore(Model(conflicting(go_on_from, "seed"))).faults
    assert "go_on_from raised TypeError" in sentence
    assert trace.moves[-1].event == Conflicted(None)
    assert len(trace.moves) == 1
    assert not explore(Model(conflicting(go_on_if_known, "ours"))).faults
