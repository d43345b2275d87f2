"""Heuristics keep to their rule, repeat themselves, and are never better than the optimum."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth_opt.choosing import choose
from slth_opt.errors import ProblemError
from slth_opt.heuristics import HEURISTICS, draws, golden, heuristic_named, swaps
from slth_opt.size_rules import RULES, SizeRule
from tests import naive
from tests.test_thin_pools import error, reals, thin

NAMES = [heuristic.name for heuristic in HEURISTICS]
UNIT = 2**6


def rule_of(name, size=2, allowed=8):
    facts = {"exactly": {"size": size}, "smallest": {"tolerance": Fraction(allowed, UNIT)}}
    return SizeRule(rule=name, **facts.get(name, {}))


KNOWN = [
    pytest.param(heuristic.name, rule, id=f"{heuristic.name}-{rule}")
    for heuristic in HEURISTICS
    for rule in heuristic.rules
]


def chosen(name, rule, pools, targets, seed=1):
    rng = np.random.default_rng(seed)
    return choose(reals(pools), reals(targets), rule, method=name, rng=rng)


@pytest.mark.parametrize(("name", "rule"), KNOWN)
def test_rules_are_kept_and_errors_exact(name, rule):
    """Over random thin pools: the size is kept, errors are recomputed, none beats the optimum."""

    @given(thin(), st.integers(0, 6))
    def check(drawn, size):
        pools, targets = drawn
        size = min(size, len(pools[0]))
        choice = chosen(name, rule_of(rule, size), pools, targets)
        assert not choice.proven
        for row, (pool, target) in enumerate(zip(pools, targets, strict=True)):
            mask, profile = choice.masks[row], naive.profile(pool, target)
            reached = error(pool, mask, target)
            assert Fraction(int(choice.error_units[row]) * UNIT, 2**choice.exponent) == reached
            if rule == "exactly":
                assert mask.sum() == size
                assert reached >= profile[size]
            else:
                assert reached >= min(profile)

    check()


@pytest.mark.parametrize(("name", "rule"), KNOWN)
def test_the_same_generator_gives_the_same_subsets(name, rule):
    """Nothing is drawn but from the generator given."""
    rng = np.random.default_rng(2)
    pools, targets = rng.integers(-40, 40, (30, 9)), rng.integers(-60, 60, 30)
    one, other = (chosen(name, rule_of(rule), pools, targets) for _ in range(2))
    assert (one.masks == other.masks).all()


@pytest.mark.parametrize(
    ("name", "rule"), [known for known in KNOWN if known.values[0] not in ("draws", "relaxed")]
)
def test_rows_do_not_look_at_each_other(name, rule):
    """Without a stream of draws to share, a row alone gets the subset it has in a batch."""
    rng = np.random.default_rng(3)
    pools, targets = rng.integers(-40, 40, (20, 7)), rng.integers(-60, 60, 20)
    whole = chosen(name, rule_of(rule), pools, targets).masks
    for row in range(20):
        alone = chosen(name, rule_of(rule), pools[[row]], targets[[row]]).masks
        assert (alone[0] == whole[row]).all()


@pytest.mark.parametrize(("name", "rule"), KNOWN)
def test_empty_handed(name, rule):
    """Pools of nothing but zeros: the sum stays zero and the error is the target."""
    choice = chosen(name, rule_of(rule), [[0, 0, 0]], [24])
    assert choice.errors.tolist() == [24 / UNIT]


@pytest.mark.parametrize("name", [h.name for h in HEURISTICS if "smallest" in h.rules])
def test_nothing_is_added_within_the_tolerance(name):
    """A target within the tolerance keeps nothing; one just outside keeps one, which suffices."""
    choice = chosen(name, rule_of("smallest", allowed=8), [[5, 3], [5, 3]], [8, 9])
    assert choice.masks.sum(axis=1).tolist() == [0, 1]


@pytest.mark.parametrize("name", NAMES)
def test_rules_are_rules(name):
    """A heuristic knows some of the size rules, and says so by their names."""
    rules = heuristic_named(name).rules
    assert rules
    assert set(rules) <= set(RULES) - {"budget"}


def test_an_unknown_heuristic_is_answered_with_the_known_ones():
    """All names are listed."""
    with pytest.raises(ProblemError, match=", ".join(NAMES)):
        heuristic_named("nosuch")


# By hand. Numbers are sixty-fourths.


def kept(name, rule, pool, target):
    """Return the candidates chosen from one pool, in increasing order."""
    return sorted(np.array(pool)[chosen(name, rule, [pool], [target]).masks[0]].tolist())


ANY, TWO = SizeRule(rule="any"), SizeRule(rule="exactly", size=2)


def test_greedy_by_hand():
    """To 50: 40 leaves 10; of 7, 14 and -30 the nearest, 7, leaves 3; nothing improves on that."""
    assert kept("greedy", ANY, [40, 7, 14, -30], 50) == [7, 40]


def test_greedy_must_fill_its_size():
    """To 50 with two: 40 leaves 10, and 14 would leave -4, 7 leaves 3, so 7."""
    assert kept("greedy", TWO, [40, 7, 14, -30], 50) == [7, 40]
    assert kept("greedy", TWO, [50, -20, 30], 50) == [-20, 50]


def test_greedy_stops_within_the_tolerance():
    """From 50 off 40 is 10, which is allowed: no more is taken."""
    assert kept("greedy", rule_of("smallest", allowed=10), [40, 7], 50) == [40]


def test_swaps_leave_a_greedy_trap():
    """Greedy takes 9 of 10 and is stuck at 1; exchanging it for 6 and 4 is exact."""
    assert kept("greedy", ANY, [9, 6, 4], 10) == [9]
    assert kept("swaps", TWO, [9, 6, 4], 10) == [4, 6]


def test_swaps_end_where_no_exchange_helps():
    """No exchange of one kept for one left out, nor adding or dropping one or two, is better."""
    rng = np.random.default_rng(4)
    pools, targets = rng.integers(-40, 40, (40, 8)), rng.integers(-60, 60, 40)
    for rule in (ANY, SizeRule(rule="exactly", size=3)):
        masks = chosen("swaps", rule, pools, targets).masks
        for pool, target, mask in zip(pools.tolist(), targets.tolist(), masks, strict=True):
            least = error(pool, mask, target)
            for i in range(8):
                for j in range(8):
                    other = mask.copy()
                    other[i] ^= True
                    other[j] ^= i != j
                    if rule.size is None or other.sum() == rule.size:
                        assert error(pool, other, target) >= least


def test_swaps_in_parts_are_swaps(monkeypatch):
    """A few rows at a time give what all rows together give."""
    rng = np.random.default_rng(5)
    pools, targets = rng.integers(-40, 40, (50, 8)), rng.integers(-60, 60, 50)
    whole = chosen("swaps", ANY, pools, targets).masks
    monkeypatch.setattr(swaps, "CHUNK", 7 * 64)
    assert (chosen("swaps", ANY, pools, targets).masks == whole).all()


def test_golden_takes_one_of_each_window():
    """Windows of 64 shrink as 64, 39.6, 24.4, 15.1, 9.3, ...: 60 is passed, then 30, 12 and 5."""
    pool = [64, 60, 30, 28, 12, 10, 5]
    # 50 passes 64 and 60; 30 leaves 20 (28 is in the same window and too large); 12 leaves 8.
    assert kept("golden", ANY, pool, 50) == [5, 12, 30]


def test_golden_takes_only_the_sign_of_what_is_left():
    """A negative target is made of negative candidates, and never overshot."""
    assert kept("golden", ANY, [-20, 20, -9, 9, -4], -33) == [-20, -9, -4]
    assert kept("golden", ANY, [20, 9, 4], -33) == []


@given(thin())
def test_golden_windows_and_signs(drawn):
    """All chosen have the target's sign, no two in one window, and the sum stays on its side."""
    pools, targets = drawn
    masks = chosen("golden", ANY, pools, targets).masks
    for pool, target, mask in zip(pools, targets, masks, strict=True):
        taken = sorted((w for w, k in zip(pool, mask, strict=True) if k), key=abs, reverse=True)
        assert all(w * target > 0 for w in taken)
        assert abs(sum(taken)) <= abs(target)
        top = float(max(map(abs, pool)))
        for w in taken:
            while abs(w) <= top / golden.RATIO:
                top /= golden.RATIO
            assert abs(w) <= top  # in this window or in none that is left
            top /= golden.RATIO


