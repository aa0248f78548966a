"""The memo: what is remembered, what never is, and that it costs a bounded amount of memory."""

from enum import StrEnum, auto

import pytest
from attrs import define, evolve, frozen

from statekit import (
    Broken,
    Fired,
    Kind,
    Machine,
    Refused,
    Rows,
    Signal,
    Stimulus,
    System,
    SystemSnapshot,
    Taken,
    after,
    arm,
    derive,
    disarm,
    publish,
    start,
    step,
    timer,
)
from statekit.runner import Runner
from statekit.transaction import Hop, Ordered
from statekit.transition import point_of, transition


class State(StrEnum):
    A = auto()
    B = auto()


A, B = State


@frozen
class Go:
    pass


@frozen
class Turn:
    pass


@frozen
class Add:
    size: int


@frozen
class Bad:
    pass


@frozen
class Later:
    pass


@frozen
class Wait:
    pass


@frozen
class Rest:
    pass


@frozen
class Tell:
    pass


@frozen
class Note:
    text: str


@frozen
class Told(Signal):
    pass


@frozen
class Context:
    count: int = 0
    seen: object = None


@pytest.fixture
def asked():
    """Give the list of the functions that were called, in their order; the machine below writes it."""
    CALLED.clear()
    return CALLED


CALLED = []  # the functions below are pure but for this


def small(context: Context) -> bool:
    CALLED.append("small")
    return context.count < 3


def turn(context: Context) -> Context:
    CALLED.append("turn")
    return evolve(context, count=(context.count + 1) % 3)


def grow(context: Context) -> Context:
    return evolve(context, count=context.count + 1)


def add(context: Context, event: Add) -> Context:
    CALLED.append("add")
    return evolve(context, count=event.size)


def bad(context: Context) -> Context:
    CALLED.append("bad")
    raise RuntimeError(context.count)


def noted(context: Context) -> Note:
    CALLED.append("noted")
    return Note(f"{context.count}")


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


rows = Rows[State, Context, object]()
row, stay, postpone = rows.row, rows.stay, rows.postpone
alarm = timer("alarm", 1.0, scope=B)
STATES = (rows.state(A, Kind.REST, ""), rows.state(B, Kind.REST, ""))


def machine(*more, name="turner", context=None):
    return Machine(
        name,
        initial=A,
        context=context or Context(),
        states=STATES,
        table=(
            row(A, Go, B, Note("to B")),
            row(B, Go, A, Note("to A")),
            stay(A, Turn, Note("turned"), guard=small, update=turn),
            stay(B, Turn, noted, guard=small, update=turn),
            stay((A, B), Rest),
            *more,
        ),
    )


def point(of):
    return point_of(of.folded, of.initial, of.context)


def followed(of, *events):
    """Follow events from the machine's start; the last answer."""
    at = point(of)
    for event in events:
        answer = transition(at, event)
        at = answer[0]
    return answer


def stepped(of, *events):
    done = start(of)
    for event in events:
        done = step(of, done.snapshot, Stimulus(event))
    return done


# ------------------------------------------------------------------------------------------------------------ points
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


# ------------------------------------------------------------------------------------------------------------- steps
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


# ------------------------------------------------------------------------------------------------------------ bounds
def counter():
    return machine(stay((A, B), Later, Note("counted"), update=grow))


def points(turner):
    return turner.folded.points, lambda count: followed(turner, *[Later()] * count)[0].context.count


def snapshots(turner):
    return turner.folded.snapshots, lambda count: stepped(turner, *[Later()] * count).snapshot.context.count


@pytest.mark.parametrize("side", [points, snapshots])
def test_contexts_without_end_turn_the_memo_off(monkeypatch, side):
    monkeypatch.setattr("statekit.interned.WINDOW", 100)
    interned, count = side(counter())
    assert count(50) == 50
    assert interned.on
    assert count(300) == 300
    assert (interned.on, len(interned)) == (False, 0)
    assert count(300) == 300


@pytest.mark.parametrize("side", [points, snapshots])
def test_no_more_is_remembered_than_the_limit(monkeypatch, side):
    monkeypatch.setattr("statekit.interned.LIMIT", 10)
    interned, count = side(counter())
    sizes = []
    for _ in range(3):
        for far in (5, 12, 25):
            assert count(far) == far
            sizes.append(len(interned))
    assert interned.on
    assert max(sizes) <= 10


@pytest.mark.parametrize("side", [points, snapshots])
def test_a_context_that_cannot_be_hashed_turns_the_memo_off(side):
    turner = machine(stay((A, B), Later, Note("counted"), update=grow), context=Context(seen=["unhashable"]))
    interned, count = side(turner)
    assert count(5) == 5
    assert not interned.on
    assert count(5) == 5


