"""Exact lower bounds of a `VectorSum` from any weighting of its rows.

For integers y, one per row, y.(A x - t) is at most norm(A x - t) times the dual norm of y:
sum(abs(y)) for the largest error, max(abs(y)) for the sum of errors. The least of it over all
legal x is found by sorting n numbers, so every y bounds the optimum from below (weak duality;
Lagrange's multipliers). Where y comes from does not matter: floats may propose it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite

from slth_opt.errors import ProblemError
from slth_opt.problems import VectorSum
from slth_opt.problems.legality import check_count, whole_numbers

MULTIPLIER_BITS = 20
"""Bits of the largest multiplier made of floats: a millionth of the bound is lost at most."""

Fixed = Mapping[int, int]
"""The candidates that are decided: 1 for chosen, 0 for left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """All rows in one: ``scale * error(x) >= constant + costs . x`` for every 0/1 vector x.

    Parameters
    ----------
    costs
        One reduced cost per candidate.
    constant
        What stands against it without any candidate.
    scale
        The dual norm of the multipliers.
    """

    costs: tuple[int, ...]
    constant: int
    scale: int

    def error_for(self, least: int) -> int:
        """Return the smallest error whose multiple is at least `least`.

        Examples
        --------
        >>> Reduction(costs=(1,), constant=0, scale=3).error_for(7)
        3
        """
        return 0 if self.scale == 0 else max(0, -(-least // self.scale))


def reduce_rows(problem: VectorSum, multipliers: Sequence[int]) -> Reduction:
    """Weigh the rows with integers and add them up.

    Examples
    --------
    >>> problem = VectorSum(
    ...     rows=((1, 2, 3), (0, 5, -1)), targets=(4, 0), norm="l1", fewest=0, most=3
    ... )
    >>> reduce_rows(problem, (-3, 1))
    Reduction(costs=(-3, -1, -10), constant=12, scale=3)
    """
    y = whole_numbers(multipliers, what="multiplier")
    check_count(y, len(problem.rows), what="multipliers", each="rows")
    costs = [0] * problem.num_candidates
    constant = 0
    for weight, row, target in zip(y, problem.rows, problem.targets, strict=True):
        if weight:
            constant -= weight * target
            costs = [c + weight * a for c, a in zip(costs, row, strict=True)]
    norm = max if problem.norm == "l1" else sum
    return Reduction(costs=tuple(costs), constant=constant, scale=norm(map(abs, y)))


def multiplier_bound(
    problem: VectorSum, multipliers: Sequence[int], fixed: Fixed | None = None
) -> int:
    """Return a lower bound on the error of every legal selection, in Python ints throughout.

    Parameters
    ----------
    problem
        What to bound.
    multipliers
        One integer per row; only their proportions matter.
    fixed
        Decisions already taken: the bound then holds for the selections that keep to them.

    Raises
    ------
    ProblemError
        If there are not as many multipliers as rows, or no legal selection keeps to `fixed`.

    Examples
    --------
    >>> problem = VectorSum(
    ...     rows=((4, 3, 0), (0, 3, 4)), targets=(10, 10), norm="linf", fewest=1, most=2
    ... )
    >>> multiplier_bound(problem, (-1, -1)), multiplier_bound(problem, (-1, -1), {1: 0})
    (5, 6)
    """
    reduction = reduce_rows(problem, multipliers)
    return bound_of(problem, reduction, {} if fixed is None else fixed)


def bound_of(problem: VectorSum, reduction: Reduction, fixed: Fixed) -> int:
    """Return the bound of a reduction for the selections that keep to some decisions.

    Examples
    --------
    >>> problem = VectorSum(rows=((5, 7),), targets=(1,), norm="l1", fewest=1, most=1)
    >>> bound_of(problem, reduce_rows(problem, (1,)), {})
    4
    """
    free, need, room = _what_is_left(problem, fixed)
    ordered = sorted(reduction.costs[j] for j in free)
    least = _given(reduction, fixed) + _least_sum(ordered, [0, *accumulate(ordered)], need, room)
    return reduction.error_for(least)


def bounds_of_both(
    problem: VectorSum, reduction: Reduction, fixed: Fixed
) -> dict[int, tuple[int | None, int | None]]:
    """Return for every free candidate the bounds without it and with it; None where illegal.

    Examples
    --------
    >>> problem = VectorSum(rows=((5, 7),), targets=(1,), norm="l1", fewest=1, most=2)
    >>> bounds_of_both(problem, reduce_rows(problem, (1,)), {})
    {0: (6, 4), 1: (4, 6)}
    """
    free, need, room = _what_is_left(problem, fixed)
    order = sorted(free, key=reduction.costs.__getitem__)
    ordered = [reduction.costs[j] for j in order]
    prefix = [0, *accumulate(ordered)]
    given = _given(reduction, fixed)
    found: dict[int, tuple[int | None, int | None]] = {}
    for rank, j in enumerate(order):
        both: list[int | None] = []
        for x in (0, 1):
            if need - x > len(order) - 1 or room < x:
                both.append(None)
            else:
                rest = _least_sum(ordered, prefix, max(0, need - x), room - x, without=rank)
                both.append(reduction.error_for(given + x * ordered[rank] + rest))
        found[j] = (both[0], both[1])
    return found


def whole_multipliers(weights: Iterable[float], *, bits: int = MULTIPLIER_BITS) -> tuple[int, ...]:
    """Turn floats into integers of nearly the same proportions; what is not finite counts as 0.

    Examples
    --------
    >>> whole_multipliers([0.5, -0.25, float("nan")], bits=3)
    (8, -4, 0)
    """
    finite = [float(w) if isfinite(w) else 0.0 for w in weights]
    largest = max(map(abs, finite), default=0.0)
    if largest == 0.0:
        return (0,) * len(finite)
    return tuple(round(w / largest * 2**bits) for w in finite)


def _what_is_left(problem: VectorSum, fixed: Fixed) -> tuple[list[int], int, int]:
    """Return the free candidates, and how many of them must and may be chosen."""
    n = problem.num_candidates
    for j, x in fixed.items():
        if j not in range(n) or x not in (0, 1):
            raise ProblemError(f"candidates 0..{n - 1} can be fixed to 0 or 1, got {j}: {x}")
    free = [j for j in range(n) if j not in fixed]
    ones = sum(fixed.values())
    need, room = max(0, problem.fewest - ones), min(len(free), problem.most - ones)
    if need > room:
        raise ProblemError(
            f"no legal selection keeps to {ones} candidates chosen and {len(fixed) - ones} left "
            f"out: allowed are {problem.fewest}..{problem.most}"
        )
    return free, need, room


def _given(reduction: Reduction, fixed: Fixed) -> int:
    return reduction.constant + sum(reduction.costs[j] for j, x in fixed.items() if x)


def _least_sum(
    ordered: list[int], prefix: list[int], need: int, room: int, without: int | None = None
) -> int:
    """Return the least sum of need..room of the sorted costs, one of them perhaps left out."""
    count = bisect_left(ordered, 0)  # how many are below zero
    if without is not None and without < count:
        count -= 1
    count = min(max(count, need), room, len(ordered) - (without is not None))
    if without is None or count <= without:
        return prefix[count]
    return prefix[count + 1] - ordered[without]
