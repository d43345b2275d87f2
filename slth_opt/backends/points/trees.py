"""Rows that share columns: the points of two halves, hung in two trees of boxes.

Every subset of a half is a point, its sums the coordinates. The nearest legal pair of a left
and a right point is sought by branch and bound on two trees of boxes (k-d trees, Bentley 1975;
two trees walked together, Gray and Moore 2001), all in integers. Time grows like 2^(n/2) as
long as there are fewer rows than columns; memory always does.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING

from slth_opt.methods import Claim, Watch, too_many_subsets
from slth_opt.problems import VectorSum
from slth_opt.problems.legality import mask_of
from slth_opt.results import Effort, Stop

if TYPE_CHECKING:
    import numpy as np

LEAF = 8
"""Points that are compared one by one; of 4, 8, 16 and 32 the fastest, if not by much."""

CHUNK = 2**17
"""Pairs of boxes between two looks at the clock: a few hundredths of a second."""

GROWN = 2**21
"""Points looked at between two looks at the clock while a tree grows."""

MOST_WORDS = 2**27
"""Numbers of 8 bytes in both trees: 1 GiB."""

LONGEST_MASK = 62
"""Columns of a half, so that a mask fits a word."""

NO_ERROR = 2**62
"""Larger than any error of a legal problem."""

DEPTH = 1024
"""Pairs of boxes that wait at once: far more than both trees are deep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Half:
    """Some columns next to each other, how many of them may be chosen, and of which sign."""

    first: int
    last: int
    fewest: int
    most: int
    sign: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    points: np.ndarray
    nodes: np.ndarray
    boxes: np.ndarray


def solve(
    problem: VectorSum, effort: Effort, start: tuple[int, ...] | None, watch: Watch | None = None
) -> Claim:
    """Grow both trees, then walk them together.

    Examples
    --------
    >>> from slth_opt import Effort, VectorSum
    >>> problem = VectorSum(
    ...     rows=((1, 2, 3), (2, 5, -1)), targets=(4, 0), fewest=2, most=2, norm="l1"
    ... )
    >>> solve(problem, Effort(), None).indices
    (0, 2)
    """
    deadline = None if effort.seconds is None else time.perf_counter() + effort.seconds
    try:
        trees = [_grown(problem, half, deadline) for half in _halves(problem)]
    except KeyboardInterrupt:
        return Claim(indices=start, stop=Stop.INTERRUPTED)
    left, right = trees
    if left is None or right is None:
        return Claim(indices=start, stop=Stop.SECONDS)
    return _meet(problem, left, right, effort.nodes, deadline, start, watch)


