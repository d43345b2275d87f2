"""Whether a file fits into a solver's numbers, seen from the file alone, before asking."""

from __future__ import annotations

import re

from slth_opt.third_parties.records import Reader

DOUBLES = 2**53
"""Doubles hold every integer up to here, and every second one beyond."""

TOLERANCE = 1e-8
"""What we ask of solvers in floating point, as near to 2^-26.5 as it need be.

A value that misses an integer by less than the tolerance t counts as that integer, so a sum that
reaches s may be off by s t; and doubles round that sum by s 2^-53, which must be less than t, or
the solver takes points for infeasible that are not. Both hold longest if t is 2^-26.5: for sums
below 2^26. With t = 1e-10 HiGHS was wrong about a sum of 2^27 that it got right with 1e-8.
"""

_INTEGER = re.compile(r"(?<![\w.])\d+(?![\w.])")
_NAMES = re.compile(r'"[^"]*"')


def largest_integer(text: str) -> int:
    r"""Return the largest absolute value of the integers that stand in a file.

    Examples
    --------
    >>> largest_integer(" x12 above0 -35\n RHS above0 7")
    35
    """
    return max(map(int, _INTEGER.findall(_NAMES.sub("", text))), default=0)


def why_too_large(text: str, reader: Reader) -> str | None:
    """Say why a reader's numbers cannot hold a file, or None if they can.

    Examples
    --------
    >>> from slth_opt.third_parties import reader_named
    >>> why_too_large(f"x0 row {2**53 + 1}", reader_named("cbc"))
    'holds the integer 9007199254740993; cbc holds integers up to 9007199254740992'
    """
    largest = largest_integer(text)
    if largest <= reader.largest:
        return None
    return f"holds the integer {largest}; {reader.name} holds integers up to {reader.largest}"


def is_blurred(text: str, reader: Reader) -> bool:
    """Tell whether a reader cannot, by its own rules, tell two neighbouring integers apart.

    That is so if values that count as 0 or 1 may move a sum by a unit, or if rounding a sum to a
    double moves it by the tolerance. Nothing is promised then, though the answer may be right.

    Examples
    --------
    >>> from slth_opt.third_parties import reader_named
    >>> [is_blurred(f"x0 row {2**bits}", reader_named("cbc")) for bits in (26, 27)]
    [False, True]
    """
    if reader.tolerance == 0:
        return False
    largest = largest_integer(text)
    return largest * reader.tolerance >= 1 or largest >= reader.tolerance * DOUBLES
