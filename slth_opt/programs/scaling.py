"""Integer programs in doubles, scaled so that a floating-point solver can hold them.

Such solvers compare with absolute tolerances and round to integers, so their trouble is the
range of the numbers, not their size: with raw integers of 36 bits HiGHS was wrong in 4 of 10
small problems and CBC took a hundred times longer; scaled as here both were right in all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slth_opt.programs.integer_program import IntegerProgram, Row

EXACT_BITS = 53
"""Integers up to 2**53 are doubles, and a power of two scales them without rounding."""

INFINITY = 1e20
"""What solvers take for infinite, or say when they know no bound."""

FloatTerms = tuple[tuple[int, float], ...]
"""Pairs (variable index, coefficient), as `Terms`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatRow:
    """``low <= terms . v <= high`` in doubles; a side may be infinite."""

    name: str
    terms: FloatTerms
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatProgram:
    """An `IntegerProgram` in doubles, scaled by powers of two.

    Parameters
    ----------
    names, lows, highs
        The variables in the order of the integer program.
    integral
        Which variables must be integers: all but those measured in a larger unit.
    rows
        The rows in the same order.
    costs
        The objective, one coefficient per variable.
    unit
        How much of the integer program's objective one unit of `costs` stands for.
    num_choices
        How many of the first variables are the 0/1 choices.
    """

    names: tuple[str, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    integral: tuple[bool, ...]
    rows: tuple[FloatRow, ...]
    costs: tuple[float, ...]
    unit: float
    num_choices: int


def scale(program: IntegerProgram, *, bits: int) -> FloatProgram:
    """Scale a program by powers of two until the weights of its choices have at most `bits` bits.

    Every other variable that is too large for that is measured in a unit as large as the
    weights', and no longer held to integers: in the programs of this package these are the
    errors, which are integers anyway once the choices are.

    Parameters
    ----------
    program
        A program whose numbers have at most 53 bits, so that nothing is rounded.
    bits
        How large a weight may stay.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> from slth_opt.programs import program_of
    >>> program = program_of(SubsetSum(weights=(20, 52), target=40, fewest=1, most=1))
    >>> scaled = scale(program, bits=4)
    >>> scaled.rows[0].terms, scaled.rows[0].high, scaled.highs[-1], scaled.unit
    (((0, 5.0), (1, 13.0), (2, -1.0)), 10.0, 10.0, 4.0)
    """
    small = [max(abs(v.low), abs(v.high)) < 2**bits for v in program.variables]
    shifts = [_shift(row, small, bits) for row in program.rows]
    largest = max(shifts, default=0)
    units = [1.0 if is_small else 2.0**largest for is_small in small]
    unit = max((units[i] for i, _ in program.objective), default=1.0)
    costs = [0.0] * len(program.variables)
    for i, cost in program.objective:
        costs[i] = cost * units[i] / unit
    return FloatProgram(
        names=tuple(variable.name for variable in program.variables),
        lows=tuple(v.low / u for v, u in zip(program.variables, units, strict=True)),
        highs=tuple(v.high / u for v, u in zip(program.variables, units, strict=True)),
        integral=tuple(u == 1 for u in units),
        rows=tuple(
            FloatRow(
                name=row.name,
                terms=tuple((i, a * units[i] / 2.0**shift) for i, a in row.terms),
                low=float("-inf") if row.low is None else row.low / 2.0**shift,
                high=float("inf") if row.high is None else row.high / 2.0**shift,
            )
            for row, shift in zip(program.rows, shifts, strict=True)
        ),
        costs=tuple(costs),
        unit=unit,
        num_choices=program.num_choices,
    )


def unscaled(number: float | None, unit: float) -> float | None:
    """Return what a solver said about the objective in units of the problem; None if nothing.

    Examples
    --------
    >>> unscaled(2.5, 4.0), unscaled(float("-inf"), 4.0), unscaled(None, 4.0)
    (10.0, None, None)
    """
    return number * unit if number is not None and abs(number) < INFINITY else None


def chosen(values: Sequence[float], num_choices: int) -> tuple[int, ...]:
    """Return the indices of the choices a solver put nearer to 1 than to 0.

    Examples
    --------
    >>> chosen([0.9999999, 1e-9, 1.0, 123.4], 3)
    (0, 2)
    """
    return tuple(i for i in range(num_choices) if values[i] > 0.5)


def _shift(row: Row, small: Sequence[bool], bits: int) -> int:
    """Return by how many bits the weights of a row are too long."""
    longest = max((abs(a).bit_length() for i, a in row.terms if small[i]), default=0)
    return max(0, longest - bits)
