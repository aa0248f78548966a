"""One line to a server (it dials, streams, backs off) and a keeper of notes, run in virtual time on both backends."""

import logging
from contextlib import asynccontextmanager
from enum import StrEnum

import anyio
import anyio.lowlevel
import pytest
from attrs import evolve, frozen

from statekit import (
    Jitter,
    Kind,
    Livelock,
    Machine,
    Rejected,
    Rows,
    Signal,
    Stale,
    System,
    Taken,
    UnknownMember,
    after,
    arm,
    publish,
    timer,
    wire,
)
from statekit.run import (
    Driver,
    DriverError,
    LoopClock,
    MalformedDriver,
    Policy,
    Stopped,
    performs,
)
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.timers import ClockJumped, Fired
from statekit.verdicts import Broken, Forbidden, Ignored, Refused, Unhandled

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


class Event:
    def __repr__(self):
        return type(self).__name__

    def __eq__(self, other):
        return type(self) is type(other)

    def __hash__(self):
        return hash(type(self))


class Connect(Event): ...


class Close(Event): ...


class Opened(Event): ...


class Lost(Event): ...


class Nudge(Event): ...


class Upset(Event): ...


class Trip(Event): ...


class Retire(Event): ...


class Doubt(Event): ...


@frozen
class OpenFailed:
    why: str


@frozen
class Frame:
    text: str


@frozen
class Noted:
    what: str


class Dial(Event): ...


class Hangup(Event): ...


class Greet(Event): ...


class Up(Signal, Event):
    __slots__ = ()


class Told(Signal, Event):
    __slots__ = ()


class Broke(Signal, Event):
    __slots__ = ()


class Odd(Signal, Event):
    __slots__ = ()


class Line(StrEnum):
    IDLE = "idle"
    DIALING = "dialing"
    LINKED = "linked"
    RESTING = "resting"
    OVER = "over"


@frozen
class Seen:
    items: tuple[object, ...] = ()


def failed(failure):
    return OpenFailed(f"{failure.effect}: {failure.error}")


def cut_off(failure):
    return Lost()


def note(seen: Seen, event: object) -> Seen:
    return evolve(seen, items=(*seen.items, event))


def never(seen: Seen) -> bool:
    return False


def falls(seen: Seen, event: object) -> Seen:
    raise ZeroDivisionError("the text")


def rest_seconds(seen: Seen) -> Jitter:
    return Jitter(2.0, 6.0)


L = Rows[Line, Seen, object]()
LINK = L.group("link", Line.DIALING, Line.LINKED)
LINE = Machine(
    "line",
    initial=Line.IDLE,
    context=Seen(),
    states=(
        L.state(Line.IDLE, Kind.REST, "nothing is wanted", waits_for="the application"),
        L.state(Line.DIALING, Kind.BUSY, "a socket was asked for"),
        L.state(Line.LINKED, Kind.STEADY, "frames come"),
        L.state(Line.RESTING, Kind.WAITING, "it failed and will try again"),
        L.state(Line.OVER, Kind.ENDED, "for good"),
    ),
    groups=(LINK,),
    table=(
        L.row(Line.IDLE, Connect, Line.DIALING, Dial(), update=note),
        L.row(Line.DIALING, Opened, Line.LINKED, Greet(), Up(), update=note),
        L.row(Line.DIALING, after(10.0), Line.RESTING, update=note),
        L.row(LINK, OpenFailed, Line.RESTING, update=note),
        L.row(LINK, Close, Line.IDLE, update=note),
        L.stay(Line.LINKED, Frame, update=note),
        L.row(Line.LINKED, Lost, Line.RESTING, update=note),
        L.row(Line.RESTING, after(rest_seconds), Line.IDLE, update=note),
        L.row(Line.RESTING, Connect, Line.DIALING, Dial()),
        L.row(Line.RESTING, Close, Line.IDLE, guard=never),
        L.stay(Line.IDLE, Nudge, Told(), update=note),
        L.stay(Line.IDLE, Trip, Broke()),
        L.stay(Line.IDLE, Doubt, Odd()),
        L.stay(Line.IDLE, ClockJumped, update=note),
        L.row(Line.IDLE, Retire, Line.OVER),
        L.forbid(Line.IDLE, Upset, because="nothing may be upset"),
        L.ignore(Line.IDLE, Close, because="it is closed"),
    ),
    answering=(
        L.answering(
            Dial,
            OpenFailed,
            scope=LINK,
            failed=failed,
            opens=Opened,
            streams=(Frame,),
            ends=(Lost,),
            orphan=Hangup(),
            lost=cut_off,
        ),
    ),
)


