"""The one road: a method claims, the audit decides, a result comes out."""

from __future__ import annotations

import time
from typing import Any

from slth_opt.backends import BACKENDS, backend_named
from slth_opt.errors import BackendError, ClaimRejected, ProblemError
from slth_opt.guessing import first_guess
from slth_opt.methods import Backend, Claim, Watch
from slth_opt.problems import Problem
from slth_opt.problems.legality import mask_of
from slth_opt.results import Effort, Reported, Result, Stop


def solve(
    problem: Problem,
    backend: str | Backend = "auto",
    effort: Effort = Effort(),
    start: tuple[int, ...] | None = None,
    watch: Watch | None = None,
) -> Result:
    """Solve a problem with one method and audit what it claims.

    Parameters
    ----------
    problem
        What to solve.
    backend
        The name of a method, or ``"auto"`` for the first exact one that can take the problem.
    effort
        Limits; a limit the backend cannot honour is refused.
    start
        A legal selection to start from. By default a first guess made without search.
    watch
        Told the best value and bound while a method runs that can be watched. It sees claims,
        before the audit.

    Raises
    ------
    BackendError
        If the backend is unknown, or cannot take this problem or honour this effort.
    ClaimRejected
        If the method claimed something impossible.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum.from_reals([0.5, -0.25, 0.75, 1.0], 0.3125, size=2)
    >>> result = solve(pool, backend="enumeration")
    >>> result.indices, float(result.real_error), result.is_optimal
    ((0, 1), 0.0625, True)
    """
    method = choose_backend(problem, effort) if backend == "auto" else _method(backend)
    refusal = why_not(method, problem, effort)
    if refusal is not None:
        raise BackendError(refusal + _alternatives(method, problem, effort))
    known = first_guess(problem) if start is None else _checked_start(problem, start)
    began = time.perf_counter()
    try:
        told = (watch,) if method.can_be_watched else ()
        claim = method.solve(problem, effort, known, *told)
    except KeyboardInterrupt:
        claim = Claim(indices=known, stop=Stop.INTERRUPTED)
    seconds = time.perf_counter() - began
    return audit(problem, claim, backend=method, known=known, seconds=seconds)


def audit(
    problem: Problem,
    claim: Claim,
    *,
    backend: Backend,
    known: tuple[int, ...] | None = None,
    seconds: float = 0.0,
) -> Result:
    """Recompute a claim in exact integers and keep only what can be believed.

    Parameters
    ----------
    problem, claim
        What was asked, and what the method answered.
    backend
        The method: its bound is believed only if it is exact.
    known
        A legal selection found elsewhere; a claim that contradicts it is rejected. Where the
        claim has no selection either, the first guess takes its place.
    seconds
        How long the method ran.

    Raises
    ------
    ClaimRejected
        If the selection is impossible, or the bound contradicts a selection.
    ProblemError
        If `known` is not a legal selection.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> problem = SubsetSum(weights=(4, 7), target=6, fewest=1, most=1)
    >>> lie = Claim(indices=(0,), bound=2, stop=Stop.FINISHED)
    >>> audit(problem, lie, backend=backend_named("meeting"), known=(1,))
    Traceback (most recent call last):
    ...
    slth_opt.errors.ClaimRejected: backend 'meeting' claims the bound 2, but (1,) has value 1
    """
    name = f"backend '{backend.name}'"
    _check_record(claim, name)
    if known is not None:
        known = _checked_start(problem, known)
    elif claim.indices is None:
        known = first_guess(problem)
    candidates = []
    if claim.indices is not None:
        candidates.append(_valued(problem, _checked_indices(problem, claim.indices, name)))
    if known is not None:
        candidates.append(_valued(problem, known))
    value, indices = min(candidates) if candidates else (None, None)
    lower, infeasible = _believed_bound(problem, claim, backend, value, indices)
    # What the method found itself counts, not what was known before.
    own = candidates[0][0] if candidates else None
    if backend.exact and claim.stop is Stop.FINISHED and not infeasible and own != lower:
        raise ClaimRejected(
            f"{name} says it finished, but the bound {lower} does not meet "
            + ("any selection" if own is None else f"its best value {own}")
        )
    return Result(
        problem=problem,
        backend=backend.name,
        indices=indices,
        value=value,
        lower_bound=lower,
        infeasible=infeasible,
        stop=claim.stop,
        seconds=seconds,
        nodes=claim.nodes,
        reported=claim.reported,
    )


