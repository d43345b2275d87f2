"""A block one output at a time: what choosing together is to be compared with."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from slth_opt.errors import ProblemError
from slth_opt.problems import SharedBlock, SmallestSubset, SubsetSum
from slth_opt.problems.legality import mask_of
from slth_opt.results import Effort, Result, Stop
from slth_opt.solving import solve
from slth_opt.strengthening.independent import own_choice, shares_of


@dataclass(frozen=True, slots=True, kw_only=True)
class IndependentBlock:
    """One exact optimum per output after the other, as a selection of the block.

    Parameters
    ----------
    problem
        The block.
    indices
        The choices of all outputs; None if some output has no legal subset, and so the block
        has no legal selection. Or, stopped early, if none was found.
    stop
        Whether every choice was proven best; else why not, and then nothing here is exact.

    Examples
    --------
    >>> block = SharedBlock(
    ...     products=((4, 0, 3), (0, 4, 3)), targets=(4, 4), minimise="edges", tolerances=(1, 1)
    ... )
    >>> alone = independent_block(block)
    >>> alone.second_edges, alone.neurons, alone.edges, alone.gain(solve(block))
    (2, 2, 4, 1)
    """

    problem: SharedBlock
    indices: tuple[int, ...] | None
    stop: Stop

    @property
    def mask(self) -> tuple[int, ...] | None:
        """The choices as a 0/1 mask over outputs x neurons."""
        return None if self.indices is None else mask_of(self.indices, self.problem.num_candidates)

    @property
    def second_edges(self) -> int | None:
        """How many edges of the second layer are kept."""
        return None if self.indices is None else len(self.indices)

    @property
    def neurons(self) -> int | None:
        """How many neurons are used, each with an edge of the first layer."""
        return None if self.mask is None else len(self.problem.used(self.mask))

    @property
    def edges(self) -> int | None:
        """How many edges are kept in both layers."""
        return None if self.mask is None else self.problem.edges(self.mask)

    @property
    def error(self) -> int | None:
        """The largest error, in grid units."""
        return None if self.mask is None else self.problem.error(self.mask)

    @property
    def value(self) -> int | None:
        """The block's objective."""
        return None if self.mask is None else self.problem.value(self.mask)

    def gain(self, joint: Result) -> int | None:
        """Return how much less the outputs' joint choice costs, in units of the objective.

        None if there is nothing to compare, or the outputs were stopped. A joint choice that is
        not proven optimal may be worse: then this is negative.
        """
        if joint.problem != self.problem:
            raise ProblemError("a gain compares two answers to the same block; these are two")
        if self.value is None or joint.value is None or self.stop is not Stop.FINISHED:
            return None
        return self.value - joint.value

    def summary(self) -> dict[str, Any]:
        """Return the counts and the error as plain values, fit for JSON; None where there is none.

        Examples
        --------
        >>> block = SharedBlock(
        ...     products=((4, 1),), targets=(4,), minimise="edges", tolerances=(1,)
        ... )
        >>> independent_block(block).summary()["second_edges"]
        1
        """
        grid, error = self.problem.grid, self.error
        return {
            "second_edges": self.second_edges,
            "neurons": self.neurons,
            "edges": self.edges,
            "error": None if error is None else float(grid.real(error)),
            "error_exact": None if error is None else grid.exact_string(error),
        }


def independent_block(problem: SharedBlock, effort: Effort = Effort()) -> IndependentBlock:
    """Let the outputs choose one after the other, each proven best for itself.

    Within tolerances an output takes one of its smallest legal subsets: the one with the
    fewest neurons nobody before it uses, and of those the nearest. To minimise the error
    it takes the nearest subset within its share: of what is left of the budgets, as much as
    each output after it may have. Outputs with so many subsets that they cannot all be looked
    at take any optimum a solver proves, and in their share pay for every neuron.

    The effort is for those solvers, `seconds` for all outputs together. Out of time, or after
    Ctrl-C, an output takes the best that was found, and `stop` says so.

    Examples
    --------
    >>> block = SharedBlock(
    ...     products=((4, 1, 3), (2, 2, 5)), targets=(4, 5), minimise="edges", tolerances=(1, 0)
    ... )
    >>> independent_block(block).indices
    (0, 5)
    """
    h, n = problem.num_neurons, problem.num_candidates
    deadline = None if effort.seconds is None else time.perf_counter() + effort.seconds
    chosen, stop = tuple[int, ...](), Stop.FINISHED
    for i in range(len(problem.products)):
        mask = mask_of(chosen, n)
        offer = own_choice(problem, i, mask)
        neurons = None if offer is None else offer.neurons
        if offer is None:
            over = stop is not Stop.FINISHED
            result = solve(_question(problem, i, mask), effort=_left(effort, deadline, over))
            neurons = result.indices
            if not over and not result.is_optimal and not result.infeasible:
                stop = result.stop
            if result.infeasible:  # proven, whatever is not known of the outputs before
                stop = Stop.FINISHED
        if neurons is None:
            return IndependentBlock(problem=problem, indices=None, stop=stop)
        chosen += tuple(i * h + k for k in neurons)
    return IndependentBlock(problem=problem, indices=chosen, stop=stop)


def _left(effort: Effort, deadline: float | None, over: bool) -> Effort:
    """Return what is left of an effort: nothing once an output was stopped."""
    if over:
        return replace(effort, seconds=0.0)
    if deadline is None:
        return effort
    return replace(effort, seconds=max(0.0, deadline - time.perf_counter()))


def _question(problem: SharedBlock, i: int, mask: tuple[int, ...]) -> SmallestSubset | SubsetSum:
    """Return what an output asks for itself, once those before it chose as in `mask`."""
    weights, target = problem.products[i], problem.targets[i]
    if problem.tolerances is not None:
        return SmallestSubset(weights=weights, target=target, tolerance=problem.tolerances[i])
    most = min(len(weights), *shares_of(problem, i, mask))
    return SubsetSum(weights=weights, target=target, fewest=0, most=most)
