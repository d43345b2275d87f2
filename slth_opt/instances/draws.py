"""Numbers drawn so that the same name gives the same numbers on any machine, today and later.

Only the raw 64-bit words of numpy's PCG64 are used, whose stream numpy promises never to
change; everything made of them is made here, in Python integers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

WORD = 2**64
"""How many values a raw word has."""

GENERATOR = "numpy PCG64 seeded with the first 16 bytes of sha256(stem), raw words"
"""What a file says about where its numbers came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """A stream of random numbers that belongs to a name.

    Parameters
    ----------
    stream
        The generator of raw words.
    """

    stream: np.random.PCG64

    def integer(self, low: int, high: int) -> int:
        """Return one of low..high, each equally likely.

        Examples
        --------
        >>> draws_of("die").integer(1, 6)
        6
        """
        span = high - low + 1
        end = WORD - WORD % span  # words from here on would make small remainders likelier
        while True:
            word = int(self.stream.random_raw())
            if word < end:
                return low + word % span

    def integers(self, count: int, low: int, high: int) -> tuple[int, ...]:
        """Return several of low..high.

        Examples
        --------
        >>> draws_of("coins").integers(5, 0, 1)
        (1, 1, 1, 0, 1)
        """
        return tuple(self.integer(low, high) for _ in range(count))

    def normals(self, count: int, deviation: int) -> tuple[int, ...]:
        """Return normally distributed numbers of mean 0, each rounded to an integer.

        Examples
        --------
        >>> draws_of("bell").normals(3, 100)
        (-42, 66, 28)
        """
        bell = NormalDist()
        # The middles of 2^53 equal stretches of probability: never 0, never 1.
        places = ((2 * self.integer(0, 2**52 - 1) + 1) * 2.0**-53 for _ in range(count))
        return tuple(round(deviation * bell.inv_cdf(place)) for place in places)

    def subset(self, count: int, size: int) -> tuple[int, ...]:
        """Return `size` of 0..count-1 in increasing order, each choice equally likely.

        Examples
        --------
        >>> draws_of("lottery").subset(49, 6)
        (4, 18, 32, 35, 38, 41)
        """
        left = list(range(count))
        for place in range(size):
            other = self.integer(place, count - 1)
            left[place], left[other] = left[other], left[place]
        return tuple(sorted(left[:size]))


def draws_of(name: str) -> Draws:
    """Return the stream that belongs to a name.

    Examples
    --------
    >>> draws_of("a").integers(3, 0, 9) == draws_of("a").integers(3, 0, 9)
    True
    """
    import numpy as np

    seed = int.from_bytes(hashlib.sha256(name.encode("utf-8")).digest()[:16], "big")
    return Draws(stream=np.random.PCG64(seed))
