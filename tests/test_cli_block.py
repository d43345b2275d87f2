"""``slth block``: neurons shared by all outputs, chosen together, beside one output at a time."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from bad_archives import ARCHIVES

from slth_opt import Result, SharedBlock, Stop, read_instance
from slth_opt.cli import block as command

FIRST = np.array([0.5, 1.25, -0.75, 1.0])
SECOND = np.array([[1.5, -0.25, 2.0, 0.5], [0.5, 2.0, 0.25, -1.0]])
TARGETS = np.array([0.875, 1.75])
GOOD = {"first": FIRST, "second": SECOND, "targets": TARGETS}
HIDDEN, OUTPUTS = 4, 2


def exact(text):
    """Read an exact string like 3/2^4."""
    over, _, power = text.partition("/2^")
    return Fraction(int(over), 2 ** int(power or 0))


def error_of(output, chosen):
    """Return the error of one output for the neurons it chooses, in fractions."""
    total = sum(Fraction(SECOND[output, k]) * Fraction(FIRST[k]) for k in chosen)
    return abs(total - Fraction(TARGETS[output]))


def subsets():
    return [tuple(k for k, x in enumerate(mask) if x) for mask in product((0, 1), repeat=HIDDEN)]


def cost_of(choices):
    """Return edges, neurons and the largest error of a choice for each output."""
    used = set().union(*choices)
    edges = len(used) + sum(map(len, choices))
    return edges, len(used), max(error_of(i, chosen) for i, chosen in enumerate(choices))


def best_of(minimise, tolerance=None, most_edges=99, most_neurons=99):
    """Return the optimum over all choices, tried one by one; None if none is legal."""
    values = []
    for choices in product(subsets(), repeat=OUTPUTS):
        edges, neurons, error = cost_of(choices)
        if tolerance is not None and error > tolerance:
            continue
        if edges <= most_edges and neurons <= most_neurons:
            values.append({"edges": edges, "neurons": neurons, "error": error}[minimise])
    return min(values, default=None)


@pytest.fixture
def block(slth):
    """Write a block of 2 outputs and 4 neurons to ``block.npz``."""
    np.savez("block.npz", **GOOD)


QUESTIONS = [
    ("edges", {"tolerance": 0.25}),
    ("edges", {"tolerance": 0.5}),
    ("edges", {"tolerance": 2}),
    ("neurons", {"tolerance": 0.25}),
    ("neurons", {"tolerance": 0.5}),
    ("error", {}),
    ("error", {"most_edges": 3}),
    ("error", {"most_edges": 4}),
    ("error", {"most_neurons": 1}),
    ("error", {"most_edges": 5, "most_neurons": 2}),
]


def options_of(minimise, rules):
    options = ["--minimise", minimise]
    for name, value in rules.items():
        options += [f"--{name.replace('_', '-')}", value]
    return options


def ids(value):
    return value if isinstance(value, str) else " ".join(f"{k} {v}" for k, v in value.items())


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize(("minimise", "rules"), QUESTIONS, ids=ids)
def test_the_value_is_the_optimum_over_all_masks(slth, minimise, rules):
    """Value, bound and what the masks give are the optimum of trying every choice."""
    said = slth("block", "block.npz", *options_of(minimise, rules), "--json").json
    best = best_of(minimise, **rules)
    assert (exact(said["value_exact"]), exact(said["lower_bound_exact"])) == (best, best)
    choices = [tuple(k for k, x in enumerate(row) if x) for row in said["second_mask"]]
    edges, neurons, error = cost_of(choices)
    assert (said["edges"], said["neurons"], max(said["errors"])) == (edges, neurons, float(error))
    assert [k for k, x in enumerate(said["first_mask"]) if x] == sorted(set().union(*choices))


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize(("minimise", "rules"), QUESTIONS, ids=ids)
def test_one_by_one_is_never_better(slth, minimise, rules):
    """The gain is what is saved beside it, and never negative."""
    said = slth("block", "block.npz", *options_of(minimise, rules), "--json").json
    alone = said["independent"]
    value = exact(alone["error_exact"]) if minimise == "error" else alone[minimise]
    assert exact(said["gain_exact"]) == value - exact(said["value_exact"]) >= 0


def test_a_gain_is_shown(slth):
    """Each output has a neuron of its own and one they share: 3 edges together, 4 apart."""
    arrays = {
        "first": [1.0, 1.0, 1.0],
        "second": [[1.0, 0.0, 0.75], [0.0, 1.0, 0.75]],
        "targets": [1.0, 1.0],
    }
    np.savez("block.npz", **arrays)
    run = slth("block", "block.npz", "--minimise", "edges", "--tolerance", "0.25")
    assert "gain" in run.out
    assert "1 (25 %) by choosing together" in run.out
    said = slth("block", "block.npz", "--tolerance", "0.25", "--json").json
    assert (said["value"], said["independent"]["edges"], said["gain"]) == (3.0, 4, 1.0)


def test_no_choice_within_the_tolerance_is_an_answer(slth):
    """Proven infeasible: exit 0, no masks, no file."""
    np.savez("block.npz", first=[2.0], second=[[1.0]], targets=[1.0])
    run = slth("block", "block.npz", "--tolerance", "0.5", "--out", "masks.npz")
    assert (run.code, os.listdir()) == (0, ["block.npz"])
    assert "no such subset exists" in run.out
    said = slth("block", "block.npz", "--tolerance", "0.5", "--json").json
    assert (said["infeasible"], said["value"], said["out"]) == (True, None, None)


@pytest.mark.usefixtures("block")
def test_the_file_holds_masks_and_errors(slth):
    """What OUT.npz says of every output is what its masks give, in fractions."""
    slth("block", "block.npz", "--tolerance", "0.25", "--out", "masks.npz")
    with np.load("masks.npz", allow_pickle=False) as file:
        held = dict(file)
    unit = Fraction(1, 2 ** int(held["exponent"]))
    for i, row in enumerate(held["second_mask"]):
        assert held["error_units"][i] * unit == error_of(i, row.nonzero()[0])
        assert held["errors"][i] == float(error_of(i, row.nonzero()[0])) <= 0.25
    assert held["first_mask"].tolist() == held["second_mask"].any(axis=0).tolist()
    assert json.loads(str(held["provenance"]))["minimise"] == "edges"


@pytest.mark.parametrize("name", ["first_mask", "second_mask"])
def test_masks_written_wrongly_are_not_kept(slth, monkeypatch, name):
    """Either mask flipped on the way to the disk: exit 1, one line, no file."""
    np.savez("block.npz", **GOOD)
    real = np.savez

    def savez(file, **arrays):
        real(file, **arrays | {name: ~arrays[name]})

    monkeypatch.setattr(np, "savez", savez)
    run = slth("block", "block.npz", "--tolerance", "0.25", "--out", "masks.npz")
    assert (run.code, run.err.count("\n"), os.listdir()) == (1, 1, ["block.npz"])


def test_a_saved_instance_is_the_question(slth):
    """`slth solve` of what --save writes finds the same optimum."""
    drawn = ("--draw", "2x6", "--bits", "5", "--tolerance", "0.125")
    said = slth("block", *drawn, "--save", "block.json", "--json").json
    held = read_instance("block.json").problem
    assert isinstance(held, SharedBlock)
    assert (len(held.products), held.num_neurons, held.minimise) == (2, 6, "edges")
    again = slth("solve", "block.json", "--json").json
    assert again["lower_bound_exact"] == said["value_exact"]


def test_a_limit_gives_an_honest_bracket(slth):
    """Stopped by the clock: exit 0, and value and bound contain the optimum."""
    drawn = ("block", "--draw", "2x8", "--bits", "6", "--minimise", "error", "--json")
    best = exact(slth(*drawn).json["value_exact"])
    run = slth(*drawn, "--seconds", "0")
    low, high = (exact(run.json[name]) for name in ("lower_bound_exact", "value_exact"))
    assert (run.code, low <= best <= high) == (0, True)


def test_ctrl_c_before_anything_was_found(slth, monkeypatch):
    """Exit 130 where there is neither a mask nor a proof; nothing is written."""

    def interrupted(problem, backend, effort, start, watch):
        return Result(
            problem=problem, backend="cp_sat", indices=None, value=None,
            lower_bound=problem.free_bound(), infeasible=False, stop=Stop.INTERRUPTED,
            seconds=0.0, nodes=0,
        )  # fmt: skip

    monkeypatch.setattr(command, "solve", interrupted)
    run = slth("block", "--draw", "2x5", "--tolerance", "1e-5", "--out", "masks.npz")
    assert (run.code, os.listdir()) == (130, [])
    assert "nothing found; cp_sat stopped: interrupted" in run.out


FLAGS = ("--tolerance", "0.25")
REFUSED = {
    "nothing": (FLAGS, "give a file of arrays, or --draw SIZES"),
    "no tolerance": (("good.npz",), "--tolerance E goes with --minimise edges or neurons"),
    "tolerance of an error": (
        ("good.npz", "--minimise", "error", *FLAGS),
        "not with --minimise error",
    ),
    "budget of edges": (("good.npz", *FLAGS, "--most-edges", "3"), "no budget of edges"),
    "negative budget": (
        ("good.npz", "--minimise", "error", "--most-edges", "-1"),
        "budget must not be negative, got -1",
    ),
    "negative tolerance": (("good.npz", "--tolerance", "-1"), "must not be negative"),
    "nan tolerance": (("good.npz", "--tolerance", "nan"), "must be a finite real number, got nan"),
    "word tolerance": (("good.npz", "--tolerance", "x"), "--tolerance must be a number"),
    "three sizes": (("--draw", "2x3x4", *FLAGS), "--draw takes 2 sizes, o x h, written like 3x8"),
    "missing": (("missing.npz", *FLAGS), "lacks the array 'second'"),
    "extra": (("extra.npz", *FLAGS), "has an unknown array 'inputs'; possible are first, second"),
    "two dimensions": (("deep.npz", *FLAGS), "first has shape (4, 1), it must be h"),
    "mismatch": (("mismatch.npz", *FLAGS), "targets of shape (3,) does not match second of shape"),
    "nan": (("nan.npz", *FLAGS), "second 1, entry 2 must be a finite real number, got nan"),
    "inf": (("inf.npz", *FLAGS), "target 1 must be a finite real number, got inf"),
    "overflow": (("overflow.npz", *FLAGS), "first[3] = 8.67362e-19"),
    "too large": (("large.npz", *FLAGS), "second[1][2] = 1e+300"),
}  # fmt: skip


@pytest.fixture
def files(slth):
    """Write files that make no block."""
    nan, large, tiny = SECOND.copy(), SECOND.copy(), FIRST.copy()
    nan[1, 2], large[1, 2], tiny[3] = np.nan, 1e300, 2.0**-60
    np.savez("good.npz", **GOOD)
    np.savez("missing.npz", first=FIRST, targets=TARGETS)
    np.savez("extra.npz", **GOOD, inputs=FIRST)
    np.savez("deep.npz", **GOOD | {"first": FIRST[:, None]})
    np.savez("mismatch.npz", **GOOD | {"targets": np.ones(3)})
    np.savez("nan.npz", **GOOD | {"second": nan})
    np.savez("inf.npz", **GOOD | {"targets": np.array([1.0, np.inf])})
    np.savez("overflow.npz", **GOOD | {"first": tiny})
    np.savez("large.npz", **GOOD | {"second": large})


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("arguments", "fragment"), REFUSED.values(), ids=REFUSED)
def test_bad_input_gets_one_line_and_no_file(slth, arguments, fragment):
    """Exit 2, nothing on stdout, one line that helps, and nothing written."""
    before = sorted(os.listdir())
    run = slth("block", *arguments)
    assert (run.code, run.out) == (2, "")
    assert run.err.count("\n") == 1, run.err
    assert fragment in run.err
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize(
    ("write", "fragment"), list(ARCHIVES.items())[::4], ids=lambda v: getattr(v, "__name__", "")
)
def test_a_bad_archive_gets_one_line(slth, tmp_path, write, fragment):
    """Whatever is wrong with the file is said in one line that names it."""
    write(tmp_path / "bad.npz", GOOD)
    run = slth("block", "bad.npz", *FLAGS)
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1), run.err
    assert fragment in run.err
