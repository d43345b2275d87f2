"""Networks as the theory sees them: every layer is coefficients on a basis.

Between each pair of channels a layer has one coefficient for every map of its basis, and pruning
removes coefficients. So the symmetry of a basis survives pruning, and one construction serves
dense, convolutional and equivariant layers alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slth_opt.array_grid import as_reals
from slth_opt.errors import ProblemError

if TYPE_CHECKING:
    import numpy as np

_LARGEST_WHOLE = 2**53
"""Integers up to here are doubles."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """Channels in, channels out: ``y[o] = bias[o] + sum c[o, i, b] T[b] x[i]``, then ReLU or not.

    Parameters
    ----------
    coefficients
        Shape (outputs, inputs, maps).
    basis
        0/1 matrices of shape (maps, features out, features in), no two with a 1 at one place.
    bias
        One number for each output channel, or None.
    relu
        Whether negative outputs become zero.
    skip
        0, or how many layers back the activation comes from that is added before the ReLU: with
        1 the layer's own input, with 2 that of the layer before.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.networks.bases import unit_basis
    >>> layer = Layer(coefficients=np.ones((2, 3, 1)), basis=unit_basis())
    >>> layer.num_inputs, layer.num_outputs, layer.matrix().shape
    (3, 2, (2, 3))
    """

    coefficients: np.ndarray
    basis: np.ndarray
    bias: np.ndarray | None = None
    relu: bool = True
    skip: int = 0

    def __post_init__(self) -> None:
        _check_basis(self.basis)
        coefficients = _as_floats(self.coefficients, what="coefficients")
        if (
            coefficients.ndim != 3
            or coefficients.shape[2] != len(self.basis)
            or 0 in coefficients.shape
        ):
            raise ProblemError(
                f"coefficients must have the shape (outputs, inputs, {len(self.basis)}), got "
                f"{coefficients.shape}"
            )
        object.__setattr__(self, "coefficients", coefficients)
        if self.bias is not None:
            bias = _as_floats(self.bias, what="bias", one_row=True)
            if bias.shape != coefficients.shape[:1]:
                raise ProblemError(
                    f"bias must hold {len(coefficients)} numbers, got the shape {bias.shape}"
                )
            object.__setattr__(self, "bias", bias)
        if isinstance(self.skip, bool) or not isinstance(self.skip, int) or self.skip < 0:
            raise ProblemError(f"skip must be an integer >= 0, got {self.skip!r}")

    @property
    def num_inputs(self) -> int:
        """How many numbers go in."""
        return int(self.coefficients.shape[1] * self.basis.shape[2])

    @property
    def num_outputs(self) -> int:
        """How many numbers come out."""
        return int(self.coefficients.shape[0] * self.basis.shape[1])

    def matrix(self) -> np.ndarray:
        """Return the layer as one matrix; features of a channel stand together."""
        import numpy as np

        if self.basis.shape == (1, 1, 1):
            dense: np.ndarray = self.coefficients[:, :, 0] * self.basis[0, 0, 0]
            return dense
        blocks = np.einsum("oib,bfg->ofig", self.coefficients, self.basis)
        whole: np.ndarray = blocks.reshape(self.num_outputs, self.num_inputs)
        return whole

    def spread_bias(self) -> np.ndarray:
        """Return the bias of every output, zeros if there is none."""
        import numpy as np

        features = self.basis.shape[1]
        if self.bias is None:
            return np.zeros(self.num_outputs, self.coefficients.dtype)
        return np.repeat(self.bias, features)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fan:
    """Every input channel feeds hidden channels of its own, each by one weight; then ReLU or not.

    This is the first half of the papers' constructions: a random matrix of which only the
    entries of one block per input survive.

    Parameters
    ----------
    weights
        Shape (inputs, hidden channels of each).
    features
        How many features a channel has.
    relu
        Whether negative values become zero.

    Examples
    --------
    >>> import numpy as np
    >>> Fan(weights=np.array([[1.0, -2.0]]), features=1).matrix().tolist()
    [[1.0], [-2.0]]
    """

    weights: np.ndarray
    features: int
    relu: bool = True

    def __post_init__(self) -> None:
        weights = _as_floats(self.weights, what="weights")
        if weights.ndim != 2 or not weights.size:
            raise ProblemError(
                f"weights must have the shape (inputs, hidden channels), got {weights.shape}"
            )
        object.__setattr__(self, "weights", weights)
        if isinstance(self.features, bool) or not isinstance(self.features, int):
            raise ProblemError(f"features must be an integer >= 1, got {self.features!r}")
        if self.features < 1:
            raise ProblemError(f"features must be an integer >= 1, got {self.features}")

    @property
    def num_inputs(self) -> int:
        """How many numbers go in."""
        return int(self.weights.shape[0]) * self.features

    @property
    def num_outputs(self) -> int:
        """How many numbers come out."""
        return int(self.weights.size) * self.features

    def matrix(self) -> np.ndarray:
        """Return the layer as one matrix, block-diagonal."""
        import numpy as np

        inputs, hidden = self.weights.shape
        blocks = np.zeros((inputs, hidden, self.features, inputs, self.features), np.float64)
        for i in range(inputs):
            for f in range(self.features):
                blocks[i, :, f, i, f] = self.weights[i]
        whole: np.ndarray = blocks.reshape(self.num_outputs, self.num_inputs)
        return whole


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Layers one after the other.

    Examples
    --------
    >>> import numpy as np
    >>> network = dense_network([np.ones((2, 3)), np.ones((1, 2))])
    >>> network.num_inputs, network.num_outputs, [layer.relu for layer in network.layers]
    (3, 1, [True, False])
    """

    layers: tuple[Layer | Fan, ...]

    def __post_init__(self) -> None:
        if not self.layers:
            raise ProblemError("a network needs at least one layer")
        for k, (one, other) in enumerate(zip(self.layers, self.layers[1:], strict=False)):
            if one.num_outputs != other.num_inputs:
                raise ProblemError(
                    f"layer {k} puts out {one.num_outputs} numbers, layer {k + 1} takes "
                    f"{other.num_inputs}"
                )
        for k, layer in enumerate(self.layers):
            skip = layer.skip if isinstance(layer, Layer) else 0
            if skip > k + 1:
                raise ProblemError(f"layer {k} skips {skip} layers back, there are {k + 1}")
            if skip and self.layers[k + 1 - skip].num_inputs != layer.num_outputs:
                raise ProblemError(
                    f"layer {k} puts out {layer.num_outputs} numbers, its skip brings "
                    f"{self.layers[k + 1 - skip].num_inputs}"
                )

    @property
    def num_inputs(self) -> int:
        """How many numbers go in."""
        return self.layers[0].num_inputs

    @property
    def num_outputs(self) -> int:
        """How many numbers come out."""
        return self.layers[-1].num_outputs

    @property
    def num_coefficients(self) -> int:
        """How many coefficients there are, biases included."""
        return sum(
            layer.weights.size
            if isinstance(layer, Fan)
            else layer.coefficients.size + (0 if layer.bias is None else len(layer.bias))
            for layer in self.layers
        )

    @property
    def digest(self) -> str:
        """The sha256 of everything that decides what the network computes."""
        import numpy as np

        text = hashlib.sha256(b"slth-network/1")
        for layer in self.layers:
            if isinstance(layer, Fan):
                arrays: tuple[Any, ...] = (layer.weights,)
                facts = f"fan {layer.features} {layer.relu}"
            else:
                arrays = (layer.coefficients, layer.basis, layer.spread_bias())
                facts = f"layer {layer.relu} {layer.skip} {layer.bias is not None}"
            text.update(facts.encode())
            for array in arrays:
                text.update(str(array.shape).encode())
                # Equal numbers give equal digests, whatever type holds them (0.0 for -0.0).
                text.update((np.ascontiguousarray(array, "<f8") + 0.0).tobytes())
        return text.hexdigest()


