"""A figure of ours beside one that was published or measured before, and how far apart they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, sqrt


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduced:
    """A figure of ours beside one of before.

    Parameters
    ----------
    what
        Which figure.
    ours, before
        The two.
    error
        The standard error of their difference, both samples counted.
    rounding
        By how much the figure of before may have been rounded.
    """

    what: str
    ours: float
    before: float
    error: float
    rounding: float

    @property
    def deviations(self) -> float:
        """Standard errors between the two, beyond what rounding explains."""
        beyond = max(0.0, abs(self.ours - self.before) - self.rounding)
        return beyond / self.error if self.error else (inf if beyond else 0.0)


def share_beside(what: str, hits: int, draws: int, before: str, earlier_draws: int) -> Reproduced:
    """Put a share of our draws beside one of earlier draws, given as it was printed.

    Examples
    --------
    >>> found = share_beside("served", 560, 1000, "0.5", 1000)
    >>> round(found.error, 4), found.rounding, round(found.deviations, 2)
    (0.0223, 0.05, 0.45)
    """
    share, earlier = hits / draws, float(before)
    pooled = (hits + earlier * earlier_draws) / (draws + earlier_draws)
    error = sqrt(max(0.0, pooled * (1 - pooled)) * (1 / draws + 1 / earlier_draws))
    return Reproduced(
        what=what, ours=share, before=earlier, error=error, rounding=half_a_digit(before)
    )


def mean_beside(
    what: str, moments: tuple[int, int, int], before: str, earlier_draws: float
) -> Reproduced:
    """Put a mean of ours beside one of earlier draws; both are taken to vary as ours do.

    Parameters
    ----------
    what
        Which mean.
    moments
        How many numbers it is of, their sum, and the sum of their squares.
    before, earlier_draws
        The other mean as it was printed, and of how many numbers.

    Examples
    --------
    >>> found = mean_beside("size", (4, 8, 20), "2.5", 4)
    >>> found.ours, round(found.error, 3), found.rounding
    (2.0, 0.707, 0.05)
    """
    count, total, squares = moments
    mean = total / count
    error = sqrt((squares / count - mean**2) * (1 / count + 1 / earlier_draws))
    return Reproduced(
        what=what, ours=mean, before=float(before), error=error, rounding=half_a_digit(before)
    )


def half_a_digit(printed: str) -> float:
    """Return by how much a printed number may be off.

    Examples
    --------
    >>> half_a_digit("0.404"), half_a_digit("2")
    (0.0005, 0.5)
    """
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])


def in_words(found: Iterable[Reproduced]) -> str:
    """Say how many figures are reproduced within two standard errors, and which is furthest.

    Examples
    --------
    >>> in_words([share_beside("served", 560, 1000, "0.5", 1000)])
    'Of 1 figures from before, 1 lie within two standard errors; the furthest (served: here 0.56, \
before 0.5) is 0.4 away.'
    """
    every = list(found)
    worst = max(every, key=lambda each: each.deviations)
    near = sum(each.deviations <= 2 for each in every)
    return (
        f"Of {len(every)} figures from before, {near} lie within two standard errors; the furthest "
        f"({worst.what}: here {worst.ours:.4g}, before {worst.before:g}) is "
        f"{worst.deviations:.1f} away."
    )
