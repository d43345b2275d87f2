"""One pool for all targets at once, and whether that takes the published squared logarithm.

Natale et al. 2024 prove that n H2(k/n) >= c log2(k/eps)^2 candidates serve every target of an
interval at once, and that log2(k/eps), once, is necessary. Here pools grow candidate by
candidate until their k-subsets leave no target of the interval alone; that is decided exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isqrt, log, log2
from statistics import fmean, median_low
from typing import TYPE_CHECKING

from slth_opt.coverage import integer_coverage
from slth_opt.csv_rows import Row
from slth_opt.experiments import Study, Task
from slth_opt.sources import FINENESS, draw_uniform
from slth_opt.theory import binary_entropy, candidates_for_all_targets, candidates_for_one_target

if TYPE_CHECKING:
    import numpy as np

SIZES = (2, 3, 4, 6, 8)

EXPONENTS = {"small": (4, 6, 8, 10), "paper": (4, 6, 8, 10, 12, 14)}
"""-log2 eps."""

DRAWS = {"small": 10, "paper": 40}

PART = 10
"""Draws of a task."""

INTERVALS = ("1", "sqrt(k)")
"""How far from 0 all targets are served."""


def tasks(scale: str) -> Sequence[Task]:
    """Return the parts of each size; the tolerances of a draw belong together.

    Examples
    --------
    >>> [task["k"] for task in tasks("small")]
    [2, 3, 4, 6, 8]
    """
    return [
        {"k": k, "exponents": list(EXPONENTS[scale]), "draws": PART}
        for k in SIZES
        for _ in range(DRAWS[scale] // PART)
    ]


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Draw pools; find how many of its candidates each needs to serve all targets.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> rows = run({"k": 2, "exponents": [2, 3], "draws": 1}, generator(1))
    >>> coarse, fine = (row["n"] for row in rows if row["targets_up_to"] == "1")
    >>> coarse <= fine
    True
    """
    k, rows = task["k"], []
    for draw in range(task["draws"]):
        pool: list[int] = []
        for interval in INTERVALS:
            reach = 2**FINENESS if interval == "1" else isqrt(k * 4**FINENESS)
            n = k
            for exponent in task["exponents"]:
                n = candidates_needed(pool, rng, k, reach, 2 ** (FINENESS - exponent), n)
                rows.append(
                    {"k": k, "draw": draw, "targets_up_to": interval, "exponent": exponent, "n": n}
                )
    return rows


def candidates_needed(
    pool: list[int], rng: np.random.Generator, k: int, reach: int, radius: int, least: int
) -> int:
    """Return how many of a pool's first candidates serve all targets; the pool grows as needed.

    Everything is in units of 2^-23.

    Examples
    --------
    >>> candidates_needed([-6, 6, -2, 2], None, 1, 8, 2, 1)
    4
    """
    import numpy as np

    def covers(n: int) -> bool:
        while len(pool) < n:
            more = np.ldexp(draw_uniform(rng, (64,)), FINENESS)
            pool.extend(more.astype(np.int64).tolist())
        return integer_coverage(pool[:n], size=k, low=-reach, high=reach).distance <= radius

    return smallest_covering(covers, least, k)


