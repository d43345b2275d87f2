"""Nearest pairs of points: the sums of two halves in several rows, in two trees of boxes.

A *point* is one subset of a half: its sum in every row, and its mask. The points of a half
hang in a tree: a node is a stretch of the array and the smallest box around it, its children
are the two parts left and right of the median in the widest row. Two boxes, one of each tree,
bound the distance of all their pairs from below, in integers; a pair of boxes that cannot
improve the best error is dropped with all that is in it (branch and bound on two trees).

The points of the left half are stored as what they leave of the targets, so that the distance
of two points is the error. Capacity: all numbers of a row and its target add up to less than
2**62, so every difference of coordinates fits, and so does the sum over all rows.
"""

import numba
import numpy as np

from slth_opt.kernels.enumeration import advance, first_subset

START, END, CHILD = 0, 1, 2
"""Columns of a table of nodes: its stretch of points, and its first child; the other is next."""

LEAF = -1
"""In the place of a child: there is none."""


@numba.njit(cache=True, nogil=True)
def size_of(mask):
    """Count the columns in a mask."""
    size = np.int64(0)
    while mask:
        mask &= mask - 1
        size += 1
    return size


@numba.njit(cache=True, nogil=True)
def list_points(columns, origin, sign, fewest, most, points):
    """Write ``origin + sign * sums`` and the mask of every subset of fewest..most columns."""
    n, d = columns.shape
    here = np.empty(d, np.int64)
    position = 0
    for size in range(fewest, most + 1):
        chosen = first_subset(n, size)
        mask = (np.int64(1) << np.int64(size)) - np.int64(1)
        here[:] = origin
        for i in range(size):
            for r in range(d):
                here[r] += sign * columns[i, r]
        while True:
            for r in range(d):
                points[position, r] = here[r]
            points[position, d] = mask
            position += 1
            out, into = advance(chosen, size)
            if into < 0:
                break
            mask ^= (np.int64(1) << np.int64(out)) | (np.int64(1) << np.int64(into))
            for r in range(d):
                here[r] += sign * (columns[into, r] - columns[out, r])


@numba.njit(cache=True, nogil=True)
def exchange(points, i, j):
    """Let two points change places."""
    for r in range(points.shape[1]):
        points[i, r], points[j, r] = points[j, r], points[i, r]


