"""Several rows at once: one mask whose sums are near a target vector.

The multi-dimensional (fixed-size) subset sum behind structured pruning, where one 0/1
choice keeps or removes a whole channel, and behind pooled signs, where one mask must serve
the positive and the negative branch together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from slth_opt.errors import GridError, ProblemError
from slth_opt.grid import Grid, as_fractions, choose_grid, listed
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

NORMS = ("l1", "linf")
"""The norms an error vector is measured in: the sum, or the largest, of the absolute values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorSum:
    """Minimise ``norm(A x - t)`` over 0/1 vectors x with fewest..most ones.

    Parameters
    ----------
    rows
        The matrix A: one tuple of n integers per dimension.
    targets
        One integer per row.
    norm
        ``"l1"`` or ``"linf"``.
    fewest, most
        The sizes allowed, both included.
    grid
        What an integer means.
    rounded
        Whether the integers are roundings of finer reals.

    Examples
    --------
    >>> problem = VectorSum(
    ...     rows=((1, 2, 3), (0, 5, -1)), targets=(4, 0), norm="l1", fewest=2, most=2
    ... )
    >>> problem.value((1, 0, 1))
    1
    """

    rows: tuple[tuple[int, ...], ...]
    targets: tuple[int, ...]
    norm: str
    fewest: int
    most: int
    grid: Grid = Grid()
    rounded: bool = False

    kind: ClassVar[str] = "vector_sum"
    unit: ClassVar[str] = "error"

    def __post_init__(self) -> None:
        rows = tuple(
            whole_numbers(row, what=f"row {r}, weight")
            for r, row in enumerate(listed(self.rows, what="row"))
        )
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "targets", whole_numbers(self.targets, what="target"))
        object.__setattr__(self, "fewest", whole_number(self.fewest, what="size"))
        object.__setattr__(self, "most", whole_number(self.most, what="size"))
        check_meaning(self.grid, self.rounded)
        _check_shapes(rows, self.targets, self.norm)
        check_sizes(self.fewest, self.most, len(rows[0]))
        try:
            check_capacity(v for row in (*rows, self.targets) for v in row)
        except ProblemError as refused:
            raise ProblemError(f"{refused}; {_largest(rows, self.targets)}") from None

    @classmethod
    def from_reals(
        cls,
        rows: Iterable[Iterable[Any]],
        targets: Iterable[Any],
        *,
        norm: str = "linf",
        size: Size = None,
        rounding: str = "exact",
        bits: int | None = None,
    ) -> VectorSum:
        """Place a real matrix and target vector on one grid, as `SubsetSum.from_reals` does.

        Examples
        --------
        >>> VectorSum.from_reals([[0.5, 1.0], [0.25, 0.0]], [1.0, 0.5]).rows
        ((2, 4), (1, 0))
        """
        real_rows = [
            as_fractions(row, what=f"row {r}, weight")
            for r, row in enumerate(listed(rows, what="row"))
        ]
        goals = as_fractions(targets, what="target")
        _check_shapes(tuple(map(tuple, real_rows)), tuple(goals), norm)
        flat = [v for row in (*real_rows, goals) for v in row]
        try:
            grid = choose_grid(flat, rounding=rounding, bits=bits)
        except GridError as refused:
            raise GridError(f"{refused}; {_largest(real_rows, goals)}") from None
        placed = [grid.nearest(row) for row in (*real_rows, goals)]
        fewest, most = size_range(size, len(real_rows[0]))
        return cls(
            rows=tuple(placed[:-1]),
            targets=placed[-1],
            norm=norm,
            fewest=fewest,
            most=most,
            grid=grid,
            rounded=any(
                grid.real(p) != v
                for p, v in zip((p for row in placed for p in row), flat, strict=True)
            ),
        )

    @property
    def num_candidates(self) -> int:
        """How many columns there are to choose from."""
        return len(self.rows[0])

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
        return max(
            sum(map(abs, row)) + abs(t) for row, t in zip(self.rows, self.targets, strict=True)
        ).bit_length()

    def why_illegal(self, mask: Sequence[int]) -> str | None:
        """Say what rule a mask breaks, or None if it is legal."""
        size = sum(1 for x in mask if x)
        if self.fewest <= size <= self.most:
            return None
        return f"{size} weights, allowed are {self.fewest}..{self.most}"

    def is_legal(self, mask: Sequence[int]) -> bool:
        """Tell whether a mask has an allowed size."""
        return self.why_illegal(mask) is None

    def sums(self, mask: Sequence[int]) -> tuple[int, ...]:
        """Add up the chosen columns."""
        return tuple(sum(w for w, x in zip(row, mask, strict=True) if x) for row in self.rows)

    def error(self, mask: Sequence[int]) -> int:
        """Return the norm of the error vector, in grid units."""
        errors = [abs(s - t) for s, t in zip(self.sums(mask), self.targets, strict=True)]
        return sum(errors) if self.norm == "l1" else max(errors)

    def value(self, mask: Sequence[int]) -> int:
        """Return the objective of a mask: its error."""
        return self.error(mask)

    def free_bound(self) -> int:
        """Return a lower bound on the optimum that needs no search: the rows', size by size."""
        by_row = [bound_by_size(row, t) for row, t in zip(self.rows, self.targets, strict=True)]
        join = sum if self.norm == "l1" else max
        return min(join(bound[k] for bound in by_row) for k in range(self.fewest, self.most + 1))

    def rounding_slack(self, size: int) -> int:
        """Return a bound, in half units, on what rounding changed in the error of a subset."""
        if not self.rounded:
            return 0
        return (size + 1) * (len(self.rows) if self.norm == "l1" else 1)

    def canonical(self) -> dict[str, Any]:
        """Return the form in which the problem is stored and of which the digest is taken."""
        return {
            "kind": self.kind,
            "exponent": self.grid.exponent,
            "rounded": self.rounded,
            "rows": [list(row) for row in self.rows],
            "targets": list(self.targets),
            "norm": self.norm,
            "fewest": self.fewest,
            "most": self.most,
        }

    @property
    def digest(self) -> str:
        """The sha256 of the canonical form."""
        return digest_of(self.canonical())


def _check_shapes(rows: tuple[tuple[Any, ...], ...], targets: tuple[Any, ...], norm: str) -> None:
    if not rows:
        raise ProblemError("there are no rows: give at least one")
    check_pool(len(rows[0]))
    for r, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ProblemError(f"row {r} has {len(row)} weights, row 0 has {len(rows[0])}")
    if len(targets) != len(rows):
        raise ProblemError(f"{len(rows)} rows need as many targets, got {len(targets)}")
    if norm not in NORMS:
        raise ProblemError(f"the norm must be one of {', '.join(NORMS)}, got {norm!r}")


def _largest(rows: Sequence[Sequence[Any]], targets: Sequence[Any]) -> str:
    """Say where the largest number is."""
    named = [(abs(t), f"target {r}") for r, t in enumerate(targets)]
    for r, row in enumerate(rows):
        named += [(abs(w), f"row {r}, weight {k}") for k, w in enumerate(row)]
    return f"the largest number is {max(named, key=lambda one: one[0])[1]}"
