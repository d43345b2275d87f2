"""Train the shipped target networks: the same files, to the last bit, on any machine.

Two small networks without biases learn the 8 x 8 digits of scikit-learn by Adam on a squared
hinge loss. Every matrix product is one of multiples of powers of two and exact in float64, so no
order of summing matters; all else is done element by element, as IEEE 754 says. Their weights are
multiples of 2^-16 of at most 1/2, during training too, so nothing is lost when they are written.

    python benchmarks/train_targets.py [--out FOLDER]

The test images take no part in training; the settings were chosen on a fifth of the others.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slth_opt.networks import (
    Layer,
    Network,
    accuracy,
    read_digits,
    run,
    shifts_2d,
    split_digits,
    unit_basis,
    write_network,
)
from slth_opt.networks.shipped import FOLDER

SEED, SPLIT_SEED = 1, 0
EPOCHS, BATCH = 60, 32
RATE, DECAY = 0.01, 0.001
WEIGHT_BITS, GRADIENT_BITS, HIDDEN_BITS = 16, 20, 12
LIMIT = 0.5
EXACT = 2.0**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A hidden layer of some channels on a basis, and a dense layer of ten outputs behind it."""

    channels: int
    basis: np.ndarray | None

    def patches(self, inputs: np.ndarray) -> np.ndarray:
        """Return for every input and every feature the numbers its coefficients multiply."""
        if self.basis is None:
            return inputs[:, None, :]
        return np.einsum("bfg,ng->nfb", self.basis.astype(float), inputs)

    def network(self, weights: list[np.ndarray]) -> Network:
        """Return the network of two arrays of weights."""
        first, second = weights
        hidden = (
            Layer(coefficients=_float32(first)[:, :, None], basis=unit_basis())
            if self.basis is None
            else Layer(coefficients=_float32(first)[:, None, :], basis=self.basis)
        )
        out = Layer(coefficients=_float32(second)[:, :, None], basis=unit_basis(), relu=False)
        return Network(layers=(hidden, out))


SHAPES = {
    "digits": Shape(channels=32, basis=None),
    "digits_conv": Shape(channels=6, basis=shifts_2d(8, 8, 3)),
}


