"""Covered: which branches of a subject's functions an exploration went through, and which it never did.

Theory. A branch is a conditional jump in the code of a guard, update, maker, delay or key, or of a function inside one:
both its ways must be gone. A guard must also have held once and have refused once. While there is anything left to be
seen, steps are made under a trace function, which looks into those functions alone, instruction by instruction; a
function that was seen through is left alone, so that all of this costs little after the first few hundred steps. A way
that does nothing but raise is none that anybody wants to be gone.
"""

import dis
import linecache
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any, ParamSpec, TypeVar

from attrs import define, field

from statekit.check.functions import codes_in, functions_in, functions_of
from statekit.check.report import Gap
from statekit.machine import Definition
from statekit.origin import defined_at
from statekit.system import System

P = ParamSpec("P")
T = TypeVar("T")

HOPELESS = ("raise", "assert")
"""How a line begins that is not meant to be reached."""
WORDS = {
    "IF_FALSE": ("true", "false"),
    "IF_TRUE": ("false", "true"),
    "IF_NOT_NONE": ("None", "something"),
    "IF_NONE": ("something", "None"),
    "FOR_ITER": ("entered", "come to its end"),
}
"""What it means for a jump to be passed by, and to be made."""


@define(eq=False)
class Watched:
    """One code object while it is watched: the jumps that were met, and of each the ways that are left to be gone."""

    code: CodeType
    function: str
    is_guard: bool
    jumps: dict[int, tuple[int, int]]
    left: dict[int, set[bool]]
    met: set[int] = field(factory=set[int])
    outcomes: set[bool] = field(factory=set[bool])
    called: bool = False

    @property
    def done(self) -> bool:
        """Tell whether nothing is left to be seen."""
        return self.called and not self.left and (not self.is_guard or self.outcomes == {True, False})

    def go(self, jump: int, onward: int) -> None:
        """Note that execution went on from a jump to this offset, or to what stands just before it."""
        self.met.add(jump)
        left = self.left.get(jump)
        if left is not None:
            by, to = self.jumps[jump]
            left.discard(abs(onward - to) < abs(onward - by))
            if not left:
                del self.left[jump]


