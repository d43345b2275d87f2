"""Lower bounds anyone can compute: sums of exactly k weights lie on a lattice, in an interval.

All sums of k weights are congruent modulo the gcd of the differences, and none is below the
k smallest or above the k largest weights. An error equal to this bound is optimal on sight.
"""

from __future__ import annotations

from math import gcd


def bound_by_size(weights: tuple[int, ...], target: int) -> tuple[int, ...]:
    """Return, for every size 0..n, a lower bound on the distance of its sums from the target.

    Examples
    --------
    >>> bound_by_size((2, 4, 8), 5)
    (5, 1, 1, 9)
    """
    ordered = sorted(weights)
    step = gcd(*(w - ordered[0] for w in ordered))
    n = len(ordered)
    bounds = []
    least = most = 0
    for k in range(n + 1):
        if k:
            least += ordered[k - 1]
            most += ordered[n - k]
        if target <= least:
            bounds.append(least - target)
        elif target >= most:
            bounds.append(target - most)
        else:  # here least < most, hence step > 0
            past = (target - least) % step
            bounds.append(min(past, step - past))
    return tuple(bounds)
