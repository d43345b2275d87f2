"""Strengthened blocks: an optimum stays, bounds hold, each rule does what it says; the solvers."""

from __future__ import annotations

import time
from dataclasses import replace

import block_checks
import pytest

from slth_opt import Effort, SharedBlock, Stop, solve
from slth_opt.backends import cbc, cp_sat, highs, scip
from slth_opt.errors import ClaimRejected
from slth_opt.methods import Claim
from slth_opt.problems.legality import indices_of, mask_of
from slth_opt.programs import point_of, program_of
from slth_opt.strengthening import outputs, strengthen
from slth_opt.strengthening.independent import improved, own_choices, shares_of
from slth_opt.strengthening.records import Stronger, better_of, what_is_left

CASES = block_checks.cases(300)

FLOATS = {"cbc_strong": cbc, "highs_strong": highs, "scip_strong": scip}


def block(products, targets, tolerances, minimise="edges"):
    """Return a block within tolerances."""
    return SharedBlock(products=products, targets=targets, minimise=minimise, tolerances=tolerances)


def row_of(problem, name):
    """Return a row of the strengthened program by its name."""
    return {row.name: row for row in strengthen(problem).program.rows}[name]


def fixed(problem):
    """Return the names of the variables the strengthened program fixes to 0."""
    return {v.name for v in strengthen(problem).program.variables if v.high == 0}


def check_keeps_an_optimum(problem, start=None):
    """Hold a strengthened program to the truth of brute force."""
    best, masks = block_checks.best_masks(problem)
    stronger = strengthen(problem, start)
    if best is None:
        assert stronger.bound <= problem.impossible, problem
        assert stronger.start is None, problem
        return
    assert stronger.bound <= best, problem
    points = [point_of(problem, mask) for mask in masks]
    assert any(stronger.program.is_feasible(point) for point in points), problem
    if stronger.start is not None:
        mask = mask_of(stronger.start, problem.num_candidates)
        assert block_checks.value_of(problem, mask) is not None, problem
        assert stronger.program.is_feasible(point_of(problem, mask)), problem


def test_an_optimum_and_the_start_stay_in():
    """The bound holds, and some mask with the best value meets every row."""
    for problem in CASES:
        check_keeps_an_optimum(problem)


@pytest.mark.parametrize("most", [0, 3, 12])
def test_an_optimum_stays_in_where_not_all_subsets_are_looked_at(monkeypatch, most):
    """What is not known about an output is not assumed."""
    monkeypatch.setattr(outputs, "MOST_SUBSETS", most)
    for problem in CASES[:120]:
        check_keeps_an_optimum(problem)


def test_an_optimum_stays_in_from_any_start():
    """A bad start gives weak rules, and a good one strong ones that keep it."""
    for problem in CASES[:150]:
        best, masks = block_checks.best_masks(problem)
        if best is not None:
            legal = tuple(range(problem.num_candidates))
            everything = block_checks.value_of(problem, (1,) * problem.num_candidates)
            starts = [indices_of(masks[0]), indices_of(masks[-1])]
            for start in [*starts, legal] if everything is not None else starts:
                check_keeps_an_optimum(problem, start)


def test_no_start_gets_worse():
    """What comes back is at least as good as what went in."""
    for problem in CASES:
        best, masks = block_checks.best_masks(problem)
        if best is not None:
            found = strengthen(problem, indices_of(masks[0])).start
            mask = mask_of(found, problem.num_candidates)
            assert block_checks.value_of(problem, mask) == best


def test_the_plain_program_is_all_in_there():
    """Rows are added and bounds tightened; nothing is taken away, nothing renamed."""
    for problem in CASES:
        plain, stronger = program_of(problem), strengthen(problem).program
        assert stronger.rows[: len(plain.rows)] == plain.rows
        assert (stronger.objective, stronger.num_choices) == (plain.objective, plain.num_choices)
        for before, after in zip(plain.variables, stronger.variables, strict=True):
            assert before.name == after.name
            assert before.low <= after.low <= after.high <= before.high


def test_an_output_without_a_legal_subset_says_so():
    """Its bound is the one for impossible blocks, and no point meets the program."""
    problem = block(((2, 4), (1, 1)), (3, 1), (0, 0))
    stronger = strengthen(problem)
    assert stronger.bound == problem.impossible == 7
    assert row_of(problem, "size0").low == 3


def test_bounds_come_from_the_outputs_smallest_subsets():
    """Two neurons and one: three choices, and two neurons at least."""
    problem = block(((1, 2, 4), (1, 2, 4)), (6, 4), (0, 0))
    assert strengthen(problem).bound == 2 + 1 + 2
    assert strengthen(replace(problem, minimise="neurons")).bound == 2
    assert row_of(problem, "used").low == 2
    assert [row_of(problem, name).low for name in ("size0", "size1")] == [2, 1]


def test_the_least_error_of_a_few_neurons_bounds_the_error():
    """Six edges allow three neurons of four, which come within 1 of 14 at best."""
    problem = SharedBlock(products=((1, 2, 4, 7),), targets=(14,), minimise="error", most_edges=6)
    stronger = strengthen(problem)
    assert (stronger.bound, stronger.program.variables[-1].low) == (1, 1)
    assert stronger.start == (1, 2, 3)


