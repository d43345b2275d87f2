"""A scaled program as MPS, for solvers that are reached by files.

`slth_opt.programs.mps` writes the integers, which is the right thing to keep and to share. To
solve, CBC needs the rows scaled: with integers of 36 bits it was wrong in 4 of 60 small problems
and took a hundred times longer.
"""

from __future__ import annotations

from slth_opt.programs.scaling import FloatProgram, FloatRow


def write_scaled_mps(program: FloatProgram) -> str:
    """Write a scaled program as free MPS; every double is read back as the same double.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> from slth_opt.programs import program_of
    >>> from slth_opt.programs.scaling import scale
    >>> problem = SubsetSum(weights=(20, 52), target=40, fewest=1, most=1)
    >>> text = write_scaled_mps(scale(program_of(problem), bits=4))
    >>> [line for line in text.splitlines() if "above0" in line]
    [' L above0', ' x0 above0 5.0', ' x1 above0 13.0', ' z0 above0 -1.0', ' RHS above0 10.0']
    """
    entries: list[list[str]] = [[f"objective {cost!r}"] for cost in program.costs]
    for row in program.rows:
        for i, coefficient in row.terms:
            entries[i].append(f"{row.name} {coefficient!r}")
    lines = ["NAME scaled FREE", "ROWS", " N objective"]
    lines += [f" {_sense(row)} {row.name}" for row in program.rows]
    lines.append("COLUMNS")
    for integral, mark in ((True, "INTORG"), (False, "INTEND")):
        lines.append(f" MARKER 'MARKER' '{mark}'")
        for i, column in enumerate(entries):
            if program.integral[i] is integral:
                lines += [f" {program.names[i]} {entry}" for entry in column]
    lines.append("RHS")
    lines += [f" RHS {r.name} {r.high if _sense(r) == 'L' else r.low!r}" for r in program.rows]
    ranged = [row for row in program.rows if _sense(row) == "G" and row.high < float("inf")]
    if ranged:
        lines += ["RANGES", *(f" RANGE {row.name} {row.high - row.low!r}" for row in ranged)]
    lines.append("BOUNDS")
    for name, low, high in zip(program.names, program.lows, program.highs, strict=True):
        lines += [f" LO BOUND {name} {low!r}", f" UP BOUND {name} {high!r}"]
    return "\n".join([*lines, "ENDATA", ""])


def _sense(row: FloatRow) -> str:
    if row.low == float("-inf"):
        return "L"
    return "E" if row.low == row.high else "G"
