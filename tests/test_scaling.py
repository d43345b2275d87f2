"""Scaling: powers of two only, nothing rounded, the same feasible points and the same order."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import SubsetSum, VectorSum
from slth_opt.programs import IntegerProgram, point_of, program_of
from slth_opt.programs.integer_program import Row, Variable
from slth_opt.programs.scaled_mps import write_scaled_mps
from slth_opt.programs.scaling import EXACT_BITS, chosen, scale, unscaled

BITS = st.sampled_from([1, 4, 10, 24])


def fitting(problem):
    """Tell whether doubles hold every number of a problem."""
    return problem.bits <= EXACT_BITS


def units_of(program, scaled):
    """Return how much one unit of every scaled variable stands for."""
    pairs = zip(program.variables, scaled.highs, strict=True)
    return [Fraction(v.high) / Fraction(high) if high else Fraction(1) for v, high in pairs]


@given(strategies.problems(most=5).filter(fitting), BITS)
def test_every_number_is_a_power_of_two_times_the_integer(problem, bits):
    """Row by row: weights, sides and bounds, in exact fractions."""
    program = program_of(problem)
    scaled = scale(program, bits=bits)
    units = units_of(program, scaled)
    for row, float_row in zip(program.rows, scaled.rows, strict=True):
        ratios = {
            Fraction(a) / (Fraction(b) / units[i])
            for (i, a), (_, b) in zip(row.terms, float_row.terms, strict=True)
        }
        sides = zip((row.low, row.high), (float_row.low, float_row.high), strict=True)
        ratios |= {Fraction(a) / Fraction(b) for a, b in sides if a}
        assert len(ratios) <= 1
        for ratio in ratios:
            assert ratio.denominator == 1
            assert ratio.numerator.bit_count() == 1


@given(strategies.problems(most=5).filter(fitting), BITS)
def test_no_weight_is_longer_than_asked(problem, bits):
    """The choices' coefficients stay below 2**bits."""
    scaled = scale(program_of(problem), bits=bits)
    for row in scaled.rows:
        for i, coefficient in row.terms:
            assert i >= scaled.num_choices or abs(coefficient) < 2**bits


@given(strategies.problems(most=5).filter(fitting), BITS)
def test_every_legal_mask_keeps_its_objective(problem, bits):
    """At its best point every row holds, and the objective times the unit is the value."""
    program = program_of(problem)
    scaled = scale(program, bits=bits)
    units = units_of(program, scaled)
    for mask in product((0, 1), repeat=problem.num_candidates):
        if not problem.is_legal(mask):
            continue
        point = [x / unit for x, unit in zip(point_of(problem, mask), units, strict=True)]
        for row in scaled.rows:
            activity = sum(Fraction(a) * point[i] for i, a in row.terms)
            assert row.low <= activity <= row.high
        cost = sum(Fraction(c) * x for c, x in zip(scaled.costs, point, strict=True))
        assert cost * Fraction(scaled.unit) == problem.value(mask)


def test_small_programs_stay_as_they_are():
    """Nothing to scale, nothing changed, every variable an integer."""
    scaled = scale(program_of(SubsetSum(weights=(3, -5), target=1, fewest=1, most=1)), bits=10)
    assert scaled.unit == 1.0
    assert all(scaled.integral)
    assert scaled.rows[0].terms == ((0, 3.0), (1, -5.0), (2, -1.0))


def test_errors_of_different_sizes_share_the_larger_unit():
    """A long row beside a short one: the short one keeps its integers."""
    problem = VectorSum(rows=((2**30, 2**29), (3, 1)), targets=(0, 0), norm="l1", fewest=1, most=1)
    scaled = scale(program_of(problem), bits=11)
    assert scaled.unit == 2.0**20
    assert scaled.integral == (True, True, False, True)
    assert scaled.costs == (0.0, 0.0, 1.0, 2.0**-20)


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), 1e20, -1e20, None])
def test_what_stands_for_no_bound_is_none(number):
    """Infinities in every solver's spelling."""
    assert unscaled(number, 2.0) is None


def test_halves_are_not_chosen():
    """Only what is nearer to 1 is chosen, and only among the choices."""
    assert chosen([0.5, 0.5000001, -1e-9, 1.0000001, 1.0], 4) == (1, 3)


def test_the_written_program_says_everything():
    """Senses, ranges, kinds and bounds of a program with a two-sided and an equality row."""
    problem = SubsetSum(weights=(20, 52, 4), target=40, fewest=1, most=2)
    assert write_scaled_mps(scale(program_of(problem), bits=4)).splitlines() == [
        *("NAME scaled FREE", "ROWS", " N objective", " L above0", " G below0", " G size"),
        *("COLUMNS", " MARKER 'MARKER' 'INTORG'"),
        *(" x0 objective 0.0", " x0 above0 5.0", " x0 below0 5.0", " x0 size 1.0"),
        *(" x1 objective 0.0", " x1 above0 13.0", " x1 below0 13.0", " x1 size 1.0"),
        *(" x2 objective 0.0", " x2 above0 1.0", " x2 below0 1.0", " x2 size 1.0"),
        " MARKER 'MARKER' 'INTEND'",
        *(" z0 objective 1.0", " z0 above0 -1.0", " z0 below0 1.0"),
        *("RHS", " RHS above0 10.0", " RHS below0 10.0", " RHS size 1.0"),
        *("RANGES", " RANGE size 1.0", "BOUNDS"),
        *(" LO BOUND x0 0.0", " UP BOUND x0 1.0", " LO BOUND x1 0.0", " UP BOUND x1 1.0"),
        *(" LO BOUND x2 0.0", " UP BOUND x2 1.0", " LO BOUND z0 0.0", " UP BOUND z0 10.0"),
        "ENDATA",
    ]


def test_large_numbers_between_narrow_bounds_are_measured_in_the_larger_unit():
    """An error known almost exactly may be as large as the weights: no tiny coefficient for it.

    Measured in single units, its coefficient was 2^-30 here, which HiGHS takes for zero; it then
    called programs infeasible whose optimum was known beforehand.
    """
    x = Variable(name="x0", low=0, high=1)
    z = Variable(name="z0", low=2**45, high=2**45 + 3)
    row = Row(name="above", terms=((0, 2**45), (1, -1)), low=None, high=0)
    program = IntegerProgram(
        name="p", variables=(x, z), rows=(row,), objective=((1, 1),), num_choices=1
    )
    scaled = scale(program, bits=16)
    assert scaled.rows[0].terms == ((0, 2.0**15), (1, -1.0))
    assert (scaled.lows[1], scaled.integral, scaled.unit) == (2.0**15, (True, False), 2.0**30)
