"""`SmallestSubset` as an integer program: a two-sided band, minimise the number of ones."""

from __future__ import annotations

from collections.abc import Sequence

from slth_opt.problems import SmallestSubset
from slth_opt.programs.integer_program import IntegerProgram, Row, Variable


def program(problem: SmallestSubset) -> IntegerProgram:
    """Return ``min sum x`` subject to ``t - tol <= w.x <= t + tol``.

    Examples
    --------
    >>> built = program(SmallestSubset(weights=(3, 0, 8), target=10, tolerance=1))
    >>> built.rows[0].low, built.rows[0].high, built.rows[0].terms
    (9, 11, ((0, 3), (2, 8)))
    """
    n = problem.num_candidates
    band = Row(
        name="band",
        terms=tuple((i, w) for i, w in enumerate(problem.weights) if w),
        low=problem.target - problem.tolerance,
        high=problem.target + problem.tolerance,
    )
    return IntegerProgram(
        name="smallest_subset",
        variables=tuple(Variable(name=f"x{i}", low=0, high=1) for i in range(n)),
        rows=(band,),
        objective=tuple((i, 1) for i in range(n)),
        num_choices=n,
    )


def point(problem: SmallestSubset, mask: Sequence[int]) -> tuple[int, ...]:
    """Return the mask: the program has no other variables.

    Examples
    --------
    >>> point(SmallestSubset(weights=(3, 0, 8), target=10, tolerance=1), (1, 0, 1))
    (1, 0, 1)
    """
    del problem
    return tuple(mask)
