"""Branch and bound by multipliers: many rows, against brute force; honest when cut short."""

from __future__ import annotations

import random
from itertools import product

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import Effort, Stop, VectorSum, solve
from slth_opt.backends import relaxing
from slth_opt.kernels import relaxing as kernel


def many_rows(seed, n, d, norm, fewest=0, most=None, bits=20):
    """Draw the row of a layer and samples behind a ReLU: products, and another layer's outputs."""
    rng = random.Random(seed)
    weights = [rng.randrange(-(2**bits), 2**bits) for _ in range(n)]
    wanted = [rng.randrange(-(2 ** (bits - 1)), 2 ** (bits - 1)) for _ in range(n)]
    samples = [[max(0, round(rng.gauss(0, 16))) for _ in range(n)] for _ in range(d)]
    return VectorSum(
        rows=tuple(tuple(w * x for w, x in zip(weights, s, strict=True)) for s in samples),
        targets=tuple(sum(w * x for w, x in zip(wanted, s, strict=True)) for s in samples),
        norm=norm, fewest=fewest, most=n if most is None else most,
    )  # fmt: skip


HARD = many_rows(6, 20, 40, "l1")
"""Takes dozens of nodes and sweeps, and has a known optimum (test below)."""


def small_parts(monkeypatch):
    """Make the method branch, sweep in pieces and ask for multipliers on the smallest problems."""
    monkeypatch.setattr(relaxing, "SWEPT_WHOLE", 1)
    monkeypatch.setattr(relaxing, "SWEEP", 4)
    monkeypatch.setattr(relaxing, "CHUNK", 3)
    monkeypatch.setattr(relaxing, "MOST_SWEPT", 4)


@pytest.mark.overflow
@given(strategies.vector_sums(most=6))
def test_it_finds_the_optimum_of_every_problem(problem):
    """Compiled in the fast tests and uncompiled in the overflow run: the same optimum."""
    result = solve(problem, "relaxing")
    assert result.value == naive.optimum(problem)
    assert result.is_optimal


@pytest.mark.overflow
@given(strategies.brimful_problems(kinds=("vector_sum",)))
def test_at_the_limit_of_the_capacity_nothing_overflows(problem):
    """Absolute values that add up to 2^62 - 1 leave every sum, cost and limit in an int64."""
    assert solve(problem, "relaxing").value == naive.optimum(problem)


@pytest.mark.overflow
def test_branches_and_cuts_lose_nothing():
    """Nodes split, candidates decided, sweeps stopped and gone on with, where all is small."""

    @given(st.one_of(strategies.vector_sums(most=7), strategies.brimful_problems(("vector_sum",))))
    def check(problem):
        claim = relaxing.solve(problem, Effort(), None)
        assert claim.bound == naive.optimum(problem)
        assert naive.value_of(problem, claim.indices) == claim.bound

    with pytest.MonkeyPatch.context() as patch:
        small_parts(patch)
        check()


@pytest.mark.parametrize("norm", ["l1", "linf"])
@pytest.mark.parametrize("sizes", [(0, 9), (0, 3), (4, 4), (7, 9)])
def test_many_rows_agree_with_brute_force(sizes, norm, monkeypatch):
    """Nine candidates, one to sixty rows, every rule of sizes, with and without small parts."""
    for seed in range(12):
        problem = many_rows(seed, 9, (1, 2, 8, 60)[seed % 4], norm, *sizes)
        if seed == 6:
            small_parts(monkeypatch)
        result = solve(problem, "relaxing")
        assert (result.value, result.is_optimal) == (naive.optimum(problem), True)


@pytest.mark.parametrize("norm", ["l1", "linf"])
@pytest.mark.parametrize("most", [4, 18])
def test_it_agrees_with_enumeration_and_cp_sat(most, norm):
    """Three kinds of method on eighteen candidates and thirty samples."""
    problem = many_rows(11, 18, 30, norm, 0, most)
    values = {solve(problem, name).value for name in ("relaxing", "enumeration", "cp_sat")}
    assert len(values) == 1


def test_a_hard_one_has_the_optimum_that_enumeration_finds():
    """The problem that the tests of limits cut short: a million subsets of forty rows."""
    assert solve(HARD, "relaxing").value == solve(HARD, "enumeration").value


@pytest.mark.parametrize("size", [0, 150])
def test_one_subset_of_many_candidates_is_looked_at(size):
    """More candidates than a sweep takes, and no choice: nothing, or all."""
    problem = many_rows(5, 150, 3, "linf", size, size)
    result = solve(problem, "relaxing", start=tuple(range(size)))
    assert (result.indices, result.is_optimal) == (tuple(range(size)), True)


def test_a_planted_mask_of_two_hundred_is_found():
    """The targets are the sums of a mask: the bound of 0 proves it, whatever n."""
    problem = many_rows(8, 200, 300, "l1")
    mask = [j % 3 == 0 for j in range(200)]
    planted = VectorSum(
        rows=problem.rows, targets=problem.sums(mask), norm="l1", fewest=0, most=200
    )
    result = solve(planted, "relaxing", Effort(seconds=20))
    assert (result.value, result.mask) == (0, tuple(map(int, mask)))


@given(st.integers(0, 25), strategies.vector_sums(most=7))
def test_cut_short_it_brackets_the_optimum(nodes, problem):
    """With any number of nodes the bound stays below the optimum, the selection above."""
    with pytest.MonkeyPatch.context() as patch:
        small_parts(patch)
        result = solve(problem, "relaxing", Effort(nodes=nodes))
    assert result.nodes <= nodes
    assert result.lower_bound <= naive.optimum(problem) <= result.value


