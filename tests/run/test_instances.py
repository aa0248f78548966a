"""Instances under a driver: sent to, answered, timed, cancelled and told of jumps, each by its key, in virtual time."""

import anyio
import pytest
from attrs import frozen

from statekit import Machine, Rejected, System, Taken, Unhandled, UnknownMember, keyed, publish, spawn
from statekit.run import Awaited, Driver, LoopClock, performs
from statekit.run import Policy as Errors
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.timers import ClockJumped
from tests.run.lines import (
    FRONT,
    LINE,
    AllCut,
    Asked,
    Beep,
    Cut,
    CutAll,
    F,
    Frame,
    Front,
    Line,
    Opened,
    Said,
    Start,
    Want,
    Wanted,
    line,
    line_of,
    make,
    never_opens,
    note_jump,
    opens,
    start_it,
)
from tests.run.running import running

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


@frozen
class Heard:
    text: str


async def test_an_instance_is_sent_to_by_its_key_and_its_effects_know_it():
    performed = []

    async def dial(effect, reply):
        performed.append((reply.member, reply.key))
        await opens(effect, reply)

    def beep(effect, reply):
        performed.append((reply.member, reply.key, "beep"))

    async with running(make(dial, beep)) as driver:
        await driver.send(FRONT, Want("a"))
        await driver.send(FRONT, Want("b"))
        await anyio.sleep(2)
        assert sorted(performed) == [
            ("line[a]", "a"), ("line[a]", "a", "beep"), ("line[b]", "b"), ("line[b]", "b", "beep"),
        ]  # fmt: skip
        assert isinstance(await driver.send(LINE, Cut(), key="a"), Taken)
        assert driver.snapshot.keys(LINE) == ("b",)
        assert isinstance(await driver.send("line[b]", Cut()), Taken)
        for member, key in ((LINE, None), (FRONT, "a"), ("nobody", None)):
            with pytest.raises(UnknownMember):
                driver.send(member, Cut(), key=key)


async def test_a_member_that_is_not_keyed_has_no_key():
    keys = []

    def odd(effect, reply):
        keys.append((reply.member, reply.key))

    tell = Machine(
        "tell", initial=Front.OPEN, context=Asked(), states=FRONT.states, table=(F.stay(Front.OPEN, CutAll, Beep()),)
    )
    async with running(Driver(System("one", (tell,)), [performs(Beep, odd)])) as driver:
        await driver.send(tell, CutAll())
    assert keys == [("tell", None)]


async def test_what_reaches_no_instance_is_rejected_to_who_waits_and_harms_nobody_else(caplog):
    async with running(make()) as driver:
        with pytest.raises(Rejected) as caught:
            await driver.send(LINE, Cut(), key="x")
        assert (caught.value.verdict, caught.value.state, caught.value.possible) == (Unhandled(absent=True), "", ())
        assert str(caught.value) == "line[x]: Cut: unhandled: no instance has this key"
        driver.send(LINE, Cut(), key="x")
        await anyio.sleep(1)
        assert driver.counts == {"Unhandled": 2}
    assert caplog.records == []


async def test_the_error_of_an_instance_names_it_and_the_state_it_was_in(caplog):
    async with running(make(policy=Errors.REPORT)) as driver:
        await driver.send(FRONT, Want("a"))
        await driver.send(LINE, Frame("too soon"), key="a")
        await driver.send(FRONT, CutAll())
        await driver.send(LINE, Heard("x"), key="a")
        await driver.send(FRONT, Want("b"))
        driver.send(LINE, Heard("x"), key="b")
        await anyio.sleep(0.5)
    assert [record.getMessage() for record in caplog.records] == [
        "line[b]: Heard in DIALING: unhandled: no row answers this event here"
    ]


async def test_timers_of_instances_run_side_by_side_and_are_told_apart():
    async with running(make(never_opens)) as driver:
        await driver.send(FRONT, Want("a"))
        await anyio.sleep(4)
        await driver.send(FRONT, Want("b"))
        assert driver.explain() == (
            Awaited("line[a]", "DIALING", "after 10 s", 6.0, ""), Awaited("line[a]", "DIALING", "Dial", None, ""),
            Awaited("line[b]", "DIALING", "after 10 s", 10.0, ""), Awaited("line[b]", "DIALING", "Dial", None, ""),
        )  # fmt: skip
        await anyio.sleep(7)
        assert [line(driver, key).state for key in "ab"] == [Line.RESTING, Line.DIALING]


async def test_a_removed_instance_is_cancelled_and_what_it_still_opens_is_disposed_of_under_its_address():
    hung_up = []

    async def opens_late(effect, reply):
        try:
            await anyio.sleep_forever()
        finally:
            with reply.cleanup():
                await anyio.sleep(1)
            reply(Opened())

    def hangup(effect, reply):
        hung_up.append((reply.member, reply.key, reply.ticket))

    async with running(make(opens_late, hangup=hangup)) as driver:
        await driver.send(FRONT, Want("a"))
        await driver.send(LINE, Cut(), key="a")
        assert driver.snapshot.keys(LINE) == ()
        await driver.send(FRONT, Want("a"))
        await anyio.sleep(2)
        assert hung_up == [("line[a]", "a", 2)]
        assert line(driver, "a").state is Line.DIALING


async def test_signals_of_an_instance_reach_the_application_as_their_maker_makes_them():
    async def speaks(effect, reply):
        reply(Opened())
        reply(Frame("hello"))
        await anyio.sleep_forever()

    heard = []
    async with running(make(speaks, published=heard.append)) as driver:
        await driver.send(FRONT, Want("a"))
        await anyio.sleep(1)
    assert heard == [Said("a", "hello")]


async def test_every_instance_hears_of_a_jump_of_the_clock_if_its_table_answers_it():
    hears = Machine(
        "hears", initial=Front.OPEN, context=Asked(), states=FRONT.states,
        table=(F.stay(Front.OPEN, ClockJumped, update=note_jump), F.ignore(Front.OPEN, Start, because="it is on")),
    )  # fmt: skip
    away = [0.0]
    system = System(
        "ears", (FRONT, keyed(hears)), (spawn(FRONT, Wanted, hears, start_it, key=line_of), publish(FRONT, AllCut))
    )
    driver = Driver(system, (), clock=LoopClock(suspended=lambda: away[0]))
    async with running(driver):
        await driver.send(FRONT, Want("a"))
        await driver.send(FRONT, Want("b"))
        away[0] = 100.0
        await driver.send(FRONT, CutAll())
        await anyio.sleep(1)
    assert [driver.snapshot.of(hears, key).context.jumps for key in "ab"] == [(100.0,)] * 2
