"""Few weights from a large pool: meeting at the middle of the subset, not of the pool.

A subset of k weights is cut at its own middle, so both parts have k/2 of them: time and memory
grow like n^(k/2), for odd k time like n^((k+1)/2), where `branching` takes n^(k-1). All but a
few weights are the same thing as a few: the ones left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from math import comb
from typing import TYPE_CHECKING

from slth_opt.methods import Backend, Claim, too_many_subsets
from slth_opt.problems import PoolProblem, SmallestSubset, SubsetSum
from slth_opt.problems.legality import mask_of
from slth_opt.results import Effort, Stop

if TYPE_CHECKING:
    import numpy as np

MOST_PARTS = 2**24
"""Parts listed at once: some 650 MiB."""

MOST_STEPS = 2**37
"""Steps through the lists: some minutes."""

CHUNK = 2**24
"""Steps between two looks at the clock."""

FEW = 62
"""The smallest subset of a pool up to here may well have more weights than this method reaches."""


def solve(problem: PoolProblem, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Search size by size: of what is chosen, or of what is left out.

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
    n, target, sizes = problem.num_candidates, problem.target, (problem.fewest, problem.most)
    inverted = problem.fewest > n - problem.most
    if inverted:
        target, sizes = sum(problem.weights) - target, (n - problem.most, n - problem.fewest)
    error = 2**62 if start is None else problem.error(mask_of(start, n))
    best, nodes, stop = start, 0, Stop.FINISHED
    for size in range(sizes[0], sizes[1] + 1):
        found, steps, stop = _search_size(
            problem.weights, target, size, error, problem.free_bound(), deadline
        )
        nodes += steps
        if found is not None:
            error, kept = found
            best = tuple(i for i in range(n) if i not in kept) if inverted else kept
        if stop is not Stop.FINISHED or error <= problem.free_bound():
            break
    bound = error if stop is Stop.FINISHED else None
    return Claim(indices=best, bound=bound, stop=stop, nodes=nodes)


def _smallest(
    problem: SmallestSubset, deadline: float | None, start: tuple[int, ...] | None
) -> Claim:
    """Search from the first size a glance allows on, as far as the lists go."""
    n, nodes = problem.num_candidates, 0
    size = problem.free_bound()
    if size > n:
        return Claim(indices=None, infeasible=True, stop=Stop.FINISHED)
    while size < (n + 1 if start is None else len(start)):
        if _too_much(n, size):
            return Claim(indices=start, bound=size, stop=Stop.GAVE_UP, nodes=nodes)
        found, steps, stop = _search_size(
            problem.weights,
            problem.target,
            size,
            problem.tolerance + 1,
            problem.tolerance,
            deadline,
        )
        nodes += steps
        if found is not None:
            return Claim(indices=found[1], bound=size, stop=Stop.FINISHED, nodes=nodes)
        if stop is not Stop.FINISHED:
            return Claim(indices=start, bound=size, stop=stop, nodes=nodes)
        size += 1
    if start is None:
        return Claim(indices=None, infeasible=True, stop=Stop.FINISHED, nodes=nodes)
    return Claim(indices=start, bound=size, stop=Stop.FINISHED, nodes=nodes)


def _search_size(
    weights: tuple[int, ...],
    target: int,
    size: int,
    known: int,
    enough: int,
    deadline: float | None,
) -> tuple[tuple[int, tuple[int, ...]] | None, int, Stop]:
    """Return (error, indices) if better than what is known, steps, and why it stopped."""
    import numpy as np

    best = np.array([known, 0, 0, 0], np.int64)
    steps, stop = 0, Stop.FINISHED
    try:
        search = _middles if size % 2 else _splits
        for made, is_done in search(weights, target, size // 2, best, enough):
            steps += made
            if not is_done and deadline is not None and time.perf_counter() >= deadline:
                stop = Stop.SECONDS
                break
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    if best[0] == known:
        return None, steps, stop
    return (int(best[0]), _indices(weights, size, *(int(v) for v in best[1:]))), steps, stop


def _splits(
    weights: tuple[int, ...], target: int, size: int, best: np.ndarray, enough: int
) -> Iterator[tuple[int, bool]]:
    """Search subsets of two parts of a size; yield steps made, and whether they were the last."""
    import numpy as np

    from slth_opt.kernels.small_sizes import search_splits

    yield 0, False
    sums, begins, ends = _parts(weights, size)
    left, right = (sums, ends), (sums.copy(), begins)
    spare = np.empty_like(sums), np.empty_like(ends)
    stack = np.zeros((64, 6), np.int64)
    stack[0, 1], stack[0, 3], stack[0, 5] = len(weights), sums.size, sums.size
    depth = 1
    while depth and best[0] > enough:
        depth, steps = search_splits(left, right, spare, target, stack, depth, best, enough, CHUNK)
        yield int(steps), depth == 0


def _middles(
    weights: tuple[int, ...], target: int, size: int, best: np.ndarray, enough: int
) -> Iterator[tuple[int, bool]]:
    """Search subsets of two parts of a size and a weight between them, likewise."""
    import numpy as np

    from slth_opt.kernels.small_sizes import search_middles

    yield 0, False
    sums, begins, ends = _parts(weights, size)
    left, right = (sums, ends), (sums, begins)
    spares = np.empty_like(sums), np.empty_like(sums)
    values = np.array(weights, np.int64)
    place = size
    while place < len(weights) - size and best[0] > enough:
        place, steps = search_middles(
            values, left, right, spares, target, place, best, enough, CHUNK
        )
        yield int(steps), place >= len(weights) - size


def _parts(weights: tuple[int, ...], size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sums, smallest and largest index of all subsets of a size, sorted by sum."""
    import numpy as np

    from slth_opt.kernels.small_sizes import list_parts

    sums = np.empty(comb(len(weights), size), np.int64)
    begins, ends = np.empty((2, sums.size), np.int32)
    list_parts(np.array(weights, np.int64), size, sums, begins, ends)
    order = sums.argsort()
    return sums[order], begins[order], ends[order]


