"""Random source networks: drawn once from a seed, on a grid that single precision holds.

The numbers are multiples of 2**-23 in [-1, 1], so a product of two is exact in double precision
and a ticket computes the same in single precision as the theory says.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slth_opt.errors import ProblemError

if TYPE_CHECKING:
    import numpy as np

FINENESS = 23
"""Bits after the binary point of every number of a source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Which hidden channels of an input may serve it, and on which side of zero.

    Parameters
    ----------
    name
        ``"plus"`` for positive inputs, ``"minus"`` for negative ones, ``"whole"`` for both.
    first, last
        The hidden channels first..last-1 of each input.
    sign
        +1 or -1: only channels whose first weight has this sign; 0: all.
    """

    name: str
    first: int
    last: int
    sign: int

    @property
    def width(self) -> int:
        """How many candidates each weight has here."""
        return self.last - self.first


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LayerSource:
    """The random numbers from which one target layer is cut.

    Parameters
    ----------
    first
        Shape (inputs, hidden channels of each): the first matrix, without the entries that no
        construction can use. None where the inputs already come in as many copies.
    second
        Shape (outputs x copies, inputs, maps, hidden channels of each input).
    first_constant, second_constant
        The same for biases, shapes (hidden,) and (outputs x copies, hidden); None without.
    is_first_drawn
        Whether the first matrix is random; if not it only hands on its inputs, and its entries
        are no edges.
    copies
        How many times each output is built.
    relu
        Whether there is a ReLU between the two matrices.
    branches
        The families of subset sums; each weight has one in every branch.
    pooled
        Whether one mask serves all branches, so that their sizes count together.
    """

    first: np.ndarray | None
    second: np.ndarray
    first_constant: np.ndarray | None = None
    second_constant: np.ndarray | None = None
    is_first_drawn: bool = True
    copies: int = 1
    relu: bool = True
    branches: tuple[Branch, ...]
    pooled: bool = False

    def products(self, branch: Branch) -> np.ndarray:
        """Return the candidates of every weight: shape (outputs x copies x inputs x maps, width).

        A channel that has the wrong sign for the branch is a zero.
        """
        import numpy as np

        second = self.second[..., branch.first : branch.last].astype(np.float64)
        if self.first is not None:
            first = self.first[:, branch.first : branch.last].astype(np.float64)
            if branch.sign:
                first = np.where(first * branch.sign > 0, first, 0.0)
            second = second * first[None, :, None, :]
        products: np.ndarray = second.reshape(-1, branch.width)
        return products

    def constant_products(self) -> np.ndarray:
        """Return the candidates of every bias: shape (outputs x copies, hidden)."""
        import numpy as np

        assert self.first_constant is not None
        assert self.second_constant is not None
        # The constant input is 1, so only channels with a positive first weight are alive.
        first = np.maximum(self.first_constant.astype(np.float64), 0.0)
        products: np.ndarray = self.second_constant.astype(np.float64) * first
        return products

    @property
    def digest(self) -> str:
        """The sha256 of the numbers drawn."""
        import numpy as np

        text = hashlib.sha256(b"slth-source/1")
        for array in (self.first, self.second, self.first_constant, self.second_constant):
            if array is not None:
                text.update(str(array.shape).encode())
                text.update(np.ascontiguousarray(array, "<f8").tobytes())
        return text.hexdigest()


def generator(seed: int) -> np.random.Generator:
    """Return the generator of a seed: PCG64, named so that it never changes.

    Examples
    --------
    >>> int(generator(1).integers(100))
    47
    """
    import numpy as np

    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ProblemError(f"a seed is an integer >= 0, got {seed!r}")
    return np.random.Generator(np.random.PCG64(seed))


def draw_uniform(
    rng: np.random.Generator, shape: tuple[int, ...], low: float = -1.0, high: float = 1.0
) -> np.ndarray:
    """Draw from U[low, high] on the grid of single-precision sources.

    Examples
    --------
    >>> numbers = draw_uniform(generator(1), (2, 3))
    >>> numbers.dtype.name, bool((abs(numbers) <= 1).all())
    ('float32', True)
    """
    import numpy as np

    least, most = np.ceil(low * 2**FINENESS), np.floor(high * 2**FINENESS)
    integers = rng.integers(int(least), int(most), shape, dtype=np.int32, endpoint=True)
    return np.ldexp(integers.astype(np.float32), -FINENESS)


def draw_hyperbolic(
    rng: np.random.Generator, shape: tuple[int, ...], least: float = 2.0**-4
) -> np.ndarray:
    """Draw with density proportional to 1/abs(w) for least <= abs(w) <= 1 (Orseau et al. 2020).

    Products of two then reach down to 2^-8, just below the error of 1/100 that the experiments
    allow. Smaller ones would be as likely as the larger ones, and leave these too few.

    Examples
    --------
    >>> numbers = draw_hyperbolic(generator(1), (1000,))
    >>> float(abs(numbers).min()) >= 2**-4, float(abs(numbers).max()) <= 1
    (True, True)
    """
    import numpy as np

    sizes = least ** rng.random(shape)
    signs = rng.integers(0, 2, shape) * 2 - 1
    integers = np.rint(np.ldexp(sizes, FINENESS)).astype(np.int32)
    return np.ldexp((integers * signs).astype(np.float32), -FINENESS)
