"""From a winning sum back to the subset that has it.

The fast methods carry sums only. The subset of the one winning sum is found afterwards, by
meeting in the middle once more: exactly, in Python ints, at the cost of a fraction.
"""

from __future__ import annotations

from collections.abc import Sequence

from slth_opt.errors import ClaimRejected


def subset_with_sum(
    weights: Sequence[int], total: int, *, fewest: int, most: int
) -> tuple[int, ...]:
    """Return the indices of a subset of fewest..most weights with exactly this sum.

    Raises `ClaimRejected` if there is none: then the sum was never a subset's.

    Examples
    --------
    >>> subset_with_sum([5, 3, 9, -2], 7, fewest=2, most=2)
    (2, 3)
    """
    half = len(weights) // 2
    seen: dict[tuple[int, int], tuple[int, ...]] = {}
    for chosen, subtotal in _subsets(weights[:half], most):
        seen.setdefault((len(chosen), subtotal), chosen)
    for chosen, subtotal in _subsets(weights[half:], most):
        for size in range(max(0, fewest - len(chosen)), min(half, most - len(chosen)) + 1):
            rest = seen.get((size, total - subtotal))
            if rest is not None:
                return (*rest, *(half + i for i in chosen))
    raise ClaimRejected(f"no subset of {fewest}..{most} weights sums to {total}")


def _subsets(weights: Sequence[int], most: int) -> list[tuple[tuple[int, ...], int]]:
    found: list[tuple[tuple[int, ...], int]] = [((), 0)]
    for i, weight in enumerate(weights):
        found += [((*c, i), s + weight) for c, s in found if len(c) < most]
    return found
