"""Coverage: the worst real target against every candidate, exact shares, laws, larger pools."""

from __future__ import annotations

import random
from bisect import bisect_left
from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import Stop, SubsetSum, coverage, integer_coverage, share_within, solve
from slth_opt.errors import GridError, ProblemError
from slth_opt.halves import gaps


def all_sums(weights, fewest, most):
    """Return the sums of all legal subsets, as often as they occur, in increasing order."""
    return sorted(
        sum(chosen) for size in range(fewest, most + 1) for chosen in combinations(weights, size)
    )


def distance(sums, target):
    """Return how far a target is from the nearest of some sorted sums."""
    place = bisect_left(sums, target)
    return min(abs(target - s) for s in sums[max(0, place - 1) : place + 1])


def worst_by_hand(sums, low, high):
    """Return the worst distance and its first target: an end, or midway between two sums."""
    middles = {Fraction(a + b, 2) for a, b in pairwise(sums)}
    candidates = [Fraction(low), Fraction(high), *(m for m in middles if low <= m <= high)]
    return min((-distance(sums, target), target) for target in candidates)


def share_by_hand(sums, low, high, eps):
    """Return the share of an interval that balls around all sums cover, ball by ball."""
    if low == high:
        return Fraction(distance(sums, low) <= eps)
    covered, reach = Fraction(0), Fraction(low)
    for s in sums:
        start, end = max(reach, s - eps), min(Fraction(high), s + eps)
        if end > start:
            covered += end - start
            reach = end
    return covered / (high - low)


def drawn_interval(rng):
    """Draw weights, sizes and an interval: inside the sums, across an end, beyond, one point."""
    n = rng.randrange(1, 9)
    limit = 2 ** rng.choice([1, 3, 10, 40, 57])
    weights = [rng.randrange(-limit, limit + 1) for _ in range(n)]
    if rng.random() < 0.3:
        weights = [rng.choice([w, 0, weights[0], -weights[0]]) for w in weights]
    a, b = sorted(rng.choices(range(n + 1), k=2))
    fewest, most = rng.choice([(a, a), (a, b), (0, b), (0, n)])
    sums = all_sums(weights, fewest, most)
    ends = [rng.choice(sums) + rng.choice([0, 0, 1, -1, limit, -limit]) for _ in range(2)]
    return weights, (fewest, most), sums, min(ends), max(ends)


def check(weights, size, sums, low, high, eps):
    """Compare all facts of one coverage with those found by hand."""
    found = integer_coverage(weights, size=size, low=low, high=high, eps=eps)
    case = (weights, size, low, high)
    worst, target = worst_by_hand(sums, low, high)
    assert (found.distance, found.worst_target) == (-worst, target), case
    assert found.num_subsets == sum(low <= s <= high for s in sums), case
    assert found.num_sums == len({s for s in sums if low <= s <= high}), case
    around = [s for s in (found.below, found.above) if s is not None]
    assert min(abs(s - target) for s in around) == found.distance, case
    assert set(around) <= set(sums), case
    assert found.below is None or found.below <= target, case
    assert found.above is None or found.above >= target, case
    by_hand = tuple((e, share_by_hand(sums, low, high, e)) for e in eps)
    assert found.shares == by_hand, case
    assert (found.stop, found.scanned_to, found.slack) == (Stop.FINISHED, high, 0), case


def drawn_radii(rng, sums):
    """Draw radii: 0, fractions, a gap and half a gap, and more than all."""
    gap = abs(rng.choice(sums) - rng.choice(sums))
    radii = [Fraction(0), Fraction(gap), Fraction(gap, 2), Fraction(gap, 3), Fraction(2**70)]
    return [Fraction(eps) for eps in rng.sample(radii, rng.randrange(4))]


def test_two_thousand_intervals_have_their_worst_target():
    """Distance, first worst target, neighbours, counts and shares, all by plain search."""
    rng = random.Random(1)
    for _ in range(2000):
        weights, size, sums, low, high = drawn_interval(rng)
        check(weights, size, sums, low, high, drawn_radii(rng, sums))


