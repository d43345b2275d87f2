"""The nearest subset sums of many pools at once, in lock-step over the lanes of vector rows.

Both halves' sums are listed by size. For a pair of sizes the left list is merged with what the
right list leaves of the target; the nearest pair then stands side by side. Only sums are
moved: the subset is found afterwards, from the winning sums, lane by lane.
"""

from collections import namedtuple
from math import comb

import numba
import numpy as np

from slth_opt.kernels.lanes import copy_shifted, empty_rows, scan
from slth_opt.kernels.merging import build_groups, group_tables, merge

Plan = namedtuple(
    "Plan",
    "num_left num_right left_starts left_counts right_starts right_counts pairs num_slots mixed "
    "left_order right_order order_starts sizes",
)
"""Everything that depends on n and the sizes wanted, not on the numbers.

`pairs` has a row (left size, right size, slot) for every two lists that must meet; the best of
every slot is kept apart. In a `mixed` plan all sizes share one list in each half.
`left_order` and `right_order` list the subsets of the first quarter of each half, as bits, by
size; `order_starts` says where each size begins, for both; `sizes` counts bits.
"""


def make_plan(num_candidates, fewest, most, by_size):
    """Return the plan for subsets of fewest..most of n weights, one slot or one for each size.

    Examples
    --------
    >>> make_plan(4, 2, 2, False).pairs.tolist()
    [[0, 2, 0], [1, 1, 0], [2, 0, 0]]
    """
    num_left = num_candidates // 2
    num_right = num_candidates - num_left
    cut = num_right // 2
    mixed = fewest == 0 and most == num_candidates and not by_size
    if mixed:
        left_starts, left_counts = _mixed_tables(num_left)
        right_starts, right_counts = _mixed_tables(num_right)
        pairs = [(0, 0, 0)]
    else:
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
        np.array(pairs, np.int64),
        most - fewest + 1 if by_size else 1,
        mixed,
        _subsets_by_size(num_left // 2),
        _subsets_by_size(num_right // 2),
        np.array([_starts_by_size(num_left // 2, cut), _starts_by_size(cut, cut)]),
        _sizes(2 ** ((num_right + 1) // 2)),
    )


def _sizes(count):
    return np.bitwise_count(np.arange(count)).astype(np.int64)


def _subsets_by_size(num_weights):
    return np.argsort(_sizes(2**num_weights), kind="stable")


def _starts_by_size(num_weights, longest):
    counts = [comb(num_weights, size) for size in range(longest + 1)]
    return np.cumsum([0, *counts])


def _mixed_tables(num_weights):
    counts = 2 ** np.arange(num_weights + 1, dtype=np.int64)[:, None]
    return np.zeros_like(counts), counts


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
def load_lanes(plan, pools, owners, targets, tags, begin, end, lane_owners, shifts):
    """Fill `shifts`: left weights, right weights negated, zeros, targets; all four times over.

    Lanes behind `end` repeat the last row. Returns whether any lane changed its pool.
    """
    n = plan.num_left + plan.num_right
    changed = False
    for lane in range(shifts.shape[1]):
        row = min(begin + lane, end - 1)
        owner = owners[row]
        shifts[n + 1, lane] = 4 * targets[row] + tags[row]
        if owner == lane_owners[lane]:
            continue
        changed = True
        lane_owners[lane] = owner
        for i in range(plan.num_left):
            shifts[i, lane] = 4 * pools[owner, i]
        for i in range(plan.num_left, n):
            shifts[i, lane] = -4 * pools[owner, i]
        shifts[n, lane] = 0
    return changed


@numba.njit(cache=True, nogil=True)
def build_mixed(shifts, first, num_weights, zero, home, even, odd):
    """List the sums of all subsets, sizes mixed and sorted, from row `home` on."""
    rows, out = even, odd
    copy_shifted(rows, home, shifts, zero, zero, shifts)
    for i in range(num_weights):
        count = 1 << i
        merge(out, home, rows, home, count, zero, home, count, first + i, shifts)
        rows, out = out, rows
    return rows


@numba.njit(cache=True, nogil=True)
def build_lists(plan, shifts, even, odd):
    """List the sums of both halves; both end in the array that is returned."""
    n = plan.num_left + plan.num_right
    # The arrays take turns with every weight: the halves start apart if one has a weight more.
    first, second = (even, odd) if plan.num_right == plan.num_left else (odd, even)
    if plan.mixed:
        build_mixed(shifts, 0, plan.num_left, n, 0, even, odd)
        return build_mixed(
            shifts, plan.num_left, plan.num_right, n, plan.right_starts[0, 0], first, second
        )
    build_groups(shifts, 0, plan.num_left, n, plan.left_starts, plan.left_counts, even, odd)
    return build_groups(
        shifts,
        plan.num_left,
        plan.num_right,
        n,
        plan.right_starts,
        plan.right_counts,
        first,
        second,
    )


@numba.njit(cache=True, nogil=True)
def part_sums(weights, sums):
    """Fill `sums` with those of all subsets, in the order of their bits."""
    sums[0] = 0
    for i in range(weights.shape[0]):
        for m in range(1 << i):
            sums[m + (1 << i)] = sums[m] + weights[i]


@numba.njit(cache=True, nogil=True)
def position_of(sums, begin, end, total):
    """Return the last position in a range that holds the total, or -1; no branch, so vectors."""
    found = np.int64(-1)
    for m in range(begin, end):
        if sums[m] == total:
            found = m
    return found


@numba.njit(cache=True, nogil=True)
def subset_with(size, total, low, low_starts, high, sizes):
    """Return (position in low, bits in high) of a pair of quarter subsets; -1 if there is none.

    `low` is ordered by size, `high` by bits; the sizes add up to `size`, or to any for -1.
    """
    for h in range(high.shape[0]):
        begin, end = np.int64(0), np.int64(low.shape[0])
        if size >= 0:
            others = size - sizes[h]
            if others < 0 or others >= low_starts.shape[0] - 1:
                continue
            begin, end = low_starts[others], low_starts[others + 1]
        found = position_of(low, begin, end, total - high[h])
        if found >= 0:
            return found, h
    return -1, -1


@numba.njit(cache=True, nogil=True)
def unpack_half(plan, weights, order, column, lane, winners, totals, found, quarters):
    """Find the subsets of one half of one pool that have the winning sums, for every slot."""
    cut = weights.shape[0] // 2
    plain, low = quarters[0, : 1 << cut], quarters[1, : 1 << cut]
    high = quarters[2, : 1 << (weights.shape[0] - cut)]
    part_sums(weights[:cut], plain)
    part_sums(weights[cut:], high)
    for m in range(1 << cut):
        low[m] = plain[order[m]]
    starts = plan.order_starts[column]
    for slot in range(plan.num_slots):
        size = -1 if plan.mixed else plan.pairs[winners[slot, lane], column]
        at, h = subset_with(size, totals[slot], low, starts, high, plan.sizes)
        found[slot] = -1 if h < 0 else order[at] | h << cut


@numba.njit(cache=True, nogil=True)
def unpack(plan, pools, owners, targets, tags, begin, end, best, winners, masks, keys):
    """Turn the winning entries of every lane and slot into subsets, as bits; -1 for none."""
    quarters = np.empty((3, 1 << ((plan.num_right + 1) // 2)), np.int64)
    totals = np.empty((2, plan.num_slots), np.int64)
    found = np.empty((2, plan.num_slots), np.int64)
    for lane in range(end - begin):
        row = begin + lane
        goal = 4 * targets[row] + tags[row]
        for slot in range(plan.num_slots):
            key = np.int64(best[2 * slot, lane])
            if best.itemsize == 4:
                key &= 0xFFFFFFFF
            lower = np.int64(best[2 * slot + 1, lane])
            upper = lower + key
            # The entry that is a multiple of four is the left sum, the other one the rest.
            of_left, of_right = (lower, upper) if lower & 3 == 0 else (upper, lower)
            totals[0, slot] = of_left >> 2
            totals[1, slot] = (goal - of_right) >> 2
            keys[row, slot] = key
        pool = pools[owners[row]]
        left, right = pool[: plan.num_left], pool[plan.num_left :]
        unpack_half(plan, left, plan.left_order, 0, lane, winners, totals[0], found[0], quarters)
        unpack_half(plan, right, plan.right_order, 1, lane, winners, totals[1], found[1], quarters)
        for slot in range(plan.num_slots):
            none = found[0, slot] < 0 or found[1, slot] < 0
            masks[row, slot] = -1 if none else found[0, slot] | found[1, slot] << plan.num_left


@numba.njit(cache=True, nogil=True)
def nearest_subsets(plan, pools, owners, targets, tags, begin, end, workspace, masks, keys):
    """Solve rows begin..end-1: row r asks for `targets[r]` of the pool `owners[r]`.

    Subsets go to `masks` as bits, differences to `keys`, one column for each slot. Lists are
    built anew only when a lane gets another pool.
    """
    shifts, even, odd, merged, best = workspace
    lanes = shifts.shape[1]
    n = plan.num_left + plan.num_right
    winners = np.zeros((plan.num_slots, lanes), np.int64)
    lane_owners = np.full(lanes, -1, np.int64)
    before = np.empty(lanes, shifts.dtype)
    lists = even
    for first in range(begin, end, lanes):
        last = min(first + lanes, end)
        if load_lanes(plan, pools, owners, targets, tags, first, last, lane_owners, shifts):
            lists = build_lists(plan, shifts, even, odd)
        best[:] = -1  # as an unsigned number: above every difference
        for p in range(plan.pairs.shape[0]):
            i, j, slot = plan.pairs[p]
            kept = best[2 * slot : 2 * slot + 2]
            for lane in range(lanes):
                before[lane] = kept[0, lane]
            meet(
                lists, plan.left_starts[plan.num_left, i], plan.left_counts[plan.num_left, i],
                plan.right_starts[plan.num_right, j], plan.right_counts[plan.num_right, j],
                n, n + 1, shifts, merged, kept,
            )  # fmt: skip
            for lane in range(lanes):
                if kept[0, lane] != before[lane]:
                    winners[slot, lane] = p
        unpack(plan, pools, owners, targets, tags, first, last, best, winners, masks, keys)
