"""How far both masks of a layer can be proven optimal: by size, resolution, norm and budget.

Every layer goes through the plain program and the strengthened one, both by CP-SAT, and through
`mask_search`. Weights are uniform integers up to 2^bits, targets up to half of their products.

    python benchmarks/joint_frontier.py [--seconds S] [--seeds N] [--sizes 4x12x4 ...] [--json]

Errors are printed in units of the largest product of two weights. What was not proven has the
best value and bound of any seed's last method as a bracket, so that nothing is left out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from slth_opt import Effort, JointLayer, solve
from slth_opt.backends import cp_sat
from slth_opt.methods import Claim
from slth_opt.problems.legality import indices_of
from slth_opt.results import Stop
from slth_opt.strengthening import strengthen

SIZES = ("3x16x3", "4x12x4", "5x16x5", "6x20x6")
BITS = (3, 4, 6, 23)
METHODS = ("plain", "strengthened", "mask_search")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One solve of one layer; value and bound in units of the largest product."""

    size: str
    bits: int
    norm: str
    budget: str
    seed: int
    method: str
    proven: bool
    value: float
    bound: float
    seconds: float


def draw(size: str, bits: int, seed: int, norm: str, budget: str) -> JointLayer:
    """Draw a layer; a budget of "half" allows half of the edges."""
    outputs, hidden, inputs = map(int, size.split("x"))
    generator = np.random.default_rng([seed, outputs, hidden, inputs, bits])
    one = 2**bits
    second = generator.integers(-one, one, (outputs, hidden), endpoint=True)
    first = generator.integers(-one, one, (hidden, inputs), endpoint=True)
    goals = generator.integers(-one // 2, one // 2, (outputs, inputs), endpoint=True) * one
    edges = hidden * (outputs + inputs)
    return JointLayer(
        first=first.tolist(),
        second=second.tolist(),
        targets=goals.tolist(),
        norm=norm,
        most={"none": edges, "half": edges // 2, "quarter": edges // 4}[budget],
    )


def by_strengthened(problem: JointLayer, effort: Effort) -> tuple[int, int]:
    """Return the best value and bound of CP-SAT on the strengthened program."""
    stronger = strengthen(problem)
    value = problem.value([int(i in set(stronger.start)) for i in range(problem.num_candidates)])
    if value == stronger.bound:
        return value, stronger.bound
    model, variables = cp_sat._model(stronger.program)
    from slth_opt.programs import point_of

    mask = [int(i in set(stronger.start)) for i in range(problem.num_candidates)]
    for variable, known in zip(variables, point_of(problem, mask), strict=True):
        model.add_hint(variable, known)
    solver = cp_sat._solver(effort)
    cp_sat._run(solver, model)
    bound = max(stronger.bound, int(solver.response_proto.inner_objective_lower_bound))
    status = solver.status_name()
    if status == "UNKNOWN":
        return value, bound
    if status not in ("OPTIMAL", "FEASIBLE"):
        raise RuntimeError(f"CP-SAT calls a strengthened program {status}")
    point = [int(solver.value(variable)) for variable in variables]
    claim = Claim(indices=indices_of(point[: problem.num_candidates]), stop=Stop.FINISHED)
    found = problem.value([int(i in set(claim.indices)) for i in range(problem.num_candidates)])
    return min(value, found), found if status == "OPTIMAL" else bound


def by_backend(name: str) -> Callable[[JointLayer, Effort], tuple[int, int]]:
    """Return a function that solves with a backend and returns value and bound."""

    def run(problem: JointLayer, effort: Effort) -> tuple[int, int]:
        result = solve(problem, name, effort)
        return result.value, result.lower_bound

    return run


SOLVES = {
    "plain": by_backend("cp_sat"),
    "strengthened": by_strengthened,
    "mask_search": by_backend("mask_search"),
}


def measure(problem: JointLayer, method: str, effort: Effort) -> tuple[int, int, float]:
    """Return value, bound and wall-clock seconds."""
    began = time.perf_counter()
    value, bound = SOLVES[method](problem, effort)
    return value, bound, time.perf_counter() - began


def check(runs: list[Run]) -> None:
    """Hold the methods to each other: no bound of one is above a value of another."""
    worst = max(run.bound for run in runs)
    best = min(run.value for run in runs)
    if worst > best:
        raise RuntimeError(f"the methods contradict each other: {runs}")


def markdown(runs: list[Run], methods: tuple[str, ...]) -> str:
    """Write one line for every kind of layer: proven, median seconds, bracket of the rest."""
    lines = [
        "| size | bits | norm | budget | "
        + " | ".join(f"{m}: proven | seconds" for m in methods)
        + " | best value | best bound |",
        "|---|--:|---|---|" + "--:|--:|" * len(methods) + "--:|--:|",
    ]
    kinds = list(dict.fromkeys((r.size, r.bits, r.norm, r.budget) for r in runs))
    for kind in kinds:
        own = [r for r in runs if (r.size, r.bits, r.norm, r.budget) == kind]
        cells = []
        for method in methods:
            mine = [r for r in own if r.method == method]
            cells.append(f"{sum(r.proven for r in mine)}/{len(mine)}")
            cells.append(f"{statistics.median(r.seconds for r in mine):.1f}")
        seeds = sorted({r.seed for r in own})
        values = [min(r.value for r in own if r.seed == seed) for seed in seeds]
        bounds = [max(r.bound for r in own if r.seed == seed) for seed in seeds]
        ends = [f"{statistics.median(values):.4g}", f"{statistics.median(bounds):.4g}"]
        lines.append("| " + " | ".join([*map(str, kind), *cells, *ends]) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print: a table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="for each solve")
    parser.add_argument("--seeds", type=int, default=3, help="layers of each kind")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sizes", nargs="+", default=SIZES, help="outputs x hidden x inputs")
    parser.add_argument("--bits", nargs="+", type=int, default=BITS)
    parser.add_argument("--norms", nargs="+", default=("linf", "l1"), choices=("linf", "l1"))
    parser.add_argument(
        "--budgets", nargs="+", default=("none", "half"), choices=("none", "half", "quarter")
    )
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    effort = Effort(seconds=options.seconds, workers=options.workers)
    for method in options.methods:  # load the compiled code
        for norm in options.norms:
            measure(draw("3x4x3", 23, 0, norm, "none"), method, effort)
    runs: list[Run] = []
    for size in options.sizes:
        for bits in options.bits:
            for norm in options.norms:
                for budget in options.budgets:
                    for seed in range(options.seeds):
                        problem = draw(size, bits, seed, norm, budget)
                        same = []
                        for method in options.methods:
                            value, bound, seconds = measure(problem, method, effort)
                            same.append(
                                Run(
                                    size=size, bits=bits, norm=norm, budget=budget, seed=seed,
                                    method=method, proven=value == bound,
                                    value=value / 4**bits, bound=bound / 4**bits, seconds=seconds,
                                )
                            )  # fmt: skip
                            print(same[-1], file=sys.stderr, flush=True)
                        check(same)
                        runs += same
    if options.json:
        print(json.dumps({"seconds": options.seconds, "runs": [asdict(run) for run in runs]}))
    else:
        print(markdown(runs, tuple(options.methods)))


if __name__ == "__main__":
    main()
