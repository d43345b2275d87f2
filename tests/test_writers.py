"""What is written is what was meant: read back digit for digit, and solved by real solvers."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path

import file_readers
import naive
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import problems

from slth_opt.errors import BackendError
from slth_opt.problems import SmallestSubset, SubsetSum, VectorSum
from slth_opt.problems.legality import indices_of
from slth_opt.programs import program_of
from slth_opt.programs.integer_program import MOST_NAME, IntegerProgram, Row, Variable
from slth_opt.programs.lines import WIDTH, fill
from slth_opt.programs.writers import WRITERS


@st.composite
def programs(draw, limit=2**61, widest=2**61):
    """Draw any program: fixed and unused variables, empty rows, every kind of side."""
    n = draw(st.integers(1, 4))
    number = st.integers(-limit, limit)
    width = st.one_of(st.just(0), st.integers(0, widest))
    terms = st.dictionaries(st.integers(0, n - 1), number.filter(bool)).map(
        lambda found: tuple(sorted(found.items()))
    )
    variables, rows = [], []
    for i in range(n):
        low = draw(number)
        variables.append(Variable(name=f"v{i}", low=low, high=low + draw(width)))
    for r in range(draw(st.integers(0, 3))):
        low = draw(number)
        sides = [(low, None), (None, low), (low, low + draw(width))]
        low, high = draw(st.sampled_from(sides))
        rows.append(Row(name=f"r{r}", terms=draw(terms), low=low, high=high))
    return IntegerProgram(
        name="drawn",
        variables=tuple(variables),
        rows=tuple(rows),
        objective=draw(terms),
        num_choices=1,
    )


small_programs = programs(limit=3, widest=4)

EXAMPLES = {
    "fixed size": SubsetSum(weights=(31, -17, 64, 5, 90, -8), target=50, fewest=3, most=3),
    "any size": SubsetSum(weights=(310, -17, 64, 5, 0, -8), target=500, fewest=0, most=6),
    "size range": SubsetSum(weights=(31, -17, 64, 5, 90, -8), target=-9, fewest=2, most=4),
    "smallest": SmallestSubset(weights=(31, -17, 64, 5, 90, -8), target=141, tolerance=2),
    "l1": VectorSum(
        rows=((9, -4, 7, 0), (1, 2, -6, 5)), targets=(4, -3), norm="l1", fewest=2, most=2
    ),
    "linf": VectorSum(
        rows=((9, -4, 7, 0), (1, 2, -6, 5)), targets=(4, -3), norm="linf", fewest=1, most=3
    ),
}
IMPOSSIBLE = SmallestSubset(weights=(30, -16), target=8, tolerance=3)

by_example = pytest.mark.parametrize("problem", EXAMPLES.values(), ids=EXAMPLES.keys())


def read_back(form, program):
    """Write a program, read it with our own reader, and give it the choices no file knows."""
    reader = {"mps": file_readers.read_mps, "lp": file_readers.read_lp}[form]
    return replace(reader(WRITERS[form](program)), num_choices=program.num_choices)


@pytest.mark.parametrize("form", ["mps", "lp"])
@settings(max_examples=150)
@given(program=programs())
def test_programs_come_back(form, program):
    """Any program up to 62 bits is read back identical: names, bounds, sides, coefficients."""
    assert read_back(form, program) == program


@pytest.mark.parametrize("form", ["mps", "lp"])
@given(problem=problems())
def test_programs_of_problems_come_back(form, problem):
    """The programs of problems of every kind and magnitude are read back identical."""
    program = program_of(problem)
    assert read_back(form, program) == program


def test_ranges_mean_what_the_format_says():
    """Our reader knows the sign conventions of RANGES, so it would notice a wrong row type."""
    sides = {s: [file_readers.mps_sides(s, 10, width) for width in (4, -4)] for s in "ELG"}
    assert sides == {"E": [(10, 14), (6, 10)], "L": [(6, 10)] * 2, "G": [(10, 14)] * 2}


def test_two_sided_rows_are_ranges_upwards():
    """A row with two sides is a G row with a positive range, which every reader takes alike."""
    row = Row(name="band", terms=((0, 2),), low=-7, high=-3)
    x = Variable(name="x", low=-9, high=-1)
    text = WRITERS["mps"](
        IntegerProgram(name="p", variables=(x,), rows=(row,), objective=(), num_choices=1)
    )
    assert " G band\n" in text
    assert " RHS band -7\n" in text
    assert " RANGE band 4\n" in text


@pytest.mark.parametrize("form", list(WRITERS))
def test_long_sums_are_wrapped(form):
    """A row of 300 large weights stays within the line length every reader can take."""
    weights = tuple((-1) ** i * (2**53 - i) for i in range(300))
    problem = SubsetSum(weights=weights, target=7, fewest=5, most=9)
    assert max(map(len, WRITERS[form](program_of(problem)).splitlines())) <= WIDTH + 2


def test_fill_breaks_between_pieces_only():
    """Wrapping changes blanks to line breaks and loses nothing."""
    pieces = [f"piece{i}" * (i % 5 + 1) for i in range(50)]
    assert fill(pieces).split() == pieces


@given(program=small_programs)
def test_opb_has_the_same_points(program):
    """Over all values of the bits, the feasible points are the program's, with its objective."""
    read = file_readers.read_opb(WRITERS["opb"](program))
    assert list(read.variables) == [v.name for v in program.variables]
    found = {
        (read.decode(bits), file_readers.at_bits(read.objective, bits) + read.offset)
        for bits in product((0, 1), repeat=read.num_bits)
        if read.is_feasible(bits)
    }
    points = product(*(range(v.low, v.high + 1) for v in program.variables))
    assert found == {(p, program.objective_at(p)) for p in points if program.is_feasible(p)}


