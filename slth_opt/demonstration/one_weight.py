"""One weight of a ticket: its diamond, and the best subset of every size beside random draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from slth_opt.batch import profiles
from slth_opt.errors import ClaimRejected
from slth_opt.problems import SubsetSum
from slth_opt.sources import generator
from slth_opt.tickets import Part, Ticket

if TYPE_CHECKING:
    import numpy as np

DRAWS = 1000
"""As many random subsets of every size are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Diamond:
    """The hidden neurons between one input and one output of a pooled ticket.

    Parameters
    ----------
    layer, output, input
        Which weight of the target it stands for.
    weight
        That weight.
    first, second
        The random weights into each hidden neuron, and from there to the output.
    kept
        Which hidden neurons the ticket keeps for this weight.
    errors
        How far the sums for positive and for negative inputs are from the weight.
    """

    layer: int
    output: int
    input: int
    weight: float
    first: np.ndarray
    second: np.ndarray
    kept: np.ndarray
    errors: tuple[float, float]

    @property
    def products(self) -> np.ndarray:
        """What each hidden neuron adds to the weight, on the side that it serves."""
        import numpy as np

        products: np.ndarray = self.first.astype(np.float64) * self.second.astype(np.float64)
        return products

    def serves(self, sign: int) -> np.ndarray:
        """Return which hidden neurons serve positive inputs (+1), or negative ones (-1)."""
        served: np.ndarray = self.first * sign > 0
        return served

    def sum_of(self, sign: int) -> float:
        """Return what the kept neurons add up to for positive inputs (+1) or negative ones (-1)."""
        return float(self.products[self.kept & self.serves(sign)].sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class EverySize:
    """The best error of every size 0..n of one pool, and the best of `DRAWS` random subsets.

    Parameters
    ----------
    problem
        The pool, the weight, and the size that the ticket keeps.
    best_units, drawn_units
        Errors by size, in units of the problem's grid.
    """

    problem: SubsetSum
    best_units: tuple[int, ...]
    drawn_units: tuple[int, ...]

    @property
    def best(self) -> list[float]:
        """The best errors as floats."""
        return [float(self.problem.grid.real(units)) for units in self.best_units]

    @property
    def drawn(self) -> list[float]:
        """The best drawn errors as floats."""
        return [float(self.problem.grid.real(units)) for units in self.drawn_units]


def typical_weight(ticket: Ticket, layer: int = -1) -> Diamond:
    """Return the weight of a layer in the middle: half of the others are nearer, half farther.

    Parameters
    ----------
    ticket
        A ticket of the construction ``pooled``.
    layer
        The number of the target's layer; by default the last.

    Examples
    --------
    >>> from slth_opt.demonstration import ticket_of
    >>> from slth_opt.networks import dense_network
    >>> diamond = typical_weight(ticket_of(dense_network([[[0.5, -0.25, 0.125]]]), n=6, seed=1))
    >>> len(diamond.first), int(diamond.kept.sum())
    (12, 3)
    >>> abs(diamond.sum_of(1) - diamond.weight) == diamond.errors[0]
    True
    """
    import numpy as np

    plus, minus = sides_of(ticket, layer)
    errors = np.maximum(plus.choice.error_units, minus.choice.error_units)
    row = int(np.argsort(errors, kind="stable")[len(errors) // 2])
    source = ticket.sources[plus.layer]
    assert source.first is not None  # pooled sources have both matrices
    inputs, maps = source.second.shape[1:3]
    output, rest = divmod(row, inputs * maps)
    return Diamond(
        layer=plus.layer,
        output=output,
        input=rest // maps,
        weight=float(plus.targets[row]),
        first=source.first[rest // maps],
        second=source.second[output, rest // maps, rest % maps],
        kept=plus.choice.masks[row] | minus.choice.masks[row],
        errors=(float(plus.choice.errors[row]), float(minus.choice.errors[row])),
    )


def sides_of(ticket: Ticket, layer: int = -1) -> tuple[Part, Part]:
    """Return the subset sums of a layer for positive inputs, and those for negative ones.

    Examples
    --------
    >>> from slth_opt.demonstration import ticket_of
    >>> from slth_opt.networks import dense_network
    >>> sides = sides_of(ticket_of(dense_network([[[0.5, -0.25]]]), n=6, seed=1))
    >>> [side.branch for side in sides]
    ['plus', 'minus']
    """
    wanted = range(len(ticket.sources))[layer]
    plus, minus = (
        part for part in ticket.parts if part.layer == wanted and part.branch in ("plus", "minus")
    )
    return plus, minus


def every_size(diamond: Diamond, seed: int) -> EverySize:
    """Solve every size of the side of a diamond that has more candidates, and draw beside it.

    Parameters
    ----------
    diamond
        A weight of a ticket.
    seed
        Of the draws.

    Raises
    ------
    ClaimRejected
        If the ticket's subset is not as near as the best of its size: two computations disagree.

    Examples
    --------
    >>> from slth_opt.demonstration import ticket_of
    >>> from slth_opt.networks import dense_network
    >>> ticket = ticket_of(dense_network([[[0.5, -0.25, 0.125]]]), n=6, seed=1)
    >>> found = every_size(typical_weight(ticket), seed=1)
    >>> all(b <= d for b, d in zip(found.best_units, found.drawn_units, strict=True))
    True
    """
    sign = 1 if 2 * diamond.serves(1).sum() >= len(diamond.first) else -1
    side = diamond.serves(sign)
    size = int((diamond.kept & side).sum())
    problem = SubsetSum.from_reals(diamond.products[side].tolist(), diamond.weight, size=size)
    rows = profiles([list(problem.weights)], [problem.target])
    best = tuple(int(units) for units in rows.error_units[0])
    error = diamond.errors[0 if sign == 1 else 1]
    if float(problem.grid.real(best[size])) != error:
        raise ClaimRejected(
            f"the ticket's subset of {size} has the error {error}, the best of its size "
            f"{float(problem.grid.real(best[size]))}"
        )
    return EverySize(problem=problem, best_units=best, drawn_units=_best_drawn(problem, seed))


def _best_drawn(problem: SubsetSum, seed: int) -> tuple[int, ...]:
    """Return the best error, for every size, of `DRAWS` subsets drawn at random."""
    import numpy as np

    weights = np.array(problem.weights, np.int64)
    shuffled = generator(seed).permuted(np.tile(weights, (DRAWS, 1)), axis=1)
    sums = np.concatenate([np.zeros((DRAWS, 1), np.int64), shuffled.cumsum(axis=1)], axis=1)
    return tuple(int(best) for best in np.abs(sums - problem.target).min(axis=0))
