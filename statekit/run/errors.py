"""What can go wrong while a system runs, beside what its own verdicts say.

None of these carries the text of an adapter's error, nor the error itself: either may hold a secret. Class names, and
the place where it was raised, stand in for it.
"""

from statekit.errors import MalformedTable, StatekitError


class MalformedDriver(MalformedTable):
    """A driver that cannot be built; `faults` lists every effect that nobody performs and every idle performer."""


class DriverError(StatekitError):
    """The driver stopped, since it could not go on; leaves `Driver.run`.

    `effect` and `error` are the names of the classes concerned (empty where there is none), `place` is where the error
    was raised (`file:line`).
    """

    def __init__(self, sentence: str, *, effect: str = "", error: str = "", place: str = "") -> None:
        """Keep the facts, then say the sentence."""
        self.effect = effect
        self.error = error
        self.place = place
        super().__init__(sentence)


class UndeclaredAnswer(DriverError):
    """An act answered with an event class that its effect's `answering` does not list; `event` is its name."""

    def __init__(self, effect: str, event: str, declared: tuple[str, ...]) -> None:
        """Keep what was answered and what may be."""
        self.event = event
        self.declared = declared
        super().__init__(f"{effect} may answer with {', '.join(declared)}, not with {event}", effect=effect)


class Stopped(StatekitError):
    """The driver stopped before it came to this event, or had stopped before it was sent; it will not be answered."""

    def __init__(self, system: str, member: str, event: str) -> None:
        """Keep what was sent where."""
        self.system = system
        self.member = member
        self.event = event
        super().__init__(f"{system} stopped before {member} could answer {event}")


def place_of(error: BaseException) -> str:
    """Say where an error was raised, as `folder/file.py:line`; empty if it never was."""
    place, trace = "", error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename.replace("\\", "/").split("/")
        place, trace = f"{'/'.join(path[-2:])}:{trace.tb_lineno}", trace.tb_next
    return place
