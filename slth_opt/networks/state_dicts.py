"""Dense networks out of plainly named matrices, as files of weights and torch hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from slth_opt.array_grid import as_reals
from slth_opt.errors import ProblemError
from slth_opt.fields import shown
from slth_opt.networks.layers import Network, dense_network

if TYPE_CHECKING:
    import numpy as np

_FOLD = "fold it into the layer before it, then give that layer's weight and bias"
_REMOVE = "make the pruning permanent with torch.nn.utils.prune.remove"
_BUILD = "build its layer with Layer and a basis, then save the network with write_network"

UNSUPPORTED = (
    ("running_mean", "a batch normalisation", _FOLD),
    ("running_var", "a batch normalisation", _FOLD),
    ("num_batches_tracked", "a batch normalisation", _FOLD),
    ("weight_orig", "a pruned weight of torch", _REMOVE),
    ("weight_mask", "a mask of torch", _REMOVE),
    ("weight_ih", "a recurrent layer", "only feed-forward layers have tickets here"),
    ("weight_hh", "a recurrent layer", "only feed-forward layers have tickets here"),
    ("in_proj", "an attention layer", "give its projections as layers of their own"),
)  # fmt: skip
"""What a name gives away, and what to do about it."""

_SHAPES = {
    1: ("a normalisation or a scale", _FOLD),
    3: ("a 1-D convolution", f"{_BUILD} (basis=shifts_1d(length, kernel, ...))"),
    4: ("a 2-D convolution", f"{_BUILD} (basis=shifts_2d(height, width, kernel, ...))"),
}
"""What a weight is that has as many dimensions."""


def network_from_state_dict(arrays: Mapping[str, Any]) -> Network:
    """Return the dense ReLU network of some matrices, outputs x inputs, by their names.

    A name that ends in ``.weight`` may have a ``.bias`` beside it; any other name is a matrix
    without one. Layers follow in the natural order of their names: layer2 before layer10.

    Raises
    ------
    ProblemError
        If an array is no dense layer, or the shapes do not chain; it names the array.

    Examples
    --------
    >>> network = network_from_state_dict(
    ...     {"0.weight": [[1.0, -1.0]], "0.bias": [0.5], "2.weight": [[2.0]], "2.bias": [0.0]}
    ... )
    >>> network.num_inputs, len(network.layers), network.layers[0].bias.tolist()
    (2, 2, [0.5])
    """
    weights: dict[str, np.ndarray] = {}
    biases: dict[str, np.ndarray] = {}
    for name, values in arrays.items():
        _check_name(name)
        layer, part = _split(name)
        array = as_reals(values, what=f"array {shown(name)}")
        if part == "bias":
            biases[layer] = _bias(name, array)
        elif layer in weights:
            raise ProblemError(f"the arrays hold two weights for the layer {shown(layer)}")
        else:
            weights[layer] = _matrix(name, array)
    for layer in biases:
        if layer not in weights:
            raise ProblemError(f"array {shown(_joined(layer, 'bias'))} has no weight beside it")
    if not weights:
        raise ProblemError("there is no matrix of weights among the arrays")
    order = _ordered(weights)
    for layer in order:
        if layer in biases and len(biases[layer]) != len(weights[layer]):
            raise ProblemError(
                f"array {shown(_joined(layer, 'bias'))} holds {len(biases[layer])} numbers, its "
                f"weight has {len(weights[layer])} rows"
            )
    return dense_network(
        [weights[layer] for layer in order], [biases.get(layer) for layer in order]
    )


def natural_order(names: Iterable[str]) -> list[str]:
    """Sort names as people count: numbers by their value, everything else by its letters.

    Examples
    --------
    >>> natural_order(["layer10", "layer2", "head"])
    ['head', 'layer2', 'layer10']
    """

    def key(name: str) -> list[tuple[bool, int, str]]:
        parts = re.findall(r"0*([0-9]+)|([^0-9]+)", name)
        # Of numbers without leading zeros the longer one is the larger one.
        return [(not number, len(number), number or word) for number, word in parts]

    return sorted(names, key=key)


def _split(name: str) -> tuple[str, str]:
    """Return the layer an array belongs to and which part of it it is."""
    layer, _, part = name.rpartition(".")
    return (layer, part) if part in ("weight", "bias") else (name, "matrix")


def _joined(layer: str, part: str) -> str:
    return f"{layer}.{part}" if layer else part


def _check_name(name: str) -> None:
    for fragment, what, remedy in UNSUPPORTED:
        if fragment in name:
            raise ProblemError(
                f"array {shown(name)} belongs to {what}, which is not supported: {remedy}"
            )


def _matrix(name: str, array: np.ndarray) -> np.ndarray:
    if array.ndim != 2:
        what, remedy = _SHAPES.get(array.ndim, ("no layer known here", _BUILD))
        raise ProblemError(
            f"array {shown(name)} has {array.ndim} dimensions: that is {what}, not a dense layer; "
            f"{remedy}"
        )
    if not array.size:
        raise ProblemError(f"array {shown(name)} is empty: its shape is {array.shape}")
    return array


def _bias(name: str, array: np.ndarray) -> np.ndarray:
    if array.ndim != 1:
        raise ProblemError(f"array {shown(name)} has {array.ndim} dimensions, a bias has 1")
    return array


def _ordered(weights: Mapping[str, np.ndarray]) -> list[str]:
    """Return the layers in the order they run; refuse where names leave it open."""
    given, order = list(weights), natural_order(weights)
    broken = _break(weights, order)
    if broken is not None:
        one, other = broken
        hint = "rename them so, as in layer1, layer2"
        if _break({name: matrix.T for name, matrix in weights.items()}, order) is None:
            hint = "these would fit transposed: store them as outputs x inputs"
        raise ProblemError(
            f"layer {shown(one)} {_size(weights[one])} puts out {len(weights[one])} numbers, the "
            f"next one {shown(other)} {_size(weights[other])} takes {weights[other].shape[1]}; "
            f"layers follow in the natural order of their names: {hint}"
        )
    words = {re.sub(r"[0-9]+", "", name) for name in order}
    if given != order and len(words) > 1 and _break(weights, given) is None:
        raise ProblemError(
            f"layers fit together as {_listed(given)} and as {_listed(order)}: rename them so "
            "that numbers give the order, as in layer1, layer2"
        )
    return order


def _break(weights: Mapping[str, np.ndarray], order: Sequence[str]) -> tuple[str, str] | None:
    """Return the first two neighbours whose shapes do not fit."""
    for one, other in pairwise(order):
        if weights[one].shape[0] != weights[other].shape[1]:
            return one, other
    return None


def _size(matrix: np.ndarray) -> str:
    return f"({matrix.shape[0]} x {matrix.shape[1]})"


def _listed(names: Sequence[str]) -> str:
    shown_names = [shown(name) for name in names[:4]]
    return ", ".join(shown_names + (["..."] if len(names) > 4 else []))
