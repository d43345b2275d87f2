"""The papers' bounds, held against published numbers, plain loops and their own laws."""

from __future__ import annotations

from decimal import Decimal, localcontext
from itertools import pairwise
from math import ceil, comb, e, exp, log, log2, pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import theory
from slth_opt.errors import ProblemError
from slth_opt.theory import fixed_sizes

THRESHOLDS = [
    (1e-2, 1, 38), (1e-2, 2, 12), (1e-2, 3, 9), (1e-2, 4, 9),
    (1e-3, 2, 34), (1e-3, 3, 18), (1e-3, 4, 14), (1e-3, 5, 13),
    (1e-4, 4, 23), (1e-4, 5, 19), (1e-4, 6, 17),
]  # fmt: skip
"""Tolerance, size, and the smallest n of at least 2k with n H2(k/n) >= log2(k/eps)."""


def entropy(p):
    """Return the binary entropy, by its definition."""
    return -p * log2(p) - (1 - p) * log2(1 - p)


@pytest.mark.parametrize(("tolerance", "k", "n"), THRESHOLDS)
def test_the_threshold_at_constant_one_is_the_known_one(tolerance, k, n):
    """The published table of thresholds comes out."""
    assert theory.candidates_for_one_target(k, tolerance, constant=1) == n


@given(st.floats(1e-6, 1 - 1e-6))
def test_entropy_is_its_definition_and_symmetric(p):
    """Both sides of one half are worth the same."""
    assert theory.binary_entropy(p) == pytest.approx(entropy(p), rel=1e-12)
    assert theory.binary_entropy(p) == pytest.approx(theory.binary_entropy(1 - p), rel=1e-9)


@given(st.floats(0.001, 0.499))
def test_the_inverse_entropy_undoes_the_entropy(p):
    """On the lower branch."""
    assert theory.inverse_binary_entropy(theory.binary_entropy(p)) == pytest.approx(p, rel=1e-9)


@given(st.integers(4, 12), st.floats(1e-4, 0.4), st.floats(1, 3))
def test_candidates_for_one_target_are_just_enough(k, tolerance, constant):
    """One fewer would not do, unless k itself asks for 2k."""
    n = theory.candidates_for_one_target(k, tolerance, constant=constant)
    need = constant * log2(k / tolerance)
    assert n * entropy(k / n) >= need * (1 - 1e-12)
    assert n == 2 * k or (n - 1) * entropy(k / (n - 1)) < need * (1 + 1e-12)


@given(st.integers(15, 60), st.floats(1e-2, 0.4))
def test_all_targets_need_no_fewer_than_one(k, tolerance):
    """The logarithm is squared, and is above one."""
    one = theory.candidates_for_one_target(k, tolerance, constant=1)
    assert theory.candidates_for_all_targets(k, tolerance, constant=1) >= one


@given(st.integers(1, 60), st.integers(0, 60), st.floats(1e-5, 0.5))
def test_the_ratio_is_the_constant_that_is_just_met(n, k, tolerance):
    """It is n H2(k/n) / log2(k/eps), by its definition."""
    if not 0 < k < n or k <= tolerance:
        return
    expected = n * entropy(k / n) / log2(k / tolerance)
    assert theory.threshold_ratio(n, k, tolerance) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("k", "expected"), [(2, 0.55), (3, 0.95)])
def test_predicted_success_of_fifteen_candidates(k, expected):
    """Averaged over targets from [-1, 1] it is what was published for n = 15, eps = 0.01."""
    targets = [(i + 0.5) / 200 - 1 for i in range(400)]
    mean = sum(theory.predicted_success(15, k, 0.01, z) for z in targets) / len(targets)
    assert mean == pytest.approx(expected, abs=0.012)


@given(st.integers(1, 40), st.integers(1, 40), st.floats(1e-6, 0.1), st.floats(-3, 3))
def test_expected_hits_are_counted_by_the_formula(n, k, tolerance, target):
    """Subsets times window times density."""
    if k > n:
        return
    density = sqrt(3 / (2 * pi * k)) * exp(-3 * target**2 / (2 * k))
    hits = comb(n, k) * 2 * tolerance * density
    assert theory.expected_hits(n, k, tolerance, target) == pytest.approx(hits, rel=1e-12)


def test_the_lower_bound_is_just_met():
    """By counting up from below with a loop."""
    need = 10**2 / 2 * log2(1000 / 0.01)
    first = next(n for n in range(1190, 2000) if n * entropy(1000 / n) >= need)
    assert theory.least_parameters(10, 1000, 0.01) == first


