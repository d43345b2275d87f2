"""Constructions side by side, and heuristics beside the optimum, all on the same sources."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from slth_opt.constructions import CONSTRUCTIONS, construction_named
from slth_opt.errors import ProblemError
from slth_opt.heuristics import HEURISTICS, heuristic_named
from slth_opt.networks import Network, accuracy
from slth_opt.size_rules import SizeRule
from slth_opt.tickets import Ticket, build_ticket, count_edges, default_rule, ticket_network

EXACT = "exact"
"""The method that proves its subsets best."""

SLOW = ("relaxed",)
"""Heuristics that take longer than all others together: only asked when they are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """One ticket, and how it compares with the optimal one from the same source.

    Parameters
    ----------
    construction, method, rule, n, seed
        How the ticket was made; the rule in words.
    weights
        How many subset sums it has.
    proven
        Whether each of them is proven best under the rule.
    failures
        How many miss the tolerance, where the rule has one.
    median_error, mean_error, largest_error
        Of all subset sums.
    error_ratio
        Mean error divided by that of the optimal ticket; 1 for the optimal one itself, None
        where the optimal one has no error.
    edges, first_layer, second_layer, chosen, natale_kept
        Kept edges, under each convention of `EdgeCounts`.
    density, natale_density, pensia_density
        Shares of the source, under each convention.
    accuracy, target_accuracy
        On the data that was given; None without.
    seconds
        To draw the source and choose the subsets.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> target = dense_network([[[0.5, -0.25]]])
    >>> (row,) = compare(target, constructions=["otsuka"], methods=["exact"], n=6)
    >>> row.construction, row.proven, row.error_ratio
    ('otsuka', True, 1.0)
    """

    construction: str
    method: str
    rule: str
    n: int
    seed: int
    weights: int
    proven: bool
    failures: int
    median_error: float
    mean_error: float
    largest_error: float
    error_ratio: float | None
    edges: int
    first_layer: int
    second_layer: int
    chosen: int
    natale_kept: int
    density: float
    natale_density: float
    pensia_density: float
    accuracy: float | None
    target_accuracy: float | None
    seconds: float

    def summary(self) -> dict[str, Any]:
        """Return the row as plain JSON values."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


Told = Callable[[str, int, int], None]
"""Told what is being built, how many tickets are done, and how many there will be."""


def compare(
    target: Network,
    *,
    n: int,
    seeds: Sequence[int] = (0,),
    constructions: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
    rule: SizeRule | None = None,
    data: tuple[Any, Any] | None = None,
    told: Told | None = None,
) -> Iterator[ComparisonRow]:
    """Yield a row for every construction, seed and method that can be asked.

    Parameters
    ----------
    target
        The network to approximate.
    n
        Candidates for each weight and branch.
    seeds
        One source is drawn for each, and shared by all methods.
    constructions, methods
        Their names; by default all that can build the target, and all methods that know the
        rule but the slow ones. One that is named here and cannot is an error.
    rule
        The size rule; by default that of each construction's paper.
    data
        Inputs and labels, for the accuracy.
    told
        Told what is going on.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> target = dense_network([[[0.5, -0.25]]])
    >>> rows = list(compare(target, n=12, constructions=["pensia"], methods=["exact", "greedy"]))
    >>> [row.method for row in rows], rows[0].error_ratio, rows[1].error_ratio >= 1
    (['exact', 'greedy'], 1.0, True)
    """
    plans = [construction_named(name) for name in constructions or _able(target)]
    whole = None if data is None else accuracy(target, *data)
    asked = [
        (plan.name, seed, own, method)
        for plan in plans
        for own in [default_rule(plan, n) if rule is None else rule]
        for seed in seeds
        for method in _methods(plan.name, own, methods)
    ]
    best: dict[tuple[str, int], float] = {}
    for done, (name, seed, own, method) in enumerate(asked):
        if told is not None:
            told(f"{name}, {method}", done, len(asked))
        began = time.perf_counter()
        ticket = build_ticket(target, name, n=n, seed=seed, rule=own, method=method)
        seconds = time.perf_counter() - began
        if method == EXACT:
            best[name, seed] = _mean_error(ticket)
        elif (name, seed) not in best:
            exact = build_ticket(target, name, n=n, seed=seed, rule=own, method=EXACT)
            best[name, seed] = _mean_error(exact)
        yield _row(ticket, best[name, seed], data, whole, seconds)


def _able(target: Network) -> list[str]:
    """Return the constructions that can build a target with errors one can compare."""
    able = [plan.name for plan in CONSTRUCTIONS if plan.refuse(target) is None]
    if not able:
        raise ProblemError(f"no construction can build it: {CONSTRUCTIONS[0].refuse(target)}")
    return able


def _methods(construction: str, rule: SizeRule, wanted: Sequence[str] | None) -> list[str]:
    """Return the methods to ask, the exact one first."""
    pooled_size = construction == "pooled" and rule.rule == "exactly"
    if wanted is not None:
        for name in wanted:
            if name != EXACT and rule.rule not in heuristic_named(name).rules:
                raise ProblemError(f"heuristic {name!r} does not know the size rule {rule.rule!r}")
            if name != EXACT and pooled_size:
                raise ProblemError(f"heuristic {name!r} cannot share one size between pooled sides")
        return sorted(wanted, key=lambda name: name != EXACT)
    asked = [h for h in HEURISTICS if h.name not in SLOW]
    able = [h.name for h in asked if rule.rule in h.rules and not pooled_size]
    return [EXACT, *able]


def _mean_error(ticket: Ticket) -> float:
    return float(ticket.errors.mean())


def _row(
    ticket: Ticket,
    best: float,
    data: tuple[Any, Any] | None,
    whole: float | None,
    seconds: float,
) -> ComparisonRow:
    import numpy as np

    errors, counts = ticket.errors, count_edges(ticket)
    mean = float(errors.mean())
    ratio = mean / best if best else (1.0 if mean == best else None)
    return ComparisonRow(
        construction=ticket.construction,
        method=ticket.method,
        rule=ticket.rule.in_words(),
        n=ticket.n,
        seed=ticket.seed,
        weights=len(errors),
        proven=ticket.proven,
        failures=ticket.num_failures,
        median_error=float(np.median(errors)),
        mean_error=mean,
        largest_error=float(errors.max()),
        error_ratio=ratio,
        edges=counts.edges,
        first_layer=counts.first_layer,
        second_layer=counts.second_layer,
        chosen=counts.chosen,
        natale_kept=counts.natale_kept,
        density=counts.density,
        natale_density=counts.natale_density,
        pensia_density=counts.pensia_density,
        accuracy=None if data is None else accuracy(ticket_network(ticket), *data),
        target_accuracy=whole,
        seconds=seconds,
    )


__all__ = ["EXACT", "ComparisonRow", "compare"]
