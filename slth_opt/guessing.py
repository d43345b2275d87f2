"""A first legal selection, found without search, for every method to start from and be held to.

Sorted by weight, the sums of k neighbours grow with the position of the first, so the best
window of each size is one bisection away. The guess is what an interrupted solve falls back
on, and a "proven optimum" worse than it is exposed as wrong.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from slth_opt.problems import (
    JointLayer,
    LayerBudget,
    Problem,
    SharedBlock,
    SmallestSubset,
    SubsetSum,
    VectorSum,
)
from slth_opt.problems.legality import mask_of


def first_guess(problem: Problem) -> tuple[int, ...] | None:
    """Return the best window of neighbours in sorted order, or None if none is legal.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> first_guess(SubsetSum(weights=(9, 1, 5, 3), target=7, fewest=2, most=2))
    (2, 3)
    """
    if isinstance(problem, (LayerBudget, SharedBlock, JointLayer)):
        return _layer_guess(problem)
    n = problem.num_candidates
    if isinstance(problem, VectorSum):
        windows = _windows(problem.rows[0], problem.targets[0], problem.fewest, problem.most)
    elif isinstance(problem, SmallestSubset):
        windows = _windows(problem.weights, problem.target, 0, n)
    else:
        windows = _windows(problem.weights, problem.target, problem.fewest, problem.most)
    best, best_value = None, None
    for indices in windows:
        mask = mask_of(indices, n)
        if problem.is_legal(mask):
            value = problem.value(mask)
            if best_value is None or value < best_value:
                best, best_value = indices, value
    return best


def _layer_guess(problem: LayerBudget | SharedBlock | JointLayer) -> tuple[int, ...] | None:
    """Return the best of nothing, everything, and every pool's own guess."""
    n = problem.num_candidates
    tried: list[tuple[int, ...]] = [(), tuple(range(n))]
    if not isinstance(problem, JointLayer):
        tried.append(tuple(_own_guesses(problem)))
    legal = [indices for indices in tried if problem.is_legal(mask_of(indices, n))]
    return min(legal, key=lambda indices: problem.value(mask_of(indices, n)), default=None)


def _own_guesses(problem: LayerBudget | SharedBlock) -> Iterator[int]:
    """Yield the choices that guess each pool, or each output, without regard for the others."""
    if isinstance(problem, LayerBudget):
        n, pools = len(problem.pools[0]), problem.pools
        most = min(n, problem.most // len(pools))
    else:
        n, pools = problem.num_neurons, problem.products
        most = n if problem.most_neurons is None else min(n, problem.most_neurons)
        if problem.most_edges is not None:  # a choice takes two edges if nobody shares its neuron
            most = min(most, problem.most_edges // 2 // len(pools))
    for p, (pool, target) in enumerate(zip(pools, problem.targets, strict=True)):
        guess: tuple[int, ...] | None
        if isinstance(problem, SharedBlock) and problem.tolerances is not None:
            allowed = problem.tolerances[p]
            guess = first_guess(SmallestSubset(weights=pool, target=target, tolerance=allowed))
        else:
            guess = first_guess(SubsetSum(weights=pool, target=target, fewest=0, most=most))
        yield from (p * n + i for i in guess or ())


def _windows(
    weights: tuple[int, ...], target: int, fewest: int, most: int
) -> list[tuple[int, ...]]:
    """Return the window nearest to the target, of the size that comes nearest, or of each size."""
    n = len(weights)
    order = sorted(range(n), key=weights.__getitem__)
    totals = [0, *accumulate(weights[i] for i in order)]
    found = []
    for k in range(fewest, most + 1):
        starts = range(n - k + 1)

        def window(start: int, k: int = k) -> int:
            return totals[start + k] - totals[start]

        after = bisect_left(starts, target, key=window)
        near = [s for s in (after - 1, after) if 0 <= s <= n - k]
        start = min(near, key=lambda s: abs(window(s) - target))
        found.append((abs(window(start) - target), k, start))
    found.sort()
    # Few are worth a full evaluation: the nearest sums, and the smallest sizes.
    chosen = found[:8] + sorted(found, key=lambda item: item[1])[:8]
    return [tuple(sorted(order[start : start + k])) for _, k, start in chosen]
