"""Alphabet: what may come next for one member: events from samples, timers that run, answers that are awaited, and
timers and answers that come too late.

A field typed `Ordinal` takes every place in the order of those of its kind that are there (see `spacing`); one typed
`Instant` is now, and time may have passed before. A jittered delay is tried at both its ends. Too late is
whatever answers or fires at all, once in every place: it changes nothing, but its orphan effect is seen.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from attrs import Factory, field, frozen

from statekit.check.canonical import Awaited, Local
from statekit.check.model import Model
from statekit.check.quantified import Mark, Numbers, marks
from statekit.check.seen import Move
from statekit.check.spacing import substituted
from statekit.errors import MalformedModel
from statekit.folded import Folded
from statekit.machine import Definition
from statekit.quantities import Quantity
from statekit.snapshot import Stimulus
from statekit.timers import Fired, Jitter

NO_TICKET = 0
"""The ticket of what comes too late: none is ever issued under this number."""


def _key(each: "Try") -> object:
    event = each.move.event
    return event.name if isinstance(event, Fired) else event.__class__


def _answers(each: "Try") -> bool:
    return bool(each.move.awaited) and not each.move.stale


@frozen(eq=False)
class Try:
    """One move with the stimulus that makes it; `opens` is the ticket whose stream it begins.

    `key` is what the cell that answers it is found by. `answers` says that it comes in answer to something: to a timer
    or an effect that is awaited, or as an environment, which knows what it was asked, offers it.
    """

    move: Move
    stimulus: Stimulus[object]
    opens: int | None = None
    key: object = field(init=False, default=Factory(_key, takes_self=True))
    answers: bool = field(default=Factory(_answers, takes_self=True), kw_only=True)


@frozen(eq=False)
class Samples:
    """The samples of one event class; `made` makes them anew for every snapshot if the model says so."""

    event: type
    given: tuple[object, ...]
    made: Callable[..., Iterable[object]] | None = None
    marks: frozenset[Mark] = field(factory=frozenset[Mark])


class Alphabet:
    """What may happen to one member of a model."""

    def __init__(
        self, model: Model, definition: Definition, internal: frozenset[type], ages: tuple[float, ...]
    ) -> None:
        """Collect the samples; raises `MalformedModel` for an event class that has none."""
        self.name: str = definition.name
        self.folded: Folded = definition.folded
        self.ages = ages
        owned = internal if model.environment is None else internal | model.environment.owns
        answers = self.folded.answers
        possible = [event for event in self.folded.events if event not in owned]
        _sampled(model, definition, dict.fromkeys((*possible, *(event for event in answers if event not in owned))))
        self.events: list[Samples] = [samples_of(model, event) for event in possible if event not in answers]
        self.answers: Mapping[type, Samples] = {
            event: samples_of(model, event) for event in answers if event not in owned
        }
        made = [each for each in (*self.events, *self.answers.values()) if each.made is not None]
        self.ordinals: frozenset[Mark] = frozenset(
            mark
            for each in (*self.events, *self.answers.values())
            for mark in each.marks
            if mark.quantity is Quantity.ORDINAL and each.made is None
        )
        self.makers: tuple[Samples, ...] = tuple(made)
        self.known: dict[object, tuple[Try, ...]] = {}

    def tries(self, local: Local, found: Iterable[tuple[Mark, float]], view: object) -> tuple[Try, ...]:
        """Give every move that may come in a place; `found` are the quantities of the whole snapshot, `view` is it."""
        ordinals = tuple(sorted({each for each in found if each[0].quantity is Quantity.ORDINAL}, key=repr))
        if self.makers:
            return tuple(self._tries(local, ordinals, view))
        key = (local.awaits, ordinals)
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = tuple(self._tries(local, ordinals, view))
        return known

    def _tries(self, local: Local, ordinals: Numbers, view: object) -> Iterator[Try]:
        for samples in self.events:
            for event, seconds in self._variants(samples, ordinals, view):
                yield Try(Move(self.name, event, after_seconds=seconds), Stimulus(event))
        for at, awaited in enumerate(local.awaits):
            yield from self._awaited(awaited, at + 1, ordinals, view)
        for clock in self.folded.clocks:
            event = Fired(clock)
            yield Try(Move(self.name, event, clock, stale=True), Stimulus(event, ticket=NO_TICKET))
        for effect, answering in self.folded.answering.items():
            for each in answering.events:
                for event, seconds in self._answers(each, ordinals, view):
                    move = Move(self.name, event, effect.__name__, stale=True, after_seconds=seconds)
                    yield Try(move, Stimulus(event, ticket=NO_TICKET))

    def _awaited(self, awaited: Awaited, number: int, ordinals: Numbers, view: object) -> Iterator[Try]:
        if awaited.name in self.folded.clocks:
            for seconds in _ends(awaited):
                fired = Fired(awaited.name, awaited.key, seconds)
                yield Try(Move(self.name, fired, awaited.name, awaited.key), Stimulus[object](fired, ticket=number))
            return
        answering = next(each for each in self.folded.answering.values() if each.effect.__name__ == awaited.name)
        opens = () if answering.opens is None else (answering.opens,)
        flowing = awaited.opened or not opens
        classes = (() if awaited.opened else answering.outcomes) + (
            (*answering.streams, *answering.ends) if flowing else opens
        )
        for each in classes:
            for event, after in self._answers(each, ordinals, view):
                move = Move(self.name, event, awaited.name, awaited.key, after_seconds=after)
                yield Try(move, Stimulus(event, ticket=number), number if each is answering.opens else None)

    def _answers(self, event: type, ordinals: Numbers, view: object) -> Iterator[tuple[object, float]]:
        samples = self.answers.get(event)
        if samples is not None:
            yield from self._variants(samples, ordinals, view)

    def _variants(self, samples: Samples, ordinals: Numbers, view: object) -> Iterator[tuple[object, float]]:
        if samples.made is not None:
            given: Iterable[object] = samples.made(view)
        elif samples.marks:
            given = substituted(samples.given, ordinals)
        else:
            given = samples.given
        dated = any(mark.quantity is Quantity.INSTANT for mark in samples.marks)
        waits = tuple(dict.fromkeys((0.0, *self.ages))) if dated else (0.0,)
        for event in given:
            for seconds in waits:
                yield event, seconds


def resolved(definition: Definition, local: Local, move: Move) -> Try:
    """Make what an environment offers ready to be made: its ticket is the live one that it answers."""
    number = None
    if move.awaited:
        live = (at + 1 for at, each in enumerate(local.awaits) if (each.name, each.key) == (move.awaited, move.key))
        number = NO_TICKET if move.stale else next(live, NO_TICKET)
    answering = definition.folded.answers.get(type(move.event))
    opens = number if answering is not None and answering.opens is type(move.event) else None
    return Try(move, Stimulus(move.event, ticket=number), opens or None, answers=True)


def _sampled(model: Model, definition: Definition, events: Iterable[type]) -> None:
    """Raise `MalformedModel` if there are event classes without samples, and name all of them."""
    missing = [event.__name__ for event in events if event not in model.samples and not _has_own(event)]
    if missing:
        have, each = ("has", "it") if len(missing) == 1 else ("have", "each")
        raise MalformedModel(
            model.name,
            f"{definition.name} answers {', '.join(missing)}, which {have} no samples and cannot be made as "
            f"{missing[0]}(): give {each} a class method `samples` that returns a tuple of instances, or name them in "
            f"Model(samples=...)",
        )


def _has_own(event: type) -> bool:
    if not inspect.ismethod(getattr(event, "samples", None)):
        try:
            event()
        except TypeError:
            return False
    return True


def samples_of(model: Model, event: type) -> Samples:
    """Find the samples of an event class that has some: the model's, the class's own, or `cls()`."""
    made = model.samples.get(event)
    if made is not None:
        return Samples(event, (), made, marks(event))
    own = getattr(event, "samples", None)
    if not inspect.ismethod(own):
        return Samples(event, (event(),), marks=marks(event))
    given = tuple(cast("Iterable[object]", own()))
    wrong = next((each for each in given if type(each) is not event), None)
    if wrong is not None or not given:
        raise MalformedModel(
            model.name, f"{event.__name__}.samples() gives {wrong!r}: it must give instances of {event.__name__}"
        )
    return Samples(event, given, marks=marks(event))


def _ends(awaited: Awaited) -> tuple[float, ...]:
    delay = awaited.delay
    if isinstance(delay, Jitter):
        return tuple(dict.fromkeys((delay.low_seconds, delay.high_seconds)))
    return (delay or 0.0,)
