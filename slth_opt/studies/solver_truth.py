"""How often solvers call a subset optimal that is not, by the size of the weights.

Trained networks have weights of about 0.005. The best subset sum is then off by less than the
tolerances that solvers use unless told otherwise, and they answer "optimal" all the same. The
truth is a proof in integers; the default use is a model in plain floats, every option left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slth_opt.backends import backend_named, cbc, highs
from slth_opt.csv_rows import Row
from slth_opt.errors import BackendError, ClaimRejected
from slth_opt.experiments import Study, Task
from slth_opt.grid import Grid
from slth_opt.problems import SubsetSum
from slth_opt.problems.legality import mask_of
from slth_opt.programs import program_of
from slth_opt.programs.scaling import EXACT_BITS, FloatProgram, chosen, scale
from slth_opt.results import Effort, Stop
from slth_opt.side_process import ask
from slth_opt.solving import solve, why_not

if TYPE_CHECKING:
    import numpy as np

WEIGHTS_UP_TO = (1.0, 0.05, 0.005)

FINENESS = 32
"""Bits after the binary point: errors at the smallest scale are still hundreds of units."""

DRAWS = {"small": {12: 3, 16: 3}, "paper": {12: 20, 16: 20, 20: 4}}
"""How many draws of each n; half of the candidates are to be chosen."""

AUDITED = ("cbc", "highs", "scip", "cp_sat")

DEFAULTS = ("PuLP with CBC, by default", "HiGHS, by default")

SECONDS = 30.0
"""Limit of an audited solve; far above what these take, so that rows do not depend on it."""


def tasks(scale: str) -> Sequence[Task]:
    """Return the draws of each n at each size of weights.

    Examples
    --------
    >>> tasks("small")[0]
    {'weights_up_to': 1.0, 'n': 12, 'draw': 0}
    """
    return [
        {"weights_up_to": largest, "n": n, "draw": draw}
        for n, draws in DRAWS[scale].items()
        for largest in WEIGHTS_UP_TO
        for draw in range(draws)
    ]


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Draw a problem; hold what each tool says to the proven optimum.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> rows = run({"weights_up_to": 1.0, "n": 6, "draw": 0}, generator(1))
    >>> [row["wrong"] for row in rows if row["tool"] == "cp_sat"]
    [False]
    """
    problem = drawn(task["n"], task["n"] // 2, task["weights_up_to"], rng)
    proven = solve(problem)
    assert proven.is_optimal
    rows = []
    for tool, claimed, indices in answers(problem):
        shown = None
        if indices is not None:
            mask = mask_of(indices, problem.num_candidates)
            shown = problem.error(mask) if problem.is_legal(mask) else None
        rows.append({
            **task,
            "tool": tool,
            "claimed": claimed,
            "error": shown,
            "optimum": proven.value,
            "wrong": claimed == "optimal" and shown != proven.value,
        })  # fmt: skip
    return rows


def drawn(n: int, k: int, largest: float, rng: np.random.Generator) -> SubsetSum:
    """Return a problem with weights and target uniform up to a size.

    Examples
    --------
    >>> import numpy as np
    >>> drawn(6, 3, 0.5, np.random.default_rng(0)).num_candidates
    6
    """
    reach = int(largest * 2**FINENESS)
    weights = tuple(rng.integers(-reach, reach, n, endpoint=True).tolist())
    target = int(rng.integers(-reach, reach, endpoint=True))
    return SubsetSum(weights=weights, target=target, fewest=k, most=k, grid=Grid(exponent=FINENESS))


def answers(problem: SubsetSum) -> Iterator[tuple[str, str, tuple[int, ...] | None]]:
    """Yield for each tool on this machine: its name, what it claims, and its selection.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> problem = drawn(6, 3, 1.0, generator(1))
    >>> found = {tool: indices for tool, _, indices in answers(problem)}
    >>> found["cp_sat"] == solve(problem).indices
    True
    """
    if cbc.binary() is not None:
        status, _, indices = cbc.default_answer(problem)
        yield DEFAULTS[0], "optimal" if status == "Optimal" else status, indices
    yield DEFAULTS[1], *highs_in_reals(problem)
    effort = Effort(seconds=SECONDS)
    for name in AUDITED:
        if why_not(backend_named(name), problem, effort) is not None:
            continue
        try:
            result = solve(problem, name, effort)
        except (ClaimRejected, BackendError) as refusal:
            yield name, f"rejected: {refusal}", None
        else:
            finished = result.stop is Stop.FINISHED
            yield name, "optimal" if finished else result.stop.value, result.indices


def highs_in_reals(problem: SubsetSum) -> tuple[str, tuple[int, ...] | None]:
    """Return what HiGHS claims of the problem in plain floats, with the options scipy gives it.

    Examples
    --------
    >>> highs_in_reals(SubsetSum(weights=(3, -4), target=2, fewest=1, most=1))
    ('optimal', (0,))
    """
    program = in_reals(problem)
    (reply,) = ask(highs.__name__, (program, {}))
    said: dict[str, Any] | None = reply.content
    if said is None or said["values"] is None:
        return "nothing", None
    claimed = "optimal" if said["status"] == 0 else said["message"]
    return claimed, chosen(said["values"], program.num_choices)


def in_reals(problem: SubsetSum) -> FloatProgram:
    """Return the program with weights, target and error as the real numbers they stand for.

    Examples
    --------
    >>> problem = SubsetSum(weights=(3, -4), target=2, fewest=1, most=1, grid=Grid(exponent=2))
    >>> row = in_reals(problem).rows[0]
    >>> row.terms, row.high
    (((0, 0.75), (1, -1.0), (2, -1.0)), 0.5)
    """
    program = scale(program_of(problem), bits=EXACT_BITS)
    choices, unit = program.num_choices, float(problem.grid.real(1))

    def in_units(row: Any) -> Any:
        if all(i < choices for i, _ in row.terms):  # counts weights, and does not weigh them
            return row
        terms = tuple((i, a * unit if i < choices else a) for i, a in row.terms)
        return replace(row, terms=terms, low=row.low * unit, high=row.high * unit)

    return replace(
        program,
        rows=tuple(in_units(row) for row in program.rows),
        lows=tuple(x if i < choices else x * unit for i, x in enumerate(program.lows)),
        highs=tuple(x if i < choices else x * unit for i, x in enumerate(program.highs)),
        integral=tuple(i < choices for i in range(len(program.names))),
    )


def counts(rows: Sequence[Row], tool: str, largest: float) -> tuple[int, int, float]:
    """Return the wrong claims of a tool, all its claims, and its worst error by the optimum.

    Examples
    --------
    >>> row = {"tool": "cbc", "weights_up_to": 1.0, "claimed": "optimal", "optimum": 2}
    >>> counts([{**row, "error": 2, "wrong": False}, {**row, "error": 9, "wrong": True}], "cbc", 1)
    (1, 2, 4.5)
    """
    here = [
        row
        for row in rows
        if row["tool"] == tool and row["weights_up_to"] == largest and row["claimed"] == "optimal"
    ]
    worst = [row["error"] / row["optimum"] for row in here if row["error"] and row["optimum"]]
    return sum(row["wrong"] for row in here), len(here), max(worst, default=1.0)


def finding(rows: Sequence[Row]) -> str:
    """Say how often "optimal" was wrong."""
    lines = []
    for tool in dict.fromkeys(row["tool"] for row in rows):
        said = []
        for largest in WEIGHTS_UP_TO:
            wrong, claims, worst = counts(rows, tool, largest)
            ratio = f" (worst {worst:.3g} times the optimum)" if wrong else ""
            said.append(f"{wrong} of {claims}{ratio}")
        rejected = sum(r["tool"] == tool and r["claimed"].startswith("rejected") for r in rows)
        lines.append(f"{tool}: {', '.join(said)}; {rejected} rejected.")
    up_to = ", ".join(f"{largest:g}" for largest in WEIGHTS_UP_TO)
    return f"Wrong among claims of optimality, for weights up to {up_to}. {' '.join(lines)}"


STUDY = Study(
    name="solver-truth",
    source="no paper: all of them believe the solver",
    question='How often is a subset that a solver calls "optimal" not the best one?',
    tasks=tasks,
    run=run,
    finding=finding,
)
