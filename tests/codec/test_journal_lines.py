"""What is no journal is refused by its line, and so is one that is cut short."""

import json

import pytest
from attrs import evolve

from statekit.codec import SnapshotRefused
from tests.codec.desk import DAY, FORM, LINES

GONE = object()


def spoiled(line, **changes):
    """A line with members changed, added or gone."""
    found = json.loads(line) | changes
    return json.dumps({name: value for name, value in found.items() if value is not GONE})


HEAD, ENTRY = LINES[0], LINES[3]
DID = json.loads(ENTRY)["did"]
BAD_ANYWHERE = [
    ("", "", "must be JSON"),
    ("{", "", "must be JSON"),
    (ENTRY + ENTRY, "", "must be JSON"),
    ("9" * 5000, "", "must be JSON"),
    ("[" * 100_000, "", "nests too deep"),
    ("null", "", "must be an object"),
    ("[]", "", "must be an object"),
    ('"journal"', "", "must be an object"),
    (spoiled(HEAD, statekit=2), ".statekit", "must be 1, the layout that this codec reads"),
    (spoiled(HEAD, statekit=True), ".statekit", "must be a whole number"),
    (spoiled(HEAD, journal="other"), ".journal", "must be office"),
    (spoiled(HEAD, journal=1), ".journal", "must be text"),
    (spoiled(HEAD, table=GONE), ".table", "is missing"),
    (spoiled(HEAD, contexts=GONE), ".contexts", "is missing"),
    (spoiled(HEAD, more=1), ".more", "is no field of Head"),
]
BAD_LATER = [
    ("{}", ".at_seconds", "is missing"),
    (spoiled(ENTRY, at_seconds="1"), ".at_seconds", "must be a number"),
    (ENTRY.replace('"at_seconds":1.0', '"at_seconds":NaN'), ".at_seconds", "must be a number"),
    (ENTRY.replace('"at_seconds":1.0', '"at_seconds":1e999'), ".at_seconds", "must be a number"),
    (spoiled(ENTRY, member=1), ".member", "must be text"),
    (spoiled(ENTRY, event={"event": "Unlock"}), ".event.data", "is missing"),
    (spoiled(ENTRY, event={"event": 1, "data": {}}), ".event.event", "must be text"),
    (spoiled(ENTRY, ticket=1.5), ".ticket", "must be a whole number"),
    (spoiled(ENTRY, did=GONE), ".did", "is missing"),
    (spoiled(ENTRY, did=DID | {"hops": [{}]}), ".did.hops[0].member", "is missing"),
    (spoiled(ENTRY, did=DID | {"orders": "Ring"}), ".did.orders", "must be a list"),
    (spoiled(ENTRY, did=DID | {"timers": [1]}), ".did.timers[0]", "must be an object"),
    (spoiled(ENTRY, did=DID | {"published": [None]}), ".did.published[0]", "must be text"),
    (spoiled(ENTRY, more=1), ".more", "is no field of Entry"),
]


@pytest.mark.parametrize(
    ("before", "bad", "path", "problem"),
    [
        *(([], *each) for each in BAD_ANYWHERE),
        *((LINES[:3], *each) for each in (*BAD_ANYWHERE, *BAD_LATER)),
        ([], ENTRY, "", "must be the first line of a journal, which has the member journal"),
        ([], "{}", "", "must be the first line of a journal, which has the member journal"),
    ],
    ids=range(2 * len(BAD_ANYWHERE) + len(BAD_LATER) + 2),
)
def test_a_malformed_line_is_refused_by_its_number_with_what_is_wrong(before, bad, path, problem):
    with pytest.raises(SnapshotRefused) as caught:
        list(FORM.read([*before, bad]))
    assert caught.value.path.startswith(f"$.line[{len(before) + 1}]{path}")
    assert caught.value.problem == problem


def test_the_runs_before_a_malformed_line_are_read():
    runs = FORM.read([*LINES, HEAD, "{"])
    assert len(next(runs).entries) == len(DAY)
    with pytest.raises(SnapshotRefused, match=rf"\$\.line\[{len(LINES) + 2}\] must be JSON"):
        next(runs)


@pytest.mark.parametrize(
    ("contexts", "path", "problem"),
    [
        ([], "", "must be an object"),
        ({"nobody": {}}, ".nobody", "is no member of office; they are desk, file"),
        ({"desk['1']": {}}, "[\"desk['1']\"]", "is no member of office; they are desk, file"),
        ({"file[01]": {}}, "['file[01]']", "is no member of office; they are desk, file"),
        ({"file['1']": {}}, "[\"file['1']\"].left", "is missing"),
        ({"desk": {}}, ".desk.left", "is missing"),
        ({"desk": {"left": "3"}}, ".desk.left", "must be a whole number"),
    ],
)
def test_contexts_that_do_not_fit_are_refused_by_their_line(contexts, path, problem):
    _, found = FORM.read([*LINES, spoiled(HEAD, contexts=contexts)])
    with pytest.raises(SnapshotRefused) as caught:
        FORM.contexts(found)
    assert (caught.value.path, caught.value.problem) == (f"$.line[{len(LINES) + 1}].contexts{path}", problem)


@pytest.mark.parametrize(
    ("changes", "path", "problem"),
    [
        ({"member": "nobody"}, ".member", "must be one of desk, file"),
        ({"event": {"event": "Lock", "data": {}}}, ".event", "must be one of Unlock, "),
        ({"event": {"event": "Unlock", "data": {}}}, ".data.by", "is missing"),
        ({"event": {"event": "Unlock", "data": {"by": "eve"}}}, ".data.by", "must be one of int, NoneType"),
    ],
)
def test_an_event_that_is_not_known_any_more_is_refused_when_it_is_asked_for(changes, path, problem):
    (found,) = FORM.read([HEAD, spoiled(ENTRY, **changes)])
    with pytest.raises(SnapshotRefused) as caught:
        FORM.event(found.entries[0])
    assert caught.value.path == "$" + path
    assert caught.value.problem.startswith(problem)


RUNS = (*LINES, *LINES[:2])
FILE_TEXT = "".join(line + "\n" for line in RUNS)


def test_a_journal_cut_short_at_any_byte_is_its_whole_lines_or_refused_by_its_last_line():
    assert FILE_TEXT.isascii(), "or a cut could go through a character"
    runs = list(FORM.read(RUNS))
    for size in range(len(FILE_TEXT) + 1):
        lines, found = FILE_TEXT[:size].splitlines(), []
        if tuple(lines) == RUNS[: len(lines)]:
            found.extend(FORM.read(lines))
            assert sum(1 + len(run.entries) for run in found) == len(lines)
        else:
            with pytest.raises(SnapshotRefused, match=rf": \$\.line\[{len(lines)}\] must be JSON$"):
                found.extend(FORM.read(lines))
        for run, complete in zip(found, runs, strict=False):
            assert run == evolve(complete, entries=complete.entries[: len(run.entries)])