def _indices(
    weights: tuple[int, ...], size: int, left_sum: int, right_sum: int, place: int
) -> tuple[int, ...]:
    behind = place + size % 2
    left = _subset(weights[:place], size // 2, left_sum)
    right = _subset(weights[behind:], size // 2, right_sum)
    return (*left, *range(place, behind), *(behind + i for i in right))


def _subset(weights: tuple[int, ...], size: int, total: int) -> tuple[int, ...]:
    """Return a subset of this size and sum: there is one."""
    import numpy as np

    from slth_opt.kernels.enumeration import NO_VALUE, first_subset, visit_subsets

    rows, targets = np.array([weights], np.int64), np.array([total], np.int64)
    chosen = np.zeros(size, np.int64)
    visit_subsets(
        rows, targets, False, first_subset(len(weights), size), NO_VALUE, chosen, NO_VALUE
    )
    return tuple(int(i) for i in chosen)


def _too_much(num_candidates: int, size: int) -> str | None:
    """Say what a size takes too much of, or None."""
    if too_many_subsets(num_candidates, size // 2, size // 2, MOST_PARTS):
        return "lists at most 2^24 halves of subsets; this problem has more"
    rounds = num_candidates if size % 2 else num_candidates.bit_length()
    if 2 * comb(num_candidates, size // 2) * rounds > MOST_STEPS:
        return "makes at most 2^37 steps; this problem takes more"
    return None


def _refuses(problem: PoolProblem) -> str | None:
    n = problem.num_candidates
    if isinstance(problem, SmallestSubset):
        if n <= FEW and _too_much(n, n) is not None:
            return f"looks for few weights of more than {FEW}; this problem has {n}"
        size = problem.free_bound()
        return None if size > n else _too_much(n, size)
    return _too_much(n, min(problem.most, n - problem.fewest))


BACKEND = Backend(
    name="small_sizes",
    family="meeting in the middle",
    summary="subsets of few weights, cut at their own middle: k up to 7 of hundreds or thousands",
    exact=True,
    takes=("subset_sum", "smallest_subset"),
    honours=frozenset({"seconds"}),
    max_bits=62,
    solve=solve,
    refuses=_refuses,
)
