"""The memo: what is remembered of points and steps, and what never is."""

import pytest
from attrs import evolve, frozen

from statekit import Broken, Fired, Machine, Refused, Stimulus, Taken, after, arm, disarm, step, timer
from statekit.runner import Runner
from statekit.transition import point_of, transition
from tests.turner import (
    CALLED,
    STATES,
    A,
    Add,
    B,
    Context,
    Go,
    Later,
    Note,
    Rest,
    Tell,
    Turn,
    followed,
    machine,
    point,
    postpone,
    row,
    rows,
    stay,
    stepped,
)


@pytest.fixture
def asked():
    """Give the list of the functions that were called, in their order."""
    CALLED.clear()
    return CALLED


@frozen
class Bad:
    pass


@frozen
class Wait:
    pass


def add(context: Context, event: Add) -> Context:
    CALLED.append("add")
    return evolve(context, count=event.size)


def bad(context: Context) -> Context:
    CALLED.append("bad")
    raise RuntimeError(context.count)


def see(context: Context, event: Add) -> Context:
    return evolve(context, seen=event.size)


def seen(context: Context) -> Note:
    return Note(f"{context.seen}")


def size_noted(context: Context, event: Add) -> Note:
    return Note(f"{context.count} {event.size}")


def sized(_: Context, event: Add) -> int:
    return event.size


def never(_: Context) -> bool:
    CALLED.append("never")
    return False


alarm = timer("alarm", 1.0, scope=B)


# --------------------------------------------------------------------------------------------------------------- points
def test_equal_points_are_one():
    turner = machine()
    assert point_of(turner.folded, A, Context(1)) is point_of(turner.folded, A, Context(1))
    assert point_of(turner.folded, B, Context(1)) is not point_of(turner.folded, A, Context(1))
    assert repr(point(turner)) == "Point(<State.A: 'a'>, Context(count=0, seen=None))"


def test_a_point_follows_an_event_as_the_table_says():
    after_it, effects, verdict = followed(machine(), Go(), Turn())
    assert (after_it.state, after_it.context, effects) == (B, Context(1), (Note("1"),))
    assert isinstance(verdict, Taken)


def test_what_is_taken_is_worked_out_once(asked):
    turner = machine()
    first = followed(turner, Turn())
    assert asked == ["small", "turn"]
    assert followed(turner, Turn()) is first
    assert asked == ["small", "turn"]


def test_what_a_maker_makes_of_the_context_is_made_once(asked):
    turner = machine()
    assert followed(turner, Go(), Turn()) is followed(turner, Go(), Turn())
    assert asked == ["small", "turn", "noted"]


@pytest.mark.parametrize("follow", [followed, stepped])
def test_what_looks_at_the_event_is_worked_out_each_time(follow):
    turner = machine(stay((A, B), Add, size_noted, update=add))
    for size in (1, 2, 1):
        answer = follow(turner, Turn(), Add(size))
        assert effects_of(answer) == (Note(f"{size} {size}"),)
        assert context_of(answer) == Context(size)


def effects_of(answer):
    return answer[1] if isinstance(answer, tuple) else answer.effects


def context_of(answer):
    return (answer[0] if isinstance(answer, tuple) else answer.snapshot).context


@pytest.mark.parametrize("follow", [followed, stepped])
@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        (stay(A, Bad, update=bad), Broken("bad", RuntimeError(0))),
        (stay(A, Bad, guard=never), Refused(("never",))),
    ],
)
def test_only_what_is_taken_is_remembered(asked, follow, more, verdict):
    turner = machine(more)
    for _ in range(3):
        before = len(asked)
        answer = follow(turner, Bad())
        assert (answer[2] if isinstance(answer, tuple) else answer.verdict) == verdict
        assert len(asked) > before


def test_a_point_tells_timers_apart_and_gives_no_orders_to_them():
    turner = machine(
        stay(B, Wait, Note("armed"), arm(alarm), disarm(alarm)),
        row(B, after(1.0), A, Note("1")), row(B, after(2.0), A, Note("2")), stay(B, alarm),
    )  # fmt: skip
    at = followed(turner, Go())[0]
    for label in ("after 1 s", "after 2 s", "after 1 s"):
        assert transition(at, Fired(f"{label} in b"))[1] == (Note(label.removeprefix("after ").removesuffix(" s")),)
    assert transition(at, Wait())[1] == (Note("armed"),)
    assert transition(at, Wait())[1] == (Note("armed"),)


