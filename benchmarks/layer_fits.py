"""How large a fit to samples is solved, by which method, and how much the bound knows at once.

Rows of a random layer, uniform in [-1, 1] on the float32 grid; samples behind a ReLU, normal
numbers rounded to 64ths; wanted are the outputs of another layer, uniform within
1/sqrt(n) times --scale. Every method solves the same rows.

    python benchmarks/layer_fits.py [--n 20 30] [--samples 16 64 256] [--seconds T] [--rows R]
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from slth_opt import Effort, VectorSum, solve
from slth_opt.errors import BackendError
from slth_opt.fitting import outputs_of, row_problems

ONE = 2**23
METHODS = ("relaxing", "points", "cp_sat", "highs")


def drawn_rows(
    n: int, samples: int, norm: str, rows: int, scale: float, seed: int
) -> tuple[VectorSum, ...]:
    """Draw the rows of one layer, with samples of their own."""
    rng = np.random.default_rng([seed, n, samples])
    weights = rng.integers(-ONE, ONE + 1, (rows, n)) / ONE
    inputs = np.maximum(0.0, np.rint(64 * rng.normal(size=(n, samples))) / 64)
    wanted = np.rint(rng.uniform(-1, 1, (rows, n)) * scale / np.sqrt(n) * ONE) / ONE
    return row_problems(weights, outputs_of(wanted, inputs), inputs, norm=norm)


def measure(problems: tuple[VectorSum, ...], method: str, seconds: float) -> str:
    """Return median seconds, how many were proven, and the median gap of those that were not."""
    times, gaps = [], []
    for problem in problems:
        began = time.perf_counter()
        try:
            result = solve(problem, method, Effort(seconds=seconds))
        except BackendError:
            return "refused"
        times.append(time.perf_counter() - began)
        proven = result.is_optimal or (
            result.reported is not None and result.stop.value == "finished"
        )
        if not proven and result.value:
            gaps.append((result.value - result.lower_bound) / result.value)
    said = f"{statistics.median(times):.2f}"
    if gaps:
        said += f" ({len(problems) - len(gaps)}/{len(problems)}, gap {statistics.median(gaps):.0%})"
    return said


def root_share(problem: VectorSum) -> float:
    """Return the bound after one node as a share of the best value known."""
    result = solve(problem, "relaxing", Effort(nodes=2))
    return result.lower_bound / result.value if result.value else 1.0


def main() -> None:
    """Print one line per size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, nargs="+", default=[20, 30])
    parser.add_argument("--samples", type=int, nargs="+", default=[16, 64, 256])
    parser.add_argument("--methods", nargs="+", default=["relaxing"], choices=METHODS)
    parser.add_argument("--rows", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print("| n | samples | norm | bound at the root | " + " | ".join(given.methods) + " |")
    print("|--:|--:|---|--:|" + "--:|" * len(given.methods))
    for method in given.methods:  # compile, import
        solve(drawn_rows(16, 4, "l1", 1, 1.0, 0)[0], method)
    for n in given.n:
        for samples in given.samples:
            for norm in ("linf", "l1"):
                rows = drawn_rows(n, samples, norm, given.rows, given.scale, given.seed)
                share = statistics.median(map(root_share, rows))
                cells = [measure(rows, method, given.seconds) for method in given.methods]
                print(
                    f"| {n} | {samples} | {norm} | {share:.0%} | " + " | ".join(cells) + " |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
