"""da Cunha et al. 2022: non-negative inputs need one side only, also in convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.layouts import Construction, draw_layers, refuse_fans
from slth_opt.sources import Branch

if TYPE_CHECKING:
    import numpy as np

    from slth_opt.networks import Network
    from slth_opt.sources import LayerSource


def lay_out(target: Network, n: int, rng: np.random.Generator) -> tuple[LayerSource, ...]:
    """Draw n hidden channels per input; those with a negative first weight stay silent.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.sources import generator
    >>> (source,) = lay_out(dense_network([[[0.5, -0.25]]]), 4, generator(0))
    >>> source.second.shape
    (1, 2, 1, 4)
    """
    return draw_layers(target, rng, (Branch(name="plus", first=0, last=n, sign=1),))


CONSTRUCTION = Construction(
    name="nonnegative",
    paper="da Cunha et al. 2022",
    summary="one side only, for inputs that are never negative",
    lay_out=lay_out,
    default_rule="any",
    refuse=refuse_fans,
)
