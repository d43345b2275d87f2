"""Merging by a fixed network: bitonic merges of lists of any length, in lock-step over lanes.

A list reversed and another behind it form a bitonic sequence; padded in thought with +infinity
to a power of two it stays one, and exchanges with the padding do nothing, so lists of any
length merge with the exchanges that fall inside. Three levels at a time stay in registers.
"""

import numba
import numpy as np

from slth_opt.kernels.lanes import copy_shifted, exchange, exchange_shifted


@numba.njit(cache=True, nogil=True)
def exchange_block(rows, base, stride):
    """Run the levels stride, stride/2, ..., 1 on a full block of 2 * stride rows."""
    end = base + 2 * stride
    while stride >= 1:
        if stride >= 16 or stride == 4:
            unit = stride // 4
            for start in range(base, end, 8 * unit):
                for i in range(start, start + unit):
                    exchange(rows, i, unit, 3)
            stride //= 8
        elif stride == 8 or stride == 2:
            unit = stride // 2
            for start in range(base, end, 4 * unit):
                for i in range(start, start + unit):
                    exchange(rows, i, unit, 2)
            stride //= 4
        else:
            for i in range(base, end, 2):
                exchange(rows, i, 1, 1)
            stride = 0


@numba.njit(cache=True, nogil=True)
def sort_bitonic(rows, base, count, stride):
    """Run the levels stride, stride/2, ..., 1 of a bitonic merge on `count` rows from `base`.

    Where the list is no full block, one level splits a full block off its front.
    """
    while count > 1:
        while stride >= count:
            stride //= 2
        if count == 2 * stride:
            exchange_block(rows, base, stride)
            return
        for i in range(base, base + count - stride):
            exchange(rows, i, stride, 1)
        if stride > 1:
            exchange_block(rows, base, stride // 2)
        base += stride
        count -= stride
        stride //= 2


@numba.njit(cache=True, nogil=True)
def merge(out, home, rows, a, count_a, shift_a, b, count_b, shift_b, shifts):
    """Merge two sorted lists, each shifted by a row of `shifts`, into `out` from `home` on."""
    count = count_a + count_b
    half = 1
    while 2 * half < count:
        half *= 2
    last = a + count_a - 1
    behind = b - count_a
    # Both partners from the first list (reversed), one from each, both from the second.
    for i in range(0, count_a - half):
        exchange_shifted(
            out, home + i, home + i + half, rows, last - i, shift_a, last - i - half, shift_a,
            shifts,
        )  # fmt: skip
    split = min(count_a, count - half)
    for i in range(max(0, count_a - half), split):
        exchange_shifted(
            out, home + i, home + i + half, rows, last - i, shift_a, behind + i + half, shift_b,
            shifts,
        )  # fmt: skip
    for i in range(split, count - half):
        exchange_shifted(
            out, home + i, home + i + half, rows, behind + i, shift_b, behind + i + half, shift_b,
            shifts,
        )  # fmt: skip
    for i in range(max(0, count - half), min(half, count)):
        if i < count_a:
            copy_shifted(out, home + i, rows, last - i, shift_a, shifts)
        else:
            copy_shifted(out, home + i, rows, behind + i, shift_b, shifts)
    if half > 1:
        exchange_block(out, home, half // 2)
        sort_bitonic(out, home + half, count - half, half // 2)


@numba.njit(cache=True, nogil=True)
def build_groups(shifts, first, num_weights, zero, starts, counts, even, odd):
    """List the sums of the subsets of some weights by size, each group sorted.

    Row `first + i` of `shifts` holds weight i of every lane, row `zero` zeros. `starts[i, j]`
    and `counts[i, j]` say where the subsets of j of the first i weights stand. The two work
    arrays take turns; the one returned holds the lists of all weights.
    """
    rows, out = even, odd
    copy_shifted(rows, starts[0, 0], shifts, zero, zero, shifts)
    for i in range(num_weights):
        for j in range(counts.shape[1]):
            if counts[i + 1, j] == 0:
                continue
            home = starts[i + 1, j]
            if counts[i, j] == 0:
                copy_shifted(out, home, rows, starts[i, j - 1], first + i, shifts)
            elif j == 0:
                copy_shifted(out, home, rows, starts[i, 0], zero, shifts)
            else:
                merge(
                    out, home, rows, starts[i, j], counts[i, j], zero,
                    starts[i, j - 1], counts[i, j - 1], first + i, shifts,
                )  # fmt: skip
        rows, out = out, rows
    return rows


def group_tables(num_weights, most):
    """Return starts and counts of the groups of sizes 0..most after every number of weights.

    Examples
    --------
    >>> starts, counts = group_tables(3, 2)
    >>> counts[3].tolist(), starts[3].tolist()
    ([1, 3, 3], [0, 1, 4])
    """
    counts = np.zeros((num_weights + 1, most + 1), np.int64)
    counts[:, 0] = 1
    for i in range(num_weights):
        counts[i + 1, 1:] = counts[i, 1:] + counts[i, :-1]
    return np.cumsum(counts, axis=1) - counts, counts
