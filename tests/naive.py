"""The slow truth: every subset, every number a Python int.

Nothing here imports a kernel, a backend or numpy. What this file says is the specification.
"""

from __future__ import annotations

from itertools import combinations
from operator import add

LAYERS = ("layer_budget", "shared_block", "joint_layer")
"""The kinds about many weights at once; an index counts through them as the problem says."""


def legal_subsets(problem):
    """Yield (value, indices) of every legal subset of a problem, in no particular order."""
    for size in range(problem.num_candidates + 1):
        for indices in combinations(range(problem.num_candidates), size):
            value = value_of(problem, indices)
            if value is not None:
                yield value, indices


def value_of(problem, indices):
    """Return the objective of a subset, or None if it is not legal."""
    if problem.kind in LAYERS:
        return _layer_value(problem, indices)
    error = error_of(problem, indices)
    if problem.kind == "smallest_subset":
        return len(indices) if error <= problem.tolerance else None
    return error if problem.fewest <= len(indices) <= problem.most else None


def error_of(problem, indices):
    """Return how far the sums of a subset are from the targets, in the problem's norm."""
    if problem.kind in LAYERS:
        errors = errors_of(problem, indices)
        is_sum = problem.kind != "shared_block" and problem.norm == "l1"
        return sum(errors) if is_sum else max(errors)
    return _distance(problem, [sum(row[i] for i in indices) for row in problem.rows])


def optimum(problem):
    """Return the best value of a problem, or None if no subset is legal."""
    if problem.kind in LAYERS:
        return min((value for value, _ in legal_subsets(problem)), default=None)
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


def errors_of(problem, indices):
    """Return the distance of every weight of a layer from its target."""
    if problem.kind == "joint_layer":
        inputs, hidden = len(problem.first[0]), len(problem.first)
        lower = {divmod(i, inputs) for i in indices if i < hidden * inputs}
        upper = {divmod(i - hidden * inputs, hidden) for i in indices if i >= hidden * inputs}
        return [
            abs(
                sum(
                    problem.second[i][k] * problem.first[k][j]
                    for k in range(hidden)
                    if (i, k) in upper and (k, j) in lower
                )
                - target
            )
            for i, row in enumerate(problem.targets)
            for j, target in enumerate(row)
        ]
    rows = problem.pools if problem.kind == "layer_budget" else problem.products
    n = len(rows[0])
    return [
        abs(sum(row[i - r * n] for i in indices if r * n <= i < (r + 1) * n) - target)
        for r, (row, target) in enumerate(zip(rows, problem.targets, strict=True))
    ]


def edges_of(problem, indices):
    """Return how many edges and how many neurons of a shared block are kept."""
    neurons = {i % len(problem.products[0]) for i in indices}
    return len(indices) + len(neurons), len(neurons)


def beyond(problem):
    """Return the bound that says that nothing is legal: one more than all a choice can count."""
    if problem.kind != "shared_block":
        return problem.num_candidates + 1
    edges, neurons = edges_of(problem, range(problem.num_candidates))
    return 1 + (edges if problem.minimise == "edges" else neurons)


def profile(weights, target):
    """Return the best error of every size 0..n."""
    return [
        min(abs(sum(s) - target) for s in combinations(weights, size))
        for size in range(len(weights) + 1)
    ]


def _layer_value(problem, indices):
    """Return what a choice of edges costs, or None if it breaks a rule."""
    errors = errors_of(problem, indices)
    if problem.kind != "shared_block":
        if len(indices) > problem.most:
            return None
        return {"linf": max, "l1": sum, "squares": lambda es: sum(e * e for e in es)}[problem.norm](
            errors
        )
    edges, neurons = edges_of(problem, indices)
    if problem.minimise == "error":
        legal = problem.most_edges is None or edges <= problem.most_edges
        legal = legal and (problem.most_neurons is None or neurons <= problem.most_neurons)
        return max(errors) if legal else None
    if any(error > allowed for error, allowed in zip(errors, problem.tolerances, strict=True)):
        return None
    return edges if problem.minimise == "edges" else neurons


def _distance(problem, sums):
    errors = [abs(s - t) for s, t in zip(sums, problem.targets, strict=True)]
    return sum(errors) if problem.kind == "vector_sum" and problem.norm == "l1" else max(errors)
