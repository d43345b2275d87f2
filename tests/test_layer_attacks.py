"""What an attack on the layer problems found wrong, and must stay right."""

import re
from dataclasses import replace

import numpy as np
import pytest

from slth_opt import blocks
from slth_opt.cli.main import main
from slth_opt.errors import GridError, ProblemError
from slth_opt.problems import SharedBlock
from slth_opt.results import Effort, Stop
from slth_opt.solving import solve as solve_for_real

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
    """The message joins its parts with one comma."""
    with pytest.raises(GridError, match="its products and its target, which sums up"):
        SharedBlock.from_reals([0.5], [[1]], [1], tolerance=0, rounding="nearest", bits=99)
