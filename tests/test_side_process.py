"""Side processes: answers, failures, deaths, time, and nothing left running.

This file is itself the module that is asked: its `answer` runs in the side process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from slth_opt import side_process
from slth_opt.errors import BackendError
from slth_opt.side_process import ask

HERE = "test_side_process"

ASK_AND_WAIT = """
from slth_opt.side_process import ask
for reply in ask("test_side_process", ("sleep", 60)):
    print(reply.content, flush=True)
"""


def answer(question, say):
    """Do what the question says, in the side process."""
    verb, argument = question
    if verb == "print":
        print(argument, flush=True)
        os.write(1, b"from C\n")
    elif verb == "raise":
        raise ValueError(argument)
    elif verb == "burn":
        began = time.process_time()
        while time.process_time() < began + argument:
            sum(range(1000))
    elif verb == "die":
        os._exit(argument)
    elif verb == "sleep":
        say(os.getpid())
        time.sleep(argument)
    return os.getpid()


def contents(*question, **limits):
    return [reply.content for reply in ask(HERE, question, **limits)]


def is_running(pid):
    """Tell whether a process is there and not only its grave."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")


def gone(pid):
    """Wait a while for a process to end."""
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_running(pid)


def test_the_process_is_kept_for_the_next_question():
    """Two questions in a row are answered by one process, which is not this one."""
    (first,) = contents("tell", None)
    (second,) = contents("tell", None)
    assert first == second != os.getpid()


def test_what_is_printed_does_not_get_between_the_replies(capfd):
    """Neither Python nor C output of the solver reaches us, and the next answer is whole."""
    (first,) = contents("print", "from Python")
    assert contents("tell", None) == [first]
    assert capfd.readouterr().out == ""


def test_an_exception_is_an_error_and_the_process_lives():
    """It is told by name, and the process answers again."""
    (before,) = contents("tell", None)
    with pytest.raises(BackendError, match=r"test_side_process failed .*: ValueError: bad luck"):
        contents("raise", "bad luck")
    assert contents("tell", None) == [before]


def test_a_death_is_told_with_its_code():
    """The last reply says so, and the next question gets a new process."""
    (reply,) = ask(HERE, ("die", 7))
    assert (reply.died, reply.is_last, reply.content) == (7, True, None)
    assert len(contents("tell", None)) == 1


def test_a_process_that_is_too_late_is_killed():
    """Its time is up, and it is no more."""
    (pid,) = contents("tell", None)
    with pytest.raises(TimeoutError):
        contents("sleep", 60, seconds=0.3)
    assert gone(pid)


def test_nobody_listening_means_no_process():
    """Leaving the loop early, by an exception or not, kills it."""
    replies = ask(HERE, ("sleep", 60))
    pid = next(replies).content
    replies.close()
    assert gone(pid)


def test_it_dies_with_the_process_that_asked():
    """Even one that is killed without a chance to clean up, in the middle of a solve."""
    path = os.pathsep.join(p or os.getcwd() for p in sys.path)
    parent = subprocess.Popen(
        [sys.executable, "-c", ASK_AND_WAIT],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    assert gone(pid)


def test_two_questions_at_once_get_two_processes():
    """A question within a question does not wait for the other's process."""
    outer = ask(HERE, ("sleep", 0.2))
    first = next(outer).content
    (second,) = contents("tell", None)
    assert first != second
    assert [reply.content for reply in outer] == [first]


def test_idle_processes_can_be_stopped():
    """What `atexit` does: no process is left."""
    (pid,) = contents("tell", None)
    side_process.stop_idle()
    assert gone(pid)


def test_time_of_side_processes_is_counted():
    """Processor time that a side process needs for an answer is counted here; waiting is not."""
    contents("print", "ready")
    before = side_process.processor_seconds()
    contents("burn", 0.2)
    burnt = side_process.processor_seconds() - before
    contents("sleep", 0.3)
    assert burnt >= 0.2
    assert side_process.processor_seconds() - before - burnt < 0.2
