"""Several arrays of reals on one grid: where a layer's numbers come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slth_opt.errors import GridError
from slth_opt.grid import (
    CAPACITY,
    Grid,
    as_fractions,
    bits_needed,
    choose_grid,
    finest_exponent,
    listed,
)
from slth_opt.problems.legality import check_rectangle

Matrix = tuple[tuple[int, ...], ...]
"""Integers in rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Matrices of integers, the grid they share, and whether any number was rounded to it."""

    matrices: tuple[Matrix, ...]
    grid: Grid
    rounded: bool


def place_together(
    matrices: Sequence[Sequence[Sequence[Fraction]]],
    *,
    rounding: str = "exact",
    bits: int | None = None,
) -> Placed:
    """Place matrices of reals on one grid.

    Examples
    --------
    >>> half, two = Fraction(1, 2), Fraction(2)
    >>> placed = place_together([[[half], [two]], [[half, two]]])
    >>> placed.matrices, placed.grid.exponent
    ((((1,), (4,)), ((1, 4),)), 1)
    """
    flat = [v for rows in matrices for row in rows for v in row]
    grid = choose_grid(flat, rounding=rounding, bits=bits)
    placed = tuple(tuple(grid.nearest(row) for row in rows) for rows in matrices)
    integers = [v for rows in placed for row in rows for v in row]
    moved = any(grid.real(i) != real for i, real in zip(integers, flat, strict=True))
    return Placed(matrices=placed, grid=grid, rounded=moved)


def real_rows(rows: Iterable[Iterable[Any]], *, what: str) -> list[list[Fraction]]:
    """Return a matrix of finite reals as exact fractions, the rows equally long.

    Examples
    --------
    >>> real_rows([[0.5], [0.25]], what="pool")
    [[Fraction(1, 2)], [Fraction(1, 4)]]
    >>> real_rows([[0.5], [float("nan")]], what="pool")
    Traceback (most recent call last):
    ...
    slth_opt.errors.GridError: pool 1, entry 0 must be a finite real number, got nan
    """
    read = [
        as_fractions(row, what=f"{what} {r}, entry")
        for r, row in enumerate(listed(rows, what=what))
    ]
    check_rectangle(read, what=what)
    return read


def check_products(
    first: Sequence[Sequence[Fraction]],
    second: Sequence[Sequence[Fraction]],
    targets: Sequence[Sequence[Fraction]],
) -> None:
    """Refuse matrices whose exact products need more than the capacity; name the finest entries.

    Examples
    --------
    >>> tiny = Fraction(1, 2**40)
    >>> check_products([[tiny]], [[Fraction(1), tiny]], [[Fraction(1)]])
    Traceback (most recent call last):
    ...
    slth_opt.errors.GridError: the products need 2^-80 to be exact and sums up to 2^1: 19 bits \
were missing (at most 62 are possible); first[0][0] needs 2^-40 and second[0][1] 2^-40: use \
rounding='nearest' with bits
    """
    named = (("first", first), ("second", second), ("targets", targets))
    finest = {name: _finest(rows, name=name) for name, rows in named}
    exponent = max(finest["first"][0] + finest["second"][0], finest["targets"][0])
    widest = max(abs(v) for row in first for v in row) * max(abs(v) for row in second for v in row)
    largest = max(abs(v) for row in targets for v in row)
    reach = bits_needed([widest * len(first) + largest])
    if exponent + reach <= CAPACITY:
        return
    (u, where_u), (v, where_v), (t, where_t) = finest.values()
    culprit = f"{where_u} needs 2^-{u} and {where_v} 2^-{v}" if u + v >= t else f"{where_t} 2^-{t}"
    raise GridError(
        f"the products need 2^-{exponent} to be exact and sums up to 2^{reach}: "
        f"{exponent + reach - CAPACITY} bits were missing (at most {CAPACITY} are possible); "
        f"{culprit}: use rounding='nearest' with bits"
    )


def _finest(rows: Sequence[Sequence[Fraction]], *, name: str) -> tuple[int, str]:
    """Return the exponent a matrix needs, and the entry that needs it."""
    return max(
        (finest_exponent([v]), f"{name}[{r}][{c}]")
        for r, row in enumerate(rows)
        for c, v in enumerate(row)
    )
