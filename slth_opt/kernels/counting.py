"""Pairs of sums of two halves: how many are small enough, and which lie in a narrow window.

The halves are lists as `kernels.meeting` makes them. A row of `pairs` names one group of each:
left start, left count, right start, right count, left size, right size.

Bounds lie between the smallest sum of all less one and the largest. The fences at 2**62 then
need no special care: a fence below plus any sum is below every bound, a fence above plus any
sum is above, and neither leaves an int64.
"""

import numba
import numpy as np


@numba.njit(cache=True)
def count_pairs(left, right, pairs, bound):
    """Count the pairs of sums that add up to at most `bound`.

    From opposite ends, every step leaves one list entry behind, so the number of steps is
    known beforehand. The product of two lists in memory fits an int64 many times over.
    """
    total = np.int64(0)
    for row in range(pairs.shape[0]):
        i = pairs[row, 0]
        before = pairs[row, 2] - 1
        j = before + pairs[row, 3]
        for _ in range(pairs[row, 1] + pairs[row, 3]):
            fits = left[i] + right[j] <= bound
            total += fits * (j - before)
            i += fits
            j -= not fits
    return total


@numba.njit(cache=True)
def next_smaller(sums, fence, position):
    """Return the last position before this one with a smaller entry, `fence` at the earliest.

    Gallops: a long run of equal sums costs the logarithm of its length.
    """
    value = sums[position]
    equal = position
    step = 1
    while equal - step > fence and sums[equal - step] == value:
        equal -= step
        step *= 2
    smaller = max(fence, equal - step)
    while equal - smaller > 1:
        middle = (equal + smaller) // 2
        if sums[middle] == value:
            equal = middle
        else:
            smaller = middle
    return smaller


@numba.njit(cache=True)
def pick_pairs(left, right, pairs, low, high, picked):
    """List the distinct pairs of sums that add up to low..high, until `picked` is full.

    Each becomes a row of `picked`: the row of `pairs`, the left sum, the right sum. Returns
    how many there are.
    """
    found = 0
    for row in range(pairs.shape[0]):
        start = pairs[row, 0]
        fence = pairs[row, 2] - 1
        top = fence + pairs[row, 3]
        for i in range(start, start + pairs[row, 1]):
            a = left[i]
            if a == left[i - 1]:
                continue
            while right[top] + a > high:
                top -= 1
            j = top
            while right[j] + a >= low:
                if found == picked.shape[0]:
                    return found
                picked[found, 0] = row
                picked[found, 1] = a
                picked[found, 2] = right[j]
                found += 1
                j = next_smaller(right, fence, j)
    return found
