"""CBC reads an MPS or LP file with its own reader: the binary that PuLP brings along."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from slth_opt.backends.cbc import binary
from slth_opt.third_parties.arithmetic import DOUBLES, TOLERANCE
from slth_opt.third_parties.records import Reader, Said

OPTIONS = (
    *("-ratioGap", "0", "-allowableGap", "0", "-increment", "1e-12"),
    *("-integerTolerance", str(TOLERANCE), "-primalTolerance", str(TOLERANCE)),
)
"""Gaps of zero, no least improvement, and the tolerance that doubles bear best."""

GRACE = 2.0
"""Seconds CBC may take beyond its time limit before it is killed."""


def solve(text: str, form: str, seconds: float) -> Said:
    r"""Let CBC read and solve a file, with gaps of zero and a tolerance of 1e-8.

    Examples
    --------
    >>> text = "Minimize\nobjective: x + 2 y\nSubject To\none: x + y >= 1\nBinaries\nx y\nEnd\n"
    >>> solve(text, "lp", 5.0).values
    {'x': 1.0, 'y': 0.0}
    """
    with tempfile.TemporaryDirectory(prefix="slth-cbc-") as folder:
        place = Path(folder) / f"program.{form}"
        place.write_text(text, encoding="ascii")
        command = [
            *(str(binary()), place.name, *OPTIONS, "-timeMode", "elapsed"),
            *("-sec", f"{seconds:.6f}", "-solve", "-printingOptions", "all"),
            *("-solution", "solution.txt"),
        ]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds + GRACE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Said(status="did not stop in time", finished=False)
        log = done.stdout.decode("utf-8", errors="replace")
        file = Path(folder) / "solution.txt"
        written = file.read_text(encoding="ascii") if file.exists() else ""
    return _said(written, log)


def _said(written: str, log: str) -> Said:
    """Make sense of the solution file, or of the log where there is none."""
    complaint = re.search(r".*(###|[1-9]\d* errors|Unable to open|bad file).*", log)
    if complaint:
        return Said(status=f"could not read the file: {complaint[0].strip()}", finished=False)
    status, *lines = written.splitlines() or ["no solution file"]
    status = status.partition(" - objective")[0]
    if re.match("(Integer i|I)nfeasible", status):
        return Said(status=status, finished=True, infeasible=True)
    if not re.match("Optimal|Stopped", status) or "no integer solution" in status:
        return Said(status=status, finished=False)
    found = [line.replace("**", "").split() for line in lines]
    # Told to leave out nothing, it writes all rows and then all columns, each counted from 0.
    first = max(i for i, (number, *_) in enumerate(found) if number == "0")
    values = {name: float(value) for _, name, value, _ in found[first:]}
    return Said(status=status, finished=status == "Optimal", values=values)


def _refuses() -> str | None:
    return None if binary() else "is not there: install pulp 3.3, or put cbc on the PATH"


READER = Reader(
    name="cbc",
    software="CBC's own reader",
    formats=("mps", "lp"),
    largest=DOUBLES,
    tolerance=TOLERANCE,
    solve=solve,
    refuses=_refuses,
)
