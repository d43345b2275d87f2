"""Layers mean what their definition says: every mask of small ones, held to the slow truth."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from itertools import product
from math import inf, nan

import naive
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from test_programs import least_objectives

from slth_opt import Grid, Result, Stop, solve
from slth_opt.errors import ClaimRejected, GridError, ProblemError
from slth_opt.guessing import first_guess
from slth_opt.library import problem_from_dict
from slth_opt.methods import Backend, Claim
from slth_opt.problems import JointLayer, LayerBudget, SharedBlock
from slth_opt.problems.legality import indices_of
from slth_opt.programs import point_of, program_of, why_no_program
from slth_opt.reproving import search_below

BUDGET = LayerBudget(pools=((3, -5), (2, 7)), targets=(4, 9), norm="l1", most=3)
BLOCK = SharedBlock(
    products=((4, 1, 3), (2, 2, 5)), targets=(4, 5), minimise="edges", tolerances=(1, 0)
)
PRECISE = SharedBlock(products=((4, 1, 3), (2, 2, 5)), targets=(4, 5), minimise="error")
JOINT = JointLayer(first=((2, 1), (3, -1)), second=((1, 2),), targets=((8, -1),), norm="l1", most=6)
LAYERS = (BUDGET, BLOCK, PRECISE, JOINT)

of_each_kind = pytest.mark.parametrize(
    "problem", LAYERS, ids=lambda p: f"{p.kind}-{getattr(p, 'minimise', p.kind)}"
)
linear = strategies.layers().filter(lambda p: why_no_program(p) is None)


def masks_of(problem):
    """List every mask of a problem."""
    return product((0, 1), repeat=problem.num_candidates)


# The objective and the rules.


@given(strategies.layers())
def test_every_mask_is_worth_what_the_slow_truth_says(problem):
    """Errors, error, legality and value of every mask, computed twice."""
    for mask in masks_of(problem):
        chosen = indices_of(mask)
        value = naive.value_of(problem, chosen)
        assert list(problem.errors(mask)) == naive.errors_of(problem, chosen)
        assert problem.error(mask) == naive.error_of(problem, chosen)
        assert problem.is_legal(mask) is (value is not None)
        assert value is None or problem.value(mask) == value


@given(strategies.layers(), st.data())
def test_sums_are_what_the_errors_are_measured_from(problem, data):
    """A target moved onto the sum of a mask leaves no error there, and the others alone."""
    n = problem.num_candidates
    mask = tuple(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    sums = problem.sums(mask)
    if isinstance(problem, JointLayer):
        d = len(problem.first[0])
        moved = replace(
            problem, targets=tuple(sums[i * d : i * d + d] for i in range(len(problem.second)))
        )
    else:
        moved = replace(problem, targets=sums)
    assert set(naive.errors_of(moved, indices_of(mask))) == {0}


@pytest.mark.parametrize(
    ("problem", "mask", "why"),
    [
        (BUDGET, (1, 1, 1, 1), "4 weights, the budget is 3"),
        (BLOCK, (1, 0, 0, 0, 0, 0), "error 5 at output 1, its tolerance is 0"),
        (replace(PRECISE, most_edges=3), (1, 0, 0, 0, 1, 0), "4 edges, the budget is 3"),
        (replace(PRECISE, most_neurons=1), (1, 0, 0, 0, 1, 0), "2 neurons, the budget is 1"),
        (replace(JOINT, most=1), (1, 1, 0, 0, 0, 0), "2 edges, the budget is 1"),
        (BLOCK, (0, 0, 1, 0, 0, 1), None),
    ],
)
def test_what_is_illegal_is_said_in_words(problem, mask, why):
    """Which rule, by how much."""
    assert problem.why_illegal(mask) == why


@of_each_kind
@pytest.mark.parametrize("change", [-1, 1])
def test_a_mask_of_another_length_is_an_error(problem, change):
    """A mask too short or too long is never cut to fit."""
    mask = (1,) * (problem.num_candidates + change)
    with pytest.raises(ProblemError, match=f"the mask has {len(mask)} entries for"):
        problem.errors(mask)


# Bounds that need no search.


@given(strategies.layers())
def test_the_free_bound_is_never_above_the_optimum(problem):
    """Nor does it ever say that a problem with a legal selection has none."""
    best = naive.optimum(problem)
    if best is None:
        assert problem.impossible is not None
        assert problem.free_bound() <= problem.impossible
    else:
        assert problem.free_bound() <= best
        assert problem.impossible is None or best < problem.impossible


@pytest.mark.parametrize(
    ("problem", "bound"),
    [
        (BUDGET, 1),  # 3 and -5 keep 1 from 4; 2 + 7 is 9
        (replace(BUDGET, norm="linf"), 1),
        (replace(BUDGET, norm="squares"), 1),
        (replace(BUDGET, most=0), 13),
        (BLOCK, 3),  # one neuron, chosen by both
        (replace(BLOCK, minimise="neurons"), 1),
        (replace(BLOCK, tolerances=(0, 0), targets=(9, 0)), 10),  # 9 is beyond 4 + 1 + 3
        (replace(PRECISE, most_neurons=0), 5),
        (replace(PRECISE, most_edges=1), 5),
        (replace(JOINT, most=1), 9),
    ],
)
def test_the_free_bound_by_hand(problem, bound):
    """Each pool, output or entry on its own, with no more edges than the budget has."""
    assert problem.free_bound() == bound


def test_an_infeasible_block_can_be_seen_to_be_one():
    """Ten: one more than all six choices and the three edges into their neurons."""
    block = replace(BLOCK, tolerances=(0, 0), targets=(9, 0))
    assert (block.free_bound(), block.impossible) == (10, 10)


# The programs.


@st.composite
def tiny_layers(draw):
    """Draw a layer whose program has few enough integer points to list."""
    small = st.integers(-2, 2)

    def row(n):
        return tuple(draw(st.lists(small, min_size=n, max_size=n)))

    kind = draw(st.sampled_from(["budget", "block", "joint"]))
    if kind == "joint":
        hidden, inputs = draw(st.sampled_from([(1, 1), (2, 1), (1, 2)]))
        return JointLayer(
            first=tuple(row(inputs) for _ in range(hidden)),
            second=(row(hidden),),
            targets=(row(inputs),),
            norm=draw(st.sampled_from(["l1", "linf"])),
            most=draw(st.integers(0, hidden * (inputs + 1) + 1)),
        )
    n, count = draw(st.sampled_from([(1, 1), (2, 1), (3, 1), (1, 2), (2, 2)]))
    rows, targets = tuple(row(n) for _ in range(count)), row(count)
    if kind == "budget":
        norm = draw(st.sampled_from(["l1", "linf"]))
        most = draw(st.integers(0, n * count + 1))
        return LayerBudget(pools=rows, targets=targets, norm=norm, most=most)
    what = draw(st.sampled_from(["edges", "neurons", "error"]))
    if what != "error":
        tolerances = tuple(draw(st.integers(0, 3)) for _ in rows)
        return SharedBlock(products=rows, targets=targets, minimise=what, tolerances=tolerances)
    return SharedBlock(
        products=rows,
        targets=targets,
        minimise=what,
        most_edges=draw(st.none() | st.integers(0, 6)),
        most_neurons=draw(st.none() | st.integers(0, 3)),
    )


@settings(max_examples=150)
@given(tiny_layers())
def test_the_program_means_what_the_problem_means(problem):
    """Of all integer points: the feasible masks are the legal ones, each least at its value."""
    least = least_objectives(program_of(problem))
    legal = {indices: value for value, indices in naive.legal_subsets(problem)}
    assert {indices_of(mask): value for mask, value in least.items()} == legal


@given(linear)
def test_every_legal_mask_extends(problem):
    """At any magnitude, to a feasible point whose objective is its value; no other mask does."""
    program = program_of(problem)
    for mask in masks_of(problem):
        point = point_of(problem, mask)
        value = naive.value_of(problem, indices_of(mask))
        assert point[: program.num_choices] == mask
        assert program.is_feasible(point) is (value is not None)
        assert value is None or program.objective_at(point) == value


@given(linear)
def test_no_number_of_the_program_has_more_bits_than_the_problem_says(problem):
    """Nor can a row's sum: what a method was told it must hold, it must hold, and no more."""
    program = program_of(problem)
    counts = problem.num_candidates + len(program.variables)
    limit = max(2**problem.bits - 1, counts)
    for row in program.rows:
        sides = [abs(side) for side in (row.low, row.high) if side is not None]
        assert max(sides) <= limit
        choices = sum(abs(a) for i, a in row.terms if program.variables[i].high == 1)
        assert choices <= limit
    assert max(variable.high for variable in program.variables) <= limit
    reach = sum(abs(c) * program.variables[i].high for i, c in program.objective)
    assert reach <= limit


