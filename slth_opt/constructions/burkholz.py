"""Burkholz 2022: depth l + 1 instead of 2l, every neuron built in as many copies as it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slth_opt.layouts import Construction, layers_of, refuse_fans, split_branches
from slth_opt.sources import Branch, LayerSource, draw_uniform

if TYPE_CHECKING:
    import numpy as np

    from slth_opt.networks import Network


def lay_out(target: Network, n: int, rng: np.random.Generator) -> tuple[LayerSource, ...]:
    """Draw a diamond for the first layer and one matrix for each later one.

    Every output but the last layer's is built n times, from fresh weights: these copies are the
    candidates of the next layer, and only its own weights multiply them.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.sources import generator
    >>> (source,) = lay_out(dense_network([[[0.5, -0.25]]]), 4, generator(0))
    >>> source.second.shape
    (1, 2, 1, 8)
    """
    sources = []
    last = len(target.layers) - 1
    for k, layer in enumerate(layers_of(target)):
        outputs, inputs, maps = layer.coefficients.shape
        copies = n if k < last else 1
        branches = split_branches(n) if k == 0 else (Branch(name="whole", first=0, last=n, sign=0),)
        width = max(branch.last for branch in branches)
        constant = None if layer.bias is None else draw_uniform(rng, (n,))
        sources.append(
            LayerSource(
                first=draw_uniform(rng, (inputs, width)) if k == 0 else None,
                second=draw_uniform(rng, (outputs * copies, inputs, maps, width)),
                first_constant=constant,
                second_constant=None
                if constant is None
                else draw_uniform(rng, (outputs * copies, n)),
                copies=copies,
                branches=branches,
            )
        )
    return tuple(sources)


def refuse(target: Network) -> str | None:
    """Refuse what has no coefficients, and layers that skip: a copy has nothing to be added to.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> refuse(dense_network([[[0.5, -0.25]]])) is None
    True
    """
    for k, layer in enumerate(target.layers):
        if getattr(layer, "skip", 0):
            return f"layer {k} has a skip connection, which copies of neurons cannot carry"
    return refuse_fans(target)


CONSTRUCTION = Construction(
    name="burkholz",
    paper="Burkholz 2022",
    summary="depth l + 1: n copies of every neuron are the candidates of the next layer",
    lay_out=lay_out,
    default_rule="smallest",
    depth="l + 1",
    refuse=refuse,
)
