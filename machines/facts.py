"""Facts: what the states of several machines come to, and what it is to the machine that is told.

A fact is a pure function of the session, looked at whenever no signal is left to deliver. Its maker says what the
machine concerned hears when it has changed; see `session.DERIVED`.
"""

from typing import Final

from machines import auth_refresh, connection, document, error_storm, hold
from machines.auth_refresh import AUTH_REFRESH
from machines.conflict_recovery import CONFLICT_RECOVERY, IN_FLIGHT
from machines.connection import CONNECTION
from machines.error_storm import ERROR_STORM
from machines.gates import Gate, GatesMoved
from machines.hold import HOLD
from machines.link import TerminalError
from machines.policy.close_codes import CloseAct
from statekit import View
from statekit.keyed import InstanceKey

NO_GATES: Final = frozenset[Gate]()
"""No gate is shut."""


def shut_gates(session: View) -> frozenset[Gate]:
    """Which gates are shut, by their owners' states."""
    auth, held = session.of(AUTH_REFRESH).state, session.of(HOLD).context
    shut = {
        Gate.REAUTH: auth in (auth_refresh.SIGNED_OUT, auth_refresh.REAUTH_REQUIRED),
        Gate.OFFLINE: held.offline,
        Gate.HIDDEN: held.hidden,
        Gate.MAINTENANCE: hold.holds_link(held),
        Gate.STORM: session.of(ERROR_STORM).state in (error_storm.TRIPPED, error_storm.LATCHED),
    }
    return frozenset(gate for gate, is_shut in shut.items() if is_shut)


def gates_moved(shut: frozenset[Gate]) -> GatesMoved:
    """Tell the connection which gates are shut now."""
    return GatesMoved(shut)


def failed_for(session: View) -> str:
    """Why the connection has failed for good; empty while it has not."""
    seen = session.of(CONNECTION)
    return seen.context.reason if seen.state is connection.FAILED else ""


def fate_of_operations(reason: str) -> document.Halt | document.Reopen:
    """Operations are given back when the connection fails, and accepted again when it is wanted again."""
    return document.Halt(reason) if reason else document.Reopen()


def operations_kept(session: View) -> document.Hold | None:
    """Whose operations must be kept although a link may be up, and whether this user may make any.

    While one is under suspicion of having broken a link those of all other documents are kept; see `tries`.
    """
    kept, tried = kept_for_others(session), tried_alone(session)
    if tried is None or (kept is not None and kept.documents is None):
        return kept
    locked = kept.documents if kept and kept.documents else frozenset[str]()
    aside = locked | {str(each) for each in session.keys(CONFLICT_RECOVERY) if each != tried}
    return document.Hold(read_only=False, documents=aside) if aside else None


def tried_alone(session: View) -> InstanceKey | None:
    """Whose operation under suspicion goes before all others: the one that does already, or the first that may."""
    held, suspects = session.of(HOLD).context, list[InstanceKey]()
    for each in session.keys(CONFLICT_RECOVERY):
        queue = session.of(CONFLICT_RECOVERY, each)
        if queue.context.tries.suspect and not hold.locks(held, str(each)):
            if queue.state in IN_FLIGHT:
                return each
            suspects.append(each)
    return suspects[0] if suspects else None


def kept_for_others(session: View) -> document.Hold | None:
    """Whose operations must be kept for what is said by others: the server, or the link that it is about to close."""
    held = session.of(HOLD).context
    if hold.is_read_only(held):
        return document.Hold(read_only=True)
    if session.of(CONNECTION).state is connection.DRAINING or hold.holds_link(held) or held.locked_out:
        return document.Hold(read_only=False)
    return document.Hold(read_only=False, documents=held.locked) if held.lock.running else None


def keep_or_release(kept: document.Hold | None) -> document.Hold | document.Release:
    """Operations are kept, or may be sent again."""
    return kept or document.Release()


def locked_out(session: View) -> bool:
    """Whether the connection waits because its link was closed for a locked document."""
    seen = session.of(CONNECTION)
    return seen.state is connection.SUSPENDED and seen.context.retries.act is CloseAct.HOLD


def locked_out_or_let_in(out: bool) -> hold.LockedOut | hold.LetIn:  # noqa: FBT001 - the fact itself
    """The second entry into the lock, and its end."""
    return hold.LockedOut() if out else hold.LetIn()


def link_steady(session: View) -> bool:
    """Whether there is a link that has proved itself."""
    return session.of(CONNECTION).state is connection.STABLE


def steady_for_hold(steady: bool) -> hold.LinkSteady | hold.LinkShaken:  # noqa: FBT001 - the fact itself
    """A link that has proved itself proves the service, too."""
    return hold.LinkSteady() if steady else hold.LinkShaken()


def steady_for_storm(steady: bool) -> error_storm.LinkSteady | error_storm.LinkShaken:  # noqa: FBT001 - the fact itself
    """Probation counts while a link is steady."""
    return error_storm.LinkSteady() if steady else error_storm.LinkShaken()


def storm_latched(session: View) -> bool:
    """Whether it stormed too often for anything more to be tried."""
    return session.of(ERROR_STORM).state is error_storm.LATCHED


def end_or_try_again(latched: bool) -> TerminalError | connection.ReconnectNow:  # noqa: FBT001 - the fact itself
    """The connection ends, after the gate has closed its link; who lifts the latch wants it tried again."""
    return TerminalError("error_storm") if latched else connection.ReconnectNow()


def has_failed(session: View) -> bool:
    """Whether the connection has failed for good."""
    return session.of(CONNECTION).state is connection.FAILED


def failed_or_retried(failed: bool) -> error_storm.LinkShaken | error_storm.Retried:  # noqa: FBT001 - the fact itself
    """Only a person leaves a connection that has failed."""
    return error_storm.LinkShaken() if failed else error_storm.Retried()