def test_a_sum_of_squares_is_no_program():
    """And the refusal says what to do instead."""
    with pytest.raises(ProblemError, match="sum of squares is no linear objective: use the back"):
        program_of(replace(BUDGET, norm="squares"))


def test_the_budget_of_many_large_pools_is_a_program_all_the_same():
    """No row adds up more than one pool, however many there are."""
    pools = tuple((2**60, 2**60 - p) for p in range(20))
    problem = LayerBudget(pools=pools, targets=(1,) * 20, norm="linf", most=3)
    point = point_of(problem, (1, 0) * 20)
    assert program_of(replace(problem, most=20)).is_feasible(point)


# The second proof.


@given(strategies.layers(), st.integers(-2, 3))
def test_the_search_finds_what_brute_force_finds(problem, beyond):
    """Just below, at and just above the optimum."""
    best = naive.optimum(problem)
    bound = beyond + (problem.impossible if best is None else best)
    reproof = search_below(problem, bound)
    expected = None if best is None or best >= bound else best
    assert (reproof.complete, reproof.found) == (True, expected)


@given(strategies.layers(), st.integers(-3, 2**62))
def test_the_search_from_any_bound(problem, bound):
    """However far the bound is from the optimum."""
    best = naive.optimum(problem)
    expected = None if best is None or best >= bound else best
    assert search_below(problem, bound).found == expected


