"""A whole layer with nothing fixed in advance: both masks of a two-matrix product are free.

The masked product ``(M2*U)(M1*V)`` approximates a target matrix W. Entry (i, j) of it is a
subset sum of the products ``U[i,k] V[k,j]``, but the subsets of all entries come from the same
two masks: neuron k serves entry (i, j) if both of its edges are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from slth_opt.errors import GridError, ProblemError
from slth_opt.grid import Grid, choose_grid, finest_exponent
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
)
from slth_opt.problems.placing import Matrix, check_products, is_moved, real_rows

NORMS = ("linf", "l1")
"""How the errors of the entries are joined: the largest, or their sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointLayer:
    """Minimise a norm of ``(M2*U)(M1*V) - W`` over both 0/1 masks.

    A selection is one mask: first the h x d entries of the first layer, row by row, then the
    o x h entries of the second.

    Parameters
    ----------
    first
        The matrix V: a row of d integers for each of h hidden neurons.
    second
        The matrix U: a row of h integers for each of o outputs.
    targets
        The matrix W: a row of d integers for each output, in units of the products.
    norm
        ``"linf"`` for the largest absolute error, ``"l1"`` for the sum of all.
    most
        How many edges may be kept in both layers together. More than there are: no budget.
    grid
        What a unit of the products and of the targets means.
    rounded
        Whether the integers are roundings of finer reals.

    Examples
    --------
    >>> layer = JointLayer(
    ...     first=((2, 1), (3, -1)), second=((1, 2),), targets=((8, -1),), norm="l1", most=6
    ... )
    >>> layer.sums((1, 0, 1, 1, 1, 1)), layer.value((1, 0, 1, 1, 1, 1))
    ((8, -2), 1)
    """

    first: Matrix
    second: Matrix
    targets: Matrix
    norm: str
    most: int
    grid: Grid = Grid()
    rounded: bool = False

    kind: ClassVar[str] = "joint_layer"
    unit: ClassVar[str] = "error"

    def __post_init__(self) -> None:
        for name in ("first", "second", "targets"):
            object.__setattr__(self, name, whole_matrix(getattr(self, name), what=name))
        object.__setattr__(self, "most", whole_number(self.most, what="budget"))
        check_meaning(self.grid, self.rounded)
        _check_shapes(self.first, self.second, self.targets)
        if self.norm not in NORMS:
            raise ProblemError(f"the norm must be one of {', '.join(NORMS)}, got {self.norm!r}")
        check_budget(self.most)
        for (i, j), pool, target in self.entries():
            check_capacity((*pool, target), where=f"of the products of entry ({i}, {j}) ")
        for name, matrix in (("first", self.first), ("second", self.second)):
            for r, row in enumerate(matrix):  # a large weight may meet nothing but zeros
                for c, weight in enumerate(row):
                    check_capacity((weight,), where=f"of {name} {r}, entry {c} ")
        check_shown(self.bits, self.grid)

    @classmethod
    def from_reals(
        cls,
        first: Iterable[Iterable[Any]],
        second: Iterable[Iterable[Any]],
        targets: Iterable[Iterable[Any]],
        *,
        norm: str = "linf",
        most: int | None = None,
        rounding: str = "exact",
        bits: int | None = None,
    ) -> JointLayer:
        """Place both matrices on grids of their own, and the targets on that of the products.

        With ``rounding="nearest"`` the matrices keep `bits` bits after the binary point, and
        the targets twice as many. Without `most` there is no budget.

        Examples
        --------
        >>> layer = JointLayer.from_reals([[0.5], [1.5]], [[0.25, 1.0]], [[1.0]])
        >>> layer.first, layer.second, layer.targets, layer.grid.exponent
        (((1,), (3,)), ((1, 4),), ((8,),), 3)
        """
        real = [real_rows(m, what=w) for m, w in ((first, "first"), (second, "second"))]
        goals = real_rows(targets, what="targets")
        _check_shapes(real[0], real[1], goals)
        grids = _choose_grids(real[0], real[1], goals, rounding=rounding, bits=bits)
        placed = list(zip(grids, (*real, goals), strict=True))
        matrices = [tuple(map(grid.nearest, rows)) for grid, rows in placed]
        moved = any(
            is_moved(grid, rows, matrix)
            for (grid, rows), matrix in zip(placed, matrices, strict=True)
        )
        edges = sum(len(m) * len(m[0]) for m in matrices[:2])
        return cls(
            first=matrices[0],
            second=matrices[1],
            targets=matrices[2],
            norm=norm,
            most=edges if most is None else most,
            grid=grids[2],
            rounded=moved,
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return (outputs, hidden neurons, inputs)."""
        return len(self.second), len(self.first), len(self.first[0])

    @property
    def num_candidates(self) -> int:
        """How many edges both layers have."""
        outputs, hidden, inputs = self.shape
        return hidden * (inputs + outputs)

    @property
    def objective_grid(self) -> Grid:
        """What one unit of the objective means."""
        return self.grid

    @property
    def impossible(self) -> int | None:
        """The bound that says no selection is legal: there is none, the empty one is."""
        return None

    @property
    def bits(self) -> int:
        """How many bits the largest number takes that a method must hold."""
        worst = [sum(map(abs, pool)) + abs(target) for _, pool, target in self.entries()]
        return (sum(worst) if self.norm == "l1" else max(worst)).bit_length()

    def entries(self) -> Iterator[tuple[tuple[int, int], tuple[int, ...], int]]:
        """Yield each entry of the target matrix: its place, its products, its target."""
        columns = tuple(zip(*self.first, strict=True))
        for i, row in enumerate(self.second):
            for j, column in enumerate(columns):
                products = tuple(u * v for u, v in zip(row, column, strict=True))
                yield (i, j), products, self.targets[i][j]

    def split(self, mask: Sequence[int]) -> tuple[Matrix, Matrix]:
        """Cut a mask into that of the first layer (h x d) and that of the second (o x h)."""
        outputs, hidden, inputs = self.shape
        edges = hidden * inputs
        return (
            tuple(tuple(mask[k * inputs : (k + 1) * inputs]) for k in range(hidden)),
            tuple(
                tuple(mask[edges + i * hidden : edges + (i + 1) * hidden]) for i in range(outputs)
            ),
        )

    def why_illegal(self, mask: Sequence[int]) -> str | None:
        """Say what rule a mask breaks, or None if it is legal."""
        size = sum(1 for x in mask if x)
        return f"{size} edges, the budget is {self.most}" if size > self.most else None

    def is_legal(self, mask: Sequence[int]) -> bool:
        """Tell whether a mask keeps to the budget."""
        return self.why_illegal(mask) is None

    def sums(self, mask: Sequence[int]) -> tuple[int, ...]:
        """Return the entries of the masked product, row by row."""
        check_mask(mask, self.num_candidates)
        first, second = self.split(mask)
        return tuple(
            sum(p for k, p in enumerate(pool) if second[i][k] and first[k][j])
            for (i, j), pool, _ in self.entries()
        )

    def errors(self, mask: Sequence[int]) -> tuple[int, ...]:
        """Return the distance of each entry from its target, row by row, in grid units."""
        goals = (t for row in self.targets for t in row)
        return tuple(abs(s - t) for s, t in zip(self.sums(mask), goals, strict=True))

    def error(self, mask: Sequence[int]) -> int:
        """Return the norm of the errors, in grid units."""
        return sum(self.errors(mask)) if self.norm == "l1" else max(self.errors(mask))

    def value(self, mask: Sequence[int]) -> int:
        """Return the objective of a mask: its error."""
        return self.error(mask)

    def free_bound(self) -> int:
        """Return a lower bound on the optimum that needs no search: the entries', one by one."""
        # A product takes two edges, so a budget allows an entry at most half as many.
        limit = min(self.shape[1], self.most // 2)
        least = [min(bound_by_size(pool, t)[: limit + 1]) for _, pool, t in self.entries()]
        return sum(least) if self.norm == "l1" else max(least)

    def rounding_slack(self, size: int) -> int:
        """Return a bound, in half units, on what rounding changed in the error of a selection."""
        if not self.rounded:
            return 0
        # Rounding both factors by half a unit moves a product uv by at most (|u|+|v|)/2 + 1/4.
        columns = tuple(zip(*self.first, strict=True))
        entries = [
            1 + sum(abs(u) + abs(v) + 1 for u, v in zip(row, column, strict=True))
            for row in self.second
            for column in columns
        ]
        return sum(entries) if self.norm == "l1" else max(entries)

    def canonical(self) -> dict[str, Any]:
        """Return the form in which the problem is stored and of which the digest is taken."""
        return {
            "kind": self.kind,
            "exponent": self.grid.exponent,
            "rounded": self.rounded,
            "first": [list(row) for row in self.first],
            "second": [list(row) for row in self.second],
            "targets": [list(row) for row in self.targets],
            "norm": self.norm,
            "most": self.most,
        }

    @property
    def digest(self) -> str:
        """The sha256 of the canonical form."""
        return digest_of(self.canonical())


def _choose_grids(
    first: list[list[Fraction]],
    second: list[list[Fraction]],
    targets: list[list[Fraction]],
    *,
    rounding: str,
    bits: int | None,
) -> tuple[Grid, Grid, Grid]:
    """Return the grids of both matrices, and that of their products and the targets."""
    matrices = first, second, targets
    if rounding == "exact" and bits is None:
        check_products(first, second, targets)
        u, v, t = (finest_exponent(value for row in m for value in row) for m in matrices)
        # Targets on a finer grid than the products make the second matrix as fine as they need.
        v = max(v, t - u)
    else:
        if rounding == "nearest" and bits is None:
            raise GridError("to round the weights of a joint layer, say to how many bits")
        largest = [max((value for row in m for value in row), key=abs) for m in matrices[:2]]
        # Whether the products fit as well is checked entry by entry, once they are integers.
        u, v = (choose_grid([w], rounding=rounding, bits=bits).exponent for w in largest)
    return Grid(exponent=u), Grid(exponent=v), Grid(exponent=u + v)


def _check_shapes(first: Any, second: Any, targets: Any) -> None:
    """Refuse matrices that cannot be multiplied to the shape of the targets."""
    hidden, inputs, outputs = len(first), len(first[0]), len(second)
    if len(second[0]) != hidden:
        raise ProblemError(
            f"second has {len(second[0])} columns, first has {hidden} rows: both must be the "
            "number of hidden neurons"
        )
    check_count(targets, outputs, what="rows of targets", each="rows of second")
    check_count(targets[0], inputs, what="columns of targets", each="columns of first")