class Note(StrEnum):
    OPEN = "open"


N = Rows[Note, Seen, object]()
FIRST, SECOND, THIRD = (timer(name, at, scope=Note.OPEN) for name, at in (("a", 5.0), ("b", 5.0), ("c", 3.0)))
NOTES = Machine(
    "notes",
    initial=Note.OPEN,
    context=Seen(),
    states=(N.state(Note.OPEN, Kind.STEADY, "it takes notes"),),
    table=(
        N.stay(Note.OPEN, Noted, update=note),
        N.stay(Note.OPEN, Connect, arm(FIRST), arm(SECOND), arm(THIRD)),
        N.stay(Note.OPEN, FIRST, update=note),
        N.stay(Note.OPEN, SECOND, update=note),
        N.stay(Note.OPEN, THIRD, update=note),
        N.stay(Note.OPEN, Trip, update=falls),
        N.forbid(Note.OPEN, Upset, because="notes are calm"),
        N.ignore(Note.OPEN, Lost, because="notes lose nothing"),
    ),
)


def note_told(signal: Told) -> Noted:
    return Noted("told")


def trip(signal: Broke) -> Trip:
    return Trip()


def upset(signal: Odd) -> Upset:
    return Upset()


WIRING = (
    wire(LINE, Told, NOTES, note_told),
    wire(LINE, Broke, NOTES, trip),
    wire(LINE, Odd, NOTES, upset),
    publish(LINE, Up),
)
BOTH = System("both", members=(LINE, NOTES), wiring=WIRING)


async def opens_and_stays(effect, reply):
    reply(Opened())
    await anyio.sleep_forever()


async def never_opens(effect, reply):
    await anyio.sleep_forever()


def nothing(effect, reply):
    pass


def make(dial=never_opens, *, hangup=nothing, greet=nothing, **more):
    return Driver(BOTH, (performs(Dial, dial), performs(Hangup, hangup), performs(Greet, greet)), **more)


@asynccontextmanager
async def running(driver):
    async with anyio.create_task_group() as tasks:
        await tasks.start(driver.run)
        yield driver
        driver.stop()


def state(driver):
    return driver.snapshot.of(LINE).state


def seen(driver, machine=LINE):
    return list(driver.snapshot.of(machine).context.items)


# -- sending and receipts ---------------------------------------------------------------------------------------------


async def test_send_never_runs_a_step_in_the_caller():
    async with running(make()) as driver:
        receipt = driver.send(LINE, Connect())
        assert state(driver) is Line.IDLE
        assert receipt.verdict_now is None
        verdict = await receipt
        assert isinstance(verdict, Taken)
        assert receipt.verdict_now is verdict
        assert state(driver) is Line.DIALING
        assert await receipt is verdict


async def test_members_are_named_by_definition_or_by_name():
    async with running(make()) as driver:
        assert isinstance(await driver.send("line", Connect()), Taken)
        with pytest.raises(UnknownMember, match="'nobody'"):
            driver.send("nobody", Connect())


async def test_a_receipt_is_kept_once_the_step_has_committed_and_before_its_orders():
    receipts = []

    async def dial(effect, reply):
        receipts.append(receipts[0].verdict_now)

    async with running(make(dial)) as driver:
        receipts.append(driver.send(LINE, Connect()))
        await anyio.wait_all_tasks_blocked()
    assert isinstance(receipts[1], Taken)


async def test_what_is_sent_before_the_run_arrives_when_it_begins():
    records = []
    driver = make(observe=records.append)
    receipt = driver.send(LINE, Nudge())
    await anyio.sleep(4)
    assert receipt.verdict_now is None
    async with running(driver):
        await receipt
    assert [record.stimulus.at_seconds for record in records] == [4.0]


async def test_a_cancelled_waiter_drops_its_own_wait_and_nothing_else():
    driver, verdicts = make(), []
    receipt = driver.send(LINE, Connect())

    async def wait():
        verdicts.append(await receipt)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        with anyio.move_on_after(1) as scope:
            await receipt
        assert scope.cancelled_caught
        async with running(driver):
            await receipt
    assert verdicts == [receipt.verdict_now]
    assert isinstance(receipt.verdict_now, Taken)


