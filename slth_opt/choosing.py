"""Subsets for many weights under one size rule: exactly, or by a heuristic beside the optimum.

Whoever chooses, the errors are recomputed in integers from the masks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slth_opt.budgets import share_budget
from slth_opt.errors import GridError, ProblemError
from slth_opt.heuristics import heuristic_named
from slth_opt.size_rules import SizeRule
from slth_opt.tables import make_table
from slth_opt.thin_pools import full_profiles, nearest_masks, smallest_masks

if TYPE_CHECKING:
    import numpy as np

CHUNK = 2**18
"""Rows whose errors are recomputed together."""

FINE = 58
"""Bits that sums take where targets are rounded: all that the fast kernels have room for."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """A subset for every weight, and how far off it is.

    Parameters
    ----------
    masks
        One row of booleans for each weight.
    error_units
        The errors as integers, in units of ``2**-exponent``.
    exponent
        Their grid.
    rounded
        Whether the targets were rounded to that grid.
    proven
        Whether every subset is proven best under the rule.
    """

    masks: np.ndarray
    error_units: np.ndarray
    exponent: int
    rounded: bool
    proven: bool

    @property
    def errors(self) -> np.ndarray:
        """The errors as floats, rounded once."""
        import numpy as np

        return np.ldexp(self.error_units.astype(np.float64), -self.exponent)


def choose(
    pools: Any,
    targets: Any,
    rule: SizeRule,
    *,
    method: str = "exact",
    rng: np.random.Generator | None = None,
    progress: Progress | None = None,
) -> Choice:
    """Choose a subset of every pool under one size rule.

    Parameters
    ----------
    pools, targets
        One row of candidates for each target.
    rule
        The size rule. Weights that no subset serves within the tolerance of ``"smallest"`` get
        their nearest subset instead; their error tells.
    method
        ``"exact"``, or the name of a heuristic.
    rng
        For heuristics that draw.
    progress
        Told the rows done and all rows.

    Examples
    --------
    >>> import numpy as np
    >>> rule = SizeRule(rule="exactly", size=2)
    >>> choose(np.array([[0.5, 0.25, 1.0]]), np.array([0.8]), rule).masks.tolist()
    [[True, True, False]]
    """
    if rule.size is not None and rule.size > pools.shape[1]:
        raise ProblemError(
            f"size {rule.size} is impossible: every weight has {pools.shape[1]} candidates"
        )
    if method != "exact":
        heuristic = heuristic_named(method)
        if rule.rule not in heuristic.rules:
            raise ProblemError(
                f"heuristic {method!r} knows the size rules {', '.join(heuristic.rules)}, not "
                f"{rule.rule!r}"
            )
        masks = heuristic.choose(pools, targets, rule, rng)
        return recomputed(pools, targets, masks, proven=False)
    placing = placing_of(pools, targets)
    if rule.rule == "smallest":
        masks, missed = smallest_masks(
            pools, targets, tolerance=rule.tolerance, progress=progress, **placing
        )
        if missed.size:
            masks[missed] = nearest_masks(pools[missed], targets[missed], **placing)
    elif rule.rule == "budget":
        assert rule.most is not None
        by_size = full_profiles(pools, targets, progress=progress, **placing)
        masks = share_budget(by_size, rule.most, norm=rule.norm).masks()
    else:
        masks = nearest_masks(pools, targets, size=rule.size, progress=progress, **placing)
    return recomputed(pools, targets, masks, proven=True)


def recomputed(pools: Any, targets: Any, masks: np.ndarray, *, proven: bool) -> Choice:
    """Return masks with their errors, added up again in integers.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.array([[True, False, True]])
    >>> recomputed(np.array([[0.5, 0.25, 1.0]]), np.array([0.75]), mask, proven=False).errors
    array([0.75])
    """
    import numpy as np

    table = make_table(pools, targets, size=None, **placing_of(pools, targets))
    units = np.empty(len(masks), np.int64)
    for first in range(0, len(masks), CHUNK):
        last = min(first + CHUNK, len(masks))
        units[first:last] = table.placed(first, last).errors_of(masks[first:last])
    return Choice(
        masks=masks,
        error_units=units,
        exponent=table.grid.exponent,
        rounded=table.grid.rounded,
        proven=proven,
    )


def placing_of(pools: Any, targets: Any) -> dict[str, Any]:
    """Return how to place numbers: exactly, or to the nearest where the targets are too fine.

    Products of a source always fit; a trained weight near zero may need more bits than there are.

    Examples
    --------
    >>> import numpy as np
    >>> placing_of(np.array([[0.5, 0.25]]), np.array([0.75]))
    {'rounding': 'exact', 'bits': None}
    """
    import numpy as np

    try:
        make_table(pools, targets, size=None, rounding="exact", bits=None)
    except GridError:
        sums = np.shape(pools)[-1] * np.abs(pools).max(initial=0) + np.abs(targets).max(initial=0)
        return {"rounding": "nearest", "bits": max(0, FINE - int(np.frexp(sums)[1]))}
    return {"rounding": "exact", "bits": None}