# ----------------------------------------------------------------------------------------------------------- systems
def told(_: Told) -> Turn:
    return Turn()


def where(view) -> State:
    return view.members[0].state


def turns(_: State) -> Turn:
    return Turn()


def pair(**more):
    """Wire two machines that have made their cells already, each by itself."""
    teller = machine(stay(A, Tell, Told()), stay(A, Add, Note("sized")), name="teller")
    other = machine(name="other")
    for member in (teller, other):
        stepped(member, Turn(), Rest(), Go(), Turn(), Rest(), Go())
    return System("pair", (teller, other), (publish(teller, Told),), **more)


def went(system, *events, member="teller", begun=None):
    done = begun or system.start()
    for event in events:
        done = system.step(done.snapshot, member, Stimulus(event))
    return done


def test_a_transaction_that_nothing_follows_is_made_once(asked):
    system, events = pair(), (Go(), Go(), Turn(), Turn())
    begun = system.start()
    plain = went(system, *events, begun=begun)
    first = went(system, *events, begun=begun)
    assert first == plain == went(pair(), *events)
    called = len(asked)
    assert went(system, *events, begun=begun) is first
    assert len(asked) == called
    assert first.path == (Hop("teller", Turn(), first.verdict),)
    assert first.orders == (Ordered("teller", Note("turned")),)


def test_what_changes_nothing_gives_the_snapshot_that_came_in():
    system = pair()
    before = went(system, Go(), Go()).snapshot
    for _ in range(3):
        done = system.step(before, "teller", Stimulus(Rest()))
        assert done.snapshot is before
        assert done.orders == ()


def test_members_with_the_same_memories_are_told_apart():
    system = pair()
    for _ in range(3):
        one, two = went(system, Go(), Go(), Go()), went(system, Go(), Go(), Go(), member="other")
        assert [member.state for member in one.snapshot.members] == [B, A]
        assert [member.state for member in two.snapshot.members] == [A, B]


def test_a_signal_is_sent_each_time():
    system = pair()
    for _ in range(3):
        assert went(system, Go(), Go(), Tell(), Tell()).published == (Told(),)


def test_events_with_fields_stand_in_the_path_as_they_came():
    system = pair()
    for size in (1, 2, 3):
        done = went(system, Go(), Go(), Add(size), Add(size))
        assert done.path == (Hop("teller", Add(size), done.verdict),)
        assert done.orders == (Ordered("teller", Note("sized")),)


def test_a_derived_fact_is_looked_at_whenever_a_member_moves():
    system = pair(derived=(derive(where, machine(name="other"), turns, initially=A),))
    counts = [went(system, *[Go()] * times).snapshot.members[1].context.count for times in (0, 1, 2, 3, 4, 5, 6)]
    assert counts == [0, 1, 2, 0, 1, 2, 0]


def test_a_system_whose_members_forget_forgets_too():
    system = pair()
    for member in system.members:
        member.folded.snapshots.on = False
    assert went(system, Go(), Go(), Turn()) == went(pair(), Go(), Go(), Turn())
    assert len(system.snapshots) == 0


def test_a_system_that_forgets_while_its_members_remember_answers_alike():
    system = pair()
    system.snapshots.on = False
    for _ in range(3):
        assert went(system, Go(), Go(), Turn(), Go()).snapshot.members[0].state is B
    assert len(system.snapshots) == 0


@define
class Base:
    pass


class Derived(Base):
    def __init__(self, size):
        self.size = size


def test_an_event_whose_class_does_not_say_its_fields_stands_in_the_path_itself():
    system = System("alone", (machine(stay(A, Derived)),))
    event, other = Derived(1), Derived(2)
    for each in (event, other, event, other):
        assert went(system, each, member="turner").path[0].event is each


def test_no_more_system_snapshots_are_kept_than_the_limit(monkeypatch):
    monkeypatch.setattr("statekit.interned.LIMIT", 2)
    system = pair()
    for _ in range(3):
        done = went(system, *[Go(), Turn(), Turn()] * 4)
        assert isinstance(done.snapshot, SystemSnapshot)
        assert done.snapshot.members[0].context.count == 2
        assert len(system.snapshots) <= 2


def test_system_snapshots_without_end_turn_the_memo_off(monkeypatch):
    system = pair()
    for _ in range(2):
        went(system, Go(), Turn(), Turn(), Go(), Turn(), Turn())
    monkeypatch.setattr("statekit.interned.WINDOW", 4)
    done = system.start()
    for event in (Go(), Turn(), Go(), Turn()):
        for member in ("teller", "other"):
            done = system.step(done.snapshot, member, Stimulus(event))
    assert not system.snapshots.on
    assert [member.context.count for member in done.snapshot.members] == [2, 2]
