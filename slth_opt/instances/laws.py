"""Where the numbers of a pool come from: each law a function, in units of 2^-b or finer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slth_opt.instances.draws import Draws


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A distribution of single numbers.

    Parameters
    ----------
    words
        What it is, for people.
    fineness
        The grid is 2^-(fineness times b).
    draw
        Makes so many numbers of b bits.
    """

    words: str
    fineness: int
    draw: Callable[[Draws, int, int], tuple[int, ...]]


def draw_uniform(draws: Draws, count: int, bits: int) -> tuple[int, ...]:
    """Draw from the multiples of 2^-b in [-1, 1].

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> draw_uniform(draws_of("uniform"), 3, 8)
    (-54, 221, 140)
    """
    return draws.integers(count, -(2**bits), 2**bits)


def draw_gaussian(draws: Draws, count: int, bits: int) -> tuple[int, ...]:
    """Draw normally with deviation 1, rounded to multiples of 2^-b.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> draw_gaussian(draws_of("gaussian"), 3, 8)
    (24, -222, 231)
    """
    return draws.normals(count, 2**bits)


def draw_product(draws: Draws, count: int, bits: int) -> tuple[int, ...]:
    """Draw products of two uniform numbers, in units of 2^-2b.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> draw_product(draws_of("product"), 3, 4)
    (45, 80, -65)
    """
    first, second = (draw_uniform(draws, count, bits) for _ in range(2))
    return tuple(u * v for u, v in zip(first, second, strict=True))


def draw_sign_split(draws: Draws, count: int, bits: int) -> tuple[int, ...]:
    """Draw products of two uniform numbers; where the first is negative, 0.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> draw_sign_split(draws_of("split"), 4, 4)
    (-56, 48, 0, 0)
    """
    first, second = (draw_uniform(draws, count, bits) for _ in range(2))
    return tuple(max(u, 0) * v for u, v in zip(first, second, strict=True))


def draw_network(draws: Draws, count: int, bits: int) -> tuple[int, ...]:
    """Draw from the multiples of 2^-b in [-0.005, 0.005].

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> draw_network(draws_of("network"), 3, 16)
    (-92, -157, -62)
    """
    reach = 2**bits // 200
    return draws.integers(count, -reach, reach)


def draw_within_reach(draw: Callable[[], int], pool: Sequence[int], fewest: int = 0) -> int:
    """Draw a target again and again until subsets of at least `fewest` lie on both sides of it.

    Otherwise the best subset is plain to see: everything of one sign.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> die = draws_of("reach")
    >>> draw_within_reach(lambda: die.integer(-9, 9), (0, 1, 1))
    0
    """
    ordered = sorted(pool)
    least = sum(ordered[:fewest]) + sum(w for w in ordered[fewest:] if w < 0)
    most = sum(ordered[len(pool) - fewest :]) + sum(
        w for w in ordered[: len(pool) - fewest] if w > 0
    )
    while True:
        target = draw()
        if least <= target <= most:
            return target


UNIFORM = Law(words="uniform on the multiples of 2^-b in [-1, 1]", fineness=1, draw=draw_uniform)
GAUSSIAN = Law(
    words="normal with mean 0 and deviation 1, rounded to multiples of 2^-b",
    fineness=1,
    draw=draw_gaussian,
)
PRODUCT = Law(
    words="products u v of two numbers uniform on the multiples of 2^-b in [-1, 1]",
    fineness=2,
    draw=draw_product,
)
SIGN_SPLIT = Law(
    words="max(u, 0) v for u and v uniform on the multiples of 2^-b in [-1, 1]: half are zero",
    fineness=2,
    draw=draw_sign_split,
)
NETWORK = Law(
    words="uniform on the multiples of 2^-b in [-0.005, 0.005]", fineness=1, draw=draw_network
)
