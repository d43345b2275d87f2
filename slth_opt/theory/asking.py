"""What every formula asks of its arguments, and how implicit ones are solved."""

from __future__ import annotations

from collections.abc import Callable

from slth_opt.errors import ProblemError

MOST_CANDIDATES = 10**12
"""Where the search for a number of candidates gives up."""

LEAST = 1e-100
"""Smaller tolerances have no square that a float could hold."""


def check_tolerance(tolerance: float, *, below: float = 1.0) -> None:
    """Refuse a tolerance that is not above 0 and below a limit.

    Examples
    --------
    >>> check_tolerance(0.01)
    """
    if not 0 < tolerance < below:
        raise ProblemError(f"the tolerance must lie between 0 and {below:g}, got {tolerance!r}")
    if tolerance < LEAST:
        raise ProblemError(f"the tolerance must be at least {LEAST:g}, got {tolerance!r}")


def check_failure(failure: float) -> None:
    """Refuse a probability of failure that is not between 0 and 1.

    Examples
    --------
    >>> check_failure(0.01)
    """
    if not 0 < failure < 1:
        raise ProblemError(f"a probability of failure lies between 0 and 1, got {failure!r}")


def check_positive(value: float, *, what: str) -> None:
    """Refuse what is not a finite number above 0.

    Examples
    --------
    >>> check_positive(2.5, what="the constant")
    """
    if not 0 < value < float("inf"):
        raise ProblemError(f"{what} must be a finite number above 0, got {value!r}")


def check_count(value: float, *, what: str, most: float = 2**53) -> None:
    """Refuse what is not a whole number of 1 or more, or too large to be calculated with.

    Examples
    --------
    >>> check_count(784, what="the number of inputs")
    """
    if not 1 <= value <= most or value == float("inf") or value != int(value):
        raise ProblemError(f"{what} must be a whole number from 1 to {most:g}, got {value!r}")


def check_share(share: float) -> None:
    """Refuse a share of candidates that is not between 0 and 1, or too small to be counted with.

    Examples
    --------
    >>> check_share(0.5)
    """
    if not 1 / MOST_CANDIDATES <= share < 1:
        raise ProblemError(
            f"the share kept must lie between {1 / MOST_CANDIDATES:g} and 1, got {share!r}"
        )


def smallest(holds: Callable[[int], bool], *, least: int) -> int:
    """Return the smallest integer from `least` on for which a monotone condition holds.

    Examples
    --------
    >>> smallest(lambda n: n * n >= 50, least=1)
    8
    """
    if holds(least):
        return least
    step = 1
    while not holds(least + step):
        step *= 2
        if step > MOST_CANDIDATES:
            raise ProblemError(f"more than {MOST_CANDIDATES:.0e} candidates would be needed")
    low, high = least + step // 2, least + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
