"""What other papers ask of a random network: pairs, golden steps, one more layer, convolutions.

Where a theorem says "a universal constant", it is an argument: nobody knows its value.
"""

from __future__ import annotations

from math import ceil, log

from slth_opt.theory.asking import check_count, check_failure, check_positive, check_tolerance

GOLDEN = (1 + 5**0.5) / 2


def malach_neurons(weights: int, tolerance: float, failure: float, *, constant: float) -> int:
    """Return C log(N/delta) / eps^2: hidden neurons for each weight of Malach et al. 2020.

    A weight takes one pair of random numbers, each in a window of eps, for each sign: a random
    neuron has such a pair with a probability of the order eps^2. With probability at least
    1 - delta all N weights of a target find theirs. eps is that of a weight; C is not known.

    Examples
    --------
    >>> malach_neurons(100, 0.1, 0.1, constant=1)
    691
    """
    check_tolerance(tolerance)
    check_failure(failure)
    check_count(weights, what="the number of weights")
    check_positive(constant, what="the constant")
    return ceil(constant * log(weights / failure) / tolerance**2)


def malach_ratio(target_parameters: int, tolerance: float, *, constant: float) -> float:
    """Return the overparameterisation C (m^2/eps^2) log(m/eps) of Malach et al. 2020.

    For equal widths, as Natale et al. 2024 restate it, m the parameters of the target; one target,
    with high probability. The ticket is about as large as the target, so its density is about the
    inverse. C is not known.

    Examples
    --------
    >>> malach_ratio(10, 0.1, constant=1) > 10**4
    True
    """
    check_tolerance(tolerance)
    check_positive(constant, what="the constant")
    check_count(target_parameters, what="the number of parameters")
    ratio = target_parameters / tolerance
    return constant * ratio**2 * log(ratio)


def golden_terms(largest: float, tolerance: float) -> int:
    """Return ceil(log_phi(w_max / eps)): golden-ratio steps to within eps (Orseau et al. 2020).

    Of so many terms w_max / phi, w_max / phi^2, ..., each subtracted if it leaves no less than 0,
    at most eps is left of any one weight up to w_max, with certainty. Known exactly; how many
    random weights are needed so that each step finds one is not: the theorem says a logarithmic
    number, with unknown constants.

    Examples
    --------
    >>> golden_terms(1.0, 0.01)
    10
    """
    check_positive(largest, what="the largest weight")
    check_positive(tolerance, what="the tolerance")
    return max(0, ceil((log(largest) - log(tolerance)) / log(GOLDEN)))


def copies_needed(
    depth: int, weights: int, tolerance: float, failure: float, *, constant: float
) -> int:
    """Return C log(N l / min(eps, delta)): copies of each neuron at depth l + 1 (Burkholz 2022).

    The paper promises a width factor that is logarithmic. What stands inside the logarithm here is
    the union bound over the N weights of l layers, as da Cunha et al. 2022 state it; C is not
    known. The published code uses 15 copies at eps = 0.01 and draws again on failure. Layers
    after the first are then as wide as the target's times the copies, the first is twice that.

    Examples
    --------
    >>> copies_needed(2, 2368, 0.01, 0.01, constant=1)
    14
    """
    check_count(depth, what="the number of layers")
    check_count(weights, what="the number of weights")
    check_tolerance(tolerance)
    check_failure(failure)
    check_positive(constant, what="the constant")
    return ceil(constant * log(weights * depth / min(tolerance, failure)))


def convolutional_parameters(
    depth: int, weights: int, tolerance: float, failure: float, *, constant: float
) -> int:
    """Return C K log(K l / min(eps, delta)): parameters for convolutions (da Cunha et al. 2022).

    For all convolutional targets at once that have K parameters in l layers, kernels whose sums of
    absolute values are at most 1, and inputs that are not negative; with probability at least
    1 - delta. C is not known.

    Examples
    --------
    >>> convolutional_parameters(2, 54, 0.01, 0.01, constant=1)
    502
    """
    check_tolerance(tolerance)
    check_failure(failure)
    check_count(depth, what="the number of layers")
    check_count(weights, what="the number of parameters")
    check_positive(constant, what="the constant")
    return ceil(constant * weights * log(weights * depth / min(tolerance, failure)))


def otsuka_width(inputs: int, outputs: int, tolerance: float, *, constant: float) -> int:
    """Return C d log(d d' / eps): the inner width of two random matrices without a ReLU.

    Pruned, their product is then within eps / (d d') of any d' x d matrix in every entry (Otsuka et
    al. 2025, the lemma behind their theorem on attention, which holds with probability at least
    1 - eps). C is universal and not known.

    Examples
    --------
    >>> otsuka_width(64, 32, 0.01, constant=1)
    783
    """
    check_tolerance(tolerance)
    check_count(inputs, what="the number of inputs")
    check_count(outputs, what="the number of outputs")
    check_positive(constant, what="the constant")
    return ceil(constant * inputs * log(inputs * outputs / tolerance))
