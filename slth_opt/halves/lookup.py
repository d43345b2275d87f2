"""From a size and a sum back to every subset that has them.

`recovery` finds one such subset, once. Here all of them are found, for many sums: a small
pool keeps a table, a large one the lists of its halves, each a smaller pool again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from slth_opt.halves.lists import Halves, list_halves, of_size, pairs_within
from slth_opt.methods import too_many_subsets

FEW = 2**12
"""Pools with at most this many subsets are looked up in a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Weights whose subsets can be looked up by size and sum.

    Parameters
    ----------
    table
        The subsets of a small pool. Every size is given as 0 where sizes are not kept apart.
    halves, parts
        The lists of a large pool, and the catalogues of its halves.

    Examples
    --------
    >>> catalogue_of((5, 4, 1), most=3, by_size=False).table[0, 5]
    [(0,), (1, 2)]
    """

    table: dict[tuple[int, int], list[tuple[int, ...]]]
    halves: Halves | None = None
    parts: tuple[Catalogue, Catalogue] | None = None


def catalogue_of(
    weights: tuple[int, ...], *, most: int, by_size: bool, first: int = 0
) -> Catalogue:
    """Prepare a pool for looking up subsets of up to `most` weights.

    Parameters
    ----------
    weights
        The pool.
    most
        The largest size that will be asked for.
    by_size
        Whether sizes are kept apart.
    first
        The index of the first weight.

    Examples
    --------
    >>> catalogue_of((5, 4, 1), most=1, by_size=True, first=7).table
    {(0, 0): [()], (1, 5): [(7,)], (1, 4): [(8,)], (1, 1): [(9,)]}
    """
    most = min(most, len(weights))
    if not too_many_subsets(len(weights), 0, most, FEW):
        return Catalogue(table=_table(weights, most, by_size, first))
    return Catalogue(
        table={},
        halves=list_halves(weights, 0, most, by_size=by_size),
        parts=parts_of(weights, most=most, by_size=by_size, first=first),
    )


def parts_of(
    weights: tuple[int, ...], *, most: int, by_size: bool, first: int = 0
) -> tuple[Catalogue, Catalogue]:
    """Prepare both halves of a pool, split as `list_halves` splits it.

    Examples
    --------
    >>> _, right = parts_of((5, 4, 1), most=1, by_size=True)
    >>> right.table
    {(0, 0): [()], (1, 4): [(1,)], (1, 1): [(2,)]}
    """
    middle = len(weights) // 2
    return (
        catalogue_of(weights[:middle], most=most, by_size=by_size, first=first),
        catalogue_of(weights[middle:], most=most, by_size=by_size, first=first + middle),
    )


def subsets_with(catalogue: Catalogue, size: int, total: int) -> Iterator[tuple[int, ...]]:
    """Yield every subset with this size and sum, each once; size 0 where sizes are mixed.

    Examples
    --------
    >>> list(subsets_with(catalogue_of((5, 4, 1, 0), most=4, by_size=True), 2, 5))
    [(1, 2), (0, 3)]
    """
    if catalogue.halves is None or catalogue.parts is None:
        yield from catalogue.table.get((size, total), ())
        return
    halves = of_size(catalogue.halves, size)
    # One left sum and the total leave one right sum.
    most = int(halves.pairs[:, [1, 3]].min(axis=1).sum())
    for pair in pairs_within(halves, total, total, most).tolist():
        yield from subsets_of_pair(catalogue.parts, halves, pair)


def subsets_of_pair(
    parts: tuple[Catalogue, Catalogue], halves: Halves, pair: Sequence[int]
) -> Iterator[tuple[int, ...]]:
    """Yield every subset behind a pair of sums, as `pairs_within` lists them.

    Examples
    --------
    >>> halves = list_halves((3, 3, -5, 8), 2, 2, by_size=True)
    >>> parts = parts_of((3, 3, -5, 8), most=2, by_size=True)
    >>> [list(subsets_of_pair(parts, halves, p)) for p in pairs_within(halves, 3, 11, 9).tolist()]
    [[(2, 3)], [(0, 3), (1, 3)], [(0, 1)]]
    """
    row, left_sum, right_sum = pair
    left_size, right_size = halves.pairs[row, 4:].tolist()
    for one in subsets_with(parts[0], left_size, left_sum):
        for other in subsets_with(parts[1], right_size, right_sum):
            yield (*one, *other)


def _table(
    weights: tuple[int, ...], most: int, by_size: bool, first: int
) -> dict[tuple[int, int], list[tuple[int, ...]]]:
    subsets: list[tuple[tuple[int, ...], int]] = [((), 0)]
    for i, weight in enumerate(weights, start=first):
        subsets += [((*c, i), total + weight) for c, total in subsets if len(c) < most]
    table: dict[tuple[int, int], list[tuple[int, ...]]] = {}
    for chosen, total in subsets:
        table.setdefault((len(chosen) if by_size else 0, total), []).append(chosen)
    return table
