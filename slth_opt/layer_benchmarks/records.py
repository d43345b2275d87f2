"""What one method did with one problem, a line of the table, and the table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from slth_opt.families import FAMILIES
from slth_opt.grid import Grid

Size = tuple[int, ...]
"""How many of each thing, small to large along a series."""


APPROACHES = ("plain program", "strengthened program", "decomposition", "every subset")
"""How a method may go about a problem, in the order of the table."""


def approach_of(method: str) -> str:
    """Tell what a backend does: hand a program to a solver, a stronger one, or its own thing.

    Examples
    --------
    >>> approach_of("cbc_strong"), approach_of("profiles")
    ('strengthened program', 'decomposition')
    """
    if FAMILIES[method].software != "slth-opt":
        return APPROACHES[method.endswith("_strong")]
    return APPROACHES[2 + (method in ("branching", "enumeration"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One problem, one method.

    Parameters
    ----------
    seconds
        On the clock on the wall.
    value, bound
        Audited, in units of the objective; None if there is none.
    proven
        Whether the value is proven optimal, or the problem proven to have no legal selection.
    said
        Whether the method itself says that it finished.
    trouble
        Why the audit rejected the claim, or how the solver failed.
    """

    seconds: float
    value: int | None = None
    bound: int | None = None
    proven: bool = False
    said: bool = False
    trouble: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: a method on all problems of one size.

    Parameters
    ----------
    name, rule, letters, size
        The question, as in its `Series`.
    method
        The name of the backend.
    grid
        What one unit of the objective means.
    runs
        One per problem.
    known, right
        How many of the problems some method solved to a proof, and in how many of those this
        one found the optimum.

    Examples
    --------
    >>> run = Run(seconds=0.5, value=8, bound=6)
    >>> row = Row(name="block", rule="edges", letters="h x o", size=(3, 2), method="cp_sat",
    ...     grid=Grid(), runs=(run, run), known=0, right=0)
    >>> row.approach, row.is_exact, row.proven, row.gap
    ('plain program', True, 0, 0.25)
    """

    name: str
    rule: str
    letters: str
    size: Size
    method: str
    grid: Grid
    runs: tuple[Run, ...]
    known: int
    right: int

    @property
    def approach(self) -> str:
        """How the method goes about it: one of `APPROACHES`."""
        return approach_of(self.method)

    @property
    def is_exact(self) -> bool:
        """Whether the method computes in integers to the end."""
        return FAMILIES[self.method].exact

    @property
    def proven(self) -> int:
        """How many problems were solved to a proof."""
        return sum(run.proven for run in self.runs)

    @property
    def value(self) -> float | None:
        """The mean value; None unless every problem got one."""
        values = [run.value for run in self.runs if run.value is not None]
        return None if len(values) < len(self.runs) else self._mean(values)

    @property
    def bound(self) -> float | None:
        """The mean bound; None unless every problem got one."""
        bounds = [run.bound for run in self.runs if run.bound is not None]
        return None if len(bounds) < len(self.runs) else self._mean(bounds)

    @property
    def gap(self) -> float | None:
        """How far values may be above the optima, as a share of the values."""
        if self.value is None or self.bound is None:
            return None
        return (self.value - self.bound) / self.value if self.value else 0.0

    def _mean(self, units: Sequence[int]) -> float:
        return float(self.grid.real(sum(units))) / len(units)

    def summary(self) -> dict[str, Any]:
        """Return the row as plain values, fit for JSON, exact numbers as strings.

        Examples
        --------
        >>> row = Row(name="block", rule="edges", letters="h x o", size=(3, 2), method="scip",
        ...     grid=Grid(), runs=(Run(seconds=0.5, value=8),), known=1, right=1)
        >>> row.summary()["problem"], row.summary()["values_exact"]
        ('block, edges', ['8'])
        """

        def listed(units: Sequence[int | None]) -> list[str | None]:
            return [None if u is None else self.grid.exact_string(u) for u in units]

        return {
            "problem": f"{self.name}, {self.rule}",
            "size": joined(self.size),
            "approach": self.approach,
            "method": self.method,
            "exact": self.is_exact,
            "instances": len(self.runs),
            "seconds": [run.seconds for run in self.runs],
            "values_exact": listed([run.value for run in self.runs]),
            "bounds_exact": listed([run.bound for run in self.runs]),
            "proven": self.proven,
            "says_finished": sum(run.said for run in self.runs),
            "gap": self.gap,
            "optimum_known": self.known,
            "truly_optimal": self.right,
            "troubles": [run.trouble for run in self.runs if run.trouble is not None],
        }


def as_tables(rows: Sequence[Row]) -> str:
    """Write rows as Markdown, one table for each series.

    Examples
    --------
    >>> row = Row(name="block", rule="edges", letters="h x o", size=(3, 2), method="cp_sat",
    ...     grid=Grid(), runs=(Run(seconds=0.5, value=8, bound=6),), known=0, right=0)
    >>> print(as_tables([row]).splitlines()[-1])
    | 3x2 | plain program | cp_sat | 0.5 | 8 | 6 | 25 % | 0 of 1 | unknown |
    """
    parts = []
    for (name, rule, letters), own in groupby(rows, lambda row: (row.name, row.rule, row.letters)):
        parts += [
            f"**{name}, {rule}**\n",
            f"| {letters} | approach | method | seconds | value | proven bound | gap | proven "
            "| truly optimal |",
            "|---|---|---|--:|--:|--:|--:|--:|--:|",
            *map(_line, own),
            "",
        ]
    return "\n".join(parts).rstrip()


def _line(row: Row) -> str:
    """Write one row: what a floating-point solver says of its bounds is not repeated."""
    everything = row.proven == len(row.runs)
    proven, gap, bound = f"{row.proven} of {len(row.runs)}", row.gap, row.bound
    shown = "-" if gap is None else f"{100 * gap:.2g} %" if gap < 0.1 else f"{100 * gap:.0f} %"
    if not row.is_exact:
        proven += f" (says {sum(run.said for run in row.runs)})"
        if not everything:
            shown, bound = "reported", None
    value = "rejected" if any(run.trouble for run in row.runs) else _figures(row.value)
    seconds = statistics.median(run.seconds for run in row.runs)
    cells = (
        joined(row.size), row.approach, row.method, f"{seconds:.2g}", value, _figures(bound),
        shown, proven, f"{row.right} of {row.known}" if row.known else "unknown",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _figures(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def joined(size: Size) -> str:
    """Write a size.

    Examples
    --------
    >>> joined((3, 8, 3))
    '3x8x3'
    """
    return "x".join(map(str, size))
