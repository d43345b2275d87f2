"""Shared blocks by all sets of neurons at once: each output's smallest subset within each set.

Once the used neurons are known, the outputs no longer depend on each other: each takes its
smallest legal subset of them. A smallest legal subset of a set is the set itself or one of a
set with one neuron less, so that h passes over 2^h bytes give it for all sets. Summed over the
outputs this is the cheapest choice for every set of neurons, and the optimum is the least.

An error under budgets is a search over thresholds: is there a set within the budgets whose
outputs all come within the threshold? What was looked for lies between two errors that occur,
and every answer moves one of them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING

from slth_opt.methods import Backend, Claim
from slth_opt.problems import SharedBlock
from slth_opt.problems.legality import indices_of, mask_of
from slth_opt.results import Effort, Stop

if TYPE_CHECKING:
    import numpy as np

LOW_NEURONS = 12
"""Their sums, 32 KiB, stay in the cache."""

MOST_BYTES = 2**30
"""For the tables over all sets."""

MOST_STEPS = 2**38
"""Bytes looked at for one threshold, at most: some minutes of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Sums of both halves for every output, and room for a number per set of neurons.

    Parameters
    ----------
    halves
        For every output the sums of all sets of low neurons, and of high ones.
    targets
        The targets.
    counts
        How many neurons the sets of low, and of high ones have.
    sizes, totals
        One output's smallest sizes; edges in all, and -1 where some output has none.
    deadline
        When to stop, on the clock of `time.perf_counter`.
    """

    halves: tuple[tuple[np.ndarray, np.ndarray], ...]
    targets: tuple[int, ...]
    counts: tuple[np.ndarray, np.ndarray]
    sizes: np.ndarray
    totals: np.ndarray
    deadline: float


def solve(problem: SharedBlock, effort: Effort, start: tuple[int, ...] | None) -> Claim:
    """Look at all sets of neurons, once, or once for every threshold of an error.

    Examples
    --------
    >>> from slth_opt import Effort, SharedBlock
    >>> block = SharedBlock(products=((4, 1, 3),), targets=(4,), minimise="edges", tolerances=(0,))
    >>> solve(block, Effort(), None).indices
    (0,)
    """
    deadline = float("inf") if effort.seconds is None else time.perf_counter() + effort.seconds
    if problem.tolerances is None:
        return _solve_error(problem, deadline, start)
    tables, stop = _tables(problem, deadline), Stop.FINISHED
    work = len(problem.products) * tables.sizes.size
    try:
        used = _cheapest(problem, tables, problem.tolerances)
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    except TimeoutError:
        stop = Stop.SECONDS
    if stop is not Stop.FINISHED:
        return Claim(indices=start, stop=stop, nodes=0)
    if used is None:
        return Claim(indices=None, infeasible=True, stop=stop, nodes=work)
    bound = used.bit_count() if problem.minimise == "neurons" else int(tables.totals[used])
    indices = _choices(problem, tables, problem.tolerances, used)
    return Claim(indices=indices, bound=bound, stop=stop, nodes=work)


def _solve_error(problem: SharedBlock, deadline: float, start: tuple[int, ...] | None) -> Claim:
    """Close in on the least threshold that some set of neurons meets within the budgets."""
    from slth_opt.kernels.neuron_sets import next_error

    n, outputs = problem.num_candidates, len(problem.products)
    best = start or ()  # nothing chosen is always legal
    low, high = 0, problem.error(mask_of(best, n))
    nodes, is_first = 0, True
    try:
        tables = _tables(problem, deadline)
        low = _least_alone(problem, tables)
        while low < high:
            # The bound itself often is the optimum. Then by magnitude, then by bisection.
            wide = high > 4 * max(low, 1)
            middle = isqrt(max(low, 1) * high) if wide else (low + high) // 2
            threshold = low if is_first else middle
            used = _cheapest(problem, tables, (threshold,) * outputs)
            nodes += outputs * tables.sizes.size
            if used is not None:
                best = _choices(problem, tables, (threshold,) * outputs, used)
                high = problem.error(mask_of(best, n))
            else:  # the optimum is an error that occurs, and larger than this
                above = [
                    int(next_error(*halves, target, threshold))
                    for halves, target in zip(tables.halves, tables.targets, strict=True)
                ]
                low = min(high, *above)
            is_first = False
        if best == (start or ()):  # as good as any, but perhaps with more edges than needed
            used = _cheapest(problem, tables, (high,) * outputs)
            nodes += outputs * tables.sizes.size
            best = best if used is None else _choices(problem, tables, (high,) * outputs, used)
    except KeyboardInterrupt:
        return Claim(indices=best, bound=low, stop=Stop.INTERRUPTED, nodes=nodes)
    except TimeoutError:
        return Claim(indices=best, bound=low, stop=Stop.SECONDS, nodes=nodes)
    return Claim(indices=best, bound=high, stop=Stop.FINISHED, nodes=nodes)


def _least_alone(problem: SharedBlock, tables: Tables) -> int:
    """Return the largest of the outputs' least errors with as much as one of them may have."""
    from slth_opt.kernels.neuron_sets import least_error

    h = problem.num_neurons
    most = min(
        h,
        h if problem.most_neurons is None else problem.most_neurons,
        h if problem.most_edges is None else problem.most_edges // 2,
    )
    found = 0
    for halves, target in zip(tables.halves, tables.targets, strict=True):
        _check_clock(tables)
        found = max(found, int(least_error(*halves, *tables.counts, target, most)))
    return found


