"""The best weighting of rows, by a simplex method for piecewise linear functions, in floats.

Basic variables are affine in the nonbasic ones: a nonbasic one that moves by s moves basic i
by `slopes[i, k] * s`. Every variable has bounds and a cost that is linear on either side of
0. A nonbasic one lies at a bound or at 0. Nothing here proves anything: whatever weighting
comes out, its bound is computed in integers elsewhere, so a step too few only costs time.
"""

import numba
import numpy as np

SMALL = 1e-9
"""What counts as zero; the largest entry of a matrix is about 1."""


@numba.njit(cache=True)
def marginal_costs(slopes, values, basic, below, above):
    """Return what a unit of each nonbasic variable costs through the basic ones."""
    rest = np.zeros(slopes.shape[1])
    for i in range(slopes.shape[0]):
        cost = below[basic[i]] if values[i] < 0.0 else above[basic[i]]
        if cost != 0.0:
            rest += cost * slopes[i]
    return rest


@numba.njit(cache=True)
def best_direction(rest, at, nonbasic, low, high, below, above):
    """Return the nonbasic variable and the direction with the steepest descent, and its rate."""
    best, way, rate = -1, 0.0, -SMALL
    for k in range(rest.shape[0]):
        v = nonbasic[k]
        up = rest[k] + (below[v] if at[k] < 0.0 else above[v])
        down = -rest[k] - (above[v] if at[k] > 0.0 else below[v])
        if up < rate and at[k] < high[v]:
            best, way, rate = k, 1.0, up
        if down < rate and at[k] > low[v]:
            best, way, rate = k, -1.0, down
    return best, way, rate


@numba.njit(cache=True)
def longest_step(column, values, basic, low, high, below, above, room, rate):
    """Return how far to go while that pays, and the basic variable met there (-1: own bound).

    Past the 0 of a basic variable the cost may still fall; past a bound nothing goes.
    """
    m = values.shape[0]
    reach, blocking = room, -1
    steps = np.empty(m)
    for i in range(m):
        steps[i] = np.inf
        change, b = column[i], basic[i]
        if abs(change) <= SMALL:
            continue
        limit = high[b] if change > 0.0 else low[b]
        if not np.isinf(limit):
            step = max(0.0, (limit - values[i]) / change)
            if step < reach:
                reach, blocking = step, i
        if below[b] != above[b] and (values[i] >= 0.0) == (change < 0.0):
            steps[i] = -values[i] / change
    for i in np.argsort(steps):
        if steps[i] >= reach:
            break
        rate += abs(column[i]) * (above[basic[i]] - below[basic[i]])
        if rate >= 0.0:
            return steps[i], i
    return reach, blocking


@numba.njit(cache=True)
def exchange(slopes, i, k):
    """Make basic variable i nonbasic and nonbasic variable k basic."""
    pivot = slopes[i, k]
    slopes[i] /= -pivot
    slopes[i, k] = 1.0 / pivot
    for r in range(slopes.shape[0]):
        share = slopes[r, k]
        if r != i and share != 0.0:
            slopes[r, k] = 0.0
            slopes[r] += share * slopes[i]


@numba.njit(cache=True)
def descend(slopes, values, at, basic, nonbasic, low, high, below, above, limit):
    """Go down until nothing pays or the steps are up, all in place; return the marginal costs."""
    rest = marginal_costs(slopes, values, basic, below, above)
    for _ in range(limit):
        k, way, rate = best_direction(rest, at, nonbasic, low, high, below, above)
        if k < 0:
            break
        v = nonbasic[k]
        room = high[v] - at[k] if way > 0.0 else at[k] - low[v]
        column = way * slopes[:, k]
        step, i = longest_step(column, values, basic, low, high, below, above, room, rate)
        if np.isinf(step):
            break
        values += step * column
        at[k] += way * step
        if i < 0:
            at[k] = high[v] if way > 0.0 else low[v]
        else:
            b = basic[i]
            end = 0.0  # where the leaving variable stays: at its 0, or at the bound it met
            if below[b] == above[b]:
                end = high[b] if column[i] > 0.0 else low[b]
            exchange(slopes, i, k)
            values[i], at[k] = at[k], end
            basic[i], nonbasic[k] = v, b
        rest = marginal_costs(slopes, values, basic, below, above)
    return rest
