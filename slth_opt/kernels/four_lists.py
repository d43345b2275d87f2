"""The sums of two grouped lists, one window of values at a time: Schroeppel and Shamir 1981.

Two lists of a quarter's sums, as `kernels.meeting` builds them, stand for the sums of a half
of the pool without listing them. A *bound* cuts these sums: for every entry of the first list
the sums below the bound end at one position of the second. Two bounds enclose a window, and
only its sums are written down.

A bound is at least minus all negative weights of the half and at most all its positive ones
plus 1. As all absolute values together stay below 2**62, a low fence plus any sum is below
every bound and every sum, a high fence plus any sum is at or above every bound and above every
sum: so both lists end where they should without a test, and what a fence left behind in the
largest sum below a bound (the smallest above) is seen to be no sum of the half.
"""

import numba
import numpy as np

from slth_opt.kernels.meeting import FENCE


@numba.njit(cache=True)
def count_rows(first_starts, second_starts, fewest, most):
    """Return how many entries of the first list the pairs of groups of these sizes have.

    A pair of groups has a total size of fewest..most; `cut` and `list_between` visit them in
    one order, the rows of the pairs one after the other.
    """
    rows = np.int64(0)
    for size in range(fewest, most + 1):
        for j in range(
            max(0, size - second_starts.shape[0] + 2), min(size, first_starts.shape[0] - 2) + 1
        ):
            rows += first_starts[j + 1] - first_starts[j] - 2
    return rows


@numba.njit(cache=True)
def cut(first, first_starts, second, second_starts, fewest, most, bound, positions):
    """Find where the sums below a bound end; write one position of the second list per row.

    Returns how many sums are below, the largest of them, and the smallest of the others.
    `positions` has room for one more than all rows.
    """
    count = np.int64(0)
    largest_below = -FENCE
    smallest_above = FENCE
    row = np.int64(0)
    for size in range(fewest, most + 1):
        for j in range(
            max(0, size - second_starts.shape[0] + 2), min(size, first_starts.shape[0] - 2) + 1
        ):
            i = first_starts[j]
            home = second_starts[size - j]
            behind = second_starts[size - j + 1] - 2
            steps = first_starts[j + 1] - 2 - i + behind - home
            for _ in range(steps):
                total = first[i] + second[behind - 1]
                below = total < bound
                positions[row] = behind
                largest_below = max(largest_below, total if below else largest_below)
                smallest_above = min(smallest_above, smallest_above if below else total)
                count += behind - home if below else 0
                row += below
                i += below
                behind -= not below
    return count, largest_below, smallest_above


@numba.njit(cache=True)
def list_between(first, first_starts, second, second_starts, fewest, most, positions, sums):
    """Write the sums between two cuts, `positions[0]` and `positions[1]`, from `sums[2]` on.

    They are not sorted; the places before are for a fence and a neighbour. Returns how many.
    """
    filled = np.int64(2)
    row = np.int64(0)
    for size in range(fewest, most + 1):
        for j in range(
            max(0, size - second_starts.shape[0] + 2), min(size, first_starts.shape[0] - 2) + 1
        ):
            for i in range(first_starts[j], first_starts[j + 1] - 2):
                value = first[i]
                low = positions[0, row]
                width = positions[1, row] - low
                for offset in range(width):
                    sums[filled + offset] = value + second[low + offset]
                filled += width
                row += 1
    return filled - 2
