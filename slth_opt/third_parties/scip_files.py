"""SCIP on an MPS file that OR-Tools reads with its own reader."""

from __future__ import annotations

from typing import Any

from slth_opt.third_parties.arithmetic import DOUBLES, TOLERANCE
from slth_opt.third_parties.records import Reader, Said
from slth_opt.third_parties.side_answers import said_by


def solve(text: str, form: str, seconds: float) -> Said:
    """Let OR-Tools read a file and SCIP solve it, in a process of its own.

    Examples
    --------
    >>> solve("no program at all", "mps", 5.0).status
    'could not read the file'
    """
    return said_by(__name__, (text, form, seconds), seconds)


def answer(question: tuple[str, str, float], say: Any) -> dict[str, Any]:
    """Read and solve a file; this runs in the side process."""
    from ortools.linear_solver.python import model_builder

    text, _, seconds = question
    builder: Any = model_builder  # has types for some of its functions only
    model = builder.Model()
    if not model.import_from_mps_string(text) or not model.num_variables:
        return {"status": "could not read the file", "finished": False}
    solver = builder.Solver("scip")
    solver.set_time_limit_in_seconds(seconds)
    solver.set_solver_specific_parameters(f"numerics/feastol = {TOLERANCE}\n")
    status = solver.solve(model).name
    has_point = status in ("OPTIMAL", "FEASIBLE")
    variables = model.get_variables()
    return {
        "status": status.capitalize().replace("_", " "),
        "finished": status in ("OPTIMAL", "INFEASIBLE"),
        "infeasible": status == "INFEASIBLE",
        "values": {v.name: solver.value(v) for v in variables} if has_point else None,
    }


READER = Reader(
    name="scip",
    software="OR-Tools' MPS reader, then SCIP",
    formats=("mps",),
    largest=DOUBLES,
    tolerance=TOLERANCE,
    solve=solve,
)
