"""Crowded parts of large pools: what is chosen beforehand, expected, and claimed."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from math import log2

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from slth_opt import Effort, Stop, SubsetSum, solve
from slth_opt.backends import four_lists
from slth_opt.four_lists import crowded_part, crowding, walking
from slth_opt.problems.legality import mask_of


def pool_problem(seed, n, bits, size, part):
    """Draw n weights of some bits; the target is a part of the sum of all absolute values."""
    weights = tuple(np.random.default_rng(seed).integers(-(2**bits), 2**bits, n).tolist())
    low, high = (size, size) if isinstance(size, int) else size or (0, n)
    target = round(part * sum(map(abs, weights)))
    return SubsetSum(weights=weights, target=target, fewest=low, most=high)


@given(
    st.integers(0, 10**6),
    st.integers(100, 400),
    st.sampled_from([8, 23, 45]),
    st.floats(0.05, 0.95),
    st.floats(-0.1, 0.1),
)
def test_a_part_and_what_is_chosen_beforehand_make_the_whole(seed, n, bits, share, part):
    """Sizes and targets add up, nothing is both free and chosen, quarters suffice for the cap."""
    problem = pool_problem(seed, n, bits, round(share * n), part)
    found = crowded_part(problem)
    assume(found is not None)
    rest = {*range(n)} - {*found.pool}
    assert len(set(found.pool)) == len(found.pool)
    assert set(found.chosen) <= rest
    selection = found.whole(tuple(range(found.size)))
    assert len(selection) == problem.fewest
    kept = sum(problem.weights[i] for i in (*found.chosen, *found.pool[: found.size]))
    off = sum(problem.weights[i] for i in found.pool[: found.size]) - found.target
    assert abs(off) == problem.error(mask_of(selection, n))
    assert kept in (
        sum(problem.weights[i] for i in selection),
        sum(problem.weights) - sum(problem.weights[i] for i in selection),
    )


@pytest.mark.parametrize("size", [60, 250, 500, 750, 940])
def test_the_target_lies_in_the_middle_of_what_the_part_reaches(size):
    """What is chosen beforehand brings it there, to within one weight."""
    problem = pool_problem(size, 1000, 23, size, 0.0)
    part = crowded_part(problem)
    assert (part.size, len(part.pool), part.inverted) == (36, 72, size > 500)
    mean = sum(problem.weights[i] for i in part.pool) // 2
    assert abs(part.target - mean) < 2**23


def test_the_number_of_subsets_expected_is_about_right():
    """Counts of the sums of 9 of 18 small numbers, over the middle of their range."""
    weights = tuple(np.random.default_rng(0).integers(-40, 41, 18).tolist())
    counts = Counter(sum(chosen) for chosen in combinations(weights, 9))
    moments = crowding._moments(weights)
    middle = sum(weights) // 2
    for target in range(middle - 120, middle + 121, 12):
        near = sum(counts[target + d] for d in range(-6, 7)) / 13
        assert abs(crowding._crowding(moments, 9, target) - log2(near)) < 0.25


@pytest.mark.parametrize(
    ("n", "bits", "size", "part"),
    [
        (1000, 23, 500, 0.001),
        (1000, 52, 500, 0.001),
        (1000, 52, 500, 0.2),
        (1000, 52, 950, -0.01),
        (300, 23, 20, 0.01),
        (100, 54, 50, 0.0),
        (2000, 50, None, 0.1),
        (500, 40, (30, 480), 0.05),
    ],
)
def test_a_crowded_pool_is_solved_and_proven_at_once(n, bits, size, part):
    """An error of zero, out of 2^n subsets, after a few windows."""
    problem = pool_problem(n, n, bits, size, part)
    result = solve(problem, "four_lists")
    assert (result.value, result.is_optimal, result.stop) == (0, True, Stop.FINISHED)
    assert result.nodes < 2**25


def test_the_target_may_lie_between_the_sums_that_are_possible():
    """Weights that are 3 modulo 8: sums of 400 are multiples of 8 and 2 is as near as it gets."""
    base = pool_problem(9, 1000, 20, 400, 0.0).weights
    problem = SubsetSum(weights=tuple(8 * w + 3 for w in base), target=10, fewest=400, most=400)
    result = solve(problem, "four_lists")
    assert (result.value, result.lower_bound, problem.free_bound()) == (2, 2, 2)


def test_a_coarse_lattice_is_as_good_as_small_numbers():
    """Sums that are multiples of 2^30 are as crowded as those of the weights divided by it."""
    fine = pool_problem(9, 44, 23, 22, 0.0).weights
    coarse = tuple(w << 30 for w in fine)
    assert crowded_part(SubsetSum(weights=coarse, target=0, fewest=22, most=22)) is not None


def test_a_part_that_lost_the_only_odd_weight_is_not_trusted():
    """All weights but one are even: whether the target is met hangs on the one left out."""
    base = pool_problem(9, 1000, 20, 500, 0.0).weights
    order = sorted(range(1000), key=base.__getitem__)
    weights = [2 * w for w in base]
    problem = SubsetSum(weights=weights, target=0, fewest=500, most=500)
    part = crowded_part(problem)
    odd = next(i for i in order if i not in part.pool and i not in part.chosen)
    weights[odd] += 1
    left_out = SubsetSum(weights=weights, target=1, fewest=500, most=500)
    assert left_out.free_bound() == 0
    assert crowded_part(left_out) is None


@pytest.mark.parametrize(
    ("n", "bits", "size", "part"),
    [(1000, 52, 4, 0.0), (1000, 52, 500, 0.499), (100, 23, 0, 0.0), (100, 23, 100, 0.0)],
)
def test_where_no_crowd_is_there_is_no_part(n, bits, size, part):
    """Too few subsets, a target beyond nearly all of them, or nothing to choose."""
    assert crowded_part(pool_problem(5, n, bits, size, part)) is None


def test_equal_weights_are_no_crowd_of_sums():
    """All subsets have one sum: nothing to search."""
    assert crowded_part(SubsetSum(weights=(7,) * 200, target=70, fewest=10, most=10)) is None


CROWDED = pool_problem(7, 1000, 52, 500, 0.001)


def interrupted(*arguments):
    raise KeyboardInterrupt


def test_ctrl_c_leaves_the_start_without_a_bound(monkeypatch):
    """Interrupted before the first window."""
    monkeypatch.setattr(walking, "compare", interrupted)
    start = tuple(range(500))
    claim = four_lists.solve(CROWDED, Effort(), start)
    assert (claim.indices, claim.bound, claim.stop) == (start, None, Stop.INTERRUPTED)


def test_without_any_time_it_says_why_it_stopped():
    """No second, no window."""
    claim = four_lists.solve(CROWDED, Effort(seconds=0.0), None)
    assert (claim.indices, claim.bound, claim.stop) == (None, None, Stop.SECONDS)


def test_a_crowd_that_was_none_is_given_up(monkeypatch):
    """After as many sums as allowed it has its best selection, and no bound."""
    monkeypatch.setattr(four_lists, "MOST_IN_PART", 1)
    monkeypatch.setattr("slth_opt.four_lists.windows.WINDOW", 2**8)
    claim = four_lists.solve(CROWDED, Effort(), None)
    assert (claim.bound, claim.stop) == (None, Stop.GAVE_UP)
    assert len(claim.indices) == 500
    assert CROWDED.error(mask_of(claim.indices, 1000)) > 0


def test_a_part_walked_to_its_end_proves_nothing_about_the_whole(monkeypatch):
    """The best of a part of four weights is legal, and no bound is claimed."""
    monkeypatch.setattr(crowding, "MOST_CHOSEN", 4)
    monkeypatch.setattr(crowding, "MOST_IN_QUARTER", 4)
    monkeypatch.setattr(crowding, "LEAST_EXPECTED", -99)
    claim = four_lists.solve(CROWDED, Effort(), None)
    assert (claim.bound, claim.stop) == (None, Stop.GAVE_UP)
    assert len(claim.indices) == 500


def test_a_start_at_the_free_bound_is_proven_as_it_is(monkeypatch):
    """Nothing is searched."""
    monkeypatch.setattr(walking, "compare", interrupted)
    start = tuple(range(0, 1000, 2))
    target = sum(CROWDED.weights[i] for i in start)
    problem = SubsetSum(weights=CROWDED.weights, target=target, fewest=500, most=500)
    claim = four_lists.solve(problem, Effort(), start)
    assert (claim.indices, claim.bound, claim.stop) == (start, 0, Stop.FINISHED)
