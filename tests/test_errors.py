"""Every error of the core keeps its facts as attributes and says each of them in its sentence."""

import pytest

from statekit import errors
from statekit.errors import (
    ForeignSnapshot,
    Livelock,
    MalformedModel,
    MalformedSystem,
    MalformedTable,
    NotTabulable,
    Rejected,
    StatekitError,
    UnknownMember,
)

EXAMPLES = [
    MalformedTable("door", ["door.py:3: first", "door.py:4: second"]),
    MalformedSystem("house", ["house.py:3: first"]),
    Livelock("house", 64, ["door: Knock", "bell: Ring"]),
    Rejected("door", "SHUT", "Knock", "forbidden: nobody is in", ["Unlock", "Ring"]),
    UnknownMember("house", "window", ["door", "bell"]),
    UnknownMember("house", "room[07]", ["door", "room[number]"], "room[7]"),
    ForeignSnapshot("door", "Bell.QUIET", ["Door.SHUT", "Door.OPEN"]),
    NotTabulable("door", "there are too many points", ("SHUT", "Knock")),
    MalformedModel("door", "Knock has no samples: give some"),
]


def words(fact):
    return [each for part in fact for each in words(part)] if isinstance(fact, tuple) else [str(fact)]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_says_what_it_keeps(error):
    assert isinstance(error, StatekitError)
    facts = {name: fact for name, fact in vars(error).items() if name != "cell"}
    assert facts
    assert all(word in str(error) for fact in facts.values() for word in words(fact))


def test_there_is_an_example_of_every_error():
    known = {each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, StatekitError)}
    assert {type(each) for each in EXAMPLES} == known - {StatekitError}


def test_an_error_about_no_state_names_no_events():
    assert str(Rejected("door[1]", "", "Knock", "unhandled", ())) == "door[1]: Knock: unhandled"
    assert str(Rejected("door", "SHUT", "Knock", "unhandled", ())).endswith("events with a row here: none")


def test_an_unknown_member_is_a_key_error_that_reads_as_a_sentence():
    with pytest.raises(KeyError) as caught:
        raise UnknownMember("house", "window", ["door"])
    assert str(caught.value) == "house has no member 'window'; its members are door"


def test_the_cell_of_what_cannot_be_tabulated_is_kept_if_there_is_one():
    assert NotTabulable("door", "why", ("SHUT", "Knock")).cell == ("SHUT", "Knock")
    assert NotTabulable("door", "why").cell is None
