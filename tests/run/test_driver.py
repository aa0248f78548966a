"""A driver is built of what fits, and tells what it waits for and what it did, in virtual time on both backends."""

import anyio
import pytest

from statekit import Taken, UnknownMember
from statekit.run import Driver, MalformedDriver, Policy, performs
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from tests.run.line_and_notes import (
    BOTH,
    LINE,
    NOTES,
    Connect,
    Dial,
    Greet,
    Line,
    Lost,
    Opened,
    Seen,
    Up,
    make,
    nothing,
    opens_and_stays,
    returns,
    seen,
    state,
)
from tests.run.running import running

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


async def test_members_are_named_by_definition_or_by_name():
    async with running(make()) as driver:
        assert isinstance(await driver.send("line", Connect()), Taken)
        with pytest.raises(UnknownMember, match="'nobody'"):
            driver.send("nobody", Connect())


async def test_a_driver_is_not_built_unless_performers_and_effects_match():
    acts = (performs(Dial, returns), performs(Greet, returns), performs(Lost, nothing), performs(Up, nothing))
    with pytest.raises(MalformedDriver) as caught:
        Driver(BOTH, (*acts, performs(Dial, returns)))
    assert sorted(fault.split(";")[0] for fault in caught.value.faults) == [
        "Dial has 2 performers",
        "Up is a signal, which the wiring delivers",
        "a performer waits for Lost, which no member orders",
        "line orders Hangup, and nobody performs it: add performs(Hangup, ...)",
        "the act of Greet is async",
    ]


async def test_contexts_replace_those_of_the_machines():
    driver = make(contexts={"notes": Seen(("given",))})
    assert seen(driver, NOTES) == ["given"]
    with pytest.raises(UnknownMember):
        make(contexts={"nobody": Seen()})


@pytest.mark.parametrize("hook", ["observe", "published"])
async def test_what_the_application_raises_leaves_as_itself(hook):
    def hear(news):
        raise KeyError("mine")

    driver = make(opens_and_stays, **{hook: hear})
    receipt = driver.send(LINE, Connect())
    with pytest.raises(KeyError, match="mine"):
        await driver.run()
    assert isinstance(await receipt, Taken)


@pytest.mark.parametrize("hook", ["observe", "published"])
async def test_under_report_what_the_application_raises_is_logged_by_its_class(hook, caplog):
    def hear(news):
        raise KeyError("secret")

    async with running(make(opens_and_stays, policy=Policy.REPORT, **{hook: hear})) as driver:
        await driver.send(LINE, Connect())
        await anyio.wait_all_tasks_blocked()
        assert state(driver) is Line.LINKED
    assert set(caplog.messages) <= {"both: telling of Record raised KeyError", "both: telling of Up raised KeyError"}
    assert caplog.messages


async def test_explain_tells_what_is_awaited_and_until_when():
    async with running(make()) as driver:
        assert [str(line) for line in driver.explain()] == ["line is IDLE, awaits the application"]
        await driver.send(LINE, Connect())
        await anyio.sleep(4)
        await driver.send(NOTES, Connect())
        lines = [(line.member, line.state, line.what, line.due_in_seconds, line.waits_for) for line in driver.explain()]
        assert lines == [
            ("line", "DIALING", "after 10 s", 6.0, ""),
            ("line", "DIALING", "Dial", None, ""),
            ("notes", "OPEN", "a", 5.0, ""),
            ("notes", "OPEN", "b", 5.0, ""),
            ("notes", "OPEN", "c", 3.0, ""),
        ]
        assert str(driver.explain()[0]) == "line is DIALING, awaits after 10 s in 6 s"


async def test_a_record_is_told_after_the_commit_and_before_the_orders():
    log = []

    def observe(record):
        log.append((record.member, record.stimulus.event, record.transaction.snapshot is driver.snapshot))

    driver = make(opens_and_stays, greet=lambda effect, _: log.append(effect), observe=observe)
    async with running(driver):
        await driver.send(LINE, Connect())
        await anyio.wait_all_tasks_blocked()
    assert log == [("line", Connect(), True), ("line", Opened(), True), Greet()]
