"""A table that has everything a table can have, with names that are unkind to every output format."""

from enum import StrEnum
from importlib import import_module

import pytest
from attrs import frozen

from statekit import EVERY, Failure, Fired, Jitter, Kind, Machine, Rows, Signal, after, arm, disarm, either, timer
from statekit.cli.catalogue import exhibits


class S(StrEnum):
    END = "end"
    WORK_ING = "work_ing"
    UP = "up"
    SLOW = "slow"
    OVER = "over"
    LOST = "lost"


@frozen
class Context:
    count: int = 0


@frozen
class Go: ...


@frozen
class Stop: ...


@frozen
class Done: ...


@frozen
class Broke: ...


@frozen
class Ask:
    what: frozenset[str] = frozenset({"b", "a", "c"})


@frozen
class Say:
    text: str = 'a "quoted" <tag> & | ; # % {brace}'


@frozen
class Shout(Signal):
    loud: bool = True


def more_left(context: Context) -> bool:
    return context.count < 3


def is_first(context: Context, event: Done) -> bool:
    return context.count == 0


def counted(context: Context) -> Context:
    return Context(context.count + 1)


def fired(context: Context, event: Fired) -> Context:
    return context


def wait_delay(context: Context) -> Jitter:
    return Jitter(1 + context.count, 2 + context.count)


def say(context: Context) -> Say:
    return Say()


def ask_broke(failure: Failure) -> Broke:
    return Broke()


def everything():
    rows = Rows[S, Context, Ask | Say | Shout]()
    row, stay, to = rows.row, rows.stay, rows.to
    alive = rows.group(
        "alive", S.WORK_ING, S.UP, S.SLOW, doc='alive <b> & "well"', entry=(Shout(),), exit=(say, Shout(loud=False))
    )
    quiet = rows.group("quiet", S.SLOW, S.UP, doc="nothing is asked")
    nap = timer("nap_over", 5.0, scope=alive)
    inner = rows.choice("inner", to(S.SLOW, arm(nap), guard=more_left, update=counted), to(S.LOST))
    outer = rows.choice("the outer", to(S.UP, guard=more_left), to(inner))
    state = rows.state
    return Machine(
        "everything",
        initial=S.END,
        context=Context(),
        doc='All of it | at once; <i>"really"</i> & more: a_b *c*. A second sentence.',
        states=(
            state(S.END, Kind.REST, 'named like a keyword; with | pipes, <tags> & "quotes"\nand a newline'),
            state(S.WORK_ING, Kind.BUSY, "asks", entry=(Ask(),), exit=(say,)),
            state(S.UP, Kind.STEADY, "serves", waits_for="some_body"),
            state(S.SLOW, Kind.WAITING, "waits"),
            state(S.OVER, Kind.ENDED, "is over"),
            state(S.LOST, Kind.FAILED, "gave up"),
        ),
        groups=(alive, quiet),
        table=(
            row(S.END, Go, S.WORK_ING),
            row(S.WORK_ING, Done, S.UP, Say("first"), guard=is_first, update=counted),
            row(S.WORK_ING, Done, outer),
            row(S.WORK_ING, Broke, inner, update=counted),
            row(S.WORK_ING, after(10.0), S.LOST),
            row((S.UP, S.SLOW), after(wait_delay), S.WORK_ING, update=fired),
            stay(S.UP, Go, Say("still"), disarm(nap)),
            rows.reenter(S.SLOW, Go),
            rows.postpone(S.WORK_ING, Go, because="busy | now"),
            row(alive, nap, S.LOST),
            row(alive, Stop, S.OVER),
            stay(quiet, Shout, guard=more_left),
            rows.ignore(EVERY, either(Stop, Shout), because="nothing to <stop>"),
            rows.forbid(EVERY, Go, because="not now"),
        ),
        answering=(rows.answering(Ask, Done, Broke, scope=S.WORK_ING, failed=ask_broke),),
    )


@pytest.fixture(scope="session")
def machine():
    return everything()


def shipped():
    """Every installed machine and system, and the table that has everything."""
    return tuple(exhibits())


@pytest.fixture(scope="session")
def gallery():
    return shipped()


@pytest.fixture(scope="session")
def machines(machine):
    from statekit.machine import Definition

    return (machine, *(each.subject for each in shipped() if isinstance(each.subject, Definition)))


@pytest.fixture(scope="session")
def session():
    return import_module("machines.session").SESSION
