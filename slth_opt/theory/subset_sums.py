"""How many candidates subset sums of any size, of vectors and of integers need.

Universal constants are arguments: nobody knows their values.
"""

from __future__ import annotations

from math import ceil, exp, log, log2

from slth_opt.errors import ProblemError
from slth_opt.theory.asking import check_count, check_positive, check_tolerance


def subset_sum_candidates(tolerance: float, *, constant: float) -> int:
    """Return C ln(2/eps): candidates whose subsets of any size serve all targets in [-1, 1].

    For all targets at once, with probability at least 1 - eps (Lueker 1998, as used by Pensia et
    al. 2020). C depends on the law of the candidates, which contains a uniform one, and is not
    known.

    Examples
    --------
    >>> subset_sum_candidates(0.01, constant=3)
    16
    """
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    return ceil(constant * log(2 / tolerance))


def subset_sum_failure(n: int, tolerance: float, *, constant: float, spread: float) -> float:
    """Return 2 exp(-(n - C log(1/eps))^2 / (kappa n)): how likely some target is missed, at most.

    For all targets at once: the tail of the same theorem, in the form that proofs by martingales
    give it. Both constants are unknown; below the threshold the bound says nothing, and 1 is
    returned.

    Examples
    --------
    >>> subset_sum_failure(10, 0.01, constant=3, spread=1)
    1.0
    """
    check_count(n, what="the number of candidates")
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    check_positive(spread, what="the spread")
    above = n - constant * log(1 / tolerance)
    return 1.0 if above <= 0 else min(1.0, 2 * exp(-(above**2) / (spread * n)))


def vector_candidates(dimension: int, tolerance: float, *, constant: float) -> int:
    """Return C d^3 log(1/eps) (log(1/eps) + log d): vectors for the multidimensional problem.

    For all targets in [-1, 1]^d at once: subsets of so many Gaussian vectors are within eps of
    each of them with high probability (Becchetti et al. 2022). C is not known.

    Examples
    --------
    >>> vector_candidates(2, 0.1, constant=1)
    56
    """
    check_tolerance(tolerance)
    check_count(dimension, what="the dimension")
    check_positive(constant, what="the constant")
    logarithm = log(1 / tolerance)
    return ceil(constant * dimension**3 * logarithm * (logarithm + log(dimension)))


def transition_size(largest: int) -> float:
    """Return log2 M: candidates at which integers up to M change from no exact solution to many.

    For integers uniform on -M..M and one typical target, kappa = log2 M / n decides: below 1 there
    are exponentially many subsets with the sum exactly right, above 1 none, with a probability
    that goes to 1 as n grows (Borgs, Chayes and Pittel 2001, as used by Kumar and Natale 2025).
    No constant is unknown.

    Examples
    --------
    >>> transition_size(1024)
    10.0
    """
    check_count(largest, what="the largest integer", most=float("inf"))
    return log2(largest)


def integer_failure(
    n: int, largest: int, tolerance: int, *, constant: float, spread: float
) -> float:
    """Return 2 exp(-(n - C log((M+1)/(D+1)))^2 / (kappa n)): how likely some target is missed.

    For candidates uniform on the integers -M..M and all integer targets at once, each within D of
    a subset sum; D = 0 asks for exact sums. From a submission that was not accepted (Kumar and
    Natale 2026); both constants are unknown, and 1 is returned where the bound says nothing.

    Examples
    --------
    >>> integer_failure(10, 1000, 0, constant=3, spread=1)
    1.0
    """
    check_count(largest, what="the largest integer")
    check_positive(constant, what="the constant")
    check_positive(spread, what="the spread")
    check_count(n, what="the number of candidates")
    if not 0 <= tolerance <= largest:
        raise ProblemError(f"the tolerance is from 0 to {largest}, got {tolerance!r}")
    above = n - constant * log((largest + 1) / (tolerance + 1))
    return 1.0 if above <= 0 else min(1.0, 2 * exp(-(above**2) / (spread * n)))


def quantised_width(inputs: int, step: float, *, constant: float) -> int:
    """Return C d log2(1/delta): the width of Kumar and Natale 2025 for weights in steps of delta.

    For all targets of such weights at once, which are then represented exactly, with a probability
    of failure that is an inverse polynomial in log(1/delta). C is not known; they also prove that
    C' d^2 log2(1/delta) parameters are needed.

    Examples
    --------
    >>> quantised_width(10, 2**-8, constant=1)
    80
    """
    if not 0 < step < 1:
        raise ProblemError(f"the step must lie between 0 and 1, got {step!r}")
    check_count(inputs, what="the number of inputs")
    check_positive(constant, what="the constant")
    return ceil(constant * inputs * log2(1 / step))
