"""Whole layers from profiles: against layer problems, naive tables, and laws; audits that bite."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from fractions import Fraction

import naive
import numpy as np
import pytest

from slth_opt import LayerBudget, profiles, solve
from slth_opt.backends import BACKENDS
from slth_opt.budgets import error_curve, fewest_edges, share_budget
from slth_opt.errors import ClaimRejected, GridError, ProblemError
from slth_opt.solving import why_not

NORMS = ("linf", "l1", "squares")
SUMS = ("l1", "squares")
EXACT = [b for b in BACKENDS if b.exact and "layer_budget" in b.takes]


def random_layer(seed, count=6, n=5, limit=40):
    """Draw integer pools and targets, with ties and zeros."""
    rng = np.random.default_rng(seed)
    pools = rng.integers(-limit, limit + 1, (count, n))
    return pools, rng.integers(-2 * limit, 2 * limit + 1, count)


def naive_value(errors, norm):
    if norm == "linf":
        return max(errors)
    return sum(errors) if norm == "l1" else sum(error * error for error in errors)


def naive_optima(pools, targets, norm):
    """Return the least joint error with at most k edges, for every k, in Python ints."""
    best = [0]
    for pool, target in zip(pools.tolist(), targets.tolist(), strict=True):
        row = naive.profile(pool, target)
        costs = [e * e for e in row] if norm == "squares" else row
        join = max if norm == "linf" else int.__add__
        new = [
            min(
                join(best[k - size], costs[size])
                for size in range(len(costs))
                if 0 <= k - size < len(best)
            )
            for k in range(len(best) + len(costs) - 1)
        ]
        best = new
    return [min(best[: k + 1]) for k in range(len(best))]


@pytest.mark.parametrize("norm", NORMS)
def test_every_budget_is_shared_out_best(norm):
    """Twenty layers, every budget from 0 to beyond the number of weights."""
    for seed in range(20):
        pools, targets = random_layer(seed)
        optima = naive_optima(pools, targets, norm)
        found = profiles(pools, targets)
        for most in range(len(optima) + 2):
            shares = share_budget(found, most, norm=norm)
            assert shares.value == optima[min(most, len(optima) - 1)]
            assert shares.is_optimal
            assert shares.edges <= most


@pytest.mark.parametrize("norm", NORMS)
def test_masks_have_the_errors_and_sizes_that_are_claimed(norm):
    """Added up in Python ints."""
    pools, targets = random_layer(99, count=30)
    shares = share_budget(profiles(pools, targets), 50, norm=norm)
    masks = shares.masks()
    errors = [
        abs(sum(w for w, x in zip(pool, mask, strict=True) if x) - target)
        for pool, mask, target in zip(pools.tolist(), masks.tolist(), targets.tolist(), strict=True)
    ]
    assert (masks.shape, masks.dtype) == ((30, 5), bool)
    assert masks.sum(axis=1).tolist() == shares.sizes.tolist()
    assert shares.error_units.tolist() == errors
    assert shares.errors.tolist() == errors
    assert shares.value == naive_value(errors, norm)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("backend", EXACT, ids=lambda backend: backend.name)
def test_every_exact_method_agrees_on_the_layer_problem(backend, norm):
    """Shares from profiles are the optimum of `LayerBudget`, whoever solves it."""
    asked = 0
    for seed in range(8):
        pools, targets = random_layer(seed, count=4, n=4)
        most = random.Random(seed).randint(0, 12)
        problem = LayerBudget(
            pools=tuple(map(tuple, pools.tolist())),
            targets=tuple(targets.tolist()),
            norm=norm,
            most=most,
        )
        if why_not(backend, problem) is None:
            shares = share_budget(profiles(pools, targets), most, norm=norm)
            assert solve(problem, backend).value == shares.value
            asked += 1
    assert asked == 8 or (norm == "squares" and backend.name != "profiles")


@pytest.mark.parametrize("norm", NORMS)
def test_looser_budget_never_hurts_and_beyond_all_weights_changes_nothing(norm):
    """Values fall; a budget above the number of weights is no budget."""
    found = profiles(*random_layer(4, count=10))
    values = [share_budget(found, most, norm=norm).value for most in range(54)]
    assert values == sorted(values, reverse=True)
    assert values[50:] == [values[50]] * 4


@pytest.mark.parametrize("norm", NORMS)
def test_permuting_weights_and_candidates_changes_no_value(norm):
    """Neither the order of the layer's weights nor that of a pool matters."""
    pools, targets = random_layer(7, count=12)
    order, inner = np.random.default_rng(1).permutation(12), np.random.default_rng(2).permutation(5)
    plain, mixed = profiles(pools, targets), profiles(pools[order][:, inner], targets[order])
    for most in range(0, 60, 7):
        expected = share_budget(plain, most, norm=norm).value
        assert share_budget(mixed, most, norm=norm).value == expected


