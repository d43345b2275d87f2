"""Ask methods of different kinds, hold their answers against each other, write a certificate.

Two exact methods of one family may share a mistake; two of different families that meet at
the same optimum hardly can. If they do not meet, one of them is wrong, and that is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import permutations

from slth_opt.backends import BACKENDS, backend_named
from slth_opt.certificates import Certificate, Evidence, Witness, evidence_for, sealed, verify
from slth_opt.errors import BackendError, ClaimRejected
from slth_opt.families import FAMILIES
from slth_opt.methods import Backend
from slth_opt.problems import Problem
from slth_opt.results import Effort, Result, Stop
from slth_opt.solving import solve, why_not


def certify(
    problem: Problem,
    effort: Effort = Effort(),
    backends: Sequence[str | Backend] | None = None,
) -> Certificate:
    """Solve a problem by independent methods and certify what they agree on.

    Exact methods are asked in turn, one of each family, until two of them close the problem
    at the same value. A value that equals the free bound needs only one. Methods that compute
    in floating point are asked only if no exact one can be, and prove nothing.

    Parameters
    ----------
    problem
        What to certify.
    effort
        Limits for each method, not for all of them together. A method that cannot honour a
        limit is not asked, and the remarks of the certificate say so. Without a limit the
        second method may take very long; Ctrl-C then keeps what the first one showed.
    backends
        The methods to choose from, in order of preference; by default all there are. One
        that is named here and cannot take the problem is an error.

    Raises
    ------
    BackendError
        If no method can take this problem within this effort.
    ClaimRejected
        If a method claims something impossible, or two exact methods disagree.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> certificate = certify(SubsetSum(weights=(2, 4, 8), target=5, fewest=1, most=2))
    >>> certificate.value, certificate.evidence.value, certificate.remarks
    (1, 'self_evident', ('a bound anyone can compute settles it; no second method was asked',))
    """
    asked, refusals = _candidates(problem, effort, backends)
    results: list[Result] = []
    witnesses: list[Witness] = []
    for method in asked:
        if any(witness.family == method.family for witness in witnesses):
            continue  # a second opinion from the same family would prove little
        result = solve(problem, backend=method, effort=effort)
        _check_agreement([*results, result])
        results.append(result)
        witnesses.append(_witness(method, result))
        best, infeasible = _best(results)
        evidence = evidence_for(problem, best.value, infeasible, witnesses)
        if evidence.strength >= Evidence.AGREED.strength or result.stop is Stop.INTERRUPTED:
            break
    return _certificate(best, infeasible, evidence, tuple(witnesses), refusals)


def _candidates(
    problem: Problem, effort: Effort, backends: Sequence[str | Backend] | None
) -> tuple[list[Backend], list[str]]:
    """Return the methods to ask, in order, and one sentence for each that is left out."""
    named = BACKENDS if backends is None else backends
    methods = [b if isinstance(b, Backend) else backend_named(b) for b in named]
    able: list[Backend] = []
    refusals: list[str] = []
    for method in methods:
        refusal = _unknown(method) or why_not(method, problem, effort)
        if refusal is None:
            able.append(method)
        elif backends is not None:
            raise BackendError(refusal)
        elif problem.kind in method.takes:  # that a method is for other problems goes unsaid
            refusals.append(refusal)
    if not able:
        raise BackendError("no method can be asked: " + "; ".join(refusals or ["none was given"]))
    exact = [method for method in able if method.exact]
    if not exact:
        return able, refusals
    if backends is not None:
        spared = [method.name for method in able if not method.exact]
        refusals += [f"backend '{name}' is not exact and was not asked" for name in spared]
    return exact, refusals


def _unknown(method: Backend) -> str | None:
    """Say why a verifier could not place a method, or None if it can."""
    known = FAMILIES.get(method.name)
    if known is not None and (known.family, known.exact) == (method.family, method.exact):
        return None
    return f"backend '{method.name}' cannot bear witness: slth_opt.families does not list it so"


def _check_agreement(results: Sequence[Result]) -> None:
    """Raise if what one method proved is refuted by what another one found."""
    for proof, found in permutations(results, 2):
        if found.value is not None and proof.lower_bound > found.value:
            claim = "no selection is legal" if proof.infeasible else f"the best is {proof.value}"
            if not proof.infeasible and proof.value != proof.lower_bound:
                claim = f"no selection is below {proof.lower_bound}"
            raise ClaimRejected(
                f"backends '{proof.backend}' and '{found.backend}' disagree: "
                f"'{proof.backend}' claims that {claim}, but '{found.backend}' found the value "
                f"{found.value} with {found.indices}, so '{proof.backend}' is wrong"
            )


def _witness(method: Backend, result: Result) -> Witness:
    return Witness(
        backend=method.name,
        family=method.family,
        exact=method.exact,
        version=_version(FAMILIES[method.name].software),
        value=result.value,
        lower_bound=result.lower_bound,
        infeasible=result.infeasible,
        stop=result.stop,
        reported=result.reported,
    )


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unknown"


def _best(results: Sequence[Result]) -> tuple[Result, bool]:
    """Return the result with the best value, and whether any proved that none exists."""
    with_value = [result for result in results if result.value is not None]
    best = min(with_value, key=lambda result: result.value or 0, default=results[0])
    return best, any(result.infeasible for result in results)


def _certificate(
    best: Result,
    infeasible: bool,
    evidence: Evidence,
    witnesses: tuple[Witness, ...],
    refusals: Sequence[str],
) -> Certificate:
    """Put the certificate together, and check it as any reader would."""
    problem = best.problem
    certificate = sealed(
        Certificate(
            kind=problem.kind,
            problem=problem.digest,
            indices=best.indices,
            value=best.value,
            error=None if best.error is None else problem.grid.exact_string(best.error),
            lower_bound=max(witness.lower_bound for witness in witnesses),
            infeasible=infeasible,
            evidence=evidence,
            witnesses=witnesses,
            remarks=tuple(_remarks(evidence, witnesses, refusals)),
            package=_version("slth-opt"),
        )
    )
    verify(problem, certificate, reprove=False)
    return certificate


def _remarks(
    evidence: Evidence, witnesses: Sequence[Witness], refusals: Sequence[str]
) -> list[str]:
    """Say which strength was reached, and why none higher."""
    if evidence is Evidence.SELF_EVIDENT:
        return ["a bound anyone can compute settles it; no second method was asked"]
    if evidence is Evidence.AGREED:
        closing = [f"'{witness.backend}'" for witness in witnesses if witness.is_closed]
        return [f"{' and '.join(closing)}, of different families, agree"]
    remarks = []
    for witness in witnesses:
        if witness.exact and witness.is_closed:
            remarks.append(f"backend '{witness.backend}' closed the problem")
        elif witness.exact:
            remarks.append(f"backend '{witness.backend}' left it open ({witness.stop.value})")
        else:
            remarks.append(f"backend '{witness.backend}' computes in floating point: no proof")
    if all(witness.is_closed for witness in witnesses):
        remarks.append("no exact method of another family could be asked")
    return remarks + list(refusals)
