"""The shipped targets are what their files say, and can be made again to the last bit."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from benchmarks import train_targets
from slth_opt.errors import ProblemError
from slth_opt.networks import (
    SHIPPED,
    read_digits,
    run,
    run_exactly,
    shifts_2d,
    shipped_path,
    shipped_provenance,
    shipped_target,
    split_digits,
)

ROOT = Path(__file__).parent.parent
RIGHT = {"digits": (1434, 355), "digits_conv": (1437, 354)}
"""How many of 1437 images for training and of 360 for testing each gets right."""

DIGESTS = {
    "digits": "8e6927d440e5dda7d5b334f2eb59b0f299ad979197445453dd86838445700b9c",
    "digits_conv": "da3100c1379f6d7fa5438929477c6ec6516c2cab8a7c583a6424128dfbba1d3b",
}
"""Tickets name their target by these."""


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_accuracy_is_as_recorded(name, dtype):
    """Run in float64 or float32, a target gets as many images right as its file says."""
    digits, facts = split_digits(), shipped_provenance(name)

    def right(inputs, labels):
        return int((run(shipped_target(name), inputs, dtype=dtype).argmax(axis=1) == labels).sum())

    train = right(digits.train_inputs, digits.train_labels)
    test = right(digits.test_inputs, digits.test_labels)
    assert (train, test) == (facts["train_correct"], facts["test_correct"]) == RIGHT[name]
    assert (facts["train_images"], facts["test_images"]) == (1437, 360)


@pytest.mark.parametrize("name", SHIPPED)
def test_weights_lie_on_a_coarse_grid(name):
    """Every weight is a float32, a multiple of 2^-16, at most 1/2; there are no biases."""
    for layer in shipped_target(name).layers:
        assert (layer.bias, layer.coefficients.dtype) == (None, np.float32)
        units = layer.coefficients.astype(float) * 2**16
        assert (units == np.rint(units)).all()
        assert np.abs(units).max() <= 2**15


@pytest.mark.parametrize("name", SHIPPED)
def test_float64_is_exact_on_digits(name):
    """On these grids no sum is rounded: floats and rationals agree to the last bit."""
    inputs, _ = read_digits()
    network = shipped_target(name)
    for x, y in zip(inputs[:3], run(network, inputs[:3]), strict=True):
        assert run_exactly(network, x.tolist()) == [Fraction(v) for v in y.tolist()]


def test_the_dense_target_is_64_32_10():
    """The dense target has 64 inputs, 32 hidden neurons and 10 outputs, with one ReLU."""
    network = shipped_target("digits")
    assert [layer.coefficients.shape for layer in network.layers] == [(32, 64, 1), (10, 32, 1)]
    assert [layer.relu for layer in network.layers] == [True, False]


def test_the_convolutional_target_slides_six_kernels():
    """Six 3 x 3 kernels slide over the image; a dense layer reads their 36 places each."""
    first, second = shipped_target("digits_conv").layers
    assert (first.coefficients.shape, second.coefficients.shape) == ((6, 1, 9), (10, 216, 1))
    assert (first.basis == shifts_2d(8, 8, 3)).all()


@pytest.mark.parametrize("name", SHIPPED)
def test_targets_stay_what_they_are(name):
    """A ticket of years ago still finds its target."""
    assert shipped_target(name).digest == DIGESTS[name]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_digits_are_those_trained_on(name):
    """The installed scikit-learn brings the very images and labels the file names."""
    inputs, labels = read_digits()
    held = bytes((16 * inputs).astype(np.uint8)) + bytes(labels.astype(np.uint8))
    assert shipped_provenance(name)["data_sha256"] == hashlib.sha256(held).hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_training_again_gives_the_same_bytes(name, tmp_path):
    """The script makes the shipped file again, byte for byte."""
    train_targets.make_target(name, tmp_path)
    assert (tmp_path / f"{name}.safetensors").read_bytes() == shipped_path(name).read_bytes()


def test_training_stops_where_a_sum_could_be_rounded():
    """A product of matrices that float64 may not hold exactly is refused, the next smaller not."""
    one = np.full((1, 2), 2.0**26)
    assert train_targets.product(one, one.T / 4, 0).tolist() == [[2.0**51]]
    with pytest.raises(OverflowError, match="may be rounded"):
        train_targets.product(one, one.T, 0)


@pytest.mark.parametrize("shape", train_targets.SHAPES.values(), ids=train_targets.SHAPES)
def test_gradients_are_slopes_of_the_loss(shape):
    """Along a random direction the loss of a batch changes as the gradients say."""
    digits = split_digits()
    patches = shape.patches(digits.train_inputs[:32])
    signs = 2.0 * np.eye(10)[digits.train_labels[:32]] - 1
    features, terms = patches.shape[1:]
    sizes = ((shape.channels, terms), (10, shape.channels * features))
    grid = [train_targets.on_grid(w, 16) for w in train_targets.first_weights(5, sizes)]
    slopes = train_targets.gradients(grid, patches, signs)
    rng = np.random.default_rng(1)
    ways = [rng.normal(size=w.shape) for w in grid]

    def loss(step):
        first, second = (w + step * way for w, way in zip(grid, ways, strict=True))
        hidden = np.maximum(np.einsum("nfb,cb->ncf", patches, first), 0).reshape(32, -1)
        return (np.maximum(0, 1 - signs * (hidden @ second.T)) ** 2).sum() / 32

    expected = sum((slope * way).sum() for slope, way in zip(slopes, ways, strict=True))
    assert (loss(1e-6) - loss(-1e-6)) / 2e-6 == pytest.approx(expected, rel=1e-3)


def test_an_unknown_target_is_refused():
    """A name that is none is answered with those that are."""
    with pytest.raises(ProblemError, match="no target 'mnist'; there are digits, digits_conv"):
        shipped_target("mnist")


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_packages_hold_the_targets(kind):
    """What is built to be installed has the files in it."""
    from hatchling.builders.sdist import SdistBuilder
    from hatchling.builders.wheel import WheelBuilder

    builder = {"wheel": WheelBuilder, "sdist": SdistBuilder}[kind](str(ROOT))
    held = {Path(file.path).name for file in builder.recurse_included_files()}
    assert {f"{name}.safetensors" for name in SHIPPED} <= held
