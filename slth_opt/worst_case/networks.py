"""A whole ticket against its target: a certified bracket around the largest error over a box.

From below, an input that was found, evaluated exactly. From above, layer by layer: what a layer
adds by itself, at worst over the values that can reach it, and what it makes of errors that
come in. Both are exact, so the truth lies between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from slth_opt.errors import ProblemError
from slth_opt.layouts import layers_of
from slth_opt.networks import run, run_exactly
from slth_opt.sources import generator
from slth_opt.tickets import Ticket, ticket_network
from slth_opt.worst_case.signed_errors import SignedErrors, signed_errors

if TYPE_CHECKING:
    import numpy as np


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
        The bound on the errors after each layer.
    """

    lower: Fraction
    witness: tuple[Fraction, ...]
    upper: Fraction
    by_layer: tuple[Fraction, ...]


def worst_network_error(
    ticket: Ticket, *, low: float = -1.0, high: float = 1.0, samples: int = 4096, seed: int = 0
) -> WorstCase:
    """Bracket the largest error of a ticket when every input lies between low and high.

    Parameters
    ----------
    ticket
        The ticket.
    low, high
        The ends of the interval of each input.
    samples
        How many inputs are tried in the search for a witness, half of them corners of the box.
    seed
        For the search.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> target = dense_network([[[0.5, -0.25], [0.25, 0.5]], [[0.5, 0.5]]])
    >>> case = worst_network_error(build_ticket(target, "pooled", n=16, seed=1), samples=64)
    >>> 0 < case.lower <= case.upper
    True
    """
    if not low <= high:
        raise ProblemError(f"the box {low}..{high} is empty")
    bounds = _bounds(ticket, Fraction(low), Fraction(high))
    witness = _witness(ticket, low, high, samples, seed)
    true, cut = run_exactly(ticket.target, witness), run_exactly(ticket_network(ticket), witness)
    return WorstCase(
        lower=max(abs(a - b) for a, b in zip(true, cut, strict=True)),
        witness=tuple(Fraction(x) for x in witness),
        upper=bounds[-1],
        by_layer=tuple(bounds),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Reach:
    """What can come out of a layer: the ticket's values, and how far they are from the target's.

    Integers in units of 2**-exponent.
    """

    low: np.ndarray
    high: np.ndarray
    error: np.ndarray
    exponent: int

    def refined(self, exponent: int) -> _Reach:
        shift = exponent - self.exponent
        return _Reach(
            low=self.low << shift,
            high=self.high << shift,
            error=self.error << shift,
            exponent=exponent,
        )


def _bounds(ticket: Ticket, low: Fraction, high: Fraction) -> list[Fraction]:
    """Return the largest possible error after each layer."""
    import numpy as np

    exponent = max(low.denominator, high.denominator).bit_length() - 1
    count = ticket.target.num_inputs
    ends = [np.array([int(end * 2**exponent)] * count, object) for end in (low, high)]
    reach = _Reach(
        low=ends[0], high=ends[1], error=np.array([0] * count, object), exponent=exponent
    )
    entered = []
    bounds = []
    for k, layer in enumerate(layers_of(ticket.target)):
        entered.append(reach)
        reach = _through(signed_errors(ticket, k), reach)
        if layer.skip:
            back = entered[-layer.skip].refined(reach.exponent)
            reach = _Reach(
                low=reach.low + back.low,
                high=reach.high + back.high,
                error=reach.error + back.error,
                exponent=reach.exponent,
            )
        if layer.relu:
            # A ReLU moves no two values further apart; where the ticket's is never positive and
            # the target's neither, both become zero.
            dead = (reach.high <= 0) & (reach.high + reach.error <= 0)
            reach = _Reach(
                low=np.maximum(reach.low, 0),
                high=np.maximum(reach.high, 0),
                error=np.where(dead, 0, reach.error),
                exponent=reach.exponent,
            )
        bounds.append(Fraction(int(reach.error.max()), 2**reach.exponent))
    return bounds


def _through(errors: SignedErrors, reach: _Reach) -> _Reach:
    """Return what comes out of a layer, before its skip and its ReLU."""
    import numpy as np

    exponent = errors.grid.exponent
    top, bottom = _extremes(errors.plus, errors.minus, reach)
    added = np.maximum(
        top + (errors.bias << reach.exponent), -(bottom + (errors.bias << reach.exponent))
    )
    passed_on = np.abs(errors.target) @ reach.error
    high, low = _extremes(errors.plus + errors.target, errors.minus + errors.target, reach)
    bias = (errors.bias + errors.target_bias) << reach.exponent
    return _Reach(
        low=low + bias,
        high=high + bias,
        error=added + passed_on,
        exponent=exponent + reach.exponent,
    )


def _extremes(plus: np.ndarray, minus: np.ndarray, reach: _Reach) -> tuple[np.ndarray, np.ndarray]:
    """Return the highest and lowest value of each output of a map that bends at zero."""
    import numpy as np

    at_low = np.where(reach.low > 0, plus, minus) * reach.low
    at_high = np.where(reach.high > 0, plus, minus) * reach.high
    top, bottom = np.maximum(at_low, at_high), np.minimum(at_low, at_high)
    bends = (reach.low < 0) & (reach.high > 0)
    top = np.where(bends, np.maximum(top, 0), top)
    bottom = np.where(bends, np.minimum(bottom, 0), bottom)
    return top.sum(axis=1), bottom.sum(axis=1)


def _witness(ticket: Ticket, low: float, high: float, samples: int, seed: int) -> Sequence[Any]:
    """Return an input with a large error: the best of many, improved one input at a time."""
    import numpy as np

    rng = generator(seed)
    cut, count = ticket_network(ticket), ticket.target.num_inputs
    points = rng.uniform(low, high, (max(samples, 2), count))
    corners = rng.integers(0, 2, (len(points) // 2, count))
    points[: len(corners)] = np.where(corners == 1, high, low)

    def errors(inputs: np.ndarray) -> np.ndarray:
        apart: np.ndarray = np.abs(run(cut, inputs) - run(ticket.target, inputs)).max(axis=1)
        return apart

    found = errors(points)
    best, error = points[found.argmax()].copy(), float(found.max())
    ends = np.array([low, high, min(max(0.0, low), high)])
    for _ in range(3):
        before = error
        for i in range(count):
            tried = np.repeat(best[None, :], len(ends), axis=0)
            tried[:, i] = ends
            apart = errors(tried)
            if apart.max() > error:
                best, error = tried[apart.argmax()].copy(), float(apart.max())
        if error == before:
            break
    return [float(x) for x in best]
