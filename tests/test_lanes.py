"""The operations of the vector unit, one by one: what is compiled, its plain twin, its meaning."""

from __future__ import annotations

from itertools import pairwise

import numba
import numpy as np
import pytest

from slth_opt.kernels import lanes

TYPES = (np.int32, np.int64)
each_type = pytest.mark.parametrize("dtype", TYPES, ids=lambda dtype: dtype.__name__)
NONE = -1
"""As an unsigned number: above every difference."""


@numba.njit
def exchange_1(rows, first, stride):
    lanes.exchange(rows, first, stride, 1)


@numba.njit
def exchange_2(rows, first, stride):
    lanes.exchange(rows, first, stride, 2)


@numba.njit
def exchange_3(rows, first, stride):
    lanes.exchange(rows, first, stride, 3)


@numba.njit
def exchange_shifted(out, low, high, rows, a, shift_a, b, shift_b, shifts):
    lanes.exchange_shifted(out, low, high, rows, a, shift_a, b, shift_b, shifts)


@numba.njit
def copy_shifted(out, low, rows, a, shift_a, shifts):
    lanes.copy_shifted(out, low, rows, a, shift_a, shifts)


@numba.njit
def scan_1(rows, first, best):
    lanes.scan(rows, first, 1, best)


@numba.njit
def scan_8(rows, first, best):
    lanes.scan(rows, first, 8, best)


EXCHANGES = {1: exchange_1, 2: exchange_2, 3: exchange_3}
SCANS = {1: scan_1, 8: scan_8}


def rows_of(values, dtype):
    """Return aligned rows that hold some values."""
    rows = lanes.empty_rows(len(values), dtype)
    rows[:] = values
    return rows


def random_rows(rng, count, dtype, *, bits=None):
    """Draw rows of numbers of a type, the extreme ones among them."""
    lanes_per_row = 64 // np.dtype(dtype).itemsize
    limit = 2 ** (np.dtype(dtype).itemsize * 8 - 1 if bits is None else bits)
    shape = (count, lanes_per_row)
    values = rng.integers(-limit, limit, shape)
    special = rng.choice([-limit, -limit + 1, -1, 0, 1, limit - 1], shape)
    return rows_of(np.where(rng.random(shape) < 0.2, special, values), dtype)


