"""Arrays of subset sums: one exact answer per row, every one recomputed before it is returned.

Rows go through the lock-step kernels, several threads side by side; rows those cannot take
(too many weights or bits) go one by one through the backends. A kernel's answer is a claim
here too: the subset is added up again in int64, and must give the error the kernel found.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from slth_opt.array_grid import ArrayGrid, as_reals, choose_array_grid, place_array
from slth_opt.errors import ClaimRejected, GridError, ProblemError
from slth_opt.grid import CAPACITY, Grid, as_fraction
from slth_opt.problems import SubsetSum
from slth_opt.problems.legality import Size, size_range

if TYPE_CHECKING:
    import numpy as np

Progress = Callable[[int, int], None]
"""Called with the rows done and all rows."""

MOST_LANE_CANDIDATES = 36
"""Beyond this the lists of 16 pools leave the caches, and one pool at a time is faster."""

LANE_BITS = {"int32": 29, "int64": 60}
"""Sums (weights and target together) must stay below 2**bits for a lane of each type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of a batch on their grid: row i asks for target i of pool `owners[i]`."""

    pools: np.ndarray
    targets: np.ndarray
    owners: np.ndarray
    grid: ArrayGrid
    fewest: int
    most: int

    def problem(self, row: int) -> SubsetSum:
        """Return one row as a problem of its own."""
        owner = int(self.owners[row])
        weights = place_array(
            self.pools[owner : owner + 1], self.grid.pools_exponent, what="pools", first=owner
        )
        target = place_array(
            self.targets[row : row + 1], self.grid.exponent, what="targets", first=row
        )
        return SubsetSum(
            weights=tuple(int(w) << self.grid.shift for w in weights[0]),
            target=int(target[0]),
            fewest=self.fewest,
            most=self.most,
            grid=Grid(exponent=self.grid.exponent),
            rounded=self.grid.rounded,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The best subset of every row, proven and recomputed.

    Parameters
    ----------
    masks
        Which weights are chosen: one row of n booleans for each target.
    error_units
        The errors as integers, in units of ``2**-grid.exponent``.
    table
        The problems.

    Examples
    --------
    >>> import numpy as np
    >>> batch = nearest_subsets(np.array([[0.5, 0.25, 1.0]]), np.array([0.8]), size=2)
    >>> batch.masks.tolist(), float(batch.errors[0]), int(batch.sizes[0])
    ([[True, True, False]], 0.050000000000000044, 2)
    """

    masks: np.ndarray
    error_units: np.ndarray
    table: Table

    @property
    def errors(self) -> np.ndarray:
        """The errors as floats, rounded once."""
        import numpy as np

        return np.ldexp(self.error_units.astype(np.float64), -self.table.grid.exponent)

    @property
    def sizes(self) -> np.ndarray:
        """How many weights each subset has."""
        counted: np.ndarray = self.masks.sum(axis=1)
        return counted

    def problem(self, row: int) -> SubsetSum:
        """Return one row as a problem of its own, to solve or certify."""
        return self.table.problem(row)

    def indices(self, row: int) -> tuple[int, ...]:
        """Return the chosen indices of one row."""
        return tuple(int(i) for i in self.masks[row].nonzero()[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """The best subset of every size 0..n of every row.

    Parameters
    ----------
    error_units
        The errors, one column for each size, in units of ``2**-table.grid.exponent``.
    bits
        The subsets: bit i of an entry says whether weight i is chosen.
    table
        The problems.

    Examples
    --------
    >>> import numpy as np
    >>> found = profiles(np.array([[0.5, 0.25, 1.0]]), np.array([0.75]))
    >>> found.errors.tolist(), found.mask(0, 2).tolist()
    ([[0.75, 0.25, 0.0, 1.0]], [True, True, False])
    """

    error_units: np.ndarray
    bits: np.ndarray
    table: Table

    @property
    def errors(self) -> np.ndarray:
        """The errors as floats, rounded once."""
        import numpy as np

        return np.ldexp(self.error_units.astype(np.float64), -self.table.grid.exponent)

    def mask(self, row: int, size: int) -> np.ndarray:
        """Return the best subset of one size as booleans."""
        import numpy as np

        n = self.table.pools.shape[1]
        chosen: np.ndarray = (int(self.bits[row, size]) >> np.arange(n)) & 1 == 1
        return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Smallest:
    """The smallest subset within a tolerance of every row, where there is one.

    Parameters
    ----------
    sizes
        The smallest size, or -1: proven that no subset is within the tolerance.
    batch
        The subsets and their errors; rows without one hold an empty mask and error -1.

    Examples
    --------
    >>> import numpy as np
    >>> found = smallest_subsets(np.array([[0.5, 0.25, 1.0]]), np.array([0.7]), tolerance=0.1)
    >>> found.sizes.tolist(), found.batch.masks.tolist()
    ([2], [[True, True, False]])
    """

    sizes: np.ndarray
    batch: Batch


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
        The numbers to approximate.
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
        With the number of the row that cannot be placed.
    ClaimRejected
        If a recomputed answer is not what the kernel claimed.

    Examples
    --------
    >>> import numpy as np
    >>> nearest_subsets(np.array([3, -5, 8, 13]), np.array([10, 17]), size=2).error_units
    array([1, 1])
    """
    table = _table(pools, targets, size, rounding, bits)
    masks, errors = _solve_rows(table, by_size=False, workers=workers, progress=progress)
    return Batch(masks=_unpacked(masks[:, 0], table), error_units=errors[:, 0], table=table)


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
    table = _table(pools, targets, None, rounding, bits)
    masks, errors = _solve_rows(table, by_size=True, workers=workers, progress=progress)
    return Profiles(error_units=errors, bits=masks, table=table)


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

    Sizes are tried in increasing order on the rows still open, so a row costs no more than its
    own size needs. Other parameters as in `nearest_subsets`.

    Examples
    --------
    >>> import numpy as np
    >>> smallest_subsets(np.array([[3, -5, 8]]), np.array([4]), tolerance=1).sizes
    array([1])
    """
    import numpy as np

    table = _table(pools, targets, None, rounding, bits)
    allowed = as_fraction(tolerance, what="tolerance")
    if allowed < 0:
        raise ProblemError(f"the tolerance must not be negative, got {tolerance}")
    limit = min(int(allowed * Fraction(2) ** table.grid.exponent), 2**CAPACITY)
    rows, n = len(table.targets), table.pools.shape[1]
    sizes = np.full(rows, -1)
    masks, errors = np.zeros(rows, object if n > 62 else np.int64), np.full(rows, -1)
    still_open = np.arange(rows)
    for size in range(n + 1):
        part = _with(table, still_open, size)
        found, found_errors = _solve_rows(part, by_size=False, workers=workers, progress=None)
        within = found_errors[:, 0] <= limit
        done = still_open[within]
        sizes[done], masks[done], errors[done] = size, found[within, 0], found_errors[within, 0]
        still_open = still_open[~within]
        if progress is not None:
            progress(rows - len(still_open), rows)
        if not len(still_open):
            break
    return Smallest(
        sizes=sizes, batch=Batch(masks=_unpacked(masks, table), error_units=errors, table=table)
    )


def _table(pools: Any, targets: Any, size: Size, rounding: str, bits: int | None) -> Table:
    import numpy as np

    pool_array, target_array = as_reals(pools, what="pools"), as_reals(targets, what="targets")
    if pool_array.ndim == 1:
        pool_array = pool_array[None, :]
        owners = np.zeros(target_array.size, np.int64)
        shapes_match = target_array.ndim == 1
    elif target_array.ndim == 2:
        owners = np.repeat(np.arange(len(pool_array)), target_array.shape[1])
        shapes_match = len(pool_array) == len(target_array)
    else:
        owners = np.arange(len(pool_array))
        shapes_match = target_array.ndim == 1 and len(pool_array) == len(target_array)
    if pool_array.ndim != 2 or not shapes_match:
        raise ProblemError(
            f"pools of shape {np.shape(pools)} and targets of shape {np.shape(targets)} do not "
            "match: give (N, n) and (N,), or (P, n) and (P, T), or (n,) and (N,)"
        )
    if pool_array.shape[1] == 0:
        raise ProblemError("the pools are empty: give at least one weight")
    flat = target_array.reshape(-1)
    fewest, most = size_range(size, pool_array.shape[1])
    grid = choose_array_grid(pool_array, flat, rounding=rounding, bits=bits)
    return Table(pools=pool_array, targets=flat, owners=owners, grid=grid, fewest=fewest, most=most)


def _with(table: Table, rows: np.ndarray, size: int) -> Table:
    return Table(
        pools=table.pools,
        targets=table.targets[rows],
        owners=table.owners[rows],
        grid=table.grid,
        fewest=size,
        most=size,
    )


def _solve_rows(
    table: Table, *, by_size: bool, workers: int | None, progress: Progress | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the subsets, as bits, and the error units: one column, or one for each size."""
    import numpy as np

    rows, n = len(table.targets), table.pools.shape[1]
    columns = table.most - table.fewest + 1 if by_size else 1
    masks = np.zeros((rows, columns), object if n > 62 else np.int64)
    errors = np.zeros((rows, columns), np.int64)
    solve_part = _lane_solver(table, by_size) if n <= MOST_LANE_CANDIDATES else None
    done = 0

    def work(first: int, last: int) -> int:
        if solve_part is not None:
            solve_part(first, last, masks, errors)
        else:
            _one_by_one(table, range(first, last), by_size, masks, errors)
        return last - first

    for finished in _in_threads(work, _chunks(rows, n), workers):
        done += finished
        if progress is not None:
            progress(done, rows)
    return masks, errors


def _chunks(rows: int, num_candidates: int) -> Iterator[tuple[int, int]]:
    """Cut the rows into parts of well under a second each, whole vector rows."""
    length = max(16, min(8192, 2 ** (34 - num_candidates // 2) // 16384 * 16))
    for first in range(0, rows, length):
        yield first, min(first + length, rows)


def _in_threads(
    work: Callable[[int, int], int], chunks: Iterator[tuple[int, int]], workers: int | None
) -> Iterator[int]:
    """Run the chunks on threads, a few ahead; on Ctrl-C drop those not yet begun."""
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

    threads = workers or os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as executor:
        waiting: set[Future[int]] = set()
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


def _lane_solver(table: Table, by_size: bool) -> Callable[[int, int, np.ndarray, np.ndarray], None]:
    """Return a function that solves and audits the rows first..last-1 in lock-step."""
    import numpy as np

    from slth_opt.kernels.lockstep import make_plan, make_workspace, nearest_subsets

    plan = make_plan(table.pools.shape[1], table.fewest, table.most, by_size)
    shift = table.grid.shift

    def solve_part(first: int, last: int, masks: np.ndarray, errors: np.ndarray) -> None:
        pools, owners, fine = _placed(table, first, last)
        coarse = fine >> shift
        left_over = fine - (coarse << shift)
        # One, two or three quarters of a unit: a fraction below, at or above one half.
        half = (1 << shift) >> 1
        tags = np.where(left_over == half, 2, np.where(left_over > half, 3, 1))
        tags[left_over == 0] = 1
        sums = np.abs(pools).sum(axis=1).max() + np.abs(coarse).max() + 1
        lane = next((t for t, bits in LANE_BITS.items() if int(sums) < 2**bits), None)
        if lane is None:
            _one_by_one(table, range(first, last), by_size, masks, errors)
            return
        keys = np.empty((last - first, plan.num_slots), np.int64)
        workspace = make_workspace(plan, np.dtype(lane))
        nearest_subsets(
            plan, pools, owners, coarse, tags, 0, last - first, workspace,
            masks[first:last], keys,
        )  # fmt: skip
        errors[first:last] = _audited(
            masks[first:last], keys, pools, owners, fine, coarse, tags, table, by_size, first
        )

    return solve_part


def _placed(table: Table, first: int, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pools that rows first..last-1 use, which row uses which, and their targets."""
    import numpy as np

    used, owners = np.unique(table.owners[first:last], return_inverse=True)
    pools = place_array(
        table.pools[used[0] : used[-1] + 1][used - used[0]],
        table.grid.pools_exponent,
        what="pools",
        first=int(used[0]),
    )
    targets = place_array(
        table.targets[first:last], table.grid.exponent, what="targets", first=first
    )
    units = np.ldexp(np.abs(pools.astype(np.float64)).sum(axis=1), table.grid.shift)
    bad = np.flatnonzero(
        ~(units[owners] + np.abs(targets.astype(np.float64)) < 2.0**CAPACITY * (1 - 2.0**-40))
    )
    if bad.size:
        raise GridError(
            f"row {first + int(bad[0])}: pool and target together need more than {CAPACITY} bits "
            f"in units of 2^-{table.grid.exponent}; use rounding='nearest' with fewer bits"
        )
    return pools, owners.reshape(-1), targets


def _audited(
    masks: np.ndarray,
    keys: np.ndarray,
    pools: np.ndarray,
    owners: np.ndarray,
    fine: np.ndarray,
    coarse: np.ndarray,
    tags: np.ndarray,
    table: Table,
    by_size: bool,
    first: int,
) -> np.ndarray:
    """Add every subset up again; return the errors, or raise naming the first wrong row."""
    import numpy as np

    columns = pools.T.copy()
    own = np.array_equal(owners, np.arange(len(pools)))  # then nothing need be gathered
    errors = np.empty(masks.shape, np.int64)
    for column in range(masks.shape[1]):
        bits = masks[:, column]
        sums = np.zeros(len(bits), np.int64)
        for i, weights in enumerate(columns):
            sums += (weights if own else weights[owners]) * ((bits >> i) & 1)
        sizes = np.bitwise_count(bits)
        fewest, most = (table.fewest + column,) * 2 if by_size else (table.fewest, table.most)
        # What the kernel minimised: four times the distance, to the target or past its fraction.
        expected = np.where(sums <= coarse, 4 * (coarse - sums) + tags, 4 * (sums - coarse) - tags)
        wrong = (bits < 0) | (sizes < fewest) | (sizes > most) | (expected != keys[:, column])
        if wrong.any():
            row = int(wrong.argmax())
            raise ClaimRejected(
                f"the lock-step kernel's answer for row {first + row} is wrong: it claims the "
                f"difference {keys[row, column]}, its subset has {expected[row]}"
            )
        errors[:, column] = np.abs((sums << table.grid.shift) - fine)
    return errors


def _one_by_one(
    table: Table, rows: range, by_size: bool, masks: np.ndarray, errors: np.ndarray
) -> None:
    """Solve rows through the backends; every result there is audited already."""
    from dataclasses import replace

    from slth_opt.solving import solve

    for row in rows:
        problem = table.problem(row)
        sizes = range(table.fewest, table.most + 1) if by_size else [None]
        for column, size in enumerate(sizes):
            asked = problem if size is None else replace(problem, fewest=size, most=size)
            result = solve(asked)
            if not result.is_optimal or result.indices is None or result.value is None:
                raise ClaimRejected(f"row {row} was not solved to a proof: {result.stop.value}")
            masks[row, column] = sum(1 << i for i in result.indices)
            errors[row, column] = result.value


def _unpacked(bits: np.ndarray, table: Table) -> np.ndarray:
    import numpy as np

    n = table.pools.shape[1]
    masks = np.empty((len(bits), n), bool)
    for i in range(n):
        masks[:, i] = (bits >> i) & 1
    return masks
