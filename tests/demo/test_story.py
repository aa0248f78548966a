"""A whole bad day, by seeds: nothing is lost, nothing doubled, and it is the same day on both backends."""

import anyio
import pytest
from click.testing import CliRunner

from machines.demo.command import demo
from machines.demo.front import LoopbackFront
from machines.demo.memory_front import MemoryFront
from machines.demo.server import DemoServer, ServerOptions
from machines.demo.story import BESIDE, Report, Story
from statekit.testing.virtual_time import run_virtual

SEEDS = 50
SOCKET_SCALE = 0.05
OTHERS = {BESIDE: ""}


async def in_memory(seed: int) -> Report:
    async with DemoServer(ServerOptions(others=OTHERS)) as server, MemoryFront(server, latency_seconds=0.01) as front:
        return await Story(server, front, seed).play()


async def on_sockets(seed: int) -> Report:
    async with DemoServer(ServerOptions(scale=SOCKET_SCALE, others=OTHERS)) as server, LoopbackFront(server) as front:
        return await Story(server, front, seed).play()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_bad_day_in_memory_loses_nothing_and_is_the_same_on_both_backends(seed: int) -> None:
    asyncio_day = run_virtual(in_memory, seed, backend="asyncio")
    trio_day = run_virtual(in_memory, seed, backend="trio")
    assert asyncio_day.good, asyncio_day
    assert trio_day.good, trio_day
    assert asyncio_day == trio_day


@pytest.mark.net
def test_a_story_that_hangs_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("machines.demo.story.FAULT_LIMIT_SECONDS", 3.0)
    told = CliRunner().invoke(demo, ["--json", "--scale", "0.05"])
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr.startswith("the story hangs: ")


def check_on_sockets(seed: int, backend: str) -> None:
    report = anyio.run(on_sockets, seed, backend=backend)
    assert report.good, report


@pytest.mark.net
@pytest.mark.parametrize(("seed", "backend"), [(101, "asyncio"), (102, "trio"), (103, "asyncio")])
def test_a_bad_day_on_real_sockets_loses_nothing(seed: int, backend: str) -> None:
    check_on_sockets(seed, backend)


@pytest.mark.net
@pytest.mark.deep
@pytest.mark.parametrize("seed", range(200, 250))
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_fifty_bad_days_on_real_sockets_lose_nothing(seed: int, backend: str) -> None:
    check_on_sockets(seed, backend)
