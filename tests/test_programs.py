"""The integer programs mean what the problems mean: found out by listing every integer point."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import naive
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import problems

from slth_opt.errors import ProblemError
from slth_opt.problems import SmallestSubset, SubsetSum, VectorSum
from slth_opt.problems.legality import indices_of
from slth_opt.programs import point_of, program_of
from slth_opt.programs.integer_program import IntegerProgram, Row, Variable, check_name

MOST_POINTS = 20_000

tiny = st.integers(-3, 3)


@st.composite
def tiny_problems(draw):
    """Draw a problem of any kind whose program has few enough integer points to list."""
    kind = draw(st.sampled_from(["subset_sum", "smallest_subset", "l1", "linf"]))
    n = draw(st.integers(1, 3 if kind == "l1" else 5))
    d = draw(st.integers(1, 3)) if kind == "linf" else draw(st.integers(1, 2))
    rows = tuple(tuple(draw(tiny) for _ in range(n)) for _ in range(d))
    targets = tuple(draw(st.integers(-6, 6)) for _ in range(d))
    low = draw(st.integers(0, n))
    high = draw(st.integers(low, n))
    if kind == "smallest_subset":
        return SmallestSubset(weights=rows[0], target=targets[0], tolerance=draw(st.integers(0, 4)))
    if kind == "subset_sum":
        return SubsetSum(weights=rows[0], target=targets[0], fewest=low, most=high)
    return VectorSum(rows=rows, targets=targets, norm=kind, fewest=low, most=high)


def points_of(program):
    """Return every integer point within the bounds, feasible or not."""
    ranges = [range(v.low, v.high + 1) for v in program.variables]
    count = 1
    for values in ranges:
        count *= len(values)
    assert count <= MOST_POINTS
    return product(*ranges)


def least_objectives(program):
    """Return, for every mask that some feasible point has, its least objective."""
    least = {}
    for point in points_of(program):
        if program.is_feasible(point):
            mask, value = point[: program.num_choices], program.objective_at(point)
            least[mask] = min(value, least.get(mask, value))
    return least


def without_row(program, name):
    """Return the program without one of its rows."""
    rows = tuple(row for row in program.rows if row.name != name)
    assert len(rows) == len(program.rows) - 1
    return replace(program, rows=rows)


def only_row(problem, name):
    """Return one row of a problem's program."""
    return next(row for row in program_of(problem).rows if row.name == name)


@given(problem=tiny_problems())
def test_feasible_points_are_legal_masks(problem):
    """The masks of the feasible points are the legal masks, no more and no fewer."""
    legal = {indices for _, indices in naive.legal_subsets(problem)}
    assert {indices_of(mask) for mask in least_objectives(program_of(problem))} == legal


@given(problem=tiny_problems())
def test_least_objective_is_the_value(problem):
    """No feasible point of a mask has an objective below its value, and one has just that."""
    least = least_objectives(program_of(problem))
    assert {mask: naive.value_of(problem, indices_of(mask)) for mask in least} == least


@given(problem=problems(most=6))
def test_every_legal_mask_extends(problem):
    """At any magnitude, a legal mask extends to a feasible point whose objective is its value."""
    program = program_of(problem)
    for value, indices in naive.legal_subsets(problem):
        mask = tuple(int(i in indices) for i in range(problem.num_candidates))
        point = point_of(problem, mask)
        assert point[: program.num_choices] == mask
        assert program.is_feasible(point)
        assert program.objective_at(point) == value


@given(problem=problems(most=6))
def test_illegal_masks_do_not_extend(problem):
    """At any magnitude, the best extension of a mask of forbidden size or sum is infeasible."""
    program = program_of(problem)
    for mask in product((0, 1), repeat=problem.num_candidates):
        if naive.value_of(problem, indices_of(mask)) is None:
            assert not program.is_feasible(point_of(problem, mask))


@given(problem=problems(most=6))
def test_one_below_the_value_is_infeasible(problem):
    """At any magnitude, lowering an error variable below the error breaks a row."""
    program = program_of(problem)
    n = problem.num_candidates
    for mask in product((0, 1), repeat=n):
        point = point_of(problem, mask)
        for z in range(n, len(point)):
            lower = (*point[:z], point[z] - 1, *point[z + 1 :])
            assert not program.is_feasible(lower)


@given(problem=problems(most=6).filter(lambda p: p.kind != "smallest_subset"))
def test_error_bounds_are_reached(problem):
    """The upper bound of an error variable is the worst error of any subset, not more."""
    masks = list(product((0, 1), repeat=problem.num_candidates))
    worst = [
        max(abs(sum(w for w, x in zip(row, mask, strict=True) if x) - target) for mask in masks)
        for row, target in zip(problem.rows, problem.targets, strict=True)
    ]
    if not (problem.kind == "vector_sum" and problem.norm == "l1"):
        worst = [max(worst)]
    bounds = program_of(problem).variables[problem.num_candidates :]
    assert [(v.low, v.high) for v in bounds] == [(0, high) for high in worst]


PAIR = SubsetSum(weights=(2, -3), target=1, fewest=1, most=1)


def test_above_row_alone():
    """The row above holds exactly where the sum exceeds the target by at most z."""
    row = only_row(PAIR, "above0")
    for x0, x1, z in product((0, 1), (0, 1), range(6)):
        assert row.holds((x0, x1, z)) == (2 * x0 - 3 * x1 - 1 <= z)


def test_below_row_alone():
    """The row below holds exactly where the sum falls short of the target by at most z."""
    row = only_row(PAIR, "below0")
    for x0, x1, z in product((0, 1), (0, 1), range(6)):
        assert row.holds((x0, x1, z)) == (1 - 2 * x0 + 3 * x1 <= z)


