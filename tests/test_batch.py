"""Arrays of problems: every row against the slow truth, one by one, and what bad rows get."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import nearest_subsets, profiles, smallest_subsets, solve
from slth_opt.batch import asking, singles, unpacked
from slth_opt.batch import rows as rows_module
from slth_opt.errors import BackendError, ClaimRejected, GridError, ProblemError
from slth_opt.kernels import lockstep
from slth_opt.tables import make_table

RULES = {
    "exactly": lambda n: n // 2,
    "none": lambda n: 0,
    "whole": lambda n: n,
    "at most": lambda n: (0, n // 2),
    "at least": lambda n: ((n + 1) // 2, n),
    "between": lambda n: (min(1, n), max(1, n - 1)),
    "any": lambda n: None,
}


def bounds(size, n):
    """Return the fewest and the most weights a size rule allows."""
    return (0, n) if size is None else size if isinstance(size, tuple) else (size, size)


def units(values, exponent):
    """Return numbers as Python ints in units of 2^-exponent; they must lie on that grid."""
    placed = [Fraction(v) * 2**exponent for v in np.asarray(values).reshape(-1).tolist()]
    assert all(p.denominator == 1 for p in placed)
    return [int(p) for p in placed]


def truth(pools, targets, exponent):
    """Return the naive profile of every row: pools, one for each target, on the targets' grid."""
    return [
        naive.profile(units(pool, exponent), units([target], exponent)[0])
        for pool, target in zip(pools, targets, strict=True)
    ]


def check_batch(found, pools, targets, size):
    """Hold every row of a batch against the slow truth."""
    exponent = found.table.grid.exponent
    low, high = bounds(size, len(pools[0]))
    for row, profile in enumerate(truth(pools, targets, exponent)):
        assert found.error_units[row] == min(profile[low : high + 1])
        chosen = found.indices(row)
        total = sum(units(pools[row], exponent)[i] for i in chosen)
        assert abs(total - units([targets[row]], exponent)[0]) == found.error_units[row]
        assert low <= len(chosen) == found.sizes[row] <= high


def draw_rows(rng, n, count, dtype):
    """Draw pools with ties, zeros, opposites and negatives, and targets on a finer grid."""
    spread = int(rng.choice([1, 3, 50, 2**20]))
    pools = rng.integers(-spread, spread + 1, (count, n))
    pools = np.where(rng.random((count, n)) < 0.2, pools[:, :1], pools)
    pools = np.where(rng.random((count, n)) < 0.1, -pools[:, :1], pools)
    targets = rng.integers(-2 * spread, 2 * spread + 1, count)
    if dtype == "int64":
        return pools, targets
    fractions = rng.choice([0, 0, 1 / 8, 3 / 8, 1 / 2, 5 / 8, 7 / 8], count)
    scale = 2.0**-20 if rng.random() < 0.5 else 1.0
    return (pools * scale).astype(dtype), ((targets + fractions) * scale).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("rule", RULES)
def test_every_row_has_the_best_subset(rule, dtype):
    """Pools of one to nine weights, one to forty rows, under every size rule."""
    rng = np.random.default_rng([len(rule), len(dtype)])
    for n in (1, 2, 3, 4, 5, 7, 9):
        pools, targets = draw_rows(rng, n, int(rng.integers(1, 41)), dtype)
        size = RULES[rule](n)
        check_batch(nearest_subsets(pools, targets, size=size), pools, targets, size)


@pytest.mark.overflow
@given(strategies.pools(most=6), st.data())
def test_a_row_of_any_magnitude_has_the_best_subset(weights, data):
    """From ties of three bits to 60 and 61 bits, where rows leave the lanes."""
    size = data.draw(strategies.size_ranges(len(weights)))
    aims = data.draw(st.lists(strategies.targets(weights), min_size=1, max_size=3))
    room = 2**62 - 2**23 - sum(map(abs, weights))  # a batch is a trifle stricter than a problem
    aims = [max(-room, min(room, aim)) for aim in aims]
    found = nearest_subsets(np.array(weights), np.array(aims), size=size, workers=1)
    check_batch(found, [weights] * len(aims), aims, size)


@pytest.mark.overflow
@pytest.mark.parametrize("rule", ["exactly", "any"])
def test_a_target_between_two_grid_points_is_told_from_its_neighbours(rule):
    """Every eighth from below the least to above the greatest sum, with ties at the halves."""
    pool = np.array([3.0, -2.0, 1.0, 1.0])
    targets = np.arange(-24, 49) / 8
    found = nearest_subsets(pool, targets, size=RULES[rule](4), workers=1)
    assert found.table.grid.shift == 3
    check_batch(found, [pool] * len(targets), targets, RULES[rule](4))


