"""Depth-first search over k-subsets in increasing index order, cut by what the rest can add.

The columns are sorted by their first row. `low[r, p, m]` and `high[r, p, m]` are the
smallest and largest sums of m entries of row r from position p on. The whole state is the
stack of positions, so a search can stop after any number of nodes and go on later.
"""

import numba
import numpy as np


@numba.njit(cache=True)
def prefix_tables(rows, most):
    """Return the smallest and the largest sums of 0..most entries from each position on.

    From the back, one entry after the other is sorted into the `most` smallest (largest) yet.
    """
    d, n = rows.shape
    tables = np.zeros((2, d, n + 1, most + 1), np.int64)
    kept = np.empty(most, np.int64)
    for side in range(2):
        sign = 1 - 2 * side
        for r in range(d):
            for p in range(n - 1, -1, -1):
                m = min(most, n - p)
                entry = sign * rows[r, p]
                j = n - p - 1 if n - p <= most else most
                while j > 0 and kept[j - 1] > entry:
                    if j < most:
                        kept[j] = kept[j - 1]
                    j -= 1
                if j < most:
                    kept[j] = entry
                for i in range(m):
                    tables[side, r, p, i + 1] = tables[side, r, p, i] + sign * kept[i]
    return tables[0], tables[1]


@numba.njit(cache=True)
def distance_left(sums, depth, column, rows, targets, use_l1, low, high, rest):
    """Return a lower bound on the error once `column` is chosen and `rest` more must follow."""
    total = np.int64(0)
    for r in range(rows.shape[0]):
        reached = sums[depth, r] + rows[r, column] - targets[r]
        over = reached + low[r, column + 1, rest]
        under = -(reached + high[r, column + 1, rest])
        error = max(np.int64(0), over, under)
        if use_l1:
            total += error
        elif error > total:
            total = error
    return total


@numba.njit(cache=True)
def nearest_position(ordered, first, goal):
    """Return the position from `first` on whose entry is nearest to the goal."""
    after = first + np.searchsorted(ordered[first:], goal)
    if after == ordered.shape[0]:
        return after - 1
    if after > first and goal - ordered[after - 1] <= ordered[after] - goal:
        return after - 1
    return after


@numba.njit(cache=True)
def search(
    rows, targets, use_l1, low, high, positions, sums, depth, best_value, best_chosen, enough, limit
):
    """Search on from a stack of `positions` until done, good enough, or out of nodes.

    Returns (best value, depth to go on from or -1 when done, nodes).
    """
    n = rows.shape[1]
    k = positions.shape[0]
    one_row = rows.shape[0] == 1
    nodes = np.int64(0)
    while depth >= 0 and best_value > enough:
        if nodes >= limit:
            return best_value, depth, nodes
        column = positions[depth]
        rest = k - depth - 1
        if column >= n - rest:
            depth -= 1
            if depth >= 0:
                positions[depth] += 1
            continue
        nodes += 1
        if rest == 0 and one_row:
            column = nearest_position(rows[0], column, targets[0] - sums[depth, 0])
        bound = distance_left(sums, depth, column, rows, targets, use_l1, low, high, rest)
        if bound >= best_value:
            beyond = one_row and (
                rest == 0
                or sums[depth, 0] + rows[0, column] + low[0, column + 1, rest] >= targets[0]
            )
            # Later columns of a sorted row only take the sum further above the target.
            positions[depth] = n if beyond else column + 1
        elif rest == 0:
            best_value = bound
            for j in range(depth):
                best_chosen[j] = positions[j]
            best_chosen[depth] = column
            positions[depth] = n if one_row else column + 1
        else:
            for r in range(rows.shape[0]):
                sums[depth + 1, r] = sums[depth, r] + rows[r, column]
            positions[depth] = column
            depth += 1
            positions[depth] = column + 1
    return best_value, -1, nodes
