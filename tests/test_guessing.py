"""The first guess: legal, the best window of neighbours, and honest when there is none."""

from __future__ import annotations

import naive
import pytest
import strategies
from hypothesis import given

from slth_opt import SmallestSubset, SubsetSum
from slth_opt.guessing import first_guess


def windows(problem):
    """List every run of neighbours in sorted order."""
    n = problem.num_candidates
    order = sorted(range(n), key=problem.weights.__getitem__)
    return [order[a : a + k] for k in range(n + 1) for a in range(n - k + 1)]


@given(strategies.problems())
def test_the_guess_is_legal(problem):
    """Every index once, in order, and the problem itself agrees."""
    guess = first_guess(problem)
    if guess is not None:
        assert list(guess) == sorted(set(guess))
        assert naive.value_of(problem, guess) is not None


@given(strategies.subset_sums(most=7) | strategies.smallest_subsets(most=7))
def test_no_window_of_neighbours_is_better(problem):
    """Bisection finds the best of all windows, or finds that none is legal."""
    values = [naive.value_of(problem, window) for window in windows(problem)]
    best = min((value for value in values if value is not None), default=None)
    guess = first_guess(problem)
    assert (None if guess is None else naive.value_of(problem, guess)) == best


@given(strategies.vector_sums())
def test_a_vector_sum_always_has_a_guess(problem):
    """Every size rule allows some subset."""
    assert first_guess(problem) is not None


@pytest.mark.parametrize(
    ("target", "expected"), [(-50, (1, 3)), (6, (1, 3)), (8, (2, 3)), (13, (0, 2)), (50, (0, 2))]
)
def test_the_guess_by_hand(target, expected):
    """Sorted 1 4 5 9: pairs of neighbours sum to 5, 9 and 14."""
    pool = SubsetSum(weights=(9, 1, 5, 4), target=target, fewest=2, most=2)
    assert first_guess(pool) == expected


def test_an_impossible_problem_has_no_guess():
    """The whole pool adds up to nine."""
    assert first_guess(SmallestSubset(weights=(3, 6), target=32, tolerance=1)) is None


def test_a_pool_of_thousands_is_guessed_at_once():
    """All sizes of a pool of five thousand: nothing here is quadratic."""
    pool = SubsetSum(weights=tuple(range(5000)), target=1234, fewest=0, most=5000)
    assert naive.value_of(pool, first_guess(pool)) == 0
