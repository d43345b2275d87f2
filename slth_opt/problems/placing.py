"""Several arrays of reals on one grid: where a layer's numbers come from.

No sum is ever taken across the rows of a layer, so each row needs to fit on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
    """Rows of integers and a goal for each, their grid, and whether any number was rounded."""

    rows: Matrix
    goals: tuple[int, ...]
    grid: Grid
    rounded: bool


def place_rows(
    rows: Sequence[Sequence[Fraction]],
    goals: Sequence[Fraction],
    *,
    names: tuple[str, str],
    rounding: str = "exact",
    bits: int | None = None,
) -> Placed:
    """Place rows of reals, each with a goal of its own, on one grid.

    Parameters
    ----------
    rows, goals
        What to place.
    names
        What messages call row ``{r}`` with its goal, and entry ``{k}`` of it.
    rounding, bits
        As for `SubsetSum.from_reals`.

    Examples
    --------
    >>> half, two = Fraction(1, 2), Fraction(2)
    >>> names = "pool {r} and its target", "pool {r}, entry {k}"
    >>> placed = place_rows([[half], [two]], [half, two], names=names)
    >>> placed.rows, placed.goals, placed.grid.exponent
    (((1,), (4,)), (1, 4), 1)
    """
    groups = [[*row, goal] for row, goal in zip(rows, goals, strict=True)]
    reach, widest = max((bits_needed(group), r) for r, group in enumerate(groups))
    whole = names[0].format(r=widest)
    if rounding == "exact" and bits is None:
        exponent, where = _finest(_named(rows, goals, names[1]))
        if exponent + reach > CAPACITY:
            raise GridError(
                f"{where} needs 2^-{exponent} to be exact, and {whole} sums up to 2^{reach}: "
                f"{exponent + reach - CAPACITY} bits were missing (at most {CAPACITY} are "
                f"possible); use rounding='nearest' with bits <= {CAPACITY - reach - 1}"
            )
        grid = Grid(exponent=exponent)
    else:
        if type(bits) is int and rounding == "nearest" and bits >= CAPACITY - reach:
            raise GridError(
                f"bits={bits} is too fine for {whole}, which sums up to 2^{reach}: use bits <= "
                f"{CAPACITY - reach - 1}"
            )
        grid = choose_grid(groups[widest], rounding=rounding, bits=bits)
    placed, integer_goals = tuple(map(grid.nearest, rows)), grid.nearest(goals)
    return Placed(
        rows=placed,
        goals=integer_goals,
        grid=grid,
        rounded=is_moved(grid, (*rows, goals), (*placed, integer_goals)),
    )


def is_moved(
    grid: Grid, rows: Sequence[Sequence[Fraction]], placed: Sequence[Sequence[int]]
) -> bool:
    """Tell whether any real is not what its integer stands for.

    Examples
    --------
    >>> is_moved(Grid(exponent=1), [[Fraction(1, 2)], [Fraction(1, 3)]], [[1], [1]])
    True
    """
    return any(
        grid.real(integer) != real
        for row, integers in zip(rows, placed, strict=True)
        for real, integer in zip(row, integers, strict=True)
    )


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
    """Refuse matrices whose exact products need more than the capacity; name the entries.

    Examples
    --------
    >>> tiny = Fraction(1, 2**40)
    >>> check_products([[tiny]], [[Fraction(1)], [tiny]], [[Fraction(1)], [tiny]])
    Traceback (most recent call last):
    ...
    slth_opt.errors.GridError: entry (0, 0) has products up to 2^1, and to be exact first 0, \
entry 0 needs 2^-40 and second 1, entry 0 2^-40: 19 bits were missing (at most 62 are possible); \
use rounding='nearest' with bits
    """
    (u, where_u), (v, where_v), (t, where_t) = (
        _finest(_named(rows, (), name + " {r}, entry {k}"))
        for name, rows in (("first", first), ("second", second), ("targets", targets))
    )
    exponent = max(u + v, t)
    columns = tuple(zip(*first, strict=True))
    reach, i, j = max(
        (bits_needed([*(a * b for a, b in zip(row, column, strict=True)), targets[i][j]]), i, j)
        for i, row in enumerate(second)
        for j, column in enumerate(columns)
    )
    if exponent + reach <= CAPACITY:
        return
    culprit = f"{where_u} needs 2^-{u} and {where_v} 2^-{v}"
    raise GridError(
        f"entry ({i}, {j}) has products up to 2^{reach}, and to be exact "
        f"{culprit if u + v >= t else f'{where_t} needs 2^-{t}'}: {exponent + reach - CAPACITY} "
        f"bits were missing (at most {CAPACITY} are possible); use rounding='nearest' with bits"
    )


def _named(
    rows: Sequence[Sequence[Fraction]], goals: Sequence[Fraction], entry: str
) -> Iterator[tuple[Fraction, str]]:
    """Yield every number with what messages call it."""
    for r, row in enumerate(rows):
        for k, value in enumerate(row):
            yield value, entry.format(r=r, k=k)
    for r, goal in enumerate(goals):
        yield goal, f"target {r}"


def _finest(named: Iterable[tuple[Fraction, str]]) -> tuple[int, str]:
    """Return the exponent that numbers need, and the first that needs it."""
    finest = -1, ""
    for value, where in named:
        if value.denominator & (value.denominator - 1):
            raise GridError(
                f"{where}, {value}, lies on no power-of-two grid; use rounding='nearest' to "
                "round it"
            )
        exponent = finest_exponent([value])
        if exponent > finest[0]:
            finest = exponent, where
    return finest