def test_what_others_need_limits_an_output():
    """With a start of five edges nobody chooses more than two of the four neurons."""
    problem = block(((1, 1, 1, 3), (1, 1, 1, 3)), (3, 4), (0, 0))
    stronger = strengthen(problem)
    assert (stronger.bound, problem.value(mask_of(stronger.start, 8))) == (5, 5)
    assert [row_of(problem, f"size{i}").high for i in range(2)] == [1, 2]
    assert {"x0", "x1", "x2"} <= fixed(problem)


def test_a_choice_that_adds_nothing_is_left_out_with_its_neuron():
    """The second neuron has no product at all."""
    assert fixed(block(((3, 0, 4), (0, 0, 5)), (7, 5), (0, 0))) == {"x1", "y1", "x3", "x4"}


def test_equal_neurons_are_chosen_from_the_front():
    """By the first output with products, and as neurons used."""
    problem = block(((0, 0, 3), (5, 5, 3)), (3, 8), (0, 0))
    assert row_of(problem, "cover0_1").terms == ((6, 1), (7, -1))
    assert row_of(problem, "order0_1").terms == ((3, 1), (4, -1))


def test_a_neuron_goes_before_those_it_covers():
    """Its products are those of the other one, and more."""
    problem = block(((0, 4, 1), (6, 6, 1)), (5, 7), (1, 1))
    assert row_of(problem, "cover1_0").terms == ((6, -1), (7, 1))
    assert not {row.name for row in strengthen(problem).program.rows} & {"cover0_1", "cover1_2"}


def test_equal_outputs_choose_alike():
    """Only if their tolerances are equal, too."""
    rows = ((1, 2, 3),) * 3
    problem = block(rows, (3, 3, 3), (0, 1, 0))
    assert row_of(problem, "equal2_1").terms == ((1, 1), (7, -1))
    assert "equal1_1" not in {row.name for row in strengthen(problem).program.rows}
    (first, _, third) = (strengthen(problem).start[i] % 3 for i in range(3))
    assert first == third


def test_the_start_is_better_than_one_choice_after_the_other():
    """The second output's choice makes the first one think again."""
    problem = block(((4, 4, 0), (0, 5, 9)), (4, 5), (0, 0))
    assert problem.value(mask_of(own_choices(problem), 6)) == 4
    assert strengthen(problem).start == (1, 4)
    assert improved(problem, (1, 0, 0, 0, 1, 0), (1, 1)) == (0, 1, 0, 0, 1, 0)


def test_shares_of_budgets_are_what_is_left_over_those_to_come():
    """Seven edges for three outputs, then five for two, then the four that are left."""
    problem = SharedBlock(
        products=((1, 2, 3, 4),) * 3,
        targets=(1, 1, 1),
        minimise="error",
        most_edges=7,
        most_neurons=2,
    )
    first, second = (1, 0, 0, 0), (0, 0, 0, 0)
    assert shares_of(problem, 0, second * 3) == (3, 1)
    assert shares_of(problem, 1, first + second * 2) == (3, 1)
    assert shares_of(problem, 2, first * 2 + second) == (4, 1)


def test_smallest_sizes_of_many_neurons_are_found_while_they_are_small():
    """One of two hundred; larger ones are bounded by the sizes that were looked at."""
    weights = tuple(range(1000, 1200))
    size, offers = outputs.smallest_offers(weights, 2001, 0)
    assert (size, offers[0].neurons) == (2, (0, 1))
    assert outputs.smallest_offers(weights, 2 * 10**4, 0) == (4, ())


def test_the_fewest_neurons_are_found_where_no_output_alone_tells():
    """Three outputs with a neuron each: three neurons, whatever else there is."""
    rows = ((5, 0, 0, 1), (0, 5, 0, 1), (0, 0, 5, 1))
    problem = block(rows, (5, 5, 5), (0, 0, 0), minimise="neurons")
    stronger = strengthen(problem)
    assert problem.free_bound() < stronger.bound == 3
    assert stronger.start == (0, 5, 10)
    assert row_of(problem, "used").low == 3
    assert strengthen(replace(problem, minimise="edges")).bound == 6


def test_sets_of_neurons_too_many_to_look_at_are_left_open(monkeypatch):
    """The sizes looked at before are what is known."""
    rows = ((5, 0, 0, 1), (0, 5, 0, 1), (0, 0, 5, 1))
    monkeypatch.setattr(outputs, "MOST_SUMS", 4 * 2 + 6 * 4)
    assert outputs.fewest_neurons(rows, (5, 5, 5), (0, 0, 0), range(1, 5)) == (3, None)
    assert outputs.fewest_neurons(rows, (5, 0, 0), (0, 0, 0), range(1, 5)) == (1, (0,))
    assert outputs.fewest_neurons(rows, (5, 5, 5), (0, 0, 0), range(1, 2)) == (2, None)


