"""Meeting in the middle with four lists: exact up to n of about 72, in a few hundred MiB.

The sums of both halves are never listed at once, only in windows of values (see
`slth_opt.four_lists`). Time grows like 2^(n/2), memory like 2^(n/4). Where very many subsets
share few numbers, it stops at the first whose error equals the free bound; then a part of a
pool of any size is enough, and the larger the pool the easier.
"""

from __future__ import annotations

import time
from math import comb

from slth_opt.four_lists import Limits, Nearest, crowded_part, nearest_sum, size_blocks
from slth_opt.methods import Backend, Claim, too_many_subsets
from slth_opt.problems import PoolProblem, SmallestSubset, SubsetSum
from slth_opt.problems.legality import mask_of
from slth_opt.results import Effort, Stop

MOST_IN_QUARTER = 2**18
"""Sums of one quarter of the pool: 2 MiB."""

MOST_SUMS = 2**37
"""Sums listed one window after the other: less than an hour."""


MOST_IN_PART = 2**33
"""Sums of a part of the pool to look at before giving up: a few minutes."""


def solve(problem: PoolProblem, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Walk the windows of all sizes at once, or size by size for a smallest subset.

    Examples
    --------
    >>> from slth_opt import Effort, SubsetSum
    >>> pool = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> solve(pool, Effort(), None).indices
    (1, 2)
    """
    deadline = None if effort.seconds is None else time.perf_counter() + effort.seconds
    if isinstance(problem, SmallestSubset):
        return _smallest(problem, deadline, start)
    assert isinstance(problem, SubsetSum)
    known = 2**62 if start is None else problem.error(mask_of(start, problem.num_candidates))
    if _too_much(problem) is not None:
        return _saturated(problem, deadline, start, known)
    found = nearest_sum(
        problem.weights,
        problem.target,
        (problem.fewest, problem.most),
        known=known,
        limits=Limits(enough=problem.free_bound(), deadline=deadline),
    )
    return Claim(
        indices=start if found.indices is None else found.indices,
        bound=found.error if found.stop is Stop.FINISHED else None,
        stop=found.stop,
        nodes=found.listed,
    )


def _saturated(
    problem: SubsetSum, deadline: float | None, start: tuple[int, ...] | None, known: int
) -> Claim:
    """Walk a part of the pool until an error equals the free bound of the whole, or give up."""
    enough, part = problem.free_bound(), crowded_part(problem)
    if known == enough:
        return Claim(indices=start, bound=enough, stop=Stop.FINISHED)
    if part is None:
        return Claim(indices=start, stop=Stop.GAVE_UP)
    found = nearest_sum(
        tuple(problem.weights[i] for i in part.pool),
        part.target,
        (part.size, part.size),
        known=known,
        limits=Limits(enough=enough, listed=MOST_IN_PART, deadline=deadline),
        cap=part.cap,
    )
    indices = start if found.indices is None else part.whole(found.indices)
    if found.error == enough:
        return Claim(indices=indices, bound=enough, stop=Stop.FINISHED, nodes=found.listed)
    stop = Stop.GAVE_UP if found.stop is Stop.FINISHED else found.stop
    return Claim(indices=indices, stop=stop, nodes=found.listed)


def _smallest(
    problem: SmallestSubset, deadline: float | None, start: tuple[int, ...] | None
) -> Claim:
    """Ask whether any subset is near enough; then look for ever larger ones, smaller than it."""

    def near(sizes: tuple[int, int]) -> Nearest:
        return nearest_sum(
            problem.weights,
            problem.target,
            sizes,
            known=problem.tolerance + 1,
            limits=Limits(enough=problem.tolerance, deadline=deadline),
        )

    size, nodes = problem.free_bound(), 0
    if size > problem.num_candidates:
        return Claim(indices=None, infeasible=True, stop=Stop.FINISHED)
    if start is None:
        found = near((0, problem.num_candidates))
        start, nodes = found.indices, found.listed
        if start is None:
            infeasible = found.stop is Stop.FINISHED
            bound = None if infeasible else size
            return Claim(
                indices=None, bound=bound, infeasible=infeasible, stop=found.stop, nodes=nodes
            )
    while size < len(start):
        found = near((size, size))
        nodes += found.listed
        if found.indices is not None:
            return Claim(indices=found.indices, bound=size, stop=Stop.FINISHED, nodes=nodes)
        if found.stop is not Stop.FINISHED:
            return Claim(indices=start, bound=size, stop=found.stop, nodes=nodes)
        size += 1
    return Claim(indices=start, bound=size, stop=Stop.FINISHED, nodes=nodes)


def _refuses(problem: PoolProblem) -> str | None:
    refusal = _too_much(problem)
    if refusal is None or not isinstance(problem, SubsetSum):
        return refusal
    if crowded_part(problem) is not None:
        return None
    return f"{refusal}, and no part of it is so crowded that a sum at the free bound is near"


def _too_much(problem: PoolProblem) -> str | None:
    """Say what the whole pool takes too much of, or None."""
    quarter = -(-problem.num_candidates // 4)
    if too_many_subsets(quarter, 0, min(quarter, problem.most), MOST_IN_QUARTER):
        return "lists at most 2^18 sums of each quarter; this problem has more"
    if _sums(problem) > MOST_SUMS:
        return "lists at most 2^37 sums, one window after the other; this problem takes more"
    return None


def _sums(problem: PoolProblem) -> int:
    """Return how many sums of both halves all windows have together."""
    n = problem.num_candidates
    if problem.fewest == 0 and problem.most == n and problem.unit == "error":
        return (1 << n // 2) + (1 << n - n // 2)
    rules = [(problem.fewest, problem.most)]
    if isinstance(problem, SmallestSubset):
        rules = [(size, size) for size in range(problem.free_bound(), n + 1)]
    halves = n // 2, n - n // 2
    left, right = ((0, min(half, problem.most)) for half in halves)
    return sum(
        comb(half, size)
        for rule in rules
        for block in size_blocks(left, right, rule)
        for half, sizes in zip(halves, block, strict=True)
        for size in range(sizes[0], sizes[1] + 1)
    )


BACKEND = Backend(
    name="four_lists",
    family="meeting in the middle",
    summary="sums of both halves, window by window: n up to 72, and crowded pools of any size",
    exact=True,
    takes=("subset_sum", "smallest_subset"),
    honours=frozenset({"seconds"}),
    max_bits=62,
    solve=solve,
    refuses=_refuses,
)
