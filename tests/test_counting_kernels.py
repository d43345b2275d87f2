"""The kernels of counting and coverage: against plain Python, compiled and not, at the brim."""

from __future__ import annotations

from bisect import bisect_left
from itertools import combinations, groupby, pairwise

import numpy as np
import pytest
import strategies
from hypothesis import example, given
from hypothesis import strategies as st

from slth_opt.halves import Halves, clamped, halves_of, list_halves
from slth_opt.kernels import counting, coverage

FENCE = 2**62


def plain(function):
    """Return the uncompiled function, also where compiling is switched off."""
    return getattr(function, "py_func", function)


def lists(halves):
    return halves.left, halves.right, halves.pairs


def legal_sums(weights, fewest, most):
    """Return the sums of all legal subsets in increasing order."""
    return sorted(
        sum(chosen) for size in range(fewest, most + 1) for chosen in combinations(weights, size)
    )


@st.composite
def listed(draw):
    """Draw the halves of a small pool, its legal sums, and a bound the kernels can take."""
    weights = draw(strategies.pools(most=7) | strategies.brimful_pools().map(lambda both: both[0]))
    low, high = draw(strategies.size_ranges(len(weights)))
    mixed = (low, high) == (0, len(weights)) and draw(st.booleans())
    halves = list_halves(weights, low, high, by_size=not mixed)
    sums = legal_sums(weights, low, high)
    bound = draw(st.sampled_from(sums)) + draw(st.integers(-2, 2))
    return halves, sums, clamped(halves, bound)


@st.composite
def windowed(draw):
    """Draw halves, their legal sums, and a window between two of the values that occur."""
    halves, sums, one = draw(listed())
    other = clamped(halves, draw(st.sampled_from(sums)) + draw(st.integers(-1, 1)))
    low = max(min(one, other), halves.lowest)
    return halves, sums, low, max(low, one, other)


@pytest.mark.overflow
@given(listed())
def test_pairs_up_to_a_bound_are_counted(drawn):
    """As many as a plain count of all legal sums."""
    halves, sums, bound = drawn
    assert counting.count_pairs(*lists(halves), bound) == sum(s <= bound for s in sums)


@given(listed())
def test_counts_are_the_same_uncompiled(drawn):
    """Compiled and uncompiled walks count the same."""
    halves, _, bound = drawn
    compiled = counting.count_pairs(*lists(halves), bound)
    assert compiled == plain(counting.count_pairs)(*lists(halves), bound)


@pytest.mark.overflow
@given(st.lists(st.integers(0, 3), min_size=1, max_size=300), st.lists(st.just(3), max_size=40))
def test_the_next_smaller_entry_is_found_in_its_group(group, other):
    """Galloping stops where bisection does, and never leaves the group for equals outside."""
    group = sorted(group)
    sums = np.array([-FENCE, *other, FENCE, -FENCE, *group, FENCE], np.int64)
    fence = len(other) + 2
    for position, value in enumerate(group, start=fence + 1):
        expected = fence + bisect_left(group, value)
        assert counting.next_smaller(sums, fence, position) == expected
        assert plain(counting.next_smaller)(sums, fence, position) == expected


def distinct_pairs(halves, low, high):
    """Return (row, left sum, right sum) of all distinct pairs in a window, by brute force."""
    found = set()
    for row, (i, m, j, n, *_) in enumerate(halves.pairs.tolist()):
        for a in halves.left[i : i + m].tolist():
            found |= {(row, a, b) for b in halves.right[j : j + n].tolist() if low <= a + b <= high}
    return found


@pytest.mark.overflow
@given(windowed())
def test_pairs_of_a_window_are_picked_once_each(drawn):
    """All distinct pairs of sums in the window, none twice, compiled and not."""
    halves, _, low, high = drawn
    expected = distinct_pairs(halves, low, high)
    for pick in (counting.pick_pairs, plain(counting.pick_pairs)):
        picked = np.zeros((len(expected) + 1, 3), np.int64)
        found = pick(*lists(halves), low, high, picked)
        assert found == len(expected)
        assert {tuple(pair) for pair in picked[:found].tolist()} == expected


@given(windowed(), st.integers(0, 5))
def test_no_more_pairs_are_picked_than_there_is_room_for(drawn, room):
    """A full table ends the search; the row behind it stays as it was."""
    halves, _, low, high = drawn
    expected = distinct_pairs(halves, low, high)
    picked = np.full((room + 1, 3), 77, np.int64)
    found = counting.pick_pairs(*lists(halves), low, high, picked[:room])
    assert found == min(room, len(expected))
    assert picked[room].tolist() == [77, 77, 77]


