"""A layer under one budget, pool by pool: the best error of every size, then a knapsack.

Only the number of kept weights couples the pools. So the profile of each pool (its best error at
every size) says all there is to know about it, and sharing out the budget is a knapsack with one
choice per pool, solved by `knapsack` in integers to the end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slth_opt.knapsack import allocate, joint_value, why_too_large
from slth_opt.methods import Backend, Claim
from slth_opt.problems import LayerBudget
from slth_opt.recovery import subset_with_sum
from slth_opt.results import Effort, Stop

if TYPE_CHECKING:
    import numpy as np

MOST_CANDIDATES = 36
"""The profile of one pool of 36 weights takes a tenth of a second; two more double it."""

COST_BITS = 124
"""What `knapsack` can hold; sums of errors beyond this are refused by `why_too_large`, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Profiles:
    """What was found for the pools done so far: column k is about the sizes of k weights.

    Parameters
    ----------
    errors
        The best errors.
    winners
        Left sum, right sum and left size of a best subset.
    steps
        How many pairs of sums were looked at.
    """

    errors: np.ndarray
    winners: np.ndarray
    steps: int


def solve(problem: LayerBudget, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Make all profiles, share out the budget, and recover the chosen subsets.

    Examples
    --------
    >>> from slth_opt import Effort, LayerBudget
    >>> layer = LayerBudget(pools=((3, -5, 8), (2, 2, 7)), targets=(4, 9), norm="l1", most=3)
    >>> solve(layer, Effort(), None).bound
    1
    """
    deadline = None if effort.seconds is None else time.perf_counter() + effort.seconds
    found, stop = _profiles(problem, deadline)
    if stop is not Stop.FINISHED:
        # The pools that were done cannot do better, whatever the others do.
        least = found.errors.min(axis=1, initial=2**62)
        return Claim(
            indices=start, bound=joint_value(least, problem.norm), stop=stop, nodes=found.steps
        )
    best = allocate(found.errors, problem.most, norm=problem.norm)
    n = len(problem.pools[0])
    indices = tuple(
        p * n + i
        for p, pool in enumerate(problem.pools)
        for i in _subset(pool, int(best.sizes[p]), found.winners[p])
    )
    return Claim(indices=indices, bound=best.value, stop=stop, nodes=found.steps)


def _profiles(problem: LayerBudget, deadline: float | None) -> tuple[_Profiles, Stop]:
    """Return the profiles of the pools, as many as were done, and why it stopped."""
    import numpy as np

    from slth_opt.kernels.meeting import FENCE, build_half, group_starts, nearest_of_size

    count, n = len(problem.pools), len(problem.pools[0])
    half = n // 2
    left_starts, right_starts = group_starts(half, half), group_starts(n - half, n - half)
    left, right = np.empty(left_starts[-1], np.int64), np.empty(right_starts[-1], np.int64)
    bests = np.zeros((count, n + 1, 4), np.int64)
    bests[:, :, 0] = FENCE
    done = steps = 0
    stop = Stop.FINISHED
    try:
        for pool, target in problem.parts():
            if deadline is not None and time.perf_counter() >= deadline:
                stop = Stop.SECONDS
                break
            weights = np.array(pool, np.int64)
            build_half(weights[:half], left_starts, left)
            build_half(weights[half:], right_starts, right)
            for size in range(n + 1):
                steps += int(
                    nearest_of_size(
                        left, left_starts, right, right_starts, size, target, bests[done, size]
                    )
                )
            done += 1
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    return _Profiles(errors=bests[:done, :, 0], winners=bests[:done, :, 1:], steps=steps), stop


def _subset(pool: tuple[int, ...], size: int, winners: np.ndarray) -> tuple[int, ...]:
    """Return the winning subset of one pool and size, found again from the sums of its halves."""
    left_sum, right_sum, left_size = (int(v) for v in winners[size])
    half, right_size = len(pool) // 2, size - left_size
    left = subset_with_sum(pool[:half], left_sum, fewest=left_size, most=left_size)
    right = subset_with_sum(pool[half:], right_sum, fewest=right_size, most=right_size)
    return (*left, *(half + i for i in right))


def _refuses(problem: LayerBudget) -> str | None:
    n = len(problem.pools[0])
    if n > MOST_CANDIDATES:
        return f"makes profiles of pools of up to {MOST_CANDIDATES} weights; these have {n}"
    reason = why_too_large(max(map(abs, problem.targets)), n, problem.norm)
    return None if reason is None else f"has no room for this: {reason}"


BACKEND = Backend(
    name="profiles",
    family="dynamic programming",
    summary="a layer under one budget: the best error of every size of every pool, then a knapsack",
    exact=True,
    takes=("layer_budget",),
    honours=frozenset({"seconds"}),
    max_bits=COST_BITS,
    solve=solve,
    refuses=_refuses,
)
