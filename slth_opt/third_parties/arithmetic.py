"""Whether a file fits into a solver's numbers, seen from the file alone, before asking."""

from __future__ import annotations

import re

from slth_opt.third_parties.records import Reader

DOUBLES = 2**53
"""Doubles hold every integer up to here, and every second one beyond."""

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
    """Tell whether a value that counts as 0 or 1 may move a sum of the file by a unit.

    Examples
    --------
    >>> from slth_opt.third_parties import reader_named
    >>> [is_blurred(f"x0 row {2**bits}", reader_named("cbc")) for bits in (29, 30)]
    [False, True]
    """
    return largest_integer(text) * reader.tolerance >= 1
