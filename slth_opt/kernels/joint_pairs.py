"""Both masks of a layer by pairs of rows: the columns then fall apart, and so do the rows left.

For a mask of the first row of a pair, each column may take the masks that leave a small error.
Each of these in turn leaves few masks to the second row; only those that suit every column are
followed up, column by column, and the other rows are chosen last, each for itself.
"""

from collections import namedtuple

import numba
import numpy as np

from slth_opt.kernels.joint import FAR, join, share_room

Tables = namedtuple("Tables", "errors least rest sizes rows columns near unit")
"""What is known beforehand: the error of entry (i, j) at each mask, and the least at its
submasks; for each column, that of the entries outside the pair, joined; the sizes of masks; the
neurons that rows and columns can use, as masks; and for columns 2g and 2g + 1 a table of what
the other rows cost with both, in units (see `joint_blocks`; no tables: none are used)."""

Space = namedtuple("Space", "masks costs counts near_masks near_costs near_whole near_counts best "
                   "total alive")  # fmt: skip
"""Work space: the masks each column may take with the first row, and with both; for each mask
of the second row the least error of each column, and of those seen so far."""

Rule = namedtuple("Rule", "use_l1 first second numerator denominator most")
"""The norm, the pair of rows, the share of the slack the pair may take, the budget of edges."""

MOST_COUPLES = 1 << 12
"""Couples of columns looked at before a walk, to know what a table asks at least."""

STOP, SLACK, NEXT, NODES = 0, 1, 2, 3
"""Places of the state that threads share: a flag, the largest error still of interest, the next
mask of the first row, and (of one thread each) the nodes."""


@numba.njit(cache=True, nogil=True)
def share_of(slack, rule):
    """Return the part of the slack that the pair may take, without large products."""
    whole, part = slack // rule.denominator, slack % rule.denominator
    return whole * rule.numerator + part * rule.numerator // rule.denominator


@numba.njit(cache=True, nogil=True)
def left_for(use_l1, slack, total, own):
    """Return what one part of a total may take if the other parts stay as they are."""
    return slack - (total - own) if use_l1 else slack


@numba.njit(cache=True, nogil=True)
def gather(tables, rule, lead, slack, space):
    """List the masks that each column may take with a first row; return whether all have some."""
    share, room = share_of(slack, rule), rule.most - tables.sizes[lead]
    total = np.int64(0)
    for j in range(tables.columns.shape[0]):
        total = join(rule.use_l1, total, tables.least[rule.first, j, lead])
    for j in range(tables.columns.shape[0]):
        own = left_for(rule.use_l1, share, total, tables.least[rule.first, j, lead])
        whole = left_for(rule.use_l1, slack, total, tables.least[rule.first, j, lead])
        inside, outside = tables.columns[j] & lead, tables.columns[j] & ~lead
        count, s = 0, inside
        while True:
            error = tables.errors[rule.first, j, s]
            if error <= own:
                t = outside
                while True:
                    mask = s | t
                    pair = join(rule.use_l1, error, tables.least[rule.second, j, mask])
                    if (
                        pair <= own
                        and join(rule.use_l1, pair, tables.rest[j, mask]) <= whole
                        and tables.sizes[mask] <= room
                    ):
                        space.masks[j, count] = mask
                        space.costs[j, count] = error
                        count += 1
                    if t == 0:
                        break
                    t = (t - 1) & outside
            if s == 0:
                break
            s = (s - 1) & inside
        space.counts[j] = count
        if count == 0:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def scatter(tables, rule, j, own, space):
    """Find for every second row the least error of column j, from the column's masks."""
    best = space.best[j]
    best[:] = FAR
    for p in range(space.counts[j]):
        mask, cost = space.masks[j, p], space.costs[j, p]
        inside, outside = tables.rows[rule.second] & mask, tables.rows[rule.second] & ~mask
        s = inside
        while True:
            error = join(rule.use_l1, cost, tables.errors[rule.second, j, s])
            if error <= own:
                t = outside
                while True:
                    if error < best[s | t]:
                        best[s | t] = error
                    if t == 0:
                        break
                    t = (t - 1) & outside
            if s == 0:
                break
            s = (s - 1) & inside


