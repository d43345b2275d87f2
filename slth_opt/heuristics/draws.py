"""Draws: uniformly random subsets, as existence proofs draw them, and the best of so many.

Where the rule has a tolerance the first subset within it is taken, and nothing is drawn after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.methods import Heuristic
from slth_opt.size_rules import SizeRule

if TYPE_CHECKING:
    import numpy as np

MOST_DRAWS = 200
"""How many subsets are drawn for each weight."""


def choose(
    pools: np.ndarray, targets: np.ndarray, rule: SizeRule, rng: np.random.Generator | None
) -> np.ndarray:
    """Draw subsets of the size asked for, or of any size, and keep the nearest.

    Examples
    --------
    >>> import numpy as np
    >>> rule, rng = SizeRule(rule="exactly", size=2), np.random.default_rng(0)
    >>> choose(np.array([[0.5, 0.25, 1.0]]), np.array([0.8]), rule, rng).tolist()
    [[True, True, False]]
    """
    import numpy as np

    rng = np.random.default_rng(0) if rng is None else rng
    count, n = pools.shape
    best = np.full(count, np.inf)
    masks = np.zeros((count, n), bool)
    tolerance = -1.0 if rule.tolerance is None else float(rule.tolerance)
    still = np.arange(count)
    for _ in range(MOST_DRAWS):
        drawn = rng.random((len(still), n))
        if rule.size is None:
            subset = drawn < 0.5
        else:
            subset = drawn.argsort(axis=1).argsort(axis=1) < rule.size
        errors = np.abs(np.einsum("ij,ij->i", pools[still], subset) - targets[still])
        better = errors < best[still]
        masks[still[better]], best[still[better]] = subset[better], errors[better]
        still = still[best[still] > tolerance]
        if not len(still):
            break
    return masks


HEURISTIC = Heuristic(
    name="draws",
    source="the existence proofs",
    summary=f"the best of {MOST_DRAWS} uniform draws, or the first within the tolerance",
    rules=("exactly", "any"),
    choose=choose,
)
