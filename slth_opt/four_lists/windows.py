"""Windows of values that fit a small memory: left sums between two bounds, and their partners.

Four lists of quarters stand for the two lists of halves (Schroeppel and Shamir 1981). A left
and a right sum matter together when their total is near the target, so a window of left sums
meets the right sums of the mirrored window, and one neighbour on either side of it. Windows
are split until both sides hold few sums; then both are listed, sorted and walked. Every left
sum lies in some window, so nothing is missed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from slth_opt.four_lists.halves import Half, Sizes

if TYPE_CHECKING:
    import numpy as np

WINDOW = 2**20
"""Sums of one side listed at once: 8 MiB."""

Block = tuple[Sizes, Sizes]
"""Sizes of left subsets, all of which go with all these sizes of right subsets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a bound falls among sums: how many are below, the largest of them, and the next one.

    None if there is no such sum.
    """

    below: int
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where a bound falls among the left sums, and target - bound + 1 among the right ones."""

    bound: int
    left: Place
    right: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The left sums of some sizes from one cut up to another, and the right sums they meet.

    These are the right sums from target - high + 1 to target - low.
    """

    sizes: Block
    low: Cut
    high: Cut

    @property
    def width(self) -> int:
        """How many numbers it spans."""
        return self.high.bound - self.low.bound

    @property
    def left_count(self) -> int:
        """How many left sums it has."""
        return self.high.left.below - self.low.left.below

    @property
    def right_count(self) -> int:
        """How many right sums it has, neighbours not counted."""
        return self.low.right.below - self.high.right.below

    @property
    def is_plain(self) -> bool:
        """Whether its outermost sums say all: one value, or nothing between two neighbours."""
        return self.width == 1 or self.right_count == 0

    @property
    def fits(self) -> bool:
        """Whether it can be compared as it is."""
        return self.is_plain or max(self.left_count, self.right_count) <= WINDOW

    @property
    def promise(self) -> float:
        """Pairs per number they share, per sum listed: much the same for a window's parts."""
        left, right = self.left_count, self.right_count
        return left * right / max(1, (left + right) * self.width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two halves, what their sums are to add up to, and arrays that every window is listed in."""

    left: Half
    right: Half
    target: int
    left_sums: np.ndarray
    right_sums: np.ndarray
    positions: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Better:
    """An error, the sums of both halves that have it, and their sizes."""

    error: int
    sizes: Block
    left: int
    right: int


def make_pair(left: Half, right: Half, target: int, blocks: list[Block]) -> Pair:
    """Provide the arrays that windows of these blocks take.

    Examples
    --------
    >>> from slth_opt.four_lists.halves import make_half
    >>> make_pair(make_half((3, 4), 1), make_half((5, 6), 1), 9, [((1, 1), (1, 1))]).positions.shape
    (2, 3)
    """
    import numpy as np

    from slth_opt.kernels.four_lists import count_rows

    rows = [
        count_rows(half.first.starts, half.second.starts, *sizes)
        for block in blocks
        for half, sizes in zip((left, right), block, strict=True)
    ]
    return Pair(
        left=left,
        right=right,
        target=target,
        left_sums=np.empty(WINDOW + 5, np.int64),
        right_sums=np.empty(WINDOW + 5, np.int64),
        positions=np.empty((2, max(rows, default=0) + 1), np.int64),
    )


def whole_window(pair: Pair, sizes: Block) -> Window:
    """Return the window of all left sums of some sizes.

    Examples
    --------
    >>> from slth_opt.four_lists.halves import make_half
    >>> block = ((1, 1), (1, 1))
    >>> pair = make_pair(make_half((3, 4), 1), make_half((5, 6), 1), 9, [block])
    >>> window = whole_window(pair, block)
    >>> window.left_count, window.right_count
    (2, 2)
    """
    low, high = (_cut(pair, sizes, bound) for bound in (pair.left.lowest, pair.left.beyond))
    return Window(sizes=sizes, low=low, high=high)


def split(pair: Pair, window: Window) -> tuple[Window, Window]:
    """Cut a window in two of the same width, more or less.

    Examples
    --------
    >>> from slth_opt.four_lists.halves import make_half
    >>> block = ((1, 1), (1, 1))
    >>> pair = make_pair(make_half((3, 4), 1), make_half((5, 6), 1), 9, [block])
    >>> [half.left_count for half in split(pair, whole_window(pair, block))]
    [1, 1]
    """
    middle = _cut(pair, window.sizes, (window.low.bound + window.high.bound) // 2)
    return replace(window, high=middle), replace(window, low=middle)


def _cut(pair: Pair, sizes: Block, bound: int) -> Cut:
    left = _place(pair.left, sizes[0], bound, pair.positions[0])
    right = _place(pair.right, sizes[1], pair.target - bound + 1, pair.positions[0])
    return Cut(bound=bound, left=left, right=right)


def _place(half: Half, sizes: Sizes, bound: int, positions: np.ndarray) -> Place:
    from slth_opt.kernels.four_lists import cut

    within = min(max(bound, half.lowest), half.beyond)
    below, before, after = cut(*half.lists, *sizes, within, positions)
    return Place(
        below=int(below),
        before=int(before) if before >= half.lowest else None,
        after=int(after) if after < half.beyond else None,
    )


def compare(pair: Pair, window: Window, known: int) -> tuple[Better | None, int]:
    """Find the best pair of sums of a window if it beats an error; count the sums listed.

    Examples
    --------
    >>> from slth_opt.four_lists.halves import make_half
    >>> block = ((1, 1), (1, 1))
    >>> pair = make_pair(make_half((3, 4), 1), make_half((5, 6), 1), 9, [block])
    >>> better, listed = compare(pair, whole_window(pair, block), 99)
    >>> better.error, better.left + better.right, listed
    (0, 9, 4)
    """
    import numpy as np

    from slth_opt.kernels.meeting import FENCE, nearest_pair

    left, right = pair.left_sums, pair.right_sums
    low, high = window.low, window.high
    if window.is_plain:
        left_count, right_count = 2, min(1, window.right_count)
        left[2:4] = low.left.after, high.left.before
        right[2] = 0 if high.right.after is None else high.right.after
    else:
        left_count, right_count = window.left_count, window.right_count
        _list(pair.left, window.sizes[0], (low.bound, high.bound), pair.positions, left)
        mirrored = (pair.target - high.bound + 1, pair.target - low.bound + 1)
        _list(pair.right, window.sizes[1], mirrored, pair.positions, right)
    start, end = 2, 2 + right_count
    if high.right.before is not None:
        start = 1
        right[1] = high.right.before
    if low.right.after is not None:
        right[end] = low.right.after
        end += 1
    left[2 + left_count] = right[end] = FENCE
    left[1] = right[start - 1] = -FENCE
    best = np.array([known, 0, 0, 0], np.int64)
    nearest_pair(left, 2, left_count, right, start, end - start, pair.target, best)
    error, left_sum, right_sum = (int(v) for v in best[:3])
    if error == known:
        return None, left_count + right_count
    better = Better(error=error, sizes=window.sizes, left=left_sum, right=right_sum)
    return better, left_count + right_count


def _list(
    half: Half, sizes: Sizes, bounds: tuple[int, int], positions: np.ndarray, sums: np.ndarray
) -> None:
    """Write the sorted sums between two bounds from `sums[2]` on."""
    from slth_opt.kernels.four_lists import list_between

    for bound, row in zip(bounds, positions, strict=True):
        _place(half, sizes, bound, row)
    filled = list_between(*half.lists, *sizes, positions, sums)
    sums[2 : 2 + filled].sort()
