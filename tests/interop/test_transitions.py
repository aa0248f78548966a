"""A table as a machine of the `transitions` package: what code written against that package sees of it."""

import pytest
import transitions

from machines.policy.router import ROUTER
from machines.wire.messages import Ping, Pong
from statekit import EVERY, Rejected
from statekit.interop.transitions import EventForbidden, Model, to_machine
from tests.interop.door import (
    AJAR,
    GONE,
    PASSABLE,
    SHUT,
    WIDE_OPEN,
    Burn,
    Context,
    Knock,
    PullHard,
    Push,
    State,
    Tell,
    door,
    rows,
    tell_force,
)


def gentle(context: Context, event: Push) -> bool:
    return event.force < 9


def strong(context: Context) -> bool:
    return context.force > 2


def add_force(context: Context, event: Push) -> Context:
    return Context(context.force + event.force)


def tell_inverse(context: Context) -> Tell:
    return Tell(f"{1 // context.force}")


HOW_FAR = rows.choice("how far", rows.to(WIDE_OPEN, Tell("bang"), guard=strong), rows.to(AJAR))


DOOR = door(
    rows.row(SHUT, Push, HOW_FAR, Tell("row"), guard=gentle, update=add_force),
    rows.stay(PASSABLE, Push, tell_force, update=add_force),
    rows.row(PASSABLE, PullHard, SHUT),
    rows.reenter(AJAR, Knock),
    rows.forbid(PASSABLE, Knock, because="it is open"),
    rows.ignore(SHUT, PullHard, because="it is shut"),
    rows.row(SHUT, Knock, AJAR, tell_inverse),
    rows.row(EVERY, Burn, GONE),
)


@pytest.fixture(params=[False, True], ids=["flat", "nested"])
def model(request):
    driven = Model()
    to_machine(DOOR, driven, nested=request.param)
    return driven


def told(model):
    """Take what the model was told out of its outbox."""
    texts = [effect.text for effect in model.outbox]
    model.outbox.clear()
    return texts


def test_the_initial_state_was_entered(model):
    assert (model.state, model.context, told(model)) == (SHUT, Context(), ["click"])
    assert isinstance(model.state, State)


def test_a_move_orders_exit_row_branch_and_entry_in_that_order(model):
    told(model)
    assert model.push() is True
    assert (model.state, told(model)) == (AJAR, ["clack", "row", "passable", "force 1"])
    model.pull_hard()
    assert told(model) == ["not passable", "click"]
    model.push(force=2)
    assert (model.state, told(model)) == (WIDE_OPEN, ["clack", "row", "bang", "passable"])


def test_a_choice_reads_the_context_that_the_update_made(model):
    model.push(Push(force=3))
    assert (model.state, model.context) == (WIDE_OPEN, Context(3))


def test_a_trigger_takes_its_event_or_the_fields_of_one(model):
    for call in (
        lambda: model.push(Push(force=0)),
        lambda: model.push(force=0),
        lambda: model.trigger("push", Push(force=0)),
        lambda: model.trigger("Push", force=0),
    ):
        assert call() is True
        assert model.state is AJAR
        model.trigger("PullHard")


@pytest.mark.parametrize("wrong", [Knock(), 3, Push])
def test_a_trigger_refuses_what_is_no_event_of_its_class(model, wrong):
    with pytest.raises(TypeError, match=r"push takes one Push, or the fields of one by name; not"):
        model.push(wrong)
    assert model.state is SHUT


def test_a_refused_event_gives_false_and_changes_nothing(model):
    told(model)
    assert model.may_push(force=9) is False
    assert model.push(force=9) is False
    assert (model.state, model.context, told(model)) == (SHUT, Context(), [])


def test_an_ignored_event_gives_false_and_is_not_among_those_that_may_be(model):
    assert model.may_pull_hard() is False
    assert model.pull_hard() is False
    assert model.state is SHUT


def test_a_stay_runs_no_entry_and_a_reenter_does(model):
    model.push()
    told(model)
    assert model.push() is True
    assert (model.state, told(model)) == (AJAR, ["force 2"])
    assert model.knock() is True
    assert (model.state, told(model)) == (AJAR, ["force 2"])


def test_a_forbidden_event_raises_and_says_why(model):
    model.push(force=3)
    assert model.may_knock() is False
    with pytest.raises(
        EventForbidden, match=r"^door: Knock in WIDE_OPEN: forbidden: it is open; events with"
    ) as caught:
        model.knock()
    assert isinstance(caught.value, Rejected)
    assert isinstance(caught.value, transitions.MachineError)
    assert model.state is WIDE_OPEN


