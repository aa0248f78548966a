"""Acts that answer nothing: what they raise or return stops the driver, in virtual time on both backends."""

import pytest

from statekit import Machine, System
from statekit.run import Driver, DriverError, performs
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from tests.run.line_and_notes import (
    LINE,
    Connect,
    Greet,
    Hangup,
    L,
    Line,
    Seen,
    make,
    nothing,
    opens_and_stays,
    returns,
    state,
)

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


async def test_a_plain_act_that_raises_stops_the_driver_and_tells_no_secret(caplog):
    def greet(effect, reply):
        raise ValueError("token=secret")

    driver = make(opens_and_stays, greet=greet)
    driver.send(LINE, Connect())
    with pytest.raises(DriverError, match=r"Greet raised ValueError at run/test_plain_acts\.py:\d+") as caught:
        await driver.run()
    assert (caught.value.effect, caught.value.error) == ("Greet", "ValueError")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "secret" not in caplog.text
    assert state(driver) is Line.LINKED


class Later:
    def __await__(self):
        return iter(())


@pytest.mark.parametrize("promise", [lambda: returns(None, None), Later])
async def test_a_plain_act_that_returns_an_awaitable_stops_the_driver(promise):
    def greet(effect, reply):
        return promise()

    driver = make(opens_and_stays, greet=greet)
    driver.send(LINE, Connect())
    with pytest.raises(DriverError, match="the act of Greet returned an awaitable"):
        await driver.run()


async def test_an_effect_that_no_annotation_names_stops_the_driver_when_it_is_ordered():
    def made(seen) -> Hangup:
        return Greet()

    machine = Machine(
        "line",
        initial=Line.IDLE,
        context=Seen(),
        states=LINE.states,
        table=(L.stay(Line.IDLE, Connect, made),),
    )
    driver = Driver(System("one", members=(machine,)), [performs(Hangup, nothing)])
    driver.send(machine, Connect())
    with pytest.raises(DriverError, match="nobody performs Greet, made by a maker of line"):
        await driver.run()
