"""Measure the exact methods for several rows against each other at growing n and d.

Numbers are uniform in [-1, 1] on the grid of float32 (2^-23), targets as well; the largest error
is minimised over subsets of exactly half the columns (--size half) or of any size (--size any).
With --pooled the rows share no column: both signs of one input served by one mask.

    python benchmarks/vectors.py [--rows D ...] [--columns N ...] [--size half|any] [--pooled]
        [--backends NAME ...] [--seconds S] [--instances M] [--seed S] [--json]

A method that is not done after --seconds, on one instance, sits out the larger ones.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from dataclasses import asdict, dataclass

import numpy as np

from slth_opt import Effort, VectorSum, solve
from slth_opt.backends import backend_named
from slth_opt.problems import pooled_signs
from slth_opt.solving import why_not

ONE = 2**23


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one method took for one kind of problem: medians over the instances."""

    columns: int
    rows: int
    backend: str
    seconds: float
    nodes: float
    proven: int
    instances: int
    error: float


def draw(n: int, d: int, size: int | None, pooled: bool, rng: np.random.Generator) -> VectorSum:
    """Draw a problem on the grid of float32."""
    if pooled:
        first, second = (rng.integers(-ONE, ONE, n, endpoint=True) / ONE for _ in range(2))
        return pooled_signs(first, second, float(rng.integers(-ONE, ONE) / ONE), size=size)
    rows = rng.integers(-ONE, ONE, (d, n), endpoint=True) / ONE
    targets = rng.integers(-ONE, ONE, d, endpoint=True) / ONE
    return VectorSum.from_reals(rows.tolist(), targets.tolist(), size=size)


def measure(problems: list[VectorSum], backend: str, seconds: float) -> Row | None:
    """Solve all problems with one method; None if it cannot take them."""
    effort = Effort(seconds=seconds)
    if any(why_not(backend_named(backend), p, effort) for p in problems):
        return None
    results = [solve(p, backend, effort) for p in problems]
    return Row(
        columns=problems[0].num_candidates,
        rows=len(problems[0].rows),
        backend=backend,
        seconds=statistics.median(r.seconds for r in results),
        nodes=statistics.median(r.nodes for r in results),
        proven=sum(r.is_optimal for r in results),
        instances=len(results),
        error=statistics.median(float(r.real_error or 0) for r in results),
    )


def main(arguments: list[str]) -> None:
    """Print one line per kind of problem and method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[2, 4, 8])
    parser.add_argument("--columns", type=int, nargs="+", default=[16, 20, 24, 30, 36, 40])
    parser.add_argument("--size", choices=["half", "any"], default="half")
    parser.add_argument("--pooled", action="store_true")
    parser.add_argument("--backends", nargs="+", default=["points", "enumeration", "cp_sat"])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--instances", type=int, default=3)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    for d in [2] if given.pooled else given.rows:
        fit = set(given.backends)
        for backend in given.backends:  # compile and load
            solve(draw(6, d, 3, given.pooled, np.random.default_rng(0)), backend)
        for n in given.columns:
            rng = np.random.default_rng([given.seed, n, d])
            size = n // 2 if given.size == "half" else None
            problems = [draw(n, d, size, given.pooled, rng) for _ in range(given.instances)]
            for backend in given.backends:
                row = measure(problems, backend, given.seconds) if backend in fit else None
                if row is None:
                    continue
                if row.proven < row.instances:
                    fit.remove(backend)
                shown = asdict(row)
                if given.json:
                    print(json.dumps(shown), flush=True)
                else:
                    print(
                        "n={columns} d={rows} {backend}: {seconds:.3g} s, nodes {nodes:.3g}, "
                        "proven {proven}/{instances}, error {error:.3g}".format(**shown),
                        flush=True,
                    )


if __name__ == "__main__":
    main(sys.argv[1:])
