"""Many weights at once: one budget for all, and hidden neurons that all outputs share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from slth_opt.grid import Grid
from slth_opt.instances.draws import Draws
from slth_opt.instances.laws import draw_uniform, draw_within_reach
from slth_opt.instances.records import Drawn, Family, Parameters, copies, make_family
from slth_opt.problems import LayerBudget, SharedBlock


def draw_budget(draws: Draws, parameters: Parameters, *, norm: str, alike: bool) -> Drawn:
    """Draw p pools of n numbers and a target for each; at most e numbers are kept in all.

    If alike, all pools differ from one by at most 1/16 in every entry.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> problem = draw_budget(
    ...     draws_of("budget"), {"p": 2, "n": 3, "e": 4, "b": 8}, norm="l1", alike=False
    ... ).problem
    >>> len(problem.pools), problem.num_candidates, problem.most
    (2, 6, 4)
    """
    p, n, b = parameters["p"], parameters["n"], parameters["b"]
    half = 1 << (b - 1)
    if alike:
        common = draw_uniform(draws, n, b)
        pools = tuple(_near(draws, common, b) for _ in range(p))
    else:
        pools = tuple(draw_uniform(draws, n, b) for _ in range(p))
    problem = LayerBudget(
        pools=pools,
        targets=draws.integers(p, -half, half),
        norm=norm,
        most=parameters["e"],
        grid=Grid(exponent=b),
    )
    return Drawn(problem=problem)


def draw_block(draws: Draws, parameters: Parameters, *, minimise: str, coupled: bool) -> Drawn:
    """Draw h first weights in [0, 1], o rows of second ones, and a target for each output.

    If coupled, all rows of second weights differ from one by at most 1/16 in every entry.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> problem = draw_block(
    ...     draws_of("block"), {"o": 2, "h": 4, "t": 5, "b": 8}, minimise="edges", coupled=False
    ... ).problem
    >>> problem.num_candidates, problem.tolerances == (2**11, 2**11), problem.grid.exponent
    (8, True, 16)
    """
    o, h, b = parameters["o"], parameters["h"], parameters["b"]
    one, half = 1 << b, 1 << (b - 1)
    first = draws.integers(h, 0, one)
    if coupled:
        common = draw_uniform(draws, h, b)
        second = tuple(_near(draws, common, b) for _ in range(o))
    else:
        second = tuple(draw_uniform(draws, h, b) for _ in range(o))
    rules: dict[str, Any] = {"most_edges": parameters.get("e")}
    if minimise != "error":
        rules = {"tolerances": (1 << (2 * b - parameters["t"]),) * o}
    products = tuple(tuple(u * v for u, v in zip(first, row, strict=True)) for row in second)
    problem = SharedBlock(
        products=products,
        targets=tuple(
            draw_within_reach(lambda: draws.integer(-half, half) * one, row) for row in products
        ),
        minimise=minimise,
        grid=Grid(exponent=2 * b),
        **rules,
    )
    return Drawn(problem=problem)


def _near(draws: Draws, common: Sequence[int], bits: int) -> tuple[int, ...]:
    """Draw numbers that differ from some others by at most 1/16."""
    reach = 2**bits // 16
    parts = draws.integers(len(common), -reach, reach)
    return tuple(w + part for w, part in zip(common, parts, strict=True))


_POOLS = "pools uniform on the multiples of 2^-b in [-1, 1], targets in [-1/2, 1/2]"
_ALIKE = (
    "one pool uniform on the multiples of 2^-b in [-1, 1]; the others differ from it by at most "
    "1/16 in every entry; targets uniform in [-1/2, 1/2]"
)
_BLOCK = (
    "products u v on the multiples of 2^-2b: u uniform in [0, 1] for each hidden neuron, v "
    "uniform in [-1, 1] for each neuron and output; targets uniform in [-1/2, 1/2], within reach"
)
_COUPLED = (
    "products u v on the multiples of 2^-2b: u uniform in [0, 1] for each hidden neuron; v of the "
    "outputs within 1/16 of one row uniform in [-1, 1]; targets uniform in [-1/2, 1/2], in reach"
)


_BUDGET, _SHARED = LayerBudget.kind, SharedBlock.kind

LAYERS: tuple[Family, ...] = (
    make_family(
        "budget-linf", _BUDGET, partial(draw_budget, norm="linf", alike=False),
        "smallest largest error of p weights that keep e numbers in all", _POOLS,
        "One sparsity budget for a layer: easy with the best error of every size, else hard.",
        copies("small", 2, p=3, n=8, e=7, b=16),
        copies("medium", 2, p=6, n=10, e=12, b=23),
        copies("hard", 1, seconds=120, p=12, n=10, e=24, b=23),
        copies("hard", 1, p=100, n=15, e=200, b=23),
    ),
    make_family(
        "budget-l1", _BUDGET, partial(draw_budget, norm="l1", alike=False),
        "smallest sum of errors of p weights that keep e numbers in all", _POOLS,
        "As before; the relaxation of one program for all says next to nothing.",
        copies("small", 2, p=3, n=7, e=6, b=16),
        copies("medium", 2, p=4, n=9, e=8, b=20),
        copies("hard", 1, p=8, n=10, e=16, b=23),
        copies("hard", 1, p=32, n=12, e=64, b=23),
    ),
    make_family(
        "budget-alike", _BUDGET, partial(draw_budget, norm="l1", alike=True),
        "smallest sum of errors of p weights whose pools are nearly the same", _ALIKE,
        "Pools cut from one source: the weights compete for the budget with the same numbers.",
        copies("small", 2, p=3, n=7, e=6, b=16),
        copies("medium", 1, p=4, n=9, e=8, b=20),
    ),
    make_family(
        "block-edges", _SHARED, partial(draw_block, minimise="edges", coupled=False),
        "fewest edges of o outputs that share h hidden neurons, each within 2^-t", _BLOCK,
        "The edge into a hidden neuron is paid once: what one output uses is cheaper for others.",
        copies("small", 2, o=3, h=8, t=4, b=12),
        copies("medium", 2, o=4, h=14, t=7, b=23),
        copies("hard", 1, o=10, h=20, t=7, b=23),
        copies("hard", 1, o=10, h=30, t=7, b=23),
    ),
    make_family(
        "block-neurons", _SHARED, partial(draw_block, minimise="neurons", coupled=False),
        "fewest hidden neurons that serve o outputs, each within 2^-t", _BLOCK,
        "Structured sparsity: how many of h neurons can be removed whole.",
        copies("small", 2, o=3, h=8, t=4, b=12),
        copies("medium", 2, o=4, h=14, t=7, b=23),
        copies("hard", 1, o=10, h=20, t=7, b=23),
        copies("hard", 1, o=10, h=30, t=7, b=23),
    ),
    make_family(
        "block-error", _SHARED, partial(draw_block, minimise="error", coupled=False),
        "smallest largest error of o outputs that share h hidden neurons, at most e edges",
        _BLOCK,
        "The other way round: what precision a budget buys. Hard for every program.",
        copies("small", 2, o=2, h=7, e=8, b=12),
        copies("medium", 2, o=3, h=10, e=9, b=16),
        copies("hard", 1, o=4, h=15, e=12, b=23),
        copies("hard", 1, o=10, h=20, e=30, b=23),
    ),
    make_family(
        "block-coupled", _SHARED, partial(draw_block, minimise="edges", coupled=True),
        "fewest edges of o outputs whose second weights are nearly the same", _COUPLED,
        "Strong coupling: the outputs want the same neurons, for different targets.",
        copies("small", 2, o=3, h=8, t=4, b=12),
        copies("medium", 2, o=4, h=14, t=6, b=23),
        copies("hard", 1, o=8, h=18, t=7, b=23),
    ),
    make_family(
        "block-hopeless", _SHARED, partial(draw_block, minimise="edges", coupled=False),
        "tolerances that some output cannot keep", _BLOCK,
        "Infeasible, although every target is within reach.",
        copies("small", 2, o=3, h=7, t=16, b=12),
        copies("medium", 1, o=4, h=12, t=24, b=23),
        copies("hard", 1, o=6, h=18, t=28, b=23),
    ),
)  # fmt: skip
