"""One weight, from pools made so that something is known, or something is difficult."""

from __future__ import annotations

from functools import partial

from slth_opt.grid import Grid
from slth_opt.instances.drawn_pools import sums
from slth_opt.instances.draws import Draws
from slth_opt.instances.laws import UNIFORM, draw_uniform
from slth_opt.instances.records import Drawn, Family, Parameters, copies, make_family
from slth_opt.problems import SmallestSubset, SubsetSum

STEP = 1000
"""Planted offsets: all weights are multiples of this, and the target is up to 400 off."""


def draw_planted(draws: Draws, parameters: Parameters, *, any_size: bool) -> Drawn:
    """Draw uniform weights; the target is the sum of k of them, so the optimum is 0.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> drawn = draw_planted(draws_of("planted"), {"n": 6, "k": 3, "b": 8}, any_size=False)
    >>> drawn.problem.value([int(i in drawn.planted) for i in range(6)])
    0
    """
    n, k, b = parameters["n"], parameters["k"], parameters["b"]
    weights = draw_uniform(draws, n, b)
    chosen = draws.subset(n, k)
    problem = SubsetSum(
        weights=weights,
        target=sum(weights[i] for i in chosen),
        fewest=0 if any_size else k,
        most=n if any_size else k,
        grid=Grid(exponent=b),
    )
    return Drawn(problem=problem, planted=chosen)


def draw_planted_offset(draws: Draws, parameters: Parameters) -> Drawn:
    """Draw multiples of 1000; the target is off the sum of k of them by 1..400.

    Sums of any size are multiples of 1000, so that offset is the optimum.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> problem = draw_planted_offset(draws_of("offset"), {"n": 6, "k": 3, "b": 23}).problem
    >>> [w % STEP for w in problem.weights], problem.target % STEP
    ([0, 0, 0, 0, 0, 0], 382)
    """
    n, k, b = parameters["n"], parameters["k"], parameters["b"]
    reach = 2**b // STEP
    weights = tuple(STEP * w for w in draws.integers(n, -reach, reach))
    offset, sign = draws.integer(1, 400), 2 * draws.integer(0, 1) - 1
    chosen = draws.subset(n, k)
    target = sum(weights[i] for i in chosen) + sign * offset
    problem = SubsetSum(weights=weights, target=target, fewest=k, most=k, grid=Grid(exponent=b))
    return Drawn(problem=problem, planted=chosen)


