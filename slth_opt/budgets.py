"""One budget of edges for a whole layer: shared out exactly, from the profiles of its weights.

The profile of a weight says the best error it can have with every number of edges. What is shared
out here is recomputed before it is returned: the chosen subsets are added up again, and must have
the errors, and together the value, that was claimed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from slth_opt.array_grid import as_floats
from slth_opt.batch import Profiles, unpacked
from slth_opt.errors import ClaimRejected, ProblemError
from slth_opt.grid import CAPACITY, Grid, as_fraction, listed
from slth_opt.knapsack import (
    Allocation,
    allocate,
    allocate_each,
    check_errors,
    edges_within,
    hull_curve,
    joint_value,
    largest_error_curve,
    make_hulls,
    sizes_within,
)
from slth_opt.tables import parts_of

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How many edges each weight keeps, which ones, and what is proven about it.

    Parameters
    ----------
    profiles
        What the sizes were chosen from.
    norm
        What was minimised: ``"linf"``, ``"l1"`` or ``"squares"`` of the errors.
    most
        The budget.
    sizes
        How many edges each weight keeps.
    error_units
        Its error, in units of the profiles' grid.
    value
        The joint error; for ``"squares"`` in squared units.
    lower_bound
        No choice of subsets within the budget has a smaller joint error.
    relaxed
        The optimum when weights may mix two sizes, for ``"l1"`` and ``"squares"``: how much of
        the value no method could avoid.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.batch import profiles
    >>> rows = profiles(np.array([[3, -5, 8], [2, 2, 7]]), np.array([4, 9]))
    >>> shares = share_budget(rows, 3, norm="l1")
    >>> shares.sizes.tolist(), shares.value, shares.is_optimal
    ([1, 2], 1, True)
    """

    profiles: Profiles
    norm: str
    most: int
    sizes: np.ndarray
    error_units: np.ndarray
    value: int
    lower_bound: int
    relaxed: Fraction | None = None

    @property
    def edges(self) -> int:
        """How many edges are kept in all."""
        return int(self.sizes.sum())

    @property
    def is_optimal(self) -> bool:
        """Whether the value is proven least, for the integers that the profiles are about."""
        return self.value == self.lower_bound

    @property
    def errors(self) -> np.ndarray:
        """The error of each weight as a float, rounded once."""
        return as_floats(self.error_units, self.profiles.table.grid.exponent)

    @property
    def grid(self) -> Grid:
        """What one unit of the value means."""
        return _value_grid(self.profiles, self.norm)

    @property
    def bracket(self) -> tuple[Fraction, Fraction]:
        """An interval that contains the joint error of these subsets on the original numbers.

        Both ends are equal unless the numbers were rounded onto the grid.
        """
        if not self.profiles.table.grid.rounded:
            return self.grid.real(self.value), self.grid.real(self.value)
        import numpy as np

        # In half units: rounding moved each weight chosen, and the target, by at most one.
        twice, slack = 2 * self.error_units.astype(object), self.sizes + 1
        half = Fraction(1, 4 if self.norm == "squares" else 2)
        low, high = (
            self.grid.real(joint_value(np.maximum(0, ends), self.norm)) * half
            for ends in (twice - slack, twice + slack)
        )
        return low, high

    def masks(self) -> np.ndarray:
        """Return which edges are kept: one row of n booleans for each weight."""
        import numpy as np

        chosen = self.profiles.bits[np.arange(len(self.sizes)), self.sizes]
        return unpacked(chosen, self.profiles.table.num_candidates)

    def summary(self) -> dict[str, Any]:
        """Return plain JSON values, exact numbers as strings beside the floats.

        Examples
        --------
        >>> import numpy as np
        >>> from slth_opt.batch import profiles
        >>> found = share_budget(profiles(np.array([[0.5, 0.25]]), np.array([0.625])), 1)
        >>> found.summary()["value_exact"], found.summary()["sizes"]
        ('1/2^3', {'1': 1})
        """
        import numpy as np

        low, high = self.bracket
        largest = int(self.error_units.max(initial=0))
        unit = Grid(exponent=self.profiles.table.grid.exponent)
        sizes, weights = np.unique(self.sizes, return_counts=True)
        return {
            "weights": len(self.sizes),
            "candidates": self.profiles.table.num_candidates,
            "norm": self.norm,
            "most": self.most,
            "edges": self.edges,
            "value": float(self.grid.real(self.value)),
            "value_exact": self.grid.exact_string(self.value),
            "lower_bound": float(self.grid.real(self.lower_bound)),
            "lower_bound_exact": self.grid.exact_string(self.lower_bound),
            "optimal": self.is_optimal,
            "largest_error": float(unit.real(largest)),
            "largest_error_exact": unit.exact_string(largest),
            "sizes": {str(s): int(w) for s, w in zip(sizes, weights, strict=True)},
            "rounded": self.profiles.table.grid.rounded,
            "true_value_low": float(low),
            "true_value_high": float(high),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The least joint error for several numbers of edges, each one proven.

    Parameters
    ----------
    profiles, norm
        As in `Shares`.
    edges
        The budgets.
    value_units
        The least joint error for each: int64, or Python ints where those do not suffice.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.batch import profiles
    >>> curve = error_curve(profiles(np.array([[3, -5, 8], [2, 2, 7]]), np.array([4, 9])))
    >>> curve.edges.tolist(), curve.values.tolist()
    ([0, 1, 2, 3], [9.0, 4.0, 2.0, 1.0])
    """

    profiles: Profiles
    norm: str
    edges: np.ndarray
    value_units: np.ndarray

    @property
    def values(self) -> np.ndarray:
        """The least joint errors as floats."""
        import numpy as np

        unit = float(self.grid.real(1))
        return np.array([float(value) * unit for value in self.value_units.tolist()], np.float64)

    @property
    def grid(self) -> Grid:
        """What one unit of a value means."""
        return _value_grid(self.profiles, self.norm)


def share_budget(profiles: Profiles, most: int, *, norm: str = "linf") -> Shares:
    """Share out `most` edges among all weights so that their joint error is least.

    Parameters
    ----------
    profiles
        The best error of every size, from `profiles`.
    most
        How many edges may be kept. More than there are means no budget.
    norm
        The largest error, the sum of errors, or the sum of their squares.

    Raises
    ------
    ProblemError
        If the budget is negative, the norm unknown, or the squares take too many bits.
    ClaimRejected
        If the recomputed answer is not what was claimed.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.batch import profiles
    >>> rows = profiles(np.array([[3, -5, 8], [2, 2, 7]]), np.array([4, 9]))
    >>> share_budget(rows, 2).value, share_budget(rows, 2).masks().tolist()
    (2, [[True, False, False], [False, False, True]])
    """
    found = allocate(profiles.error_units, most, norm=norm)
    return _audited(profiles, int(most), norm, found)


def fewest_edges(profiles: Profiles, tolerance: Any) -> Shares:
    """Keep as few edges as possible with no error above a tolerance.

    The inverse of `share_budget` for the largest error: with one edge less, it is larger.

    Parameters
    ----------
    profiles
        The best error of every size, from `profiles`.
    tolerance
        The largest error allowed, as a real number; on the rounded numbers, if they were rounded.

    Raises
    ------
    ProblemError
        If some weight has no subset within the tolerance; it names the first.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.batch import profiles
    >>> rows = profiles(np.array([[3, -5, 8], [2, 2, 7]]), np.array([4, 9]))
    >>> fewest_edges(rows, 1).edges, fewest_edges(rows, 3).edges
    (3, 2)
    """
    import numpy as np

    allowed = as_fraction(tolerance, what="tolerance")
    if allowed < 0:
        raise ProblemError(f"the tolerance must not be negative, got {tolerance}")
    unit = Grid(exponent=profiles.table.grid.exponent)
    limit = min(int(allowed / unit.real(1)), 2**CAPACITY - 1)
    errors = check_errors(profiles.error_units, "linf")
    sizes = sizes_within(errors, limit)
    beyond = np.flatnonzero(sizes == errors.shape[1])
    if beyond.size:
        row = int(beyond[0])
        least = float(unit.real(int(errors[row].min())))
        raise ProblemError(
            f"row {profiles.table.row_number(row)}: no subset comes within {float(allowed)}, the "
            f"nearest is {least} away; {beyond.size} of {len(sizes)} rows are like that"
        )
    chosen = errors[np.arange(len(sizes)), sizes]
    found = Allocation(sizes=sizes, errors=chosen, value=int(chosen.max(initial=0)))
    # Any smaller largest error takes more edges than these: they are optimal as a budget, too.
    return _audited(profiles, int(sizes.sum()), "linf", found)


def error_curve(
    profiles: Profiles, *, norm: str = "linf", budgets: Iterable[int] | None = None
) -> Curve:
    """Return the least joint error for many budgets.

    Parameters
    ----------
    profiles
        The best error of every size, from `profiles`.
    norm
        As in `share_budget`.
    budgets
        Numbers of edges. By default for ``"linf"`` every one at which the optimum falls; for the
        other norms the corners of the hulls, where the optimum is known without search.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.batch import profiles
    >>> rows = profiles(np.array([[3, -5, 8], [2, 2, 7]]), np.array([4, 9]))
    >>> curve = error_curve(rows)
    >>> curve.edges.tolist(), curve.values.tolist()
    ([0, 1, 2, 3], [9.0, 4.0, 2.0, 1.0])
    """
    errors = check_errors(profiles.error_units, norm)
    if budgets is not None:
        asked = listed(budgets, what="budget")
        found = [allocation.value for allocation in allocate_each(errors, asked, norm=norm)]
        edges, values = _as_array(asked), _as_array(found)
    elif norm == "linf":
        edges, values = largest_error_curve(errors)
    else:
        edges, values = hull_curve(errors, make_hulls(errors, norm), norm)
    return Curve(profiles=profiles, norm=norm, edges=edges, value_units=values)


def _as_array(numbers: list[int]) -> np.ndarray:
    """Return int64, or Python ints where one of them does not fit."""
    import numpy as np

    array: np.ndarray = np.array(numbers, np.int64 if max(numbers, default=0) < 2**63 else object)
    return array


def _value_grid(profiles: Profiles, norm: str) -> Grid:
    exponent = profiles.table.grid.exponent
    return Grid(exponent=2 * exponent if norm == "squares" else exponent)


def _audited(profiles: Profiles, most: int, norm: str, found: Allocation) -> Shares:
    """Add up the chosen subsets again; return the shares, or raise saying what is wrong."""
    shares = Shares(
        profiles=profiles,
        norm=norm,
        most=most,
        sizes=found.sizes,
        error_units=found.errors,
        value=found.value,
        lower_bound=found.value,
        relaxed=found.relaxed,
    )
    masks = shares.masks()
    _check_sizes(shares, masks)
    _check_errors(shares, masks)
    value = joint_value(found.errors, norm)
    if value != found.value:
        raise ClaimRejected(f"the shares claim the value {found.value}, but have {value}")
    if found.relaxed is not None and found.relaxed > value:
        raise ClaimRejected(f"the shares have the value {value}, below the bound {found.relaxed}")
    if norm == "linf" and value > 0:
        enough = edges_within(check_errors(profiles.error_units, norm), value - 1)
        if enough is not None and enough <= most:
            raise ClaimRejected(f"{enough} edges are enough for less than the error {value}")
    return shares


def _check_sizes(shares: Shares, masks: np.ndarray) -> None:
    """Count the chosen edges; raise if a row has more than it should, or all have too many."""
    import numpy as np

    counted = masks.sum(axis=1)
    wrong = np.flatnonzero(counted != shares.sizes)
    if wrong.size:
        row = int(wrong[0])
        raise ClaimRejected(
            f"the profile of row {shares.profiles.table.row_number(row)} shows {counted[row]} "
            f"weights where it claims {shares.sizes[row]}"
        )
    if counted.sum() > shares.most:
        raise ClaimRejected(f"the shares keep {counted.sum()} edges, the budget is {shares.most}")


def _check_errors(shares: Shares, masks: np.ndarray) -> None:
    """Add up every chosen subset, a few thousand rows at a time; raise naming the first wrong."""
    import numpy as np

    table = shares.profiles.table
    for first, last in parts_of(len(masks), table.num_candidates):
        errors = table.placed(first, last).errors_of(masks[first:last])
        wrong = np.flatnonzero(errors != shares.error_units[first:last])
        if wrong.size:
            row = first + int(wrong[0])
            raise ClaimRejected(
                f"the profile of row {table.row_number(row)} claims the error "
                f"{shares.error_units[row]} with {shares.sizes[row]} weights, but its subset has "
                f"{errors[row - first]}"
            )