def test_golden_stops_within_the_tolerance():
    """From 50, 30 and 12 leave 8: allowed, so 5 is not taken."""
    pool = [64, 60, 30, 28, 12, 10, 5]
    assert kept("golden", rule_of("smallest", allowed=8), pool, 50) == [12, 30]


def test_rounding_takes_neighbours():
    """Sorted, two of -30, 7, 14, 40 are neighbours with sums -23, 21, 54: nearest to 50 is 54."""
    assert kept("rounding", TWO, [40, 7, 14, -30], 50) == [14, 40]
    assert kept("rounding", TWO, [40, 7, 14, -30], 30) == [7, 14]


def test_rounding_is_next_to_the_relaxed_optimum():
    """A target between two neighbouring sums is off by at most half the step between them."""
    rng = np.random.default_rng(6)
    pools, targets = rng.integers(-40, 40, (40, 8)), rng.integers(-20, 20, 40)
    choice = chosen("rounding", SizeRule(rule="exactly", size=4), pools, targets)
    for pool, target, mask in zip(pools, targets, choice.masks, strict=True):
        ordered = np.sort(pool)
        sums = [int(ordered[i : i + 4].sum()) for i in range(5)]
        if sums[0] <= target <= sums[-1]:
            step = max(b - a for a, b in pairwise(sums))
            assert 2 * error(pool, mask, target) <= step