def why_not(backend: Backend, problem: Problem, effort: Effort = Effort()) -> str | None:
    """Say in one sentence why a backend cannot take a problem, or None if it can.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> small = SubsetSum(weights=(1, 2), target=3, fewest=2, most=2)
    >>> why_not(backend_named("enumeration"), small) is None
    True
    """
    name = f"backend '{backend.name}'"
    if problem.kind not in backend.takes:
        return f"{name} takes {', '.join(backend.takes)}; this problem is a {problem.kind}"
    if problem.bits > backend.max_bits:
        return f"{name} accepts sums up to {backend.max_bits} bits; this problem has {problem.bits}"
    for field in effort.asked():
        if field not in backend.honours:
            possible = ", ".join(sorted(backend.honours)) or "no limit"
            return f"{name} cannot honour {field}={getattr(effort, field)}; it honours {possible}"
    reason = backend.refuses(problem)
    return None if reason is None else f"{name} {reason}"


def choose_backend(problem: Problem, effort: Effort = Effort()) -> Backend:
    """Return the first exact backend that can take a problem within an effort.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> choose_backend(SubsetSum(weights=(1, 2), target=3, fewest=2, most=2)).name
    'meeting'
    """
    able = _able(problem, effort)
    if not able:
        reasons = [str(why_not(b, problem, effort)) for b in BACKENDS if b.exact]
        raise BackendError(f"no exact backend can take this: {'; '.join(reasons)}")
    return able[0]


def _able(problem: Problem, effort: Effort) -> list[Backend]:
    return [b for b in BACKENDS if b.exact and why_not(b, problem, effort) is None]


def _alternatives(refused: Backend, problem: Problem, effort: Effort) -> str:
    names = [f"'{b.name}'" for b in _able(problem, effort) if b is not refused]
    return f". Try {' or '.join(names)}." if names else "."


def _method(backend: str | Backend) -> Backend:
    return backend if isinstance(backend, Backend) else backend_named(backend)


def _valued(problem: Problem, indices: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    return problem.value(mask_of(indices, problem.num_candidates)), indices


def _check_record(claim: Any, name: str) -> None:
    """Reject an answer that is no claim, or whose plain facts cannot be."""
    if not isinstance(claim, Claim):
        raise ClaimRejected(f"{name} answered {claim!r}, which is not a claim")
    if not isinstance(claim.stop, Stop):
        raise ClaimRejected(f"{name} stopped for {claim.stop!r}, which is not a reason to stop")
    if isinstance(claim.nodes, bool) or not isinstance(claim.nodes, int) or claim.nodes < 0:
        raise ClaimRejected(f"{name} counted {claim.nodes!r} nodes")
    if claim.reported is not None and not isinstance(claim.reported, Reported):
        raise ClaimRejected(f"{name} reported {claim.reported!r}, which is not a report")


def _checked_start(problem: Problem, start: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return _checked_indices(problem, start, "the start")
    except ClaimRejected as refused:
        raise ProblemError(str(refused)) from None


def _checked_indices(problem: Problem, indices: Any, name: str) -> tuple[int, ...]:
    n = problem.num_candidates
    try:
        indices = tuple(indices)
    except TypeError:
        raise ClaimRejected(f"{name} chose {indices!r}, which is not a list of indices") from None
    for i in indices:
        if isinstance(i, bool) or not isinstance(i, int) or not 0 <= i < n:
            raise ClaimRejected(f"{name} chose index {i!r}; the pool has indices 0..{n - 1}")
    chosen = tuple(sorted(indices))
    if len(set(chosen)) != len(chosen):
        raise ClaimRejected(f"{name} chose an index twice: {list(chosen)}")
    mask = mask_of(chosen, n)
    illegal = problem.why_illegal(mask)
    if illegal is not None:
        raise ClaimRejected(f"{name} chose what is not legal: {illegal}")
    return chosen


def _believed_bound(
    problem: Problem,
    claim: Claim,
    backend: Backend,
    value: int | None,
    indices: tuple[int, ...] | None,
) -> tuple[int, bool]:
    """Return (lower bound, infeasible): the free bound, and the method's if it is exact."""
    name = f"backend '{backend.name}'"
    free, beyond = problem.free_bound(), problem.impossible
    hopeless = free == beyond
    if not backend.exact:
        return free, hopeless
    if claim.infeasible:
        if indices is not None:
            raise ClaimRejected(
                f"{name} claims that no selection is legal, but {indices} is, with value {value}"
            )
        if beyond is None:
            raise ClaimRejected(f"{name} claims that no selection is legal; some always is")
        if claim.stop is not Stop.FINISHED:
            raise ClaimRejected(f"{name} claims that no selection is legal, yet did not finish")
        return beyond, True
    if claim.bound is None:
        return free, hopeless
    if isinstance(claim.bound, bool) or not isinstance(claim.bound, int):
        raise ClaimRejected(f"{name} claims the bound {claim.bound!r}, which is not an integer")
    if value is not None and claim.bound > value:
        raise ClaimRejected(
            f"{name} claims the bound {claim.bound}, but {indices} has value {value}"
        )
    if value is None and beyond is not None and claim.bound >= beyond:
        raise ClaimRejected(
            f"{name} claims the bound {claim.bound}, which no selection can have, and does not "
            "say that none is legal"
        )
    return max(free, claim.bound), hopeless
