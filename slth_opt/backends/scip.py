"""SCIP, as OR-Tools brings it: branch and cut in floating point, reported and never believed.

It runs in a process of its own (see `slth_opt.side_process`): with raw integers of 32 bits and
more SCIP stayed for ever in one linear program, whatever its time limit. Every selection it
finds is passed on at once, so that neither Ctrl-C nor such a loop costs the best so far.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from slth_opt.methods import Backend, Claim
from slth_opt.problems import KINDS, Problem
from slth_opt.problems.legality import mask_of
from slth_opt.programs import IntegerProgram, program_of, why_no_program
from slth_opt.programs.scaling import EXACT_BITS, FloatProgram, chosen, scale, unscaled
from slth_opt.results import Effort, Reported, Stop
from slth_opt.side_process import Reply, Say, ask
from slth_opt.strengthening import STRENGTHENED, strengthen
from slth_opt.strengthening.records import better_of, what_is_left

BITS = 20
"""Bits of the largest weight after scaling. SCIP's tolerance is relative to the sums, so small
ones gain nothing; from 28 bits on its linear programs take long or do not end."""

TOLERANCE = 1e-9
"""SCIP allows less, but finds problems infeasible then that are not."""

GRACE = 5.0
"""Seconds SCIP may take beyond its time limit before its process is killed."""

STOPS = {
    "OPTIMAL": Stop.FINISHED,
    "INFEASIBLE": Stop.FINISHED,
    "TIME": Stop.SECONDS,
    "NODE": Stop.NODES,
}
"""Why SCIP stopped, by its reason or, if that is a limit, by the limit. Anything else gave up."""


def solve(problem: Problem, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Ask SCIP, with the start as a hint; keep what it finds on the way for when it is stopped.

    Examples
    --------
    >>> from slth_opt import Effort, SubsetSum
    >>> pool = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> solve(pool, Effort(), None).indices
    (1, 2)
    """
    return _solve(problem, program_of(problem), effort, start)