def test_the_dense_fixed_point_is_just_met():
    """By counting up from one with a loop."""

    def holds(n):
        return n * entropy(0.3) >= 2 * log2(2 * 3 * 20 * 10 * 0.3 * n / 0.05) ** 2

    first = next(n for n in range(1, 10**5) if holds(n))
    assert theory.natale_width(3, 20, 10, 0.05, 0.3, constant=2) == first


def test_a_unit_basis_makes_the_equivariant_width_the_dense_one():
    """One map of norm one between as many channels on both sides."""
    dense = theory.natale_width(2, 16, 16, 0.01, 0.4, constant=1.5)
    assert theory.equivariant_width(2, 16, 1, 1.0, 0.01, 0.4, constant=1.5) == dense


def test_density_factor_is_the_worst_ratio_of_neighbours():
    """500 hidden neurons before 10 outputs."""
    assert theory.density_factor([784, 500, 10]) == 50


def test_equal_widths_have_density_factor_one():
    """Then a ticket is as dense as its weights' shares."""
    assert theory.density_factor([7, 7, 7]) == 1


@given(st.floats(0.01, 100), st.floats(1e-6, 1))
def test_golden_steps_reach_the_tolerance(largest, tolerance):
    """So many steps shrink the largest weight to eps, and one fewer does not."""
    steps = theory.golden_terms(largest, tolerance)
    ratio = (1 + sqrt(5)) / 2
    assert largest / ratio**steps <= tolerance * (1 + 1e-9)
    assert steps == 0 or largest / ratio ** (steps - 1) > tolerance * (1 - 1e-9)


@pytest.mark.parametrize("tolerance", [0.3, 0.1, 0.02])
def test_golden_terms_taken_greedily_leave_at_most_the_tolerance(tolerance):
    """Of every weight from 0 to 2 in steps of a thousandth; with one term fewer of some more."""
    ratio, steps = (1 + sqrt(5)) / 2, theory.golden_terms(2.0, tolerance)

    def left(weight, terms):
        for i in range(1, terms + 1):
            weight -= 2 / ratio**i if weight >= 2 / ratio**i else 0
        return weight

    weights = [i / 1000 for i in range(2001)]
    assert max(left(weight, steps) for weight in weights) <= tolerance
    assert max(left(weight, steps - 1) for weight in weights) > tolerance


def test_the_pensia_width_is_its_formula():
    """C d log(d d' l / min(eps, delta)), rounded up."""
    width = theory.pensia_width(2, 784, 500, 0.01, 0.05, constant=2)
    assert width - 1 < 2 * 784 * log(784 * 500 * 2 / 0.01) <= width


def test_the_transition_is_at_the_bits_of_the_integers():
    """Twenty bits, twenty candidates."""
    assert theory.transition_size(2**20) == 20


def test_the_tail_says_nothing_below_its_threshold():
    """A probability is at most one."""
    assert theory.subset_sum_failure(5, 1e-3, constant=2, spread=1) == 1


def test_the_tail_falls_with_every_candidate():
    """From the threshold on more candidates fail less."""
    tail = [theory.subset_sum_failure(n, 0.01, constant=3, spread=1) for n in range(20, 60)]
    assert all(a > b for a, b in pairwise(tail))


@given(st.integers(1, 30), st.floats(1e-4, 0.4), st.floats(0.2, 3))
def test_the_reachable_tolerance_is_at_the_threshold(k, tolerance, constant):
    """Of so many candidates as reach a tolerance, the ratio is the constant."""
    n = theory.candidates_for_one_target(k, tolerance, constant=constant)
    reached = theory.reachable_tolerance(n, k, constant=constant)
    assert reached <= tolerance * (1 + 1e-9)
    assert n * entropy(k / n) == pytest.approx(constant * log2(k / reached), rel=1e-9)


