"""The questions a batch takes, and how their answers are put together."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from slth_opt.batch.lanes import MOST_LANE_CANDIDATES
from slth_opt.batch.records import Batch, Profiles, Smallest, unpacked
from slth_opt.batch.rows import Progress, no_subsets, solve_rows
from slth_opt.batch.singles import smallest_of_row
from slth_opt.errors import ProblemError
from slth_opt.grid import CAPACITY, as_fraction
from slth_opt.problems.legality import Size
from slth_opt.tables import make_table


def nearest_subsets(
    pools: Any,
    targets: Any,
    *,
    size: Size = None,
    rounding: str = "exact",
    bits: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Batch:
    """Find the best subset of every row.

    Parameters
    ----------
    pools
        One row of n weights for each target; or P rows with `targets` of shape (P, T), where
        all T targets of a row share its pool; or one pool of n weights for all targets.
    targets
        The numbers to approximate. Answers are in their order, a (P, T) array read row by row.
    size
        Exactly k, a pair (fewest, most), or None for any size.
    rounding, bits
        ``"exact"``, or ``"nearest"`` with `bits` after the binary point.
    workers
        Threads; all cores by default.
    progress
        Told the rows done and all rows, now and then.

    Raises
    ------
    GridError
        With the number of the row that cannot be placed, before any is solved.
    ClaimRejected
        If a recomputed answer is not what the kernel claimed.

    Examples
    --------
    >>> import numpy as np
    >>> nearest_subsets(np.array([3, -5, 8, 13]), np.array([10, 17]), size=2).error_units
    array([1, 1])
    """
    table = make_table(pools, targets, size=size, rounding=rounding, bits=bits)
    subsets, errors = solve_rows(table, by_size=False, workers=workers, progress=progress)
    masks = unpacked(subsets[:, 0], table.num_candidates)
    return Batch(masks=masks, error_units=errors[:, 0], table=table)


def profiles(
    pools: Any,
    targets: Any,
    *,
    rounding: str = "exact",
    bits: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Profiles:
    """Find the best subset of every size of every row; parameters as in `nearest_subsets`.

    Examples
    --------
    >>> import numpy as np
    >>> profiles(np.array([[3, -5, 8]]), np.array([4])).error_units.tolist()
    [[4, 1, 1, 2]]
    """
    table = make_table(pools, targets, size=None, rounding=rounding, bits=bits)
    subsets, errors = solve_rows(table, by_size=True, workers=workers, progress=progress)
    return Profiles(error_units=errors, bits=subsets, table=table)


def smallest_subsets(
    pools: Any,
    targets: Any,
    *,
    tolerance: Any,
    rounding: str = "exact",
    bits: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Smallest:
    """Find the smallest subset within a tolerance of every row, size by size.

    Among the subsets of that size it is the nearest. Sizes are tried in increasing order on the
    rows still open, so a row costs no more than its own size needs. Other parameters as in
    `nearest_subsets`.

    Examples
    --------
    >>> import numpy as np
    >>> smallest_subsets(np.array([[3, -5, 8]]), np.array([4]), tolerance=1).sizes
    array([1])
    """
    import numpy as np

    table = make_table(pools, targets, size=None, rounding=rounding, bits=bits)
    allowed = as_fraction(tolerance, what="tolerance")
    if allowed < 0:
        raise ProblemError(f"the tolerance must not be negative, got {tolerance}")
    limit = min(int(allowed * Fraction(2) ** table.grid.exponent), 2**CAPACITY - 1)
    count, n = len(table.targets), table.num_candidates
    sizes, errors = np.full(count, -1), np.full(count, -1)
    subsets = no_subsets((count,), n)
    still_open = np.arange(count)
    for size in range(n + 1 if n <= MOST_LANE_CANDIDATES else 0):
        part = table.part(still_open, size)
        found, found_errors = solve_rows(part, by_size=False, workers=workers, progress=None)
        within = found_errors[:, 0] <= limit
        done = still_open[within]
        sizes[done], subsets[done], errors[done] = size, found[within, 0], found_errors[within, 0]
        still_open = still_open[~within] if size < n else still_open[:0]
        if progress is not None and count:
            progress(count - len(still_open), count)
        if not len(still_open):
            break
    for row in still_open:
        sizes[row], subsets[row], errors[row] = smallest_of_row(table, int(row), limit)
        if progress is not None:
            progress(int(row) + 1, count)
    batch = Batch(masks=unpacked(subsets, n), error_units=errors, table=table)
    return Smallest(sizes=sizes, batch=batch, tolerance=limit)
