"""How sharp is the threshold of fixed-size subset sums, and which constant belongs to it.

Natale et al. 2024 prove that n H2(k/n) >= c log2(k/eps) candidates suffice with a constant
probability, for an unknown c, and show no experiment. Here every draw is solved exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from math import sqrt
from typing import TYPE_CHECKING

from slth_opt.batch import nearest_subsets
from slth_opt.csv_rows import Row
from slth_opt.experiments import Study, Task
from slth_opt.sources import FINENESS, draw_uniform
from slth_opt.theory import candidates_for_one_target, predicted_success, threshold_ratio

if TYPE_CHECKING:
    import numpy as np

SIZES = {1e-2: (1, 2, 3, 4), 1e-3: (2, 3, 4, 5), 1e-4: (4, 5, 6)}
"""Sizes for each tolerance: where the threshold lies above n = 2k, or just meets it."""

CONSTANTS = (0.7, 0.85, 1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0)
"""Multiples of the counting threshold that are looked at."""

DRAWS = {"small": 400, "paper": 20_000}

MOST_CANDIDATES = 40
"""Larger pools take much longer, and lie far beyond the threshold."""

LEVELS = (0.5, 0.9, 0.99)
"""Shares of success whose constants are looked for."""


def tasks(scale: str) -> Sequence[Task]:
    """Return one task for each tolerance, size and constant."""
    found = []
    for (tolerance, sizes), constant in product(SIZES.items(), CONSTANTS):
        for k in sizes:
            n = candidates_for_one_target(k, tolerance, constant=constant)
            if n <= MOST_CANDIDATES:
                found.append({"tolerance": tolerance, "k": k, "n": n, "draws": DRAWS[scale]})
    return list({(t["tolerance"], t["k"], t["n"]): t for t in found}.values())


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Draw pools and targets; count how often the best k-subset is within the tolerance."""
    import numpy as np

    tolerance, k, n, draws = (task[name] for name in ("tolerance", "k", "n", "draws"))
    pools = draw_uniform(rng, (draws, n)).astype(np.float64)
    rows = []
    for law, reach in (("sqrt(k)", sqrt(k)), ("1", 1.0)):
        targets = np.floor(rng.uniform(-reach, reach, draws) * 2**FINENESS) / 2**FINENESS
        errors = nearest_subsets(pools, targets, size=k).errors
        predicted = np.mean([predicted_success(n, k, tolerance, z) for z in targets[:2000]])
        rows.append({
            "tolerance": tolerance,
            "k": k,
            "n": n,
            "constant": threshold_ratio(n, k, tolerance),
            "targets_up_to": law,
            "draws": draws,
            "successes": int((errors < tolerance).sum()),
            "predicted": float(predicted),
        })  # fmt: skip
    return rows


def finding(rows: Sequence[Row]) -> str:
    """Say how often n at the threshold is enough, and which constants it takes for more."""
    met = [row for row in rows if row["targets_up_to"] == "sqrt(k)"]
    at_one = [share(row) for row in met if 1 <= row["constant"] < 1.06 and row["n"] > 2 * row["k"]]
    lines = [
        f"At c = 1, as few candidates as counting allows, {min(at_one):.2f} to {max(at_one):.2f} "
        f"of all draws have a subset within the tolerance ({len(at_one)} settings)."
    ]
    for level in LEVELS:
        found = sorted(constants_for(rows, level).values())
        if found:
            lines.append(
                f"A share of {level:g} takes c = {found[0]:.2f} to {found[-1]:.2f} "
                f"({len(found)} settings)."
            )
    return " ".join(lines)


def constants_for(rows: Sequence[Row], level: float) -> dict[tuple[float, int], float]:
    """Return for each tolerance and size the constant at which a share of draws succeeds.

    Between two neighbouring constants success is taken to be linear.

    Examples
    --------
    >>> facts = {"tolerance": 0.01, "k": 2, "draws": 10, "targets_up_to": "sqrt(k)"}
    >>> rows = [{**facts, "constant": 1.0, "successes": 4}, {**facts, "constant": 2.0,
    ...     "successes": 8}]
    >>> constants_for(rows, 0.5)
    {(0.01, 2): 1.25}
    """
    found = {}
    for key in sorted({(row["tolerance"], row["k"]) for row in rows}):
        here = sorted(
            (row["constant"], share(row))
            for row in rows
            if (row["tolerance"], row["k"]) == key and row["targets_up_to"] == "sqrt(k)"
        )
        for (a, low), (b, high) in pairwise(here):
            if low < level <= high:
                found[key] = a + (b - a) * (level - low) / (high - low)
                break
    return found


def share(row: Row) -> float:
    """Return the share of successes of a row.

    Examples
    --------
    >>> share({"successes": 3, "draws": 4})
    0.75
    """
    return float(row["successes"] / row["draws"])


STUDY = Study(
    name="rfss-threshold",
    source="Natale et al. 2024, Theorem 2",
    question="How many candidates does a fixed-size subset sum need, and how sharp is that?",
    tasks=tasks,
    run=run,
    finding=finding,
)