@given(strategies.layers(), st.integers(0, 400))
def test_a_search_with_too_few_steps_says_so(problem, most_steps):
    """It finds the optimum, or does not call itself complete."""
    best = naive.optimum(problem)
    reproof = search_below(problem, 2**140, most_steps=most_steps)
    assert (reproof.found, reproof.complete) in ((best, True), (None, False))


@pytest.mark.parametrize(
    "problem",
    [
        LayerBudget(pools=((1,) * 60,) * 3, targets=(1,) * 3, norm="l1", most=9),
        LayerBudget(pools=((1,),) * 10**4, targets=(1,) * 10**4, norm="l1", most=5000),
        SharedBlock(products=((1,) * 60,), targets=(7,), minimise="edges", tolerances=(0,)),
        SharedBlock(products=((1,) * 16,) * 9, targets=(7,) * 9, minimise="error", most_edges=9),
        JointLayer(
            first=((1,) * 4,) * 16,
            second=((1,) * 16,) * 4,
            targets=((5,) * 4,) * 4,
            norm="l1",
            most=99,
        ),
        JointLayer(
            first=((1,) * 2000,) * 2,
            second=((1, 1),) * 2,
            targets=((1,) * 2000,) * 2,
            norm="l1",
            most=3000,
        ),
    ],
    ids=lambda p: p.kind,
)
def test_what_would_take_minutes_is_not_begun(problem):
    """Pools, budgets, neurons or edges too many for plain Python."""
    assert not search_below(problem, 2).complete


# The first guess.


@given(strategies.layers())
def test_the_guess_is_legal(problem):
    """Every index once, in order; and where nothing is always legal, there always is one."""
    guess = first_guess(problem)
    if guess is None:
        assert problem.impossible is not None
    else:
        assert list(guess) == sorted(set(guess))
        assert naive.value_of(problem, guess) is not None


# Reals.

reals = st.fractions(min_value=-50, max_value=50, max_denominator=2**20)
roundings = {"rounding": st.just("nearest"), "bits": st.integers(-2, 24)}


