"""Rows the lanes cannot take go one by one through the backends, and must come back proven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import comb
from typing import TYPE_CHECKING

from slth_opt.backends import meeting
from slth_opt.errors import ClaimRejected
from slth_opt.methods import Claim
from slth_opt.problems import SubsetSum
from slth_opt.results import Result, Stop
from slth_opt.solving import audit, solve, why_not
from slth_opt.tables import Table

if TYPE_CHECKING:
    import numpy as np

MOST_PARTS = 2**16
"""A size is asked for by itself while a half of it can be chosen in so many ways: milliseconds."""


def solve_row(
    table: Table, row: int, by_size: bool, subsets: np.ndarray, errors: np.ndarray
) -> None:
    """Solve a row through the backends; every result there is audited already.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.batch import nearest_subsets
    >>> table = nearest_subsets(np.array([[3, -5, 8]]), np.array([4]), size=2).table
    >>> subsets, errors = np.zeros((2, 1, 1), np.int64)
    >>> solve_row(table, 0, False, subsets, errors)
    >>> subsets.tolist(), errors.tolist()
    ([[6]], [[1]])
    """
    problem = table.problem(row)
    for column, result in enumerate(_results(problem, by_size)):
        subsets[row, column], errors[row, column] = _proven(result, table, row)


def smallest_of_row(table: Table, row: int, limit: int) -> tuple[int, int, int]:
    """Return size, subset and error: the smallest size through the backends, then its nearest.

    Small sizes are asked one after the other, which takes a tenth of the time or less and mostly
    settles it; only then the smallest of all is asked for.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.batch import nearest_subsets
    >>> table = nearest_subsets(np.array([[3, -5, 8]]), np.array([4]), size=2).table
    >>> smallest_of_row(table, 0, 1)
    (1, 1, 1)
    """
    question, problem = table.smallest_problem(row, limit), table.problem(row)
    n = table.num_candidates
    for size in range(question.free_bound(), n + 1):
        if comb(n, (size + 1) // 2) > MOST_PARTS:
            break
        subset, error = _proven(solve(replace(problem, fewest=size, most=size)), table, row)
        if error <= limit:
            return size, subset, error
    smallest = solve(question)
    if smallest.infeasible:
        return -1, 0, -1
    size = _proven(smallest, table, row)[0].bit_count()
    return size, *_proven(solve(replace(problem, fewest=size, most=size)), table, row)


def _proven(result: Result, table: Table, row: int) -> tuple[int, int]:
    """Return the subset, as bits, and the objective of a proven result; believe no other."""
    if result.stop is Stop.INTERRUPTED:
        raise KeyboardInterrupt
    if not result.is_optimal or result.indices is None or result.value is None:
        raise ClaimRejected(
            f"row {table.row_number(row)} was not solved to a proof: {result.stop.value}"
        )
    return sum(1 << i for i in result.indices), result.value


def _results(problem: SubsetSum, by_size: bool) -> Iterator[Result]:
    """Yield the result of a problem, or of every size it allows."""
    if not by_size:
        yield solve(problem)
        return
    questions = [
        replace(problem, fewest=size, most=size) for size in range(problem.fewest, problem.most + 1)
    ]
    if why_not(meeting.BACKEND, problem) is not None:
        yield from map(solve, questions)
        return
    found = meeting.profile(problem)
    for question, (error, indices) in zip(questions, found[problem.fewest :], strict=False):
        claim = Claim(indices=indices, bound=error, stop=Stop.FINISHED)
        yield audit(question, claim, backend=meeting.BACKEND)
