"""The worst target of an interval: how far a pool's subset sums leave any target alone.

The theorems behind strong lottery tickets say that with high probability *every* target of an
interval has a subset within eps. The smallest such eps of one pool is exact and computable:
half the widest gap between neighbouring sums, with care at both ends. Targets are real
numbers here, so distances are multiples of half a grid unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from slth_opt.errors import ProblemError
from slth_opt.grid import as_fraction, as_fractions, choose_grid
from slth_opt.halves import (
    Progress,
    count_within,
    end_stretches,
    gap_limits,
    halves_of,
    scan_gaps,
    share_covered,
    worst_target,
)
from slth_opt.problems import SubsetSum
from slth_opt.problems.legality import Size, check_pool, size_range, whole_number
from slth_opt.results import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How well the legal subset sums of a pool cover an interval of real targets.

    Parameters
    ----------
    low, high
        The interval asked about; where reals were rounded, its ends on the grid.
    scanned_to
        All that follows is about the targets from `low` to here. It is `high` unless stopped.
    worst_target, distance
        The target farthest from any sum (the first if there are several), and how far it is.
    below, above
        The sums nearest to the worst target, on either side of it; None where there is none.
    num_sums, num_subsets
        How many different sums lie in the interval, and how many legal subsets have them.
    shares
        Pairs of eps and the share of the interval's length within eps of a sum.
    slack
        How much the distance of the original reals can differ: 0 unless they were rounded.
    stop
        Why the scan stopped: finished or interrupted.

    Examples
    --------
    >>> found = coverage([1, 2, 4], low=0, high=7)
    >>> found.num_sums, found.distance
    (8, Fraction(1, 2))
    """

    low: Fraction
    high: Fraction
    scanned_to: Fraction
    worst_target: Fraction
    distance: Fraction
    below: Fraction | None
    above: Fraction | None
    num_sums: int
    num_subsets: int
    shares: tuple[tuple[Fraction, Fraction], ...] = ()
    slack: Fraction = Fraction(0)
    stop: Stop

    @property
    def is_complete(self) -> bool:
        """Whether the whole interval was scanned."""
        return self.stop is Stop.FINISHED

    @property
    def bracket(self) -> tuple[Fraction, Fraction]:
        """An interval that contains the worst distance on the original reals."""
        return max(Fraction(0), self.distance - self.slack), self.distance + self.slack


def coverage(
    weights: Iterable[Any],
    *,
    size: Size = None,
    low: Any,
    high: Any,
    eps: Iterable[Any] = (),
    rounding: str = "exact",
    bits: int | None = None,
    progress: Progress | None = None,
) -> Coverage:
    """Find the target in an interval that is farthest from every legal subset sum.

    Exact for real targets, on the numbers given (or on their roundings, if asked for). Time
    grows with the number of different sums in the interval: some twenty seconds for 10^9.

    Parameters
    ----------
    weights
        The pool: finite reals.
    size
        Exactly k, a pair (fewest, most), or None for any size.
    low, high
        The interval of targets, both ends included.
    eps
        For each of these also give the share of the interval within eps of a sum.
    rounding, bits
        As in `SubsetSum.from_reals`.
    progress
        Is called with the share done, from 0 to 1, after each window.

    Raises
    ------
    ProblemError
        If the numbers make no problem, the interval is empty or an eps is negative.

    Examples
    --------
    >>> found = coverage([0.5, -0.25, 0.75], size=2, low=-1, high=1, eps=[0.25])
    >>> found.worst_target, found.distance, found.num_sums
    (Fraction(-1, 1), Fraction(5, 4), 2)
    >>> found.shares
    ((Fraction(1, 4), Fraction(3, 8)),)
    """
    reals = as_fractions(weights, what="weight")
    check_pool(len(reals))
    ends, radii = _interval(low, high, eps)
    reals += ends
    grid = choose_grid(reals, rounding=rounding, bits=bits)
    *placed, first, last = grid.nearest(reals)
    unit = grid.real(1)
    found = integer_coverage(
        placed,
        size=size,
        low=first,
        high=last,
        eps=[radius / unit for radius in radii],
        progress=progress,
    )
    placed += [first, last]
    rounded = any(grid.real(p) != real for p, real in zip(placed, reals, strict=True))
    # Each weight of a subset and each end of the interval is off by at most half a unit.
    _, most = size_range(size, len(placed) - 2)
    return replace(_scaled(found, unit), slack=(most + 1) * unit / 2 * rounded)