@st.composite
def real_layers(draw):
    """Draw a rounded layer, the reals behind it as naive reads them, and a mask."""

    def matrix(rows, columns):
        row = st.lists(reals, min_size=columns, max_size=columns)
        return draw(st.lists(row, min_size=rows, max_size=rows))

    how = draw(st.fixed_dictionaries(roundings))
    rows, n = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kind = draw(st.sampled_from([LayerBudget, SharedBlock, JointLayer]))
    numbers = {"targets": draw(st.lists(reals, min_size=rows, max_size=rows))}
    if kind is LayerBudget:
        numbers["pools"] = matrix(rows, n)
        norm = draw(st.sampled_from(["linf", "l1", "squares"]))
        problem = LayerBudget.from_reals(numbers["pools"], numbers["targets"], norm=norm, **how)
    elif kind is SharedBlock:
        (first,), second = matrix(1, n), matrix(rows, n)
        numbers["products"] = [[u * v for u, v in zip(first, r, strict=True)] for r in second]
        what = draw(st.sampled_from(["edges", "error"]))
        tolerance = 10**6 if what == "edges" else None
        problem = SharedBlock.from_reals(
            first, second, numbers["targets"], minimise=what, tolerance=tolerance, **how
        )
    else:
        inputs = draw(st.integers(1, 2))
        numbers = {
            "first": matrix(n, inputs),
            "second": matrix(rows, n),
            "targets": matrix(rows, inputs),
        }
        norm = draw(st.sampled_from(["linf", "l1"]))
        problem = JointLayer.from_reals(**numbers, norm=norm, **how)
    count = problem.num_candidates
    mask = draw(st.lists(st.integers(0, 1), min_size=count, max_size=count))
    return problem, numbers, mask


def true_error(problem, numbers, mask):
    """Measure a mask on the original reals, by the slow truth."""

    class Original:
        kind = problem.kind
        norm = getattr(problem, "norm", None)

    for name, value in numbers.items():
        setattr(Original, name, value)
    return naive.error_of(Original, indices_of(mask))


def bracket_of(problem, mask):
    """Wrap a mask in a result that claims nothing else."""
    facts = {"lower_bound": 0, "infeasible": False, "stop": Stop.GAVE_UP}
    facts |= {"seconds": 0.0, "nodes": 0, "indices": indices_of(mask)}
    return Result(problem=problem, backend="none", value=problem.value(mask), **facts).bracket


@settings(max_examples=200)
@given(real_layers())
def test_the_bracket_contains_the_error_on_the_original_reals(case):
    """For every kind and norm, however coarse the rounding."""
    problem, numbers, mask = case
    low, high = bracket_of(problem, mask)
    assert low <= true_error(problem, numbers, mask) <= high


@given(real_layers())
def test_only_what_was_moved_is_called_rounded(case):
    """A problem is exact if and only if every integer stands for the very real."""
    problem, numbers, mask = case
    if not problem.rounded:
        error = problem.grid.real(problem.error(mask))
        assert bracket_of(problem, mask) == (error, error)
        assert true_error(problem, numbers, mask) == error


def test_the_bracket_of_a_joint_layer_is_nearly_reached():
    """Both factors and the target off by half a unit, all in the direction that hurts."""
    half = Fraction(1, 2)
    layer = JointLayer.from_reals(
        [[10 + half]], [[20 + half]], [[100 - half]], rounding="nearest", bits=0
    )
    off = (10 + half) * (20 + half) - (100 - half) - (10 * 20 - 100)
    low, high = bracket_of(layer, (1, 1))
    assert (layer.first, layer.second, layer.targets) == (((10,),), ((20,),), ((100,),))
    assert high - 1 < 100 + off <= high
    assert low == 200 - high


dyadic = st.integers(-(2**20), 2**20).map(lambda i: i * 2.0**-19)


@given(st.lists(st.tuples(dyadic, dyadic, dyadic), min_size=1, max_size=3))
def test_reals_that_fit_are_placed_without_any_loss(rows):
    """Products of sources on the single-precision grid among them."""
    u, v, w = ([list(row)] for row in zip(*rows, strict=True))
    budget = LayerBudget.from_reals(u, [v[0][0]])
    block = SharedBlock.from_reals(u[0], v, [w[0][0]], tolerance=1)
    joint = JointLayer.from_reals([[x] for x in u[0]], v, [[w[0][0]]])
    products = [Fraction(a) * Fraction(b) for a, b in zip(u[0], v[0], strict=True)]
    assert [budget.grid.real(i) for i in budget.pools[0]] == [Fraction(x) for x in u[0]]
    assert [block.grid.real(i) for i in block.products[0]] == products
    (((_, pool, target)),) = joint.entries()
    assert [joint.grid.real(i) for i in pool] == products
    assert joint.grid.real(target) == Fraction(w[0][0])
    assert {budget.rounded, block.rounded, joint.rounded} == {False}


