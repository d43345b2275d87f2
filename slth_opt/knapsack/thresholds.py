"""The largest error: which thresholds a number of edges can buy.

After the running minimum a row falls, and the fewest edges with an error up to a threshold are
the entries of the row above it. So a threshold that every row can reach needs as many edges as
there are entries above it in the whole array, and the best one for a budget is an order statistic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def at_most(errors: np.ndarray) -> np.ndarray:
    """Turn errors with exactly k edges into errors with at most k.

    Examples
    --------
    >>> import numpy as np
    >>> at_most(np.array([[4, 1, 2]])).tolist()
    [[4, 1, 1]]
    """
    import numpy as np

    lowest: np.ndarray = np.minimum.accumulate(errors, axis=1)
    return lowest


def sizes_within(errors: np.ndarray, tolerance: int) -> np.ndarray:
    """Return the fewest edges with an error up to the tolerance, row by row; n + 1 for none.

    Examples
    --------
    >>> import numpy as np
    >>> sizes_within(np.array([[4, 1, 2], [5, 5, 3]]), 2).tolist()
    [1, 3]
    """
    import numpy as np

    sizes: np.ndarray = (at_most(errors) > tolerance).sum(axis=1, dtype=np.int64)
    return sizes


def edges_within(errors: np.ndarray, tolerance: int) -> int | None:
    """Return the fewest edges with which no error is above a tolerance, or None if some must be.

    Examples
    --------
    >>> import numpy as np
    >>> edges_within(np.array([[4, 1, 2], [5, 5, 3]]), 3)
    3
    """
    sizes = sizes_within(errors, tolerance)
    return None if (sizes == errors.shape[1]).any() else int(sizes.sum())


def least_threshold(errors: np.ndarray, most: int) -> int:
    """Return the smallest largest error that at most `most` edges can buy.

    Examples
    --------
    >>> import numpy as np
    >>> [least_threshold(np.array([[4, 1, 2], [5, 5, 3]]), most) for most in range(5)]
    [5, 5, 4, 3, 3]
    """
    import numpy as np

    lowest = at_most(errors)
    floor = int(lowest[:, -1].max(initial=0))
    if most >= lowest.size:
        return floor
    # Not more than `most` entries are above this one, and more than that above anything less.
    place = lowest.size - 1 - most
    return max(floor, int(np.partition(lowest, place, axis=None)[place]))


def largest_error_curve(errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all numbers of edges at which the least largest error falls, and what it falls to.

    Examples
    --------
    >>> import numpy as np
    >>> [a.tolist() for a in largest_error_curve(np.array([[4, 1, 2], [5, 5, 3]]))]
    [[0, 2, 3], [5, 4, 3]]
    """
    import numpy as np

    lowest = at_most(errors)
    if not lowest.size:
        return np.zeros(1, np.int64), np.zeros(1, np.int64)
    entries = lowest[lowest >= lowest[:, -1].max()]
    entries.sort()
    last = np.flatnonzero(np.append(entries[1:] != entries[:-1], True))
    return (entries.size - 1 - last)[::-1], entries[last][::-1]
