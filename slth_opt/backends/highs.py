"""HiGHS, as scipy brings it: branch and cut in floating point, so reported and never believed.

It runs in a process of its own (see `slth_opt.side_process`). scipy's documentation names few
options but passes others on to HiGHS with a warning; the tolerances are set that way.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from slth_opt.errors import BackendError
from slth_opt.methods import Backend, Claim
from slth_opt.problems import KINDS, Problem
from slth_opt.programs import IntegerProgram, program_of, why_no_program
from slth_opt.programs.scaling import EXACT_BITS, FloatProgram, chosen, scale, unscaled
from slth_opt.results import Effort, Reported, Stop
from slth_opt.side_process import Reply, ask
from slth_opt.strengthening import STRENGTHENED, strengthen
from slth_opt.strengthening.records import better_of, what_is_left

SCALES = (16, 10)
"""Bits of the largest weight after scaling. With 24 it was wrong on 5 of 12 layers of eight pools
of 23 bits, with 20, 16 and 12 on none. Now and then HiGHS ends at the first scale with a "Solve
error" (it cannot repair a solution of its own); the second then helps."""

OPTIONS: dict[str, Any] = {
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.0,
    "mip_feasibility_tolerance": 1e-10,
    "primal_feasibility_tolerance": 1e-10,
    "dual_feasibility_tolerance": 1e-10,
}
"""No gap is small enough, and no tolerance can be smaller: HiGHS allows 1e-10 and above."""

GRACE = 5.0
"""Seconds HiGHS may take beyond its time limit before its process is killed."""


def solve(problem: Problem, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Ask HiGHS; scipy offers no way to hand it a start, so that is only what it falls back on.

    Examples
    --------
    >>> from slth_opt import Effort, SubsetSum
    >>> pool = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> solve(pool, Effort(), None).indices
    (1, 2)
    """
    return _solve(program_of(problem), effort, start)


def solve_stronger(problem: Problem, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Ask HiGHS about the strengthened program; its start stands unless a better one is found.

    Examples
    --------
    >>> from slth_opt import Effort, SharedBlock
    >>> block = SharedBlock(products=((4, 1, 3),), targets=(4,), minimise="edges", tolerances=(0,))
    >>> solve_stronger(block, Effort(), None).indices
    (0,)
    """
    began = time.monotonic()
    stronger = strengthen(problem, start)
    claim = _solve(stronger.program, what_is_left(effort, began), stronger.start)
    return replace(claim, indices=better_of(problem, claim.indices, stronger.start))


def _solve(integer_program: IntegerProgram, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Ask HiGHS about a program, at one scale after the other."""
    options = {**OPTIONS, "mip_max_nodes": effort.nodes}
    if effort.seed is not None:
        options["random_seed"] = effort.seed % 2**31
    began = time.monotonic()
    patience = None
    claim = Claim(indices=start, stop=Stop.GAVE_UP)
    for bits in SCALES:
        program = scale(integer_program, bits=bits)
        if effort.seconds is not None:
            left = max(0.0, effort.seconds - (time.monotonic() - began))
            options["time_limit"], patience = left, left + GRACE
        try:
            (reply,) = ask(__name__, (program, options), seconds=patience)
        except KeyboardInterrupt:
            return Claim(indices=start, stop=Stop.INTERRUPTED)
        except TimeoutError:
            return Claim(indices=start, stop=Stop.SECONDS)
        claim = _claim(reply, program, start)
        if claim.stop is not Stop.GAVE_UP:
            break
    return claim


def answer(question: tuple[FloatProgram, dict[str, Any]], say: Any) -> dict[str, Any]:
    """Solve a program; this runs in the side process.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> problem = SubsetSum(weights=(3, 8, 14), target=10, fewest=2, most=2)
    >>> said = answer((scale(program_of(problem), bits=24), OPTIONS), print)
    >>> said["status"], said["objective"]
    (0, 1.0)
    """
    import warnings

    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    program, options = question
    places = [(r, i) for r, row in enumerate(program.rows) for i, _ in row.terms]
    entries = [a for row in program.rows for _, a in row.terms]
    shape = (len(program.rows), len(program.names))
    at = ([r for r, _ in places], [i for _, i in places])
    rows = LinearConstraint(
        csr_array((entries, at), shape=shape),
        [row.low for row in program.rows],
        [row.high for row in program.rows],
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Unrecognized options", RuntimeWarning)
        found = milp(
            np.array(program.costs),
            integrality=np.array(program.integral, dtype=int),
            bounds=Bounds(program.lows, program.highs),
            constraints=rows,
            options={name: value for name, value in options.items() if value is not None},
        )
    return {
        "status": int(found.status),
        "message": str(found.message),
        "values": None if found.x is None else [float(x) for x in found.x],
        "objective": None if found.fun is None else float(found.fun),
        "bound": None if found.mip_dual_bound is None else float(found.mip_dual_bound),
        "nodes": int(found.mip_node_count or 0),
    }


def default_answer(problem: Problem) -> tuple[str, float, tuple[int, ...]]:
    """Return what HiGHS says of the raw integers with the options scipy gives it by default.

    That is the obvious way to ask it, and what `slth doctor` shows the consequences of:
    (status, objective, selection).

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> default_answer(SubsetSum(weights=(3, -4), target=1, fewest=1, most=1))[1:]
    (2.0, (0,))
    """
    program = scale(program_of(problem), bits=EXACT_BITS)
    (reply,) = ask(__name__, (program, {}))
    claim = _claim(reply, program, None)
    if claim.indices is None or claim.reported is None or claim.reported.objective is None:
        raise BackendError(f"HiGHS found nothing: {claim.reported}")
    return claim.reported.status, claim.reported.objective, claim.indices


def _claim(reply: Reply, program: FloatProgram, start: tuple[int, ...] | None) -> Claim:
    """Turn what HiGHS said into a claim; objective and bound go back to units of the problem."""
    if reply.died is not None:
        died = Reported(status=f"its process ended with code {reply.died}")
        return Claim(indices=start, stop=Stop.GAVE_UP, reported=died)
    said = reply.content
    infeasible = said["status"] == 2
    best = start if said["values"] is None else chosen(said["values"], program.num_choices)
    return Claim(
        indices=None if infeasible else best,
        infeasible=infeasible,
        stop=_stop(said["status"], said["message"]),
        nodes=said["nodes"],
        reported=Reported(
            status=said["message"],
            objective=unscaled(said["objective"], program.unit),
            bound=unscaled(said["bound"], program.unit),
        ),
    )


def _stop(status: int, message: str) -> Stop:
    """Tell why HiGHS stopped, from scipy's status and the message it hands on."""
    if status in (0, 2):
        return Stop.FINISHED
    if status == 1 and "Time limit" in message:
        return Stop.SECONDS
    # HiGHS counts its limit on nodes among the limits on solutions.
    return Stop.NODES if "Solution limit" in message else Stop.GAVE_UP


BACKEND = Backend(
    name="highs",
    family="branch and cut",
    summary="HiGHS through scipy, in floating point: reported, never believed",
    exact=False,
    takes=KINDS,
    honours=frozenset({"seconds", "nodes", "seed"}),
    max_bits=EXACT_BITS,
    solve=solve,
    refuses=why_no_program,
)

STRONGER = replace(
    BACKEND,
    name="highs_strong",
    summary="HiGHS on the strengthened program of a layer: reported, never believed",
    takes=STRENGTHENED,
    solve=solve_stronger,
)
