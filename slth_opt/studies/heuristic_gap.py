"""How far the subsets that heuristics pick are from the best ones, by candidates and size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slth_opt.choosing import choose
from slth_opt.csv_rows import Row
from slth_opt.experiments import Study, Task
from slth_opt.heuristics import HEURISTICS
from slth_opt.size_rules import SizeRule

if TYPE_CHECKING:
    import numpy as np

CANDIDATES = (8, 12, 16, 20, 24)

SIZES = (2, 4, "half", "any")

FINE = 40
"""Bits after the binary point of what is drawn, so that hardly any optimum is 0."""

DRAWS = {"small": 150, "paper": 3000}


def tasks(scale: str) -> Sequence[Task]:
    """Return one task for each number of candidates and size.

    Examples
    --------
    >>> tasks("small")[0]
    {'n': 8, 'size': 2, 'draws': 150}
    """
    return [
        {"n": n, "size": size, "draws": DRAWS[scale]}
        for size in SIZES
        for n in CANDIDATES
        if size != "half" or n // 2 not in SIZES
    ]


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Draw pools and targets; let every heuristic that knows the rule choose, and the optimum.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> rows = run({"n": 8, "size": 2, "draws": 4}, generator(1))
    >>> all(row["median_ratio"] >= 1 and row["better"] == 0 for row in rows)
    True
    """
    import numpy as np

    n, draws = task["n"], task["draws"]
    size = n // 2 if task["size"] == "half" else task["size"]
    rule = SizeRule(rule="any") if size == "any" else SizeRule(rule="exactly", size=size)
    whole = 2**FINE
    pools = rng.integers(-whole, whole, (draws, n), endpoint=True) / whole
    targets = rng.integers(-whole, whole, draws, endpoint=True) / whole
    optimum = choose(pools, targets, rule)
    rows = []
    for method in ("exact", *(h.name for h in HEURISTICS if rule.rule in h.rules)):
        found = (
            optimum if method == "exact" else choose(pools, targets, rule, method=method, rng=rng)
        )
        gap = found.errors / np.where(optimum.error_units == 0, np.nan, optimum.errors)
        rows.append({
            **task,
            "method": method,
            "median_error": float(np.median(found.errors)),
            "median_ratio": float(np.nanmedian(gap)),
            "optimal": int((found.error_units == optimum.error_units).sum()),
            "better": int((found.error_units < optimum.error_units).sum()),
        })  # fmt: skip
    return rows


def finding(rows: Sequence[Row]) -> str:
    """Say how far the best and the worst heuristic are from the optimum, at few and many."""
    few, many = min(CANDIDATES), max(CANDIDATES)
    parts = []
    for n in (few, many):
        gaps = ratios(rows, n, "half" if n // 2 not in SIZES else n // 2)
        best, worst = min(gaps, key=gaps.__getitem__), max(gaps, key=gaps.__getitem__)
        parts.append(
            f"With {n // 2} of {n} the median error is {gaps[best]:.3g} ({best}) to "
            f"{gaps[worst]:.3g} ({worst}) times the optimum."
        )
    pairs = ratios(rows, many, 2)
    reached = {
        row["method"]: row["optimal"] / row["draws"]
        for row in rows
        if row["n"] == many and row["size"] == 2
    }
    parts.append(
        f"With 2 of {many}: {min(pairs.values()):.3g} to {max(pairs.values()):.3g} times, and the "
        f"optimum itself in {max(s for m, s in reached.items() if m != 'exact'):.0%} of all draws "
        "at best."
    )
    return " ".join(parts)


def ratios(rows: Sequence[Row], n: int, size: int | str) -> dict[str, float]:
    """Return for each heuristic its median error by that of the optimum, draw by draw.

    Examples
    --------
    >>> row = {"n": 8, "size": 2, "method": "exact", "median_ratio": 1.0}
    >>> ratios([row, {**row, "method": "greedy", "median_ratio": 2.5}], 8, 2)
    {'greedy': 2.5}
    """
    return {
        row["method"]: row["median_ratio"]
        for row in rows
        if row["n"] == n and row["size"] == size and row["method"] != "exact"
    }


STUDY = Study(
    name="heuristic-gap",
    source="the heuristics of this package",
    question="How much larger is the error of a subset that was not chosen optimally?",
    tasks=tasks,
    run=run,
    finding=finding,
)
