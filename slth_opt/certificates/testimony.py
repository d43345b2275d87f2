"""The part of a certificate that rests on somebody's word: who said what, and does it fit.

A witness cannot be heard again, but its words can be held against the table of methods, the
problem, the certificate and the other witnesses. No more is made of them than they allow.
"""

from __future__ import annotations

from slth_opt.certificates.recomputing import demand
from slth_opt.certificates.records import (
    Certificate,
    Evidence,
    Witness,
    evidence_for,
    is_hopeless,
)
from slth_opt.errors import CertificateRejected
from slth_opt.families import FAMILIES
from slth_opt.problems import Problem
from slth_opt.results import Stop


def check_testimony(problem: Problem, certificate: Certificate) -> None:
    """Check every witness, what they say together, and the evidence made of it.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from slth_opt import SubsetSum, certify
    >>> problem = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> certificate = certify(problem)
    >>> check_testimony(problem, certificate)
    >>> check_testimony(problem, replace(certificate, witnesses=()))
    Traceback (most recent call last):
    ...
    slth_opt.errors.CertificateRejected: it is not self-evident and names no witness
    """
    names = [witness.backend for witness in certificate.witnesses]
    demand(len(set(names)) == len(names), f"a witness is named twice: {', '.join(names)}")
    for witness in certificate.witnesses:
        _check_method(witness)
        _check_words(problem, witness)
        _check_contradiction(certificate, witness)
    _check_together(problem, certificate)


def _check_method(witness: Witness) -> None:
    """Hold what a witness is said to be against the table of methods."""
    name, known = f"witness '{witness.backend}'", FAMILIES.get(witness.backend)
    if known is None:
        raise CertificateRejected(f"{name} is unknown; known are {', '.join(FAMILIES)}")
    demand(
        witness.family == known.family,
        f"{name} is of the family '{known.family}', not of '{witness.family}'",
    )
    demand(
        witness.exact == known.exact,
        f"{name} is {'exact' if known.exact else 'not exact'}; the certificate says otherwise",
    )


def _check_words(problem: Problem, witness: Witness) -> None:
    """Hold what a witness says against the problem and against itself."""
    name, free = f"witness '{witness.backend}'", problem.free_bound()
    value, lower = witness.value, witness.lower_bound
    demand(lower >= free, f"{name} has the bound {lower}, below the free bound {free}")
    if not witness.exact:
        demand(lower == free, f"{name} is not exact; its bound must be the free bound {free}")
        demand(
            witness.infeasible == is_hopeless(problem),
            f"{name} is not exact; it cannot decide whether a selection is legal",
        )
    if value is not None:
        demand(lower <= value, f"{name} has the bound {lower} above its own value {value}")
    if witness.infeasible:
        demand(value is None, f"{name} says no selection is legal, but has the value {value}")
        demand(problem.impossible is not None, f"{name} denies that some selection is legal")
    impossible = problem.impossible
    if impossible is not None:
        demand(
            lower <= impossible and witness.infeasible == (lower == impossible),
            f"{name} has the bound {lower}, which does not fit what it says of legality",
        )
    demand(
        not (witness.exact and witness.stop is Stop.FINISHED) or witness.is_closed,
        f"{name} finished, but its bound {lower} does not meet its value {value}",
    )


def _check_contradiction(certificate: Certificate, witness: Witness) -> None:
    """Hold what a witness says against the certificate."""
    name, value = f"witness '{witness.backend}'", certificate.value
    if witness.value is not None:
        demand(
            value is not None and value <= witness.value,
            f"{name} found the value {witness.value}; the certificate has {value}",
        )
    demand(
        witness.lower_bound <= certificate.lower_bound,
        f"{name} proved the bound {witness.lower_bound}; "
        f"the certificate has {certificate.lower_bound}",
    )


def _check_together(problem: Problem, certificate: Certificate) -> None:
    """Check that the bound and the value have a source, and that the evidence is what it is."""
    witnesses, evidence = certificate.witnesses, certificate.evidence
    due = evidence_for(problem, certificate.value, certificate.infeasible, witnesses)
    if witnesses:
        values = [witness.value for witness in witnesses if witness.value is not None]
        best = min(values, default=None)
        demand(
            certificate.value == best,
            f"its value {certificate.value} has no witness; the best of theirs is {best}",
        )
    else:
        demand(due is Evidence.SELF_EVIDENT, "it is not self-evident and names no witness")
    proved = max([problem.free_bound(), *(witness.lower_bound for witness in witnesses)])
    demand(
        certificate.lower_bound == proved,
        f"its lower bound {certificate.lower_bound} has no witness; the best of theirs is {proved}",
    )
    demand(
        evidence is due,
        f"it calls its evidence '{evidence.value}'; its witnesses make it '{due.value}'",
    )
