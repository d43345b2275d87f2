"""From a sum back to a subset that has it."""

from __future__ import annotations

from itertools import combinations

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt.errors import ClaimRejected
from slth_opt.recovery import subset_with_sum


@given(strategies.pools(most=8), st.data())
def test_the_sum_of_any_subset_leads_back_to_one_with_that_sum(weights, data):
    """Perhaps to another subset, but of the same sum and an allowed size."""
    n = len(weights)
    chosen = data.draw(st.sets(st.integers(0, n - 1)))
    fewest, most = data.draw(st.integers(0, len(chosen))), data.draw(st.integers(len(chosen), n))
    total = sum(weights[i] for i in chosen)
    found = subset_with_sum(weights, total, fewest=fewest, most=most)
    assert fewest <= len(set(found)) == len(found) <= most
    assert sum(weights[i] for i in found) == total


@given(strategies.pools(most=5, bits=(3,)), st.integers(0, 5), st.integers(-12, 12))
def test_it_says_so_exactly_when_no_subset_has_the_sum(weights, size, total):
    """Against every subset of that size."""
    exists = any(sum(s) == total for s in combinations(weights, size))
    if exists:
        assert len(subset_with_sum(weights, total, fewest=size, most=size)) == size
    else:
        with pytest.raises(ClaimRejected, match=f"no subset of {size}..{size} weights sums to"):
            subset_with_sum(weights, total, fewest=size, most=size)


def test_nothing_has_the_sum_zero():
    """The empty subset of an empty pool."""
    assert subset_with_sum([], 0, fewest=0, most=0) == ()


def test_numbers_far_beyond_an_int64_are_no_trouble():
    """Python integers all the way."""
    assert subset_with_sum([10**30, -(10**29), 1], 10**30 + 1, fewest=2, most=2) == (0, 2)
