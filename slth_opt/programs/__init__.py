"""The same questions as integer programs, one builder per problem, and writers to files."""

from collections.abc import Sequence

from slth_opt.problems import Problem, SmallestSubset
from slth_opt.programs import error_programs, smallest_subset
from slth_opt.programs.integer_program import IntegerProgram
from slth_opt.programs.writers import WRITERS


def program_of(problem: Problem) -> IntegerProgram:
    """Return the integer program of a problem.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> program = program_of(SubsetSum(weights=(2, 5), target=4, fewest=1, most=1))
    >>> [variable.name for variable in program.variables]
    ['x0', 'x1', 'z0']
    """
    if isinstance(problem, SmallestSubset):
        return smallest_subset.program(problem)
    return error_programs.program(problem)


def point_of(problem: Problem, mask: Sequence[int]) -> tuple[int, ...]:
    """Extend a mask to the best point of the problem's program.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> point_of(SubsetSum(weights=(2, 5), target=4, fewest=1, most=1), (0, 1))
    (0, 1, 1)
    """
    if isinstance(problem, SmallestSubset):
        return tuple(mask)
    return error_programs.point(problem, mask)


__all__ = ["WRITERS", "IntegerProgram", "point_of", "program_of"]
