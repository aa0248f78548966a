"""The matrix: every cell, every reason."""

import re

from statekit.draw.matrix import matrix_of


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