@given(program=programs(), data=st.data())
def test_opb_agrees_at_any_magnitude(program, data):
    """At any bits, however large the numbers, file and program agree on rows and objective."""
    read = file_readers.read_opb(WRITERS["opb"](program))
    n = read.num_bits
    bits = data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    point = read.decode(bits)
    assert all(v.low <= x <= v.high for v, x in zip(program.variables, point, strict=True))
    assert read.is_feasible(bits) == all(row.holds(point) for row in program.rows)
    reached = file_readers.at_bits(read.objective, bits) + read.offset
    assert reached == program.objective_at(point)


@pytest.mark.parametrize("width", [0, 1, 2, 3, 4, 5, 7, 8, 10, 63, 64, 100])
def test_opb_bits_reach_every_value(width):
    """The bits of a variable reach every value within its bounds and none outside."""
    v = Variable(name="v", low=-3, high=width - 3)
    program = IntegerProgram(name="p", variables=(v,), rows=(), objective=((0, 1),), num_choices=1)
    read = file_readers.read_opb(WRITERS["opb"](program))
    reached = {read.decode(bits)[0] for bits in product((0, 1), repeat=read.num_bits)}
    assert reached == set(range(-3, width - 2))
    assert read.num_bits == max(1, width.bit_length())


@by_example
def test_opb_optimum(problem):
    """The least objective over all feasible bits is the optimum of the slow truth."""
    read = file_readers.read_opb(WRITERS["opb"](program_of(problem)))
    least = min(
        file_readers.at_bits(read.objective, bits) + read.offset
        for bits in product((0, 1), repeat=read.num_bits)
        if read.is_feasible(bits)
    )
    assert least == naive.optimum(problem)


