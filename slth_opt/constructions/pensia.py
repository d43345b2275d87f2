"""Pensia et al. 2020: 2n hidden neurons per input, sides split beforehand, any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.layouts import Construction, draw_layers, refuse_fans, split_branches

if TYPE_CHECKING:
    import numpy as np

    from slth_opt.networks import Network
    from slth_opt.sources import LayerSource


def lay_out(target: Network, n: int, rng: np.random.Generator) -> tuple[LayerSource, ...]:
    """Draw 2n hidden channels per input: n are kept for each side, if their sign is right.

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
    name="pensia",
    paper="Pensia et al. 2020",
    summary="diamonds split by sign, subsets of any size",
    lay_out=lay_out,
    default_rule="any",
    refuse=refuse_fans,
)
