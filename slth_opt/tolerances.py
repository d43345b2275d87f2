"""From the tolerance of a network to that of a weight: the papers' splitting rules, and a sharper.

For inputs of norm at most 1 and layers of norm at most 1, errors of layers add up, twice because
the theory needs room for the norms of the approximations: each of l layers gets eps / 2l. Within
a layer the papers let the absolute errors of all entries add up to its tolerance; it is enough
that their Frobenius norm stays below it, which leaves the square root of the number of entries.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import isqrt
from typing import TYPE_CHECKING

from slth_opt.size_rules import SizeRule

if TYPE_CHECKING:
    from slth_opt.networks import Network

FINE = 2**60
"""Square roots are rounded down to a fraction of this."""


def layer_rule(rule: SizeRule, target: Network, layer: int) -> SizeRule:
    """Return the size rule for the weights of one layer: its tolerance is that of a weight.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> target = dense_network([[[0.5, -0.25], [0.5, 0.1]], [[1.0, 1.0]]])
    >>> rule = SizeRule(rule="smallest", tolerance=Fraction(1, 10), level="network")
    >>> layer_rule(rule, target, 0).tolerance
    Fraction(1, 160)
    """
    if rule.tolerance is None or rule.level == "weight":
        return rule
    share = rule.tolerance
    if rule.level == "network":
        share /= 2 * len(target.layers)
    here = target.layers[layer]
    entries = here.num_inputs * here.num_outputs
    weight = share / entries if rule.split == "entries" else share * inverse_root(entries)
    return replace(rule, tolerance=weight, level="weight")


def inverse_root(count: int) -> Fraction:
    """Return 1 / sqrt(count), rounded down.

    Examples
    --------
    >>> inverse_root(4), float(inverse_root(2)) <= 2**-0.5
    (Fraction(1, 2), True)
    """
    return Fraction(isqrt(FINE * FINE // count), FINE)
