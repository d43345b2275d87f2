"""The subset of some sizes whose sum is nearest to a target, window after window.

The most crowded windows come first: where very many subsets share few numbers, an error of
zero turns up at once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from slth_opt.four_lists.halves import Sizes, make_half, size_blocks, subset_of
from slth_opt.four_lists.windows import (
    Better,
    Block,
    Pair,
    Window,
    compare,
    make_pair,
    split,
    whole_window,
)
from slth_opt.results import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to stop: at an error small enough, after so many sums, at a reading of the clock."""

    enough: int = 0
    listed: int | None = None
    deadline: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """What was found: an error below the known one and its subset, or the known and None."""

    error: int
    indices: tuple[int, ...] | None
    stop: Stop
    listed: int


def nearest_sum(
    weights: tuple[int, ...],
    target: int,
    sizes: Sizes,
    *,
    known: int,
    limits: Limits = Limits(),
    cap: int | None = None,
) -> Nearest:
    """Find a subset of these sizes whose error is below a known one, the smallest there is.

    Parameters
    ----------
    weights, target, sizes
        Absolute values of weights and target add up to less than 2^62.
    known
        An error that is of no interest any more.
    limits
        When to stop early.
    cap
        Look only at subsets of at most so many weights of every quarter of the pool.

    Examples
    --------
    >>> found = nearest_sum((3, -5, 8, 13, 21), 10, (2, 2), known=99)
    >>> found.error, found.indices
    (1, (0, 2))
    """
    half = len(weights) // 2
    mixed = sizes == (0, len(weights)) and cap is None
    most = None if mixed else sizes[1] if cap is None else min(cap, sizes[1])
    left, right = make_half(weights[:half], most), make_half(weights[half:], most)
    blocks = size_blocks(left.sizes, right.sizes, (0, 0) if mixed else sizes)
    pair = make_pair(left, right, target, blocks)
    best, listed, stop = _walk(pair, blocks, known, limits)
    if best is None:
        return Nearest(error=known, indices=None, stop=stop, listed=listed)
    chosen = subset_of(left, best.sizes[0], best.left), subset_of(right, best.sizes[1], best.right)
    indices = (*chosen[0], *(half + i for i in chosen[1]))
    return Nearest(error=best.error, indices=indices, stop=stop, listed=listed)


def _walk(
    pair: Pair, blocks: list[Block], known: int, limits: Limits
) -> tuple[Better | None, int, Stop]:
    """Compare window after window; return the best sums, how many were listed, and why."""
    heap: list[tuple[float, int, Window]] = []
    serial = count()  # windows of equal promise wait in line
    best, listed = None, 0

    def put(window: Window) -> None:
        if window.left_count:
            heappush(heap, (-window.promise, next(serial), window))

    try:
        for block in blocks:
            put(whole_window(pair, block))
        while heap and known > limits.enough:
            if limits.deadline is not None and time.perf_counter() >= limits.deadline:
                return best, listed, Stop.SECONDS
            if limits.listed is not None and listed >= limits.listed:
                return best, listed, Stop.GAVE_UP
            window = heappop(heap)[-1]
            if not window.fits:
                for part in split(pair, window):
                    put(part)
                continue
            better, sums = compare(pair, window, known)
            listed += sums
            if better is not None:
                best, known = better, better.error
    except KeyboardInterrupt:
        return best, listed, Stop.INTERRUPTED
    return best, listed, Stop.FINISHED
