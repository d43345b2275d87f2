"""A part of a large pool that already reaches the free bound: nothing in the whole beats it.

When the subsets by far outnumber the sums they can have, a few dozen weights suffice for an
error that no subset can go below, which is why random subset sums get easy again when n grows
on. The other weights are chosen, or left out, so that the target lies where the part has most
of its sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, fsum, gcd, inf, lgamma, log, log2, pi

from slth_opt.guessing import first_guess
from slth_opt.problems import SubsetSum
from slth_opt.problems.free_bounds import bound_by_size

MOST_CHOSEN = 36
"""Weights to be chosen from the part: half of 72, of which there are 2^68 choices."""

MOST_IN_QUARTER = 2**18
"""Sums of one quarter of the part: 2 MiB."""

LEAST_EXPECTED = 8.0
"""How many subsets, as a power of two, are to be expected at the free bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some weights to choose from, the others being chosen or left out already.

    Parameters
    ----------
    pool
        The indices of the weights to choose from, so ordered that each quarter of them has its
        share of small and of large ones.
    size, cap
        How many of them to choose, and at most how many of each quarter.
    target
        What their sum should be.
    chosen
        The indices of the weights chosen beforehand.
    inverted
        Whether choosing means leaving out.
    num_candidates
        The size of the whole pool.
    """

    pool: tuple[int, ...]
    size: int
    cap: int
    target: int
    chosen: tuple[int, ...]
    inverted: bool
    num_candidates: int

    def whole(self, indices: tuple[int, ...]) -> tuple[int, ...]:
        """Return the selection from the whole pool that a selection from the part stands for."""
        kept = {*self.chosen, *(self.pool[i] for i in indices)}
        return tuple(i for i in range(self.num_candidates) if (i in kept) is not self.inverted)


def crowded_part(problem: SubsetSum) -> Part | None:
    """Choose a part of the pool with very many sums near the target, or None if there is none.

    Examples
    --------
    >>> pool = tuple(i * i % 1009 for i in range(300))
    >>> part = crowded_part(SubsetSum(weights=pool, target=70000, fewest=150, most=150))
    >>> len(part.pool), part.size, len(part.chosen)
    (72, 36, 114)
    """
    n, size = problem.num_candidates, _fullest_size(problem)
    inverted = 2 * size > n
    target = sum(problem.weights) - problem.target if inverted else problem.target
    size = n - size if inverted else size
    if sum(map(abs, problem.weights)) + abs(target) >= 2**62:
        return None  # more than kernels take, and hardly crowded
    kept = min(size, MOST_CHOSEN)
    cap = kept // 4 + 2
    order = sorted(range(n), key=problem.weights.__getitem__)
    free = min(n, 4 * _quarter(n, cap))
    picked = [order[(2 * i + 1) * n // (2 * free)] for i in range(free)]
    pool = tuple(i for first in range(4) for i in picked[first::4])
    weights = tuple(problem.weights[i] for i in pool)
    chosen = _balance(problem, set(pool), size - kept, target - sum(weights) * kept // free)
    target -= sum(problem.weights[i] for i in chosen)
    if bound_by_size(weights, target)[kept] != problem.free_bound():
        return None
    step = gcd(*(w - weights[0] for w in weights))
    if _crowding(_moments(weights), kept, target) + log2(step or 1) < LEAST_EXPECTED:
        return None
    return Part(
        pool=pool,
        size=kept,
        cap=cap,
        target=target,
        chosen=chosen,
        inverted=inverted,
        num_candidates=n,
    )


def _fullest_size(problem: SubsetSum) -> int:
    """Return a size that allows the free bound and has the most subsets near the target."""
    bounds = bound_by_size(problem.weights, problem.target)
    sizes = range(problem.fewest, problem.most + 1)
    least = min(bounds[size] for size in sizes)
    fitting = [size for size in sizes if bounds[size] == least]
    moments = _moments(problem.weights)
    return max(fitting, key=lambda size: _crowding(moments, size, problem.target))


def _quarter(num_candidates: int, cap: int) -> int:
    """Return how many weights a quarter may have to list its subsets of up to `cap` of them."""

    def sums(weights: int) -> int:
        return sum(comb(weights, size) for size in range(cap + 1))

    quarter = 1
    while 4 * quarter < num_candidates and sums(quarter + 1) <= MOST_IN_QUARTER:
        quarter += 1
    return quarter


def _balance(problem: SubsetSum, pool: set[int], size: int, target: int) -> tuple[int, ...]:
    """Choose so many of the weights outside the part, with a sum near a target."""
    if size == 0:
        return ()
    rest = [i for i in range(problem.num_candidates) if i not in pool]
    weights = tuple(problem.weights[i] for i in rest)
    guess = first_guess(SubsetSum(weights=weights, target=target, fewest=size, most=size))
    assert guess is not None
    return tuple(rest[i] for i in guess)


def _moments(weights: tuple[int, ...]) -> tuple[int, float, float]:
    n = len(weights)
    mean = sum(weights) / n
    return n, mean, fsum((w - mean) ** 2 for w in weights) / n


def _crowding(moments: tuple[int, float, float], size: int, target: int) -> float:
    """Return how many subsets of a size have the sum `target`, as a power of two.

    As if their sums were distributed normally: a guess that decides nothing but whether a
    search is worth its while.
    """
    n, mean, variance = moments
    if size in (0, n) or variance == 0:
        return -inf
    subsets = (lgamma(n + 1) - lgamma(size + 1) - lgamma(n - size + 1)) / log(2)
    spread = variance * size * (n - size) / (n - 1)
    return subsets - (target - size * mean) ** 2 / (2 * spread * log(2)) - log2(2 * pi * spread) / 2
