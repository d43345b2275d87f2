"""Selections that no weighting of the rows rules out, and selections that no exchange betters.

The sweep decides one candidate after the other. A *cut* is a weighting of the rows: the sum
of its costs must not pass its limit if the error is to be below the best. Costs are integers
rounded down, limits too, so nothing is cut that could be better. The whole state is in the
arrays, so a sweep can stop after any number of nodes and go on later.
"""

import numba
import numpy as np


@numba.njit(cache=True)
def least_sums(costs):
    """Return for each cut the least sums of 0..n costs from each position on, and the negatives.

    `negatives[k, p]` of the costs of cut k from position p on are below zero.
    """
    cuts, n = costs.shape
    tables = np.zeros((cuts, n + 1, n + 1), np.int64)
    negatives = np.zeros((cuts, n + 1), np.int64)
    kept = np.empty(n, np.int64)
    for k in range(cuts):
        for p in range(n - 1, -1, -1):
            cost = costs[k, p]
            negatives[k, p] = negatives[k, p + 1] + (1 if cost < 0 else 0)
            j = n - p - 1
            while j > 0 and kept[j - 1] > cost:
                kept[j] = kept[j - 1]
                j -= 1
            kept[j] = cost
            for i in range(n - p):
                tables[k, p, i + 1] = tables[k, p, i] + kept[i]
    return tables, negatives


@numba.njit(cache=True)
def norm_below(rows, reached, use_l1, chosen, count, best):
    """Return the norm of `reached` plus the chosen columns, or `best` if it is not below that."""
    total = np.int64(0)
    for r in range(rows.shape[0]):
        error = reached[r]
        for i in range(count):
            error += rows[r, chosen[i]]
        error = abs(error)
        if use_l1:
            total += error
        elif error > total:
            total = error
        if total >= best:
            return best
    return total


@numba.njit(cache=True)
def sweep(
    rows, reached, use_l1, costs, sums, limits, tables, negatives, fewest, most, preferred,
    tried, counts, chosen, position, best, budget,
):  # fmt: skip
    """Decide on from a position until a better selection turns up, all are seen, or no nodes are.

    Returns (best value, position to go on from or -1 when done, nodes). After an improvement
    `chosen[:counts[n]]` is the selection, and the limits may be tightened before going on.
    """
    cuts, n = costs.shape
    nodes = np.int64(0)
    while position >= 0 and nodes < budget:
        if position == n:
            position -= 1
            value = norm_below(rows, reached, use_l1, chosen, counts[n], best)
            if value < best:
                return value, position, nodes
            continue
        if tried[position] == 2:
            tried[position] = 0
            position -= 1
            continue
        take = preferred[position] if tried[position] == 0 else 1 - preferred[position]
        tried[position] += 1
        nodes += 1
        count = counts[position] + take
        after = position + 1
        need = max(np.int64(0), fewest - count)
        room = min(n - after, most - count)
        if need > room:
            continue
        below = True
        for k in range(cuts):
            total = sums[position, k] + take * costs[k, position]
            more = min(max(negatives[k, after], need), room)
            if total + tables[k, after, more] > limits[k]:
                below = False
                break
            sums[after, k] = total
        if below:
            if take:
                chosen[count - 1] = position
            counts[after] = count
            position = after
    return best, position, nodes


@numba.njit(cache=True)
def error_after(columns, errors, use_l1, out, into, best):
    """Return the norm with one column taken out and one put in (-1: none), or `best` if not below.

    `columns[j]` is what candidate j adds to each row.
    """
    total = np.int64(0)
    for r in range(errors.shape[0]):
        error = errors[r]
        if out >= 0:
            error -= columns[out, r]
        if into >= 0:
            error += columns[into, r]
        error = abs(error)
        if use_l1:
            total += error
        elif error > total:
            total = error
        if total >= best:
            return best
    return total


@numba.njit(cache=True)
def improve(columns, errors, use_l1, fewest, most, mask, best):
    """Put one in, take one out or exchange two as long as that helps; return the value reached.

    `mask` and `errors`, which belong to it, are changed in place; `best` is their norm.
    """
    n = columns.shape[0]
    size = mask.sum()
    better = True
    while better:
        better = False
        for i in range(-1, n):
            for j in range(-1, n):
                if i >= 0 and mask[i] == 0:
                    break
                if j >= 0 and mask[j] == 1:
                    continue
                change = (1 if j >= 0 else 0) - (1 if i >= 0 else 0)
                if not fewest <= size + change <= most:
                    continue
                value = error_after(columns, errors, use_l1, i, j, best)
                if value < best:
                    best, better = value, True
                    size += change
                    if i >= 0:
                        mask[i] = 0
                        errors -= columns[i]
                    if j >= 0:
                        mask[j] = 1
                        errors += columns[j]
    return best
