"""Two masks of one layer: what every mask of a line reaches, and descents from mask to mask.

A *line* is the mask of one row of the second layer or of one column of the first, its bits the
hidden neurons. The error of entry (i, j) depends on ``row[i] & column[j]`` alone.
"""

import numba
import numpy as np

FAR = np.int64(2**62)
"""Larger than any error of a legal problem; never added to anything."""


@numba.njit(cache=True, nogil=True)
def join(use_l1, a, b):
    """Return the joint error of two parts of a layer."""
    return a + b if use_l1 else max(a, b)


@numba.njit(cache=True, nogil=True)
def error_table(weights, target):
    """Return the distance from the target of every subset's sum, the subset's bits as index."""
    sums = np.zeros(1 << weights.shape[0], np.int64)
    sums[0] = -target
    for k in range(weights.shape[0]):
        size = 1 << k
        for mask in range(size):
            sums[size + mask] = sums[mask] + weights[k]
    for mask in range(sums.shape[0]):
        sums[mask] = abs(sums[mask])
    return sums


@numba.njit(cache=True, nogil=True)
def least_within(table):
    """Return for every mask the least entry of the table at any of its submasks."""
    least = table.copy()
    bit = 1
    while bit < least.shape[0]:
        for mask in range(least.shape[0]):
            if mask & bit and least[mask ^ bit] < least[mask]:
                least[mask] = least[mask ^ bit]
        bit <<= 1
    return least


@numba.njit(cache=True, nogil=True)
def size_table(hidden):
    """Return the number of bits of every mask."""
    sizes = np.zeros(1 << hidden, np.int64)
    for mask in range(1, sizes.shape[0]):
        sizes[mask] = sizes[mask >> 1] + (mask & 1)
    return sizes


@numba.njit(cache=True, nogil=True)
def best_by_size(weights, targets, use_l1, free, errors, masks):
    """Find for every number of kept edges the best mask of one line, the other side being fixed.

    `weights` has a row for each entry of the line, 0 where the other side keeps no edge; an
    error counts from `free` on. Masks change by one bit from one to the next; neurons that
    reach no entry are left out.
    """
    q, h = weights.shape
    active = np.zeros(h, np.int64)
    count = 0
    for k in range(h):
        for r in range(q):
            if weights[r, k] != 0:
                active[count] = k
                count += 1
                break
    errors[:] = FAR
    sums = np.empty(q, np.int64)
    sums[:] = -targets
    mask, size = np.int64(0), 0
    for step in range(1 << count):
        if step:
            place = 0
            while not step >> place & 1:
                place += 1
            k = active[place]
            mask ^= np.int64(1) << k
            if mask >> k & 1:
                size += 1
                for r in range(q):
                    sums[r] += weights[r, k]
            else:
                size -= 1
                for r in range(q):
                    sums[r] -= weights[r, k]
        error = np.int64(0)
        for r in range(q):
            error = join(use_l1, error, max(np.int64(0), abs(sums[r]) - free))
        if error < errors[size]:
            errors[size] = error
            masks[size] = mask


@numba.njit(cache=True, nogil=True)
def share_room(errors, use_l1, room, chosen):
    """Choose a size for each line, together at most `room`; return the joint error.

    Among equally good choices the one with the fewest edges; FAR if there is none.
    """
    n, width = errors.shape
    room = min(room, n * (width - 1))
    best = np.full((n + 1, room + 1), FAR, np.int64)
    taken = np.zeros((n, room + 1), np.int64)
    best[0, 0] = 0
    for line in range(n):
        for used in range(room + 1):
            if best[line, used] == FAR:
                continue
            for size in range(min(width - 1, room - used) + 1):
                if errors[line, size] < FAR:
                    total = join(use_l1, best[line, used], errors[line, size])
                    if total < best[line + 1, used + size]:
                        best[line + 1, used + size] = total
                        taken[line, used + size] = size
    end = 0
    for used in range(room + 1):
        if best[n, used] < best[n, end]:
            end = used
    least, left = best[n, end], end
    for line in range(n - 1, -1, -1):
        chosen[line] = taken[line, left]
        left -= taken[line, left]
    return least


