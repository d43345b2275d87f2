"""An integer program in plain Python ints, belonging to no solver.

Minimise ``objective . v`` over integer vectors v within bounds and rows. Every variable is
bounded, so every format and solver can hold it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Terms = tuple[tuple[int, int], ...]
"""Pairs (variable index, coefficient) with increasing indices and no zero coefficients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An integer variable with finite bounds, both included."""

    name: str
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``low <= terms . v <= high``; None means unbounded on that side."""

    name: str
    terms: Terms
    low: int | None
    high: int | None

    def activity(self, point: Sequence[int]) -> int:
        """Return the value of the left-hand side at a point."""
        return sum(coefficient * point[i] for i, coefficient in self.terms)

    def holds(self, point: Sequence[int]) -> bool:
        """Tell whether a point meets this row."""
        activity = self.activity(point)
        return (self.low is None or self.low <= activity) and (
            self.high is None or activity <= self.high
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerProgram:
    """Variables, rows and a linear objective to minimise.

    The first `num_choices` variables are the 0/1 choices of the problem, in its order.

    Examples
    --------
    >>> x = Variable(name="x0", low=0, high=1)
    >>> row = Row(name="one", terms=((0, 1),), low=1, high=1)
    >>> program = IntegerProgram(
    ...     name="tiny", variables=(x,), rows=(row,), objective=((0, 5),), num_choices=1
    ... )
    >>> program.is_feasible([1]), program.objective_at([1]), program.is_feasible([0])
    (True, 5, False)
    """

    name: str
    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]
    objective: Terms
    num_choices: int

    def is_feasible(self, point: Sequence[int]) -> bool:
        """Tell whether an integer point meets all bounds and rows."""
        return all(
            v.low <= x <= v.high for v, x in zip(self.variables, point, strict=True)
        ) and all(row.holds(point) for row in self.rows)

    def objective_at(self, point: Sequence[int]) -> int:
        """Return the objective at a point."""
        return sum(coefficient * point[i] for i, coefficient in self.objective)
