"""The slow truth: every subset, every number a Python int.

Nothing here imports a kernel, a backend or numpy. What this file says is the specification.
"""

from __future__ import annotations

from itertools import combinations
from operator import add


def legal_subsets(problem):
    """Yield (value, indices) of every legal subset of a problem, in no particular order."""
    for size in range(problem.num_candidates + 1):
        for indices in combinations(range(problem.num_candidates), size):
            value = value_of(problem, indices)
            if value is not None:
                yield value, indices


def value_of(problem, indices):
    """Return the objective of a subset, or None if it is not legal."""
    error = error_of(problem, indices)
    if problem.kind == "smallest_subset":
        return len(indices) if error <= problem.tolerance else None
    return error if problem.fewest <= len(indices) <= problem.most else None


def error_of(problem, indices):
    """Return how far the sums of a subset are from the targets, in the problem's norm."""
    return _distance(problem, [sum(row[i] for i in indices) for row in problem.rows])


def optimum(problem):
    """Return the best value of a problem, or None if no subset is legal."""
    best = None
    for size, reached in enumerate(sums_by_size(problem.rows)):
        if problem.kind == "smallest_subset":
            if any(abs(s - problem.target) <= problem.tolerance for (s,) in reached):
                return size
        elif problem.fewest <= size <= problem.most:
            nearest = min(_distance(problem, sums) for sums in reached)
            best = nearest if best is None else min(best, nearest)
    return best


def sums_by_size(rows):
    """Return for every size the sums, one per row, that subsets of that size have."""
    n = len(rows[0])
    reached = [set() for _ in range(n + 1)]
    reached[0].add((0,) * len(rows))
    for column in zip(*rows, strict=True):
        for size in range(n, 0, -1):
            reached[size] |= {tuple(map(add, sums, column)) for sums in reached[size - 1]}
    return reached


def profile(weights, target):
    """Return the best error of every size 0..n."""
    return [
        min(abs(sum(s) - target) for s in combinations(weights, size))
        for size in range(len(weights) + 1)
    ]


def _distance(problem, sums):
    errors = [abs(s - t) for s, t in zip(sums, problem.targets, strict=True)]
    return sum(errors) if problem.kind == "vector_sum" and problem.norm == "l1" else max(errors)
