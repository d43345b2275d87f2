"""The nearest subset sums of many pools at once, in lock-step over the lanes of vector rows.

Both halves' sums are listed by size. For a pair of sizes the left list is merged with what the
right list leaves of the target; the nearest pair then stands side by side. Only sums are
moved: the subset is found afterwards, from the winning sums, lane by lane.
"""

from collections import namedtuple
from math import comb

import numba
import numpy as np

from slth_opt.kernels.lanes import empty_rows, scan
from slth_opt.kernels.merging import build_groups, group_tables, merge

Plan = namedtuple(
    "Plan",
    "num_left num_right left_starts left_counts right_starts right_counts "
    "left_masks right_masks pairs num_slots",
)
"""Everything that depends on n and the sizes wanted, not on the numbers.

`pairs` has a row (left size, right size, slot) for every two lists that must meet; the best of
every slot is kept apart. `left_masks` has the subsets of the left half, as bits, by size.
"""


def make_plan(num_candidates, fewest, most, by_size):
    """Return the plan for subsets of fewest..most of n weights, one slot or one for each size."""
    num_left = num_candidates // 2
    num_right = num_candidates - num_left
    left_starts, left_counts = group_tables(num_left, min(num_left, most))
    right_starts, right_counts = group_tables(num_right, min(num_right, most))
    pairs = [
        (i, j, i + j - fewest if by_size else 0)
        for i in range(left_counts.shape[1])
        for j in range(right_counts.shape[1])
        if fewest <= i + j <= most
    ]
    return Plan(
        num_left,
        num_right,
        left_starts,
        left_counts,
        right_starts + left_counts[-1].sum(),  # the right lists stand behind the left ones
        right_counts,
        _masks_by_size(num_left, min(num_left, most)),
        _masks_by_size(num_right, min(num_right, most)),
        np.array(pairs, np.int64),
        most - fewest + 1 if by_size else 1,
    )


def _masks_by_size(num_weights, most):
    masks = np.arange(2**num_weights, dtype=np.int64)
    sizes = np.bitwise_count(masks)
    order = np.argsort(sizes, kind="stable")
    return order[: sum(comb(num_weights, j) for j in range(most + 1))]


def make_workspace(plan, dtype):
    """Return the arrays one thread works in: shifts, two for lists, one to merge in, the best."""
    lists = int(plan.left_counts[-1].sum() + plan.right_counts[-1].sum())
    longest = int(plan.left_counts[-1].max() + plan.right_counts[-1].max())
    return (
        empty_rows(plan.num_left + plan.num_right + 2, dtype),
        empty_rows(lists, dtype),
        empty_rows(lists, dtype),
        empty_rows(longest, dtype),
        empty_rows(2 * plan.num_slots, dtype),
    )


@numba.njit(cache=True, nogil=True)
def meet(lists, left, left_count, right, right_count, zero, goal, shifts, merged, best):
    """Keep in `best` the nearest pair of a left sum and what a right sum leaves of the target."""
    merge(merged, 0, lists, left, left_count, zero, right, right_count, goal, shifts)
    last = left_count + right_count - 1
    full = last - last % 8
    for i in range(0, full, 8):
        scan(merged, i, 8, best)
    for i in range(full, last):
        scan(merged, i, 1, best)


@numba.njit(cache=True, nogil=True)
def load_lanes(plan, pools, targets, tags, begin, end, shifts):
    """Fill `shifts`: left weights, right weights negated, zeros, targets; all four times over.

    Lanes behind `end` repeat the last pool.
    """
    n = plan.num_left + plan.num_right
    for lane in range(shifts.shape[1]):
        row = min(begin + lane, end - 1)
        for i in range(plan.num_left):
            shifts[i, lane] = 4 * pools[row, i]
        for i in range(plan.num_left, n):
            shifts[i, lane] = -4 * pools[row, i]
        shifts[n, lane] = 0
        shifts[n + 1, lane] = 4 * targets[row] + tags[row]


