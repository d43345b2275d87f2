"""Branch and bound by multipliers: best for many rows, as in the fit of a layer to samples.

With more rows than the mask can please the optimum is large, and so is the bound of the
relaxation that lets every candidate be chosen in part. A simplex method solves it in floats
for a weighting of the rows; weighed, rounded to integers and added up, the rows are one
inequality that every better selection obeys (see `slth_opt.multipliers`). It bounds the node,
decides candidates, and cuts a sweep through what is left. Only integers cut.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from slth_opt.methods import Backend, Claim, Watch
from slth_opt.multipliers import (
    Reduction,
    best_weights,
    bound_of,
    bounds_of_both,
    reduce_rows,
    whole_multipliers,
)
from slth_opt.problems import VectorSum
from slth_opt.problems.legality import indices_of, mask_of
from slth_opt.results import Effort, Stop

if TYPE_CHECKING:
    import numpy as np

SWEPT_WHOLE = 12
"""So few free candidates are swept through without asking for multipliers first."""

MOST_SWEPT = 16
"""More free candidates than this are branched on at once: their sweep would seldom end."""

SWEEP = 2**12
"""Decisions a sweep may take before its node is split instead: some milliseconds."""

CHUNK = 2**12
"""Decisions between two looks at the clock."""

CUTS = 8
"""Reductions that cut a sweep: the node's own, and the latest before it."""

COST_BITS = 60
"""The absolute values of a reduction add up to less, once it is rounded down for the kernel."""


Node = tuple[int, int, dict[int, int], dict[int, float]]
"""An open node: its bound, a serial number, what is fixed, the shares of its parent."""