@pytest.mark.parametrize("norm", NORMS)
def test_targets_that_share_a_pool_are_shared_out_as_if_they_did_not(norm):
    """Three targets of one pool are the layer with that pool three times."""
    pools, targets = random_layer(8, count=2)
    many = np.stack([targets, targets + 3, targets - 7], axis=1)
    alone = profiles(np.repeat(pools, 3, axis=0), many.reshape(-1))
    together = profiles(pools, many)
    for most in range(0, 30, 4):
        shares = share_budget(together, most, norm=norm)
        assert shares.value == share_budget(alone, most, norm=norm).value


def test_reals_are_shared_out_on_their_own_grid():
    """Targets on a finer grid than the pools; the value is exact in its own unit."""
    found = profiles(np.array([[0.5, 0.25], [1.0, -0.5]]), np.array([0.8125, 0.4375]))
    shares = share_budget(found, 2, norm="squares")
    summary = shares.summary()
    assert shares.errors.tolist() == [0.0625, 0.4375]
    assert summary["value_exact"] == summary["lower_bound_exact"] == "25/2^7"
    assert summary["value"] == 25 / 128
    assert (summary["largest_error_exact"], summary["sizes"]) == ("7/2^4", {"0": 1, "2": 1})


def test_summary_is_plain_json():
    """It survives a round trip, and says what was asked and what was proven."""
    summary = share_budget(profiles(*random_layer(3)), 9, norm="l1").summary()
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    asked = {key: summary[key] for key in ("weights", "candidates", "norm", "most", "optimal")}
    assert asked == {"weights": 6, "candidates": 5, "norm": "l1", "most": 9, "optimal": True}
    assert summary["rounded"] is False
    assert summary["true_value_low"] == summary["value"] == summary["true_value_high"]


@pytest.mark.parametrize("norm", NORMS)
def test_bracket_of_rounded_numbers_holds_the_true_value(norm):
    """The chosen subsets, added up as the fractions the floats are, lie in between."""
    rng = np.random.default_rng(5)
    pools, targets = rng.uniform(-1, 1, (20, 6)), rng.uniform(-1, 1, 20)
    shares = share_budget(profiles(pools, targets, rounding="nearest", bits=7), 35, norm=norm)
    true = [
        abs(sum(Fraction(w) for w, x in zip(pool, mask, strict=True) if x) - Fraction(target))
        for pool, mask, target in zip(
            pools.tolist(), shares.masks().tolist(), targets.tolist(), strict=True
        )
    ]
    low, high = shares.bracket
    assert low < naive_value(true, norm) < high
    assert low < shares.grid.real(shares.value) < high


def test_bracket_of_rounded_numbers_is_as_wide_as_rounding_can_be():
    """One weight and the target, each off by at most half of a unit."""
    shares = share_budget(profiles([[0.3]], [1.0], rounding="nearest", bits=1), 1)
    assert (shares.value, shares.bracket) == (1, (0, 1))


def test_fewest_edges_are_the_inverse_of_the_largest_error():
    """As a budget they buy the same error, one edge less buys more; naive tables agree."""
    for seed in range(30):
        pools, targets = random_layer(seed)
        found, optima = profiles(pools, targets), naive_optima(pools, targets, "linf")
        for tolerance in sorted({o + d for o in optima for d in (0, 0.5)}):
            shares = fewest_edges(found, tolerance)
            assert shares.edges == next(k for k, o in enumerate(optima) if o <= tolerance)
            assert shares.value == optima[shares.edges]
            assert (shares.most, shares.is_optimal) == (shares.edges, True)
            assert share_budget(found, shares.edges).value == shares.value


def test_first_weight_that_cannot_come_within_the_tolerance_is_named():
    """With its nearest error, and how many there are."""
    found = profiles([[1, 2], [1, 2], [4, 4]], [3, 9, 7])
    message = r"^row 1: no subset comes within 0\.5, the nearest is 6\.0 away; 2 of 3 rows"
    with pytest.raises(ProblemError, match=message):
        fewest_edges(found, 0.5)


@pytest.mark.parametrize("norm", NORMS)
def test_curve_at_chosen_budgets_is_what_sharing_each_gives(norm):
    """In the order they were asked."""
    pools, targets = random_layer(11)
    optima = naive_optima(pools, targets, norm)
    curve = error_curve(profiles(pools, targets), norm=norm, budgets=[7, 0, 40, 12])
    assert curve.edges.tolist() == [7, 0, 40, 12]
    assert curve.value_units.tolist() == [optima[k] for k in (7, 0, -1, 12)]


def test_curve_of_the_largest_error_has_every_fall():
    """Between two points of the curve nothing is gained."""
    pools, targets = random_layer(12)
    optima = naive_optima(pools, targets, "linf")
    curve = error_curve(profiles(pools, targets))
    falls = [k for k, o in enumerate(optima) if k == 0 or o < optima[k - 1]]
    assert (curve.edges.tolist(), curve.value_units.tolist()) == (falls, [optima[k] for k in falls])


