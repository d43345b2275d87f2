"""One weight, from pools drawn by a law: exactly k numbers, any number, or as few as possible."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from slth_opt.grid import Grid
from slth_opt.instances.draws import Draws
from slth_opt.instances.laws import (
    GAUSSIAN,
    NETWORK,
    PRODUCT,
    SIGN_SPLIT,
    UNIFORM,
    Law,
    draw_within_reach,
)
from slth_opt.instances.records import Drawn, Family, Member, Parameters, copies, make_family
from slth_opt.problems import SmallestSubset, SubsetSum


def draw_sum(draws: Draws, parameters: Parameters, *, law: Law) -> Drawn:
    """Draw a pool and a target; k numbers are to be chosen, or k to m, or without k any number.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> problem = draw_sum(draws_of("sum"), {"n": 4, "b": 3}, law=UNIFORM).problem
    >>> problem.weights, problem.fewest, problem.most, problem.grid.exponent
    ((7, 6, 2, -6), 0, 4, 3)
    """
    n, b = parameters["n"], parameters["b"]
    fewest = parameters.get("k", 0)
    weights = law.draw(draws, n, b)
    problem = SubsetSum(
        weights=weights,
        target=draw_within_reach(partial(_target, draws, b, law), weights, fewest),
        fewest=fewest,
        most=parameters.get("m", fewest if "k" in parameters else n),
        grid=Grid(exponent=law.fineness * b),
    )
    return Drawn(problem=problem)


def draw_smallest(draws: Draws, parameters: Parameters, *, law: Law) -> Drawn:
    """Draw a pool and a target that as few numbers as possible must meet within 2^-t.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> problem = draw_smallest(draws_of("few"), {"n": 4, "b": 5, "t": 3}, law=UNIFORM).problem
    >>> problem.num_candidates, problem.tolerance
    (4, 4)
    """
    b = parameters["b"]
    weights = law.draw(draws, parameters["n"], b)
    problem = SmallestSubset(
        weights=weights,
        target=draw_within_reach(partial(_target, draws, b, law), weights),
        tolerance=2 ** (law.fineness * b - parameters["t"]),
        grid=Grid(exponent=law.fineness * b),
    )
    return Drawn(problem=problem)


def _target(draws: Draws, bits: int, law: Law) -> int:
    """Draw a target of the size of a weight, on the grid of the weights.

    Of a product it is a weight of the network that is to be approximated, times one.
    """
    if law.fineness == 2:
        return law_target(draws, bits) << bits
    return law.draw(draws, 1, bits)[0]


def law_target(draws: Draws, bits: int) -> int:
    """Draw one target weight in [-1/2, 1/2].

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> law_target(draws_of("target"), 4)
    0
    """
    half: int = 2**bits // 2
    return draws.integer(-half, half)


def sums(name: str, law: Law, summary: str, why: str, *members: Sequence[Member]) -> Family:
    """Return a family of subset sums of a law.

    Examples
    --------
    >>> sums("mine", UNIFORM, "a pool", "for a test", copies("small", 2, n=8, b=4)).kind
    'subset_sum'
    """
    words = f"weights {law.words}; {_target_words(law)}"
    draw = partial(draw_sum, law=law)
    return make_family(name, SubsetSum.kind, draw, summary, words, why, *members)


def _target_words(law: Law) -> str:
    if law.fineness == 2:
        return "target uniform on the multiples of 2^-b in [-1/2, 1/2], within reach"
    return "target drawn as a weight is, within reach"


def _smallest(name: str, law: Law, summary: str, why: str, *members: Sequence[Member]) -> Family:
    words = f"weights {law.words}; {_target_words(law)}; tolerance 2^-t"
    draw = partial(draw_smallest, law=law)
    return make_family(name, SmallestSubset.kind, draw, summary, words, why, *members)


DRAWN_POOLS: tuple[Family, ...] = (
    sums(
        "uniform-fixed", UNIFORM, "exactly k of n uniform numbers",
        "The random fixed-size subset sum (RFSS) of the theory, from trivial to out of reach.",
        copies("small", 2, n=12, k=6, b=16),
        copies("small", 2, n=16, k=8, b=23),
        copies("small", 1, n=20, k=10, b=23),
        copies("medium", 2, n=24, k=12, b=23),
        copies("medium", 1, n=26, k=13, b=40),
        copies("medium", 1, n=28, k=14, b=52),
        copies("hard", 1, n=32, k=16, b=40),
        copies("hard", 1, n=36, k=18, b=40),
        copies("hard", 1, seconds=200, n=38, k=19, b=40),
        copies("hard", 1, seconds=600, n=40, k=20, b=40),
        copies("hard", 1, n=44, k=22, b=48),
        copies("hard", 1, seconds=420, n=60, k=30, b=57),
    ),
    sums(
        "uniform-any", UNIFORM, "any number of n uniform numbers",
        "The random subset sum (RSS) of Lueker and of Pensia et al.: no rule about sizes at all.",
        copies("small", 2, n=12, b=16),
        copies("small", 2, n=16, b=23),
        copies("medium", 2, n=22, b=30),
        copies("medium", 1, n=26, b=40),
        copies("hard", 1, seconds=200, n=32, b=40),
        copies("hard", 1, seconds=300, n=34, b=44),
        copies("hard", 1, n=42, b=48),
    ),
    sums(
        "uniform-between", UNIFORM, "k to m of n uniform numbers",
        "A range of sizes, as a density that may vary a little.",
        copies("small", 2, n=16, k=4, m=6, b=23),
        copies("medium", 2, n=24, k=8, m=12, b=30),
        copies("hard", 1, n=32, k=12, m=16, b=40),
    ),
    sums(
        "few-of-many", UNIFORM, "exactly k of n uniform numbers, k much smaller than n",
        "Very sparse tickets: the number of subsets is small, the number of variables is not.",
        copies("small", 2, n=40, k=2, b=23),
        copies("medium", 2, n=60, k=4, b=30),
        copies("hard", 1, n=80, k=6, b=40),
        copies("hard", 1, n=200, k=5, b=40),
    ),
    sums(
        "gaussian-fixed", GAUSSIAN, "exactly k of n normal numbers",
        "Weights as most networks are initialised; tails reach far beyond the target.",
        copies("small", 2, n=16, k=8, b=23),
        copies("medium", 2, n=24, k=12, b=23),
        copies("hard", 1, seconds=200, n=34, k=17, b=40),
    ),
    sums(
        "product-fixed", PRODUCT, "exactly k of n products of two uniform numbers",
        "Two layers approximate one: candidates are products, crowded around zero.",
        copies("small", 2, n=16, k=8, b=12),
        copies("medium", 1, n=24, k=12, b=16),
        copies("hard", 1, n=34, k=17, b=23),
    ),
    sums(
        "sign-split-any", SIGN_SPLIT, "any number of n products, half of them zero",
        "One branch of the ReLU diamond of Pensia et al.: zeros make exponentially many optima.",
        copies("small", 2, n=16, b=12),
        copies("medium", 2, n=32, b=23),
        copies("hard", 1, n=40, b=23),
    ),
    sums(
        "sign-split-fixed", SIGN_SPLIT, "exactly k of n products, half of them zero",
        "One branch of the ReLU diamond of Natale et al.: zeros only fill up the size.",
        copies("small", 2, n=16, k=8, b=12),
        copies("medium", 2, n=28, k=14, b=23),
        copies("hard", 1, seconds=200, n=36, k=18, b=23),
    ),
    sums(
        "network-scale", NETWORK, "exactly k of n numbers of about 0.005",
        "The size of trained weights: a solver's tolerance of 1e-6 is larger than the best error.",
        copies("small", 2, n=16, k=8, b=31),
        copies("medium", 2, n=21, k=10, b=31),
        copies("medium", 1, n=24, k=12, b=40),
        copies("hard", 1, n=34, k=17, b=48),
    ),
    _smallest(
        "smallest-uniform", UNIFORM, "as few of n uniform numbers as possible",
        "The sparsest ticket of one weight, at a tolerance that two to eight numbers meet.",
        copies("small", 2, n=16, b=23, t=6),
        copies("medium", 2, n=24, b=23, t=12),
        copies("medium", 1, n=30, b=30, t=18),
        copies("hard", 1, n=36, b=40, t=24),
        copies("hard", 1, n=200, b=40, t=22),
    ),
    _smallest(
        "smallest-product", PRODUCT, "as few of n products as possible",
        "The sparsest ticket of one weight of a network, within 1/128 to 1/4096.",
        copies("small", 2, n=16, b=12, t=7),
        copies("medium", 2, n=28, b=23, t=12),
    ),
    _smallest(
        "smallest-hopeless", UNIFORM, "a tolerance that no subset meets",
        "Infeasible, and nothing but a search can tell: the target lies well within reach.",
        copies("small", 2, n=12, b=30, t=24),
        copies("medium", 2, n=20, b=50, t=40),
        copies("medium", 1, n=24, b=52, t=42),
        copies("hard", 1, n=30, b=52, t=46),
    ),
)  # fmt: skip
