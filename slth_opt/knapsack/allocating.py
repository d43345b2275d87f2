"""One number of edges for all weights, shared out so that their joint error is least: proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from slth_opt.errors import ClaimRejected
from slth_opt.knapsack.errors_array import check_errors
from slth_opt.knapsack.exact_sums import joint_value
from slth_opt.knapsack.hulls import Hulls, make_hulls
from slth_opt.knapsack.steps import best_changes, cheapest_steps
from slth_opt.knapsack.thresholds import least_threshold, sizes_within
from slth_opt.problems.legality import check_budget, whole_number

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The best sizes for a budget.

    Parameters
    ----------
    sizes
        How many edges each weight keeps.
    errors
        The error of each weight at its size.
    value
        The joint error, which no other sizes within the budget can improve.
    price
        What one more edge saves in the relaxation that may mix two sizes; None for ``"linf"``.
    relaxed
        The optimum of that relaxation, which no choice can go below; None for ``"linf"``.
    rows_searched
        How many weights the dynamic program looked at.
    """

    sizes: np.ndarray
    errors: np.ndarray
    value: int
    price: Fraction | None = None
    relaxed: Fraction | None = None
    rows_searched: int = 0


def allocate(errors: Any, most: int, *, norm: str = "linf") -> Allocation:
    """Choose a size for every weight, `most` edges in all, so that the joint error is least.

    Parameters
    ----------
    errors
        Integers: row i, column k is the best error of weight i with exactly k edges.
    most
        How many edges may be kept. More than there are means no budget.
    norm
        ``"linf"``, ``"l1"`` or ``"squares"``. For ``"linf"`` no optimal choice keeps fewer edges.

    Examples
    --------
    >>> [allocate([[9, 5, 4], [8, 7, 0]], 2, norm=norm).value for norm in ("linf", "l1")]
    [7, 9]
    """
    (allocation,) = allocate_each(errors, [most], norm=norm)
    return allocation


def allocate_each(errors: Any, budgets: Iterable[int], *, norm: str) -> Iterator[Allocation]:
    """Solve for several budgets one after the other; what they share is done once.

    Examples
    --------
    >>> [found.value for found in allocate_each([[9, 5, 4], [8, 7, 0]], range(6), norm="l1")]
    [17, 13, 9, 5, 4, 4]
    """
    array = check_errors(errors, norm)
    hulls = None if norm == "linf" else make_hulls(array, norm)
    for budget in budgets:
        most = whole_number(budget, what="budget")
        check_budget(most)
        if hulls is None:
            yield _at_threshold(array, least_threshold(array, most))
        else:
            yield _beside_hulls(array, hulls, most, norm)


def _at_threshold(errors: np.ndarray, threshold: int) -> Allocation:
    import numpy as np

    sizes = sizes_within(errors, threshold)
    return Allocation(sizes=sizes, errors=errors[np.arange(len(sizes)), sizes], value=threshold)


def _beside_hulls(errors: np.ndarray, hulls: Hulls, most: int, norm: str) -> Allocation:
    """Take whole hull edges while they fit, then settle what is left over exactly."""
    import numpy as np

    rows = np.arange(len(errors))
    fitting = hulls.prefix(most)
    sizes = hulls.sizes_after(fitting, len(errors))
    start = joint_value(errors[rows, sizes], norm)
    if fitting == len(hulls.rows):  # every weight has the best of all its errors
        return Allocation(
            sizes=sizes, errors=errors[rows, sizes], value=start, price=Fraction(0),
            relaxed=Fraction(start),
        )  # fmt: skip
    left_over = most - (int(hulls.taken[fitting - 1]) if fitting else 0)
    row, first, last = (int(a[fitting]) for a in (hulls.rows, hulls.froms, hulls.tos))
    before, after, width = int(errors[row, first]), int(errors[row, last]), last - first
    price = before**2 - after**2 if norm == "squares" else before - after
    # All left over unused is one way; the steps of a better one cost less together.
    waste = price * left_over
    options = cheapest_steps(errors, sizes, norm, price, width, waste) if left_over else {}
    excess, changes = best_changes(options, left_over, price, errors.shape[1] - 1)
    for changed, change in changes.items():
        sizes[changed] += change
    chosen = errors[rows, sizes]
    value = joint_value(chosen, norm)
    relaxed = start - Fraction(waste, width)
    if value - relaxed != Fraction(excess, width):
        raise ClaimRejected(
            f"the dynamic program claims an excess of {excess}/{width} over {relaxed}, but its "
            f"sizes have the value {value}"
        )
    return Allocation(
        sizes=sizes, errors=chosen, value=value, price=Fraction(price, width), relaxed=relaxed,
        rows_searched=len(options),
    )  # fmt: skip