async def test_events_are_answered_in_the_order_of_their_sending():
    async with running(make()) as driver:
        for number in range(600):
            driver.send(NOTES, Noted(str(number)))
        await driver.send(NOTES, Noted("last"))
        assert [each.what for each in seen(driver, NOTES)] == [*map(str, range(600)), "last"]


async def test_sends_from_performers_and_observers_come_after_the_step_that_led_to_them():
    records = []

    def observe(record):
        if isinstance(record.stimulus.event, Opened):
            driver.send(NOTES, Noted("by the observer"))
        records.append((type(record.stimulus.event).__name__, len(seen(driver, NOTES))))

    def greet(effect, reply):
        driver.send(NOTES, Noted("by the performer"))
        reply(Close())
        records.append(("greeted", len(seen(driver, NOTES))))

    driver = make(opens_and_stays, greet=greet, observe=observe)
    async with running(driver):
        await driver.send(LINE, Connect())
        await anyio.wait_all_tasks_blocked()
    assert records == [("Connect", 0), ("Opened", 0), ("greeted", 0), ("Noted", 1), ("Noted", 2), ("Close", 2)]
    assert [each.what for each in seen(driver, NOTES)] == ["by the observer", "by the performer"]
    assert state(driver) is Line.IDLE


# -- timers -----------------------------------------------------------------------------------------------------------


async def test_timers_come_by_deadline_and_then_by_arming():
    async with running(make()) as driver:
        await driver.send(NOTES, Connect())
        await anyio.sleep(6)
        assert seen(driver, NOTES) == [Fired("c", None, 3.0), Fired("a", None, 5.0), Fired("b", None, 5.0)]


async def test_a_due_timer_comes_before_an_event_of_the_same_moment_and_after_an_earlier_one():
    async with running(make()) as driver:
        await driver.send(NOTES, Connect())
        await anyio.sleep(2)
        driver.send(NOTES, Noted("early"))
        await anyio.sleep(1)
        driver.send(NOTES, Noted("same"))
        await driver.send(NOTES, Noted("later"))
        assert [getattr(e, "name", None) or e.what for e in seen(driver, NOTES)] == ["early", "c", "same", "later"]


def whose(seen: Seen, event: Noted) -> str:
    return event.what


async def test_each_key_has_a_timer_of_its_own_that_fires_with_it():
    settle = timer("settle", 5.0, scope=Note.OPEN, key=whose)
    table = (N.stay(Note.OPEN, Noted, arm(settle)), N.stay(Note.OPEN, settle, update=note))
    machine = Machine("keyed", initial=Note.OPEN, context=Seen(), states=NOTES.states, table=table)
    async with running(Driver(System("alone", members=(machine,)), ())) as driver:
        for what, seconds in (("a", 3), ("b", 1), ("a", 6)):
            await driver.send(machine, Noted(what))
            await anyio.sleep(seconds)
        assert seen(driver, machine) == [Fired("settle", "b", 5.0), Fired("settle", "a", 5.0)]


class ByHand(LoopClock):
    """A clock that can also be pushed, as by a loop that was blocked."""

    pushed = 0.0

    def now(self):
        return super().now() + self.pushed

    def until(self, at_seconds, *, shield=False):
        return super().until(at_seconds - self.pushed, shield=shield)


async def test_a_late_timer_says_how_late_and_still_precedes_what_came_after_it():
    clock, records = ByHand(), []
    async with running(make(clock=clock, observe=records.append)) as driver:
        await driver.send(NOTES, Connect())
        clock.pushed = 2.5
        driver.send(NOTES, Noted("before"))
        clock.pushed = 4.0
        driver.send(NOTES, Noted("after"))
        clock.pushed = 4.5
        await anyio.wait_all_tasks_blocked()
        assert seen(driver, NOTES) == [Noted("before"), Fired("c", None, 3.0, 1.5), Noted("after")]
    assert [record.stimulus.at_seconds for record in records] == [0.0, 2.5, 3.0, 4.0]
    assert [record.at_seconds for record in records] == [0.0, 4.5, 4.5, 4.5]


@pytest.mark.parametrize(("drawn", "delay_seconds"), [(0.0, 2.0), (0.25, 3.0), (1.0, 6.0)])
async def test_jitter_is_drawn_by_chance_and_the_timer_says_what_was_drawn(drawn, delay_seconds):
    async def refused(effect, reply):
        reply(OpenFailed("shut"))

    async with running(make(refused, chance=lambda: drawn)) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(delay_seconds - 0.5)
        assert state(driver) is Line.RESTING
        await anyio.sleep(1)
        assert state(driver) is Line.IDLE
        assert seen(driver)[-1].delay_seconds == delay_seconds
        assert seen(driver)[-1].late_by_seconds == 0.0


