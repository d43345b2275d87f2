"""What every problem demands of its numbers, and the canonical form its digest is taken of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from slth_opt.errors import ProblemError
from slth_opt.grid import CAPACITY, Grid, listed, unwrapped

MOST_SHOWN = 1000
"""Bits above the binary point of a float, with room for what rounding may add."""

Size = int | tuple[int, int] | None
"""A size rule: exactly k, between two sizes (both allowed), or any size."""


def whole_numbers(values: Iterable[Any], *, what: str) -> tuple[int, ...]:
    """Return the values as Python ints; refuse anything that is not an integer.

    Examples
    --------
    >>> whole_numbers([3, -1], what="weight")
    (3, -1)
    """
    return tuple(
        whole_number(value, what=f"{what} {i}") for i, value in enumerate(listed(values, what=what))
    )


def whole_number(value: Any, *, what: str) -> int:
    """Return one value as a Python int; refuse booleans, floats and strings.

    Examples
    --------
    >>> whole_number(7, what="target")
    7
    """
    value = unwrapped(value, what=what)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ProblemError(f"{what} must be an integer, got {value!r}; reals go through from_reals")
    return value


def whole_matrix(rows: Iterable[Iterable[Any]], *, what: str) -> tuple[tuple[int, ...], ...]:
    """Return a matrix as tuples of Python ints, all rows equally long and not empty.

    Examples
    --------
    >>> whole_matrix([[3, -1], [0, 2]], what="pool")
    ((3, -1), (0, 2))
    """
    read = tuple(
        whole_numbers(row, what=f"{what} {r}, entry")
        for r, row in enumerate(listed(rows, what=what))
    )
    check_rectangle(read, what=what)
    return read


def check_rectangle(rows: Sequence[Sequence[Any]], *, what: str) -> None:
    """Refuse rows of different lengths, no rows, and empty ones.

    Examples
    --------
    >>> check_rectangle([[1, 2], [3]], what="pool")
    Traceback (most recent call last):
    ...
    slth_opt.errors.ProblemError: pool 1 has 1 entries, pool 0 has 2
    """
    if not rows:
        raise ProblemError(f"there is no {what}: give at least one")
    for r, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ProblemError(f"{what} {r} has {len(row)} entries, {what} 0 has {len(rows[0])}")
    if not rows[0]:
        raise ProblemError(f"{what} 0 is empty: give at least one entry")


def check_count(values: Sequence[Any], count: int, *, what: str, each: str) -> None:
    """Refuse another number of values than there are things they belong to.

    Examples
    --------
    >>> check_count([1, 2], 3, what="targets", each="pools")
    Traceback (most recent call last):
    ...
    slth_opt.errors.ProblemError: 3 pools need as many targets, got 2
    """
    if len(values) != count:
        raise ProblemError(f"{count} {each} need as many {what}, got {len(values)}")


def check_budget(budget: int) -> None:
    """Refuse a budget below 0; one above what there is to choose from is no budget, and legal.

    Examples
    --------
    >>> check_budget(0)
    """
    if budget < 0:
        raise ProblemError(f"the budget must not be negative, got {budget}")


def check_pool(num_candidates: int) -> None:
    """Refuse an empty pool.

    Examples
    --------
    >>> check_pool(1)
    """
    if num_candidates == 0:
        raise ProblemError("the pool is empty: give at least one weight")


def check_meaning(grid: Any, rounded: Any) -> None:
    """Refuse a grid that is none, and anything but True or False for whether it was rounded to.

    Examples
    --------
    >>> check_meaning(Grid(exponent=3), False)
    """
    if not isinstance(grid, Grid):
        raise ProblemError(f"the grid must be a Grid, got {grid!r}")
    if not isinstance(rounded, bool):
        raise ProblemError(f"rounded must be True or False, got {rounded!r}")


def check_capacity(values: Iterable[int], *, where: str = "") -> None:
    """Refuse numbers whose absolute values add up to 2**62 or more; say where they stand.

    Examples
    --------
    >>> check_capacity([2**60, -(2**60)])
    """
    total = sum(abs(value) for value in values)
    if total >= 2**CAPACITY:
        raise ProblemError(
            f"the absolute values {where}add up to {total.bit_length()} bits, at most {CAPACITY} "
            "are possible (sum below 2^62): use a coarser grid"
        )


def check_shown(bits: int, grid: Grid) -> None:
    """Refuse numbers that no float could show: of so many bits, in units of a grid.

    Examples
    --------
    >>> check_shown(62, Grid(exponent=-960))
    Traceback (most recent call last):
    ...
    slth_opt.errors.ProblemError: values of 62 bits in units of 2^960 are too large for floats: \
use smaller numbers
    """
    if bits - grid.exponent > MOST_SHOWN:
        raise ProblemError(
            f"values of {bits} bits in units of 2^{-grid.exponent} are too large for floats: "
            "use smaller numbers"
        )


def check_mask(mask: Sequence[int], num_candidates: int) -> None:
    """Refuse a mask that is not one entry per candidate.

    Examples
    --------
    >>> check_mask((1, 0), 2)
    """
    if len(mask) != num_candidates:
        raise ProblemError(f"the mask has {len(mask)} entries for {num_candidates} candidates")


def size_range(size: Size, num_candidates: int) -> tuple[int, int]:
    """Turn a size rule into (fewest, most) and refuse what no subset of the pool can meet.

    Examples
    --------
    >>> size_range(2, 5), size_range((0, 3), 5), size_range(None, 5)
    ((2, 2), (0, 3), (0, 5))
    """
    if size is None:
        return 0, num_candidates
    pair = size if isinstance(size, (tuple, list)) else (size, size)
    if len(pair) != 2:
        raise ProblemError(f"a range of sizes is a pair (fewest, most), got {size!r}")
    fewest, most = pair
    fewest = whole_number(fewest, what="size")
    most = whole_number(most, what="size")
    check_sizes(fewest, most, num_candidates)
    return fewest, most


def check_sizes(fewest: int, most: int, num_candidates: int) -> None:
    """Refuse a range of sizes that is empty or leaves 0..n.

    Examples
    --------
    >>> check_sizes(1, 3, 3)
    """
    if fewest < 0 or most > num_candidates:
        shown = f"{fewest}" if fewest == most else f"{fewest}..{most}"
        raise ProblemError(
            f"size {shown} is impossible: a pool of {num_candidates} weights allows "
            f"0..{num_candidates}"
        )
    if fewest > most:
        raise ProblemError(f"the size range is empty: lowest size {fewest} is above highest {most}")


def indices_of(mask: Sequence[int]) -> tuple[int, ...]:
    """Return the chosen indices of a 0/1 mask.

    Examples
    --------
    >>> indices_of([0, 1, 1])
    (1, 2)
    """
    return tuple(i for i, chosen in enumerate(mask) if chosen)


def mask_of(indices: Iterable[int], num_candidates: int) -> tuple[int, ...]:
    """Return the 0/1 mask of chosen indices.

    Examples
    --------
    >>> mask_of([1, 2], 4)
    (0, 1, 1, 0)
    """
    mask = [0] * num_candidates
    for i in indices:
        mask[i] = 1
    return tuple(mask)


def digest_of(canonical: dict[str, Any]) -> str:
    """Return the sha256 of a canonical form: sorted keys, no spaces, integers only.

    Examples
    --------
    >>> digest_of({"a": 1})[:8]
    '015abd7f'
    """
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
