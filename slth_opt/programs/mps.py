"""Integer programs as MPS, the format every solver reads, with every integer in full.

Fields are separated by spaces (*free* MPS): the columns of the old fixed layout hold twelve
digits, ours may have nineteen.
"""

from __future__ import annotations

from collections.abc import Iterator

from slth_opt.programs.integer_program import OBJECTIVE, IntegerProgram, Row


def write_mps(program: IntegerProgram) -> str:
    """Write a program as free MPS, ready to be saved as ``.mps``.

    Bounds are given for every variable, because readers disagree about the default of integer
    ones. A row with two different finite sides is a G row with a positive range, the one kind
    on whose meaning (``rhs .. rhs + range``) all readers agree.

    Examples
    --------
    >>> from slth_opt.problems import SmallestSubset
    >>> from slth_opt.programs import program_of
    >>> problem = SmallestSubset(weights=(3, 8), target=10, tolerance=1)
    >>> print(write_mps(program_of(problem)))
    NAME smallest_subset FREE
    ROWS
     N objective
     G band
    COLUMNS
     MARKER 'MARKER' 'INTORG'
     x0 objective 1
     x0 band 3
     x1 objective 1
     x1 band 8
     MARKER 'MARKER' 'INTEND'
    RHS
     RHS band 9
    RANGES
     RANGE band 2
    BOUNDS
     LO BOUND x0 0
     UP BOUND x0 1
     LO BOUND x1 0
     UP BOUND x1 1
    ENDATA
    <BLANKLINE>
    """
    lines = [
        f"NAME {program.name} FREE",
        "ROWS",
        f" N {OBJECTIVE}",
        *(f" {_sense(row)} {row.name}" for row in program.rows),
        "COLUMNS",
        " MARKER 'MARKER' 'INTORG'",
        *_columns(program),
        " MARKER 'MARKER' 'INTEND'",
        "RHS",
        *(f" RHS {row.name} {_right_side(row)}" for row in program.rows),
    ]
    ranges = [f" RANGE {row.name} {_width(row)}" for row in program.rows if _width(row)]
    if ranges:
        lines += ["RANGES", *ranges]
    lines.append("BOUNDS")
    for variable in program.variables:
        # The lower bound comes first: some readers take a negative upper bound that comes
        # alone as a reason to drop the lower one.
        lines.append(f" LO BOUND {variable.name} {variable.low}")
        lines.append(f" UP BOUND {variable.name} {variable.high}")
    return "\n".join([*lines, "ENDATA", ""])


def _columns(program: IntegerProgram) -> Iterator[str]:
    """Yield the coefficients variable by variable, the objective's first."""
    entries: list[list[tuple[str, int]]] = [[] for _ in program.variables]
    for i, coefficient in program.objective:
        entries[i].append((OBJECTIVE, coefficient))
    for row in program.rows:
        for i, coefficient in row.terms:
            entries[i].append((row.name, coefficient))
    for variable, column in zip(program.variables, entries, strict=True):
        # A variable exists in MPS only by its entries, so one without any gets a zero.
        for name, coefficient in column or [(OBJECTIVE, 0)]:
            yield f" {variable.name} {name} {coefficient}"


def _sense(row: Row) -> str:
    if row.low is None:
        return "L"
    return "E" if row.low == row.high else "G"


def _right_side(row: Row) -> int | None:
    return row.high if row.low is None else row.low


def _width(row: Row) -> int:
    """Return how far the sides of a row are apart; zero if it has but one."""
    return 0 if row.low is None or row.high is None else row.high - row.low
