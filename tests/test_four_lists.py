"""Four lists: cuts, windows that fit, the order they come in, and honest answers when cut short."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations, product

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import Effort, SmallestSubset, Stop, SubsetSum, VectorSum, solve
from slth_opt.backends import four_lists
from slth_opt.errors import BackendError, ClaimRejected
from slth_opt.four_lists import Limits, nearest_sum, size_blocks, walking, windows
from slth_opt.four_lists.halves import make_half, subset_of
from slth_opt.kernels import four_lists as kernel

FENCE = 2**62


def plain(function):
    """Return the uncompiled function, also where compiling is switched off."""
    return getattr(function, "py_func", function)


def random_pool(seed, n, bits):
    return tuple(np.random.default_rng(seed).integers(-(2**bits), 2**bits, n).tolist())


@st.composite
def halves(draw):
    """Draw weights, the half made of them, a range of its sizes, and the sums of these sizes."""
    weights = draw(strategies.pools(most=7))
    most = draw(st.one_of(st.none(), st.integers(0, len(weights))))
    half = make_half(weights, most)
    low, high = sorted(draw(st.tuples(*[st.integers(*half.sizes)] * 2)))
    quarter = len(weights) // 2
    parts = [
        [
            (0 if most is None else size, sum(chosen))
            for size in range(len(part) + 1)
            for chosen in combinations(part, size)
            if most is None or size <= most
        ]
        for part in (weights[:quarter], weights[quarter:])
    ]
    sums = sorted(a + b for (i, a), (j, b) in product(*parts) if low <= i + j <= high)
    return half, (low, high), sums


def bound_for(data, half, sums):
    """Draw a bound: one of the sums, just beside one, or an end of the range allowed."""
    near = st.tuples(st.sampled_from(sums), st.integers(-1, 1)).map(sum)
    bound = data.draw(st.one_of(near, st.sampled_from([half.lowest, half.beyond])))
    return min(max(bound, half.lowest), half.beyond)


def cut(half, sizes, bound, function=kernel.cut):
    """Cut the sums of a half; return count, neighbours and positions."""
    rows = kernel.count_rows(half.first.starts, half.second.starts, *sizes)
    positions = np.zeros(rows + 1, np.int64)
    return *(int(v) for v in function(*half.lists, *sizes, bound, positions)), positions[:rows]


@pytest.mark.overflow
@given(halves(), st.data())
def test_a_cut_counts_the_sums_below_and_names_both_neighbours(drawn, data):
    """Against all sums of these sizes, sorted; what is no sum is out of their range."""
    half, sizes, sums = drawn
    bound = bound_for(data, half, sums)
    count, before, after, _ = cut(half, sizes, bound)
    below = [s for s in sums if s < bound]
    assert count == len(below)
    assert before == below[-1] if below else before < half.lowest
    assert after == sums[len(below)] if len(below) < len(sums) else after >= half.beyond


@given(halves(), st.data())
def test_a_cut_is_the_same_uncompiled(drawn, data):
    """Same count, neighbours and positions."""
    half, sizes, sums = drawn
    bound = bound_for(data, half, sums)
    one, other = cut(half, sizes, bound), cut(half, sizes, bound, plain(kernel.cut))
    assert one[:3] == other[:3]
    assert one[3].tolist() == other[3].tolist()


@pytest.mark.overflow
@given(halves(), st.data())
def test_between_two_cuts_are_the_sums_from_one_bound_up_to_the_other(drawn, data):
    """Every one of them as often as there are subsets, compiled or not; no other is written."""
    half, sizes, sums = drawn
    low, high = sorted(bound_for(data, half, sums) for _ in range(2))
    positions = np.stack([cut(half, sizes, bound)[3] for bound in (low, high)])
    for function in (kernel.list_between, plain(kernel.list_between)):
        listed = np.full(len(sums) + 3, 7, np.int64)
        count = function(*half.lists, *sizes, positions, listed)
        assert sorted(listed[2 : 2 + count].tolist()) == [s for s in sums if low <= s < high]
        assert listed[:2].tolist() == [7, 7]
        assert set(listed[2 + count :].tolist()) == {7}


@given(halves(), st.data())
def test_a_sum_of_a_half_leads_back_to_a_subset(drawn, data):
    """Of one of the sizes, unless all sizes are mixed."""
    half, sizes, sums = drawn
    total = data.draw(st.sampled_from(sums))
    weights = (*half.first.weights, *half.second.weights)
    found = subset_of(half, sizes, total)
    assert sum(weights[i] for i in found) == total
    assert half.mixed or sizes[0] <= len(set(found)) <= sizes[1]


def test_a_sum_no_subset_has_is_exposed():
    """Two of 1, 2, 3, 4 never add up to 8."""
    with pytest.raises(ClaimRejected, match=r"no subset of 2\.\.2 weights of a half sums to 8"):
        subset_of(make_half((1, 2, 3, 4), 4), (2, 2), 8)


ranges = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda pair: tuple(sorted(pair)))


@given(ranges, ranges, st.tuples(st.integers(0, 20), st.integers(0, 20)))
def test_blocks_cover_each_allowed_pair_of_sizes_once(lefts, rights, sizes):
    """Each pair whose total is allowed is in one block, no other is in any."""
    covered = [
        (i, j)
        for left, right in size_blocks(lefts, rights, sizes)
        for i in range(left[0], left[1] + 1)
        for j in range(right[0], right[1] + 1)
    ]
    allowed = [
        (i, j)
        for i in range(lefts[0], lefts[1] + 1)
        for j in range(rights[0], rights[1] + 1)
        if sizes[0] <= i + j <= sizes[1]
    ]
    assert sorted(covered) == allowed


def test_any_number_of_thirty_weights_of_each_half_is_few_blocks():
    """At most 30 of 60: a few dozen rectangles, not 496 pairs of sizes."""
    assert len(size_blocks((0, 30), (0, 30), (0, 30))) <= 64


@pytest.mark.overflow
@pytest.mark.parametrize("window", [1, 2, 5])
@given(problem=strategies.subset_sums(most=8) | strategies.smallest_subsets(most=7))
def test_it_finds_the_optimum_in_windows_of_any_size(window, problem):
    """Compiled in the fast tests and uncompiled in the overflow run: the same optimum."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "WINDOW", window)
        result = solve(problem, "four_lists")
    assert result.value == naive.optimum(problem)
    assert result.is_optimal is not result.infeasible


