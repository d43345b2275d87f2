"""Branch and bound: tables and bounds against brute force, and honest answers when cut short."""

from __future__ import annotations

from itertools import combinations

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import Effort, SmallestSubset, Stop, SubsetSum, VectorSum, solve
from slth_opt.backends import branching
from slth_opt.errors import BackendError
from slth_opt.kernels import branching as kernel

small = st.integers(-(2**58), 2**58)


def plain(function):
    """Return the uncompiled function, also where compiling is switched off."""
    return getattr(function, "py_func", function)


@pytest.mark.overflow
@given(strategies.vector_sums(most=5), st.data())
def test_tables_hold_the_smallest_and_largest_sums_of_the_rest(problem, data):
    """Every row, position and count against a sort, compiled or not."""
    rows, n = np.array(problem.rows, np.int64), problem.num_candidates
    most = data.draw(st.integers(0, n))
    low, high = kernel.prefix_tables(rows, most)
    for r, row in enumerate(problem.rows):
        for p in range(n + 1):
            rest = sorted(row[p:])
            for m in range(min(most, n - p) + 1):
                assert low[r, p, m] == sum(rest[:m])
                assert high[r, p, m] == sum(rest[len(rest) - m :])
    slow = plain(kernel.prefix_tables)(rows, most)
    assert np.array_equal(slow[0], low)
    assert np.array_equal(slow[1], high)


@pytest.mark.overflow
@given(st.lists(small, min_size=1, max_size=9), small, st.data())
def test_the_nearest_position_is_nearest(entries, goal, data):
    """Against all entries from the first one on, compiled or not."""
    ordered = np.array(sorted(entries), np.int64)
    first = data.draw(st.integers(0, len(entries) - 1))
    found = kernel.nearest_position(ordered, first, np.int64(goal))
    assert found == plain(kernel.nearest_position)(ordered, first, np.int64(goal))
    assert found >= first
    distances = [abs(int(entry) - goal) for entry in ordered[first:]]
    assert distances[found - first] == min(distances)


@given(strategies.vector_sums(most=6), st.data())
def test_what_is_left_is_never_overestimated(problem, data):
    """The bound after a first column is at most the best error of its completions."""
    n = problem.num_candidates
    rest = data.draw(st.integers(0, n - 1))
    column = data.draw(st.integers(0, n - 1 - rest))
    rows, targets = np.array(problem.rows, np.int64), np.array(problem.targets, np.int64)
    low, high = kernel.prefix_tables(rows, n)
    sums = np.zeros((1, len(problem.rows)), np.int64)
    arguments = (sums, 0, column, rows, targets, problem.norm == "l1", low, high, rest)
    bound = kernel.distance_left(*arguments)
    assert bound == plain(kernel.distance_left)(*arguments)
    ends = combinations(range(column + 1, n), rest)
    assert bound <= min(naive.error_of(problem, (column, *end)) for end in ends)


@pytest.mark.overflow
@given(strategies.brimful_problems())
def test_at_the_limit_of_the_capacity_nothing_overflows(problem):
    """Absolute values that add up to 2^62 - 1 leave every sum and bound in an int64."""
    assert solve(problem, "branching").value == naive.optimum(problem)


@pytest.mark.overflow
@given(strategies.problems(most=5))
def test_it_finds_the_optimum_of_every_problem(problem):
    """Compiled in the fast tests and uncompiled in the overflow run: the same optimum."""
    result = solve(problem, "branching")
    assert result.value == naive.optimum(problem)
    assert result.is_optimal is not result.infeasible


@given(strategies.problems(most=6))
def test_without_a_start_it_finds_the_same(problem):
    """The start only saves work."""
    assert branching.solve(problem, Effort(), None).bound == naive.optimum(problem)


@pytest.mark.parametrize("chunk", [1, 2, 7])
def test_a_search_cut_into_pieces_finds_the_same(chunk, monkeypatch):
    """Stopping after any number of nodes and going on loses nothing and repeats nothing."""
    whole = branching.solve(HARD, Effort(), None)
    monkeypatch.setattr(branching, "CHUNK", chunk)
    pieces = branching.solve(HARD, Effort(), None)
    assert pieces == whole
    assert pieces.bound == naive.optimum(HARD)


