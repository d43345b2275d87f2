"""Meeting in the middle, grouped by cardinality: exact, and the fastest up to n of about 50.

Split the pool in two halves, list the sorted sums of each by size, walk matching lists from
opposite ends (Horowitz and Sahni 1974). Time and memory grow like 2^(n/2), less when only
small subsets are allowed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from slth_opt.errors import BackendError
from slth_opt.methods import Backend, Claim, too_many_subsets
from slth_opt.problems import PoolProblem, SmallestSubset, SubsetSum
from slth_opt.recovery import subset_with_sum
from slth_opt.results import Effort, Stop

if TYPE_CHECKING:
    import numpy as np

MOST_SUMS = 2**26
"""Sums listed at once: 512 MiB."""

MOST_MERGED = 2**28
"""Sums written while listing one half: a second or two."""

SLOWLY = 32
"""Pools up to here are small enough for `recovery`, which is not compiled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Half:
    weights: tuple[int, ...]
    starts: np.ndarray
    sums: np.ndarray


def solve(problem: PoolProblem, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """List both halves once, then walk them size by size.

    Examples
    --------
    >>> from slth_opt import Effort, SubsetSum
    >>> pool = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> solve(pool, Effort(), None).indices
    (1, 2)
    """
    assert isinstance(problem, (SubsetSum, SmallestSubset))
    deadline = None if effort.seconds is None else time.perf_counter() + effort.seconds
    if deadline is not None and effort.seconds == 0:
        return Claim(indices=start, stop=Stop.SECONDS)
    if problem.fewest == 0 and problem.most == problem.num_candidates and problem.unit == "error":
        return _any_size(problem)
    left, right = _halves(problem, problem.most)
    return _size_by_size(problem, left, right, deadline, start)


def profile(problem: SubsetSum) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return (error, indices) of a best subset of every size 0..n; the size rule is ignored.

    Examples
    --------
    >>> pool = SubsetSum(weights=(3, -5, 8), target=4, fewest=0, most=3)
    >>> profile(pool)
    ((4, ()), (1, (0,)), (1, (1, 2)), (2, (0, 1, 2)))
    """
    refusal = _refuses(replace(problem, fewest=0, most=problem.num_candidates))
    if refusal is not None:
        raise BackendError(f"backend 'meeting' {refusal}")
    left, right = _halves(problem, problem.num_candidates)
    rows = []
    for size in range(problem.num_candidates + 1):
        best, _ = _walk(left, right, size, problem.target, None)
        assert best is not None
        rows.append((best[0], _indices(left, right, size, best)))
    return tuple(rows)


def _size_by_size(
    problem: SubsetSum | SmallestSubset,
    left: _Half,
    right: _Half,
    deadline: float | None,
    start: tuple[int, ...] | None,
) -> Claim:
    smallest = isinstance(problem, SmallestSubset)
    # Nothing below the first size that a glance allows can be within the tolerance.
    fewest = min(problem.free_bound(), problem.most + 1) if smallest else problem.fewest
    enough = problem.tolerance if isinstance(problem, SmallestSubset) else problem.free_bound()
    best: list[int] | None = None
    best_size, nodes, stop = fewest, 0, Stop.FINISHED
    for size in range(fewest, problem.most + 1):
        try:
            improved, steps = _walk(left, right, size, problem.target, best)
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
            break
        nodes += steps
        if improved is not None:
            best, best_size = improved, size
        if best is not None and best[0] <= enough:
            break
        if deadline is not None and size < problem.most and time.perf_counter() >= deadline:
            stop = Stop.SECONDS
            break
    if smallest and (best is None or best[0] > enough):
        if stop is Stop.FINISHED:
            return Claim(indices=None, infeasible=True, stop=stop, nodes=nodes)
        return Claim(indices=start, bound=size, stop=stop, nodes=nodes)
    if best is None:
        return Claim(indices=start, stop=stop, nodes=nodes)
    indices = _indices(left, right, best_size, best)
    if stop is not Stop.FINISHED:
        return Claim(indices=indices, stop=stop, nodes=nodes)
    return Claim(indices=indices, bound=best_size if smallest else best[0], stop=stop, nodes=nodes)


def _any_size(problem: SubsetSum | SmallestSubset) -> Claim:
    """Sizes need not be kept apart: one list per half, one walk."""
    import numpy as np

    from slth_opt.kernels.meeting import FENCE, build_ungrouped, nearest_pair

    half = problem.num_candidates // 2
    lists = []
    for part in (problem.weights[:half], problem.weights[half:]):
        sums = np.empty(2 ** len(part) + 2, np.int64)
        build_ungrouped(np.array(part, np.int64), sums)
        lists.append(sums)
    best = np.array([FENCE, 0, 0, 0], np.int64)
    a, b = lists
    nearest_pair(a, 1, a.size - 2, b, 1, b.size - 2, problem.target, best)
    error, left_sum, right_sum = (int(v) for v in best[:3])
    chosen = (
        *subset_with_sum(problem.weights[:half], left_sum, fewest=0, most=half),
        *(
            half + i
            for i in subset_with_sum(problem.weights[half:], right_sum, fewest=0, most=half + 1)
        ),
    )
    return Claim(indices=chosen, bound=error, stop=Stop.FINISHED, nodes=a.size + b.size - 5)


def _halves(problem: SubsetSum | SmallestSubset, most: int) -> tuple[_Half, _Half]:
    half = problem.num_candidates // 2
    return _half(problem.weights[:half], most), _half(problem.weights[half:], most)


def _half(weights: tuple[int, ...], most: int) -> _Half:
    import numpy as np

    from slth_opt.kernels.meeting import build_half, group_starts

    starts = group_starts(len(weights), min(most, len(weights)))
    sums = np.empty(starts[-1], np.int64)
    build_half(np.array(weights, np.int64), starts, sums)
    return _Half(weights=weights, starts=starts, sums=sums)


def _walk(
    left: _Half, right: _Half, size: int, target: int, known: list[int] | None
) -> tuple[list[int] | None, int]:
    """Return (error, left sum, right sum, left size) if better than what is known, and steps."""
    import numpy as np

    from slth_opt.kernels.meeting import FENCE, nearest_of_size

    before = int(FENCE) if known is None else known[0]
    best = np.array([before, 0, 0, 0], np.int64)
    steps = nearest_of_size(left.sums, left.starts, right.sums, right.starts, size, target, best)
    found = [int(v) for v in best]
    return (found if found[0] < before else None), int(steps)


def _indices(left: _Half, right: _Half, size: int, best: list[int]) -> tuple[int, ...]:
    _, left_sum, right_sum, left_size = best
    first = _subset(left.weights, left_size, left_sum)
    second = _subset(right.weights, size - left_size, right_sum)
    return (*first, *(len(left.weights) + i for i in second))


def _subset(weights: tuple[int, ...], size: int, total: int) -> tuple[int, ...]:
    """Return a subset of this size and sum, halving large pools first."""
    if len(weights) <= SLOWLY:
        return subset_with_sum(weights, total, fewest=size, most=size)
    half = len(weights) // 2
    left, right = _half(weights[:half], size), _half(weights[half:], size)
    best, _ = _walk(left, right, size, total, None)
    assert best is not None
    return _indices(left, right, size, best)


def _refuses(problem: PoolProblem) -> str | None:
    half = (problem.num_candidates + 1) // 2
    most = min(half, problem.most)
    if too_many_subsets(half, 0, most, MOST_SUMS // 2):
        return "lists at most 2^26 sums of both halves; this problem has more"
    # Every weight merges all lists anew: n times the work of the last one when k is small.
    if too_many_subsets(half + 1, 1, most + 1, MOST_MERGED):
        return "merges at most 2^28 sums for each half; this problem takes more"
    return None


BACKEND = Backend(
    name="meeting",
    family="meeting in the middle",
    summary="sums of both halves grouped by size, one walk: fastest up to n of about 50",
    exact=True,
    takes=("subset_sum", "smallest_subset"),
    honours=frozenset({"seconds"}),
    max_bits=62,
    solve=solve,
    refuses=_refuses,
)
