"""Auth refresh: one token at a time, refreshed once for whoever needs it, and never presented again once refused.

The core knows tokens by their generation only; the adapter's vault turns a generation into a token.

Surprising arrows, in words:
- Two counters. `failures` counts refreshes that failed and is forgiven by one that succeeds; `rejections` counts fresh
  tokens that the server refused and is forgiven only when it accepts one. So a server that refuses every new token
  leads to a login after three, however well the refreshing goes, and be it while the next one is on its way.
- A refresh that cannot reach anybody is not an answer: it burns no failure and never leads to a login.
- A refresh that fails while the token is good slows down to one a minute; the token is offered on.
- A new token is not replaced within 5 s, but for the first refusal: a server whose tokens live a second, or that hints
  without end, is not asked in a loop.
- After the machine was asleep the token is renewed: its timers stood still, and nobody here can tell how old it is.
- Expiry is a timer of the whole stay in SIGNED_IN: it runs on through refreshes, waits and holds.
- A refresh that finishes after a logout is stale: its token is never used.
"""

from enum import StrEnum
from typing import TypeAlias

from attrs import evolve, field, frozen

from machines.link import Generation
from machines.options import number, option, refuse_less, seconds, whole
from statekit import EVERY, Failure, Jitter, Kind, Machine, Rows, Signal, after, arm, disarm, either, timer
from statekit.timers import ClockJumped


# ---------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """Attempts and the first waits are the seed's (3; 1 s, 2 s); the rest is ours. Seconds.

    A failed refresh is tried again after `retry_seconds` times the failures, drawn out by the share `retry_jitter`, or
    after `slow_retry_seconds` when the attempts are used up but the token is good; `probe_seconds` is how often to look
    whether anybody can be reached. A token is renewed ahead of its expiry by `lead_fraction` of its life, within
    `lead_min_seconds` and `lead_max_seconds`, and no sooner than `rest_seconds` after it came.
    """

    failures_max: int = field(default=3, validator=whole(at_least=1))
    rejections_max: int = field(default=3, validator=whole(at_least=1))
    refresh_seconds: float = field(default=10.0, validator=seconds(above=0))
    retry_seconds: float = field(default=1.0, validator=seconds(above=0))
    retry_jitter: float = field(default=0.25, validator=number())
    slow_retry_seconds: float = field(default=60.0, validator=seconds(above=0))
    probe_seconds: float = field(default=30.0, validator=seconds(above=0))
    rest_seconds: float = field(default=5.0, validator=seconds())
    lead_fraction: float = field(default=0.2, validator=number(above=0, at_most=1))
    lead_min_seconds: float = field(default=10.0, validator=seconds())
    lead_max_seconds: float = field(default=300.0, validator=seconds())

    def __attrs_post_init__(self) -> None:
        """Refuse ends in the wrong order."""
        refuse_less(self, "lead_max_seconds", "lead_min_seconds")


# ----------------------------------------------------------------------------------------------------------- states
class State(StrEnum):
    """What is known of the token."""

    SIGNED_OUT = "signed_out"
    FRESH = "fresh"
    REFRESHING = "refreshing"
    RETRY_WAIT = "retry_wait"
    OFFLINE_HOLD = "offline_hold"
    REAUTH_REQUIRED = "reauth_required"


SIGNED_OUT, FRESH, REFRESHING, RETRY_WAIT, OFFLINE_HOLD, REAUTH_REQUIRED = State


# ----------------------------------------------------------------------------------------------------------- events
@frozen
class SignIn:
    """The application's refresh function may be asked for a token from now on."""


@frozen
class Login:
    """The application brings a token; None says that its life is not known."""

    lifetime_seconds: float | None = None

    @classmethod
    def samples(cls) -> "tuple[Login, ...]":
        """Give a token whose life is not known, one that is dead on arrival, and one of ten minutes."""
        return cls(), cls(0.0), cls(600.0)


@frozen
class Logout:
    """The user is gone; no token of theirs may be used again."""


@frozen
class Need:
    """Somebody wants a token to present."""


@frozen
class Rejected:
    """The server refused the token of this generation."""

    generation: Generation

    @classmethod
    def samples(cls) -> "tuple[Rejected, ...]":
        """Give one; its generation stands for each."""
        return (cls(1),)


@frozen
class Accepted:
    """The server accepted the token of this generation."""

    generation: Generation

    @classmethod
    def samples(cls) -> "tuple[Accepted, ...]":
        """Give one; its generation stands for each."""
        return (cls(1),)


