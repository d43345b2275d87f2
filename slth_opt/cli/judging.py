"""Every backend on its own, and who of them is right: the reasoning behind ``slth audit``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from slth_opt.cli.outputs import number
from slth_opt.errors import ClaimRejected
from slth_opt.methods import Backend, Claim
from slth_opt.problems import Problem
from slth_opt.results import Effort, Result, Stop
from slth_opt.solving import audit, why_not


@dataclass(frozen=True, slots=True, kw_only=True)
class Testimony:
    """What came of asking one backend: a refusal, or a claim with its rejection or its result."""

    backend: Backend
    refusal: str | None = None
    claim: Claim | None = None
    rejection: str | None = None
    result: Result | None = None

    @property
    def is_silent(self) -> bool:
        """Whether it showed no selection of its own; a result then holds the first guess."""
        return self.claim is None or self.claim.indices is None

    @property
    def denies(self) -> bool:
        """Whether it says that no selection is legal."""
        return self.claim is not None and self.claim.infeasible


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
    >>> from slth_opt.backends import BACKENDS
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
        result = audit(problem, claim, backend=backend, seconds=seconds)
    except ClaimRejected as rejected:
        return Testimony(backend=backend, claim=claim, rejection=str(rejected))
    return Testimony(backend=backend, claim=claim, result=result)


def judge(testimonies: Sequence[Testimony]) -> tuple[Verdict, ...]:
    """Hold every testimony against the best selection any of them has shown.

    Examples
    --------
    >>> from slth_opt.backends import BACKENDS
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum(weights=(3, 4, 9), target=8, fewest=2, most=2)
    >>> [verdict.words for verdict in judge([ask(BACKENDS[0], pool)])]
    ['proven optimal']
    """
    results = [t.result for t in testimonies if t.result is not None and not t.is_silent]
    values = [r.value for r in results if r.value is not None]
    best = min(values, default=None)
    settled = any(r.is_optimal and r.value == best for r in results) or any(
        t.result is not None and t.result.infeasible for t in testimonies
    )
    verdicts = []
    for testimony in testimonies:
        words, wrong = _verdict(testimony, best, settled)
        words += _misreport(testimony)
        verdicts.append(Verdict(testimony=testimony, words=words, wrong=wrong))
    return tuple(verdicts)


def _verdict(testimony: Testimony, best: int | None, settled: bool) -> tuple[str, bool]:
    """Return what to say of a testimony, and whether it is wrong."""
    result = testimony.result
    if testimony.rejection is not None:
        return f"WRONG: {testimony.rejection}", True
    if result is None:
        return f"refused: {testimony.refusal}", False
    if best is not None and result.lower_bound > best:
        by = number(result.problem.objective_grid.real(result.lower_bound - best))
        return f"WRONG: its bound is {by} above a selection another method found", True
    if result.infeasible:
        return "proven: no such subset exists", False
    if testimony.denies:
        if best is not None:
            return "WRONG: it says there is no such subset, but another method found one", True
        return f"says there is no such subset; {'true, but ' if settled else ''}not proven", False
    if testimony.is_silent or best is None or result.value is None:
        if result.stop is Stop.FINISHED:
            return "WRONG: it finished without an answer", True
        return f"found nothing ({result.stop.value})", False
    if result.value == best:
        if result.is_optimal and not testimony.backend.exact:
            return "optimal: it equals a bound anyone can compute", False
        if result.is_optimal:
            return "proven optimal", False
        return "optimal, but unproven by itself" if settled else "best known, not proven", False
    by = number(result.problem.objective_grid.real(result.value - best))
    if result.stop is Stop.FINISHED:
        return f"WRONG by {by}", True
    return f"{by} above the best known ({result.stop.value})", False


def _misreport(testimony: Testimony) -> str:
    """Say so if a solver's own figure is not that of its own selection."""
    result = testimony.result
    if result is None or result.reported is None or testimony.is_silent or result.value is None:
        return ""
    figure = result.reported.objective
    if figure is None or abs(figure - result.value) <= max(0.5, 1e-9 * result.value):
        return ""
    return f"; it reports {in_reals(figure, result)} for this selection"


def in_reals(figure: float | None, result: Result) -> str:
    """Show a figure a solver reported, which counts units of the problem, as a real number.

    Examples
    --------
    >>> from slth_opt import SubsetSum, solve
    >>> in_reals(3.0, solve(SubsetSum.from_reals([0.5, 0.25], 0.5, size=1)))
    '0.75'
    """
    return number(None if figure is None else figure * float(result.problem.objective_grid.real(1)))
