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

    A line is JSON without the line's end. `contexts` are those that the driver is given, `hooks` those of the codec.
    `write` must not block. Raises `NotSavable` at once for a system with an event or a context that cannot be written,
    or that keeps a field from its repr; so no secret is found in a journal that is not in the core itself.
    """
    form = JournalForm(system, hooks)
    write(form.head(contexts))

    def observe(record: Record) -> None:
        write(form.entry(record.member, record.stimulus, record.transaction))

    return observe
