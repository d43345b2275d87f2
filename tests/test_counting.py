"""Counting subsets, and the best of them: against every subset, by laws, and on larger pools."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations
from math import comb

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import (
    SmallestSubset,
    SubsetSum,
    VectorSum,
    best_subsets,
    count_by_size,
    count_subsets,
    counting,
    optimal_subsets,
    solve,
)
from slth_opt.errors import ClaimRejected, ProblemError
from slth_opt.halves import lookup, subsets_with

POOL = SubsetSum(weights=(3, 3, -5, 8, 0), target=4, fewest=1, most=3)


def drawn_problem(rng):
    """Draw a small problem with ties, zeros, duplicates and negatives, of any magnitude."""
    n = rng.randrange(1, 10)
    limit = 2 ** rng.choice([2, 3, 10, 30, 57])
    weights = [rng.randrange(-limit, limit + 1) for _ in range(n)]
    if rng.random() < 0.3:
        weights = [rng.choice([w, 0, weights[0], -weights[0]]) for w in weights]
    target = sum(w for w in weights if rng.random() < 0.5) + rng.choice([0, 1, -1, limit, -limit])
    a, b = sorted(rng.choices(range(n + 1), k=2))
    fewest, most = rng.choice([(a, a), (a, b), (0, b), (0, n)])
    return SubsetSum(weights=tuple(weights), target=target, fewest=fewest, most=most)


def errors_of(problem):
    """Return (error, size) of every subset of a pool, whatever sizes are legal."""
    return [
        (abs(sum(chosen) - problem.target), size)
        for size in range(problem.num_candidates + 1)
        for chosen in combinations(problem.weights, size)
    ]


def drawn_tolerance(rng, errors):
    """Draw 0, an error that occurs, one just below or above, or more than all."""
    error, _ = rng.choice(errors)
    return max(0, rng.choice([0, error, error - 1, error + 1, 2**65]))


def test_two_thousand_counts_are_those_of_every_subset():
    """Every size rule and magnitude: the same number as a plain count."""
    rng = random.Random(1)
    for _ in range(2000):
        problem = drawn_problem(rng)
        errors = errors_of(problem)
        tolerance = drawn_tolerance(rng, errors)
        expected = sum(
            error <= tolerance and problem.fewest <= size <= problem.most for error, size in errors
        )
        assert count_subsets(problem, tolerance) == expected, (problem, tolerance)


def test_a_thousand_counts_by_size_are_those_of_every_subset():
    """One count for every size 0..n, whatever the size rule."""
    rng = random.Random(2)
    for _ in range(1000):
        problem = drawn_problem(rng)
        errors = errors_of(problem)
        tolerance = drawn_tolerance(rng, errors)
        expected = [0] * (problem.num_candidates + 1)
        for error, size in errors:
            expected[size] += error <= tolerance
        assert list(count_by_size(problem, tolerance)) == expected, (problem, tolerance)


def check_best(problem, m):
    """Compare the m best with all legal subsets in order."""
    ranked = sorted(naive.legal_subsets(problem))
    best = best_subsets(problem, m)
    assert [error for error, _ in best] == [error for error, _ in ranked[:m]], (problem, m)
    assert list(best) == sorted(set(best)), (problem, m)
    assert set(best) <= set(ranked), (problem, m)
    # All that is better than the last is there, not just as many.
    better = [found for found in ranked if found[0] < best[-1][0]]
    assert list(best[: len(better)]) == better, (problem, m)


def test_the_m_best_of_a_thousand_problems_are_the_first_of_all():
    """Same errors in the same order, every better subset, all distinct, legal and sorted."""
    rng = random.Random(3)
    for _ in range(1000):
        check_best(drawn_problem(rng), rng.choice([1, 2, 3, 7, 40, 2000]))


@pytest.fixture
def cramped(monkeypatch):
    """Leave little room to list more than asked for, and keep no table of three subsets."""
    monkeypatch.setattr(counting, "ROOM", 0)
    monkeypatch.setattr(lookup, "FEW", 2)


def test_the_m_best_are_found_without_room_to_spare(cramped):
    """The radius is narrowed to a single value, and subsets are looked up through deep trees."""
    rng = random.Random(4)
    for _ in range(400):
        check_best(drawn_problem(rng), rng.choice([1, 2, 5, 40, 2000]))


def test_optimal_subsets_are_all_of_them():
    """Every optimal subset of five hundred problems, sorted by indices."""
    rng = random.Random(5)
    for _ in range(500):
        problem = drawn_problem(rng)
        ranked = sorted(naive.legal_subsets(problem))
        optimal = [found for found in ranked if found[0] == ranked[0][0]]
        assert list(optimal_subsets(problem)) == optimal, problem


def test_too_many_optimal_subsets_are_counted_not_listed():
    """Thirty zeros have C(30, 15) optimal halves: the error says so."""
    zeros = SubsetSum(weights=(0,) * 30, target=1, fewest=15, most=15)
    with pytest.raises(ProblemError, match=rf"^{comb(30, 15)} subsets .*\(error 1 units\), above"):
        optimal_subsets(zeros)


def test_as_many_optimal_subsets_as_the_limit_are_listed():
    """Ten of ten at the limit, refused below it."""
    zeros = SubsetSum(weights=(0,) * 5, target=0, fewest=2, most=2)
    pairs = [(0, pair) for pair in combinations(range(5), 2)]
    assert list(optimal_subsets(zeros, limit=10)) == pairs
    with pytest.raises(ProblemError, match="limit=9"):
        optimal_subsets(zeros, limit=9)


def test_some_of_very_many_ties_are_found_in_bounded_memory():
    """Of 2^44 subsets with the same error five distinct ones come back, the same every time."""
    ones = SubsetSum(weights=(0,) * 44, target=3, fewest=0, most=44)
    best = best_subsets(ones, 5)
    assert len(set(best)) == 5
    assert [error for error, _ in best] == [3] * 5
    assert best == best_subsets(ones, 5)


@pytest.mark.overflow
@given(strategies.brimful_problems(kinds=("subset_sum",)), st.data())
def test_at_the_limit_of_the_capacity_nothing_overflows(problem, data):
    """Counts and the best subsets of numbers that add up to 2^62 - 1."""
    errors = [error for error, _ in naive.legal_subsets(problem)]
    tolerance = data.draw(st.sampled_from([0, *errors, 2**62, 2**80]))
    assert count_subsets(problem, tolerance) == sum(e <= tolerance for e in errors)
    assert [e for e, _ in best_subsets(problem, 3)] == sorted(errors)[:3]


@pytest.mark.overflow
@given(strategies.subset_sums(most=6), st.integers(1, 9))
def test_the_m_best_uncompiled(problem, m):
    """Compiled in the fast tests and uncompiled in the overflow run: the same subsets."""
    check_best(problem, m)


@st.composite
def counted(draw):
    """Draw a problem and a tolerance of its own magnitude."""
    problem = draw(strategies.subset_sums(most=10, bits=(3, 12, 45)))
    reach = sum(map(abs, problem.weights)) + abs(problem.target)
    return problem, draw(st.integers(0, reach) | st.integers(0, 5))


@given(counted())
def test_counts_of_complements_agree(drawn):
    """What is left over has the other size, and its sum is the total less this one."""
    problem, tolerance = drawn
    n = problem.num_candidates
    complement = replace(
        problem,
        target=sum(problem.weights) - problem.target,
        fewest=n - problem.most,
        most=n - problem.fewest,
    )
    assert count_subsets(problem, tolerance) == count_subsets(complement, tolerance)
    assert count_by_size(problem, tolerance) == count_by_size(complement, tolerance)[::-1]


@given(counted(), st.integers(-9, 9))
def test_counts_do_not_change_when_a_fixed_size_is_shifted(drawn, shift):
    """Adding c to k chosen weights adds kc to the sum."""
    problem, tolerance = drawn
    k = problem.fewest
    problem = replace(problem, most=k)
    shifted = replace(
        problem,
        weights=tuple(w + shift for w in problem.weights),
        target=problem.target + k * shift,
    )
    assert count_subsets(shifted, tolerance) == count_subsets(problem, tolerance)


@given(counted(), st.sampled_from([-3, -1, 2, 5]))
def test_counts_scale(drawn, factor):
    """A common factor of all numbers scales the tolerance, and what is between does not count."""
    problem, tolerance = drawn
    scaled = replace(
        problem,
        weights=tuple(w * factor for w in problem.weights),
        target=problem.target * factor,
    )
    wider = (tolerance + 1) * abs(factor) - 1
    assert count_subsets(scaled, wider) == count_subsets(problem, tolerance)


@given(counted())
def test_sizes_add_up_to_the_size_rule(drawn):
    """The counts of the legal sizes add up to the count of the problem."""
    problem, tolerance = drawn
    by_size = count_by_size(problem, tolerance)
    assert sum(by_size[problem.fewest : problem.most + 1]) == count_subsets(problem, tolerance)


@given(counted())
def test_one_more_weight_splits_the_count(drawn):
    """A subset has the last weight or has not: two smaller counts add up."""
    problem, tolerance = drawn
    n, last = problem.num_candidates, problem.weights[-1]
    if n == 1:
        return
    rest = replace(problem, weights=problem.weights[:-1], fewest=0, most=0)
    without = count_by_size(rest, tolerance)
    within = count_by_size(replace(rest, target=problem.target - last), tolerance)
    pairs = zip((*without, 0), (0, *within), strict=True)
    assert count_by_size(problem, tolerance) == tuple(a + b for a, b in pairs)


@given(strategies.subset_sums(most=10))
def test_the_best_subset_is_the_optimum_and_the_only_one_so_near(problem):
    """Nothing is within one unit less than the optimum, something is within it."""
    ((error, _),) = best_subsets(problem, 1)
    assert error == solve(problem, "enumeration").value
    assert count_subsets(problem, error) >= 1
    assert error == 0 or count_subsets(problem, error - 1) == 0


def sums_of_all(weights):
    """Return the sums and sizes of all subsets as arrays."""
    sums, sizes = np.zeros(1, np.int64), np.zeros(1, np.int64)
    for weight in weights:
        sums = np.concatenate([sums, sums + weight])
        sizes = np.concatenate([sizes, sizes + 1])
    return sums, sizes


@pytest.fixture(scope="module")
def twenty_two():
    """Give twenty-two random weights of 40 bits, and the sums and sizes of all their subsets."""
    weights = tuple(np.random.default_rng(22).integers(-(2**40), 2**40, 22).tolist())
    return weights, *sums_of_all(weights)


@pytest.mark.parametrize("sizes", [(11, 11), (0, 22), (3, 9)])
def test_counts_of_twenty_two_weights_are_those_of_all_sums(twenty_two, sizes):
    """Against four million sums listed plainly, at several tolerances."""
    weights, sums, size_of = twenty_two
    problem = SubsetSum(weights=weights, target=2**38 + 3, fewest=sizes[0], most=sizes[1])
    legal = sums[(sizes[0] <= size_of) & (size_of <= sizes[1])]
    errors = np.abs(legal - problem.target)
    for tolerance in (0, 2**20, 2**30, 2**38, 2**45):
        assert count_subsets(problem, tolerance) == np.count_nonzero(errors <= tolerance)


@pytest.mark.slow
def test_counts_of_twenty_four_weights_agree_with_enumeration():
    """Sixteen million subsets, counted plainly for every size."""
    weights = tuple(np.random.default_rng(24).integers(-(2**30), 2**30, 24).tolist())
    sums, sizes = sums_of_all(weights)
    problem = SubsetSum(weights=weights, target=12345, fewest=0, most=24)
    near = np.abs(sums - problem.target) <= 2**24
    assert count_by_size(problem, 2**24) == tuple(np.bincount(sizes[near], minlength=25).tolist())


def test_the_hundred_best_of_twenty_two_weights_are_those_of_all_sums(twenty_two):
    """The same hundred errors, and every subset has its error."""
    weights, sums, size_of = twenty_two
    problem = SubsetSum(weights=weights, target=-(2**35), fewest=10, most=10)
    errors = np.sort(np.abs(sums[size_of == 10] - problem.target))[:100]
    best = best_subsets(problem, 100)
    assert [error for error, _ in best] == errors.tolist()
    assert [naive.error_of(problem, indices) for _, indices in best] == errors.tolist()


def test_a_count_beyond_all_lists_agrees_with_its_complement():
    """Forty weights, size 18 against size 22, and every tolerance counts at most C(40, 18)."""
    rng = np.random.default_rng(40)
    weights = tuple(rng.integers(-(2**50), 2**50, 40).tolist())
    problem = SubsetSum(weights=weights, target=2**49, fewest=18, most=18)
    other = replace(problem, target=sum(weights) - 2**49, fewest=22, most=22)
    assert 0 < count_subsets(problem, 2**40) == count_subsets(other, 2**40) < comb(40, 18)
    assert count_subsets(problem, 2**62) == comb(40, 18)


def test_pairs_of_a_large_pool():
    """All pairs of three hundred weights: counted, and the ten best."""
    weights = tuple((i * i * 2654435761) % 2**40 for i in range(300))
    problem = SubsetSum(weights=weights, target=2**40, fewest=2, most=2)
    errors = sorted(abs(a + b - 2**40) for a, b in combinations(weights, 2))
    assert count_subsets(problem, errors[500]) == sum(e <= errors[500] for e in errors)
    assert [error for error, _ in best_subsets(problem, 10)] == errors[:10]


@given(strategies.pools(most=9, bits=(2, 3)), st.data())
def test_lookup_yields_every_subset_once(weights, data):
    """All subsets of a size and sum, whatever the size of the tables."""
    size = data.draw(st.integers(0, len(weights)))
    chosen = data.draw(st.sampled_from(list(combinations(range(len(weights)), size))))
    total = sum(weights[i] for i in chosen)
    expected = [
        c for c in combinations(range(len(weights)), size) if sum(weights[i] for i in c) == total
    ]
    for few in (2, 16, 4096):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lookup, "FEW", few)
            catalogue = lookup.catalogue_of(weights, most=size, by_size=True)
        assert sorted(subsets_with(catalogue, size, total)) == expected


def test_a_subset_that_does_not_have_its_error_is_rejected(monkeypatch):
    """If looking up ever went wrong, the audit would say so."""
    monkeypatch.setattr(counting, "subsets_of_pair", lambda *_: iter([(0, 3)]))
    with pytest.raises(ClaimRejected, match=r"\(0, 3\) was found for the error"):
        best_subsets(POOL, 1)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: count_subsets(POOL, -1), "tolerance must be at least 0, got -1"),
        (lambda: count_subsets(POOL, 0.5), "tolerance must be an integer, got 0.5"),
        (lambda: count_by_size(POOL, -1), "tolerance must be at least 0, got -1"),
        (lambda: best_subsets(POOL, 0), "m must be at least 1, got 0"),
        (lambda: best_subsets(POOL, True), "m must be an integer, got True"),
        (lambda: optimal_subsets(POOL, limit=0), "limit must be at least 1, got 0"),
        (
            lambda: count_subsets(SmallestSubset(weights=(1,), target=1, tolerance=0), 0),
            "counted for a subset_sum; this is a smallest_subset",
        ),
        (
            lambda: count_by_size(
                VectorSum(rows=((1,),), targets=(1,), norm="l1", fewest=0, most=1), 0
            ),
            "counted for a subset_sum; this is a vector_sum",
        ),
        (
            lambda: best_subsets(SubsetSum(weights=(1,) * 60, target=0, fewest=30, most=30), 1),
            r"halves of 60 weights have more than 2\^26 sums of up to 30",
        ),
        (
            lambda: count_by_size(SubsetSum(weights=(1,) * 60, target=0, fewest=1, most=1), 1),
            r"halves of 60 weights have more than 2\^26 sums of up to 60",
        ),
    ],
)
def test_what_cannot_be_counted_is_refused(ask, message):
    """One line that says what was given and what is possible."""
    with pytest.raises(ProblemError, match=message):
        ask()


def test_the_command_counts_and_lists(slth):
    """``slth count`` on a typed pool: counts by hand, exact strings, real tolerance."""
    pool = ("--weights", "0.5,0.5,-0.25,1", "--target", "0.75")
    answer = slth(
        "count", *pool, "--between", "1", "2", "--tolerance", "0.3", "--by-size", "--best", "1",
        "--json",
    ).json  # fmt: skip
    assert (answer["count"], answer["subsets"]) == (5, 10)
    assert answer["count_by_size"] == [0, 3, 2, 1, 0]
    best = [{"error": 0.0, "error_exact": "0", "size": 2, "indices": [2, 3]}]
    assert answer["best"] == best


def test_the_command_floors_a_tolerance_between_grid_points(slth):
    """On a grid of halves, 0.6 reaches as far as 0.5; 0.4 no farther than 0."""
    pool = ("--weights", "0.5,1,2.5", "--target", "1", "--size", "1")
    counts = [slth("count", *pool, "--tolerance", e, "--json").json["count"] for e in "013"]
    assert counts == [1, 2, 3]
    assert slth("count", *pool, "--tolerance", "0.6", "--json").json["count"] == 2
    assert slth("count", *pool, "--tolerance", "0.4", "--json").json["count"] == 1


def test_the_command_shows_tables(slth):
    """For people: one line of counts, one table of sizes, one of the best."""
    run = slth(
        "count", "--weights", "3,3,-5,8", "--target", "4", "--any-size", "--tolerance", "1",
        "--by-size", "--best", "3",
    )  # fmt: skip
    assert run.out.splitlines() == [
        "subsets of any size out of 4 weights, target 4",
        "  3 of 16 have an error of at most 1 (18.75 %)",
        "  size  within  of",
        "     0       0   1",
        "     1       2   4",
        "     2       1   6",
        "     3       0   4",
        "     4       0   1",
        "  error  size  indices",
        "      1     1  0",
        "      1     1  1",
        "      1     2  2 3",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--any-size",), "give --tolerance E to count, --best M to list, or both"),
        (("--any-size", "--best", "1", "--by-size"), "--by-size counts within a tolerance"),
        (("--any-size", "--tolerance", "-0.5"), "--tolerance must be at least 0, got -0.5"),
        (("--any-size", "--tolerance", "near"), "--tolerance must be a number, got 'near'"),
        (("--any-size", "--best", "0"), "m must be at least 1, got 0"),
        (("--tolerance", "1"), "give exactly one of --size K"),
    ],
)
def test_the_command_refuses_in_one_line(slth, arguments, message):
    """Bad input is exit code 2 and one line."""
    run = slth("count", "--weights", "1,2", "--target", "3", *arguments)
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)
    assert message in run.err
