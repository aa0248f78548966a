"""Checked: what `check` found out about one machine or system, whether that is well, and how it reads as JSON."""

from collections.abc import Iterator
from enum import StrEnum

from attrs import asdict, evolve, field, frozen

from statekit.check.lint import lint
from statekit.check.lint.codes import BLANK
from statekit.check.literals import words
from statekit.check.model import Model
from statekit.check.report import Explored, Finding, Result, Trace, Weight
from statekit.draw.counterexample import WENT_WRONG, artefacts
from statekit.draw.svg import Layout
from statekit.system import System


class FailOn(StrEnum):
    """What makes the exit code 1: each what the one before it does, and more."""

    ERROR = "error"
    """A finding that counts, a refuted property, a function that raised, a branch that no sample reached."""
    BOUND = "bound"
    """A bound that was hit: what was not explored may be at fault."""
    INFORMATION = "information"
    """A finding that is only worth a look."""


@frozen
class Checked:
    """What was found out about one subject.

    `home` is the `module:ATTRIBUTE` of the model, empty if it was made here. `explored` is None where it was not
    wanted, or could not be done; then `problem` says why.
    """

    name: str
    model: Model
    home: str
    findings: tuple[Finding, ...]
    explored: Explored | None = None
    problem: str = field(default="", kw_only=True)

    @classmethod
    def linted(cls, name: str, model: Model, home: str) -> "Checked":
        """Look at the table of a model's subject, and at nothing else."""
        return cls(name, model, home, lint(model.subject, model.overruled))

    def with_explored(self, explored: Explored) -> "Checked":
        """Add what an exploration came to, with the reasons of what is overruled in it."""
        reasons = {(each.code, each.where): each.because for each in self.model.overruled}
        findings = tuple(
            evolve(each, because=each.because or reasons.get((each.code, each.where), "")) for each in explored.findings
        )
        return evolve(self, explored=evolve(explored, findings=findings))

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Every finding, of the table and of the exploration."""
        return (*self.findings, *(self.explored.findings if self.explored else ()))

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that count."""
        return tuple(each for each in self.all_findings if each.weight is Weight.ERROR and not each.because)

    @property
    def overruled(self) -> tuple[Finding, ...]:
        """The findings that are meant to be so."""
        return tuple(each for each in self.all_findings if each.because)

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The findings that are only worth a look."""
        return tuple(each for each in self.all_findings if each.weight is Weight.INFORMATION and not each.because)

    @property
    def refuted(self) -> tuple[Result, ...]:
        """The properties that do not hold."""
        return tuple(each for each in self.explored.results if not each.holds) if self.explored else ()

    @property
    def well(self) -> bool:
        """Tell whether nothing was found that counts by itself."""
        explored = self.explored
        return not (self.errors or self.refuted or (explored and (explored.gaps or explored.faults)))

    def fails(self, on: FailOn) -> bool:
        """Tell whether something was found that counts here."""
        bound = self.explored is not None and not self.explored.exhausted
        if not self.well or (bound and on is not FailOn.ERROR):
            return True
        return bool(self.notes) and on is FailOn.INFORMATION

    def counterexamples(self, layout: Layout) -> Iterator[tuple[str, str]]:
        """Give the files of everything that was refuted or met a fault, by name; raises `LayoutFailed`."""
        for result in self.refuted:
            if result.trace is not None:
                yield from artefacts(self.model, result.trace, result.property, self.home, layout).items()
        for number, (sentence, trace) in enumerate(self.explored.faults if self.explored else (), 1):
            files = artefacts(self.model, trace, sentence, self.home, layout)
            yield from ((name.replace(f"_{WENT_WRONG}", f"_{WENT_WRONG}_{number}"), files[name]) for name in files)

    def json(self) -> dict[str, object]:
        """Write it as plain values."""
        explored = self.explored
        return {
            "name": self.name,
            "what": "system" if isinstance(self.model.subject, System) else "machine",
            "findings": [asdict(each) for each in self.all_findings if not each.because],
            "overruled": [asdict(each) for each in self.overruled],
            "blank_cells": sum(each.code == BLANK.name for each in self.findings),
            "explored": None if explored is None else _explored(explored),
            "problem": self.problem,
        }


def _explored(explored: Explored) -> dict[str, object]:
    return {
        "thresholds": explored.thresholds,
        "states": explored.states,
        "edges": explored.edges,
        "steps": explored.steps,
        "verified": explored.verified,
        "depth": explored.depth,
        "exhausted": explored.exhausted,
        "bound": explored.bound,
        "seconds": round(explored.seconds, 3),
        "edges_per_second": round(explored.edges / explored.seconds) if explored.seconds else None,
        "steps_per_second": round(explored.steps / explored.seconds) if explored.seconds else None,
        "peak_bytes": explored.peak_bytes,
        "properties": [_result(each) for each in explored.results],
        "faults": [{"sentence": sentence, "trace": _trace(trace)} for sentence, trace in explored.faults],
        "gaps": [asdict(each) for each in explored.gaps],
    }


def _result(result: Result) -> dict[str, object]:
    return {
        "code": result.property.code,
        "sort": result.property.sort,
        "claim": result.property.claim,
        "holds": result.holds,
        "figure": result.figure,
        "trace": None if result.trace is None else _trace(result.trace),
    }


def _trace(trace: Trace) -> dict[str, object]:
    """Write a trace for reading; `check --artefacts` writes one that can be replayed."""
    moves = [{**asdict(move, recurse=False), "event": words(move.event)} for move in trace.moves]
    return {"thresholds": trace.thresholds, "moves": moves, "loop_from": trace.loop_from}
