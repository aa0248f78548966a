"""Seen: one step, or one transaction, as a property sees it; and the move that led to it."""

from typing import Generic, TypeVar

from attrs import frozen

from statekit.effects import Signal
from statekit.transaction import Hop
from statekit.verdicts import Verdict

V_co = TypeVar("V_co", covariant=True)


@frozen
class Move:
    """One stimulus of an exploration, as it can be made again: to whom, what, and in answer to what.

    `member` is the machine's name. `awaited` names what is answered: a timer by its id or an effect by its class's
    name, with `key` to tell several apart; `stale` says that the stay it belonged to is over. Both are empty for an
    event that answers nothing. `after_seconds` is how much time passed before, for the fields that are instants.
    """

    member: str
    event: object
    awaited: str = ""
    key: object = None
    stale: bool = False
    after_seconds: float = 0.0


@frozen
class Seen(Generic[V_co]):
    """What one move did: the snapshots before and after, what became of the event, and all that was ordered.

    `effects` are the driver's orders, `signals` what was sent between members or to the application (of a single
    machine both stand in `effects`). `path` has every hop of a transaction, one for each event. `outside` is the
    model's environment as it is after the move, if there is one.
    """

    before: V_co
    move: Move
    after: V_co
    verdict: Verdict
    effects: tuple[object, ...]
    signals: tuple[Signal, ...]
    path: tuple[Hop, ...]
    outside: object = None
