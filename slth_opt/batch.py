"""Arrays of subset sums: one exact answer per row, every one recomputed before it is returned.

Rows go through the lock-step kernels, several threads side by side; rows those cannot take
(too many weights or bits) go one by one through the backends. A kernel's answer is a claim
here too: the subset is added up again in int64, and must give the error the kernel found.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from slth_opt.array_grid import as_floats, float_above, float_below
from slth_opt.backends import meeting
from slth_opt.errors import ClaimRejected, ProblemError
from slth_opt.grid import CAPACITY, as_fraction
from slth_opt.methods import Claim
from slth_opt.problems import SmallestSubset, SubsetSum
from slth_opt.problems.legality import Size
from slth_opt.results import Effort, Result, Stop
from slth_opt.solving import audit, solve, why_not
from slth_opt.tables import PlacedRows, Table, make_table

if TYPE_CHECKING:
    import numpy as np

Progress = Callable[[int, int], None]
"""Called with the rows done and all rows."""

MOST_LANE_CANDIDATES = 36
"""Beyond this the lists of 16 pools take more than 64 MiB a thread. At 34 weights the lanes still
took less than half the time of one pool after the other."""

LANE_BITS = {"int32": 29, "int64": 60}
"""What a row may reach (`PlacedRows.reach`) stays below 2**bits in lanes of each type.

A lane holds four times a sum of weights, or four times what is left of the target plus a tag
of at most 3: below 4 * 2**bits in absolute value, as are the differences of the two.
"""

MOST_INT64_BITS = 62
"""Subsets of more weights are kept as Python ints."""


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
        """The errors as floats, rounded once; on the rounded numbers, if they were rounded."""
        return as_floats(self.error_units, self.table.grid.exponent)

    @property
    def brackets(self) -> tuple[np.ndarray, np.ndarray]:
        """Floats below and above the errors on the original numbers, with certainty.

        At most an ulp apart from the error, unless the numbers were rounded onto the grid.

        Examples
        --------
        >>> import numpy as np
        >>> third = np.array([1 / 3, 2 / 3]), np.array([1.0])
        >>> low, high = nearest_subsets(*third, size=1, rounding="nearest", bits=4).brackets
        >>> float(low[0]), float(high[0])
        (0.25, 0.375)
        """
        return _brackets(self.error_units, self.sizes, self.table)

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
        """The errors as floats, rounded once; on the rounded numbers, if they were rounded."""
        return as_floats(self.error_units, self.table.grid.exponent)

    @property
    def brackets(self) -> tuple[np.ndarray, np.ndarray]:
        """Floats below and above the errors on the original numbers, as in `Batch`."""
        import numpy as np

        return _brackets(self.error_units, np.arange(self.bits.shape[1]), self.table)

    def mask(self, row: int, size: int) -> np.ndarray:
        """Return the best subset of one size as booleans."""
        chosen: np.ndarray = unpacked(self.bits[[row], size], self.table.num_candidates)[0]
        return chosen

    def problem(self, row: int, size: int) -> SubsetSum:
        """Return one row at one size as a problem of its own, to solve or certify."""
        return replace(self.table.problem(row), fewest=size, most=size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Smallest:
    """The smallest subset within a tolerance of every row, where there is one.

    Parameters
    ----------
    sizes
        The smallest size, or -1: proven that no subset is within the tolerance.
    batch
        For every row the nearest subset of that size; a row without one holds an empty mask,
        -1 error units and the error NaN.
    tolerance
        The tolerance in error units, rounded down, which changes nothing.

    Examples
    --------
    >>> import numpy as np
    >>> found = smallest_subsets(np.array([[0.5, 0.25, 1.0]]), np.array([0.7]), tolerance=0.1)
    >>> found.sizes.tolist(), found.batch.masks.tolist()
    ([2], [[True, True, False]])
    """

    sizes: np.ndarray
    batch: Batch
    tolerance: int

    def problem(self, row: int) -> SmallestSubset:
        """Return one row as a problem of its own, to solve or certify."""
        return self.batch.table.smallest_problem(row, self.tolerance)


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
    subsets, errors = _solve_rows(table, by_size=False, workers=workers, progress=progress)
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
    subsets, errors = _solve_rows(table, by_size=True, workers=workers, progress=progress)
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
    subsets = _no_subsets((count,), n)
    still_open = np.arange(count)
    for size in range(n + 1 if n <= MOST_LANE_CANDIDATES else 0):
        part = table.part(still_open, size)
        found, found_errors = _solve_rows(part, by_size=False, workers=workers, progress=None)
        within = found_errors[:, 0] <= limit
        done = still_open[within]
        sizes[done], subsets[done], errors[done] = size, found[within, 0], found_errors[within, 0]
        still_open = still_open[~within] if size < n else still_open[:0]
        if progress is not None and count:
            progress(count - len(still_open), count)
        if not len(still_open):
            break
    for row in still_open:
        sizes[row], subsets[row], errors[row] = _smallest_one(table, int(row), limit)
        if progress is not None:
            progress(int(row) + 1, count)
    batch = Batch(masks=unpacked(subsets, n), error_units=errors, table=table)
    return Smallest(sizes=sizes, batch=batch, tolerance=limit)


def unpacked(subsets: np.ndarray, num_candidates: int) -> np.ndarray:
    """Turn subsets given as bits into rows of booleans.

    Examples
    --------
    >>> import numpy as np
    >>> unpacked(np.array([5, 2]), 3).tolist()
    [[True, False, True], [False, True, False]]
    """
    import numpy as np

    masks = np.empty((len(subsets), num_candidates), bool)
    for i in range(num_candidates):
        masks[:, i] = (subsets >> i) & 1
    return masks


def _no_subsets(shape: tuple[int, ...], num_candidates: int) -> np.ndarray:
    """Return an array that holds a subset of some candidates, as bits, in every place."""
    import numpy as np

    zeros: np.ndarray = np.zeros(shape, np.int64 if num_candidates <= MOST_INT64_BITS else object)
    return zeros


def _brackets(units: np.ndarray, sizes: np.ndarray, table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Return floats around the errors on the original numbers; see `Result.bracket`."""
    import numpy as np

    # In half units: rounding moved each weight chosen, and the target, by at most one.
    slack = sizes + 1 if table.grid.rounded else 0
    low = float_below(np.maximum(0, 2 * units - slack), table.grid.exponent + 1)
    high = float_above(2 * units + slack, table.grid.exponent + 1)
    low[units < 0] = high[units < 0] = np.nan
    return low, high


