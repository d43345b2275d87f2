"""The masked source as a network that runs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from slth_opt.errors import ProblemError
from slth_opt.layouts import layers_of
from slth_opt.networks import Fan, Layer, Network
from slth_opt.sources import LayerSource
from slth_opt.tickets.records import BIAS, Part, Ticket


def ticket_network(ticket: Ticket) -> Network:
    """Return the masked source as a network.

    Examples
    --------
    >>> from slth_opt.networks import dense_network, run
    >>> from slth_opt.tickets import build_ticket
    >>> target = dense_network([[[0.5, -0.25]]])
    >>> cut = ticket_network(build_ticket(target, "pensia", n=32, seed=1))
    >>> bool(abs(run(cut, [[1.0, 2.0]])[0, 0]) < 0.001)
    True
    """
    layers: list[Layer | Fan] = []
    for k, (layer, source) in enumerate(zip(layers_of(ticket.target), ticket.sources, strict=True)):
        layers += _cut_layer(layer, source, [part for part in ticket.parts if part.layer == k])
    return Network(layers=tuple(layers))


def _cut_layer(layer: Layer, source: LayerSource, parts: Sequence[Part]) -> list[Layer | Fan]:
    """Return the layers of the masked source that stand for one layer of the target."""
    import numpy as np

    outputs, inputs, maps, width = source.second.shape
    kept = np.zeros((outputs, inputs, maps, width), bool)
    bias = None
    for part in parts:
        if part.branch == BIAS:
            bias = as_exact_floats(part.sums())
            continue
        (branch,) = (b for b in source.branches if b.name == part.branch)
        edges = part.edges.reshape(outputs, inputs, maps, branch.width)
        kept[..., branch.first : branch.last] |= edges
    second = np.where(kept, source.second, np.float32(0)).transpose(0, 1, 3, 2)
    cut = Layer(
        coefficients=second.reshape(outputs, inputs * width, maps),
        basis=layer.basis,
        bias=bias,
        relu=layer.relu,
        skip=layer.skip * (1 if source.first is None else 2),
    )
    if source.first is None:
        return [cut]
    used = kept.any(axis=(0, 2))
    weights = np.where(used, source.first, np.float32(0))
    return [Fan(weights=weights, features=layer.basis.shape[2], relu=source.relu), cut]


def as_exact_floats(values: Sequence[Fraction]) -> Any:
    """Return exact rationals as floats, which sums of a few products of sources are.

    Examples
    --------
    >>> as_exact_floats([Fraction(3, 8)]).tolist()
    [0.375]
    """
    import numpy as np

    floats = [float(value) for value in values]
    for value, number in zip(values, floats, strict=True):
        if Fraction(number) != value:
            raise ProblemError(f"the sum {value} needs more than the 53 bits of a float")
    return np.array(floats)
