"""How large a random source must be for a ticket of a given density: a published curve, with data.

Figure 1 of Natale et al. 2024 draws what their theorem promises between the points of Malach et
al. 2020 (one candidate for each weight) and Pensia et al. 2020 (any number), without any data.
Here sources grow until half of them hold a ticket of a small network 4-8-2 that keeps exactly k of
the n candidates of each weight and sign; whether one does is decided exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

from slth_opt.choosing import choose
from slth_opt.constructions import construction_named
from slth_opt.csv_rows import Row
from slth_opt.experiments import Study, Task
from slth_opt.layouts import layers_of
from slth_opt.networks import Network, dense_network
from slth_opt.size_rules import SizeRule
from slth_opt.sources import draw_uniform, generator
from slth_opt.theory import natale_width
from slth_opt.tolerances import layer_rule

if TYPE_CHECKING:
    import numpy as np

WIDTHS = (4, 8, 2)

TOLERANCE = Fraction(1, 4)
"""Of the network: each weight may be off by 1/512 in the first layer, 1/256 in the second."""

SIZES: dict[str, tuple[int | str, ...]] = {
    "exact": (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 40, "any"),
    "greedy": (2, 3, 4, 6, 8),
    "swaps": (2, 4, 8),
    "draws": (2, 8),
    "shared": (1, 2, 3, 4),
}
"""The sizes of each way to choose. `shared` is the optimum of a whole ticket: k on average, each
weight as few as it needs; `exact` is the optimum of every weight for itself, exactly k."""

MOST = {"exact": 8000, "shared": 4000, "greedy": 3000, "swaps": 800, "draws": 100}
"""Candidates at which each gives up."""

STEP = {"exact": 1.15, "shared": 1.15, "greedy": 1.3, "swaps": 1.3, "draws": 2.0}
"""How sources grow until half of them are good enough."""

SOURCES = {"small": 4, "paper": 30}


def tasks(scale: str) -> Sequence[Task]:
    """Return one task for each way to choose and size; the small scale leaves out some.

    Examples
    --------
    >>> tasks("small")[0]
    {'method': 'exact', 'size': 1, 'sources': 4}
    """
    return [
        {"method": method, "size": size, "sources": SOURCES[scale]}
        for method, sizes in SIZES.items()
        for size in sizes
        if scale == "paper"
        or (method == "exact" and size != 40)
        or (size == 3 if method == "shared" else size == 8)
    ]


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Grow the source until half of all draws serve every weight, then narrow the number down.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> (row,) = run({"method": "exact", "size": 3, "sources": 2}, generator(1))
    >>> row["n"] > 3, 0 < row["density"] < 1
    (True, True)
    """
    method, size = task["method"], task["size"]
    least = 8 if size == "any" else max(8, size)
    too_few, enough = least - 1, least
    while enough <= MOST[method] and not _is_enough(task, enough, rng):
        too_few, enough = enough, ceil(enough * STEP[method])
    n: int | None = enough if enough <= MOST[method] else None
    while n is not None and n - too_few > max(1, n // 50):
        middle = (too_few + n) // 2
        too_few, n = (too_few, middle) if _is_enough(task, middle, rng) else (middle, n)
    return [{**task, "n": n, "density": n and _density(task, n, rng), **_promised(n, size)}]


def serves(method: str, size: int | str, n: int, rng: np.random.Generator) -> tuple[bool, float]:
    """Draw one source; say whether its ticket is within the tolerance, and its density.

    Examples
    --------
    >>> serves("exact", 2, 4, generator(0))
    (False, 0.5)
    """
    if method == "shared":
        return shares(int(size), n, rng)
    target = small_target()
    sources = construction_named("natale").lay_out(target, n, rng)
    kept, candidates = 0, 0
    for number, (layer, source) in enumerate(zip(layers_of(target), sources, strict=True)):
        weights = layer.coefficients.ravel()
        allowed = _allowed(number)
        for branch in source.branches:
            # One candidate is chosen best by looking at all: greedy is exact there.
            way = "greedy" if size == 1 and method == "exact" else method
            found = choose(source.products(branch), weights, _rule(size), method=way, rng=rng)
            kept, candidates = kept + int(found.masks.sum()), candidates + found.masks.size
            if found.error_units.max() > int(allowed * Fraction(2) ** found.exponent):
                return False, kept / candidates
    return True, kept / candidates


def shares(most: int, n: int, rng: np.random.Generator) -> tuple[bool, float]:
    """Draw one source; say whether every weight is served with so many edges on average.

    Sizes are tried from none up, and given up as soon as those that are left need too many. The
    density is of what was kept until then.

    Examples
    --------
    >>> shares(1, 4, generator(0))[0]
    False
    """
    import numpy as np

    target = small_target()
    sources = construction_named("natale").lay_out(target, n, rng)
    branches = sum(len(source.branches) for source in sources) // len(sources)
    whole = left = most * branches * target.num_coefficients
    candidates = n * branches * target.num_coefficients
    for number, (layer, source) in enumerate(zip(layers_of(target), sources, strict=True)):
        weights, allowed = layer.coefficients.ravel(), _allowed(number)
        for branch in source.branches:
            pools, unserved = source.products(branch), np.arange(len(weights))
            for size in range(n + 1):
                if size * len(unserved) > left:
                    return False, (whole - left) / candidates
                found = choose(pools[unserved], weights[unserved], _rule(size))
                near = found.error_units <= int(allowed * Fraction(2) ** found.exponent)
                left -= size * int(near.sum())
                unserved = unserved[~near]
                if not unserved.size:
                    break
            else:
                return False, (whole - left) / candidates
    return True, (whole - left) / candidates


@cache
def small_target() -> Network:
    """Return the network that is approximated: random, each matrix of norm at most 1.

    Examples
    --------
    >>> small_target().num_coefficients
    48
    """
    rng = generator(482)
    return dense_network([draw_uniform(rng, (e, d)) / 4 for d, e in pairwise(WIDTHS)])


def promised(density: float) -> int:
    """Return the n of Theorem 3 for this target with the constant 1, which is not known.

    Examples
    --------
    >>> promised(0.5)
    256
    """
    depth = len(WIDTHS) - 1
    return max(
        natale_width(depth, inputs, outputs, float(TOLERANCE), density, constant=1)
        for inputs, outputs in pairwise(WIDTHS)
    )


def parameters_by_target(n: int) -> float:
    """Return how many times more parameters the source has than the target, as papers count.

    Examples
    --------
    >>> parameters_by_target(3)
    16.0
    """
    source = sum(2 * n * d * (d + e) for d, e in pairwise(WIDTHS))
    return source / small_target().num_coefficients


def finding(rows: Sequence[Row]) -> str:
    """Say what density costs, how far the theorem's curve is, and what heuristics need."""
    exact = {row["size"]: row for row in rows if row["method"] == "exact" and row["n"]}
    leanest = min((row for row in exact.values() if row["size"] != "any"), key=lambda r: r["n"])
    ratios = [row["theorem_n"] / row["n"] for size, row in exact.items() if size != "any"]
    lines = [
        f"One candidate for each weight and sign (Malach) takes n = {exact[1]['n']}, two take "
        f"{exact[2]['n']}, three {exact[3]['n']}, any number (Pensia) {exact['any']['n']}; with "
        f"exactly {leanest['size']} it is {leanest['n']}, at the density "
        f"{leanest['density']:.2f}. The theorem's curve, for all targets at once and with constant "
        f"1, lies {min(ratios):.1f} to {max(ratios):.1f} times higher."
    ]
    shared = [
        row for row in rows if row["method"] == "shared" and row["n"] and row["size"] in exact
    ]
    if shared:
        told = "; ".join(
            f"{row['n']} instead of {exact[row['size']]['n']} for k = {row['size']}"
            for row in shared
        )
        lines.append(f"With as many edges shared out over all weights, k on average, n is {told}.")
    for method in ("greedy", "swaps", "draws"):
        here = [row for row in rows if row["method"] == method and row["size"] in exact]
        reached = [row["n"] / exact[row["size"]]["n"] for row in here if row["n"]]
        if reached:
            span = (
                f"{min(reached):.1f} to {max(reached):.1f}" if reached[1:] else f"{reached[0]:.1f}"
            )
            lines.append(f"{method}: {span} times the optimum's.")
        if len(reached) < len(here):
            failed = ", ".join(str(row["size"]) for row in here if not row["n"])
            lines.append(f"{method}: never up to {MOST[method]} with {failed}.")
    return " ".join(lines)


def _is_enough(task: Task, n: int, rng: np.random.Generator) -> bool:
    """Tell whether half of the sources serve every weight; stop as soon as that is certain."""
    sources = task["sources"]
    good = bad = 0
    while 2 * good < sources and 2 * bad <= sources:
        is_good, _ = serves(task["method"], task["size"], n, rng)
        good, bad = good + is_good, bad + (not is_good)
    return bool(2 * good >= sources)


def _density(task: Task, n: int, rng: np.random.Generator) -> float:
    """Return which share of its candidates a weight keeps."""
    if task["size"] != "any":
        return float(task["size"] / n)
    return serves("exact", "any", n, rng)[1]


def _promised(n: int | None, size: int | str) -> Row:
    if n is None or size == "any" or size == n:
        return {"theorem_n": None, "parameters": n and parameters_by_target(n)}
    return {"theorem_n": promised(int(size) / n), "parameters": parameters_by_target(n)}


def _rule(size: int | str) -> SizeRule:
    return SizeRule(rule="any") if size == "any" else SizeRule(rule="exactly", size=int(size))


def _allowed(layer: int) -> Fraction:
    """Return the tolerance of each weight of a layer, as the theorem shares it out."""
    rule = SizeRule(rule="smallest", tolerance=TOLERANCE, level="network")
    allowed = layer_rule(rule, small_target(), layer).tolerance
    assert allowed is not None
    return allowed


STUDY = Study(
    name="density-overparameterization",
    source="Natale et al. 2024, figure 1",
    question="How large must a random source be so that a ticket of a given density is in it?",
    tasks=tasks,
    run=run,
    finding=finding,
)
