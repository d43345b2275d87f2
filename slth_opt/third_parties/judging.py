"""From what a third party says to what it is worth: names, a mask, an audit in integers."""

from __future__ import annotations

from dataclasses import replace

from slth_opt.errors import BackendError, CertificateRejected
from slth_opt.problems import Problem
from slth_opt.problems.legality import mask_of
from slth_opt.programs import program_of, why_no_program
from slth_opt.programs.scaling import chosen
from slth_opt.programs.writers import WRITERS
from slth_opt.third_parties.arithmetic import is_blurred, why_too_large
from slth_opt.third_parties.records import (
    OUT_OF_ARITHMETIC,
    REFUSED,
    REPRODUCED,
    UNFINISHED,
    WRONG,
    Finding,
    Reader,
    Said,
)


def check_file(
    problem: Problem, optimum: int | None, reader: Reader, form: str, *, seconds: float
) -> Finding:
    """Write a problem in a format, let a third party read and solve it, and judge the answer.

    Parameters
    ----------
    problem
        The problem.
    optimum
        Its optimum; None if it has no legal selection.
    reader, form
        Who reads which format.
    seconds
        The limit.

    Raises
    ------
    CertificateRejected
        If the third party shows a selection better than the optimum.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> from slth_opt.third_parties import reader_named
    >>> pool = SubsetSum(weights=(3, 4, 9), target=8, fewest=2, most=2)
    >>> check_file(pool, 1, reader_named("cbc"), "mps", seconds=5.0).verdict
    'reproduced'
    """
    reason = reader.refuses() or why_no_program(problem)
    if reason is not None:
        return Finding(verdict=REFUSED, words=f"{reader.name} {reason}")
    try:
        text = WRITERS[form](program_of(problem))
    except BackendError as refused:  # the format itself cannot hold it
        return Finding(verdict=OUT_OF_ARITHMETIC, words=str(refused))
    too_large = why_too_large(text, reader)
    if too_large is not None:
        return Finding(verdict=OUT_OF_ARITHMETIC, words=f"the file {too_large}")
    found = judge(problem, optimum, reader.solve(text, form, seconds))
    return replace(found, blurred=is_blurred(text, reader))


def judge(problem: Problem, optimum: int | None, said: Said) -> Finding:
    """Hold what was said against the optimum.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum(weights=(3, 4, 9), target=8, fewest=2, most=2)
    >>> lie = Said(status="Optimal", finished=True, values={"x0": 0.0, "x1": 1.0, "x2": 1.0})
    >>> judge(pool, 1, lie).words
    'Optimal, but the value is 5 and the optimum 1'
    """
    if said.infeasible:
        if not said.finished:
            return Finding(verdict=UNFINISHED, words=said.status)
        if optimum is None:
            return Finding(verdict=REPRODUCED, words=said.status)
        return Finding(verdict=WRONG, words=f"{said.status}, but the optimum is {optimum}")
    if said.values is None:
        return Finding(verdict=UNFINISHED, words=said.status)
    value, trouble = _audited(problem, said)
    if value is not None and (optimum is None or value < optimum):
        raise CertificateRejected(
            f"a selection of {problem.kind} {problem.digest} has the value {value}, but "
            + ("none is said to be legal" if optimum is None else f"{optimum} is said to be least")
        )
    if not said.finished:
        return Finding(verdict=UNFINISHED, words=said.status, value=value)
    if trouble is None and value == optimum:
        return Finding(verdict=REPRODUCED, words=said.status, value=value)
    trouble = trouble or f"the value is {value} and the optimum {optimum}"
    return Finding(verdict=WRONG, words=f"{said.status}, but {trouble}", value=value)


def _audited(problem: Problem, said: Said) -> tuple[int | None, str | None]:
    """Return the value of a selection in integers, or what is wrong with it."""
    assert said.values is not None
    program = program_of(problem)
    names = [variable.name for variable in program.variables[: program.num_choices]]
    missing = [name for name in names if name not in said.values]
    if missing:
        return None, f"it lost the variable {missing[0]}"
    indices = chosen([said.values[name] for name in names], len(names))
    mask = mask_of(indices, problem.num_candidates)
    illegal = problem.why_illegal(mask)
    return (problem.value(mask), None) if illegal is None else (None, illegal)
