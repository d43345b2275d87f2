"""What a third party is, what it says of a file, and what that turns out to be worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

REPRODUCED = "reproduced"
"""It says it finished, and its selection has the stored optimum (or there is none, and it says
so)."""
WRONG = "wrong"
"""It says it finished, and its selection is worse, illegal, or there should be none."""
OUT_OF_ARITHMETIC = "out of arithmetic"
"""The file holds integers its numbers cannot hold, so it was not asked."""
UNFINISHED = "unfinished"
"""It does not say that it finished."""
REFUSED = "refused"
"""It is not there, or cannot be used."""

VERDICTS = (REPRODUCED, WRONG, OUT_OF_ARITHMETIC, UNFINISHED, REFUSED)
"""What can be said of a third party and a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a third party says of a file.

    Parameters
    ----------
    status
        In its own words.
    finished
        Whether that means that its answer is final.
    infeasible
        Whether it says that no point is feasible.
    values
        The value of each variable by its name; None if it has no solution.
    """

    status: str
    finished: bool
    infeasible: bool = False
    values: Mapping[str, float] | None = field(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A solver of other people, with the formats its own reader takes.

    Parameters
    ----------
    name
        What users call it.
    software
        Whose reader and solver it is, for people.
    formats
        Names of `slth_opt.programs.writers.WRITERS`.
    largest
        The largest absolute value of an integer that its numbers hold beside all smaller ones.
    tolerance
        By how much a value may miss an integer and still count as one; 0 if it computes in
        integers.
    solve
        Reads a text in a format and solves it within seconds.
    refuses
        Says why it cannot be used here, or None.
    """

    name: str
    software: str
    formats: tuple[str, ...]
    largest: int
    tolerance: float
    solve: Callable[[str, str, float], Said]
    refuses: Callable[[], str | None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a third party's answer is worth.

    Parameters
    ----------
    verdict
        One of `VERDICTS`.
    words
        What it said, or why it was not asked.
    value
        The value of its selection, recomputed in integers; None if it has no legal one.
    blurred
        Whether the integers in the file are so large that its tolerance cannot tell the best
        selection from the next: then being wrong is no surprise.
    """

    verdict: str
    words: str
    value: int | None = None
    blurred: bool = False