def test_targets_far_finer_than_the_pools_are_exact():
    """Fractions of 2^-50 beside one half decide, although no float32 could tell."""
    tiny = 2.0**-50
    targets = np.array([0.5 - tiny, 0.5, 0.5 + tiny, tiny, 1 - tiny])
    found = nearest_subsets(np.array([0.0, 1.0]), targets, size=1)
    assert found.error_units.tolist() == [2**49 - 1, 2**49, 2**49 - 1, 1, 1]
    assert [found.indices(row) for row in (0, 2, 3, 4)] == [(0,), (1,), (0,), (1,)]


LAYOUTS = {
    "own pools": ((7, 5), (7,), lambda row: row),
    "one pool": ((5,), (40,), lambda row: 0),
    "targets in rows": ((6, 5), (6, 7), lambda row: row // 7),
    "one row of targets": ((1, 5), (1, 33), lambda row: 0),
    "a column of targets": ((20, 5), (20, 1), lambda row: row),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_pools_may_be_shared(layout):
    """Which pool a target asks: its own, the only one, or that of its row."""
    pool_shape, target_shape, owner = LAYOUTS[layout]
    rng = np.random.default_rng(len(layout))
    pools, targets = rng.integers(-50, 50, pool_shape), rng.integers(-99, 99, target_shape)
    flat = targets.reshape(-1)
    own = [np.atleast_2d(pools)[owner(row)] for row in range(len(flat))]
    check_batch(nearest_subsets(pools, targets, size=(1, 3)), own, flat, (1, 3))


@pytest.mark.parametrize("length", [1, 5, 16, 100])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_where_the_rows_are_cut_changes_nothing(monkeypatch, length, layout):
    """Chunks of any length, also across the targets of one pool: the same answers."""
    pool_shape, target_shape, _ = LAYOUTS[layout]
    rng = np.random.default_rng(length)
    pools, targets = rng.integers(-50, 50, pool_shape), rng.integers(-99, 99, target_shape)
    whole = nearest_subsets(pools, targets, size=2)
    cuts = [(i, min(i + length, targets.size)) for i in range(0, targets.size, length)]
    monkeypatch.setattr(rows_module, "_chunks", lambda *how: iter(cuts))
    cut = nearest_subsets(pools, targets, size=2, workers=2)
    assert np.array_equal(whole.error_units, cut.error_units)
    assert np.array_equal(whole.masks, cut.masks)


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 15, 16, 17, 31, 33])
@pytest.mark.parametrize("spread", [50, 2**40])
def test_rows_need_not_fill_a_register(count, spread):
    """One row fewer or more than 8 or 16: all are answered, none twice."""
    rng = np.random.default_rng(count)
    pools, targets = rng.integers(-spread, spread, (count, 4)), rng.integers(-spread, spread, count)
    check_batch(nearest_subsets(pools, targets, size=2), pools, targets, 2)


SHAPES = [((0, 5), (0,)), ((5,), (0,)), ((3, 5), (3, 0)), ((0, 5), (0, 4)), ((0, 40), (0,))]


@pytest.mark.parametrize(("pool_shape", "target_shape"), SHAPES)
@pytest.mark.parametrize("dtype", [np.float64, np.int64])
def test_no_row_is_an_empty_batch(pool_shape, target_shape, dtype):
    """Nothing asked, nothing answered, in arrays of the right width."""
    pools, targets = np.zeros(pool_shape, dtype), np.zeros(target_shape, dtype)
    n = pool_shape[-1]
    found = nearest_subsets(pools, targets, size=2)
    assert (found.masks.shape, found.errors.shape) == ((0, n), (0,))
    assert profiles(pools, targets).errors.shape == (0, n + 1)
    smallest = smallest_subsets(pools, targets, tolerance=1)
    assert (smallest.sizes.shape, smallest.batch.masks.shape) == ((0,), (0, n))


@pytest.mark.overflow
@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_a_profile_has_the_best_error_of_every_size(dtype):
    """Size by size against itertools; each mask has its size and its error."""
    rng = np.random.default_rng(len(dtype))
    for n in (1, 2, 5, 6):
        pools, targets = draw_rows(rng, n, 9, dtype)
        found = profiles(pools, targets, workers=1)
        exponent = found.table.grid.exponent
        assert found.error_units.tolist() == truth(pools, targets, exponent)
        for row in range(9):
            for size in range(n + 1):
                mask = found.mask(row, size)
                total = sum(units(pools[row], exponent)[i] for i in mask.nonzero()[0])
                assert (mask.shape, mask.sum()) == ((n,), size)
                error = abs(total - units([targets[row]], exponent)[0])
                assert error == found.error_units[row, size]


