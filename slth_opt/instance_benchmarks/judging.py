"""A backend's claim, audited, and held against an optimum that was proven before."""

from __future__ import annotations

from slth_opt.errors import BackendError, CertificateRejected, ClaimRejected
from slth_opt.methods import Backend
from slth_opt.problems import Problem
from slth_opt.problems.legality import mask_of
from slth_opt.results import Effort, Stop
from slth_opt.solving import audit, why_not

RIGHT, WRONG, UNFINISHED, REFUSED = "right", "wrong", "unfinished", "refused"
"""It finished with the optimum; it finished with anything else, or said what is impossible; it
does not say that it finished; it does not take the problem."""

Judged = tuple[str, str]
"""A verdict, and why."""


def judge_backend(
    backend: Backend, problem: Problem, optimum: int | None, *, seconds: float
) -> Judged:
    """Ask a backend, without a first guess, and judge what it claims.

    Parameters
    ----------
    backend, problem
        Who is asked what.
    optimum
        The proven optimum; None if no selection is legal.
    seconds
        The limit.

    Raises
    ------
    CertificateRejected
        If the backend shows a selection better than the optimum.

    Examples
    --------
    >>> from slth_opt.backends import backend_named
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum(weights=(3, 4, 9), target=8, fewest=2, most=2)
    >>> judge_backend(backend_named("meeting"), pool, 1, seconds=5.0)
    ('right', 'finished')
    """
    effort = Effort(seconds=seconds)
    refusal = why_not(backend, problem, effort)
    if refusal is not None:
        return REFUSED, refusal
    try:
        claim = backend.solve(problem, effort, None)
        result = audit(problem, claim, backend=backend)
    except ClaimRejected as rejected:
        return WRONG, str(rejected)
    except BackendError as trouble:
        return UNFINISHED, str(trouble)
    except MemoryError:
        return UNFINISHED, "not enough memory"
    value = None
    if claim.indices is not None:
        value = problem.value(mask_of(claim.indices, problem.num_candidates))
        if optimum is None or value < optimum:
            raise CertificateRejected(
                f"{backend.name} shows a selection of value {value}, but "
                + ("none is said to be legal" if optimum is None else f"{optimum} is the optimum")
            )
    if optimum is not None and result.lower_bound > optimum:
        return WRONG, f"its bound is {result.lower_bound} and the optimum {optimum}"
    if claim.stop is not Stop.FINISHED:
        return UNFINISHED, claim.stop.value
    if claim.infeasible:
        return (RIGHT, "finished") if optimum is None else (WRONG, "it says that none is legal")
    if value is not None and value == optimum:
        return RIGHT, "finished"
    found = "nothing" if value is None else f"the value {value}"
    return WRONG, f"it finished with {found}, and the optimum is {optimum}"
