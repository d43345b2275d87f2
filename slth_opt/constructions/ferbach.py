"""Ferbach et al. 2023: diamonds behind equivariant coefficients; tickets keep the symmetry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.layouts import Construction, draw_layers, refuse_fans, split_branches

if TYPE_CHECKING:
    import numpy as np

    from slth_opt.networks import Network
    from slth_opt.sources import LayerSource


def lay_out(target: Network, n: int, rng: np.random.Generator) -> tuple[LayerSource, ...]:
    """Draw diamonds for the coefficients of an equivariant basis, as `pensia` does for weights.

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
    name="ferbach",
    paper="Ferbach et al. 2023",
    summary="diamonds for the coefficients of an equivariant basis",
    lay_out=lay_out,
    default_rule="any",
    refuse=refuse_fans,
)