Child = tuple[int, dict[int, int], dict[int, float]]
"""The same without a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """What stays the same throughout a search; `best` holds (value, indices) and changes."""

    problem: VectorSum
    rows: np.ndarray
    targets: np.ndarray
    effort: Effort
    deadline: float | None
    best: list[tuple[int, tuple[int, ...] | None]]
    cuts: list[Reduction]
    watch: Watch | None

    @property
    def value(self) -> int:
        """The best value yet."""
        return self.best[0][0]

    @property
    def late(self) -> bool:
        """Whether time is up."""
        return self.deadline is not None and time.perf_counter() >= self.deadline

    def keep(self, value: int, indices: tuple[int, ...]) -> None:
        """Take note of a selection, if it is the best yet."""
        if value < self.value:
            self.best[0] = value, indices


def solve(
    problem: VectorSum, effort: Effort, start: tuple[int, ...] | None, watch: Watch | None = None
) -> Claim:
    """Take the open node with the least bound, until none is below the best selection.

    Examples
    --------
    >>> from slth_opt import Effort, VectorSum
    >>> problem = VectorSum(
    ...     rows=((1, 2, 3), (2, 5, -1)), targets=(4, 0), fewest=2, most=2, norm="l1"
    ... )
    >>> solve(problem, Effort(), None).indices
    (0, 2)
    """
    import numpy as np

    n = problem.num_candidates
    value = 2**62 if start is None else problem.value(mask_of(start, n))
    search = _Search(
        problem=problem,
        rows=np.array(problem.rows, np.int64),
        targets=np.array(problem.targets, np.int64),
        effort=effort,
        deadline=None if effort.seconds is None else time.perf_counter() + effort.seconds,
        best=[(value, start)],
        cuts=[],
        watch=watch,
    )
    serial = count()
    root = dict.fromkeys(range(n), 0.5)
    open_nodes: list[Node] = [(problem.free_bound(), next(serial), {}, root)]
    nodes, stop, proven = 0, Stop.FINISHED, open_nodes[0][0]
    try:
        while open_nodes and open_nodes[0][0] < search.value:
            proven = open_nodes[0][0]  # no open node has a smaller bound, nor will any
            if effort.nodes is not None and nodes >= effort.nodes:
                stop = Stop.NODES
                break
            if search.late:
                stop = Stop.SECONDS
                break
            if watch is not None:
                watch(None if search.best[0][1] is None else search.value, proven)
            children = _work_on(search, open_nodes[0])
            if children is None:
                stop = Stop.SECONDS
                break
            nodes += 1
            heapq.heappop(open_nodes)
            for bound, fixed, share in children:
                heapq.heappush(open_nodes, (bound, next(serial), fixed, share))
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    value, indices = search.best[0]
    bound = value if stop is Stop.FINISHED else min(value, proven)
    return Claim(indices=indices, bound=bound, stop=stop, nodes=nodes)


def _work_on(search: _Search, node: Node) -> list[Child] | None:
    """Close a node or split it in two; return what is left to do, or None if time ran out."""
    problem, (bound, _, fixed, share) = search.problem, node
    fixed = dict(fixed)
    free = [j for j in range(problem.num_candidates) if j not in fixed]
    ones = sum(fixed.values())
    if ones == problem.most or ones + len(free) == problem.fewest:
        rest = [] if ones == problem.most else free
        picked = tuple(sorted([j for j, x in fixed.items() if x] + rest))
        search.keep(problem.value(mask_of(picked, problem.num_candidates)), picked)
        return []
    if len(free) > SWEPT_WHOLE:
        weights, share = _relax(search, fixed, free, share)
        cut = reduce_rows(problem, whole_multipliers(weights))
        search.cuts.insert(0, cut)
        del search.cuts[CUTS:]
        bound = max(bound, bound_of(problem, cut, fixed))
        if bound < search.value:
            _round(search, fixed, free, share)
        if bound >= search.value or not _decide(search, cut, fixed):
            return []
    free = [j for j in range(problem.num_candidates) if j not in fixed]
    if len(free) <= MOST_SWEPT:
        done = _sweep(search, fixed, free, share)
        if done is not False:
            return None if done is None else []
    return _split(search, fixed, free, share, bound)


def _relax(
    search: _Search, fixed: dict[int, int], free: list[int], share: dict[int, float]
) -> tuple[list[float], dict[int, float]]:
    """Return a weight of every row, and the share of each candidate in the relaxation.

    The shares given, those of the parent, say where to begin.
    """
    problem, ones = search.problem, sum(fixed.values())
    need, room = max(0, problem.fewest - ones), min(len(free), problem.most - ones)
    weights, shares = best_weights(
        search.rows[:, free], _goals(search, fixed), [share[j] for j in free],
        norm=problem.norm, need=need, room=room,
    )  # fmt: skip
    return weights.tolist(), dict(zip(free, shares.tolist(), strict=True))


def _goals(search: _Search, fixed: dict[int, int]) -> np.ndarray:
    """Return what the free candidates must add up to."""
    chosen = [j for j, x in fixed.items() if x]
    goals: np.ndarray = search.targets - search.rows[:, chosen].sum(axis=1)
    return goals


def _round(
    search: _Search, fixed: dict[int, int], free: list[int], share: dict[int, float]
) -> None:
    """Choose the candidates with a share above one half, and exchange while that helps."""
    import numpy as np

    from slth_opt.kernels.relaxing import improve

    problem = search.problem
    ones = sum(fixed.values())
    order = sorted(free, key=lambda j: -share[j])
    wanted = sum(share[j] > 0.5 for j in free)
    wanted = min(max(wanted, problem.fewest - ones), problem.most - ones)
    mask = np.zeros(problem.num_candidates, np.int64)
    mask[[j for j, x in fixed.items() if x] + order[:wanted]] = 1
    errors = search.rows @ mask - search.targets
    value = problem.value(mask.tolist())
    reached = improve(
        np.ascontiguousarray(search.rows.T), errors, problem.norm == "l1", problem.fewest,
        problem.most, mask, value,
    )  # fmt: skip
    search.keep(int(reached), indices_of(mask.tolist()))


def _decide(search: _Search, cut: Reduction, fixed: dict[int, int]) -> bool:
    """Fix what only one value of can lead to a better selection; False if neither can."""
    changed = True
    while changed:
        changed = False
        for j, both in bounds_of_both(search.problem, cut, fixed).items():
            values = [x for x, own in enumerate(both) if own is not None and own < search.value]
            if not values:
                return False
            if len(values) == 1:
                fixed[j] = values[0]
                changed = True
    return True


def _sweep(
    search: _Search, fixed: dict[int, int], free: list[int], share: dict[int, float]
) -> bool | None:
    """Look at all that the cuts leave; False if that is too much, None if time ran out."""
    import numpy as np

    from slth_opt.kernels.relaxing import least_sums, sweep

    problem, n, ones = search.problem, len(free), sum(fixed.values())
    order, preferred = _order(search, fixed, free, share)
    shifted = [_shifted(cut, fixed, order) for cut in search.cuts]
    costs = np.array([costs for costs, _, _ in shifted], np.int64).reshape(len(shifted), n)
    sums = np.zeros((n + 1, len(shifted)), np.int64)
    sums[0] = [constant for _, constant, _ in shifted]
    tables, negatives = least_sums(costs)
    tried, counts, chosen = (np.zeros(n + 1, np.int64) for _ in range(3))
    rows = np.ascontiguousarray(search.rows[:, order])
    reached = -_goals(search, fixed)
    position, nodes, enough = 0, 0, max(SWEEP, 2 ** (SWEPT_WHOLE + 2))
    while True:
        limits = np.array(
            [
                min((cut.scale * (search.value - 1)) >> shift, 2**62)
                for cut, (_, _, shift) in zip(search.cuts, shifted, strict=True)
            ],
            np.int64,
        )
        value, position, used = sweep(
            rows, reached, problem.norm == "l1", costs, sums, limits, tables, negatives,
            max(0, problem.fewest - ones), min(n, problem.most - ones), preferred, tried, counts,
            chosen, position, search.value, CHUNK,
        )  # fmt: skip
        nodes += int(used)
        if value < search.value:
            picked = [order[p] for p in chosen[: counts[n]]] + [j for j, x in fixed.items() if x]
            search.keep(int(value), tuple(sorted(picked)))
        if position < 0:
            return True
        if search.late:
            return None
        if nodes >= enough:
            return False


def _order(
    search: _Search, fixed: dict[int, int], free: list[int], share: dict[int, float]
) -> tuple[list[int], np.ndarray]:
    """Sort the free candidates so that the costliest to decide wrongly come first."""
    import numpy as np

    if not search.cuts:
        weight = {j: -int(np.abs(search.rows[:, j]).sum()) for j in free}
        return sorted(free, key=weight.__getitem__), np.zeros(len(free), np.int64)
    both = bounds_of_both(search.problem, search.cuts[0], fixed)
    ends = {j: tuple(search.value if b is None else b for b in both[j]) for j in free}
    order = sorted(free, key=lambda j: -abs(ends[j][0] - ends[j][1]))
    likely = [share[j] > 0.5 for j in order]
    return order, np.array(likely, np.int64)


def _shifted(cut: Reduction, fixed: dict[int, int], order: list[int]) -> tuple[list[int], int, int]:
    """Return costs and constant in units of a power of two, rounded down, and the power."""
    constant = cut.constant + sum(cut.costs[j] for j, x in fixed.items() if x)
    costs = [cut.costs[j] for j in order]
    total = abs(constant) + sum(map(abs, costs))
    # Rounding down may take each of them one unit further from zero.
    shift = max(0, total.bit_length() - COST_BITS)
    return [c >> shift for c in costs], constant >> shift, shift


def _split(
    search: _Search,
    fixed: dict[int, int],
    free: list[int],
    share: dict[int, float],
    bound: int,
) -> list[Child]:
    """Decide the most doubtful candidate both ways."""
    doubtful = min(free, key=lambda j: abs(share[j] - 0.5))
    both = bounds_of_both(search.problem, search.cuts[0], fixed)[doubtful]
    return [
        (max(bound, own), {**fixed, doubtful: x}, share)
        for x, own in enumerate(both)
        if own is not None and own < search.value
    ]


BACKEND = Backend(
    name="relaxing",
    family="lagrangian branch and bound",
    summary="integer cuts from the relaxation's multipliers: best for many rows",
    exact=True,
    takes=("vector_sum",),
    honours=frozenset({"seconds", "nodes"}),
    max_bits=62,
    solve=solve,
    can_be_watched=True,
)
