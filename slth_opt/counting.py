"""How many subsets are good, and which are best: exact, by meeting in the middle.

Two walks over the lists of the halves count the subsets within a window of values without
listing them (Horowitz and Sahni 1974, counting instead of searching). The m best follow: a
radius around the target that holds at least m is found by counting, and what lies inside it
is listed and looked up.

All of it is about the integers a problem holds; where reals were rounded onto the grid, the
counts are those of the rounded numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from slth_opt.errors import ClaimRejected, ProblemError
from slth_opt.halves import (
    Halves,
    check_countable,
    count_within,
    halves_of,
    list_halves,
    of_size,
    pairs_within,
    parts_of,
    subsets_of_pair,
)
from slth_opt.problems import SubsetSum
from slth_opt.problems.legality import mask_of, whole_number

if TYPE_CHECKING:
    import numpy as np

ROOM = 2**16
"""Pairs of sums that are listed at once without a thought, beside those asked for."""

Found = tuple[int, tuple[int, ...]]
"""An error in grid units, and the indices of a subset that has it."""


def count_subsets(problem: SubsetSum, tolerance: int) -> int:
    """Count the legal subsets whose error is at most `tolerance` grid units.

    Subsets are sets of indices: equal weights make different subsets. Time and memory grow
    like 2^(n/2).

    Raises
    ------
    ProblemError
        If the tolerance is negative, or the pool too large to list.

    Examples
    --------
    >>> pool = SubsetSum(weights=(3, 3, -5, 8), target=4, fewest=1, most=2)
    >>> count_subsets(pool, 1)
    3
    """
    tolerance = _checked(tolerance, what="tolerance", least=0)
    return _count(halves_of(problem), problem.target, tolerance)


def count_by_size(problem: SubsetSum, tolerance: int) -> tuple[int, ...]:
    """Count the subsets of every size 0..n with an error of at most `tolerance` grid units.

    The size rule of the problem is ignored.

    Examples
    --------
    >>> pool = SubsetSum(weights=(3, 3, -5, 8), target=4, fewest=1, most=2)
    >>> count_by_size(pool, 1)
    (0, 2, 1, 0, 0)
    """
    tolerance = _checked(tolerance, what="tolerance", least=0)
    check_countable(problem)
    n = problem.num_candidates
    check_countable(replace(problem, fewest=0, most=n))
    halves = list_halves(problem.weights, 0, n, by_size=True)
    return tuple(_count(of_size(halves, size), problem.target, tolerance) for size in range(n + 1))


def best_subsets(problem: SubsetSum, m: int) -> tuple[Found, ...]:
    """Return (error, indices) of the m best legal subsets, or of all if there are fewer.

    They are sorted by error, then by indices. Every subset with a smaller error than the last
    one returned is there. Of the subsets with the same error as the last one some may be
    missing; which is decided by the order of the weights, the same in every run.

    Memory is bounded by the lists of the halves and by `m`.

    Examples
    --------
    >>> pool = SubsetSum(weights=(3, 3, -5, 8), target=4, fewest=1, most=2)
    >>> best_subsets(pool, 3)
    ((1, (0,)), (1, (1,)), (1, (2, 3)))
    """
    m = _checked(m, what="m", least=1)
    return _best(problem, halves_of(problem), m)


def optimal_subsets(problem: SubsetSum, *, limit: int = 1000) -> tuple[Found, ...]:
    """Return (error, indices) of every optimal subset, sorted by indices.

    Raises
    ------
    ProblemError
        If there are more than `limit`; the message says how many.

    Examples
    --------
    >>> pool = SubsetSum(weights=(3, 3, -5, 8), target=4, fewest=1, most=2)
    >>> optimal_subsets(pool)
    ((1, (0,)), (1, (1,)), (1, (2, 3)))
    """
    limit = _checked(limit, what="limit", least=1)
    halves = halves_of(problem)
    ((error, _),) = _best(problem, halves, 1)
    number = _count(halves, problem.target, error)
    if number > limit:
        raise ProblemError(
            f"{number} subsets are optimal (error {error} units), above limit={limit}; "
            "raise the limit, or ask best_subsets for some of them"
        )
    return _best(problem, halves, number)


def _checked(value: int, *, what: str, least: int) -> int:
    value = whole_number(value, what=what)
    if value < least:
        raise ProblemError(f"{what} must be at least {least}, got {value}")
    return value


def _count(halves: Halves, target: int, radius: int) -> int:
    return count_within(halves, target - radius, target + radius)


def _best(problem: SubsetSum, halves: Halves, m: int) -> tuple[Found, ...]:
    """List the pairs of sums nearest to the target and look their subsets up, best first."""
    import numpy as np

    pairs = _nearest_pairs(halves, problem.target, m)
    errors = np.abs(pairs[:, 1] + pairs[:, 2] - problem.target)
    parts = parts_of(problem.weights, most=problem.most, by_size=halves.by_size)
    found: list[Found] = []
    for chosen in np.argsort(errors, kind="stable"):
        for indices in subsets_of_pair(parts, halves, pairs[chosen].tolist()):
            found.append(_audited(problem, indices, int(errors[chosen])))
            if len(found) == m:
                return tuple(sorted(found))
    return tuple(sorted(found))


def _audited(problem: SubsetSum, indices: tuple[int, ...], error: int) -> Found:
    mask = mask_of(indices, problem.num_candidates)
    if problem.error(mask) != error or not problem.is_legal(mask):
        raise ClaimRejected(f"{indices} was found for the error {error}, which it does not have")
    return error, indices


def _nearest_pairs(halves: Halves, target: int, m: int) -> np.ndarray:
    """List pairs of sums with at least m subsets, and every pair nearer than the last of them."""
    import numpy as np

    inside, reach, many = _radii(halves, target, m)
    if many <= ROOM + 2 * m:
        return pairs_within(halves, target - reach, target + reach, many)
    # Beyond the fewer than m subsets inside, all that is needed has one and the same error.
    edges = sorted({target - reach, target + reach})
    listed = [pairs_within(halves, edge, edge, m) for edge in edges]
    if inside >= 0:
        listed.append(pairs_within(halves, target - inside, target + inside, m))
    return np.vstack(listed)


def _radii(halves: Halves, target: int, m: int) -> tuple[int, int, int]:
    """Return a radius with fewer than m subsets, one with at least m, and how many it has.

    Either the second has few enough to list, or it is one more than the first. Where there
    are no m subsets at all, it holds them all.

    Counts grow about linearly with the radius, so a straight line finds it in a few steps;
    every other step halves what is left, in case they do not.
    """
    inside, few = -1, 0
    reach = max(abs(halves.lowest - target), abs(halves.highest - target))
    many = _count(halves, target, reach)
    wanted = m + ROOM // 8
    by_line = True
    while many > ROOM + 2 * m and reach - inside > 1:
        step = (reach - inside) // 2
        if by_line:
            step = (reach - inside) * (wanted - few) // (many - few)
        middle = inside + max(1, min(reach - inside - 1, step))
        number = _count(halves, target, middle)
        if number < m:
            inside, few = middle, number
        else:
            reach, many = middle, number
        by_line = not by_line
    return inside, reach, many
