"""A whole ticket against its target: a certified bracket around the largest error over a box.

From below, an input that was found, evaluated exactly. From above, either intervals passed from
layer to layer, or branch and bound over the sides of the ReLUs. Both are exact, so the truth lies
between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from slth_opt.errors import ProblemError
from slth_opt.grid import as_fraction
from slth_opt.networks import run, run_exactly
from slth_opt.results import Stop
from slth_opt.sources import generator
from slth_opt.tickets import Ticket, ticket_network
from slth_opt.worst_case.branching import search
from slth_opt.worst_case.intervals import propagate
from slth_opt.worst_case.pairs import box, pair_of

if TYPE_CHECKING:
    import numpy as np

METHODS = ("propagation", "program")
"""How the upper end is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstCase:
    """A bracket around the largest error of any output over a box of inputs.

    Parameters
    ----------
    lower
        The error at the witness, exact.
    witness
        An input with that error.
    upper
        No input has a larger error. Proven, in integers.
    by_layer
        The bound on the errors after each layer, from intervals alone.
    nodes
        How many linear programs helped.
    stop
        Why the search for the upper end stopped.
    """

    lower: Fraction
    witness: tuple[Fraction, ...]
    upper: Fraction
    by_layer: tuple[Fraction, ...]
    nodes: int = 0
    stop: Stop = Stop.FINISHED

    @property
    def gap(self) -> float:
        """How much larger the upper end is than the lower one, relative to the lower one."""
        if self.upper == self.lower:
            return 0.0
        return float(self.upper / self.lower - 1) if self.lower else float("inf")


def worst_network_error(
    ticket: Ticket,
    *,
    low: Any = -1,
    high: Any = 1,
    method: str = "propagation",
    gap: Any = Fraction(1, 10**6),
    seconds: float | None = None,
    nodes: int | None = None,
    samples: int = 4096,
    seed: int = 0,
) -> WorstCase:
    """Bracket the largest error of a ticket when every input lies between low and high.

    Parameters
    ----------
    ticket
        The ticket.
    low, high
        The ends of the interval of each input: one number for all, or one for each.
    method
        ``"propagation"``: intervals, layer by layer. ``"program"``: branch and bound on top.
    gap
        The program stops when the upper end is at most (1 + gap) times the lower one.
    seconds, nodes
        The program stops then, too, and tells what it has proven so far.
    samples
        How many inputs are tried in the search for a witness, half of them corners of the box.
    seed
        For the search.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> target = dense_network([[[0.5, -0.25], [0.25, 0.5]], [[0.5, 0.5]]])
    >>> ticket = build_ticket(target, "pooled", n=16, seed=1)
    >>> case = worst_network_error(ticket, samples=64)
    >>> closed = worst_network_error(ticket, samples=64, method="program")
    >>> 0 < case.lower <= closed.lower <= closed.upper <= case.upper, closed.gap <= 1e-6
    (True, True)
    """
    _check(method, seconds, nodes, samples)
    allowed = as_fraction(gap, what="gap")
    if allowed < 0:
        raise ProblemError(f"gap must be at least 0, got {gap}")
    pair = pair_of(ticket, low, high)
    passages = propagate(pair, {})
    assert passages is not None  # no phase is asked for, and the box is not empty
    by_layer = [Fraction(each.after.gap.largest, 2**pair.value_bits) for each in passages]
    ends = box(low, high, ticket.target.num_inputs)
    cut = ticket_network(ticket)
    witness = _witness(ticket, cut, ends, samples, seed)
    upper, asked, stop = by_layer[-1], 0, Stop.FINISHED
    if method == "program":
        found = search(pair, witness, gap=allowed, seconds=seconds, nodes=nodes)
        witness, upper = found.witness, found.upper
        asked, stop = found.nodes, found.stop
    true, made = run_exactly(ticket.target, witness), run_exactly(cut, witness)
    return WorstCase(
        lower=max(abs(a - b) for a, b in zip(true, made, strict=True)),
        witness=witness,
        upper=upper,
        by_layer=tuple(by_layer),
        nodes=asked,
        stop=stop,
    )


def _check(method: str, seconds: float | None, nodes: int | None, samples: int) -> None:
    if method not in METHODS:
        raise ProblemError(f"the methods are {' and '.join(METHODS)}, got {method!r}")
    if method == "propagation" and (seconds is not None or nodes is not None):
        raise ProblemError("intervals know no limits: seconds and nodes are for the program")
    for what, limit in (("seconds", seconds), ("nodes", nodes), ("samples", samples)):
        if limit is not None and not limit >= 0:
            raise ProblemError(f"{what} must be at least 0, got {limit}")


def _witness(
    ticket: Ticket,
    cut: Any,
    ends: tuple[Sequence[Fraction], Sequence[Fraction]],
    samples: int,
    seed: int,
) -> tuple[Fraction, ...]:
    """Return an input with a large error: the best of many, improved one input at a time."""
    import numpy as np

    rng = generator(seed)
    low, high = (np.array([float(end) for end in side]) for side in ends)
    points = rng.uniform(low, high, (max(samples, 2), len(low)))
    corners = rng.integers(0, 2, (len(points) // 2, len(low)))
    points[: len(corners)] = np.where(corners == 1, high, low)

    def errors(inputs: np.ndarray) -> np.ndarray:
        apart: np.ndarray = np.abs(run(cut, inputs) - run(ticket.target, inputs)).max(axis=1)
        return apart

    found = errors(points)
    best, error = points[found.argmax()].copy(), float(found.max())
    tries = np.stack([low, high, np.clip(0.0, low, high)])
    for _ in range(3):
        before = error
        for i in range(len(low)):
            tried = np.repeat(best[None, :], len(tries), axis=0)
            tried[:, i] = tries[:, i]
            apart = errors(tried)
            if apart.max() > error:
                best, error = tried[apart.argmax()].copy(), float(apart.max())
        if error == before:
            break
    # A rounded end of the box may lie outside.
    return tuple(min(max(Fraction(float(x)), a), b) for x, a, b in zip(best, *ends, strict=True))
