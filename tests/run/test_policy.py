"""Who hears of a rejection, by policy: the sender, the run, the log, in virtual time on both backends."""

import logging

import anyio
import pytest

from statekit import Kind, Machine, Rejected, Stale, System, Taken, wire
from statekit.run import Driver, Policy, Stopped, performs
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.verdicts import Broken, Forbidden, Ignored, Refused, Unhandled
from tests.run.line_and_notes import (
    LINE,
    NOTES,
    WIRING,
    Close,
    Connect,
    Dial,
    Doubt,
    Frame,
    Greet,
    Hangup,
    L,
    Line,
    Lost,
    Noted,
    Nudge,
    Odd,
    Opened,
    OpenFailed,
    Retire,
    Seen,
    Told,
    Trip,
    Up,
    Upset,
    make,
    nothing,
    seen,
    upset,
)
from tests.run.running import running

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)

REJECTED = [
    (LINE, Upset(), Forbidden, []),
    (LINE, Frame("x"), Stale, None),
    (LINE, Opened(), Stale, None),
    (LINE, Noted("?"), Unhandled, []),
    (LINE, Close(), Ignored, None),
    (NOTES, Trip(), Broken, []),
]


@pytest.mark.parametrize(("member", "event", "verdict", "rejected"), REJECTED)
async def test_who_waits_hears_of_a_rejection_and_the_driver_goes_on(member, event, verdict, rejected):
    async with running(make()) as driver:
        receipt = driver.send(member, event)
        if rejected is None:
            assert isinstance(await receipt, verdict)
        else:
            with pytest.raises(Rejected) as caught:
                await receipt
            assert isinstance(caught.value.verdict, verdict)
            assert (caught.value.machine, caught.value.event) == (member.name, type(event).__name__)
            assert caught.value.state == driver.snapshot.of(member).state.name
        assert isinstance(receipt.verdict_now, verdict)
        assert isinstance(await driver.send(LINE, Connect()), Taken)


@pytest.mark.parametrize(("member", "event", "verdict", "rejected"), REJECTED)
async def test_under_report_a_receipt_only_tells_the_verdict(member, event, verdict, rejected, caplog):
    async with running(make(policy=Policy.REPORT)) as driver:
        assert isinstance(await driver.send(member, event), verdict)
    assert caplog.records == []


@pytest.mark.parametrize(("member", "event", "verdict", "rejected"), REJECTED)
async def test_where_nobody_waits_the_driver_stops_with_the_rejection(member, event, verdict, rejected):
    driver = make()
    driver.send(member, event)
    following = driver.send(LINE, Connect())
    if rejected is None:
        async with running(driver):
            await following
        return
    with pytest.raises(Rejected) as caught:
        await driver.run()
    assert isinstance(caught.value.verdict, verdict)
    with pytest.raises(Stopped, match="both stopped before line could answer Connect"):
        await following


@pytest.mark.parametrize(
    ("member", "event", "line"),
    [
        (LINE, Upset(), "line: Upset in IDLE: forbidden: nothing may be upset"),
        (LINE, Noted("?"), "line: Noted in IDLE: unhandled: no row answers this event here"),
        (NOTES, Trip(), "notes: Trip in OPEN: broken: falls raised ZeroDivisionError"),
    ],
)
async def test_under_report_what_nobody_waits_for_is_logged_and_the_driver_goes_on(member, event, line, caplog):
    driver = make(policy=Policy.REPORT)
    driver.send(member, event)
    async with running(driver):
        await driver.send(LINE, Connect())
    assert [(record.name, record.levelno, record.message) for record in caplog.records] == [
        ("statekit", logging.WARNING, line)
    ]


async def test_a_refusal_that_nobody_waits_for_stops_nothing():
    async def refused(effect, reply):
        reply(OpenFailed("shut"))

    async with running(make(refused)) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(1)
        driver.send(LINE, Close())
        await anyio.wait_all_tasks_blocked()
        assert driver.counts["Refused"] == 1
        with pytest.raises(Rejected) as caught:
            await driver.send(LINE, Close())
        assert caught.value.verdict == Refused(("never",))


