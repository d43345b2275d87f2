"""What pairs of columns leave to the rows outside a pair: a table of lower bounds.

For columns j and j + 1 and a row i, the least joint error of both entries over all masks of
the row is tabulated for every two masks of the columns, up to a cap; what is not reached from
below the cap is above it. The rows are joined, and everything is rounded down to 16 bits.
"""

import numba
import numpy as np

from slth_opt.kernels.joint import join


@numba.njit(cache=True, nogil=True)
def list_near(table, support, row, cap, masks, costs):
    """List the column masks that keep an error within the cap with a row's mask; return how many.

    `support` holds the neurons the column can use.
    """
    inside, outside = support & row, support & ~row
    count, s = 0, inside
    while True:
        if table[s] <= cap:
            t = outside
            while True:
                masks[count] = s | t
                costs[count] = table[s]
                count += 1
                if t == 0:
                    break
                t = (t - 1) & outside
        if s == 0:
            break
        s = (s - 1) & inside
    return count


@numba.njit(cache=True, nogil=True)
def tabulate_row(errors, rows, columns, i, j, use_l1, cap, unit, scratch, state):
    """Fill in the least joint error of row i in columns j and j + 1, in units, rounded down."""
    width = errors.shape[2]
    masks = np.empty((2, width), np.int64)
    costs = np.empty((2, width), np.int64)
    scratch[:] = (cap + 1) // unit
    row = rows[i]
    while True:
        first = list_near(errors[i, j], columns[j], row, cap, masks[0], costs[0])
        second = list_near(errors[i, j + 1], columns[j + 1], row, cap, masks[1], costs[1])
        for p in range(first):
            start = masks[0, p] * width
            for q in range(second):
                total = join(use_l1, costs[0, p], costs[1, q])
                if total <= cap:
                    place = start + masks[1, q]
                    value = total // unit
                    if value < scratch[place]:
                        scratch[place] = value
        if row == 0 or state[0]:
            break
        row = (row - 1) & rows[i]


@numba.njit(cache=True, nogil=True)
def tabulate(errors, rows, columns, outside, j, use_l1, cap, unit, near, scratch, state):
    """Fill in what the rows listed in `outside` cost together in columns j and j + 1.

    Once ``state[0]`` is set the table is left as it is, and must not be used.
    """
    near[:] = 0
    for i in outside:
        tabulate_row(errors, rows, columns, i, j, use_l1, cap, unit, scratch, state)
        if use_l1:
            for place in range(near.shape[0]):
                near[place] += scratch[place]
        else:
            for place in range(near.shape[0]):
                if scratch[place] > near[place]:
                    near[place] = scratch[place]
