"""The same questions as integer programs, one builder per problem, and writers to files."""

from collections.abc import Sequence
from typing import Any

from slth_opt.problems import LayerBudget, Problem
from slth_opt.programs import (
    error_programs,
    joint_layer,
    layer_budget,
    shared_block,
    smallest_subset,
)
from slth_opt.programs.integer_program import IntegerProgram
from slth_opt.programs.writers import WRITERS

_BUILDERS: dict[str, Any] = {
    "subset_sum": error_programs,
    "smallest_subset": smallest_subset,
    "vector_sum": error_programs,
    "layer_budget": layer_budget,
    "shared_block": shared_block,
    "joint_layer": joint_layer,
}
"""For each kind of problem the file that builds its program."""


def program_of(problem: Problem) -> IntegerProgram:
    """Return the integer program of a problem.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> program = program_of(SubsetSum(weights=(2, 5), target=4, fewest=1, most=1))
    >>> [variable.name for variable in program.variables]
    ['x0', 'x1', 'z0']
    """
    program: IntegerProgram = _BUILDERS[problem.kind].program(problem)
    return program


def why_no_program(problem: Problem) -> str | None:
    """Say why a problem is no integer program, or None if it is one.

    Examples
    --------
    >>> from slth_opt.problems import LayerBudget
    >>> why_no_program(LayerBudget(pools=((2,),), targets=(4,), norm="squares", most=1))
    'takes linear objectives; a sum of squares is none'
    """
    if isinstance(problem, LayerBudget) and problem.norm == "squares":
        return "takes linear objectives; a sum of squares is none"
    return None


def point_of(problem: Problem, mask: Sequence[int]) -> tuple[int, ...]:
    """Extend a mask to the best point of the problem's program.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> point_of(SubsetSum(weights=(2, 5), target=4, fewest=1, most=1), (0, 1))
    (0, 1, 1)
    """
    point: tuple[int, ...] = _BUILDERS[problem.kind].point(problem, mask)
    return point


__all__ = ["WRITERS", "IntegerProgram", "point_of", "program_of", "why_no_program"]
