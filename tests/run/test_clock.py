import math

import anyio
import pytest

from statekit.run import LoopClock, suspended_seconds
from statekit.testing.virtual_time import VIRTUAL_BACKENDS

virtual = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


@virtual
@pytest.mark.parametrize("scale", [1.0, 0.05, 0.1, 1 / 3, 3.0])
async def test_a_scope_never_ends_before_its_moment(scale):
    clock = LoopClock(scale)
    for step in range(1, 400):
        at_seconds = clock.now() + step / 7
        with clock.until(at_seconds):
            await anyio.sleep_forever()
        assert clock.now() >= at_seconds
        assert clock.now() == pytest.approx(at_seconds)


@virtual
async def test_a_scope_until_infinity_never_ends():
    with anyio.move_on_after(1e6) as outer, LoopClock().until(math.inf):
        await anyio.sleep_forever()
    assert outer.cancelled_caught


@virtual
async def test_a_shielded_scope_outlasts_a_cancellation():
    with anyio.CancelScope() as outer:
        outer.cancel()
        with LoopClock(0.5).until(4.0, shield=True):
            await anyio.sleep_forever()
    assert anyio.current_time() == 2.0


@virtual
async def test_time_that_passes_is_no_gap():
    clock = LoopClock()
    await anyio.sleep(3600)
    assert clock.gap_seconds() < 1


def test_a_gap_is_what_was_added_since_it_was_last_asked_for():
    away = [100.0]
    clock = LoopClock(0.5, suspended=lambda: away[0])
    assert clock.gap_seconds() == 0
    away[0] += 40
    assert clock.gap_seconds() == 80
    assert clock.gap_seconds() == 0
    away[0] -= 10
    assert clock.gap_seconds() == 0


def test_nothing_is_suspended_while_a_program_runs():
    assert abs(suspended_seconds() - suspended_seconds()) < 0.5


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_suspended_seconds_are_read_on_every_platform(platform, monkeypatch):
    monkeypatch.setattr("statekit.run.clock.sys.platform", platform)
    assert isinstance(suspended_seconds(), float)


@pytest.mark.parametrize("scale", [0, -1, math.inf, math.nan])
def test_a_scale_that_stops_or_turns_time_is_refused(scale):
    with pytest.raises(ValueError, match="scale must be positive and finite"):
        LoopClock(scale)
