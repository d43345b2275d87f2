"""How many weights does it take to come within 0.01 of a target? Ours beside what was published.

Burkholz 2022 (*Most Activation Functions Can Win the Lottery Without Excessive Depth*) drew
100,000 pools of 15 weights and as many targets, uniform in [-1, 1], and tried all subsets by
increasing size until one was within 0.01; pools were uniform in [-1, 1], or products of two
such numbers. This script draws its own on the float32 grid and asks `smallest_subsets`.

    python benchmarks/smallest_sizes.py [--draws N] [--seed S] [--json]

Two conventions matter. A draw without any subset within the tolerance is counted as failed in
both; the published histogram counts it once more, at the size of its nearest subset. And the
published search stopped at 14 weights. The table follows the published conventions, so that
only the draws differ; the JSON holds the sizes of the successful draws alone as well.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from slth_opt import nearest_subsets, smallest_subsets

WEIGHTS, TOLERANCE, DRAWS, SEED = 15, 0.01, 100_000, 2022
"""As published, but for the seed, which is the year of the paper."""

LARGEST_TRIED = 14
"""The published search tried the sizes 0..14."""

ONE = 2**23
"""Draws are multiples of 2^-23: float32 holds them, and float64 their products."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Percentages of 100,000 draws, and how far each may be off by its last digit."""

    failed: tuple[float, float]
    sizes: tuple[tuple[float, float], ...]
    """Of 0, 1, 2, 3, 4, 5, and 6 or more weights."""
    mean_size: tuple[float, float]


LAWS = {
    "uniform": Published(
        failed=(0.404, 0.0005),
        sizes=(
            (1.03, 0.005), (13.7, 0.05), (44.9, 0.05), (35.8, 0.05), (4.1, 0.05), (0.38, 0.005),
            (0.07, 0.005),
        ),
        mean_size=(2.296, 0.0005),
    ),
    "product": Published(
        failed=(3.552, 0.0005),
        sizes=(
            (0.97, 0.005), (12.7, 0.05), (43.6, 0.05), (31.3, 0.05), (7.4, 0.05), (2.2, 0.05),
            (1.8, 0.05),
        ),
        mean_size=(2.463, 0.0005),
    ),
}  # fmt: skip
"""Read from the data that were published with the paper's code."""


def draw(law: str, draws: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw pools and targets; a failed one is never drawn again."""
    shape = (draws, WEIGHTS)
    pools = rng.integers(-ONE, ONE, shape, endpoint=True) / ONE
    if law == "product":
        pools *= rng.integers(-ONE, ONE, shape, endpoint=True) / ONE
    return pools, rng.integers(-ONE, ONE, draws, endpoint=True) / ONE


def measure(law: str, draws: int, seed: int) -> dict[str, Any]:
    """Return counts under both conventions, all of them proven."""
    # Each law has a stream of its own, whichever is asked for first.
    pools, targets = draw(law, draws, np.random.default_rng([seed, list(LAWS).index(law)]))
    sizes = smallest_subsets(pools, targets, tolerance=TOLERANCE).sizes
    failed = sizes < 0
    as_published = sizes.copy()
    nearest = nearest_subsets(pools[failed], targets[failed], size=(0, LARGEST_TRIED))
    as_published[failed] = nearest.sizes
    return {
        "law": law,
        "draws": draws,
        "failed": int(failed.sum()),
        "sizes_of_successes": np.bincount(sizes[~failed], minlength=WEIGHTS + 1).tolist(),
        "sizes_as_published": np.bincount(as_published, minlength=WEIGHTS + 1).tolist(),
        "mean_size_of_successes": float(sizes[~failed].mean()),
        "mean_size_as_published": float(as_published.mean()),
        "deviation_as_published": float(as_published.std()),
    }


def wilson(count: int, total: int, z: float = 1.959964) -> tuple[float, float]:
    """Return the Wilson interval of a share, at 95 % by default."""
    middle = (count + z * z / 2) / (total + z * z)
    half = z / (total + z * z) * math.sqrt(count * (total - count) / total + z * z / 4)
    return middle - half, middle + half


def deviations(count: int, total: int, percentage: float, rounding: float) -> float:
    """Return by how many standard errors our share and a published one differ.

    What rounding the published figure may have done is not counted as a difference.
    """
    share, other = count / total, percentage / 100
    pooled = (count + DRAWS * other) / (total + DRAWS)
    beyond = max(0.0, abs(share - other) - rounding / 100)
    return beyond / math.sqrt(pooled * (1 - pooled) * (1 / total + 1 / DRAWS))


def compare(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row for every published figure of a law: ours, the interval, theirs, deviations."""
    published, draws = LAWS[found["law"]], found["draws"]
    counts = found["sizes_as_published"]
    shares = [("failed", found["failed"], published.failed)]
    shares += [
        (
            f"size {size}" if size < 6 else "size 6 or more",
            sum(counts[size:]) if size == 6 else n,
            p,
        )
        for size, (n, p) in enumerate(zip(counts, published.sizes, strict=False))
    ]
    rows = []
    for name, count, (percentage, rounding) in shares:
        low, high = wilson(count, draws)
        rows.append(
            {
                "law": found["law"],
                "figure": name,
                "ours": 100 * count / draws,
                "low": 100 * low,
                "high": 100 * high,
                "published": percentage,
                "deviations": deviations(count, draws, percentage, rounding),
            }
        )
    mean, (theirs, rounding) = found["mean_size_as_published"], published.mean_size
    spread = found["deviation_as_published"]
    error, both = spread / math.sqrt(draws), spread * math.sqrt(1 / draws + 1 / DRAWS)
    rows.append(
        {
            "law": found["law"],
            "figure": "mean size",
            "ours": mean,
            "low": mean - 1.959964 * error,
            "high": mean + 1.959964 * error,
            "published": theirs,
            "deviations": max(0.0, abs(mean - theirs) - rounding) / both,
        }
    )
    return rows


def markdown(rows: list[dict[str, Any]]) -> str:
    """Return the table of the documentation."""
    lines = [
        "| pools | figure | ours | 95 % interval | published | standard errors apart |",
        "|---|---|---:|---|---:|---:|",
    ]
    for row in rows:
        unit = "" if row["figure"] == "mean size" else " %"
        lines.append(
            f"| {row['law']} | {row['figure']} | {row['ours']:.3f}{unit} "
            f"| {row['low']:.3f} to {row['high']:.3f}{unit} | {row['published']:g}{unit} "
            f"| {row['deviations']:.1f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Draw, solve, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=DRAWS, metavar="N")
    parser.add_argument("--seed", type=int, default=SEED, metavar="S")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    found = [measure(law, options.draws, options.seed) for law in LAWS]
    rows = [row for law in found for row in compare(law)]
    if options.json:
        print(json.dumps({"seed": options.seed, "laws": found, "comparison": rows}, indent=2))
    else:
        print(markdown(rows))


if __name__ == "__main__":
    main()
