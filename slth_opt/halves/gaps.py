"""The gaps between neighbouring sums, streamed through an interval in bounded memory.

Windows of values are chosen by counting; the sums in one are listed, measured and forgotten.
Where the grid is saturated, with more sums than values, most sums need not even be listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from slth_opt.halves.lists import Halves, clamped, count_at_most

if TYPE_CHECKING:
    import numpy as np

WINDOW = 2**20
"""Sums sorted at once, or values marked at once: 8 MiB or 1 MiB, which stay in the cache."""

SPARSE = 8
"""Up to so many values per sum marking is faster than sorting."""

PATIENCE = 64
"""Sums per value after which a window that still has unmarked values is halved.

Sums that fall at random mark a million values after some 14 million; where many more miss one
it is no accident, and halving comes down to the values that are no sums.
"""

Progress = Callable[[float], None]
"""Is told now and then which share of the work is done, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """What is known of the gaps between neighbouring sums of an interval.

    Parameters
    ----------
    scanned_to
        The last value that was looked at.
    complete
        Whether that is the end of the interval.
    first, last
        The smallest and the largest sum so far; None if there is none.
    num_sums
        How many different sums there are.
    widest, widest_from
        The first widest gap, and the sum below it; 0 and None without a gap.
    counts, lengths
        How many gaps exceed exactly c of the limits, and how long they are together.
    """

    scanned_to: int
    complete: bool
    first: int | None = None
    last: int | None = None
    num_sums: int = 0
    widest: int = 0
    widest_from: int | None = None
    counts: tuple[int, ...]
    lengths: tuple[int, ...]


def scan_gaps(
    halves: Halves,
    low: int,
    high: int,
    *,
    limits: tuple[int, ...] = (),
    progress: Progress | None = None,
) -> Gaps:
    """Measure the gaps between the sums in low..high.

    A Ctrl-C ends the scan with the windows that were finished, if there are any.

    Parameters
    ----------
    halves
        The lists.
    low, high
        The interval.
    limits
        Increasing lengths by which the gaps are told apart.
    progress
        Is called after every window.

    Examples
    --------
    >>> from slth_opt.halves.lists import list_halves
    >>> gaps = scan_gaps(list_halves((3, -5, 8), 0, 3, by_size=False), -5, 6, limits=(2,))
    >>> gaps.num_sums, gaps.widest, gaps.widest_from, gaps.counts, gaps.lengths
    (5, 3, -5, (1, 3), (2, 9))
    """
    classes = (0,) * (len(limits) + 1)
    gaps = Gaps(scanned_to=low, complete=False, counts=classes, lengths=classes)
    before = count_at_most(halves, low - 1)
    total, done = count_at_most(halves, high) - before, 0
    try:
        for last, sums, number in _windows(halves, low, high):
            gaps = _extended(gaps, sums, limits, last)
            done += number
            if progress is not None:
                progress(done / total)
    except KeyboardInterrupt:
        if gaps.first is None:
            raise
        return gaps
    return replace(gaps, scanned_to=high, complete=True)


def nearest_sums(halves: Halves, bound: int) -> tuple[int | None, int | None]:
    """Return the largest sum that is at most `bound`, and the smallest above it.

    Examples
    --------
    >>> from slth_opt.halves.lists import list_halves
    >>> nearest_sums(list_halves((3, -5, 8), 1, 1, by_size=True), 3)
    (3, 8)
    """
    from slth_opt.kernels.coverage import neighbours

    bound = clamped(halves, bound)
    below, above = neighbours(halves.left, halves.right, halves.pairs, bound)
    return (
        int(below) if below >= halves.lowest else None,
        int(above) if above <= halves.highest else None,
    )


def _windows(halves: Halves, low: int, high: int) -> Iterator[tuple[int, np.ndarray, int]]:
    """Yield windows in increasing order: last value, sorted sums in it, number of subsets."""
    low, high = max(low, halves.lowest), min(high, halves.highest)
    if low > high:
        return
    pending = [(low, high, count_at_most(halves, low - 1), count_at_most(halves, high))]
    while pending:
        first, last, below, upto = pending.pop()
        if upto == below:
            continue
        sums = _sums_within(halves, first, last, upto - below)
        if sums is not None:
            yield last, sums, upto - below
            continue
        middle = (first + last) // 2
        between = count_at_most(halves, middle)
        pending += [(middle + 1, last, between, upto), (first, middle, below, between)]


def _sums_within(halves: Halves, first: int, last: int, number: int) -> np.ndarray | None:
    """List the sums of a window in increasing order, or None if it must be halved first.

    Few sums are sorted. Where there are about as many as values, or more, it is cheaper to
    mark the values that are sums.
    """
    import numpy as np

    from slth_opt.kernels.coverage import fill_window, mark_window

    lists, width = (halves.left, halves.right, halves.pairs), last - first + 1
    if width <= WINDOW and (number > WINDOW or width <= SPARSE * number):
        marks = np.zeros(width, np.bool_)
        known = mark_window(*lists, first, last, marks, PATIENCE * width)
        return np.flatnonzero(marks) + first if known else None
    if number > WINDOW:
        return None
    sums = np.empty(number, np.int64)
    fill_window(*lists, first, last, sums)
    sums.sort()
    return sums


def _extended(gaps: Gaps, sums: np.ndarray, limits: tuple[int, ...], scanned_to: int) -> Gaps:
    """Add the sums of the next window; the old record stays as it is, for a Ctrl-C."""
    import numpy as np

    from slth_opt.kernels.coverage import measure_gaps

    first = int(sums[0]) if gaps.first is None else gaps.first
    previous = first if gaps.last is None else gaps.last
    counts, lengths = np.array(gaps.counts, np.int64), np.array(gaps.lengths, np.int64)
    widest = np.array([gaps.widest, previous if gaps.widest_from is None else gaps.widest_from])
    new = measure_gaps(sums, previous, np.array(limits, np.int64), counts, lengths, widest)
    return Gaps(
        scanned_to=scanned_to,
        complete=False,
        first=first,
        last=int(sums[-1]),
        num_sums=gaps.num_sums + int(new) + (gaps.first is None),
        widest=int(widest[0]),
        widest_from=int(widest[1]) if widest[0] else None,
        counts=tuple(counts.tolist()),
        lengths=tuple(lengths.tolist()),
    )
