"""Look at every legal subset, in revolving-door order: the slow truth, up to about n = 30.

Nothing is skipped and nothing is assumed, so this is what everything else is compared with.
"""

from __future__ import annotations

import time

from slth_opt.methods import Backend, Claim, too_many_subsets
from slth_opt.problems import PoolProblem, SmallestSubset, VectorSum
from slth_opt.results import Effort, Stop

MOST_SUBSETS = 2**31
"""About ten seconds of work."""

CHUNK = 2**22
"""Subsets looked at between two looks at the clock."""


def solve(problem: PoolProblem, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Enumerate size by size; a smallest subset is found at the first size that has one.

    Examples
    --------
    >>> from slth_opt import Effort, SubsetSum
    >>> pool = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> solve(pool, Effort(), None).indices
    (1, 2)
    """
    import numpy as np

    from slth_opt.kernels.enumeration import NO_VALUE, first_subset, visit_subsets

    rows, targets = np.array(problem.rows, np.int64), np.array(problem.targets, np.int64)
    use_l1 = isinstance(problem, VectorSum) and problem.norm == "l1"
    deadline = None if effort.seconds is None else time.perf_counter() + effort.seconds
    best_value, best, nodes, stop = int(NO_VALUE), start, 0, Stop.FINISHED
    size = problem.fewest
    try:
        for size in range(problem.fewest, problem.most + 1):
            chosen = first_subset(problem.num_candidates, size)
            best_chosen = np.zeros(size, np.int64)
            done = False
            while not done and stop is Stop.FINISHED:
                chunk = CHUNK if effort.nodes is None else min(CHUNK, effort.nodes - nodes)
                if chunk <= 0:
                    stop = Stop.NODES
                elif deadline is not None and time.perf_counter() >= deadline:
                    stop = Stop.SECONDS
                else:
                    value, visited, done = visit_subsets(
                        rows, targets, use_l1, chosen, best_value, best_chosen, chunk
                    )
                    nodes += int(visited)
                    if value < best_value:
                        best_value, found = int(value), tuple(int(i) for i in best_chosen)
                        if not isinstance(problem, SmallestSubset):
                            best = found
                        elif best_value <= problem.tolerance:
                            return Claim(indices=found, bound=size, stop=stop, nodes=nodes)
            if stop is not Stop.FINISHED:
                break
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    if stop is not Stop.FINISHED:
        bound = size if isinstance(problem, SmallestSubset) else None
        return Claim(indices=best, bound=bound, stop=stop, nodes=nodes)
    if isinstance(problem, SmallestSubset):
        return Claim(indices=None, infeasible=True, stop=stop, nodes=nodes)
    return Claim(indices=best, bound=best_value, stop=stop, nodes=nodes)


def _refuses(problem: PoolProblem) -> str | None:
    if too_many_subsets(problem.num_candidates, problem.fewest, problem.most, MOST_SUBSETS):
        return "looks at every subset, at most 2^31; this problem has more"
    return None


BACKEND = Backend(
    name="enumeration",
    family="enumeration",
    summary="every legal subset, one exchange at a time",
    exact=True,
    takes=("subset_sum", "smallest_subset", "vector_sum"),
    honours=frozenset({"seconds", "nodes"}),
    max_bits=62,
    solve=solve,
    refuses=_refuses,
)
