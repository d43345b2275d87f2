"""``slth profile``: the best error for every size of subset."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from dataclasses import replace

from slth_opt.backends import meeting
from slth_opt.cli.command import DONE, INTERRUPTED, Command
from slth_opt.cli.inputs import add_effort, add_pool, read_effort, read_subset_sum
from slth_opt.cli.outputs import listed, number, print_json, print_table, waiting
from slth_opt.errors import ProblemError
from slth_opt.library import read_instance
from slth_opt.methods import Claim
from slth_opt.problems import SubsetSum
from slth_opt.results import Effort, Result, Stop
from slth_opt.solving import audit, solve, why_not


def profile(
    problem: SubsetSum, backend: str = "auto", effort: Effort = Effort()
) -> tuple[Result, ...]:
    """Return an audited result for every size 0..n; the problem's own size rule is ignored.

    An interrupted profile ends with the size it was interrupted at.

    Examples
    --------
    >>> pool = SubsetSum(weights=(3, -5, 8), target=4, fewest=0, most=3)
    >>> [(result.size, result.value) for result in profile(pool)]
    [(0, 4), (1, 1), (2, 1), (3, 2)]
    """
    sizes = range(problem.num_candidates + 1)
    questions = [replace(problem, fewest=size, most=size) for size in sizes]
    problem = replace(problem, fewest=0, most=problem.num_candidates)
    able = why_not(meeting.BACKEND, problem) is None and not effort.asked()
    if able and backend in ("auto", meeting.BACKEND.name):
        return _met(problem, questions)
    deadline = None if effort.seconds is None else time.monotonic() + effort.seconds
    results: list[Result] = []
    for question in questions:
        if deadline is not None:
            effort = replace(effort, seconds=max(0.0, deadline - time.monotonic()))
        results.append(solve(question, backend, effort))
        if results[-1].stop is Stop.INTERRUPTED:
            break
    return tuple(results)


def _met(problem: SubsetSum, questions: list[SubsetSum]) -> tuple[Result, ...]:
    """Meet in the middle once for all sizes, and audit each."""
    began = time.perf_counter()
    try:
        rows = meeting.profile(problem)
    except KeyboardInterrupt:  # the audit falls back on what a glance finds
        glance = Claim(indices=None, stop=Stop.INTERRUPTED)
        return tuple(audit(q, glance, backend=meeting.BACKEND) for q in questions)
    share = (time.perf_counter() - began) / len(rows)
    results = []
    for question in questions:
        error, indices = rows[question.fewest]
        claim = Claim(indices=indices, bound=error, stop=Stop.FINISHED)
        results.append(audit(question, claim, backend=meeting.BACKEND, seconds=share))
    return tuple(results)


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("instance", nargs="?", metavar="INSTANCE.json", help="an instance file")
    add_pool(parser)
    add_effort(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    problem = _read(options)
    with waiting("solving every size"):
        results = profile(problem, options.backend, read_effort(options))
    if options.json:
        print_json(
            {
                "weights": problem.num_candidates,
                "target": float(problem.grid.real(problem.target)),
                "optimal": all(r.is_optimal for r in results),
                "seconds": sum(r.seconds for r in results),
                "sizes": [r.summary() for r in results],
            }
        )
    else:
        print(
            f"best error of every size, {problem.num_candidates} weights, "
            f"target {number(problem.grid.real(problem.target))}"
        )
        print_table(("size", "error", "proven", "indices"), [_row(r) for r in results])
    return INTERRUPTED if all(r.indices is None for r in results) else DONE


def _read(options: Namespace) -> SubsetSum:
    if options.instance is None:
        if options.weights is None or options.target is None:
            raise ProblemError("give an instance file, or --weights and --target")
        return read_subset_sum(options, None)
    if options.weights is not None or options.target is not None or options.round is not None:
        raise ProblemError(
            "an instance file says everything about its problem; "
            "drop --weights, --target and --round"
        )
    problem = read_instance(options.instance).problem
    if not isinstance(problem, SubsetSum):
        raise ProblemError(f"a profile is of a subset_sum; this problem is a {problem.kind}")
    return problem


def _row(result: Result) -> tuple[str, ...]:
    proven = "optimal" if result.is_optimal else f"at least {_real(result, result.lower_bound)}"
    assert isinstance(result.problem, SubsetSum)
    size = str(result.problem.fewest)
    return size, number(result.real_error), proven, listed(result.indices, most=16)


def _real(result: Result, value: int) -> str:
    return number(result.problem.grid.real(value))


COMMAND = Command(
    name="profile",
    summary="find the best error for every size of subset",
    examples=(
        "slth profile --weights 0.31,-0.72,0.5,0.94,-0.13 --target 0.4",
        "slth profile pool.json --json",
    ),
    arguments=_arguments,
    run=_run,
)
