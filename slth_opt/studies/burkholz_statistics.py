"""How many candidates a weight keeps within 0.01, out of 15: the published statistics, redone.

Burkholz 2022 published 100,000 draws for two laws, found by trying sizes one after the other.
A draw without any subset within the tolerance is a failure; the published histogram counts it
at the size of its nearest subset, and so does ours. Nothing is ever drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slth_opt.batch import nearest_subsets, smallest_subsets
from slth_opt.csv_rows import Row
from slth_opt.experiments import Study, Task
from slth_opt.sources import draw_uniform

if TYPE_CHECKING:
    import numpy as np

CANDIDATES, TOLERANCE = 15, 0.01

LARGEST_TRIED = 14
"""The published search stopped there."""

PUBLISHED = {"uniform": (0.404, 2.296), "product": (3.552, 2.463)}
"""Failures in percent and mean size, of 100,000 draws each."""

PART = 5000
"""Draws of a task."""

PARTS = {"small": 2, "paper": 20}


def tasks(scale: str) -> Sequence[Task]:
    """Return the parts of both laws."""
    return [{"law": law, "draws": PART} for law in PUBLISHED for _ in range(PARTS[scale])]


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Draw pools and targets; find the smallest subset of each, or that there is none."""
    import numpy as np

    shape = (task["draws"], CANDIDATES)
    pools = draw_uniform(rng, shape).astype(np.float64)
    if task["law"] == "product":
        pools *= draw_uniform(rng, shape)
    targets = draw_uniform(rng, (len(pools),)).astype(np.float64)
    sizes = smallest_subsets(pools, targets, tolerance=TOLERANCE).sizes.copy()
    failed = (sizes < 0) | (sizes > LARGEST_TRIED)
    if failed.any():
        nearest = nearest_subsets(pools[failed], targets[failed], size=(0, LARGEST_TRIED))
        sizes[failed] = nearest.sizes
    counts = np.bincount(np.minimum(sizes, 6), minlength=7)
    return [
        {
            "law": task["law"],
            "draws": task["draws"],
            "failed": int(failed.sum()),
            "total_size": int(sizes.sum()),
            **{f"size_{size}": int(count) for size, count in enumerate(counts)},
        }
    ]


def finding(rows: Sequence[Row]) -> str:
    """Put failures and mean sizes beside the published ones."""
    lines = []
    for law, (published_failed, published_mean) in PUBLISHED.items():
        failed, mean = totals(rows, law)
        lines.append(
            f"{law}: {failed:.3f} % failures (published {published_failed} %), mean size "
            f"{mean:.3f} (published {published_mean})."
        )
    return " ".join(lines)


def totals(rows: Sequence[Row], law: str) -> tuple[float, float]:
    """Return failures in percent and the mean size of one law.

    Examples
    --------
    >>> totals([{"law": "uniform", "draws": 200, "failed": 1, "total_size": 460}], "uniform")
    (0.5, 2.3)
    """
    here = [row for row in rows if row["law"] == law]
    draws = sum(row["draws"] for row in here)
    failed = sum(row["failed"] for row in here)
    return 100 * failed / draws, sum(row["total_size"] for row in here) / draws


STUDY = Study(
    name="burkholz-statistics",
    source="Burkholz 2022, published data",
    question="How many of 15 candidates does a weight need within 0.01, and how often none do?",
    tasks=tasks,
    run=run,
    finding=finding,
)
