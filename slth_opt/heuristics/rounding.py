"""Rounding: the relaxation lets one candidate be kept in part; keep it whole, or not at all.

In sorted order the sums of k neighbours grow from the smallest to the largest. The target lies
between two of them; the relaxed subset mixes these two, which differ in two candidates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.methods import Heuristic
from slth_opt.size_rules import SizeRule

if TYPE_CHECKING:
    import numpy as np


def choose(
    pools: np.ndarray, targets: np.ndarray, rule: SizeRule, rng: np.random.Generator | None
) -> np.ndarray:
    """Take the nearer of the two neighbouring subsets between which the relaxation lies.

    Examples
    --------
    >>> import numpy as np
    >>> rule = SizeRule(rule="exactly", size=2)
    >>> choose(np.array([[0.5, 0.25, 1.0]]), np.array([0.8]), rule, None).tolist()
    [[True, True, False]]
    """
    import numpy as np

    del rng
    count, n = pools.shape
    order = pools.argsort(axis=1)
    ordered = np.take_along_axis(pools, order, axis=1)
    totals = np.concatenate([np.zeros((count, 1)), ordered.cumsum(axis=1)], axis=1)
    best = np.full(count, np.inf)
    first, last = np.zeros(count, int), np.zeros(count, int)
    sizes = range(n + 1) if rule.size is None else [min(rule.size, n)]
    for size in sizes:
        sums = totals[:, size:] - totals[:, : n + 1 - size]
        errors = np.abs(sums - targets[:, None])
        start = errors.argmin(axis=1)
        least = errors[np.arange(count), start]
        better = least < best
        first[better], last[better] = start[better], start[better] + size
        best[better] = least[better]
    places = np.arange(n)[None, :]
    chosen = (places >= first[:, None]) & (places < last[:, None])
    masks = np.zeros((count, n), bool)
    np.put_along_axis(masks, order, chosen, axis=1)
    return masks


HEURISTIC = Heuristic(
    name="rounding",
    source="linear relaxation",
    summary="the nearest of the subsets between which the linear relaxation lies",
    rules=("exactly", "any"),
    choose=choose,
)
