"""What a construction is, and the drawing that most of them share: diamonds behind each input.

For w x = relu(w x) - relu(-w x), hidden channels with a positive first weight serve the positive
side of an input, the others the negative side; on each side a subset of the products of first
and second weight must add up to w.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slth_opt.errors import ProblemError
from slth_opt.networks import Fan, Layer, Network
from slth_opt.sources import Branch, LayerSource, draw_uniform

if TYPE_CHECKING:
    import numpy as np

Draw = Callable[["np.random.Generator", tuple[int, ...]], "np.ndarray"]
"""Draws an array of a shape, on the grid of sources."""

Refuse = Callable[[Network], "str | None"]
"""Says which layer of a target a construction cannot build, and why; None if it can build all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Construction:
    """One way to lay out a random source for a target, as a paper states it.

    Parameters
    ----------
    name
        What users call it.
    paper
        Where it comes from.
    summary
        One line for people.
    lay_out
        Draws the sources of all layers: target, candidates per weight, generator.
    default_rule
        The size rule the paper uses, one of `slth_opt.size_rules.RULES`.
    default_method
        How subsets are chosen by default: ``"exact"``, or the name of a heuristic.
    depth
        How deep the source is for a target of depth l, in words.
    refuse
        What it cannot build.
    """

    name: str
    paper: str
    summary: str
    lay_out: Callable[[Network, int, np.random.Generator], tuple[LayerSource, ...]]
    default_rule: str
    default_method: str = "exact"
    depth: str = "2l"
    refuse: Refuse = lambda target: None


def split_branches(n: int) -> tuple[Branch, ...]:
    """Return the two sides of a diamond of 2n hidden channels, n for each side.

    Examples
    --------
    >>> [(branch.name, branch.first, branch.last) for branch in split_branches(3)]
    [('plus', 0, 3), ('minus', 3, 6)]
    """
    return (
        Branch(name="plus", first=0, last=n, sign=1),
        Branch(name="minus", first=n, last=2 * n, sign=-1),
    )


def pooled_branches(n: int) -> tuple[Branch, ...]:
    """Return both sides of a diamond whose 2n hidden channels serve the side their sign says.

    Examples
    --------
    >>> [(branch.name, branch.first, branch.last) for branch in pooled_branches(3)]
    [('plus', 0, 6), ('minus', 0, 6)]
    """
    return (
        Branch(name="plus", first=0, last=2 * n, sign=1),
        Branch(name="minus", first=0, last=2 * n, sign=-1),
    )


def draw_layers(
    target: Network,
    rng: np.random.Generator,
    branches: tuple[Branch, ...],
    *,
    draw: Draw = draw_uniform,
    relu: bool = True,
    pooled: bool = False,
) -> tuple[LayerSource, ...]:
    """Draw, layer by layer, a first and a second matrix with all hidden channels of the branches.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.sources import generator
    >>> target = dense_network([[[0.5, -0.25]]])
    >>> (source,) = draw_layers(target, generator(0), split_branches(4))
    >>> source.first.shape, source.second.shape
    ((2, 8), (1, 2, 1, 8))
    """
    width, n = max(branch.last for branch in branches), branches[0].width
    sources = []
    for layer in layers_of(target):
        outputs, inputs, maps = layer.coefficients.shape
        first, second = draw(rng, (inputs, width)), draw(rng, (outputs, inputs, maps, width))
        constant = None if layer.bias is None else draw(rng, (n,))
        constants = None if layer.bias is None else draw(rng, (outputs, n))
        sources.append(
            LayerSource(
                first=first,
                second=second,
                first_constant=constant,
                second_constant=constants,
                relu=relu,
                branches=branches,
                pooled=pooled,
            )
        )
    return tuple(sources)


def layers_of(target: Network) -> tuple[Layer, ...]:
    """Return the layers of a target, all of them with coefficients.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> len(layers_of(dense_network([[[0.5, -0.25]]])))
    1
    """
    refusal = refuse_fans(target)
    if refusal is not None:
        raise ProblemError(refusal)
    return tuple(layer for layer in target.layers if isinstance(layer, Layer))


def refuse_fans(target: Network) -> str | None:
    """Say which layer of a target has no coefficients to build, or None.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> refuse_fans(dense_network([[[0.5, -0.25]]])) is None
    True
    """
    for k, layer in enumerate(target.layers):
        if isinstance(layer, Fan):
            return f"layer {k} is a fan, the first half of a construction, not a target"
    return None
