"""Bounds from multipliers: never above the truth, sharp where the relaxation is."""

from __future__ import annotations

from itertools import combinations

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import VectorSum
from slth_opt.errors import ProblemError
from slth_opt.kernels import weighing as kernel
from slth_opt.multipliers import (
    best_weights,
    bound_of,
    bounds_of_both,
    multiplier_bound,
    reduce_rows,
    whole_multipliers,
)

PAIR = VectorSum(rows=((4, 3, 0), (0, 3, 4)), targets=(10, 10), norm="linf", fewest=1, most=2)


def plain(function):
    """Return the uncompiled function, also where compiling is switched off."""
    return getattr(function, "py_func", function)


def keeping_to(problem, fixed):
    """Yield the error of every legal subset that keeps to some decisions."""
    for size in range(problem.fewest, problem.most + 1):
        for indices in combinations(range(problem.num_candidates), size):
            if all((j in indices) == bool(x) for j, x in fixed.items()):
                yield naive.error_of(problem, indices)


@st.composite
def partly_fixed(draw):
    """Draw a problem, multipliers, and decisions that some legal subset keeps to."""
    problem = draw(strategies.vector_sums(most=6))
    n, d = problem.num_candidates, len(problem.rows)
    size = draw(st.integers(problem.fewest, problem.most))
    legal = draw(st.permutations(range(n)))[:size]
    fixed = {j: int(j in legal) for j in draw(st.sets(st.integers(0, n - 1)))}
    weight = st.one_of(st.integers(-(2**40), 2**40), st.integers(-3, 3))
    return problem, draw(st.lists(weight, min_size=d, max_size=d)), fixed


@given(partly_fixed())
def test_no_multipliers_bound_above_the_best_error(drawn):
    """Any integers whatever, with and without decisions, against all subsets."""
    problem, multipliers, fixed = drawn
    assert multiplier_bound(problem, multipliers) <= naive.optimum(problem)
    assert multiplier_bound(problem, multipliers, fixed) <= min(keeping_to(problem, fixed))


