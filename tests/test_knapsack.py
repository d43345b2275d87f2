"""The knapsack against a table over all budgets in Python ints, and against its own laws."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth_opt.errors import ProblemError
from slth_opt.kernels import knapsack as kernels
from slth_opt.knapsack import (
    allocate,
    allocate_each,
    edges_within,
    exact_sum,
    hull_curve,
    joint_value,
    largest_error_curve,
    make_hulls,
    sizes_within,
    sum_of_squares,
)
from slth_opt.knapsack.steps import best_changes, cheapest_steps

NORMS = ("linf", "l1", "squares")
SUMS = ("l1", "squares")
LIMITS = (2, 5, 30, 1000, 2**30, 2**46, 2**57)


def cost_of(error, norm):
    return error * error if norm == "squares" else error


def naive_optima(errors, norm):
    """Return the best joint error with at most k edges, for every k up to all of them."""
    best = [0]
    for row in errors:
        new = [None] * (len(best) + len(row) - 1)
        for before, value in enumerate(best):
            for size, error in enumerate(row):
                cost = cost_of(error, norm)
                joined = max(value, cost) if norm == "linf" else value + cost
                if new[before + size] is None or joined < new[before + size]:
                    new[before + size] = joined
        best = new
    return [min(best[: k + 1]) for k in range(len(best))]


def random_errors(rng, most_rows, most_candidates):
    """Draw rows with ties, zeros, repeated rows, steps, and numbers near the capacity."""
    count, n = rng.randint(1, most_rows), rng.randint(1, most_candidates)
    limit = rng.choice(LIMITS)
    rows = [[rng.randint(0, limit) for _ in range(n + 1)] for _ in range(count)]
    shape = rng.randrange(5)
    if shape == 0:
        rows = [rows[0]] * count
    elif shape == 1:
        rows = [sorted(row, reverse=True) for row in rows]
    elif shape == 2:  # nothing gained before the last edge
        rows = [[row[0] + limit] * n + [row[0]] for row in rows]
    elif shape == 3:  # gains in steps of a few edges
        rows = [[limit - limit * (k // 3 * 3) // (n + 1) for k in range(n + 1)] for _ in rows]
    return rows


def drawn(seed, how_many, most_rows, most_candidates):
    rng = random.Random(seed)
    return [random_errors(rng, most_rows, most_candidates) for _ in range(how_many)]


def assert_optimal(errors, norm, budgets):
    """Hold every budget to the naive table, and the sizes to what they claim."""
    optima = naive_optima(errors, norm)
    for most, found in zip(budgets, allocate_each(errors, budgets, norm=norm), strict=True):
        chosen = [row[size] for row, size in zip(errors, found.sizes.tolist(), strict=True)]
        assert found.value == optima[min(most, len(optima) - 1)], (errors, norm, most)
        assert found.errors.tolist() == chosen, (errors, norm, most)
        assert sum(found.sizes.tolist()) <= most, (errors, norm, most)
        assert joint_value(found.errors, norm) == found.value, (errors, norm, most)


@pytest.mark.parametrize("norm", NORMS)
def test_every_budget_of_small_arrays_is_shared_out_best(norm):
    """Four hundred arrays, every budget from 0 to beyond the number of edges."""
    for errors in drawn(f"small {norm}", 400, 7, 5):
        assert_optimal(errors, norm, range(len(errors) * len(errors[0]) + 2))


@pytest.mark.parametrize("norm", NORMS)
def test_larger_arrays_are_shared_out_best(norm):
    """Up to 60 rows of up to 8 candidates, where hulls leave gaps to close."""
    for errors in drawn(f"large {norm}", 25, 60, 8):
        most = len(errors) * (len(errors[0]) - 1)
        assert_optimal(errors, norm, sorted({*range(0, most, 17), most // 2, most - 1, most + 5}))


@pytest.mark.overflow
@pytest.mark.parametrize("norm", NORMS)
def test_few_arrays_are_shared_out_best_without_an_overflow(norm):
    """A handful, small enough to run uncompiled, up to the largest numbers there may be."""
    for errors in drawn(f"few {norm}", 12, 5, 4):
        assert_optimal(errors, norm, range(len(errors) * len(errors[0])))
    brim = 2**59 - 1 if norm == "squares" else 2**62 - 1
    errors = [[brim, brim - 1, 1], [brim, brim, 0], [brim - 5, 3, 2]]
    assert_optimal(errors, norm, range(7))


@given(st.data())
def test_any_small_array_is_shared_out_best(data):
    """Whatever Hypothesis thinks of."""
    n = data.draw(st.integers(0, 4))
    limit = data.draw(st.sampled_from([1, 3, 20, 2**57]))
    row = st.lists(st.integers(0, limit), min_size=n + 1, max_size=n + 1)
    errors = data.draw(st.lists(row, min_size=1, max_size=5))
    norm = data.draw(st.sampled_from(NORMS))
    assert_optimal(errors, norm, range(n * len(errors) + 1))


@pytest.mark.parametrize("norm", NORMS)
def test_permuting_the_weights_changes_no_value(norm):
    """The optimum knows no order of the rows."""
    rng = random.Random(5)
    for errors in drawn(f"order {norm}", 30, 12, 6):
        shuffled = rng.sample(errors, len(errors))
        for most in range(0, len(errors) * len(errors[0]), 3):
            assert (
                allocate(errors, most, norm=norm).value == allocate(shuffled, most, norm=norm).value
            )


@pytest.mark.parametrize("norm", SUMS)
def test_relaxed_optimum_is_a_bound_that_price_and_sizes_prove(norm):
    """The Lagrangian bound at the stated price, computed plainly, is what is reported."""
    for errors in drawn(f"relaxed {norm}", 60, 10, 6):
        for most in range(0, len(errors) * len(errors[0]), 4):
            found = allocate(errors, most, norm=norm)
            bound = sum(
                min(cost_of(error, norm) + found.price * size for size, error in enumerate(row))
                for row in errors
            )
            assert found.relaxed == bound - found.price * most <= found.value


@pytest.mark.parametrize("norm", NORMS)
def test_no_size_is_larger_than_its_error_needs(norm):
    """A size with the error of a smaller one is never chosen."""
    for errors in drawn(f"dominated {norm}", 80, 6, 5):
        for found in allocate_each(errors, range(0, 30, 3), norm=norm):
            for row, size in zip(errors, found.sizes.tolist(), strict=True):
                assert all(error > row[size] for error in row[:size])


def test_least_largest_error_is_bought_with_the_fewest_edges():
    """Whatever the budget allows, one edge less than is kept buys only a larger error."""
    for errors in drawn("fewest", 200, 7, 5):
        optima = naive_optima(errors, "linf")
        for found in allocate_each(errors, range(len(optima) + 1), norm="linf"):
            kept = int(found.sizes.sum())
            assert kept == 0 or optima[kept - 1] > optima[kept] == found.value


def test_fewest_edges_within_a_tolerance_are_the_inverse_of_the_optimum():
    """Tolerances at, below and above every optimum, against the naive table."""
    for errors in drawn("inverse", 200, 7, 5):
        optima = naive_optima(errors, "linf")
        for tolerance in {o + d for o in optima for d in (-1, 0, 1)}:
            known = next((k for k, o in enumerate(optima) if o <= tolerance), None)
            assert edges_within(np.array(errors), tolerance) == known


def test_sizes_within_a_tolerance_say_which_rows_cannot():
    """One more than there are candidates stands for none."""
    errors = np.array([[9, 4, 6], [3, 9, 9], [9, 9, 7]])
    assert sizes_within(errors, 5).tolist() == [1, 0, 3]


def test_curve_of_the_largest_error_has_every_fall_and_nothing_else():
    """Against the naive table, budget by budget."""
    for errors in drawn("curve", 200, 7, 5):
        optima = naive_optima(errors, "linf")
        falls = [k for k, o in enumerate(optima) if k == 0 or o < optima[k - 1]]
        edges, values = largest_error_curve(np.array(errors))
        assert edges.tolist() == falls
        assert values.tolist() == [optima[k] for k in falls]


@pytest.mark.parametrize("norm", SUMS)
def test_curve_of_a_sum_is_exact_at_every_corner_of_the_hulls(norm):
    """Against the naive table; it begins with no edges and ends at the least sum there is."""
    for errors in drawn(f"corners {norm}", 100, 8, 6):
        optima = naive_optima(errors, norm)
        array = np.array(errors)
        edges, values = hull_curve(array, make_hulls(array, norm), norm)
        assert values.tolist() == [optima[k] for k in edges.tolist()]
        assert (edges[0], values[-1]) == (0, optima[-1])


def test_gaps_of_the_relaxation_occur_and_are_closed():
    """The tests above would mean little if the hulls alone were always right."""
    closed = sum(
        found.value > found.relaxed and found.rows_searched > 0
        for errors in drawn("gaps", 40, 20, 6)
        for found in allocate_each(errors, range(1, 30, 3), norm="l1")
    )
    assert closed > 100


def test_three_equal_rows_of_steps_leave_a_gap_that_hand_arithmetic_knows():
    """Four edges buy the steps of two rows at two edges each; the third keeps its 10."""
    found = allocate([[10, 10, 0]] * 3, 5, norm="l1")
    assert (found.value, found.relaxed, found.price) == (10, 5, 5)


def test_step_lists_are_as_long_as_an_optimal_choice_may_need():
    """Of a hundred equal rows only 2n - 1 are looked at for each change of size."""
    errors = np.array([[20, 19, 12, 0]] * 100)
    options = cheapest_steps(errors, np.zeros(100, np.int64), "l1", 20, 3, 10**6)
    offered = [change for steps in options.values() for change, _ in steps]
    assert {change: offered.count(change) for change in offered} == {1: 5, 2: 5, 3: 5}


def test_changes_combine_steps_of_several_rows():
    """Two steps up and one down fill one place, for less than leaving it empty."""
    options = {3: [(2, 1)], 5: [(2, 1), (1, 50)], 9: [(-3, 2)]}
    assert best_changes(options, 1, 60, 3) == (4, {9: -3, 5: 2, 3: 2})


@pytest.mark.overflow
@given(st.integers(0, 2**62 - 1), st.integers(0, 2**62 - 1), st.integers(1, 2**31 - 1))
def test_pairs_multiply_and_divide_as_python_ints_do(a, b, small):
    """Products of two numbers of 62 bits, and pairs times and divided by small numbers."""
    pair = kernels.product(np.int64(a), np.int64(b))
    assert whole(pair) == a * b
    assert whole(kernels.divided(*map(np.int64, pair), np.int64(small))) == a * b // small
    few = np.int64(pair[0]) >> 31, np.int64(pair[1])  # leaves the factor its 31 bits
    assert whole(kernels.times(*few, np.int64(small))) == whole(few) * small


@pytest.mark.overflow
@given(st.integers(0, 2**124 - 1), st.integers(0, 2**124 - 1))
def test_pairs_subtract_and_compare_as_python_ints_do(a, b):
    """Differences that borrow and those that do not; equal numbers are not below each other."""
    low, high = sorted((a, b))
    assert whole(kernels.minus(*split(high), *split(low))) == high - low
    assert bool(kernels.is_below(*split(low), *split(high))) is (low < high)
    assert not kernels.is_below(*split(high), *split(low))


def split(number):
    return np.int64(number >> 62), np.int64(number & (2**62 - 1))


def whole(pair):
    assert 0 <= int(pair[1]) < 2**62
    return (int(pair[0]) << 62) + int(pair[1])


@given(st.lists(st.integers(0, 2**62 - 1), max_size=9))
def test_sums_of_arrays_are_exact(numbers):
    """Beyond int64, and for squares beyond 124 bits."""
    array = np.array(numbers, np.int64)
    assert exact_sum(array) == sum(numbers)
    assert sum_of_squares(array) == sum(number * number for number in numbers)


def test_sums_of_negative_numbers_are_exact():
    """The limbs of a negative number add up to it."""
    assert exact_sum(np.array([-(2**63), -1, 5], np.int64)) == -(2**63) + 4


@pytest.mark.parametrize(
    ("errors", "most", "norm", "words"),
    [
        ([[1, 2]], -1, "l1", "budget must not be negative, got -1"),
        ([[1, 2]], 1.5, "l1", "budget"),
        ([[1, 2]], 1, "l2", "norm must be one of linf, l1, squares, got 'l2'"),
        ([[1, 2], [3, -4]], 1, "l1", "row 1, column 1: -4 is not between 0"),
        ([[2**62, 2]], 1, "linf", "row 0, column 0: 4611686018427387904 is not"),
        ([[1.5, 2.0]], 1, "l1", "integers"),
        ([1, 2], 1, "l1", r"shape \(2,\)"),
        ([[2**61, 2]], 1, "squares", "take 126 bits; 124 are possible: use a coarser grid"),
    ],
)
def test_bad_input_is_refused_in_words(errors, most, norm, words):
    """Each with what was given or what is possible."""
    with pytest.raises(ProblemError, match=words):
        allocate(errors, most, norm=norm)


@pytest.mark.parametrize("norm", NORMS)
def test_no_rows_have_no_error(norm):
    """An empty layer is shared out, too."""
    found = allocate(np.zeros((0, 4), np.int64), 3, norm=norm)
    assert (found.value, found.sizes.tolist()) == (0, [])


@pytest.mark.parametrize("norm", SUMS)
def test_no_budget_needs_no_price(norm):
    """With more edges than there are, every weight has its best error, and an edge no price."""
    found = allocate([[5, 3, 3], [4, 6, 1]], 99, norm=norm)
    assert (found.sizes.tolist(), found.price) == ([1, 2], Fraction(0))


def assert_nothing_is_better(errors, most, norm, found):
    """Prove an allocation optimal from its price alone: no steps cheaper than its excess fit.

    Plainly and in Python ints: all reduced costs of all rows, and a dictionary from the number
    of edges to the least cost, which drops what costs as much as the excess.
    """
    p, q = found.price.numerator, found.price.denominator
    exact = errors.astype(object)
    costs = (exact * exact if norm == "squares" else exact) * q
    costs += np.array([p * size for size in range(errors.shape[1])], object)
    least = costs.min(axis=1)
    bound = Fraction(int(least.sum()) - p * most, q)
    assert bound == found.relaxed
    excess = (found.value - bound) * q
    stand = costs.argmin(axis=1)
    costs -= least[:, None]
    states = {int(stand.sum()): 0}
    for row in np.flatnonzero((costs < excess).sum(axis=1) > 1):
        before = dict(states)
        for size in np.flatnonzero(costs[row] < excess):
            for edges, cost in before.items():
                to, joined = edges + int(size - stand[row]), cost + costs[row, size]
                if joined < states.get(to, excess):
                    states[to] = joined
    assert all(
        cost + p * (most - edges) >= excess for edges, cost in states.items() if edges <= most
    )


@pytest.mark.slow
@pytest.mark.parametrize("norm", SUMS)
def test_two_hundred_thousand_rows_are_proven(norm):
    """Errors of 42 bits that fall unevenly, so that hulls leave gaps; each optimum proven anew."""
    rng = np.random.default_rng(8)
    falls = 2.0 ** -rng.integers(0, 4, (200_000, 22)).cumsum(axis=1)
    errors = (2.0**42 * falls * rng.random((200_000, 22))).astype(np.int64)
    errors[:, 1:4] = errors[:, :1]  # three edges gain nothing
    budgets = [300_001, 700_000]
    found = list(allocate_each(errors, budgets, norm=norm))
    assert any(allocation.value > allocation.relaxed for allocation in found)
    for most, allocation in zip(budgets, found, strict=True):
        assert int(allocation.sizes.sum()) <= most
        assert_nothing_is_better(errors, most, norm, allocation)


def test_plain_proof_rejects_what_is_not_optimal():
    """The slow test's proof is no rubber stamp: it fails for a choice one unit too dear."""
    errors = np.array([[10, 10, 0], [10, 10, 0], [9, 4, 3]])
    found = allocate(errors, 4, norm="l1")
    assert_nothing_is_better(errors, 4, "l1", found)
    with pytest.raises(AssertionError):
        assert_nothing_is_better(errors, 4, "l1", replace(found, value=found.value + 1))
