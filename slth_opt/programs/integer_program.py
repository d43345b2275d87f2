"""An integer program in plain Python ints, belonging to no solver.

Minimise ``objective . v`` over integer vectors v within bounds and rows. Every variable is
bounded, so every format and solver can hold it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from slth_opt.errors import ProblemError

Terms = tuple[tuple[int, int], ...]
"""Pairs (variable index, coefficient) with increasing indices and no zero coefficients."""

MOST_NAME = 95
"""The longest name. CBC renames what has more than 100 characters in an LP file, a writer may
append five, and in an MPS file CBC cuts names off at 160 and then solves something else."""

OBJECTIVE = "objective"
"""What writers call the objective, so that no row may be called so."""

_RESERVED = frozenset(
    f"{OBJECTIVE} minimize minimise minimum min maximize maximise maximum max subject such st "
    "bounds bound general generals gen integer integers int binary binaries bin free infinity "
    "inf semi semis sos end".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An integer variable with finite bounds, both included."""

    name: str
    low: int
    high: int

    def __post_init__(self) -> None:
        check_name(self.name, what="variable")
        if self.low > self.high:
            raise ProblemError(f"variable {self.name} has bounds {self.low}..{self.high}: empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``low <= terms . v <= high``; None means unbounded on that side, never on both."""

    name: str
    terms: Terms
    low: int | None
    high: int | None

    def __post_init__(self) -> None:
        check_name(self.name, what="row")
        if self.low is None and self.high is None:
            raise ProblemError(f"row {self.name} has no sides: give it a low or a high one")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ProblemError(f"row {self.name} has sides {self.low}..{self.high}: empty")

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

    The first `num_choices` variables are the 0/1 choices of the problem, in its order. Names
    are unique and legal in every format we write, so no writer ever has to change one.

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

    def __post_init__(self) -> None:
        check_name(self.name, what="program")
        if not 1 <= self.num_choices <= len(self.variables):
            raise ProblemError(
                f"program {self.name} needs 1..{len(self.variables)} choices among its "
                f"variables, got {self.num_choices}"
            )
        _check_unique((v.name for v in self.variables), what="variables")
        _check_unique((row.name for row in self.rows), what="rows")
        _check_terms(self.objective, len(self.variables), what="the objective")
        for row in self.rows:
            _check_terms(row.terms, len(self.variables), what=f"row {row.name}")

    def is_feasible(self, point: Sequence[int]) -> bool:
        """Tell whether an integer point meets all bounds and rows."""
        return all(
            v.low <= x <= v.high for v, x in zip(self.variables, point, strict=True)
        ) and all(row.holds(point) for row in self.rows)

    def objective_at(self, point: Sequence[int]) -> int:
        """Return the objective at a point."""
        return sum(coefficient * point[i] for i, coefficient in self.objective)


def check_name(name: str, *, what: str) -> None:
    """Refuse a name that some format cannot hold as it is.

    Letters, digits and underscores; not the start of a number in scientific notation
    (``e3``), and no keyword of the LP format.

    Examples
    --------
    >>> check_name("x0", what="variable")
    """
    fits = re.fullmatch(r"(?![eE]([0-9eE]|$))[A-Za-z_][A-Za-z0-9_]*", name)
    if not fits or len(name) > MOST_NAME or name.lower() in _RESERVED:
        raise ProblemError(
            f"{what} name {name!r} does not fit every file format: use letters, digits and "
            f"underscores, at most {MOST_NAME}, no keyword, nothing like 'e3'"
        )


def _check_unique(names: Iterable[str], *, what: str) -> None:
    seen = set()
    for name in names:
        if name in seen:
            raise ProblemError(f"two {what} are called {name}")
        seen.add(name)


def _check_terms(terms: Terms, num_variables: int, *, what: str) -> None:
    last = -1
    for i, coefficient in terms:
        if not last < i < num_variables:
            raise ProblemError(
                f"{what} has index {i} after {last}: indices must increase up to "
                f"{num_variables - 1}"
            )
        if coefficient == 0:
            raise ProblemError(f"{what} has a zero coefficient at index {i}: leave it out")
        last = i
