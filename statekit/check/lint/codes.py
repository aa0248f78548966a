"""Codes: everything that `lint` can find, each with the sentence that says what it is and what to do about it.

A code is what a model's `Overruled` names and what the documentation lists, so it stays as it is.
"""

from collections.abc import Mapping
from typing import Final

from attrs import evolve, field, frozen

from statekit.check.report import Finding, Weight


@frozen
class Code:
    """One sort of finding: its name, what it claims of the subject, and what to do where nothing more special is said.

    A finding is made by calling `at`.
    """

    name: str
    claim: str
    advice: str
    weight: Weight = field(default=Weight.ERROR, kw_only=True)

    def at(self, where: str, origin: str, sentence: str, advice: str = "") -> Finding:
        """Make a finding of this sort: what it names, the line that is meant, one sentence, and what to do."""
        return Finding(self.name, where, origin, sentence, advice or self.advice, self.weight)


BLANK: Final = Code(
    "blank", "A state has no answer to an event that the table knows.", "add a row for it, or an ignore that says why"
)
UNREACHABLE: Final = Code(
    "unreachable", "No row leads to the state.", "add a row that leads there, or take the state out"
)
NEVER_TAKEN: Final = Code(
    "never-taken",
    "The row can never be taken: others come first everywhere, or what it waits for cannot come there.",
    "take the row out, or say what was meant",
)
TRAP: Final = Code(
    "trap",
    "No way leads on from the state to one that is steady, at rest, failed or ended.",
    "add a row that gives up, or declare the kind that the state really has",
)
NO_DEADLINE: Final = Code(
    "no-deadline",
    "The state awaits something, and nothing bounds the wait: no timer leaves it, and nobody is named who will.",
    "add a row with after(...), or name in its declaration who ends the wait: waits_for='a person'",
)
NO_ORPHAN: Final = Code(
    "no-orphan",
    "The effect acquires something, and nothing disposes of what comes too late.",
    "declare the effect that releases it: orphan=...",
)
UNHEARD: Final = Code(
    "unheard", "No row waits for something that the effect may answer.", "add a row for it in the effect's scope"
)
NO_OUTCOME: Final = Code(
    "no-outcome",
    "What a failure or a loss is turned into is no outcome of the effect, so the wait for its answer would go on.",
    "let failed= give one of its outcomes, and lost= one of its ends",
)
UNORDERED: Final = Code(
    "unordered", "The effect is declared to answer, and nothing orders it.", "list it in a row, or take it out"
)
DEAF: Final = Code(
    "deaf",
    "An event is sent to a machine that does nothing with it in any state.",
    "add a row for it there, or take the line out of the wiring",
)
NOT_FOUND: Final = Code(
    "not-found", "A finding is overruled that is not found.", "take the line out of overruled=, or correct its name"
)
HIDDEN_STATE: Final = Code(
    "hidden-state",
    "Only guards read the field, which has two values: it is a state by another name.",
    "consider a state for it; events that are postponed are not tried again when a field changes",
    weight=Weight.INFORMATION,
)
WILDCARD: Final = Code(
    "wildcard",
    "A row for EVERY state fills these cells.",
    "read the list: a state added later is filled too",
    weight=Weight.INFORMATION,
)

OVERLAP: Final = Code(
    "overlap",
    "The guards of two rows were found to hold both, so that the order of the rows decides.",
    "nothing, if the order is meant; else make the guards exclude each other",
    weight=Weight.INFORMATION,
)

CODES: Final[Mapping[str, Code]] = {
    code.name: code
    for code in (
        BLANK,
        UNREACHABLE,
        NEVER_TAKEN,
        TRAP,
        NO_DEADLINE,
        NO_ORPHAN,
        UNHEARD,
        NO_OUTCOME,
        UNORDERED,
        DEAF,
        NOT_FOUND,
        HIDDEN_STATE,
        WILDCARD,
        OVERLAP,
    )
}
"""Every code by its name, in the order in which findings are given."""


def because(finding: Finding, reason: str) -> Finding:
    """Say why a finding is meant to be so."""
    return evolve(finding, because=reason)
