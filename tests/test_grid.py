"""Reals to integers and back: exact, or refused with the number of missing bits."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth_opt.errors import GridError, ProblemError
from slth_opt.grid import (
    CAPACITY,
    COARSEST,
    FINEST,
    Grid,
    as_fraction,
    bits_needed,
    choose_grid,
    finest_exponent,
)

floats = st.floats(allow_nan=False, allow_infinity=False)
exponents = st.integers(COARSEST, FINEST)
integers = st.integers(-(2**62), 2**62)

THREE_EIGHTHS = [
    0.375,
    Fraction(3, 8),
    Decimal("0.375"),
    np.float16(0.375),
    np.float32(0.375),
    np.float64(0.375),
    np.array(0.375),
]


@pytest.mark.parametrize("value", THREE_EIGHTHS, ids=lambda v: type(v).__name__)
def test_every_kind_of_real_is_read_exactly(value):
    """Three eighths is three eighths, whatever type it comes in."""
    assert as_fraction(value) == Fraction(3, 8)


@pytest.mark.parametrize("value", [7, np.int8(7), np.uint64(7), np.int64(7), 7.0, Decimal(7)])
def test_every_kind_of_integer_is_read_exactly(value):
    """Seven is seven, whatever type it comes in."""
    assert as_fraction(value) == 7


def test_a_float32_keeps_its_own_value_not_the_decimal_it_was_typed_as():
    """A tenth in float32 is 13421773 / 2^27, as IEEE 754 has it."""
    assert as_fraction(np.float32(0.1)) == Fraction(13421773, 2**27)


def test_a_uint64_beyond_int64_is_not_wrapped():
    """The largest unsigned integer stays positive."""
    assert as_fraction(np.uint64(2**64 - 1)) == 2**64 - 1


@pytest.mark.parametrize("array", [np.float32, np.float64, np.int64, list, tuple])
def test_a_grid_places_lists_and_arrays_alike(array):
    """Units of a quarter: 2, -1 and 0 become 8, -4 and 0."""
    values = [2, -1, 0] if array in (list, tuple) else np.array([2, -1, 0], array)
    assert Grid(exponent=2).place(values) == (8, -4, 0)


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        np.float32("nan"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("-Infinity"),
        "0.5",
        b"1",
        np.str_("1"),
        None,
        True,
        np.True_,
        0.5j,
        np.complex128(1),
        np.datetime64("2020-01-01"),
        [0.5],
        {},
    ],
    ids=repr,
)
def test_what_is_no_finite_real_is_refused_by_name(value):
    """NaN, infinities, strings, booleans, None and complex numbers are named and refused."""
    with pytest.raises(GridError, match=r"^goal must be a (finite )?real number, got "):
        as_fraction(value, what="goal")


@pytest.mark.parametrize("value", [np.array([0.5]), np.zeros((2, 2)), np.array([])])
def test_an_array_is_no_number(value):
    """Even an array of one element: a column vector is not a pool."""
    with pytest.raises(ProblemError, match="goal must be one number, got an array of shape"):
        as_fraction(value, what="goal")


@pytest.mark.parametrize("values", [5, 0.5, None, np.array(0.5)], ids=repr)
def test_a_single_number_is_no_sequence(values):
    """One number where a sequence belongs is answered in one line."""
    with pytest.raises(ProblemError, match=r"^weights must be given as a sequence"):
        Grid().place(values, what="weight")


@pytest.mark.parametrize(
    ("value", "missing"),
    [(0.5, 1), (0.125, 3), (2.75, 2), (5e-324, 1074), (Fraction(1, 2**90), 90)],
)
def test_an_off_grid_value_is_refused_with_the_bits_it_lacks(value, missing):
    """On the grid of the integers a number with q binary places lacks q bits."""
    with pytest.raises(GridError, match=f"^x 1 is not a multiple of 2\\^-0: {missing} bits were"):
        Grid().place([4, value], what="x")


def test_a_third_lacks_infinitely_many_bits():
    """No power of two has three as a factor."""
    with pytest.raises(GridError, match="infinitely many bits were missing"):
        Grid(exponent=50).place([Fraction(1, 3)])


@given(integers, exponents)
def test_real_undoes_place(integer, exponent):
    """Every integer of every grid comes back from the real it stands for."""
    grid = Grid(exponent=exponent)
    assert grid.place([grid.real(integer)]) == (integer,)


@given(integers, exponents)
def test_the_exact_string_is_the_number_in_lowest_terms(integer, exponent):
    """Read back as p / 2^q it is the same real, and p is odd unless q is missing."""
    grid = Grid(exponent=exponent)
    text = grid.exact_string(integer)
    numerator, _, power = text.partition("/2^")
    assert Fraction(int(numerator), 2 ** int(power or 0)) == grid.real(integer)
    assert not power or (int(numerator) % 2 == 1 and int(power) > 0)


@given(integers, exponents)
def test_every_integer_of_every_grid_is_a_float_and_not_an_overflow(integer, exponent):
    """The coarsest grid is chosen so that reports can always show a float."""
    assert math.isfinite(float(Grid(exponent=exponent).real(integer)))


@given(st.fractions(), st.integers(-40, 90))
def test_nearest_is_at_most_half_a_unit_away(value, exponent):
    """No integer of the grid is nearer to the value."""
    grid = Grid(exponent=exponent)
    (placed,) = grid.nearest([value])
    assert abs(grid.real(placed) - value) <= grid.real(1) / 2


@pytest.mark.parametrize(("value", "expected"), [(0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0)])
def test_nearest_takes_halves_to_the_even_integer(value, expected):
    """The rule of IEEE 754, so that rounding has no drift."""
    assert Grid().nearest([value]) == (expected,)


@pytest.mark.parametrize("exponent", [COARSEST - 1, FINEST + 1, 1.0, True, None, "3"])
def test_a_grid_of_no_sense_is_refused(exponent):
    """The exponent is an integer in the range of floats."""
    with pytest.raises(GridError, match="the grid exponent must"):
        Grid(exponent=exponent)


@given(st.lists(floats, max_size=6))
def test_the_finest_exponent_is_the_first_whose_grid_holds_all(values):
    """It holds every value, and half of it does not (unless it is zero)."""
    fractions = [Fraction(v) for v in values]
    exponent = finest_exponent(fractions)
    assert all((v * 2**exponent).denominator == 1 for v in fractions)
    assert exponent == 0 or any((v * 2 ** (exponent - 1)).denominator != 1 for v in fractions)


@given(st.lists(st.fractions(), min_size=1).filter(any))
def test_bits_needed_brackets_the_sum_between_two_powers(values):
    """2^(b-1) <= sum of absolute values < 2^b."""
    total = sum(map(abs, values))
    bits = bits_needed(values)
    assert Fraction(2) ** (bits - 1) <= total < Fraction(2) ** bits


def test_zeros_need_no_bits():
    """The sum of nothing but zeros lies on every grid."""
    assert bits_needed([Fraction(0), Fraction(0)]) == 0


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        # 2^-62 beside 1: the sum takes 1 bit above the point, 62 below: one too many.
        ([Fraction(1), Fraction(1, 2**62)], 1),
        ([Fraction(1), Fraction(1, 2**70)], 9),
        # 3 takes 2 bits above the point.
        ([Fraction(3), Fraction(1, 2**70)], 10),
        # 2^62 itself is 63 bits long.
        ([Fraction(2**62)], 1),
        ([Fraction(2**61), Fraction(2**61)], 1),
        ([Fraction(2.0**-1000), Fraction(1)], 1 + 1000 - 62),
    ],
)
def test_reals_too_far_apart_are_refused_with_the_bits_that_were_missing(values, missing):
    """Bits above the point plus bits below, less the 62 there are."""
    with pytest.raises(GridError, match=rf" {missing} bits were missing \(at most 62 are possible"):
        choose_grid(values, rounding="exact", bits=None)


def test_62_bits_are_enough_for_62_bits():
    """The sum 1 + 2^-61 is 62 bits long and fits."""
    grid = choose_grid([Fraction(1), Fraction(1, 2**61)], rounding="exact", bits=None)
    assert grid == Grid(exponent=61)


@given(st.lists(floats, min_size=1, max_size=6))
def test_exact_placing_works_or_names_just_the_bits_that_are_missing(values):
    """A sum below 2^62 units is placed exactly; one above is too long by the number named."""
    fractions = [Fraction(v) for v in values]
    units = sum(map(abs, fractions)) * 2 ** finest_exponent(fractions)
    missing = int(units).bit_length() - CAPACITY
    if missing > 0:
        with pytest.raises(GridError, match=f" {missing} bits were missing"):
            choose_grid(fractions, rounding="exact", bits=None)
    else:
        placed = choose_grid(fractions, rounding="exact", bits=None).place(values)
        assert sum(map(abs, placed)) == units


@given(st.lists(st.fractions(), min_size=1, max_size=6), st.none() | st.integers(-70, 70))
def test_rounding_keeps_the_sums_below_capacity_or_refuses(values, bits):
    """Whatever number of bits is asked for, no sum of rounded numbers reaches 2^62."""
    try:
        grid = choose_grid(values, rounding="nearest", bits=bits)
    except GridError:
        assert bits is not None
        return
    assert sum(map(abs, grid.nearest(values))) < 2**CAPACITY


def test_the_smallest_float_can_be_rounded():
    """The grid stops getting finer where floats end, instead of refusing."""
    grid = choose_grid([Fraction(5e-324)], rounding="nearest", bits=None)
    assert grid.real(*grid.nearest([5e-324])) == Fraction(5e-324)


@pytest.mark.parametrize(
    ("rounding", "bits", "message"),
    [
        ("up", None, "rounding must be 'exact' or 'nearest', got 'up'"),
        ("exact", 20, "bits is only for rounding='nearest'"),
        ("nearest", 2.5, "bits must be an integer, got 2.5"),
        ("nearest", True, "bits must be an integer, got True"),
        ("nearest", 61, "bits=61 is too fine for these magnitudes: at most 60 bits"),
    ],
)
def test_a_rounding_rule_of_no_sense_is_refused(rounding, bits, message):
    """Each rule says what is possible; 1 takes one bit, and rounding keeps one in hand."""
    with pytest.raises(GridError, match=message):
        choose_grid([Fraction(1)], rounding=rounding, bits=bits)
