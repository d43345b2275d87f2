"""Networks with other weights, held to labelled images."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from slth_opt.errors import ProblemError
from slth_opt.networks.data import split_digits
from slth_opt.networks.layers import Layer, Network
from slth_opt.networks.running import accuracy
from slth_opt.networks.shipped import SHIPPED, shipped_target

if TYPE_CHECKING:
    import numpy as np

    Images = tuple[np.ndarray, np.ndarray]


def images_for(network: Network, given: Images | None = None) -> Images | None:
    """Return the images given, or the test digits for a shipped target; None if there are none.

    Examples
    --------
    >>> from slth_opt.networks.layers import dense_network
    >>> images_for(dense_network([[[0.5, -0.25]]])) is None
    True
    """
    if given is not None:
        return given
    if network.digest not in {shipped_target(name).digest for name in SHIPPED}:
        return None
    try:
        digits = split_digits()
    except ProblemError:  # scikit-learn, which brings the digits, is not installed
        return None
    return digits.test_inputs, digits.test_labels


def check_images(network: Network, images: Images) -> None:
    """Refuse images that a network cannot see, or labels that it cannot say.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.networks.layers import dense_network
    >>> check_images(dense_network([np.eye(2)]), (np.eye(2), np.array([0, 1])))
    """
    pixels, labels = images[0].shape[1], int(images[1].max()) + 1
    if pixels != network.num_inputs or labels > network.num_outputs:
        raise ProblemError(
            f"the images have {pixels} pixels and {labels} labels, the target takes "
            f"{network.num_inputs} numbers and puts out {network.num_outputs}"
        )


def digest_of(images: Images) -> str:
    """Return the sha256 of images and labels.

    Examples
    --------
    >>> import numpy as np
    >>> len(digest_of((np.eye(2), np.array([0, 1]))))
    64
    """
    inputs, labels = images
    return hashlib.sha256(inputs.tobytes() + labels.tobytes()).hexdigest()


def with_weights(network: Network, weights: np.ndarray) -> Network:
    """Return a network with other coefficients, all of them in one row.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.networks.layers import dense_network
    >>> other = with_weights(dense_network([[[0.5, -0.25]]]), np.array([1.0, 2.0]))
    >>> other.layers[0].matrix().tolist()
    [[1.0, 2.0]]
    """
    layers, first = [], 0
    for layer in network.layers:
        if not isinstance(layer, Layer):
            raise ProblemError("a fan has no coefficients that could be others")
        shape, count = layer.coefficients.shape, layer.coefficients.size
        part = weights[first : first + count].reshape(shape)
        layers.append(replace(layer, coefficients=part))
        first += count
    if first != len(weights):
        raise ProblemError(f"the network has {first} coefficients, got {len(weights)}")
    return Network(layers=tuple(layers))


def count_right(network: Network, images: Images) -> int:
    """Count the images that a network labels as they are.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.networks.layers import dense_network
    >>> count_right(dense_network([np.eye(2)]), (np.eye(2), np.array([0, 0])))
    1
    """
    inputs, labels = images
    return round(accuracy(network, inputs, labels) * len(labels))
