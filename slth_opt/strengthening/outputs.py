"""What outputs of a block need, one alone or all together, found by looking at every subset.

Subsets come size by size, in revolving-door order. Small legal subsets are what matters here,
so this reaches pools of hundreds of neurons; what would take too many steps is left open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

MOST_SUBSETS = 2**24
"""Subsets looked at for one output and question: less than a fifth of a second."""

MOST_SUMS = 2**28
"""Sums of subsets looked at to find the fewest neurons, at most: about a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The nearest subset of one size and one number of neurons nobody else uses.

    Parameters
    ----------
    size
        How many neurons it has.
    unused
        How many of them were not among the used ones.
    error
        How far its sum is from the target.
    neurons
        Which neurons.
    """

    size: int
    unused: int
    error: int
    neurons: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """All subsets of some sizes, looked at.

    Parameters
    ----------
    offers
        The nearest subset of each size and number of unused neurons.
    occurring
        The neurons in subsets within the tolerance.
    """

    offers: tuple[Offer, ...]
    occurring: frozenset[int]


def survey_sizes(
    weights: tuple[int, ...],
    target: int,
    allowed: int,
    sizes: range,
    used: frozenset[int] = frozenset(),
) -> Survey | None:
    """Look at every subset of some sizes, or return None if there are too many.

    Parameters
    ----------
    weights, target
        The products of an output and its target.
    allowed
        Its tolerance.
    sizes
        How many neurons to choose.
    used
        The neurons other outputs use.

    Examples
    --------
    >>> found = survey_sizes((4, 1, 3), 4, 0, range(1, 3), frozenset({0}))
    >>> [(offer.neurons, offer.unused, offer.error) for offer in found.offers]
    [((0,), 0, 0), ((2,), 1, 1), ((0, 1), 1, 1), ((1, 2), 2, 0)]
    >>> sorted(found.occurring)
    [0, 1, 2]
    """
    n = len(weights)
    if sum(comb(n, size) for size in sizes) > MOST_SUBSETS:
        return None
    import numpy as np

    from slth_opt.kernels.enumeration import first_subset
    from slth_opt.kernels.neuron_sets import NO_ERROR, survey

    products = np.array(weights, np.int64)
    is_used = np.array([k in used for k in range(n)], np.int64)
    occurs = np.zeros(n, np.int64)
    offers: list[Offer] = []
    for size in sizes:
        errors = np.full(size + 1, NO_ERROR, np.int64)
        subsets = np.zeros((size + 1, size), np.int64)
        chosen = first_subset(n, size)
        survey(products, target, allowed, is_used, chosen, errors, subsets, occurs)
        offers += (
            Offer(
                size=size,
                unused=unused,
                error=int(errors[unused]),
                neurons=tuple(int(k) for k in subsets[unused]),
            )
            for unused in range(size + 1)
            if errors[unused] < NO_ERROR
        )
    return Survey(offers=tuple(offers), occurring=frozenset(np.flatnonzero(occurs).tolist()))


def smallest_offers(
    weights: tuple[int, ...], target: int, allowed: int, used: frozenset[int] = frozenset()
) -> tuple[int, tuple[Offer, ...]]:
    """Return the smallest legal size and the offers of that size.

    Without an offer no subset of a smaller size is legal; if the size is above the number of
    neurons, none at all is.

    Examples
    --------
    >>> size, offers = smallest_offers((4, 1, 3), 5, 0)
    >>> size, offers[0].neurons
    (2, (0, 1))
    >>> smallest_offers((4, 1, 3), 20, 0)
    (4, ())
    """
    size = 0
    for survey in _surveys(weights, target, allowed, used):
        legal = tuple(offer for offer in survey.offers if offer.error <= allowed)
        if legal:
            return size, legal
        size += 1
    return size, ()


def _surveys(
    weights: tuple[int, ...], target: int, allowed: int, used: frozenset[int]
) -> Iterator[Survey]:
    """Look at one size after the other, until all of it together is too much."""
    n, seen = len(weights), 0
    for size in range(n + 1):
        seen += comb(n, size)
        found = None
        if seen <= MOST_SUBSETS:
            found = survey_sizes(weights, target, allowed, range(size, size + 1), used)
        if found is None:
            return
        yield found


def fewest_neurons(
    rows: tuple[tuple[int, ...], ...],
    targets: tuple[int, ...],
    allowed: tuple[int, ...],
    sizes: range,
) -> tuple[int, tuple[int, ...] | None]:
    """Return how many neurons all outputs together need at least, and that many that suffice.

    Parameters
    ----------
    rows, targets, allowed
        Products, target and tolerance of each output.
    sizes
        Sizes to look at: fewer neurons are known not to suffice. No set is returned where
        looking at all of a size takes too long, or none suffices.

    Examples
    --------
    >>> fewest_neurons(((4, 1, 3), (1, 4, 0)), (4, 4), (0, 0), range(1, 3))
    (2, (0, 1))
    >>> fewest_neurons(((4, 1, 3), (1, 4, 0)), (4, 4), (0, 0), range(1, 2))
    (2, None)
    """
    import numpy as np

    from slth_opt.kernels.enumeration import first_subset
    from slth_opt.kernels.neuron_sets import find_set

    n, steps = len(rows[0]), 0
    arrays = np.array(rows, np.int64), np.array(targets, np.int64), np.array(allowed, np.int64)
    for size in sizes:
        steps += comb(n, size) * 2**size
        if steps > MOST_SUMS:
            return size, None
        chosen = first_subset(n, size)
        if find_set(*arrays, chosen):
            return size, tuple(int(k) for k in chosen[:size])
    return sizes.stop, None
