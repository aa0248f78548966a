"""Performers: who does what the core orders, and what they answer with."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from inspect import iscoroutine, iscoroutinefunction
from typing import TypeVar, cast

import anyio
from attrs import frozen

from statekit.effects import Answering, Signal
from statekit.keyed import InstanceKey, key_of
from statekit.run.errors import DriverError, MalformedDriver, UndeclaredAnswer, place_of
from statekit.system import System

F = TypeVar("F")


class Reply:
    """What an act answers with: `reply(event)` puts the event into the inbox, under the ticket of its effect.

    It returns at once and never runs a step. `ticket` is the number that the effect runs under, or, for an orphan
    effect, the stale number under which the resource was acquired; None for any other effect. `member` is whose it is:
    a name, or an instance's address, whose `key` is there too (None for a member that is not keyed).
    An answering act may only send what its effect's `answering` lists, else `UndeclaredAnswer` is raised. Once the
    driver stops, what is sent goes nowhere, except that a resource which opens too late meets its orphan effect.
    """

    __slots__ = ("_answering", "_closing", "_post", "finished", "member", "opened", "ticket")

    def __init__(
        self,
        member: str,
        ticket: int | None,
        answering: Answering | None,
        post: Callable[[str, object, int | None], None],
        closing: Callable[[], anyio.CancelScope],
    ) -> None:
        """Keep whose it is and where answers go; `opened` and `finished` tell what was sent of a stream."""
        self.member: str = member
        self.ticket: int | None = ticket
        self.opened: bool = False
        self.finished: bool = False
        self._answering = answering
        self._post = post
        self._closing = closing

    def __call__(self, event: object) -> None:
        """Answer with an event."""
        answering = self._answering
        if answering is not None:
            if type(event) not in answering.events:
                declared = tuple(each.__name__ for each in answering.events)
                raise UndeclaredAnswer(answering.effect.__name__, type(event).__name__, declared)
            self.opened = self.opened or type(event) is answering.opens
            self.finished = self.finished or answering.finishes(type(event))
        self._post(self.member, event, self.ticket)

    @property
    def key(self) -> InstanceKey | None:
        """The key of the instance that ordered the effect, or None."""
        return key_of(self.member)

    def cleanup(self) -> anyio.CancelScope:
        """Make a scope to clean up in: shielded from the end of the ticket, and bounded by the driver's close_seconds.

        An act is cancelled when its ticket has ended, so what it awaits in a `finally` must stand in
        `with reply.cleanup(): ...` or it will not be done.
        """
        return self._closing()


@frozen(eq=False)
class Performer:
    """Who performs one class of effect; made by `performs`."""

    effect_class: type
    act: Callable[[object, Reply], Awaitable[None] | None]

    def perform(self, effect: object, reply: Reply) -> None:
        """Perform an effect that does not answer; raises `DriverError` for whatever the act raises."""
        name, raised = self.effect_class.__name__, ("", "")
        doing = None
        try:
            doing = self.act(effect, reply)
        except Exception as error:  # noqa: BLE001 - an adapter may raise anything
            raised = type(error).__name__, place_of(error)
        # Raised out here, where the adapter's error is neither cause nor context: its text may hold a secret.
        if raised[0]:
            sentence = f"performing {name} raised {raised[0]} at {raised[1]}; a plain effect cannot fail: mend its act"
            raise DriverError(sentence, effect=name, error=raised[0], place=raised[1])
        if doing is not None:
            if iscoroutine(doing):
                doing.close()
            raise DriverError(f"the act of {name} returned an awaitable; {_PLAIN}", effect=name)


_PLAIN = "that effect does not answer, so its act must be a plain function: start the work from an answering effect"


def performs(effect_class: type[F], act: Callable[[F, Reply], Awaitable[None] | None]) -> Performer:
    """Say who performs the effects of a class.

    For an effect that answers, `act` is async; it runs in a task of its own until its ticket ends, sends its answers by
    `reply(...)`, returns after the final one, and may raise: that is answered by `Answering.failed`, or by `lost` once
    its stream is open. For any other effect `act` is a plain function that neither blocks nor raises.
    """
    return Performer(effect_class, cast("Callable[[object, Reply], Awaitable[None] | None]", act))


def index(system: System, performers: Iterable[Performer]) -> dict[type, Performer]:
    """Find the performer of every effect; raises `MalformedDriver` for too few, too many or the wrong kind."""
    found: list[str] = []
    given = _listed(performers, found)
    if found := found or list(_faults(system, given)):
        raise MalformedDriver(system.name, found)
    return {each.effect_class: each for each in given}


def _listed(performers: Iterable[Performer], found: list[str]) -> tuple[Performer, ...]:
    """List what was given; what is no performer is noted in `found`."""
    handed = cast("object", performers)
    if isinstance(handed, Performer) or not isinstance(handed, Iterable):
        shown = "a Performer" if isinstance(handed, Performer) else repr(handed)
        found.append(f"performers is {shown}, and no list of them: write [performs(...)]")
        return ()
    given = tuple(performers)
    found += [f"performers[{at}] {fault}" for at, each in enumerate(given) for fault in _misplaced(each)]
    return given


def _misplaced(given: object) -> Iterator[str]:
    if not isinstance(given, Performer):
        yield f"is {given!r}; one is made by performs(...)"
    elif not isinstance(cast("object", given.effect_class), type):
        yield f"names {given.effect_class!r}: write the effect's class, {type(given.effect_class).__name__}"
    elif not callable(given.act):
        yield f"has no function that performs {given.effect_class.__name__}, but {given.act!r}"


def _faults(system: System, given: tuple[Performer, ...]) -> Iterator[str]:
    classes = [each.effect_class for each in given]
    ordered = {effect: member.name for member in system.members for effect in member.effects()}
    answering = {effect for member in system.members for effect in member.folded.answering}
    for effect, member in ordered.items():
        if effect not in classes and not issubclass(effect, Signal):
            yield f"{member} orders {effect.__name__}, and nobody performs it: add performs({effect.__name__}, ...)"
    for effect in dict.fromkeys(classes):
        name = effect.__name__
        if classes.count(effect) > 1:
            yield f"{name} has {classes.count(effect)} performers; keep one"
        if issubclass(effect, Signal):
            yield f"{name} is a signal, which the wiring delivers; take its performer away"
        elif effect not in ordered:
            yield f"a performer waits for {name}, which no member orders"
    for each in given:
        if iscoroutinefunction(each.act) and each.effect_class in ordered and each.effect_class not in answering:
            yield f"the act of {each.effect_class.__name__} is async; {_PLAIN}"
