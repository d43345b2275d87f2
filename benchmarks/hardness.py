"""Measure at which n random subset sums are hardest, and how they get easy again.

Pools are uniform in [-1, 1] and so are targets, both on the grid of float32 (multiples of
2^-23) or of float64 (of 2^-52); exactly half of the weights are to be chosen. One exact
method, `four_lists`, solves them all and stops as soon as an error of zero is found.

    python benchmarks/hardness.py [--grid float32|float64] [--pools N] [--seed S] [--json]

Work is counted in sums listed, the same on every machine. With small windows the method can
stop after few of them, so windows are smaller here than the default, which is made for speed.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from dataclasses import asdict, dataclass

import numpy as np

from slth_opt import SubsetSum, solve
from slth_opt.four_lists import windows

POOLS, SEED = 5, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A grid, the sizes of pools to try on it, and how many sums a window may have."""

    bits: int
    window: int
    sizes: tuple[int, ...]


RESOLUTIONS = {
    "float32": Resolution(
        bits=23,
        window=2**8,
        sizes=(12, 16, 20, 24, 26, 28, 30, 32, 36, 40, 48, 60, 80, 100, 1000),
    ),
    "float64": Resolution(
        bits=52,
        window=2**18,
        sizes=(24, 32, 40, 48, 52, 54, 56, 58, 60, 62, 64, 68, 72, 80, 100, 1000),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What some pools of one size took: medians, and the largest number of sums."""

    grid: str
    n: int
    pools: int
    log2_subsets: float
    log2_expected: float
    share_zero: float
    error: float
    log2_sums: float
    log2_most_sums: float
    seconds: float
    proven: int


def draw(resolution: Resolution, n: int, generator: np.random.Generator) -> SubsetSum:
    """Draw a pool and a target on the grid, uniform in [-1, 1]."""
    one = 2**resolution.bits
    weights = generator.integers(-one, one, n, endpoint=True).tolist()
    target = int(generator.integers(-one, one, endpoint=True))
    return SubsetSum(weights=tuple(weights), target=target, fewest=n // 2, most=n // 2)


def log2_subsets(n: int) -> float:
    """Return the number of subsets of half the size, as a power of two."""
    return (math.lgamma(n + 1) - 2 * math.lgamma(n / 2 + 1)) / math.log(2)


def log2_expected(problem: SubsetSum) -> float:
    """Return how many subsets have the target as their sum, if sums were normal."""
    n, k = problem.num_candidates, problem.fewest
    mean = sum(problem.weights) / n
    variance = math.fsum((w - mean) ** 2 for w in problem.weights) / n
    spread = variance * k * (n - k) / (n - 1)
    density = (
        -((problem.target - k * mean) ** 2) / (2 * spread) - math.log(2 * math.pi * spread) / 2
    )
    return log2_subsets(n) + density / math.log(2)


def measure(grid: str, n: int, pools: int, seed: int) -> Row:
    """Solve some pools of one size."""
    resolution = RESOLUTIONS[grid]
    windows.WINDOW = resolution.window
    generator = np.random.default_rng([seed, resolution.bits, n])
    problems = [draw(resolution, n, generator) for _ in range(pools)]
    results, seconds = [], []
    for problem in problems:
        began = time.process_time()
        results.append(solve(problem, "four_lists"))
        seconds.append(time.process_time() - began)
    # A first guess may be right by accident: no sum was listed then.
    listed = [max(1, result.nodes) for result in results]
    errors = [problem.error(result.mask) for problem, result in zip(problems, results, strict=True)]
    return Row(
        grid=grid,
        n=n,
        pools=pools,
        log2_subsets=log2_subsets(n),
        log2_expected=statistics.median(map(log2_expected, problems)),
        share_zero=errors.count(0) / pools,
        error=statistics.median(errors),
        log2_sums=math.log2(statistics.median(listed)),
        log2_most_sums=math.log2(max(listed)),
        seconds=statistics.median(seconds),
        proven=sum(result.is_optimal for result in results),
    )


def markdown(rows: list[Row]) -> str:
    """Write the rows of one grid as a table; powers of two where numbers are large."""
    lines = [
        "| n | subsets | expected with error 0 | pools with error 0 | error (grid units) "
        "| sums listed | at most | seconds | proven |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        lines.append(
            f"| {row.n} | 2^{row.log2_subsets:.1f} | 2^{row.log2_expected:.1f} "
            f"| {row.share_zero:.0%} | {row.error:,.0f} | 2^{row.log2_sums:.1f} "
            f"| 2^{row.log2_most_sums:.1f} | {row.seconds:.2g} | {row.proven}/{row.pools} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print: a table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--grid", choices=sorted(RESOLUTIONS), help="one grid only")
    parser.add_argument("--pools", type=int, default=POOLS, help="pools of each size")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--largest", type=int, default=10**9, help="leave out larger pools")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    grids = [options.grid] if options.grid else sorted(RESOLUTIONS)
    tables = {}
    for grid in grids:
        measure(grid, 12, 1, options.seed)  # load the compiled code
        tables[grid] = [
            measure(grid, n, options.pools, options.seed)
            for n in RESOLUTIONS[grid].sizes
            if n <= options.largest
        ]
    if options.json:
        rows = [asdict(row) for table in tables.values() for row in table]
        print(json.dumps({"seed": options.seed, "rows": rows}))
        return
    for grid, rows in tables.items():
        print(f"### {grid}\n\n{markdown(rows)}\n")


if __name__ == "__main__":
    main()
