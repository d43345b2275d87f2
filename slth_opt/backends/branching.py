"""Depth-first branch and bound on sorted prefixes: best when k is small and n is large.

With m weights still to choose from a sorted rest, the sum stays between the m smallest and
the m largest of them; a branch that cannot beat the best error is cut. The last weight is
found by bisection. Takes all problems; several rows are bounded row by row.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from slth_opt.methods import Backend, Claim
from slth_opt.problems import PoolProblem, SmallestSubset, VectorSum
from slth_opt.results import Effort, Stop

if TYPE_CHECKING:
    import numpy as np

CHUNK = 2**20
"""Nodes between two looks at the clock."""

MOST_CELLS = 2**25
"""Entries of each table of prefix sums: 256 MiB."""


def solve(problem: PoolProblem, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Search size by size with one incumbent; smallest subsets stop at the first size found.

    Examples
    --------
    >>> from slth_opt import Effort, SubsetSum
    >>> pool = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> solve(pool, Effort(), None).indices
    (1, 2)
    """
    import numpy as np

    from slth_opt.kernels.branching import prefix_tables

    n = problem.num_candidates
    order = sorted(range(n), key=problem.rows[0].__getitem__)
    rows = np.array(problem.rows, np.int64)[:, order]
    low, high = prefix_tables(rows, problem.most)
    deadline = None if effort.seconds is None else time.perf_counter() + effort.seconds
    smallest = isinstance(problem, SmallestSubset)
    fewest = min(problem.free_bound(), n + 1) if smallest else problem.fewest
    enough = problem.tolerance if isinstance(problem, SmallestSubset) else problem.free_bound()
    value = enough + 1 if smallest else _value_of(problem, start)
    best, nodes, stop, size = start, 0, Stop.FINISHED, fewest
    try:
        for size in range(fewest, problem.most + 1):
            budget = None if effort.nodes is None else effort.nodes - nodes
            value, chosen, used, stop = _search_size(
                problem, rows, low, high, size, value, enough, budget, deadline
            )
            nodes += used
            if chosen is not None:
                best = tuple(sorted(order[c] for c in chosen))
            if stop is not Stop.FINISHED or value <= enough:
                break
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    if smallest:
        if value <= enough:
            return Claim(indices=best, bound=size, stop=Stop.FINISHED, nodes=nodes)
        if stop is Stop.FINISHED:
            return Claim(indices=None, infeasible=True, stop=stop, nodes=nodes)
        return Claim(indices=start, bound=size, stop=stop, nodes=nodes)
    bound = value if stop is Stop.FINISHED else None
    return Claim(indices=best, bound=bound, stop=stop, nodes=nodes)


def _search_size(
    problem: PoolProblem,
    rows: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    size: int,
    value: int,
    enough: int,
    budget: int | None,
    deadline: float | None,
) -> tuple[int, tuple[int, ...] | None, int, Stop]:
    """Search one size; return (best value, the selection if improved, nodes, why it stopped)."""
    import numpy as np

    from slth_opt.kernels.branching import search

    if budget is not None and budget <= 0:
        return value, None, 0, Stop.NODES
    if size == 0:
        empty = problem.error((0,) * problem.num_candidates)
        return (empty, (), 1, Stop.FINISHED) if empty < value else (value, None, 1, Stop.FINISHED)
    targets = np.array(problem.targets, np.int64)
    use_l1 = isinstance(problem, VectorSum) and problem.norm == "l1"
    positions = np.zeros(size, np.int64)
    sums = np.zeros((size, rows.shape[0]), np.int64)
    chosen = np.zeros(size, np.int64)
    before, depth, nodes = value, 0, 0
    stop = Stop.FINISHED
    try:
        while depth >= 0:
            chunk = CHUNK if budget is None else min(CHUNK, budget - nodes)
            if chunk <= 0:
                stop = Stop.NODES
                break
            if deadline is not None and time.perf_counter() >= deadline:
                stop = Stop.SECONDS
                break
            found, depth, used = search(
                rows, targets, use_l1, low, high, positions, sums, depth, value, chosen, enough,
                chunk,
            )  # fmt: skip
            value, depth, nodes = int(found), int(depth), nodes + int(used)
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    improved = tuple(int(c) for c in chosen) if value < before else None
    return value, improved, nodes, stop


def _value_of(problem: PoolProblem, start: tuple[int, ...] | None) -> int:
    from slth_opt.problems.legality import mask_of

    if start is None:
        return 2**62
    return problem.value(mask_of(start, problem.num_candidates))


def _refuses(problem: PoolProblem) -> str | None:
    cells = len(problem.rows) * (problem.num_candidates + 1) * (problem.most + 1)
    if cells <= MOST_CELLS:
        return None
    return f"tabulates at most 2^25 prefix sums; this problem has about 2^{cells.bit_length() - 1}"


BACKEND = Backend(
    name="branching",
    family="branch and bound",
    summary="depth first, cut by sorted prefix sums: best for small k and large n",
    exact=True,
    takes=("subset_sum", "smallest_subset", "vector_sum"),
    honours=frozenset({"seconds", "nodes"}),
    max_bits=62,
    solve=solve,
    refuses=_refuses,
)
