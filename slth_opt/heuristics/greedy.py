"""Greedy: add the candidate that brings the sum nearest to the target, as long as one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.methods import Heuristic
from slth_opt.size_rules import SizeRule

if TYPE_CHECKING:
    import numpy as np


def choose(
    pools: np.ndarray, targets: np.ndarray, rule: SizeRule, rng: np.random.Generator | None
) -> np.ndarray:
    """Add candidates one at a time; stop at the size, within the tolerance, or at a low point.

    Examples
    --------
    >>> import numpy as np
    >>> rule = SizeRule(rule="exactly", size=2)
    >>> choose(np.array([[0.5, 0.25, 1.0]]), np.array([0.8]), rule, None).tolist()
    [[False, True, True]]
    """
    import numpy as np

    del rng
    count, n = pools.shape
    masks = np.zeros((count, n), bool)
    left = targets.astype(np.float64).copy()
    rows = np.arange(count)
    steps = n if rule.size is None else min(rule.size, n)
    tolerance = float(rule.tolerance) if rule.rule == "smallest" and rule.tolerance else 0.0
    active = np.ones(count, bool)
    for _ in range(steps):
        after = np.where(masks, np.inf, np.abs(left[:, None] - pools))
        best = after.argmin(axis=1)
        if rule.rule != "exactly":
            active &= (after[rows, best] < np.abs(left)) & (np.abs(left) > tolerance)
        taken = rows[active]
        masks[taken, best[taken]] = True
        left[taken] -= pools[taken, best[taken]]
    return masks


HEURISTIC = Heuristic(
    name="greedy",
    source="folklore",
    summary="add the candidate that brings the sum nearest, one at a time",
    rules=("exactly", "any", "smallest"),
    choose=choose,
)