def share_within(
    weights: Iterable[Any],
    *,
    size: Size = None,
    low: Any,
    high: Any,
    eps: Iterable[Any],
    rounding: str = "exact",
    bits: int | None = None,
    progress: Progress | None = None,
) -> tuple[Fraction, ...]:
    """Return for each eps the exact share of an interval's length within eps of a subset sum.

    It is the chance that a uniformly drawn target has a subset within eps. For an interval of
    one point it is 1 or 0. Parameters as in `coverage`, which gives the same shares.

    Examples
    --------
    >>> share_within([0.5, -0.25, 0.75], size=2, low=0, high=1, eps=[0, 0.125, 0.25])
    (Fraction(0, 1), Fraction(1, 2), Fraction(3, 4))
    """
    found = coverage(
        weights,
        size=size,
        low=low,
        high=high,
        eps=eps,
        rounding=rounding,
        bits=bits,
        progress=progress,
    )
    if not found.is_complete:
        raise KeyboardInterrupt
    return tuple(share for _, share in found.shares)


def integer_coverage(
    weights: Iterable[int],
    *,
    size: Size = None,
    low: int,
    high: int,
    eps: Iterable[Fraction | int] = (),
    progress: Progress | None = None,
) -> Coverage:
    """Do what `coverage` does for weights and ends that are integers, without a limit on the ends.

    Examples
    --------
    >>> found = integer_coverage([2, -1, 3], size=2, low=2, high=9)
    >>> found.worst_target, found.distance, found.below, found.above
    (Fraction(9, 1), Fraction(4, 1), Fraction(5, 1), None)
    """
    pool = tuple(weights)
    fewest, most = size_range(size, len(pool))
    problem = SubsetSum(weights=pool, target=0, fewest=fewest, most=most)
    low, high = whole_number(low, what="low"), whole_number(high, what="high")
    _, radii = _interval(low, high, eps)
    halves = halves_of(problem)
    limits = gap_limits(radii)
    gaps = scan_gaps(halves, low, high, limits=limits, progress=progress)
    ends = end_stretches(halves, gaps, low)
    distance, target, worst = worst_target(gaps, ends)
    return Coverage(
        low=Fraction(low),
        high=Fraction(high),
        scanned_to=Fraction(gaps.scanned_to),
        worst_target=target,
        distance=distance,
        below=None if worst.below is None else Fraction(worst.below),
        above=None if worst.above is None else Fraction(worst.above),
        num_sums=gaps.num_sums,
        num_subsets=count_within(halves, low, gaps.scanned_to),
        shares=tuple((radius, share_covered(gaps, ends, radius, limits)) for radius in radii),
        stop=Stop.FINISHED if gaps.complete else Stop.INTERRUPTED,
    )


def _interval(low: Any, high: Any, eps: Iterable[Any]) -> tuple[list[Fraction], list[Fraction]]:
    """Read the ends of an interval and the radii; refuse an empty interval, a negative radius."""
    ends = [as_fraction(low, what="low"), as_fraction(high, what="high")]
    if ends[0] > ends[1]:
        raise ProblemError(f"the interval is empty: its low end {low} is above its high end {high}")
    radii = as_fractions(eps, what="eps")
    for i, radius in enumerate(radii):
        if radius < 0:
            raise ProblemError(f"eps {i} must be at least 0, got {float(radius):g}")
    return ends, radii


def _scaled(found: Coverage, unit: Fraction) -> Coverage:
    return replace(
        found,
        low=found.low * unit,
        high=found.high * unit,
        scanned_to=found.scanned_to * unit,
        worst_target=found.worst_target * unit,
        distance=found.distance * unit,
        below=None if found.below is None else found.below * unit,
        above=None if found.above is None else found.above * unit,
        shares=tuple((radius * unit, share) for radius, share in found.shares),
    )
