"""The slow backend: every subset once, in order, and nothing lost when it is cut short."""

from __future__ import annotations

from itertools import combinations
from math import comb

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import Effort, SmallestSubset, Stop, SubsetSum, VectorSum, solve
from slth_opt.backends import enumeration
from slth_opt.errors import BackendError
from slth_opt.kernels import enumeration as kernel


def plain(function):
    """Return the uncompiled function, also where compiling is switched off."""
    return getattr(function, "py_func", function)


def walk(n, k):
    """List all subsets in the order of the kernel, and the exchanges between them."""
    chosen = kernel.first_subset(n, k)
    subsets, exchanges = [tuple(chosen[:k].tolist())], []
    while True:
        out, into = (int(i) for i in kernel.advance(chosen, k))
        if into < 0:
            return subsets, exchanges
        subsets.append(tuple(chosen[:k].tolist()))
        exchanges.append((out, into))


SIZES = [(n, k) for n in range(1, 9) for k in range(n + 1)]


@pytest.mark.parametrize(("n", "k"), SIZES)
def test_every_subset_is_visited_once(n, k):
    """As many as itertools has, and the same ones."""
    subsets, _ = walk(n, k)
    assert sorted(subsets) == list(combinations(range(n), k))


@pytest.mark.parametrize(("n", "k"), SIZES)
def test_neighbours_differ_by_the_exchange_that_is_announced(n, k):
    """One index out, one in: that is all the sums are updated by."""
    subsets, exchanges = walk(n, k)
    for before, after, (out, into) in zip(subsets, subsets[1:], exchanges, strict=False):
        assert set(after) == (set(before) - {out}) | {into}
        assert out != into


@pytest.mark.parametrize(("n", "k"), [(1, 0), (1, 1), (5, 2), (6, 3), (7, 7)])
def test_the_walk_is_the_same_uncompiled(n, k):
    """Compiled and uncompiled steps lead to the same subsets."""
    compiled, slow = kernel.first_subset(n, k), plain(kernel.first_subset)(n, k)
    for _ in range(comb(n, k)):
        assert compiled.tolist() == slow.tolist()
        assert tuple(kernel.advance(compiled, k)) == tuple(plain(kernel.advance)(slow, k))


@pytest.mark.parametrize("use_l1", [True, False])
@given(sums=st.lists(st.integers(-(2**59), 2**59), min_size=1, max_size=3), data=st.data())
def test_the_norm_is_the_sum_or_the_largest_of_the_distances(use_l1, sums, data):
    """Against two lines of Python."""
    goals = data.draw(
        st.lists(st.integers(-(2**59), 2**59), min_size=len(sums), max_size=len(sums))
    )
    errors = [abs(s - t) for s, t in zip(sums, goals, strict=True)]
    arrays = np.array(sums, np.int64), np.array(goals, np.int64)
    expected = sum(errors) if use_l1 else max(errors)
    assert kernel.norm_of(*arrays, use_l1) == expected
    assert plain(kernel.norm_of)(*arrays, use_l1) == expected


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
def test_a_walk_cut_into_pieces_finds_the_same(limit):
    """Stopping after any number of subsets and going on visits each one once."""
    rows = np.array([[5, -3, 8, 13, -21, 34, 2]], np.int64)
    targets = np.array([11], np.int64)
    chosen, best_chosen = kernel.first_subset(7, 3), np.zeros(3, np.int64)
    best, visited, done = kernel.NO_VALUE, 0, False
    while not done:
        best, new, done = kernel.visit_subsets(
            rows, targets, False, chosen, best, best_chosen, limit
        )
        visited += new
    assert visited == comb(7, 3)
    assert best == min(abs(sum(c) - 11) for c in combinations(rows[0].tolist(), 3))
    assert abs(rows[0][best_chosen].sum() - 11) == best


@pytest.mark.overflow
@given(strategies.brimful_problems())
def test_at_the_limit_of_the_capacity_nothing_overflows(problem):
    """Absolute values that add up to 2^62 - 1 leave every sum and difference in an int64."""
    assert solve(problem, "enumeration").value == naive.optimum(problem)


