"""Meeting in the middle in several rows at once: exact, for n up to about 44.

Rows that share columns make points of every half, and the nearest pair of points is sought
(`trees`). Rows that share none, as pooled signs do, are solved one by one (`split_rows`).
"""

from __future__ import annotations

from slth_opt.backends.points import split_rows, trees
from slth_opt.methods import Backend, Claim, Watch
from slth_opt.problems import VectorSum
from slth_opt.results import Effort


def solve(
    problem: VectorSum, effort: Effort, start: tuple[int, ...] | None, watch: Watch | None = None
) -> Claim:
    """Split the rows where they share no column; hang points in trees where they do.

    Examples
    --------
    >>> from slth_opt import Effort, VectorSum
    >>> problem = VectorSum(
    ...     rows=((1, 2, 3), (2, 5, -1)), targets=(4, 0), fewest=2, most=2, norm="l1"
    ... )
    >>> solve(problem, Effort(), None).indices
    (0, 2)
    """
    if split_rows.share_no_column(problem):
        return split_rows.solve(problem, effort, start)
    return trees.solve(problem, effort, start, watch)


def _refuses(problem: VectorSum) -> str | None:
    if split_rows.share_no_column(problem):
        return split_rows.refuses(problem)
    return trees.refuses(problem)


BACKEND = Backend(
    name="points",
    family="meeting in the middle",
    summary="sums of both halves as points in trees of boxes: several rows, n up to about 44",
    exact=True,
    takes=("vector_sum",),
    honours=frozenset({"seconds", "nodes"}),
    max_bits=62,
    solve=solve,
    refuses=_refuses,
    can_be_watched=True,
)
