"""Rows that share no column: every row by itself, for every size, then the best sizes together.

One mask for both signs of the first weights (pooled signs) is of this kind: a column serves
the positive branch or the negative one, never both. Then only the total size couples the rows:
meeting in the middle gives each row's best error at every size (its profile), and a table over
sizes joins the profiles.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import comb

from slth_opt.methods import Claim, too_many_subsets
from slth_opt.problems import VectorSum
from slth_opt.recovery import subset_with_sum
from slth_opt.results import Effort, Stop

MOST_SUMS = 2**26
"""Sums of both halves of a row: 512 MiB."""

MOST_MERGED = 2**28
"""Sums written while listing one half of a row: a second or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """The columns of a row that are not zero, their weights, and how many may be chosen."""

    columns: tuple[int, ...]
    weights: tuple[int, ...]
    target: int
    fewest: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The best error of a row at one size, and the sums of the halves that have it."""

    error: int
    left_sum: int
    right_sum: int
    left_size: int


_Profile = dict[int, _Found]


def share_no_column(problem: VectorSum) -> bool:
    """Tell whether every column is zero in all rows but one.

    Examples
    --------
    >>> from slth_opt import VectorSum
    >>> problem = VectorSum(
    ...     rows=((1, 0, 3), (0, 5, 0)), targets=(4, 0), fewest=2, most=2, norm="l1"
    ... )
    >>> share_no_column(problem)
    True
    """
    columns = zip(*problem.rows, strict=True)
    return all(sum(1 for entry in column if entry) <= 1 for column in columns)


def solve(problem: VectorSum, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Profile row by row, then join the sizes.

    Examples
    --------
    >>> from slth_opt import Effort, VectorSum
    >>> problem = VectorSum(
    ...     rows=((1, 0, 3), (0, 5, 0)), targets=(4, 0), fewest=2, most=2, norm="l1"
    ... )
    >>> solve(problem, Effort(), None).indices
    (0, 2)
    """
    deadline = None if effort.seconds is None else time.perf_counter() + effort.seconds
    rows = _rows(problem)
    profiles: list[_Profile] = []
    nodes, stop = 0, Stop.FINISHED
    try:
        for row in rows:
            budget = None if effort.nodes is None else effort.nodes - nodes
            profile, steps, stop = _profile(row, budget, deadline)
            nodes += steps
            if stop is not Stop.FINISHED:
                break
            profiles.append(profile)
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    if stop is not Stop.FINISHED:
        return Claim(indices=start, bound=_proven(problem, profiles), stop=stop, nodes=nodes)
    free = tuple(i for i, column in enumerate(zip(*problem.rows, strict=True)) if not any(column))
    value, sizes = _join(problem, profiles, len(free))
    chosen: list[int] = []
    for row, profile, size in zip(rows, profiles, sizes, strict=True):
        chosen += _subset(row, profile, size)
    chosen += free[: max(0, problem.fewest - len(chosen))]
    return Claim(indices=tuple(sorted(chosen)), bound=value, stop=stop, nodes=nodes)


def _proven(problem: VectorSum, profiles: list[_Profile]) -> int:
    """Return a lower bound: the rows done are no nearer than at their best sizes."""
    least = [min(found.error for found in profile.values()) for profile in profiles]
    return sum(least) if problem.norm == "l1" else max(least, default=0)


def _rows(problem: VectorSum) -> list[_Row]:
    n = problem.num_candidates
    rows = []
    for weights, target in zip(problem.rows, problem.targets, strict=True):
        columns = tuple(i for i, w in enumerate(weights) if w)
        rows.append(
            _Row(
                columns=columns,
                weights=tuple(weights[i] for i in columns),
                target=target,
                fewest=max(0, problem.fewest - (n - len(columns))),
                most=min(len(columns), problem.most),
            )
        )
    return rows


