"""The sparsest ticket of one weight: the fewest weights whose sum is within a tolerance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from slth_opt.errors import ProblemError
from slth_opt.grid import Grid, as_fraction, as_fractions, choose_grid
from slth_opt.problems.free_bounds import bound_by_size
from slth_opt.problems.legality import (
    check_capacity,
    check_meaning,
    check_pool,
    digest_of,
    whole_number,
    whole_numbers,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallestSubset:
    """Minimise the number of chosen weights subject to ``abs(sum - target) <= tolerance``.

    There may be no such subset; an exact method then proves that there is none.

    Parameters
    ----------
    weights, target, tolerance
        Integers in units of the grid; the tolerance is not negative.
    grid
        What an integer means.
    rounded
        Whether the integers are roundings of finer reals.

    Examples
    --------
    >>> problem = SmallestSubset(weights=(3, -5, 8, 13), target=10, tolerance=1)
    >>> problem.is_legal((1, 0, 1, 0)), problem.value((1, 0, 1, 0))
    (True, 2)
    """

    weights: tuple[int, ...]
    target: int
    tolerance: int
    grid: Grid = Grid()
    rounded: bool = False

    kind: ClassVar[str] = "smallest_subset"
    unit: ClassVar[str] = "items"

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", whole_numbers(self.weights, what="weight"))
        object.__setattr__(self, "target", whole_number(self.target, what="target"))
        object.__setattr__(self, "tolerance", whole_number(self.tolerance, what="tolerance"))
        check_meaning(self.grid, self.rounded)
        check_pool(len(self.weights))
        if self.tolerance < 0:
            raise ProblemError(f"the tolerance must not be negative, got {self.tolerance}")
        check_capacity((*self.weights, self.target))
        check_capacity((self.tolerance,))

    @classmethod
    def from_reals(
        cls,
        weights: Iterable[Any],
        target: Any,
        *,
        tolerance: Any,
        rounding: str = "exact",
        bits: int | None = None,
    ) -> SmallestSubset:
        """Place reals on a grid: weights and target as for `SubsetSum`.

        Sums lie on the grid, so a tolerance between two grid points is the same as the lower
        one: it is rounded down without loss. When the weights themselves are rounded, legal
        means within the tolerance on the rounded numbers; `Result.bracket` says what is
        certain on the original ones.

        Examples
        --------
        >>> SmallestSubset.from_reals([0.5, 0.25], 0.6875, tolerance=0.1).tolerance
        1
        """
        reals = as_fractions(weights, what="weight")
        check_pool(len(reals))
        goal = as_fraction(target, what="target")
        allowed = as_fraction(tolerance, what="tolerance")
        if allowed < 0:
            raise ProblemError(f"the tolerance must not be negative, got {tolerance}")
        # A tolerance that admits every sum is the same as one that just does.
        allowed = min(allowed, sum(map(abs, reals), abs(goal)))
        grid = choose_grid([*reals, goal], rounding=rounding, bits=bits)
        placed = grid.nearest([*reals, goal])
        return cls(
            weights=placed[:-1],
            target=placed[-1],
            tolerance=int(allowed / grid.real(1)),
            grid=grid,
            rounded=any(grid.real(p) != r for p, r in zip(placed, [*reals, goal], strict=True)),
        )

    @property
    def num_candidates(self) -> int:
        """How many weights the pool has."""
        return len(self.weights)

    @property
    def fewest(self) -> int:
        """The smallest size a selection may have."""
        return 0

    @property
    def most(self) -> int:
        """The largest size a selection may have."""
        return self.num_candidates

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
        """What one unit of the objective means: one weight."""
        return Grid()

    @property
    def impossible(self) -> int | None:
        """The bound that says no selection is legal: more weights than there are."""
        return self.num_candidates + 1

    @property
    def bits(self) -> int:
        """How many bits the largest number takes that a method must hold."""
        reach = sum(map(abs, self.weights)) + abs(self.target)
        return max(reach, self.tolerance).bit_length()

    def why_illegal(self, mask: Sequence[int]) -> str | None:
        """Say what rule a mask breaks, or None if it is legal."""
        error = self.error(mask)
        if error <= self.tolerance:
            return None
        return f"error {error}, the tolerance is {self.tolerance}"

    def is_legal(self, mask: Sequence[int]) -> bool:
        """Tell whether the chosen sum is within the tolerance."""
        return self.why_illegal(mask) is None

    def sum(self, mask: Sequence[int]) -> int:
        """Add up the chosen weights."""
        return sum(w for w, x in zip(self.weights, mask, strict=True) if x)

    def error(self, mask: Sequence[int]) -> int:
        """Return the distance of the chosen sum from the target, in grid units."""
        return abs(self.sum(mask) - self.target)

    def value(self, mask: Sequence[int]) -> int:
        """Return the objective of a mask: how many weights it chooses."""
        return sum(1 for x in mask if x)

    def free_bound(self) -> int:
        """Return a lower bound on the size; n + 1 when no subset can be within the tolerance."""
        bounds = bound_by_size(self.weights, self.target)
        sizes = (size for size, bound in enumerate(bounds) if bound <= self.tolerance)
        return next(sizes, self.num_candidates + 1)

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
            "tolerance": self.tolerance,
        }

    @property
    def digest(self) -> str:
        """The sha256 of the canonical form."""
        return digest_of(self.canonical())