def test_a_layer_of_many_pools_needs_no_more_room_than_one():
    """Full double precision, 55 bits a pool, 512 pools whose numbers would add up to 64."""
    layer = LayerBudget.from_reals([[1 - 2.0**-52] * 4] * 512, [0.5] * 512, norm="linf")
    assert (layer.grid.exponent, layer.bits, layer.pools[0][0]) == (52, 55, 2**52 - 1)


def test_a_block_of_many_outputs_needs_no_more_room_than_one():
    """The same with products of a block."""
    second = [[1 - 2.0**-52] * 4] * 512
    block = SharedBlock.from_reals([1.0] * 4, second, [0.5] * 512, tolerance=0.1)
    assert (block.grid.exponent, block.bits) == (52, 55)


def test_weights_that_never_meet_need_not_fit_together():
    """A large weight meets a small one only: every product fits, the largest would not."""
    layer = JointLayer.from_reals([[2.0**40], [2.0**-20]], [[2.0**-20, 1.0]], [[0.0]])
    (((_, pool, _)),) = layer.entries()
    assert [layer.grid.real(p) for p in pool] == [2**20, Fraction(1, 2**20)]


def test_a_target_finer_than_the_products_is_exact():
    """The second matrix is made as fine as the target needs."""
    layer = JointLayer.from_reals([[0.5]], [[0.25]], [[2.0**-9]])
    assert (layer.first, layer.second, layer.targets) == (((1,),), ((2**6,),), ((1,),))
    assert not layer.rounded


def test_a_real_tolerance_is_one_for_all_or_one_for_each():
    """Rounded down to the grid, cut to what the sums reach."""
    facts = {"first": [1.0, 0.5], "second": [[1, 1], [2, 4]], "targets": [0.5, 1.0]}
    one = SharedBlock.from_reals(**facts, tolerance=1.9)
    each = SharedBlock.from_reals(**facts, tolerance=[0.0, 10**9])
    assert (one.tolerances, each.tolerances) == ((3, 3), (0, 4 + 4 + 2))


def test_without_a_budget_everything_may_be_kept():
    """A budget above the number of weights is legal, and the same as none."""
    layer = LayerBudget.from_reals([[1, 2], [3, 4]], [3, 7])
    above = replace(layer, most=10**30)
    assert layer.most == 4
    assert above.value((1, 1, 1, 1)) == 0
    assert above.is_legal((1, 1, 1, 1))
    assert JointLayer.from_reals([[1, 1]], [[1], [1]], [[1, 1], [1, 1]]).most == 4


# Numbers that make no problem.

