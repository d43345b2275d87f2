"""Swaps: a greedy subset, then the best exchange of one candidate for another while it helps.

Where the size is free, adding and removing one candidate are exchanges too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.methods import Heuristic
from slth_opt.size_rules import SizeRule

if TYPE_CHECKING:
    import numpy as np

CHUNK = 2**22
"""Exchanges that are looked at together."""

MOST_ROUNDS = 100


def choose(
    pools: np.ndarray, targets: np.ndarray, rule: SizeRule, rng: np.random.Generator | None
) -> np.ndarray:
    """Start with the candidates nearest to an equal share of the target; exchange while it helps.

    Examples
    --------
    >>> import numpy as np
    >>> rule = SizeRule(rule="exactly", size=2)
    >>> choose(np.array([[0.5, 0.25, 1.0]]), np.array([0.8]), rule, None).tolist()
    [[True, True, False]]
    """
    import numpy as np

    del rng
    rows = max(1, CHUNK // pools.shape[1] ** 2)
    parts = [
        _improved(pools[first : first + rows], targets[first : first + rows], rule)
        for first in range(0, len(pools), rows)
    ]
    return np.concatenate(parts) if parts else np.zeros(pools.shape, bool)


def _improved(pools: np.ndarray, targets: np.ndarray, rule: SizeRule) -> np.ndarray:
    import numpy as np

    count, n = pools.shape
    masks = _greedy(pools, targets, rule)
    left = targets - np.einsum("ij,ij->i", pools, masks)
    active = np.arange(count)
    for _ in range(MOST_ROUNDS):
        sign = np.where(masks[active], -1.0, 1.0)
        gain = pools[active] * sign
        # after[r, i, j]: what is left when i and j change sides; i = j changes only one.
        after = left[active, None, None] - gain[:, :, None] - gain[:, None, :]
        diagonal = np.arange(n)
        after[:, diagonal, diagonal] = left[active, None] - gain
        if rule.size is not None:
            same = masks[active][:, :, None] == masks[active][:, None, :]
            after[same] = np.inf
        flat = np.abs(after).reshape(len(active), -1)
        best = flat.argmin(axis=1)
        helps = flat[np.arange(len(active)), best] < np.abs(left[active])
        active, best = active[helps], best[helps]
        if not len(active):
            break
        i, j = best // n, best % n
        masks[active, i] ^= True
        other = i != j
        masks[active[other], j[other]] ^= True
        left[active] = targets[active] - np.einsum("ij,ij->i", pools[active], masks[active])
    return masks


def _greedy(pools: np.ndarray, targets: np.ndarray, rule: SizeRule) -> np.ndarray:
    import numpy as np

    count, n = pools.shape
    masks = np.zeros((count, n), bool)
    left = targets.astype(np.float64).copy()
    rows = np.arange(count)
    for step in range(n if rule.size is None else min(rule.size, n)):
        share = left if rule.size is None else left / (rule.size - step)
        distance = np.where(masks, np.inf, np.abs(share[:, None] - pools))
        best = distance.argmin(axis=1)
        helps = np.ones(count, bool)
        if rule.size is None:
            helps = np.abs(left - pools[rows, best]) < np.abs(left)
        masks[rows[helps], best[helps]] = True
        left[helps] -= pools[rows[helps], best[helps]]
    return masks


HEURISTIC = Heuristic(
    name="swaps",
    source="folklore",
    summary="greedy, then the best exchange of two candidates while it helps",
    rules=("exactly", "any"),
    choose=choose,
)
