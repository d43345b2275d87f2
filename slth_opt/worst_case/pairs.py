"""A ticket beside its target as one network of pairs: a value, and how far the ticket's is off.

Hidden channels of the source are gone: what is left of them is one factor for each side of each
input. Everything is an integer, weights in units of 2**-weight_bits, values of 2**-value_bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from slth_opt.errors import ProblemError
from slth_opt.grid import Grid, as_fractions, finest_exponent
from slth_opt.layouts import layers_of
from slth_opt.tickets import Ticket
from slth_opt.worst_case.signed_errors import signed_errors

if TYPE_CHECKING:
    import numpy as np

MOST_VALUE_BITS = 512
"""Finer values than this are rounded, bounds always outwards."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """One layer of both networks; matrices of Python ints, as in `SignedErrors`."""

    plus: np.ndarray
    minus: np.ndarray
    bias: np.ndarray
    target: np.ndarray
    target_bias: np.ndarray
    relu: bool
    skip: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """Both networks, and the box their inputs come from.

    Parameters
    ----------
    stages
        The layers.
    low, high
        The ends of the interval of each input.
    weight_bits, value_bits
        The grids.
    """

    stages: tuple[Stage, ...]
    low: np.ndarray
    high: np.ndarray
    weight_bits: int
    value_bits: int


def pair_of(ticket: Ticket, low: Any, high: Any) -> Pair:
    """Return a ticket and its target as pairs.

    Parameters
    ----------
    ticket
        The ticket.
    low, high
        The ends of the intervals: one number for all inputs, or one for each.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> ticket = build_ticket(dense_network([[[0.5, -0.25]]]), "pensia", n=8, seed=1)
    >>> pair = pair_of(ticket, -1, 1)
    >>> len(pair.stages), pair.weight_bits, [int(end) >> pair.value_bits for end in pair.low]
    (1, 46, [-1, -1])
    """
    errors = [signed_errors(ticket, k) for k in range(len(ticket.target.layers))]
    ends = box(low, high, ticket.target.num_inputs)
    weight_bits = max(each.grid.exponent for each in errors)
    stages = []
    for layer, each in zip(layers_of(ticket.target), errors, strict=True):
        finer = weight_bits - each.grid.exponent
        stages.append(
            Stage(
                plus=each.plus << finer,
                minus=each.minus << finer,
                bias=each.bias << finer,
                target=each.target << finer,
                target_bias=each.target_bias << finer,
                relu=layer.relu,
                skip=layer.skip,
            )
        )
    coarsest = finest_exponent(end for side in ends for end in side)
    exact = coarsest + len(stages) * weight_bits
    value_bits = max(min(exact, MOST_VALUE_BITS), coarsest, weight_bits)
    return Pair(
        stages=tuple(stages),
        low=_integers(ends[0], value_bits),
        high=_integers(ends[1], value_bits),
        weight_bits=weight_bits,
        value_bits=value_bits,
    )


def box(low: Any, high: Any, count: int) -> tuple[list[Fraction], list[Fraction]]:
    """Return the ends of the intervals of so many inputs, checked.

    Examples
    --------
    >>> box(0, [1, 0.5], 2)[1]
    [Fraction(1, 1), Fraction(1, 2)]
    """
    lows, highs = (_spread(end, count, what) for end, what in ((low, "low"), (high, "high")))
    for i, (a, b) in enumerate(zip(lows, highs, strict=True)):
        if a > b:
            raise ProblemError(f"input {i} has the interval {a}..{b}, which is empty")
    return lows, highs


def errors_at(pair: Pair, point: Sequence[Fraction]) -> list[Fraction]:
    """Return the error of every output at one input, signed and exact.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> ticket = build_ticket(dense_network([[[0.5]]]), "otsuka", n=6, seed=1)
    >>> (error,) = errors_at(pair_of(ticket, -1, 1), [Fraction(1)])
    >>> abs(error) == Fraction(ticket.largest_error)
    True
    """
    import numpy as np

    bits = finest_exponent(point)
    true = cut = _integers(point, bits)
    entered = []
    for stage in pair.stages:
        entered.append((true, cut, bits))
        sides = np.where(cut > 0, stage.plus, stage.minus) + stage.target
        true = stage.target @ true + (stage.target_bias << bits)
        cut = (sides * cut).sum(axis=1) + ((stage.bias + stage.target_bias) << bits)
        bits += pair.weight_bits
        if stage.skip:
            old_true, old_cut, old_bits = entered[-stage.skip]
            true, cut = true + (old_true << bits - old_bits), cut + (old_cut << bits - old_bits)
        if stage.relu:
            true, cut = np.maximum(true, 0), np.maximum(cut, 0)
    return [Fraction(int(b - a), 2**bits) for a, b in zip(true, cut, strict=True)]


def _integers(values: Sequence[Fraction], bits: int) -> np.ndarray:
    import numpy as np

    placed = np.empty(len(values), object)
    placed[:] = Grid(exponent=bits).place(values)
    return placed


def _spread(end: Any, count: int, what: str) -> list[Fraction]:
    values = as_fractions(end if hasattr(end, "__len__") else [end] * count, what=what)
    if len(values) != count:
        raise ProblemError(f"{count} inputs need as many values of {what}, got {len(values)}")
    return values
