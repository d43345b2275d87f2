"""Random examples of layers: the same sizes, seed and bits draw the same numbers anywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from slth_opt.errors import ProblemError

if TYPE_CHECKING:
    import numpy as np

BITS, MOST_BITS = 23, 52
"""Numbers are drawn as multiples of 2^-23, the float32 grid of numbers below one; or as fine as
float64 allows."""

SEED = 1
"""Draws the example when no seed is given, so that it too can be drawn again."""

MOST_DRAWN = 2**27
"""How many numbers an example may have: a GiB of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which arrays a command reads, and how it draws them.

    Parameters
    ----------
    shapes
        The shape of each array, in letters that stand for the same size everywhere; empty where
        several shapes are possible, which is then judged by the problem.
    sizes
        The letters in the order in which ``--draw`` takes their sizes.
    drawn
        The arrays an example has: the first ones uniform in [-1, 1], the last in [-1/2, 1/2].
    either
        Arrays of which a file has exactly one; all others must be there.
    """

    shapes: Mapping[str, str]
    sizes: str
    drawn: Mapping[str, str]
    either: tuple[str, ...] = ()


def draw(
    sizes: str, wanted: Wanted, *, seed: int | None = None, bits: int | None = None
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Draw an example: uniform numbers on a grid, the last array half as wide as the others.

    Returns the arrays, and what is worth knowing about how they were drawn.

    Examples
    --------
    >>> pair = {"pools": "N x n", "targets": "N"}
    >>> wanted = Wanted(shapes=pair, sizes="N x n", drawn=pair)
    >>> arrays, facts = draw("2x3", wanted, seed=5, bits=2)
    >>> arrays["pools"].tolist(), facts["seed"]
    ([[0.5, 0.75, -1.0], [0.75, 0.0, 0.0]], 5)
    """
    import numpy as np

    seed, bits = SEED if seed is None else seed, BITS if bits is None else bits
    if seed < 0:
        raise ProblemError(f"--seed must be an integer >= 0, got {seed}")
    if not 1 <= bits <= MOST_BITS:
        raise ProblemError(f"--bits must be from 1 to {MOST_BITS}, got {bits}")
    length = _sizes_of(sizes, wanted)
    rng, unit, arrays = np.random.default_rng(seed), 2.0**-bits, {}
    for name, shape in wanted.drawn.items():
        reach = 1 << (bits - 1 if name == list(wanted.drawn)[-1] else bits)
        dimensions = [length[letter] for letter in shape.split(" x ")]
        arrays[name] = rng.integers(-reach, reach, size=dimensions, endpoint=True) * unit
    facts = {
        "generator": "numpy.random.default_rng, integers",
        "sizes": sizes,
        "seed": seed,
        "bits": bits,
        "distribution": f"uniform on the multiples of 2^-{bits} in [-1, 1], "
        f"{list(wanted.drawn)[-1]} in [-1/2, 1/2]",
    }
    return arrays, facts


def _sizes_of(text: str, wanted: Wanted) -> dict[str, int]:
    """Read sizes like 3x8x3, one for each letter."""
    letters = wanted.sizes.split(" x ")
    parts = text.split("x")
    if len(parts) != len(letters) or not all(re.fullmatch(r"[0-9]{1,9}", p) for p in parts):
        example = "x".join(["3", "8", "4"][: len(letters)])
        raise ProblemError(
            f"--draw takes {len(letters)} sizes, {wanted.sizes}, written like {example}; "
            f"got {ascii(text)[:60]}"
        )
    length = dict(zip(letters, map(int, parts), strict=True))
    for letter, size in length.items():
        if size == 0:
            raise ProblemError(f"--draw {text}: {letter} must be at least 1")
    for name, shape in wanted.drawn.items():
        if prod(length[letter] for letter in shape.split(" x ")) > MOST_DRAWN:
            raise ProblemError(f"--draw {text}: {name} would have more than 2^27 numbers")
    return length
