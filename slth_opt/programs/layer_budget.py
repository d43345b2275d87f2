"""`LayerBudget` as one integer program: a vector sum whose rows are the pools, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from slth_opt.errors import ProblemError
from slth_opt.problems import LayerBudget, VectorSum
from slth_opt.programs import error_programs
from slth_opt.programs.integer_program import IntegerProgram


def program(problem: LayerBudget) -> IntegerProgram:
    """Return the program of all weights at once, with one row about the budget.

    Examples
    --------
    >>> built = program(LayerBudget(pools=((2, 5), (1, 3)), targets=(4, 2), norm="l1", most=2))
    >>> built.rows[-1].terms, built.rows[-1].high
    (((0, 1), (1, 1), (2, 1), (3, 1)), 2)
    """
    return error_programs.program(as_vector_sum(problem))


def point(problem: LayerBudget, mask: Sequence[int]) -> tuple[int, ...]:
    """Extend a mask by its errors.

    Examples
    --------
    >>> point(LayerBudget(pools=((2, 5), (1, 3)), targets=(4, 2), norm="l1", most=2), (0, 1, 1, 0))
    (0, 1, 1, 0, 1, 1)
    """
    return error_programs.point(as_vector_sum(problem), mask)


def as_vector_sum(problem: LayerBudget) -> VectorSum:
    """Return the same question as a `VectorSum`: every row is zero outside its own pool.

    Examples
    --------
    >>> budget = LayerBudget(pools=((2, 5), (1, 3)), targets=(4, 2), norm="linf", most=2)
    >>> as_vector_sum(budget).rows
    ((2, 5, 0, 0), (0, 0, 1, 3))
    """
    if problem.norm == "squares":
        raise ProblemError("a sum of squares is no linear objective: use the backend 'profiles'")
    n, count = len(problem.pools[0]), len(problem.pools)
    return VectorSum(
        rows=tuple(
            (0,) * (p * n) + pool + (0,) * ((count - 1 - p) * n)
            for p, pool in enumerate(problem.pools)
        ),
        targets=problem.targets,
        norm=problem.norm,
        fewest=0,
        most=min(problem.most, count * n),
        grid=problem.grid,
        rounded=problem.rounded,
    )