def _meet(
    problem: VectorSum,
    left: _Tree,
    right: _Tree,
    most_nodes: int | None,
    deadline: float | None,
    start: tuple[int, ...] | None,
    watch: Watch | None,
) -> Claim:
    """Walk pairs of boxes, chunk by chunk, until none can improve the best error."""
    import numpy as np

    from slth_opt.kernels.points import meet

    n, enough = problem.num_candidates, problem.free_bound()
    known = NO_ERROR if start is None else problem.value(mask_of(start, n))
    best = np.array([known, 0, 0, 1], np.int64)  # the last: pairs waiting
    pairs = np.zeros((DEPTH, 3), np.int64)
    sizes = np.array([problem.fewest, problem.most] if _by_size(problem) else [0, 0], np.int64)
    use_l1 = problem.norm == "l1"
    nodes, stop = 0, Stop.FINISHED
    try:
        while best[3] > 0 and best[0] > enough:
            chunk = CHUNK if most_nodes is None else min(CHUNK, most_nodes - nodes)
            if chunk <= 0:
                stop = Stop.NODES
                break
            if deadline is not None and time.perf_counter() >= deadline:
                stop = Stop.SECONDS
                break
            nodes += int(
                meet(
                    left.points, left.nodes, left.boxes, right.points, right.nodes, right.boxes,
                    sizes, use_l1, pairs, best, enough, chunk,
                )
            )  # fmt: skip
            if watch is not None:
                value = int(best[0])
                watch(value if value < NO_ERROR else None, _proven(pairs, best, enough))
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    value = int(best[0])
    indices = start if value == known else _indices(int(best[1]), int(best[2]), n // 2)
    bound = value if stop is Stop.FINISHED else _proven(pairs, best, enough)
    return Claim(indices=indices, bound=bound, stop=stop, nodes=nodes)


def _proven(pairs: np.ndarray, best: np.ndarray, enough: int) -> int:
    """Return a lower bound: dropped pairs are no better than the best, others than their boxes."""
    waiting = pairs[: best[3], 2]
    return max(enough, min(int(bound) for bound in (best[0], *waiting)))


def _grown(problem: VectorSum, half: _Half, deadline: float | None) -> _Tree | None:
    """Return the tree of a half, or None if the time is up."""
    import numpy as np

    from slth_opt.kernels.points import grow, list_points

    count, room = _count(half), _room(_count(half))
    d = len(problem.rows)
    columns = np.array(problem.rows, np.int64)[:, half.first : half.last]
    origin = np.array(problem.targets, np.int64) if half.sign < 0 else np.zeros(d, np.int64)
    tree = _Tree(
        points=np.empty((count, d + 1), np.int64),
        nodes=np.empty((room, 3), np.int64),
        boxes=np.empty((room, 2, d + 1), np.int64),
    )
    if _is_over(deadline):
        return None
    list_points(
        np.ascontiguousarray(columns.T), origin, half.sign, half.fewest, half.most, tree.points
    )
    tree.nodes[0] = 0, count, 0
    node, used = 0, 1
    while node < used:
        if _is_over(deadline):
            return None
        node, used = grow(
            tree.points, _by_size(problem), problem.most - problem.fewest, LEAF,
            tree.nodes, tree.boxes, node, used, GROWN,
        )  # fmt: skip
    return tree


def _is_over(deadline: float | None) -> bool:
    return deadline is not None and time.perf_counter() >= deadline


def _halves(problem: VectorSum) -> tuple[_Half, _Half]:
    """Return the halves; the left one is taken from the targets."""
    n, half = problem.num_candidates, problem.num_candidates // 2
    left, right = (
        _Half(
            first=first,
            last=last,
            fewest=max(0, problem.fewest - (n - last + first)),
            most=min(last - first, problem.most),
            sign=sign,
        )
        for first, last, sign in ((0, half, -1), (half, n, 1))
    )
    return left, right


def _by_size(problem: VectorSum) -> bool:
    """Tell whether some left subset and some right subset are together of no legal size."""
    left, right = _halves(problem)
    return left.fewest + right.fewest < problem.fewest or left.most + right.most > problem.most


def _indices(left: int, right: int, half: int) -> tuple[int, ...]:
    """Return the columns of two masks."""
    mask = left | right << half
    return tuple(i for i in range(mask.bit_length()) if mask >> i & 1)


def _count(half: _Half) -> int:
    return sum(comb(half.last - half.first, size) for size in range(half.fewest, half.most + 1))


def _room(count: int) -> int:
    """Return how many nodes a tree may have; where that is too few, some leaves are larger."""
    return 3 * count // LEAF + 256


def refuses(problem: VectorSum) -> str | None:
    """Say what would not fit in memory, or None.

    Examples
    --------
    >>> from slth_opt import VectorSum
    >>> problem = VectorSum(
    ...     rows=((1, 2, 3), (2, 5, -1)), targets=(4, 0), fewest=2, most=2, norm="l1"
    ... )
    >>> refuses(problem) is None
    True
    """
    width = len(problem.rows) + 1
    words = 0
    for half in _halves(problem):
        columns = half.last - half.first
        if columns > LONGEST_MASK:
            return f"takes halves of at most {LONGEST_MASK} columns; this problem has {columns}"
        if too_many_subsets(columns, half.fewest, half.most, MOST_WORDS // width):
            words = MOST_WORDS + 1
            break
        count = _count(half)
        words += count * width + _room(count) * (2 * width + 3)
    if words <= MOST_WORDS:
        return None
    return (
        "keeps the sums of both halves and the boxes around them in at most 2^27 words (1 GiB); "
        f"this problem has more, in {len(problem.rows)} rows"
    )
