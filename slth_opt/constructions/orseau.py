"""Orseau et al. 2020: products of hyperbolic weights, taken in steps of the golden ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.layouts import Construction, draw_layers, refuse_fans, split_branches
from slth_opt.sources import draw_hyperbolic

if TYPE_CHECKING:
    import numpy as np

    from slth_opt.networks import Network
    from slth_opt.sources import LayerSource


def lay_out(target: Network, n: int, rng: np.random.Generator) -> tuple[LayerSource, ...]:
    """Draw a diamond with density proportional to 1/abs(w), so that every scale is as likely.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.sources import generator
    >>> (source,) = lay_out(dense_network([[[0.5, -0.25]]]), 4, generator(0))
    >>> source.second.shape
    (1, 2, 1, 8)
    """
    return draw_layers(target, rng, split_branches(n), draw=draw_hyperbolic)


CONSTRUCTION = Construction(
    name="orseau",
    paper="Orseau et al. 2020",
    summary="diamonds of hyperbolic weights, subsets by golden-ratio steps",
    lay_out=lay_out,
    default_rule="any",
    refuse=refuse_fans,
    default_method="golden",
)