async def test_a_timer_whose_stay_is_over_does_not_come():
    records = []
    async with running(make(observe=records.append)) as driver:
        await driver.send(LINE, Connect())
        await driver.send(LINE, Close())
        await anyio.sleep(100)
    assert [type(record.stimulus.event) for record in records] == [Connect, Close]


@pytest.mark.parametrize("scale", [0.05, 1 / 3, 7.0])
async def test_a_scaled_clock_makes_everything_faster_by_one_factor(scale):
    async with running(make(clock=LoopClock(scale))) as driver:
        await driver.send(LINE, Connect())
        due = driver.explain()[0].due_in_seconds
        assert due == pytest.approx(10.0)
        await anyio.sleep(9.99 * scale)
        assert state(driver) is Line.DIALING
        await anyio.sleep(0.02 * scale)
        assert state(driver) is Line.RESTING
        assert seen(driver)[-1].delay_seconds == 10.0


async def test_a_gap_is_told_before_anything_else_to_those_who_answer_it():
    away, records = [0.0], []
    clock = ByHand(suspended=lambda: away[0])
    async with running(make(clock=clock, observe=records.append)) as driver:
        await driver.send(NOTES, Connect())
        away[0] += 30.0
        await driver.send(NOTES, Noted("a short one"))
        away[0] += 31.0
        clock.pushed = 3.5
        await driver.send(NOTES, Noted("a long one"))
        await anyio.sleep(10)
    events = [(record.member, record.stimulus.event) for record in records]
    assert events[:5] == [
        ("notes", Connect()),
        ("notes", Noted("a short one")),
        ("line", ClockJumped(31.0)),
        ("notes", Fired("c", None, 3.0, 0.5)),
        ("notes", Noted("a long one")),
    ]
    assert [type(event) for _, event in events[5:]] == [Fired, Fired]


async def test_the_stamps_never_go_back_even_where_a_gap_is_told_first():
    away, records = [0.0], []
    clock = ByHand(suspended=lambda: away[0])
    async with running(make(clock=clock, observe=records.append)) as driver:
        await driver.send(NOTES, Connect())
        sent = driver.send(NOTES, Noted("before it was known"))
        away[0], clock.pushed = 31.0, 10.0
        await sent
    assert ClockJumped(31.0) in [record.stimulus.event for record in records]
    stamps = [record.stimulus.at_seconds for record in records]
    assert stamps == sorted(stamps)


async def test_a_gap_before_the_run_concerns_nobody():
    away = [0.0]
    driver = make(clock=LoopClock(suspended=lambda: away[0]))
    away[0] += 3600.0
    async with running(driver):
        await driver.send(NOTES, Noted("x"))
        assert seen(driver) == []


# -- effects that answer ----------------------------------------------------------------------------------------------


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


async def returns(effect, reply):
    await anyio.sleep(1)


async def opens_and_returns(effect, reply):
    reply(Opened())


async def opens_and_raises(effect, reply):
    reply(Opened())
    reply(Frame("x"))
    raise OSError("wss://host/?token=secret")


async def strays(effect, reply):
    reply(Noted("never declared"))


def raises_at_once(effect, reply):
    raise LookupError


async def is_cancelled_by_its_own_library(effect, reply):
    raise anyio.get_cancelled_exc_class()


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (raises, "OSError"),
        (returns, "NoOutcome"),
        (strays, "UndeclaredAnswer"),
        (raises_at_once, "LookupError"),
    ],
)
async def test_an_act_that_fails_or_falls_silent_is_answered_for(act, error, caplog):
    async with running(make(act)) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(1.5)
        assert seen(driver)[-1] == OpenFailed(f"Dial: {error}")
        assert state(driver) is Line.RESTING
    assert "secret" not in caplog.text


@pytest.mark.parametrize("act", [opens_and_returns, opens_and_raises])
async def test_an_act_that_fails_once_its_stream_is_open_is_answered_for_by_the_loss(act, caplog):
    async with running(make(act)) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(1)
        assert seen(driver)[-1] == Lost()
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


# -- plain effects ----------------------------------------------------------------------------------------------------


async def test_a_plain_act_that_raises_stops_the_driver_and_tells_no_secret(caplog):
    def greet(effect, reply):
        raise ValueError("token=secret")

    driver = make(opens_and_stays, greet=greet)
    driver.send(LINE, Connect())
    with pytest.raises(DriverError, match=r"performing Greet raised ValueError at run/test_driver\.py:\d+") as caught:
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


