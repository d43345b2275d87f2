"""The slow truth: every subset, every number a Python int.

Nothing here imports a kernel, a backend or numpy. What this file says is the specification.
"""

from __future__ import annotations

from itertools import combinations


def legal_subsets(problem):
    """Yield (value, indices) of every legal subset of a problem, in no particular order."""
    for size in range(problem.num_candidates + 1):
        for indices in combinations(range(problem.num_candidates), size):
            value = value_of(problem, indices)
            if value is not None:
                yield value, indices


def value_of(problem, indices):
    """Return the objective of a subset, or None if it is not legal."""
    sums = [sum(row[i] for i in indices) for row in problem.rows]
    return _value(problem, len(indices), sums)


def error_of(problem, indices):
    """Return how far the sums of a subset are from the targets, in the problem's norm."""
    errors = [
        abs(sum(row[i] for i in indices) - target)
        for row, target in zip(problem.rows, problem.targets, strict=True)
    ]
    return _norm(problem, errors)


def optimum(problem):
    """Return the best value of a problem, or None if no subset is legal."""
    values = (_value(problem, size, sums) for size, sums in all_sums(problem.rows))
    return min((value for value in values if value is not None), default=None)


def all_sums(rows):
    """Return (size, sums of the rows) of every subset: each column doubles the list."""
    found = [(0, [0] * len(rows))]
    for column in zip(*rows, strict=True):
        found += [
            (size + 1, [s + c for s, c in zip(sums, column, strict=True)]) for size, sums in found
        ]
    return found


def profile(weights, target):
    """Return the best error of every size 0..n."""
    return [
        min(abs(sum(s) - target) for s in combinations(weights, size))
        for size in range(len(weights) + 1)
    ]


def _value(problem, size, sums):
    errors = [abs(s - t) for s, t in zip(sums, problem.targets, strict=True)]
    if problem.kind == "smallest_subset":
        return size if errors[0] <= problem.tolerance else None
    if not problem.fewest <= size <= problem.most:
        return None
    return _norm(problem, errors)


def _norm(problem, errors):
    return sum(errors) if problem.kind == "vector_sum" and problem.norm == "l1" else max(errors)
