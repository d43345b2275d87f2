"""Golden: the target is taken off in steps of the golden ratio (Orseau et al. 2020).

Windows of sizes shrink by 1/1.618..., from the largest candidate down. A window that what is left
does not reach is passed over; in the others one candidate of the right sign is taken. The ratio
leaves enough slack that any candidate in a window will do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.methods import Heuristic
from slth_opt.size_rules import SizeRule

if TYPE_CHECKING:
    import numpy as np

RATIO = (1 + 5**0.5) / 2


def choose(
    pools: np.ndarray, targets: np.ndarray, rule: SizeRule, rng: np.random.Generator | None
) -> np.ndarray:
    """Go through the windows from large to small; take the largest candidate that still fits.

    Examples
    --------
    >>> import numpy as np
    >>> rule = SizeRule(rule="any")
    >>> choose(np.array([[0.5, 0.25, 1.0, -0.1]]), np.array([0.8]), rule, None).tolist()
    [[True, True, False, False]]
    """
    import numpy as np

    del rng
    count, n = pools.shape
    masks = np.zeros((count, n), bool)
    left = targets.astype(np.float64).copy()
    tolerance = float(rule.tolerance) if rule.rule == "smallest" and rule.tolerance else 0.0
    rows = np.arange(count)
    top = np.abs(pools).max(axis=1)
    least = np.abs(np.where(pools == 0, np.inf, pools)).min(axis=1)
    while bool(((top >= least) & (top > 0)).any()):
        size = np.abs(left)
        fits = (
            ~masks
            & (np.sign(pools) == np.sign(left)[:, None])
            & (np.abs(pools) <= top[:, None])
            & (np.abs(pools) > (top / RATIO)[:, None])
            & (np.abs(pools) <= size[:, None])
        )
        taken = rows[fits.any(axis=1) & (size > tolerance)]
        best = np.where(fits[taken], np.abs(pools[taken]), -1.0).argmax(axis=1)
        masks[taken, best] = True
        left[taken] -= pools[taken, best]
        top = top / RATIO
    return masks


HEURISTIC = Heuristic(
    name="golden",
    source="Orseau et al. 2020",
    summary="take off one candidate in each window of sizes, windows shrinking by the golden ratio",
    rules=("any", "smallest"),
    choose=choose,
)