U, V, W = [1.0, 2.0], [[1.0, 2.0], [3.0, 4.0]], [0.5, 0.25]
M = [[1.0, 2.0], [3.0, 4.0]]
BAD_REALS = {
    "a ragged pool": (LayerBudget, ([[1, 2], [3]], [1, 2]), "pool 1 has 1 entries, pool 0 has 2"),
    "no pool": (LayerBudget, ([], []), "there is no pool: give at least one"),
    "an empty pool": (LayerBudget, ([[]], [1]), "pool 0 is empty: give at least one entry"),
    "a flat pool": (LayerBudget, ([1, 2], [1]), "pool 0, entries must be given as a sequence"),
    "targets too few": (LayerBudget, (V, [1]), "2 pools need as many targets, got 1"),
    "a pool of NaN": (LayerBudget, ([[1, nan]], [1]), "pool 0, entry 1 must be a finite real"),
    "an infinite target": (LayerBudget, (V, [1, -inf]), "target 1 must be a finite real number"),
    "a pool of text": (LayerBudget, ([["1"]], [1]), "pool 0, entry 0 must be a real number"),
    "a pool too wide": (
        LayerBudget,
        ([[1, 2], [2.0**40, 2.0**-30]], W),
        "pool 1, entry 1 needs 2^-30 to be exact, and pool 1 and its target sums up to 2^41: 9 bits"
        " were missing",
    ),
    "a pool and another too wide": (
        LayerBudget,
        ([[1, 2.0**-30], [2.0**40, 2]], W),
        "pool 0, entry 1 needs 2^-30 to be exact, and pool 1 and its target sums up to 2^41",
    ),
    "a target too fine": (
        LayerBudget,
        ([[2.0**40], [1]], [1, 2.0**-40]),
        "target 1 needs 2^-40 to be exact, and pool 0 and its target sums up to 2^41",
    ),
    "a third": (
        LayerBudget,
        ([[1, Fraction(1, 3)]], [1]),
        "pool 0, entry 1, 1/3, lies on no power-of-two grid; use rounding='nearest'",
    ),
    "first too short": (SharedBlock, ([1.0], V, W), "1 entries of first need as many entries of s"),
    "first of NaN": (SharedBlock, ([1, nan], V, W), "first 1 must be a finite real number"),
    "second of inf": (SharedBlock, (U, [[1, 2], [inf, 4]], W), "second 1, entry 0 must be"),
    "second ragged": (SharedBlock, (U, [[1, 2], [3]], W), "second 1 has 1 entries, second 0 has 2"),
    "outputs without targets": (SharedBlock, (U, V, [1]), "2 outputs need as many targets, got 1"),
    "products too wide": (
        SharedBlock,
        ([2.0**30, 2.0**-30], [[2.0**20, 1], [1, 2.0**-10]], W),
        "first 1 times second 1, entry 1 needs 2^-40 to be exact, and output 0 with its products "
        "and its target sums up to 2^51: 29 bits were missing",
    ),
    "rows that do not match": (
        JointLayer,
        (M, [[1.0, 2.0, 3.0]], [[1, 2]]),
        "second has 3 columns, first has 2 rows: both must be the number of hidden neurons",
    ),
    "targets too low": (JointLayer, (M, V, [[1, 2]]), "2 rows of second need as many rows of targ"),
    "targets too narrow": (JointLayer, (M, V, [[1], [2]]), "2 columns of first need as many"),
    "a joint NaN": (JointLayer, (M, [[1, 2], [3, nan]], M), "second 1, entry 1 must be a finite"),
    "a joint third": (
        JointLayer,
        (M, M, [[1, 2], [Fraction(1, 3), 4]]),
        "targets 1, entry 0, 1/3, lies on no power-of-two grid",
    ),
    "joint products too wide": (
        JointLayer,
        ([[2.0**30, 1], [1, 2.0**-30]], [[2.0**20, 2.0**-20]], [[1, 1]]),
        "entry (0, 0) has products up to 2^51, and to be exact first 1, entry 1 needs 2^-30 and "
        "second 0, entry 1 2^-20: 39 bits were missing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_REALS)
def test_reals_that_make_no_layer_are_refused(name):
    """In one line that names the array and the index."""
    kind, numbers, message = BAD_REALS[name]
    rules = {"tolerance": 1.0} if kind is SharedBlock else {}
    with pytest.raises(ProblemError) as refusal:
        kind.from_reals(*numbers, **rules)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("build", "bits", "message"),
    [
        (
            lambda **how: LayerBudget.from_reals([[1], [2.0**30]], [1, 1], **how),
            31,
            "pool 1 and its",
        ),
        (
            lambda **how: SharedBlock.from_reals([1], [[2.0**30]], [1], tolerance=1, **how),
            31,
            "outpu",
        ),
        (
            lambda **how: JointLayer.from_reals([[2.0**30]], [[2.0**30]], [[1]], **how),
            20,
            r"of the products of entry \(0, 0\) add up to",
        ),
    ],
)
def test_rounding_that_is_too_fine_is_refused(build, bits, message):
    """And the line says for which numbers."""
    with pytest.raises(ProblemError, match=message):
        build(rounding="nearest", bits=bits)


@pytest.mark.parametrize("build", [LayerBudget.from_reals, JointLayer.from_reals])
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"rounding": "up"}, "rounding must be 'exact' or 'nearest', got 'up'"),
        ({"bits": 4}, "bits is only for rounding='nearest'"),
        ({"rounding": "nearest", "bits": 2.5}, "bits must be an integer"),
    ],
)
def test_ways_of_rounding_there_are_not_are_refused(build, how, message):
    """The same words as for one weight."""
    facts = ([[1]], [1]) if build == LayerBudget.from_reals else ([[1]], [[1]], [[1]])
    with pytest.raises(GridError, match=message):
        build(*facts, **how)


