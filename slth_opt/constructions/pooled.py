"""Burkholz et al. 2022: all 2n hidden neurons serve the side their sign says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.layouts import Construction, draw_layers, pooled_branches, refuse_fans

if TYPE_CHECKING:
    import numpy as np

    from slth_opt.networks import Network
    from slth_opt.sources import LayerSource


def lay_out(target: Network, n: int, rng: np.random.Generator) -> tuple[LayerSource, ...]:
    """Draw 2n hidden channels per input, none of them thrown away beforehand.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.sources import generator
    >>> (source,) = lay_out(dense_network([[[0.5, -0.25]]]), 4, generator(0))
    >>> source.second.shape
    (1, 2, 1, 8)
    """
    return draw_layers(target, rng, pooled_branches(n), pooled=True)


CONSTRUCTION = Construction(
    name="pooled",
    paper="Burkholz et al. 2022",
    summary="both sides from one pool: the sign of a neuron decides which side it serves",
    lay_out=lay_out,
    default_rule="any",
    refuse=refuse_fans,
)