@pytest.mark.parametrize(
    ("window", "sparse", "patience"),
    [(1, 0, 1), (3, 0, 1), (2, 2, 1), (7, 100, 0), (8, 8, 1), (50, 100, 2)],
)
def test_small_windows_see_the_same(monkeypatch, window, sparse, patience):
    """Cut to few sums or values at a time, sorted or marked or given up on: the same facts."""
    monkeypatch.setattr(gaps, "WINDOW", window)
    monkeypatch.setattr(gaps, "SPARSE", sparse)
    monkeypatch.setattr(gaps, "PATIENCE", patience)
    rng = random.Random(window)
    for _ in range(120):
        weights, size, sums, low, high = drawn_interval(rng)
        check(weights, size, sums, low, high, drawn_radii(rng, sums))


@pytest.mark.overflow
@given(strategies.brimful_pools(), st.data())
def test_at_the_limit_of_the_capacity_nothing_overflows(pool, data):
    """Numbers that add up to 2^62 - 1, intervals far beyond them, gaps of 63 bits."""
    weights, _ = pool
    fewest, most = data.draw(strategies.size_ranges(len(weights)))
    sums = all_sums(weights, fewest, most)
    end = st.sampled_from([-(2**80), -(2**62), *sums, 0, 2**62, 2**80])
    low, high = sorted([data.draw(end), data.draw(end)])
    eps = [Fraction(data.draw(st.integers(0, 2**63))) for _ in range(2)]
    check(weights, (fewest, most), sums, low, high, eps)


@pytest.mark.overflow
@given(strategies.pools(most=6), st.data())
def test_the_worst_target_uncompiled(weights, data):
    """Compiled in the fast tests and uncompiled in the overflow run: the same facts."""
    fewest, most = data.draw(strategies.size_ranges(len(weights)))
    sums = all_sums(weights, fewest, most)
    end = st.sampled_from(sums) | st.integers(-20, 20)
    low, high = sorted([data.draw(end), data.draw(end)])
    check(weights, (fewest, most), sums, low, high, [Fraction(1), Fraction(7, 3)])


@st.composite
def intervals(draw):
    """Draw weights, a size and an interval with integer ends."""
    weights = draw(strategies.pools(most=9, bits=(3, 12, 40)))
    size = draw(strategies.size_ranges(len(weights)))
    reach = sum(map(abs, weights)) + 3
    low, high = sorted([draw(st.integers(-reach, reach)), draw(st.integers(-reach, reach))])
    return weights, size, low, high


def facts(weights, size, low, high, eps=()):
    return integer_coverage(weights, size=size, low=low, high=high, eps=eps)


@given(intervals())
def test_complements_mirror_the_interval(drawn):
    """The subsets left out have the other sizes, and sums that count down from the total."""
    weights, (fewest, most), low, high = drawn
    n, total = len(weights), sum(weights)
    one = facts(weights, (fewest, most), low, high, [2])
    other = facts(weights, (n - most, n - fewest), total - high, total - low, [2])
    assert (one.distance, one.num_sums, one.num_subsets, one.shares) == (
        other.distance, other.num_sums, other.num_subsets, other.shares,
    )  # fmt: skip


@given(intervals(), st.integers(-50, 50))
def test_shifting_weights_of_a_fixed_size_shifts_the_interval(drawn, shift):
    """Adding c to every weight moves every sum of k by kc, and the worst target with them."""
    weights, (k, _), low, high = drawn
    one = facts(weights, k, low, high)
    other = facts([w + shift for w in weights], k, low + k * shift, high + k * shift)
    assert (one.distance, one.worst_target + k * shift) == (other.distance, other.worst_target)


@given(intervals(), st.sampled_from([2, 3, 10]))
def test_scaling_all_numbers_scales_the_distance(drawn, factor):
    """Three times the weights and ends, three times the distance, the same shares."""
    weights, size, low, high = drawn
    one = facts(weights, size, low, high, [3])
    other = facts([w * factor for w in weights], size, low * factor, high * factor, [3 * factor])
    assert other.distance == factor * one.distance
    assert other.worst_target == factor * one.worst_target
    assert other.shares[0][1] == one.shares[0][1]


@given(intervals())
def test_more_sizes_never_leave_a_target_farther_away(drawn):
    """Allowing every size can only bring sums nearer."""
    weights, size, low, high = drawn
    assert facts(weights, None, low, high).distance <= facts(weights, size, low, high).distance


