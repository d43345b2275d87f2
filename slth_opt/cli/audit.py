"""``slth audit``: ask every backend on its own, and say who is right, wrong or silent."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slth_opt.backends import BACKENDS
from slth_opt.cli.command import CHECK_FAILED, DONE, Command
from slth_opt.cli.outputs import number, print_json, print_table, waiting
from slth_opt.cli.words import question_in_words
from slth_opt.errors import ClaimRejected
from slth_opt.library import read_instance
from slth_opt.methods import Backend, Claim
from slth_opt.problems import Problem
from slth_opt.results import Effort, Result, Stop
from slth_opt.solving import audit, why_not


@dataclass(frozen=True, slots=True, kw_only=True)
class Testimony:
    """What came of asking one backend: a refusal, a claim found impossible, or a result."""

    backend: Backend
    refusal: str | None = None
    rejection: str | None = None
    result: Result | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What all testimonies together say about one of them."""

    testimony: Testimony
    words: str
    wrong: bool


def ask(backend: Backend, problem: Problem, effort: Effort = Effort()) -> Testimony:
    """Ask one backend without the first guess, so that the answer is its own.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum(weights=(3, 4, 9), target=8, fewest=2, most=2)
    >>> ask(BACKENDS[0], pool).result.value
    1
    """
    refusal = why_not(backend, problem, effort)
    if refusal is not None:
        return Testimony(backend=backend, refusal=refusal)
    began = time.perf_counter()
    try:
        claim = backend.solve(problem, effort, None)
    except KeyboardInterrupt:
        claim = Claim(indices=None, stop=Stop.INTERRUPTED)
    seconds = time.perf_counter() - began
    try:
        return Testimony(
            backend=backend, result=audit(problem, claim, backend=backend, seconds=seconds)
        )
    except ClaimRejected as rejected:
        return Testimony(backend=backend, rejection=str(rejected))


def judge(testimonies: Sequence[Testimony]) -> tuple[Verdict, ...]:
    """Hold every testimony against the best selection any of them has shown.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum(weights=(3, 4, 9), target=8, fewest=2, most=2)
    >>> [verdict.words for verdict in judge([ask(BACKENDS[0], pool)])]
    ['proven optimal']
    """
    results = [t.result for t in testimonies if t.result is not None]
    values = [r.value for r in results if r.value is not None]
    best = min(values, default=None)
    settled = any(r.value == best and r.is_optimal for r in results)
    return tuple(_verdict(t, best, settled) for t in testimonies)


def _verdict(testimony: Testimony, best: int | None, settled: bool) -> Verdict:
    result = testimony.result
    if testimony.rejection is not None:
        return Verdict(testimony=testimony, words=f"WRONG: {testimony.rejection}", wrong=True)
    if result is None:
        return Verdict(testimony=testimony, words=f"refused: {testimony.refusal}", wrong=False)
    grid = result.problem.objective_grid
    if best is not None and result.lower_bound > best:
        by = number(grid.real(result.lower_bound - best))
        words = f"WRONG: its bound is {by} above a selection another method found"
        return Verdict(testimony=testimony, words=words, wrong=True)
    if result.value is None:
        words = "proven: no such subset exists" if result.infeasible else "found nothing"
        wrong = best is not None and result.stop is Stop.FINISHED
        words = f"WRONG: {words}, but another method found one" if wrong else words
        return Verdict(testimony=testimony, words=words, wrong=wrong)
    assert best is not None
    if result.value == best:
        words = "best known, not proven" if not settled else "optimal, but unproven by itself"
        words = "proven optimal" if result.is_optimal else words
        return Verdict(testimony=testimony, words=words, wrong=False)
    by = number(grid.real(result.value - best))
    if result.stop is Stop.FINISHED:
        return Verdict(testimony=testimony, words=f"WRONG by {by}", wrong=True)
    words = f"{by} above the best known ({result.stop.value})"
    return Verdict(testimony=testimony, words=words, wrong=False)


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("instance", metavar="INSTANCE.json", help="an instance file")
    parser.add_argument("--seconds", type=float, metavar="S", help="stop each after S seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    problem = read_instance(options.instance).problem
    effort = Effort(seconds=options.seconds)
    testimonies = []
    for backend in BACKENDS:
        with waiting(f"asking {backend.name}"):
            testimonies.append(ask(backend, problem, effort))
        result = testimonies[-1].result
        if result is not None and result.stop is Stop.INTERRUPTED:
            break
    verdicts = judge(testimonies)
    if options.json:
        print_json({"problem": problem.kind, "backends": [_record(v) for v in verdicts]})
    else:
        print(question_in_words(problem))
        header = ("backend", problem.unit, "at least", "it reports", "seconds", "verdict")
        print_table(header, [_row(v) for v in verdicts])
    failed = any(v.wrong and v.testimony.backend.exact for v in verdicts)
    return CHECK_FAILED if failed else DONE


def _row(verdict: Verdict) -> tuple[str, ...]:
    name, result = verdict.testimony.backend.name, verdict.testimony.result
    if result is None:
        return name, "-", "-", "-", "-", verdict.words
    grid = result.problem.objective_grid
    value = number(None if result.value is None else grid.real(result.value))
    bound = number(grid.real(result.lower_bound)) if verdict.testimony.backend.exact else "-"
    reported = "-"
    if result.reported is not None:
        reported = f"{result.reported.status} {number(result.reported.objective)}"
    return name, value, bound, reported, f"{result.seconds:.3f}", verdict.words


def _record(verdict: Verdict) -> dict[str, Any]:
    testimony = verdict.testimony
    return {
        "backend": testimony.backend.name,
        "exact": testimony.backend.exact,
        "verdict": verdict.words,
        "wrong": verdict.wrong,
        "result": None if testimony.result is None else testimony.result.summary(),
    }


COMMAND = Command(
    name="audit",
    summary="ask every backend and show who is wrong",
    examples=("slth audit pool.json", "slth audit pool.json --seconds 10 --json"),
    arguments=_arguments,
    run=_run,
)
