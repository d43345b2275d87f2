"""CP-SAT: clause learning over bounds of integers, exact as long as nothing leaves 64 bits.

The program goes in as the integers it is, through OR-Tools' own interface, with an integer
objective and gaps of zero: with the default gap of 1e-4 CP-SAT may call 3.6 times the optimum
optimal. What comes out is an integer point, whose objective is computed here.
"""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from slth_opt.errors import BackendError
from slth_opt.methods import Backend, Claim, Watch
from slth_opt.problems import KINDS, Problem, VectorSum
from slth_opt.problems.legality import indices_of, mask_of
from slth_opt.programs import IntegerProgram, point_of, program_of, why_no_program
from slth_opt.results import Effort, Stop
from slth_opt.strengthening import STRENGTHENED, strengthen
from slth_opt.strengthening.records import what_is_left

MAX_BITS = 58
"""Sums of 59 to 61 bits gave no wrong answer in 3,000 random problems (OR-Tools 9.14); from 62
bits on models are rejected as overflowing. Three bits are kept as a margin."""

MAX_OBJECTIVE_BITS = 60
"""The same for an objective that is a sum of errors."""

FIRST_WRONG = (9, 15)
"""From this version of OR-Tools on CP-SAT proves wrong optima (or-tools issue 5293)."""

UNBOUNDED = 2**63 - 1
"""What CP-SAT takes for no bound."""


def solve(
    problem: Problem, effort: Effort, start: tuple[int, ...] | None, watch: Watch | None = None
) -> Claim:
    """Solve the integer program; the start is a complete hint.

    Examples
    --------
    >>> from slth_opt import Effort, SubsetSum
    >>> pool = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> solve(pool, Effort(), None).indices
    (1, 2)
    """
    return _solve(problem, program_of(problem), effort, start, watch)


def solve_stronger(
    problem: Problem, effort: Effort, start: tuple[int, ...] | None, watch: Watch | None = None
) -> Claim:
    """Solve the strengthened program, unless its bound and its start already meet.

    Examples
    --------
    >>> from slth_opt import Effort, SharedBlock
    >>> block = SharedBlock(products=((4, 1, 3),), targets=(4,), minimise="edges", tolerances=(0,))
    >>> solve_stronger(block, Effort(), None).indices
    (0,)
    """
    began = time.monotonic()
    stronger = strengthen(problem, start)
    if stronger.start is not None:
        value = problem.value(mask_of(stronger.start, problem.num_candidates))
        if watch is not None:
            watch(value, stronger.bound)
        if value == stronger.bound:
            return Claim(indices=stronger.start, bound=value, stop=Stop.FINISHED)
    elif stronger.bound == problem.impossible:
        return Claim(indices=None, infeasible=True, stop=Stop.FINISHED)
    left = what_is_left(effort, began)
    claim = _solve(problem, stronger.program, left, stronger.start, watch)
    # A bound above what was found, or a start where none should be, is for the audit to see.
    indices = stronger.start if claim.infeasible else claim.indices
    bound = max(stronger.bound, claim.bound or 0)
    return replace(claim, indices=indices, bound=None if claim.infeasible else bound)


def _solve(
    problem: Problem,
    program: IntegerProgram,
    effort: Effort,
    start: tuple[int, ...] | None,
    watch: Watch | None,
) -> Claim:
    """Solve a program of the problem."""
    model, variables = _model(program)
    if start is not None:
        point = point_of(problem, mask_of(start, problem.num_candidates))
        for variable, value in zip(variables, point, strict=True):
            model.add_hint(variable, value)
    solver = _solver(effort)
    interrupted = _run(solver, model, watch)
    status = solver.status_name()
    nodes = int(solver.response_proto.num_branches)
    if status == "MODEL_INVALID":
        raise BackendError(f"backend 'cp_sat' built a model CP-SAT rejects: {model.validate()}")
    if status == "INFEASIBLE":
        return Claim(indices=None, infeasible=True, stop=Stop.FINISHED, nodes=nodes)
    early = Stop.GAVE_UP if effort.seconds is None else Stop.SECONDS
    stop = Stop.INTERRUPTED if interrupted else early
    if status == "UNKNOWN":
        return Claim(indices=start, stop=stop, nodes=nodes)
    point = tuple(int(solver.value(variable)) for variable in variables)
    indices = indices_of(point[: program.num_choices])
    if status == "OPTIMAL":
        bound, stop = program.objective_at(point), Stop.FINISHED
    else:
        # The bound as an integer; `best_objective_bound` is the same rounded to a double.
        bound = int(solver.response_proto.inner_objective_lower_bound)
    return Claim(indices=indices, bound=bound, stop=stop, nodes=nodes)


