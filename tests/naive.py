"""The slow truth: every subset by itertools, every number a Python int.

Nothing here imports a kernel, a backend or numpy. What this file says is the specification.
"""

from __future__ import annotations

from itertools import combinations


def legal_subsets(problem):
    """Yield (value, indices) of every legal subset of a problem, in no particular order."""
    n = problem.num_candidates
    for size in range(n + 1):
        for indices in combinations(range(n), size):
            if problem.kind == "smallest_subset":
                if abs(sum(problem.weights[i] for i in indices) - problem.target) <= problem.tolerance:
                    yield size, indices
            elif problem.fewest <= size <= problem.most:
                yield error_of(problem, indices), indices


def error_of(problem, indices):
    """Return the error of a subset of a `SubsetSum` or a `VectorSum`."""
    if problem.kind == "vector_sum":
        errors = [
            abs(sum(row[i] for i in indices) - target)
            for row, target in zip(problem.rows, problem.targets, strict=True)
        ]
        return sum(errors) if problem.norm == "l1" else max(errors)
    return abs(sum(problem.weights[i] for i in indices) - problem.target)


def optimum(problem):
    """Return the best value of a problem, or None if no subset is legal."""
    return min((value for value, _ in legal_subsets(problem)), default=None)


def profile(weights, target):
    """Return the best error of every size 0..n."""
    return [
        min(abs(sum(s) - target) for s in combinations(weights, size))
        for size in range(len(weights) + 1)
    ]
