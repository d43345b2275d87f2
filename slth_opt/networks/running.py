"""Networks at work: in floats on many inputs, and in exact rationals on one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from slth_opt.array_grid import as_reals
from slth_opt.errors import ProblemError
from slth_opt.grid import as_fractions
from slth_opt.networks.layers import Fan, Layer, Network

if TYPE_CHECKING:
    import numpy as np


def run(network: Network, inputs: Any, *, dtype: str = "float64") -> np.ndarray:
    """Return the outputs for many inputs at once.

    Parameters
    ----------
    network
        The network.
    inputs
        One row of numbers for each input.
    dtype
        ``"float64"`` or ``"float32"``: what everything is computed in.

    Examples
    --------
    >>> from slth_opt.networks.layers import dense_network
    >>> run(dense_network([[[1.0, -1.0]], [[2.0]]]), [[3.0, 1.0], [1.0, 3.0]]).tolist()
    [[4.0], [0.0]]
    """
    import numpy as np

    if dtype not in ("float64", "float32"):
        raise ProblemError(f"networks run in float64 or float32, not {dtype!r}")
    x = as_reals(inputs, what="inputs").astype(dtype)
    if x.ndim != 2 or x.shape[1] != network.num_inputs:
        raise ProblemError(
            f"inputs must have the shape (count, {network.num_inputs}), got {x.shape}"
        )
    entered: list[np.ndarray] = []
    for layer in network.layers:
        entered.append(x)
        x = _fanned(layer, x) if isinstance(layer, Fan) else _mapped(layer, x)
        if isinstance(layer, Layer) and layer.skip:
            x = x + entered[-layer.skip]
        if layer.relu:
            x = np.maximum(x, 0)
    return x


def run_exactly(network: Network, point: Iterable[Any]) -> list[Fraction]:
    """Return the outputs for one input in exact rationals; for small networks.

    Examples
    --------
    >>> from slth_opt.networks.layers import dense_network
    >>> run_exactly(dense_network([[[0.5, -1.0]]]), [Fraction(1, 3), 0])
    [Fraction(1, 6)]
    """
    x = as_fractions(point, what="input")
    if len(x) != network.num_inputs:
        raise ProblemError(f"the network takes {network.num_inputs} numbers, got {len(x)}")
    entered: list[list[Fraction]] = []
    for layer in network.layers:
        entered.append(x)
        x = _exact_fanned(layer, x) if isinstance(layer, Fan) else _exact_mapped(layer, x)
        if isinstance(layer, Layer) and layer.skip:
            x = [a + b for a, b in zip(x, entered[-layer.skip], strict=True)]
        if layer.relu:
            x = [max(a, Fraction(0)) for a in x]
    return x


def accuracy(network: Network, inputs: Any, labels: Any, *, dtype: str = "float64") -> float:
    """Return the share of inputs whose largest output is at their label.

    Examples
    --------
    >>> from slth_opt.networks.layers import dense_network
    >>> accuracy(dense_network([[[1.0], [-1.0]]]), [[2.0], [-3.0]], [0, 0])
    0.5
    """
    import numpy as np

    outputs, given = run(network, inputs, dtype=dtype), np.asarray(labels)
    if given.shape != (len(outputs),) or given.dtype.kind not in "iu" or not given.size:
        raise ProblemError(
            f"labels must be {len(outputs)} integers, at least one; got {given.dtype} of the "
            f"shape {given.shape}"
        )
    return float(np.mean(outputs.argmax(axis=1) == given))


def _fanned(layer: Fan, x: np.ndarray) -> np.ndarray:
    channels = x.reshape(len(x), layer.weights.shape[0], 1, layer.features)
    weights = layer.weights.astype(x.dtype)[None, :, :, None]
    fanned: np.ndarray = (channels * weights).reshape(len(x), layer.num_outputs)
    return fanned


def _mapped(layer: Layer, x: np.ndarray) -> np.ndarray:
    out: np.ndarray = x @ layer.matrix().astype(x.dtype).T
    return out if layer.bias is None else out + layer.spread_bias().astype(x.dtype)


def _exact_fanned(layer: Fan, x: Sequence[Fraction]) -> list[Fraction]:
    features = layer.features
    return [
        Fraction(float(weight)) * value
        for i, row in enumerate(layer.weights)
        for weight in row
        for value in x[i * features : (i + 1) * features]
    ]


def _exact_mapped(layer: Layer, x: Sequence[Fraction]) -> list[Fraction]:
    rows = zip(layer.matrix().tolist(), layer.spread_bias().tolist(), strict=True)
    return [
        Fraction(bias) + sum(Fraction(w) * v for w, v in zip(row, x, strict=True) if w)
        for row, bias in rows
    ]
