"""Pools with zeros, and pools that two sides share: as good as trying every subset."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth_opt.errors import ProblemError
from slth_opt.thin_pools import full_profiles, nearest_masks, smallest_masks
from slth_opt.tickets.pooled_sizes import choose_pooled
from tests import naive

UNIT = 2**6


@st.composite
def thin(draw, most_rows=5, most=6):
    """Draw pools with many zeros, some of nothing else, targets near and far: in sixty-fourths."""
    n = draw(st.integers(1, most))
    rows = draw(st.integers(1, most_rows))
    entry = st.one_of(st.just(0), st.integers(-40, 40))
    pools = draw(st.lists(st.lists(entry, min_size=n, max_size=n), min_size=rows, max_size=rows))
    targets = draw(st.lists(st.integers(-90, 90), min_size=rows, max_size=rows))
    return pools, targets


def reals(numbers):
    return np.array(numbers) / UNIT


def error(pool, mask, target):
    return abs(sum(w for w, kept in zip(pool, mask, strict=True) if kept) - target)


@given(thin(), st.integers(0, 6))
def test_a_fixed_size_is_filled_up_with_zeros(drawn, size):
    """Exactly so many are chosen, and no subset of as many is nearer, zeros counted."""
    pools, targets = drawn
    size = min(size, len(pools[0]))
    masks = nearest_masks(reals(pools), reals(targets), size=size)
    for pool, target, mask in zip(pools, targets, masks, strict=True):
        assert mask.sum() == size
        assert error(pool, mask, target) == naive.profile(pool, target)[size]


@given(thin())
def test_any_size_needs_no_zeros(drawn):
    """The nearest of all subsets, and no zero in it."""
    pools, targets = drawn
    masks = nearest_masks(reals(pools), reals(targets))
    assert not masks[np.array(pools) == 0].any()
    for pool, target, mask in zip(pools, targets, masks, strict=True):
        assert error(pool, mask, target) == min(naive.profile(pool, target))


@given(thin(), st.integers(0, 60))
def test_the_smallest_within_a_tolerance(drawn, tolerance):
    """As few as possible, the nearest of these, no zero; rows without one are named and empty."""
    pools, targets = drawn
    masks, missed = smallest_masks(
        reals(pools), reals(targets), tolerance=Fraction(tolerance, UNIT)
    )
    profiles = [naive.profile(*row) for row in zip(pools, targets, strict=True)]
    due = [next((s for s, e in enumerate(p) if e <= tolerance), None) for p in profiles]
    assert missed.tolist() == [row for row, size in enumerate(due) if size is None]
    for row, size in enumerate(due):
        assert masks[row].sum() == (size or 0)
        assert not masks[row][np.array(pools[row]) == 0].any()
        if size is not None:
            assert error(pools[row], masks[row], targets[row]) == profiles[row][size]


@given(thin())
def test_profiles_count_zeros_as_candidates(drawn):
    """For every size the least error of all subsets of that size, and a subset that has it."""
    pools, targets = drawn
    found = full_profiles(reals(pools), reals(targets))
    unit = 2**found.table.grid.exponent
    for row, (pool, target) in enumerate(zip(pools, targets, strict=True)):
        due = naive.profile(pool, target)
        assert [Fraction(int(e), unit) * UNIT for e in found.error_units[row]] == due
        for size, least in enumerate(due):
            mask = found.mask(row, size)
            assert (mask.sum(), error(pool, mask, target)) == (size, least)


@pytest.mark.parametrize("n", [62, 63, 64, 70])
def test_wide_pools_of_few_candidates(n):
    """Beyond 62 candidates a subset is no int64 any more; zeros at any place change nothing."""
    pool = [0] * n
    for at, weight in ((0, 20), (31, -7), (n - 2, 5), (n - 1, 33)):
        pool[at] = weight
    found = full_profiles(reals([pool]), reals([31]))
    few = naive.profile([20, -7, 5, 33], 31)
    due = [min(few[max(0, size - (n - 4)) : size + 1]) for size in range(n + 1)]
    assert (found.errors[0] * UNIT).tolist() == due
    for size in (1, 2, 5, n - 1, n):
        mask = found.mask(0, size)
        assert (mask.sum(), error(pool, mask, 31)) == (size, due[size])


def test_progress_reaches_the_last_row():
    """Groups of rows report together: the count only grows and ends at all rows."""
    told = []
    pools = np.array([[0.5, 0, 0.25], [0.5, 0.75, 0], [0.5, 0.5, 0.25], [1, 0, 0]])
    nearest_masks(
        pools, np.array([0.3, 0.4, 0.5, 0.6]), progress=lambda *counts: told.append(counts)
    )
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (4, 4)


# Two sides that share a size.


@st.composite
def sided(draw, most_rows=4, most=6):
    """Draw pools whose candidates each serve one side, now and then neither."""
    n = draw(st.integers(1, most))
    channel = st.tuples(st.integers(-40, 40), st.booleans())
    rows = draw(st.lists(st.lists(channel, min_size=n, max_size=n), min_size=1, max_size=most_rows))
    plus = [[w if side else 0 for w, side in row] for row in rows]
    minus = [[0 if side else w for w, side in row] for row in rows]
    targets = draw(st.lists(st.integers(-60, 60), min_size=len(rows), max_size=len(rows)))
    return plus, minus, targets


@given(sided(), st.integers(0, 6))
def test_two_sides_share_a_size_best(drawn, size):
    """Over all subsets of that size of all channels, the larger error of the sides is least."""
    plus, minus, targets = drawn
    n = len(plus[0])
    size = min(size, n)
    found = choose_pooled(reals(plus), reals(minus), reals(targets), size)
    for row, target in enumerate(targets):
        masks = [side[row] for side in found]
        assert sum(int(mask.sum()) for mask in masks) == size
        assert not (masks[0] & masks[1]).any()
        reached = max(error(plus[row], masks[0], target), error(minus[row], masks[1], target))
        assert reached == min(
            max(abs(sum(side[row][c] for c in chosen) - target) for side in (plus, minus))
            for chosen in combinations(range(n), size)
        )


def test_a_side_without_candidates_still_counts():
    """All channels on one side: the other's error is the whole target, whatever is chosen."""
    plus, minus = choose_pooled(np.array([[0.5, 0.25, 1.0]]), np.zeros((1, 3)), np.array([0.75]), 2)
    assert (plus.tolist(), minus.any()) == ([[True, True, False]], False)


def test_no_more_than_all_channels_can_be_shared():
    """A size beyond the pool is refused."""
    with pytest.raises(ProblemError, match="size 4 is impossible: both sides together have 3"):
        choose_pooled(np.ones((1, 3)), np.zeros((1, 3)), np.array([0.75]), 4)


def test_all_sign_patterns_of_a_small_pool():
    """Each way to give three channels to two sides, every size: against all subsets."""
    weights, target = (24, -9, 31), 20
    for sides in product((True, False), repeat=3):
        plus = [w if side else 0 for w, side in zip(weights, sides, strict=True)]
        minus = [0 if side else w for w, side in zip(weights, sides, strict=True)]
        for size in range(4):
            found = choose_pooled(reals([plus]), reals([minus]), reals([target]), size)
            reached = max(error(plus, found[0][0], target), error(minus, found[1][0], target))
            assert reached == min(
                max(abs(sum(pool[c] for c in chosen) - target) for pool in (plus, minus))
                for chosen in combinations(range(3), size)
            )
