"""HiGHS reads an MPS or LP file with its own reader: the HiGHS that scipy carries inside.

scipy keeps it private, so it may change its place with any version; what is missing is said in
one line. It is the only way to HiGHS's own reader that can share an installation with OR-Tools.
"""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from typing import Any

from slth_opt.third_parties.arithmetic import DOUBLES, TOLERANCE
from slth_opt.third_parties.records import Reader, Said
from slth_opt.third_parties.side_answers import said_by

PLACE = "scipy.optimize._highspy._core"
"""Where scipy 1.15 to 1.17 keep HiGHS."""

OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.0,
    "mip_feasibility_tolerance": TOLERANCE,
    "primal_feasibility_tolerance": TOLERANCE,
    "dual_feasibility_tolerance": TOLERANCE,
    "large_matrix_value": 1e16,
}
"""Gaps of zero, the tolerance that doubles bear best, and coefficients up to 2^53: by default it
refuses those from 10^15 on."""

STATUSES = {"Optimal": False, "Infeasible": True}
"""What means that it finished, and whether it then says that nothing is feasible."""


def solve(text: str, form: str, seconds: float) -> Said:
    """Let HiGHS read and solve a file, in a process of its own.

    Examples
    --------
    >>> solve("no program at all", "mps", 5.0).status
    'could not read the file'
    """
    return said_by(__name__, (text, form, seconds), seconds)


def answer(question: tuple[str, str, float], say: Any) -> dict[str, Any]:
    """Read and solve a file; this runs in the side process."""
    from scipy.optimize._highspy import _core as core

    text, form, seconds = question
    highs = core._Highs()
    for name, value in {**OPTIONS, "time_limit": seconds}.items():
        if highs.setOptionValue(name, value) != core.HighsStatus.kOk:
            raise ValueError(f"HiGHS does not take {name} = {value}")
    with tempfile.TemporaryDirectory(prefix="slth-highs-") as folder:
        place = Path(folder) / f"program.{form}"
        place.write_text(text, encoding="ascii")
        if highs.readModel(str(place)) != core.HighsStatus.kOk:
            return {"status": "could not read the file", "finished": False}
    highs.run()
    status = highs.modelStatusToString(highs.getModelStatus())
    has_point = (
        highs.getInfo().primal_solution_status == core.SolutionStatus.kSolutionStatusFeasible
    )
    names, point = list(highs.getLp().col_names_), list(highs.getSolution().col_value)
    return {
        "status": status,
        "finished": status in STATUSES,
        "infeasible": STATUSES.get(status, False),
        "values": dict(zip(names, map(float, point), strict=True)) if has_point else None,
    }


def _refuses() -> str | None:
    try:
        found = importlib.util.find_spec(PLACE)
    except ModuleNotFoundError:
        found = None
    return None if found else f"is not at {PLACE}: install scipy 1.17"


READER = Reader(
    name="highs",
    software="HiGHS's own reader, inside scipy",
    formats=("mps", "lp"),
    largest=DOUBLES,
    tolerance=TOLERANCE,
    solve=solve,
    refuses=_refuses,
)
