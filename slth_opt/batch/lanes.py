"""Many rows in lock-step: the kernel claims, and every subset is added up again in int64."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from slth_opt.errors import ClaimRejected
from slth_opt.tables import PlacedRows, Table

if TYPE_CHECKING:
    import numpy as np

MOST_LANE_CANDIDATES = 36
"""Beyond this the lists of 16 pools take more than 64 MiB a thread. At 34 weights the lanes still
took less than half the time of one pool after the other."""

LANE_BITS = {"int32": 29, "int64": 60}
"""What a row may reach (`PlacedRows.reach`) stays below 2**bits in lanes of each type.

A lane holds four times a sum of weights, or four times what is left of the target plus a tag
of at most 3: below 4 * 2**bits in absolute value, as are the differences of the two.
"""

Solved = tuple[int, list[int]]
"""How many rows a thread was given, and those it could not take."""


def lane_solver(
    table: Table, by_size: bool, subsets: np.ndarray, errors: np.ndarray
) -> Callable[[int, int], Solved]:
    """Return a function that solves and audits the rows first..last-1 in lock-step.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.batch import nearest_subsets
    >>> table = nearest_subsets(np.array([[3, -5, 8]]), np.array([4]), size=2).table
    >>> subsets, errors = np.zeros((2, 1, 1), np.int64)
    >>> lane_solver(table, False, subsets, errors)(0, 1)
    (1, [])
    >>> subsets.tolist(), errors.tolist()
    ([[6]], [[1]])
    """
    import numpy as np

    from slth_opt.kernels.lockstep import make_plan, make_workspace, nearest_subsets

    plan = make_plan(table.num_candidates, table.fewest, table.most, by_size)

    def solve_part(first: int, last: int) -> Solved:
        placed = table.placed(first, last)
        reach = placed.reach
        takes = reach < 2 ** LANE_BITS["int64"]
        fit, refused = np.flatnonzero(takes), (first + np.flatnonzero(~takes)).tolist()
        if not fit.size:
            return last - first, refused
        widest = int(reach[fit].max())
        lane = next(name for name, bits in LANE_BITS.items() if widest < 2**bits)
        coarse, tags = placed.coarse[fit], placed.tags[fit]
        found = np.empty((len(fit), plan.num_slots), np.int64)
        keys = np.empty_like(found)
        nearest_subsets(
            plan, placed.pools, placed.owners[fit], coarse, tags, 0, len(fit),
            make_workspace(plan, np.dtype(lane)), found, keys,
        )  # fmt: skip
        subsets[first + fit] = found
        errors[first + fit] = _audited(table, placed, first, fit, by_size, found, keys)
        return last - first, refused

    return solve_part


def _audited(
    table: Table,
    placed: PlacedRows,
    first: int,
    rows: np.ndarray,
    by_size: bool,
    subsets: np.ndarray,
    keys: np.ndarray,
) -> np.ndarray:
    """Add every subset up again; return the errors, or raise naming the first wrong row."""
    import numpy as np

    owners, fine = placed.owners[rows], placed.targets[rows]
    coarse, tags = placed.coarse[rows], placed.tags[rows]
    columns = placed.pools.T.copy()
    own = np.array_equal(owners, np.arange(len(placed.pools)))  # then nothing need be gathered
    errors = np.empty(subsets.shape, np.int64)
    for column in range(subsets.shape[1]):
        bits = subsets[:, column]
        sums = np.zeros(len(bits), np.int64)
        for i, weights in enumerate(columns):
            sums += (weights if own else weights[owners]) * ((bits >> i) & 1)
        sizes = np.bitwise_count(bits)
        fewest, most = (table.fewest + column,) * 2 if by_size else (table.fewest, table.most)
        # What the kernel minimised: four times the distance, to the target or past its fraction.
        expected = np.where(sums <= coarse, 4 * (coarse - sums) + tags, 4 * (sums - coarse) - tags)
        none = bits >> table.num_candidates != 0  # -1, or weights that are not there
        wrong = none | (sizes < fewest) | (sizes > most) | (expected != keys[:, column])
        if wrong.any():
            row = int(wrong.argmax())
            what = f"{sizes[row]} weights, the difference {expected[row]}"
            raise ClaimRejected(
                f"the lock-step kernel's answer for row {table.row_number(first + int(rows[row]))} "
                f"is wrong: it claims {fewest}..{most} weights of {table.num_candidates} and the "
                f"difference {keys[row, column]}, but shows "
                f"{'no subset' if none[row] else what}"
            )
        errors[:, column] = np.abs((sums << placed.shift) - fine)
    return errors
