"""A whole layer under one sparsity budget: how to share K kept edges among many weights.

Every weight has a pool and a target of its own; only the number of kept edges couples them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from slth_opt.errors import ProblemError
from slth_opt.grid import Grid, as_fractions
from slth_opt.problems.free_bounds import bound_by_size
from slth_opt.problems.legality import (
    check_budget,
    check_capacity,
    check_count,
    check_mask,
    check_meaning,
    check_shown,
    digest_of,
    whole_matrix,
    whole_number,
    whole_numbers,
)
from slth_opt.problems.placing import place_rows, real_rows

NORMS = ("linf", "l1", "squares")
"""How the errors of the weights are joined: the largest, their sum, or the sum of squares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerBudget:
    """Minimise the joint error of many subset sums that keep at most `most` weights together.

    Parameters
    ----------
    pools
        One tuple of n integers for each target.
    targets
        One integer per pool.
    norm
        ``"linf"``, ``"l1"`` or ``"squares"``.
    most
        How many weights may be chosen in all. More than there are means no budget.
    grid
        What an integer means.
    rounded
        Whether the integers are roundings of finer reals.

    Examples
    --------
    >>> problem = LayerBudget(
    ...     pools=((3, -5, 8), (2, 2, 7)), targets=(4, 9), norm="l1", most=3
    ... )
    >>> problem.value((1, 0, 0, 0, 1, 1)), problem.num_candidates
    (1, 6)
    """

    pools: tuple[tuple[int, ...], ...]
    targets: tuple[int, ...]
    norm: str
    most: int
    grid: Grid = Grid()
    rounded: bool = False

    kind: ClassVar[str] = "layer_budget"

    def __post_init__(self) -> None:
        object.__setattr__(self, "pools", whole_matrix(self.pools, what="pool"))
        object.__setattr__(self, "targets", whole_numbers(self.targets, what="target"))
        check_count(self.targets, len(self.pools), what="targets", each="pools")
        object.__setattr__(self, "most", whole_number(self.most, what="budget"))
        check_meaning(self.grid, self.rounded)
        if self.norm not in NORMS:
            raise ProblemError(f"the norm must be one of {', '.join(NORMS)}, got {self.norm!r}")
        check_budget(self.most)
        for p, (pool, target) in enumerate(self.parts()):
            check_capacity((*pool, target), where=f"of pool {p} and its target ")
        check_shown(self.bits, self.objective_grid)

    @classmethod
    def from_reals(
        cls,
        pools: Iterable[Iterable[Any]],
        targets: Iterable[Any],
        *,
        norm: str = "linf",
        most: int | None = None,
        rounding: str = "exact",
        bits: int | None = None,
    ) -> LayerBudget:
        """Place real pools and targets on one grid, as `SubsetSum.from_reals` does.

        Without `most` there is no budget.

        Examples
        --------
        >>> LayerBudget.from_reals([[0.5, 1.0], [0.25, 0.0]], [1.0, 0.5]).pools
        ((2, 4), (1, 0))
        """
        reals, goals = real_rows(pools, what="pool"), as_fractions(targets, what="target")
        check_count(goals, len(reals), what="targets", each="pools")
        names = "pool {r} and its target", "pool {r}, entry {k}"
        placed = place_rows(reals, goals, names=names, rounding=rounding, bits=bits)
        return cls(
            pools=placed.rows,
            targets=placed.goals,
            norm=norm,
            most=sum(map(len, placed.rows)) if most is None else most,
            grid=placed.grid,
            rounded=placed.rounded,
        )

    @property
    def unit(self) -> str:
        """What is measured by the objective."""
        return "squared error" if self.norm == "squares" else "error"

    @property
    def num_candidates(self) -> int:
        """How many weights there are in all pools together."""
        return len(self.pools) * len(self.pools[0])

    @property
    def objective_grid(self) -> Grid:
        """What one unit of the objective means."""
        return Grid(exponent=2 * self.grid.exponent) if self.norm == "squares" else self.grid

    @property
    def impossible(self) -> int | None:
        """The bound that says no selection is legal: there is none, the empty one is."""
        return None

    @property
    def bits(self) -> int:
        """How many bits the largest number takes that a method must hold."""
        worst = [sum(map(abs, pool)) + abs(target) for pool, target in self.parts()]
        joint = {"linf": max(worst), "l1": sum(worst), "squares": sum(w * w for w in worst)}
        return joint[self.norm].bit_length()

    def why_illegal(self, mask: Sequence[int]) -> str | None:
        """Say what rule a mask breaks, or None if it is legal."""
        size = sum(1 for x in mask if x)
        return f"{size} weights, the budget is {self.most}" if size > self.most else None

    def is_legal(self, mask: Sequence[int]) -> bool:
        """Tell whether a mask keeps to the budget."""
        return self.why_illegal(mask) is None

    def sums(self, mask: Sequence[int]) -> tuple[int, ...]:
        """Add up the chosen weights of each pool."""
        check_mask(mask, self.num_candidates)
        n = len(self.pools[0])
        return tuple(
            sum(w for w, x in zip(pool, mask[p * n : (p + 1) * n], strict=True) if x)
            for p, pool in enumerate(self.pools)
        )

    def errors(self, mask: Sequence[int]) -> tuple[int, ...]:
        """Return the distance of each pool's sum from its target, in grid units."""
        return tuple(abs(s - t) for s, t in zip(self.sums(mask), self.targets, strict=True))

    def error(self, mask: Sequence[int]) -> int:
        """Return the joint error: in grid units, for squares the largest error."""
        return sum(self.errors(mask)) if self.norm == "l1" else max(self.errors(mask))

    def value(self, mask: Sequence[int]) -> int:
        """Return the objective of a mask: its joint error, for squares in squared units."""
        if self.norm == "squares":
            return sum(error * error for error in self.errors(mask))
        return self.error(mask)

    def free_bound(self) -> int:
        """Return a lower bound on the optimum that needs no search: the pools', size by size."""
        limit = min(self.most, len(self.pools[0]))
        least = [min(bound_by_size(pool, target)[: limit + 1]) for pool, target in self.parts()]
        if self.norm == "squares":
            return sum(bound * bound for bound in least)
        return sum(least) if self.norm == "l1" else max(least)

    def rounding_slack(self, size: int) -> int:
        """Return a bound, in half units, on what rounding changed in the error of a selection."""
        if not self.rounded:
            return 0
        return size + (len(self.pools) if self.norm == "l1" else 1)

    def canonical(self) -> dict[str, Any]:
        """Return the form in which the problem is stored and of which the digest is taken."""
        return {
            "kind": self.kind,
            "exponent": self.grid.exponent,
            "rounded": self.rounded,
            "pools": [list(pool) for pool in self.pools],
            "targets": list(self.targets),
            "norm": self.norm,
            "most": self.most,
        }

    @property
    def digest(self) -> str:
        """The sha256 of the canonical form."""
        return digest_of(self.canonical())

    def parts(self) -> Iterator[tuple[tuple[int, ...], int]]:
        """Yield the pool and the target of each weight."""
        yield from zip(self.pools, self.targets, strict=True)