def _solve_rows(
    table: Table, *, by_size: bool, workers: int | None, progress: Progress | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the subsets, as bits, and the error units: one column, or one for each size."""
    import numpy as np

    Effort(workers=workers)  # refuses what is no number of workers
    rows, n = len(table.targets), table.num_candidates
    columns = table.most - table.fewest + 1 if by_size else 1
    subsets = _no_subsets((rows, columns), n)
    errors = np.zeros((rows, columns), np.int64)
    left_over: Sequence[int] = range(rows)
    done = 0
    if n <= MOST_LANE_CANDIDATES:
        solve_part = _lane_solver(table, by_size, subsets, errors)
        too_large: list[int] = []
        for length, refused in _in_threads(solve_part, _chunks(rows, n, by_size), workers):
            too_large += refused
            done += length - len(refused)
            if progress is not None:
                progress(done, rows)
        left_over = sorted(too_large)
    for row in left_over:
        _solve_one(table, row, by_size, subsets, errors)
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


Solved = tuple[int, list[int]]
"""How many rows a thread was given, and those it could not take."""


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


def _lane_solver(
    table: Table, by_size: bool, subsets: np.ndarray, errors: np.ndarray
) -> Callable[[int, int], Solved]:
    """Return a function that solves and audits the rows first..last-1 in lock-step."""
    import numpy as np

    from slth_opt.kernels.lockstep import make_plan, make_workspace, nearest_subsets

    plan = make_plan(table.num_candidates, table.fewest, table.most, by_size)

    def solve_part(first: int, last: int) -> Solved:
        placed = table.placed(first, last)
        reach = placed.reach
        takes = reach < 2 ** LANE_BITS["int64"]
        fit, refused = np.flatnonzero(takes), (first + np.flatnonzero(~takes)).tolist()
        if not fit.size:
            return last - first, refused
        widest = int(reach[fit].max())
        lane = next(name for name, bits in LANE_BITS.items() if widest < 2**bits)
        coarse, tags = placed.coarse[fit], placed.tags[fit]
        found = np.empty((len(fit), plan.num_slots), np.int64)
        keys = np.empty_like(found)
        nearest_subsets(
            plan, placed.pools, placed.owners[fit], coarse, tags, 0, len(fit),
            make_workspace(plan, np.dtype(lane)), found, keys,
        )  # fmt: skip
        subsets[first + fit] = found
        errors[first + fit] = _audited(table, placed, first, fit, by_size, found, keys)
        return last - first, refused

    return solve_part


def _audited(
    table: Table,
    placed: PlacedRows,
    first: int,
    rows: np.ndarray,
    by_size: bool,
    subsets: np.ndarray,
    keys: np.ndarray,
) -> np.ndarray:
    """Add every subset up again; return the errors, or raise naming the first wrong row."""
    import numpy as np

    owners, fine = placed.owners[rows], placed.targets[rows]
    coarse, tags = placed.coarse[rows], placed.tags[rows]
    columns = placed.pools.T.copy()
    own = np.array_equal(owners, np.arange(len(placed.pools)))  # then nothing need be gathered
    errors = np.empty(subsets.shape, np.int64)
    for column in range(subsets.shape[1]):
        bits = subsets[:, column]
        sums = np.zeros(len(bits), np.int64)
        for i, weights in enumerate(columns):
            sums += (weights if own else weights[owners]) * ((bits >> i) & 1)
        sizes = np.bitwise_count(bits)
        fewest, most = (table.fewest + column,) * 2 if by_size else (table.fewest, table.most)
        # What the kernel minimised: four times the distance, to the target or past its fraction.
        expected = np.where(sums <= coarse, 4 * (coarse - sums) + tags, 4 * (sums - coarse) - tags)
        none = bits >> table.num_candidates != 0  # -1, or weights that are not there
        wrong = none | (sizes < fewest) | (sizes > most) | (expected != keys[:, column])
        if wrong.any():
            row = int(wrong.argmax())
            what = f"{sizes[row]} weights, the difference {expected[row]}"
            raise ClaimRejected(
                f"the lock-step kernel's answer for row {table.row_number(first + int(rows[row]))} "
                f"is wrong: it claims {fewest}..{most} weights of {table.num_candidates} and the "
                f"difference {keys[row, column]}, but shows "
                f"{'no subset' if none[row] else what}"
            )
        errors[:, column] = np.abs((sums << placed.shift) - fine)
    return errors


def _solve_one(
    table: Table, row: int, by_size: bool, subsets: np.ndarray, errors: np.ndarray
) -> None:
    """Solve a row through the backends; every result there is audited already."""
    problem = table.problem(row)
    for column, result in enumerate(_results(problem, by_size)):
        subsets[row, column], errors[row, column] = _proven(result, table, row)


def _smallest_one(table: Table, row: int, limit: int) -> tuple[int, int, int]:
    """Return size, subset and error: the smallest size through the backends, then its nearest."""
    smallest = solve(table.smallest_problem(row, limit))
    if smallest.infeasible:
        return -1, 0, -1
    size = _proven(smallest, table, row)[0].bit_count()
    nearest = solve(replace(table.problem(row), fewest=size, most=size))
    return size, *_proven(nearest, table, row)


def _proven(result: Result, table: Table, row: int) -> tuple[int, int]:
    """Return the subset, as bits, and the objective of a proven result; believe no other."""
    if result.stop is Stop.INTERRUPTED:
        raise KeyboardInterrupt
    if not result.is_optimal or result.indices is None or result.value is None:
        raise ClaimRejected(
            f"row {table.row_number(row)} was not solved to a proof: {result.stop.value}"
        )
    return sum(1 << i for i in result.indices), result.value


def _results(problem: SubsetSum, by_size: bool) -> Iterator[Result]:
    """Yield the result of a problem, or of every size it allows."""
    if not by_size:
        yield solve(problem)
        return
    questions = [
        replace(problem, fewest=size, most=size) for size in range(problem.fewest, problem.most + 1)
    ]
    if why_not(meeting.BACKEND, problem) is not None:
        yield from map(solve, questions)
        return
    found = meeting.profile(problem)
    for question, (error, indices) in zip(questions, found[problem.fewest :], strict=False):
        claim = Claim(indices=indices, bound=error, stop=Stop.FINISHED)
        yield audit(question, claim, backend=meeting.BACKEND)
