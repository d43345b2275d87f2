"""The binary entropy: how many bits the choice of k out of n is worth, per candidate."""

from __future__ import annotations

from math import log, log1p, log2

from slth_opt.errors import ProblemError


def binary_entropy(p: float) -> float:
    """Return H2(p) = -p log2 p - (1-p) log2 (1-p), in bits; 0 at both ends.

    Examples
    --------
    >>> binary_entropy(0.5), binary_entropy(0.0)
    (1.0, 0.0)
    """
    if not 0 <= p <= 1:
        raise ProblemError(f"the binary entropy is of a number from 0 to 1, got {p!r}")
    rare = min(p, 1 - p)
    if rare == 0:
        return 0.0
    # log1p: of one in 10^12 the difference from 1 would be off by one part in 10^4.
    return -rare * log2(rare) - (1 - rare) * log1p(-rare) / log(2)


def inverse_binary_entropy(bits: float) -> float:
    """Return the p of at most one half with H2(p) = bits.

    Examples
    --------
    >>> inverse_binary_entropy(1.0), round(binary_entropy(inverse_binary_entropy(0.3)), 12)
    (0.5, 0.3)
    """
    if not 0 <= bits <= 1:
        raise ProblemError(f"a binary entropy is from 0 to 1 bit, got {bits!r}")
    if bits == 1:  # so flat at the top that rounding would stop well before it
        return 0.5
    low, high = 0.0, 0.5
    while True:  # until no float lies between the two
        middle = (low + high) / 2
        if middle in (low, high):
            return high if bits > binary_entropy(low) else low
        if binary_entropy(middle) < bits:
            low = middle
        else:
            high = middle