BAD_INTEGERS = {
    "a float": (BUDGET, {"pools": ((1.0, 2), (3, 4))}, "pool 0, entry 0 must be an integer"),
    "a negative budget": (BUDGET, {"most": -1}, "the budget must not be negative, got -1"),
    "no budget": (BUDGET, {"most": None}, "budget must be an integer, got None"),
    "a norm": (BUDGET, {"norm": "l2"}, "the norm must be one of linf, l1, squares, got 'l2'"),
    "a pool too large": (
        BUDGET,
        {"pools": ((1, 2), (2**61, 2**61))},
        "the absolute values of pool 1 and its target add up to 63 bits, at most 62",
    ),
    "no grid": (BUDGET, {"grid": 3}, "the grid must be a Grid"),
    "numbers no float can show": (
        replace(BUDGET, norm="squares"),
        {"grid": Grid(exponent=-480), "targets": (2**60, 1)},
        "values of 121 bits in units of 2^960 are too large for floats",
    ),
    "squares too fine": (
        replace(BUDGET, norm="squares"),
        {"grid": Grid(exponent=600)},
        "the grid exponent must lie in -960..1100, got 1200",
    ),
    "a row too large": (
        BLOCK,
        {"products": ((4, 1, 3), (2**62, 0, 0))},
        "the absolute values of output 1 and its target add up to 63 bits",
    ),
    "a negative tolerance": (BLOCK, {"tolerances": (0, -2)}, "tolerance 1 must not be negative, g"),
    "a tolerance too few": (BLOCK, {"tolerances": (1,)}, "2 outputs need as many tolerances"),
    "a huge tolerance": (BLOCK, {"tolerances": (1, 2**62)}, "of tolerance 1 add up to 63 bits"),
    "edges with a budget": (BLOCK, {"most_edges": 4}, "to minimise edges give tolerances, and no"),
    "no tolerances": (BLOCK, {"tolerances": None}, "to minimise edges give tolerances, and no"),
    "error with tolerances": (PRECISE, {"tolerances": (1, 1)}, "not for errors"),
    "fewer edges than none": (PRECISE, {"most_edges": -1}, "budget must not be negative, got -1"),
    "half a neuron": (PRECISE, {"most_neurons": 0.5}, "most_neurons must be an integer"),
    "what is minimised": (BLOCK, {"minimise": "size"}, "minimise must be one of edges, neurons"),
    "joint squares": (JOINT, {"norm": "squares"}, "the norm must be one of linf, l1, got"),
    "a joint product too large": (
        JOINT,
        {"first": ((2, 1), (3, 2**61))},
        "the absolute values of the products of entry (0, 1) add up to 63 bits",
    ),
    "a weight that meets a zero": (
        JOINT,
        {"first": ((2, 1), (3, 2**70)), "second": ((1, 0),)},
        "the absolute values of first 1, entry 1 add up to 71 bits",
    ),
    "a joint budget": (JOINT, {"most": -3}, "the budget must not be negative, got -3"),
    "no rows": (JOINT, {"first": ()}, "there is no first: give at least one"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_INTEGERS)
def test_integers_that_make_no_layer_are_refused(name):
    """In one line that says what was given."""
    problem, changes, message = BAD_INTEGERS[name]
    with pytest.raises(ProblemError) as refusal:
        replace(problem, **changes)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


# Identity.


@given(strategies.layers())
def test_a_layer_survives_the_written_form(problem):
    """Read from its canonical form, by way of text, it is the same, and so is its digest."""
    again = problem_from_dict(json.loads(json.dumps(problem.canonical())))
    assert again == problem
    assert again.digest == problem.digest


PINNED = {
    BUDGET: "87662f5dc0a217d0",
    BLOCK: "461df8016db63050",
    PRECISE: "827ae8918ed52ed6",
    JOINT: "5765c518de33762d",
}


@of_each_kind
def test_the_digest_of_a_layer_is_pinned(problem):
    """Files written today must be recognised in years."""
    assert problem.digest[:16] == PINNED[problem]


@of_each_kind
def test_any_changed_field_changes_the_digest(problem):
    """Each fact is part of the identity."""
    changes = [{"grid": Grid(exponent=1)}, {"rounded": True}]
    if problem.kind == "joint_layer":
        changes += [{"most": 5}, {"norm": "linf"}, {"targets": ((8, 1),)}, {"second": ((1, 3),)}]
        changes += [{"first": ((2, 1), (3, 0))}]
    elif problem.kind == "layer_budget":
        changes += [{"most": 5}, {"norm": "squares"}, {"targets": (4, 8)}]
        changes += [{"pools": ((3, -5), (2, 6))}]
    elif problem is BLOCK:
        changes += [{"tolerances": (0, 0)}, {"minimise": "neurons"}, {"targets": (4, 4)}]
    else:
        changes += [{"most_edges": 9}, {"most_neurons": 9}]
    digests = {replace(problem, **change).digest for change in changes} | {problem.digest}
    assert len(digests) == len(changes) + 1


@of_each_kind
def test_a_layer_is_frozen(problem):
    """What was audited cannot be changed afterwards."""
    with pytest.raises(FrozenInstanceError):
        problem.rounded = True


# Results.


def liar(answer, exact=True):
    """Return a backend that says what it is told to."""
    return Backend(
        name="liar",
        family="lies",
        summary="says what it is told to say",
        exact=exact,
        takes=("layer_budget", "shared_block", "joint_layer"),
        honours=frozenset(),
        max_bits=200,
        solve=lambda problem, effort, start: answer,
    )


@given(strategies.layers(most=6), st.integers(-800, 500))
def test_every_summary_is_strict_json_with_exact_strings(problem, exponent):
    """Value and bound in units of the objective, the error in units of the numbers."""
    problem = replace(problem, grid=Grid(exponent=exponent))
    found = solve(problem, liar(Claim(indices=None, stop=Stop.GAVE_UP)))
    shown = json.loads(json.dumps(found.summary(), allow_nan=False))
    goal = {"squared error": 2 * exponent, "error": exponent}.get(problem.unit, 0)
    for key, units, power in (
        ("value", found.value, goal),
        ("lower_bound", found.lower_bound, goal),
        ("error", found.error, exponent),
    ):
        if units is None:
            assert shown[key] is None
        else:
            numerator, _, under = shown[f"{key}_exact"].partition("/2^")
            exact = Fraction(units) / Fraction(2) ** power
            assert Fraction(int(numerator), 2 ** int(under or 0)) == exact
            assert shown[key] == float(exact)


@pytest.mark.parametrize(
    ("problem", "claim", "message"),
    [
        (BUDGET, Claim(indices=(0, 1, 2, 3), stop=Stop.SECONDS), "4 weights, the budget is 3"),
        (BUDGET, Claim(indices=(4,), stop=Stop.SECONDS), "index 4; the pool has indices 0..3"),
        (BUDGET, Claim(indices=(0, 2, 3), bound=2, stop=Stop.SECONDS), "bound 2, but"),
        (
            BUDGET,
            Claim(indices=None, infeasible=True, stop=Stop.FINISHED),
            r"no selection is legal, but \(0, 3\) is",
        ),
        (BLOCK, Claim(indices=(0,), stop=Stop.SECONDS), "error 5 at output 1, its tolerance is 0"),
        (BLOCK, Claim(indices=(2, 5), bound=4, stop=Stop.FINISHED), "bound 4, but"),
        (
            replace(BLOCK, tolerances=(1, 0), targets=(4, 6)),
            Claim(indices=None, bound=10, stop=Stop.SECONDS),
            "bound 10, which no selection can have, and does not say",
        ),
        (JOINT, Claim(indices=(0, 2, 4, 5), bound=2, stop=Stop.SECONDS), "bound 2, but"),
        (JOINT, Claim(indices=(0, 4), bound=0, stop=Stop.FINISHED), "does not meet its best value"),
    ],
)
def test_lies_about_layers_are_caught(problem, claim, message):
    """Selections, bounds and denials are held to the same rules as for one weight."""
    start = {"joint_layer": (0, 2, 3, 4, 5)}.get(problem.kind)
    with pytest.raises(ClaimRejected, match="^backend 'liar' .*" + message):
        solve(problem, liar(claim), start=start)
