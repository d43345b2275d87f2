"""Small sizes: parts of subsets, no index twice, few chosen or few left out, honest when cut."""

from __future__ import annotations

from itertools import combinations

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import Effort, SmallestSubset, Stop, SubsetSum, VectorSum, solve
from slth_opt.backends import small_sizes
from slth_opt.errors import BackendError
from slth_opt.kernels import small_sizes as kernel
from slth_opt.solving import choose_backend

small = st.integers(-(2**58), 2**58)


def plain(function):
    """Return the uncompiled function, also where compiling is switched off."""
    return getattr(function, "py_func", function)


def random_pool(seed, n, bits):
    return tuple(np.random.default_rng(seed).integers(-(2**bits), 2**bits, n).tolist())


@pytest.mark.overflow
@given(strategies.pools(most=7), st.data())
def test_parts_are_all_subsets_of_a_size_with_their_ends(weights, data):
    """Sum, smallest and largest index of each, compiled or not; beyond both ends if empty."""
    n = len(weights)
    size = data.draw(st.integers(0, n))
    expected = sorted(
        (sum(weights[i] for i in c), min(c, default=n), max(c, default=-1))
        for c in combinations(range(n), size)
    )
    for function in (kernel.list_parts, plain(kernel.list_parts)):
        sums, begins, ends = np.zeros((3, len(expected)), np.int64)
        function(np.array(weights, np.int64), size, sums, begins, ends)
        assert sorted(zip(sums.tolist(), begins.tolist(), ends.tolist(), strict=True)) == expected


@pytest.mark.overflow
@given(st.lists(st.tuples(small, st.integers(0, 9)), max_size=9), st.data())
def test_a_partition_keeps_the_order_and_loses_nothing(parts, data):
    """Small indices to the front, large ones behind, both as before; the rest stays."""
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(parts))] * 2)))
    middle = data.draw(st.integers(0, 10))
    within = parts[start:end]
    front = [p for p in within if p[1] < middle]
    expected = [*parts[:start], *front, *(p for p in within if p[1] >= middle), *parts[end:]]
    for function in (kernel.partition, plain(kernel.partition)):
        sums = np.array([s for s, _ in parts], np.int64)
        keys = np.array([k for _, k in parts], np.int32)
        spare = np.zeros_like(sums), np.zeros_like(keys)
        assert function((sums, keys), start, end, middle, spare) == start + len(front)
        assert list(zip(sums.tolist(), keys.tolist(), strict=True)) == expected


@pytest.mark.overflow
@given(st.lists(small, max_size=6), st.lists(small, max_size=6), small)
def test_a_walk_finds_the_nearest_pair(left, right, target):
    """Against all pairs, compiled or not; nothing if there is no pair."""
    lists = np.array(sorted(left), np.int64), np.array(sorted(right), np.int64)
    nearest = min((abs(a + b - target) for a in left for b in right), default=2**62)
    for function in (kernel.nearest_between, plain(kernel.nearest_between)):
        best = np.array([2**62, 0, 0, 0], np.int64)
        function(lists[0], (0, len(left)), lists[1], (0, len(right)), np.int64(target), 7, best)
        assert best[0] == nearest
        assert nearest == 2**62 or abs(int(best[1] + best[2]) - target) == nearest
        assert best[3] == (7 if nearest < 2**62 else 0)


@pytest.mark.overflow
@given(strategies.subset_sums(most=8) | strategies.smallest_subsets(most=7))
def test_it_finds_the_optimum_of_every_problem(problem):
    """Compiled in the fast tests and uncompiled in the overflow run: the same optimum."""
    result = solve(problem, "small_sizes")
    assert result.value == naive.optimum(problem)
    assert result.is_optimal is not result.infeasible