def solve_stronger(problem: Problem, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Ask SCIP about the strengthened program; its start stands unless a better one is found.

    Examples
    --------
    >>> from slth_opt import Effort, SharedBlock
    >>> block = SharedBlock(products=((4, 1, 3),), targets=(4,), minimise="edges", tolerances=(0,))
    >>> solve_stronger(block, Effort(), None).indices
    (0,)
    """
    began = time.monotonic()
    stronger = strengthen(problem, start)
    claim = _solve(problem, stronger.program, what_is_left(effort, began), stronger.start)
    return replace(claim, indices=better_of(problem, claim.indices, stronger.start))


def _solve(
    problem: Problem, integers: IntegerProgram, effort: Effort, start: tuple[int, ...] | None
) -> Claim:
    """Ask SCIP about a program of the problem."""
    program = scale(integers, bits=BITS)
    patience = None if effort.seconds is None else effort.seconds + GRACE
    best = start
    try:
        for reply in ask(__name__, (program, effort, start), seconds=patience):
            if reply.is_last:
                return _claim(reply, program, best)
            if problem.is_legal(mask_of(reply.content, problem.num_candidates)):
                best = reply.content
    except KeyboardInterrupt:
        return Claim(indices=best, stop=Stop.INTERRUPTED)
    except TimeoutError:
        return Claim(indices=best, stop=Stop.SECONDS)
    raise AssertionError("a side process always has a final word")


def answer(
    question: tuple[FloatProgram, Effort, tuple[int, ...] | None], say: Say
) -> dict[str, Any]:
    """Solve a program and say every selection found; this runs in the side process.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> problem = SubsetSum(weights=(3, 8, 14), target=10, fewest=2, most=2)
    >>> program = scale(program_of(problem), bits=BITS)
    >>> said = answer((program, Effort(), (0, 1)), lambda selection: None)
    >>> said["reason"], said["objective"]
    ('OPTIMAL', 1.0)
    """
    from ortools.math_opt.python import mathopt

    program, effort, start = question
    model, variables = _model(program)

    def pass_on(data: Any) -> Any:
        if data.solution is not None:
            say(chosen([data.solution[v] for v in variables], program.num_choices))
        return mathopt.CallbackResult()

    hints = []
    if start is not None:
        values = mask_of(start, program.num_choices)
        hint = dict(zip(variables[: program.num_choices], map(float, values), strict=True))
        hints.append(mathopt.SolutionHint(variable_values=hint))
    found = mathopt.solve(
        model,
        mathopt.SolverType.GSCIP,
        params=_parameters(effort),
        model_params=mathopt.ModelSolveParameters(solution_hints=hints),
        callback_reg=mathopt.CallbackRegistration(events={mathopt.Event.MIP_SOLUTION}),
        cb=pass_on,
    )
    termination = found.termination
    has_values = found.has_primal_feasible_solution()
    values_of = found.variable_values() if has_values else {}
    return {
        "reason": termination.reason.name,
        "limit": None if termination.limit is None else termination.limit.name,
        "detail": termination.detail,
        "values": [values_of[v] for v in variables] if has_values else None,
        "objective": found.objective_value() if has_values else None,
        "bound": termination.objective_bounds.dual_bound,
        "nodes": found.solve_stats.node_count,
    }


def _model(program: FloatProgram) -> tuple[Any, list[Any]]:
    """Return the program as a MathOpt model, and its variables in order."""
    from ortools.math_opt.python import mathopt

    model = mathopt.Model()
    columns = zip(program.names, program.lows, program.highs, program.integral, strict=True)
    variables = [
        model.add_variable(lb=low, ub=high, is_integer=integral, name=name)
        for name, low, high, integral in columns
    ]
    for row in program.rows:
        constraint = model.add_linear_constraint(lb=row.low, ub=row.high, name=row.name)
        for i, coefficient in row.terms:
            constraint.set_coefficient(variables[i], coefficient)
    for variable, cost in zip(variables, program.costs, strict=True):
        model.objective.set_linear_coefficient(variable, cost)
    return model, variables


def _parameters(effort: Effort) -> Any:
    """Return gaps of zero, a small tolerance, the limits, and no cuts.

    With such weights cuts do not raise the bound, and are what makes the linear programs hard.
    """
    import datetime

    from ortools.math_opt.python import mathopt

    parameters = mathopt.SolveParameters(
        relative_gap_tolerance=0.0,
        absolute_gap_tolerance=0.0,
        node_limit=effort.nodes,
        cuts=mathopt.Emphasis.OFF,
    )
    if effort.seconds is not None:
        parameters.time_limit = datetime.timedelta(seconds=effort.seconds)
    if effort.seed is not None:
        parameters.random_seed = effort.seed % 2**31
    parameters.gscip.real_params["numerics/feastol"] = TOLERANCE
    return parameters


def _claim(reply: Reply, program: FloatProgram, best: tuple[int, ...] | None) -> Claim:
    """Turn SCIP's final word into a claim; objective and bound go back to units of the problem."""
    if reply.died is not None:
        died = Reported(status=f"its process ended with code {reply.died}")
        return Claim(indices=best, stop=Stop.GAVE_UP, reported=died)
    said = reply.content
    reason, limit = said["reason"], said["limit"]
    status = ", ".join(part for part in (reason, limit, said["detail"]) if part)
    infeasible = reason == "INFEASIBLE"
    if said["values"] is not None:
        best = chosen(said["values"], program.num_choices)
    return Claim(
        indices=None if infeasible else best,
        infeasible=infeasible,
        stop=STOPS.get(reason if limit is None else limit, Stop.GAVE_UP),
        nodes=said["nodes"],
        reported=Reported(
            status=status,
            objective=unscaled(said["objective"], program.unit),
            bound=unscaled(said["bound"], program.unit),
        ),
    )


BACKEND = Backend(
    name="scip",
    family="branch and cut",
    summary="SCIP through OR-Tools, in floating point: reported, never believed",
    exact=False,
    takes=KINDS,
    honours=frozenset({"seconds", "nodes", "seed"}),
    max_bits=EXACT_BITS,
    solve=solve,
    refuses=why_no_program,
)

STRONGER = replace(
    BACKEND,
    name="scip_strong",
    summary="SCIP on the strengthened program of a layer: reported, never believed",
    takes=STRENGTHENED,
    solve=solve_stronger,
)
