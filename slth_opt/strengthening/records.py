"""What strengthening hands to a solver."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from slth_opt.problems import Problem
from slth_opt.problems.legality import mask_of
from slth_opt.programs import IntegerProgram
from slth_opt.results import Effort


@dataclass(frozen=True, slots=True, kw_only=True)
class Stronger:
    """A program with the variables of the plain one, and what was found on the way to it.

    Parameters
    ----------
    program
        Tighter bounds and more rows; it keeps at least one optimal selection of the problem.
    bound
        A lower bound on the optimum, proven in integers; one above any value if no selection
        is legal.
    start
        A legal selection that meets the program, the best known; None if none is.
    """

    program: IntegerProgram
    bound: int
    start: tuple[int, ...] | None


def what_is_left(effort: Effort, began: float) -> Effort:
    """Return an effort less the seconds since it began, on the clock of `time.monotonic`.

    Examples
    --------
    >>> what_is_left(Effort(seconds=0.5, seed=3), time.monotonic() - 10)
    Effort(seconds=0.0, nodes=None, workers=None, seed=3)
    """
    if effort.seconds is None:
        return effort
    return replace(effort, seconds=max(0.0, effort.seconds - (time.monotonic() - began)))


def better_of(
    problem: Problem, found: tuple[int, ...] | None, start: tuple[int, ...] | None
) -> tuple[int, ...] | None:
    """Return the start where what a solver found is no better; what is illegal, as it is.

    A solver that cannot be handed a start, or is stopped, may come back with less.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum(weights=(4, 7, 9), target=6, fewest=1, most=1)
    >>> better_of(pool, (2,), (1,)), better_of(pool, (0, 1), (1,))
    ((1,), (0, 1))
    """
    if found is None or start is None:
        return start if found is None else found
    masks = [mask_of(indices, problem.num_candidates) for indices in (found, start)]
    if not problem.is_legal(masks[0]):
        return found  # for the audit to see
    return found if problem.value(masks[0]) < problem.value(masks[1]) else start
