"""The records a solution method is made of: what it can do, and what it claims."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slth_opt.results import Reported, Stop


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


Watch = Callable[[int | None, int | None], None]
"""Told now and then, from any thread: the best value found and the best bound proven so far, in
units of the objective; None for what is not known."""

Solve = Callable[..., Claim]
"""A method proper: a problem of a kind it takes, effort and a legal selection to start from (or
None) in, claim out. A method that can be watched takes a `Watch` (or None) as well.

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
    can_be_watched
        Whether `solve` takes a fourth argument, the `Watch`.
    """

    name: str
    family: str
    summary: str
    exact: bool
    takes: tuple[str, ...]
    honours: frozenset[str]
    max_bits: int
    solve: Solve
    refuses: Callable[[Any], str | None] = lambda problem: None
    can_be_watched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heuristic:
    """One way to pick subsets without a proof.

    Parameters
    ----------
    name
        What users call it.
    source
        The paper or the idea it comes from.
    summary
        One line for people.
    rules
        The size rules it knows, of `slth_opt.size_rules.RULES`.
    choose
        Masks for many rows at once: pools (N x n floats), targets (N floats), the size rule and
        a random generator in; N x n booleans out. Errors are recomputed by others, exactly.
    """

    name: str
    source: str
    summary: str
    rules: tuple[str, ...]
    choose: Callable[..., Any]


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
