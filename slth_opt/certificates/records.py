"""What is known about a problem, who says so, and how far it can be believed.

A selection proves its own value. That nothing is better has to rest on something, and a
certificate names on what: a bound anyone can compute, two exact methods of different kinds,
one exact method, or only solvers in floating point, whose word counts for nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from slth_opt.problems import Problem
from slth_opt.results import Reported, Stop


class Evidence(enum.Enum):
    """What the lower bound rests on, from the strongest to the weakest.

    Examples
    --------
    >>> Evidence("agreed") is Evidence.AGREED
    True
    """

    SELF_EVIDENT = "self_evident"
    """The value equals a bound anyone can compute without search."""
    AGREED = "agreed"
    """Two exact methods of different families closed the problem at the same value."""
    SINGLE = "single"
    """The word of one exact method, or of several that did not all finish."""
    REPORTED = "reported"
    """No exact method was heard: nothing but the free bound is known from below."""

    @property
    def strength(self) -> int:
        """How strong it is, from 3 down to 0."""
        return 3 - list(Evidence).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What one method was found to have shown, after the audit.

    Parameters
    ----------
    backend, family, exact
        The method, as in the table of `slth_opt.families`.
    version
        The version of the software that decides what it computes.
    value
        The value of the best selection it found; None if it found none.
    lower_bound
        What it proved from below; the free bound if it is not exact.
    infeasible
        Whether it proved that no legal selection exists.
    stop
        Why it stopped.
    reported
        What it said in floating point, kept for the record.
    """

    backend: str
    family: str
    exact: bool
    version: str
    value: int | None
    lower_bound: int
    infeasible: bool
    stop: Stop
    reported: Reported | None = None

    @property
    def is_closed(self) -> bool:
        """Whether it left nothing open: the optimum, or a proof that there is none."""
        return self.infeasible or self.value == self.lower_bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A selection, a bracket around the optimum, and what the bracket rests on.

    Parameters
    ----------
    kind, problem
        The kind of the problem and the digest of its canonical form.
    indices
        The selection, increasing; None if none is known.
    value
        Its objective.
    error
        Its distance from the target as an exact string, ``"p/2^q"`` or an integer.
    lower_bound
        No legal selection has a smaller objective.
    infeasible
        Whether no legal selection exists at all.
    evidence
        What the lower bound rests on.
    witnesses
        The methods that were asked.
    remarks
        Why the evidence is not stronger, in sentences for people.
    package
        The version of this package that wrote it.
    seal
        The sha256 of everything else. It detects damage; it does not stop a forger.

    Examples
    --------
    >>> from slth_opt import SubsetSum, certify
    >>> problem = SubsetSum(weights=(3, -5, 8), target=4, fewest=2, most=2)
    >>> certificate = certify(problem)
    >>> certificate.indices, certificate.value, certificate.lower_bound, certificate.evidence.value
    ((1, 2), 1, 1, 'agreed')
    """

    kind: str
    problem: str
    indices: tuple[int, ...] | None
    value: int | None
    error: str | None
    lower_bound: int
    infeasible: bool
    evidence: Evidence
    witnesses: tuple[Witness, ...]
    remarks: tuple[str, ...] = ()
    package: str
    seal: str = ""

    @property
    def is_optimal(self) -> bool:
        """Whether the selection is proven best, on the evidence named."""
        return self.value is not None and self.value == self.lower_bound


def evidence_for(
    problem: Problem, value: int | None, infeasible: bool, witnesses: Iterable[Witness]
) -> Evidence:
    """Return the strength that the witnesses of a value give it, no more and no less.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> even = SubsetSum(weights=(2, 4, 8), target=5, fewest=1, most=2)
    >>> evidence_for(even, 1, False, ())
    <Evidence.SELF_EVIDENT: 'self_evident'>
    """
    free = problem.free_bound()
    if value == free or (infeasible and is_hopeless(problem)):
        return Evidence.SELF_EVIDENT
    exact = [witness for witness in witnesses if witness.exact]
    said = (value, infeasible)
    closing = {w.family for w in exact if w.is_closed and (w.value, w.infeasible) == said}
    if len(closing) >= 2:
        return Evidence.AGREED
    return Evidence.SINGLE if exact else Evidence.REPORTED


def is_hopeless(problem: Problem) -> bool:
    """Tell whether the free bound alone shows that no selection is legal.

    Examples
    --------
    >>> from slth_opt.problems import SmallestSubset
    >>> is_hopeless(SmallestSubset(weights=(2, 4), target=5, tolerance=0))
    True
    """
    return problem.free_bound() == problem.impossible
