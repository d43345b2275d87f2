"""The programs of layers in every file format: read back as written, and solved from there."""

from __future__ import annotations

from dataclasses import replace

import naive
import pytest
import strategies
from file_readers import at_bits, read_opb
from hypothesis import given
from test_writers import (
    cp_sat_model,
    parse_cp_sat,
    read_back,
    read_with_highs,
    run_cbc,
    tables_of,
)

from slth_opt.errors import BackendError
from slth_opt.library import Instance, write_instance
from slth_opt.problems import JointLayer, LayerBudget, SharedBlock
from slth_opt.problems.legality import indices_of, mask_of
from slth_opt.programs import point_of, program_of, why_no_program
from slth_opt.programs.writers import WRITERS

EXAMPLES = {
    "budget l1": LayerBudget(
        pools=((31, -17, 64), (5, 90, -8)), targets=(50, 83), norm="l1", most=3
    ),
    "budget linf": LayerBudget(
        pools=((31, -17, 64), (5, 0, -8)), targets=(50, -2), norm="linf", most=2
    ),
    "edges": SharedBlock(
        products=((4, 1, 3), (2, 2, 5)), targets=(4, 5), minimise="edges", tolerances=(1, 0)
    ),
    "neurons": SharedBlock(
        products=((4, 1, 3), (2, 2, 5)), targets=(4, 7), minimise="neurons", tolerances=(0, 9)
    ),
    "error": SharedBlock(
        products=((40, 10, 31), (22, 20, 53)),
        targets=(45, 71),
        minimise="error",
        most_edges=4,
        most_neurons=2,
    ),
    "joint l1": JointLayer(
        first=((2, 1), (3, -1)), second=((1, 2),), targets=((7, -3),), norm="l1", most=5
    ),
    "joint linf": JointLayer(
        first=((2,), (3,), (0,)), second=((1, 2, 4),), targets=((9,),), norm="linf", most=2
    ),
}
IMPOSSIBLE = {
    "out of reach": SharedBlock(
        products=((3, 5),), targets=(20,), minimise="edges", tolerances=(2,)
    ),
    "no such sum": SharedBlock(
        products=((6, 10, 15),), targets=(13,), minimise="neurons", tolerances=(1,)
    ),
    "only zeros": SharedBlock(products=((0, 0),), targets=(4,), minimise="edges", tolerances=(1,)),
}

