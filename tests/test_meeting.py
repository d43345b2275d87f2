"""Meeting in the middle: the lists, the walks, the fences, and every size at once."""

from __future__ import annotations

from itertools import combinations

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import Effort, SmallestSubset, Stop, SubsetSum, VectorSum, solve
from slth_opt.backends import meeting
from slth_opt.errors import BackendError
from slth_opt.kernels import meeting as kernel

FENCE = 2**62


def plain(function):
    """Return the uncompiled function, also where compiling is switched off."""
    return getattr(function, "py_func", function)


def half_of(weights, most, build=kernel.build_half):
    """Build the grouped list of one half; return where groups start, and the list."""
    starts = kernel.group_starts(len(weights), most)
    sums = np.zeros(starts[-1], np.int64)
    build(np.array(weights, np.int64), starts, sums)
    return starts, sums


@pytest.mark.overflow
@given(strategies.pools(most=6), st.data())
def test_each_group_holds_the_sorted_sums_of_its_size(weights, data):
    """Group by group against itertools, with a fence on either side."""
    most = data.draw(st.integers(0, len(weights)))
    starts, sums = half_of(weights, most)
    for size in range(most + 1):
        start, stop = int(starts[size]), int(starts[size + 1]) - 2
        assert sums[start:stop].tolist() == sorted(map(sum, combinations(weights, size)))
        assert (sums[start - 1], sums[stop]) == (-FENCE, FENCE)


@pytest.mark.overflow
@given(strategies.pools(most=6))
def test_the_ungrouped_list_holds_the_sorted_sums_of_all_subsets(weights):
    """One list of 2^n sums between two fences."""
    sums = np.zeros(2 ** len(weights) + 2, np.int64)
    kernel.build_ungrouped(np.array(weights, np.int64), sums)
    sizes = range(len(weights) + 1)
    everything = sorted(sum(subset) for k in sizes for subset in combinations(weights, k))
    assert sums.tolist() == [-FENCE, *everything, FENCE]


@given(strategies.pools(most=6))
def test_lists_are_the_same_uncompiled(weights):
    """Compiled and uncompiled merges write the same numbers."""
    n = len(weights)
    pairs = zip(half_of(weights, n), half_of(weights, n, plain(kernel.build_half)), strict=True)
    assert all(np.array_equal(compiled, slow) for compiled, slow in pairs)
    one, other = np.zeros((2, 2**n + 2), np.int64)
    kernel.build_ungrouped(np.array(weights, np.int64), one)
    plain(kernel.build_ungrouped)(np.array(weights, np.int64), other)
    assert np.array_equal(one, other)


@pytest.mark.parametrize(("n", "most"), [(1, 0), (1, 1), (5, 2), (26, 13), (200, 2)])
def test_groups_start_where_the_lists_before_them_end(n, most):
    """Binomial many sums and two fences each, compiled or not."""
    starts = kernel.group_starts(n, most).tolist()
    assert starts == plain(kernel.group_starts)(n, most).tolist()
    assert starts[0] == 1
    counts = [len(list(combinations(range(n), k))) for k in range(most + 1) if n < 10 or k < 3]
    for size, count in enumerate(counts):
        assert starts[size + 1] - starts[size] == count + 2


@given(strategies.subset_sums(most=7), st.data())
def test_a_walk_is_the_same_uncompiled(problem, data):
    """Same error, same sums, same number of steps."""
    weights, half = problem.weights, problem.num_candidates // 2
    size = data.draw(st.integers(0, len(weights)))
    left_starts, left = half_of(weights[:half], half)
    right_starts, right = half_of(weights[half:], len(weights) - half)
    one, other = np.array([[FENCE, 0, 0, 0]] * 2, np.int64)
    lists = (left, left_starts, right, right_starts, size, problem.target)
    steps = kernel.nearest_of_size(*lists, one)
    assert steps == plain(kernel.nearest_of_size)(*lists, other)
    assert one.tolist() == other.tolist()
    assert one[0] == naive.profile(weights, problem.target)[size]


@given(strategies.subset_sums(most=6), st.integers(0, 10))
def test_a_walk_keeps_what_is_better_already(problem, margin):
    """An error known to be as good or better stays, with its sums."""
    best = naive.optimum(problem)
    known = np.array([max(0, best - margin), 1, 2, 3], np.int64)
    half = problem.num_candidates // 2
    left_starts, left = half_of(problem.weights[:half], half)
    right_starts, right = half_of(problem.weights[half:], problem.num_candidates - half)
    for size in range(problem.fewest, problem.most + 1):
        kernel.nearest_of_size(left, left_starts, right, right_starts, size, problem.target, known)
    assert known.tolist() == [max(0, best - margin), 1, 2, 3]


@pytest.mark.overflow
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("sizes", [(1, 1), (0, 3), (2, 2)])
def test_a_fence_is_never_nearer_than_a_sum(sign, sizes):
    """A fence less one is 3 away from 2^62 - 4, the real sums 2^62 - 4 and more."""
    problem = SubsetSum(
        weights=(0, -sign, -sign), target=sign * (2**62 - 4), fewest=sizes[0], most=sizes[1]
    )
    assert solve(problem, "meeting").value == naive.optimum(problem)


