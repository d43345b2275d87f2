"""Is a ticket what it says? Everything recomputed, and a sample solved again by another method.

Reading the file already draws the source again and adds up every sum. What rests on the word of
a method is that no subset is better; that is asked of a method of another kind, for some weights.
Whether a budget is shared out best no sample can tell: it is shared out again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slth_opt.errors import CertificateRejected
from slth_opt.grid import Grid
from slth_opt.problems import SmallestSubset, SubsetSum
from slth_opt.solving import solve
from slth_opt.tickets.keeping import check_sharing, check_sizes, split_questions
from slth_opt.tickets.records import BIAS, Part, Ticket
from slth_opt.tolerances import layer_rule

if TYPE_CHECKING:
    from slth_opt.size_rules import SizeRule

OTHER_METHOD = "branching"
"""Branch and bound: of another family than the kernels that build tickets."""

WIDE_METHOD = "four_lists"
"""For pools that branching would take for ever over: of the kernels' family, but other code."""

MOST_BRANCHED, MOST_LISTED = 22, 46
"""Candidates up to which either is asked; wider pools are not solved again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReport:
    """What was checked about a ticket and found to be true.

    Parameters
    ----------
    weights
        The subset sums recomputed.
    sampled
        How many of them a second method solved again, to the same value.
    method
        That method, or those, separated by commas.
    too_wide
        How many of the sample have pools too wide to be solved again.
    """

    weights: int
    sampled: int
    method: str
    too_wide: int = 0

    def lines(self) -> tuple[str, ...]:
        """Say it in sentences for people."""
        optimality = "the ticket claims none"
        if self.sampled:
            names = self.method.replace(", ", "' and '")
            optimality = f"{self.sampled} of them solved again by '{names}': the same optimum"
        elif self.too_wide:
            optimality = "the word of the ticket"
        if self.too_wide:
            optimality += f"; {self.too_wide} have pools too wide to be solved again"
        return (
            f"sums: {self.weights} subset sums recomputed from the seed, all as written",
            f"optimality: {optimality}",
        )

    def summary(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "weights": self.weights,
            "sampled": self.sampled,
            "method": self.method,
            "too_wide": self.too_wide,
        }


def verify_ticket(ticket: Ticket, *, sample: int = 24, seed: int = 0) -> TicketReport:
    """Check the sizes of a ticket, and solve a sample of its subset sums again by another method.

    Parameters
    ----------
    ticket
        A ticket, as `read_ticket` returns it: its sums are recomputed already.
    sample
        How many weights are solved again.
    seed
        Which ones.

    Raises
    ------
    CertificateRejected
        If the masks do not keep the size rule, or a subset that is said to be best is not.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> ticket = build_ticket(dense_network([[[0.5, -0.25]]]), "pensia", n=32, seed=1)
    >>> verify_ticket(ticket).sampled
    4
    """
    import numpy as np

    sizes = [len(part.targets) for part in ticket.parts]
    total = sum(sizes)
    sampled = too_wide = 0
    methods: set[str] = set()
    check_sizes(ticket)
    if ticket.proven:
        if ticket.rule.rule == "budget":
            check_sharing(ticket)
        rows = np.random.default_rng(seed).permutation(total)[:sample]
        for row in sorted(int(row) for row in rows):
            part, own = _located(ticket, row)
            live = int((part.pools[own] != 0).sum())
            if live > MOST_LISTED:
                too_wide += 1
                continue
            methods.add(OTHER_METHOD if live <= MOST_BRANCHED else WIDE_METHOD)
            _check_row(ticket, part, own)
            sampled += 1
    method = ", ".join(sorted(methods)) or OTHER_METHOD
    return TicketReport(weights=total, sampled=sampled, method=method, too_wide=too_wide)


def _located(ticket: Ticket, row: int) -> tuple[Part, int]:
    for part in ticket.parts:
        if row < len(part.targets):
            return part, row
        row -= len(part.targets)
    raise IndexError(row)


def _check_row(ticket: Ticket, part: Part, row: int) -> None:
    """Raise if another method finds a better subset for one weight."""
    if ticket.sources[part.layer].pooled and part.branch != BIAS and ticket.rule.rule == "exactly":
        _check_split(ticket, part, row)
        return
    own = layer_rule(ticket.rule, ticket.target, part.layer)
    size = int(part.choice.masks[row].sum())
    error = int(part.choice.error_units[row])
    smallest, problem = _problems(ticket, part, row, own, size)
    where = f"layer {part.layer}, branch {part.branch}, weight {row}"
    if smallest is not None:
        best = _solved(smallest)
        found = smallest.num_candidates + 1 if best is None else best
        within = error <= smallest.tolerance
        if (size if within else found) != found:
            raise CertificateRejected(f"{where}: {size} candidates are kept, {found} are enough")
        if not within and found <= smallest.num_candidates:
            raise CertificateRejected(f"{where}: a subset within the tolerance was missed")
        if within:
            return
    best = _solved(problem)
    if best != error:
        raise CertificateRejected(f"{where}: the error is {error}, but {best} is possible")


def _check_split(ticket: Ticket, part: Part, row: int) -> None:
    """Raise if another split of a size between pooled sides has a smaller larger error."""
    error, ways = split_questions(ticket, part, row)
    best = min(max(_least(plus), _least(minus)) for plus, minus in ways)
    if best != error:
        raise CertificateRejected(
            f"layer {part.layer}, both sides, weight {row}: the larger error is {error}, but "
            f"{best} is possible"
        )


def _problems(
    ticket: Ticket, part: Part, row: int, rule: SizeRule, size: int
) -> tuple[SmallestSubset | None, SubsetSum]:
    """Return the questions that one weight answers: the smallest subset, and the nearest one."""
    grid = Grid(exponent=part.choice.exponent)
    place = grid.nearest if part.choice.rounded else grid.place
    weights = place(part.pools[row].tolist())
    (target,) = place([float(part.targets[row])])
    live = tuple(w for w in weights if w) or (0,)
    # A zero adds nothing; of a fixed size, zeros may make up what the others leave.
    fixed, zeros = rule.rule == "exactly", len(weights) - len(live)
    nearest = SubsetSum(
        weights=live,
        target=target,
        fewest=max(0, size - zeros) if fixed else 0,
        most=min(size, len(live)) if fixed or rule.rule == "budget" else len(live),
        grid=grid,
    )
    weights = live
    if rule.rule != "smallest" or rule.tolerance is None:
        return None, nearest
    # No subset is further off than all numbers together, so a larger tolerance allows no more; on
    # the fine grid of a tiny weight it would not fit into an integer program.
    allowed = min(int(rule.tolerance * 2**grid.exponent), sum(map(abs, weights)) + abs(target))
    return SmallestSubset(weights=weights, target=target, tolerance=allowed, grid=grid), nearest


def _solved(problem: SubsetSum | SmallestSubset) -> int | None:
    is_narrow = problem.num_candidates <= MOST_BRANCHED
    result = solve(problem, OTHER_METHOD if is_narrow else WIDE_METHOD)
    return None if result.infeasible else result.value


def _least(problem: SubsetSum) -> int:
    """Return the least error of a size that is possible."""
    value = _solved(problem)
    assert value is not None
    return value
