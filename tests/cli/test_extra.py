"""Without the extra `cli` the script prints the one line that installs it."""

import pytest

BLOCKED = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {name!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
from statekit.cli import main
main()
"""


@pytest.mark.parametrize("name", ["click", "rich"])
def test_a_missing_extra_is_one_line_and_exit_code_two(script, name):
    code, out, err = script(BLOCKED.format(name=name))
    assert (code, out) == (2, "")
    assert err == 'statekit: the command needs its extra: pip install "statekit[cli]"\n'


def test_another_missing_module_is_not_taken_for_the_extra(script):
    code, _, err = script(BLOCKED.format(name="graphviz"))
    assert code == 1
    assert "No module named 'graphviz'" in err


def test_a_demo_without_its_extra_says_how_to_install_it(script):
    code, out, err = script("import sys; sys.argv[1:] = ['demo']\n" + BLOCKED.format(name="websockets"))
    assert (code, out) == (2, "")
    assert "No module named 'websockets': pip install \"statekit[demo]\"" in err
