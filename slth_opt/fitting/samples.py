"""A layer and its samples as one `VectorSum` per output: products in integers, on one grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from slth_opt.errors import GridError
from slth_opt.grid import CAPACITY, FINEST, Grid, bits_needed, choose_grid, finest_exponent
from slth_opt.problems import VectorSum
from slth_opt.problems.legality import check_count
from slth_opt.problems.placing import real_rows

Reals = Sequence[Sequence[Fraction]]


def outputs_of(
    matrix: Iterable[Iterable[Any]], inputs: Iterable[Iterable[Any]]
) -> tuple[tuple[Fraction, ...], ...]:
    """Multiply a matrix with inputs, one sample per column, exactly: targets for `fit_layer`.

    Examples
    --------
    >>> outputs_of([[0.5, 0.25]], [[1, 2], [4, 0]])
    ((Fraction(3, 2), Fraction(1, 1)),)
    """
    left, right = real_rows(matrix, what="matrix"), real_rows(inputs, what="inputs")
    check_count(right, len(left[0]), what="rows of inputs", each="columns of matrix")
    columns = list(zip(*right, strict=True))

    def product(row: Sequence[Fraction], column: Sequence[Fraction]) -> Fraction:
        return sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0))

    return tuple(tuple(product(row, column) for column in columns) for row in left)


def row_problems(
    weights: Iterable[Iterable[Any]],
    targets: Iterable[Iterable[Any]],
    inputs: Iterable[Iterable[Any]],
    *,
    norm: str = "linf",
    rounding: str = "exact",
    bits: int | None = None,
) -> tuple[VectorSum, ...]:
    """Return the question of every output: which of its weights to keep, one row per sample.

    Parameters
    ----------
    weights
        The random layer, o x n.
    targets
        The outputs wanted, o x S: one column per sample.
    inputs
        The samples, n x S.
    norm
        How an output's errors are joined over the samples.
    rounding, bits
        ``"nearest"`` rounds products and targets to `bits` bits after the binary point, by
        default as many as fit.

    Examples
    --------
    >>> (row,) = row_problems([[0.5, -1.0]], [[0.25, 1.0]], [[1.0, 0.0], [0.5, 2.0]])
    >>> row.rows, row.targets, row.grid.exponent
    (((2, -2), (0, -8)), (1, 4), 2)
    """
    layer, goals, samples = (
        real_rows(rows, what=what)
        for rows, what in ((weights, "weights"), (targets, "targets"), (inputs, "inputs"))
    )
    check_count(samples, len(layer[0]), what="rows of inputs", each="columns of weights")
    check_count(goals, len(layer), what="rows of targets", each="rows of weights")
    check_count(goals[0], len(samples[0]), what="columns of targets", each="columns of inputs")
    parts = [lcm(*(v.denominator for row in rows for v in row)) for rows in (layer, samples)]
    left, right = (
        [[int(v * part) for v in row] for row in rows]
        for rows, part in zip((layer, samples), parts, strict=True)
    )
    part, columns = parts[0] * parts[1], list(zip(*right, strict=True))
    products = [
        [[a * x for a, x in zip(row, column, strict=True)] for column in columns] for row in left
    ]
    grid = _grid_for(layer, samples, goals, products, part, rounding, bits)
    up, down = 2 ** max(0, grid.exponent), part * 2 ** max(0, -grid.exponent)
    moved = False
    problems = []
    for rows, row_goals in zip(products, goals, strict=True):
        placed = tuple(tuple(_nearest(p, up, down) for p in row) for row in rows)
        wanted = grid.nearest(row_goals)
        moved |= any(
            q * down != p * up
            for row, original in zip(placed, rows, strict=True)
            for q, p in zip(row, original, strict=True)
        )
        moved |= any(grid.real(q) != t for q, t in zip(wanted, row_goals, strict=True))
        problems.append((placed, wanted))
    return tuple(
        VectorSum(
            rows=rows, targets=wanted, norm=norm, fewest=0, most=len(samples), grid=grid,
            rounded=moved,
        )
        for rows, wanted in problems
    )  # fmt: skip


def _grid_for(
    layer: Reals,
    samples: Reals,
    goals: Reals,
    products: list[list[list[int]]],
    part: int,
    rounding: str,
    bits: int | None,
) -> Grid:
    """Choose the grid of all products and targets; say which numbers leave no room for one."""
    totals = [
        Fraction(sum(abs(p) for row in rows for p in row), part) + sum(map(abs, row_goals))
        for rows, row_goals in zip(products, goals, strict=True)
    ]
    widest = max(range(len(totals)), key=totals.__getitem__)
    reach = bits_needed([totals[widest]])
    if rounding != "exact":
        return _rounding_grid(widest, reach, rounding, bits)
    if bits is not None:
        raise GridError("bits is only for rounding='nearest'; exact placing finds its own grid")
    finest = {
        name: _finest(rows, name=name)
        for name, rows in (("weights", layer), ("inputs", samples), ("targets", goals))
    }
    digits = 0
    for rows in products:
        for row in rows:
            for p in row:
                digits |= p
    zeros = (digits & -digits).bit_length() - 1 if digits else part.bit_length()
    exponent = max(0, part.bit_length() - 1 - zeros, finest["targets"][0])
    if exponent + reach <= CAPACITY and exponent <= FINEST:
        return Grid(exponent=exponent)
    (u, where_u), (v, where_v), (t, where_t) = finest.values()
    culprit = f"{where_u} needs 2^-{u} and {where_v} 2^-{v}"
    if t > u + v:
        culprit = f"{where_t} needs 2^-{t}"
    raise GridError(
        f"the products of weights[{widest}] with all samples need 2^-{exponent} to be exact and "
        f"sums up to 2^{reach}: {exponent + reach - CAPACITY} bits were missing (at most "
        f"{CAPACITY} are possible); {culprit}: use rounding='nearest'"
        + (f" with bits <= {CAPACITY - reach - 1}" if reach < CAPACITY else "")
    )


def _rounding_grid(widest: int, reach: int, rounding: str, bits: int | None) -> Grid:
    """Return the grid asked for, if the row with the largest products leaves room for it."""
    try:
        return choose_grid([Fraction(2) ** reach / 2], rounding=rounding, bits=bits)
    except GridError as refused:
        raise GridError(f"the products of weights[{widest}] with all samples: {refused}") from None


def _finest(rows: Reals, *, name: str) -> tuple[int, str]:
    """Return the exponent a matrix needs, and the entry that needs it."""
    found = (-1, name)
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            try:
                found = max(found, (finest_exponent([value]), f"{name}[{r}][{c}]"))
            except GridError as refused:
                raise GridError(f"{name}[{r}][{c}]: {refused}") from None
    return found


def _nearest(product: int, up: int, down: int) -> int:
    """Return the integer nearest to ``product * up / down``, halves to the even one."""
    whole, rest = divmod(product * up, down)
    return whole + (2 * rest > down or (2 * rest == down and whole % 2 == 1))
