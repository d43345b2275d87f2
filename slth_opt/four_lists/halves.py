"""Half a pool as two lists of quarters: counted, cut and listed without holding all its sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from slth_opt.errors import ClaimRejected
from slth_opt.recovery import subset_with_sum

if TYPE_CHECKING:
    import numpy as np

Sizes = tuple[int, int]
"""A range of sizes, both ends included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """Some weights and the sorted sums of their subsets, grouped by size as `starts` says."""

    weights: tuple[int, ...]
    starts: np.ndarray
    sums: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """Two quarters, of which every sum is at least `lowest` and below `beyond`.

    If `mixed`, the sums are not grouped: all of them count as of size 0.
    """

    first: Quarter
    second: Quarter
    lowest: int
    beyond: int
    mixed: bool

    @property
    def sizes(self) -> Sizes:
        """The sizes of subsets it has."""
        return 0, len(self.first.starts) + len(self.second.starts) - 4

    @property
    def lists(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The lists in the order kernels take them."""
        return self.first.sums, self.first.starts, self.second.sums, self.second.starts


def make_half(weights: tuple[int, ...], most: int | None) -> Half:
    """List the quarters' sums of up to `most` weights; all sizes mixed if that is None.

    Examples
    --------
    >>> make_half((3, -5, 8), 2).sizes, make_half((3, -5, 8), None).sizes
    ((0, 3), (0, 0))
    """
    quarter = len(weights) // 2
    return Half(
        first=_quarter(weights[:quarter], most),
        second=_quarter(weights[quarter:], most),
        lowest=sum(w for w in weights if w < 0),
        beyond=sum(w for w in weights if w > 0) + 1,
        mixed=most is None,
    )


def subset_of(half: Half, sizes: Sizes, total: int) -> tuple[int, ...]:
    """Return the indices of a subset of a half with one of these sizes and this sum.

    Examples
    --------
    >>> subset_of(make_half((3, -5, 8, 9), 4), (2, 3), 7)
    (0, 1, 3)
    """
    import numpy as np

    from slth_opt.kernels.meeting import nearest_of_size

    best = np.array([2**62, 0, 0, 0], np.int64)
    for size in range(sizes[0], sizes[1] + 1):
        nearest_of_size(*half.lists, size, total, best)
        if best[0] == 0:
            first = _chosen(half, half.first, int(best[3]), int(best[1]))
            second = _chosen(half, half.second, size - int(best[3]), int(best[2]))
            return (*first, *(len(half.first.weights) + i for i in second))
    raise ClaimRejected(f"no subset of {sizes[0]}..{sizes[1]} weights of a half sums to {total}")


def size_blocks(lefts: Sizes, rights: Sizes, sizes: Sizes) -> list[tuple[Sizes, Sizes]]:
    """Cover the pairs of sizes whose total is allowed with rectangles, each pair once.

    Examples
    --------
    >>> size_blocks((0, 1), (0, 3), (2, 2))
    [((1, 1), (1, 1)), ((0, 0), (2, 2))]
    >>> size_blocks((0, 2), (0, 2), (0, 4))
    [((0, 2), (0, 2))]
    """
    if lefts[1] + rights[1] < sizes[0] or lefts[0] + rights[0] > sizes[1]:
        return []
    if lefts[0] + rights[0] >= sizes[0] and lefts[1] + rights[1] <= sizes[1]:
        return [(lefts, rights)]
    if lefts[1] - lefts[0] >= rights[1] - rights[0]:
        middle = sum(lefts) // 2
        parts = [((lefts[0], middle), rights), ((middle + 1, lefts[1]), rights)]
    else:
        middle = sum(rights) // 2
        parts = [(lefts, (rights[0], middle)), (lefts, (middle + 1, rights[1]))]
    return [block for part in parts for block in size_blocks(*part, sizes)]


def _quarter(weights: tuple[int, ...], most: int | None) -> Quarter:
    import numpy as np

    from slth_opt.kernels.meeting import build_half, build_ungrouped, group_starts

    values = np.array(weights, np.int64)
    if most is None:
        starts = np.array([1, 2 ** len(weights) + 3], np.int64)
        sums = np.empty(2 ** len(weights) + 2, np.int64)
        build_ungrouped(values, sums)
    else:
        starts = group_starts(len(weights), min(most, len(weights)))
        sums = np.empty(starts[-1], np.int64)
        build_half(values, starts, sums)
    return Quarter(weights=weights, starts=starts, sums=sums)


def _chosen(half: Half, quarter: Quarter, size: int, total: int) -> tuple[int, ...]:
    sizes = (0, len(quarter.weights)) if half.mixed else (size, size)
    return subset_with_sum(quarter.weights, total, fewest=sizes[0], most=sizes[1])
