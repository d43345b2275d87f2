"""One approximated layer over a box: its largest error has a closed form.

The error of an output is a sum over inputs, each a function of its own input alone that bends only
at zero. So it is largest where every input is at an end of its interval or at zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

from slth_opt.tickets import Ticket
from slth_opt.worst_case.pairs import box
from slth_opt.worst_case.signed_errors import SignedErrors, signed_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerWorstCase:
    """The largest error of every output of a layer over a box, before its skip and its ReLU.

    Parameters
    ----------
    by_output
        The supremum for each output, exact; it is attained.
    witness
        An input at which the worst output has its error.
    ball
        A bound on the square of the error's Euclidean norm over the unit ball: with errors E of
        the weights (the larger side of each) and b of the biases, (norm(E) + norm(b))^2 in the
        Frobenius norm. Without biases it is exact, with biases rounded up to the grid.
    """

    by_output: tuple[Fraction, ...]
    witness: tuple[Fraction, ...]
    ball: Fraction

    @property
    def largest(self) -> Fraction:
        """The largest error of any output."""
        return max(self.by_output)

    @property
    def sum(self) -> Fraction:
        """A bound on the sum of the outputs' errors: they need not be worst at one input."""
        return sum(self.by_output, Fraction(0))


def worst_layer_error(
    ticket: Ticket, layer: int, *, low: Any = -1, high: Any = 1
) -> LayerWorstCase:
    """Return the largest error of one layer when every input lies between low and high.

    Parameters
    ----------
    ticket, layer
        Which layer of which ticket.
    low, high
        One real for all inputs, or one for each.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> ticket = build_ticket(dense_network([[[0.5]]]), "otsuka", n=6, seed=1)
    >>> worst = worst_layer_error(ticket, 0)
    >>> float(worst.largest) == ticket.largest_error, len(worst.witness)
    (True, 1)
    """
    errors = signed_errors(ticket, layer)
    lows, highs = box(low, high, errors.plus.shape[1])
    unit = errors.grid.real(1)
    found = [_extremes(errors, o, lows, highs) for o in range(len(errors.plus))]
    sizes = [max(top, -bottom) * unit for (top, _), (bottom, _) in found]
    worst = max(range(len(sizes)), key=sizes.__getitem__)
    (top, at_top), (bottom, at_bottom) = found[worst]
    squares = sum(
        max(abs(p), abs(m)) ** 2
        for plus, minus in zip(errors.plus, errors.minus, strict=True)
        for p, m in zip(plus, minus, strict=True)
    )
    biases = sum(b * b for b in errors.bias)
    both = squares + biases + 2 * (isqrt(max(squares * biases - 1, 0)) + (squares * biases > 0))
    return LayerWorstCase(
        by_output=tuple(sizes),
        witness=at_top if top >= -bottom else at_bottom,
        ball=both * unit * unit,
    )


Extreme = tuple[Fraction, tuple[Fraction, ...]]


def _extremes(
    errors: SignedErrors, output: int, lows: Sequence[Fraction], highs: Sequence[Fraction]
) -> tuple[Extreme, Extreme]:
    """Return the highest and the lowest error of one output, and where they are attained."""
    high = low = Fraction(errors.bias[output])
    at_high, at_low = [], []
    for plus, minus, a, b in zip(
        errors.plus[output], errors.minus[output], lows, highs, strict=True
    ):
        candidates = {a, b, *([Fraction(0)] if a < 0 < b else [])}
        values = {x: x * (plus if x > 0 else minus) for x in candidates}
        top, bottom = max(values, key=values.__getitem__), min(values, key=values.__getitem__)
        high, low = high + values[top], low + values[bottom]
        at_high.append(top)
        at_low.append(bottom)
    return (high, tuple(at_high)), (low, tuple(at_low))
