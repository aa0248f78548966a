"""The journal of a run: an observer that writes down every stimulus, so that it can be done again.

    driver = Driver(SESSION, performers, observe=journal(SESSION, lambda line: print(line, file=out)))

`statekit replay FILE --against module:ATTRIBUTE` tells at which event another table would behave differently.
"""

from collections.abc import Callable, Mapping

from statekit.codec.forms import Forms, Hooks
from statekit.codec.journal import JournalForm
from statekit.run.record import Record
from statekit.system import System


def journal(
    system: System,
    write: Callable[[str], object],
    *,
    contexts: Mapping[str, object] | None = None,
    hooks: Hooks | Forms | None = None,
) -> Callable[[Record], None]:
    """Make an observer that gives each line of the journal to `write`, the first one at once.

    A line is JSON in ASCII without the line's end. `contexts` are those that the driver is given, `hooks` those of the
    codec. `write` must not block. An event that no row of its member answers changes nothing and may hold anything: it
    has no line. A driver that goes on from what was restored did not start as the first line says: make no journal of
    it.

    Raises `NotSavable` at once for a system with an event that cannot be written or that keeps a field from its repr,
    and for a given context that cannot be written; so no secret is found in a journal that is not in the core itself.
    The observer raises `NotSavable` for an event that holds what its annotations do not say.
    """
    form = JournalForm(system, hooks)
    write(form.head(contexts))

    def observe(record: Record) -> None:
        if form.knows(record.member, record.stimulus.event):
            write(form.entry(record.member, record.stimulus, record.transaction))

    return observe