@pytest.mark.overflow
@pytest.mark.parametrize("tolerance", [0, 0.3, 1, 5, 10**30])
def test_the_smallest_subset_within_a_tolerance(tolerance):
    """Its size, the best error of that size, or the proof that there is none."""
    rng = np.random.default_rng(int(tolerance) % 7)
    for n in (1, 3, 6):
        pools, targets = draw_rows(rng, n, 20, "float64")
        found = smallest_subsets(pools, targets, tolerance=tolerance, workers=1)
        exponent = found.batch.table.grid.exponent
        limit = Fraction(tolerance) * 2**exponent
        for row, profile in enumerate(truth(pools, targets, exponent)):
            size = next((k for k, error in enumerate(profile) if error <= limit), -1)
            assert found.sizes[row] == size
            assert found.batch.masks[row].sum() == max(0, size)
            assert found.batch.error_units[row] == (-1 if size < 0 else profile[size])


def test_rows_that_are_done_leave_the_others_their_pools():
    """Two hundred rows of small numbers, done at sizes 0 to 6 or never, in no order."""
    rng = np.random.default_rng(6)
    pools, targets = rng.integers(1, 9, (200, 6)), rng.integers(0, 50, 200)
    found = smallest_subsets(pools, targets, tolerance=0)
    expected = [
        next((k for k, error in enumerate(profile) if error == 0), -1)
        for profile in truth(pools, targets, 0)
    ]
    assert found.sizes.tolist() == expected
    assert set(expected) == {-1, *range(7)}
    sums = (pools * found.batch.masks).sum(axis=1)
    assert np.array_equal(sums[found.sizes >= 0], targets[found.sizes >= 0])


def test_without_a_subset_there_is_no_error():
    """A row that no subset satisfies has the error NaN, not a small negative one."""
    found = smallest_subsets(np.array([0.5, 0.25]), np.array([0.75, 9.0]), tolerance=0.1)
    assert found.sizes.tolist() == [2, -1]
    assert np.isnan(found.batch.errors).tolist() == [False, True]
    assert np.isnan(found.batch.brackets).tolist() == [[False, True]] * 2


def test_sizes_are_not_tried_on_rows_that_are_done(monkeypatch):
    """Each size is asked of the rows still open, and of no other."""
    asked = []
    real = asking.solve_rows

    def solve_rows(table, **options):
        asked.append((table.fewest, table.rows.tolist()))
        return real(table, **options)

    monkeypatch.setattr(asking, "solve_rows", solve_rows)
    pools = np.array([[1, 2, 4]] * 4)
    smallest_subsets(pools, np.array([7, 0, 3, 4]), tolerance=0)
    assert asked == [(0, [0, 1, 2, 3]), (1, [0, 2, 3]), (2, [0, 2]), (3, [0])]


LIMITS = [
    (2**29 - 2, ["int32"]),
    (2**29 - 1, ["int64"]),
    (2**60 - 2, ["int64"]),
    (2**60 - 1, []),
    (2**61, []),
]


@pytest.mark.overflow
@pytest.mark.parametrize(("reach", "lanes"), LIMITS)
@pytest.mark.parametrize("signs", [(1, 1, 1, 1), (-1, 1, -1, 1), (-1, -1, -1, -1), (1, 0, 0, -1)])
def test_the_lanes_are_as_wide_as_the_numbers_need(monkeypatch, reach, lanes, signs):
    """Up to sum(|w|) + |t| = 2^29 - 2 and 2^60 - 2, and not one unit more."""
    used = []
    real = lockstep.make_workspace
    monkeypatch.setattr(
        lockstep, "make_workspace", lambda plan, dtype: used.append(dtype.name) or real(plan, dtype)
    )
    share = reach // 4
    pool = [share * sign for sign in signs[:3]]
    target = (reach - sum(map(abs, pool))) * (signs[3] or 1)
    assert sum(map(abs, pool)) + abs(target) == reach
    for size in (None, 1, 2):
        used.clear()
        found = nearest_subsets(np.array([pool]), np.array([target]), size=size, workers=1)
        check_batch(found, [pool], [target], size)
        assert used == lanes


def test_one_large_row_does_not_slow_its_neighbours(monkeypatch):
    """Only the row that no lane can hold is solved one by one."""
    one_by_one = []
    real = rows_module.solve_row
    monkeypatch.setattr(
        rows_module,
        "solve_row",
        lambda table, row, *rest: one_by_one.append(row) or real(table, row, *rest),
    )
    rng = np.random.default_rng(3)
    pools, targets = rng.integers(-99, 99, (40, 4)), rng.integers(-99, 99, 40)
    pools[7] = 2**58, -(2**59), 3, 2**59
    pools[23] *= 2**53
    targets[23] = 2**60 + 1
    check_batch(nearest_subsets(pools, targets, size=2), pools, targets, 2)
    assert one_by_one == [7, 23]