@given(intervals(), st.integers(0, 10**6))
def test_a_part_of_an_interval_is_no_worse_than_the_whole(drawn, share):
    """Cut anywhere: the worse of two parts is the whole, and their lengths add up."""
    weights, size, low, high = drawn
    cut = low + (high - low) * share // 10**6
    whole, left, right = (
        facts(weights, size, a, b, [1]) for a, b in ((low, high), (low, cut), (cut, high))
    )
    assert whole.distance == max(left.distance, right.distance)
    covered = [part.shares[0][1] * (part.high - part.low) for part in (whole, left, right)]
    assert covered[0] == covered[1] + covered[2]


@given(intervals())
def test_between_two_sums_the_distance_is_at_most_half_the_length(drawn):
    """If both ends are sums, no target is farther than half the interval."""
    weights, size, low, _ = drawn
    fewest, most = size
    sums = all_sums(weights, fewest, most)
    low, high = min(sums), max(sums)
    assert facts(weights, size, low, high).distance <= Fraction(high - low, 2)


@given(intervals(), st.lists(st.fractions(0, 50), min_size=1, max_size=5))
def test_shares_grow_to_one_exactly_at_the_distance(drawn, eps):
    """More eps, more share; all of it from the worst distance on, and not before."""
    weights, size, low, high = drawn
    worst = facts(weights, size, low, high).distance
    eps = sorted([*eps, worst, worst * Fraction(999, 1000), Fraction(0)])
    shares = [share for _, share in facts(weights, size, low, high, eps).shares]
    assert shares == sorted(shares)
    assert [share == 1 for share in shares] == [e >= worst for e in eps]


def test_the_worst_target_is_as_bad_as_the_best_subset_says():
    """Solved for the worst target, on a grid twice as fine, the optimum is the distance."""
    rng = np.random.default_rng(5)
    weights = tuple(rng.integers(-1000, 1000, 14).tolist())
    found = integer_coverage(weights, size=7, low=-900, high=900)
    doubled = SubsetSum(
        weights=tuple(2 * w for w in weights),
        target=int(2 * found.worst_target),
        fewest=7,
        most=7,
    )
    assert Fraction(solve(doubled).value, 2) == found.distance


def sums_of(weights, fewest, most):
    """Return the sorted sums of all legal subsets, each once, as a list."""
    sums, sizes = np.zeros(1, np.int64), np.zeros(1, np.int64)
    for weight in weights:
        sums = np.concatenate([sums, sums + weight])
        sizes = np.concatenate([sizes, sizes + 1])
    return np.unique(sums[(fewest <= sizes) & (sizes <= most)])