def test_size_row_alone():
    """The size row counts the choices and nothing else."""
    row = only_row(SubsetSum(weights=(2, 0, -3), target=1, fewest=1, most=2), "size")
    for x0, x1, x2, z in product((0, 1), (0, 1), (0, 1), range(5)):
        assert row.holds((x0, x1, x2, z)) == (1 <= x0 + x1 + x2 <= 2)


def test_band_row_alone():
    """The band holds exactly where the sum is within the tolerance of the target."""
    row = only_row(SmallestSubset(weights=(2, -3), target=1, tolerance=2), "band")
    for x0, x1 in product((0, 1), (0, 1)):
        assert row.holds((x0, x1)) == (abs(2 * x0 - 3 * x1 - 1) <= 2)


def test_linf_rows_share_their_error():
    """Under Linf all rows bound the same error variable; under L1 each has its own."""
    problem = VectorSum(rows=((1, 2), (3, 4)), targets=(0, 1), norm="linf", fewest=0, most=2)
    shared = [row.terms[-1] for row in program_of(problem).rows]
    own = [row.terms[-1] for row in program_of(replace(problem, norm="l1")).rows]
    assert shared == [(2, -1), (2, 1), (2, -1), (2, 1)]
    assert own == [(2, -1), (2, 1), (3, -1), (3, 1)]


@pytest.mark.parametrize("name", ["above0", "below0", "above1", "below1", "size"])
@pytest.mark.parametrize("norm", ["l1", "linf"])
def test_no_row_is_superfluous(norm, name):
    """Without any one of its rows the program admits what the problem does not."""
    rows = ((3, -3, 0, 0), (0, 0, 3, -3))
    problem = VectorSum(rows=rows, targets=(0, 0), norm=norm, fewest=1, most=1)
    program = program_of(problem)
    assert least_objectives(without_row(program, name)) != least_objectives(program)


def test_free_sizes_need_no_size_row():
    """A size rule that allows every size adds no row."""
    problem = SubsetSum(weights=(1, 2), target=1, fewest=0, most=2)
    assert [row.name for row in program_of(problem).rows] == ["above0", "below0"]


def test_zero_weights_leave_no_terms():
    """A pool of zeros gives rows without choices, true or false as they stand."""
    program = program_of(SmallestSubset(weights=(0, 0), target=5, tolerance=4))
    assert program.rows[0].terms == ()
    assert not program.is_feasible((0, 0))


@settings(max_examples=20)
@given(problem=tiny_problems())
def test_points_outside_the_bounds_are_infeasible(problem):
    """A choice of two is refused by the bounds even where every row would take it."""
    program = program_of(problem)
    point = point_of(problem, (2,) + (0,) * (problem.num_candidates - 1))
    assert not program.is_feasible(point)


X = Variable(name="x0", low=0, high=1)
ROW = Row(name="row0", terms=((0, 1),), low=0, high=1)


def build(**changes):
    """Build a program of one variable and one row, with changes."""
    parts = {"name": "p", "variables": (X,), "rows": (ROW,), "objective": (), "num_choices": 1}
    return IntegerProgram(**{**parts, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variables": ()}, "needs 1..0 choices"),
        ({"num_choices": 0}, "needs 1..1 choices"),
        ({"num_choices": 2}, "needs 1..1 choices"),
        ({"variables": (X, X)}, "two variables are called x0"),
        ({"rows": (ROW, ROW)}, "two rows are called row0"),
        ({"objective": ((1, 1),)}, "the objective has index 1"),
        ({"objective": ((-1, 1),)}, "the objective has index -1"),
        ({"objective": ((0, 1), (0, 1))}, "the objective has index 0 after 0"),
        ({"objective": ((0, 0),)}, "the objective has a zero coefficient"),
        ({"rows": (replace(ROW, terms=((1, 1),)),)}, "row row0 has index 1"),
        ({"name": "two words"}, "program name 'two words'"),
    ],
)
def test_malformed_programs_are_refused(changes, message):
    """A program that a format could not hold, or that means nothing, is never built."""
    with pytest.raises(ProblemError, match=message):
        build(**changes)


def test_empty_bounds_are_refused():
    """A variable needs a low bound that is not above its high one."""
    with pytest.raises(ProblemError, match=r"x0 has bounds 2\.\.1"):
        Variable(name="x0", low=2, high=1)


@pytest.mark.parametrize("sides", [(None, None), (2, 1)])
def test_rows_without_a_side_or_a_middle_are_refused(sides):
    """A row needs a side, and two sides in order: a range of negative width has no MPS."""
    with pytest.raises(ProblemError, match="row row0 has"):
        replace(ROW, low=sides[0], high=sides[1])


UNWRITABLE = ["", "x 0", "x-1", "a.low", "0x", "x\n", "é", "x" * 96]
UNWRITABLE += ["e", "E", "e3", "E12", "ee", "free", "End", "st", "objective"]


@pytest.mark.parametrize("name", UNWRITABLE)
def test_unwritable_names_are_refused(name):
    """Numbers in disguise, keywords, blanks, dots and overlong names are refused."""
    with pytest.raises(ProblemError, match="does not fit every file format"):
        check_name(name, what="variable")


@pytest.mark.parametrize("name", ["x0", "_", "edge_1_2", "error", "E_", "z" * 95, "ends"])
def test_writable_names_pass(name):
    """Ordinary names are not refused."""
    assert Variable(name=name, low=0, high=1).name == name
