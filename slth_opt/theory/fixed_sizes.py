"""Random fixed-size subset sums (Natale et al. 2024): how many candidates k of them need.

The constants c of the theorems exist and are not known. They are arguments here, never invented;
c = 1 in the first theorem is where counting alone puts the threshold. Candidates are independent
and uniform on [-1, 1], or of another "sum-bounded" law: the density of a sum of k of them is at
most a constant over sqrt(k) everywhere, and at least another one on [-sqrt(k), sqrt(k)].
"""

from __future__ import annotations

from math import ceil, comb, exp, expm1, inf, isfinite, log, log2, pi, sqrt

from slth_opt.errors import ProblemError
from slth_opt.theory.asking import check_count, check_positive, check_tolerance, smallest
from slth_opt.theory.entropy import binary_entropy

MOST_LOGARITHM = 700.0
"""Of what a float can hold."""

MOST_COUNTED = 1000
"""Binomials of more are not counted out but taken from Stirling's series, right to 11 digits."""


def threshold_ratio(n: int, k: int, tolerance: float) -> float:
    """Return n H2(k/n) / log2(k/eps): the c for which n candidates are just enough.

    For one fixed target within sqrt(k) of 0 and k of at most n/2, Theorem 2 promises a k-subset
    within eps, with a probability bounded below by a constant, from some unknown c of at least
    1 on. Theorem 5 shows that the order cannot be improved.

    Examples
    --------
    >>> round(threshold_ratio(12, 2, 0.01), 3)
    1.02
    """
    _check_sizes(n, k)
    check_count(k, what="the size")
    check_tolerance(tolerance)
    return n * binary_entropy(k / n) / log2(k / tolerance)


def reachable_tolerance(n: int, k: int, *, constant: float) -> float:
    """Return the eps with n H2(k/n) = c log2(k/eps): how fine n candidates are by Theorem 2.

    For one fixed target, with a constant probability; see `threshold_ratio`, which it undoes.

    Examples
    --------
    >>> round(reachable_tolerance(12, 2, constant=1), 4)
    0.009
    """
    _check_sizes(n, k)
    check_count(k, what="the size")
    check_positive(constant, what="the constant")
    return float(k * 2 ** (-n * binary_entropy(k / n) / constant))