@pytest.mark.parametrize("bits", [10, 24, 50])
@pytest.mark.parametrize("size", [(0, 20), (10, 10), (4, 12)])
def test_twenty_weights_against_all_their_sums(bits, size):
    """A million sums sorted plainly: saturated, mixed and sparse grids, every size rule."""
    weights = np.random.default_rng(bits).integers(-(2**bits), 2**bits, 20).tolist()
    sums = sums_of(weights, *size)
    # Between two sums all gaps are whole.
    low, high = sums[[sums.size // 5, sums.size - 2]].tolist()
    inside = sums[(low <= sums) & (sums <= high)]
    widths = np.diff(inside)
    first = int(np.argmax(widths))
    eps = int(np.median(widths))
    found = integer_coverage(weights, size=size, low=low, high=high, eps=[eps])
    assert found.num_sums == inside.size
    assert (found.below, found.above) == tuple(inside[first : first + 2].tolist())
    assert found.distance == Fraction(int(widths[first]), 2)
    assert found.shares[0][1] == Fraction(int(np.minimum(widths, 2 * eps).sum()), high - low)


def test_a_saturated_grid_needs_no_list_of_its_sums():
    """Of 2^28 subsets of even weights all even values of the middle are sums, the odd ones not."""
    weights = [2 * w for w in np.random.default_rng(6).integers(-500, 501, 28).tolist()]
    found = integer_coverage(weights, low=-1000, high=1000)
    assert (found.distance, found.worst_target, found.num_sums) == (1, -999, 1001)
    assert found.num_subsets > 10**6


def test_progress_goes_from_nothing_to_everything(monkeypatch):
    """The callback sees growing shares and ends with 1."""
    monkeypatch.setattr(gaps, "WINDOW", 4)
    told = []
    integer_coverage(range(1, 9), size=4, low=0, high=99, progress=told.append)
    assert told == sorted(told)
    assert (len(told) > 3, told[-1]) == (True, 1.0)


def interrupted_after(calls):
    """Return a progress callback that is a Ctrl-C after some calls."""
    left = [calls]

    def tell(share):
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    return tell


@pytest.mark.parametrize("calls", [1, 2, 5])
def test_ctrl_c_leaves_the_exact_facts_of_what_was_scanned(monkeypatch, calls):
    """An interrupted scan is a finished one of a shorter interval, and says so."""
    monkeypatch.setattr(gaps, "WINDOW", 5)
    weights = [3, 14, 15, 92, 65, 35, 89, 79]
    found = integer_coverage(
        weights, size=4, low=20, high=400, eps=[2], progress=interrupted_after(calls)
    )
    assert (found.stop, found.is_complete, found.high) == (Stop.INTERRUPTED, False, 400)
    assert 20 < found.scanned_to < 400
    shorter = integer_coverage(weights, size=4, low=20, high=int(found.scanned_to), eps=[2])
    for fact in ("distance", "worst_target", "below", "above", "num_sums", "num_subsets", "shares"):
        assert getattr(found, fact) == getattr(shorter, fact), fact


def test_ctrl_c_before_the_first_window_is_passed_on(monkeypatch):
    """With nothing scanned there is nothing to return."""

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(gaps, "_sums_within", interrupt)
    with pytest.raises(KeyboardInterrupt):
        integer_coverage([1, 2], low=0, high=3)


def test_interrupted_shares_are_not_returned(monkeypatch):
    """A share of a part of the interval would be mistaken for the whole."""
    monkeypatch.setattr(gaps, "WINDOW", 1)
    with pytest.raises(KeyboardInterrupt):
        share_within([1, 2, 4, 9], low=0, high=16, eps=[1], progress=interrupted_after(2))


def test_reals_are_placed_exactly():
    """Halves and quarters: the worst target between 0.25 and 1, in the middle at 0.625."""
    found = coverage([0.25, 1.0, 2.5], size=1, low=0.25, high=1.0, eps=[0.125, Fraction(1, 3)])
    assert (found.worst_target, found.distance) == (Fraction(5, 8), Fraction(3, 8))
    assert (found.below, found.above) == (Fraction(1, 4), 1)
    assert found.shares == ((Fraction(1, 8), Fraction(1, 3)), (Fraction(1, 3), Fraction(8, 9)))
    assert (found.slack, found.bracket) == (0, (Fraction(3, 8), Fraction(3, 8)))


def test_shares_alone_are_those_of_the_coverage():
    """`share_within` gives the second half of each pair."""
    pool = {"weights": [0.5, -0.25, 0.75, 0.125], "size": (1, 2), "low": -1, "high": 1}
    eps = [0.01, 0.1, 0.3]
    shares = share_within(**pool, eps=eps)
    assert list(coverage(**pool, eps=eps).shares) == list(
        zip(map(Fraction, eps), shares, strict=True)
    )


@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=6),
    st.floats(-2, 2),
    st.floats(-2, 2),
    st.integers(0, 20),
)
def test_a_rounded_distance_brackets_the_true_one(weights, one, other, bits):
    """The worst distance of the original reals lies in the bracket."""
    low, high = sorted([one, other])
    n = len(weights)
    found = coverage(weights, low=low, high=high, rounding="nearest", bits=bits)
    sums = all_sums([Fraction(w) for w in weights], 0, n)
    true = -worst_by_hand(sums, Fraction(low), Fraction(high))[0]
    assert found.bracket[0] <= true <= found.bracket[1]