def test_draws_stop_at_the_first_within_the_tolerance():
    """With a tolerance that everything meets, the first draw is taken; without, the best of all."""
    rng = np.random.default_rng(7)
    pools, targets = rng.integers(-40, 40, (30, 8)), rng.integers(-20, 20, 30)
    loose = SizeRule(rule="any", tolerance=Fraction(100))
    first = np.random.default_rng(1).random((30, 8)) < 0.5
    assert (chosen("draws", loose, pools, targets).masks == first).all()
    mean = chosen("draws", ANY, pools, targets).errors.mean()
    assert mean < chosen("draws", loose, pools, targets).errors.mean() / 4


def test_draws_are_as_many_as_they_say():
    """The best of 200 uniform subsets of a generator, drawn here one by one."""
    pool, target = [13, -22, 35, 7, -5, 29], 11
    rng = np.random.default_rng(9)
    best = min(error(pool, (rng.random((1, 6)) < 0.5)[0], target) for _ in range(draws.MOST_DRAWS))
    choice = chosen("draws", ANY, [pool], [target], seed=9)
    assert choice.errors.tolist() == [best / UNIT]


@pytest.mark.slow
def test_gradients_find_small_optima():
    """From eight starts three in ten small pools are solved, and half of the error is gone."""
    rng = np.random.default_rng(8)
    pools, targets = rng.uniform(-1, 1, (200, 6)), rng.uniform(-0.5, 0.5, 200)
    found = choose(pools, targets, ANY, method="relaxed", rng=np.random.default_rng(1))
    best = choose(pools, targets, ANY)
    assert (found.errors == best.errors).mean() > 0.3
    empty = np.abs(targets).mean()
    assert found.errors.mean() < empty / 2