def dense_network(matrices: Iterable[Any], biases: Iterable[Any] | None = None) -> Network:
    """Return the network of some matrices (outputs x inputs), with a ReLU after all but the last.

    Examples
    --------
    >>> dense_network([[[1.0, -1.0]]]).layers[0].coefficients.shape
    (1, 2, 1)
    """
    from slth_opt.networks.bases import unit_basis

    arrays = [as_reals(matrix, what=f"matrix {k}") for k, matrix in enumerate(matrices)]
    for k, array in enumerate(arrays):
        if array.ndim != 2:
            raise ProblemError(f"matrix {k} has {array.ndim} dimensions, a dense layer has 2")
    given = list(biases) if biases is not None else [None] * len(arrays)
    if len(given) != len(arrays):
        raise ProblemError(f"{len(arrays)} layers need as many biases, got {len(given)}")
    return Network(
        layers=tuple(
            Layer(
                coefficients=array[:, :, None],
                basis=unit_basis(),
                bias=bias,
                relu=k < len(arrays) - 1,
            )
            for k, (array, bias) in enumerate(zip(arrays, given, strict=True))
        )
    )


def _check_basis(basis: Any) -> None:
    import numpy as np

    if not isinstance(basis, np.ndarray) or basis.dtype != bool or basis.ndim != 3:
        raise ProblemError("a basis must be a boolean array (maps, features out, features in)")
    if 0 in basis.shape:
        raise ProblemError(f"a basis needs maps between features, got the shape {basis.shape}")
    # Then every entry of the layer's matrix is one coefficient, and no sum of floats.
    several = np.count_nonzero(basis, axis=0) > 1
    if several.any():
        out, source = (int(i) for i in np.argwhere(several)[0])
        one, other = np.flatnonzero(basis[:, out, source])[:2]
        raise ProblemError(
            f"maps {one} and {other} of the basis both lead from feature {source} to feature "
            f"{out}; maps must not overlap"
        )


def _as_floats(values: Any, *, what: str, one_row: bool = False) -> np.ndarray:
    """Return numbers as the same numbers in float32 or float64."""
    import numpy as np

    numbers = as_reals(values, what=what, one_row=one_row)
    if numbers.dtype.kind == "f":
        return numbers.astype(np.float32) if numbers.dtype.itemsize < 4 else numbers
    if ((numbers > _LARGEST_WHOLE) | (numbers < -_LARGEST_WHOLE)).any():
        raise ProblemError(f"{what} must be floats, or integers of at most 2^53")
    return numbers.astype(np.float64)
