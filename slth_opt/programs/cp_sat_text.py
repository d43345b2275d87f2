"""Integer programs as OR-Tools' CP-SAT reads them: a CpModelProto in protobuf text.

Written by hand, so exporting needs no OR-Tools. The solver computes in 64-bit integers and
wants every sum, in any order of its terms, within half their range.
"""

from __future__ import annotations

from collections.abc import Sequence

from slth_opt.errors import BackendError
from slth_opt.programs.integer_program import IntegerProgram, Row, Terms, Variable
from slth_opt.programs.lines import fill

MOST = 2**62 - 1
"""The largest absolute value CP-SAT accepts of a bound or of a partial sum."""


def write_cp_sat(program: IntegerProgram) -> str:
    """Write a program as a CpModelProto in protobuf text, ready to be saved as ``.pbtxt``.

    Raises
    ------
    BackendError
        If a bound or a sum may leave half the 64-bit range; the other formats have no limit.

    Examples
    --------
    >>> from slth_opt.problems import SmallestSubset
    >>> from slth_opt.programs import program_of
    >>> problem = SmallestSubset(weights=(3, -8), target=1, tolerance=2)
    >>> print(write_cp_sat(program_of(problem)))
    name: "smallest_subset"
    variables { name: "x0" domain: [0, 1] }
    variables { name: "x1" domain: [0, 1] }
    constraints { name: "band" linear {
      vars: [0, 1]
      coeffs: [3, -8]
      domain: [-1, 3]
    } }
    objective {
      vars: [0, 1]
      coeffs: [1, 1]
    }
    <BLANKLINE>
    """
    variables = program.variables
    lines = [f'name: "{program.name}"']
    for v in variables:
        _check(v.low, v.high, what=f"variable {v.name}")
        lines.append(f'variables {{ name: "{v.name}" domain: [{v.low}, {v.high}] }}')
    for row in program.rows:
        low, high = _domain(row, variables)
        lines += [f'constraints {{ name: "{row.name}" linear {{', *_terms(row.terms)]
        lines += [f"  domain: [{low}, {high}]", "} }"]
    _reach(program.objective, variables, what="the objective")
    lines += ["objective {", *_terms(program.objective), "}", ""]
    return "\n".join(lines)


def _terms(terms: Terms) -> list[str]:
    return [
        _list("vars", [i for i, _ in terms]),
        _list("coeffs", [coefficient for _, coefficient in terms]),
    ]


def _list(field: str, numbers: list[int]) -> str:
    written = ", ".join(map(str, numbers))
    return "  " + fill(f"{field}: [{written}]".split(" ")).replace("\n", "\n  ")


def _domain(row: Row, variables: Sequence[Variable]) -> tuple[int, int]:
    """Return two finite sides of a row: those it has, moved to just past what it can reach."""
    least, most = _reach(row.terms, variables, what=f"row {row.name}")
    low = least if row.low is None else min(max(row.low, least - 1), most + 1)
    high = most if row.high is None else min(max(row.high, least - 1), most + 1)
    # A one-sided row that no point meets must stay so: its missing side gives way.
    return (min(low, high), high) if row.low is None else (low, max(low, high))


def _reach(terms: Terms, variables: Sequence[Variable], *, what: str) -> tuple[int, int]:
    """Return bounds on every partial sum, in whatever order the terms are added."""
    ends = [(c * variables[i].low, c * variables[i].high) for i, c in terms]
    least = sum(min(0, *pair) for pair in ends)
    most = sum(max(0, *pair) for pair in ends)
    _check(least, most, what=what)
    return least, most


def _check(least: int, most: int, *, what: str) -> None:
    if least < -MOST or most > MOST:
        raise BackendError(
            f"{what} may take values in {least}..{most}; the CP-SAT format holds "
            f"{-MOST}..{MOST}: use a coarser grid, or the format mps, lp or opb"
        )
