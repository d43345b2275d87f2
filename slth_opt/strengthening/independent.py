"""The outputs of a block one after the other: each chooses for itself, used neurons first."""

from __future__ import annotations

from math import comb

from slth_opt.problems import SharedBlock
from slth_opt.problems.legality import mask_of
from slth_opt.strengthening.outputs import (
    MOST_SUBSETS,
    Offer,
    smallest_offers,
    survey_sizes,
)


def shares_of(problem: SharedBlock, i: int, mask: tuple[int, ...]) -> tuple[int, int]:
    """Return how many edges output i may add, and how many neurons, once those before it chose.

    Every output has an equal share of what is left of the budgets, rounded up.

    Examples
    --------
    >>> block = SharedBlock(products=((4, 1), (2, 2)), targets=(4, 5), minimise="error",
    ...     most_edges=5)
    >>> shares_of(block, 0, (0, 0, 0, 0)), shares_of(block, 1, (1, 0, 0, 0))
    ((3, 1), (3, 1))
    """
    h, left = problem.num_neurons, len(problem.products) - i
    free = h - len(problem.used(mask))
    edges, neurons = h + free, free
    if problem.most_edges is not None:
        edges = min(edges, -(-(problem.most_edges - problem.edges(mask)) // left))
    if problem.most_neurons is not None:
        neurons = min(neurons, -(-(problem.most_neurons - len(problem.used(mask))) // left))
    return edges, min(neurons, edges // 2)


def own_choice(problem: SharedBlock, i: int, mask: tuple[int, ...]) -> Offer | None:
    """Return what output i chooses if those before it chose as in `mask`; None if not known.

    Within a tolerance that is its smallest legal subset; of those the one with the fewest
    neurons nobody uses yet, and of those the nearest. To minimise the error it is the nearest
    subset within its share of the budgets.

    Examples
    --------
    >>> block = SharedBlock(products=((4, 1), (2, 2)), targets=(4, 2), minimise="edges",
    ...     tolerances=(0, 0))
    >>> own_choice(block, 0, (0, 0, 0, 0)).neurons, own_choice(block, 1, (0, 1, 0, 0)).neurons
    ((0,), (1,))
    """
    weights, target = problem.products[i], problem.targets[i]
    used = frozenset(problem.used(mask))
    if problem.tolerances is not None:
        _, offers = smallest_offers(weights, target, problem.tolerances[i], used)
        return min(offers, key=lambda offer: (offer.unused, offer.error), default=None)
    edges, neurons = shares_of(problem, i, mask)
    most = min(edges, len(weights), len(used) + neurons)
    found = survey_sizes(weights, target, -1, range(most + 1), used)
    if found is None:
        return None
    fitting = (
        offer
        for offer in found.offers
        if offer.size + offer.unused <= edges and offer.unused <= neurons
    )
    return min(fitting, key=lambda offer: (offer.error, offer.size + offer.unused))


def own_choices(problem: SharedBlock) -> tuple[int, ...] | None:
    """Return the outputs' own choices, one after the other; None if one of them is not known.

    Examples
    --------
    >>> own_choices(SharedBlock(products=((4, 1), (2, 2)), targets=(4, 2), minimise="edges",
    ...     tolerances=(0, 0)))
    (0, 2)
    """
    h, chosen = problem.num_neurons, tuple[int, ...]()
    for i in range(len(problem.products)):
        offer = own_choice(problem, i, mask_of(chosen, problem.num_candidates))
        if offer is None:
            return None
        chosen += tuple(i * h + k for k in offer.neurons)
    return chosen


def improved(
    problem: SharedBlock, mask: tuple[int, ...], smallest: tuple[int, ...]
) -> tuple[int, ...]:
    """Let one output after the other choose again, knowing what all others use.

    Parameters
    ----------
    problem
        A block with tolerances.
    mask
        A legal selection.
    smallest
        The outputs' smallest legal sizes. A choice of up to two more may use fewer neurons.

    Examples
    --------
    >>> block = SharedBlock(products=((4, 4), (2, 5)), targets=(4, 5), minimise="edges",
    ...     tolerances=(0, 0))
    >>> improved(block, (1, 0, 0, 1), (1, 1))
    (0, 1, 0, 1)
    """
    h, best = problem.num_neurons, list(mask)
    for _ in range(3):
        before = list(best)
        for i, (weights, target) in enumerate(zip(problem.products, problem.targets, strict=True)):
            others = list(best)
            others[i * h : (i + 1) * h] = [0] * h
            used = frozenset(problem.used(others))
            sizes = range(smallest[i], _affordable(h, smallest[i]) + 1)
            allowed = (problem.tolerances or ())[i]
            found = survey_sizes(weights, target, allowed, sizes, used)
            for offer in found.offers if found else ():
                if offer.error <= allowed:
                    tried = list(others)
                    for k in offer.neurons:
                        tried[i * h + k] = 1
                    if _rank(problem, tried) < _rank(problem, best):
                        best = tried
        if best == before:
            break
    return tuple(best)


def _affordable(h: int, smallest: int) -> int:
    """Return the largest size worth looking at: two more than the smallest, if that is quick."""
    size = min(h, smallest + 2)
    while size > smallest and sum(comb(h, s) for s in range(smallest, size + 1)) > MOST_SUBSETS:
        size -= 1
    return size


def _rank(problem: SharedBlock, mask: list[int]) -> tuple[int, int]:
    return problem.value(mask), problem.edges(mask)