def candidates_for_one_target(k: int, tolerance: float, *, constant: float) -> int:
    """Return the smallest n >= 2k with n H2(k/n) >= c log2(k/eps) (Theorem 2).

    For each fixed target within sqrt(k) of 0, n candidates have a subset of exactly k within eps
    with a probability that is bounded below by a constant, which is not known either; not with
    high probability, and not for all targets at once.

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
    check_count(k, what="the size")
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    need = constant * log2(k / tolerance)
    return smallest(lambda n: n * binary_entropy(k / n) >= need, least=2 * k)


def candidates_for_all_targets(k: int, tolerance: float, *, constant: float) -> int:
    """Return the smallest n >= 2k with n H2(k/n) >= c log2(k/eps)^2 (Corollary 1).

    With probability at least 1 - eps, n candidates serve all targets within sqrt(k) of 0 at once;
    they may be of any law that contains the uniform one on [-1, 1] with a fixed probability.

    Parameters
    ----------
    k, tolerance
        The size, and eps below one half.
    constant
        c_amp of the corollary, see `amplified_constant`; not known. The square of the logarithm
        may not be needed: the lower bound has it once.

    Examples
    --------
    >>> candidates_for_all_targets(20, 1e-2, constant=1)
    485
    """
    check_count(k, what="the size")
    check_tolerance(tolerance, below=0.5)
    check_positive(constant, what="the constant")
    need = constant * log2(k / tolerance) ** 2
    return smallest(lambda n: n * binary_entropy(k / n) >= need, least=2 * k)


def candidates_for_large_sizes(k: int, tolerance: float, *, constant: float) -> int:
    """Return the smallest n >= 2k with n H2(k/n) >= 2 c log2(1/eps)^2 (Corollary 2).

    For all targets at once and with probability at least 1 - eps, as in Corollary 1, and with the
    same constant, which is not known; k no longer counts against the precision. Only for sizes of
    at least 2 c (log2(k)^2 + 2 log2(k) log2(1/eps)); smaller ones are refused.

    Examples
    --------
    >>> candidates_for_large_sizes(400, 1e-2, constant=1)
    800
    """
    check_count(k, what="the size")
    check_tolerance(tolerance, below=0.5)
    check_positive(constant, what="the constant")
    bits = log2(1 / tolerance)
    asked = 2 * constant * (log2(k) ** 2 + 2 * log2(k) * bits)
    if k < asked:
        raise ProblemError(f"Corollary 2 asks for sizes of at least {asked:.4g}, got {k}")
    need = 2 * constant * bits**2
    return smallest(lambda n: n * binary_entropy(k / n) >= need, least=2 * k)


def amplified_constant(threshold: float, success: float) -> float:
    """Return c_amp = 8 c_hyp / c_thm: what Corollary 1 makes of the constants of Theorem 2.

    Parameters
    ----------
    threshold
        c_hyp: from which multiple of the counting threshold on Theorem 2 holds. Not known; at
        least 1.
    success
        c_thm: the probability that it promises there. Not known; measured at c = 1, a third.

    Examples
    --------
    >>> amplified_constant(1.0, 0.25)
    32.0
    """
    check_positive(threshold, what="the constant of the threshold")
    _check_success(success)
    return 8 * threshold / success


def amplification_rounds(k: int, tolerance: float, success: float) -> int:
    """Return (4 / c_thm) ln(k / eps), rounded up: the disjoint samples of Corollary 1's proof.

    In each of them Theorem 2 holds for a target with probability c_thm (`success`), so that one
    of them serves it with probability at least 1 - (eps / k)^4, enough for all targets.

    Examples
    --------
    >>> amplification_rounds(4, 0.01, 0.33)
    73
    """
    check_tolerance(tolerance)
    check_count(k, what="the size")
    _check_success(success)
    return ceil(4 / success * log(k / tolerance))


def least_parameters(dimension: int, kept: int, tolerance: float) -> int:
    """Return the smallest n with n H2(k/n) >= (d^2/2) log2(k/eps) (Theorem 5, a lower bound).

    For all linear maps of norm at most sqrt(k) on d dimensions: if each of them is within eps of
    some k parameters of a random network with probability at least one half, the network has at
    least n. No constant is unknown. Stated for eps below 1/16 and k of at most 0.84 n; what it is
    proven by, `least_parameters_by_counting`, holds for larger k just as well.

    Examples
    --------
    >>> least_parameters(10, 1000, 0.01)
    1220
    """
    check_tolerance(tolerance, below=1 / 16)
    check_count(dimension, what="the dimension")
    check_count(kept, what="the number of parameters kept")
    need = dimension**2 / 2 * log2(kept / tolerance)
    # The left side grows with n: its derivative is -log2(1 - k/n).
    return smallest(lambda n: n * binary_entropy(kept / n) >= need, least=kept)


def least_parameters_by_counting(dimension: int, kept: int, tolerance: float) -> int:
    """Return the smallest n with C(n, k) > (sqrt(k) / (2 eps))^(d^2) / 2, the core of Theorem 5.

    So many maps of norm at most sqrt(k) are pairwise 2 eps apart, a choice of k parameters is near
    one of them at most, and half of them must be served. For whom and how likely is as in
    `least_parameters`, which follows from this for eps below 1/16 and never asks for more.

    Examples
    --------
    >>> least_parameters_by_counting(10, 1000, 0.01)
    1327
    """
    check_tolerance(tolerance, below=0.5)
    check_count(dimension, what="the dimension")
    check_count(kept, what="the number of parameters kept")
    need = dimension**2 * log2(sqrt(kept) / (2 * tolerance)) - 1
    return smallest(lambda n: _bits_of_choice(n, kept) > need, least=kept)


def expected_hits(n: int, k: int, tolerance: float, target: float = 0.0) -> float:
    """Return about how many k-subsets of n candidates from U[-1, 1] are within eps of a target.

    C(n, k) subsets, each within eps with probability about 2 eps times the density of its sum,
    taken as that of the normal law with the variance k/3, which is near for k of 2 or more and
    too low or too high for a single uniform candidate. For one target, on average over draws;
    no constant is unknown. More than a float can hold are infinitely many.

    Examples
    --------
    >>> round(expected_hits(15, 2, 0.01), 2)
    1.03
    """
    _check_sizes(n, k)
    check_tolerance(tolerance, below=inf)
    if not isfinite(target):
        raise ProblemError(f"the target must be a finite number, got {target!r}")
    if k == 0:
        return float(abs(target) <= tolerance)
    logarithm = _bits_of_choice(n, k) * log(2) - 1.5 * (target / sqrt(k)) * (target / sqrt(k))
    if logarithm > MOST_LOGARITHM:
        return inf
    return 2 * tolerance * sqrt(3 / (2 * pi * k)) * exp(logarithm)


def predicted_success(n: int, k: int, tolerance: float, target: float = 0.0) -> float:
    """Return 1 - exp(-hits): how often some k-subset is within eps, if hits were independent.

    For one target. Hits that share candidates are not independent, so that measured success is a
    little lower where k is 2 or more: an estimate from above, not a bound.

    Examples
    --------
    >>> round(predicted_success(15, 2, 0.01), 2)
    0.64
    """
    return -expm1(-expected_hits(n, k, tolerance, target))


def _bits_of_choice(n: int, k: int) -> float:
    """Return log2 C(n, k)."""
    few = int(min(k, n - k))
    if few <= MOST_COUNTED:
        return log2(comb(int(n), few))
    tail = (1 / n - 1 / few - 1 / (n - few)) / 12
    return n * binary_entropy(few / n) - (log(2 * pi * few * (1 - few / n)) / 2 - tail) / log(2)


def _check_success(success: float) -> None:
    if not 0 < success <= 1:
        raise ProblemError(f"a probability of success is above 0 and at most 1, got {success!r}")


def _check_sizes(n: int, k: int) -> None:
    check_count(n, what="the number of candidates")
    if not 0 <= k <= n or k != int(k):
        raise ProblemError(f"a size is from 0 to the number of candidates, got {k!r} of {n!r}")