@each_type
def test_a_row_is_one_aligned_vector_register(dtype):
    """Sixty-four bytes a row, the first on a multiple of sixty-four, none shared."""
    rows = lanes.empty_rows(7, dtype)
    assert (rows.shape, rows.strides[0]) == ((7, 64 // np.dtype(dtype).itemsize), 64)
    assert rows.ctypes.data % 64 == 0
    assert rows.flags.c_contiguous


@each_type
@pytest.mark.parametrize("levels", EXCHANGES)
@pytest.mark.parametrize("stride", [1, 2, 5])
def test_exchanges_are_their_plain_twin(dtype, levels, stride):
    """Compiled and plain write the same rows, and leave all others alone."""
    rng = np.random.default_rng([levels, stride])
    for first in range(3):
        rows = random_rows(rng, 8 * stride + 4, dtype)
        twin = rows.copy()
        EXCHANGES[levels](rows, first, stride)
        lanes.exchange(twin, first, stride, levels)
        assert np.array_equal(rows, twin)


@pytest.mark.overflow
@each_type
@pytest.mark.parametrize("levels", EXCHANGES)
def test_exchanges_sort_what_rises_and_then_falls(dtype, levels):
    """All levels of a bitonic merge on a bitonic list leave every lane sorted."""
    rng = np.random.default_rng(levels)
    count = 2**levels
    for top in range(count + 1):
        rows = random_rows(rng, count, dtype)
        rows[:top] = np.sort(rows[:top], axis=0)
        rows[top:] = np.sort(rows[top:], axis=0)[::-1]
        expected = np.sort(rows, axis=0)
        EXCHANGES[levels](rows, 0, 1)
        assert np.array_equal(rows, expected)


@pytest.mark.overflow
@each_type
def test_a_shifted_exchange_orders_two_sums(dtype):
    """The smaller of two shifted rows goes to one place, the larger to the other, lane by lane."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        rows = random_rows(rng, 6, dtype, bits=np.dtype(dtype).itemsize * 8 - 2)
        shifts = random_rows(rng, 3, dtype, bits=np.dtype(dtype).itemsize * 8 - 2)
        low, high, a, b = (int(i) for i in rng.permutation(6)[:4])
        shift_a, shift_b = (int(i) for i in rng.integers(0, 3, 2))
        out = random_rows(rng, 6, dtype)
        x, y = rows[a] + shifts[shift_a], rows[b] + shifts[shift_b]
        expected = out.copy()
        expected[low], expected[high] = np.minimum(x, y), np.maximum(x, y)
        exchange_shifted(out, low, high, rows, a, shift_a, b, shift_b, shifts)
        assert np.array_equal(out, expected)


@pytest.mark.overflow
@each_type
def test_a_shifted_copy_is_a_sum(dtype):
    """One row of the output becomes the row plus its shift."""
    rng = np.random.default_rng(2)
    for target in range(4):
        rows, shifts = random_rows(rng, 4, dtype, bits=29), random_rows(rng, 2, dtype, bits=29)
        out = random_rows(rng, 4, dtype)
        expected = out.copy()
        expected[target] = rows[3 - target] + shifts[1]
        copy_shifted(out, target, rows, 3 - target, 1, shifts)
        assert np.array_equal(out, expected)


def nearest_neighbours(rows, first, count, best):
    """Say in Python ints what a scan must leave: (difference, lower entry) of every lane."""
    whole = 2 ** (rows.itemsize * 8)
    found = []
    for lane in range(rows.shape[1]):
        entries = [int(v) for v in rows[first : first + count + 1, lane]]
        known = (int(best[0, lane]) % whole, int(best[1, lane]))
        pairs = [(b - a, a) for a, b in pairwise(entries) if (b - a) % 4]
        nearest = min((d for d, _ in pairs), default=whole)
        winner = next((pair for pair in pairs if pair[0] == nearest), None)
        found.append(winner if winner is not None and nearest < known[0] else known)
    return found


@pytest.mark.overflow
@each_type
@pytest.mark.parametrize("count", SCANS)
@pytest.mark.parametrize("spread", ["near", "wide"])
def test_a_scan_keeps_the_nearest_pair_of_a_sum_and_a_target(dtype, count, spread):
    """Pairs of one kind are passed over, ties keep what came first, differences are unsigned."""
    rng = np.random.default_rng([count, len(spread)])
    bits = 5 if spread == "near" else None
    for first in range(3):
        rows = np.sort(random_rows(rng, 12, dtype, bits=bits), axis=0)
        rows = rows_of(rows, dtype)
        best = rows_of(np.full((2, rows.shape[1]), NONE), dtype)
        best[:, ::3] = rng.integers(1, 9, best[:, ::3].shape)
        expected = nearest_neighbours(rows, first, count, best)
        SCANS[count](rows, first, best)
        whole = 2 ** (best.itemsize * 8)
        assert [(int(d) % whole, int(low)) for d, low in best.T] == expected


@each_type
@pytest.mark.parametrize("count", SCANS)
def test_scans_are_their_plain_twin(dtype, count):
    """Compiled and plain keep the same differences and the same entries."""
    rng = np.random.default_rng(count)
    for _ in range(30):
        rows = rows_of(np.sort(random_rows(rng, 9, dtype, bits=6), axis=0), dtype)
        best = rows_of(np.full((2, rows.shape[1]), NONE), dtype)
        twin = best.copy()
        SCANS[count](rows, 0, best)
        lanes.scan(rows, 0, count, twin)
        assert np.array_equal(best, twin)


@pytest.mark.overflow
@each_type
def test_a_difference_of_all_bits_is_not_taken_for_a_small_one(dtype):
    """From the least to the greatest number a signed difference is -1, an unsigned one huge."""
    limit = 2 ** (np.dtype(dtype).itemsize * 8 - 1)
    rows = rows_of(np.full((2, 64 // np.dtype(dtype).itemsize), 0), dtype)
    rows[0], rows[1] = -limit, limit - 2
    best = rows_of(np.full((2, rows.shape[1]), 7), dtype)
    scan_1(rows, 0, best)
    assert (best == 7).all()


@each_type
@pytest.mark.parametrize("sign", [1, -1])
def test_a_plain_sum_that_does_not_fit_is_reported(dtype, sign):
    """The plain twins are the overflow alarm: a wrapped sum raises."""
    limit = 2 ** (np.dtype(dtype).itemsize * 8 - 1)
    rows = rows_of(np.full((1, 64 // np.dtype(dtype).itemsize), sign * (limit - 1)), dtype)
    shifts = rows_of(np.full_like(rows, sign * 2), dtype)
    with pytest.raises(OverflowError, match="does not fit"):
        lanes.copy_shifted(rows.copy(), 0, rows, 0, 0, shifts)
    with pytest.raises(OverflowError, match="does not fit"):
        lanes.exchange_shifted(rows.copy(), 0, 0, rows, 0, 0, 0, 0, shifts)
