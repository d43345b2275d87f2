"""Relaxed: gradient descent on the hypercube, then rounding.

Each candidate is kept to a degree sigmoid(s). The squared distance from the target is followed
downhill, while a growing penalty on s(1 - s) drives the degrees to 0 and 1; a fixed size keeps
the candidates of the largest degrees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.methods import Heuristic
from slth_opt.size_rules import SizeRule

if TYPE_CHECKING:
    import numpy as np

STEPS, STARTS = 150, 8
RATE = 0.5


def choose(
    pools: np.ndarray, targets: np.ndarray, rule: SizeRule, rng: np.random.Generator | None
) -> np.ndarray:
    """Follow the gradient from a few random starts; keep the best of the rounded subsets.

    Examples
    --------
    >>> import numpy as np
    >>> rule, rng = SizeRule(rule="exactly", size=2), np.random.default_rng(0)
    >>> choose(np.array([[0.5, 0.25, 1.0]]), np.array([0.8]), rule, rng).tolist()
    [[True, True, False]]
    """
    import numpy as np

    rng = np.random.default_rng(0) if rng is None else rng
    masks, best = np.zeros(pools.shape, bool), np.full(len(pools), np.inf)
    scale = np.maximum(np.abs(pools).max(axis=1, initial=0), 1e-30)
    for _ in range(STARTS):
        scores = rng.standard_normal(pools.shape)
        found = _descended(pools / scale[:, None], targets / scale, rule, scores)
        errors = np.abs(np.einsum("ij,ij->i", pools, found) - targets)
        better = errors < best
        masks[better], best[better] = found[better], errors[better]
    return masks


def _descended(
    weights: np.ndarray, goals: np.ndarray, rule: SizeRule, scores: np.ndarray
) -> np.ndarray:
    """Return the rounded end of one descent, on weights scaled to at most 1."""
    import numpy as np

    speed = np.zeros_like(scores)
    for step in range(STEPS):
        degrees = 1 / (1 + np.exp(-scores))
        left = np.einsum("ij,ij->i", weights, degrees) - goals
        gradient = 2 * left[:, None] * weights + step / STEPS * (1 - 2 * degrees)
        if rule.size is not None:
            gradient += 2 * (degrees.sum(axis=1) - rule.size)[:, None] / scores.shape[1]
        speed = 0.9 * speed - RATE * gradient * degrees * (1 - degrees)
        scores = np.clip(scores + speed, -30, 30)
    if rule.size is None:
        free: np.ndarray = scores > 0
        return free
    kept: np.ndarray = (-scores).argsort(axis=1).argsort(axis=1) < rule.size
    return kept


HEURISTIC = Heuristic(
    name="relaxed",
    source="gradient search on relaxed masks",
    summary=f"gradient descent on degrees between 0 and 1, rounded; the best of {STARTS} starts",
    rules=("exactly", "any"),
    choose=choose,
)
