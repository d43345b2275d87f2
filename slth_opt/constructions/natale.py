"""Natale et al. 2024: the diamond with exactly k of n candidates, which fixes the density."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.layouts import Construction, draw_layers, refuse_fans, split_branches

if TYPE_CHECKING:
    import numpy as np

    from slth_opt.networks import Network
    from slth_opt.sources import LayerSource


def lay_out(target: Network, n: int, rng: np.random.Generator) -> tuple[LayerSource, ...]:
    """Draw a diamond; a candidate of the wrong sign is a zero that may fill up a subset.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.sources import generator
    >>> (source,) = lay_out(dense_network([[[0.5, -0.25]]]), 4, generator(0))
    >>> source.second.shape
    (1, 2, 1, 8)
    """
    return draw_layers(target, rng, split_branches(n))


CONSTRUCTION = Construction(
    name="natale",
    paper="Natale et al. 2024",
    summary="diamonds split by sign, exactly k of n on each side",
    lay_out=lay_out,
    default_rule="exactly",
    refuse=refuse_fans,
)
