"""Target networks that come with the package, made by ``benchmarks/train_targets.py``."""

from __future__ import annotations

from pathlib import Path

from slth_opt.errors import ProblemError
from slth_opt.networks.files import read_network, read_provenance
from slth_opt.networks.layers import Network

FOLDER = Path(__file__).parent

SHIPPED = ("digits", "digits_conv")
"""Their names: a dense network 64-32-10, and one with a 3 x 3 convolution of six channels."""


def shipped_target(name: str) -> Network:
    """Return a network trained on the 8 x 8 digits of scikit-learn, without biases.

    Its weights are multiples of 2^-16 of at most 1/2 in absolute value.

    Raises
    ------
    ProblemError
        If there is no target of that name.

    Examples
    --------
    >>> shipped_target("digits").num_inputs
    64
    """
    return read_network(shipped_path(name))


def shipped_provenance(name: str) -> dict[str, str | int]:
    """Return how a shipped target was made and how many images it gets right.

    Examples
    --------
    >>> shipped_provenance("digits")["test_images"]
    360
    """
    return read_provenance(shipped_path(name))


def shipped_path(name: str) -> Path:
    """Return where the file of a shipped target lies.

    Examples
    --------
    >>> shipped_path("digits_conv").name
    'digits_conv.safetensors'
    """
    if name not in SHIPPED:
        raise ProblemError(f"there is no target {name!r}; there are {', '.join(SHIPPED)}")
    return FOLDER / f"{name}.safetensors"