by_example = pytest.mark.parametrize("problem", EXAMPLES.values(), ids=EXAMPLES.keys())
by_impossible = pytest.mark.parametrize("problem", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
by_file = pytest.mark.parametrize("form", ["mps", "lp"])


def value_of(problem, program, values):
    """Return what the choices are worth that a solver names."""
    names = [v.name for v in program.variables[: program.num_choices]]
    return naive.value_of(problem, indices_of([round(values.get(name, 0)) for name in names]))


@by_file
@given(problem=strategies.layers().filter(lambda p: why_no_program(p) is None))
def test_programs_of_layers_come_back(form, problem):
    """Of every kind and magnitude, identical, the choices still the first variables."""
    program = program_of(problem)
    assert read_back(form, program) == program


@by_file
@by_example
def test_cbc_solves_what_is_written(form, problem, tmp_path):
    """CBC reads the file without complaint and its rounded choices are an optimum."""
    path, program = tmp_path / f"program.{form}", program_of(problem)
    path.write_text(WRITERS[form](program))
    status, values = run_cbc(path, tmp_path)
    assert status.startswith("Optimal")
    assert value_of(problem, program, values) == naive.optimum(problem)


@by_file
@by_impossible
def test_cbc_sees_what_is_impossible(form, problem, tmp_path):
    """Also where a row has nothing in it."""
    path = tmp_path / f"program.{form}"
    path.write_text(WRITERS[form](program_of(problem)))
    status, _ = run_cbc(path, tmp_path)
    assert naive.optimum(problem) is None
    assert "nfeasible" in status


@by_file
@by_example
def test_highs_reads_what_is_written(form, problem, tmp_path):
    """Every number of it."""
    path, program = tmp_path / f"program.{form}", program_of(problem)
    path.write_text(WRITERS[form](program))
    assert read_with_highs(path) == tables_of(program)


@by_example
def test_cp_sat_solves_what_is_written(problem):
    """To the optimum of the slow truth."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.Solve(cp_sat_model(parse_cp_sat(program_of(problem))))
    assert status == cp_model.OPTIMAL
    mask = solver.ResponseProto().solution[: problem.num_candidates]
    assert naive.value_of(problem, indices_of(mask)) == naive.optimum(problem)


@by_impossible
def test_cp_sat_sees_what_is_impossible(problem):
    """No point meets the file's rows."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.Solve(cp_sat_model(parse_cp_sat(program_of(problem))))
    assert status == cp_model.INFEASIBLE


@by_example
def test_opb_has_the_best_point_of_every_mask(problem):
    """The bits of a legal mask's best point are feasible and cost what the mask is worth."""
    program = program_of(problem)
    read = read_opb(WRITERS["opb"](program))
    assert list(read.variables) == [v.name for v in program.variables]
    legal = {indices: value for value, indices in naive.legal_subsets(problem)}
    for indices, value in legal.items():
        point = point_of(problem, mask_of(indices, problem.num_candidates))
        bits = bits_of(read, point)
        assert read.decode(bits) == point
        assert read.is_feasible(bits)
        assert at_bits(read.objective, bits) + read.offset == value


def bits_of(read, point):
    """Find bits that stand for a point, the largest weights first."""
    bits = [0] * read.num_bits
    for x, (low, weights) in zip(point, read.variables.values(), strict=True):
        rest = x - low
        for bit, weight in sorted(weights.items(), key=lambda item: -item[1]):
            if weight <= rest:
                bits[bit - 1], rest = 1, rest - weight
    return tuple(bits)


def test_what_cp_sat_cannot_hold_is_refused():
    """A sum of many large errors, in one line."""
    pools = ((2**61,),) * 8
    problem = LayerBudget(pools=pools, targets=(1,) * 8, norm="l1", most=3)
    with pytest.raises(
        BackendError, match=r"the objective may take values in 0\.\.18446744073709551608"
    ):
        WRITERS["cpsat"](program_of(problem))


INSTANCES = {**EXAMPLES, **IMPOSSIBLE}


@pytest.mark.parametrize("name", INSTANCES)
def test_the_command_line_takes_files_of_layers(slth, name):
    """Solved, certified, verified and exported, the value as the slow truth has it."""
    problem = INSTANCES[name]
    write_instance("layer.json", Instance(problem=problem))
    solved = slth("solve", "layer.json", "--json").json
    best = naive.optimum(problem)
    assert (solved["infeasible"], solved["optimal"]) == (best is None, best is not None)
    assert solved["value"] == best
    assert solved["value_exact"] == (None if best is None else str(best))
    certified = slth("certify", "layer.json")
    assert certified.code == 0, certified.err
    verified = slth("verify", "layer.json", "--json").json
    assert (verified["value"], verified["reproven"]) == (best, True)
    assert slth("export", "layer.json", "--format", "lp").out == WRITERS["lp"](program_of(problem))


def test_the_command_line_says_what_is_minimised(slth):
    """Edges where edges count: the error alone would not tell."""
    write_instance("layer.json", Instance(problem=EXAMPLES["edges"]))
    assert "edges" in slth("solve", "layer.json").out
    assert "3   (what is minimised)" in slth("solve", "layer.json").out


def test_squares_cannot_be_exported(slth):
    """One clear line, and code 2."""
    problem = replace(EXAMPLES["budget l1"], norm="squares")
    write_instance("layer.json", Instance(problem=problem))
    refused = slth("export", "layer.json", "--format", "mps")
    assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert "a sum of squares is no linear objective" in refused.err
