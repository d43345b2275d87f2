"""Subsets under every size rule: against brute force, whatever the tolerance is promised for."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth_opt.choosing import FINE, choose, placing_of, recomputed
from slth_opt.errors import GridError, ProblemError
from slth_opt.networks import dense_network
from slth_opt.size_rules import SizeRule
from slth_opt.tickets import build_ticket
from slth_opt.tolerances import inverse_root, layer_rule
from tests import naive
from tests.test_thin_pools import error, reals, thin

UNIT = 2**6


def rule(name, **facts):
    return SizeRule(rule=name, **facts)


def errors_of(choice):
    """Return the errors in sixty-fourths, exactly."""
    return [Fraction(int(e) * UNIT, 2**choice.exponent) for e in choice.error_units]


def check_errors(choice, pools, targets):
    due = [error(*row) for row in zip(pools, choice.masks, targets, strict=True)]
    assert errors_of(choice) == due
    return due


@given(thin(), st.integers(0, 6))
def test_exactly_k(drawn, size):
    """Each row keeps exactly k, the best of these, and says that it is proven."""
    pools, targets = drawn
    size = min(size, len(pools[0]))
    choice = choose(reals(pools), reals(targets), rule("exactly", size=size))
    due = [naive.profile(*row)[size] for row in zip(pools, targets, strict=True)]
    assert check_errors(choice, pools, targets) == due
    assert choice.proven
    assert (choice.masks.sum(axis=1) == size).all()


@given(thin())
def test_any_size(drawn):
    """Each row has the least error of all its subsets."""
    pools, targets = drawn
    choice = choose(reals(pools), reals(targets), rule("any"))
    due = [min(naive.profile(*row)) for row in zip(pools, targets, strict=True)]
    assert check_errors(choice, pools, targets) == due


@given(thin(), st.integers(0, 50))
def test_smallest_within_a_tolerance_or_else_nearest(drawn, allowed):
    """As few as the tolerance allows; where nothing is within it, the nearest of all."""
    pools, targets = drawn
    choice = choose(
        reals(pools), reals(targets), rule("smallest", tolerance=Fraction(allowed, UNIT))
    )
    reached = check_errors(choice, pools, targets)
    for pool, target, mask, err in zip(pools, targets, choice.masks, reached, strict=True):
        profile = naive.profile(pool, target)
        if min(profile) > allowed:
            assert err == min(profile)
        else:
            assert err <= allowed
            assert mask.sum() == next(k for k, least in enumerate(profile) if least <= allowed)


@given(thin(most_rows=3, most=4), st.integers(0, 12), st.sampled_from(["linf", "l1", "squares"]))
def test_a_budget_is_shared_out_best(drawn, most, norm):
    """Over all ways to give sizes to rows within the budget, the joint error is least."""
    pools, targets = drawn
    choice = choose(reals(pools), reals(targets), rule("budget", most=most, norm=norm))
    reached = check_errors(choice, pools, targets)
    join = {"linf": max, "l1": sum, "squares": lambda es: sum(e * e for e in es)}[norm]
    profiles = [naive.profile(*row) for row in zip(pools, targets, strict=True)]
    best = min(
        join([p[k] for p, k in zip(profiles, sizes, strict=True)])
        for sizes in product(range(len(pools[0]) + 1), repeat=len(pools))
        if sum(sizes) <= most
    )
    assert choice.masks.sum() <= most
    assert join(reached) == best


def test_weights_finer_than_any_grid_are_rounded():
    """A weight of 2^-90 beside one of 1/2 is rounded, products are not; the errors say so."""
    pools = np.ldexp(np.array([[3.0, 5.0], [7.0, -9.0]]), -46)
    targets = np.array([0.5, 2.0**-90])
    choice = choose(pools, targets, rule("any"))
    assert choice.rounded
    assert choice.exponent >= 46
    assert choice.masks.tolist() == [[True, True], [False, False]]
    assert choice.errors.tolist() == [0.5 - 2.0**-43, 0.0]


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1.0, 1e3, 1e12])
def test_rounding_leaves_room_for_all_sums(scale):
    """At any scale the rounding grid holds the sums, and is as fine as kernels have room for."""
    rng = np.random.default_rng(1)
    pools = rng.normal(size=(50, 20)) * scale
    targets = np.append(rng.normal(size=49) * scale, scale * 1e-40)
    placing = placing_of(pools, targets)
    reach = (np.abs(pools).sum(axis=1) + np.abs(targets)).max()
    assert placing["rounding"] == "nearest"
    assert 2.0 ** (FINE - 5) < reach * 2.0 ** placing["bits"] <= 2.0**FINE


def test_numbers_beyond_any_grid_are_refused():
    """Sums of more than 2^62 have no grid, not even a rounded one."""
    with pytest.raises(GridError, match="2\\^62"):
        choose(np.array([[1e30, 0.1]]), np.array([1e-3]), rule("any"))


def test_a_rounded_weight_is_best_to_within_a_unit():
    """Trained double-precision weights: the error is that of brute force but for rounding."""
    rng = np.random.default_rng(2)
    pools = np.rint(rng.uniform(-1, 1, (5, 8)) * 2**46) / 2**46
    targets = rng.normal(size=5) * np.array([1, 1e-3, 1e-9, 1e-15, 1e-25])
    choice = choose(pools, targets, rule("any"))
    assert choice.rounded
    for pool, target, found in zip(pools, targets, choice.errors, strict=True):
        exact = [Fraction(w) for w in pool.tolist()]
        best = min(naive.profile(exact, Fraction(float(target))))
        assert abs(Fraction(float(found)) - best) <= Fraction(1, 2**50)


@pytest.mark.parametrize("method", ["exact", "greedy", "draws", "swaps", "relaxed", "rounding"])
def test_more_than_there_are_is_refused(method):
    """Whoever chooses, exactly four of three candidates is impossible."""
    with pytest.raises(ProblemError, match="size 4 is impossible: every weight has 3 candidates"):
        choose(np.ones((2, 3)), np.ones(2), rule("exactly", size=4), method=method)


def test_a_rule_a_heuristic_does_not_know_is_refused():
    """The answer lists the rules it knows."""
    with pytest.raises(ProblemError, match="'golden' knows the size rules any, smallest, not"):
        choose(np.ones((1, 3)), np.ones(1), rule("exactly", size=1), method="golden")


def test_masks_are_added_up_again():
    """Whatever masks are given, the errors are theirs, row by row, over many chunks too."""
    pools, targets = np.array([[0.5, 0.25, 1.0]]), np.array([0.75])
    masks = np.array([[True, False, True]])
    assert recomputed(pools, targets, masks, proven=False).errors.tolist() == [0.75]


# Size rules.


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"rule": "some"}, "must be one of exactly, any, smallest, budget: 'some'"),
        ({"rule": "exactly"}, "'exactly' needs size"),
        ({"rule": "any", "size": 3}, "'any' takes no size"),
        ({"rule": "budget"}, "'budget' needs most"),
        ({"rule": "smallest"}, "'smallest' needs a tolerance"),
        ({"rule": "smallest", "tolerance": -1}, "must not be negative"),
        ({"rule": "smallest", "tolerance": float("nan")}, "finite"),
        ({"rule": "exactly", "size": 1.5}, "size"),
        ({"rule": "exactly", "size": -1}, "negative"),
        ({"rule": "any", "level": "neuron"}, "weight, layer, network: 'neuron'"),
        ({"rule": "any", "split": "rows"}, "entries, frobenius: 'rows'"),
    ],
)
def test_impossible_rules_are_refused(facts, said):
    """Each refusal says what was given and what is possible."""
    with pytest.raises((ProblemError, GridError), match=said):
        SizeRule(**facts)


# Tolerances.


def test_the_papers_split_a_tolerance_into_equal_entries():
    """As Natale et al. do: eps for a weight, eps/(d1 d2) of a layer, eps/(2 l d1 d2) of a net."""
    target = dense_network([np.ones((3, 4)), np.ones((2, 3))])
    eps = Fraction(1, 50)
    asked = rule("smallest", tolerance=eps)
    allowed = {
        level: [layer_rule(replace(asked, level=level), target, k).tolerance for k in range(2)]
        for level in ("weight", "layer", "network")
    }
    assert allowed == {
        "weight": [eps, eps],
        "layer": [eps / 12, eps / 6],
        "network": [eps / 4 / 12, eps / 4 / 6],
    }


def test_the_frobenius_rule_leaves_the_root():
    """Errors of eps / sqrt(d1 d2) in every entry have the Frobenius norm eps, and no more."""
    target = dense_network([np.ones((3, 5))])
    asked = rule("smallest", tolerance=Fraction(1, 10), level="layer", split="frobenius")
    allowed = layer_rule(asked, target, 0).tolerance
    assert 15 * allowed**2 <= Fraction(1, 100)
    assert float(allowed) == pytest.approx(0.1 / sqrt(15), rel=1e-15)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 10, 391, 397000])
def test_a_root_is_rounded_down_by_next_to_nothing(count):
    """1/sqrt(count) from below, and one step of 2^-60 higher is above."""
    root = inverse_root(count)
    assert count * root**2 <= 1 < count * (root + Fraction(1, 2**60)) ** 2


@pytest.mark.parametrize("split", ["entries", "frobenius"])
@pytest.mark.parametrize("level", ["weight", "layer", "network"])
def test_a_promised_tolerance_is_kept(level, split):
    """Without failures a layer's errors stay within its share: their sum, or Frobenius norm."""
    target = dense_network([np.full((2, 3), 0.25), np.full((1, 2), -0.25)])
    asked = rule("smallest", tolerance=Fraction(1, 4), level=level, split=split)
    ticket = build_ticket(target, "otsuka", n=18, seed=1, rule=asked)
    share = {"weight": None, "layer": Fraction(1, 4), "network": Fraction(1, 16)}[level]
    assert ticket.num_failures == 0
    for part in ticket.parts:
        errors = [Fraction(int(e), 2**part.choice.exponent) for e in part.choice.error_units]
        if share is None:
            assert max(errors) <= Fraction(1, 4)
        elif split == "entries":
            assert sum(errors) <= share
        else:
            assert sum(e * e for e in errors) <= share**2