def _profile(row: _Row, budget: int | None, deadline: float | None) -> tuple[_Profile, int, Stop]:
    """Return the best of every size, the steps made, and why they ended."""
    import numpy as np

    from slth_opt.kernels.meeting import FENCE, build_half, group_starts, nearest_of_size

    half = len(row.weights) // 2
    lists = []
    for weights in (row.weights[:half], row.weights[half:]):
        if deadline is not None and time.perf_counter() >= deadline:
            return {}, 0, Stop.SECONDS
        starts = group_starts(len(weights), min(row.most, len(weights)))
        sums = np.empty(starts[-1], np.int64)
        build_half(np.array(weights, np.int64), starts, sums)
        lists.append((sums, starts))
    (left, left_starts), (right, right_starts) = lists
    profile: _Profile = {}
    nodes = 0
    for size in range(row.fewest, row.most + 1):
        if deadline is not None and time.perf_counter() >= deadline:
            return profile, nodes, Stop.SECONDS
        if budget is not None and nodes + _steps(row, size) > budget:
            return profile, nodes, Stop.NODES
        best = np.array([FENCE, 0, 0, 0], np.int64)
        nodes += int(
            nearest_of_size(left, left_starts, right, right_starts, size, row.target, best)
        )
        error, left_sum, right_sum, left_size = (int(v) for v in best)
        profile[size] = _Found(
            error=error, left_sum=left_sum, right_sum=right_sum, left_size=left_size
        )
    return profile, nodes, Stop.FINISHED


def _steps(row: _Row, size: int) -> int:
    """Return the most steps a walk over all pairs of groups of one size makes."""
    left = len(row.weights) // 2
    right = len(row.weights) - left
    return sum(
        comb(left, i) + comb(right, size - i) - 1
        for i in range(max(0, size - right), min(left, size) + 1)
    )


def _join(problem: VectorSum, profiles: list[_Profile], free: int) -> tuple[int, list[int]]:
    """Return the least error and the size of every row; `free` columns may fill up the total."""
    reached: dict[int, int] = {0: 0}
    tables: list[dict[int, int]] = []  # row by row: for each total the size of the row in it
    for profile in profiles:
        joined: dict[int, int] = {}
        table: dict[int, int] = {}
        for total, error in reached.items():
            for size, found in profile.items():
                if total + size > problem.most:
                    continue
                both = error + found.error if problem.norm == "l1" else max(error, found.error)
                if both < joined.get(total + size, both + 1):
                    joined[total + size], table[total + size] = both, size
        reached = joined
        tables.append(table)
    value, total = min((e, s) for s, e in reached.items() if s >= problem.fewest - free)
    sizes = []
    for table in reversed(tables):
        sizes.append(table[total])
        total -= table[total]
    return value, sizes[::-1]


def _subset(row: _Row, profile: _Profile, size: int) -> list[int]:
    """Return the columns of a row's best subset of a size."""
    half, found = len(row.weights) // 2, profile[size]
    parts = (
        (0, row.weights[:half], found.left_size, found.left_sum),
        (half, row.weights[half:], size - found.left_size, found.right_sum),
    )
    return [
        row.columns[first + i]
        for first, weights, count, total in parts
        for i in subset_with_sum(weights, total, fewest=count, most=count)
    ]


def refuses(problem: VectorSum) -> str | None:
    """Say which row has too many sums, or None.

    Examples
    --------
    >>> from slth_opt import VectorSum
    >>> problem = VectorSum(
    ...     rows=((1, 0, 3), (0, 5, 0)), targets=(4, 0), fewest=2, most=2, norm="l1"
    ... )
    >>> refuses(problem) is None
    True
    """
    for r, row in enumerate(_rows(problem)):
        half = (len(row.weights) + 1) // 2
        most = min(half, row.most)
        if too_many_subsets(half, 0, most, MOST_SUMS // 2):
            return f"lists at most 2^26 sums of both halves of a row; row {r} has more"
        # Every weight merges all lists anew, as in `meeting`.
        if too_many_subsets(half + 1, 1, most + 1, MOST_MERGED):
            return f"merges at most 2^28 sums for each half of a row; row {r} takes more"
    return None