def _model(program: IntegerProgram) -> tuple[Any, list[Any]]:
    """Return the program as a CP-SAT model, and its variables in order."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    variables = [model.new_int_var(v.low, v.high, v.name) for v in program.variables]

    def total(terms: tuple[tuple[int, int], ...]) -> Any:
        return cp_model.LinearExpr.weighted_sum(
            [variables[i] for i, _ in terms], [coefficient for _, coefficient in terms]
        )

    for row in program.rows:
        low = -UNBOUNDED - 1 if row.low is None else row.low
        high = UNBOUNDED if row.high is None else row.high
        model.add_linear_constraint(total(row.terms), low, high).with_name(row.name)
    model.minimize(total(program.objective))
    return model, variables


def _solver(effort: Effort) -> Any:
    """Return a solver with gaps of zero and the limits asked for."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.absolute_gap_limit = 0.0
    solver.parameters.relative_gap_limit = 0.0
    solver.parameters.num_workers = 1 if effort.workers is None else effort.workers
    # Symmetries between equal weights made it raise the bound one unit at a time: eight weights
    # of 43 bits, three of them equal, took for ever.
    solver.parameters.symmetry_level = 0
    solver.parameters.catch_sigint_signal = False
    if effort.seconds is not None:
        solver.parameters.max_time_in_seconds = effort.seconds
    if effort.seed is not None:
        solver.parameters.random_seed = effort.seed % 2**31
    return solver


def _run(solver: Any, model: Any, watch: Watch | None = None) -> bool:
    """Solve in a thread, so that this one hears Ctrl-C; return whether it did."""
    done = threading.Event()
    failures: list[BaseException] = []
    callback = None if watch is None else _teller(solver, watch)

    def work() -> None:
        try:
            solver.solve(model, callback)
        except BaseException as failure:
            failures.append(failure)
        finally:
            done.set()

    interrupted = False
    threading.Thread(target=work, daemon=True).start()
    try:
        while not done.wait(0.5):  # in steps: on some systems a long wait is deaf to Ctrl-C
            continue
    except KeyboardInterrupt:
        interrupted = True
        solver.stop_search()
        while not done.wait(0.05):
            solver.stop_search()  # again: the first call may have come before the search
    if failures:
        raise failures[0]
    return interrupted


def _teller(solver: Any, watch: Watch) -> Any:
    """Return a solution callback that passes on values and bounds, and hook up the bounds."""
    from ortools.sat.python import cp_model

    known: list[int | None] = [None, None]

    class Teller(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            known[:] = [round(self.objective_value), round(self.best_objective_bound)]
            watch(*known)

    def tell_bound(bound: float) -> None:
        known[1] = round(bound)
        watch(*known)

    solver.best_bound_callback = tell_bound
    return Teller()


def four_variable_answer() -> int:
    """Return what CP-SAT says is the optimum of the smallest program it has got wrong.

    Exactly one of x0, x1, x2 and a free x3, nearest to a target. The truth is 1085364465, by
    x0 and x3; OR-Tools 9.15 proves 1923585795.

    Examples
    --------
    >>> four_variable_answer()
    1085364465
    """
    from ortools.sat.python import cp_model

    weights, target = FOUR_WEIGHTS, FOUR_TARGET
    model = cp_model.CpModel()
    x = [model.new_bool_var(f"x{i}") for i in range(4)]
    model.add_exactly_one(x[:3])
    error = model.new_int_var(0, sum(map(abs, weights)) + abs(target), "error")
    total = cp_model.LinearExpr.weighted_sum(x, list(weights))
    model.add(total - error <= target)
    model.add(total + error >= target)
    model.minimize(error)
    solver = _solver(Effort())
    solver.solve(model)
    return int(solver.value(error))


FOUR_WEIGHTS = (-4130025012, 1881759017, 4186392730, 3002833769)
FOUR_TARGET = -41826778


def _refuses(problem: Problem) -> str | None:
    reason = version_problem() or why_no_program(problem)
    if reason is None and isinstance(problem, VectorSum) and problem.norm == "l1":
        rows = zip(problem.rows, problem.targets, strict=True)
        bits = sum(sum(map(abs, row)) + abs(target) for row, target in rows).bit_length()
        if bits > MAX_OBJECTIVE_BITS:
            return f"accepts sums of errors up to {MAX_OBJECTIVE_BITS} bits; this one has {bits}"
    return reason


@functools.cache
def version_problem() -> str | None:
    """Say why the OR-Tools that is installed cannot be used, or None if it can.

    Examples
    --------
    >>> version_problem() is None
    True
    """
    try:
        found = version("ortools")
    except PackageNotFoundError:
        return "needs ortools, which is not installed: install ortools >= 9.12, < 9.15"
    if tuple(int(part) for part in found.split(".")[:2]) >= FIRST_WRONG:
        return f"cannot use ortools {found}, which proves wrong optima: install ortools < 9.15"
    return None


BACKEND = Backend(
    name="cp_sat",
    family="constraint programming",
    summary="CP-SAT of OR-Tools on the integer program",
    exact=True,
    takes=KINDS,
    honours=frozenset({"seconds", "workers", "seed"}),
    max_bits=MAX_BITS,
    solve=solve,
    refuses=_refuses,
    can_be_watched=True,
)

STRONGER = replace(
    BACKEND,
    name="cp_sat_strong",
    summary="CP-SAT on the strengthened program of a layer",
    takes=STRENGTHENED,
    solve=solve_stronger,
)
