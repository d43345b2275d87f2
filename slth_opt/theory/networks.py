"""How large a random network must be, by the theorems about whole networks.

Where a theorem says "a universal constant", it is an argument: nobody knows its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, exp, log, log2

from slth_opt.errors import ProblemError
from slth_opt.theory.asking import check_positive, check_tolerance, smallest
from slth_opt.theory.entropy import binary_entropy

GOLDEN = (1 + 5**0.5) / 2


def natale_width(
    depth: int, inputs: int, outputs: int, tolerance: float, share: float, *, constant: float
) -> int:
    """Return n* of Theorem 3 of Natale et al. 2024 for one dense layer.

    The smallest n with n >= c log2(2 l d d' g n / eps)^2 / H2(g): then, with probability at
    least 1 - eps, every target of the class (l layers of norm at most 1) has a ticket in which
    each weight keeps a share g of its n candidates.

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
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    if not 0 < share < 1:
        raise ProblemError(f"the share kept must lie between 0 and 1, got {share!r}")
    entropy = binary_entropy(share)

    def is_enough(n: int) -> bool:
        inside = 2 * depth * inputs * outputs * share * n / tolerance
        return n * entropy >= constant * max(0.0, log2(inside)) ** 2

    return smallest(is_enough, least=ceil(1 / share))  # a weight keeps at least one candidate


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

    As `natale_width`, with the number of maps of the basis, or their norm if that is larger, in
    the logarithm. Pruning acts on equivariant coefficients and is counted in them.

    Examples
    --------
    >>> equivariant_width(2, 4, 9, 9.0, 0.01, 0.5, constant=1)
    576
    """
    larger = max(maps, basis_norm)
    check_positive(larger, what="the norm of the basis")
    check_positive(channels, what="the number of channels")
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    if not 0 < share < 1:
        raise ProblemError(f"the share kept must lie between 0 and 1, got {share!r}")
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
    if not pairs or min(widths) < 1:
        raise ProblemError(f"give the widths of at least one layer, all positive: {widths!r}")
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

    With probability at least 1 - delta, all targets (layers and inputs of norm at most 1) have
    tickets within eps in a random network of twice the depth. C is universal and not known.

    Examples
    --------
    >>> pensia_width(2, 784, 500, 0.01, 0.01, constant=1)
    14252
    """
    check_tolerance(tolerance)
    check_tolerance(failure)
    check_positive(constant, what="the constant")
    inside = inputs * outputs * depth / min(tolerance, failure)
    return ceil(constant * inputs * log(inside))


def pensia_least_parameters(dimension: int, tolerance: float, *, constant: float) -> int:
    """Return C d^2 log(1/eps): parameters that any such source needs (Pensia et al. 2020, Thm 2).

    For linear targets of norm at most 1 on d dimensions, each approximated with probability at
    least one half.

    Examples
    --------
    >>> pensia_least_parameters(10, 0.01, constant=1)
    461
    """
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    return ceil(constant * dimension**2 * log(1 / tolerance))


def malach_ratio(target_parameters: int, tolerance: float, *, constant: float) -> float:
    """Return the overparameterisation C (m^2/eps^2) log(m/eps) of Malach et al. 2020.

    For equal widths, as Natale et al. 2024 restate it: the ticket is about as large as the
    target, so its density is about the inverse.

    Examples
    --------
    >>> malach_ratio(10, 0.1, constant=1) > 10**4
    True
    """
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    ratio = target_parameters / tolerance
    return constant * ratio**2 * log(ratio)


def golden_terms(largest: float, tolerance: float) -> int:
    """Return ceil(log_phi(w_max / eps)): golden-ratio steps to within eps (Orseau et al. 2020).

    Known exactly; how many random weights are needed so that each step finds one is not.

    Examples
    --------
    >>> golden_terms(1.0, 0.01)
    10
    """
    check_positive(largest, what="the largest weight")
    check_positive(tolerance, what="the tolerance")
    return max(0, ceil(log(largest / tolerance) / log(GOLDEN)))


def subset_sum_candidates(tolerance: float, *, constant: float) -> int:
    """Return C ln(2/eps): candidates whose subsets of any size serve all targets in [-1, 1].

    With probability at least 1 - eps (Lueker 1998, as used by Pensia et al. 2020). C depends on
    the law of the candidates and is not known.

    Examples
    --------
    >>> subset_sum_candidates(0.01, constant=3)
    16
    """
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    return ceil(constant * log(2 / tolerance))


def subset_sum_failure(n: int, tolerance: float, *, constant: float, spread: float) -> float:
    """Return 2 exp(-(n - C log(1/eps))^2 / (kappa n)), the tail of the same theorem.

    Both constants are unknown; below the threshold the bound says nothing, and 1 is returned.

    Examples
    --------
    >>> subset_sum_failure(10, 0.01, constant=3, spread=1)
    1.0
    """
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    check_positive(spread, what="the spread")
    above = n - constant * log(1 / tolerance)
    return 1.0 if above <= 0 else min(1.0, 2 * exp(-(above**2) / (spread * n)))


def copies_needed(
    depth: int, weights: int, tolerance: float, failure: float, *, constant: float
) -> int:
    """Return C log(N l / min(eps, delta)): copies of each neuron at depth l + 1 (Burkholz 2022).

    N is the number of weights of the target. The logarithm is the theorem's; the constant is
    not known, and the published code uses 15 at eps = 0.01 and draws again on failure.

    Examples
    --------
    >>> copies_needed(2, 2368, 0.01, 0.01, constant=1)
    14
    """
    check_tolerance(tolerance)
    check_tolerance(failure)
    check_positive(constant, what="the constant")
    return ceil(constant * log(weights * depth / min(tolerance, failure)))


def vector_candidates(dimension: int, tolerance: float, *, constant: float) -> int:
    """Return C d^3 log(1/eps) (log(1/eps) + log d): vectors for the multidimensional problem.

    Subsets of so many Gaussian vectors cover [-1, 1]^d within eps with high probability
    (Becchetti et al. 2022). C is not known.

    Examples
    --------
    >>> vector_candidates(2, 0.1, constant=1)
    56
    """
    check_tolerance(tolerance)
    check_positive(dimension, what="the dimension")
    check_positive(constant, what="the constant")
    logarithm = log(1 / tolerance)
    return ceil(constant * dimension**3 * logarithm * (logarithm + log(dimension)))


def transition_size(largest: int) -> float:
    """Return log2 M: candidates at which integers up to M change from no exact solution to many.

    For integers uniform on -M..M and a typical target, kappa = log2 M / n decides: below 1 there
    are exponentially many subsets with the sum exactly right, above 1 none (Borgs, Chayes and
    Pittel 2001, as used by Kumar and Natale 2025).

    Examples
    --------
    >>> transition_size(1024)
    10.0
    """
    check_positive(largest, what="the largest integer")
    return log2(largest)
