"""A solver in a process of its own, which can be stopped whatever it is doing.

HiGHS writes to the standard output of its process whatever one asks of it, SCIP can stay in
one linear program for ever, and neither hears Ctrl-C. Here they can do neither harm. Starting
Python and a solver takes half a second, so a process is kept for the next question; it ends
with this one, because its standard input does.
"""

from __future__ import annotations

import atexit
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from slth_opt.errors import BackendError

Say = Callable[[Any], None]
"""How a solver tells something before its final word."""

Answer = Callable[[Any, Say], Any]
"""What runs in the side process: question and `Say` in, final word out; anything that pickles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One message of a side process.

    Parameters
    ----------
    content
        What it says; None if it died or failed.
    is_last
        Whether this is its final word.
    trouble
        The exception that ended it.
    died
        Its exit code, if it is no more.
    seconds
        The processor time it took for the question, told with the final word.
    """

    content: Any = None
    is_last: bool = False
    trouble: str | None = None
    died: int | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SideProcess:
    """A running solver, the replies it has given, and the process that may talk to it."""

    process: subprocess.Popen[bytes]
    replies: queue.SimpleQueue[Reply]
    listener: threading.Thread
    owner: int


_idle: dict[str, list[SideProcess]] = {}
_told: list[float] = []


def processor_seconds() -> float:
    """Return the processor time spent so far: here, in children that ended, in side processes.

    What a side process needed to start is not counted as long as it lives.

    Examples
    --------
    >>> before = processor_seconds()
    >>> sum(range(10**5)) > 0 and processor_seconds() > before
    True
    """
    times = os.times()
    return time.process_time() + times.children_user + times.children_system + sum(_told)


def ask(module: str, question: Any, *, seconds: float | None = None) -> Iterator[Reply]:
    """Put a question to the function ``answer`` of a module and yield its replies as they come.

    The last reply has `is_last` set, also when the solver died. If the caller stops listening
    before that, by Ctrl-C or otherwise, the process is killed.

    Parameters
    ----------
    module
        The dotted name of the module, which must be importable.
    question
        Anything that can be pickled.
    seconds
        How long to wait for the final word.

    Raises
    ------
    TimeoutError
        If the final word did not come in time; the process is killed.
    BackendError
        If ``answer`` raised an exception.

    Examples
    --------
    >>> [reply.content for reply in ask("slth_opt.side_process", "hello")]
    ['hello', 'hello again']
    """
    side = _take(module)
    try:
        _write(side.process.stdin, question)
        deadline = None if seconds is None else time.monotonic() + seconds
        while not (reply := _next_reply(side, deadline)).is_last:
            yield reply
    except BaseException:
        _stop(side)
        raise
    _told.append(reply.seconds)
    if reply.died is None:
        _idle.setdefault(module, []).append(side)
    else:
        _stop(side)
    if reply.trouble is not None:
        raise BackendError(f"{module} failed in its own process: {reply.trouble}")
    yield reply


def answer(question: Any, say: Say) -> Any:
    """Echo a question: what the tests and the example of `ask` talk to.

    Examples
    --------
    >>> answer("hello", print)
    hello
    'hello again'
    """
    say(question)
    return f"{question} again"


def serve(answer: Answer) -> None:
    """Answer questions from standard input until it ends: the main loop of a side process."""
    replies = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)  # what solvers print must not get between the replies
    os.dup2(silence, 2)
    questions: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_read_questions, args=(questions,), daemon=True).start()

    def say(content: Any) -> None:
        _write(replies, Reply(content=content))

    while True:
        question = questions.get()
        began = processor_seconds()
        try:
            content = answer(question, say)
            reply = Reply(content=content, is_last=True, seconds=processor_seconds() - began)
        except Exception as error:
            reply = Reply(trouble=f"{type(error).__name__}: {error}", is_last=True)
        _write(replies, reply)


def _read_questions(questions: queue.SimpleQueue[Any]) -> None:
    """Pass on questions; leave at once when the asking process is gone, even in mid-solve."""
    try:
        while True:
            questions.put(pickle.load(sys.stdin.buffer))
    except (EOFError, pickle.UnpicklingError):
        os._exit(0)


def _take(module: str) -> SideProcess:
    """Return an idle process of this module, or a new one."""
    idle = _idle.setdefault(module, [])
    while idle:
        try:
            side = idle.pop()
        except IndexError:  # another thread was quicker
            break
        # After a fork two processes would talk to the same child.
        if side.owner == os.getpid() and side.process.poll() is None:
            return side
    code = f"from slth_opt.side_process import serve; from {module} import answer; serve(answer)"
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", code],  # -P: no module of the current folder gets in
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p or os.getcwd() for p in sys.path)},
        start_new_session=True,  # Ctrl-C in a terminal is for us alone
    )
    replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
    listener = threading.Thread(target=_listen, args=(process, replies), daemon=True)
    listener.start()
    return SideProcess(process=process, replies=replies, listener=listener, owner=os.getpid())


def _listen(process: subprocess.Popen[bytes], replies: queue.SimpleQueue[Reply]) -> None:
    assert process.stdout is not None
    try:
        while True:
            replies.put(pickle.load(process.stdout))
    except (EOFError, pickle.UnpicklingError):
        replies.put(Reply(is_last=True, died=process.wait()))


def _next_reply(side: SideProcess, deadline: float | None) -> Reply:
    """Wait for a reply, in steps short enough for Ctrl-C to be heard on every system."""
    while True:
        step = 0.5 if deadline is None else min(0.5, deadline - time.monotonic())
        try:
            return side.replies.get(timeout=max(step, 0.0))
        except queue.Empty:
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError("the solver did not come back in time") from None


def _write(stream: IO[bytes] | None, message: Any) -> None:
    assert stream is not None
    try:
        pickle.dump(message, stream)
        stream.flush()
    except BrokenPipeError:
        return  # the listener reports the death of the process, with its exit code


def _stop(side: SideProcess) -> None:
    """Kill a process and leave nothing of it behind."""
    side.process.kill()
    side.process.wait()
    side.listener.join()
    for stream in (side.process.stdin, side.process.stdout):
        if stream is not None:
            _close(stream)


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except BrokenPipeError:
        return  # what could not be written concerns nobody any more


@atexit.register
def stop_idle() -> None:
    """Stop the processes kept for further questions.

    Examples
    --------
    >>> stop_idle()
    """
    for kept in _idle.values():
        while kept:
            side = kept.pop()
            if side.owner == os.getpid():
                _stop(side)
