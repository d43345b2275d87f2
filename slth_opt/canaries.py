"""Small problems that solvers have got wrong, to be tried on the machine at hand.

A canary that a floating-point solver gets wrong is no fault of the installation: such answers
are never believed, and it shows why. A method whose bounds are believed must get it right.
"""

from __future__ import annotations

import enum
import importlib.util
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from itertools import combinations

from slth_opt.backends import cbc, cp_sat, highs
from slth_opt.grid import Grid
from slth_opt.problems import SubsetSum

PACKAGES = ("slth-opt", "numpy", "numba", "scipy", "ortools", "pulp", "highspy")
"""Whose versions decide what is computed here; highspy only because it gets in the way."""


class Severity(enum.Enum):
    """What a canary means for the user of this package."""

    RIGHT = "right"
    """Nothing is wrong, or there is nothing to try."""
    GUARDED = "wrong, guarded"
    """Something is wrong, and the package does not depend on it."""
    HARMFUL = "wrong"
    """Something the package would believe is wrong: do not use it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryReport:
    """What one canary showed.

    Parameters
    ----------
    severity
        Whether something is wrong, and whether that matters here.
    finding
        What was answered, and what is true.
    consequence
        What the package does about it, or the user should.
    """

    severity: Severity
    finding: str
    consequence: str

    @property
    def passed(self) -> bool:
        """Whether the installation may be used as it is."""
        return self.severity is not Severity.HARMFUL


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A small problem with a known answer.

    Parameters
    ----------
    name
        What it is called.
    checks
        What it tries, in one line.
    run
        Tries it.
    """

    name: str
    checks: str
    run: Callable[[], CanaryReport]


def brute_force(problem: SubsetSum) -> int:
    """Return the smallest error of a small subset sum by looking at every subset.

    Examples
    --------
    >>> brute_force(SubsetSum(weights=(3, -4), target=1, fewest=1, most=1))
    2
    """
    return min(
        abs(sum(subset) - problem.target)
        for size in range(problem.fewest, problem.most + 1)
        for subset in combinations(problem.weights, size)
    )


def four_variables() -> CanaryReport:
    """Try four variables on CP-SAT, whose bounds are believed.

    Examples
    --------
    >>> four_variables().severity.value
    'right'
    """
    refusal = cp_sat.version_problem()
    if not _is_installed("ortools"):
        return _nothing_to_try(f"backend 'cp_sat' {refusal}")
    first, second, third, free = cp_sat.FOUR_WEIGHTS
    sums = [one + other for one in (first, second, third) for other in (0, free)]
    truth = min(abs(total - cp_sat.FOUR_TARGET) for total in sums)
    said = cp_sat.four_variable_answer()
    finding = f"CP-SAT proves the optimum {said}; the truth is {truth}"
    if refusal is not None:
        severity = Severity.RIGHT if said == truth else Severity.GUARDED
        return CanaryReport(
            severity=severity, finding=finding, consequence=f"backend 'cp_sat' {refusal}"
        )
    if said != truth:
        return CanaryReport(
            severity=Severity.HARMFUL,
            finding=finding,
            consequence="do not use backend 'cp_sat': install another ortools >= 9.12, < 9.15",
        )
    return CanaryReport(
        severity=Severity.RIGHT,
        finding=finding,
        consequence="its bounds are believed once the audit finds nothing against them",
    )


def one_of_two() -> CanaryReport:
    """Try one of two weights of 45 bits on HiGHS as scipy sets it up.

    Examples
    --------
    >>> "the truth is 16000000000000" in one_of_two().finding
    True
    """
    unit = 8 * 10**12
    problem = SubsetSum(weights=(3 * unit, -4 * unit), target=unit, fewest=1, most=1)
    status, objective, indices = highs.default_answer(problem)
    said = f"error {objective:.0f}, {'optimal' if 'Optimal' in status else status}"
    return _float_report("HiGHS with default options", said, problem, indices)


def eight_of_sixteen() -> CanaryReport:
    """Try eight of sixteen weights of the size of a trained network's on CBC as PuLP sets it up.

    Examples
    --------
    >>> "the truth is 9/2^28" in eight_of_sixteen().finding
    True
    """
    weights = (
        *(-2466127, 790606, 3838606, 917764, -3918024, 1995845, 3161272, -3557923),
        *(-2622308, 3371187, 1229016, 847629, 2846984, -4872524, 2505176, -4639114),
    )
    problem = SubsetSum(weights=weights, target=-192445, fewest=8, most=8, grid=Grid(exponent=30))
    if not _is_installed("pulp") or cbc.binary() is None:
        return _nothing_to_try("there is no PuLP with CBC")
    status, objective, indices = cbc.default_answer(problem)
    return _float_report(
        "PuLP with CBC, by default", f"error {objective:.3g}, {status.lower()}", problem, indices
    )


def import_clash() -> CanaryReport:
    """Load OR-Tools and highspy into one process, in both orders.

    Examples
    --------
    >>> import_clash().passed
    True
    """
    if not _is_installed("highspy") or not _is_installed("ortools"):
        return _nothing_to_try("highspy is not installed beside ortools")
    failures = []
    pair = ("import highspy", "from ortools.sat.python import cp_model")
    for first, second in (pair, pair[::-1]):
        code = f"{first}\n{second}"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        if run.returncode:
            failures.append(f"after '{first}', '{second}' fails: {run.stderr.splitlines()[-1]}")
    return CanaryReport(
        severity=Severity.GUARDED if failures else Severity.RIGHT,
        finding="; ".join(failures) or "highspy and ortools can be loaded together",
        consequence="this package never loads highspy; do not load it in the same process",
    )


def versions() -> dict[str, str | None]:
    """Return the versions of Python and of what computes here, without loading any of it.

    Examples
    --------
    >>> versions()["highspy"] is None or isinstance(versions()["highspy"], str)
    True
    """
    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def _float_report(
    who: str, said: str, problem: SubsetSum, indices: tuple[int, ...]
) -> CanaryReport:
    """Hold a floating-point answer to the truth; its selection counts, not its objective."""
    truth = brute_force(problem)
    shown = problem.error(tuple(int(i in indices) for i in range(problem.num_candidates)))
    exact = problem.grid.exact_string
    times = f", {float(Fraction(shown, truth)):.3g} times the truth" if shown != truth else ""
    return CanaryReport(
        severity=Severity.RIGHT if shown == truth else Severity.GUARDED,
        finding=f"{who}: {said}; the truth is {exact(truth)}"
        f" (about {float(problem.grid.real(truth)):.3g}){times}",
        consequence="rows are scaled, tolerances tightened, and its bounds still never believed",
    )


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _nothing_to_try(finding: str) -> CanaryReport:
    return CanaryReport(severity=Severity.RIGHT, finding=finding, consequence="nothing to try")


CANARIES: tuple[Canary, ...] = (
    Canary(
        name="cp_sat four variables",
        checks="an exactly-one group with coefficients of 33 bits (or-tools issue 5293)",
        run=four_variables,
    ),
    Canary(
        name="highs one of two",
        checks="which of two integers of 45 bits is nearer to a third",
        run=one_of_two,
    ),
    Canary(
        name="cbc eight of sixteen",
        checks="sixteen weights of about 0.005, eight to be chosen",
        run=eight_of_sixteen,
    ),
    Canary(
        name="import clash",
        checks="ortools and highspy in one process (or-tools issue 5246)",
        run=import_clash,
    ),
)
"""Every canary there is, in the order `slth doctor` runs them."""
