"""The exact end game: a few changes of size away from the hull, by dynamic programming.

All weights stand at a size that is best at the price p/q of an edge, and D edges of the budget
are left over, fewer than the n of a row. A *step* changes the size of one weight by d, for the
reduced cost r >= 0; an edge left unused is a step by 1 for the price p. A choice costs the sum
of its steps more than the relaxation allows, and its steps add up to D.

Few steps suffice. Put the steps of an optimal choice in an order that goes up when at or below 0
and down when above: the partial sums stay between 1 - n and n. Two equal ones enclose steps that
add up to nothing; without those the choice keeps as many edges and costs no more. So some
optimal choice has all partial sums distinct: at most 2n - 1 steps, by at most n*n to either side.

Few rows suffice. If row i of such a choice is not among the 2n - 1 rows where a step by d costs
least, one of those is not changed, and changes places with i at no cost. So only 2n - 1 rows for
each d matter, whatever the numbers are, and however many rows there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

Options = dict[int, list[tuple[int, int]]]
"""By row: the steps that matter, each (change of size, reduced cost)."""


def cheapest_steps(
    errors: np.ndarray, sizes: np.ndarray, norm: str, price: int, width: int, limit: int
) -> Options:
    """Return the steps that an optimal choice may need and that cost less than a limit.

    Costs, the limit and the price of an edge are in units of 1/`width`.

    Examples
    --------
    >>> import numpy as np
    >>> errors, sizes = np.array([[9, 5, 4], [8, 7, 0]]), np.array([1, 0])
    >>> cheapest_steps(errors, sizes, "l1", 4, 1, 5)
    {0: [(-1, 0), (1, 3)], 1: [(1, 3), (2, 0)]}
    """
    import numpy as np

    from slth_opt.kernels.knapsack import collect_steps

    n = errors.shape[1] - 1
    most = max(1, 2 * n - 1)
    lists = 2 * n + 1
    highs, lows, rows = np.zeros((3, lists, most), np.int64)
    counts = np.zeros(lists, np.int64)
    collect_steps(
        errors, norm == "squares", sizes, _pair(price), width, _pair(limit), highs, lows, rows,
        counts,
    )  # fmt: skip
    options: Options = {}
    for change in range(-n, n + 1):
        for at in range(counts[change + n]):
            cost = (int(highs[change + n, at]) << 62) + int(lows[change + n, at])
            options.setdefault(int(rows[change + n, at]), []).append((change, cost))
    return options


def best_changes(
    options: Options, left_over: int, price: int, num_candidates: int
) -> tuple[int, dict[int, int]]:
    """Return the least cost of using up what is left over, and which rows change by how much.

    Examples
    --------
    >>> best_changes({0: [(-1, 0), (1, 3)], 1: [(1, 3), (2, 0)]}, 1, 4, 2)
    (0, {1: 2, 0: -1})
    """
    import numpy as np

    reach = num_candidates**2
    low = max(-reach, sum(min(0, *(d for d, _ in steps)) for steps in options.values()))
    high = min(reach, sum(max(0, *(d for d, _ in steps)) for steps in options.values()))
    never = 1 + sum(max(cost for _, cost in steps) for steps in options.values())
    # A sum that is out of reach stays at or above `never`, and below twice of it.
    costs: np.ndarray = np.full(high - low + 1, never, np.int64 if 2 * never < 2**63 else object)
    costs[-low] = 0
    chosen = []
    for steps in options.values():
        costs, used = _with_steps(costs, steps, never)
        chosen.append(used)
    total, at = min(
        (int(costs[d - low]) + price * (left_over - d), d)
        for d in range(low, min(high, left_over) + 1)
        if costs[d - low] < never
    )
    return total, dict(_changes(options, chosen, at, low))


def _with_steps(
    costs: np.ndarray, steps: list[tuple[int, int]], never: int
) -> tuple[np.ndarray, np.ndarray]:
    """Let one more row make one of its steps, or none; return costs, and which step by sum."""
    import numpy as np

    length = len(costs)
    best, used = costs.copy(), np.full(length, -1, np.int16)
    for s, (change, cost) in enumerate(steps):
        if abs(change) >= length:
            continue
        to = slice(max(0, change), length + min(0, change))
        by_step = costs[max(0, -change) : length - max(0, change)] + cost
        better = (by_step < best[to]) & (by_step < never)
        best[to][better] = by_step[better]
        used[to][better] = s
    return best, used


def _changes(options: Options, chosen: list[Any], at: int, low: int) -> Iterator[tuple[int, int]]:
    """Walk back from the last row to the first; yield the rows that change."""
    for (row, steps), used in zip(reversed(options.items()), reversed(chosen), strict=True):
        step = int(used[at - low])
        if step >= 0:
            yield row, steps[step][0]
            at -= steps[step][0]


def _pair(number: int) -> tuple[int, int]:
    return number >> 62, number & (2**62 - 1)
