"""Pools with zeros: the zeros are left out, and rows with as many others go together.

When signs decide which candidates may serve, half of them are zeros. A zero adds nothing, so an
optimum needs none; only a fixed size may have to be filled up with them. Without the zeros a pool
of 40 becomes one of about 20, which is a thousand times less work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from slth_opt.batch import (
    MOST_INT64_BITS,
    Profiles,
    nearest_subsets,
    profiles,
    smallest_subsets,
)
from slth_opt.tables import make_table

if TYPE_CHECKING:
    import numpy as np

Progress = Callable[[int, int], None]


def nearest_masks(
    pools: np.ndarray,
    targets: np.ndarray,
    *,
    size: int | None = None,
    progress: Progress | None = None,
    **placing: Any,
) -> np.ndarray:
    """Return the best subset of every row as booleans, of one size or of any.

    Examples
    --------
    >>> import numpy as np
    >>> pools = np.array([[0.5, 0.0, 0.25], [0.0, 0.0, 1.0]])
    >>> nearest_masks(pools, np.array([0.75, 0.2]), size=2).tolist()
    [[True, False, True], [True, True, False]]
    """
    import numpy as np

    masks = np.zeros(pools.shape, bool)
    for rows, columns, tell in _groups(pools, progress):
        width, zeros = columns.shape[1], pools.shape[1] - columns.shape[1]
        if width:
            rule = None if size is None else (max(0, size - zeros), min(size, width))
            inner = np.take_along_axis(pools[rows], columns, axis=1)
            found = nearest_subsets(inner, targets[rows], size=rule, progress=tell, **placing)
            masks[rows[:, None], columns] = found.masks
    return masks if size is None else _filled_up(pools, masks, size)


def smallest_masks(
    pools: np.ndarray,
    targets: np.ndarray,
    *,
    tolerance: Any,
    progress: Progress | None = None,
    **placing: Any,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest subset within a tolerance of every row, and which rows have none.

    Examples
    --------
    >>> import numpy as np
    >>> pools = np.array([[0.5, 0.0, 0.25], [0.0, 0.0, 1.0]])
    >>> masks, missed = smallest_masks(pools, np.array([0.75, 0.2]), tolerance=0.1)
    >>> masks.tolist(), missed.tolist()
    ([[True, False, True], [False, False, False]], [1])
    """
    import numpy as np

    masks, missed = np.zeros(pools.shape, bool), []
    for rows, columns, tell in _groups(pools, progress):
        if columns.shape[1] == 0:
            missed.append(rows[[abs(Fraction(float(t))) > tolerance for t in targets[rows]]])
            continue
        inner = np.take_along_axis(pools[rows], columns, axis=1)
        found = smallest_subsets(
            inner, targets[rows], tolerance=tolerance, progress=tell, **placing
        )
        masks[rows[:, None], columns] = found.batch.masks
        missed.append(rows[found.sizes < 0])
    return masks, np.sort(np.concatenate(missed)) if missed else np.zeros(0, int)


def full_profiles(
    pools: np.ndarray,
    targets: np.ndarray,
    *,
    progress: Progress | None = None,
    **placing: Any,
) -> Profiles:
    """Return the best subset of every size of every row, zeros counted as candidates.

    Examples
    --------
    >>> import numpy as np
    >>> pools = np.array([[0.5, 0.0, 0.25]])
    >>> full_profiles(pools, np.array([0.75])).errors.tolist()
    [[0.75, 0.25, 0.0, 0.0]]
    """
    import numpy as np

    table = make_table(
        pools, targets, size=None, rounding=placing.get("rounding", "exact"),
        bits=placing.get("bits"),
    )  # fmt: skip
    exponent, n = table.grid.exponent, pools.shape[1]
    errors = np.zeros((len(pools), n + 1), np.int64)
    bits_type = np.dtype(np.int64 if n <= MOST_INT64_BITS else object)
    subsets = np.zeros((len(pools), n + 1), bits_type)
    goals = np.abs(table.placed(0, len(pools)).targets) if len(pools) else errors[:, 0]
    for rows, columns, tell in _groups(pools, progress):
        width = columns.shape[1]
        inner_errors = goals[rows][:, None]
        inner_bits = np.zeros((len(rows), width + 1), bits_type)
        if width:
            inner = np.take_along_axis(pools[rows], columns, axis=1)
            found = profiles(inner, targets[rows], progress=tell, **placing)
            inner_errors = found.error_units << (exponent - found.table.grid.exponent)
            for i in range(width):
                chosen = (found.bits >> i & 1).astype(bits_type)
                inner_bits |= chosen << columns[:, [i]].astype(bits_type)
        errors[rows], subsets[rows] = _with_zeros(
            inner_errors, inner_bits, _zero_bits(pools[rows], bits_type), n
        )
    return Profiles(error_units=errors, bits=subsets, table=table)


def _groups(
    pools: np.ndarray, progress: Progress | None
) -> Iterator[tuple[np.ndarray, np.ndarray, Progress | None]]:
    """Yield rows with equally many candidates, the columns of these, and who to tell."""
    import numpy as np

    alive = pools != 0
    counts = alive.sum(axis=1)
    done = 0
    for count in np.unique(counts):
        rows = np.flatnonzero(counts == count)
        columns = np.argsort(~alive[rows], axis=1, kind="stable")[:, : int(count)]

        def tell(part: int, _: int, done: int = done) -> None:
            if progress is not None:
                progress(done + part, len(pools))

        yield rows, columns, tell
        done += len(rows)


def _filled_up(pools: np.ndarray, masks: np.ndarray, size: int) -> np.ndarray:
    """Add zeros, the first ones first, until every subset has the size."""
    import numpy as np

    zeros = pools == 0
    lacking = size - masks.sum(axis=1)
    filled: np.ndarray = masks | (zeros & (np.cumsum(zeros, axis=1) <= lacking[:, None]))
    return filled


def _zero_bits(pools: np.ndarray, bits_type: np.dtype) -> np.ndarray:
    """Return, for every row and every number of zeros, the first so many of them as bits."""
    import numpy as np

    zeros = pools == 0
    most = int(zeros.sum(axis=1).max(initial=0))
    bits = np.zeros((len(pools), most + 1), bits_type)
    order = np.argsort(~zeros, axis=1, kind="stable").astype(bits_type)
    for i in range(most):
        bits[:, i + 1] = bits[:, i] | (1 << order[:, i])
    return bits


def _with_zeros(
    errors: np.ndarray, bits: np.ndarray, zero_bits: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the profile of whole pools: so many others and the rest of the size in zeros."""
    import numpy as np

    width, zeros = errors.shape[1] - 1, n - (errors.shape[1] - 1)
    rows = np.arange(len(errors))
    whole = np.empty((len(errors), n + 1), np.int64)
    chosen = np.empty((len(errors), n + 1), bits.dtype)
    for size in range(n + 1):
        low, high = max(0, size - zeros), min(size, width)
        others = low + errors[:, low : high + 1].argmin(axis=1)
        whole[:, size] = errors[rows, others]
        chosen[:, size] = bits[rows, others] | zero_bits[rows, size - others]
    return whole, chosen
