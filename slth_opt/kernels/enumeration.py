"""All k-subsets in revolving-door order: neighbours differ by one exchange, sums by one update.

Algorithm R of Knuth, The Art of Computer Programming, section 7.2.1.3. The state is the
current subset alone, so a walk can stop after any number of steps and go on later.
"""

import numba
import numpy as np

NO_VALUE = np.int64(2**62)
"""Larger than any error of a legal problem."""


@numba.njit(cache=True)
def first_subset(n, k):
    """Return the first k-subset: 0..k-1, with the sentinel n behind it."""
    chosen = np.empty(k + 1, np.int64)
    for j in range(k):
        chosen[j] = j
    chosen[k] = n
    return chosen


@numba.njit(cache=True)
def norm_of(sums, targets, use_l1):
    """Return the L1 or Linf distance of the sums from the targets."""
    total = np.int64(0)
    for r in range(sums.shape[0]):
        error = abs(sums[r] - targets[r])
        if use_l1:
            total += error
        elif error > total:
            total = error
    return total


@numba.njit(cache=True)
def advance(chosen, k):
    """Move to the next k-subset; return (index out, index in), or (-1, -1) after the last."""
    if k == 0:
        return -1, -1
    j = 1  # zero-based position of the element to move
    if k % 2 == 1:
        if chosen[0] + 1 < chosen[1]:
            chosen[0] += 1
            return chosen[0] - 1, chosen[0]
        falling = True
    else:
        if chosen[0] > 0:
            chosen[0] -= 1
            return chosen[0] + 1, chosen[0]
        falling = False
    while j < k:
        if falling:
            if chosen[j] > j:
                out = chosen[j]
                chosen[j] = chosen[j - 1]
                chosen[j - 1] = j - 1
                return out, j - 1
        elif chosen[j] + 1 < chosen[j + 1]:
            chosen[j - 1] = chosen[j]
            chosen[j] += 1
            return j - 1, chosen[j]
        falling = not falling
        j += 1
    return -1, -1


@numba.njit(cache=True)
def visit_subsets(rows, targets, use_l1, chosen, best_value, best_chosen, limit):
    """Visit up to `limit` subsets from `chosen` on; keep the best in `best_chosen`.

    Returns (best value, subsets visited, whether the last one was reached).
    """
    k = chosen.shape[0] - 1
    sums = np.zeros(rows.shape[0], np.int64)
    for r in range(rows.shape[0]):
        for j in range(k):
            sums[r] += rows[r, chosen[j]]
    for visited in range(limit):
        value = norm_of(sums, targets, use_l1)
        if value < best_value:
            best_value = value
            for j in range(k):
                best_chosen[j] = chosen[j]
        out, into = advance(chosen, k)
        if into < 0:
            return best_value, visited + 1, True
        for r in range(rows.shape[0]):
            sums[r] += rows[r, into] - rows[r, out]
    return best_value, limit, False
