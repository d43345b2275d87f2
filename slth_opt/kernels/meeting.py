"""Meeting in the middle, grouped by cardinality: Horowitz and Sahni 1974 with sizes kept apart.

A *half* holds the sums of all subsets of its weights in one flat array, grouped by size,
each group sorted and fenced by a low sentinel before it and a high one behind it. With the
fences no inner loop tests whether a list is exhausted: every merge and every walk makes a
number of steps known beforehand.

Sums stay below 2**62 in absolute value and the fences are at 2**62, so a fence plus or minus
any sum still fits an int64. A walk aims at a point between its smallest and its largest sum:
then a fence is always farther away than one of these two, and is never taken for a sum.
"""

import numba
import numpy as np

FENCE = np.int64(2**62)
"""Beyond any sum and any error of a legal problem."""


@numba.njit(cache=True, nogil=True)
def group_starts(num_weights, most):
    """Return where the group of each size 0..most starts, and one past the last fence."""
    starts = np.empty(most + 2, np.int64)
    position = np.int64(1)
    count = np.int64(1)  # binomial(num_weights, size)
    for size in range(most + 1):
        starts[size] = position
        position += count + 2
        count = count * (num_weights - size) // (size + 1)
    starts[most + 1] = position
    return starts


@numba.njit(cache=True, nogil=True)
def merge_shifted(out, home, sums, old, old_size, other, other_size, shift):
    """Write the merge of a list and of another one shifted to `out`, from both ends at once.

    The two ends do not wait for each other, which hides half of the time the processor would
    wait for its own comparisons. Positions are unsigned: numba then does not ask whether they
    count from the back. All lists are fenced.
    """
    one = np.uint64(1)
    low_old, high_old = np.uint64(old), np.uint64(old + old_size - 1)
    low_other, high_other = np.uint64(other), np.uint64(other + other_size - 1)
    total = old_size + other_size
    low, high = np.uint64(home), np.uint64(home + total - 1)
    for _ in range(total // 2):
        kept = sums[low_old]
        moved = sums[low_other] + shift
        out[low] = min(kept, moved)
        from_old = np.uint64(kept <= moved)
        low_old += from_old
        low_other += one - from_old
        low += one
        kept = sums[high_old]
        moved = sums[high_other] + shift
        out[high] = max(kept, moved)
        from_old = np.uint64(kept > moved)
        high_old -= from_old
        high_other -= one - from_old
        high -= one
    if total % 2 == 1:
        out[low] = min(sums[low_old], sums[low_other] + shift)


@numba.njit(cache=True, nogil=True)
def build_half(weights, starts, sums):
    """Fill `sums` with the sorted sums of all subsets, group by group.

    One weight after the other: group j becomes its merge with group j - 1 shifted by the
    weight. Two arrays take turns; the last turn ends in `sums`.
    """
    most = starts.shape[0] - 2
    spare = np.empty_like(sums)
    here, there = (sums, spare) if weights.shape[0] % 2 == 0 else (spare, sums)
    sizes = np.zeros(most + 1, np.int64)
    sizes[0] = 1
    for lists in (here, there):
        for j in range(most + 1):
            lists[starts[j] - 1] = -FENCE
            lists[starts[j]] = FENCE
        lists[starts[0]] = 0
        lists[starts[0] + 1] = FENCE
    for item in range(weights.shape[0]):
        for j in range(min(item + 1, most), 0, -1):
            merge_shifted(
                there, starts[j], here, starts[j], sizes[j], starts[j - 1], sizes[j - 1],
                weights[item],
            )  # fmt: skip
            sizes[j] += sizes[j - 1]
            there[starts[j] + sizes[j]] = FENCE
        here, there = there, here


@numba.njit(cache=True, nogil=True)
def nearest_pair(left, left_start, left_size, right, right_start, right_size, target, best):
    """Walk two groups from opposite ends for the pair whose sum is nearest to the target.

    `best` holds an error, the left sum and the right sum; they are replaced when improved.
    """
    lowest = left[left_start] + right[right_start]
    highest = left[left_start + left_size - 1] + right[right_start + right_size - 1]
    aim = min(max(target, lowest), highest)
    beyond = abs(target - aim)  # every error is this much, and the distance from the aim
    error, left_sum, right_sum = best[0] - beyond, best[1], best[2]
    one = np.uint64(1)
    i, j = np.uint64(left_start), np.uint64(right_start + right_size - 1)
    for _ in range(left_size + right_size - 1):
        a = left[i]
        b = right[j]
        difference = a + b - aim
        distance = abs(difference)
        if distance < error:
            error, left_sum, right_sum = distance, a, b
        below = np.uint64(difference < 0)
        i += below
        j -= one - below
    best[0], best[1], best[2] = error + beyond, left_sum, right_sum


@numba.njit(cache=True, nogil=True)
def nearest_of_size(left, left_starts, right, right_starts, size, target, best):
    """Find the pair of groups, and the pair of sums, nearest to the target at one total size.

    Improves `best`: error, left sum, right sum, left size. Returns how many steps were made.
    """
    most_left = left_starts.shape[0] - 2
    most_right = right_starts.shape[0] - 2
    steps = np.int64(0)
    for left_size in range(max(0, size - most_right), min(size, most_left) + 1):
        right_size = size - left_size
        left_count = left_starts[left_size + 1] - left_starts[left_size] - 2
        right_count = right_starts[right_size + 1] - right_starts[right_size] - 2
        before = best[0]
        nearest_pair(
            left,
            left_starts[left_size],
            left_count,
            right,
            right_starts[right_size],
            right_count,
            target,
            best,
        )
        if best[0] < before:
            best[3] = left_size
        steps += left_count + right_count - 1
        if best[0] == 0:
            break
    return steps


@numba.njit(cache=True, nogil=True)
def build_ungrouped(weights, sums):
    """Fill `sums` with the sorted sums of all subsets, sizes mixed, fenced at both ends."""
    spare = np.empty_like(sums)
    here, there = (sums, spare) if weights.shape[0] % 2 == 0 else (spare, sums)
    here[0] = there[0] = -FENCE
    here[1] = 0
    here[2] = FENCE
    count = 1
    for item in range(weights.shape[0]):
        merge_shifted(there, 1, here, 1, count, 1, count, weights[item])
        count *= 2
        there[count + 1] = FENCE
        here, there = there, here