HARD = VectorSum(
    rows=((97, 61, 37, 29, 17, 11, 7, 3, 1, 50), (3, -8, 12, -5, 9, 1, -14, 6, 2, -7)),
    targets=(150, 3),
    norm="l1",
    fewest=2,
    most=4,
)


@given(strategies.problems(most=6), st.integers(0, 40))
def test_cut_short_it_brackets_the_optimum(problem, nodes):
    """With any number of nodes the bound stays below the optimum, the selection above."""
    result = solve(problem, "branching", Effort(nodes=nodes))
    best = naive.optimum(problem)
    assert result.nodes <= nodes
    assert result.lower_bound <= (problem.num_candidates + 1 if best is None else best)
    assert result.value is None or best <= result.value


def test_without_any_time_it_says_why_it_stopped():
    """No second, no node."""
    claim = branching.solve(HARD, Effort(seconds=0.0), (0, 1))
    assert (claim.indices, claim.bound, claim.stop) == ((0, 1), None, Stop.SECONDS)


@pytest.mark.parametrize("pieces", [1, 3, 10])
def test_ctrl_c_keeps_the_best_of_all_pieces_before(pieces, monkeypatch):
    """Interrupted in the next piece, it still has the best of the ones before."""
    real, best = kernel.search, []

    def interrupted(*arguments):
        if len(best) == pieces:
            raise KeyboardInterrupt
        found, depth, used = real(*arguments)
        best.append(int(found))
        return found, depth, used

    monkeypatch.setattr(kernel, "search", interrupted)
    monkeypatch.setattr(branching, "CHUNK", 4)
    claim = branching.solve(HARD, Effort(), None)
    assert (claim.stop, claim.bound) == (Stop.INTERRUPTED, None)
    assert naive.value_of(HARD, claim.indices) == best[-1]


def test_ctrl_c_keeps_the_sizes_that_were_ruled_out(monkeypatch):
    """The free bound starts at one weight; interrupted at two, one is proven too few."""
    real = kernel.search

    def interrupted(*arguments):
        if arguments[5].size > 1:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(kernel, "search", interrupted)
    problem = SmallestSubset(weights=(4, 5, 6, 20), target=11, tolerance=0)
    claim = branching.solve(problem, Effort(), None)
    assert (claim.indices, claim.bound, claim.stop) == (None, 2, Stop.INTERRUPTED)
    assert not claim.infeasible


def test_a_branch_below_the_target_does_not_end_those_after_it():
    """From -10 no pair reaches -10, from -9 one does, though -10 alone is there already."""
    problem = SubsetSum(weights=(-10, -9, -8, -1), target=-10, fewest=2, most=2)
    assert branching.solve(problem, Effort(), (2, 3)).indices == (1, 3)


def test_three_of_thousands_are_found():
    """The pool is large and k small: three planted weights of 50 bits among two thousand."""
    weights = tuple(np.random.default_rng(5).integers(-(2**50), 2**50, 2000).tolist())
    target = weights[17] + weights[512] + weights[1999]
    problem = SubsetSum(weights=weights, target=target, fewest=3, most=3)
    assert solve(problem, "branching").value == 0


def test_tables_of_a_hundred_thousand_take_no_time():
    """Two of a hundred thousand: no sort of every suffix."""
    weights = tuple(range(0, 2 * 10**5, 2))
    problem = SubsetSum(weights=weights, target=77_777, fewest=2, most=2)
    result = solve(problem, "branching")
    assert (result.value, result.is_optimal) == (1, True)


def test_tables_too_large_for_memory_are_refused():
    """Any size of 6000 takes 36 million prefix sums."""
    problem = SubsetSum(weights=(1,) * 6000, target=0, fewest=0, most=6000)
    with pytest.raises(BackendError, match=r"'branching' tabulates at most 2\^25 prefix sums"):
        solve(problem, "branching", start=())
