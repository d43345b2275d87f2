"""Sums and lists laid out over lines that every reader can hold."""

from __future__ import annotations

from collections.abc import Iterable

WIDTH = 100
"""A line is broken before the piece that would make it longer; the shortest limit is 510."""


def fill(pieces: Iterable[str]) -> str:
    """Join pieces by spaces, breaking lines between pieces only and indenting all but the first.

    Examples
    --------
    >>> print(fill(["sum:", *(f"+ {10**30 + i} x{i}" for i in range(4))]))
    sum: + 1000000000000000000000000000000 x0 + 1000000000000000000000000000001 x1
      + 1000000000000000000000000000002 x2 + 1000000000000000000000000000003 x3
    """
    lines = []
    line = ""
    for piece in pieces:
        if line and len(line) + 1 + len(piece) > WIDTH:
            lines.append(line)
            line = f"  {piece}"
        else:
            line = f"{line} {piece}" if line else piece
    return "\n".join([*lines, line])
