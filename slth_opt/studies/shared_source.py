"""Many targets on one pool: how many candidates they share, beside pools of their own.

A submission of 2024 asked this with all subsets tried, for at most 17 candidates and 4 targets.
Here errors are exact for any n: a pool grows candidate by candidate until it serves m targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2
from statistics import fmean
from typing import TYPE_CHECKING

from slth_opt.batch import nearest_subsets, smallest_subsets
from slth_opt.csv_rows import Row
from slth_opt.experiments import Study, Task
from slth_opt.sources import draw_uniform

if TYPE_CHECKING:
    import numpy as np

TARGETS = (1, 4, 16, 64)
"""How many targets share a pool."""

TOLERANCES = {"small": (1e-2,), "paper": (1e-2, 1e-3, 1e-4)}

DRAWS = {"small": 60, "paper": 400}

PART = 20
"""Draws of a task."""

MOST_CANDIDATES = 40
"""No pool of more is tried; one that still fails counts as if it needed them."""


def tasks(scale: str) -> Sequence[Task]:
    """Return the parts of each tolerance.

    Examples
    --------
    >>> tasks("small")[0]
    {'tolerance': 0.01, 'draws': 20}
    """
    return [
        {"tolerance": tolerance, "draws": PART}
        for tolerance in TOLERANCES[scale]
        for _ in range(DRAWS[scale] // PART)
    ]


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Draw pools and targets up to 1/2; find the candidates that m targets need and use.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> rows = run({"tolerance": 0.01, "draws": 1}, generator(1))
    >>> needs = [row["shared"] for row in rows]
    >>> len(rows), needs == sorted(needs)
    (4, True)
    """
    import numpy as np

    draws, most, tolerance = task["draws"], max(TARGETS), task["tolerance"]
    targets = draw_uniform(rng, (draws, most), -0.5, 0.5).astype(np.float64)
    common = draw_uniform(rng, (draws, 1, MOST_CANDIDATES)).astype(np.float64)
    shared = np.broadcast_to(common, (draws, most, MOST_CANDIDATES))
    separate = draw_uniform(rng, (draws, most, MOST_CANDIDATES)).astype(np.float64)
    together = first_sizes(shared, targets, tolerance)
    apart = first_sizes(separate, targets, tolerance)
    rows = []
    for draw in range(draws):
        for m in TARGETS:
            n = int(together[draw, :m].max())
            pools, wanted = shared[draw, :m, :n], targets[draw, :m]
            fewest = smallest_subsets(pools, wanted, tolerance=tolerance)
            nearest = nearest_subsets(pools, wanted).masks
            rows.append({
                "tolerance": tolerance,
                "draw": draw,
                "targets": m,
                "shared": n,
                "separate": int(apart[draw, :m].max()),
                "used": int(fewest.batch.masks.any(axis=0).sum()),
                "kept": int(fewest.sizes.sum()),
                "used_by_nearest": int(nearest.any(axis=0).sum()),
            })  # fmt: skip
    return rows


def first_sizes(pools: np.ndarray, targets: np.ndarray, tolerance: float) -> np.ndarray:
    """Return for each target how many of its pool's first candidates have a subset near enough.

    Examples
    --------
    >>> import numpy as np
    >>> pool = np.array([[[0.5, 0.25, -0.125]]])
    >>> first_sizes(pool, np.array([[0.375]]), 0.01).tolist()
    [[3]]
    """
    import numpy as np

    most = pools.shape[-1]
    found = np.full(targets.shape, most)
    still_open = np.ones(targets.shape, bool)
    for n in range(1, most):
        errors = nearest_subsets(pools[still_open][:, :n], targets[still_open]).errors
        enough = still_open.copy()
        enough[still_open] = errors.ravel() <= tolerance
        found[enough] = n
        still_open &= ~enough
        if not still_open.any():
            break
    return found


def needed(rows: Sequence[Row], kind: str, share: float) -> dict[tuple[float, int], int]:
    """Return the n that serves all targets in a share of the draws, by tolerance and targets.

    Examples
    --------
    >>> rows = [{"tolerance": 0.01, "targets": 4, "shared": n} for n in (9, 10, 12, 11)]
    >>> needed(rows, "shared", 0.5)
    {(0.01, 4): 10}
    """
    found: dict[tuple[float, int], list[int]] = {}
    for row in rows:
        found.setdefault((row["tolerance"], row["targets"]), []).append(row[kind])
    return {key: sorted(ns)[ceil(len(ns) * share) - 1] for key, ns in found.items()}


def growth(rows: Sequence[Row], kind: str, tolerance: float) -> float:
    """Return how many candidates each doubling of the targets takes, on average.

    Examples
    --------
    >>> rows = [{"tolerance": 0.01, "targets": m, "shared": n} for m, n in ((1, 7), (16, 13))]
    >>> growth(rows, "shared", 0.01)
    1.5
    """
    here = [row for row in rows if row["tolerance"] == tolerance]
    least, most = (pick(row["targets"] for row in here) for pick in (min, max))
    low, high = (fmean(row[kind] for row in here if row["targets"] == m) for m in (least, most))
    return (high - low) / log2(most / least)


def finding(rows: Sequence[Row]) -> str:
    """Put pools that are shared beside separate ones."""
    lines = []
    most = max(TARGETS)
    for tolerance in sorted({row["tolerance"] for row in rows}, reverse=True):
        one, all_ = (
            [needed(rows, "shared", share)[tolerance, m] for share in (0.5, 0.9)] for m in (1, most)
        )
        apart = [needed(rows, "separate", share)[tolerance, most] for share in (0.5, 0.9)]
        few = [row for row in rows if row["tolerance"] == tolerance and row["targets"] == 4]
        lines.append(
            f"Within {tolerance:g}, {most} targets need {all_[0]} candidates in half of all draws "
            f"and {all_[1]} in nine of ten, where one target needs {one[0]} and {one[1]}; with "
            f"pools of their own {apart[0]} and {apart[1]} each, {most} times over. A doubling of "
            f"the targets costs {growth(rows, 'shared', tolerance):.2f} candidates shared, "
            f"{growth(rows, 'separate', tolerance):.2f} apart. Four targets already use "
            f"{fmean(row['used'] / row['shared'] for row in few):.0%} of a pool just large enough."
        )
    return " ".join(lines)


STUDY = Study(
    name="shared-source",
    source="Memory Savings by Sharing One Source, 2024 (n up to 17, 4 targets)",
    question="How many candidates do many targets need that share one pool?",
    tasks=tasks,
    run=run,
    finding=finding,
)
