"""What each entry of a layer's matrix is off by, on either side of zero, in exact integers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from slth_opt.errors import ProblemError
from slth_opt.grid import CAPACITY, Grid, finest_exponent
from slth_opt.layouts import layers_of
from slth_opt.sources import FINENESS
from slth_opt.tickets import BIAS, Part, Ticket

if TYPE_CHECKING:
    import numpy as np


PRODUCT_BITS = 2 * FINENESS
"""Products of two numbers of a source are multiples of 2**-46, those of `parallel` of 2**-23."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignedErrors:
    """The errors of one layer: ``plus`` multiplies positive inputs, ``minus`` negative ones.

    Parameters
    ----------
    plus, minus
        Matrices of Python ints (outputs x inputs): approximation minus target, in grid units.
    bias
        The same for the biases of all outputs.
    target, target_bias
        The target's matrix and biases in the same units.
    grid
        What an integer means.
    """

    plus: np.ndarray
    minus: np.ndarray
    bias: np.ndarray
    target: np.ndarray
    target_bias: np.ndarray
    grid: Grid


def signed_errors(ticket: Ticket, layer: int) -> SignedErrors:
    """Return the errors of one layer of a ticket, spread over its features.

    Where a branch is missing because inputs are never negative, the minus side is what would be
    lost: minus the target.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> ticket = build_ticket(dense_network([[[0.5, -0.25]]]), "otsuka", n=8, seed=1)
    >>> errors = signed_errors(ticket, 0)
    >>> bool((errors.plus == errors.minus).all()), errors.plus.shape
    (True, (1, 2))
    """
    import numpy as np

    targets = layers_of(ticket.target)
    if isinstance(layer, bool) or not isinstance(layer, int) or not 0 <= layer < len(targets):
        raise ProblemError(f"the layers of this ticket are 0..{len(targets) - 1}, got {layer!r}")
    target = targets[layer]
    source = ticket.sources[layer]
    if source.first is None or source.copies != 1:
        raise ProblemError(
            f"construction {ticket.construction!r} builds copies of neurons, each with errors of "
            "its own: there is no single matrix of errors"
        )
    parts = {part.branch: part for part in ticket.parts if part.layer == layer}
    numbers = [part.targets for part in parts.values()]
    fine = finest_exponent(Fraction(float(t)) for values in numbers for t in values)
    exponent = max(PRODUCT_BITS, fine)
    by_branch = {
        name: _units(part, _exact(part.targets, exponent), exponent) for name, part in parts.items()
    }
    shape = target.coefficients.shape
    goals = _exact(target.coefficients, exponent)
    if "whole" in by_branch:
        plus = minus = by_branch["whole"]
    else:
        plus = by_branch["plus"]
        minus = by_branch.get("minus", -goals)
    spread = [
        np.einsum("oib,bfg->ofig", side.reshape(shape), target.basis.astype(object)).reshape(
            target.num_outputs, target.num_inputs
        )
        for side in (plus, minus, goals)
    ]
    bias = np.zeros(shape[0], object) if BIAS not in by_branch else by_branch[BIAS]
    return SignedErrors(
        plus=spread[0],
        minus=spread[1],
        bias=np.repeat(bias, target.basis.shape[1]),
        target=spread[2],
        target_bias=_exact(target.spread_bias(), exponent),
        grid=Grid(exponent=exponent),
    )


def _units(part: Part, goals: np.ndarray, exponent: int) -> np.ndarray:
    """Return the sum minus the target of every weight, as Python ints in units of 2**-exponent."""
    import numpy as np

    kept = np.ldexp(np.where(part.choice.masks, part.pools, 0.0), PRODUCT_BITS).astype(np.int64)
    most = int(np.abs(kept).max(initial=0)) * kept.shape[1]
    # Products are at most 1, but those of `parallel` are as large as the target's weights.
    sums = (kept if most < 2**CAPACITY else kept.astype(object)).sum(axis=1)
    errors: np.ndarray = (sums.astype(object) << (exponent - PRODUCT_BITS)) - goals
    return errors


def _exact(values: np.ndarray, exponent: int) -> np.ndarray:
    """Return floats as Python ints in units of 2**-exponent, which hold them exactly."""
    import numpy as np

    placed = np.empty(values.size, object)
    placed[:] = Grid(exponent=exponent).place(values.ravel().tolist())
    return placed
