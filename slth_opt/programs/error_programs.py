"""`SubsetSum` and `VectorSum` as integer programs: errors bounded from both sides.

A subset sum is a vector sum of one row. L1 has an error variable per row, Linf one for all.
"""

from __future__ import annotations

from collections.abc import Sequence

from slth_opt.problems import SubsetSum, VectorSum
from slth_opt.programs.integer_program import IntegerProgram, Row, Terms, Variable


def program(problem: SubsetSum | VectorSum) -> IntegerProgram:
    """Return ``min z`` subject to ``A x - z <= t``, ``A x + z >= t`` and the size rule.

    Examples
    --------
    >>> built = program(SubsetSum(weights=(2, 5), target=4, fewest=1, most=1))
    >>> [(row.name, row.terms, row.low, row.high) for row in built.rows][0]
    ('above0', ((0, 2), (1, 5), (2, -1)), None, 4)
    """
    n, d = problem.num_candidates, len(problem.rows)
    worst = [worst_error(row, t) for row, t in zip(problem.rows, problem.targets, strict=True)]
    one_error = d == 1 or (isinstance(problem, VectorSum) and problem.norm == "linf")
    highest = [max(worst)] if one_error else worst
    rows = []
    for r, (row, target) in enumerate(zip(problem.rows, problem.targets, strict=True)):
        z = n if one_error else n + r
        chosen = tuple((i, w) for i, w in enumerate(row) if w)
        rows.append(Row(name=f"above{r}", terms=(*chosen, (z, -1)), low=None, high=target))
        rows.append(Row(name=f"below{r}", terms=(*chosen, (z, 1)), low=target, high=None))
    if problem.fewest > 0 or problem.most < n:
        ones: Terms = tuple((i, 1) for i in range(n))
        rows.append(Row(name="size", terms=ones, low=problem.fewest, high=problem.most))
    choices = [Variable(name=f"x{i}", low=0, high=1) for i in range(n)]
    errors = [Variable(name=f"z{r}", low=0, high=high) for r, high in enumerate(highest)]
    return IntegerProgram(
        name=problem.kind,
        variables=(*choices, *errors),
        rows=tuple(rows),
        objective=tuple((n + r, 1) for r in range(len(highest))),
        num_choices=n,
    )


def point(problem: SubsetSum | VectorSum, mask: Sequence[int]) -> tuple[int, ...]:
    """Extend a mask by its errors.

    Examples
    --------
    >>> point(SubsetSum(weights=(2, 5), target=4, fewest=1, most=1), (1, 0))
    (1, 0, 2)
    """
    errors = [
        abs(sum(w for w, x in zip(row, mask, strict=True) if x) - t)
        for row, t in zip(problem.rows, problem.targets, strict=True)
    ]
    if isinstance(problem, VectorSum) and problem.norm == "l1":
        return (*mask, *errors)
    return (*mask, max(errors))


def worst_error(row: tuple[int, ...], target: int) -> int:
    """Return the largest error any subset of a row can have.

    Examples
    --------
    >>> worst_error((2, -5), 4)
    9
    """
    highest = sum(w for w in row if w > 0)
    lowest = sum(w for w in row if w < 0)
    return max(highest - target, target - lowest)
