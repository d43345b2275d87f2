"""The rows of a batch on their grid: pools, targets, and which row asks which pool.

The arrays are kept as they were given and not copied (a mapped file stays on disk); integers
are made of a few thousand rows at a time. That every row fits the grid is checked once, before
any is solved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from slth_opt.array_grid import (
    CHUNK,
    ROOM,
    ArrayGrid,
    as_reals,
    choose_array_grid,
    finest_row,
    place_array,
)
from slth_opt.errors import GridError, ProblemError
from slth_opt.grid import CAPACITY, Grid
from slth_opt.problems import SmallestSubset, SubsetSum
from slth_opt.problems.legality import Size, size_range

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRows:
    """Some rows of a table as int64.

    Parameters
    ----------
    pools
        The pools these rows use, in units of the pools' grid.
    owners
        Which of them each row asks.
    targets
        In units of the grid, ``shift`` bits finer than that of the pools.
    shift
        How many bits finer.
    """

    pools: np.ndarray
    owners: np.ndarray
    targets: np.ndarray
    shift: int

    @property
    def coarse(self) -> np.ndarray:
        """The targets rounded down to the pools' grid."""
        floor: np.ndarray = self.targets >> self.shift
        return floor

    @property
    def tags(self) -> np.ndarray:
        """What was rounded off a target: 1, 2, 3 for below, at or above half a unit."""
        import numpy as np

        left_over = self.targets - (self.coarse << self.shift)
        half = (1 << self.shift) >> 1
        tags = np.where(left_over == half, 2, np.where(left_over > half, 3, 1))
        tags[left_over == 0] = 1
        return tags

    @property
    def reach(self) -> np.ndarray:
        """A bound on every sum of a row, on its distance from the target, and on the target."""
        import numpy as np

        bound: np.ndarray = np.abs(self.pools).sum(axis=1)[self.owners] + np.abs(self.coarse) + 1
        return bound

    def errors_of(self, chosen: np.ndarray) -> np.ndarray:
        """Add up the chosen weights of every row, given as booleans; return the errors.

        Examples
        --------
        >>> import numpy as np
        >>> table = make_table([0.5, 0.25, 1.0], [0.8125], size=2, rounding="exact", bits=None)
        >>> table.placed(0, 1).errors_of(np.array([[True, True, False]])), table.grid.exponent
        (array([1]), 4)
        """
        import numpy as np

        sums = np.einsum("ij,ij->i", self.pools[self.owners], chosen)
        errors: np.ndarray = np.abs((sums << self.shift) - self.targets)
        return errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Row i asks for target i of pool `owners[i]`, and for fewest..most of its weights.

    `rows` tells what the rows are called in the table that this one is a part of.
    """

    pools: np.ndarray
    targets: np.ndarray
    owners: np.ndarray
    grid: ArrayGrid
    fewest: int
    most: int
    rows: np.ndarray | None = None

    @property
    def num_candidates(self) -> int:
        """How many weights each pool has."""
        return int(self.pools.shape[1])

    def row_number(self, row: int) -> int:
        """Return what people call a row."""
        return row if self.rows is None else int(self.rows[row])

    def part(self, rows: np.ndarray, size: int) -> Table:
        """Return some of the rows, asking for exactly `size` weights."""
        return replace(
            self,
            targets=self.targets[rows],
            owners=self.owners[rows],
            fewest=size,
            most=size,
            rows=rows if self.rows is None else self.rows[rows],
        )

    def placed(self, first: int, last: int) -> PlacedRows:
        """Return the rows first..last-1 as integers; refuse one that does not fit, by number."""
        import numpy as np

        used, owners = np.unique(self.owners[first:last], return_inverse=True)
        span = self.pools[used[0] : used[-1] + 1]
        if len(span) > len(used):
            span = span[used - used[0]]
        pools = place_array(span, self.grid.pools_exponent, what="pools", rows=used)
        numbers = np.arange(first, last) if self.rows is None else self.rows[first:last]
        targets = place_array(
            self.targets[first:last], self.grid.exponent, what="targets", rows=numbers
        )
        owners = owners.reshape(-1)
        units = np.ldexp(np.abs(pools.astype(np.float64)).sum(axis=1), self.grid.shift)
        bad = np.flatnonzero(~(units[owners] + np.abs(targets.astype(np.float64)) < ROOM))
        if bad.size:
            raise GridError(
                f"row {numbers[bad[0]]}: pool and target together add up to 2^{CAPACITY} units "
                f"of 2^-{self.grid.exponent} or more"
            )
        return PlacedRows(pools=pools, owners=owners, targets=targets, shift=self.grid.shift)

    def problem(self, row: int) -> SubsetSum:
        """Return one row as a problem of its own."""
        row = range(len(self.targets))[row]  # -1 is the last; beyond the end is an IndexError
        placed = self.placed(row, row + 1)
        return SubsetSum(
            weights=tuple(int(w) << self.grid.shift for w in placed.pools[0]),
            target=int(placed.targets[0]),
            fewest=self.fewest,
            most=self.most,
            grid=Grid(exponent=self.grid.exponent),
            rounded=self.grid.rounded,
        )

    def smallest_problem(self, row: int, tolerance: int) -> SmallestSubset:
        """Return one row as a problem of its own: the fewest weights within a tolerance."""
        problem = self.problem(row)
        return SmallestSubset(
            weights=problem.weights,
            target=problem.target,
            tolerance=tolerance,
            grid=problem.grid,
            rounded=problem.rounded,
        )


def make_table(pools: Any, targets: Any, *, size: Size, rounding: str, bits: int | None) -> Table:
    """Match pools with targets and choose the grid; refuse what does not fit, before any work.

    Examples
    --------
    >>> table = make_table([[3, 5], [4, 7]], [[1, 2, 3], [4, 5, 6]], size=1, rounding="exact",
    ...     bits=None)
    >>> table.owners.tolist(), table.problem(4).weights, table.problem(4).target
    ([0, 0, 0, 1, 1, 1], (4, 7), 5)
    """
    pool_array = as_reals(pools, what="pools", one_row=True)
    target_array = as_reals(targets, what="targets")
    shapes = f"pools of shape {pool_array.shape} and targets of shape {target_array.shape}"
    if pool_array.ndim == 1:
        pool_array = pool_array[None, :]
        owners = _owners(1, target_array.size)
        shapes_match = target_array.ndim == 1
    elif target_array.ndim == 2:
        owners = _owners(len(target_array), target_array.shape[1])
        shapes_match = len(pool_array) == len(target_array) if pool_array.ndim else False
    else:
        owners = _owners(target_array.size, 1)
        shapes_match = target_array.ndim == 1 and pool_array.shape[:1] == target_array.shape
    if pool_array.ndim != 2 or not shapes_match:
        raise ProblemError(
            f"{shapes} do not match: give (N, n) and (N,), or (P, n) and (P, T), or (n,) and (N,)"
        )
    if pool_array.shape[1] == 0:
        raise ProblemError("the pools are empty: give at least one weight")
    flat = target_array.reshape(-1)
    fewest, most = size_range(size, pool_array.shape[1])
    grid = choose_array_grid(pool_array, flat, rounding=rounding, bits=bits)
    table = Table(
        pools=pool_array, targets=flat, owners=owners, grid=grid, fewest=fewest, most=most
    )
    _check_room(table, bits)
    return table


def parts_of(rows: int, num_candidates: int) -> Iterator[tuple[int, int]]:
    """Cut rows into parts whose integers take a few MiB.

    Examples
    --------
    >>> list(parts_of(5, 2**19))
    [(0, 2), (2, 4), (4, 5)]
    """
    length = max(1, CHUNK // num_candidates)
    for first in range(0, rows, length):
        yield first, min(first + length, rows)


def _owners(pools: int, targets_each: int) -> np.ndarray:
    import numpy as np

    return np.repeat(np.arange(pools), targets_each)


def _check_room(table: Table, bits: int | None) -> None:
    """Refuse the first row that does not fit the grid, and say what makes the grid that fine."""
    if _all_fit(table):
        return
    for first, last in parts_of(len(table.targets), table.num_candidates):
        try:
            table.placed(first, last)
        except GridError as refused:
            raise GridError(f"{refused}; {_remedy(table, bits)}") from None


def _all_fit(table: Table) -> bool:
    """Tell whether even the largest numbers, all in one row, would fit: one quick look."""
    import numpy as np

    largest = [
        max(float(values.max(initial=0)), -float(values.min(initial=0)))
        for values in (table.pools, table.targets)
    ]
    with np.errstate(over="ignore"):
        total = np.ldexp(table.num_candidates * largest[0] + largest[1], table.grid.exponent)
    return bool(total < ROOM)


def _remedy(table: Table, bits: int | None) -> str:
    """Say what to do, and which number it is that needs so fine a unit."""
    exponent = table.grid.exponent
    if bits is not None:
        return "round to fewer bits"
    if exponent == 0:
        return "scale the numbers down"
    what, values = ("pools", table.pools) if table.grid.shift == 0 else ("targets", table.targets)
    finest = finest_row(values)
    return (
        f"{what}, row {finest} needs so fine a unit: use rounding='nearest' with fewer than "
        f"{exponent} bits"
    )
