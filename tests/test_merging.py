"""Merges by a fixed network, against sorting."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest

from slth_opt.kernels import merging
from slth_opt.kernels.lanes import empty_rows

TYPES = (np.int32, np.int64)
each_type = pytest.mark.parametrize("dtype", TYPES, ids=lambda dtype: dtype.__name__)


def rows_of(values, dtype):
    """Return aligned rows that hold some values."""
    rows = empty_rows(len(values), dtype)
    rows[:] = values
    return rows


def lanes_of(dtype):
    """Return how many lanes a row has."""
    return 64 // np.dtype(dtype).itemsize


def merged(rng, count_a, count_b, dtype, spread):
    """Merge two random sorted lists; return what came out and what should have."""
    width = lanes_of(dtype)
    lists = rows_of(rng.integers(-spread, spread, (count_a + count_b + 5, width)), dtype)
    a, b = 1, count_a + 3  # neither at the front nor next to each other
    for start, count in ((a, count_a), (b, count_b)):
        lists[start : start + count] = np.sort(lists[start : start + count], axis=0)
    shifts = rows_of(rng.integers(-spread, spread, (3, width)), dtype)
    out = rows_of(np.full((count_a + count_b + 4, width), 99), dtype)
    merging.merge(out, 2, lists, a, count_a, 0, b, count_b, 2, shifts)
    both = np.concatenate([lists[a : a + count_a] + shifts[0], lists[b : b + count_b] + shifts[2]])
    expected = np.full_like(out, 99)
    expected[2 : 2 + len(both)] = np.sort(both, axis=0)
    return out, expected


LENGTHS = sorted({*range(1, 19), 24, 31, 32, 33, 47, 48, 49, 63, 64, 65, 70})


@each_type
@pytest.mark.parametrize("count_a", LENGTHS)
def test_merging_is_sorting(dtype, count_a):
    """Lists of any two lengths, each shifted: every lane sorted, nothing written outside."""
    rng = np.random.default_rng(count_a)
    for count_b in {*LENGTHS, *rng.integers(1, 71, 8).tolist()}:
        out, expected = merged(rng, count_a, count_b, dtype, int(rng.choice([3, 2**28])))
        assert np.array_equal(out, expected), (count_a, count_b)


@pytest.mark.overflow
@each_type
def test_short_merges_are_sorting(dtype):
    """The same, few lengths, for the uncompiled run."""
    rng = np.random.default_rng(0)
    for count_a, count_b in [(1, 1), (1, 2), (2, 1), (3, 5), (5, 3), (8, 8), (7, 9), (16, 1)]:
        out, expected = merged(rng, count_a, count_b, dtype, 2**28)
        assert np.array_equal(out, expected), (count_a, count_b)


@pytest.mark.slow
@each_type
def test_all_lengths_up_to_seventy_merge(dtype):
    """Every pair of lengths 1..70."""
    rng = np.random.default_rng(70)
    for count_a in range(1, 71):
        for count_b in range(1, 71):
            out, expected = merged(rng, count_a, count_b, dtype, 50)
            assert np.array_equal(out, expected), (count_a, count_b)


@each_type
@pytest.mark.parametrize(("count_a", "count_b"), [(924, 792), (1, 1023), (1024, 1024), (1025, 512)])
def test_long_lists_merge(dtype, count_a, count_b):
    """Binomials and powers of two, as in pools of twenty and more."""
    out, expected = merged(np.random.default_rng(9), count_a, count_b, dtype, 2**28)
    assert np.array_equal(out, expected)


@each_type
@pytest.mark.parametrize("count", [1, 2, 3, 5, 12, 31, 64, 100])
def test_a_bitonic_list_is_sorted_in_place(dtype, count):
    """Falling and then rising, of any length: the form in which a merge leaves its first level."""
    rng = np.random.default_rng(count)
    stride = max(1, 2 ** (count - 1).bit_length() // 2)
    for falling in {0, 1, count // 2, count - 1, count}:
        rows = rows_of(rng.integers(-50, 50, (count + 2, lanes_of(dtype))), dtype)
        inner = rows[1 : 1 + count]
        inner[:falling] = np.sort(inner[:falling], axis=0)[::-1]
        inner[falling:] = np.sort(inner[falling:], axis=0)
        expected = rows.copy()
        expected[1 : 1 + count] = np.sort(inner, axis=0)
        merging.sort_bitonic(rows, 1, count, stride)
        assert np.array_equal(rows, expected), falling


@pytest.mark.overflow
@each_type
@pytest.mark.parametrize(("num_weights", "most"), [(0, 0), (1, 1), (4, 4), (5, 2), (6, 6), (6, 0)])
def test_groups_hold_the_sorted_sums_of_every_size(dtype, num_weights, most):
    """Size by size and lane by lane against itertools; ties and zeros among the weights."""
    rng = np.random.default_rng(num_weights)
    weights = rng.integers(-4, 5, (num_weights, lanes_of(dtype)))
    shifts = rows_of(np.concatenate([weights, np.zeros((1, lanes_of(dtype)))]), dtype)
    starts, counts = merging.group_tables(num_weights, most)
    room = int(counts[-1].sum())
    even, odd = empty_rows(room, dtype), empty_rows(room, dtype)
    lists = merging.build_groups(shifts, 0, num_weights, num_weights, starts, counts, even, odd)
    for size in range(most + 1):
        start, count = starts[-1, size], counts[-1, size]
        for lane, pool in enumerate(weights.T.tolist()):
            sums = sorted(map(sum, combinations(pool, size)))
            assert lists[start : start + count, lane].tolist() == sums


@pytest.mark.parametrize(("num_weights", "most"), [(0, 0), (3, 2), (10, 10), (18, 4)])
def test_tables_of_groups_are_binomials(num_weights, most):
    """As many subsets as the binomials say, one group behind the other."""
    starts, counts = merging.group_tables(num_weights, most)
    for i in range(num_weights + 1):
        assert counts[i].tolist() == [comb(i, size) for size in range(most + 1)]
        assert starts[i].tolist() == [sum(counts[i, :size]) for size in range(most + 1)]
