"""All sums of a window of values, and the gaps between them.

Lists, pairs of groups and fences are those of `kernels.counting`.
"""

import numba


@numba.njit(cache=True)
def neighbours(left, right, pairs, bound):
    """Return the largest sum that is at most `bound`, and the smallest above it.

    Where there is none, a fence comes back, or a fence plus a sum: beyond every sum.

    The walk passes, for every left sum, the largest right sum that fits; and the smallest
    above the bound stands just before such a step, at this left sum or at a smaller one.
    """
    below = left[0]
    above = -left[0]
    for row in range(pairs.shape[0]):
        i = pairs[row, 0]
        j = pairs[row, 2] + pairs[row, 3] - 1
        for _ in range(pairs[row, 1] + pairs[row, 3]):
            total = left[i] + right[j]
            fits = total <= bound
            if fits:
                below = max(below, total)
            else:
                above = min(above, total)
            i += fits
            j -= not fits
    return below, above


@numba.njit(cache=True)
def fill_window(left, right, pairs, low, high, sums):
    """Write every sum in low..high, as often as it occurs, and return how many there are.

    For each left sum the right ones that fit stand side by side.
    """
    found = 0
    for row in range(pairs.shape[0]):
        upper = pairs[row, 2] + pairs[row, 3] - 1
        lower = upper
        for i in range(pairs[row, 0], pairs[row, 0] + pairs[row, 1]):
            a = left[i]
            while right[upper] + a > high:
                upper -= 1
            while right[lower] + a >= low:
                lower -= 1
            for j in range(lower + 1, upper + 1):
                sums[found] = right[j] + a
                found += 1
    return found


@numba.njit(cache=True)
def mark_window(left, right, pairs, low, high, marks, budget):
    """Mark which of the values low..high are sums; return whether that is all there is to know.

    It is when every pair was looked at, and also as soon as every value is marked: where
    there are many more sums than values, that is long before. `budget` limits the marking
    of sums that are marked already; after it the answer may be no.
    """
    missing = marks.shape[0]
    for row in range(pairs.shape[0]):
        upper = pairs[row, 2] + pairs[row, 3] - 1
        lower = upper
        for i in range(pairs[row, 0], pairs[row, 0] + pairs[row, 1]):
            a = left[i]
            while right[upper] + a > high:
                upper -= 1
            while right[lower] + a >= low:
                lower -= 1
            for j in range(lower + 1, upper + 1):
                value = right[j] + a - low
                missing -= not marks[value]
                marks[value] = True
            budget -= upper - lower
            if missing == 0:
                return True
            if budget < 0:
                return False
    return True


@numba.njit(cache=True)
def measure_gaps(sums, previous, limits, counts, lengths, widest):
    """Walk sorted sums and sort the gaps between distinct neighbours into classes.

    Class c holds the gaps above exactly c of the increasing `limits`: its entry of `counts`
    and of `lengths` grows by each. The first gap is that from `previous`. `widest` holds the
    first widest gap so far and the sum it starts at. Returns how many gaps there are.
    """
    distinct = 0
    for position in range(sums.shape[0]):
        gap = sums[position] - previous
        if gap == 0:
            continue
        distinct += 1
        if gap > widest[0]:
            widest[0] = gap
            widest[1] = previous
        low = 0
        high = limits.shape[0]
        while low < high:
            middle = (low + high) // 2
            if limits[middle] < gap:
                low = middle + 1
            else:
                high = middle
        counts[low] += 1
        lengths[low] += gap
        previous = sums[position]
    return distinct
