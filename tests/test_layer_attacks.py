"""What an attack on the layer problems found wrong, and must stay right."""

import re
import time
from dataclasses import replace

import numpy as np
import pytest

from slth_opt import blocks
from slth_opt.cli.main import main
from slth_opt.errors import GridError, ProblemError
from slth_opt.problems import JointLayer, SharedBlock, VectorSum, pooled_signs
from slth_opt.reproving import best_errors
from slth_opt.results import Effort, Stop
from slth_opt.solving import solve as solve_for_real
from slth_opt.strengthening.joints import entry_optima

HARD = SharedBlock(  # sums of 60 numbers of 50 bits: nobody looks at all of them
    products=tuple(
        tuple(map(int, row)) for row in np.random.default_rng(1).integers(-(2**50), 2**50, (2, 60))
    ),
    targets=(2**49 + 1, -(2**48) - 3),
    minimise="edges",
    tolerances=(0, 0),
)


def interrupted(problem, *args, **options):
    """Answer as a method does that hears Ctrl-C before it found anything."""
    result = solve_for_real(problem, effort=Effort(seconds=0.0))
    nothing = {"indices": None, "value": None, "infeasible": False, "lower_bound": 0}
    return replace(result, stop=Stop.INTERRUPTED, **nothing)


def test_outputs_that_were_interrupted_are_not_said_to_have_nothing_legal(monkeypatch):
    """No selection after Ctrl-C means that none was found, not that none exists."""
    monkeypatch.setattr(blocks, "solve", interrupted)
    alone = blocks.independent_block(HARD)
    assert (alone.indices, alone.stop) == (None, Stop.INTERRUPTED)


def test_ctrl_c_while_outputs_choose_one_by_one_ends_the_command(monkeypatch, capsys):
    """After Ctrl-C among the outputs nothing more is searched, and the exit code says so."""
    monkeypatch.setattr(blocks, "solve", interrupted)
    arguments = ["block", "--draw", "2x60", "--tolerance", "1e-15"]
    assert main(arguments) == 130
    shown = capsys.readouterr().out
    assert "nothing legal" not in shown
    assert re.search(r"one by one +nothing found; stopped: interrupted", shown)


def test_a_limit_on_seconds_holds_for_the_outputs_one_by_one():
    """With no time at all, outputs too large to be listed come back unproven and say why."""
    alone = blocks.independent_block(HARD, Effort(seconds=0.0))
    assert alone.stop is Stop.SECONDS


@pytest.mark.parametrize("tolerance", [-0.25, [-0.25], np.array([-0.25])])
def test_a_negative_tolerance_is_refused_as_it_was_given(tolerance):
    """The message shows the number of the caller, not one in units of the grid."""
    with pytest.raises(ProblemError, match=r"tolerance 0 must not be negative, got -0\.25"):
        SharedBlock.from_reals([0.5], [[1.0]], [0.5], tolerance=tolerance)


def test_a_tolerance_may_be_an_array_of_no_dimension():
    """One number is one number, however numpy wraps it."""
    block = SharedBlock.from_reals([0.5], [[1.0], [0.5]], [0.5, 0.0], tolerance=np.array(0.25))
    assert block.tolerances == (1, 1)


def test_a_block_too_fine_for_its_bits_is_refused_in_a_sentence():
    """The message has no comma too many."""
    with pytest.raises(GridError, match="0 with its products and its target, which sums up"):
        SharedBlock.from_reals([0.5], [[1]], [1], tolerance=0, rounding="nearest", bits=99)


def random_layer(outputs, hidden, inputs, *, most):
    """Return a layer without a budget to speak of, or with one, the same every time."""
    draws = np.random.default_rng(hidden)

    def matrix(rows, columns, reach):
        return tuple(tuple(map(int, row)) for row in draws.integers(-reach, reach, (rows, columns)))

    return JointLayer(
        first=matrix(hidden, inputs, 2**23), second=matrix(outputs, hidden, 2**23),
        targets=matrix(outputs, inputs, 2**45), norm="linf", most=most,
    )  # fmt: skip


@pytest.mark.parametrize("most", [2, 7, 12, 1000])
def test_entries_of_21_neurons_are_bounded_by_their_own_optimum(most):
    """Beyond the sizes that are listed, halves give the same optimum as plain Python does."""
    layer = random_layer(1, 21, 2, most=most)
    expected = tuple(
        min(best_errors(pool, target, 0, min(21, most // 2))) for _, pool, target in layer.entries()
    )
    assert entry_optima(layer) == (expected,)


def test_entries_of_30_neurons_do_not_outlast_a_limit_on_seconds():
    """The bounds of 36 entries took 11 seconds when plain Python sorted their sums."""
    layer = random_layer(6, 30, 6, most=1000)
    began = time.perf_counter()
    entry_optima(layer)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("question", ["block --draw 2x4 --tolerance 0", "joint --draw 2x3x2"])
def test_too_many_bits_are_refused_in_the_words_of_the_command_line(question, capsys):
    """The message speaks of the option that was given, not of an argument in Python."""
    assert main([*question.split(), "--round", "2000"]) == 2
    said = capsys.readouterr().err
    assert "--round 2000 is too fine" in said
    assert "bits=" not in said


def test_rows_that_are_too_large_are_refused_with_the_place_of_the_largest():
    """Integers and reals beyond the capacity: the message names row and weight."""
    with pytest.raises(ProblemError, match="the largest number is row 1, weight 0"):
        VectorSum(rows=((1, 2), (2**62, 3)), targets=(0, 0), norm="l1", fewest=0, most=2)
    with pytest.raises(GridError, match="the largest number is target 1"):
        VectorSum.from_reals([[1.0, 2.0], [3.0, 0.5]], [0.0, -1e30])
    with pytest.raises(GridError, match="the largest number is row 1, weight 1"):
        pooled_signs([1.0, -1e200], [1.0, 1e200], 1.0)
