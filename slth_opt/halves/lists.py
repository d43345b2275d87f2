"""The sorted sums of both halves of a pool, by size, and which legal pairs lie in a window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from slth_opt.errors import ProblemError
from slth_opt.methods import too_many_subsets
from slth_opt.problems import SubsetSum

if TYPE_CHECKING:
    import numpy as np

MOST_SUMS = 2**26
"""Sums listed at once: 512 MiB."""

MOST_MERGED = 2**28
"""Sums written while listing one half: a second or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Halves:
    """Two lists of sums, and which groups of them may be paired.

    Parameters
    ----------
    left, right
        Fenced and sorted sums, as `kernels.meeting` makes them.
    pairs
        One row for each pair of groups: left start and count, right start and count, and the
        sizes of both; the sizes are 0 where sizes are not kept apart.
    by_size
        Whether sizes are kept apart.
    lowest, highest
        No sum lies outside.

    Examples
    --------
    >>> halves = list_halves((3, -5, 8), 1, 1, by_size=True)
    >>> halves.lowest, halves.highest, halves.pairs[:, 4:].tolist()
    (-5, 11, [[0, 1], [1, 0]])
    """

    left: np.ndarray
    right: np.ndarray
    pairs: np.ndarray
    by_size: bool
    lowest: int
    highest: int


def halves_of(problem: SubsetSum) -> Halves:
    """List the halves of a problem's pool, with the pairs its size rule allows.

    Examples
    --------
    >>> problem = SubsetSum(weights=(3, -5, 8), target=0, fewest=0, most=3)
    >>> count_within(halves_of(problem), -5, 3)
    5
    """
    check_countable(problem)
    any_size = problem.fewest == 0 and problem.most == problem.num_candidates
    return list_halves(problem.weights, problem.fewest, problem.most, by_size=not any_size)


def check_countable(problem: SubsetSum) -> None:
    """Refuse other kinds of problem, and pools whose halves have too many sums.

    Examples
    --------
    >>> check_countable(SubsetSum(weights=(1,) * 60, target=0, fewest=0, most=60))
    Traceback (most recent call last):
    ...
    slth_opt.errors.ProblemError: the halves of 60 weights have more than 2^26 sums of up to 60 \
weights; take fewer weights or smaller sizes
    """
    kind = getattr(problem, "kind", type(problem).__name__)
    if kind != SubsetSum.kind:
        raise ProblemError(f"subsets are counted for a subset_sum; this is a {kind}")
    n, most = problem.num_candidates, problem.most
    half = (n + 1) // 2
    if (
        # Every weight merges all lists anew: n times the work of the last one when k is small.
        too_many_subsets(half, 0, min(half, most), MOST_SUMS // 2)
        or too_many_subsets(half + 1, 1, min(half, most) + 1, MOST_MERGED)
    ):
        raise ProblemError(
            f"the halves of {n} weights have more than 2^26 sums of up to {most} weights; "
            "take fewer weights or smaller sizes"
        )


def list_halves(weights: tuple[int, ...], fewest: int, most: int, *, by_size: bool) -> Halves:
    """List both halves of some weights, by size or with all sizes mixed.

    Examples
    --------
    >>> list_halves((3, -5, 8), 0, 3, by_size=False).right.tolist()[1:-1]
    [-5, 0, 3, 8]
    """
    import numpy as np

    middle = len(weights) // 2
    starts, lists = [], []
    for part in (weights[:middle], weights[middle:]):
        first, sums = _listed(part, most) if by_size else _mixed(part)
        starts.append(first)
        lists.append(sums)
    left, right = starts
    pairs = [
        (left[i], left[i + 1] - left[i] - 2, right[j], right[j + 1] - right[j] - 2, i, j)
        for size in (range(fewest, most + 1) if by_size else range(1))
        for i in range(len(left) - 1)
        for j in [size - i]
        if 0 <= j < len(right) - 1
    ]
    return Halves(
        left=lists[0],
        right=lists[1],
        pairs=np.array(pairs, np.int64).reshape(-1, 6),
        by_size=by_size,
        lowest=sum(w for w in weights if w < 0),
        highest=sum(w for w in weights if w > 0),
    )


def of_size(halves: Halves, size: int) -> Halves:
    """Keep only the pairs of groups that make subsets of one size.

    Examples
    --------
    >>> halves = list_halves((3, -5, 8), 0, 3, by_size=True)
    >>> of_size(halves, 3).pairs[:, 4:].tolist()
    [[1, 2]]
    """
    return replace(halves, pairs=halves.pairs[halves.pairs[:, 4] + halves.pairs[:, 5] == size])


def count_at_most(halves: Halves, bound: int) -> int:
    """Count the legal subsets with a sum of at most `bound`.

    Examples
    --------
    >>> count_at_most(list_halves((3, -5, 8), 1, 1, by_size=True), 3)
    2
    """
    from slth_opt.kernels.counting import count_pairs

    bound = clamped(halves, bound)
    return int(count_pairs(halves.left, halves.right, halves.pairs, bound))


def count_within(halves: Halves, low: int, high: int) -> int:
    """Count the legal subsets with a sum in low..high, both included.

    Examples
    --------
    >>> count_within(list_halves((3, -5, 8), 2, 2, by_size=True), 3, 11)
    2
    """
    return count_at_most(halves, high) - count_at_most(halves, low - 1)


def clamped(halves: Halves, bound: int) -> int:
    """Move a bound to where the kernels can use it, without a sum changing sides.

    Examples
    --------
    >>> clamped(list_halves((3, -5, 8), 2, 2, by_size=True), 2**70)
    11
    """
    return max(halves.lowest - 1, min(halves.highest, bound))


def pairs_within(halves: Halves, low: int, high: int, most: int) -> np.ndarray:
    """List distinct pairs of sums that add up to low..high, at most so many.

    A row of the answer is a row of `pairs`, the left sum and the right sum.

    Examples
    --------
    >>> pairs_within(list_halves((3, -5, 8), 2, 2, by_size=True), -2, 3, 9).tolist()
    [[0, 0, 3], [1, 3, -5]]
    """
    import numpy as np

    from slth_opt.kernels.counting import pick_pairs

    picked = np.empty((most, 3), np.int64)
    low, high = max(low, halves.lowest), min(high, halves.highest)
    found = 0
    if low <= high:
        found = pick_pairs(halves.left, halves.right, halves.pairs, low, high, picked)
    return picked[:found]


def _listed(weights: tuple[int, ...], most: int) -> tuple[list[int], np.ndarray]:
    import numpy as np

    from slth_opt.kernels.meeting import build_half, group_starts

    starts = group_starts(len(weights), min(most, len(weights)))
    sums = np.empty(starts[-1], np.int64)
    build_half(np.array(weights, np.int64), starts, sums)
    return starts.tolist(), sums


def _mixed(weights: tuple[int, ...]) -> tuple[list[int], np.ndarray]:
    import numpy as np

    from slth_opt.kernels.meeting import build_ungrouped

    sums = np.empty(2 ** len(weights) + 2, np.int64)
    build_ungrouped(np.array(weights, np.int64), sums)
    return [1, sums.size + 1], sums
