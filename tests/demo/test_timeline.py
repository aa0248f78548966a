"""The timeline: every fault is told as it strikes, and in the same words what the client does about it."""

import io
import re

import pytest
from attrs import evolve
from rich.console import Console

from machines.demo.faults import Fault
from machines.demo.memory_front import MemoryFront
from machines.demo.server import DemoServer, ServerOptions
from machines.demo.story import BESIDE, Story
from machines.demo.timeline import Timeline, summary
from statekit.testing.virtual_time import run_virtual

# What is read of a client between a fault that strikes it and the next.
TOLD = {
    Fault.REFUSED_DIAL: "dialing → backing off  dial refused, next attempt in",
    Fault.TOKEN_REJECTED: "dialing → backing off  dial rejected, HTTP 401, next attempt in|fetches a newer token",
    Fault.CLOSED_1013: "→ suspended  closed 1013 retry_after=2, next attempt in 30–37.5 s",
    Fault.CLOSED_1001: "→ backing off  closed 1001 going away, next attempt in",
    Fault.RESET_1006: "→ backing off  closed 1006, next attempt in",
    Fault.SILENT_PEER: "stable → dialing  after 10 s",
    Fault.TOKEN_EXPIRED: "error TOKEN_EXPIRED",
    Fault.VERSION_CONFLICT: "is not sure what the server has, and asks",
    Fault.LOST_ACK: "is not sure what the server has, and asks",
    Fault.RATE_LIMITED: "sends nothing until the limit is over",
    Fault.DOCUMENT_LOCKED: "keeps its operations until the document is unlocked",
    Fault.KICKED: "→ failed  closed 4004 an administrator removed you",
    Fault.MAINTENANCE: "stays away until the maintenance is over",
    Fault.TOKEN_REVOKED: "→ parked  error TOKEN_REVOKED",
    Fault.ERROR_STORM: "has had eleven errors in a minute, and stays away for a while",
    Fault.SERVER_RESTART: "→ backing off  closed 1012 service restart, next attempt in",
}


async def played(seed, page):
    timeline = Timeline(Console(file=page, width=100))
    async with (
        DemoServer(ServerOptions(others={BESIDE: ""})) as server,
        MemoryFront(server, latency_seconds=0.01) as front,
    ):
        return await Story(server, front, seed, timeline.tell).play()


@pytest.fixture(scope="module", params=[3, 4])
def day(request):
    """Give the report of a day, and what was told of it."""
    page = io.StringIO()
    report = run_virtual(played, request.param, page, backend="asyncio")
    return report, page.getvalue()


def test_every_fault_is_told_of_here():
    assert TOLD.keys() == set(Fault)


def test_every_fault_is_told_with_what_the_client_does_about_it(day):
    _, page = day
    after = dict(re.findall(r"⚡ ([a-z0-9 ]+)\n((?:[^⚡]|\n)*)", page))
    assert after.keys() == {fault.value.replace("_", " ") for fault in TOLD}
    missing = [fault for fault, words in TOLD.items() if not re.search(words, after[fault.value.replace("_", " ")])]
    assert missing == []


def test_the_next_attempt_is_told_by_the_wait_that_leads_to_it(day):
    _, page = day
    waits = re.findall(r"next attempt in [\d.]+–([\d.]+) s", page)
    assert len(waits) == page.count("next attempt in")
    assert all(float(each) <= 37.5 for each in waits)


def test_no_name_of_a_function_is_told(day):
    _, page = day
    assert re.findall(r"[a-z]+_[a-z]+", page.replace("retry_after", "")) == []


def test_the_summary_counts_every_fault_and_says_what_is_missing():
    page = io.StringIO()
    report = run_virtual(played, 3, io.StringIO(), backend="trio")
    unlucky = evolve(report, faults={**report.faults, "kicked": 0}, duplicates=2)
    Console(file=page, width=100).print(summary(unlucky, 0.5))
    rows = dict(re.findall(r"│ (\S.*?) +│ (\S.*?) +│", page.getvalue()))
    assert {rows[each.value.replace("_", " ")] for each in Fault if each is not Fault.KICKED} == {"1 ×"}
    assert (rows["kicked"], rows["… applied twice"], rows["… lost"]) == ("did not happen", "2", "0")