@numba.njit(cache=True, nogil=True)
def settle(own, other, targets, fixed, use_l1, free, room, lines):
    """Choose the best lines of one side for the fixed lines of the other; return the error.

    `own` has a row of weights for each line, `other` one for each fixed line; they meet in
    ``targets[line, fixed line]``. FAR, and nothing chosen, if `room` is negative.
    """
    n, h = own.shape
    if room < 0:
        return FAR
    errors = np.full((n, h + 1), FAR, np.int64)
    masks = np.zeros((n, h + 1), np.int64)
    weights = np.zeros((other.shape[0], h), np.int64)
    for i in range(n):
        for j in range(other.shape[0]):
            for k in range(h):
                weights[j, k] = own[i, k] * other[j, k] if fixed[j] >> k & 1 else 0
        best_by_size(weights, targets[i], use_l1, free, errors[i], masks[i])
    chosen = np.zeros(n, np.int64)
    least = share_room(errors, use_l1, room, chosen)
    for i in range(n):
        lines[i] = masks[i, chosen[i]]
    return least


@numba.njit(cache=True, nogil=True)
def error_of(rows, columns, targets, row_lines, column_lines, use_l1, free):
    """Return the joint error of both masks, each entry's counted from `free` on."""
    total = np.int64(0)
    for i in range(rows.shape[0]):
        for j in range(columns.shape[0]):
            kept, left = row_lines[i] & column_lines[j], -targets[i, j]
            for k in range(rows.shape[1]):
                if kept >> k & 1:
                    left += rows[i, k] * columns[j, k]
            total = join(use_l1, total, max(np.int64(0), abs(left) - free))
    return total


@numba.njit(cache=True, nogil=True)
def edges_of(lines):
    """Return how many bits the lines have together."""
    count = 0
    for line in lines:
        while line:
            count += line & 1
            line >>= 1
    return count


@numba.njit(cache=True, nogil=True)
def kick(lines, flips, hidden, most):
    """Flip the bits listed (line times hidden plus bit, -1 for none), and keep to the budget."""
    for flip in flips:
        if flip >= 0:
            lines[flip // hidden] ^= np.int64(1) << (flip % hidden)
    line = 0
    while edges_of(lines) > most:
        lines[line] &= lines[line] - 1  # the lowest bit goes
        line = (line + 1) % lines.shape[0]


@numba.njit(cache=True, nogil=True)
def improve(rows, columns, targets, turned, row_lines, lines, use_l1, free, most):
    """Choose the rows for the columns and the columns for the rows until neither helps."""
    value = FAR
    while True:
        room = most - edges_of(lines)
        settle(rows, columns, targets, lines, use_l1, free, room, row_lines)
        room = most - edges_of(row_lines)
        reached = settle(columns, rows, turned, row_lines, use_l1, free, room, lines)
        if reached >= value:
            return value
        value = reached


ROUNDS_TOGETHER = 16
"""Kicks between two choices of what counts as an error."""


@numba.njit(cache=True, nogil=True)
def descend(rows, columns, targets, use_l1, soft, most, row_lines, lines, flips, shifts, enough,
            state):  # fmt: skip
    """Improve the masks of the two sides in turn until neither helps; kick, and go on.

    `rows` holds the weights of the second layer, `columns` the first transposed, the lines a
    legal start, where the best is returned. Round r flips the bits ``flips[r]`` and is undone
    if it ends worse. `soft` is for the largest error: what counts then is by how much all
    entries together exceed a goal, between `enough` and the best; ``shifts`` says how near to
    `enough`, 0 being just below the best. Returns (error, rounds); stops if ``state[0]`` is set.
    """
    h = rows.shape[1]
    turned = targets.T.copy()
    best_rows, best_lines = row_lines.copy(), lines.copy()
    best = error_of(rows, columns, targets, row_lines, lines, use_l1, 0)
    now = lines.copy()
    value, free, rounds = FAR, np.int64(0), 0
    for r in range(flips.shape[0]):
        if best <= enough or state[0]:
            break
        if soft and r % ROUNDS_TOGETHER == 0:
            free = enough + ((best - 1 - enough) >> shifts[r])
            value = FAR
        lines[:] = now
        kick(lines, flips[r], h, most)
        reached = improve(rows, columns, targets, turned, row_lines, lines, use_l1 or soft, free,
                          most)  # fmt: skip
        rounds += 1
        if reached > value:
            continue
        value = reached
        now[:] = lines
        error = error_of(rows, columns, targets, row_lines, lines, use_l1, 0)
        if error < best:
            best = error
            best_rows[:], best_lines[:] = row_lines, lines
            if soft:
                free = enough + ((best - 1 - enough) >> shifts[r])
                value = FAR
    row_lines[:], lines[:] = best_rows, best_lines
    return best, rounds
