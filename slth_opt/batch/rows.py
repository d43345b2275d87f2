"""All rows of a table: in lock-step where the lanes can, the others one by one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from slth_opt.batch.lanes import MOST_LANE_CANDIDATES, Solved, lane_solver
from slth_opt.batch.singles import solve_row
from slth_opt.results import Effort
from slth_opt.tables import Table

if TYPE_CHECKING:
    import numpy as np

Progress = Callable[[int, int], None]
"""Called with the rows done and all rows."""

MOST_INT64_BITS = 62
"""Subsets of more weights are kept as Python ints."""


def solve_rows(
    table: Table, *, by_size: bool, workers: int | None, progress: Progress | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the subsets, as bits, and the error units: one column, or one for each size.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.batch import nearest_subsets
    >>> table = nearest_subsets(np.array([[3, -5, 8]]), np.array([4]), size=2).table
    >>> solve_rows(table, by_size=False, workers=1, progress=None)
    (array([[6]]), array([[1]]))
    """
    import numpy as np

    Effort(workers=workers)  # refuses what is no number of workers
    rows, n = len(table.targets), table.num_candidates
    columns = table.most - table.fewest + 1 if by_size else 1
    subsets = no_subsets((rows, columns), n)
    errors = np.zeros((rows, columns), np.int64)
    left_over: Sequence[int] = range(rows)
    done = 0
    if n <= MOST_LANE_CANDIDATES:
        solve_part = lane_solver(table, by_size, subsets, errors)
        too_large: list[int] = []
        for length, refused in _in_threads(solve_part, _chunks(rows, n, by_size), workers):
            too_large += refused
            done += length - len(refused)
            if progress is not None:
                progress(done, rows)
        left_over = sorted(too_large)
    for row in left_over:
        solve_row(table, row, by_size, subsets, errors)
        done += 1
        if progress is not None:
            progress(done, rows)
    return subsets, errors


def _chunks(rows: int, num_candidates: int, by_size: bool) -> Iterator[tuple[int, int]]:
    """Cut the rows into parts of well under a second each, whole vector rows."""
    halvings = num_candidates // 2 + (2 if by_size else 0)
    length = max(16, min(8192, 2 ** (34 - halvings) // 16384 * 16))
    for first in range(0, rows, length):
        yield first, min(first + length, rows)


def _in_threads(
    work: Callable[[int, int], Solved], chunks: Iterator[tuple[int, int]], workers: int | None
) -> Iterator[Solved]:
    """Run the chunks on threads, a few ahead; on Ctrl-C drop those not yet begun."""
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

    threads = workers or os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as executor:
        waiting: set[Future[Solved]] = set()
        try:
            for chunk in chunks:
                waiting.add(executor.submit(work, *chunk))
                if len(waiting) >= 2 * threads:
                    finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in finished)
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        finally:
            for future in waiting:
                future.cancel()


def no_subsets(shape: tuple[int, ...], num_candidates: int) -> np.ndarray:
    """Return an array that holds a subset of some candidates, as bits, in every place.

    Examples
    --------
    >>> no_subsets((1, 2), 3).tolist()
    [[0, 0]]
    """
    import numpy as np

    zeros: np.ndarray = np.zeros(shape, np.int64 if num_candidates <= MOST_INT64_BITS else object)
    return zeros
