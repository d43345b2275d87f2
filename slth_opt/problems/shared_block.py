"""One input whose hidden neurons are shared by all outputs: choose the edges behind them.

An edge of the second layer costs one; the edge of the first layer that feeds its neuron is
paid once, by whichever output uses the neuron first. That couples the outputs, and makes the
joint optimum better than one optimum after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from slth_opt.errors import ProblemError
from slth_opt.grid import Grid, as_fractions, listed
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
from slth_opt.problems.placing import Placed, place_rows, real_rows

MINIMISE = ("edges", "neurons", "error")
"""What a block may minimise: kept edges or used neurons within tolerances, or the largest error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedBlock:
    """Choose for every output a subset of the hidden neurons, cheaply or precisely.

    A selection is a mask over ``outputs x neurons``, row by row. A neuron is used if any
    output chooses it. Edges are the chosen entries plus one for each used neuron.

    Parameters
    ----------
    products
        For every output one integer per neuron: its weight times the neuron's first weight.
    targets
        One integer per output.
    minimise
        ``"edges"`` or ``"neurons"``, where each output's error stays within its tolerance; or
        ``"error"``, the largest of the errors, under a budget.
    tolerances
        One integer per output; None when the error is minimised.
    most_edges, most_neurons
        The budgets when the error is minimised; None where there is none.
    grid
        What an integer means.
    rounded
        Whether the integers are roundings of finer reals.

    Examples
    --------
    >>> block = SharedBlock(
    ...     products=((4, 1, 3), (2, 2, 5)), targets=(4, 5), minimise="edges", tolerances=(1, 0)
    ... )
    >>> block.value((0, 0, 1, 0, 0, 1)), block.value((1, 0, 0, 0, 0, 1))
    (3, 4)
    """

    products: tuple[tuple[int, ...], ...]
    targets: tuple[int, ...]
    minimise: str
    tolerances: tuple[int, ...] | None = None
    most_edges: int | None = None
    most_neurons: int | None = None
    grid: Grid = Grid()
    rounded: bool = False

    kind: ClassVar[str] = "shared_block"

    def __post_init__(self) -> None:
        object.__setattr__(self, "products", whole_matrix(self.products, what="output"))
        object.__setattr__(self, "targets", whole_numbers(self.targets, what="target"))
        check_count(self.targets, len(self.products), what="targets", each="outputs")
        check_meaning(self.grid, self.rounded)
        for i, (row, target) in enumerate(zip(self.products, self.targets, strict=True)):
            check_capacity((*row, target), where=f"of output {i} and its target ")
        if self.minimise not in MINIMISE:
            raise ProblemError(
                f"minimise must be one of {', '.join(MINIMISE)}, got {self.minimise!r}"
            )
        self._check_rules()
        check_shown(self.bits, self.grid)

    def _check_rules(self) -> None:
        """Refuse rules that do not belong to what is minimised."""
        budgets = (self.most_edges, self.most_neurons)
        if self.minimise == "error":
            if self.tolerances is not None:
                raise ProblemError("tolerances are for counting edges or neurons, not for errors")
            for name, budget in zip(("most_edges", "most_neurons"), budgets, strict=True):
                if budget is not None:
                    object.__setattr__(self, name, whole_number(budget, what=name))
                    check_budget(getattr(self, name))
            return
        if self.tolerances is None or any(budget is not None for budget in budgets):
            raise ProblemError(
                f"to minimise {self.minimise} give tolerances, and no budget of edges or neurons"
            )
        tolerances = whole_numbers(self.tolerances, what="tolerance")
        object.__setattr__(self, "tolerances", tolerances)
        check_count(tolerances, len(self.products), what="tolerances", each="outputs")
        for i, tolerance in enumerate(tolerances):
            if tolerance < 0:
                raise ProblemError(f"tolerance {i} must not be negative, got {tolerance}")
            check_capacity((tolerance,), where=f"of tolerance {i} ")

    @classmethod
    def from_reals(
        cls,
        first: Iterable[Any],
        second: Iterable[Iterable[Any]],
        targets: Iterable[Any],
        *,
        minimise: str = "edges",
        tolerance: Any = None,
        most_edges: int | None = None,
        most_neurons: int | None = None,
        rounding: str = "exact",
        bits: int | None = None,
    ) -> SharedBlock:
        """Multiply the weights exactly and place the products on one grid.

        Parameters
        ----------
        first
            The weight of each hidden neuron's input: h reals.
        second
            One row of h reals for each output.
        targets
            One real for each output.
        tolerance
            How far each output may be off: one real for all, or one for each.
        minimise, most_edges, most_neurons, rounding, bits
            As for `SharedBlock` and `SubsetSum.from_reals`.

        Examples
        --------
        >>> SharedBlock.from_reals([0.5, 2.0], [[1.0, 0.25]], [0.5], tolerance=0.1).products
        ((1, 1),)
        """
        u, v = as_fractions(first, what="first"), real_rows(second, what="second")
        goals = as_fractions(targets, what="target")
        check_count(v[0], len(u), what="entries of second 0", each="entries of first")
        products = [[a * b for a, b in zip(u, row, strict=True)] for row in v]
        check_count(goals, len(products), what="targets", each="outputs")
        names = (
            "output {r} with its products and its target",
            "first {k} times second {r}, entry {k}",
        )
        placed = place_rows(products, goals, names=names, rounding=rounding, bits=bits)
        return cls(
            products=placed.rows,
            targets=placed.goals,
            minimise=minimise,
            tolerances=None if tolerance is None else _place_tolerances(tolerance, placed),
            most_edges=most_edges,
            most_neurons=most_neurons,
            grid=placed.grid,
            rounded=placed.rounded,
        )

    @property
    def unit(self) -> str:
        """What is counted or measured by the objective."""
        return self.minimise

    @property
    def num_neurons(self) -> int:
        """How many hidden neurons there are."""
        return len(self.products[0])

    @property
    def num_candidates(self) -> int:
        """How many edges of the second layer there are to choose from."""
        return len(self.products) * self.num_neurons

    @property
    def objective_grid(self) -> Grid:
        """What one unit of the objective means."""
        return self.grid if self.minimise == "error" else Grid()

    @property
    def impossible(self) -> int | None:
        """The bound that says no selection is legal; None where the empty one always is."""
        if self.minimise == "error":
            return None
        return 1 + self.num_neurons + (self.num_candidates if self.minimise == "edges" else 0)

    @property
    def bits(self) -> int:
        """How many bits the largest number takes that a method must hold."""
        worst = [
            sum(map(abs, row)) + abs(t) for row, t in zip(self.products, self.targets, strict=True)
        ]
        return max((*worst, *(self.tolerances or ()))).bit_length()

    def why_illegal(self, mask: Sequence[int]) -> str | None:
        """Say what rule a mask breaks, or None if it is legal."""
        for i, (error, allowed) in enumerate(
            zip(self.errors(mask), self.tolerances or (), strict=False)
        ):
            if error > allowed:
                return f"error {error} at output {i}, its tolerance is {allowed}"
        edges, neurons = self.edges(mask), len(self.used(mask))
        if self.most_edges is not None and edges > self.most_edges:
            return f"{edges} edges, the budget is {self.most_edges}"
        if self.most_neurons is not None and neurons > self.most_neurons:
            return f"{neurons} neurons, the budget is {self.most_neurons}"
        return None

    def is_legal(self, mask: Sequence[int]) -> bool:
        """Tell whether a mask keeps to the tolerances and budgets."""
        return self.why_illegal(mask) is None

    def sums(self, mask: Sequence[int]) -> tuple[int, ...]:
        """Add up the chosen products of each output."""
        check_mask(mask, self.num_candidates)
        h = self.num_neurons
        return tuple(
            sum(p for p, x in zip(row, mask[i * h : (i + 1) * h], strict=True) if x)
            for i, row in enumerate(self.products)
        )

    def errors(self, mask: Sequence[int]) -> tuple[int, ...]:
        """Return the distance of each output's sum from its target, in grid units."""
        return tuple(abs(s - t) for s, t in zip(self.sums(mask), self.targets, strict=True))

    def error(self, mask: Sequence[int]) -> int:
        """Return the largest error, in grid units."""
        return max(self.errors(mask))

    def used(self, mask: Sequence[int]) -> tuple[int, ...]:
        """Return the neurons that some output chooses, in increasing order."""
        h = self.num_neurons
        return tuple(k for k in range(h) if any(mask[k::h]))

    def edges(self, mask: Sequence[int]) -> int:
        """Count the kept edges: those chosen, and one into each used neuron."""
        return sum(1 for x in mask if x) + len(self.used(mask))

    def value(self, mask: Sequence[int]) -> int:
        """Return the objective of a mask."""
        if self.minimise == "error":
            return self.error(mask)
        return self.edges(mask) if self.minimise == "edges" else len(self.used(mask))

    def free_bound(self) -> int:
        """Return a lower bound on the optimum that needs no search: the outputs', one by one."""
        by_output = [
            bound_by_size(row, t) for row, t in zip(self.products, self.targets, strict=True)
        ]
        h = self.num_neurons
        if self.minimise == "error":
            most = min(
                h if self.most_neurons is None else self.most_neurons,
                h if self.most_edges is None else self.most_edges // 2,
                h,
            )
            return max(min(bounds[: most + 1]) for bounds in by_output)
        sizes = []
        for bounds, allowed in zip(by_output, self.tolerances or (), strict=True):
            needed = next((k for k, bound in enumerate(bounds) if bound <= allowed), None)
            if needed is None:
                return self.impossible or 0
            sizes.append(needed)
        return max(sizes) + (sum(sizes) if self.minimise == "edges" else 0)

    def rounding_slack(self, size: int) -> int:
        """Return a bound, in half units, on what rounding changed in the error of a selection."""
        return min(size, self.num_neurons) + 1 if self.rounded else 0

    def canonical(self) -> dict[str, Any]:
        """Return the form in which the problem is stored and of which the digest is taken."""
        return {
            "kind": self.kind,
            "exponent": self.grid.exponent,
            "rounded": self.rounded,
            "products": [list(row) for row in self.products],
            "targets": list(self.targets),
            "minimise": self.minimise,
            "tolerances": None if self.tolerances is None else list(self.tolerances),
            "most_edges": self.most_edges,
            "most_neurons": self.most_neurons,
        }

    @property
    def digest(self) -> str:
        """The sha256 of the canonical form."""
        return digest_of(self.canonical())


def _place_tolerances(tolerance: Any, placed: Placed) -> tuple[int, ...]:
    """Return one tolerance for every output, in grid units; one number is for all of them.

    Errors lie on the grid, so rounding a tolerance down changes nothing; one that admits every
    sum is the same as one that just does.
    """
    count, is_one = (
        len(placed.goals),
        not getattr(tolerance, "shape", hasattr(tolerance, "__len__")),
    )
    typed = [tolerance] * count if is_one else listed(tolerance, what="tolerance")
    given = as_fractions(typed, what="tolerance")
    check_count(given, count, what="tolerances", each="outputs")
    unit = placed.grid.real(1)
    allowed = []
    for i, (row, goal) in enumerate(zip(placed.rows, placed.goals, strict=True)):
        if given[i] < 0:  # said as it was given: later it is in units of the grid
            raise ProblemError(f"tolerance {i} must not be negative, got {typed[i]}")
        allowed.append(min(given[i] // unit, sum(map(abs, row)) + abs(goal)))
    return tuple(allowed)