@numba.njit(cache=True, nogil=True)
def collect(tables, rule, j, own, alive, space):
    """Find the same for the second rows still alive, one by one."""
    for q in range(alive):
        row, least = space.alive[q], FAR
        for p in range(space.counts[j]):
            error = join(
                rule.use_l1,
                space.costs[j, p],
                tables.errors[rule.second, j, space.masks[j, p] & row],
            )
            if error < least:
                least = error
        space.best[j, row] = least if least <= own else FAR


@numba.njit(cache=True, nogil=True)
def meet(tables, rule, lead, slack, state, space):
    """List the second rows that suit every column; return how many."""
    d, share = tables.columns.shape[0], share_of(slack, rule)
    alive, support, row = 0, tables.rows[rule.second], tables.rows[rule.second]
    while True:
        if tables.sizes[row] + tables.sizes[lead] <= rule.most:
            space.alive[alive] = row
            space.total[row] = 0
            alive += 1
        if row == 0:
            break
        row = (row - 1) & support
    left = np.int64(0)  # what the columns not yet seen cost at least
    for j in range(d):
        left = join(rule.use_l1, left, tables.least[rule.first, j, lead])
    done = np.zeros(d, np.bool_)
    for _ in range(d):
        j = -1
        for i in range(d):
            if not done[i] and (j < 0 or space.counts[i] < space.counts[j]):
                j = i
        done[j] = True
        own = left_for(rule.use_l1, share, left, tables.least[rule.first, j, lead])
        if rule.use_l1:
            left -= tables.least[rule.first, j, lead]
        if 4 * alive < tables.sizes.shape[0] >> 4:
            collect(tables, rule, j, own, alive, space)
        else:
            scatter(tables, rule, j, own, space)
        kept = 0
        for q in range(alive):
            row = space.alive[q]
            if space.best[j, row] <= own:
                total = join(rule.use_l1, space.total[row], space.best[j, row])
                if total <= (share - left if rule.use_l1 else share):
                    space.total[row] = total
                    space.alive[kept] = row
                    kept += 1
        alive = kept
        if alive == 0 or state[STOP]:
            return 0
    return alive


@numba.njit(cache=True, nogil=True)
def narrow(tables, rule, row, slack, space, low):
    """List what columns may still take with both rows of the pair; return whether all have some.

    ``low[0]``, ``low[1]`` and ``low[2]`` get for each column the least error of the pair, of
    the whole column, and the fewest edges.
    """
    share = share_of(slack, rule)
    whole = np.int64(0)
    for j in range(tables.columns.shape[0]):
        best = space.best[j, row]
        own = left_for(rule.use_l1, share, space.total[row], best)
        limit = left_for(rule.use_l1, slack, space.total[row], best)
        count = 0
        low[:, j] = FAR
        for p in range(space.counts[j]):
            mask = space.masks[j, p]
            error = tables.errors[rule.second, j, mask & row]
            pair = join(rule.use_l1, space.costs[j, p], error)
            if pair > own:
                continue
            all_rows = join(rule.use_l1, pair, tables.rest[j, mask])
            if all_rows > limit:
                continue
            space.near_masks[j, count] = mask
            space.near_costs[j, count] = pair
            space.near_whole[j, count] = all_rows
            low[0, j] = min(low[0, j], pair)
            low[1, j] = min(low[1, j], all_rows)
            low[2, j] = min(low[2, j], tables.sizes[mask])
            count += 1
        space.near_counts[j] = count
        if count == 0:
            return False
        whole = join(rule.use_l1, whole, low[1, j])
    return bool(whole <= slack)


@numba.njit(cache=True, nogil=True)
def order_columns(tables, counts):
    """Return the columns, those with few masks first; columns of one table stay together."""
    d, groups = counts.shape[0], tables.near.shape[0]
    if groups == 0:
        return np.argsort(counts)
    work = np.empty(d, np.int64)
    for j in range(d):
        paired = j // 2 < groups
        work[j] = 2 * min(counts[j] * counts[j ^ 1] if paired else counts[j], 1 << 60)
        if paired and counts[j] > counts[j ^ 1]:
            work[j] += 1
    placed = np.zeros(d, np.bool_)
    level = 0
    together = np.empty(d, np.int64)
    for j in np.argsort(work):
        if not placed[j]:
            together[level] = j
            placed[j] = True
            level += 1
            if j // 2 < groups:
                together[level] = j ^ 1
                placed[j ^ 1] = True
                level += 1
    return together