def _tables(problem: SharedBlock, deadline: float) -> Tables:
    """List the sums of both halves of the neurons, and make room for all sets."""
    import numpy as np

    from slth_opt.kernels.neuron_sets import list_sums

    h = problem.num_neurons
    split = min(h, LOW_NEURONS)

    def sums_of(weights: Sequence[int]) -> np.ndarray:
        sums = np.empty(2 ** len(weights), np.int64)
        list_sums(np.array(weights, np.int64), sums)
        return sums

    ones = sums_of([1] * split).astype(np.int8), sums_of([1] * (h - split)).astype(np.int8)
    return Tables(
        halves=tuple((sums_of(row[:split]), sums_of(row[split:])) for row in problem.products),
        targets=problem.targets,
        counts=ones,
        sizes=np.empty(2**h, np.int8),
        totals=np.empty(2**h, _type_of_totals(problem)),
        deadline=deadline,
    )


def _type_of_totals(problem: SharedBlock) -> str:
    """Return the name of the smallest type that holds the number of all edges."""
    return "int16" if problem.num_candidates + problem.num_neurons < 2**15 else "int32"


def _cheapest(problem: SharedBlock, tables: Tables, allowed: Sequence[int]) -> int | None:
    """Return the best set of neurons that lets every output be legal, or None."""
    import numpy as np

    from slth_opt.kernels.neuron_sets import add_sizes, fill_sizes, pick_set

    low, high = tables.counts
    tables.totals.reshape(-1, low.size)[:] = np.add.outer(high, low)
    for halves, target, most in zip(tables.halves, tables.targets, allowed, strict=True):
        _check_clock(tables)
        fill_sizes(*halves, low, high, target, most, tables.sizes)
        add_sizes(tables.sizes, tables.totals)
    n, h = problem.num_candidates, problem.num_neurons
    edges = n + h if problem.most_edges is None else min(n + h, problem.most_edges)
    neurons = h if problem.most_neurons is None else min(h, problem.most_neurons)
    used = int(pick_set(tables.totals, low, high, edges, neurons, problem.minimise == "neurons"))
    return None if used < 0 else used


def _choices(
    problem: SharedBlock, tables: Tables, allowed: Sequence[int], used: int
) -> tuple[int, ...]:
    """Return what the outputs choose of a set of neurons: the nearest of their smallest subsets."""
    from slth_opt.kernels.neuron_sets import smallest_within

    mask: list[int] = []
    for halves, target, most in zip(tables.halves, tables.targets, allowed, strict=True):
        subset = int(smallest_within(*halves, *tables.counts, target, most, used))
        mask += [subset >> k & 1 for k in range(problem.num_neurons)]
    return indices_of(mask)


def _check_clock(tables: Tables) -> None:
    if time.perf_counter() >= tables.deadline:
        raise TimeoutError


def _refuses(problem: SharedBlock) -> str | None:
    h, outputs = problem.num_neurons, len(problem.products)
    each = 3 if _type_of_totals(problem) == "int16" else 5
    high = 8 * 2 ** max(0, h - LOW_NEURONS)
    if h > 62 or 2**h * each + outputs * high > MOST_BYTES:
        return f"lists all sets of neurons in at most 1 GiB; this problem has 2^{h} sets"
    if outputs * h * 2**h > MOST_STEPS:
        return "makes at most 2^38 steps; this problem takes more"
    return None


BACKEND = Backend(
    name="neuron_sets",
    family="subset dynamic programming",
    summary="all sets of hidden neurons at once: blocks of up to 28 neurons",
    exact=True,
    takes=("shared_block",),
    honours=frozenset({"seconds"}),
    max_bits=62,
    solve=solve,
    refuses=_refuses,
)
