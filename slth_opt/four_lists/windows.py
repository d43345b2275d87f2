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
class Cut:
    """Where a bound cuts the left sums, and target - bound the right ones.

    `right_below` right sums are at most target - bound, the largest of them is
    `right_before`, the next one `right_after`; None if there is no such sum.
    """

    bound: int
    left_below: int
    right_below: int
    right_before: int | None
    right_after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The left sums of some sizes from one cut up to another, and the right sums they meet."""

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
        return self.high.left_below - self.low.left_below

    @property
    def right_count(self) -> int:
        """How many right sums it has, neighbours not counted."""
        return self.low.right_below - self.high.right_below

    @property
    def fits(self) -> bool:
        """Whether it can be listed; sums of one value need not be."""
        return self.width == 1 or max(self.left_count, self.right_count) <= WINDOW

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
        left_sums=np.empty(WINDOW + 4, np.int64),
        right_sums=np.empty(WINDOW + 4, np.int64),
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
    from slth_opt.kernels.four_lists import cut

    left, right = pair.left, pair.right
    mirrored = min(max(pair.target - bound + 1, right.lowest), right.beyond)
    left_below, _, _ = cut(*left.lists, *sizes[0], bound, pair.positions[0])
    below, before, after = cut(*right.lists, *sizes[1], mirrored, pair.positions[0])
    return Cut(
        bound=bound,
        left_below=int(left_below),
        right_below=int(below),
        right_before=int(before) if before >= right.lowest else None,
        right_after=int(after) if after < right.beyond else None,
    )


def is_hopeless(pair: Pair, window: Window, known: int) -> bool:
    """Tell whether a window has no right sum, and neighbours too far away to beat an error.

    Examples
    --------
    >>> from slth_opt.four_lists.halves import make_half
    >>> block = ((1, 1), (1, 1))
    >>> pair = make_pair(make_half((3, 4), 1), make_half((5, 6), 1), 99, [block])
    >>> [is_hopeless(pair, whole_window(pair, block), known) for known in (86, 87)]
    [True, False]
    """
    if window.right_count:
        return False
    before, after = window.high.right_before, window.low.right_after
    below = known if before is None else pair.target - (window.high.bound - 1 + before)
    above = known if after is None else window.low.bound + after - pair.target
    return min(below, above) >= known


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
    target, low, high = pair.target, window.low, window.high
    if window.width == 1:  # perhaps too many sums to list, but all the same
        left_count, right_count = 1, min(1, window.right_count)
        left[2], right[2] = low.bound, target - low.bound
    else:
        left_count, right_count = window.left_count, window.right_count
        _list(pair.left, window.sizes[0], (low.bound, high.bound), pair.positions, left)
        mirrored = (target - high.bound + 1, target - low.bound + 1)
        _list(pair.right, window.sizes[1], mirrored, pair.positions, right)
    start, end = 2, 2 + right_count
    if high.right_before is not None:
        start = 1
        right[1] = high.right_before
    if low.right_after is not None:
        right[end] = low.right_after
        end += 1
    left[2 + left_count] = right[end] = FENCE
    left[1] = right[start - 1] = -FENCE
    best = np.array([known, 0, 0, 0], np.int64)
    nearest_pair(left, 2, left_count, right, start, end - start, target, best)
    error, left_sum, right_sum = (int(v) for v in best[:3])
    if error == known:
        return None, left_count + right_count
    better = Better(error=error, sizes=window.sizes, left=left_sum, right=right_sum)
    return better, left_count + right_count


def _list(
    half: Half, sizes: Sizes, bounds: tuple[int, int], positions: np.ndarray, sums: np.ndarray
) -> None:
    """Write the sorted sums between two bounds from `sums[2]` on."""
    from slth_opt.kernels.four_lists import cut, list_between

    for bound, row in zip(bounds, positions, strict=True):
        cut(*half.lists, *sizes, min(max(bound, half.lowest), half.beyond), row)
    filled = list_between(*half.lists, *sizes, positions, sums)
    sums[2 : 2 + filled].sort()
