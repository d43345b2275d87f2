"""The part of a certificate that needs nobody's word: each number is recomputed and compared."""

from __future__ import annotations

from itertools import pairwise

from slth_opt.certificates.records import Certificate
from slth_opt.certificates.written import (
    certificate_from_dict,
    certificate_to_dict,
    seal_of,
)
from slth_opt.errors import CertificateRejected, FileError
from slth_opt.problems import Problem
from slth_opt.problems.legality import mask_of


def demand(holds: bool, otherwise: str) -> None:
    """Reject the certificate unless something holds.

    Examples
    --------
    >>> demand(1 + 1 == 3, "it adds wrongly")
    Traceback (most recent call last):
    ...
    slth_opt.errors.CertificateRejected: it adds wrongly
    """
    if not holds:
        raise CertificateRejected(otherwise)


def check_identity(problem: Problem, certificate: Certificate) -> None:
    """Check that the certificate is well-formed, undamaged, and about this problem.

    Examples
    --------
    >>> from slth_opt import SubsetSum, certify
    >>> problem = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> certificate = certify(problem)
    >>> check_identity(problem, certificate)
    >>> check_identity(SubsetSum(weights=(3,), target=4, fewest=0, most=1), certificate)
    Traceback (most recent call last):
    ...
    slth_opt.errors.CertificateRejected: the certificate is for the problem ...
    """
    try:  # a certificate that came from no file was never read strictly
        certificate_from_dict(certificate_to_dict(certificate))
    except FileError as refused:
        raise CertificateRejected(str(refused)) from None
    demand(
        certificate.seal == seal_of(certificate),
        "the seal does not match the content: the certificate was damaged or changed",
    )
    demand(
        certificate.kind == problem.kind,
        f"the certificate is for a {certificate.kind}, the problem is a {problem.kind}",
    )
    demand(
        certificate.problem == problem.digest,
        f"the certificate is for the problem {certificate.problem[:12]}..., "
        f"this one is {problem.digest[:12]}...",
    )


def check_selection(problem: Problem, certificate: Certificate) -> None:
    """Recompute everything that a selection decides by itself.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from slth_opt import SubsetSum, certify
    >>> problem = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> certificate = certify(problem)
    >>> check_selection(problem, certificate)
    >>> check_selection(problem, replace(certificate, indices=(0, 1)))
    Traceback (most recent call last):
    ...
    slth_opt.errors.CertificateRejected: it gives the value 1, but its selection has 6
    """
    indices, n = certificate.indices, problem.num_candidates
    if indices is None:
        without = certificate.value is None and certificate.error is None
        demand(without, "it gives a value or an error, but no selection")
        return
    for i in indices:
        demand(0 <= i < n, f"it chooses index {i}; the pool has indices 0..{n - 1}")
    increasing = all(a < b for a, b in pairwise(indices))
    demand(increasing, "its indices are not in increasing order, each once")
    mask = mask_of(indices, n)
    error, value = problem.error(mask), problem.value(mask)
    illegal = problem.why_illegal(mask)
    demand(illegal is None, f"its selection is not legal: {illegal}")
    demand(
        certificate.value == value,
        f"it gives the value {certificate.value}, but its selection has {value}",
    )
    exact = problem.grid.exact_string(error)
    demand(
        certificate.error == exact,
        f"it gives the error {certificate.error}, but its selection has {exact}",
    )


def check_bracket(problem: Problem, certificate: Certificate) -> None:
    """Hold the bounds against the selection and against the free bound.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from slth_opt import SubsetSum, certify
    >>> problem = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> certificate = certify(problem)
    >>> check_bracket(problem, certificate)
    >>> check_bracket(problem, replace(certificate, lower_bound=9))
    Traceback (most recent call last):
    ...
    slth_opt.errors.CertificateRejected: its lower bound 9 is above its own value 1
    """
    free, lower = problem.free_bound(), certificate.lower_bound
    demand(lower >= free, f"its lower bound {lower} is below the free bound {free}")
    if certificate.value is not None:
        demand(
            lower <= certificate.value,
            f"its lower bound {lower} is above its own value {certificate.value}",
        )
    impossible = problem.impossible
    if impossible is None:
        demand(not certificate.infeasible, "it says no selection is legal; some always is")
        demand(certificate.value is not None, "it gives no selection; some always is legal")
        return
    if certificate.infeasible:
        demand(certificate.indices is None, "it says no selection is legal, but gives one")
        demand(lower == impossible, f"no selection is legal, so its bound must be {impossible}")
    else:
        demand(
            lower < impossible,
            f"its lower bound {lower} leaves no selection, but it does not say so",
        )
