"""How large a random network must be, by the theorems about whole networks.

Where a theorem says "a universal constant", it is an argument: nobody knows its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, e, log, log2

from slth_opt.errors import ProblemError
from slth_opt.theory.asking import (
    check_count,
    check_failure,
    check_positive,
    check_share,
    check_tolerance,
    smallest,
)
from slth_opt.theory.entropy import binary_entropy


def natale_width(
    depth: int, inputs: int, outputs: int, tolerance: float, share: float, *, constant: float
) -> int:
    """Return n* of Theorem 3 of Natale et al. 2024 for one dense layer.

    The smallest n with n >= c log2(2 l d d' g n / eps)^2 / H2(g): then, with probability at
    least 1 - eps, all targets of the class at once (l layers of norm at most 1, inputs of norm at
    most 1) have tickets within eps in which each weight keeps a share g of its n candidates on
    either side. The density is at most g times `density_factor`.

    Parameters
    ----------
    depth, inputs, outputs
        Layers of the target, and the shape of this one.
    tolerance
        Of the whole network.
    share
        g: which part of its candidates a weight keeps.
    constant
        c_amp of the theorem; not known.

    Examples
    --------
    >>> natale_width(2, 64, 32, 0.01, 0.5, constant=1)
    801
    """
    _check_layer(depth, inputs, outputs)
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    check_share(share)
    entropy = binary_entropy(share)

    def is_enough(n: int) -> bool:
        inside = 2 * depth * inputs * outputs * share * n / tolerance
        return n * entropy >= constant * max(0.0, log2(inside)) ** 2

    # A weight keeps at least one candidate. From there on log2(x)^2 / x first rises, if at all, and
    # then falls, so that either the first n is enough, or all are from some n on.
    return smallest(is_enough, least=ceil(1 / share))


def equivariant_width(
    depth: int,
    channels: int,
    maps: int,
    basis_norm: float,
    tolerance: float,
    share: float,
    *,
    constant: float,
) -> int:
    """Return n of Theorem 4 of Natale et al. 2024 for an equivariant network.

    The smallest n with n >= c log2(2 l m^2 max(maps, norm) g n / eps)^2 / H2(g) for m channels:
    for all targets at once and as likely as in `natale_width`, with the same unknown constant. The
    norm of a basis is the largest norm of a sum of its maps with coefficients of at most 1. Pruning
    acts on equivariant coefficients and is counted in them.

    Examples
    --------
    >>> equivariant_width(2, 4, 9, 9.0, 0.01, 0.5, constant=1)
    576
    """
    check_count(depth, what="the number of layers")
    check_count(channels, what="the number of channels")
    check_count(maps, what="the number of maps")
    check_positive(basis_norm, what="the norm of the basis")
    larger = max(maps, basis_norm)
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    check_share(share)
    entropy = binary_entropy(share)

    def is_enough(n: int) -> bool:
        inside = 2 * depth * channels**2 * larger * share * n / tolerance
        return n * entropy >= constant * max(0.0, log2(inside)) ** 2

    return smallest(is_enough, least=ceil(1 / share))  # a weight keeps at least one candidate


def density_factor(widths: Sequence[int]) -> float:
    """Return rho of Theorem 3: how much denser a ticket is than its weights' shares, at most.

    The largest ratio of neighbouring widths; 1 for equal ones.

    Examples
    --------
    >>> density_factor([784, 500, 10])
    50.0
    """
    pairs = list(pairwise(widths))
    if not pairs:
        raise ProblemError(f"give the widths of at least one layer, all positive: {widths!r}")
    for width in widths:
        check_count(width, what="a width")
    return max(max(a / b, b / a) for a, b in pairs)


def pensia_width(
    depth: int,
    inputs: int,
    outputs: int,
    tolerance: float,
    failure: float,
    *,
    constant: float,
) -> int:
    """Return the hidden width C d log(d d' l / min(eps, delta)) of Pensia et al. 2020, Theorem 1.

    With probability at least 1 - delta, all targets at once (layers and inputs of norm at most 1)
    have tickets within eps in a random network of twice the depth. The logarithm is natural; C is
    universal and not known.

    Examples
    --------
    >>> pensia_width(2, 784, 500, 0.01, 0.01, constant=1)
    14252
    """
    _check_layer(depth, inputs, outputs)
    check_tolerance(tolerance)
    check_failure(failure)
    check_positive(constant, what="the constant")
    inside = inputs * outputs * depth / min(tolerance, failure)
    return ceil(constant * inputs * log(inside))


def pensia_least_parameters(dimension: int, tolerance: float, *, constant: float) -> int:
    """Return C d^2 log(1/eps): parameters that any such source needs (Pensia et al. 2020, Thm 2).

    For all linear targets of norm at most 1 on d dimensions, each approximated with probability at
    least one half, by whatever network is pruned. C is not known as the theorem states it;
    `least_density` has what its proof counts.

    Examples
    --------
    >>> pensia_least_parameters(10, 0.01, constant=1)
    461
    """
    check_count(dimension, what="the dimension")
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    return ceil(constant * dimension**2 * log(1 / tolerance))


def least_density(dimension: int, parameters: int, tolerance: float) -> float:
    """Return the smallest g with g m log2(e/g) >= d^2 log2(1/(2 eps)) - 1, by counting masks.

    For the targets of `pensia_least_parameters`, as likely as there: if a network of m parameters
    has tickets for all of them, they keep a share of at least g. No constant is unknown. With
    C d^2 log(1/eps) parameters this is a constant, which is why Pensia's tickets are not sparse.

    Examples
    --------
    >>> round(least_density(10, 2000, 0.01), 3)
    0.048
    """
    check_tolerance(tolerance, below=0.5)
    check_count(dimension, what="the dimension")
    check_count(parameters, what="the number of parameters")
    need = (dimension**2 * log2(1 / (2 * tolerance)) - 1) / parameters
    if need > log2(e):
        raise ProblemError(f"{parameters} parameters are too few for any density")
    if need <= 0:  # half of a single target: no edge is needed
        return 0.0
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:  # the left side grows with g, up to 1
        low, high = (low, middle) if middle * log2(e / middle) >= need else (middle, high)
    return high


def _check_layer(depth: int, inputs: int, outputs: int) -> None:
    check_count(depth, what="the number of layers")
    check_count(inputs, what="the number of inputs")
    check_count(outputs, what="the number of outputs")