def test_what_is_left_of_an_effort_is_never_negative():
    """And other limits stay."""
    long_ago = time.monotonic() - 100
    assert what_is_left(Effort(seconds=5, nodes=3), long_ago) == Effort(seconds=0.0, nodes=3)
    assert what_is_left(Effort(seed=1), long_ago) == Effort(seed=1)
    assert 98 < what_is_left(Effort(seconds=200), long_ago).seconds < 101


def test_the_better_selection_is_kept_and_the_illegal_one_shown():
    """What breaks a rule goes on to the audit."""
    problem = block(((4, 1, 3),), (4,), (0,))
    assert better_of(problem, (1, 2), (0,)) == (0,)
    assert better_of(problem, (0,), (1, 2)) == (0,)
    assert better_of(problem, (1,), (0,)) == (1,)
    assert better_of(problem, None, (0,)) == (0,)
    assert better_of(problem, (1,), None) == (1,)


# The solvers.


def test_cp_sat_proves_the_optimum_of_the_strengthened_program():
    """All objectives and budgets, like brute force."""
    for problem in CASES[:150]:
        best, _ = block_checks.best_masks(problem)
        result = solve(problem, "cp_sat_strong")
        assert (result.value, result.infeasible) == (best, best is None), problem
        assert result.is_optimal is (best is not None), problem


def check_float(name, problems):
    """Hold a float solver to small blocks: integers it can hold, so its answer is the best."""
    for problem in problems:
        best, _ = block_checks.best_masks(problem)
        result = solve(problem, name)
        assert result.value == best, problem
        assert best is None or result.lower_bound <= best, problem


@pytest.mark.parametrize("name", FLOATS)
def test_float_solvers_find_the_optimum_of_the_strengthened_program(name):
    """A few small integers, which doubles hold."""
    check_float(name, block_checks.cases(4, bits=6))


@pytest.mark.slow
@pytest.mark.parametrize("name", FLOATS)
def test_float_solvers_find_many_optima_of_the_strengthened_program(name):
    """More of the same."""
    check_float(name, block_checks.cases(25, bits=6))


def test_cp_sat_is_not_asked_where_bound_and_start_meet(monkeypatch):
    """Each output has its own best neuron, and it is the same one."""
    monkeypatch.delattr(cp_sat, "_solve")
    result = solve(block(((4, 1), (5, 2)), (4, 5), (0, 0)), "cp_sat_strong")
    assert (result.value, result.lower_bound, result.stop) == (3, 3, Stop.FINISHED)


def test_cp_sat_is_not_asked_about_the_impossible(monkeypatch):
    """An output that no subset suits settles it, where the free bound does not."""
    monkeypatch.delattr(cp_sat, "_solve")
    problem = block(((6, 10, 15),), (12,), (0,))
    assert problem.free_bound() < problem.impossible
    assert solve(problem, "cp_sat_strong").infeasible


def test_a_bound_that_contradicts_cp_sat_is_rejected(monkeypatch):
    """A wrong rule would be found out."""
    problem = block(((1, 2, 4), (1, 2, 4)), (6, 4), (0, 0))
    wrong = Stronger(program=program_of(problem), bound=6, start=None)
    monkeypatch.setattr(cp_sat, "strengthen", lambda problem, start: wrong)
    with pytest.raises(ClaimRejected, match=r"claims the bound 6, but .* has value 5"):
        solve(problem, "cp_sat_strong")


def test_a_program_that_lost_its_start_is_rejected(monkeypatch):
    """CP-SAT then proves that nothing is legal, and the start says otherwise."""
    problem = block(((6, 10, 15),), (15,), (0,))
    lost = strengthen(block(((6, 10, 15),), (12,), (0,))).program
    wrong = Stronger(program=lost, bound=0, start=(2,))
    monkeypatch.setattr(cp_sat, "strengthen", lambda problem, start: wrong)
    monkeypatch.setattr("slth_opt.solving.first_guess", lambda problem: None)
    with pytest.raises(ClaimRejected, match="claims that no selection is legal, but"):
        solve(problem, "cp_sat_strong")


def test_stopped_at_once_cp_sat_returns_the_strengthened_bracket():
    """The bound of the outputs and the improved start, though the solver had no time."""
    problem = block(((1, 5, 11, 23), (23, 11, 5, 1)), (17, 17), (0, 0))
    stronger = strengthen(problem)
    result = solve(problem, "cp_sat_strong", Effort(seconds=0))
    assert result.lower_bound >= stronger.bound > problem.free_bound()
    assert result.value <= problem.value(mask_of(stronger.start, 8))


@pytest.mark.parametrize("name", FLOATS)
def test_the_start_stands_where_a_solver_found_less(monkeypatch, name):
    """No bound is claimed for it."""
    problem = block(((4, 4, 0), (0, 5, 9)), (4, 5), (0, 0))
    worse = Claim(indices=(0, 4), stop=Stop.SECONDS)
    monkeypatch.setattr(FLOATS[name], "_solve", lambda *arguments: worse)
    claim = FLOATS[name].solve_stronger(problem, Effort(), None)
    assert (claim.indices, claim.bound, claim.stop) == ((1, 4), None, Stop.SECONDS)
