"""What a batch answers: the best subset of every row, of every size, or the smallest of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from slth_opt.array_grid import as_floats, float_above, float_below
from slth_opt.problems import SmallestSubset, SubsetSum
from slth_opt.tables import Table

if TYPE_CHECKING:
    import numpy as np


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
    >>> from slth_opt.batch import nearest_subsets
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
        >>> from slth_opt.batch import nearest_subsets
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
    >>> from slth_opt.batch import profiles
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
    >>> from slth_opt.batch import smallest_subsets
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


def _brackets(units: np.ndarray, sizes: np.ndarray, table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Return floats around the errors on the original numbers; see `Result.bracket`."""
    import numpy as np

    # In half units: rounding moved each weight chosen, and the target, by at most one.
    slack = sizes + 1 if table.grid.rounded else 0
    low = float_below(np.maximum(0, 2 * units - slack), table.grid.exponent + 1)
    high = float_above(2 * units + slack, table.grid.exponent + 1)
    low[units < 0] = high[units < 0] = np.nan
    return low, high
