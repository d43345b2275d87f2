"""A fixed size for weights whose two sides share one pool: so many for each side.

A hidden channel serves the side its first weight says, so the two subset sums of a weight have
candidates of their own and meet only in their sizes: a profile of each, and the best split.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slth_opt.batch import profiles
from slth_opt.choosing import placing_of
from slth_opt.errors import ProblemError
from slth_opt.tables import make_table

if TYPE_CHECKING:
    import numpy as np


def choose_pooled(
    plus: np.ndarray, minus: np.ndarray, targets: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return masks for both sides with `size` candidates together and the least larger error.

    Parameters
    ----------
    plus, minus
        One row of candidates for each weight; where one has a candidate the other has a zero.
    targets
        The weights.
    size
        How many candidates each weight keeps on both sides together.

    Examples
    --------
    >>> import numpy as np
    >>> plus, minus = np.array([[0.5, 0.0, 0.25]]), np.array([[0.0, 0.75, 0.0]])
    >>> [mask.tolist() for mask in choose_pooled(plus, minus, np.array([0.75]), 3)]
    [[[True, False, True]], [[False, True, False]]]
    """
    import numpy as np

    width = plus.shape[1]
    if size > width:
        raise ProblemError(f"size {size} is impossible: both sides together have {width}")
    both, twice = np.concatenate([plus, minus]), np.concatenate([targets, targets])
    placing = placing_of(both, twice)
    exponent = make_table(both, twice, size=None, **placing).grid.exponent
    masks = np.zeros(plus.shape, bool), np.zeros(minus.shape, bool)
    on_plus = plus != 0
    counts = on_plus.sum(axis=1)
    for count in np.unique(counts):
        rows = np.flatnonzero(counts == count)
        # Candidates of the plus side first, then the others, each in their order.
        order = np.argsort(~on_plus[rows], axis=1, kind="stable")
        columns = order[:, :count], order[:, count:]
        found = [
            _profile(
                np.take_along_axis(pools[rows], chosen, axis=1), targets[rows], placing, exponent
            )
            for pools, chosen in zip((plus, minus), columns, strict=True)
        ]
        low, high = max(0, size - (width - int(count))), min(size, int(count))
        splits = np.stack(
            [np.maximum(found[0][0][:, s], found[1][0][:, size - s]) for s in range(low, high + 1)]
        )
        best = low + splits.argmin(axis=0)
        for side, sizes in enumerate((best, size - best)):
            bits = found[side][1][np.arange(len(rows)), sizes]
            chosen = (bits[:, None] >> np.arange(columns[side].shape[1])) & 1
            part = np.zeros((len(rows), width), bool)
            np.put_along_axis(part, columns[side], chosen.astype(bool), axis=1)
            masks[side][rows] = part
    return masks


def _profile(
    pools: np.ndarray, targets: np.ndarray, placing: dict[str, Any], exponent: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return error units and subsets, as bits, of every size; a side may have no candidates."""
    import numpy as np

    if pools.shape[1] == 0:  # nothing but the empty subset, which a pool of zero has as well
        by_size = profiles(np.zeros((len(targets), 1)), targets, **placing)
        units, bits = by_size.error_units[:, :1], by_size.bits[:, :1]
    else:
        by_size = profiles(pools, targets, **placing)
        units, bits = by_size.error_units, by_size.bits
    return units << (exponent - by_size.table.grid.exponent), bits
