"""Convex hulls and reduced costs of many rows of errors, in integers of up to 124 bits.

A cost is an error or its square. Squares of errors on the grid of products of two weights take
90 bits and more, so numbers are pairs (high, low) that stand for high * 2**62 + low, with
0 <= low < 2**62. They are multiplied in limbs of 31 bits: no step leaves an int64. The caller
sees to it that costs times the square of the longest row stay below 2**124.
"""

import numba
import numpy as np

HALF = 31
WHOLE = 62
LOW_HALF = np.int64(2**31 - 1)
LOW_WHOLE = np.int64(2**62 - 1)


@numba.njit(cache=True, nogil=True)
def product(a, b):
    """Multiply two numbers from 0 to 2**62 - 1."""
    a1, a0 = a >> HALF, a & LOW_HALF
    b1, b0 = b >> HALF, b & LOW_HALF
    middle = a1 * b0 + a0 * b1
    low = ((middle & LOW_HALF) << HALF) + a0 * b0
    return a1 * b1 + (middle >> HALF) + (low >> WHOLE), low & LOW_WHOLE


@numba.njit(cache=True, nogil=True)
def times(high, low, factor):
    """Multiply a pair by a number below 2**31."""
    rest = (low & LOW_HALF) * factor
    middle = (low >> HALF) * factor + (rest >> HALF)
    return (
        high * factor + (middle >> HALF),
        ((middle & LOW_HALF) << HALF) | (rest & LOW_HALF),
    )


@numba.njit(cache=True, nogil=True)
def divided(high, low, divisor):
    """Divide a pair by a number below 2**31 and round down, limb by limb."""
    left = high % divisor
    limb = (left << HALF) | (low >> HALF)
    left = limb % divisor
    last = (left << HALF) | (low & LOW_HALF)
    return high // divisor, ((limb // divisor) << HALF) | (last // divisor)


@numba.njit(cache=True, nogil=True)
def minus(high, low, less_high, less_low):
    """Subtract a pair that is not larger."""
    difference = low - less_low
    return high - less_high + (difference >> WHOLE), difference & LOW_WHOLE


@numba.njit(cache=True, nogil=True)
def is_below(high, low, other_high, other_low):
    """Tell whether one pair is smaller than another."""
    return high < other_high or (high == other_high and low < other_low)


@numba.njit(cache=True, nogil=True)
def drop(larger, smaller, squares):
    """Return by how much the cost of one error exceeds that of a smaller one."""
    if squares:
        return product(larger - smaller, larger + smaller)
    return np.int64(0), larger - smaller


@numba.njit(cache=True, nogil=True)
def is_inside(errors, first, middle, last, squares):
    """Tell whether the cost at a size lies above the line between two others."""
    high, low = drop(errors[first], errors[middle], squares)
    early_high, early_low = times(high, low, last - middle)
    high, low = drop(errors[middle], errors[last], squares)
    late_high, late_low = times(high, low, middle - first)
    return is_below(early_high, early_low, late_high, late_low)


@numba.njit(cache=True, nogil=True)
def list_edges(errors, squares, first_row, rows, froms, tos, highs, lows):
    """List the edges of the lower convex hull of every row, from size 0 on; return how many.

    Edge e leads from `froms[e]` weights to `tos[e]`. Its key (`highs[e]`, `lows[e]`) is what one
    weight saves on it, times the square of the row's length and rounded down: two slopes with
    denominators up to n differ by at least 1/n**2, so keys compare as the slopes do.
    """
    columns = errors.shape[1]
    scale = max(1, (columns - 1) ** 2)
    corners = np.empty(columns, np.int64)
    count = 0
    for row in range(errors.shape[0]):
        own = errors[row]
        corners[0] = 0
        last = 0
        lowest = own[0]
        for size in range(1, columns):
            if own[size] >= lowest:
                continue
            lowest = own[size]
            while last > 0 and is_inside(own, corners[last - 1], corners[last], size, squares):
                last -= 1
            last += 1
            corners[last] = size
        for c in range(last):
            start, end = corners[c], corners[c + 1]
            high, low = drop(own[start], own[end], squares)
            high, low = times(high, low, scale)
            highs[count], lows[count] = divided(high, low, end - start)
            rows[count], froms[count], tos[count] = first_row + row, start, end
            count += 1
    return count


@numba.njit(cache=True, nogil=True)
def reduced_cost(larger, smaller, distance, price, width, squares, falling):
    """Return what a change of size costs beyond its price, times `width`: never below 0.

    `falling` says that weights are given up: the cost rises and the price is saved.
    """
    high, low = drop(larger, smaller, squares)
    high, low = times(high, low, width)
    price_high, price_low = times(price[0], price[1], distance)
    if falling:
        return minus(high, low, price_high, price_low)
    return minus(price_high, price_low, high, low)


@numba.njit(cache=True, nogil=True)
def keep_cheapest(high, low, row, highs, lows, rows, count):
    """Insert a step into a sorted list that holds its cheapest ones; return the new count."""
    room = highs.shape[0]
    if count == room:
        if not is_below(high, low, highs[room - 1], lows[room - 1]):
            return count
        count -= 1
    at = count
    while at > 0 and is_below(high, low, highs[at - 1], lows[at - 1]):
        highs[at], lows[at], rows[at] = highs[at - 1], lows[at - 1], rows[at - 1]
        at -= 1
    highs[at], lows[at], rows[at] = high, low, row
    return count + 1


@numba.njit(cache=True, nogil=True)
def collect_steps(errors, squares, sizes, price, width, limit, highs, lows, rows, counts):
    """Keep, for every change of size, the rows where it costs least, and less than `limit`.

    A change by d stands in list d + n. The price of one weight is `price` / `width`; all rows
    stand at a size that is best at this price.
    """
    columns = errors.shape[1]
    for row in range(errors.shape[0]):
        own, here = errors[row], sizes[row]
        lowest = own[0]
        for size in range(columns):
            if size > 0 and own[size] >= lowest:
                continue
            lowest = own[size]
            if size == here:
                continue
            larger, smaller = max(own[size], own[here]), min(own[size], own[here])
            high, low = reduced_cost(
                larger, smaller, abs(size - here), price, width, squares, size < here
            )
            if is_below(high, low, limit[0], limit[1]):
                change = size - here + columns - 1
                counts[change] = keep_cheapest(
                    high, low, row, highs[change], lows[change], rows[change], counts[change]
                )
