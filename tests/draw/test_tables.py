"""Tables: what is written is what is meant, whatever stands in a cell."""

import pytest

from statekit.draw.gallery import Appendix, gallery_of, index_of
from statekit.draw.svg import find_layout
from statekit.draw.tables import Table, Tables, markdown_of


def written(*cells):
    heads = tuple(f"h{number}" for number in range(len(cells)))
    return markdown_of(Tables("", (Table("T", "", heads, (cells,)),))).splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("plain", "plain"),
        ("", ""),
        ("a | b", "a \\| b"),
        ("snake_case and *stars*", "snake\\_case and \\*stars\\*"),
        ("<script>", "&lt;script&gt;"),
        ("`a_b`", "`a_b`"),
        ("`a|b`", "`a\\|b`"),
        ("closes `1000`, then", "closes `1000`, then"),
        ("`a` `b`", "`a` `b`"),
        ("one\ntwo", "one<br>two"),
        ("  much   space ", " much space "),
    ],
)
def test_a_cell_reads_as_it_was_meant(text, cell):
    assert written(text) == f"| {cell} |"


def test_a_table_stands_under_its_title_and_its_words():
    tables = Tables("All.", (Table("Close codes", "As seen.", ("Code", "Act"), (("1000", "stop"), ("1001", "on"))),))
    assert markdown_of(tables, level=3) == (
        "### Close codes\n\nAs seen.\n\n| Code | Act |\n| --- | --- |\n| 1000 | stop |\n| 1001 | on |\n"
    )


@pytest.mark.parametrize("row", [("1",), ("1", "2", "3"), ()])
def test_a_row_without_a_cell_for_every_head_is_refused(row):
    with pytest.raises(ValueError, match=r"table 'T' has 2 columns, not \d"):
        Table("T", "", ("a", "b"), (row,))


def test_the_page_of_the_gallery_ends_with_the_tables_and_says_where_they_come_from():
    tables = Tables("What counts.", (Table("Numbers", "", ("n",), (("1",),)),))
    appendix = Appendix("our_numbers", "product/numbers.py", tables)
    page = index_of((), (appendix,))
    assert page.startswith("<!-- generated from product/numbers.py by")
    assert "- [Our numbers](#our-numbers): What counts.\n" in page
    assert page.endswith(
        "## Our numbers\n\nWhat counts.\n\n[product/numbers.py](../product/numbers.py)\n\n"
        "### Numbers\n\n| n |\n| --- |\n| 1 |\n"
    )
    assert gallery_of((), find_layout(), appendices=(appendix,)) == {"README.md": page}
