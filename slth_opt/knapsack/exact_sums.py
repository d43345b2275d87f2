"""Sums of whole arrays that leave int64: in limbs of 31 bits, put together as Python ints."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

HALF = 31
LOW_HALF = 2**HALF - 1


def exact_sum(values: np.ndarray) -> int:
    """Add up fewer than 2**32 numbers of int64.

    Examples
    --------
    >>> import numpy as np
    >>> exact_sum(np.array([2**62, 2**62, -1])) == 2**63 - 1
    True
    """
    return (int((values >> HALF).sum()) << HALF) + int((values & LOW_HALF).sum())


def sum_of_squares(values: np.ndarray) -> int:
    """Add up the squares of numbers from 0 to 2**62 - 1.

    Examples
    --------
    >>> import numpy as np
    >>> sum_of_squares(np.array([2**61, 3])) == 2**122 + 9
    True
    """
    high, low = values >> HALF, values & LOW_HALF
    return (
        (exact_sum(high * high) << 2 * HALF)
        + (exact_sum(high * low) << HALF + 1)
        + exact_sum(low * low)
    )


def joint_value(errors: np.ndarray, norm: str) -> int:
    """Join the errors of all weights: the largest, their sum, or the sum of their squares.

    Examples
    --------
    >>> import numpy as np
    >>> [joint_value(np.array([3, 4]), norm) for norm in ("linf", "l1", "squares")]
    [4, 7, 25]
    """
    if norm == "linf":
        return int(errors.max(initial=0))
    return exact_sum(errors) if norm == "l1" else sum_of_squares(errors)
