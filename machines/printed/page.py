"""Page: the tables of a session's policies, texts and numbers, for `statekit diagram --all`.

A product that lays its own rows over the policies, or sets its own numbers, offers tables of its own options by an
entry point of the group `statekit.tables`:

    POLICIES = policies_of(OUR_OPTIONS)
"""

from typing import Final

from machines.printed.closes import closes, ours, statuses
from machines.printed.errors import errors, weights
from machines.printed.numbers import numbers
from machines.printed.texts import code_texts, reason_texts
from machines.session import Options
from statekit.draw.tables import Tables


def policies_of(options: Options) -> Tables:
    """Print what a session with these options does; the tables are the merged ones."""
    return Tables(
        "What the session does about every close code and every error code, what it says, and its numbers.",
        (
            closes(options),
            ours(),
            statuses(options),
            errors(options),
            weights(options),
            code_texts(),
            reason_texts(),
            numbers(options),
        ),
    )


POLICIES: Final = policies_of(Options())
"""Those of the session as it is shipped."""
