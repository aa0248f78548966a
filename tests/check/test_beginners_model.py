"""What keeps a beginner's machine from being explored is told at once, by the names of the classes concerned."""

from dataclasses import dataclass
from enum import StrEnum, auto

import pytest
from attrs import define, frozen

from statekit import Kind, Machine, Rows
from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.errors import MalformedModel


class State(StrEnum):
    HERE = auto()


@frozen
class Named:
    name: str


@frozen
class Numbered:
    number: int


@frozen
class Plain:
    pass


@define
class Mutable:
    count: int = 0
    name: str = ""


@dataclass
class MutableData:
    count: int = 0


@frozen
class Listing:
    names: list[str]


def machine(context, *events):
    rows = Rows[State, object, object]()
    return Machine(
        "small",
        initial=State.HERE,
        context=context,
        states=(rows.state(State.HERE, Kind.REST, "here"),),
        table=[rows.stay(State.HERE, event) for event in events],
    )


def problem_of(subject):
    with pytest.raises(MalformedModel) as caught:
        explore(Model(subject))
    return caught.value.problem


def test_every_event_without_samples_is_named_at_once():
    assert problem_of(machine(None, Named, Plain, Numbered)) == (
        "small answers Named, Numbered, which have no samples and cannot be made as Named(): give each a class "
        "method `samples` that returns a tuple of instances, or name them in Model(samples=...)"
    )


def test_one_event_without_samples_is_named_alone():
    assert problem_of(machine(None, Plain, Numbered)) == (
        "small answers Numbered, which has no samples and cannot be made as Numbered(): give it a class "
        "method `samples` that returns a tuple of instances, or name them in Model(samples=...)"
    )


@pytest.mark.parametrize("context", [Mutable(), MutableData(), {}], ids=lambda context: type(context).__name__)
def test_a_context_that_can_be_changed_in_place_is_named(context):
    assert problem_of(machine(context, Plain)) == (
        f"{type(context).__name__} cannot be hashed, since it can be changed in place: make it a frozen value, such as "
        f"a class under attrs.frozen"
    )


def test_a_field_that_can_be_changed_in_place_is_named():
    assert problem_of(machine(Listing([]), Plain)) == (
        "Listing.names cannot be hashed, so its snapshots cannot be told apart: make it a frozen value, a tuple or a "
        "frozenset"
    )
