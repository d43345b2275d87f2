"""The gaps between neighbouring sums, streamed through an interval in bounded memory.

Windows of values are chosen by counting, filled from the two lists, sorted, measured and
forgotten. A window is as long in memory however many sums there are in all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from slth_opt.halves.lists import Halves, clamped, count_at_most

if TYPE_CHECKING:
    import numpy as np

WINDOW = 2**20
"""Sums sorted at once: 8 MiB, which stays in the cache."""

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
        for last, sums, number in _windows(halves, low, high, WINDOW):
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


def _windows(
    halves: Halves, low: int, high: int, most: int
) -> Iterator[tuple[int, np.ndarray, int]]:
    """Yield windows in increasing order: last value, sorted sums in it, number of subsets.

    What holds too many sums is halved, down to a single value: that one needs no listing.
    """
    import numpy as np

    from slth_opt.kernels.coverage import fill_window

    low, high = max(low, halves.lowest), min(high, halves.highest)
    if low > high:
        return
    room = np.empty(most, np.int64)
    pending = [(low, high, count_at_most(halves, low - 1), count_at_most(halves, high))]
    while pending:
        first, last, below, upto = pending.pop()
        if upto - below > most and first < last:
            middle = (first + last) // 2
            between = count_at_most(halves, middle)
            pending += [(middle + 1, last, between, upto), (first, middle, below, between)]
        elif first == last and upto > below:
            yield last, np.array([last], np.int64), upto - below
        elif upto > below:
            sums = room[: upto - below]
            fill_window(halves.left, halves.right, halves.pairs, first, last, sums)
            sums.sort()
            yield last, sums, upto - below


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
