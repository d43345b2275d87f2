"""Is a certificate true? Asked with Python integers and the standard library alone.

Every number that can be recomputed is recomputed; what rests on the word of a method is held
against what is known of that method and of the others; and where the search is small enough,
the bound is proven once more here, so that not even a sealed forgery of it passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slth_opt.certificates.recomputing import check_bracket, check_identity, check_selection
from slth_opt.certificates.records import Certificate, Evidence
from slth_opt.certificates.testimony import check_testimony
from slth_opt.errors import CertificateRejected
from slth_opt.problems import Problem
from slth_opt.reproving import search_below


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What a certificate says that was found to be true, and what was checked.

    Parameters
    ----------
    kind, size, value, lower_bound, infeasible, evidence
        As in the certificate; the size of the selection is None without one.
    witnesses
        The names of the methods it rests on.
    reproven
        Whether the lower bound was proven here once more; None if that was not asked.
    rounded
        Whether the problem's integers are roundings of finer reals.

    Examples
    --------
    >>> from slth_opt import SubsetSum, certify, verify
    >>> problem = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> report = verify(problem, certify(problem))
    >>> report.value, report.lower_bound, report.evidence.value, report.reproven
    (1, 1, 'agreed', True)
    """

    kind: str
    size: int | None
    value: int | None
    lower_bound: int
    infeasible: bool
    evidence: Evidence
    witnesses: tuple[str, ...]
    reproven: bool | None
    rounded: bool

    @property
    def is_optimal(self) -> bool:
        """Whether the selection is proven best."""
        return self.value is not None and self.value == self.lower_bound

    def lines(self) -> tuple[str, ...]:
        """Say what was checked and found true, in sentences for people."""
        selection = (
            "selection: none"
            if self.size is None
            else f"selection: {self.size} chosen, legal, value {self.value} recomputed"
        )
        if self.infeasible:
            claim = "claim: no selection is legal"
        elif self.is_optimal:
            claim = f"claim: {self.value} is the optimum"
        else:
            claim = f"claim: no value is below {self.lower_bound}; optimality is open"
        names = ", ".join(self.witnesses) or "no method needed"
        proof = {
            True: "bound: proven here once more, in plain Python",
            False: "bound: not proven here once more: the search is too large for plain Python",
            None: "bound: not proven here once more: not asked",
        }[self.reproven]
        notes = ("note: the problem's numbers are roundings; all this holds for the integers",)
        evidence = f"evidence: {self.evidence.value} ({names})"
        return (selection, claim, evidence, proof, *(notes if self.rounded else ()))

    def summary(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "problem": self.kind,
            "size": self.size,
            "value": self.value,
            "lower_bound": self.lower_bound,
            "optimal": self.is_optimal,
            "infeasible": self.infeasible,
            "evidence": self.evidence.value,
            "witnesses": list(self.witnesses),
            "reproven": self.reproven,
            "rounded": self.rounded,
        }


def verify(problem: Problem, certificate: Certificate, *, reprove: bool = True) -> VerifyReport:
    """Check everything a certificate says; return what was checked.

    Parameters
    ----------
    problem, certificate
        The two that belong together.
    reprove
        Whether to prove the lower bound once more when that takes no more than seconds.

    Raises
    ------
    CertificateRejected
        If anything it says is untrue, in one line that says what.

    Examples
    --------
    >>> from slth_opt.certificates import sealed
    >>> from slth_opt.problems import SubsetSum
    >>> even = SubsetSum(weights=(2, 4, 8), target=5, fewest=1, most=2)
    >>> certificate = sealed(Certificate(kind="subset_sum", problem=even.digest, indices=(1,),
    ...     value=1, error="1", lower_bound=1, infeasible=False, witnesses=(),
    ...     evidence=Evidence.SELF_EVIDENT, package="0.1.0"))
    >>> report = verify(even, certificate)
    >>> report.is_optimal, report.reproven
    (True, True)
    """
    check_identity(problem, certificate)
    check_selection(problem, certificate)
    check_bracket(problem, certificate)
    check_testimony(problem, certificate)
    return VerifyReport(
        kind=certificate.kind,
        size=None if certificate.indices is None else len(certificate.indices),
        value=certificate.value,
        lower_bound=certificate.lower_bound,
        infeasible=certificate.infeasible,
        evidence=certificate.evidence,
        witnesses=tuple(witness.backend for witness in certificate.witnesses),
        reproven=_check_bound(problem, certificate) if reprove else None,
        rounded=problem.rounded,
    )


def _check_bound(problem: Problem, certificate: Certificate) -> bool:
    """Prove the lower bound once more; tell whether that was small enough to be done."""
    reproof = search_below(problem, certificate.lower_bound)
    if reproof.found is not None:
        raise CertificateRejected(
            f"it says that no selection has a value below {certificate.lower_bound}, "
            f"but one has {reproof.found}"
        )
    return reproof.complete