# ---------------------------------------------------------------------------------------------------------------- steps
def test_a_step_that_awaits_nothing_is_made_once(asked):
    turner = machine()
    first = stepped(turner, Go(), Go(), Turn())
    assert asked == ["small", "turn"]
    assert stepped(turner, Go(), Go(), Turn()) is first
    assert asked == ["small", "turn"]
    assert stepped(machine(), Go(), Go(), Turn()) == first


def test_a_snapshot_that_awaits_something_remembers_nothing(asked):
    turner = machine(stay(B, Wait, arm(alarm)), stay(B, alarm))
    before = stepped(turner, Go(), Wait()).snapshot
    assert before.tickets
    assert step(turner, before, Stimulus(Turn())) == step(turner, before, Stimulus(Turn()))
    assert asked == ["small", "turn", "noted"] * 2


def test_a_snapshot_with_postponed_events_remembers_nothing():
    turner = machine(postpone(A, Later, because="not here"), stay(B, Later, Note("later")))
    for _ in range(2):
        done = stepped(turner, Go(), Go(), Later(), Go())
        assert done.effects == (Note("to B"), Note("later"))
        assert not done.snapshot.postponed


def test_ticket_counters_are_told_apart():
    turner = machine(stay(B, Wait, arm(alarm), disarm(alarm)), stay(B, alarm))
    assert stepped(turner, Go(), Go()).snapshot.issued == 0
    assert stepped(turner, Go(), Wait(), Go()).snapshot.issued == 1
    assert stepped(turner, Go(), Go()).snapshot.issued == 0


def test_a_step_whose_timer_is_told_by_the_event_is_not_remembered():
    each = timer("each", 1.0, scope=B, key=sized)
    turner = machine(stay(B, Wait, arm(each)), stay(B, Add, disarm(each)), stay(B, each))
    for _ in range(2):
        assert isinstance(stepped(turner, Go(), Add(1)).verdict, Taken)
        broken = stepped(turner, Go(), Add(1.5)).verdict
        assert (type(broken), broken.function) == (Broken, "sized")
    assert turner.folded.acts[B][Add].blind, "the primitive orders no timer"


def test_remembered_answers_hold_nothing_that_can_be_changed():
    turner = machine()
    runner, other = Runner(turner), Runner(turner)
    for _ in range(3):
        for each in (runner, other):
            each.send(Go())
            assert each.effects == [Note("to B" if each.state is B else "to A")]
            each.effects.clear()
    at, effects, _ = followed(turner, Go())
    with pytest.raises(TypeError):
        effects[0] = Note("mine")
    with pytest.raises(AttributeError):
        stepped(turner, Go()).effects = ()
    assert at is followed(turner, Go())[0]


def test_runners_of_one_machine_remember_together(asked):
    turner = machine()

    def heard():
        runner = Runner(turner)
        return [
            (runner.send(event), runner.snapshot, tuple(runner.effects)) for event in (Go(), Go(), Rest(), Turn()) * 3
        ]

    first, second = heard(), heard()
    called = len(asked)
    assert first == second == heard()
    assert len(asked) == called


@pytest.mark.parametrize("follow", [followed, stepped])
def test_contexts_that_are_equal_but_not_alike_have_answers_of_their_own(follow):
    """`1 == True`, and whoever writes a number down can tell them apart."""
    turner = machine(stay((A, B), Add, update=see), stay((A, B), Tell, seen))
    for size in (1, True, 1.0, 1):
        assert [repr(each) for each in effects_of(follow(turner, Go(), Add(size), Tell()))] == [f"Note(text='{size}')"]


def test_what_one_machine_found_is_nothing_to_another():
    """Snapshots may be handed from one to the other, as when a table is changed and its machine built again."""
    turner = machine()
    changed = Machine(
        "turner", initial=A, context=Context(), states=STATES, table=(rows.reenter((A, B), Go, Note("changed")),)
    )
    for _ in range(3):
        before = stepped(turner, Go(), Go(), Go()).snapshot
        assert step(changed, before, Stimulus(Go())).effects == (Note("changed"),)
        assert step(turner, before, Stimulus(Go())).effects == (Note("to A"),)
