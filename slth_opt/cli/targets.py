"""What tickets approximate and what they are tried on: network files, shipped targets, images."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slth_opt.array_files import READERS
from slth_opt.errors import FileError, ProblemError
from slth_opt.json_files import name_of
from slth_opt.networks import (
    SHIPPED,
    Network,
    accuracy,
    read_mnist,
    read_network,
    shipped_target,
    split_digits,
)

if TYPE_CHECKING:
    import numpy as np

MOST_VALUES = 2**24
"""As many values of one layer are computed at once when accuracy is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A network to approximate, and what the user called it."""

    name: str
    network: Network

    def in_words(self) -> str:
        """Say what it is in a few words.

        Examples
        --------
        >>> read_target("digits").in_words()
        'digits: 64-32-10, 2368 coefficients'
        """
        widths = [self.network.num_inputs, *(layer.num_outputs for layer in self.network.layers)]
        shape = "-".join(map(str, widths))
        return f"{self.name}: {shape}, {self.network.num_coefficients} coefficients"

    def facts(self) -> dict[str, Any]:
        """Return the same as plain JSON values."""
        return {
            "name": self.name,
            "digest": self.network.digest,
            "inputs": self.network.num_inputs,
            "outputs": self.network.num_outputs,
            "layers": len(self.network.layers),
            "coefficients": self.network.num_coefficients,
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Images:
    """Inputs and labels, and where they come from in a few words."""

    inputs: np.ndarray
    labels: np.ndarray
    words: str


def add_target(parser: ArgumentParser) -> None:
    """Add the network to approximate, and the images it can be tried on."""
    shipped = " or ".join(SHIPPED)
    parser.add_argument(
        "target", metavar="TARGET", help=f"a network file (.npz, .safetensors), or {shipped}"
    )
    parser.add_argument(
        "--mnist", metavar="FOLDER", help="measure accuracy on the test images of local IDX files"
    )
    parser.add_argument(
        "--digits",
        action="store_true",
        help="measure accuracy on the digits of scikit-learn (the shipped targets always do)",
    )


def read_target(name: str) -> Target:
    """Return the network of a file, or a shipped one by its name.

    Examples
    --------
    >>> read_target("digits").network.num_outputs
    10
    >>> read_target("digit")
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: digit: neither a shipped target (digits, digits_conv) nor a file \
that ends in .npz or .safetensors
    """
    if name in SHIPPED:
        return Target(name=name, network=shipped_target(name))
    if Path(name).suffix not in READERS:
        raise FileError(
            f"{name_of(name)}: neither a shipped target ({', '.join(SHIPPED)}) nor a file that "
            f"ends in {' or '.join(READERS)}"
        )
    return Target(name=name_of(name), network=read_network(name))


def read_images(options: Namespace, target: Target) -> Images | str:
    """Return test images for a target, or say in a few words why there are none.

    Raises
    ------
    FileError, ProblemError
        If images were asked for by name and cannot be had, or do not fit the target.
    """
    if options.mnist is not None and options.digits:
        raise ProblemError("--mnist and --digits are two sets of images; drop one")
    if options.mnist is not None:
        mnist = read_mnist(options.mnist)
        words = f"test images in {name_of(options.mnist)}"
        return _fitting(Images(inputs=mnist.test_inputs, labels=mnist.test_labels, words=words),
                        target)  # fmt: skip
    if not options.digits and target.name not in SHIPPED:
        return "no images were given: --mnist FOLDER, or --digits"
    try:
        digits = split_digits()
    except ProblemError as missing:
        if options.digits:
            raise
        return str(missing)
    words = "test digits of scikit-learn"
    return _fitting(Images(inputs=digits.test_inputs, labels=digits.test_labels, words=words),
                    target)  # fmt: skip


def _fitting(images: Images, target: Target) -> Images:
    """Return images that a target can see, and whose labels it can say."""
    pixels, labels = images.inputs.shape[1], int(images.labels.max()) + 1
    network = target.network
    if pixels != network.num_inputs or labels > network.num_outputs:
        raise ProblemError(
            f"the {images.words} have {pixels} pixels and {labels} labels, the target takes "
            f"{network.num_inputs} numbers and puts out {network.num_outputs}"
        )
    return images


def count_right(network: Network, images: Images) -> int:
    """Count the images that a network labels as they are, a few thousand values at a time.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.networks import dense_network
    >>> images = Images(inputs=np.eye(2), labels=np.array([0, 0]), words="two rows")
    >>> count_right(dense_network([np.eye(2)]), images)
    1
    """
    widest = max(layer.num_outputs for layer in network.layers)
    step = max(1, MOST_VALUES // widest)
    right = 0
    for first in range(0, len(images.labels), step):
        inputs, labels = images.inputs[first : first + step], images.labels[first : first + step]
        right += round(accuracy(network, inputs, labels) * len(labels))
    return right