def run_cbc(path, folder):
    """Let CBC solve a file; return its status line and the variables that are not zero."""
    from pulp import PULP_CBC_CMD

    cbc = PULP_CBC_CMD(msg=False).path
    solution = folder / "solution.txt"
    command = [cbc, str(path), "ratioGap", "0", "allowableGap", "0", "solve"]
    done = subprocess.run(
        [*command, "solution", str(solution)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "0 errors" in done.stdout or path.suffix == ".lp"
    assert "###" not in done.stdout  # how its LP reader complains
    status, *lines = solution.read_text().splitlines()
    fields = [line.replace("**", "").split() for line in lines]
    return status, {name: float(value) for _, name, value, _ in fields}


@pytest.mark.parametrize("form", ["mps", "lp"])
@by_example
def test_cbc_solves_what_is_written(form, problem, tmp_path):
    """CBC reads the file without complaint and its rounded choices are an optimum."""
    path = tmp_path / f"program.{form}"
    path.write_text(WRITERS[form](program_of(problem)))
    status, values = run_cbc(path, tmp_path)
    assert status.startswith("Optimal")
    names = [f"x{i}" for i in range(problem.num_candidates)]
    chosen = indices_of([round(values.get(name, 0)) for name in names])
    assert naive.value_of(problem, chosen) == naive.optimum(problem)


@pytest.mark.parametrize("form", ["mps", "lp"])
@settings(max_examples=15)
@given(program=small_programs)
def test_cbc_reads_every_kind_of_row_and_bound(form, program):
    """CBC finds the optimum of programs with negative bounds, ranges, empty rows and none."""
    points = product(*(range(v.low, v.high + 1) for v in program.variables))
    best = min((program.objective_at(p) for p in points if program.is_feasible(p)), default=None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"program.{form}"
        path.write_text(WRITERS[form](program))
        status, values = run_cbc(path, Path(folder))
    found = [round(values.get(v.name, 0)) for v in program.variables]
    reached = program.objective_at(found) if program.is_feasible(found) else None
    assert (status.startswith("Optimal"), reached) == (best is not None, best)


@pytest.mark.parametrize("form", ["mps", "lp"])
def test_cbc_keeps_the_longest_names(form, tmp_path):
    """Names as long as a program may have are neither cut off nor replaced."""
    x, y = (Variable(name=letter * MOST_NAME, low=0, high=3) for letter in "xy")
    row = Row(name="r" * MOST_NAME, terms=((0, 2), (1, -1)), low=1, high=2)
    program = IntegerProgram(
        name="p" * MOST_NAME, variables=(x, y), rows=(row,), objective=((1, -1),), num_choices=1
    )
    path = tmp_path / f"program.{form}"
    path.write_text(WRITERS[form](program))
    assert run_cbc(path, tmp_path) == (
        "Optimal - objective value -3.00000000",
        {x.name: 2, y.name: 3},
    )


@pytest.mark.parametrize("form", ["mps", "lp"])
def test_cbc_sees_what_is_impossible(form, tmp_path):
    """CBC finds no point in the file of a problem without a legal subset."""
    path = tmp_path / f"program.{form}"
    path.write_text(WRITERS[form](program_of(IMPOSSIBLE)))
    status, _ = run_cbc(path, tmp_path)
    assert "nfeasible" in status


def tables_of(program):
    """Return a program as (bounds, rows, objective), everything by name and no order."""
    names = [v.name for v in program.variables]

    def by_name(terms):
        return {names[i]: c for i, c in terms}

    rows = {row.name: (by_name(row.terms), row.low, row.high) for row in program.rows}
    bounds = {v.name: (v.low, v.high) for v in program.variables}
    return bounds, rows, by_name(program.objective)


def read_with_highs(path):
    """Read a file with the HiGHS inside scipy, which is private there, as `tables_of` would."""
    highspy = pytest.importorskip("scipy.optimize._highspy._core")
    highs = highspy._Highs()
    highs.setOptionValue("output_flag", False)
    assert str(highs.readModel(str(path))) == "HighsStatus.kOk"
    lp = highs.getLp()
    assert lp.sense_ == highspy.ObjSense.kMinimize
    assert set(lp.integrality_) == {highspy.HighsVarType.kInteger}
    variables, names = list(lp.col_names_), list(lp.row_names_)
    lows, highs_ = map(whole_or_none, lp.row_lower_), map(whole_or_none, lp.row_upper_)
    rows = {r: ({}, low, high) for r, low, high in zip(names, lows, highs_, strict=True)}
    starts, values = list(lp.a_matrix_.start_), list(lp.a_matrix_.value_)
    for j, variable in enumerate(variables):
        for k in range(starts[j], starts[j + 1]):
            rows[names[lp.a_matrix_.index_[k]]][0][variable] = int(values[k])
    for row in [name.removesuffix(".low") for name in names if name.endswith(".low")]:
        coefficients, low, _ = rows.pop(f"{row}.low")
        rows[row] = coefficients, low, rows.pop(f"{row}.high")[2]
    sides = zip(map(int, lp.col_lower_), map(int, lp.col_upper_), strict=True)
    objective = {v: int(c) for v, c in zip(variables, lp.col_cost_, strict=True) if c}
    return dict(zip(variables, sides, strict=True)), rows, objective


def whole_or_none(number):
    """Return a float as the integer it is, or None if it is infinite."""
    assert abs(number) == float("inf") or number == int(number)
    return None if abs(number) == float("inf") else int(number)


@pytest.mark.parametrize("form", ["mps", "lp"])
@settings(max_examples=40)
@given(program=programs(limit=2**48, widest=2**48))
def test_highs_reads_what_is_written(form, program):
    """HiGHS reads the very program, as far as doubles and its limit of 10^15 go."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"program.{form}"
        path.write_text(WRITERS[form](program))
        assert read_with_highs(path) == tables_of(program)


def parse_cp_sat(program):
    """Parse the CP-SAT text of a program with protobuf's own parser."""
    from google.protobuf import text_format
    from ortools.sat import cp_model_pb2

    return text_format.Parse(WRITERS["cpsat"](program), cp_model_pb2.CpModelProto())


def cp_sat_model(proto):
    """Return a model of the Python interface that holds a parsed file."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    model.Proto().CopyFrom(proto)
    return model


def proto_terms(linear):
    """Return the terms of a linear constraint or of the objective."""
    return tuple(zip(linear.vars, linear.coeffs, strict=True))


@given(program=programs(limit=2**28, widest=2**28))
def test_cp_sat_text_holds_every_number(program):
    """Names, bounds, coefficients and the objective come back from protobuf's parser."""
    proto = parse_cp_sat(program)
    variables = [(v.name, v.domain[0], v.domain[1]) for v in proto.variables]
    assert proto.name == program.name
    assert variables == [(v.name, v.low, v.high) for v in program.variables]
    assert [(c.name, proto_terms(c.linear)) for c in proto.constraints] == [
        (row.name, row.terms) for row in program.rows
    ]
    assert proto_terms(proto.objective) == program.objective
    assert (proto.objective.scaling_factor, proto.objective.offset) == (0, 0)


@given(program=small_programs)
def test_cp_sat_text_has_the_same_points(program):
    """At every point within the bounds the constraints hold where the rows do."""
    constraints = parse_cp_sat(program).constraints
    for point in product(*(range(v.low, v.high + 1) for v in program.variables)):
        held = [
            c.linear.domain[0]
            <= sum(a * point[i] for i, a in proto_terms(c.linear))
            <= c.linear.domain[1]
            for c in constraints
        ]
        assert held == [row.holds(point) for row in program.rows]


@given(program=st.one_of(programs(limit=2**28, widest=2**28), small_programs))
def test_cp_sat_accepts_what_is_written(program):
    """CP-SAT finds nothing to object to, not even in rows that no point meets."""
    assert cp_sat_model(parse_cp_sat(program)).Validate() == ""


@by_example
def test_cp_sat_solves_what_is_written(problem):
    """CP-SAT solves the file to the optimum of the slow truth."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.Solve(cp_sat_model(parse_cp_sat(program_of(problem))))
    assert status == cp_model.OPTIMAL
    mask = solver.ResponseProto().solution[: problem.num_candidates]
    assert naive.value_of(problem, indices_of(mask)) == naive.optimum(problem)


def edge_program(most):
    """Return a program whose only row reaches from -most to most."""
    x, y = Variable(name="x", low=0, high=1), Variable(name="y", low=-1, high=0)
    row = Row(name="edge", terms=((0, most), (1, most)), low=None, high=5)
    return IntegerProgram(
        name="p", variables=(x, y), rows=(row,), objective=((0, 1),), num_choices=1
    )


def test_cp_sat_takes_sums_up_to_the_limit():
    """A row that reaches the largest sum we allow is one that CP-SAT allows."""
    assert cp_sat_model(parse_cp_sat(edge_program(2**62 - 1))).Validate() == ""


def test_sums_beyond_cp_sat_are_refused():
    """One more is refused with a line that says where to go; the other formats take it."""
    program = edge_program(2**62)
    with pytest.raises(BackendError, match=r"row edge may take values .* mps, lp or opb"):
        WRITERS["cpsat"](program)
    assert read_back("mps", program) == program


@pytest.mark.parametrize("sides", [(-(2**70), 2**70), (2**70, None), (None, -(2**70))])
def test_sides_beyond_64_bits_are_drawn_in(sides):
    """A side no sum can reach is drawn in to where CP-SAT can hold it, and means the same."""
    program = edge_program(3)
    program = replace(program, rows=(replace(program.rows[0], low=sides[0], high=sides[1]),))
    proto = parse_cp_sat(program)
    low, high = proto.constraints[0].linear.domain
    assert cp_sat_model(proto).Validate() == ""
    assert {low <= a <= high for a in range(-3, 4)} == {None not in sides}


def test_bounds_beyond_cp_sat_are_refused():
    """A variable that may leave half the 64-bit range is refused by name."""
    x = Variable(name="wide", low=-(2**62), high=0)
    program = IntegerProgram(name="p", variables=(x,), rows=(), objective=(), num_choices=1)
    with pytest.raises(BackendError, match="variable wide may take values"):
        WRITERS["cpsat"](program)


def test_objectives_beyond_cp_sat_are_refused():
    """An objective that may leave half the 64-bit range is refused too."""
    x = Variable(name="x", low=0, high=2)
    program = IntegerProgram(
        name="p", variables=(x,), rows=(), objective=((0, 2**61),), num_choices=1
    )
    with pytest.raises(BackendError, match="the objective may take values"):
        WRITERS["cpsat"](program)