@pytest.mark.parametrize("chunk", [1, 3, 10])
@given(problem=strategies.subset_sums(most=7) | strategies.smallest_subsets(most=6))
def test_a_search_cut_into_pieces_and_without_a_start_finds_the_same(chunk, problem):
    """Stopping after some steps and going on loses nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(small_sizes, "CHUNK", chunk)
        claim = small_sizes.solve(problem, Effort(), None)
    best = naive.optimum(problem)
    assert (claim.bound, claim.infeasible) == (best, best is None)


@pytest.mark.overflow
@given(strategies.brimful_problems(kinds=("subset_sum", "smallest_subset")))
def test_at_the_limit_of_the_capacity_nothing_overflows(problem):
    """Absolute values that add up to 2^62 - 1 leave every sum and error in an int64."""
    assert solve(problem, "small_sizes").value == naive.optimum(problem)


@pytest.mark.parametrize(
    ("n", "sizes"),
    [(700, (2, 2)), (200, (3, 3)), (64, (4, 4)), (45, (5, 5)), (40, (6, 6)), (34, (0, 7))],
)
def test_large_pools_give_what_branching_and_meeting_find(n, sizes):
    """Two other methods, on weights of 45 bits."""
    problem = SubsetSum(
        weights=random_pool(n, n, 45), target=2**44 + 1, fewest=sizes[0], most=sizes[1]
    )
    result = solve(problem, "small_sizes")
    assert result.is_optimal
    assert result.value == solve(problem, "branching").value
    assert result.value == solve(problem, "meeting").value


def test_a_weight_is_never_taken_twice():
    """Twice 5 would be 10 exactly; the nearest two different weights give 13."""
    problem = SubsetSum(weights=(100, 5, 8, 200), target=10, fewest=2, most=2)
    assert solve(problem, "small_sizes").indices == (1, 2)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("left_out", [False, True])
def test_a_planted_subset_of_hundreds_is_found(size, left_out):
    """Few chosen, or all but a few, of weights of 52 bits: an error of zero leads back to them."""
    weights = random_pool(size, 400, 52)
    few = set(np.random.default_rng(size).permutation(400)[:size].tolist())
    planted = tuple(i for i in range(400) if (i in few) is not left_out)
    target = sum(weights[i] for i in planted)
    problem = SubsetSum(weights=weights, target=target, fewest=len(planted), most=len(planted))
    assert solve(problem, "small_sizes").indices == planted


@pytest.mark.parametrize(("sizes", "chosen"), [((0, 3), 3), ((397, 400), 398)])
def test_a_range_of_small_sizes_has_the_best_of_them(sizes, chosen):
    """At most three, or at least all but three: the planted size is the best of the range."""
    weights = random_pool(2, 400, 52)
    target = sum(weights[:chosen])
    problem = SubsetSum(weights=weights, target=target, fewest=sizes[0], most=sizes[1])
    result = solve(problem, "small_sizes")
    assert (result.value, result.size, result.is_optimal) == (0, chosen, True)


def test_thousands_of_pairs_and_triples_take_no_time():
    """Two of five thousand and three of two thousand: within a few million steps."""
    for n, size, most in ((5000, 2, 2**18), (2000, 3, 2**23)):
        weights = random_pool(n, n, 48)
        result = solve(SubsetSum(weights=weights, target=99, fewest=size, most=size), "small_sizes")
        assert result.is_optimal
        assert result.nodes <= most


def test_the_smallest_subset_of_a_thousand_is_found():
    """Three weights planted; that no pair is within the tolerance is proven on the way."""
    weights = random_pool(3, 1000, 52)
    target = weights[17] + weights[512] + weights[999]
    problem = SmallestSubset(weights=weights, target=target, tolerance=2**10)
    assert min(abs(a + b - target) for a, b in combinations(weights, 2)) > 2**10
    result = solve(problem)
    assert (result.backend, result.value, result.is_optimal) == ("small_sizes", 3, True)


def test_sizes_beyond_its_lists_are_left_open(monkeypatch):
    """Pairs are all it may list: four weights are ruled out, five too, six are not looked at."""
    monkeypatch.setattr(small_sizes, "MOST_PARTS", 100**2 // 2)
    weights = random_pool(3, 100, 55)
    problem = SmallestSubset(weights=weights, target=12345, tolerance=0)
    start = tuple(range(50))
    claim = small_sizes.solve(problem, Effort(), start)
    assert (claim.indices, claim.bound, claim.stop) == (start, 6, Stop.GAVE_UP)
    assert solve(problem, "branching", Effort(nodes=10**5)).lower_bound <= 6


HARD = SubsetSum(weights=random_pool(1, 14, 40), target=2**30, fewest=3, most=5)
TOO_FAR = SmallestSubset(weights=(1, 2, 3, 5, 8, 13, 21, 34), target=80, tolerance=0)


def interrupt_after(calls, monkeypatch):
    """Let the search be interrupted after some chunks of one step; return the errors it had."""
    errors = []

    def interrupted(real, best_at):
        def search(*arguments):
            if len(errors) == calls:
                raise KeyboardInterrupt
            answer = real(*arguments)
            errors.append(int(arguments[best_at][0]))
            return answer

        return search

    monkeypatch.setattr(small_sizes, "CHUNK", 1)
    monkeypatch.setattr(kernel, "search_splits", interrupted(kernel.search_splits, 6))
    monkeypatch.setattr(kernel, "search_middles", interrupted(kernel.search_middles, 6))
    return errors


@pytest.mark.parametrize("calls", [1, 5, 20, 30])
def test_ctrl_c_keeps_the_best_of_all_pieces_before(calls, monkeypatch):
    """Interrupted in the next piece, whatever the size, it has the best so far and no bound."""
    errors = interrupt_after(calls, monkeypatch)
    claim = small_sizes.solve(HARD, Effort(), None)
    assert (claim.stop, claim.bound, len(errors)) == (Stop.INTERRUPTED, None, calls)
    assert naive.value_of(HARD, claim.indices) == errors[-1]


def test_ctrl_c_keeps_the_sizes_that_were_ruled_out(monkeypatch):
    """Five weights reach 81 and not 80; interrupted at six, five are proven too few."""
    real = small_sizes._search_size

    def search(weights, target, size, *rest):
        if size == 6:
            interrupt_after(0, monkeypatch)
        return real(weights, target, size, *rest)

    monkeypatch.setattr(small_sizes, "_search_size", search)
    claim = small_sizes.solve(TOO_FAR, Effort(), None)
    assert naive.optimum(TOO_FAR) == 6
    assert (claim.indices, claim.bound, claim.stop) == (None, 6, Stop.INTERRUPTED)
    assert not claim.infeasible


def test_without_any_time_it_says_why_it_stopped():
    """No second, no list."""
    claim = small_sizes.solve(HARD, Effort(seconds=0.0), (0, 1, 2))
    assert (claim.indices, claim.bound, claim.stop) == ((0, 1, 2), None, Stop.SECONDS)


@pytest.mark.parametrize(
    ("n", "sizes", "message"),
    [
        (6000, (4, 4), r"lists at most 2\^24 halves of subsets.*'branching'"),
        (400, (8, 8), r"lists at most 2\^24 halves of subsets"),
        (400, (0, 400), r"lists at most 2\^24 halves of subsets"),
        (5700, (5, 5), r"makes at most 2\^37 steps"),
    ],
)
def test_what_would_take_too_long_is_refused(n, sizes, message):
    """Too many parts to list, or too many steps through the lists."""
    problem = SubsetSum(weights=(1,) * n, target=10**9, fewest=sizes[0], most=sizes[1])
    with pytest.raises(BackendError, match=message):
        solve(problem, "small_sizes", start=tuple(range(sizes[0])))


def test_smallest_subsets_of_few_dozens_are_left_to_methods_that_reach_every_size():
    """Sixty weights may need thirty of them; a method that can is named, and chosen."""
    problem = SmallestSubset(weights=random_pool(6, 60, 50), target=9, tolerance=0)
    with pytest.raises(BackendError, match=r"more than 62; this problem has 60.*'four_lists'"):
        solve(problem, "small_sizes")
    assert choose_backend(problem).name == "four_lists"


def test_several_rows_are_refused():
    """Lists of sums are for one row; a method that takes more is named."""
    rows = VectorSum(rows=((1, 2), (3, 4)), targets=(1, 3), norm="l1", fewest=1, most=1)
    with pytest.raises(BackendError, match=r"takes subset_sum, smallest_subset.*'branching'"):
        solve(rows, "small_sizes")


def test_few_of_thousands_come_here():
    """Two lists of halves of the pool would be too long; parts of subsets are not."""
    problem = SubsetSum(weights=tuple(range(3000)), target=5, fewest=4, most=4)
    assert choose_backend(problem).name == "small_sizes"