@numba.njit(cache=True, nogil=True)
def subset_at(weights, masks, start, count, total):
    """Return the first of the listed masks whose weights add up to the total, or -1."""
    h = weights.shape[0]
    cut = h // 2
    low = np.zeros(1 << cut, np.int64)
    high = np.zeros(1 << (h - cut), np.int64)
    for i in range(cut):
        for m in range(1 << i):
            low[m + (1 << i)] = low[m] + weights[i]
    for i in range(h - cut):
        for m in range(1 << i):
            high[m + (1 << i)] = high[m] + weights[cut + i]
    ones = (1 << cut) - 1
    for at in range(start, start + count):
        mask = masks[at]
        if low[mask & ones] + high[mask >> cut] == total:
            return mask
    return np.int64(-1)


@numba.njit(cache=True, nogil=True)
def unpack(plan, pools, targets, tags, begin, end, best, winners, masks, keys):
    """Turn the winning entries of every lane and slot into subsets, as bits; -1 if there is none."""
    for slot in range(plan.num_slots):
        for lane in range(end - begin):
            row = begin + lane
            goal = 4 * targets[row] + tags[row]
            key = np.int64(best[2 * slot, lane])
            lower = np.int64(best[2 * slot + 1, lane])
            upper = lower + key
            # The entry that is a multiple of four is the left sum, the other one the rest.
            left_sum = (lower if lower & 3 == 0 else upper) >> 2
            right_sum = (goal - (upper if lower & 3 == 0 else lower)) >> 2
            i, j, _ = plan.pairs[winners[slot, lane]]
            left = subset_at(
                pools[row, : plan.num_left],
                plan.left_masks,
                plan.left_starts[plan.num_left, i],
                plan.left_counts[plan.num_left, i],
                left_sum,
            )
            right = subset_at(
                pools[row, plan.num_left :],
                plan.right_masks,
                plan.right_starts[plan.num_right, j] - plan.right_starts[plan.num_right, 0],
                plan.right_counts[plan.num_right, j],
                right_sum,
            )
            keys[row, slot] = key
            masks[row, slot] = -1 if left < 0 or right < 0 else left | right << plan.num_left


@numba.njit(cache=True, nogil=True)
def nearest_subsets(plan, pools, targets, tags, begin, end, workspace, masks, keys):
    """Solve pools begin..end-1, one slot at a time; subsets go to `masks`, differences to `keys`."""
    shifts, even, odd, merged, best = workspace
    lanes = shifts.shape[1]
    n = plan.num_left + plan.num_right
    winners = np.zeros((plan.num_slots, lanes), np.int64)
    before = np.empty(lanes, shifts.dtype)
    for first in range(begin, end, lanes):
        last = min(first + lanes, end)
        load_lanes(plan, pools, targets, tags, first, last, shifts)
        left = build_groups(
            shifts, 0, plan.num_left, n, plan.left_starts, plan.left_counts, even, odd
        )
        # Both halves must end in the same array, whichever of their numbers is odd.
        if (plan.num_right - plan.num_left) % 2 == 0:
            build_groups(
                shifts, plan.num_left, plan.num_right, n, plan.right_starts, plan.right_counts,
                even, odd,
            )  # fmt: skip
        else:
            build_groups(
                shifts, plan.num_left, plan.num_right, n, plan.right_starts, plan.right_counts,
                odd, even,
            )  # fmt: skip
        best[:] = -1  # as an unsigned number: above every difference
        for p in range(plan.pairs.shape[0]):
            i, j, slot = plan.pairs[p]
            kept = best[2 * slot : 2 * slot + 2]
            for lane in range(lanes):
                before[lane] = kept[0, lane]
            meet(
                left, plan.left_starts[plan.num_left, i], plan.left_counts[plan.num_left, i],
                plan.right_starts[plan.num_right, j], plan.right_counts[plan.num_right, j],
                n, n + 1, shifts, merged, kept,
            )  # fmt: skip
            for lane in range(lanes):
                if kept[0, lane] != before[lane]:
                    winners[slot, lane] = p
        unpack(plan, pools, targets, tags, first, last, best, winners, masks, keys)


