"""Workers: what they find comes back, when nothing more is begun, and how they end."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from attrs import frozen

from statekit.cli.workers import Lost, cores, spread
from statekit.errors import StatekitError, UnknownMember

# What is started in the background of a shell ignores interrupts, and so does what it starts; this one does not.
WAITS = """
import signal

from statekit.cli.workers import spread
from tests.cli.test_workers import waiting

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    list(spread(waiting, [(), ()], 2))
"""


@frozen
class Half:
    number: int


def halved(number):
    if number % 2:
        raise UnknownMember("numbers", str(number), ())
    return os.getpid(), Half(number // 2)


def fallen():
    os.kill(os.getpid(), signal.SIGKILL)


def local():
    @frozen
    class Local: ...

    return Local()


def mistaken():
    raise ZeroDivisionError("as it happens")


def waiting():
    os.write(sys.stdout.fileno(), b"%d\n" % os.getpid())  # at once, whoever else writes
    threading.Event().wait()


def test_what_workers_find_comes_back_with_its_place():
    found = dict(spread(halved, [(4,), (2,), (0,)], 2))
    assert {at: half for at, (_, half) in found.items()} == {0: Half(2), 1: Half(1), 2: Half(0)}
    assert os.getpid() not in {worker for worker, _ in found.values()}


@pytest.mark.parametrize(("jobs", "parts"), [(1, [(4,), (2,)]), (8, [(4,)])])
def test_one_job_or_one_part_needs_no_worker(jobs, parts):
    assert {worker for _, (worker, _) in spread(halved, parts, jobs)} == {os.getpid()}


def test_nothing_to_do_is_done_at_once():
    assert list(spread(halved, [], 2)) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_after_the_deadline_nothing_more_is_begun(jobs):
    parts = [(2 * at,) for at in range(200)]
    # What workers have begun by then, and the few that they have been handed already, are brought to their end.
    assert len(list(spread(halved, parts, jobs, seconds=1e-9))) <= 2 * jobs


@pytest.mark.parametrize(
    ("task", "part", "error", "sentence"),
    [
        (halved, (3,), Lost, "3"),
        (fallen, (), Lost, "a worker ended before its work was done; if memory ran out, give fewer --jobs"),
        (local, (), Lost, "what a worker found cannot be brought back: .*Local.*; --jobs 1 needs no workers"),
        (mistaken, (), ZeroDivisionError, "as it happens"),
    ],
)
def test_what_a_worker_cannot_do_is_told(task, part, error, sentence):
    with pytest.raises(error, match=sentence):
        list(spread(task, [part, part], 2))
    assert issubclass(Lost, StatekitError)


def test_an_interrupt_ends_the_workers():
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", WAITS], **pipes) as command:
        try:
            workers = [int(command.stdout.readline()) for _ in range(2)]
            command.send_signal(signal.SIGINT)
            _, said = command.communicate(timeout=60)
        finally:
            command.kill()
    assert said.rstrip().endswith("KeyboardInterrupt")
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


def test_workers_end_with_a_command_that_was_killed():
    with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, text=True) as command:
        workers = [int(command.stdout.readline()) for _ in range(2)]
        command.kill()
        said, _ = command.communicate(timeout=60)  # comes to its end when nobody has the pipe any more
    assert len(set(workers)) == 2
    assert said == ""


def test_there_is_a_job_for_each_core_that_may_be_used():
    assert 1 <= cores() <= os.cpu_count()