@pytest.mark.overflow
@given(strategies.problems(most=5))
def test_it_finds_the_optimum_of_every_problem(problem):
    """Compiled in the fast tests and uncompiled in the overflow run: the same optimum."""
    result = solve(problem, "enumeration")
    assert result.value == naive.optimum(problem)
    assert result.is_optimal is not result.infeasible


@given(strategies.problems(most=6), st.integers(0, 70))
def test_cut_short_it_brackets_the_optimum(problem, nodes):
    """With any number of nodes the bound stays below the optimum, the selection above."""
    result = solve(problem, "enumeration", Effort(nodes=nodes))
    best = naive.optimum(problem)
    assert result.nodes <= nodes
    assert result.lower_bound <= (problem.num_candidates + 1 if best is None else best)
    assert result.value is None or best <= result.value


def test_without_any_nodes_it_says_why_it_stopped():
    """Nothing looked at, nothing claimed but the start."""
    claim = enumeration.solve(HARD, Effort(nodes=0), (0, 1, 2))
    assert (claim.indices, claim.bound, claim.stop, claim.nodes) == ((0, 1, 2), None, Stop.NODES, 0)


def test_without_any_time_it_says_why_it_stopped():
    """No second, no subset."""
    claim = enumeration.solve(HARD, Effort(seconds=0.0), (0, 1, 2))
    assert (claim.indices, claim.bound, claim.stop) == ((0, 1, 2), None, Stop.SECONDS)


HARD = SubsetSum(weights=(97, 61, 37, 29, 17, 11, 7, 3, 1), target=100, fewest=3, most=3)


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_ctrl_c_keeps_the_best_of_all_pieces_before(pieces, monkeypatch):
    """Interrupted in the next piece of one size, it still has the best of the ones before."""
    real, calls, best = kernel.visit_subsets, [], []

    def interrupted(*arguments):
        if len(calls) == pieces:
            raise KeyboardInterrupt
        calls.append(1)
        value, visited, done = real(*arguments)
        best.append(int(value))
        return value, visited, done

    monkeypatch.setattr(kernel, "visit_subsets", interrupted)
    monkeypatch.setattr(enumeration, "CHUNK", 5)
    claim = enumeration.solve(HARD, Effort(), None)
    assert claim.stop is Stop.INTERRUPTED
    assert naive.value_of(HARD, claim.indices) == best[-1]
    assert claim.bound is None


def test_ctrl_c_keeps_the_sizes_that_were_ruled_out(monkeypatch):
    """Interrupted while it looks at pairs, it has proven that one weight is not enough."""
    real = kernel.visit_subsets

    def interrupted(*arguments):
        if arguments[3].size > 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(kernel, "visit_subsets", interrupted)
    problem = SmallestSubset(weights=(4, 5, 6), target=11, tolerance=0)
    claim = enumeration.solve(problem, Effort(), None)
    assert (claim.bound, claim.stop, claim.infeasible) == (2, Stop.INTERRUPTED, False)


def test_too_many_subsets_are_refused_at_once():
    """A million candidates of any size: no binomial is ever computed in full."""
    many = SubsetSum(weights=(1,) * 10**6, target=0, fewest=0, most=10**6)
    with pytest.raises(BackendError, match=r"'enumeration' looks at every subset, at most 2\^31"):
        solve(many, "enumeration", start=())


def test_few_subsets_of_a_large_pool_are_not_refused():
    """All but one of five hundred: there are only five hundred such subsets."""
    problem = SubsetSum(weights=tuple(range(500)), target=124_750 - 77, fewest=499, most=499)
    assert solve(problem, "enumeration").value == 0


def test_rows_are_all_counted():
    """A mask that suits the first row alone is not best."""
    problem = VectorSum(rows=((1, 2, 3), (50, 0, 9)), targets=(1, 0), norm="l1", fewest=1, most=1)
    assert solve(problem, "enumeration").indices == (1,)