@pytest.mark.overflow
@given(strategies.brimful_problems(kinds=("subset_sum", "smallest_subset")))
def test_at_the_limit_of_the_capacity_nothing_overflows(problem):
    """Absolute values that add up to 2^62 - 1 leave every sum, and every fence, in an int64."""
    assert solve(problem, "meeting").value == naive.optimum(problem)


@pytest.mark.overflow
@given(strategies.subset_sums(most=6) | strategies.smallest_subsets(most=6))
def test_it_finds_the_optimum_of_every_problem(problem):
    """Compiled in the fast tests and uncompiled in the overflow run: the same optimum."""
    result = solve(problem, "meeting")
    assert result.value == naive.optimum(problem)
    assert result.is_optimal is not result.infeasible


@pytest.mark.overflow
@given(strategies.subset_sums(most=6))
def test_the_profile_has_the_best_error_of_every_size(problem):
    """Errors against itertools; each subset has its size and its error."""
    profile = meeting.profile(problem)
    assert [error for error, _ in profile] == naive.profile(problem.weights, problem.target)
    for size, (error, indices) in enumerate(profile):
        assert len(set(indices)) == size
        assert naive.error_of(problem, indices) == error


def test_a_profile_too_large_to_list_is_refused():
    """Sixty weights have 2^31 sums of halves, whatever sizes the problem itself allows."""
    problem = SubsetSum(weights=(1,) * 60, target=0, fewest=0, most=1)
    with pytest.raises(BackendError, match=r"'meeting' lists at most 2\^26 sums"):
        meeting.profile(problem)


def test_pairs_of_a_large_pool_are_found_and_recovered():
    """All pairs of six hundred: the winning sums lead back to two weights."""
    weights = tuple((i * i * 2654435761) % 2**40 for i in range(600))
    target = 2**40 + 12345
    problem = SubsetSum(weights=weights, target=target, fewest=2, most=2)
    best = min(abs(a + b - target) for a, b in combinations(weights, 2))
    assert solve(problem, "meeting").value == best


def test_a_planted_subset_of_forty_is_found():
    """Twenty of forty weights of 50 bits, planted: an error of zero leads back to them."""
    rng = np.random.default_rng(7)
    weights = tuple(rng.integers(-(2**50), 2**50, 40).tolist())
    planted = tuple(sorted(rng.permutation(40)[:20].tolist()))
    target = sum(weights[i] for i in planted)
    result = solve(SubsetSum(weights=weights, target=target, fewest=20, most=20), "meeting")
    assert (result.value, result.size) == (0, 20)


@pytest.mark.parametrize(
    ("n", "most", "message"),
    [(53, 53, r"lists at most 2\^26 sums"), (4000, 2, r"merges at most 2\^28 sums")],
)
def test_what_would_take_too_long_is_refused(n, most, message):
    """Too many sums to hold, or too many merges although few sums; branching is named."""
    problem = SubsetSum(weights=(1,) * n, target=0, fewest=most, most=most)
    with pytest.raises(BackendError, match=message + r".*'branching'"):
        solve(problem, "meeting")


def test_several_rows_are_refused():
    """One walk cannot serve two rows; a method that can is named."""
    rows = VectorSum(rows=((1, 2), (3, 4)), targets=(1, 3), norm="l1", fewest=1, most=1)
    with pytest.raises(BackendError, match=r"takes subset_sum, smallest_subset.*'branching'"):
        solve(rows, "meeting")


FIBONACCI = SubsetSum(weights=(1, 2, 3, 5, 8, 13, 21, 34), target=1000, fewest=1, most=7)
TOO_FAR = SmallestSubset(weights=(1, 2, 3, 5, 8, 13, 21, 34), target=80, tolerance=0)


def test_without_any_time_it_says_why_it_stopped():
    """No second, no list."""
    claim = meeting.solve(FIBONACCI, Effort(seconds=0.0), (0,))
    assert (claim.indices, claim.bound, claim.stop) == ((0,), None, Stop.SECONDS)


def test_out_of_time_it_has_the_best_of_the_sizes_it_walked():
    """After its first size, the largest weight alone, it claims no bound."""
    claim = meeting.solve(FIBONACCI, Effort(seconds=1e-9), None)
    assert (claim.indices, claim.bound, claim.stop) == ((7,), None, Stop.SECONDS)


def interrupt_after(calls, monkeypatch):
    """Let the walk of a size be interrupted after some calls."""
    real, left = meeting._walk, [calls]

    def walk(*arguments):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return real(*arguments)

    monkeypatch.setattr(meeting, "_walk", walk)


def test_ctrl_c_keeps_the_best_of_the_sizes_before(monkeypatch):
    """Interrupted in the third size, it has the two largest weights."""
    interrupt_after(2, monkeypatch)
    claim = meeting.solve(FIBONACCI, Effort(), None)
    assert (claim.indices, claim.bound, claim.stop) == ((6, 7), None, Stop.INTERRUPTED)


def test_ctrl_c_keeps_the_sizes_that_were_ruled_out(monkeypatch):
    """Five weights reach 81 at most, four 76: the free bound starts at five, Ctrl-C at six."""
    interrupt_after(1, monkeypatch)
    claim = meeting.solve(TOO_FAR, Effort(), None)
    assert naive.optimum(TOO_FAR) == 6
    assert (claim.indices, claim.bound, claim.stop) == (None, 6, Stop.INTERRUPTED)
    assert not claim.infeasible
