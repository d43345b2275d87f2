"""Layers searched once more: budgets shared out, neurons gathered, one mask after the other."""

from __future__ import annotations

from collections.abc import Sequence
from operator import add

from slth_opt.problems import JointLayer, LayerBudget, SharedBlock
from slth_opt.reproving.pools import best_errors
from slth_opt.reproving.records import Reproof

LOOKS_A_STEP = 4
"""How many plain additions one step of `MOST_STEPS` stands for here."""


def search_budget(problem: LayerBudget, bound: int, most_steps: int) -> Reproof:
    """Share out the budget pool by pool: the least joint error for every number of weights.

    Examples
    --------
    >>> layer = LayerBudget(pools=((3, -5), (2, 7)), targets=(4, 9), norm="l1", most=3)
    >>> search_budget(layer, 3, 1000).found
    1
    """
    n, count = len(problem.pools[0]), len(problem.pools)
    most = min(problem.most, n * count)
    if count * (2 ** (n // 2 + 1) * (n + 1) + (most + 1) * (n + 1)) > most_steps:
        return Reproof(complete=False, found=None)
    # best[k]: the least joint error of the pools so far with at most k weights.
    best = [0] * (most + 1)
    for pool, target in problem.parts():
        errors = best_errors(pool, target, 0, n)
        if problem.norm == "squares":
            errors = [error * error for error in errors]
        best = [
            min(_join(problem.norm, best[k - size], errors[size]) for size in range(min(k, n) + 1))
            for k in range(most + 1)
        ]
    return Reproof(complete=True, found=best[most] if best[most] < bound else None)


def search_block(problem: SharedBlock, bound: int, most_steps: int) -> Reproof:
    """Gather the used neurons in every possible way; each output then chooses for itself.

    Examples
    --------
    >>> block = SharedBlock(products=((4, 1, 3), (2, 2, 5)), targets=(4, 5), minimise="edges",
    ...     tolerances=(1, 0))
    >>> search_block(block, 5, 1000).found
    3
    """
    h, outputs = problem.num_neurons, len(problem.products)
    # An error under a budget of edges is bisected among all that occur, one for each subset.
    rounds = 1 if problem.most_edges is None else h + outputs.bit_length()
    if h > 40 or rounds * outputs * 2**h * (h + 1) > most_steps * LOOKS_A_STEP:
        return Reproof(complete=False, found=None)
    errors = [_errors_of(row, t) for row, t in zip(problem.products, problem.targets, strict=True)]
    if problem.tolerances is not None:
        least = _cheapest(problem, errors, problem.tolerances)
        return Reproof(complete=True, found=least if least is not None and least < bound else None)
    if problem.most_edges is None:
        best = _most_precise(problem, errors)
        return Reproof(complete=True, found=best if best < bound else None)
    # No error below the bound is possible but those that occur: look for the least that will do.
    possible = sorted({error for each in errors for error in each if error < bound})
    low, high = 0, len(possible)
    while low < high:
        middle = (low + high) // 2
        if _cheapest(problem, errors, (possible[middle],) * outputs) is None:
            low = middle + 1
        else:
            high = middle
    return Reproof(complete=True, found=possible[low] if low < len(possible) else None)


def search_joint(problem: JointLayer, bound: int, most_steps: int) -> Reproof:
    """Try every mask of the smaller layer; the other one then falls apart into single rows.

    Examples
    --------
    >>> layer = JointLayer(
    ...     first=((2, 1), (3, -1)), second=((1, 2),), targets=((8, -1),), norm="l1", most=6
    ... )
    >>> search_joint(layer, 5, 10000).found
    0
    """
    outputs, hidden, inputs = problem.shape
    few, many = sorted((outputs, inputs))
    shared_out = min(problem.most, hidden * many) * (hidden + 1)
    if hidden * (few + 1) > 40 or (
        2 ** (hidden * few) * many * (2**hidden * few + shared_out) > most_steps * LOOKS_A_STEP
    ):
        return Reproof(complete=False, found=None)
    # Transposed, the layer is the same problem with the matrices exchanged.
    lines = problem.second if outputs <= inputs else tuple(zip(*problem.first, strict=True))
    others = tuple(zip(*problem.first, strict=True)) if outputs <= inputs else problem.second
    goals = problem.targets if outputs <= inputs else tuple(zip(*problem.targets, strict=True))
    best = bound
    for mask in range(2 ** (hidden * few)):
        kept = [mask >> (hidden * i) & (2**hidden - 1) for i in range(few)]
        room = min(problem.most - mask.bit_count(), hidden * many)
        if room >= 0:
            best = min(best, _best_others(problem.norm, lines, others, goals, kept, room))
    return Reproof(complete=True, found=best if best < bound else None)


def _join(norm: str, a: int, b: int) -> int:
    return max(a, b) if norm == "linf" else a + b


def _errors_of(row: Sequence[int], target: int) -> list[int]:
    """Return the error of every subset of a row, the subset's bits as the index."""
    sums = [-target]
    for weight in row:
        sums += [total + weight for total in sums]
    return list(map(abs, sums))


def _most_precise(problem: SharedBlock, errors: list[list[int]]) -> int:
    """Return the least largest error, whatever the edges, within the budget of neurons."""
    h = problem.num_neurons
    largest = [0] * 2**h
    for each in errors:
        # The least error among the used neurons, found by leaving out one at a time.
        least = list(each)
        for k in range(h):
            for used in range(2**h):
                if used >> k & 1 and least[used ^ (1 << k)] < least[used]:
                    least[used] = least[used ^ (1 << k)]
        largest = list(map(max, largest, least))
    most = h if problem.most_neurons is None else problem.most_neurons
    return min(error for used, error in enumerate(largest) if used.bit_count() <= most)


def _cheapest(
    problem: SharedBlock, errors: list[list[int]], tolerances: tuple[int, ...]
) -> int | None:
    """Return the fewest edges or neurons within tolerances and budgets, None if there are none."""
    h = problem.num_neurons
    totals = [used.bit_count() for used in range(2**h)]
    edges = list(totals)
    for each, allowed in zip(errors, tolerances, strict=True):
        # The smallest legal subset among the used neurons, found by leaving out one at a time.
        sizes: list[int | None] = [
            subset.bit_count() if error <= allowed else None for subset, error in enumerate(each)
        ]
        for k in range(h):
            for used in range(2**h):
                without = sizes[used ^ (1 << k)] if used >> k & 1 else None
                size = sizes[used]
                if without is not None and (size is None or without < size):
                    sizes[used] = without
        for used, size in enumerate(sizes):
            edges[used] = -1 if size is None or edges[used] < 0 else edges[used] + size
    counted = edges if problem.minimise != "neurons" else totals
    legal = (
        counted[used]
        for used in range(2**h)
        if edges[used] >= 0
        and (problem.most_edges is None or edges[used] <= problem.most_edges)
        and (problem.most_neurons is None or totals[used] <= problem.most_neurons)
    )
    return min(legal, default=None)


def _best_others(
    norm: str,
    lines: tuple[tuple[int, ...], ...],
    others: tuple[tuple[int, ...], ...],
    goals: tuple[tuple[int, ...], ...],
    kept: list[int],
    room: int,
) -> int:
    """Return the least joint error once one mask is fixed, the other keeping at most `room`."""
    hidden = len(others[0])
    best = [0] * (room + 1)
    for j, other in enumerate(others):
        errors = _joint_errors(norm, lines, other, [row[j] for row in goals], kept)
        if room == hidden * len(others):  # room for all: no sharing out
            best[room] = _join(norm, best[room], min(errors))
            continue
        by_size = [errors[0]] * (hidden + 1)
        for subset, error in enumerate(errors):
            size = subset.bit_count()
            if error < by_size[size]:
                by_size[size] = error
        best = [
            min(_join(norm, best[k - size], by_size[size]) for size in range(min(k, hidden) + 1))
            for k in range(room + 1)
        ]
    return best[room]


def _joint_errors(
    norm: str,
    lines: tuple[tuple[int, ...], ...],
    other: tuple[int, ...],
    goals: list[int],
    kept: list[int],
) -> list[int]:
    """Return the joint error of every subset of one row of the other mask, its bits the index."""
    joint = [0] * 2 ** len(other)
    for line, goal, mask in zip(lines, goals, kept, strict=True):
        pairs = enumerate(zip(line, other, strict=True))
        errors = _errors_of([u * v * (mask >> k & 1) for k, (u, v) in pairs], goal)
        joint = list(map(max if norm == "linf" else add, joint, errors))
    return joint