@given(st.floats(0.01, 2), st.floats(1e-5, 0.4))
def test_the_corollary_of_large_sizes_implies_the_other(constant, tolerance):
    """Its n satisfies the inequality of Corollary 1 at the smallest size it allows."""
    k = 2
    while k < 2 * constant * (log2(k) ** 2 + 2 * log2(k) * log2(1 / tolerance)):
        k += max(1, k // 50)
    n = theory.candidates_for_large_sizes(k, tolerance, constant=constant)
    assert n * entropy(k / n) >= constant * log2(k / tolerance) ** 2 * (1 - 1e-12)


@given(st.integers(1, 50), st.floats(1e-6, 0.9), st.floats(0.05, 1))
def test_amplification_makes_failure_small(k, tolerance, success):
    """All samples fail with a probability of at most (eps/k)^4."""
    rounds = theory.amplification_rounds(k, tolerance, success)
    assert (1 - success) ** rounds <= (tolerance / k) ** 4 * (1 + 1e-9)
    assert theory.amplified_constant(2.0, success) * success == pytest.approx(16.0)


def test_a_coarse_map_may_be_served_by_keeping_everything():
    """One number within 0.4: half of 1.25 maps are fewer than the one choice of 1 out of 1."""
    assert theory.least_parameters_by_counting(1, 1, 0.4) == 1


@pytest.mark.parametrize(("dimension", "kept"), [(1, 1), (1, 4), (2, 6), (3, 9)])
def test_the_counting_bound_is_that_of_exact_binomials(dimension, kept):
    """The first n with enough subsets, for eps = 1/32, in integers."""
    need = 16 * 16 * kept  # (sqrt(k) / (2 eps))^2
    first = next(n for n in range(kept, 10**6) if (2 * comb(n, kept)) ** 2 > need ** (dimension**2))
    assert theory.least_parameters_by_counting(dimension, kept, 1 / 32) == first


@given(st.integers(1, 6), st.integers(60, 300), st.floats(1e-4, 1 / 16.01))
def test_counting_never_asks_for_less_than_the_theorem(dimension, kept, tolerance):
    """Theorem 5 follows from it, for any share of parameters kept."""
    counted = theory.least_parameters_by_counting(dimension, kept, tolerance)
    assert counted >= theory.least_parameters(dimension, kept, tolerance)


@pytest.mark.parametrize(("n", "k"), [(2002, 1001), (2500, 1300), (10**5, 1001)])
def test_binomials_too_large_to_count_out_are_right(n, k):
    """Stirling's series, from the size where it begins, beside the integers themselves."""
    assert fixed_sizes._bits_of_choice(n, k) == pytest.approx(log2(comb(n, k)), rel=1e-13)


def test_the_smallest_number_of_very_many_candidates_is_exact():
    """One of n candidates within 1e-11: n and n - 1, in fractions of 60 digits."""
    found = theory.candidates_for_one_target(1, 1e-11, constant=1)
    with localcontext(prec=60):
        need = -Decimal(log2(1e-11)) * Decimal(2).ln()
        worth = {n: n * Decimal(n).ln() - (n - 1) * Decimal(n - 1).ln() for n in (found, found - 1)}
    assert worth[found - 1] < need <= worth[found]


def test_success_is_a_probability_however_many_subsets_there_are():
    """More than a float can hold, and hardly any."""
    assert theory.expected_hits(2000, 1000, 0.01) == float("inf")
    assert theory.predicted_success(10**6, 500_000, 0.01) == 1
    assert theory.predicted_success(10, 3, 1e-30) == pytest.approx(
        theory.expected_hits(10, 3, 1e-30), rel=1e-12
    )
    assert theory.predicted_success(10, 3, 0.1, 1e200) == 0


@pytest.mark.parametrize(("dimension", "parameters"), [(1, 12), (2, 40), (2, 90)])
def test_sparser_masks_than_the_least_density_are_too_few(dimension, parameters):
    """All masks of fewer edges, counted in integers, are not half as many as maps to be served."""
    tolerance = 1 / 32
    least = theory.least_density(dimension, parameters, tolerance)
    fewer = ceil(least * parameters) - 1
    masks = sum(comb(parameters, edges) for edges in range(fewer + 1))
    assert 2 * masks < 16 ** (dimension**2)
    need = dimension**2 * 4 - 1
    assert least * parameters * log2(e / least) == pytest.approx(need, rel=1e-9)


def test_pairs_are_found_by_all_weights():
    """With constant 1: N weights, each missed by all neurons, in sum less likely than delta."""
    n = theory.malach_neurons(1000, 0.05, 0.01, constant=1)
    assert 1000 * (1 - 0.05**2) ** n <= 0.01
    assert 1000 * exp(-(n - 1) * 0.05**2) > 0.01


def test_the_malach_ratio_is_its_formula():
    """(m / eps)^2 log(m / eps), times the constant."""
    assert theory.malach_ratio(20, 0.1, constant=3) == pytest.approx(3 * 200**2 * log(200))


def test_exact_sums_of_integers_are_the_finest_tolerance():
    """The tail for integers up to M and D = 0 is that of reals within 1 / (M + 1)."""
    for n in (20, 40, 80):
        whole = theory.integer_failure(n, 1023, 0, constant=2, spread=3)
        assert whole == theory.subset_sum_failure(n, 1 / 1024, constant=2, spread=3)


def test_coarser_targets_are_missed_less():
    """The tail for integers falls with the tolerance."""
    tail = [theory.integer_failure(40, 1023, d, constant=2, spread=3) for d in (0, 1, 7, 63)]
    assert all(a > b for a, b in pairwise(tail))


@pytest.mark.parametrize("bits", [1, 8, 20])
def test_quantised_width_counts_bits(bits):
    """Steps of 2^-q take q candidates for each input."""
    assert theory.quantised_width(7, 2.0**-bits, constant=2) == 14 * bits


def test_one_dimension_takes_a_squared_logarithm():
    """The multidimensional bound for d = 1 is C log(1/eps)^2."""
    bound = theory.vector_candidates(1, 0.01, constant=5)
    assert bound - 1 < 5 * log(100) ** 2 <= bound


@pytest.mark.parametrize(
    ("ours", "formula"),
    [
        (lambda: theory.subset_sum_candidates(0.01, constant=4), 4 * log(200)),
        (lambda: theory.pensia_least_parameters(12, 0.02, constant=2), 2 * 144 * log(50)),
        (lambda: theory.copies_needed(3, 500, 0.02, 0.1, constant=2), 2 * log(1500 / 0.02)),
        (
            lambda: theory.convolutional_parameters(3, 500, 0.1, 0.02, constant=2),
            1000 * log(1500 / 0.02),
        ),
        (lambda: theory.otsuka_width(30, 20, 0.05, constant=2), 60 * log(12000)),
    ],
)
def test_bounds_are_their_formulas_rounded_up(ours, formula):
    """Not a candidate more."""
    assert ours() - 1 < formula <= ours()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: theory.binary_entropy(1.5), "from 0 to 1, got 1.5"),
        (lambda: theory.inverse_binary_entropy(-1), "from 0 to 1 bit, got -1"),
        (lambda: theory.candidates_for_one_target(2, 0, constant=1), "between 0 and 1, got 0"),
        (lambda: theory.candidates_for_one_target(2, 0.1, constant=0), "above 0, got 0"),
        (lambda: theory.candidates_for_all_targets(2, 0.5, constant=1), "0 and 0.5, got 0.5"),
        (lambda: theory.least_parameters(3, 5, 0.5), "0 and 0.0625, got 0.5"),
        (lambda: theory.threshold_ratio(3, 5, 0.1), "got 5 of 3"),
        (lambda: theory.natale_width(2, 3, 4, 0.1, 1.0, constant=1), "1e-12 and 1, got 1.0"),
        (lambda: theory.candidates_for_large_sizes(9, 0.1, constant=1), "sizes of at least 6"),
        (lambda: theory.amplified_constant(1, 1.5), "at most 1, got 1.5"),
        (lambda: theory.least_density(10, 50, 0.01), "too few for any density"),
        (lambda: theory.integer_failure(9, 5, 6, constant=1, spread=1), "from 0 to 5, got 6"),
        (lambda: theory.density_factor([3]), "at least one layer"),
        (lambda: theory.candidates_for_all_targets(2, 1e-9, constant=9), "more than 1e"),
        (lambda: theory.threshold_ratio(10, 0, 0.1), "size must be .* from 1 to .*, got 0"),
        (lambda: theory.candidates_for_one_target(2.5, 0.1, constant=1), "from 1 to .*, got 2.5"),
        (lambda: theory.expected_hits(10, 2, 0.1, float("nan")), "finite number, got nan"),
        (lambda: theory.natale_width(0, 3, 4, 0.1, 0.5, constant=1), "layers .* got 0"),
        (lambda: theory.pensia_width(2, 3, 4, 0.1, 2, constant=1), "of failure .* got 2"),
        (lambda: theory.pensia_least_parameters(-3, 0.1, constant=1), "dimension .* got -3"),
        (lambda: theory.copies_needed(2, 0, 0.1, 0.1, constant=1), "weights .* got 0"),
        (lambda: theory.subset_sum_failure(-3, 0.1, constant=1, spread=1), "candidates .* got -3"),
        (lambda: theory.quantised_width(3, 1.0, constant=1), "step .* got 1.0"),
        (lambda: theory.malach_neurons(10, 1e-200, 0.1, constant=1), "at least 1e-100, got 1e-200"),
        (lambda: theory.expected_hits(10**400, 2, 0.1), "candidates must be"),
        (lambda: theory.density_factor([3, 0]), "a width must be .* got 0"),
    ],
)
def test_bad_arguments_are_refused(ask, message):
    """With what was given and what is possible."""
    with pytest.raises(ProblemError, match=message):
        ask()
