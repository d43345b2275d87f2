"""Branch and bound over the sides of ReLUs: the worst error of a network, as far as time goes.

The largest bound comes first, so at any moment no input has an error above that of the next node.
Nothing is dropped but what cannot beat an input that was found, and what no input reaches.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count

from slth_opt.results import Stop
from slth_opt.worst_case.intervals import Phases, Switch, propagate
from slth_opt.worst_case.pairs import Pair, errors_at
from slth_opt.worst_case.polygons import Bend, Relaxation, Sum
from slth_opt.worst_case.programs import MULTIPLIER_BITS, Proposal, bound_by, propose
from slth_opt.worst_case.relaxations import relax

POINT_BITS = 60
"""Points that a linear program proposes are rounded to so many bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How far a search came.

    Parameters
    ----------
    upper
        No input has a larger error.
    lower, witness
        The largest error found, and where.
    nodes
        How many linear programs were asked.
    stop
        Why it stopped: `Stop.GAVE_UP` where nothing is left to branch on.
    """

    upper: Fraction
    lower: Fraction
    witness: tuple[Fraction, ...]
    nodes: int
    stop: Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    output: int
    sign: int
    phases: Phases


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is known of a node: its bound, an input to try, and what to branch on."""

    bound: Fraction
    point: tuple[Fraction, ...] | None = None
    switch: Switch | None = None
    asked: int = 1


def search(
    pair: Pair,
    witness: Sequence[Fraction],
    *,
    gap: Fraction,
    seconds: float | None = None,
    nodes: int | None = None,
) -> Search:
    """Close the bracket around the largest error of any output.

    Parameters
    ----------
    pair
        The networks and the box.
    witness
        An input to begin with.
    gap
        Stop when the upper end is at most (1 + gap) times the lower one.
    seconds, nodes
        Stop then, too.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> from slth_opt.worst_case.pairs import pair_of
    >>> target = dense_network([[[0.5, -0.25], [0.25, 0.5]], [[0.5, 0.5]]])
    >>> pair = pair_of(build_ticket(target, "pooled", n=16, seed=1), -1, 1)
    >>> found = search(pair, [Fraction(0)] * 2, gap=Fraction(1, 10**6))
    >>> found.stop.value, 0 < found.lower <= found.upper <= found.lower * (1 + Fraction(1, 10**6))
    ('finished', True)
    """
    began = time.monotonic()
    lower, best = _size(pair, witness), tuple(witness)
    number, leaves, asked = count(), Fraction(0), 0
    heap = [(-bound, next(number), node) for bound, node in _roots(pair)]
    heapq.heapify(heap)
    stop = Stop.FINISHED
    while heap and -heap[0][0] > max(leaves, lower * (1 + gap)):
        left = None if seconds is None else seconds - (time.monotonic() - began)
        if left is not None and left <= 0:
            stop = Stop.SECONDS
            break
        if nodes is not None and asked >= nodes:
            stop = Stop.NODES
            break
        negative, _, node = heap[0]
        try:
            found = _explore(pair, node, -negative, left)
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
            break
        heapq.heappop(heap)  # only now: until here its bound counts
        asked += found.asked
        if found.point is not None and (error := _size(pair, found.point)) > lower:
            lower, best = error, found.point
        if found.bound <= lower:
            continue
        if found.switch is None:
            leaves = max(leaves, found.bound)
            continue
        for sign in (1, -1):
            child = replace(node, phases={**node.phases, found.switch: sign})
            heapq.heappush(heap, (-found.bound, next(number), child))
    upper = max(lower, leaves, -heap[0][0] if heap else lower)
    if stop is Stop.FINISHED and upper > lower * (1 + gap):
        stop = Stop.GAVE_UP
    return Search(upper=upper, lower=lower, witness=best, nodes=asked, stop=stop)


def _roots(pair: Pair) -> list[tuple[Fraction, _Node]]:
    """Return a node for every output and direction, with what intervals say of it."""
    passages = propagate(pair, {})
    assert passages is not None
    last, unit = passages[-1].after.gap, 1 << pair.value_bits
    return [
        (Fraction(int(end), unit), _Node(output=o, sign=sign, phases={}))
        for sign, ends in ((1, last.high), (-1, -last.low))
        for o, end in enumerate(ends)
    ]


def _explore(pair: Pair, node: _Node, bound: Fraction, left: float | None) -> _Found:
    """Return what intervals and a linear program prove of a node whose parent has a bound."""
    passages = propagate(pair, node.phases)
    if passages is None:
        return _Found(bound=Fraction(0), asked=0)
    gap = passages[-1].after.gap
    end = gap.high[node.output] if node.sign > 0 else -gap.low[node.output]
    bound = min(bound, Fraction(int(end), 1 << pair.value_bits))
    relaxation = relax(pair, passages, node.phases, node.output, node.sign)
    proposal = propose(relaxation, seconds=left)
    point = None
    if proposal is not None:
        proven = bound_by(relaxation, proposal)
        if proposal.point is not None:
            bound, point = min(bound, proven), _point(pair, proposal.point)
        elif proven < 0:  # no input has these phases
            bound = Fraction(0)
    return _Found(bound=bound, point=point, switch=_switch(relaxation, proposal))


def _size(pair: Pair, point: Sequence[Fraction]) -> Fraction:
    return max(abs(error) for error in errors_at(pair, point))


def _point(pair: Pair, values: Sequence[float]) -> tuple[Fraction, ...]:
    """Return the input a linear program proposes, rounded and moved into the box."""
    unit = 1 << pair.value_bits
    return tuple(
        min(max(Fraction(round(value * 2**POINT_BITS), 2**POINT_BITS), Fraction(int(low), unit)),
            Fraction(int(high), unit))
        for value, low, high in zip(values, pair.low, pair.high, strict=False)
    )  # fmt: skip


def _switch(relaxation: Relaxation, proposal: Proposal | None) -> Switch | None:
    """Return what to branch on: where the proposed point strays most from the networks."""
    if not relaxation.bends:
        return None
    if proposal is None or proposal.point is None:
        return relaxation.bends[0].switch
    prices = _prices(relaxation, proposal)
    strays = [
        abs(proposal.point[bend.variable] - _true(bend, proposal.point))
        * abs(prices[bend.variable])
        for bend in relaxation.bends
    ]
    return relaxation.bends[strays.index(max(strays))].switch


def _prices(relaxation: Relaxation, proposal: Proposal) -> list[int]:
    """Return how much of the objective hangs on each variable where layers take it in."""
    prices = [0] * len(relaxation.lows)
    for row, multiplier in zip(relaxation.equalities, proposal.multipliers, strict=False):
        for variable, times in row.terms.items():
            prices[variable] -= multiplier * times
    for variable, times in relaxation.costs.items():
        prices[variable] += times << relaxation.weight_bits + MULTIPLIER_BITS
    return prices


def _true(bend: Bend, point: Sequence[float]) -> float:
    """Return what a relaxed variable would be in the networks."""
    true, gap = _at(bend.true, point), _at(bend.gap, point)
    if bend.kind == "value":
        return max(true, 0.0)
    cut = max(true + gap, 0.0)
    return cut if bend.kind == "cut" else cut - max(true, 0.0)


def _at(terms: Sum, point: Sequence[float]) -> float:
    return sum(times * point[variable] for variable, times in terms.items())