@pytest.mark.parametrize("spread", [30, 2**23, 2**50])
@pytest.mark.parametrize("n", [11, 16, 21, 26])
def test_lanes_and_backends_find_the_same(monkeypatch, n, spread):
    """The lock-step kernels and the backends, on the same rows, sizes and profiles."""
    rng = np.random.default_rng([n, spread])
    pools, targets = rng.integers(-spread, spread, (9, n)), rng.integers(-spread, spread, 9)
    rules = (n // 2, (2, 4), None)
    in_lanes = [nearest_subsets(pools, targets, size=s).error_units for s in rules]
    profile = profiles(pools, targets).error_units
    monkeypatch.setattr(rows_module, "MOST_LANE_CANDIDATES", 0)
    alone = [nearest_subsets(pools, targets, size=s).error_units for s in rules]
    assert all(map(np.array_equal, in_lanes, alone))
    assert np.array_equal(profile, profiles(pools, targets).error_units)


@pytest.mark.parametrize("n", [36, 37, 62, 63, 64, 65, 200])
def test_pools_of_any_length_are_answered(n):
    """Past the lanes, past the bits of an int64: a planted pair is found, as mask and indices."""
    rng = np.random.default_rng(n)
    pools = rng.integers(2**40, 2**41, (2, n))
    targets = np.array([pools[0, n - 1] + pools[0, 0], pools[1, n - 2] + pools[1, n - 1]])
    found = nearest_subsets(pools, targets, size=2)
    assert [found.indices(0), found.indices(1)] == [(0, n - 1), (n - 2, n - 1)]
    assert (found.masks.shape, found.masks.dtype) == ((2, n), bool)
    assert found.error_units.tolist() == [0, 0]
    smallest = smallest_subsets(pools, targets, tolerance=0)
    assert smallest.sizes.tolist() == [2, 2]
    assert np.array_equal(smallest.batch.masks, found.masks)


def test_all_of_a_hundred_weights():
    """A mask of a hundred ones does not fit an int64."""
    found = nearest_subsets(np.ones((1, 100)), np.array([97.0]), size=100)
    assert (found.masks.all(), found.error_units.tolist()) == (True, [3])


@pytest.mark.parametrize("n", [38, pytest.param(66, marks=pytest.mark.slow)])
def test_a_long_pool_has_a_profile(n):
    """Ones and one large weight: the error of every size is plain."""
    pool = np.ones(n, np.int64)
    pool[n - 1] = 1000
    found = profiles(pool, np.array([1005]))
    sizes = np.arange(n + 1)
    expected = np.minimum(np.abs(1005 - (999 + sizes)), np.where(sizes < n, 1005 - sizes, 9999))
    expected[0] = 1005
    assert found.error_units[0].tolist() == expected.tolist()
    assert [found.mask(0, k).sum() for k in range(n + 1)] == list(range(n + 1))
    assert found.mask(0, 6)[n - 1]


@pytest.mark.parametrize("n", [62, 63, 64, 130])
def test_subsets_of_any_length_become_masks(n):
    """Bits beyond those of an int64, first and last among them."""
    numbers = [0, 1, 2 ** (n - 1), 2**n - 1, 5 << (n - 3)]
    subsets = np.array(numbers, np.int64 if n <= 62 else object)
    expected = [[bool(bits >> i & 1) for i in range(n)] for bits in numbers]
    assert unpacked(subsets, n).tolist() == expected


@pytest.mark.parametrize("n", [5, 38])
def test_a_tolerance_beyond_all_sums_takes_no_weight(n):
    """However large: no subset needs a weight, in the batch and as a problem of its own."""
    found = smallest_subsets(np.arange(n), np.array([10**9]), tolerance=10**40)
    assert found.sizes.tolist() == [0]
    assert solve(found.problem(0)).size == 0


def test_a_long_pool_has_a_smallest_subset_or_none():
    """Beyond the lanes: the smallest size, the nearest subset of it, or the proof of none."""
    pool = np.array([64] * 30 + [10, 9, 7] + [200] * 5)
    targets = np.array([18, 0, 71, 10**6])
    found = smallest_subsets(pool, targets, tolerance=2)
    assert found.sizes.tolist() == [2, 0, 2, -1]
    assert [set(pool[list(found.batch.indices(row))].tolist()) for row in (0, 2)] == [
        {10, 9} if found.batch.error_units[0] == 1 else {10, 7},
        {64, 7},
    ]
    assert found.batch.error_units.tolist() == [1, 0, 0, -1]


def test_small_sizes_in_order_find_what_asking_for_the_smallest_finds(monkeypatch):
    """Rows of 38 weights that take 0 to 6, twenty, or cannot be met, both ways."""
    rng = np.random.default_rng(38)
    pools = rng.integers(-(2**20), 2**20, (9, 38))
    pools[6:] = [64] * 30 + [10, 9, 7] + [200] * 5
    targets = np.array([*(rng.integers(-(2**20), 2**20, 5) | 1), 0, 64 * 20 + 9, 18, 10**9])
    tolerances = (0, 2, 2000)
    in_order = [smallest_subsets(pools, targets, tolerance=t) for t in tolerances]
    monkeypatch.setattr(singles, "MOST_PARTS", 0)
    for found, tolerance in zip(in_order, tolerances, strict=True):
        at_once = smallest_subsets(pools, targets, tolerance=tolerance)
        assert found.sizes.tolist() == at_once.sizes.tolist()
        assert found.batch.error_units.tolist() == at_once.batch.error_units.tolist()
    sizes = set(np.concatenate([found.sizes for found in in_order]).tolist())
    assert {-1, 0, 2} < sizes
    assert max(sizes) > 6 > sorted(sizes - {-1, 0, 2})[0]


def test_the_best_of_a_profile_is_the_best_of_any_size():
    """Five hundred rows of fourteen weights, two ways."""
    rng = np.random.default_rng(14)
    pools, targets = rng.normal(size=(500, 14)).astype(np.float32), rng.normal(size=500)
    targets = targets.astype(np.float32)
    by_size = profiles(pools, targets, rounding="nearest", bits=30)
    any_size = nearest_subsets(pools, targets, rounding="nearest", bits=30)
    assert np.array_equal(by_size.error_units.min(axis=1), any_size.error_units)
    for low, high in [(3, 3), (0, 5), (7, 14)]:
        some = nearest_subsets(pools, targets, size=(low, high), rounding="nearest", bits=30)
        assert np.array_equal(by_size.error_units[:, low : high + 1].min(axis=1), some.error_units)


def test_choosing_is_leaving_out():
    """k near t, or n - k near the sum of all less t: the same errors, size by size."""
    rng = np.random.default_rng(15)
    pools, targets = rng.integers(-(2**30), 2**30, (300, 13)), rng.integers(-(2**30), 2**30, 300)
    chosen, left_out = profiles(pools, targets), profiles(pools, pools.sum(axis=1) - targets)
    assert np.array_equal(chosen.error_units, left_out.error_units[:, ::-1])


def test_workers_and_the_order_of_rows_change_nothing():
    """One thread or two, rows and weights shuffled: the same errors, row by row."""
    rng = np.random.default_rng(16)
    pools, targets = rng.integers(-(2**22), 2**22, (9000, 8)), rng.integers(-(2**22), 2**22, 9000)
    one = nearest_subsets(pools, targets, size=4, workers=1)
    two = nearest_subsets(pools, targets, size=4, workers=2)
    assert np.array_equal(one.masks, two.masks)
    assert np.array_equal(one.error_units, two.error_units)
    order = rng.permutation(9000)
    shuffled = nearest_subsets(pools[order][:, ::-1], targets[order], size=4)
    assert np.array_equal(one.error_units[order], shuffled.error_units)


def test_a_row_is_a_problem_of_its_own():
    """What `solve` says of it is what the batch said, under all three questions."""
    rng = np.random.default_rng(17)
    pools, targets = draw_rows(rng, 6, 12, "float64")
    found, by_size = nearest_subsets(pools, targets, size=3), profiles(pools, targets)
    smallest = smallest_subsets(pools, targets, tolerance=0.25)
    for row in (0, 5, -1):
        assert solve(found.problem(row)).value == found.error_units[row]
        assert solve(by_size.problem(row, 2)).value == by_size.error_units[row, 2]
        result = solve(smallest.problem(row))
        assert (result.size if not result.infeasible else -1) == smallest.sizes[row]
    with pytest.raises(IndexError):
        found.problem(12)


BAD_ROWS = [
    # pools, targets, what is said of them
    ([[1.0, 2.0], [1.0, math.nan]], [1, 2], "pools, row 1, column 1: nan is not finite"),
    ([1.0, math.nan], [1, 2], "pools, row 0, column 1: nan is not finite"),
    ([[1.0, 2.0]] * 3, [1, 2, math.inf], "targets, row 2: inf is not finite"),
    ([[1, 2]] * 4, [[1], [2], [-math.inf], [3]], "targets, row 2: -inf is not finite"),
    ([[1, 2], [2**62, 1]], [1, 2], "pools, row 1: the numbers add up to about 2^62 units"),
    ([[1, 2]] * 3, [1, 2, -(2**62)], "targets, row 2: the numbers add up to about 2^62"),
    ([[1, 2], [2**61, 1]], [1, 2**61], "row 1: pool and target together add up to 2^62"),
    ([[4.0, 2.0]] * 3, [2.0**-70, 1, 2], "targets, row 0 needs so fine a unit"),
    ([[4.0, 2.0], [2.0**-70, 1.0]], [1, 2], "pools, row 1 needs so fine a unit"),
    ([[1, 2], [1e300, 1]], [1, 2], "pools, row 1: the numbers add up to about 2^997"),
    ([[1.0] * 40, [2.0**61] + [1.0] * 39], [1, 2.0**61], "row 1: pool and target together"),
    ([[1.0] * 40, [2.0**40] * 40], [1, 2.0**-20], "row 1: pool and target together"),
]


@pytest.mark.parametrize(("pools", "targets", "message"), BAD_ROWS)
@pytest.mark.parametrize("ask", [nearest_subsets, profiles, smallest_subsets])
def test_a_row_that_cannot_be_placed_is_named(monkeypatch, pools, targets, message, ask):
    """By its number, in one line, and before any row is solved."""
    monkeypatch.setattr(asking, "solve_rows", lambda *args, **options: pytest.fail("solved"))
    options = {"tolerance": 1} if ask is smallest_subsets else {}
    with pytest.raises(GridError) as refused:
        ask(pools, targets, **options)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_row_that_is_too_large_is_found_in_a_later_chunk(monkeypatch):
    """Rows are counted through all chunks, and through the targets of every pool."""
    monkeypatch.setattr("slth_opt.tables.CHUNK", 8)
    pools, targets = np.ones((50, 2), np.int64), np.ones((50, 3), np.int64)
    targets[40, 1] = 2**62
    with pytest.raises(GridError, match="targets, row 121: "):
        nearest_subsets(pools, targets)
    pools[33, 1] = 2**62
    with pytest.raises(GridError, match="pools, row 33: "):
        nearest_subsets(pools, targets)


def test_too_fine_a_rounding_is_refused():
    """A row that does not fit the bits asked for is named too."""
    with pytest.raises(GridError, match=r"pools, row 1: .* round to fewer bits"):
        nearest_subsets([[0.1], [9.0]], [1, 1], rounding="nearest", bits=60)


MISMATCHED = [((3, 2), (2,)), ((3, 2), (2, 3)), ((2,), (2, 2)), ((2, 2, 2), (2,)), ((2,), ())]


@pytest.mark.parametrize(("pools", "targets"), [*MISMATCHED, ((), (3,)), ((), (3, 3)), ((), ())])
def test_shapes_that_do_not_match_are_refused(pools, targets):
    """Both shapes are said, and which pairs are possible."""
    with pytest.raises(ProblemError, match=r"do not match: give \(N, n\)") as refused:
        nearest_subsets(np.ones(pools), np.ones(targets))
    assert f"pools of shape {pools} and targets of shape {targets}" in str(refused.value)


@pytest.mark.parametrize("pools", [np.zeros((3, 0)), np.zeros(0)])
def test_empty_pools_are_refused(pools):
    """There is nothing to choose from."""
    with pytest.raises(ProblemError, match="the pools are empty"):
        nearest_subsets(pools, np.zeros(3))


@pytest.mark.parametrize("workers", [0, -1, 1.5, True])
@pytest.mark.parametrize("n", [3, 40])
def test_workers_must_be_a_number(workers, n):
    """Zero is not all, and one and a half is none."""
    with pytest.raises(BackendError, match="workers must be an integer >= 1"):
        nearest_subsets(np.ones((2, n)), np.ones(2), size=1, workers=workers)


@pytest.mark.parametrize("tolerance", [-1, -1e-300, math.nan, math.inf, "a"])
def test_a_tolerance_must_not_be_negative(tolerance):
    """Nor infinite, nor anything but a number."""
    with pytest.raises(ProblemError, match="tolerance"):
        smallest_subsets(np.ones((2, 3)), np.ones(2), tolerance=tolerance)


@pytest.mark.parametrize("size", [4, -1, (2, 1), (0, 4), 1.5, "all"])
def test_a_size_no_pool_has_is_refused(size):
    """Three weights allow 0..3."""
    with pytest.raises(ProblemError, match="size"):
        nearest_subsets(np.ones((2, 3)), np.ones(2), size=size)


@given(st.data())
def test_brackets_contain_the_true_errors(data):
    """The error of the chosen subset on the numbers as given, rounded or not, in fractions."""
    number = st.floats(-4, 4, width=32) if data.draw(st.booleans()) else st.floats(-4, 4)
    n = data.draw(st.integers(1, 5))
    pools = data.draw(st.lists(st.lists(number, min_size=n, max_size=n), min_size=1, max_size=3))
    targets = data.draw(st.lists(number, min_size=len(pools), max_size=len(pools)))
    bits = data.draw(st.integers(0, 58))
    rules = {"rounding": "nearest", "bits": bits}
    found, by_size = nearest_subsets(pools, targets, **rules), profiles(pools, targets, **rules)
    low, high = found.brackets
    all_low, all_high = by_size.brackets
    for row, (pool, target) in enumerate(zip(pools, targets, strict=True)):
        masks = [(found.masks[row], low[row], high[row])]
        masks += [(by_size.mask(row, k), all_low[row, k], all_high[row, k]) for k in range(n + 1)]
        for mask, below, above in masks:
            chosen = sum((Fraction(w) for w, x in zip(pool, mask, strict=True) if x), Fraction(0))
            assert (
                Fraction(float(below)) <= abs(chosen - Fraction(target)) <= Fraction(float(above))
            )


@given(st.data())
def test_brackets_are_those_of_a_result(data):
    """The exact bracket of `solve` on the same row lies inside, and no nearer float would do."""
    number = st.floats(-4, 4)
    pool = data.draw(st.lists(number, min_size=1, max_size=5))
    bits = data.draw(st.integers(0, 58))
    aim = data.draw(number)
    found = nearest_subsets([pool], [aim], size=1, rounding="nearest", bits=bits)
    low, high = (float(end[0]) for end in found.brackets)
    exact_low, exact_high = solve(found.problem(0)).bracket
    assert Fraction(low) <= exact_low < Fraction(math.nextafter(low, math.inf))
    assert Fraction(math.nextafter(high, -math.inf)) < exact_high <= Fraction(high)


def test_exact_numbers_have_brackets_of_no_width():
    """Where nothing was rounded and the error is a double, both ends are the error."""
    found = nearest_subsets(np.array([[0.5, 0.25]]), np.array([0.6875]), size=1)
    assert [end.tolist() for end in found.brackets] == [[0.1875], [0.1875]]


def lie(monkeypatch, change):
    """Let the kernel change its subsets and differences before it returns them."""
    real = lockstep.nearest_subsets

    def kernel(plan, pools, owners, targets, tags, begin, end, workspace, masks, keys):
        real(plan, pools, owners, targets, tags, begin, end, workspace, masks, keys)
        change(masks, keys)

    monkeypatch.setattr(lockstep, "nearest_subsets", kernel)


# The fourth row's answer, as bits: weights 0 and 1, or 1 and 4, whose sum is the target 2.
ROWS = np.array([[0, 2, 5, 11, 0]] * 20), np.array([2] * 20)
SUBSETS = {
    "another subset": 0b00110,
    "one weight too few": 0b00010,
    "one weight too many": 0b10011,
    "none": -1,
    "weights that are not there": 1 << 12 | 1 << 13,
    "one weight that is not there": 1 << 40 | 0b00010,
}
LIES = {
    **{
        name: lambda masks, keys, bits=bits: masks.__setitem__((3, -1), bits)
        for name, bits in SUBSETS.items()
    },
    "a smaller difference": lambda masks, keys: keys.__setitem__((3, -1), keys[3, -1] - 4),
    "a larger difference": lambda masks, keys: keys.__setitem__((3, -1), keys[3, -1] + 1),
}


@pytest.mark.parametrize("name", LIES)
@pytest.mark.parametrize("size", [2, (2, 2)])
def test_a_kernel_that_lies_is_caught(monkeypatch, name, size):
    """Another subset, another size, none, one of weights that do not exist, another error."""
    lie(monkeypatch, LIES[name])
    with pytest.raises(ClaimRejected, match=r"answer for row 3 is wrong: it claims 2\.\.2 weights"):
        nearest_subsets(*ROWS, size=size)


def test_a_ghost_is_caught_where_any_size_is_allowed(monkeypatch):
    """A weight behind the last adds nothing to the sum, and only one to the size."""
    lie(monkeypatch, lambda masks, keys: masks.__ior__(1 << 5))
    with pytest.raises(ClaimRejected, match="answer for row 0 is wrong"):
        nearest_subsets(*ROWS)


def test_a_lie_about_one_size_of_a_profile_is_caught(monkeypatch):
    """The last column of the fourth row: all five weights, of which a zero is left out."""
    lie(monkeypatch, lambda masks, keys: masks.__setitem__((3, -1), 0b01111))
    with pytest.raises(ClaimRejected, match=r"answer for row 3 is wrong: it claims 5\.\.5 weights"):
        profiles(*ROWS)


def test_a_lie_in_a_later_chunk_is_caught_by_its_row(monkeypatch):
    """Row 3 of the second chunk of eight is row 11."""
    monkeypatch.setattr(rows_module, "_chunks", lambda *how: iter([(0, 8), (8, 16), (16, 20)]))
    lies = iter([False, True, False])
    lie(monkeypatch, lambda *arrays: next(lies) and LIES["one weight too few"](*arrays))
    with pytest.raises(ClaimRejected, match="answer for row 11 is wrong"):
        nearest_subsets(*ROWS, size=2, workers=1)


def test_a_lie_about_a_smallest_subset_names_the_row_the_user_gave(monkeypatch):
    """When two of every three rows are done, the fourth still open is row 11."""

    def change(masks, keys):
        if masks[0, 0].bit_count() == 2:
            masks[3, 0] = -1

    lie(monkeypatch, change)
    targets = np.array([0, 2, 7] * 6 + [7, 7])
    with pytest.raises(ClaimRejected, match="answer for row 11 is wrong"):
        smallest_subsets(ROWS[0], targets, tolerance=0)


def test_a_backend_without_a_proof_is_not_believed(monkeypatch):
    """Outside the lanes too: what is not optimal is no answer, and the row is named."""
    real = singles.solve

    def unproven(problem):
        from dataclasses import replace

        result = real(problem)
        return replace(result, lower_bound=result.lower_bound - 1)

    monkeypatch.setattr(singles, "solve", unproven)
    with pytest.raises(ClaimRejected, match="row 0 was not solved to a proof"):
        nearest_subsets(np.arange(40) * 7 % 31, np.array([1000]), size=2)


ASKED = {
    "nearest": lambda *rows, **how: nearest_subsets(*rows, size=2, **how),
    "profiles": profiles,
    "smallest": lambda *rows, **how: smallest_subsets(*rows, tolerance=0, **how),
}


@pytest.mark.parametrize(("n", "rows"), [(4, 9000), (37, 3)])
@pytest.mark.parametrize("ask", ASKED)
def test_progress_counts_to_the_end(n, rows, ask):
    """Never back, never beyond, and all rows at last, also those that have no subset."""
    told = []
    ASKED[ask](
        np.ones((rows, n)), np.full(rows, 99.5), progress=lambda *how_far: told.append(how_far)
    )
    assert told[-1] == (rows, rows)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_what_progress_raises_reaches_the_caller():
    """A caller may stop a batch from its own progress function."""

    def stop(done, rows):
        raise StopAsyncIteration

    with pytest.raises(StopAsyncIteration):
        nearest_subsets(np.ones((20000, 4)), np.ones(20000), size=2, progress=stop)


INTERRUPTED = """
import sys, time
import numpy as np
from slth_opt import nearest_subsets, profiles
kind, n, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pools = np.random.default_rng(0).integers(-2**22, 2**22, n)
print("ready", flush=True)
began = False
def progress(done, rows):
    global began
    if not began:
        print("began", flush=True)
    began = True
try:
    if kind == "profile":
        profiles(pools, np.arange(rows), progress=progress)
    else:
        nearest_subsets(pools, np.arange(rows), size=n // 2, progress=progress)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize(("kind", "n"), [("subset", 24), ("profile", 20), ("subset", 38)])
def test_ctrl_c_ends_a_batch_at_once(kind, n):
    """A real SIGINT, well into the work: the caller has its KeyboardInterrupt within seconds."""
    command = [sys.executable, "-c", INTERRUPTED, kind, str(n), "3000000"]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            assert process.stdout.readline() == "began\n"
            os.kill(process.pid, signal.SIGINT)
            began = time.monotonic()
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (out, process.returncode) == ("interrupted\n", 0)
    assert time.monotonic() - began < 5


def test_tables_of_parts_keep_their_row_numbers():
    """A part of a part calls its rows what the whole called them."""
    table = make_table(np.ones((9, 2)), np.arange(9.0), size=None, rounding="exact", bits=None)
    part = table.part(np.array([2, 5, 8]), 1).part(np.array([1, 2]), 2)
    assert [part.row_number(row) for row in range(2)] == [5, 8]
    assert part.problem(1).target == 8
    assert (part.fewest, part.most) == (2, 2)
