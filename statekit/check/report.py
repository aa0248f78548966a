"""Report: what the checks found, as frozen values; the command line writes them for people and as JSON."""

from enum import StrEnum

from attrs import field, frozen

from statekit.check.properties import Property
from statekit.check.seen import Move


class Weight(StrEnum):
    """How much a finding counts."""

    ERROR = "error"
    """The lifecycle is at fault, or says too little; the exit code is 1."""
    INFORMATION = "information"
    """Worth a look; nothing is wrong by itself."""


@frozen
class Finding:
    """One thing that was found: its code, what it names, where that is written, what is wrong, and what to do.

    `because` is the reason why it is meant to be so, where the model overrules it.
    """

    code: str
    where: str
    origin: str
    sentence: str
    advice: str
    weight: Weight = Weight.ERROR
    because: str = ""


@frozen
class Trace:
    """A way through a model, from its start: the shortest that there is, as it was found breadth first.

    `loop_from` is the number of moves after which the way goes round for ever; None for a way that ends. `start` says
    which of the thresholds' starts it begins with.
    """

    subject: str
    thresholds: str
    moves: tuple[Move, ...]
    loop_from: int | None = None
    start: int = 0


@frozen
class Result:
    """What became of one property: it holds, or `trace` shows how it does not (of a witness: how it is reached).

    `figure` is what was measured: how often a witness was met, or how long the longest way to a settled state is.
    """

    property: Property
    holds: bool
    trace: Trace | None = None
    figure: int | None = None


@frozen
class Gap:
    """A branch of a guard, update, maker or delay that no explored step went through: samples are missing.

    `line` says which: where it stands, the condition as it is written, and the way it never went.
    """

    function: str
    origin: str
    line: str


@frozen
class Explored:
    """What an exploration came to.

    `exhausted` says that everything was explored at these thresholds; if not, `bound` says which were hit. `edges`
    counts every move from every state, those that change nothing included; `steps` of them were made by the real step,
    the others follow from one that was made where all that it read was the same. `verified` of these, picked at random,
    were made all the same and came to what was expected. `peak_bytes` is the most that the process ever held.
    `results` has every property, `faults` a sentence and the shortest trace for each function that raised, each
    forbidden row that was reached and each blank cell that was met.
    """

    subject: str
    thresholds: str
    states: int
    edges: int
    depth: int
    exhausted: bool
    bound: str
    seconds: float = field(eq=False)
    peak_bytes: int = field(eq=False)
    results: tuple[Result, ...] = ()
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    faults: tuple[tuple[str, Trace], ...] = ()
    steps: int = 0
    verified: int = 0

    @property
    def holds(self) -> bool:
        """Tell whether nothing was refuted and nothing is wrong."""
        wrong = [finding for finding in self.findings if finding.weight is Weight.ERROR and not finding.because]
        return not (wrong or self.gaps or self.faults) and all(result.holds for result in self.results)