async def test_contexts_replace_those_of_the_machines():
    driver = make(contexts={"notes": Seen(("given",))})
    assert seen(driver, NOTES) == ["given"]
    with pytest.raises(UnknownMember):
        make(contexts={"nobody": Seen()})


# -- policy -----------------------------------------------------------------------------------------------------------

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


async def test_who_keeps_a_receipt_may_wait_for_it_late():
    async with running(make()) as driver:
        receipt = driver.send(LINE, Upset())
        await anyio.sleep(5)
        with pytest.raises(Rejected):
            await receipt


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


# -- stopping ---------------------------------------------------------------------------------------------------------


async def test_receipts_that_are_pending_at_the_stop_fail():
    async with running(make()) as driver:
        pending = driver.send(LINE, Connect())
        driver.stop()
        late = driver.send(LINE, Connect())
        for receipt in (pending, late):
            with pytest.raises(Stopped) as caught:
                await receipt
            assert (caught.value.system, caught.value.member, caught.value.event) == ("both", "line", "Connect")
            assert receipt.verdict_now is None
    assert state(driver) is Line.IDLE


def cleans_up_for(seconds, log):
    async def act(effect, reply):
        reply(Opened())
        try:
            await anyio.sleep_forever()
        finally:
            with reply.cleanup():
                await anyio.sleep(seconds)
                log.append("clean")
            log.append("end")

    return act


@pytest.mark.parametrize(("seconds", "expected"), [(2.0, ["clean", "end"]), (9.0, ["end"])])
@pytest.mark.parametrize("how", ["stop", "cancel"])
async def test_a_stop_lets_tasks_clean_up_within_close_seconds(how, seconds, expected):
    log, ended = [], []
    driver = make(cleans_up_for(seconds, log), close_seconds=3.0)

    async def run(*, task_status):
        with anyio.CancelScope() as scope:
            task_status.started(scope)
            await driver.run()
        ended.append(anyio.current_time())

    async with anyio.create_task_group() as tasks:
        scope = await tasks.start(run)
        await driver.send(LINE, Connect())
        await anyio.sleep(1)
        driver.stop() if how == "stop" else scope.cancel()
        late = driver.send(LINE, Close())
    assert log == expected
    assert ended == [1 + min(seconds, 3.0)]
    # A cancellation may reach the driver after the event: then it was answered. Either way its sender is told.
    answered = late.verdict_now is not None
    assert not (answered and how == "stop")
    if not answered:
        with pytest.raises(Stopped):
            await late


async def test_who_holds_up_the_end_is_named(caplog):
    async def stubborn(effect, reply):
        with anyio.CancelScope(shield=True):
            await anyio.sleep(20)

    async with running(make(stubborn, close_seconds=3.0)) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(1)
    assert anyio.current_time() == 20.0
    assert caplog.messages == ["still cleaning up after 3 s, and not to be interrupted: Dial"]


async def test_a_resource_that_opens_while_the_driver_stops_meets_its_orphan_effect():
    hung_up = []

    async def dial(effect, reply):
        with anyio.CancelScope(shield=True):
            await anyio.sleep(2)
        reply(Opened())

    async with running(make(dial, hangup=lambda _, reply: hung_up.append(reply.ticket))) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(1)
    assert hung_up == [2]
    assert state(driver) is Line.DIALING


async def test_a_resource_that_opened_and_was_not_yet_told_of_meets_its_orphan_effect_too():
    hung_up = []

    async def dial(effect, reply):
        reply(Opened())
        driver.stop()

    driver = make(dial, hangup=lambda _, reply: hung_up.append(reply.ticket))
    driver.send(LINE, Connect())
    await driver.run()
    assert hung_up == [2]


async def test_an_orphan_effect_that_fails_at_the_end_is_an_error_of_the_run():
    async def dial(effect, reply):
        reply(Opened())
        driver.stop()

    driver = make(dial, hangup=raises_at_once)
    driver.send(LINE, Connect())
    with pytest.raises(DriverError, match="performing Hangup raised LookupError"):
        await driver.run()


async def test_the_first_error_leaves_the_run_and_a_later_one_is_logged(caplog):
    async def dial(effect, reply):
        driver.send(LINE, Noted("?"))
        reply(Opened())

    driver = make(dial, hangup=raises_at_once)
    driver.send(LINE, Connect())
    with pytest.raises(Rejected, match="line: Noted in DIALING: unhandled"):
        await driver.run()
    assert caplog.messages == ["both: also failed with DriverError"]