class Covered:
    """What was seen of the functions of one subject; `pending` has the code objects that are not seen through."""

    def __init__(self, subject: Definition | System) -> None:
        """Begin with nothing seen."""
        self.all: list[Watched] = []
        self.pending: dict[CodeType, Watched] = {}
        self.codes: dict[Callable[..., object], frozenset[CodeType]] = {}
        self.cells: dict[tuple[StrEnum, object], frozenset[CodeType]] = {}
        for function, is_guard in functions_of(subject):
            for code in codes_in(function.__code__):
                if code not in self.pending:
                    watched = watched_of(code, function.__name__, is_guard and code is function.__code__)
                    self.all.append(watched)
                    self.pending[code] = watched

    def wants(self, definition: Definition, state: StrEnum, key: object) -> bool:
        """Tell whether a step that begins in this cell may show something that is not seen yet."""
        cell = state, key
        codes = self.cells.get(cell)
        if codes is None:
            functions = (function for function, _ in functions_in(definition, state, key))
            codes = frozenset(code for function in functions for code in codes_in(function.__code__))
            self.cells[cell] = codes
        return not codes.isdisjoint(self.pending)

    def through(self, function: Callable[..., T], *given: object) -> T:
        """Call one function of the subject, and look into it as long as it may show something that is not seen yet."""
        codes = self.codes.get(function)
        if codes is None:
            code = getattr(function, "__code__", None)
            codes = self.codes[function] = frozenset(codes_in(code) if isinstance(code, CodeType) else ())
        return function(*given) if codes.isdisjoint(self.pending) else self.call(function, *given)

    def call(self, function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Call something, and see through which branches it goes."""
        before = sys.gettrace()
        sys.settrace(self._called)
        try:
            return function(*given, **named)
        finally:
            sys.settrace(before)

    # What Python calls a trace function with is seen by no other trace function, that of `coverage` included.
    def _called(  # pragma: no cover
        self, frame: FrameType, event: str, _: object
    ) -> "Callable[[FrameType, str, object], Any] | None":
        watched = self.pending.get(frame.f_code)
        if watched is None or event != "call":
            return None
        watched.called = True
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        last = -1

        def look(frame: FrameType, event: str, value: object) -> Any:  # noqa: ANN401 - as sys.settrace has it
            nonlocal last
            if event == "opcode":
                if last in watched.jumps:
                    watched.go(last, frame.f_lasti)
                last = frame.f_lasti
            elif event == "return":
                if watched.is_guard and value is not None:
                    watched.outcomes.add(bool(value))
                if watched.done:
                    self.pending.pop(watched.code, None)
            return look

        return look

    def gaps(self) -> Iterator[Gap]:
        """Name every branch that was never gone."""
        for each in self.all:
            for line in missing(each):
                yield Gap(each.function, defined_at(each.code), line)


def missing(watched: Watched) -> Iterator[str]:
    """Say in words what was never seen of a function."""
    if not watched.called:
        if watched.code.co_name == watched.function:
            yield "it was never called"
        return
    if watched.is_guard and len(watched.outcomes) == 1:
        yield f"it never {'refused' if True in watched.outcomes else 'held'}"
    for at, left in watched.left.items():
        for jumped in left if at in watched.met else ():
            yield f"{condition(watched.code, at)} was never {way(watched.code, at, jumped=jumped)}"


def watched_of(code: CodeType, function: str, is_guard: bool) -> Watched:  # noqa: FBT001 - as the field
    """Find the conditional jumps of a function, and the ways that are to be gone."""
    steps = list(dis.get_instructions(code))
    by_offset = {step.offset: step for step in steps}
    jumps: dict[int, tuple[int, int]] = {}
    left: dict[int, set[bool]] = {}
    for step, after in pairwise(steps):
        if _words(step.opname) is not None and isinstance(step.argval, int):
            jumps[step.offset] = (after.offset, step.argval)
            ways = {False: after, True: by_offset.get(step.argval, after)}
            left[step.offset] = {jumped for jumped, onward in ways.items() if not _hopeless(code, onward)}
    return Watched(code, function, is_guard, jumps, left)


def _words(opname: str) -> tuple[str, str] | None:
    return next((words for name, words in WORDS.items() if opname.endswith(name) or f"{name}_OR_POP" in opname), None)


def _hopeless(code: CodeType, step: dis.Instruction) -> bool:
    _, text = _written(code, step)
    return step.opname == "LOAD_ASSERTION_ERROR" or text.strip().startswith(HOPELESS) or "assert_never(" in text


def _written(code: CodeType, step: dis.Instruction) -> tuple[int, str]:
    """Give the line of an instruction and what is written there: nothing where the source cannot be read."""
    line = (step.positions and step.positions.lineno) or code.co_firstlineno
    return line, linecache.getline(code.co_filename, line).rstrip("\n")


def condition(code: CodeType, at: int) -> str:
    """Give a jump's condition as it is written, with its line; where the source cannot be read, its line alone."""
    steps = [step for step in dis.get_instructions(code) if step.offset <= at and step.opname != "CACHE"]
    asked = steps[-1] if steps[-1].opname == "FOR_ITER" else steps[-2]
    line, text = _written(code, asked)
    if not text:
        return f"line {line}: a condition"
    span = asked.positions
    if span is not None and span.end_lineno == line and steps[-1].opname != "FOR_ITER":
        text = text.encode()[span.col_offset : span.end_col_offset].decode()
    return f"line {line}: `{text.strip()}`"


def way(code: CodeType, at: int, *, jumped: bool) -> str:
    """Say in a word what it means that a jump is made, or is not."""
    opname = next(step.opname for step in dis.get_instructions(code) if step.offset == at)
    return (_words(opname) or ("gone on from", "left"))[jumped]