def draw_near_tie(draws: Draws, parameters: Parameters) -> Drawn:
    """Draw coarse numbers -8..8 in units of 2^(b/2), each with a small uniform deviation.

    Very many subsets hit the coarse part of the target; only the deviations tell them apart.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> problem = draw_near_tie(draws_of("tie"), {"n": 4, "k": 2, "b": 20}).problem
    >>> [round(w / 2**10) for w in problem.weights]
    [-3, -5, 5, 0]
    """
    n, k, b = parameters["n"], parameters["k"], parameters["b"]
    coarse, fine = 2 ** (b // 2), 2 ** (b // 2 - 5)
    weights = tuple(
        coarse * whole + part
        for whole, part in zip(
            draws.integers(n, -8, 8), draws.integers(n, -fine, fine), strict=True
        )
    )
    target = coarse * draws.integer(-4, 4) + draws.integer(-fine, fine)
    problem = SubsetSum(weights=weights, target=target, fewest=k, most=k, grid=Grid(exponent=b))
    return Drawn(problem=problem)


def draw_correlated(draws: Draws, parameters: Parameters) -> Drawn:
    """Draw numbers 1 + u/64 with u uniform in [-1, 1]; the target is k, of any size.

    All sums of one size lie close together and those of the next size far away.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> problem = draw_correlated(draws_of("like"), {"n": 4, "k": 2, "b": 12}).problem
    >>> problem.target, [round(w / 2**12) for w in problem.weights]
    (8192, [1, 1, 1, 1])
    """
    n, k, b = parameters["n"], parameters["k"], parameters["b"]
    weights = tuple(2**b + part for part in draws.integers(n, -(2**b) // 64, 2**b // 64))
    problem = SubsetSum(weights=weights, target=k * 2**b, fewest=0, most=n, grid=Grid(exponent=b))
    return Drawn(problem=problem)


def draw_planted_few(draws: Draws, parameters: Parameters) -> Drawn:
    """Draw uniform weights; k of them sum up to the target, at tolerance 0.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> len(draw_planted_few(draws_of("few"), {"n": 9, "k": 3, "b": 30}).planted)
    3
    """
    n, k, b = parameters["n"], parameters["k"], parameters["b"]
    weights = draw_uniform(draws, n, b)
    chosen = draws.subset(n, k)
    problem = SmallestSubset(
        weights=weights,
        target=sum(weights[i] for i in chosen),
        tolerance=0,
        grid=Grid(exponent=b),
    )
    return Drawn(problem=problem, planted=chosen)


MADE_POOLS: tuple[Family, ...] = (
    sums(
        "quantised-any", UNIFORM, "any number of n numbers of few bits",
        "Coarse weights have many exact solutions: the optimum is 0, and only finding it is left.",
        copies("small", 2, n=14, b=4),
        copies("small", 2, n=20, b=8),
        copies("medium", 1, n=60, b=8),
    ),
    sums(
        "quantised-fixed", UNIFORM, "exactly k of n numbers of few bits",
        "As in quantised networks: many exact solutions under a rule about size.",
        copies("small", 2, n=14, k=7, b=3),
        copies("small", 2, n=20, k=10, b=8),
        copies("medium", 1, n=28, k=14, b=16),
    ),
    sums(
        "saturated", UNIFORM, "exactly k of so many numbers that some subset hits the target",
        "Large for a solver, easy for whoever knows that a part of the pool is enough.",
        copies("medium", 1, n=40, k=20, b=23),
        copies("hard", 1, n=60, k=30, b=23),
        copies("hard", 1, n=200, k=100, b=23),
        copies("hard", 1, n=100, k=50, b=40),
        copies("hard", 1, n=1000, k=500, b=23),
    ),
    make_family(
        "planted-fixed", SubsetSum.kind, partial(draw_planted, any_size=False),
        "exactly k of n uniform numbers that hit the target",
        "weights uniform on the multiples of 2^-b in [-1, 1]; target the sum of k of them",
        "The optimum is 0 by construction and proves itself; who stops at a small error is wrong.",
        copies("small", 2, n=16, k=8, b=30),
        copies("medium", 2, n=24, k=12, b=40),
        copies("hard", 1, n=36, k=18, b=52),
        copies("hard", 1, n=44, k=22, b=52),
        copies("hard", 1, seconds=150, n=60, k=30, b=55),
    ),
    make_family(
        "planted-any", SubsetSum.kind, partial(draw_planted, any_size=True),
        "any number of n uniform numbers, of which k hit the target",
        "weights uniform on the multiples of 2^-b in [-1, 1]; target the sum of k of them",
        "A needle in 2^n subsets, as in knapsack cryptography.",
        copies("small", 2, n=16, k=8, b=30),
        copies("medium", 2, n=24, k=9, b=40),
        copies("hard", 1, n=40, k=20, b=52),
    ),
    make_family(
        "planted-offset", SubsetSum.kind, draw_planted_offset,
        "exactly k of n multiples of 1000, the target just off one of their sums",
        "weights uniform on the multiples of 1000 units within [-1, 1]; target the sum of k of "
        "them plus or minus 1..400 units",
        "An optimum that is known and not 0: no multiple of the common divisor comes nearer.",
        copies("small", 2, n=16, k=8, b=23),
        copies("medium", 2, n=24, k=12, b=23),
        copies("hard", 1, n=60, k=30, b=30),
    ),
    make_family(
        "near-tie", SubsetSum.kind, draw_near_tie,
        "exactly k of n numbers of which very many subsets are almost best",
        "weights (c + r/32) 2^(b/2) units, c uniform in -8..8, r uniform in [-1, 1]; target the "
        "same with c in -4..4",
        "Thousands of subsets agree in their leading digits; tolerances cannot tell them apart.",
        copies("small", 2, n=16, k=8, b=40),
        copies("medium", 2, n=24, k=12, b=52),
        copies("medium", 1, n=28, k=14, b=56),
        copies("hard", 1, seconds=60, n=34, k=17, b=64),
    ),
    make_family(
        "correlated", SubsetSum.kind, draw_correlated,
        "any number of n numbers that are all about 1",
        "weights 1 + u/64, u uniform in [-1, 1], on the multiples of 2^-b; target k",
        "The relaxation hits every target near k; all sums of one size crowd together.",
        copies("small", 2, n=16, k=8, b=23),
        copies("medium", 2, n=24, k=12, b=40),
        copies("hard", 1, n=34, k=17, b=48),
    ),
    make_family(
        "smallest-planted", SmallestSubset.kind, draw_planted_few,
        "as few of n uniform numbers as possible that hit the target exactly",
        "weights uniform on the multiples of 2^-b in [-1, 1]; target the sum of k of them; "
        "tolerance 0",
        "That k suffice is known; that fewer do not has to be proven.",
        copies("small", 2, n=16, k=4, b=30),
        copies("medium", 2, n=26, k=8, b=40),
        copies("hard", 1, n=120, k=5, b=50),
    ),
)  # fmt: skip
