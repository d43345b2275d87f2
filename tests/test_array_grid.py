"""Arrays and their grid: the same integers as number by number, and floats that keep their word."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from slth_opt import Grid
from slth_opt.array_grid import (
    ArrayGrid,
    array_exponent,
    as_floats,
    as_reals,
    choose_array_grid,
    finest_row,
    float_above,
    float_below,
    place_array,
)
from slth_opt.errors import GridError
from slth_opt.grid import finest_exponent

DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
SINGLES = st.floats(allow_nan=False, allow_infinity=False, width=32)
SMALL = st.floats(-8, 8).map(lambda x: round(x * 2**20) / 2**20)


def exact(values):
    """Return every number of an array as a fraction."""
    return [Fraction(float(v)) for v in np.asarray(values).reshape(-1)]


@example([2.0**640, 2.0**-500])  # on the grid of the first the second is less than nothing
@given(st.lists(st.one_of(DOUBLES, SMALL), max_size=6))
def test_the_exponent_is_the_one_found_number_by_number(values):
    """For doubles of any magnitude, subnormal ones too."""
    assert array_exponent(np.array(values, np.float64)) == finest_exponent(exact(values))


@given(arrays.arrays(np.float32, arrays.array_shapes(max_dims=2, max_side=5), elements=SINGLES))
def test_the_exponent_of_single_precision_is_exact_too(values):
    """float32 keeps its own grid; nothing is rounded on the way."""
    assert array_exponent(values) == finest_exponent(exact(values))


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64, np.uint64])
def test_integers_need_no_grid(dtype):
    """Any type of integer lies on the grid of exponent 0."""
    assert array_exponent(np.array([0, 1, 100], dtype)) == 0


def test_a_long_array_is_looked_at_to_its_end(monkeypatch):
    """The one fine number in the last of many chunks counts, in rows or in columns."""
    monkeypatch.setattr("slth_opt.array_grid.CHUNK", 16)
    values = np.ones((50, 3))
    values[-1, -1] = 2.0**-9
    assert array_exponent(values) == 9
    assert array_exponent(np.asfortranarray(values)) == 9
    assert finest_row(values) == 49


def test_the_first_of_the_finest_rows_is_named():
    """Rows 1 and 3 need eighths, no row sixteenths."""
    values = np.array([[0.5, 0], [0.125, 8], [1e300, 0.25], [3.625, 0]])
    assert finest_row(values) == 1
    assert finest_row(np.array([[1], [2]])) == 0


@given(st.lists(st.one_of(SMALL, SINGLES.map(lambda x: math.fmod(x, 9))), min_size=1, max_size=8))
def test_placing_is_rounding_to_even_as_one_by_one(values):
    """At every exponent: the integers that `Grid.nearest` gives."""
    for exponent in (0, 1, 7, 30, 50):
        placed = place_array(np.array([values]), exponent, what="pools")
        assert tuple(placed[0].tolist()) == Grid(exponent=exponent).nearest(values)


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=5), st.integers(0, 19))
def test_integers_are_shifted_onto_a_finer_grid(values, exponent):
    """In units of 2^-e an integer is itself times 2^e."""
    placed = place_array(np.array([values]), exponent, what="pools")
    assert placed.tolist() == [[v << exponent for v in values]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
@pytest.mark.parametrize("order", ["F", "C"])
def test_placed_rows_lie_one_behind_the_other(order, dtype):
    """However the values did, and also for a part of them: no kernel is compiled twice."""
    values = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], dtype, order=order)
    placed = place_array(values[1:], 1, what="pools")
    assert placed.flags.c_contiguous
    assert placed.tolist() == [[8, 10, 12], [14, 16, 18]]


def test_tiny_numbers_are_placed_on_the_finest_grid_of_all():
    """The smallest double is one unit of 2^-1074."""
    placed = place_array(np.array([[5e-324, -1e-323]]), 1074, what="pools")
    assert placed.tolist() == [[1, -2]]


@pytest.mark.parametrize(
    ("values", "exponent"),
    [
        ([[1, 2], [2**61, -(2**61)]], 0),
        ([[0.5, 1.0], [2.0, 2.0]], 60),
        ([[1.0, 1.0], [1e308, 1e308]], 0),
        ([[1.0, 1.0], [1e308, 1e308]], 1074),
        (np.array([[1, 2], [2**63, 1]], np.uint64), 0),
        ([[1, 2], [-(2**63), 0]], 0),
    ],
)
def test_a_row_that_is_too_large_is_named(values, exponent):
    """The first row whose absolute values add up to 2^62 units, by the number it is known by."""
    if exponent == 1074:
        values = [[0.0, 0.0], values[1]]
    with pytest.raises(GridError, match=r"pools, row 1: .* at most 2\^62"):
        place_array(np.array(values), exponent, what="pools")
    with pytest.raises(GridError, match=r"pools, row 70: "):
        place_array(np.array(values), exponent, what="pools", rows=np.array([4, 70]))


def test_just_below_the_limit_a_row_is_placed():
    """2^62 less 2^30 units still fit."""
    assert place_array(np.array([[2**62 - 2**30]]), 0, what="pools").tolist() == [[2**62 - 2**30]]


@pytest.mark.parametrize("shape", [(0,), (0, 5), (3, 0)])
@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_nothing_is_placed_as_nothing(shape, dtype):
    """Empty arrays of any shape are reals, need no grid, and keep their shape."""
    values = as_reals(np.zeros(shape, dtype), what="pools")
    assert array_exponent(values) == 0
    assert place_array(values, 3, what="pools").shape == shape


NOT_REALS = [
    (["a"], "got <U1"),
    ([True], "got bool"),
    ([1j], "got complex128"),
    ([2**70], "got object"),
    ([[1, 2], [3]], "rows of one length"),
    (None, "got object"),
    (np.array([1.5], np.longdouble), "got float128"),
]


@pytest.mark.parametrize(("values", "message"), NOT_REALS, ids=lambda value: str(value)[:16])
def test_what_is_not_an_array_of_reals_is_refused(values, message):
    """In one line that says what it was given."""
    with pytest.raises(GridError, match=message):
        as_reals(values, what="pools")


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_not_finite_is_refused_by_row(monkeypatch, bad, dtype):
    """Row and column of the first bad number, counted across chunks."""
    monkeypatch.setattr("slth_opt.array_grid.CHUNK", 12)
    values = np.zeros((11, 3), dtype)
    values[9, 2] = values[10, 0] = bad
    with pytest.raises(GridError, match=f"pools, row 9, column 2: {bad} is not finite"):
        as_reals(values, what="pools")
    with pytest.raises(GridError, match=f"targets, row 3: {bad} is not finite"):
        as_reals(values[7:, 0], what="targets")
    with pytest.raises(GridError, match=f"pools, row 0, column 3: {bad} is not finite"):
        as_reals(values[7:, 0], what="pools", one_row=True)


@given(st.lists(SMALL, min_size=1, max_size=4), st.lists(DOUBLES, min_size=1, max_size=3))
def test_targets_may_lie_on_a_finer_grid(pools, targets):
    """Pools keep their own exponent; the shift leads to a grid that holds the targets too."""
    grid = choose_array_grid(np.array([pools]), np.array(targets), rounding="exact", bits=None)
    assert grid.pools_exponent == finest_exponent(exact(pools))
    assert grid.exponent == finest_exponent(exact(pools + targets))


@pytest.mark.parametrize(("bits", "rounded"), [(2, True), (3, False), (9, False)])
def test_a_rounding_grid_knows_whether_it_rounds(bits, rounded):
    """Eighths survive three bits and not two, on either side."""
    for pools, targets in [([[0.125]], [1.0]), ([[1.0]], [0.125])]:
        grid = choose_array_grid(np.array(pools), np.array(targets), rounding="nearest", bits=bits)
        assert grid == ArrayGrid(pools_exponent=bits, shift=0, rounded=rounded)


@pytest.mark.parametrize(
    ("rounding", "bits", "message"),
    [
        ("exact", 3, "only for rounding='nearest'"),
        ("nearest", None, "needs bits"),
        ("nearest", True, "needs bits"),
        ("nearest", -1, "needs bits"),
        ("nearest", 1001, "needs bits"),
        ("nearest", 2.0, "needs bits"),
        ("up", None, "must be 'exact' or 'nearest'"),
    ],
)
def test_a_rounding_that_is_none_is_refused(rounding, bits, message):
    """Bits belong to rounding and rounding needs bits."""
    with pytest.raises(GridError, match=message):
        choose_array_grid(np.array([[1.0]]), np.array([1.0]), rounding=rounding, bits=bits)


UNITS = st.integers(-(2**63) + 2**24, 2**63 - 2**24) | st.integers(-5, 5)


@given(st.lists(UNITS, min_size=1, max_size=5), st.integers(0, 1101))
def test_directed_floats_keep_their_side_and_stay_near(units, exponent):
    """Below is never above, above never below, and the next float would be too far."""
    array = np.array(units, np.int64)
    below, above = float_below(array, exponent), float_above(array, exponent)
    for unit, low, high in zip(units, below.tolist(), above.tolist(), strict=True):
        real = Fraction(unit) / 2**exponent
        assert Fraction(low) <= real <= Fraction(high)
        assert real < Fraction(math.nextafter(low, math.inf))
        assert real > Fraction(math.nextafter(high, -math.inf))


@given(st.lists(st.integers(0, 2**62), min_size=1, max_size=5), st.integers(0, 960))
def test_floats_of_units_are_the_nearest(units, exponent):
    """One rounding, as Python rounds a fraction."""
    reals = as_floats(np.array(units, np.int64), exponent).tolist()
    assert reals == [float(Fraction(unit) / 2**exponent) for unit in units]


def test_an_error_that_is_none_is_no_number():
    """Minus one unit stands for no answer."""
    assert np.isnan(as_floats(np.array([-1, 0]), 30)).tolist() == [True, False]