@given(strategies.subset_sums(most=7) | strategies.smallest_subsets(most=6))
def test_without_a_start_it_finds_the_same(problem):
    """The start only saves work."""
    claim = four_lists.solve(problem, Effort(), None)
    best = naive.optimum(problem)
    assert (claim.bound, claim.infeasible) == (best, best is None)


@pytest.mark.overflow
@given(strategies.brimful_problems(kinds=("subset_sum", "smallest_subset")))
def test_at_the_limit_of_the_capacity_nothing_overflows(problem):
    """Absolute values that add up to 2^62 - 1 leave every sum, bound and fence in an int64."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "WINDOW", 1)
        assert solve(problem, "four_lists").value == naive.optimum(problem)


@pytest.mark.parametrize(("n", "sizes"), [(30, (15, 15)), (33, (0, 9)), (36, (17, 19)), (36, None)])
def test_thousands_of_windows_find_what_two_lists_find(n, sizes, monkeypatch):
    """Against plain meeting in the middle, on weights of 50 bits."""
    low, high = sizes or (0, n)
    problem = SubsetSum(weights=random_pool(n, n, 50), target=2**49, fewest=low, most=high)
    monkeypatch.setattr(windows, "WINDOW", 200)
    result = solve(problem, "four_lists")
    assert result.is_optimal
    assert result.value == solve(problem, "meeting").value


@given(strategies.subset_sums(most=8), st.integers(1, 6))
def test_no_window_is_larger_than_allowed(problem, window):
    """Only windows of a single value may hold more sums, and those are not listed."""
    real, seen = walking.compare, []

    def compare(pair, wide, known):
        better, listed = real(pair, wide, known)
        seen.append((wide.width, listed))
        return better, listed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "WINDOW", window)
        patch.setattr(walking, "compare", compare)
        nearest_sum(problem.weights, problem.target, (problem.fewest, problem.most), known=FENCE)
    assert all(listed <= (5 if width == 1 else 2 * window + 2) for width, listed in seen)


def test_millions_of_equal_sums_take_no_memory_and_no_time(monkeypatch):
    """Twenty-two of forty-four ones: each half has one value per size, whatever the count."""
    monkeypatch.setattr(windows, "WINDOW", 10)
    found = nearest_sum((1,) * 44, 30, (22, 22), known=FENCE)
    assert found.error == 8
    assert found.listed <= 23 * 5


@given(strategies.subset_sums(most=8), st.integers(0, 10))
def test_an_error_that_is_no_better_than_what_is_known_is_not_reported(problem, margin):
    """The best error itself is of no interest, one more is."""
    best = naive.optimum(problem)
    sizes = (problem.fewest, problem.most)
    none = nearest_sum(problem.weights, problem.target, sizes, known=max(0, best - margin))
    assert (none.indices, none.error) == (None, max(0, best - margin))
    assert nearest_sum(problem.weights, problem.target, sizes, known=best + 1).error == best


@given(strategies.subset_sums(most=8), st.integers(0, 3))
def test_capped_it_finds_the_best_with_so_few_of_every_quarter(problem, cap):
    """Against all subsets that have at most `cap` weights of each quarter of the pool."""
    n = problem.num_candidates
    quarters = [n // 4, n // 2, n // 2 + (n - n // 2) // 2, n]
    quarters[0] = n // 2 // 2

    def is_capped(chosen):
        return all(
            sum(low <= i < high for i in chosen) <= cap
            for low, high in zip([0, *quarters], quarters, strict=False)
        )

    errors = [value for value, c in naive.legal_subsets(problem) if is_capped(c)]
    sizes = (problem.fewest, problem.most)
    found = nearest_sum(problem.weights, problem.target, sizes, known=FENCE, cap=cap)
    assert found.error == min(errors, default=FENCE)


LARGE = SubsetSum(weights=random_pool(3, 60, 23), target=2**22, fewest=30, most=30)
"""Sixty weights on the grid of float32: some 10^9 subsets for every number."""


def test_where_zero_is_frequent_it_is_found_in_the_first_window():
    """Of 2^31 sums it lists two windows of 2^20 at most."""
    result = solve(LARGE, "four_lists")
    assert (result.value, result.is_optimal) == (0, True)
    assert result.nodes <= 2**21


def test_the_most_crowded_windows_come_first(monkeypatch):
    """Each window compared has the most pairs per number, as far as parts resemble the whole."""
    promises = []
    real = walking.compare

    def compare(pair, window, known):
        promises.append(window.promise)
        return real(pair, window, known)

    monkeypatch.setattr(windows, "WINDOW", 2**10)
    monkeypatch.setattr(walking, "compare", compare)
    weights = random_pool(8, 32, 40)
    nearest_sum(weights, 2**39, (16, 16), known=FENCE, limits=Limits(enough=-1))
    third = len(promises) // 3
    assert third > 30
    assert min(promises[:third]) > max(promises[-third:])


def test_a_target_out_of_reach_takes_no_list():
    """No right sum is anywhere near: the outermost sums of each size say all."""
    weights = tuple(range(100, 140))
    found = nearest_sum(weights, 10**6, (20, 20), known=FENCE)
    assert found.error == 10**6 - sum(weights[-20:])
    assert found.listed <= 21 * 5


HARD = SubsetSum(weights=random_pool(4, 24, 45), target=12345, fewest=12, most=12)
TOO_FAR = SmallestSubset(weights=(1, 2, 3, 5, 8, 13, 21, 34), target=80, tolerance=0)


def interrupt_after(calls, monkeypatch):
    """Let the comparison of windows be interrupted after some; return the errors they found."""
    real, errors = walking.compare, []

    def compare(pair, window, known):
        if len(errors) == calls:
            raise KeyboardInterrupt
        better, listed = real(pair, window, known)
        errors.append(known if better is None else better.error)
        return better, listed

    monkeypatch.setattr(walking, "compare", compare)
    monkeypatch.setattr(windows, "WINDOW", 64)
    return errors


@pytest.mark.parametrize("calls", [1, 3, 20])
def test_ctrl_c_keeps_the_best_of_the_windows_before(calls, monkeypatch):
    """Interrupted in the next window, it has the best of those before, and claims no bound."""
    errors = interrupt_after(calls, monkeypatch)
    claim = four_lists.solve(HARD, Effort(), None)
    assert (claim.bound, claim.stop, len(errors)) == (None, Stop.INTERRUPTED, calls)
    assert naive.value_of(HARD, claim.indices) == errors[-1]


def test_ctrl_c_at_once_leaves_the_start(monkeypatch):
    """Nothing was found, so the start is all there is."""
    interrupt_after(0, monkeypatch)
    claim = four_lists.solve(HARD, Effort(), tuple(range(12)))
    assert (claim.indices, claim.bound, claim.stop) == (tuple(range(12)), None, Stop.INTERRUPTED)


def test_ctrl_c_keeps_the_sizes_that_were_ruled_out(monkeypatch):
    """Interrupted at the size of the optimum, it has proven all smaller ones too small."""
    problem = SmallestSubset(weights=random_pool(6, 12, 9), target=300, tolerance=2)
    legal = [(value, chosen) for value, chosen in naive.legal_subsets(problem)]
    smallest, start = min(legal)[0], max(legal)[1]
    assert problem.free_bound() < smallest < len(start)
    real = four_lists.nearest_sum

    def nearest(weights, target, sizes, **options):
        if sizes == (smallest, smallest):
            interrupt_after(0, monkeypatch)
        return real(weights, target, sizes, **options)

    monkeypatch.setattr(four_lists, "nearest_sum", nearest)
    claim = four_lists.solve(problem, Effort(), start)
    assert (claim.indices, claim.bound, claim.stop) == (start, smallest, Stop.INTERRUPTED)


def test_without_any_time_it_says_why_it_stopped():
    """No second, no window."""
    claim = four_lists.solve(HARD, Effort(seconds=0.0), tuple(range(12)))
    assert (claim.indices, claim.bound, claim.stop) == (tuple(range(12)), None, Stop.SECONDS)


def test_out_of_time_a_smallest_subset_has_a_bound():
    """The first size a glance allows is five."""
    claim = four_lists.solve(TOO_FAR, Effort(seconds=0.0), None)
    assert (claim.indices, claim.bound, claim.stop) == (None, 5, Stop.SECONDS)


def test_a_start_that_is_smallest_is_proven_without_looking_at_its_size(monkeypatch):
    """Smaller sizes are ruled out, which is all there is to prove."""
    real, asked = four_lists.nearest_sum, []

    def nearest(weights, target, sizes, **options):
        asked.append(sizes)
        return real(weights, target, sizes, **options)

    monkeypatch.setattr(four_lists, "nearest_sum", nearest)
    start = (2, 3, 4, 5, 6, 7)  # 3 + 5 + 8 + 13 + 21 + 34 = 84
    problem = SmallestSubset(weights=TOO_FAR.weights, target=84, tolerance=0)
    claim = four_lists.solve(problem, Effort(), start)
    assert (claim.indices, claim.bound, claim.stop) == (start, 6, Stop.FINISHED)
    assert (6, 6) not in asked


@pytest.mark.parametrize(
    ("n", "sizes", "message"),
    [
        (73, (36, 36), r"lists at most 2\^18 sums of each quarter.*no part of it is so crowded"),
        (72, (0, 36), r"lists at most 2\^37 sums, one window after the other"),
        (1000, (4, 4), r"lists at most 2\^18 sums of each quarter.*'small_sizes'"),
    ],
)
def test_what_would_take_too_long_is_refused(n, sizes, message):
    """Quarters too large, or more than an hour of windows, and no crowd at the target."""
    weights = tuple(i * (2**61 // n**2) + i * i for i in range(n))
    problem = SubsetSum(weights=weights, target=-(2**60), fewest=sizes[0], most=sizes[1])
    with pytest.raises(BackendError, match=message):
        solve(problem, "four_lists")


def test_several_rows_are_refused():
    """Windows of values are for one row; a method that takes more is named."""
    rows = VectorSum(rows=((1, 2), (3, 4)), targets=(1, 3), norm="l1", fewest=1, most=1)
    with pytest.raises(BackendError, match=r"takes subset_sum, smallest_subset.*'branching'"):
        solve(rows, "four_lists")


def test_pools_too_large_to_list_halves_of_come_here():
    """Sixty weights are too many for two lists; this is the first exact method that takes them."""
    from slth_opt.solving import choose_backend

    assert choose_backend(LARGE).name == "four_lists"


UNSATURATED = """
import re
from pathlib import Path
import numpy as np
from slth_opt import SubsetSum, solve
n, backend = {n}, {backend!r}
weights = tuple(np.random.default_rng(1).integers(-(2**55), 2**55, n).tolist())
problem = SubsetSum(weights=weights, target=2**54, fewest=n // 2, most=n // 2)
result = solve(problem, backend)
# Not getrusage: there a new process starts at the peak of the one that made it.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text()).group(1)
print(result.value, result.is_optimal, result.nodes, peak)
"""


def run_alone(n, backend):
    """Solve a large problem in a process of its own; return value, proof, nodes and KiB."""
    run = subprocess.run(
        [sys.executable, "-c", UNSATURATED.format(n=n, backend=backend)],
        capture_output=True,
        text=True,
        check=True,
    )
    value, is_optimal, nodes, peak = run.stdout.split()
    return int(value), is_optimal == "True", int(nodes), int(peak)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the memory from /proc")
def test_forty_eight_weights_of_55_bits_are_solved_in_little_memory():
    """All 2^25 sums are listed, and the memory is no more than a Python with numba takes."""
    value, is_optimal, nodes, peak = run_alone(48, "four_lists")
    assert is_optimal
    assert value == run_alone(48, "meeting")[0] > 0
    assert 2**24 < nodes <= 2**25
    assert peak < 400 * 1024


INTERRUPTED = """
from slth_opt import SubsetSum, solve
import numpy as np
rng = np.random.default_rng(60)
weights = tuple(rng.integers(-(2**56), 2**56, 60).tolist())
target = int(rng.integers(-(2**56), 2**56))
solve(SubsetSum(weights=(1, 2, 4), target=3, fewest=2, most=2), "four_lists")  # compile
problem = SubsetSum(weights=weights, target=target, fewest=30, most=30)
print("ready", flush=True)
result = solve(problem, "four_lists")
print(result.stop.value, result.size, result.value < 2**40, result.lower_bound)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_a_real_ctrl_c_gets_an_honest_answer_within_seconds():
    """A signal in the middle of 2^31 sums: a legal selection, no bound but the free one."""
    import signal
    import time

    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(3)  # of the half minute it would take to the end
    process.send_signal(signal.SIGINT)
    answer, _ = process.communicate(timeout=60)
    assert answer == "interrupted 30 True 0\n"
