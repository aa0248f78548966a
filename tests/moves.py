"""Four states, the functions of their rows, and one move told in full."""

from enum import StrEnum, auto

from attrs import evolve, frozen

from statekit import Kind, Machine, Rows
from statekit.transition import decide


class State(StrEnum):
    A = auto()
    B = auto()
    C = auto()
    D = auto()


A, B, C, D = State


@frozen
class Go:
    size: int = 0


@frozen
class Note:
    text: str
    count: int = -1


@frozen
class Context:
    count: int = 0


rows = Rows[State, Context, Note]()
row, stay, reenter, to, group, choice = rows.row, rows.stay, rows.reenter, rows.to, rows.group, rows.choice


def noting(text):
    """Make a maker that notes the count it saw (makers need a def: the engine reads its code)."""

    def maker(context: Context) -> Note:
        return Note(text, context.count)

    return maker


def counted(context: Context) -> Context:
    return evolve(context, count=context.count + 1)


def zero(context: Context) -> bool:
    return context.count == 0


def never(_: Context) -> bool:
    return False


def broken_maker(_: Context) -> Note:
    raise RuntimeError("maker")


def declared(**moments):
    """Declare the four states; `moments` maps e.g. `exit_a` to effects."""
    return tuple(
        rows.state(
            state,
            Kind.REST,
            "a state",
            entry=moments.get(f"entry_{state}", ()),
            exit=moments.get(f"exit_{state}", ()),
        )
        for state in State
    )


def build(*table, groups=(), states=None):
    return Machine("small", initial=A, context=Context(), states=states or declared(), groups=groups, table=table)


@frozen
class Move:
    """What a row that was taken came to."""

    context: object
    orders: tuple
    leaf: object


def tell(machine, state=A, context=None, event=None):
    event = Go() if event is None else event
    _, after, orders, motion = decide(machine.folded, state, context or Context(), event)
    return motion.verdict, None if motion.leaf is None else Move(after, orders, motion.leaf)


NESTED_OUTER = group("outer", A, B, C, exit=(noting("exit outer"),), entry=(noting("entry outer"),))
NESTED_INNER = group("inner", A, B, exit=(noting("exit inner"),), entry=(noting("entry inner"),))
FAR_OUTER = group("far_outer", C, D, entry=(noting("entry far outer"),), exit=(noting("exit far outer"),))
FAR_INNER = group("far_inner", D, entry=(noting("entry far inner"),), exit=(noting("exit far inner"),))
GROUPS = (NESTED_INNER, NESTED_OUTER, FAR_INNER, FAR_OUTER)
STATES = declared(
    exit_a=(noting("exit a"),),
    entry_a=(noting("entry a"),),
    exit_b=(noting("exit b"),),
    entry_b=(noting("entry b"),),
    entry_c=(noting("entry c"),),
    entry_d=(noting("entry d"), noting("entry d again")),
)


def texts(move):
    return [order.text for order in move.orders]
