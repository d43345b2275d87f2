"""One layer under one budget: edges shared freely, the same for all, and the price of one."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from slth_opt.batch import Profiles, profiles
from slth_opt.budgets import Curve, Shares, error_curve, share_budget
from slth_opt.demonstration.one_weight import sides_of
from slth_opt.grid import Grid
from slth_opt.tickets import Ticket

if TYPE_CHECKING:
    import numpy as np

NORM = "l1"
"""What a budget makes small here: the sum of all errors."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OneLayer:
    """A layer where all weights may keep as many edges, and the same layer under one budget.

    Parameters
    ----------
    layer
        The number of the target's layer.
    pools, targets
        One row for each side of each weight: its candidates, filled up with zeros, and its weight.
    even_units
        For k = 0, 1, ...: the least sum of errors when no weight keeps more than k on both sides
        together, in units of `grid`.
    size
        The k that is compared.
    shares
        As many edges as `size` for every weight, but shared out freely.
    fewest
        The least budget whose sum of errors is no larger than that of `size` for every weight.
    curve
        The least sum of errors for many budgets.
    """

    layer: int
    pools: np.ndarray
    targets: np.ndarray
    even_units: tuple[int, ...]
    size: int
    shares: Shares
    fewest: Shares
    curve: Curve

    @property
    def weights(self) -> int:
        """How many weights the layer has."""
        return len(self.targets) // 2

    @property
    def grid(self) -> Grid:
        """What one unit of a sum of errors means."""
        return self.curve.grid

    @property
    def even_errors(self) -> list[float]:
        """The sums of errors for k = 0, 1, ... edges of every weight."""
        return [float(self.grid.real(units)) for units in self.even_units]

    @property
    def price(self) -> float:
        """What one more edge is worth at the budget: the multiplier of the Lagrangian.

        At this price every weight can decide for itself which size is best.
        """
        return price_at(self.curve, self.shares.most)


def price_at(curve: Curve, edges: int) -> float:
    """Return how much one more edge lowers the relaxed joint error at a budget.

    Examples
    --------
    >>> rows = profiles([[3, -5, 8], [2, 2, 7]], [4, 9])
    >>> curve = error_curve(rows, norm="l1")
    >>> curve.edges.tolist(), curve.values.tolist(), price_at(curve, 1), price_at(curve, 3)
    ([0, 1, 2, 3], [13.0, 6.0, 3.0, 1.0], 3.0, 0.0)
    """
    place = int(curve.edges.searchsorted(edges, side="right"))
    if place == len(curve.edges):
        return 0.0
    saved = int(curve.value_units[place - 1]) - int(curve.value_units[place])
    taken = int(curve.edges[place]) - int(curve.edges[place - 1])
    return float(curve.grid.real(1) * Fraction(saved, taken))


def layer_under_budget(ticket: Ticket, layer: int = -1) -> OneLayer:
    """Share out edges among the weights of a layer, with a proof, and beside that evenly.

    Parameters
    ----------
    ticket
        A ticket of the construction ``pooled``; what it keeps does not matter.
    layer
        The number of the target's layer; by default the last.

    Examples
    --------
    >>> from slth_opt.demonstration import ticket_of
    >>> from slth_opt.networks import dense_network
    >>> ticket = ticket_of(dense_network([[[0.5, -0.25, 0.125]]]), n=8, seed=1)
    >>> found = layer_under_budget(ticket)
    >>> found.shares.most, found.shares.is_optimal, found.fewest.edges <= found.shares.most
    (6, True, True)
    >>> found.shares.value <= found.even_units[found.size]
    True
    """
    import numpy as np

    sides = sides_of(ticket, layer)
    pools = _without_common_zeros(np.concatenate([side.pools for side in sides]))
    targets = np.concatenate([side.targets for side in sides])
    rows = profiles(pools, targets)
    even = _even_units(rows, ticket.n)
    size = max(1, ticket.n // 4)
    budget = size * len(sides[0].targets)
    return OneLayer(
        layer=sides[0].layer,
        pools=pools,
        targets=targets,
        even_units=even,
        size=size,
        shares=share_budget(rows, budget, norm=NORM),
        fewest=_fewest_for(rows, even[size], budget),
        curve=error_curve(rows, norm=NORM),
    )


def _even_units(rows: Profiles, most: int) -> tuple[int, ...]:
    """Return the least sum of errors with at most 0, 1, ..., `most` edges for every weight."""
    import numpy as np

    by_size = np.minimum.accumulate(rows.error_units, axis=1)
    plus, minus = np.split(by_size, 2)  # the rows of one side, then those of the other
    last = plus.shape[1] - 1
    return tuple(
        int(
            np.min(
                [plus[:, min(s, last)] + minus[:, min(size - s, last)] for s in range(size + 1)],
                axis=0,
            ).sum()
        )
        for size in range(most + 1)
    )


def _fewest_for(rows: Profiles, value: int, enough: int) -> Shares:
    """Return the least budget that reaches a value, by halving; `enough` edges do."""
    low, found = -1, share_budget(rows, enough, norm=NORM)
    while found.most - low > 1:
        tried = share_budget(rows, (low + found.most) // 2, norm=NORM)
        if tried.value <= value:
            found = tried
        else:
            low = tried.most
    return found


def _without_common_zeros(pools: np.ndarray) -> np.ndarray:
    """Return pools with their zeros last, cut to the width of the one with most others.

    A zero adds nothing, and without the columns of zeros a pool of 40 becomes one of about 27.
    """
    import numpy as np

    order = np.argsort(pools == 0, axis=1, kind="stable")
    width = max(1, int((pools != 0).sum(axis=1).max()))
    cut: np.ndarray = np.take_along_axis(pools, order, axis=1)[:, :width]
    return cut
