"""Profiles of as many rows as there is time for, and what a budget is worth with the others open.

A row that was not reached counts with its empty subset from above, and with no error at all from
below. So a layer that is cut short still has an answer, and a bracket around the best one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from slth_opt.batch import Profiles, profiles
from slth_opt.budgets import Shares, share_budget
from slth_opt.knapsack import allocate
from slth_opt.results import Effort, Stop
from slth_opt.tables import make_table

if TYPE_CHECKING:
    import numpy as np

BLOCK = 4096
"""Rows solved between two looks at the clock; fewer where a row takes long."""

WIDE = 30
"""Candidates from which on a row takes long."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartialProfiles:
    """The profiles of the rows there was time for.

    Parameters
    ----------
    profiles
        Of all rows; one that was not reached has its empty subset at every size.
    reached
        Which rows were solved.
    stop
        Why no more were.
    """

    profiles: Profiles
    reached: np.ndarray
    stop: Stop

    @property
    def is_whole(self) -> bool:
        """Whether every row was solved."""
        return bool(self.reached.all())


def profiles_within(
    pools: Any,
    targets: Any,
    *,
    seconds: float | None = None,
    rounding: str = "exact",
    bits: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PartialProfiles:
    """Find the best subset of every size of as many rows as there is time for.

    Parameters
    ----------
    seconds
        When to stop. Ctrl-C stops as well, and keeps what there is.
    pools, targets, rounding, bits, workers, progress
        As for `profiles`.

    Examples
    --------
    >>> import numpy as np
    >>> found = profiles_within(np.array([[3, -5, 8]]), np.array([4]), seconds=0)
    >>> found.is_whole, found.profiles.error_units.tolist()
    (False, [[4, 4, 4, 4]])
    """
    import numpy as np

    began = time.perf_counter()
    Effort(seconds=seconds, workers=workers)  # refuses what is no limit
    table = make_table(pools, targets, size=None, rounding=rounding, bits=bits)
    rows, n = len(table.targets), table.num_candidates
    units = np.zeros((rows, n + 1), np.int64)
    for first in range(0, rows, BLOCK):
        last = min(first + BLOCK, rows)
        units[first:last] = np.abs(table.placed(first, last).targets)[:, None]
    subsets = np.zeros((rows, n + 1), np.int64 if n <= 62 else object)
    reached, stop = np.zeros(rows, bool), Stop.FINISHED
    fine = table.grid.exponent if rounding == "nearest" else None
    length = BLOCK if n < WIDE else 16
    try:
        for first in range(0, rows, length):
            if seconds is not None and time.perf_counter() - began >= seconds:
                stop = Stop.SECONDS
                break
            part = np.arange(first, min(first + length, rows))
            found = profiles(
                table.pools[table.owners[part]],
                table.targets[part],
                rounding=rounding,
                bits=fine,
                workers=workers,
            )
            units[part] = found.error_units << (table.grid.exponent - found.table.grid.exponent)
            subsets[part] = found.bits
            reached[part] = True
            if progress is not None:
                progress(int(part[-1]) + 1, rows)
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    whole = Profiles(error_units=units, bits=subsets, table=table)
    return PartialProfiles(profiles=whole, reached=reached, stop=stop)


def share_partly(found: PartialProfiles, most: int, *, norm: str = "linf") -> Shares:
    """Share out a budget among rows some of which were not reached; the bound allows for them.

    Examples
    --------
    >>> import numpy as np
    >>> found = profiles_within(np.array([[3, -5, 8]]), np.array([4]), seconds=0)
    >>> shares = share_partly(found, 2)
    >>> shares.value, shares.lower_bound, shares.is_optimal
    (4, 0, False)
    """
    import numpy as np

    shares = share_budget(found.profiles, most, norm=norm)
    if found.is_whole:
        return shares
    least = np.where(found.reached[:, None], found.profiles.error_units, 0)
    return replace(shares, lower_bound=allocate(least, most, norm=norm).value, relaxed=None)
