"""Effects that answer: under their ticket, once, and for an act that fails, in virtual time on both backends."""

import anyio
import pytest

from statekit import Machine, Stale, System
from statekit.run import Driver, DriverError, performs
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from tests.run.line_and_notes import (
    LINE,
    LINK,
    Close,
    Connect,
    Dial,
    Frame,
    Hangup,
    L,
    Line,
    Lost,
    Noted,
    Opened,
    OpenFailed,
    Seen,
    Up,
    make,
    opens_and_stays,
    raises_at_once,
    returns,
    seen,
    state,
)
from tests.run.running import running

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


async def test_answers_arrive_under_their_ticket():
    async def streams(effect, reply):
        assert (reply.member, reply.ticket) == ("line", 2)
        reply(Opened())
        await anyio.sleep(1)
        reply(Frame("a"))
        reply(Frame("b"))
        reply(Lost())

    published = []
    async with running(make(streams, published=published.append)) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(1.5)
        assert seen(driver) == [Connect(), Opened(), Frame("a"), Frame("b"), Lost()]
        assert state(driver) is Line.RESTING
        assert published == [Up()]
        assert driver.counts == {"Taken": 5}


async def test_an_effect_is_cancelled_when_its_scope_ends_and_its_late_answer_is_stale():
    log = []

    async def dial(effect, reply):
        try:
            await anyio.sleep_forever()
        finally:
            log.append(state(driver))
            with reply.cleanup():
                await anyio.sleep(1)
                reply(Frame("late"))
                log.append("cleaned up")

    async with running(make(dial)) as driver:
        await driver.send(LINE, Connect())
        await driver.send(LINE, Close())
        await anyio.sleep(0.5)
        assert log == [Line.IDLE]
        await anyio.sleep(1)
        assert log == [Line.IDLE, "cleaned up"]
        assert seen(driver) == [Connect(), Close()]
        assert driver.counts == {"Taken": 2, "Stale": 1}


async def test_a_resource_that_opens_too_late_meets_the_orphan_effect_with_its_own_ticket():
    hung_up, tickets, records = [], [], []

    async def dial(effect, reply):
        tickets.append(reply.ticket)
        with anyio.CancelScope(shield=True):
            await anyio.sleep(12)
            reply(Opened())

    def hangup(effect, reply):
        hung_up.append((effect, reply.member, reply.ticket))

    async with running(make(dial, hangup=hangup, observe=records.append)) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(20)
    assert hung_up == [(Hangup(), "line", tickets[0])]
    assert [record.transaction.verdict for record in records if record.stimulus.event == Opened()] == [
        Stale(tickets[0])
    ]


async def test_a_plain_effect_of_an_answered_row_has_no_ticket():
    tickets = []
    async with running(make(opens_and_stays, greet=lambda _, reply: tickets.append(reply.ticket))) as driver:
        await driver.send(LINE, Connect())
        await anyio.wait_all_tasks_blocked()
    assert tickets == [None]


async def raises(effect, reply):
    await anyio.sleep(1)
    raise OSError("wss://host/?token=secret")


async def opens_and_returns(effect, reply):
    reply(Opened())


async def opens_and_raises(effect, reply):
    reply(Opened())
    reply(Frame("x"))
    raise OSError("wss://host/?token=secret")


async def strays(effect, reply):
    reply(Noted("never declared"))


async def is_cancelled_by_its_own_library(effect, reply):
    raise anyio.get_cancelled_exc_class()


@pytest.mark.parametrize(
    ("act", "answered"),
    [
        (raises, OpenFailed("Dial: OSError")),
        (returns, OpenFailed("Dial: NoOutcome")),
        (strays, OpenFailed("Dial: UndeclaredAnswer")),
        (raises_at_once, OpenFailed("Dial: LookupError")),
        (opens_and_returns, Lost()),
        (opens_and_raises, Lost()),
    ],
)
async def test_an_act_that_fails_or_falls_silent_is_answered_for(act, answered, caplog):
    async with running(make(act)) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(1.5)
        assert seen(driver)[-1] == answered
        assert state(driver) is Line.RESTING
    assert "secret" not in caplog.text


async def test_an_act_cancelled_by_its_own_library_is_answered_for(anyio_backend_name):
    if anyio_backend_name == "trio":
        pytest.skip("in trio nothing but a scope cancels")
    async with running(make(is_cancelled_by_its_own_library)) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(1)
        assert seen(driver)[-1] == OpenFailed("Dial: Cancelled")


async def test_an_error_after_the_final_answer_is_logged_by_its_class(caplog):
    async def act(effect, reply):
        reply(OpenFailed("shut"))
        raise OSError("secret")

    async with running(make(act)) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(1)
        assert seen(driver) == [Connect(), OpenFailed("shut")]
    assert [record.message for record in caplog.records] == ["Dial: its act raised OSError after the final answer"]


async def test_an_effect_whose_ticket_ended_before_its_task_began_is_not_performed():
    performed = []

    async def dial(effect, reply):
        performed.append(effect)

    driver = make(dial)
    driver.send(LINE, Connect())
    driver.send(LINE, Close())
    async with running(driver):
        await anyio.sleep(1)
    assert performed == []


async def test_an_act_that_was_cancelled_says_no_more_even_if_its_cleanup_fails():
    async def dial(effect, reply):
        try:
            await anyio.sleep_forever()
        finally:
            raise OSError

    async with running(make(dial)) as driver:
        await driver.send(LINE, Connect())
        await driver.send(LINE, Close())
        await anyio.sleep(1)
        assert driver.counts == {"Taken": 2}


def gives_no_outcome(failure):
    return Opened()


def falls_too(failure):
    raise LookupError("secret")


@pytest.mark.parametrize(
    ("answer", "did"), [(gives_no_outcome, "gave Opened, which does not end"), (falls_too, "raised LookupError")]
)
async def test_a_failed_function_that_gives_no_outcome_stops_the_driver(answer, did):
    machine = Machine(
        "line",
        initial=Line.IDLE,
        context=Seen(),
        states=LINE.states,
        groups=(LINK,),
        table=(L.row(Line.IDLE, Connect, Line.DIALING, Dial()), L.row(LINK, OpenFailed, Line.IDLE)),
        answering=(L.answering(Dial, OpenFailed, scope=LINK, failed=answer, opens=Opened),),
    )
    driver = Driver(System("one", members=(machine,)), [performs(Dial, raises)])
    driver.send(machine, Connect())
    with pytest.raises(DriverError, match=f"Dial failed with OSError, and its `failed` function {did}") as caught:
        await driver.run()
    assert (caught.value.effect, caught.value.error) == ("Dial", "OSError")
    assert "secret" not in str(caught.value)


async def test_an_answering_act_may_be_a_plain_function():
    def shut(effect, reply):
        reply(OpenFailed("shut"))

    async with running(make(shut)) as driver:
        await driver.send(LINE, Connect())
        await anyio.wait_all_tasks_blocked()
        assert seen(driver) == [Connect(), OpenFailed("shut")]