@pytest.mark.parametrize("norm", SUMS)
def test_curve_of_a_sum_holds_optima(norm):
    """At every corner of the hulls, from no edges to the least sum there is."""
    pools, targets = random_layer(13)
    optima = naive_optima(pools, targets, norm)
    curve = error_curve(profiles(pools, targets), norm=norm)
    assert curve.value_units.tolist() == [optima[k] for k in curve.edges.tolist()]
    assert (curve.edges[0], curve.value_units[-1]) == (0, optima[-1])


def test_curve_of_squares_beyond_int64_is_exact():
    """Errors of 50 bits: their squares are Python ints, their values floats."""
    pools, targets = random_layer(14, limit=2**50)
    optima = naive_optima(pools, targets, "squares")
    found = profiles(pools, targets)
    for curve in (
        error_curve(found, norm="squares"),
        error_curve(found, norm="squares", budgets=[5]),
    ):
        assert curve.value_units.tolist() == [optima[k] for k in curve.edges.tolist()]
        assert curve.values.tolist() == [float(v) for v in curve.value_units.tolist()]


@pytest.mark.parametrize("norm", NORMS)
def test_budget_beyond_int64_is_no_budget(norm):
    """However large the number, it is only one."""
    found = profiles(*random_layer(15))
    enough = share_budget(found, 30, norm=norm).value
    assert share_budget(found, 10**30, norm=norm).value == enough
    curve = error_curve(found, norm=norm, budgets=[10**30, 30])
    assert (curve.edges.tolist(), curve.value_units.tolist()) == ([10**30, 30], [enough] * 2)


@pytest.mark.parametrize(
    ("budgets", "words"), [(7, "budgets must be given as a sequence, got 7"), ([3, -2], "got -2")]
)
def test_bad_budgets_of_a_curve_are_refused_in_words(budgets, words):
    """One number alone, and a negative one among others."""
    with pytest.raises(ProblemError, match=words):
        error_curve(profiles([[5, 3]], [8]), norm="l1", budgets=budgets)


def spoilt(found, **arrays):
    """Return profiles with some entries overwritten: ``name=(place, value)``."""
    copies = {}
    for name, (place, value) in arrays.items():
        copies[name] = getattr(found, name).copy()
        copies[name][place] = value
    return replace(found, **copies)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"error_units": ((2, 1), 0)}, "row 2 claims the error 0 with 1 weights"),
        ({"bits": ((2, 1), 3)}, "row 2 shows 2 weights where it claims 1"),
        ({"bits": ((2, 1), 2)}, "row 2 claims the error 1 with 1 weights, but its subset has 2"),
    ],
)
def test_profiles_that_lie_are_caught(norm, arrays, message):
    """An error too good, a subset of another size, and another subset of that size."""
    found = profiles([[5, 3], [5, 3], [7, 4]], [5, 3, 6])
    with pytest.raises(ClaimRejected, match=message):
        share_budget(spoilt(found, **arrays), 3, norm=norm)


def test_threshold_that_fewer_edges_beat_is_caught(monkeypatch):
    """The largest error is checked against the profiles, not taken from the search."""
    monkeypatch.setattr("slth_opt.knapsack.allocating.least_threshold", lambda errors, most: 3)
    with pytest.raises(ClaimRejected, match=r"^4 edges are enough for less than the error 3"):
        share_budget(profiles([[5, 3], [5, 3]], [8, 8]), 4)


@pytest.mark.parametrize(
    ("most", "norm", "words"),
    [
        (-1, "linf", "budget must not be negative, got -1"),
        (2.5, "l1", "budget"),
        (3, "l3", "norm must be one of linf, l1, squares, got 'l3'"),
    ],
)
def test_bad_budgets_are_refused_in_words(most, norm, words):
    """Before any work."""
    with pytest.raises(ProblemError, match=words):
        share_budget(profiles([[5, 3]], [8]), most, norm=norm)


@pytest.mark.parametrize(
    ("tolerance", "error", "words"),
    [(-1, ProblemError, "must not be negative, got -1"), (float("nan"), GridError, "finite")],
)
def test_bad_tolerances_are_refused_in_words(tolerance, error, words):
    """Negative ones, and no numbers."""
    with pytest.raises(error, match=words):
        fewest_edges(profiles([[5, 3]], [8]), tolerance)


def test_squares_that_take_too_many_bits_are_refused_with_a_remedy():
    """How many bits, how many there are, and what to do; the other norms are unharmed."""
    found = profiles([[2**60, 3]], [2**61])
    with pytest.raises(ProblemError, match="take 128 bits; 124 are possible: use a coarser grid"):
        share_budget(found, 1, norm="squares")
    assert share_budget(found, 1, norm="l1").value == 2**60


@pytest.mark.parametrize("norm", NORMS)
def test_layer_without_weights_has_no_error(norm):
    """Nothing to share, nothing wrong."""
    found = profiles(np.zeros((0, 3)), np.zeros(0))
    shares = share_budget(found, 4, norm=norm)
    assert (shares.value, shares.edges, shares.masks().shape) == (0, 0, (0, 3))
    assert shares.summary()["sizes"] == {}
    assert fewest_edges(found, 0).edges == 0
    assert error_curve(found, norm=norm).value_units.tolist() == [0]
