"""What an array of errors must be, and how many bits its costs may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slth_opt.errors import ProblemError
from slth_opt.grid import CAPACITY
from slth_opt.problems.layer_budget import NORMS

if TYPE_CHECKING:
    import numpy as np

COST_BITS = 124
"""Costs are pairs of 62 bits; see `kernels/knapsack.py`."""

MOST_SIZES = 2**8
"""Beyond this the tables of the last step grow large, and no profile is known that long."""


def check_errors(errors: Any, norm: str) -> np.ndarray:
    """Return the errors as an int64 array with rows one behind the other, or refuse them.

    Examples
    --------
    >>> check_errors([[4, -1]], "l1")
    Traceback (most recent call last):
    ...
    slth_opt.errors.ProblemError: errors, row 0, column 1: -1 is not between 0 and 2^62 - 1
    """
    import numpy as np

    if norm not in NORMS:
        raise ProblemError(f"the norm must be one of {', '.join(NORMS)}, got {norm!r}")
    array = np.asarray(errors)
    if array.dtype.kind != "i" or array.ndim != 2 or array.shape[1] == 0:
        raise ProblemError(
            "errors must be an array of integers with a row for each weight and a column for "
            f"each size 0..n, got {array.dtype} of shape {array.shape}"
        )
    array = np.ascontiguousarray(array, dtype=np.int64)
    if array.size:
        bad = array.min() < 0 or array.max() >= 2**CAPACITY
        if bad:
            row, column = np.argwhere((array < 0) | (array >= 2**CAPACITY))[0]
            raise ProblemError(
                f"errors, row {row}, column {column}: {array[row, column]} is not between 0 and "
                f"2^{CAPACITY} - 1"
            )
        reason = why_too_large(int(array[:, 0].max()), array.shape[1] - 1, norm)
        if reason is not None:
            raise ProblemError(f"{reason}: use a coarser grid")
    return array


def why_too_large(largest: int, num_candidates: int, norm: str) -> str | None:
    """Say why the costs of errors up to `largest` take too many bits, or None if they fit.

    The largest error that counts is that of no edges at all: a size with a larger one is never
    chosen.

    Examples
    --------
    >>> why_too_large(2**60, 21, "squares")
    'squares of errors up to 61 bits, with 21 candidates, take 132 bits; 124 are possible'
    """
    if norm == "linf":
        return None
    if num_candidates >= MOST_SIZES:
        return f"sums of errors take up to {MOST_SIZES - 1} candidates, not {num_candidates}"
    bits = largest.bit_length()
    needed = (2 * bits if norm == "squares" else bits) + 2 * num_candidates.bit_length()
    if needed <= COST_BITS:
        return None
    return (
        f"squares of errors up to {bits} bits, with {num_candidates} candidates, take {needed} "
        f"bits; {COST_BITS} are possible"
    )
