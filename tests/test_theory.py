"""The papers' bounds, held against published numbers, plain loops and their own laws."""

from __future__ import annotations

from itertools import pairwise
from math import comb, exp, log, log2, pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import theory
from slth_opt.errors import ProblemError

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
        (lambda: theory.natale_width(2, 3, 4, 0.1, 1.0, constant=1), "0 and 1, got 1.0"),
        (lambda: theory.density_factor([3]), "at least one layer"),
        (lambda: theory.candidates_for_all_targets(2, 1e-9, constant=9), "more than 1e"),
    ],
)
def test_bad_arguments_are_refused(ask, message):
    """With what was given and what is possible."""
    with pytest.raises(ProblemError, match=message):
        ask()