async def test_an_endless_chain_of_signals_leaves_the_run_and_fails_its_receipt():
    def again(signal: Told) -> Nudge:
        return Nudge()

    machine = Machine(
        "line",
        initial=Line.IDLE,
        context=Seen(),
        states=LINE.states,
        table=(L.stay(Line.IDLE, Nudge, Told()),),
    )
    driver = Driver(System("loop", members=(machine,), wiring=[wire(machine, Told, machine, again)]), ())
    receipt = driver.send(machine, Nudge())
    with pytest.raises(Livelock):
        await driver.run()
    with pytest.raises(Stopped):
        await receipt


async def test_a_stop_before_the_run_ends_it_at_once_and_it_runs_only_once():
    driver = make()
    receipt = driver.send(LINE, Connect())
    driver.stop()
    await driver.run()
    with pytest.raises(Stopped):
        await receipt
    with pytest.raises(DriverError, match="has run"):
        await driver.run()


@pytest.mark.parametrize("where", ["observe", "published", "greet"])
async def test_a_stop_from_inside_a_step_lets_the_step_finish(where):
    def stop(*_):
        driver.stop()

    greeted = []

    def greet(effect, reply):
        greeted.append(effect)
        if where == "greet":
            driver.stop()

    def observe(record):
        if isinstance(record.stimulus.event, Opened):
            driver.stop()

    hooks = {"observe": {"observe": observe}, "published": {"published": stop}, "greet": {}}[where]
    driver = make(opens_and_stays, greet=greet, **hooks)
    driver.send(LINE, Connect())
    await driver.run()
    assert greeted == [Greet()]
    assert state(driver) is Line.LINKED


async def test_a_failure_while_the_run_is_being_cancelled_is_logged(caplog):
    async def opens_late(effect, reply):
        try:
            await anyio.sleep_forever()
        finally:
            reply(Opened())

    def breaks(effect, reply):
        raise OSError("secret")

    driver = make(opens_late, hangup=breaks)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run)
        await driver.send(LINE, Connect())
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert [record.getMessage() for record in caplog.records] == [
        "both: failed with DriverError while it was being cancelled"
    ]


async def cancelled_after(turns):
    """Cancel `run` after so many turns of the loop; return the records, what the act did, and the receipts."""
    log, records = [], []

    async def dial(effect, reply):
        try:
            await anyio.lowlevel.checkpoint()
            reply(Opened())
            log.append("opened")
            for _ in range(6):
                await anyio.lowlevel.checkpoint()
                reply(Frame("x"))
            await anyio.sleep_forever()
        finally:
            with reply.cleanup():
                await anyio.sleep(1)
            log.append("clean")

    driver = make(dial, hangup=lambda *_: log.append("hung up"), observe=records.append)
    scope, receipts = anyio.CancelScope(), []

    async def run():
        with scope:
            await driver.run()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        for turn in range(turns):
            if turn == 1:
                receipts.append(driver.send(LINE, Connect()))
            receipts.append(driver.send(NOTES, Noted("x")))
            await anyio.lowlevel.checkpoint()
        scope.cancel()
    assert driver.explain()[0].due_in_seconds is None
    return records, log, receipts


async def test_a_cancel_at_every_turn_of_the_loop_is_an_orderly_stop():
    ends = set()
    for turns in range(30):
        records, log, receipts = await cancelled_after(turns)
        events = [record.stimulus.event for record in records if record.member == "line"]
        assert events == [Connect(), Opened(), *[Frame("x")] * 6][: len(events)]
        assert log in ([], ["clean"], ["opened", "clean"], ["opened", "hung up", "clean"])
        assert ("opened" in log) == (Opened() in events or "hung up" in log)
        answered = [receipt.verdict_now is not None for receipt in receipts]
        assert answered == sorted(answered, reverse=True)
        for receipt, told in zip(receipts, answered, strict=True):
            if not told:
                with pytest.raises(Stopped):
                    await receipt
        ends.add((len(events), *log))
    assert len(ends) >= 6


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
async def test_an_interrupt_in_an_act_leaves_as_itself(error):
    async def act(effect, reply):
        raise error

    driver = make(act)
    driver.send(LINE, Connect())
    with pytest.raises(error):
        await driver.run()


# -- looking ----------------------------------------------------------------------------------------------------------


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
