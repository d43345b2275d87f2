"""What every set of neurons offers an output, and what single outputs choose on their own.

A set is an integer whose bit k stands for neuron k. Its sum is the sum of two halves that are
looked up: the low bits, few enough to stay in the cache, and the high ones.
"""

import numba
import numpy as np

from slth_opt.kernels.enumeration import advance

NEVER = np.int8(127)
"""The size where no subset is legal; others have at most 62."""

NO_ERROR = np.int64(2**62)
"""Larger than any error of a legal problem."""


@numba.njit(cache=True)
def list_sums(weights, sums):
    """Write the sum of every set, the set's bits as the index."""
    sums[0] = 0
    size = 1
    for k in range(weights.shape[0]):
        for j in range(size):
            sums[size + j] = sums[j] + weights[k]
        size *= 2


@numba.njit(cache=True)
def spread_block(sizes, first_step):
    """Give every set the smallest size any set has that differs from it by bits it lacks.

    Bits below `first_step` are taken as done.
    """
    step = first_step
    while step < sizes.shape[0]:
        if step < 16:  # slices cost more than they save
            for start in range(0, sizes.shape[0], 2 * step):
                for j in range(start, start + step):
                    size, other = sizes[j], sizes[j + step]
                    sizes[j + step] = size if size < other else other
        else:
            for start in range(0, sizes.shape[0], 2 * step):
                without = sizes[start : start + step]
                having = sizes[start + step : start + 2 * step]
                for j in range(step):
                    having[j] = without[j] if without[j] < having[j] else having[j]
        step *= 2


@numba.njit(cache=True)
def fill_sizes(low, high, low_counts, high_counts, target, allowed, sizes):
    """Write for every set the size of the smallest legal subset of it, or `NEVER`.

    Legal is a subset whose sum is within `allowed` of the target.
    """
    width = low.shape[0]
    for b in range(high.shape[0]):
        base = high[b] - target
        count = high_counts[b]
        block = sizes[b * width : (b + 1) * width]
        for j in range(width):
            # The sum of some weights less the target, so it fits whatever the halves are.
            is_legal = abs(base + low[j]) <= allowed
            block[j] = np.int8(count + low_counts[j]) if is_legal else NEVER
        spread_block(block, 1)  # while the block is in the cache
    spread_block(sizes, width)


@numba.njit(cache=True)
def add_sizes(sizes, totals):
    """Add sizes to totals; a total becomes -1, and stays so, where there is none."""
    for j in range(sizes.shape[0]):
        is_lost = (sizes[j] == NEVER) | (totals[j] < 0)
        totals[j] = -1 if is_lost else totals[j] + sizes[j]


@numba.njit(cache=True)
def pick_set(totals, low_counts, high_counts, most_edges, most_neurons, neurons_first):
    """Return the set with the least total and then fewest neurons, or the other way round.

    Totals below 0 or above the budget of edges do not count, nor do sets of more neurons than
    allowed; -1 if none is left.
    """
    width = low_counts.shape[0]
    best, best_key = -1, np.int64(2**62)
    for b in range(high_counts.shape[0]):
        for j in range(width):
            edges = np.int64(totals[b * width + j])
            count = np.int64(high_counts[b]) + np.int64(low_counts[j])
            key = count * 2**32 + edges if neurons_first else edges * 2**32 + count
            if 0 <= edges <= most_edges and count <= most_neurons and key < best_key:
                best, best_key = b * width + j, key
    return best


@numba.njit(cache=True)
def next_error(low, high, target, above):
    """Return the smallest error above a number that any set has, or `NO_ERROR`."""
    best = NO_ERROR
    for b in range(high.shape[0]):
        base = high[b] - target
        for j in range(low.shape[0]):
            error = abs(base + low[j])
            best = error if above < error < best else best
    return best


@numba.njit(cache=True)
def least_error(low, high, low_counts, high_counts, target, most):
    """Return the least error of a set of at most `most` neurons."""
    best = NO_ERROR
    for b in range(high.shape[0]):
        base = high[b] - target
        room = np.int64(most) - np.int64(high_counts[b])
        for j in range(low.shape[0]):
            error = abs(base + low[j])
            best = error if error < best and low_counts[j] <= room else best
    return best


@numba.njit(cache=True)
def smallest_within(low, high, low_counts, high_counts, target, allowed, used):
    """Return the smallest legal subset of a set, the nearest of them; -1 if there is none."""
    width = low.shape[0]
    best, best_size, best_error = np.int64(-1), 63, NO_ERROR
    subset = np.int64(used)
    while True:
        b, j = subset // width, subset % width
        error = abs(high[b] - target + low[j])
        size = np.int64(high_counts[b]) + np.int64(low_counts[j])
        if error <= allowed and (size < best_size or (size == best_size and error < best_error)):
            best, best_size, best_error = subset, size, error
        if subset == 0:
            return best
        subset = (subset - 1) & used


@numba.njit(cache=True)
def survey(weights, target, allowed, is_used, chosen, errors, subsets, occurs):
    """Look at every subset of one size, and keep the nearest for each number of unused neurons.

    Parameters: `chosen` is the first subset; row m of `subsets`, and entry m of `errors`, are
    for m unused neurons; `occurs` is marked for neurons in subsets within `allowed`.
    """
    size = chosen.shape[0] - 1
    total = np.int64(0)
    unused = 0
    for j in range(size):
        total += weights[chosen[j]]
        unused += 1 - is_used[chosen[j]]
    while True:
        error = abs(total - target)
        if error < errors[unused]:
            errors[unused] = error
            subsets[unused, :size] = chosen[:size]
        if error <= allowed:
            for j in range(size):
                occurs[chosen[j]] = 1
        out, into = advance(chosen, size)
        if into < 0:
            return
        total = total - weights[out] + weights[into]
        unused += is_used[out] - is_used[into]


@numba.njit(cache=True)
def suffices(rows, targets, allowed, chosen, size):
    """Tell whether the chosen neurons have a legal subset for every output."""
    for i in range(rows.shape[0]):
        total = -targets[i]
        is_legal = abs(total) <= allowed[i]
        subset, step = 0, 1
        while step < 2**size and not is_legal:
            j = 0  # in the order of Gray's code: one neuron in or out at a time
            while not step >> j & 1:
                j += 1
            total += -rows[i, chosen[j]] if subset >> j & 1 else rows[i, chosen[j]]
            is_legal = abs(total) <= allowed[i]
            subset ^= 1 << j
            step += 1
        if not is_legal:
            return False
    return True


@numba.njit(cache=True)
def find_set(rows, targets, allowed, chosen):
    """Go on from a set to the first of its size that suffices; return whether there is one."""
    size = chosen.shape[0] - 1
    while True:
        if suffices(rows, targets, allowed, chosen, size):
            return True
        _, into = advance(chosen, size)
        if into < 0:
            return False
