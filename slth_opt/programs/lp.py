"""Integer programs in the CPLEX LP format: the one for people to read."""

from __future__ import annotations

from collections.abc import Iterator

from slth_opt.programs.integer_program import OBJECTIVE, IntegerProgram, Row, Terms
from slth_opt.programs.lines import fill


def write_lp(program: IntegerProgram) -> str:
    r"""Write a program in the CPLEX LP format, ready to be saved as ``.lp``.

    A row with two different finite sides becomes two rows, ``name.low`` and ``name.high``:
    readers disagree about two sides on one line, and no name of a program has a dot.

    Examples
    --------
    >>> from slth_opt.problems import SmallestSubset
    >>> from slth_opt.programs import program_of
    >>> problem = SmallestSubset(weights=(3, -8), target=10, tolerance=1)
    >>> print(write_lp(program_of(problem)))
    \ smallest_subset
    Minimize
    objective: + 1 x0 + 1 x1
    Subject To
    band.low: + 3 x0 - 8 x1 >= 9
    band.high: + 3 x0 - 8 x1 <= 11
    Bounds
    0 <= x0 <= 1
    0 <= x1 <= 1
    Generals
    x0 x1
    End
    <BLANKLINE>
    """
    lines = [
        f"\\ {program.name}",
        "Minimize",
        fill([f"{OBJECTIVE}:", *_sum(program, _objective(program))]),
        "Subject To",
        *(line for row in program.rows for line in _row(program, row)),
        "Bounds",
        *(f"{v.low} <= {v.name} <= {v.high}" for v in program.variables),
        "Generals",
        fill(v.name for v in program.variables),
        "End",
        "",
    ]
    return "\n".join(lines)


def _objective(program: IntegerProgram) -> Terms:
    """Return the objective, with zeros for variables that readers would see nowhere else."""
    used = {i for row in program.rows for i, _ in row.terms}.union(i for i, _ in program.objective)
    unused = ((i, 0) for i in range(len(program.variables)) if i not in used)
    return tuple(sorted((*program.objective, *unused)))


def _row(program: IntegerProgram, row: Row) -> Iterator[str]:
    """Yield a row as one line, or as two if it has two different sides."""
    terms = list(_sum(program, row.terms))
    if row.low == row.high:
        yield fill([f"{row.name}:", *terms, f"= {row.low}"])
        return
    both = row.low is not None and row.high is not None
    if row.low is not None:
        yield fill([f"{row.name}.low:" if both else f"{row.name}:", *terms, f">= {row.low}"])
    if row.high is not None:
        yield fill([f"{row.name}.high:" if both else f"{row.name}:", *terms, f"<= {row.high}"])


def _sum(program: IntegerProgram, terms: Terms) -> Iterator[str]:
    """Yield the terms of a sum; the format has no empty sum, so that is zero times something."""
    for i, coefficient in terms or ((0, 0),):
        sign = "-" if coefficient < 0 else "+"
        yield f"{sign} {abs(coefficient)} {program.variables[i].name}"