def train(shape: Shape, inputs: np.ndarray, labels: np.ndarray, *, seed: int) -> list[np.ndarray]:
    """Return the weights of both layers."""
    patches, signs = shape.patches(inputs), 2.0 * np.eye(10)[labels] - 1
    features, terms = patches.shape[1:]
    masters = first_weights(seed, ((shape.channels, terms), (10, shape.channels * features)))
    means = [np.zeros_like(m) for m in masters]
    squares = [np.zeros_like(m) for m in masters]
    # Powers as running products: those of the C library may differ in their last bit.
    steps, mean_left, square_left = EPOCHS * (len(inputs) // BATCH), 1.0, 1.0
    for step in range(steps):
        epoch, batch = divmod(step, len(inputs) // BATCH)
        if batch == 0:
            order = np.argsort(raw_bits(1000 * seed + epoch, len(inputs)), kind="stable")
        rows = order[batch * BATCH : (batch + 1) * BATCH]
        weights = [on_grid(m, WEIGHT_BITS) for m in masters]
        slopes = gradients(weights, patches[rows], signs[rows])
        mean_left, square_left = mean_left * 0.9, square_left * 0.999
        rate = RATE * (1 - step / steps)
        for master, slope, mean, square in zip(masters, slopes, means, squares, strict=True):
            slope += DECAY * master
            mean += 0.1 * (slope - mean)
            square += 0.001 * (slope * slope - square)
            move = (mean / (1 - mean_left)) / (np.sqrt(square / (1 - square_left)) + 1e-8)
            master -= rate * move
            np.clip(master, -LIMIT, LIMIT, out=master)
    return [on_grid(m, WEIGHT_BITS) for m in masters]


def gradients(
    weights: list[np.ndarray], patches: np.ndarray, signs: np.ndarray
) -> list[np.ndarray]:
    """Return the slopes of the mean squared hinge loss, rounded to a grid on the way."""
    first, second = weights
    count, features, terms = patches.shape
    sums = product(patches.reshape(-1, terms), first.T, 4 + WEIGHT_BITS)
    active = sums > 0
    # Channels first, as the features of a channel stand together in a network.
    hidden = (sums * active).reshape(count, features, -1).transpose(0, 2, 1).reshape(count, -1)
    outputs = product(hidden, second.T, 4 + 2 * WEIGHT_BITS)
    lacking = np.maximum(0, 1 - signs * outputs)
    above = on_grid(-2 * signs * lacking / len(signs), GRADIENT_BITS)
    rounded = on_grid(hidden, HIDDEN_BITS)
    slope_second = product(above.T, rounded, GRADIENT_BITS + HIDDEN_BITS)
    below = product(above, second, GRADIENT_BITS + WEIGHT_BITS)
    below = below.reshape(count, -1, features).transpose(0, 2, 1).reshape(active.shape) * active
    below = on_grid(below, GRADIENT_BITS)
    slope_first = product(below.T, patches.reshape(-1, terms), GRADIENT_BITS + 4)
    return [slope_first, slope_second]


def product(left: np.ndarray, right: np.ndarray, bits: int) -> np.ndarray:
    """Multiply matrices whose products are multiples of 2^-bits; stop if a sum could round."""
    largest = np.abs(left).max(initial=0) * np.abs(right).max(initial=0) * left.shape[1]
    if largest * 2.0**bits >= EXACT:
        raise OverflowError(f"a sum of up to {largest} in units of 2^-{bits} may be rounded")
    return left @ right


def on_grid(values: np.ndarray, bits: int) -> np.ndarray:
    """Round to multiples of 2^-bits."""
    return np.rint(values * 2.0**bits) * 2.0**-bits


def first_weights(seed: int, shapes: tuple[tuple[int, int], ...]) -> list[np.ndarray]:
    """Draw weights uniform around zero, the smaller the more of them meet in one sum."""
    sizes = [rows * columns for rows, columns in shapes]
    bits = raw_bits(seed, sum(sizes)) >> np.uint64(11)
    drawn = np.split(bits.astype(float) * 2.0**-52 - 1, np.cumsum(sizes)[:-1])
    return [
        part.reshape(shape) * min(LIMIT, np.sqrt(3 / shape[1]))
        for part, shape in zip(drawn, shapes, strict=True)
    ]


def raw_bits(seed: int, count: int) -> np.ndarray:
    """Return the bit stream of a seed, which numpy promises to keep."""
    return np.random.PCG64(seed).random_raw(count)


def make_target(name: str, folder: Path) -> dict[str, str | int]:
    """Train one target, measure it and write it; returns its provenance."""
    digits = split_digits(seed=SPLIT_SEED)
    shape = SHAPES[name]
    weights = train(shape, digits.train_inputs, digits.train_labels, seed=SEED)
    network = shape.network(weights)
    right = run(network, digits.test_inputs).argmax(axis=1) == digits.test_labels
    trained = accuracy(network, digits.train_inputs, digits.train_labels)
    inputs, labels = read_digits()
    pixels = (16 * inputs).astype(np.uint8).tobytes() + labels.astype(np.uint8).tobytes()
    provenance: dict[str, str | int] = {
        "script": "benchmarks/train_targets.py",
        "seed": SEED,
        "data": "sklearn.datasets.load_digits, pixels divided by 16",
        "data_sha256": hashlib.sha256(pixels).hexdigest(),
        "split": f"slth_opt.networks.split_digits(seed={SPLIT_SEED}, test={len(right)})",
        "train_correct": round(trained * len(digits.train_labels)),
        "train_images": len(digits.train_labels),
        "test_correct": int(right.sum()),
        "test_images": len(right),
        "weights": f"multiples of 2^-{WEIGHT_BITS}, at most {LIMIT} in absolute value",
    }
    write_network(folder / f"{name}.safetensors", network, provenance=provenance)
    return provenance


def _float32(weights: np.ndarray) -> np.ndarray:
    return weights.astype(np.float32)


def main() -> None:
    """Train all targets and say how good they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER, help="where to write the files")
    out: Path = parser.parse_args().out
    for name in SHAPES:
        facts = make_target(name, out)
        print(f"{name}: {facts['test_correct']} of {facts['test_images']} test images right")


if __name__ == "__main__":
    main()
