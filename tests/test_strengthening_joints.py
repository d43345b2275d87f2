"""A joint layer made stronger: bounds hold, and the best selections stay in the program."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import JointLayer, solve
from slth_opt.backends import cp_sat
from slth_opt.problems.legality import mask_of
from slth_opt.programs import point_of, program_of
from slth_opt.strengthening import strengthen
from slth_opt.strengthening.joints import entry_optima, improve_start
from tests.test_joint_search import cases, draw, drawn, optimum


def layers():
    """Draw layers small enough for every mask to be looked at."""
    shapes = ((1, 2, 1), (1, 2, 2), (2, 2, 1), (2, 2, 2), (1, 3, 2), (2, 1, 3))

    def build(seed):
        rng = random.Random(seed)
        return draw(rng, rng.choice(shapes), rng.choice((1, 2, 8)), rng.choice(["l1", "linf"]))

    return st.integers(0, 2**32).map(build)


def by_cp_sat(program):
    """Return the optimum of a program."""
    from ortools.sat.python import cp_model

    model, variables = cp_sat._model(program)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.absolute_gap_limit = solver.parameters.relative_gap_limit = 0.0
    assert solver.solve(model) == cp_model.OPTIMAL
    return program.objective_at([solver.value(variable) for variable in variables])


@given(layers())
def test_the_bound_is_below_the_optimum_and_the_start_above(layer):
    """Between them lies the optimum over all masks."""
    stronger = strengthen(layer)
    best = optimum(layer)
    assert stronger.bound <= best
    assert layer.value(mask_of(stronger.start, layer.num_candidates)) >= best


@given(layers(), st.booleans())
def test_the_start_is_legal_and_meets_the_program(layer, from_nothing):
    """With the empty selection to start from, or none."""
    stronger = strengthen(layer, () if from_nothing else None)
    mask = mask_of(stronger.start, layer.num_candidates)
    assert layer.is_legal(mask)
    assert stronger.program.is_feasible(point_of(layer, mask))


@pytest.mark.parametrize("norm", ["l1", "linf"])
def test_the_stronger_program_has_the_optimum(norm):
    """Solved by CP-SAT as it is, it has the optimum over all masks."""
    for layer, best in cases(norm)[::5]:
        if layer.bits < 58:
            assert by_cp_sat(strengthen(layer).program) == best, layer


@pytest.mark.parametrize("norm", ["l1", "linf"])
def test_a_poor_start_leaves_the_optimum_in(norm, monkeypatch):
    """Without descents the slack is wide, and little may be fixed."""
    monkeypatch.setattr(
        "slth_opt.strengthening.joints.improve_start", lambda problem, start, *rest: start
    )
    for layer, best in cases(norm)[1::5]:
        if layer.bits < 58:
            assert by_cp_sat(strengthen(layer, ()).program) == best, layer


@given(layers())
def test_the_variables_are_those_of_the_plain_program(layer):
    """Names and order stay; bounds only get tighter."""
    plain, stronger = program_of(layer), strengthen(layer).program
    assert [v.name for v in plain.variables] == [v.name for v in stronger.variables]
    for before, after in zip(plain.variables, stronger.variables, strict=True):
        assert before.low <= after.low <= after.high <= before.high


def test_an_entry_out_of_reach_fixes_its_edges():
    """Ten needs both positive products and neither negative one, all but for an error of one."""
    layer = JointLayer(
        first=((4,), (5,), (-3,)), second=((1, 1, 1),), targets=((10,),), norm="linf", most=6
    )
    program = strengthen(layer).program
    fixed = {v.name: v.low for v in program.variables if v.low == v.high}
    assert fixed == {
        "a0_0": 1, "a1_0": 1, "b0_0": 1, "b0_1": 1, "w0_0_0": 1, "w0_1_0": 1, "w0_2_0": 0, "z0": 1,
    }  # fmt: skip


def test_useless_edges_are_left_out():
    """A zero, and what lies behind or before one."""
    layer = JointLayer(
        first=((0, 7), (6, 5)), second=((3, 0),), targets=((90, 12),), norm="l1", most=6
    )
    high = {v.name: v.high for v in strengthen(layer).program.variables}
    assert [high[name] for name in ("a0_0", "a0_1", "a1_0", "a1_1", "b0_0", "b0_1")] == [
        0, 1, 0, 0, 1, 0,
    ]  # fmt: skip


def test_twins_keep_an_order():
    """Of two equal neurons the first keeps at least as much; the start is made to fit."""
    layer = JointLayer(first=((3,), (3,)), second=((2, 2),), targets=((5,),), norm="l1", most=2)
    stronger = strengthen(layer, (1, 3))
    assert stronger.start == (0, 2)
    assert not stronger.program.is_feasible(point_of(layer, (0, 1, 0, 1)))


def test_a_budget_limits_every_entry():
    """Three edges allow one product: 4 is as near to 9 as it gets."""
    layer = JointLayer(first=((4,), (4,)), second=((1, 1),), targets=((9,),), norm="l1", most=3)
    assert entry_optima(layer) == ((5,),)


@pytest.mark.parametrize("hidden", [21, 31])
def test_entries_of_many_neurons_are_bounded(hidden):
    """From two halves, and beyond from the free bound: equal weights leave no doubt."""
    layer = JointLayer(
        first=((4,),) * hidden, second=((1,) * hidden,), targets=((4 * hidden + 3,),), norm="l1",
        most=2 * hidden - 1,
    )  # fmt: skip
    assert entry_optima(layer) == ((7,),)
    assert strengthen(layer, ()).bound == 7


@pytest.mark.parametrize(("norm", "most"), [("l1", 96), ("linf", 96), ("l1", 40)])
def test_descents_improve_a_large_layer(norm, most):
    """From the empty selection to well below half of its error, within the budget."""
    layer = drawn(4, 12, 4, 23, 0, norm, most)
    mask = mask_of(improve_start(layer, (), 0), 96)
    assert layer.is_legal(mask)
    assert 2 * layer.value(mask) < layer.value((0,) * 96)


def test_the_stronger_program_agrees_with_the_search():
    """Two methods, one optimum: three by three with six neurons and 8 bits."""
    layer = drawn(3, 6, 3, 8, 0, "linf")
    assert by_cp_sat(strengthen(layer).program) == solve(layer, "mask_search").lower_bound
