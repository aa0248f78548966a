"""The guide itself, as it was published: every row, text and number of it is on the generated page.

`guide.md` is the page "WebSocket Error Handling", version 2.0, from its title on. Nothing is read from `printed.seed`
here: that it has the guide's words right is what these tests show.
"""

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).with_name("guide.md").read_text(encoding="utf-8")
PAGE = (Path(__file__).parents[3] / "diagrams" / "README.md").read_text(encoding="utf-8")


def cells(line):
    """Give the cells of a line of a table."""
    return [each.strip().strip("`") for each in line.strip("|").split("|")]


def section(text, title):
    """Give what stands under a title, up to the next of its level or a higher one."""
    level, rest = re.search(rf"^(#+) {re.escape(title)}$\n((?:.|\n)*)", text, re.MULTILINE).groups()
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def printed(title, head):
    """Give a table of the page by the first cell of each line, its first line alone: the cell under a head."""
    lines = [line for line in section(PAGE, title).splitlines() if line.startswith("|")]
    place = cells(lines[0]).index(head)
    by_name = {}
    for line in lines[2:]:
        by_name.setdefault(cells(line)[0].split("<br>")[0].strip("`"), cells(line)[place])
    return by_name


ERRORS = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", section(GUIDE, "Error Code Reference"), re.MULTILINE)
CLOSES = re.findall(r"^\| (\d{4}) \| (.+?) \| (.+?) \|$", section(GUIDE, "Connection Close Codes"), re.MULTILINE)
TEXTS = re.findall(
    r"^  ([A-Z_]+): \{\n    title: '(.+)',\n    message: '(.+)',\n    action: (.+)\n", GUIDE, re.MULTILINE
)
SAMPLES = "\n".join(re.findall(r"```javascript\n(.*?)```", GUIDE, re.DOTALL))

# What the sample does about a close; it warns of every other, and reconnects.
DONE = {
    "1000": "no action",
    "1001": "reconnect",
    "1006": "reconnect",
    "4000": "reconnect immediately",
    "4001": "refresh token first",
    "4002": "notify user",
    "4003": "show status, try again in 30 s",
    "4004": "don't reconnect",
}

# Every number in the guide's sample code, as it stands there, and the option that it became.
NUMBERS = {
    "options.maxRetries || 5": "conflict_recovery.retries_max",
    "errorWindow = 60000": "error_storm.window_seconds",
    "errorCount > 10": "error_storm.errors_max",
    "retry_after || 1000": "rate_limit.limit_seconds",
    "maxRefreshAttempts = 3": "auth_refresh.failures_max",
    "delay(1000 * this.refreshAttempts)": "auth_refresh.retry_seconds",
    "}, 5000)": "conflict_recovery.sync_seconds",
    "scheduleReconnect(30000)": "hold.lock_seconds",
    "baseDelay || 1000": "connection.retry.base_seconds",
    "maxDelay || 30000": "connection.retry.cap_seconds",
    "maxAttempts || 10": "connection.retry.attempts_max",
    "Math.random() * 1000": "connection.retry.kind",
    "failureThreshold || 5": "circuit_breaker.failures_max",
    "resetTimeout || 60000": "circuit_breaker.reset_seconds",
}
# No numbers of the guide's own: how counting begins, what doubling is, and codes, which are in the tables.
NEUTRAL = r"= 0\b|splice\(0\)|Math\.pow\(2|close\(\d{4}|case \d{4}|\d minute|in 30s"


def test_the_guide_has_what_it_is_known_for():
    assert (len(ERRORS), len(CLOSES), len(TEXTS)) == (19, 12, 6)


def test_every_error_code_of_the_guide_is_on_the_page_with_its_words_and_what_is_done():
    guide, link = printed("Error codes", "The guide"), printed("Error codes", "The link")
    assert {code: guide[code] for code, *_ in ERRORS} == {code: f"{said}: {cure}" for code, said, cure in ERRORS}
    assert all(link[code] for code, *_ in ERRORS)
    assert printed("What an error counts for", "Storm").keys() == guide.keys()


def test_every_close_code_of_the_guide_is_on_the_page_with_its_words_and_what_is_done():
    guide, link = printed("Close codes", "The guide"), printed("Close codes", "The link")
    for code, name, said in CLOSES:
        assert guide[code].startswith(f"{name}: {said}; ")
        assert link[code]


def test_what_the_guide_s_sample_does_about_a_close_is_told_beside_it():
    guide = printed("Close codes", "The guide")
    comments = dict(re.findall(r"case (\d{4}):\n\s+// (.+)\n", SAMPLES))
    assert comments.keys() == DONE.keys()
    assert [code for code, words in DONE.items() if not guide[code].endswith(f"; {words}")] == []
    unnamed = [code for code, *_ in CLOSES if code not in DONE]
    assert {guide[code].rpartition("; ")[2] for code in unnamed} == {"warn, reconnect"}


def test_every_text_of_the_guide_is_on_the_page():
    title, message, action = (printed("User messages", head) for head in ("Title", "Message", "Action"))
    guide = printed("User messages", "The guide")
    for code, *said in TEXTS:
        words = [each.replace("\\'", "'").strip("'") for each in said]
        ours = [title[code], message[code], "null" if action[code] == "—" else action[code]]
        # One text says something else, and the guide's stands beside it.
        assert guide[code] == ("the same" if ours == words else f"{words[0]}: {words[1]}")
    assert [code for code, *_ in TEXTS if guide[code] != "the same"] == ["AUTHENTICATION_FAILED"]


@pytest.mark.parametrize(("said", "option"), NUMBERS.items())
def test_every_number_of_the_guide_stands_beside_the_option_that_it_became(said, option):
    (number,) = re.findall(r"\d+", said)
    assert said in SAMPLES
    assert re.search(rf"\b{number}\b", printed("Numbers", "The guide")[option])


def test_no_number_of_the_guide_is_left_out():
    rest = SAMPLES
    for said in NUMBERS:
        rest = rest.replace(said, "")
    assert re.findall(r"\b\d+\b", re.sub(NEUTRAL, "", rest)) == []
