"""How sharp is the threshold of fixed-size subset sums, and which constant belongs to it.

Natale et al. 2024 prove that n H2(k/n) >= c log2(k/eps) candidates suffice with a constant
probability, for an unknown c, and show no experiment. Here every draw is solved exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, product
from math import comb, sqrt
from typing import TYPE_CHECKING

from slth_opt.batch import nearest_subsets
from slth_opt.csv_rows import Row
from slth_opt.experiments import Study, Task
from slth_opt.reproducing import Reproduced, in_words, share_beside
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
"""Larger pools are only looked at if all their k-subsets can be tried."""

MOST_SUBSETS = 50_000
"""So many are tried at most."""

WIDEST = 1200
"""The largest pools that are drawn: 20,000 of them are 200 MB."""

EARLIER = {
    (1e-2, 1): ("0.317", "0.317"),
    (1e-2, 2): ("0.330", "0.398"),
    (1e-2, 3): ("0.340", "0.370"),
    (1e-2, 4): ("0.378", "0.480"),
    (1e-3, 2): ("0.295", "0.360"),
    (1e-3, 3): ("0.343", "0.417"),
    (1e-3, 4): ("0.338", "0.390"),
    (1e-3, 5): ("0.357", "0.470"),
    (1e-4, 4): ("0.297", "0.407"),
    (1e-4, 5): ("0.338", "0.455"),
    (1e-4, 6): ("0.390", "0.495"),
}
"""Success at c = 1 in an earlier exact run, for targets up to sqrt(k) and up to 1."""

EARLIER_DRAWS = 400

LEVELS = (0.5, 0.9, 0.99)
"""Shares of success whose constants are looked for."""


def tasks(scale: str) -> Sequence[Task]:
    """Return one task for each tolerance, size and constant.

    Examples
    --------
    >>> tasks("small")[0]
    {'tolerance': 0.01, 'k': 1, 'n': 10, 'draws': 400}
    """
    found = []
    for (tolerance, sizes), constant in product(SIZES.items(), CONSTANTS):
        for k in sizes:
            n = candidates_for_one_target(k, tolerance, constant=constant)
            if n <= MOST_CANDIDATES or (n <= WIDEST and comb(n, k) <= MOST_SUBSETS):
                found.append({"tolerance": tolerance, "k": k, "n": n, "draws": DRAWS[scale]})
    return list({(t["tolerance"], t["k"], t["n"]): t for t in found}.values())


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Draw pools and targets; count how often the best k-subset is within the tolerance.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> rows = run({"tolerance": 0.01, "k": 2, "n": 12, "draws": 50}, generator(1))
    >>> [row["targets_up_to"] for row in rows], all(0 < share(row) < 1 for row in rows)
    (['sqrt(k)', '1'], True)
    """
    import numpy as np

    tolerance, k, n, draws = (task[name] for name in ("tolerance", "k", "n", "draws"))
    pools = draw_uniform(rng, (draws, n)).astype(np.float64)
    find = best_errors if n <= MOST_CANDIDATES else errors_of_all
    rows = []
    for law, reach in (("sqrt(k)", sqrt(k)), ("1", 1.0)):
        targets = np.floor(rng.uniform(-reach, reach, draws) * 2**FINENESS) / 2**FINENESS
        errors = find(pools, targets, k)
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


def best_errors(pools: np.ndarray, targets: np.ndarray, k: int) -> np.ndarray:
    """Return the error of the best k-subset of each pool, by a meeting in the middle.

    Examples
    --------
    >>> import numpy as np
    >>> best_errors(np.array([[0.5, 0.25, -1.0]]), np.array([0.625]), 2).tolist()
    [0.125]
    """
    return nearest_subsets(pools, targets, size=k).errors


def errors_of_all(pools: np.ndarray, targets: np.ndarray, k: int) -> np.ndarray:
    """Return the same by trying every k-subset; sums of numbers on the grid are exact.

    Examples
    --------
    >>> import numpy as np
    >>> errors_of_all(np.array([[0.5, 0.25, -1.0]]), np.array([0.625]), 2).tolist()
    [0.125]
    """
    import numpy as np

    subsets = np.array(list(combinations(range(pools.shape[1]), k)), np.intp).T
    part = max(1, 2_000_000 // subsets.shape[1])
    errors = np.empty(len(pools))
    for first in range(0, len(pools), part):
        rows = pools[first : first + part]
        sums = np.broadcast_to(-targets[first : first + part, None], (len(rows), 1))
        for chosen in subsets:
            sums = sums + rows[:, chosen]
        errors[first : first + part] = np.abs(sums).min(axis=1)
    return errors


def beside_earlier(rows: Sequence[Row]) -> Iterator[Reproduced]:
    """Yield every figure of the earlier run beside ours.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> rows = run({"tolerance": 0.01, "k": 1, "n": 38, "draws": 50}, generator(1))
    >>> first = next(beside_earlier(rows))
    >>> first.what, first.before, abs(first.deviations) < 4
    ('0.01, 1 of 38, up to sqrt(k)', 0.317, True)
    """
    for (tolerance, k), before in EARLIER.items():
        n = candidates_for_one_target(k, tolerance, constant=1)
        for law, printed in zip(("sqrt(k)", "1"), before, strict=True):
            (row,) = (
                row
                for row in rows
                if (row["tolerance"], row["k"], row["n"]) == (tolerance, k, n)
                and row["targets_up_to"] == law
            )
            what = f"{tolerance:g}, {k} of {n}, up to {law}"
            yield share_beside(what, row["successes"], row["draws"], printed, EARLIER_DRAWS)


def finding(rows: Sequence[Row]) -> str:
    """Say how often n at the threshold is enough, and which constants it takes for more."""
    met = [row for row in rows if row["targets_up_to"] == "sqrt(k)"]
    at_one = [share(row) for row in met if 1 <= row["constant"] < 1.06 and row["n"] > 2 * row["k"]]
    lines = [
        f"At c = 1, as few candidates as counting allows, {min(at_one):.2f} to {max(at_one):.2f} "
        f"of all draws have a subset within the tolerance ({len(at_one)} settings)."
    ]
    lines.append(in_words(beside_earlier(rows)))
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