@given(partly_fixed())
def test_the_bound_is_the_least_weighed_error_rounded_up(drawn):
    """The inner minimum is exact: it is that over all subsets, divided by the dual norm."""
    problem, y, fixed = drawn
    least = min(
        sum(
            w * (sum(row[j] for j in indices) - t)
            for w, row, t in zip(y, problem.rows, problem.targets, strict=True)
        )
        for size in range(problem.fewest, problem.most + 1)
        for indices in combinations(range(problem.num_candidates), size)
        if all((j in indices) == bool(x) for j, x in fixed.items())
    )
    norm = max(map(abs, y)) if problem.norm == "l1" else sum(map(abs, y))
    expected = 0 if norm == 0 else max(0, -(-least // norm))
    assert multiplier_bound(problem, y, fixed) == expected


@given(partly_fixed())
def test_both_bounds_of_a_candidate_are_those_with_it_fixed(drawn):
    """Left out and put in, for every free candidate; None where no legal subset is left."""
    problem, multipliers, fixed = drawn
    cut = reduce_rows(problem, multipliers)
    found = bounds_of_both(problem, cut, fixed)
    assert set(found) == set(range(problem.num_candidates)) - set(fixed)
    for j, both in found.items():
        for x in (0, 1):
            if both[x] is None:
                assert not list(keeping_to(problem, {**fixed, j: x}))
            else:
                assert both[x] == bound_of(problem, cut, {**fixed, j: x})


def test_a_bound_by_hand():
    """Both rows weigh 1: 20 - 6 - 4 = 10 over 2; without the middle one, 20 - 8 over 2."""
    assert multiplier_bound(PAIR, (-1, -1)) == 5
    assert multiplier_bound(PAIR, (-1, -1), {1: 0}) == 6


def test_only_proportions_matter():
    """A thousandfold of the multipliers has the same bound."""
    assert multiplier_bound(PAIR, (-1000, -2000)) == multiplier_bound(PAIR, (-1, -2))


def test_without_weight_the_bound_is_nought():
    """Multipliers of zero say nothing."""
    assert multiplier_bound(PAIR, (0, 0)) == 0


@pytest.mark.parametrize(
    ("multipliers", "fixed", "words"),
    [
        ((1,), {}, "2 rows need as many multipliers, got 1"),
        ((1, 0.5), {}, "multiplier 1 must be an integer"),
        ((1, 1), {3: 0}, r"candidates 0..2 can be fixed to 0 or 1, got 3: 0"),
        ((1, 1), {0: 2}, r"candidates 0..2 can be fixed to 0 or 1, got 0: 2"),
        ((1, 1), {0: 1, 1: 1, 2: 1}, "no legal selection keeps to 3 candidates chosen"),
        ((1, 1), {0: 0, 1: 0, 2: 0}, r"and 3 left out: allowed are 1..2"),
    ],
)
def test_what_makes_no_sense_is_refused(multipliers, fixed, words):
    """One clear line for each."""
    with pytest.raises(ProblemError, match=words):
        multiplier_bound(PAIR, multipliers, fixed)


@given(st.lists(st.floats(width=32), max_size=5))
def test_floats_become_integers_of_twenty_bits(weights):
    """The largest finite one is 2^20 in absolute value; what is not finite is 0."""
    whole = whole_multipliers(weights)
    finite = [abs(w) for w in weights if np.isfinite(w)]
    assert len(whole) == len(weights)
    assert max(map(abs, whole), default=0) == (2**20 if any(finite) else 0)
    assert all(m == 0 for m, w in zip(whole, weights, strict=True) if not np.isfinite(w))


def relaxed(problem):
    """Return the optimum over shares between 0 and 1, by HiGHS."""
    from scipy.optimize import linprog

    a, t = np.array(problem.rows, float), np.array(problem.targets, float)
    d, n = a.shape
    slack = np.eye(d) if problem.norm == "l1" else np.ones((d, 1))
    m = slack.shape[1]
    size = np.concatenate([np.ones(n), np.zeros(m)])
    found = linprog(
        np.concatenate([np.zeros(n), np.ones(m)]),
        A_ub=np.vstack([np.hstack([a, -slack]), np.hstack([-a, -slack]), size, -size]),
        b_ub=np.concatenate([t, -t, [problem.most, -problem.fewest]]),
        bounds=[(0, 1)] * n + [(0, None)] * m,
    )
    assert found.status == 0
    return found.fun


def drawn_problem(seed, n, d, norm, fewest, most):
    """Draw many rows of small integers, with zeros as of a ReLU."""
    rng = np.random.default_rng(seed)
    columns = rng.integers(-999, 1000, n)[:, None] * np.maximum(0, rng.integers(-9, 10, (n, d)))
    targets = rng.integers(-3000, 3000, d)
    return VectorSum(
        rows=tuple(map(tuple, columns.T.tolist())), targets=tuple(targets.tolist()), norm=norm,
        fewest=fewest, most=most,
    )  # fmt: skip


@pytest.mark.overflow
@pytest.mark.parametrize("norm", ["l1", "linf"])
@pytest.mark.parametrize(("fewest", "most"), [(0, 9), (0, 3), (5, 5), (6, 9)])
@pytest.mark.parametrize("d", [1, 3, 20])
def test_the_weights_found_reach_the_relaxation(d, fewest, most, norm):
    """In integers again, their bound is within a thousandth of the linear program's optimum."""
    for seed in range(5):
        problem = drawn_problem(seed, 9, d, norm, fewest, most)
        rows, goals = np.array(problem.rows), np.array(problem.targets)
        weights, shares = best_weights(
            rows, goals, [0.5] * 9, norm=norm, need=fewest, room=most
        )  # fmt: skip
        best = relaxed(problem)
        bound = multiplier_bound(problem, whole_multipliers(weights.tolist()))
        assert bound >= best * 0.999 - 1
        assert bound <= best + 1 + 1e-6 * best
        assert ((shares >= 0) & (shares <= 1)).all()


@pytest.mark.overflow
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 5))
def test_an_exchange_keeps_the_equations(seed, m, k):
    """Basic variables computed from the nonbasic ones are the same before and after."""
    rng = np.random.default_rng(seed)
    slopes, at = rng.uniform(1, 2, (m, k)), rng.normal(size=k)
    values = slopes @ at
    i, j = int(rng.integers(m)), int(rng.integers(k))
    after = slopes.copy()
    plain(kernel.exchange)(after, i, j)
    swapped, expected = at.copy(), values.copy()
    swapped[j], expected[i] = values[i], at[j]
    assert after @ swapped == pytest.approx(expected)


@pytest.mark.overflow
def test_the_step_goes_past_kinks_that_still_pay():
    """Rate -3, kinks worth 1, 1, 5 at distances 1, 2, 3: the third one turns it around."""
    column, values = np.array([-1.0, -1.0, -1.0]), np.array([1.0, 2.0, 3.0])
    below, above = np.array([-1.0, -1.0, -5.0]), np.zeros(3)
    low = np.full(3, -np.inf)
    step, met = kernel.longest_step(
        column, values, np.arange(3), low, -low, below, above, np.inf, -3.0
    )
    assert (step, met) == (3.0, 2)
