"""How long each method takes to prove an optimum, as a performance profile.

Rows hold seconds, which do not repeat, and whether a method was done within the limit, which need
not.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from slth_opt.backends import backend_named
from slth_opt.csv_rows import Row
from slth_opt.errors import BackendError, ClaimRejected
from slth_opt.experiments import Study, Task
from slth_opt.problems import SubsetSum
from slth_opt.results import Effort, Stop
from slth_opt.solving import solve, why_not
from slth_opt.sources import FINENESS

if TYPE_CHECKING:
    import numpy as np

METHODS = ("meeting", "four_lists", "branching", "cp_sat", "scip", "highs", "cbc")
"""Three of our own, and four solvers. The floating-point ones prove nothing that is believed
here; their claim of optimality counts as done if the optimum is what they found."""

SHAPES = {
    "small": ((12, 6), (16, 4), (16, 8)),
    "paper": ((12, 3), (12, 6), (16, 4), (16, 8), (20, 5), (20, 10), (30, 3)),
}
"""Pairs of n and k."""

DRAWS = {"small": 2, "paper": 5}

LIMIT = {"small": 5.0, "paper": 20.0}
"""Seconds for each solve."""


def tasks(scale: str) -> Sequence[Task]:
    """Return the draws of each shape.

    Examples
    --------
    >>> tasks("small")[0]
    {'n': 12, 'k': 6, 'draw': 0, 'limit': 5.0}
    """
    return [
        {"n": n, "k": k, "draw": draw, "limit": LIMIT[scale]}
        for n, k in SHAPES[scale]
        for draw in range(DRAWS[scale])
    ]


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Draw a problem with weights up to 1; time every method on it."""
    n, k = task["n"], task["k"]
    one = 2**FINENESS
    weights = tuple(rng.integers(-one, one, n, endpoint=True).tolist())
    target = int(rng.integers(-one, one, endpoint=True))
    problem = SubsetSum(weights=weights, target=target, fewest=k, most=k)
    optimum = solve(problem).value
    rows = []
    for method in METHODS:
        limited = "seconds" in backend_named(method).honours
        effort = Effort(seconds=task["limit"]) if limited else Effort()
        if why_not(backend_named(method), problem, effort) is not None:
            continue
        try:
            _warm(method, k)
            result = solve(problem, method, effort)
        except (ClaimRejected, BackendError):
            solved, seconds = False, task["limit"]
        else:
            solved = result.stop is Stop.FINISHED and result.value == optimum
            seconds = result.seconds
        rows.append({**task, "method": method, "solved": solved, "seconds": seconds})
    return rows


def _warm(method: str, k: int) -> None:
    """Load a method's code and start its process, which is no part of its time."""
    pool = tuple(3**i % 1009 for i in range(2 * k))
    solve(SubsetSum(weights=pool, target=500, fewest=2, most=2), method)


def factors(rows: Sequence[Row], method: str) -> list[float]:
    """Return, in increasing order, how many times the fastest a method took, where it solved.

    Examples
    --------
    >>> row = {"n": 12, "k": 6, "draw": 0, "solved": True}
    >>> rows = [{**row, "method": "a", "seconds": 2.0}, {**row, "method": "b", "seconds": 6.0}]
    >>> factors(rows, "a"), factors(rows, "b")
    ([1.0], [3.0])
    """
    best: dict[tuple[int, int, int], float] = {}
    for row in rows:
        if row["solved"]:
            key = (row["n"], row["k"], row["draw"])
            best[key] = min(best.get(key, row["seconds"]), row["seconds"])
    return sorted(
        row["seconds"] / best[row["n"], row["k"], row["draw"]]
        for row in rows
        if row["solved"] and row["method"] == method
    )


def finding(rows: Sequence[Row]) -> str:
    """Say how many instances each method finished, and how many times the fastest it took."""
    lines = []
    for method in dict.fromkeys(row["method"] for row in rows):
        instances = sum(row["method"] == method for row in rows)
        found = factors(rows, method)
        middle = f", {median(found):,.3g} times the fastest" if found else ""
        lines.append(f"{method} {len(found)} of {instances}{middle}")
    return f"Proven within the limit, and the median time of these: {'; '.join(lines)}."


STUDY = Study(
    name="solver-times",
    source="no paper: the published experiments name one solver and one total",
    question="How long does each method take to prove the best subset?",
    tasks=tasks,
    run=run,
    finding=finding,
    timed=("solved", "seconds"),
)
