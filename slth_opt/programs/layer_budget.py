"""`LayerBudget` as one integer program: the pools side by side, and one row about the budget."""

from __future__ import annotations

from collections.abc import Sequence

from slth_opt.errors import ProblemError
from slth_opt.problems import LayerBudget
from slth_opt.programs.error_programs import worst_error
from slth_opt.programs.integer_program import IntegerProgram, Row, Variable


def program(problem: LayerBudget) -> IntegerProgram:
    """Return the program of all weights at once, each with an error, or all with the largest.

    Examples
    --------
    >>> built = program(LayerBudget(pools=((2, 5), (1, 3)), targets=(4, 2), norm="l1", most=2))
    >>> built.rows[2].terms, built.rows[2].high
    (((2, 1), (3, 3), (5, -1)), 2)
    >>> built.rows[-1].terms, built.rows[-1].high
    (((0, 1), (1, 1), (2, 1), (3, 1)), 2)
    """
    if problem.norm == "squares":
        raise ProblemError("a sum of squares is no linear objective: use the backend 'profiles'")
    n, num_choices = len(problem.pools[0]), problem.num_candidates
    variables = [Variable(name=f"x{i}", low=0, high=1) for i in range(num_choices)]
    worst = [worst_error(pool, target) for pool, target in problem.parts()]
    highest = [max(worst)] if problem.norm == "linf" else worst
    variables += [Variable(name=f"z{p}", low=0, high=high) for p, high in enumerate(highest)]
    rows = []
    for p, (pool, target) in enumerate(problem.parts()):
        z = num_choices + (0 if problem.norm == "linf" else p)
        chosen = tuple((p * n + i, w) for i, w in enumerate(pool) if w)
        rows.append(Row(name=f"above{p}", terms=(*chosen, (z, -1)), low=None, high=target))
        rows.append(Row(name=f"below{p}", terms=(*chosen, (z, 1)), low=target, high=None))
    if problem.most < num_choices:
        every = tuple((i, 1) for i in range(num_choices))
        rows.append(Row(name="budget", terms=every, low=None, high=problem.most))
    return IntegerProgram(
        name=problem.kind,
        variables=tuple(variables),
        rows=tuple(rows),
        objective=tuple((num_choices + e, 1) for e in range(len(highest))),
        num_choices=num_choices,
    )


def point(problem: LayerBudget, mask: Sequence[int]) -> tuple[int, ...]:
    """Extend a mask by its errors.

    Examples
    --------
    >>> point(LayerBudget(pools=((2, 5), (1, 3)), targets=(4, 2), norm="l1", most=2), (0, 1, 1, 0))
    (0, 1, 1, 0, 1, 1)
    """
    errors = problem.errors(mask)
    return (*mask, *((max(errors),) if problem.norm == "linf" else errors))
