"""What is known about the fit of a layer after all its rows are solved."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slth_opt.errors import ClaimRejected
from slth_opt.grid import Grid
from slth_opt.problems import VectorSum
from slth_opt.results import Result, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFit:
    """The masks of a layer that do on some samples what is wanted, and what is proven of them.

    Parameters
    ----------
    rows
        The result of each output, for the size it was given. Its problem holds the products.
    most
        The edges that all rows may have together.
    most_by_row
        The edges that each row may have.
    value
        The error of all rows over all samples: the largest or the sum, in grid units.
    lower_bound
        No masks within the budgets have a smaller error. Proven, in grid units.
    stop
        Why the search ended.
    seconds
        How long it took.
    """

    rows: tuple[Result, ...]
    most: int
    most_by_row: tuple[int, ...]
    value: int
    lower_bound: int
    stop: Stop
    seconds: float

    @property
    def norm(self) -> str:
        """How errors are joined over samples and outputs: ``"l1"`` or ``"linf"``."""
        return _problem(self.rows[0]).norm

    @property
    def grid(self) -> Grid:
        """What a grid unit means."""
        return self.rows[0].problem.grid

    @property
    def masks(self) -> tuple[tuple[bool, ...], ...]:
        """Which weights are kept, one row per output."""
        return tuple(tuple(map(bool, row.mask or ())) for row in self.rows)

    @property
    def errors(self) -> tuple[int, ...]:
        """The error of each row over all samples, in grid units, added up from its mask."""
        return tuple(_problem(row).value(row.mask or ()) for row in self.rows)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many edges each row keeps."""
        return tuple(sum(mask) for mask in self.masks)

    @property
    def edges(self) -> int:
        """How many edges are kept in all."""
        return sum(self.sizes)

    @property
    def is_optimal(self) -> bool:
        """Whether no masks within the budgets are better, for the integers on the grid."""
        return self.value == self.lower_bound

    @property
    def gap(self) -> int:
        """How far the error may be above the optimum."""
        return self.value - self.lower_bound

    @property
    def real_error(self) -> Fraction:
        """The error as an exact real number."""
        return self.grid.real(self.value)

    @property
    def bracket(self) -> tuple[Fraction, Fraction]:
        """An interval that contains the error on the original reals: a point if they fit."""
        ends = [row.bracket or (Fraction(0), Fraction(0)) for row in self.rows]
        lows, highs = zip(*ends, strict=True)
        return (sum(lows), sum(highs)) if self.norm == "l1" else (max(lows), max(highs))

    def summary(self) -> dict[str, Any]:
        """Return the fit as plain JSON values, exact numbers as strings beside the floats.

        Examples
        --------
        >>> from slth_opt.fitting import fit_layer
        >>> fit = fit_layer([[0.5, -1.0]], [[0.25, 1.0]], [[1.0, 0.0], [0.5, 2.0]])
        >>> fit.summary()["error_exact"], fit.summary()["masks"]
        ('1', [[0, 0]])
        """
        grid, bracket = self.grid, self.bracket
        return {
            "norm": self.norm,
            "outputs": len(self.rows),
            "candidates_per_output": self.rows[0].problem.num_candidates,
            "samples": len(_problem(self.rows[0]).targets),
            "most": self.most,
            "most_by_row": list(self.most_by_row),
            "edges": self.edges,
            "error": float(self.real_error),
            "error_exact": grid.exact_string(self.value),
            "lower_bound": float(grid.real(self.lower_bound)),
            "lower_bound_exact": grid.exact_string(self.lower_bound),
            "gap_exact": grid.exact_string(self.gap),
            "optimal": self.is_optimal,
            "stopped_by": self.stop.value,
            "seconds": self.seconds,
            "rounded": self.rows[0].problem.rounded,
            "true_error_low": float(bracket[0]),
            "true_error_high": float(bracket[1]),
            "masks": [[int(x) for x in mask] for mask in self.masks],
            "rows": [
                {
                    "size": row.size,
                    "error_exact": grid.exact_string(error),
                    "lower_bound_exact": grid.exact_string(row.lower_bound),
                    "optimal_for_its_size": row.is_optimal,
                    "backend": row.backend,
                }
                for row, error in zip(self.rows, self.errors, strict=True)
            ],
        }


def check_fit(fit: LayerFit) -> LayerFit:
    """Add everything up again from the masks; refuse a fit that does not hold.

    Examples
    --------
    >>> from slth_opt.fitting import fit_layer
    >>> fit = fit_layer([[0.5, -1.0]], [[0.25, 1.0]], [[1.0, 0.0], [0.5, 2.0]])
    >>> check_fit(fit) is fit
    True
    """
    for i, (row, size, most) in enumerate(zip(fit.rows, fit.sizes, fit.most_by_row, strict=True)):
        if row.indices is None or size > most:
            raise ClaimRejected(f"row {i} has {size} edges, its budget is {most}")
    if fit.edges > fit.most:
        raise ClaimRejected(f"the masks have {fit.edges} edges, the budget is {fit.most}")
    value = sum(fit.errors) if fit.norm == "l1" else max(fit.errors)
    if value != fit.value:
        raise ClaimRejected(f"the masks have the error {value}, not {fit.value}")
    if fit.lower_bound > value:
        raise ClaimRejected(f"the bound {fit.lower_bound} is above the error {value}")
    return fit


def _problem(row: Result) -> VectorSum:
    """Return the problem of a row, which is always a `VectorSum`."""
    if not isinstance(row.problem, VectorSum):
        raise ClaimRejected(f"a row of a fit is a vector_sum, this one is a {row.problem.kind}")
    return row.problem
