"""A desk that starts jobs, each of them an instance of one lifecycle, and hears when one is done."""

from enum import StrEnum, auto

from attrs import evolve, frozen

from statekit import EVERY, Kind, Machine, Rows, Signal, System, View, after, derive, keyed, spawn, wire
from tests.check.small import states_of


class Desk(StrEnum):
    OPEN = auto()


class Job(StrEnum):
    QUEUED = auto()
    RUNNING = auto()
    DONE = auto()


@frozen
class Take:
    job: str

    @classmethod
    def samples(cls):
        return cls("a"), cls("b")


@frozen
class StopAll:
    pass


@frozen
class Finished:
    pass


@frozen
class AllBusy:
    value: bool


@frozen
class Begin:
    pass


@frozen
class Stop:
    pass


@frozen
class Hurry:
    pass


@frozen
class Begun(Signal):
    job: str


@frozen
class Stopped(Signal):
    pass


@frozen
class Ended(Signal):
    pass


@frozen
class Ledger:
    finished: int = 0
    busy: bool = False


@frozen
class Work:
    hurried: bool = False


MOST = 2


def begun(_: Ledger, event: Take) -> Begun:
    return Begun(event.job)


def count(ledger: Ledger) -> Ledger:
    return evolve(ledger, finished=min(ledger.finished + 1, MOST))


def note(ledger: Ledger, event: AllBusy) -> Ledger:
    return evolve(ledger, busy=event.value)


def hurry(work: Work) -> Work:
    return evolve(work, hurried=True)


desk = Rows[Desk, Ledger, Begun | Stopped]()
DESK = Machine(
    "desk",
    initial=Desk.OPEN,
    context=Ledger(),
    states=states_of(desk, Desk),
    table=(
        desk.stay(Desk.OPEN, Take, begun),
        desk.stay(Desk.OPEN, StopAll, Stopped()),
        desk.stay(Desk.OPEN, Finished, update=count),
        desk.stay(Desk.OPEN, AllBusy, update=note),
    ),
)
job = Rows[Job, Work, Ended]()
JOB = Machine(
    "job",
    initial=Job.QUEUED,
    context=Work(),
    states=(
        job.state(Job.QUEUED, Kind.WAITING, "it waits"),
        job.state(Job.RUNNING, Kind.BUSY, "it runs"),
        job.state(Job.DONE, Kind.ENDED, "it is done"),
    ),
    table=(
        job.stay(EVERY, Begin),
        job.stay(EVERY, Hurry, update=hurry),
        job.row(Job.QUEUED, after(1.0), Job.RUNNING),
        job.row(Job.RUNNING, after(10.0), Job.DONE, Ended()),
        job.row(EVERY, Stop, Job.DONE),
    ),
)


def begin(_: Begun) -> Begin:
    return Begin()


def which(signal: Begun) -> str:
    return signal.job


def stop(_: Stopped) -> Stop:
    return Stop()


def finished(_: Ended) -> Finished:
    return Finished()


def all_busy(office: View) -> bool:
    """Whether both jobs run."""
    return [office.of(JOB, key).state for key in office.keys(JOB)] == [Job.RUNNING] * MOST


def told(busy: bool) -> AllBusy:
    return AllBusy(busy)


OFFICE = System(
    "office",
    members=(DESK, keyed(JOB, per="name")),
    wiring=(
        spawn(DESK, Begun, JOB, begin, key=which),
        wire(DESK, Stopped, JOB, stop, key=EVERY),
        wire(JOB, Ended, DESK, finished),
    ),
    derived=(derive(all_busy, DESK, told, initially=False),),
)