@numba.njit(cache=True, nogil=True)
def halve(points, start, end, row):
    """Put the smaller half of a stretch, by one row, before the larger; return where that starts.

    Quickselect with the median of three as a pivot.
    """
    middle = (start + end) // 2
    low, high = start, end - 1
    while low < high:
        a, b, c = points[low, row], points[(low + high) // 2, row], points[high, row]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while points[i, row] < pivot:
                i += 1
            while points[j, row] > pivot:
                j -= 1
            if i <= j:
                exchange(points, i, j)
                i += 1
                j -= 1
        if middle <= j:
            high = j
        elif middle >= i:
            low = i
        else:
            break
    return middle


@numba.njit(cache=True, nogil=True)
def divide_sizes(points, start, end, largest):
    """Put the subsets of at most `largest` columns first; return where the others start."""
    mask = points.shape[1] - 1
    i = start
    for j in range(start, end):
        if size_of(points[j, mask]) <= largest:
            exchange(points, i, j)
            i += 1
    return i


@numba.njit(cache=True, nogil=True)
def bound_box(points, start, end, by_size, low, high):
    """Find the smallest box around a stretch; its last side holds the sizes, 0 if they are free."""
    d = points.shape[1] - 1
    for r in range(d):
        low[r] = high[r] = points[start, r]
    for i in range(start + 1, end):
        for r in range(d):
            low[r] = min(low[r], points[i, r])
            high[r] = max(high[r], points[i, r])
    low[d] = high[d] = 0
    if by_size:
        low[d] = high[d] = size_of(points[start, d])
        for i in range(start + 1, end):
            size = size_of(points[i, d])
            low[d] = min(low[d], size)
            high[d] = max(high[d], size)


@numba.njit(cache=True, nogil=True)
def grow(points, by_size, spread, leaf, nodes, boxes, node, used, limit):
    """Grow a tree node by node, level after level, until about `limit` points were looked at.

    A node whose sizes differ by more than `spread` is split by size first. Returns the next
    node to look at and how many there are: the tree is grown when both are equal.
    """
    d = points.shape[1] - 1
    looked = 0
    while node < used and looked < limit:
        start, end = nodes[node, START], nodes[node, END]
        low, high = boxes[node, 0], boxes[node, 1]
        bound_box(points, start, end, by_size, low, high)
        looked += end - start
        row = 0
        for r in range(1, d):
            if high[r] - low[r] > high[row] - low[row]:
                row = r
        all_equal = high[row] == low[row]
        sizes = high[d] - low[d]
        nodes[node, CHILD] = LEAF
        if used + 2 <= nodes.shape[0] and (
            sizes > spread or (end - start > leaf and (sizes > 0 or not all_equal))
        ):
            if sizes > spread or all_equal:
                middle = divide_sizes(points, start, end, (low[d] + high[d]) // 2)
            else:
                middle = halve(points, start, end, row)
            nodes[node, CHILD] = used
            nodes[used, START], nodes[used, END] = start, middle
            nodes[used + 1, START], nodes[used + 1, END] = middle, end
            used += 2
        node += 1
    return node, used


@numba.njit(cache=True, nogil=True)
def box_distance(low_a, high_a, low_b, high_b, d, use_l1):
    """Return the distance of two boxes: no pair of their points is nearer."""
    total = np.int64(0)
    for r in range(d):
        gap = max(low_a[r] - high_b[r], low_b[r] - high_a[r])
        if gap > 0:
            if use_l1:
                total += gap
            elif gap > total:
                total = gap
    return total


@numba.njit(cache=True, nogil=True)
def point_distance(a, b, d, use_l1, enough):
    """Return the distance of two points, or at least `enough` as soon as it is no less."""
    total = np.int64(0)
    for r in range(d):
        gap = abs(a[r] - b[r])
        if use_l1:
            total += gap
        elif gap > total:
            total = gap
        if total >= enough:
            break
    return total


@numba.njit(cache=True, nogil=True)
def compare_leaves(
    left, start_a, end_a, right, start_b, end_b, box_b, sizes, check_sizes, use_l1, best
):
    """Compare all pairs of two leaves; `best` holds the error and both masks of the nearest."""
    d = left.shape[1] - 1
    for i in range(start_a, end_a):
        a = left[i]
        if box_distance(a, a, box_b[0], box_b[1], d, use_l1) >= best[0]:
            continue
        for j in range(start_b, end_b):
            error = point_distance(a, right[j], d, use_l1, best[0])
            if error < best[0]:
                if check_sizes:
                    size = size_of(a[d]) + size_of(right[j, d])
                    if size < sizes[0] or size > sizes[1]:
                        continue
                best[0], best[1], best[2] = error, a[d], right[j, d]


@numba.njit(cache=True, nogil=True)
def place(pairs, top, a, b, bound):
    """Put a pair of nodes on the stack."""
    pairs[top, 0], pairs[top, 1], pairs[top, 2] = a, b, bound


@numba.njit(cache=True, nogil=True)
def bound_pair(boxes_a, a, boxes_b, b, sizes, use_l1, hopeless):
    """Return a lower bound on the error of all pairs of two nodes, `hopeless` if none is legal."""
    d = boxes_a.shape[2] - 1
    box_a, box_b = boxes_a[a], boxes_b[b]
    if box_a[1, d] + box_b[1, d] < sizes[0] or box_a[0, d] + box_b[0, d] > sizes[1]:
        return hopeless
    return box_distance(box_a[0], box_a[1], box_b[0], box_b[1], d, use_l1)


@numba.njit(cache=True, nogil=True)
def meet(
    left, nodes_a, boxes_a, right, nodes_b, boxes_b, sizes, use_l1, pairs, best, enough, limit
):
    """Go on with the pairs of nodes on the stack, the nearer first; return how many were seen.

    `best` holds the error, both masks, and how many pairs are on the stack: all that is needed
    to go on, or to say what is proven, is in arrays, even if Ctrl-C swallows what is returned.
    """
    d = left.shape[1] - 1
    top, seen = best[3], 0
    while top > 0 and seen < limit and best[0] > enough:
        top -= 1
        a, b = pairs[top, 0], pairs[top, 1]
        if pairs[top, 2] >= best[0]:
            continue
        seen += 1
        child_a, child_b = nodes_a[a, CHILD], nodes_b[b, CHILD]
        if child_a == LEAF and child_b == LEAF:
            low = boxes_a[a, 0, d] + boxes_b[b, 0, d]
            high = boxes_a[a, 1, d] + boxes_b[b, 1, d]
            compare_leaves(
                left, nodes_a[a, START], nodes_a[a, END],
                right, nodes_b[b, START], nodes_b[b, END], boxes_b[b],
                sizes, low < sizes[0] or high > sizes[1], use_l1, best,
            )  # fmt: skip
            continue
        count_a = nodes_a[a, END] - nodes_a[a, START]
        count_b = nodes_b[b, END] - nodes_b[b, START]
        if child_b == LEAF or (child_a != LEAF and count_a >= count_b):
            a0, a1, b0, b1 = child_a, child_a + 1, b, b
        else:
            a0, a1, b0, b1 = a, a, child_b, child_b + 1
        first = bound_pair(boxes_a, a0, boxes_b, b0, sizes, use_l1, best[0])
        second = bound_pair(boxes_a, a1, boxes_b, b1, sizes, use_l1, best[0])
        if second < first:
            a0, a1, b0, b1 = a1, a0, b1, b0
            first, second = second, first
        if second < best[0]:
            place(pairs, top, a1, b1, second)
            top += 1
        if first < best[0]:
            place(pairs, top, a0, b0, first)
            top += 1
    best[3] = top
    return seen
