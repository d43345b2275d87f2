"""CBC, the program PuLP brings along: branch and cut in floating point, never believed.

The binary is started as it is, without PuLP: PuLP's writer keeps 13 digits, its status calls a
stopped search optimal, and importing it loads highspy if that is there, which then keeps
OR-Tools from being loaded.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from slth_opt.errors import BackendError
from slth_opt.methods import Backend, Claim
from slth_opt.problems import KINDS, Problem, SubsetSum
from slth_opt.problems.legality import mask_of
from slth_opt.programs import IntegerProgram, program_of, why_no_program
from slth_opt.programs.scaled_mps import write_scaled_mps
from slth_opt.programs.scaling import EXACT_BITS, FloatProgram, chosen, scale, unscaled
from slth_opt.results import Effort, Reported, Stop
from slth_opt.side_process import Say, ask
from slth_opt.strengthening import STRENGTHENED, strengthen
from slth_opt.strengthening.records import better_of, what_is_left

BITS = 20
"""Bits of the largest weight after scaling."""

TOLERANCES = (
    *("-ratioGap", "0", "-allowableGap", "0", "-increment", "1e-12"),
    *("-integerTolerance", "1e-9", "-primalTolerance", "1e-9"),
)
"""CBC demands of every next solution that it be better by the increment, 1e-5 by default; that
alone made it miss 13 of 20 optima at the scale of neural networks' weights."""

GRACE = 5.0
"""Seconds CBC may take beyond its time limit, and after Ctrl-C, before it is killed."""


