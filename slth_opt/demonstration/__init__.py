"""What `slth demo` shows: a ticket of fixed size, one weight of it, one layer under a budget."""

from slth_opt.demonstration.one_layer import OneLayer, layer_under_budget, price_at
from slth_opt.demonstration.one_weight import (
    DRAWS,
    Diamond,
    EverySize,
    every_size,
    sides_of,
    typical_weight,
)
from slth_opt.networks import Network
from slth_opt.size_rules import SizeRule
from slth_opt.tickets import Ticket, build_ticket

CONSTRUCTION = "pooled"
"""All hidden neurons of a diamond serve the side that their sign says."""


def ticket_of(target: Network, *, n: int, seed: int) -> Ticket:
    """Return the best ticket that keeps, for every weight, exactly a quarter of 2n hidden neurons.

    Parameters
    ----------
    target
        The network to approximate.
    n
        Half the hidden neurons of a diamond.
    seed
        Of the random network.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> ticket = ticket_of(dense_network([[[0.5, -0.25]]]), n=6, seed=1)
    >>> ticket.rule.in_words(), ticket.proven
    ('exactly 3 each', True)
    """
    rule = SizeRule(rule="exactly", size=max(1, n // 2))
    return build_ticket(target, CONSTRUCTION, n=n, seed=seed, rule=rule)


__all__ = [
    "CONSTRUCTION",
    "DRAWS",
    "Diamond",
    "EverySize",
    "OneLayer",
    "every_size",
    "layer_under_budget",
    "price_at",
    "sides_of",
    "ticket_of",
    "typical_weight",
]
