"""How much work a method may do, why it stopped, and what is known afterwards.

A `Result` stores facts only; whether it is optimal is derived from them, so no default and
no forgotten field can claim a proof.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, fields
from fractions import Fraction
from math import isfinite
from typing import Any

from slth_opt.errors import BackendError
from slth_opt.problems import Problem, SmallestSubset, SubsetSum
from slth_opt.problems.legality import mask_of


class Stop(enum.Enum):
    """Why a method stopped.

    Examples
    --------
    >>> Stop("finished") is Stop.FINISHED
    True
    """

    FINISHED = "finished"
    """It had nothing left to search."""
    SECONDS = "seconds"
    """Its time was up."""
    NODES = "nodes"
    """Its number of nodes was up."""
    INTERRUPTED = "interrupted"
    """Somebody pressed Ctrl-C."""
    GAVE_UP = "gave up"
    """It stopped for a reason of its own, such as numerical trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Limits on a solve. None means unlimited, or the method's own default.

    A field that a backend cannot honour is refused, never ignored.

    Parameters
    ----------
    seconds
        Wall-clock time.
    nodes
        Search nodes (subsets looked at, branches, ...: what a backend counts as one).
    workers
        Threads.
    seed
        For methods that draw random numbers.

    Examples
    --------
    >>> Effort(seconds=2.5).asked()
    ('seconds',)
    """

    seconds: float | None = None
    nodes: int | None = None
    workers: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        seconds = self.seconds
        if seconds is not None and (
            isinstance(seconds, bool)
            or not isinstance(seconds, (int, float))
            or not 0 <= seconds < float("inf")
        ):
            raise BackendError(f"seconds must be a finite number >= 0, got {seconds!r}")
        for name, least in (("nodes", 0), ("workers", 1), ("seed", 0)):
            value = getattr(self, name)
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int) or value < least
            ):
                raise BackendError(f"{name} must be an integer >= {least}, got {value!r}")

    def asked(self) -> tuple[str, ...]:
        """Return the names of the limits that were set."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a solver said in floating point: kept for the record, never believed."""

    status: str
    objective: float | None = None
    bound: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What is known about a problem after an audited solve.

    Parameters
    ----------
    problem
        The problem that was solved.
    backend
        The name of the method.
    indices
        The best audited selection, in increasing order; None if there is none.
    value
        Its objective, recomputed in exact integers; None if there is no selection.
    lower_bound
        No legal selection has a smaller objective. Proven, in integers.
    infeasible
        Whether it is proven that no legal selection exists.
    stop
        Why the method stopped.
    seconds
        Wall-clock time of the solve.
    nodes
        Nodes the method counted.
    reported
        What a floating-point solver said about itself.
    """

    problem: Problem
    backend: str
    indices: tuple[int, ...] | None
    value: int | None
    lower_bound: int
    infeasible: bool
    stop: Stop
    seconds: float
    nodes: int
    reported: Reported | None = None

    @property
    def is_optimal(self) -> bool:
        """Whether the selection is proven best, for the integers that the problem holds."""
        return self.value is not None and self.value == self.lower_bound

    @property
    def gap(self) -> int | None:
        """How far the objective may be above the optimum; None without a selection."""
        return None if self.value is None else self.value - self.lower_bound

    @property
    def mask(self) -> tuple[int, ...] | None:
        """The selection as a 0/1 mask."""
        if self.indices is None:
            return None
        return mask_of(self.indices, self.problem.num_candidates)

    @property
    def size(self) -> int | None:
        """How many weights the selection has."""
        return None if self.indices is None else len(self.indices)

    @property
    def error(self) -> int | None:
        """How far the selection's sum is from the target, in grid units."""
        return None if self.mask is None else self.problem.error(self.mask)

    @property
    def real_error(self) -> Fraction | None:
        """The error as an exact real number, on the numbers the problem holds."""
        return None if self.error is None else self.problem.grid.real(self.error)

    @property
    def bracket(self) -> tuple[Fraction, Fraction] | None:
        """An interval that contains the selection's error on the original reals.

        Both ends are equal unless the reals were rounded onto the grid.
        """
        if self.error is None or self.size is None:
            return None
        slack = self.problem.rounding_slack(self.size)
        half = self.problem.grid.real(1) / 2
        return max(Fraction(0), (2 * self.error - slack) * half), (2 * self.error + slack) * half

    def summary(self) -> dict[str, Any]:
        """Return the result as plain JSON values, exact numbers as strings beside the floats.

        Examples
        --------
        >>> from slth_opt.problems import SubsetSum
        >>> problem = SubsetSum.from_reals([0.5, 0.25], 0.625, size=1)
        >>> result = Result(problem=problem, backend="enumeration", indices=(0,), value=1,
        ...     lower_bound=1, infeasible=False, stop=Stop.FINISHED, seconds=0.0, nodes=2)
        >>> result.summary()["error_exact"], result.summary()["optimal"]
        ('1/2^3', True)
        """
        problem, grid, goal = self.problem, self.problem.grid, self.problem.objective_grid
        low_high = self.bracket
        return {
            "problem": problem.kind,
            "backend": self.backend,
            "indices": None if self.indices is None else list(self.indices),
            "size": self.size,
            "sum": self._sum_as(float),
            "sum_exact": self._sum_as(str),
            "error": None if self.error is None else float(grid.real(self.error)),
            "error_exact": None if self.error is None else grid.exact_string(self.error),
            "objective": problem.unit,
            "value": None if self.value is None else float(goal.real(self.value)),
            "value_exact": None if self.value is None else goal.exact_string(self.value),
            "lower_bound": float(goal.real(self.lower_bound)),
            "lower_bound_exact": goal.exact_string(self.lower_bound),
            "optimal": self.is_optimal,
            "infeasible": self.infeasible,
            "stopped_by": self.stop.value,
            "seconds": self.seconds,
            "nodes": self.nodes,
            "rounded": problem.rounded,
            "true_error_low": None if low_high is None else float(low_high[0]),
            "true_error_high": None if low_high is None else float(low_high[1]),
            "reported": None
            if self.reported is None
            else {
                "status": self.reported.status,
                "objective": self._reported_as_real(self.reported.objective),
                "bound": self._reported_as_real(self.reported.bound),
            },
        }

    def _reported_as_real(self, figure: float | None) -> float | None:
        """Return a figure in units of the problem as a real number, if it is one."""
        finite = _finite(figure)
        return None if finite is None else finite * float(self.problem.objective_grid.real(1))

    def _sum_as(self, form: type[float] | type[str]) -> Any:
        if self.mask is None:
            return None
        grid = self.problem.grid

        def show(integer: int) -> float | str:
            return grid.exact_string(integer) if form is str else float(grid.real(integer))

        if isinstance(self.problem, (SubsetSum, SmallestSubset)):
            return show(self.problem.sum(self.mask))
        return [show(s) for s in self.problem.sums(self.mask)]


def _finite(number: float | None) -> float | None:
    """Return a number JSON can hold: solvers say infinity for "nothing known"."""
    return number if number is not None and isfinite(number) else None
