"""The questions: what they refuse, what their masks are worth, and that their names are stable."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import product

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import Grid, Result, SmallestSubset, Stop, SubsetSum, VectorSum
from slth_opt.errors import GridError, ProblemError
from slth_opt.problems import PROBLEMS
from slth_opt.problems.free_bounds import bound_by_size
from slth_opt.problems.legality import indices_of, mask_of

PAIR = SubsetSum(weights=(3, -5), target=1, fewest=1, most=1)
NEAR = SmallestSubset(weights=(3, -5), target=1, tolerance=2)
ROWS = VectorSum(rows=((3, -5), (0, 2)), targets=(1, 1), norm="l1", fewest=1, most=1)


# What is refused, in one line each.


@pytest.mark.parametrize("problem", [PAIR, NEAR])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": ()}, "the pool is empty: give at least one weight"),
        ({"weights": (1, 2.0)}, "weight 1 must be an integer, got 2.0"),
        ({"weights": (True, 2)}, "weight 0 must be an integer, got True"),
        ({"weights": (1, np.True_)}, "weight 1 must be an integer, got True"),
        ({"weights": ("1", 2)}, "weight 0 must be an integer, got '1'"),
        ({"weights": (None, 2)}, "weight 0 must be an integer, got None"),
        ({"weights": (1, math.nan)}, "weight 1 must be an integer, got nan"),
        ({"weights": 3}, "weights must be given as a sequence, got 3"),
        ({"weights": np.ones((2, 2), int)}, r"weight 0 must be one number, got an array of shape"),
        ({"target": 0.5}, "target must be an integer, got 0.5"),
        ({"target": math.inf}, "target must be an integer, got inf"),
        ({"target": np.array([1])}, r"target must be one number, got an array of shape \(1,\)"),
        ({"weights": (2**61, -(2**61))}, "add up to 63 bits, at most 62 are possible"),
        ({"target": -(2**62)}, "add up to 63 bits, at most 62 are possible"),
        ({"grid": 4}, "the grid must be a Grid, got 4"),
        ({"grid": None}, "the grid must be a Grid, got None"),
        ({"rounded": 1}, "rounded must be True or False, got 1"),
    ],
)
def test_numbers_that_make_no_problem_are_refused(problem, changes, message):
    """One clear line says what was given and what is possible."""
    with pytest.raises(ProblemError, match=message):
        replace(problem, **changes)


@pytest.mark.parametrize("problem", [PAIR, ROWS])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fewest": -1, "most": -1}, "size -1 is impossible: a pool of 2 weights allows 0..2"),
        ({"fewest": 3, "most": 3}, "size 3 is impossible: a pool of 2 weights allows 0..2"),
        ({"most": 3}, r"size 1\.\.3 is impossible: a pool of 2 weights allows 0..2"),
        ({"fewest": 2, "most": 1}, "empty: lowest size 2 is above highest 1"),
        ({"fewest": 0.0}, r"size must be an integer, got 0\.0"),
        ({"most": True}, "size must be an integer, got True"),
    ],
)
def test_sizes_that_no_subset_has_are_refused(problem, changes, message):
    """Sizes are whole numbers between 0 and n, the lower one first."""
    with pytest.raises(ProblemError, match=message):
        replace(problem, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": ()}, "there are no rows: give at least one"),
        ({"rows": ((), ())}, "the pool is empty"),
        ({"rows": ((1, 2), (3,))}, "row 1 has 1 weights, row 0 has 2"),
        ({"rows": (1, 2)}, "row 0, weights must be given as a sequence, got 1"),
        ({"rows": 7}, "rows must be given as a sequence, got 7"),
        ({"rows": ((1, 2), (3, 0.5))}, r"row 1, weight 1 must be an integer, got 0\.5"),
        ({"targets": (1,)}, "2 rows need as many targets, got 1"),
        ({"targets": 1}, "targets must be given as a sequence, got 1"),
        ({"norm": "l2"}, "the norm must be one of l1, linf, got 'l2'"),
        # Each row alone would do; the L1 norm adds them up.
        ({"rows": ((2**61, 0), (2**61, 0))}, "add up to 63 bits, at most 62 are possible"),
        ({"grid": None}, "the grid must be a Grid, got None"),
    ],
)
def test_a_matrix_of_no_sense_is_refused(changes, message):
    """Rows of one length, one target each, a norm that exists, all within 62 bits together."""
    with pytest.raises(ProblemError, match=message):
        replace(ROWS, **changes)


@pytest.mark.parametrize(
    ("tolerance", "message"),
    [
        (-1, "the tolerance must not be negative, got -1"),
        (0.5, "tolerance must be an integer"),
        (2**62, "add up to 63 bits"),
    ],
)
def test_a_tolerance_of_no_sense_is_refused(tolerance, message):
    """A tolerance is a whole number of grid units, 0 or more."""
    with pytest.raises(ProblemError, match=message):
        replace(NEAR, tolerance=tolerance)


@pytest.mark.parametrize(
    ("weights", "target", "message"),
    [
        ([1.0, math.nan], 1.0, "weight 1 must be a finite real number, got nan"),
        ([math.inf], 1.0, "weight 0 must be a finite real number, got inf"),
        ([1.0], math.nan, "target must be a finite real number, got nan"),
        (["1.0"], 1.0, "weight 0 must be a real number, got '1.0'"),
        ("12", 1.0, "weight 0 must be a real number, got '1'"),
        ([1.0], True, "target must be a real number, got True"),
        ([], 1.0, "the pool is empty: give at least one weight"),
        (np.zeros((0,)), 1.0, "the pool is empty: give at least one weight"),
        (0.5, 1.0, "weights must be given as a sequence, got 0.5"),
        (np.ones((3, 1)), 1.0, r"weight 0 must be one number, got an array of shape \(1,\)"),
        ([2.0**62], 0.0, "1 bits were missing"),
    ],
)
@pytest.mark.parametrize("rounding", ["exact", "nearest"])
def test_reals_that_make_no_problem_are_refused(weights, target, message, rounding):
    """Whether exact or rounded, what is no finite real is named; rounding saves only bits."""
    if "bits were missing" in message and rounding == "nearest":
        assert SubsetSum.from_reals(weights, target, rounding=rounding).grid.exponent < 0
        return
    with pytest.raises(ProblemError, match=message):
        SubsetSum.from_reals(weights, target, rounding=rounding)
    with pytest.raises(ProblemError, match=message):
        SmallestSubset.from_reals(weights, target, tolerance=0, rounding=rounding)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (-1, "size -1 is impossible"),
        (4, "size 4 is impossible: a pool of 3 weights allows 0..3"),
        ((2, 1), "the size range is empty"),
        ((0, 4), r"size 0\.\.4 is impossible"),
        ((0, 1, 2), r"a range of sizes is a pair \(fewest, most\), got \(0, 1, 2\)"),
        (1.0, r"size must be an integer, got 1\.0"),
        (True, "size must be an integer, got True"),
        ("2", "size must be an integer, got '2'"),
    ],
)
def test_size_rules_that_no_subset_meets_are_refused(size, message):
    """A size rule is a number, a pair or None."""
    with pytest.raises(ProblemError, match=message):
        SubsetSum.from_reals([1.0, 2.0, 3.0], 1.0, size=size)
    with pytest.raises(ProblemError, match=message):
        VectorSum.from_reals([[1.0, 2.0, 3.0]], [1.0], size=size)


@pytest.mark.parametrize("tolerance", [-0.5, math.nan, math.inf, None])
def test_a_real_tolerance_of_no_sense_is_refused(tolerance):
    """A tolerance is a finite real, 0 or more."""
    with pytest.raises(ProblemError, match="tolerance must"):
        SmallestSubset.from_reals([1.0], 1.0, tolerance=tolerance)


def test_a_negative_size_is_not_an_index_from_the_back():
    """Size -1 means nothing, also for a matrix."""
    with pytest.raises(ProblemError, match="size -1 is impossible"):
        VectorSum.from_reals([[1.0, 2.0]], [1.0], size=-1)


# From reals.


@pytest.mark.parametrize(
    ("size", "sizes"), [(2, (2, 2)), (None, (0, 3)), ((1, 2), (1, 2)), ([0, 1], (0, 1))]
)
def test_a_size_rule_becomes_a_range(size, sizes):
    """Exactly k, any size, or a pair."""
    problem = SubsetSum.from_reals([1.0, 2.0, 3.0], 1.0, size=size)
    assert (problem.fewest, problem.most) == sizes


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_of_floats_are_placed_without_any_loss(dtype):
    """The integers times the unit are the very floats of the array."""
    pool = np.array([0.1, -0.7, 0.3], dtype)
    problem = SubsetSum.from_reals(pool, dtype(0.2))
    assert [float(problem.grid.real(w)) for w in problem.weights] == pool.tolist()
    assert problem.grid.real(problem.target) == Fraction(float(dtype(0.2)))
    assert not problem.rounded


def test_products_of_float32_grid_sources_fit_exactly():
    """Products of multiples of 2^-23 are multiples of 2^-46: one hundred of them fit."""
    sources = np.arange(1, 101) / np.float32(2**23)
    problem = SubsetSum.from_reals(sources.astype(float) * (1 + 2.0**-23), 0.25)
    assert problem.grid.exponent == 46
    assert problem.weights[0] == 2**23 + 1


def test_all_rows_share_one_grid():
    """The finest entry decides."""
    problem = VectorSum.from_reals([[0.5, 1.0], [0.0, 2.0**-20]], [1.0, 0.25])
    assert problem.rows == ((2**19, 2**20), (0, 1))
    assert problem.targets == (2**20, 2**18)


def test_a_tolerance_between_two_grid_points_is_the_lower_one():
    """Sums are multiples of 1/4, so within 0.7 means within 0.5."""
    assert SmallestSubset.from_reals([0.25], 0.5, tolerance=0.7).tolerance == 2


def test_a_tolerance_larger_than_everything_still_fits():
    """A tolerance of 10^30 admits every subset, and so does the one that is stored."""
    problem = SmallestSubset.from_reals([0.25, -3.0], 0.5, tolerance=10**30)
    assert all(problem.is_legal(mask) for mask in product((0, 1), repeat=2))


def test_rounding_is_recorded_only_when_it_changed_something():
    """A quarter is a quarter at 20 bits; a tenth is not a tenth."""
    assert not SubsetSum.from_reals([0.25], 0.5, rounding="nearest", bits=20).rounded
    assert SubsetSum.from_reals([0.1], 0.5, rounding="nearest", bits=20).rounded
    assert SubsetSum.from_reals([0.25], 0.1, rounding="nearest", bits=20).rounded


def test_rounding_is_never_chosen_for_the_user():
    """Three reals 2^-70 apart from one do not fit, and exact is the default."""
    with pytest.raises(GridError, match="rounding='nearest'"):
        SubsetSum.from_reals([1.0, Fraction(1, 2**70)], 0.5)


reals = st.fractions(min_value=-100, max_value=100)


@st.composite
def real_problems(draw):
    """Draw a rounded problem of any kind with its original reals, and a mask."""
    n, d = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    kind = draw(st.sampled_from(PROBLEMS))
    d = d if kind is VectorSum else 1
    rows = [draw(st.lists(reals, min_size=n, max_size=n)) for _ in range(d)]
    goals = draw(st.lists(reals, min_size=d, max_size=d))
    how = {"rounding": "nearest", "bits": draw(st.none() | st.integers(-3, 40))}
    if kind is VectorSum:
        norm = draw(st.sampled_from(["l1", "linf"]))
        problem = VectorSum.from_reals(rows, goals, norm=norm, **how)
    elif kind is SmallestSubset:
        problem = SmallestSubset.from_reals(rows[0], goals[0], tolerance=10**6, **how)
    else:
        problem = SubsetSum.from_reals(rows[0], goals[0], **how)
    return problem, rows, goals, draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))


def true_error(problem, rows, goals, mask):
    """Measure a mask on the original reals."""
    sums = [sum((v for v, x in zip(row, mask, strict=True) if x), Fraction(0)) for row in rows]
    errors = [abs(s - t) for s, t in zip(sums, goals, strict=True)]
    return sum(errors) if getattr(problem, "norm", "") == "l1" else max(errors)


def result_of(problem, mask):
    """Wrap a mask in a result that claims nothing else."""
    return Result(
        problem=problem,
        backend="none",
        indices=indices_of(mask),
        value=problem.value(mask),
        lower_bound=0,
        infeasible=False,
        stop=Stop.GAVE_UP,
        seconds=0.0,
        nodes=0,
    )


@given(real_problems())
def test_the_bracket_contains_the_error_on_the_original_reals(case):
    """For every kind and norm, however coarse the rounding."""
    problem, rows, goals, mask = case
    low, high = result_of(problem, mask).bracket
    assert low <= true_error(problem, rows, goals, mask) <= high


@given(real_problems())
def test_the_bracket_is_one_point_when_nothing_was_rounded(case):
    """Without rounding the error is known exactly."""
    problem, *_, mask = case
    exact = replace(problem, rounded=False)
    error = exact.grid.real(exact.error(mask))
    assert result_of(exact, mask).bracket == (error, error)


def test_the_bracket_is_reached():
    """Three numbers, each rounded by half a unit, all in the direction that hurts."""
    problem = SubsetSum.from_reals([0.5, 2.5], -0.5, rounding="nearest", bits=0)
    assert (problem.weights, problem.target) == ((0, 2), 0)
    low, high = result_of(problem, (1, 1)).bracket
    assert (low, high) == (Fraction(1, 2), Fraction(7, 2))
    assert (
        true_error(problem, [[Fraction(1, 2), Fraction(5, 2)]], [Fraction(-1, 2)], (1, 1)) == high
    )


@pytest.mark.parametrize(("norm", "worst"), [("l1", 2), ("linf", 1)])
def test_the_bracket_of_several_rows_is_reached(norm, worst):
    """Both rows lose half a unit in the weight and half in the target: 1 each, 2 in all."""
    rows, goals = [[Fraction(1, 2)]] * 2, [Fraction(-1, 2)] * 2
    problem = VectorSum.from_reals(rows, goals, norm=norm, rounding="nearest", bits=0)
    assert result_of(problem, (1,)).bracket == (0, worst)
    assert true_error(problem, rows, goals, (1,)) == worst


# Masks.


@given(strategies.problems(most=5))
def test_every_mask_is_worth_what_the_slow_truth_says(problem):
    """Legality, value and error of all masks."""
    for mask in product((0, 1), repeat=problem.num_candidates):
        indices = indices_of(mask)
        value = naive.value_of(problem, indices)
        assert problem.is_legal(mask) is (value is not None)
        assert problem.error(mask) == naive.error_of(problem, indices)
        assert value is None or problem.value(mask) == value


@given(strategies.problems(most=5))
def test_the_slow_truth_agrees_with_itself(problem):
    """The best of all subsets one by one is the best of the sums reached by size."""
    best, _ = min(naive.legal_subsets(problem), default=(None, None))
    assert naive.optimum(problem) == best


@given(st.lists(st.integers(0, 1)))
def test_masks_and_indices_are_two_views_of_one_choice(mask):
    """There and back again."""
    assert mask_of(indices_of(mask), len(mask)) == tuple(mask)


@pytest.mark.parametrize("problem", [PAIR, NEAR, ROWS])
def test_a_mask_of_another_length_is_an_error(problem):
    """A mask too short or too long is never cut to fit."""
    for mask in ((1,), (1, 0, 0)):
        with pytest.raises(ValueError, match="zip"):
            problem.error(mask)


# The free bound.


@given(strategies.problems())
def test_the_free_bound_is_never_above_the_optimum(problem):
    """Anyone may compute it, nobody may be misled by it."""
    best = naive.optimum(problem)
    if best is None:
        best = problem.num_candidates + 1
    assert problem.free_bound() <= best


@given(strategies.pools(most=6), st.data())
def test_the_bound_of_each_size_is_below_the_best_of_that_size(weights, data):
    """Size by size, against every subset."""
    target = data.draw(strategies.targets(weights))
    bounds = bound_by_size(weights, target)
    assert all(b <= e for b, e in zip(bounds, naive.profile(weights, target), strict=True))


@pytest.mark.parametrize(
    ("weights", "target", "bounds"),
    [
        ((5, 5, 5), 12, (12, 7, 2, 3)),  # all equal: one sum per size
        ((0, 0), 3, (3, 3, 3)),  # nothing to choose
        ((1, 2, 4), 100, (100, 96, 94, 93)),  # above the largest sums 0, 4, 6, 7
        ((-1, -2, -4), 3, (3, 4, 6, 10)),  # above the largest sums 0, -1, -3, -7
        ((3, 13, 23), 20, (20, 3, 4, 19)),  # pairs are 16, 26, 36: nearest 4; ones 3, 13, 23
        ((7,), -2, (2, 9)),
    ],
)
def test_the_bound_is_tight_where_sums_are_a_full_lattice(weights, target, bounds):
    """Worked out by hand, and met by the best subset of each size."""
    assert bound_by_size(weights, target) == bounds
    assert list(bounds) == naive.profile(weights, target)


def test_no_subset_is_near_enough_when_the_bound_says_so():
    """Sums of multiples of 4 stay 2 away from 2 modulo 4: n + 1 stands for impossible."""
    problem = SmallestSubset(weights=(4, 8, -12), target=6, tolerance=1)
    assert problem.free_bound() == 4
    assert naive.optimum(problem) is None


# Digests.

# Each is the sha256 of the canonical form typed by hand, such as
# {"exponent":0,"kind":"smallest_subset","rounded":false,"target":1,"tolerance":2,"weights":[3,-5]}
PINNED = {
    "subset_sum": (PAIR, "d1dc6efa5496e446673d9532cba16ec5bd6818bbdc26009ad48a3179a005f123"),
    "smallest_subset": (NEAR, "0524e2855b0698b422ddb5407cee4c4b7807f1101e77ca833ef6a9167f37e8ac"),
    "vector_sum": (ROWS, "ceb6d74ef360a180face6b453aa299d4d0c1dcd8105c71173a4c41076642f470"),
}

CHANGES = {
    "subset_sum": {"weights": (3, -4), "target": 2, "fewest": 0, "most": 2},
    "smallest_subset": {"weights": (-5, 3), "target": -1, "tolerance": 3},
    "vector_sum": {
        "rows": ((3, -5), (0, 1)),
        "targets": (1, 0),
        "norm": "linf",
        "fewest": 0,
        "most": 2,
    },
}


@pytest.mark.parametrize("kind", PINNED)
def test_the_digest_of_a_problem_is_pinned(kind):
    """Certificates of years ago name problems by it: it must never change."""
    problem, digest = PINNED[kind]
    assert problem.kind == kind
    assert problem.digest == digest


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, field) for kind in CHANGES for field in (*CHANGES[kind], "grid", "rounded")],
)
def test_any_changed_field_changes_the_digest(kind, field):
    """Each field counts, also those that only say what the integers mean."""
    problem = PINNED[kind][0]
    both = {"grid": Grid(exponent=1), "rounded": True}
    changed = replace(problem, **{field: (CHANGES[kind] | both)[field]})
    assert changed.digest != problem.digest


@given(strategies.problems(), strategies.problems())
def test_equal_digests_mean_equal_problems(one, other):
    """Also for problems of one kind that differ in one number."""
    assert (one.digest == other.digest) is (one == other)


def test_the_digest_does_not_depend_on_the_type_of_the_numbers():
    """Lists, tuples and numpy integers of one value are one problem."""
    other = SubsetSum(
        weights=np.array([3, -5], np.int32), target=np.int8(1), fewest=np.uint8(1), most=1
    )
    assert other == PAIR
    assert other.digest == PAIR.digest


@pytest.mark.parametrize("problem", [PAIR, NEAR, ROWS], ids=lambda problem: problem.kind)
def test_a_problem_is_frozen(problem):
    """What a digest names cannot change afterwards."""
    with pytest.raises(AttributeError):
        problem.grid = Grid(exponent=1)