def test_a_few_nodes_already_prove_something():
    """The relaxation at the root of many rows is far above the bound that is free."""
    best = solve(HARD, "relaxing").value
    result = solve(HARD, "relaxing", Effort(nodes=2))
    assert result.stop is Stop.NODES
    assert HARD.free_bound() < best / 2 < result.lower_bound <= best <= result.value


def test_without_any_time_it_says_why_it_stopped():
    """No second, no node, the free bound."""
    claim = relaxing.solve(HARD, Effort(seconds=0.0), (0, 1))
    assert (claim.indices, claim.stop) == ((0, 1), Stop.SECONDS)
    assert (claim.bound, claim.nodes) == (HARD.free_bound(), 0)


def test_time_up_in_a_sweep_leaves_the_node_open(monkeypatch):
    """The clock runs out at its second look, inside the first node: its bound is kept."""
    monkeypatch.setattr(relaxing, "MOST_SWEPT", 20)
    looks = iter([0.0, 0.0, 99.0])
    monkeypatch.setattr(relaxing.time, "perf_counter", lambda: next(looks))
    claim = relaxing.solve(HARD, Effort(seconds=1.0), (0, 1))
    assert (claim.stop, claim.nodes) == (Stop.SECONDS, 0)
    assert claim.bound == HARD.free_bound()


@pytest.mark.parametrize("after", [0, 1, 5, 20])
def test_ctrl_c_keeps_the_best_and_an_honest_bound(after, monkeypatch):
    """Interrupted in the middle of a later node: bound below the optimum, selection above."""
    real, calls, best = relaxing._work_on, [], solve(HARD, "relaxing").value

    def interrupted(search, node):
        calls.append(node[0])
        if len(calls) > after:
            raise KeyboardInterrupt
        return real(search, node)

    small_parts(monkeypatch)
    monkeypatch.setattr(relaxing, "_work_on", interrupted)
    claim = relaxing.solve(HARD, Effort(), (0, 1))
    assert (claim.stop, claim.nodes) == (Stop.INTERRUPTED, after)
    assert claim.bound == calls[-1] <= best <= naive.value_of(HARD, claim.indices)


def test_a_watch_sees_bounds_rise_and_values_fall():
    """Node by node, best first, and never past the optimum."""
    told = []
    best = solve(HARD, "relaxing", watch=lambda value, bound: told.append((value, bound))).value
    values, bounds = zip(*told, strict=True)
    assert len(told) > 3
    assert list(values) == sorted(values, reverse=True)
    assert list(bounds) == sorted(bounds)
    assert bounds[-1] <= best <= values[-1]


@pytest.mark.overflow
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 6))
def test_least_sums_are_those_of_sorted_suffixes(seed, cuts, n):
    """Every cut, position and count against a sort."""
    costs = np.random.default_rng(seed).integers(-(2**57), 2**57, (cuts, n))
    tables, negatives = kernel.least_sums(costs)
    for k in range(cuts):
        for p in range(n + 1):
            rest = sorted(costs[k, p:].tolist())
            assert negatives[k, p] == sum(c < 0 for c in rest)
            assert [int(t) for t in tables[k, p, : n - p + 1]] == [
                sum(rest[:m]) for m in range(n - p + 1)
            ]


@pytest.mark.overflow
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 4))
def test_a_sweep_without_cuts_sees_every_subset_once(seed, n, budget):
    """Decision by decision, in pieces of any length: each legal mask is a leaf exactly once."""
    rng = np.random.default_rng(seed)
    fewest = int(rng.integers(0, n + 1))
    most = int(rng.integers(fewest, n + 1))
    state = [np.zeros(n + 1, np.int64) for _ in range(3)]
    none = np.zeros((0, n), np.int64)
    tables, negatives = kernel.least_sums(none)
    # Powers of two and a best value just above: every leaf betters it, and names its mask.
    rows, reached = 2 ** np.arange(n, dtype=np.int64)[None, :], np.zeros(1, np.int64)
    seen, position, preferred = [], 0, rng.integers(0, 2, n)
    while position >= 0:
        value, position, used = kernel.sweep(
            rows, reached, True, none, np.zeros((n + 1, 0), np.int64), np.zeros(0, np.int64),
            tables, negatives, fewest, most, preferred, *state, position, 2**n, budget,
        )  # fmt: skip
        assert used <= budget
        if value < 2**n:
            seen.append(int(value))
    legal = [
        sum(x << j for j, x in enumerate(mask))
        for mask in product((0, 1), repeat=n)
        if fewest <= sum(mask) <= most
    ]
    assert sorted(seen) == sorted(legal)


@pytest.mark.overflow
@given(strategies.vector_sums(most=6), st.data())
def test_exchanges_end_where_no_other_helps(problem, data):
    """The value reached is that of the mask, and no legal neighbour of the mask is better."""
    n = problem.num_candidates
    size = data.draw(st.integers(problem.fewest, problem.most))
    chosen = data.draw(st.permutations(range(n)))[:size]
    mask = np.array([int(j in chosen) for j in range(n)], np.int64)
    rows = np.array(problem.rows, np.int64)
    value = kernel.improve(
        np.ascontiguousarray(rows.T), rows @ mask - np.array(problem.targets), problem.norm == "l1",
        problem.fewest, problem.most, mask, naive.error_of(problem, chosen),
    )  # fmt: skip
    kept = {j for j in range(n) if mask[j]}
    assert value == naive.value_of(problem, sorted(kept))
    for out in [set(), *({j} for j in kept)]:
        for into in [set(), *({j} for j in range(n) if j not in kept)]:
            other = naive.value_of(problem, sorted(kept - out | into))
            assert other is None or other >= value
