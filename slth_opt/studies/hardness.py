"""Where random subset sums are hardest, by candidates, size and resolution.

Work grows with every candidate until exact solutions appear, about where one is expected, and
grows no more from there on: an error of zero proves itself. Nodes repeat on any machine; the column
`seconds` does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import log2
from statistics import fmean, median
from typing import TYPE_CHECKING

from slth_opt.csv_rows import Row
from slth_opt.experiments import Study, Task
from slth_opt.four_lists import windows
from slth_opt.problems import SubsetSum
from slth_opt.solving import solve
from slth_opt.theory import expected_hits

if TYPE_CHECKING:
    import numpy as np

METHODS = ("branching", "four_lists")

WINDOW = 2**6
"""Sums that `four_lists` lists at once. By default it lists up to 2^20, which is made for speed,
and hides where it could have stopped."""

PARTS = (2, 4)
"""One of so many candidates is chosen."""

BITS = {"small": (12, 16), "paper": (12, 16, 20)}
"""Resolution: weights and targets are multiples of 2^-bits in [-1, 1]."""

CANDIDATES = range(8, 45, 4)

DRAWS = {"small": 10, "paper": 60}


def tasks(scale: str) -> Sequence[Task]:
    """Return one task for each resolution, part and number of candidates.

    Examples
    --------
    >>> tasks("small")[0]
    {'bits': 12, 'part': 2, 'n': 8, 'draws': 10}
    """
    return [
        {"bits": bits, "part": part, "n": n, "draws": DRAWS[scale]}
        for bits in BITS[scale]
        for part in PARTS
        for n in CANDIDATES
    ]


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Draw problems; solve each to the proven optimum by every method, and count.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> rows = run({"bits": 12, "part": 2, "n": 8, "draws": 4}, generator(1))
    >>> [row["k"] for row in rows], len({row["method"] for row in rows})
    ([4, 4], 2)
    """
    bits, n, k = task["bits"], task["n"], task["n"] // task["part"]
    one = 2**bits
    problems = []
    for _ in range(task["draws"]):
        weights = tuple(rng.integers(-one, one, n, endpoint=True).tolist())
        target = int(rng.integers(-one, one, endpoint=True))
        problems.append(SubsetSum(weights=weights, target=target, fewest=k, most=k))
    rows = []
    for method in METHODS:
        with _small_windows():
            results = [solve(problem, method) for problem in problems]
        assert all(result.is_optimal for result in results)
        rows.append({
            **task,
            "k": k,
            "method": method,
            "expected": log2(expected_hits(n, k, 0.5**bits / 2)),
            "zeros": sum(result.value == 0 for result in results),
            "nodes": median(result.nodes for result in results),
            "log_nodes": fmean(log2(result.nodes + 1) for result in results),
            "seconds": median(result.seconds for result in results),
        })  # fmt: skip
    return rows


@contextmanager
def _small_windows() -> Iterator[None]:
    kept = windows.WINDOW
    windows.WINDOW = WINDOW
    try:
        yield
    finally:
        windows.WINDOW = kept


def peak(rows: Sequence[Row], method: str, bits: int, part: int) -> Row:
    """Return the row of the n at which a method counts most nodes, by the mean of the logarithm.

    Examples
    --------
    >>> row = {"method": "meeting", "bits": 8, "part": 2}
    >>> peak([{**row, "n": n, "log_nodes": 9 - abs(n - 13)} for n in (12, 13, 14)],
    ...     "meeting", 8, 2)["n"]
    13
    """
    here = (
        row for row in rows if (row["method"], row["bits"], row["part"]) == (method, bits, part)
    )
    return max(here, key=lambda row: row["log_nodes"])


def expected_peak(bits: int, part: int) -> int:
    """Return the n among those tried at which about one exact solution is expected.

    Examples
    --------
    >>> expected_peak(8, 2), expected_peak(16, 2)
    (12, 20)
    """
    return min(CANDIDATES, key=lambda n: abs(log2(expected_hits(n, n // part, 0.5**bits / 2))))


def beyond(rows: Sequence[Row], method: str, bits: int, part: int) -> float:
    """Return the mean log2 of the nodes for the n above the expected peak.

    Examples
    --------
    >>> row = {"method": "branching", "bits": 16, "part": 2}
    >>> beyond([{**row, "n": n, "log_nodes": n / 4} for n in (20, 24, 28)], "branching", 16, 2)
    6.5
    """
    top = expected_peak(bits, part)
    return fmean(
        row["log_nodes"]
        for row in rows
        if (row["method"], row["bits"], row["part"]) == (method, bits, part) and row["n"] > top
    )


def finding(rows: Sequence[Row]) -> str:
    """Say where the peak is, and what happens beyond it."""
    lines = []
    for bits in sorted({row["bits"] for row in rows}):
        for part in PARTS:
            top = peak(rows, "four_lists", bits, part)
            lines.append(
                f"2^-{bits}, k = n/{part}: four_lists lists most sums at n = {top['n']} "
                f"(2^{top['log_nodes']:.1f}; one exact solution is expected at "
                f"{expected_peak(bits, part)}), and 2^"
                f"{beyond(rows, 'four_lists', bits, part):.1f} beyond; branching stays at 2^"
                f"{beyond(rows, 'branching', bits, part):.1f} nodes there."
            )
    return " ".join(lines)


STUDY = Study(
    name="hardness",
    source="Borgs, Chayes and Pittel 2001 on the same transition; no paper measured the work",
    question="At which n is it hardest to prove the best subset?",
    tasks=tasks,
    run=run,
    finding=finding,
    timed=("seconds",),
)
