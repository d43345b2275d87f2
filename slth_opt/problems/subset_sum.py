"""One weight: choose a subset of a pool whose sum is nearest to a target.

With one size allowed this is the random *fixed-size* subset sum (RFSS) of Natale et al.
2024; with every size allowed it is the random subset sum (RSS) of Pensia et al. 2020.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from slth_opt.grid import Grid, as_fraction, as_fractions, choose_grid
from slth_opt.problems.free_bounds import bound_by_size
from slth_opt.problems.legality import (
    Size,
    check_capacity,
    check_meaning,
    check_pool,
    check_sizes,
    digest_of,
    size_range,
    whole_number,
    whole_numbers,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetSum:
    """Minimise ``abs(sum of chosen weights - target)`` over subsets of fewest..most weights.

    Parameters
    ----------
    weights
        The pool, as integers in units of the grid.
    target
        The number to approximate, in the same units.
    fewest, most
        The sizes allowed, both included.
    grid
        What an integer means: `weights` and `target` count units of ``2**-grid.exponent``.
    rounded
        Whether the integers are roundings of finer reals (each off by at most half a unit).

    Examples
    --------
    >>> problem = SubsetSum(weights=(3, -5, 8, 13), target=10, fewest=2, most=2)
    >>> problem.value((0, 1, 0, 1))
    2
    """

    weights: tuple[int, ...]
    target: int
    fewest: int
    most: int
    grid: Grid = Grid()
    rounded: bool = False

    kind: ClassVar[str] = "subset_sum"
    unit: ClassVar[str] = "error"

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", whole_numbers(self.weights, what="weight"))
        object.__setattr__(self, "target", whole_number(self.target, what="target"))
        object.__setattr__(self, "fewest", whole_number(self.fewest, what="size"))
        object.__setattr__(self, "most", whole_number(self.most, what="size"))
        check_meaning(self.grid, self.rounded)
        check_pool(len(self.weights))
        check_sizes(self.fewest, self.most, len(self.weights))
        check_capacity((*self.weights, self.target))

    @classmethod
    def from_reals(
        cls,
        weights: Iterable[Any],
        target: Any,
        *,
        size: Size = None,
        rounding: str = "exact",
        bits: int | None = None,
    ) -> SubsetSum:
        """Place reals on the first grid 1, 1/2, 1/4, ... that holds them, or round if asked to.

        Parameters
        ----------
        weights, target
            Finite reals: floats, numpy arrays, fractions.
        size
            Exactly k, a pair (fewest, most), or None for any size.
        rounding
            ``"exact"`` raises `GridError` when 62 bits do not suffice; ``"nearest"`` rounds.
        bits
            With ``"nearest"``: how many bits after the binary point to keep.

        Examples
        --------
        >>> SubsetSum.from_reals([0.5, 0.25, -1.0], 0.6875, size=2).weights
        (8, 4, -16)
        """
        reals = as_fractions(weights, what="weight")
        check_pool(len(reals))
        goal = as_fraction(target, what="target")
        grid = choose_grid([*reals, goal], rounding=rounding, bits=bits)
        placed = grid.nearest([*reals, goal])
        fewest, most = size_range(size, len(reals))
        return cls(
            weights=placed[:-1],
            target=placed[-1],
            fewest=fewest,
            most=most,
            grid=grid,
            rounded=any(grid.real(p) != r for p, r in zip(placed, [*reals, goal], strict=True)),
        )

    @property
    def num_candidates(self) -> int:
        """How many weights the pool has."""
        return len(self.weights)

    @property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        """The pool as a matrix of one row, as in `VectorSum`."""
        return (self.weights,)

    @property
    def targets(self) -> tuple[int, ...]:
        """The target as a vector of one entry, as in `VectorSum`."""
        return (self.target,)

    @property
    def objective_grid(self) -> Grid:
        """What one unit of the objective means."""
        return self.grid

    @property
    def impossible(self) -> int | None:
        """The bound that says no selection is legal: there is none, some size always is."""
        return None

    @property
    def bits(self) -> int:
        """How many bits the largest number takes that a method must hold."""
        return (sum(map(abs, self.weights)) + abs(self.target)).bit_length()

    def why_illegal(self, mask: Sequence[int]) -> str | None:
        """Say what rule a mask breaks, or None if it is legal."""
        size = sum(1 for x in mask if x)
        if self.fewest <= size <= self.most:
            return None
        return f"{size} weights, allowed are {self.fewest}..{self.most}"

    def is_legal(self, mask: Sequence[int]) -> bool:
        """Tell whether a mask has an allowed size."""
        return self.why_illegal(mask) is None

    def sum(self, mask: Sequence[int]) -> int:
        """Add up the chosen weights."""
        return sum(w for w, x in zip(self.weights, mask, strict=True) if x)

    def error(self, mask: Sequence[int]) -> int:
        """Return the distance of the chosen sum from the target, in grid units."""
        return abs(self.sum(mask) - self.target)

    def value(self, mask: Sequence[int]) -> int:
        """Return the objective of a mask: its error."""
        return self.error(mask)

    def free_bound(self) -> int:
        """Return a lower bound on the optimum that needs no search."""
        return min(bound_by_size(self.weights, self.target)[self.fewest : self.most + 1])

    def rounding_slack(self, size: int) -> int:
        """Return a bound, in half units, on what rounding changed in the error of a subset."""
        return size + 1 if self.rounded else 0

    def canonical(self) -> dict[str, Any]:
        """Return the form in which the problem is stored and of which the digest is taken."""
        return {
            "kind": self.kind,
            "exponent": self.grid.exponent,
            "rounded": self.rounded,
            "weights": list(self.weights),
            "target": self.target,
            "fewest": self.fewest,
            "most": self.most,
        }

    @property
    def digest(self) -> str:
        """The sha256 of the canonical form."""
        return digest_of(self.canonical())
