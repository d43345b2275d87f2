"""Pensia et al. 2020, the published code: n parallel random weights, drawn once for each output.

The experiment has no hidden neurons and no signs: each weight is a subset sum of the n numbers of
its row, uniform between the smallest and the largest weight of the whole target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.layouts import Construction, layers_of, refuse_fans
from slth_opt.sources import FINENESS, Branch, LayerSource, draw_uniform

if TYPE_CHECKING:
    import numpy as np

    from slth_opt.networks import Network

WIDEST = 128
"""Beyond this, multiples of 2^-23 do not fit into 32 bits."""


def lay_out(target: Network, n: int, rng: np.random.Generator) -> tuple[LayerSource, ...]:
    """Draw n numbers for each output channel; all weights of the row share them.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.sources import generator
    >>> (source,) = lay_out(dense_network([[[0.5, -0.25]]]), 4, generator(0))
    >>> source.second.shape
    (1, 2, 1, 4)
    """
    import numpy as np

    layers = layers_of(target)
    low, high = _range(target)
    sources = []
    for layer in layers:
        outputs, inputs, maps = layer.coefficients.shape
        row = draw_uniform(rng, (outputs, 1, 1, n), low, high)
        sources.append(
            LayerSource(
                first=np.ones((inputs, n), np.float32),
                second=np.broadcast_to(row, (outputs, inputs, maps, n)),
                is_first_drawn=False,
                relu=False,
                branches=(Branch(name="whole", first=0, last=n, sign=0),),
            )
        )
    return tuple(sources)


def _range(target: Network) -> tuple[float, float]:
    """Return the smallest and the largest weight of the whole target."""
    layers = layers_of(target)
    low = min(float(layer.coefficients.min()) for layer in layers)
    return low, max(float(layer.coefficients.max()) for layer in layers)


def refuse(target: Network) -> str | None:
    """Refuse what has no coefficients, biases, and a range that nothing can be drawn from.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> refuse(dense_network([[[0.5, 0.5]]]))[:31]
    'its weights lie in [0.5, 0.5], '
    """
    refusal = refuse_fans(target)
    if refusal is not None:
        return refusal
    for k, layer in enumerate(layers_of(target)):
        if layer.bias is not None:
            return f"layer {k} has biases, the published experiment has none"
    low, high = _range(target)
    if high - low < 2.0**-FINENESS or max(-low, high) > WIDEST:
        return (
            f"its weights lie in [{low:g}, {high:g}], which is what sources are drawn from: that "
            f"must be more than a point, and within [-{WIDEST}, {WIDEST}]"
        )
    return None


CONSTRUCTION = Construction(
    name="parallel",
    paper="Pensia et al. 2020, published code",
    summary="n parallel weights per weight, drawn once for each output, without signs",
    lay_out=lay_out,
    default_rule="any",
    refuse=refuse,
)