def test_an_event_without_a_row_raises_as_there(model):
    assert model.may_burn() is True
    model.burn()
    assert (model.state, model.may_burn(), model.may_trigger("nothing")) == (GONE, False, False)
    with pytest.raises(transitions.MachineError):
        model.burn()
    with pytest.raises(AttributeError, match="nothing"):
        model.trigger("nothing")


def test_a_maker_that_raises_leaves_the_model_as_it_was(model):
    told(model)
    with pytest.raises(ZeroDivisionError):
        model.knock()
    assert (model.state, model.context, told(model)) == (SHUT, Context(), [])


def test_an_update_that_gives_something_else_back_is_named():
    def lose(context: Context) -> Context:
        return None  # type: ignore[return-value]

    model = Model()
    to_machine(door(rows.row(SHUT, Push, AJAR, update=lose)), model)
    with pytest.raises(TypeError, match="update lose returned NoneType; it must return Context"):
        model.push()
    assert model.state is SHUT


def test_a_maker_that_gives_nothing_is_named():
    def lose(_: Context) -> Context:
        return None  # type: ignore[return-value]

    model = Model()
    to_machine(door(rows.row(SHUT, Push, AJAR, lose)), model)
    with pytest.raises(TypeError, match="maker lose returned None; it must return an effect, or a tuple of them"):
        model.push()
    assert model.state is SHUT


def test_groups_can_be_asked_for_when_they_nest():
    model = Model()
    machine = to_machine(DOOR, model, nested=True)
    assert model.is_SHUT()
    assert not model.is_passable(allow_substates=True)
    model.push()
    assert model.is_passable(allow_substates=True)
    assert model.is_passable.AJAR()
    assert machine.get_nested_state_names() == ["SHUT", "passable", "passable.AJAR", "passable.WIDE_OPEN", "GONE"]


def test_groups_inside_one_another_and_apart_from_one_another_nest():
    outer, inner, alone = rows.group("outer", SHUT, AJAR), rows.group("inner", AJAR), rows.group("alone", WIDE_OPEN)
    model = Model()
    to_machine(door(rows.row(SHUT, Push, AJAR), groups=(outer, inner, alone)), model, nested=True)
    model.push()
    assert model.is_outer(allow_substates=True)
    assert model.is_outer.inner.AJAR()
    assert not model.is_alone(allow_substates=True)


def tell_twice(context: Context) -> tuple[Tell, ...]:
    return Tell("once"), Tell("twice")


def test_a_maker_may_make_several_effects():
    model = Model()
    to_machine(door(rows.row(SHUT, Push, WIDE_OPEN, tell_twice), groups=()), model)
    told(model)
    model.push()
    assert told(model) == ["clack", "once", "twice"]


def test_a_machine_may_begin_inside_a_group():
    inside = rows.group("inside", SHUT, AJAR)
    model = Model()
    to_machine(door(rows.row(SHUT, Push, GONE), groups=(inside,)), model, nested=True)
    assert model.state is SHUT
    assert model.is_inside.SHUT()
    assert model.push() is True
    assert model.is_GONE()


def test_the_rows_are_transitions_with_named_conditions():
    machine = to_machine(DOOR, Model())
    found = [
        (each.source, each.dest, [condition.func.__name__ for condition in each.conditions])
        for each in machine.get_transitions("push")
    ]
    assert found == [
        ("SHUT", "WIDE_OPEN", ["gentle", "strong"]),
        ("SHUT", "AJAR", ["gentle"]),
        ("AJAR", None, []),
        ("WIDE_OPEN", None, []),
    ]


def test_callbacks_added_there_see_the_row_committed():
    seen, model = [], Model()
    machine = to_machine(DOOR, model)
    machine.on_enter_AJAR(lambda data: seen.append((data.state.name, model.context, len(model.outbox))))
    model.push()
    assert seen == [("AJAR", Context(1), 5)]


def test_what_a_model_defines_itself_is_left_alone():
    class Own(Model):
        def may_push(self):
            return "my own"

    model = Own()
    to_machine(DOOR, model)
    assert model.may_push() == "my own"
    assert model.push() is True


def test_a_context_can_be_given():
    model = Model()
    to_machine(DOOR, model, context=Context(5))
    model.push()
    assert (model.state, model.context) == (WIDE_OPEN, Context(6))


def test_a_shipped_lifecycle_without_timers_runs_there():
    model = Model()
    to_machine(ROUTER, model)
    assert model.ping(Ping(timestamp_ms=7)) is True
    assert [effect.message for effect in model.outbox] == [Pong(timestamp_ms=7)]
