"""CP-SAT on its own text format, parsed by protobuf: integers from the file to the answer."""

from __future__ import annotations

from typing import Any

from slth_opt.backends.cp_sat import version_problem
from slth_opt.programs.cp_sat_text import MOST
from slth_opt.third_parties.records import Reader, Said
from slth_opt.third_parties.side_answers import said_by


def solve(text: str, form: str, seconds: float) -> Said:
    """Let protobuf parse a file and CP-SAT solve it, in a process of its own.

    Examples
    --------
    >>> solve("no program at all", "cpsat", 5.0).status[:23]
    'could not read the file'
    """
    return said_by(__name__, (text, form, seconds), seconds)


def answer(question: tuple[str, str, float], say: Any) -> dict[str, Any]:
    """Read and solve a file; this runs in the side process."""
    from google.protobuf import text_format  # type: ignore[import-untyped]
    from ortools.sat import cp_model_pb2
    from ortools.sat.python import cp_model

    text, _, seconds = question
    model = cp_model.CpModel()
    try:
        model.Proto().CopyFrom(text_format.Parse(text, cp_model_pb2.CpModelProto()))
    except text_format.ParseError as trouble:
        return {"status": f"could not read the file: {trouble}", "finished": False}
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.absolute_gap_limit = 0.0
    solver.parameters.relative_gap_limit = 0.0
    solver.parameters.max_time_in_seconds = seconds
    status = solver.status_name(solver.solve(model))
    names = [variable.name for variable in model.Proto().variables]
    point = list(solver.ResponseProto().solution)
    return {
        "status": status.capitalize().replace("_", " "),
        "finished": status in ("OPTIMAL", "INFEASIBLE"),
        "infeasible": status == "INFEASIBLE",
        "values": dict(zip(names, map(float, point), strict=True)) if point else None,
    }


READER = Reader(
    name="cp_sat",
    software="protobuf's text parser, then CP-SAT",
    formats=("cpsat",),
    largest=MOST,
    tolerance=0.0,
    solve=solve,
    refuses=version_problem,
)