@frozen
class Revoked:
    """The server says that only a new login can help."""


@frozen
class RefreshHint:
    """The server says that the token will expire soon."""


@frozen
class Online:
    """The network is believed to be back."""


@frozen
class Refreshed:
    """The refresh function returned a token, which the vault keeps; None says that its life is not known."""

    lifetime_seconds: float | None = None

    @classmethod
    def samples(cls) -> "tuple[Refreshed, ...]":
        """Give a token whose life is not known, one that is dead on arrival, one of ten minutes, and one for ever."""
        return cls(), cls(0.0), cls(600.0), cls(float("inf"))


class Trouble(StrEnum):
    """Why a refresh failed."""

    TRANSIENT = "transient"
    """An answer, but not a token: it may work later."""
    UNREACHABLE = "unreachable"
    """No answer at all."""
    REVOKED = "revoked"
    """An answer that no retry can change."""


@frozen
class RefreshFailed:
    """The refresh function raised."""

    trouble: Trouble

    @classmethod
    def samples(cls) -> "tuple[RefreshFailed, ...]":
        """Give one of each trouble."""
        return tuple(map(cls, Trouble))


Event: TypeAlias = (
    SignIn | Login | Logout | Need | Rejected | Accepted | Revoked | RefreshHint | Online | ClockJumped | Refreshed
    | RefreshFailed
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- effects
@frozen
class RefreshToken:
    """Ask the refresh function for a token, and keep it under this generation."""

    generation: Generation


@frozen
class AdoptToken:
    """Keep the token that came with the login under this generation."""

    generation: Generation


@frozen
class ForgetTokens:
    """Empty the vault."""


@frozen
class OfferToken(Signal):
    """There is a token to present."""

    generation: Generation


@frozen
class PromptLogin(Signal):
    """Only a person can help now; `reason` says why."""

    reason: str


Effect: TypeAlias = RefreshToken | AdoptToken | ForgetTokens | OfferToken | PromptLogin


# ---------------------------------------------------------------------------------------------------------- context
@frozen
class Context:
    """Generations of the newest and of the newest refused token; may it be replaced yet; the two counters."""

    options: Options = Options()
    generation: Generation = 0
    rejected: Generation = 0
    lifetime_seconds: float | None = None
    expired: bool = False
    rested: bool = True
    failures: int = 0
    rejections: int = 0


def retry_delay(context: Context) -> Jitter:
    """1 s, then 2 s (seed: 1000 · n ms), a quarter of jitter above; slow when all are used up, or a token just came."""
    options = context.options
    used_up = context.failures >= options.failures_max
    low = options.slow_retry_seconds if used_up else options.retry_seconds * max(context.failures, 1)
    low = low if context.rested else max(low, options.rest_seconds)
    return Jitter(low, low * (1 + options.retry_jitter))


def expiry_delay(context: Context) -> float:
    """When the token dies, counted from when it was received; the wall clock has no say."""
    return max(context.lifetime_seconds or 0.0, 0.0)


def refresh_due_delay(context: Context) -> float:
    """When to refresh ahead of the expiry: a fifth of its life, 10 s to 5 min, but never before half of it."""
    options, lifetime = context.options, expiry_delay(context)
    lead = min(max(lifetime * options.lead_fraction, options.lead_min_seconds), options.lead_max_seconds)
    return lifetime - min(lead, lifetime / 2)


refresh_seconds = option(Options, "refresh_seconds")
probe_seconds = option(Options, "probe_seconds")
rest_seconds = option(Options, "rest_seconds")


# --------------------------------------------------------------------------------------------------- guards, updates
def usable(context: Context) -> bool:
    """Can the newest token be presented?"""
    return context.generation > context.rejected and not context.expired


def mortal(context: Context) -> bool:
    """Is the token's life known, and will it end?"""
    return context.lifetime_seconds is not None and context.lifetime_seconds < float("inf")


def rested(context: Context) -> bool:
    """Has the newest token been out for long enough to be replaced?"""
    return context.rested


def is_spent(_: Context, event: Refreshed) -> bool:
    """Is the token dead on arrival, so that it is no better than none?"""
    return event.lifetime_seconds is not None and not event.lifetime_seconds > 0


def is_another(context: Context, event: Rejected) -> bool:
    """Was it another than the newest token that was refused?"""
    return event.generation != context.generation


def rejected_too_often(context: Context, event: Rejected) -> bool:
    """Is this one fresh token too many that the server refuses?"""
    return note_rejected(context, event).rejections > context.options.rejections_max


def first_rejection(context: Context) -> bool:
    """Is it the first since the server accepted one?"""
    return context.rejections == 0


def unreachable(_: Context, event: RefreshFailed) -> bool:
    """Was nobody reached?"""
    return event.trouble is Trouble.UNREACHABLE


def revoked(_: Context, event: RefreshFailed) -> bool:
    """Is it useless to try again?"""
    return event.trouble is Trouble.REVOKED


def attempts_left(context: Context) -> bool:
    """May a failed refresh be tried again soon?"""
    return context.failures < context.options.failures_max


def note_login(context: Context, event: Login) -> Context:
    """A new token, and a clean record; the number after ours may be that of a refresh in flight, so it is left out."""
    generation = context.generation + 2
    return Context(context.options, generation, context.rejected, lifetime_seconds=event.lifetime_seconds)


def clean_record(context: Context) -> Context:
    """Forget the counters of who was signed in before; their tokens stay refused, that of a refresh in flight too."""
    return Context(context.options, context.generation + 1, rejected=context.generation + 1)


def note_refreshed(context: Context, event: Refreshed) -> Context:
    """A new token; refreshing works."""
    lifetime = event.lifetime_seconds
    renewed = evolve(context, generation=context.generation + 1, lifetime_seconds=lifetime, expired=False)
    return evolve(renewed, failures=0, rested=False)


def note_rejected(context: Context, event: Rejected) -> Context:
    """Never present it again; count it once, and not if it had expired anyway."""
    known = event.generation <= context.rejected or context.expired
    return evolve(context, rejected=event.generation, rejections=context.rejections + (not known))


def note_accepted(context: Context, event: Accepted) -> Context:
    """The server takes our tokens; of one that it has refused since, it no longer does."""
    return evolve(context, rejections=0) if context.rejected < event.generation <= context.generation else context


def note_expired(context: Context) -> Context:
    """The token has died."""
    return evolve(context, expired=True)


def note_rested(context: Context) -> Context:
    """The newest token may be replaced."""
    return evolve(context, rested=True)


def note_jump(context: Context, event: ClockJumped) -> Context:
    """The token has died if the machine was asleep for longer than it lives."""
    return evolve(context, expired=context.expired or (mortal(context) and event.gap_seconds >= expiry_delay(context)))


def count_failure(context: Context) -> Context:
    """Count a refresh that was answered, or not in time, but brought no token; more than all make no difference."""
    return evolve(context, failures=min(context.failures + 1, context.options.failures_max))


def refresh(context: Context) -> RefreshToken:
    """Ask for the next generation."""
    return RefreshToken(context.generation + 1)


def adopt(context: Context) -> AdoptToken:
    """Keep the login's token."""
    return AdoptToken(context.generation)


def offer(context: Context) -> OfferToken:
    """Tell that the newest token may be presented."""
    return OfferToken(context.generation)


def refresh_broke(_: Failure) -> RefreshFailed:
    """A refresh function that raises something unexpected may work later."""
    return RefreshFailed(Trouble.TRANSIENT)


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, stay, ignore, to, state = rows.row, rows.stay, rows.ignore, rows.to, rows.state

SIGNED_IN = rows.group("signed_in", FRESH, REFRESHING, RETRY_WAIT, OFFLINE_HOLD, doc="somebody is signed in")

expiry = timer("expiry", expiry_delay, scope=SIGNED_IN)
refresh_due = timer("refresh_due", refresh_due_delay, scope=SIGNED_IN)
resting = timer("resting", rest_seconds, scope=SIGNED_IN)

# fmt: off
STATES = (
    #     state            kind          what it means
    state(SIGNED_OUT,      Kind.REST,    "nobody is signed in", waits_for="a person"),
    state(FRESH,           Kind.STEADY,  "the newest token may be presented"),
    state(REFRESHING,      Kind.BUSY,    "a newer token was asked for; the old one may still be good"),
    state(RETRY_WAIT,      Kind.WAITING, "the refresh failed, or a fresh token was refused: a pause"),
    state(OFFLINE_HOLD,    Kind.WAITING, "nobody could be reached: a pause that burns no attempt"),
    state(REAUTH_REQUIRED, Kind.FAILED,  "only a login can help", waits_for="a person"),
)

FRESHLY = rows.choice("freshly",
    to(FRESH,              offer, arm(expiry), arm(refresh_due), guard=mortal),
    to(FRESH,              offer, disarm(expiry), disarm(refresh_due)))
RENEW = rows.choice("renew",
    to(REFRESHING,         refresh, guard=rested),
    to(RETRY_WAIT))
AGAIN = rows.choice("again",
    to(RETRY_WAIT,         guard=attempts_left),
    to(RETRY_WAIT,         guard=usable),
    to(REAUTH_REQUIRED,    PromptLogin("refresh_failed")))

TABLE = (
    #   source           trigger                target           effects, then guard= and update=
    row(SIGNED_OUT,      SignIn,                REFRESHING,      refresh),
    row(REAUTH_REQUIRED, SignIn,                REFRESHING,      refresh, update=clean_record),
    row(EVERY,           Login,                 FRESHLY,         adopt, disarm(resting), update=note_login),
    row((SIGNED_IN, REAUTH_REQUIRED), Logout,   SIGNED_OUT,      ForgetTokens(), update=clean_record),

    row(FRESH,           refresh_due,           RENEW),
    row(FRESH,           RefreshHint,           RENEW),
    row(FRESH,           ClockJumped,           RENEW,           guard=mortal, update=note_jump),
    row(FRESH,           expiry,                RENEW,           update=note_expired),
    ignore(SIGNED_IN.states, Rejected,          guard=is_another, because="it is not the newest token"),
    row(SIGNED_IN.states, Rejected,             REAUTH_REQUIRED, PromptLogin("token_rejected"),
        guard=rejected_too_often, update=note_rejected),
    row(FRESH,           Rejected,              REFRESHING,      refresh, guard=first_rejection,
        update=note_rejected),
    row(FRESH,           Rejected,              RETRY_WAIT,      update=note_rejected),

    row(REFRESHING,      Refreshed,             AGAIN,           guard=is_spent, update=count_failure),
    row(REFRESHING,      Refreshed,             FRESHLY,         arm(resting), update=note_refreshed),
    row(REFRESHING,      RefreshFailed,         OFFLINE_HOLD,    guard=unreachable),
    row(REFRESHING,      RefreshFailed,         REAUTH_REQUIRED, PromptLogin("revoked"), guard=revoked),
    row(REFRESHING,      RefreshFailed,         AGAIN,           update=count_failure),
    row(REFRESHING,      after(refresh_seconds), AGAIN,          update=count_failure),

    row(RETRY_WAIT,      after(retry_delay),    REFRESHING,      refresh),
    row(OFFLINE_HOLD,    after(probe_seconds),  REFRESHING,      refresh),
    row(OFFLINE_HOLD,    Online,                REFRESHING,      refresh),
    row(RETRY_WAIT,      Online,                REFRESHING,      refresh, guard=rested),
    row((RETRY_WAIT, OFFLINE_HOLD), ClockJumped, REFRESHING,     refresh, update=note_jump),

    stay(SIGNED_IN,      Need,                  offer, guard=usable),
    ignore(SIGNED_IN,    Need,                  because="the next token is offered as soon as there is one"),
    stay(SIGNED_IN,      Accepted,              update=note_accepted),
    stay(SIGNED_IN,      Rejected,              update=note_rejected),
    stay(SIGNED_IN,      expiry,                update=note_expired),
    stay(SIGNED_IN,      resting,               update=note_rested),
    stay(REFRESHING,     ClockJumped,           update=note_jump),
    ignore(SIGNED_IN,    refresh_due,           because="a newer token will be fetched anyway"),
    row(SIGNED_IN,       Revoked,               REAUTH_REQUIRED, PromptLogin("revoked")),
    ignore(SIGNED_IN,    SignIn,                because="somebody is signed in already"),

    ignore(EVERY,        Need,                  because="there is no token: a login must come first"),
    ignore(EVERY,        Logout,                because="nobody is signed in"),
    ignore(EVERY,        either(Rejected, Accepted, Revoked), because="no token is out"),
    ignore(EVERY,        RefreshHint,           because="no token is fresh, or a newer one will come anyway"),
    ignore(EVERY,        Online,                because="nothing waits for the network, or a token came"),
    ignore(EVERY,        ClockJumped,           because="there is no token whose age could be in doubt"),
)
# fmt: on

AUTH_REFRESH = Machine[State, Event, Context, Effect](
    "auth_refresh",
    initial=SIGNED_OUT,
    context=Context(),
    states=STATES,
    groups=(SIGNED_IN,),
    table=TABLE,
    answering=(rows.answering(RefreshToken, Refreshed, RefreshFailed, scope=REFRESHING, failed=refresh_broke),),
    doc="One token at a time, refreshed once for whoever needs it.",
)
