"""Stretches of real targets between neighbouring sums: their worst target, their covered length.

Of all the gaps between the sums of an interval only two are cut by its ends, so only those
need care; of the others the widest is the worst, and their lengths say what is covered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from slth_opt.halves.gaps import Gaps, nearest_sums
from slth_opt.halves.lists import Halves


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The targets start..end, the sum below them and the sum above them, if there are any.

    Examples
    --------
    >>> Stretch(start=3, end=4, below=1, above=6).worst()
    (Fraction(5, 2), Fraction(7, 2))
    """

    start: int
    end: int
    below: int | None
    above: int | None

    def worst(self) -> tuple[Fraction, Fraction]:
        """Return the largest distance to a sum, and the target that has it."""
        if self.below is None or self.above is None:
            target = Fraction(self.start if self.below is None else self.end)
        else:
            middle = Fraction(self.below + self.above, 2)
            target = max(Fraction(self.start), min(Fraction(self.end), middle))
        return min(abs(target - s) for s in (self.below, self.above) if s is not None), target

    def within(self, radius: Fraction) -> Fraction:
        """Return the length of the targets that have a sum within a radius."""
        nothing, everything = Fraction(0), Fraction(self.end - self.start)
        from_below = from_above = nothing
        if self.below is not None:
            from_below = max(nothing, min(everything, self.below + radius - self.start))
        if self.above is not None:
            from_above = max(nothing, min(everything, self.end - self.above + radius))
        return min(from_below + from_above, everything)


def end_stretches(halves: Halves, gaps: Gaps, low: int) -> tuple[Stretch, ...]:
    """Return the stretches at the ends of a scanned interval: one if no sum lies in it.

    Examples
    --------
    >>> from slth_opt.halves.gaps import scan_gaps
    >>> from slth_opt.halves.lists import list_halves
    >>> halves = list_halves((3, -5, 8), 1, 1, by_size=True)
    >>> [(s.start, s.end) for s in end_stretches(halves, scan_gaps(halves, 1, 9), 1)]
    [(1, 3), (8, 9)]
    """
    end = gaps.scanned_to
    below, above = nearest_sums(halves, low)[0], nearest_sums(halves, end)[1]
    if gaps.first is None or gaps.last is None:
        return (Stretch(start=low, end=end, below=below, above=above),)
    return (
        Stretch(start=low, end=gaps.first, below=below, above=gaps.first),
        Stretch(start=gaps.last, end=end, below=gaps.last, above=above),
    )


def worst_target(gaps: Gaps, ends: Sequence[Stretch]) -> tuple[Fraction, Fraction, Stretch]:
    """Return the worst distance, the first target that has it, and the stretch it lies in.

    Examples
    --------
    >>> from slth_opt.halves.gaps import scan_gaps
    >>> from slth_opt.halves.lists import list_halves
    >>> halves = list_halves((3, -5, 8), 1, 1, by_size=True)
    >>> gaps = scan_gaps(halves, 1, 9)
    >>> worst_target(gaps, end_stretches(halves, gaps, 1))[:2]
    (Fraction(5, 2), Fraction(11, 2))
    """
    stretches = list(ends)
    if gaps.widest_from is not None:
        start, end = gaps.widest_from, gaps.widest_from + gaps.widest
        stretches.insert(1, Stretch(start=start, end=end, below=start, above=end))
    # They stand in increasing order, and of equals `max` takes the first.
    worst = max(stretches, key=lambda stretch: stretch.worst()[0])
    return (*worst.worst(), worst)


def gap_limits(radii: Sequence[Fraction]) -> tuple[int, ...]:
    """Return the lengths up to which each radius covers a gap whole, increasing, each once.

    Examples
    --------
    >>> gap_limits([Fraction(7, 4), Fraction(0), Fraction(3, 2)])
    (0, 3)
    """
    return tuple(sorted({_limit(radius) for radius in radii}))


def share_covered(
    gaps: Gaps, ends: Sequence[Stretch], radius: Fraction, limits: tuple[int, ...]
) -> Fraction:
    """Return the share of a scanned interval's length within a radius of a sum.

    Parameters
    ----------
    gaps, ends
        The whole gaps of the interval, and the stretches at its ends.
    radius, limits
        How near; `gap_limits` of several radii made the limits that `gaps` was scanned with.

    Examples
    --------
    >>> from slth_opt.halves.gaps import scan_gaps
    >>> from slth_opt.halves.lists import list_halves
    >>> halves, radius = list_halves((3, -5, 8), 1, 1, by_size=True), Fraction(3, 2)
    >>> gaps = scan_gaps(halves, 1, 9, limits=gap_limits([radius]))
    >>> share_covered(gaps, end_stretches(halves, gaps, 1), radius, gap_limits([radius]))
    Fraction(11, 16)
    """
    length = ends[-1].end - ends[0].start
    if length == 0:
        return Fraction(ends[0].worst()[0] <= radius)
    longer = limits.index(_limit(radius)) + 1  # the first class of gaps not covered whole
    covered = sum((stretch.within(radius) for stretch in ends), Fraction(0))
    covered += sum(gaps.lengths[:longer]) + 2 * radius * sum(gaps.counts[longer:])
    return covered / length


def _limit(radius: Fraction) -> int:
    return min(int(2 * radius), 2**63 - 1)  # no gap is longer than an int64