def test_numbers_off_the_grid_are_refused_until_rounding_is_asked_for():
    """A weight of 2^-80 does not fit beside 1."""
    with pytest.raises(GridError, match="bits were missing"):
        coverage([1.0, 2.0**-80], low=0, high=1)
    found = coverage([1.0, 2.0**-80], low=0, high=1, rounding="nearest", bits=40)
    assert found.slack == Fraction(3, 2**41)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"low": 1, "high": 0.5}, "low end 1 is above its high end 0.5"),
        ({"low": 0, "high": float("inf")}, "high must be a finite real number"),
        ({"low": 0, "high": 1, "eps": [0.5, -0.25]}, "eps 1 must be at least 0, got -0.25"),
        ({"low": 0, "high": 1, "size": 4}, "size 4 is impossible"),
        ({"low": 0, "high": 1, "weights": []}, "the pool is empty"),
        ({"low": 0, "high": 1, "weights": [1] * 60}, r"60 weights have more than 2\^26 sums"),
    ],
)
def test_what_makes_no_interval_is_refused(arguments, message):
    """One line that says what was given."""
    with pytest.raises(ProblemError, match=message):
        coverage(**{"weights": [1.0, 2.0, 3.0], **arguments})


def test_integers_are_demanded_at_the_integer_level():
    """A real end would silently change its meaning."""
    with pytest.raises(ProblemError, match=r"low must be an integer, got 0\.5"):
        integer_coverage([1, 2], low=0.5, high=1)


def test_the_command_gives_exact_strings(slth):
    """``slth coverage`` on the pool worked by hand."""
    answer = slth(
        "coverage", "--weights", "0.25,1,2.5", "--size", "1", "--low", "0.25", "--high", "1",
        "--eps", "0.125", "0.5", "--json",
    ).json  # fmt: skip
    assert (answer["worst_target"], answer["distance_exact"]) == (0.625, "3/2^3")
    assert (answer["below_exact"], answer["above_exact"], answer["num_sums"]) == ("1/2^2", "1", 2)
    assert [share["share_exact"] for share in answer["shares"]] == ["1/3", "1"]
    assert (answer["stopped_by"], answer["rounded"]) == ("finished", False)


def test_the_command_speaks_to_people(slth):
    """The same facts as labelled lines; nothing less than everything is called all."""
    run = slth(
        "coverage", "--weights", "0.25,1,2.5", "--at-most", "1", "--low", "-1", "--high", "1",
        "--eps", "0.125", "1", "--round", "10",
    )  # fmt: skip
    assert run.out.splitlines() == [
        "targets from -1 to 1, subsets of 0 to 1 out of 3 weights",
        "  worst target  -1   (exactly -1)",
        "  distance      1   (exactly 1)",
        "  nearest sums  - below, 0 above",
        "  sums          3 in the interval, of 3 subsets",
        "  within 0.125  31.25 % of the targets",
        "  within 1      all targets",
    ]


def test_the_command_brackets_rounded_numbers(slth):
    """A third is no dyadic number as typed: rounded to two bits, the bracket says how far off."""
    run = slth(
        "coverage", "--weights", "0.3", "--size", "1", "--low", "0", "--high", "1", "--round", "2"
    )
    assert "distance       0.75   (exactly 3/2^2)" in run.out
    assert "true distance  between 0.5 and 1, as the numbers were rounded" in run.out


def test_the_command_says_how_far_it_got(slth, monkeypatch):
    """An interrupted scan is exit code 0 and says what it is about."""
    from slth_opt.cli import coverage as command

    real = command.coverage
    monkeypatch.setattr(gaps, "WINDOW", 1)

    def stopped(*arguments, **options):
        return real(*arguments, **{**options, "progress": interrupted_after(2)})

    monkeypatch.setattr(command, "coverage", stopped)
    pool = ("--weights", "1,3,9", "--size", "1", "--low", "0", "--high", "10")
    assert "interrupted: all this is about targets up to 5" in slth("coverage", *pool).out
    assert slth("coverage", *pool, "--json").json["stopped_by"] == "interrupted"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--low", "1", "--high", "0", "--any-size"), "low end 1 is above its high end 0"),
        (("--low", "0", "--high", "x", "--any-size"), "--high must be a number, got 'x'"),
        (("--low", "0", "--high", "1"), "give exactly one of --size K"),
        (("--low", "0", "--any-size"), "required: --high"),
        (("--low", "0", "--high", "1", "--size", "1", "--eps", "-1"), "eps 0 must be at least 0"),
        (("--low", "0", "--high", "1e-30", "--size", "1"), "use --round"),
    ],
)
def test_the_command_refuses_in_one_line(slth, arguments, message):
    """Bad input is exit code 2 and one line."""
    run = slth("coverage", "--weights", "1,2", *arguments)
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)
    assert message in run.err
