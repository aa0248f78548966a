"""The matrix: every cell, every reason."""

import re
from enum import StrEnum

import pytest
from attrs import frozen

from statekit import Kind, Machine, Rows, arm, idle, timer
from statekit.draw.dot import dot_of
from statekit.draw.graph import graph_of
from statekit.draw.matrix import matrix_of


class Link(StrEnum):
    UP = "up"
    DOWN = "down"


UP, DOWN = Link


@frozen
class Heard:
    pass


@frozen
class Pong:
    pass


@frozen
class Done:
    pass


@frozen
class Ask:
    what: str = ""


def document_key(_: None, event: Heard) -> str:
    return type(event).__name__


def asked_for(ask: Ask) -> str:
    return ask.what


def done(_: object) -> Done:
    return Done()


@pytest.fixture(scope="module")
def keyed():
    rows = Rows[Link, None, Ask]()
    settle = timer("settle", 5.0, scope=UP, key=document_key)
    return Machine(
        "keyed",
        initial=UP,
        context=None,
        states=(rows.state(UP, Kind.STEADY, "hears"), rows.state(DOWN, Kind.FAILED, "does not")),
        table=(
            rows.stay(UP, Heard, arm(settle), Ask()),
            rows.stay(UP, Pong),
            rows.stay(UP, Done),
            rows.row(UP, idle(30.0, of=(Heard, Pong)), DOWN),
            rows.stay(UP, settle),
        ),
        answering=(rows.answering(Ask, Done, scope=UP, failed=done, key=asked_for),),
    )


def section(text, head):
    return next(part for part in re.split(r"^## ", text, flags=re.MULTILINE) if part.startswith(f"{head}\n"))


def cells(text):
    lines = [line for line in section(text, "Every cell").splitlines() if line.startswith("|")]
    split = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    heads, _, *rows = split
    return {(row[0].strip("*"), head): cell for row in rows for head, cell in zip(heads[1:], row[1:], strict=True)}


def test_a_cell_says_what_becomes_of_the_trigger(machine):
    found = cells(matrix_of(machine))
    assert found["Go", "End"] == "**→ Work ing**"
    assert found["Done", "Work ing"] == "*is first* **→ Up**<br>**→ the outer?**"
    assert found["Go", "Up"] == "stays"
    assert found["Go", "Slow"] == "re-enters"
    assert found["Go", "Work ing"] == "postponed"
    assert found["Go", "Lost"] == "forbidden"
    assert found["Stop", "Lost"] == "ignored"
    assert found["Shout", "Up"] == "*more left* stays<br>ignored"
    assert found["nap over", "Slow"] == "**→ Lost**"


def test_what_cannot_count_in_a_state_is_stale(machine):
    found = cells(matrix_of(machine))
    assert found["Done", "Up"] == "·"
    assert found["nap over", "End"] == "·"
    assert found["after 10 s", "Slow"] == "·"


def test_an_ended_state_has_no_column(machine):
    assert "Over" not in {head for _, head in cells(matrix_of(machine))}


def test_a_cell_without_an_answer_is_called_blank():
    from machines.circuit_breaker import CIRCUIT_BREAKER

    assert not CIRCUIT_BREAKER.blanks()
    assert "**blank**" not in matrix_of(CIRCUIT_BREAKER)


def test_every_reason_guard_update_and_effect_is_written(machines):
    for machine in machines:
        text = matrix_of(machine).replace("\\", "")
        for row in machine.table:
            for called in (row.guard, row.update):
                assert called is None or f"`{called.__name__}`" in text
            because = row.because.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            assert because in text


def test_every_line_of_a_table_has_as_many_cells_as_its_head(machines):
    for machine in machines:
        width = 0
        for line in matrix_of(machine).splitlines():
            if not line.startswith("|"):
                width = 0
                continue
            cells_here = len(re.split(r"(?<!\\)\|", line))
            width = width or cells_here
            assert cells_here == width


def test_timers_and_answering_effects_are_listed(machine):
    text = matrix_of(machine)
    assert "| nap over | alive | `5 s` |" in text
    assert "| after wait delay | up | `wait_delay` | 1–2 s |" in text
    assert "| `Ask` | `Done`, `Broke` |" in text


def test_a_timer_says_what_starts_it_afresh_and_for_what_there_is_one_each(keyed):
    text = matrix_of(keyed)
    assert "| idle 30 s | up, since the last Heard or Pong | `30 s` |" in text
    assert "| settle | up, one per document key | `5 s` |" in text
    assert "| `Ask` | `Done` |  | up, one per asked for |" in text
    assert cells(text)["idle 30 s", "Up"] == "**→ Down**"


def test_an_idle_timer_and_a_key_are_drawn_by_name(keyed):
    lines = [line for _, line in graph_of(keyed).lines()]
    assert {"idle 30 s", "settle"} <= {trigger.label for line in lines for trigger in line.triggers}
    assert "arm settle per document_key" in {effect for line in lines for effect in line.effects}
    assert "idle 30 s" in dot_of(graph_of(keyed))