def smallest_covering(covers: Callable[[int], bool], least: int, k: int) -> int:
    """Return the smallest n from `least` on that covers; more candidates never cover less.

    Sums grow like the k-th power of n, so n grows by one k-th part at a time.

    Examples
    --------
    >>> smallest_covering(lambda n: n >= 50, 2, 2)
    50
    """
    low, high = least - 1, least
    while not covers(high):
        low, high = high, high + max(1, high // k)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if covers(middle) else (middle, high)
    return high


def needs(rows: Sequence[Row], interval: str) -> dict[tuple[int, int], int]:
    """Return the n at which half of all draws serve every target, by size and -log2 eps.

    Examples
    --------
    >>> row = {"k": 2, "targets_up_to": "1", "exponent": 4}
    >>> needs([{**row, "n": 20}, {**row, "n": 30}, {**row, "n": 22}, {**row, "n": 25}], "1")
    {(2, 4): 22}
    """
    return {key: median_low(found) for key, found in _grouped(rows, interval).items()}


def _grouped(rows: Sequence[Row], interval: str) -> dict[tuple[int, int], list[int]]:
    found: dict[tuple[int, int], list[int]] = {}
    for row in rows:
        if row["targets_up_to"] == interval:
            found.setdefault((row["k"], row["exponent"]), []).append(row["n"])
    return found


def powers(rows: Sequence[Row], interval: str) -> dict[int, float]:
    """Return for each size the p for which n H2(k/n) grows like log2(k/eps)^p, by least squares.

    Examples
    --------
    >>> row = {"k": 1, "targets_up_to": "1"}
    >>> found = powers([{**row, "exponent": 2, "n": 5}, {**row, "exponent": 4, "n": 29}], "1")
    >>> round(found[1], 2)
    0.8
    """
    return {
        k: _slope([(log(wanted), log(bits)) for wanted, bits in line])
        for k, line in _lines(rows, interval).items()
    }


def _lines(rows: Sequence[Row], interval: str) -> dict[int, list[tuple[float, float]]]:
    """Return for each size the log2(k/eps) and the mean n H2(k/n), where n is at least 2k.

    Below 2k neither law is stated. A size with fewer than two tolerances shows no law.
    """
    lines: dict[int, list[tuple[float, float]]] = {}
    for (k, exponent), found in sorted(_grouped(rows, interval).items()):
        if median_low(found) >= 2 * k:
            bits = fmean(n * binary_entropy(k / n) for n in found)
            lines.setdefault(k, []).append((log2(k) + exponent, bits))
    return {k: line for k, line in lines.items() if len(line) > 1}


def _slope(line: Sequence[tuple[float, float]]) -> float:
    across, up = fmean(x for x, _ in line), fmean(y for _, y in line)
    return sum((x - across) * (y - up) for x, y in line) / sum((x - across) ** 2 for x, _ in line)


def ratios(rows: Sequence[Row], interval: str, power: int) -> float:
    """Return how far n H2(k/n) / log2(k/eps)^power drifts with eps: most by least, the worst size.

    A law that fits gives 1.

    Examples
    --------
    >>> row = {"k": 1, "targets_up_to": "1"}
    >>> both = [{**row, "exponent": 2, "n": 5}, {**row, "exponent": 4, "n": 29}]
    >>> round(ratios(both, "1", 1), 2), round(ratios(both, "1", 2), 2)
    (1.15, 2.3)
    """
    multiples = [
        [bits / wanted**power for wanted, bits in line] for line in _lines(rows, interval).values()
    ]
    return max(max(found) / min(found) for found in multiples)


def finding(rows: Sequence[Row]) -> str:
    """Say which of the two laws the candidates follow, and by what margin."""
    lines = []
    for interval in INTERVALS:
        found = powers(rows, interval)
        beyond = [b - w for line in _lines(rows, interval).values() for w, b in line]
        lines.append(
            f"Targets up to {interval}: n H2(k/n) grows like log2(k/eps)^p with p from "
            f"{min(found.values()):.2f} to {max(found.values()):.2f} (sizes {min(found)} to "
            f"{max(found)}); as a multiple "
            f"of the logarithm it drifts by a factor of {ratios(rows, interval, 1):.2f} at most, "
            f"of the squared one by {ratios(rows, interval, 2):.2f}. It is the logarithm "
            f"and {min(beyond):.1f} to {max(beyond):.1f} bits."
        )
    k, exponent = max(needs(rows, INTERVALS[1]))
    half, eps = needs(rows, INTERVALS[1])[k, exponent], 2.0**-exponent
    lines.append(
        f"For k = {k} and eps = 2^-{exponent} half of all pools serve every target up to sqrt(k) "
        f"from n = {half} on; the law for one target says "
        f"{candidates_for_one_target(k, eps, constant=1)}, the squared one "
        f"{candidates_for_all_targets(k, eps, constant=1):.3g} (both with constant 1)."
    )
    worst = max(p for interval in INTERVALS for p in powers(rows, interval).values())
    lines.append(
        "Nothing asks for the square here." if worst < 1.5 else "The square may be needed."
    )
    return " ".join(lines)


STUDY = Study(
    name="all-targets",
    source="Natale et al. 2024, Corollary 1 and Theorem 5",
    question="How many candidates serve all targets at once: is the squared logarithm needed?",
    tasks=tasks,
    run=run,
    finding=finding,
)