@pytest.mark.overflow
@given(listed())
def test_the_sums_next_to_a_bound_are_found(drawn):
    """The largest up to the bound and the smallest above; beyond every sum where there is none."""
    halves, sums, bound = drawn
    for kernel in (coverage.neighbours, plain(coverage.neighbours)):
        below, above = (int(value) for value in kernel(*lists(halves), bound))
        expected = max((s for s in sums if s <= bound), default=None)
        assert (below if below >= halves.lowest else None) == expected
        expected = min((s for s in sums if s > bound), default=None)
        assert (above if above <= halves.highest else None) == expected


@pytest.mark.overflow
@given(windowed())
def test_a_window_is_filled_with_its_sums(drawn):
    """Every sum as often as it occurs, compiled and not."""
    halves, sums, low, high = drawn
    expected = [s for s in sums if low <= s <= high]
    for fill in (coverage.fill_window, plain(coverage.fill_window)):
        room = np.zeros(len(expected), np.int64)
        assert fill(*lists(halves), low, high, room) == len(expected)
        assert sorted(room.tolist()) == expected


@pytest.mark.overflow
@given(windowed(), st.integers(1, 60))
def test_the_values_of_a_window_are_marked(drawn, width):
    """A mark for every value that is a sum; nothing more to know after all pairs."""
    halves, sums, low, _ = drawn
    high = min(halves.highest, low + width - 1)
    expected = {s - low for s in sums if low <= s <= high}
    for mark in (coverage.mark_window, plain(coverage.mark_window)):
        marks = np.zeros(high - low + 1, np.bool_)
        assert mark(*lists(halves), low, high, marks, len(sums))
        assert set(np.flatnonzero(marks).tolist()) == expected


@pytest.mark.parametrize(
    ("weights", "known"),
    [((1, 2, 4, 8, 1, 2, 4, 8), True), ((2, 2, 2, 2, 2, 2, 2, 2), False)],
)
def test_marking_ends_early(weights, known):
    """With a budget of 6 sums: all of 0..3 are marked after 5, but 1 and 3 never by even sums."""
    halves = list_halves(weights, 0, 8, by_size=False)
    marks = np.zeros(4, np.bool_)
    assert coverage.mark_window(*lists(halves), 0, 3, marks, 6) is known
    assert marks.all() == known


def gaps_by_hand(sums, previous, limits):
    """Return what `measure_gaps` should: new sums, widest, where, counts, lengths."""
    counts, lengths = [0] * (len(limits) + 1), [0] * (len(limits) + 1)
    distinct = [value for value, _ in groupby([previous, *sums])]
    widest = (0, -1)
    for below, above in pairwise(distinct):
        gap = above - below
        place = sum(limit < gap for limit in limits)
        counts[place] += 1
        lengths[place] += gap
        if gap > widest[0]:
            widest = (gap, below)
    return len(distinct) - 1, *widest, counts, lengths


@pytest.mark.overflow
@given(
    st.lists(st.integers(-40, 40) | st.integers(1 - FENCE, FENCE - 1), min_size=1, max_size=30),
    st.lists(st.integers(0, 30) | st.integers(0, 2**63 - 1), max_size=5, unique=True),
)
@example([1 - FENCE, FENCE - 1], [2**63 - 3, 2**63 - 2])
def test_gaps_are_measured(values, limits):
    """Distinct neighbours, their gaps by class, and the first widest; compiled and not."""
    previous, *sums = sorted(values)
    limits = sorted(limits)
    for measure in (coverage.measure_gaps, plain(coverage.measure_gaps)):
        counts, lengths = np.zeros((2, len(limits) + 1), np.int64)
        widest = np.array([0, -1], np.int64)
        new = measure(
            np.array(sums, np.int64), previous, np.array(limits, np.int64), counts, lengths, widest
        )
        answer = (new, *widest.tolist(), counts.tolist(), lengths.tolist())
        assert answer == gaps_by_hand(sums, previous, limits)


@pytest.mark.overflow
@given(strategies.brimful_problems(kinds=("subset_sum",)))
def test_bounds_at_the_brim_stay_in_an_int64(problem):
    """At the limit of the capacity every clamped bound is counted right, without an overflow."""
    halves = halves_of(problem)
    assert isinstance(halves, Halves)
    sums = legal_sums(problem.weights, problem.fewest, problem.most)
    for bound in (-(2**70), halves.lowest, 0, problem.target, halves.highest, 2**70):
        counted = counting.count_pairs(*lists(halves), clamped(halves, bound))
        assert counted == sum(s <= bound for s in sums)
