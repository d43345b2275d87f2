"""A pool searched once more: the sums of both halves, sorted, walked from opposite ends."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import chain
from math import comb
from typing import TypeVar

from slth_opt.problems import PoolProblem, SmallestSubset, VectorSum
from slth_opt.reproving.records import Reproof

VECTOR_STEPS = 4
"""How many steps one look at a vector counts for, with one more for each of its rows."""

Vector = tuple[int, ...]
Item = TypeVar("Item")


def search_pool(problem: PoolProblem, bound: int, most_steps: int) -> Reproof:
    """Look for a legal subset with a value below a positive bound, as `search_below` does.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum(weights=(3, -5, 8, 13), target=10, fewest=2, most=2)
    >>> search_pool(pool, 5, 1000).found
    1
    """
    if isinstance(problem, VectorSum):
        return _search_vectors(problem, bound, most_steps)
    n = problem.num_candidates
    if isinstance(problem, SmallestSubset):
        # Only the sizes below the bound matter, however many candidates there are.
        fewest, most = 0, min(bound - 1, n)
    else:
        fewest, most = problem.fewest, problem.most
    if _steps(n, fewest, most, most_steps) > most_steps:
        return Reproof(complete=False, found=None)
    if isinstance(problem, SmallestSubset):
        errors = best_errors(problem.weights, problem.target, fewest, most)
        legal = (size for size, error in enumerate(errors) if error <= problem.tolerance)
        return Reproof(complete=True, found=next(legal, None))
    if _is_any(n, fewest, most):
        best = best_error(problem.weights, problem.target)
    else:
        best = min(best_errors(problem.weights, problem.target, fewest, most))
    return Reproof(complete=True, found=best if best < bound else None)


def best_error(weights: tuple[int, ...], target: int) -> int:
    """Return the smallest distance from the target of the sum of any subset.

    Examples
    --------
    >>> best_error((3, -5, 8, 13), 10)
    1
    """
    left, right = (
        sorted(chain.from_iterable(sums_by_size(part, len(part)))) for part in _halves(weights)
    )
    return _nearest(left, right, target)


def best_errors(weights: tuple[int, ...], target: int, fewest: int, most: int) -> list[int]:
    """Return the smallest distance from the target of every size fewest..most.

    Examples
    --------
    >>> best_errors((3, -5, 8, 13), 10, 0, 4)
    [10, 2, 1, 1, 9]
    """
    left, right = (sums_by_size(part, most) for part in _halves(weights))
    return [
        min(_nearest(left[i], right[j], target) for i, j in _splits(len(left), len(right), size))
        for size in range(fewest, most + 1)
    ]


def sums_by_size(weights: tuple[int, ...], most: int) -> list[list[int]]:
    """Return the sorted sums of every size from 0 to `most`, one for each subset.

    Examples
    --------
    >>> sums_by_size((1, 5, 2), 2)
    [[0], [1, 2, 5], [3, 6, 7]]
    """
    sums = [[0]] + [[] for _ in range(min(most, len(weights)))]
    for weight in weights:
        for size in range(len(sums) - 1, 0, -1):
            sums[size] += [total + weight for total in sums[size - 1]]
    return [sorted(same_size) for same_size in sums]


def vectors_by_size(columns: tuple[Vector, ...], zero: Vector, most: int) -> list[list[Vector]]:
    """Return the sorted sums of columns of every size from 0 to `most`, one for each subset.

    Examples
    --------
    >>> vectors_by_size(((1, 4), (0, -2)), (0, 0), 2)
    [[(0, 0)], [(0, -2), (1, 4)], [(1, 2)]]
    """
    sums = [[zero]] + [[] for _ in range(min(most, len(columns)))]
    for column in columns:
        for size in range(len(sums) - 1, 0, -1):
            sums[size] += [
                tuple(a + b for a, b in zip(total, column, strict=True)) for total in sums[size - 1]
            ]
    return [sorted(same_size) for same_size in sums]


def _search_vectors(problem: VectorSum, bound: int, most_steps: int) -> Reproof:
    """Pair the halves, looking only where the first row alone is below the best so far."""
    n, most = problem.num_candidates, problem.most
    a_look = VECTOR_STEPS + len(problem.rows)
    steps = a_look * _listed(n, most, most_steps)
    if steps > most_steps:
        return Reproof(complete=False, found=None)
    zero = (0,) * len(problem.rows)
    columns = tuple(zip(*problem.rows, strict=True))
    left, right = (vectors_by_size(part, zero, most) for part in _halves(columns))
    first_rows = [[vector[0] for vector in same_size] for same_size in right]
    join = sum if problem.norm == "l1" else max
    best = bound
    for size in range(problem.fewest, most + 1):
        for i, j in _splits(len(left), len(right), size):
            for vector in left[i]:
                aim = [t - v for t, v in zip(problem.targets, vector, strict=True)]
                low = bisect_right(first_rows[j], aim[0] - best)
                high = bisect_left(first_rows[j], aim[0] + best)
                steps += a_look * (1 + max(0, high - low))
                if steps > most_steps:
                    return Reproof(complete=False, found=best if best < bound else None)
                for other in right[j][low:high]:
                    best = min(best, join(abs(a - b) for a, b in zip(aim, other, strict=True)))
    return Reproof(complete=True, found=best if best < bound else None)


def _nearest(left: list[int], right: list[int], target: int) -> int:
    """Return the least distance from the target of a left sum plus a right sum."""
    i, j = 0, len(right) - 1
    best = abs(left[0] + right[j] - target)
    while i < len(left) and j >= 0:
        gap = left[i] + right[j] - target
        if gap < 0:
            i += 1  # with this left sum, every smaller right sum is further away
            if -gap < best:
                best = -gap
        elif gap > 0:
            j -= 1
            if gap < best:
                best = gap
        else:
            return 0
    return best


def _halves(items: tuple[Item, ...]) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    return items[: len(items) // 2], items[len(items) // 2 :]


def _splits(left: int, right: int, size: int) -> list[tuple[int, int]]:
    """Return the ways to split a size between halves that have so many sizes each."""
    return [(i, size - i) for i in range(max(0, size - right + 1), min(left, size + 1))]


def _is_any(n: int, fewest: int, most: int) -> bool:
    return fewest == 0 and most == n


def _steps(n: int, fewest: int, most: int, enough: int) -> int:
    """Count the sums that are listed and those that are walked, up to about `enough`."""
    listed = _listed(n, most, enough)
    if listed > enough or _is_any(n, fewest, most):
        return 2 * listed
    left = [comb(n // 2, i) for i in range(min(n // 2, most) + 1)]
    right = [comb(n - n // 2, j) for j in range(min(n - n // 2, most) + 1)]
    return listed + sum(
        left[i] + right[j]
        for size in range(fewest, most + 1)
        for i, j in _splits(len(left), len(right), size)
    )


def _listed(n: int, most: int, enough: int) -> int:
    """Count the subsets of both halves, up to about `enough`: n may be a million."""
    listed = 0
    for half in (n // 2, n - n // 2):
        for size in range(min(half, most) + 1):
            listed += comb(half, size)
            if listed > enough:
                return listed
    return listed
