"""The digest of a table moves when behaviour does, and only then."""

import os
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import pytest
from attrs import frozen

from machines.connection import CONNECTION
from machines.session import DERIVED, SESSION, WIRING
from statekit import Jitter, Kind, Machine, Rows, System, after, arm, either, idle, timer
from statekit.codec import table_digest

ROOT = Path(__file__).parents[2]


class State(StrEnum):
    A = "a"
    B = "b"


A, B = State


@frozen
class Go:
    pass


@frozen
class Stop:
    pass


@frozen
class Back:
    pass


@frozen
class Told:
    pass


def told(_: object) -> Told:
    return Told()


@frozen
class Note:
    words: frozenset[str] = frozenset()
    numbers: tuple[int, ...] = ()


def of_words(_: Note) -> str:
    return ""


def always(_: int) -> bool:
    return True


def never(_: int) -> bool:
    return False


def note(_: int) -> Note:
    return Note()


def same(context: int) -> int:
    return context


def pause(_: int) -> float:
    return 1.0


def made(
    *, guard=None, update=None, effects=(), target=B, delay=1.0, verb="row", entry=(), kind=Kind.REST, doc="",
    because="", initial=A, choice=(), named=2.0, key=None, of=(),
):  # fmt: skip
    rows = Rows[State, int, Note]()
    tick = timer("tick", named, scope=A, key=key)
    goal = rows.choice("pick", *(rows.to(B, guard=each) for each in choice), rows.to(target)) if choice else target
    first = rows.row(A, Go, goal, *effects, guard=guard, update=update)
    return Machine(
        "small",
        initial=initial,
        context=0,
        states=(rows.state(A, kind, doc, entry=entry), rows.state(B, Kind.STEADY, "")),
        table=(
            first if verb == "row" else rows.ignore(A, Go, because="no"),
            rows.row(A, idle(delay, of=of) if of else after(delay), B),
            rows.stay(A, either(Stop, Back)),
            rows.stay(A, tick, arm(tick)),
            rows.ignore(B, Go, because=because or "there already"),
        ),
        doc=doc,
    )


PLAIN = table_digest(made())


@pytest.mark.parametrize(
    "change",
    [
        {"guard": always}, {"update": same}, {"effects": (note,)}, {"effects": (Note(),)}, {"delay": 2.0},
        {"delay": pause}, {"delay": Jitter(1.0, 2.0)}, {"verb": "ignore"}, {"entry": (note,)}, {"kind": Kind.BUSY},
        {"initial": B}, {"choice": (always,)}, {"named": 3.0}, {"key": same}, {"of": (Stop,)},
    ],
    ids=str,
)  # fmt: skip
def test_a_table_that_does_something_else_has_another_digest(change):
    assert table_digest(made(**change)) != PLAIN


def test_each_of_two_changes_has_a_digest_of_its_own():
    assert table_digest(made(guard=always)) != table_digest(made(guard=never))
    assert table_digest(made(choice=(always,))) != table_digest(made(choice=(never,)))
    assert table_digest(made(effects=(Note(frozenset("ab")),))) != table_digest(made(effects=(Note(frozenset("ac")),)))


def test_the_events_that_start_a_timer_afresh_and_the_keys_of_effects_count():
    assert table_digest(made(of=(Stop,))) != table_digest(made(of=(Back,)))
    rows = Rows[State, int, Note]()
    plain, keyed = (
        Machine(
            "small",
            initial=A,
            context=0,
            states=(rows.state(A, Kind.REST, ""), rows.state(B, Kind.REST, "")),
            table=(rows.row(A, Told, B),),
            answering=(answering,),
        )
        for answering in (
            rows.answering(Note, Told, scope=A, failed=told),
            rows.answering(Note, Told, scope=A, failed=told, key=of_words),
        )
    )
    assert table_digest(plain) != table_digest(keyed)


def test_constants_count_by_their_values_in_any_order_of_a_set():
    one, other = (table_digest(made(effects=(Note(frozenset(numbers)),))) for numbers in ([0, 8], [8, 0]))
    assert list(frozenset([0, 8])) != list(frozenset([8, 0])), "these two were chosen because they do"
    assert one == other
    assert table_digest(made(effects=(Note(numbers=(1, 2)),))) != table_digest(made(effects=(Note(numbers=(2, 1)),)))


def test_other_lines_and_words_leave_it_as_it_is():
    assert table_digest(made(doc="other words", because="otherwise")) == PLAIN


def test_it_is_the_same_in_every_process():
    said = """
from machines.session import SESSION
from statekit.codec import table_digest
print(*(table_digest(each) for each in (*SESSION.members, SESSION)))
"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", said], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True,
            text=True, timeout=60, check=True,
        ).stdout.split()
        for seed in ("0", "1")
    ]  # fmt: skip
    assert runs[0] == runs[1] == [table_digest(each) for each in (*SESSION.members, SESSION)]
    assert len(set(runs[0])) == len(SESSION.members) + 1


def test_a_system_has_another_digest_when_its_wiring_changes():
    fewer = System("session", SESSION.declared, WIRING, DERIVED[:1])
    assert table_digest(fewer) != table_digest(SESSION)
    assert table_digest(System("alone", (made(),))) != table_digest(System("alone", (made(guard=always),)))


def test_it_names_its_algorithm():
    assert table_digest(CONNECTION).startswith("sha256:")
    assert len(table_digest(CONNECTION)) == len("sha256:") + 64
