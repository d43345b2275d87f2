"""Does a ticket keep its size rule? What concerns all weights, or both sides of one, together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.budgets import share_budget
from slth_opt.choosing import placing_of
from slth_opt.errors import CertificateRejected
from slth_opt.grid import Grid
from slth_opt.knapsack import joint_value
from slth_opt.problems import SubsetSum
from slth_opt.thin_pools import full_profiles
from slth_opt.tickets.records import BIAS, Part, Ticket

if TYPE_CHECKING:
    import numpy as np


def check_sizes(ticket: Ticket) -> None:
    """Raise if a weight keeps other than the rule allows, or all weights more than the budget.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> check_sizes(build_ticket(dense_network([[[0.5, -0.25]]]), "natale", n=8, seed=1))
    """
    import numpy as np

    rule = ticket.rule
    if rule.rule == "exactly":
        for where, masks in _sized_together(ticket):
            wrong = np.flatnonzero(masks.sum(axis=1) != rule.size)
            if wrong.size:
                row = int(wrong[0])
                raise CertificateRejected(
                    f"{where}, weight {row}: {masks[row].sum()} candidates are kept, the size "
                    f"rule says {rule.in_words()}"
                )
        return
    for part in ticket.parts:
        if (part.choice.masks != part.edges).any():
            raise CertificateRejected(
                f"layer {part.layer}, branch {part.branch}: a zero is kept, which only a fixed "
                f"size may need"
            )
    kept = sum(int(part.edges.sum()) for part in ticket.parts)
    if rule.most is not None and kept > rule.most:
        raise CertificateRejected(f"{kept} candidates are kept, the size rule: {rule.in_words()}")


def check_sharing(ticket: Ticket) -> None:
    """Raise if the budget of a ticket can be shared out better.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.size_rules import SizeRule
    >>> from slth_opt.tickets import build_ticket
    >>> rule = SizeRule(rule="budget", most=5)
    >>> target = dense_network([[[0.5, -0.25]]])
    >>> check_sharing(build_ticket(target, "pensia", n=8, seed=1, rule=rule))
    """
    import numpy as np

    rule = ticket.rule
    assert rule.most is not None
    pools = np.concatenate([part.pools for part in ticket.parts])
    targets = np.concatenate([part.targets for part in ticket.parts])
    masks = np.concatenate([part.choice.masks for part in ticket.parts])
    by_size = full_profiles(pools, targets, **placing_of(pools, targets))
    best = share_budget(by_size, rule.most, norm=rule.norm).value
    errors = by_size.table.placed(0, len(targets)).errors_of(masks)
    value = joint_value(errors, rule.norm)
    if value != best:
        raise CertificateRejected(
            f"with {rule.in_words()} the {rule.norm} error is {value}, but {best} is possible"
        )


def split_questions(
    ticket: Ticket, part: Part, row: int
) -> tuple[int, list[tuple[SubsetSum, SubsetSum]]]:
    """Return the larger error of the two sides of a pooled weight, and every way to split its size.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.size_rules import SizeRule
    >>> from slth_opt.tickets import build_ticket
    >>> rule = SizeRule(rule="exactly", size=3)
    >>> ticket = build_ticket(dense_network([[[0.5, -0.25]]]), "pooled", n=4, seed=1, rule=rule)
    >>> _, ways = split_questions(ticket, ticket.parts[0], 1)
    >>> [(plus.most, minus.most) for plus, minus in ways]
    [(0, 3), (1, 2), (2, 1)]
    """
    import numpy as np

    sides = [p for p in ticket.parts if p.layer == part.layer and p.branch != BIAS]
    pools = np.concatenate([side.pools for side in sides])
    placing = placing_of(pools, np.concatenate([side.targets for side in sides]))
    exponent = placing["bits"] or max(side.choice.exponent for side in sides)
    grid = Grid(exponent=exponent)
    place = grid.nearest if placing["rounding"] == "nearest" else grid.place
    (target,) = place([float(part.targets[row])])
    on_plus = sides[0].pools[row] != 0  # every other channel is counted on the other side
    pair = [
        (place(side.pools[row][own].tolist()), side.choice.masks[row][own])
        for side, own in zip(sides, (on_plus, ~on_plus), strict=True)
    ]
    error = max(
        abs(sum(w for w, kept in zip(weights, mask, strict=True) if kept) - target)
        for weights, mask in pair
    )
    size = ticket.rule.size
    assert size is not None
    plus, minus = (weights for weights, _ in pair)
    return error, [
        (_fixed(plus, target, first, grid), _fixed(minus, target, size - first, grid))
        for first in range(max(0, size - len(minus)), min(size, len(plus)) + 1)
    ]


def _fixed(weights: tuple[int, ...], target: int, size: int, grid: Grid) -> SubsetSum:
    return SubsetSum(weights=weights or (0,), target=target, fewest=size, most=size, grid=grid)


def _sized_together(ticket: Ticket) -> list[tuple[str, np.ndarray]]:
    """Return the masks that must have the fixed size: a part's, or those of both pooled sides."""
    import numpy as np

    found: list[tuple[str, np.ndarray]] = []
    for k, source in enumerate(ticket.sources):
        parts = [part for part in ticket.parts if part.layer == k]
        if source.pooled:
            sides = [part for part in parts if part.branch != BIAS]
            parts = [part for part in parts if part.branch == BIAS]
            both = np.concatenate([side.choice.masks for side in sides], axis=1)
            found.append((f"layer {k}, both sides", both))
        found += [(f"layer {k}, branch {part.branch}", part.choice.masks) for part in parts]
    return found
