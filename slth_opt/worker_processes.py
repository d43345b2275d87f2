"""Work shared out among processes, which end when they are no longer wanted.

Fresh processes are started, because threads of compiled kernels do not survive a fork.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from slth_opt.errors import ProblemError, SlthError

Result = TypeVar("Result")


def share_out(
    do: Callable[..., Result], calls: Sequence[tuple[Any, ...]], workers: int
) -> Iterator[tuple[int, Result]]:
    """Yield the number and the result of each call, as they come.

    Parameters
    ----------
    do
        A function that other processes can import, unless one does it all.
    calls
        The arguments of each call.
    workers
        How many processes; with one, or for one call, this process does it in order.

    Raises
    ------
    ProblemError
        If there are no workers.
    SlthError
        If a worker was ended from outside.

    Examples
    --------
    >>> list(share_out(max, [(3, 4), (9, 2)], 1))
    [(0, 4), (1, 9)]
    """
    if workers < 1:
        raise ProblemError(f"workers must be at least 1, got {workers}")
    if workers == 1 or len(calls) < 2:
        yield from ((number, do(*call)) for number, call in enumerate(calls))
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_follow_parent) as pool:
        with _interrupted_later():
            futures = {pool.submit(do, *call): number for number, call in enumerate(calls)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise SlthError(
                "a worker process was ended from outside, perhaps for want of memory; "
                "run the same again, with fewer workers"
            ) from None
        finally:
            # Left to the pool: it must not find work cancelled by others when its workers end.
            pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _interrupted_later() -> Iterator[None]:
    """Hold Ctrl-C back; processes begun meanwhile hold it back as well, until they are ready."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it lets Ctrl-C through when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _follow_parent() -> None:
    """Make a worker end when its parent does, even if that was killed, and on Ctrl-C at once."""
    from multiprocessing import parent_process
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    parent = parent_process()
    if parent is None:
        return

    def follow() -> None:
        parent.join()
        os._exit(1)

    Thread(target=follow, daemon=True).start()
