"""Integers up to M: at n = log2 M candidates, exact solutions turn from none to very many.

Borgs, Chayes and Pittel 2001 prove this transition for number partitioning, and Kumar and Natale
2025 build on it without an experiment. Here solutions are counted, not estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slth_opt.counting import count_subsets
from slth_opt.csv_rows import Row
from slth_opt.experiments import Study, Task
from slth_opt.problems import SubsetSum
from slth_opt.theory import transition_size

if TYPE_CHECKING:
    import numpy as np

BITS = (8, 12, 16, 20)
"""log2 of M."""

AROUND = (-6, -4, -2, -1, 0, 1, 2, 3, 4, 6)
"""Candidates more than log2 M."""

DRAWS = {"small": 40, "paper": 2000}


def tasks(scale: str) -> Sequence[Task]:
    """Return one task for each M and number of candidates.

    Examples
    --------
    >>> tasks("small")[0]
    {'bits': 8, 'n': 2, 'draws': 40}
    """
    return [
        {"bits": bits, "n": bits + more, "draws": DRAWS[scale]}
        for bits in BITS
        for more in AROUND
        if bits + more >= 2
    ]


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Draw integers and a target within reach; count the subsets that meet it exactly.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> (row,) = run({"bits": 8, "n": 16, "draws": 5}, generator(1))
    >>> row["kappa"], row["successes"], row["mean_solutions"] > 1
    (0.5, 5, True)
    """
    bits, n, draws = task["bits"], task["n"], task["draws"]
    largest = 2**bits
    counts = []
    for _ in range(draws):
        weights = tuple(int(w) for w in rng.integers(-largest, largest, n, endpoint=True))
        # Half an M off the middle of the sums, where the theory is about typical targets.
        target = sum(weights) // 2 + int(rng.integers(-largest // 2, largest // 2, endpoint=True))
        problem = SubsetSum(weights=weights, target=target, fewest=0, most=n)
        counts.append(count_subsets(problem, 0))
    return [
        {
            "bits": bits,
            "n": n,
            "kappa": transition_size(largest) / n,
            "draws": draws,
            "successes": sum(1 for count in counts if count),
            "mean_solutions": sum(counts) / draws,
        }
    ]


def finding(rows: Sequence[Row]) -> str:
    """Say what happens at, well below and well above the transition."""

    def share(above: int) -> float:
        here = [row for row in rows if row["n"] - row["bits"] == above]
        return float(sum(r["successes"] for r in here) / sum(r["draws"] for r in here))

    return (
        f"With log2 M candidates {share(0):.2f} of all targets are met exactly; with four fewer "
        f"{share(-4):.2f}, with six more {share(6):.2f}."
    )


STUDY = Study(
    name="quantised",
    source="Borgs, Chayes and Pittel 2001; Kumar and Natale 2025",
    question="How sudden is the step from no exact subset sum to many, for integers up to M?",
    tasks=tasks,
    run=run,
    finding=finding,
)