async def test_an_ended_machine_may_be_sent_to_without_stopping_the_driver():
    async with running(make()) as driver:
        await driver.send(LINE, Retire())
        driver.send(LINE, Connect())
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(Rejected, match="the machine has ended"):
            await driver.send(LINE, Connect())
        assert isinstance(await driver.send(NOTES, Lost()), Ignored)


async def test_a_forbidden_inner_hop_stops_the_driver_though_the_sender_is_content():
    async def send():
        verdicts.append(await driver.send(LINE, Doubt()))

    verdicts, driver = [], make()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        with pytest.raises(Rejected, match=r"notes: Upset in OPEN: forbidden: notes are calm; events with a row"):
            await driver.run()
    assert isinstance(verdicts[0], Taken)


def connect(signal: Told) -> Connect:
    return Connect()


def close(signal: Up) -> Close:
    return Close()


async def test_a_rejection_at_the_start_stops_the_run_and_names_the_state_it_was_in():
    state, row = L.state, L.row
    starter = Machine(
        "starter",
        initial=Line.IDLE,
        context=Seen(),
        states=(
            state(Line.IDLE, Kind.REST, "it speaks first", entry=(Up(), Told(), Up(), Odd())),
            *LINE.states[1:],
        ),
        table=(row(Line.IDLE, Connect, Line.RESTING),),
    )
    other = Machine(
        "other",
        initial=Line.IDLE,
        context=Seen(),
        states=LINE.states,
        table=(
            row(Line.IDLE, Connect, Line.LINKED),
            L.ignore((Line.IDLE, Line.LINKED), Close, because="nothing to close"),
            L.forbid(Line.LINKED, Upset, because="it is calm"),
        ),
    )
    wires = (wire(starter, Up, other, close), wire(starter, Told, other, connect), wire(starter, Odd, other, upset))
    with pytest.raises(Rejected, match="other: Upset in LINKED: forbidden: it is calm"):
        await Driver(System("two", members=(starter, other), wiring=wires), ()).run()


async def test_a_broken_inner_hop_undoes_the_stimulus_and_stops_the_driver():
    driver = make()
    receipt = driver.send(LINE, Trip())
    with pytest.raises(Rejected, match="notes: Trip in OPEN: broken: falls raised") as caught:
        await driver.run()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert isinstance(receipt.verdict_now, Broken)
    with pytest.raises(Rejected, match="notes: Trip in OPEN"):
        await receipt


async def test_what_breaks_in_the_wiring_is_the_answer_to_the_event_that_led_to_it():
    def broken_maker(signal: Told) -> Noted:
        raise ZeroDivisionError

    wires = (wire(LINE, Told, NOTES, broken_maker), *WIRING[1:])
    acts = [performs(effect, nothing) for effect in (Dial, Hangup, Greet)]
    async with running(Driver(System("both", members=(LINE, NOTES), wiring=wires), acts)) as driver:
        with pytest.raises(Rejected, match="line: Nudge in IDLE: broken: broken_maker raised") as caught:
            await driver.send(LINE, Nudge())
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert seen(driver) == []


async def test_under_report_inner_hops_are_logged(caplog):
    async with running(make(policy=Policy.REPORT)) as driver:
        assert isinstance(await driver.send(LINE, Doubt()), Taken)
        assert isinstance(await driver.send(LINE, Trip()), Broken)
    assert [record.message for record in caplog.records] == [
        "notes: Upset in OPEN: forbidden: notes are calm",
        "notes: Trip in OPEN: broken: falls raised ZeroDivisionError",
    ]


async def test_an_event_whose_waiters_were_all_cancelled_is_left_to_the_driver():
    driver = make()
    receipt = driver.send(LINE, Upset())
    with anyio.move_on_after(1):
        await receipt
    with pytest.raises(Rejected):
        await driver.run()
    assert isinstance(receipt.verdict_now, Forbidden)
