"""A door that is pushed and pulled, as a machine of the `transitions` package."""

from enum import StrEnum, auto

from attrs import frozen

from statekit import Kind, Machine, Rows


class State(StrEnum):
    SHUT = auto()
    AJAR = auto()
    WIDE_OPEN = auto()
    GONE = auto()


SHUT, AJAR, WIDE_OPEN, GONE = State


@frozen
class Push:
    force: int = 1


@frozen
class PullHard:
    pass


@frozen
class Knock:
    pass


@frozen
class Burn:
    pass


@frozen
class Tell:
    text: str


@frozen
class Context:
    force: int = 0


def tell_force(context: Context) -> Tell:
    return Tell(f"force {context.force}")


rows = Rows[State, Context, Tell]()
PASSABLE = rows.group("passable", AJAR, WIDE_OPEN, entry=(Tell("passable"),), exit=(Tell("not passable"),))


STATES = (
    rows.state(SHUT, Kind.REST, "", entry=(Tell("click"),), exit=(Tell("clack"),)),
    rows.state(AJAR, Kind.REST, "", entry=(tell_force,)),
    rows.state(WIDE_OPEN, Kind.REST, ""),
    rows.state(GONE, Kind.ENDED, ""),
)


def door(*table, groups=(PASSABLE,), **more):
    return Machine[State, Push | PullHard | Knock | Burn, Context, Tell](
        "door", initial=SHUT, context=Context(), states=STATES, groups=groups, table=table, **more
    )
