"""What a beginner hands to what runs a machine, and how it is told so; and how a machine shows itself to him."""

from enum import StrEnum, auto

import anyio
import pytest
from attrs import frozen

from statekit import Kind, Machine, Rejected, Rows, Runner, System
from statekit.run import Driver, MalformedDriver, performs


class State(StrEnum):
    SHUT = auto()
    OPEN = auto()


SHUT, OPEN = State


@frozen
class Knock:
    pass


@frozen
class Ring:
    pass


rows = Rows[State, None, Ring]()
DOOR = Machine(
    "door",
    initial=SHUT,
    context=None,
    states=(rows.state(SHUT, Kind.REST, "shut"), rows.state(OPEN, Kind.STEADY, "open")),
    table=(rows.row(SHUT, Knock, OPEN, Ring()),),
)
HOUSE = System("house", (DOOR,))


def ring(effect, reply):
    raise AssertionError(effect)


MOVES = [performs(Ring, ring)]


# ------------------------------------------------------------------------------------------------------ what is sent
def test_a_class_sent_for_an_event_is_named_as_one():
    with pytest.raises(Rejected) as caught:
        Runner(DOOR).send(Knock)
    assert caught.value.event == "the class Knock"
    assert str(caught.value).startswith("door: the class Knock in SHUT: unhandled")


async def test_a_class_sent_to_a_driver_is_named_as_one():
    driver = Driver(HOUSE, MOVES)
    async with anyio.create_task_group() as tasks:
        await tasks.start(driver.run)
        with pytest.raises(Rejected, match=r"^door: the class Knock in SHUT: unhandled"):
            await driver.send(DOOR, Knock)
        driver.stop()


# ----------------------------------------------------------------------------------------------------------- what runs
def test_a_driver_of_a_machine_alone_says_how_to_make_a_system_of_it():
    with pytest.raises(TypeError) as caught:
        Driver(DOOR, MOVES)
    assert str(caught.value) == "a Driver runs a System, not a Machine: write System('house', (MACHINE,))"


def test_a_runner_of_a_system_says_who_runs_one():
    with pytest.raises(TypeError) as caught:
        Runner(HOUSE)
    assert str(caught.value) == "a Runner runs one Machine, not a System: a System is run by a Driver, or System.step"


# fmt: off
PERFORMERS = [
    (MOVES[0], "performers is a Performer, and no list of them: write [performs(...)]"),
    (None, "performers is None, and no list of them: write [performs(...)]"),
    ([ring], f"performers[0] is {ring!r}; one is made by performs(...)"),
    ([performs(Ring(), ring)], "performers[0] names Ring(): write the effect's class, Ring"),
    ([performs(Ring, None)], "performers[0] has no function that performs Ring, but None"),
]
# fmt: on


@pytest.mark.parametrize(("performers", "sentence"), PERFORMERS, ids=[sentence for _, sentence in PERFORMERS])
def test_performers_that_are_none_are_named(performers, sentence):
    with pytest.raises(MalformedDriver) as caught:
        Driver(HOUSE, performers)
    assert caught.value.faults == (sentence,)


# ----------------------------------------------------------------------------------------------- what a person is shown
def test_what_runs_shows_in_a_line_what_it_runs_and_where_it_is():
    runner = Runner(DOOR)
    runner.send(Knock())
    assert repr(DOOR) == "<Machine door: 2 states, 1 row>"
    assert repr(HOUSE) == "<System house: door>"
    assert repr(runner) == "<Runner of door: OPEN>"
    assert repr(Driver(HOUSE, MOVES)) == "<Driver of house: door SHUT>"
