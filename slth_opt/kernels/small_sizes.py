"""Subsets of few weights cut at their own middle, not at the middle of the pool.

The h lowest and the h highest indices of a subset of 2h form a left and a right part, each of
them one of binomial(n, h); with 2h + 1 there is a weight between them. Only a right part that
begins behind the end of the left one goes with it. For each weight between them such parts
are picked from the sorted lists. With nothing between them, the largest index of the left
part and the smallest of the right one are told apart by bisection: at every step the left
parts that end in the lower half of a range meet the right parts that begin in the upper half,
and each half goes on with what is left. Parts stay sorted by sum all the while.

A list is a tuple: sums, and the index each part ends (or begins) with.
"""

import numba
import numpy as np

from slth_opt.kernels.enumeration import advance, first_subset


@numba.njit(cache=True)
def list_parts(weights, size, sums, begins, ends):
    """Write sum, smallest and largest index of every subset of a size, in no useful order."""
    n = weights.shape[0]
    chosen = first_subset(n, size)
    total = np.int64(0)
    for j in range(size):
        total += weights[j]
    for row in range(sums.shape[0]):
        sums[row] = total
        begins[row] = chosen[0] if size else n
        ends[row] = chosen[size - 1] if size else -1
        out, into = advance(chosen, size)
        if into >= 0:
            # Never more than the sum of some weights, unlike a sum and a weight more.
            total = total - weights[out] + weights[into]


@numba.njit(cache=True)
def nearest_between(left, left_range, right, right_range, target, place, best):
    """Walk two sorted ranges from opposite ends for the pair of sums nearest to the target.

    A range is a pair (start, end). Improves `best`: error, left sum, right sum, place.
    """
    i, left_end = left_range
    right_start, right_end = right_range
    j = right_end - 1
    while i < left_end and j >= right_start:
        # A part and another one behind it are a subset: no sum of both overflows.
        difference = left[i] + right[j] - target
        distance = abs(difference)
        if distance < best[0]:
            best[0], best[1], best[2], best[3] = distance, left[i], right[j], place
        below = difference < 0
        i += below
        j -= not below


@numba.njit(cache=True)
def partition(parts, start, end, middle, spare):
    """Move the parts of a range with an index below the middle to its front, in order."""
    sums, keys = parts
    spare_sums, spare_keys = spare
    kept = start
    moved = 0
    for i in range(start, end):
        total, key = sums[i], keys[i]
        sums[kept], keys[kept] = total, key
        spare_sums[moved], spare_keys[moved] = total, key
        below = key < middle
        kept += below
        moved += not below
    for i in range(moved):
        sums[kept + i], keys[kept + i] = spare_sums[i], spare_keys[i]
    return kept


@numba.njit(cache=True)
def search_splits(left, right, spare, target, stack, depth, best, enough, limit):
    """Search subsets of two parts until done, good enough, or after some steps.

    A row of `stack` is a range of indices (low, high), and where the left parts that end in
    it and the right parts that begin in it stand. Returns the depth of the stack, 0 when done,
    and the steps made.
    """
    steps = np.int64(0)
    while depth > 0 and best[0] > enough and steps < limit:
        depth -= 1
        low, high = stack[depth, 0], stack[depth, 1]
        left_low, left_high = stack[depth, 2], stack[depth, 3]
        right_low, right_high = stack[depth, 4], stack[depth, 5]
        middle = (low + high) // 2
        left_split = partition(left, left_low, left_high, middle, spare)
        right_split = partition(right, right_low, right_high, middle, spare)
        nearest_between(
            left[0], (left_low, left_split), right[0], (right_split, right_high), target, middle,
            best,
        )  # fmt: skip
        steps += left_high - left_low + right_high - right_low
        if middle - low > 1 and left_split > left_low and right_split > right_low:
            stack[depth, 0], stack[depth, 1] = low, middle
            stack[depth, 2], stack[depth, 3] = left_low, left_split
            stack[depth, 4], stack[depth, 5] = right_low, right_split
            depth += 1
        if high - middle > 1 and left_high > left_split and right_high > right_split:
            stack[depth, 0], stack[depth, 1] = middle, high
            stack[depth, 2], stack[depth, 3] = left_split, left_high
            stack[depth, 4], stack[depth, 5] = right_split, right_high
            depth += 1
    return depth, steps


@numba.njit(cache=True)
def search_middles(weights, left, right, spares, target, place, best, enough, limit):
    """Search subsets of two parts and a weight between them, from a place on.

    Returns where to go on, the number of weights when done, and the steps made.
    """
    left_sums, right_sums = spares
    steps = np.int64(0)
    n = weights.shape[0]
    while place < n and best[0] > enough and steps < limit:
        before = 0
        behind = 0
        for i in range(left[0].shape[0]):
            left_sums[before] = left[0][i]
            before += left[1][i] < place
            right_sums[behind] = right[0][i]
            behind += right[1][i] > place
        nearest_between(
            left_sums, (0, before), right_sums, (0, behind), target - weights[place], place, best
        )
        steps += 2 * left[0].shape[0]
        place += 1
    return place, steps
