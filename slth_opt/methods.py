"""The records a solution method is made of: what it can do, and what it claims."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from slth_opt.problems import Problem, SmallestSubset
from slth_opt.results import Effort, Reported, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a method says. It never reaches a user before the audit.

    Parameters
    ----------
    indices
        The selection it found, if any.
    bound
        A lower bound on the optimum it says it proved, in integers. Float solvers leave it None.
    infeasible
        Whether it says that no legal selection exists.
    stop
        Why it stopped.
    nodes
        How many nodes it counted.
    reported
        What a floating-point solver said.
    """

    indices: tuple[int, ...] | None
    bound: int | None = None
    infeasible: bool = False
    stop: Stop
    nodes: int = 0
    reported: Reported | None = None


Solve = Callable[[Problem, Effort, tuple[int, ...] | None], Claim]
"""A method proper: problem, effort and a legal selection to start from (or None) in, claim out.

On KeyboardInterrupt it stops and claims the best it has, with `Stop.INTERRUPTED`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One way to solve problems, and what is known about it before it runs.

    Parameters
    ----------
    name
        What users call it.
    family
        What kind of method it is. Two exact methods agree *independently* only if their
        families differ.
    summary
        One line for people.
    exact
        Whether it computes in integers to the end, so that its bounds may be believed.
    takes
        The kinds of problem it solves.
    honours
        The fields of `Effort` it respects; others are refused.
    max_bits
        The largest number of bits the sums of a problem may have.
    solve
        The method.
    refuses
        Says why a problem of the right kind and bits is still too much, or None.
    """

    name: str
    family: str
    summary: str
    exact: bool
    takes: tuple[str, ...]
    honours: frozenset[str]
    max_bits: int
    solve: Solve
    refuses: Callable[[Problem], str | None] = lambda problem: None


def problem_bits(problem: Problem) -> int:
    """Return how many bits the largest number of a problem takes: a sum, or the tolerance.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> problem_bits(SubsetSum(weights=(4, -3), target=1, fewest=1, most=1))
    4
    """
    rows = [(*row, t) for row, t in zip(problem.rows, problem.targets, strict=True)]
    largest = [sum(map(abs, row)) for row in rows]
    if isinstance(problem, SmallestSubset):
        largest.append(problem.tolerance)
    return max(largest).bit_length()


def too_many_subsets(num_candidates: int, fewest: int, most: int, limit: int) -> bool:
    """Tell whether there are more than `limit` subsets of fewest..most, without big numbers.

    Examples
    --------
    >>> too_many_subsets(5, 2, 3, 20), too_many_subsets(10**6, 0, 10**6, 2**31)
    (False, True)
    """
    total = 0
    for size in range(fewest, most + 1):
        count = 1
        for i in range(min(size, num_candidates - size)):
            count = count * (num_candidates - i) // (i + 1)
            if count > limit:  # binomials only grow on the way to the middle
                return True
        total += count
        if total > limit:
            return True
    return False
