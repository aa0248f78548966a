"""The gallery: what is written is what is checked, and a difference is shown."""

import pytest

from statekit.draw.dot import Direction, dot_of
from statekit.draw.gallery import MARK, PLAIN, Exhibit, differences, dot_text, gallery_of, mermaid_text, write
from statekit.draw.graph import graph_of
from statekit.draw.mermaid import mermaid_of
from statekit.draw.svg import find_layout
from statekit.draw.wiring import dot_of_map, map_of, mermaid_of_map


@pytest.fixture(scope="module")
def files(machine):
    return gallery_of((Exhibit("everything", "tests/draw/conftest.py", machine),), find_layout())


@pytest.fixture
def written(tmp_path, files):
    write(tmp_path, files)
    return tmp_path


def test_there_are_five_files_and_each_says_where_it_comes_from(files):
    assert set(files) == {"README.md", "everything.dot", "everything.mmd", "everything.svg", "everything.md"}
    for text in files.values():
        assert f"generated from tests/draw/conftest.py {MARK}" in text.split("\n\n\n")[0][:600]


def test_what_was_written_does_not_differ(written, files):
    assert list(differences(written, files, pinned=True)) == []


def test_what_is_as_it_should_be_is_not_written_again(written, files):
    assert write(written, files) == ()
    (written / "everything.md").write_text("old")
    assert write(written, files) == ("everything.md",)


def test_a_changed_file_differs_and_the_diff_shows_where(written, files):
    path = written / "everything.mmd"
    path.write_text(path.read_text().replace("Work ing", "Idling"))
    (found,) = differences(written, files, pinned=False)
    assert found.file == "everything.mmd"
    assert "-    state" not in found.diff
    assert any(line.startswith("-") and "Idling" in line for line in found.diff.splitlines())
    assert any(line.startswith("+") and "Work ing" in line for line in found.diff.splitlines())


def test_the_bytes_of_an_svg_count_only_with_the_pinned_program(written, files):
    path = written / "everything.svg"
    path.write_text(path.read_text() + "<!-- moved -->")
    assert list(differences(written, files, pinned=False)) == []
    assert [each.file for each in differences(written, files, pinned=True)] == ["everything.svg"]


def test_a_missing_file_differs_whatever_the_program(written, files):
    (written / "everything.svg").unlink()
    assert [each.diff for each in differences(written, files, pinned=False)] == ["everything.svg is missing"]


def test_a_generated_file_of_a_machine_that_is_gone_differs_and_others_are_left_alone(written, files):
    (written / "gone.mmd").write_text(f"%% generated from machines/gone.py {MARK}\n")
    (written / "notes.md").write_text("mine")
    (found,) = differences(written, files, pinned=True)
    assert found.diff == "gone.mmd belongs to nothing any more: delete it"


def test_a_long_diff_is_cut(written, files):
    (written / "everything.md").write_text("\n".join(str(number) for number in range(500)))
    (found,) = differences(written, files, pinned=True)
    assert found.diff.splitlines()[-1].endswith("more lines")
    assert len(found.diff.splitlines()) <= 61


def test_the_text_of_a_machine_is_its_graph_and_that_of_a_system_its_map(machine, session):
    alone, together = Exhibit("everything", "here.py", machine), Exhibit("session", "there.py", session)
    assert dot_text(alone) == dot_of(graph_of(machine), PLAIN, alone.heading)
    assert dot_text(together) == dot_of_map(map_of(session), Direction.RIGHT, together.heading)
    assert mermaid_text(alone) == mermaid_of(graph_of(machine), alone.heading, Direction.DOWN)
    assert mermaid_text(together) == mermaid_of_map(map_of(session), together.heading, Direction.RIGHT)
