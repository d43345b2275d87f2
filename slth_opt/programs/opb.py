"""Integer programs as pseudo-Boolean ones (OPB): 0/1 variables, integers of any size.

An integer variable becomes a sum of bits. The top bit weighs only what is missing to the
upper bound, so the bits reach every value within the bounds and none outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from slth_opt.programs.integer_program import IntegerProgram, Row, Terms, Variable
from slth_opt.programs.lines import fill

Bits = tuple[tuple[int, int], ...]
"""Pairs (number of a 0/1 variable, its weight) in which an integer variable is counted."""


def write_opb(program: IntegerProgram) -> str:
    """Write a program in the OPB format of the pseudo-Boolean competitions.

    Comments say which bits make up which variable, and what must be added to the minimised
    sum to get the objective (the format has no constants).

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> from slth_opt.programs import program_of
    >>> problem = SubsetSum(weights=(2, 5), target=4, fewest=1, most=1)
    >>> print(write_opb(program_of(problem)))
    * #variable= 5 #constraint= 3
    * subset_sum
    * objective = minimised sum +0
    * x0 = 0 +1 x1
    * x1 = 0 +1 x2
    * z0 = 0 +1 x3 +2 x4 +1 x5
    min: +1 x3 +2 x4 +1 x5 ;
    -2 x1 -5 x2 +1 x3 +2 x4 +1 x5 >= -4 ;
    +2 x1 +5 x2 +1 x3 +2 x4 +1 x5 >= 4 ;
    +1 x1 +1 x2 = 1 ;
    <BLANKLINE>
    """
    bits = _bits_of(program.variables)
    num_bits = sum(map(len, bits))
    constraints = [line for row in program.rows for line in _row(program, bits, row)]
    objective, offset = _in_bits(program, bits, program.objective)
    lines = [
        # A sum must have a term, so there is a first bit even if every variable is fixed.
        f"* #variable= {max(1, num_bits)} #constraint= {len(constraints)}",
        f"* {program.name}",
        f"* objective = minimised sum {offset:+}",
        *(
            fill([f"* {v.name} = {v.low}", *_sum(counted)]).replace("\n", "\n*")
            for v, counted in zip(program.variables, bits, strict=True)
        ),
        fill(["min:", *_sum(objective), ";"]),
        *constraints,
        "",
    ]
    return "\n".join(lines)


def _bits_of(variables: tuple[Variable, ...]) -> list[Bits]:
    """Return the bits of every variable; bits are numbered from 1."""
    weights = [_bit_weights(v.high - v.low) for v in variables]
    firsts = accumulate((len(w) for w in weights), initial=1)
    return [tuple(enumerate(w, start=first)) for w, first in zip(weights, firsts, strict=False)]


def _bit_weights(width: int) -> list[int]:
    """Return weights whose subset sums are exactly 0..width, as few as possible."""
    if width == 0:
        return []
    full = [1 << k for k in range(width.bit_length() - 1)]
    return [*full, width - sum(full)]


def _in_bits(program: IntegerProgram, bits: list[Bits], terms: Terms) -> tuple[Bits, int]:
    """Return a sum over integer variables as a sum over bits and a constant."""
    in_bits = tuple((bit, c * weight) for i, c in terms for bit, weight in bits[i])
    return in_bits, sum(c * program.variables[i].low for i, c in terms)


def _row(program: IntegerProgram, bits: list[Bits], row: Row) -> Iterator[str]:
    """Yield a row as one or two constraints, with >= and = only."""
    terms, constant = _in_bits(program, bits, row.terms)
    if row.low is not None:
        relation = "=" if row.low == row.high else ">="
        yield fill([*_sum(terms), f"{relation} {row.low - constant} ;"])
    if row.high is not None and row.low != row.high:
        negated = tuple((bit, -coefficient) for bit, coefficient in terms)
        yield fill([*_sum(negated), f">= {constant - row.high} ;"])


def _sum(terms: Bits) -> Iterator[str]:
    for bit, coefficient in terms or ((1, 0),):
        yield f"{coefficient:+} x{bit}"
