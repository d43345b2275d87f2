"""One layer of a ticket under one budget: the same edges shared freely, and the price of one."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from slth_opt.batch import Profiles, profiles
from slth_opt.budgets import Curve, Shares, error_curve, share_budget
from slth_opt.demonstration.one_weight import sides_of
from slth_opt.tickets import Ticket

if TYPE_CHECKING:
    import numpy as np

NORM = "l1"
"""What a budget makes small here: the sum of all errors."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OneLayer:
    """A layer whose weights all keep one size, and the same layer under one budget.

    Parameters
    ----------
    layer
        The number of the target's layer.
    pools, targets
        One row for each side of each weight: its candidates, filled up with zeros, and its weight.
    fixed_edges, fixed_error
        What the ticket of fixed size keeps, and the sum of its errors.
    shares
        As many edges, shared out so that the sum of errors is least.
    fewest
        The least budget whose sum of errors is no larger than that of the ticket.
    curve
        The least sum of errors for many budgets.
    """

    layer: int
    pools: np.ndarray
    targets: np.ndarray
    fixed_edges: int
    fixed_error: float
    shares: Shares
    fewest: Shares
    curve: Curve

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
    """Share out the edges that a ticket of fixed size keeps in one layer, with a proof.

    Parameters
    ----------
    ticket
        A ticket of the construction ``pooled``.
    layer
        The number of the target's layer; by default the last.

    Examples
    --------
    >>> from slth_opt.demonstration import ticket_of
    >>> from slth_opt.networks import dense_network
    >>> ticket = ticket_of(dense_network([[[0.5, -0.25, 0.125]]]), n=6, seed=1)
    >>> found = layer_under_budget(ticket)
    >>> found.fixed_edges, found.shares.is_optimal, found.fewest.edges <= found.fixed_edges
    (9, True, True)
    """
    import numpy as np

    sides = sides_of(ticket, layer)
    pools = _without_common_zeros(np.concatenate([side.pools for side in sides]))
    targets = np.concatenate([side.targets for side in sides])
    rows = profiles(pools, targets)
    grid = rows.table.grid
    fixed = sum(
        (Fraction(int(u), 2**side.choice.exponent) for side in sides
         for u in side.choice.error_units),
        Fraction(0),
    )  # fmt: skip
    edges = sum(int(side.edges.sum()) for side in sides)
    return OneLayer(
        layer=sides[0].layer,
        pools=pools,
        targets=targets,
        fixed_edges=edges,
        fixed_error=float(fixed),
        shares=share_budget(rows, edges, norm=NORM),
        fewest=_fewest_for(rows, int(fixed * 2**grid.exponent), edges),
        curve=error_curve(rows, norm=NORM),
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
