"""Otsuka et al. 2025: no ReLU between the two matrices, so no sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.layouts import Construction, draw_layers, refuse_fans
from slth_opt.sources import Branch

if TYPE_CHECKING:
    import numpy as np

    from slth_opt.networks import Network
    from slth_opt.sources import LayerSource


def lay_out(target: Network, n: int, rng: np.random.Generator) -> tuple[LayerSource, ...]:
    """Draw n hidden channels per input; every product is a candidate.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.sources import generator
    >>> (source,) = lay_out(dense_network([[[0.5, -0.25]]]), 4, generator(0))
    >>> source.second.shape
    (1, 2, 1, 4)
    """
    return draw_layers(target, rng, (Branch(name="whole", first=0, last=n, sign=0),), relu=False)


CONSTRUCTION = Construction(
    name="otsuka",
    paper="Otsuka et al. 2025",
    summary="no ReLU in between: every product is a candidate for both signs",
    lay_out=lay_out,
    default_rule="any",
    refuse=refuse_fans,
)
