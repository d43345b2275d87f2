"""What a ticket is: a target, the source it is cut from, and a subset for every weight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from slth_opt.choosing import Choice
from slth_opt.networks import Network
from slth_opt.size_rules import SizeRule
from slth_opt.sources import LayerSource
from slth_opt.tolerances import layer_rule

if TYPE_CHECKING:
    import numpy as np

BIAS = "bias"
"""What the branch is called whose subset sums are biases."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """All subset sums of one branch of one layer.

    Parameters
    ----------
    layer
        The number of the target's layer.
    branch
        The name of the branch, or `BIAS`.
    pools
        The candidates of each weight: shape (weights, width).
    targets
        The weights, each as often as its output has copies.
    choice
        The subsets and their errors.
    """

    layer: int
    branch: str
    pools: np.ndarray
    targets: np.ndarray
    choice: Choice

    @property
    def edges(self) -> np.ndarray:
        """The kept edges: chosen candidates that are not zero."""
        kept: np.ndarray = self.choice.masks & (self.pools != 0)
        return kept

    def sums(self) -> list[Fraction]:
        """Return what every subset adds up to, exactly; for small parts."""
        return [
            sum((Fraction(float(p)) for p in pool[mask]), Fraction(0))
            for pool, mask in zip(self.pools, self.choice.masks, strict=True)
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ticket:
    """A masked random network that approximates a target.

    Parameters
    ----------
    target
        The network to approximate.
    construction
        The name of the construction.
    n
        How many candidates each weight has on each branch (for pooled signs on both together
        twice as many).
    seed
        Of the source.
    rule
        The size rule.
    method
        ``"exact"`` or the name of a heuristic.
    sources
        The random numbers, layer by layer: drawn from the seed, never stored in a file.
    parts
        The subset sums.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> target = dense_network([[[0.5, -0.25]]])
    >>> ticket = build_ticket(target, "pensia", n=32, seed=1)
    >>> ticket.proven, len(ticket.parts), ticket.largest_error < 0.001
    (True, 2, True)
    """

    target: Network
    construction: str
    n: int
    seed: int
    rule: SizeRule
    method: str
    sources: tuple[LayerSource, ...]
    parts: tuple[Part, ...]

    @property
    def proven(self) -> bool:
        """Whether every subset is proven best under the rule."""
        return all(part.choice.proven for part in self.parts)

    @property
    def errors(self) -> np.ndarray:
        """The errors of all subset sums, part by part."""
        import numpy as np

        return np.concatenate([part.choice.errors for part in self.parts])

    @property
    def largest_error(self) -> float:
        """The largest error of any weight."""
        return float(self.errors.max())

    @property
    def num_failures(self) -> int:
        """How many subset sums miss the tolerance of the rule; 0 without a tolerance."""
        return sum(len(rows) for _, rows in self.failures())

    def failures(self) -> Iterator[tuple[Part, np.ndarray]]:
        """Yield each part with the rows that miss the tolerance of the rule."""
        if self.rule.tolerance is None:
            return
        for part in self.parts:
            allowed = layer_rule(self.rule, self.target, part.layer).tolerance or Fraction(0)
            limit = allowed * 2**part.choice.exponent
            yield part, (part.choice.error_units > int(limit)).nonzero()[0]
