"""Good multipliers of a `VectorSum`, in floats: those of the relaxation that divides candidates.

The weights y, of dual norm at most 1, make the least value of y.(A x - t) over all shares x
between 0 and 1 as large as possible. The costs A'y and a price of the size are variables of
their own, with a kink where a candidate is better left out than chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

NUDGE, GOLDEN = 1e-7, 0.6180339887498949
"""Costs are moved by about so much, each by another amount, to break ties in the relaxation."""


def best_weights(
    rows: np.ndarray,
    goals: np.ndarray,
    shares: list[float],
    *,
    norm: str,
    need: int,
    room: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return a weight of every row, and the share of every candidate in the relaxation.

    Parameters
    ----------
    rows, goals
        Integers: the matrix A and the target vector.
    shares
        Where to begin; only time depends on it.
    norm
        Of the error.
    need, room
        How many candidates must and may be chosen.

    Examples
    --------
    >>> import numpy as np
    >>> rows, goals = np.array([[4, 3, 0], [0, 3, 4]]), np.array([10, 10])
    >>> weights, _ = best_weights(rows, goals, [0.5] * 3, norm="l1", need=0, room=2)
    >>> weights.tolist()
    [-1.0, -1.0]
    """
    import numpy as np

    matrix = rows.astype(np.float64)
    unit = max(1.0, np.abs(matrix).max(), np.abs(goals).max())
    matrix, goals = matrix / unit, goals / unit
    errors = matrix @ np.array(shares) - goals
    weigh = _weigh_sum if norm == "l1" else _weigh_largest
    return weigh(matrix, goals, errors, need, room)


def _weigh_sum(
    matrix: np.ndarray, goals: np.ndarray, errors: np.ndarray, need: int, room: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find weights between -1 and 1; variables: the weights, the costs, the price of a size."""
    import numpy as np

    d, n = matrix.shape
    at = np.append(np.where(errors < 0.0, -1.0, 1.0), 0.0)
    slopes = np.hstack([matrix.T, np.ones((n, 1))])
    low = np.concatenate([np.full(d, -1.0), np.full(n + 1, -np.inf)])
    below = np.concatenate([goals, np.full(n, -1.0), [need]])
    above = np.concatenate([goals, np.zeros(n), [room]])
    basic, nonbasic = np.arange(d, d + n), np.append(np.arange(d), d + n)
    return _descend(slopes, at, basic, nonbasic, (low, -low, below, above), d)


def _weigh_largest(
    matrix: np.ndarray, goals: np.ndarray, errors: np.ndarray, need: int, room: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find weights whose absolute values add up to 1, in positive and negative parts.

    One part is what the others leave of 1; it begins with all of it.
    """
    import numpy as np

    d, n = matrix.shape
    first = int(np.abs(errors).argmax())
    first += 0 if errors[first] > 0 else d
    parts = np.vstack([matrix, -matrix])
    slopes = np.hstack([(parts - parts[first]).T, np.ones((n, 1))])
    slopes = np.vstack([slopes, np.append(np.full(2 * d, -1.0), 0.0)])
    nonbasic = np.append(np.arange(2 * d), 2 * d + n)
    slopes, nonbasic = np.delete(slopes, first, axis=1), np.delete(nonbasic, first)
    infinite = np.full(n + 1, np.inf)
    low = np.concatenate([np.zeros(2 * d), -infinite])
    high = np.concatenate([np.full(2 * d, np.inf), infinite])
    below = np.concatenate([goals, -goals, np.full(n, -1.0), [need]])
    above = np.concatenate([goals, -goals, np.zeros(n), [room]])
    basic = np.append(np.arange(2 * d, 2 * d + n), first)
    values = np.append(parts[first], 1.0)
    at = np.zeros(len(nonbasic))
    found, shares = _descend(slopes, at, basic, nonbasic, (low, high, below, above), 2 * d, values)
    return found[:d] - found[d:], shares


def _descend(
    slopes: np.ndarray,
    at: np.ndarray,
    basic: np.ndarray,
    nonbasic: np.ndarray,
    costs: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    parts: int,
    values: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Run the simplex method; return the first variables, and the share of every candidate."""
    import numpy as np

    from slth_opt.kernels.weighing import descend

    n = len(costs[0]) - parts - 1
    values = slopes @ at if values is None else values
    # Samples that do not see a candidate put many costs at 0 at once, and ties go in circles.
    values[:n] += NUDGE * (0.5 + np.arange(n) * GOLDEN % 1.0)
    slopes = np.ascontiguousarray(slopes)
    rest = descend(slopes, values, at, basic, nonbasic, *costs, 10 * (n + 10))
    final, shares = np.zeros(len(costs[0])), np.zeros(len(costs[0]))
    final[basic], final[nonbasic] = values, at
    shares[basic], shares[nonbasic] = values < 0.0, rest
    return final[:parts], shares[parts:-1].clip(0.0, 1.0)