def solve(problem: Problem, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Ask CBC, with the start as a first solution; after Ctrl-C it hands over the best it has.

    Examples
    --------
    >>> from slth_opt import Effort, SubsetSum
    >>> pool = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> solve(pool, Effort(), None).indices
    (1, 2)
    """
    return _solve(problem, program_of(problem), effort, start)


def solve_stronger(problem: Problem, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Ask CBC about the strengthened program; its start stands unless a better one is found.

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
    """Ask CBC about a program of the problem."""
    program = scale(integers, bits=BITS)
    with tempfile.TemporaryDirectory(prefix="slth-cbc-") as name:
        folder = Path(name)
        (folder / "program.mps").write_text(write_scaled_mps(program), encoding="ascii")
        if start is not None:
            mask = mask_of(start, problem.num_candidates)
            lines = [f"{i} {program.names[i]} {x} 0\n" for i, x in enumerate(mask)]
            (folder / "start.txt").write_text("".join(lines), encoding="ascii")
        stop = _run(_command(effort, start), folder, effort.seconds)
        return _claim(folder, program, start, stop)


def _command(effort: Effort, start: tuple[int, ...] | None) -> list[str]:
    """Return the command line, for a working folder that holds the files."""
    command = [str(binary()), "program.mps", *TOLERANCES]
    if start is not None:
        command += ["-mips", "start.txt"]
    if effort.seconds is not None:
        command += ["-timeMode", "elapsed", "-sec", f"{effort.seconds:.6f}"]
    if effort.seed is not None:
        seed = str(effort.seed % 2**31)
        command += ["-randomSeed", seed, "-randomCbcSeed", seed]
    return [*command, "-solve", "-solution", "solution.txt"]


def _run(command: list[str], folder: Path, seconds: float | None) -> Stop | None:
    """Run CBC to its end, or to ours; return why we ended it, if we did."""
    with (folder / "log.txt").open("wb") as log:
        child = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in a terminal is for us; we pass it on
        )
        try:
            child.wait(None if seconds is None else seconds + GRACE)
            return None
        except KeyboardInterrupt:
            _ask_to_stop(child)
            return Stop.INTERRUPTED
        except subprocess.TimeoutExpired:
            return Stop.SECONDS
        finally:
            child.kill()
            child.wait()


def _ask_to_stop(child: subprocess.Popen[bytes]) -> None:
    """Make CBC stop and write its best solution; give it a moment for that."""
    if sys.platform == "win32":
        return  # there is no interrupt to send: it is killed
    child.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(GRACE)


def _claim(
    folder: Path, program: FloatProgram, start: tuple[int, ...] | None, stop: Stop | None
) -> Claim:
    """Turn the files CBC left into a claim; objective and bound go back to units of the problem."""
    log = (folder / "log.txt").read_text(encoding="utf-8", errors="replace")
    file = folder / "solution.txt"
    written = file.read_text(encoding="ascii") if file.exists() else ""
    lines = written.splitlines() if written.endswith("\n") else []  # not if killed while writing
    status = lines[0] if lines else "no solution file: " + " ".join(log.split()[-12:])
    infeasible = bool(re.match(r"(Integer i|I)nfeasible", status))
    indices = start
    # Without a solution CBC writes the values of a relaxation.
    if re.match("Optimal|Stopped", status) and "no integer solution" not in status:
        found = dict(line.replace("**", "").split()[1:3] for line in lines[1:])
        values = [float(found.get(name, 0)) for name in program.names]
        indices = chosen(values, program.num_choices)
    return Claim(
        indices=None if infeasible else indices,
        infeasible=infeasible,
        stop=stop or _stop(status),
        nodes=int(_number(r"Enumerated nodes:\s+(\d+)", log) or 0),
        reported=Reported(
            status=status.partition(" - objective")[0],
            objective=unscaled(_number(r"objective value\s+(\S+)", status), program.unit),
            bound=unscaled(_number(r"Lower bound:\s+(\S+)", log), program.unit),
        ),
    )


def _stop(status: str) -> Stop:
    """Tell why CBC stopped, from the first line of its solution file."""
    if re.match("Optimal|Infeasible|Integer infeasible", status):
        return Stop.FINISHED
    if status.startswith("Stopped on time"):
        return Stop.SECONDS
    return Stop.GAVE_UP


def _number(pattern: str, text: str) -> float | None:
    found = re.search(pattern, text)
    return float(found.group(1)) if found else None


def default_answer(problem: SubsetSum) -> tuple[str, float, tuple[int, ...]]:
    """Return what PuLP with CBC says of the same problem in plain floats, all by default.

    That is the obvious way to ask it, and what `slth doctor` shows the consequences of:
    (status, objective as a real number, selection).

    Examples
    --------
    >>> default_answer(SubsetSum.from_reals([0.75, 0.5, 2.0], 2.5, size=2))
    ('Optimal', 0.0, (1, 2))
    """
    weights = [float(problem.grid.real(w)) for w in problem.weights]
    target = float(problem.grid.real(problem.target))
    (reply,) = ask(__name__, (weights, target, problem.fewest))
    if reply.content is None:
        raise BackendError(f"the process of PuLP ended with code {reply.died}")
    status, objective, indices = reply.content
    return status, objective, indices


def answer(
    question: tuple[list[float], float, int], say: Say
) -> tuple[str, float, tuple[int, ...]]:
    """Solve a fixed-size subset sum by PuLP's defaults; this runs in a process of its own.

    Examples
    --------
    >>> answer(([0.75, 0.5, 2.0], 2.5, 2), say=print)
    ('Optimal', 0.0, (1, 2))
    """
    import pulp

    weights, target, size = question
    model = pulp.LpProblem("default", pulp.LpMinimize)
    error = pulp.LpVariable("z", 0)
    x = [pulp.LpVariable(f"x{i}", cat="Binary") for i in range(len(weights))]
    total = pulp.lpSum(w * v for w, v in zip(weights, x, strict=True))
    model += error
    model += total - error <= target
    model += total + error >= target
    model += pulp.lpSum(x) == size
    model.solve(pulp.PULP_CBC_CMD(msg=False))
    values = [v.value() or 0.0 for v in x]
    return pulp.LpStatus[model.status], float(error.value()), chosen(values, len(values))


@functools.cache
def binary() -> Path | None:
    """Return PuLP's CBC, or one on the PATH, or None.

    Examples
    --------
    >>> binary().stem
    'cbc'
    """
    system = {"linux": "linux", "darwin": "osx", "win32": "win"}.get(sys.platform, "")
    is_arm = system == "linux" and platform.machine().lower() in ("aarch64", "arm64")
    name = "cbc.exe" if system == "win" else "cbc"
    pulp = importlib.util.find_spec("pulp")
    for home in (pulp.submodule_search_locations or []) if pulp else []:
        file = Path(home, "solverdir", "cbc", system, "arm64" if is_arm else "i64", name)
        if os.access(file, os.X_OK):
            return file
    found = shutil.which("cbc")
    return Path(found) if found else None


def _refuses(problem: Problem) -> str | None:
    if not binary():
        return "finds no CBC: install pulp 3.3, or put cbc on the PATH"
    return why_no_program(problem)


BACKEND = Backend(
    name="cbc",
    family="branch and cut",
    summary="CBC as PuLP brings it, in floating point: reported, never believed",
    exact=False,
    takes=KINDS,
    # Not nodes: told to stop after 2,000 it went on to 1,489,979, in searches within the search.
    honours=frozenset({"seconds", "seed"}),
    max_bits=EXACT_BITS,
    solve=solve,
    refuses=_refuses,
)

STRONGER = replace(
    BACKEND,
    name="cbc_strong",
    summary="CBC on the strengthened program of a layer: reported, never believed",
    takes=STRENGTHENED,
    solve=solve_stronger,
)
