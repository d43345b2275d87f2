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
    """List the masks of a line within the cap of errors with another's mask; return how many.

    `support` holds the neurons the line can use, `row` is the mask of the other.
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
def list_all(table, support, column, cap):
    """List the column masks near to each mask of a row, one list after the other.

    Returns where each list starts, and the lists.
    """
    width = table.shape[0]
    masks, costs = np.empty(width, np.int64), np.empty(width, np.int64)
    starts = np.zeros(width + 1, np.int64)
    for row in range(width):
        count = 0
        if row & ~support == 0:
            count = list_near(table, column, row, cap, masks, costs)
        starts[row + 1] = starts[row] + count
    lists = np.empty(starts[width], np.int32)
    for row in range(width):
        if starts[row + 1] > starts[row]:
            list_near(table, column, row, cap, masks, costs)
            for p in range(starts[row], starts[row + 1]):
                lists[p] = masks[p - starts[row]]
    return starts, lists


@numba.njit(cache=True, nogil=True)
def tabulate(errors, rows, columns, outside, j, use_l1, cap, unit, near, state):
    """Fill in what the rows listed in `outside` cost together in columns j and j + 1.

    In units, rounded down. Once ``state[0]`` is set the table is left as it is, and must not
    be used.
    """
    width = errors.shape[2]
    masks, costs = np.empty(width, np.int64), np.empty(width, np.int64)
    line = np.empty(width, np.int64)
    near[:] = 0
    for i in outside:
        table = errors[i, j + 1]
        starts, lists = list_all(table, rows[i], columns[j + 1], cap)
        for first in range(width):
            if state[0]:
                return
            if first & ~columns[j]:
                continue
            # One line of the table at a time: it stays in the nearest cache.
            line[:] = cap + 1
            for p in range(list_near(errors[i, j], rows[i], first, cap, masks, costs)):
                row, cost = masks[p], costs[p]
                for q in range(starts[row], starts[row + 1]):
                    total = join(use_l1, cost, table[lists[q] & row])
                    if total < line[lists[q]]:
                        line[lists[q]] = total
            start = first * width
            for mask in range(width):
                value = line[mask] // unit
                if use_l1:
                    near[start + mask] += value
                elif value > near[start + mask]:
                    near[start + mask] = value