@numba.njit(cache=True, nogil=True)
def near_cost(tables, j, mask, other):
    """Return what the rows outside the pair cost at least with columns j and its partner."""
    width = tables.errors.shape[2]
    place = mask * width + other if j % 2 == 0 else other * width + mask
    return np.int64(tables.near[j // 2, place]) * tables.unit


@numba.njit(cache=True, nogil=True)
def least_of_group(tables, rule, j, space):
    """Return the least that columns j and its partner cost in all rows, over their lists."""
    least, other = FAR, j ^ 1
    for p in range(space.near_counts[j]):
        for q in range(space.near_counts[other]):
            pair = join(rule.use_l1, space.near_costs[j, p], space.near_costs[other, q])
            if pair < least:
                rest = near_cost(tables, j, space.near_masks[j, p], space.near_masks[other, q])
                least = min(least, join(rule.use_l1, pair, rest))
    return least


@numba.njit(cache=True, nogil=True)
def floors_from(tables, rule, order, low, space, floors):
    """Fill in what the columns from each level on take at least: pair, whole, edges."""
    d, groups = order.shape[0], tables.near.shape[0]
    floors[:] = 0
    for level in range(d - 1, -1, -1):
        j = order[level]
        for x in range(2):
            floors[x, level] = join(rule.use_l1, floors[x, level + 1], low[x, j])
        floors[2, level] = floors[2, level + 1] + low[2, j]
        opens = j // 2 < groups and level < d - 1 and order[level + 1] == j ^ 1
        if opens and space.near_counts[j] * space.near_counts[j ^ 1] <= MOST_COUPLES:
            least = least_of_group(tables, rule, j, space)
            if least == FAR:
                return False
            floors[1, level] = max(floors[1, level], join(rule.use_l1, floors[1, level + 2], least))
    return True


@numba.njit(cache=True, nogil=True)
def walk(tables, rule, lead, row, state, space, found, low):
    """Choose the columns in every way the slack allows, and the other rows for each; count ways.

    Whatever is found lowers the slack at once, here and for the other threads.
    """
    d, groups = tables.columns.shape[0], tables.near.shape[0]
    order = order_columns(tables, space.near_counts)
    floors = np.zeros((3, d + 1), np.int64)
    if not floors_from(tables, rule, order, low, space, floors) or floors[1, 0] > state[SLACK]:
        return 0
    sums = np.zeros((3, d + 1), np.int64)
    sums[2, 0] = tables.sizes[lead] + tables.sizes[row]
    at = np.zeros(d, np.int64)
    chosen = np.zeros(d, np.int64)
    level, nodes = 0, 0
    while level >= 0:
        if state[STOP]:
            break
        j = order[level]
        p = at[level]
        if p == space.near_counts[j]:
            at[level] = 0
            level -= 1
            continue
        at[level] = p + 1
        slack = state[SLACK]
        mask = space.near_masks[j, p]
        pair = join(rule.use_l1, sums[0, level], space.near_costs[j, p])
        size = sums[2, level] + tables.sizes[mask]
        whole = join(rule.use_l1, sums[1, level], space.near_whole[j, p])
        if (
            join(rule.use_l1, pair, floors[0, level + 1]) > share_of(slack, rule)
            or join(rule.use_l1, whole, floors[1, level + 1]) > slack
            or size + floors[2, level + 1] > rule.most
        ):
            continue
        if j // 2 < groups and level > 0 and order[level - 1] == j ^ 1:
            # Both columns of a table: the other rows must suit the two at once.
            both = join(rule.use_l1, pair - sums[0, level - 1] if rule.use_l1 else pair,
                        near_cost(tables, j, mask, chosen[j ^ 1]))  # fmt: skip
            whole = max(whole, join(rule.use_l1, sums[1, level - 1], both))
            if join(rule.use_l1, whole, floors[1, level + 1]) > slack:
                continue
        chosen[j] = mask
        if level < d - 1:
            level += 1
            sums[0, level], sums[1, level], sums[2, level] = pair, whole, size
            continue
        nodes += 1
        finish(tables, rule, lead, row, chosen, pair, rule.most - size, state, found)
    return nodes


@numba.njit(cache=True, nogil=True)
def finish(tables, rule, lead, row, chosen, pair, room, state, found):
    """Choose the other rows for fixed columns; record what is within the slack.

    `found` holds the rows' lines, then the columns', then their error. Threads may overwrite each
    other's slack: it is still one less than some error found.
    """
    o, d, h = tables.rows.shape[0], chosen.shape[0], 0
    while 1 << h < tables.sizes.shape[0]:
        h += 1
    errors = np.full((o, h + 1), FAR, np.int64)
    masks = np.zeros((o, h + 1), np.int64)
    floors = np.zeros(o, np.int64)
    total = pair
    for i in range(o):
        if i != rule.first and i != rule.second:
            for j in range(d):
                floors[i] = join(rule.use_l1, floors[i], tables.least[i, j, chosen[j]])
            total = join(rule.use_l1, total, floors[i])
    slack = state[SLACK]
    if total > slack:
        return
    for i in range(o):
        if i == rule.first or i == rule.second:
            errors[i, 0] = 0
            continue
        allowed = left_for(rule.use_l1, slack, total, floors[i])
        least = best_rows(tables, rule, i, chosen, floors[i], allowed, room, errors[i], masks[i])
        if least > allowed:
            return
        total = total - floors[i] + least if rule.use_l1 else max(total, least)
    sizes = np.zeros(o, np.int64)
    value = join(rule.use_l1, pair, share_room(errors, rule.use_l1, room, sizes))
    if value <= state[SLACK] and value < found[o + d]:
        state[SLACK] = value - 1
        found[o + d] = value
        for i in range(o):
            found[i] = masks[i, sizes[i]]
        found[rule.first], found[rule.second] = lead, row
        found[o : o + d] = chosen


@numba.njit(cache=True, nogil=True)
def best_rows(tables, rule, i, chosen, floor, allowed, room, errors, masks):
    """Find the best mask of row i for every size, errors above `allowed` left out.

    The column with the most neurons cuts first; neurons no column keeps stay out.
    """
    d, pivot, union = chosen.shape[0], 0, np.int64(0)
    for j in range(d):
        union |= chosen[j] & tables.rows[i]
        if tables.sizes[chosen[j] & tables.rows[i]] > tables.sizes[chosen[pivot] & tables.rows[i]]:
            pivot = j
    least = FAR
    inside, outside = union & chosen[pivot], union & ~chosen[pivot]
    own = left_for(rule.use_l1, allowed, floor, tables.least[i, pivot, chosen[pivot]])
    s = inside
    while True:
        first = tables.errors[i, pivot, s]
        if first <= own:
            t = outside
            while True:
                mask, error = s | t, first
                for j in range(d):
                    if j != pivot and error <= allowed:
                        error = join(rule.use_l1, error, tables.errors[i, j, mask & chosen[j]])
                size = tables.sizes[mask]
                if error <= allowed and size <= room and error < errors[size]:
                    errors[size] = error
                    masks[size] = mask
                    least = min(least, error)
                if t == 0:
                    break
                t = (t - 1) & outside
        if s == 0:
            break
        s = (s - 1) & inside
    return least


@numba.njit(cache=True, nogil=True)
def search(tables, rule, leads, state, space, found):
    """Try the masks of the first row that no thread has tried yet; return the nodes.

    State and found are as said above; each thread has its own work space and `found`. Stops
    early only if the flag is set.
    """
    low = np.zeros((3, tables.columns.shape[0]), np.int64)
    nodes = 0
    while not state[STOP] and state[SLACK] >= 0:
        place = state[NEXT]
        if place >= leads.shape[0]:
            break
        state[NEXT] = place + 1
        lead = leads[place]
        nodes += 1
        if not gather(tables, rule, lead, state[SLACK], space):
            continue
        alive = meet(tables, rule, lead, state[SLACK], state, space)
        for q in range(alive):
            row = space.alive[q]
            if state[STOP]:
                break
            if narrow(tables, rule, row, state[SLACK], space, low):
                nodes += walk(tables, rule, lead, row, state, space, found, low)
    return nodes
