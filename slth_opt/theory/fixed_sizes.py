"""Random fixed-size subset sums (Natale et al. 2024): how many candidates k of them need.

The constants c of the theorems exist and are not known. They are arguments here, never invented;
c = 1 in the first theorem is where counting alone puts the threshold.
"""

from __future__ import annotations

from math import comb, exp, log2, pi, sqrt

from slth_opt.errors import ProblemError
from slth_opt.theory.asking import check_positive, check_tolerance, smallest
from slth_opt.theory.entropy import binary_entropy

LARGEST_SHARE = 1 - 1 / (2 * pi)
"""The lower bound is stated for sizes up to this share of n (Theorem 5), about 0.84."""


def threshold_ratio(n: int, k: int, tolerance: float) -> float:
    """Return n H2(k/n) / log2(k/eps): the c for which n candidates are just enough.

    For one fixed target, Theorem 2 promises success with a constant probability from some
    unknown c of at least 1 on; Theorem 5 shows that below a constant it cannot succeed for all.

    Examples
    --------
    >>> round(threshold_ratio(12, 2, 0.01), 3)
    1.02
    """
    _check_sizes(n, k)
    check_tolerance(tolerance)
    return n * binary_entropy(k / n) / log2(k / tolerance)


def candidates_for_one_target(k: int, tolerance: float, *, constant: float) -> int:
    """Return the smallest n >= 2k with n H2(k/n) >= c log2(k/eps) (Theorem 2).

    For each fixed target within sqrt(k) of 0 and candidates uniform on [-1, 1] (or of another
    sum-bounded law), n candidates have a subset of exactly k within eps with a probability that
    is bounded below by a constant, not with high probability.

    Parameters
    ----------
    k, tolerance
        The size, and eps.
    constant
        c_hyp of the theorem, at least 1. Its value is not known; measured success at c = 1 is
        about one third.

    Examples
    --------
    >>> [candidates_for_one_target(k, 1e-3, constant=1) for k in (2, 3, 4, 5)]
    [34, 18, 14, 13]
    """
    _check_sizes(2 * k, k)
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    need = constant * log2(k / tolerance)
    return smallest(lambda n: n * binary_entropy(k / n) >= need, least=2 * k)


def candidates_for_all_targets(k: int, tolerance: float, *, constant: float) -> int:
    """Return the smallest n >= 2k with n H2(k/n) >= c log2(k/eps)^2 (Corollary 1).

    With probability at least 1 - eps, n candidates serve all targets within sqrt(k) of 0 at once.

    Parameters
    ----------
    k, tolerance
        The size, and eps below one half.
    constant
        c_amp of the corollary; not known. The square of the logarithm may not be needed: the
        lower bound has it once.

    Examples
    --------
    >>> candidates_for_all_targets(20, 1e-2, constant=1)
    485
    """
    _check_sizes(2 * k, k)
    check_tolerance(tolerance, below=0.5)
    check_positive(constant, what="the constant")
    need = constant * log2(k / tolerance) ** 2
    return smallest(lambda n: n * binary_entropy(k / n) >= need, least=2 * k)


def least_parameters(dimension: int, kept: int, tolerance: float) -> int:
    """Return the smallest n with n H2(k/n) >= (d^2/2) log2(k/eps) (Theorem 5).

    A random network of fewer parameters cannot, with probability one half, be pruned to k of
    them so that any given linear map of norm at most sqrt(k) on d dimensions is within eps. No
    constant is unknown here. The bound is stated for eps below 1/16 and k of at most 0.84 n.

    Examples
    --------
    >>> least_parameters(10, 1000, 0.01)
    1220
    """
    check_tolerance(tolerance, below=1 / 16)
    check_positive(dimension, what="the dimension")
    if kept < 1:
        raise ProblemError(f"at least one parameter is kept, got {kept!r}")
    need = dimension**2 / 2 * log2(kept / tolerance)
    least = int(kept / LARGEST_SHARE) + 1
    # From k/n = 1/2 on the left side only grows with n; below it, n log n does as well.
    return smallest(lambda n: n * binary_entropy(kept / n) >= need, least=least)


def expected_hits(n: int, k: int, tolerance: float, target: float = 0.0) -> float:
    """Return about how many k-subsets of n candidates from U[-1, 1] are within eps of a target.

    C(n, k) subsets, each within eps with probability about 2 eps times the density of its sum,
    taken as that of the normal law with the variance k/3. A first moment: right on average,
    whoever the candidates depend on.

    Examples
    --------
    >>> round(expected_hits(15, 2, 0.01), 2)
    1.03
    """
    _check_sizes(n, k)
    check_tolerance(tolerance, below=float("inf"))
    if k == 0:
        return float(abs(target) <= tolerance)
    density = sqrt(3 / (2 * pi * k)) * exp(-3 * target**2 / (2 * k))
    return comb(n, k) * 2 * tolerance * density


def predicted_success(n: int, k: int, tolerance: float, target: float = 0.0) -> float:
    """Return 1 - exp(-hits): how often some k-subset is within eps, if hits were independent.

    They are not quite: measured success is a little lower.

    Examples
    --------
    >>> round(predicted_success(15, 2, 0.01), 2)
    0.64
    """
    return 1 - exp(-expected_hits(n, k, tolerance, target))


def _check_sizes(n: int, k: int) -> None:
    if not 0 <= k <= n or n < 1:
        raise ProblemError(f"a size is from 0 to the number of candidates, got {k!r} of {n!r}")
