"""The lower convex hulls of all rows, edge by edge, in the order of what one weight saves.

Taking edges in this order solves the relaxation that may mix two sizes of a weight. After every
whole edge the mixture is a choice of sizes, and optimal for the number of edges it keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from slth_opt.knapsack.exact_sums import joint_value

if TYPE_CHECKING:
    import numpy as np

CHUNK = 2**19
"""Entries of errors whose hulls are listed at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hulls:
    """The edges of all hulls, steepest first; edges of one row stay in their order.

    Parameters
    ----------
    rows, froms, tos
        Edge e leads row `rows[e]` from `froms[e]` weights to `tos[e]`.
    taken
        How many weights the edges up to and with e keep together.
    """

    rows: np.ndarray
    froms: np.ndarray
    tos: np.ndarray
    taken: np.ndarray

    def prefix(self, most: int) -> int:
        """Return how many edges, steepest first, fit into a budget."""
        enough = int(self.taken[-1]) if self.taken.size else 0
        return int(self.taken.searchsorted(min(most, enough), side="right"))

    def sizes_after(self, edges: int, num_rows: int) -> np.ndarray:
        """Return the size of every row when the first so many edges are taken."""
        import numpy as np

        sizes = np.zeros(num_rows, np.int64)
        np.maximum.at(sizes, self.rows[:edges], self.tos[:edges].astype(np.int64))
        return sizes


def make_hulls(errors: np.ndarray, norm: str) -> Hulls:
    """List and sort the edges of the hulls of all rows, for ``"l1"`` or ``"squares"``.

    Examples
    --------
    >>> import numpy as np
    >>> hulls = make_hulls(np.array([[9, 5, 4], [8, 7, 0]]), "l1")
    >>> hulls.rows.tolist(), hulls.tos.tolist(), hulls.taken.tolist()
    ([0, 1, 0], [1, 2, 2], [1, 3, 4])
    """
    import numpy as np

    from slth_opt.kernels.knapsack import list_edges

    columns = errors.shape[1]
    length = max(1, CHUNK // columns)
    places, keys = np.empty((3, length * columns), np.int32), np.empty((2, length * columns), int)
    found_places, found_keys = [places[:, :0]], [keys[:, :0]]
    for first in range(0, len(errors), length):
        part = errors[first : first + length]
        count = list_edges(part, norm == "squares", first, *places, *keys)
        found_places.append(places[:, :count].copy())
        found_keys.append(keys[:, :count].copy())
    rows, froms, tos = np.concatenate(found_places, axis=1)
    highs, lows = np.concatenate(found_keys, axis=1)
    # Stable, and descending: ties stay in the order of rows, and of edges within a row.
    order = np.lexsort((-lows, -highs)) if highs.any() else np.argsort(-lows, kind="stable")
    rows, froms, tos = rows[order], froms[order], tos[order]
    return Hulls(rows=rows, froms=froms, tos=tos, taken=np.cumsum(tos - froms, dtype=np.int64))


def hull_curve(errors: np.ndarray, hulls: Hulls, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of edges after every hull edge, from 0 on, and the optimum at each.

    The optima are int64, or Python ints where those do not suffice.

    Examples
    --------
    >>> import numpy as np
    >>> errors = np.array([[9, 5, 4], [8, 7, 0]])
    >>> [a.tolist() for a in hull_curve(errors, make_hulls(errors, "l1"), "l1")]
    [[0, 1, 3, 4], [17, 13, 5, 4]]
    """
    import numpy as np

    start = joint_value(errors[:, 0], norm)
    values: np.ndarray = np.empty(len(hulls.rows) + 1, np.int64 if start < 2**63 else object)
    values[0] = start
    for first in range(0, len(hulls.rows), CHUNK):
        part = slice(first, first + CHUNK)
        before = errors[hulls.rows[part], hulls.froms[part]].astype(values.dtype)
        after = errors[hulls.rows[part], hulls.tos[part]].astype(values.dtype)
        saved = before - after
        if norm == "squares":
            saved *= before + after
        values[first + 1 : first + 1 + len(saved)] = values[first] - np.cumsum(saved)
    return np.concatenate([[0], hulls.taken]), values
