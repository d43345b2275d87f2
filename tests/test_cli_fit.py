"""``slth fit``: the mask of a random layer that does on given inputs what is wanted."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from bad_archives import ARCHIVES

from slth_opt.cli import fit as command

WEIGHTS = np.array([[0.5, -0.75, 1.25, 1.0], [1.5, 0.25, -0.5, 2.0]])
INPUTS = np.array([[1.0, -0.5, 0.25], [0.75, 1.0, -1.0], [-0.25, 0.5, 1.0], [1.0, 1.0, -0.75]])
MATRIX = np.array([[0.25, -0.5, 0.75, 0.5], [0.5, 0.25, -0.25, 1.0]])
GOOD = {"weights": WEIGHTS, "inputs": INPUTS, "matrix": MATRIX}


def exact(text):
    """Read an exact string like 3/2^4."""
    over, _, power = text.partition("/2^")
    return Fraction(int(over), 2 ** int(power or 0))


def times(matrix, inputs):
    """Multiply two matrices in fractions."""
    return [
        [
            sum(Fraction(float(a)) * Fraction(float(b)) for a, b in zip(row, column, strict=True))
            for column in inputs.T
        ]
        for row in matrix
    ]


WANTED = times(MATRIX, INPUTS)


def errors_of(masks):
    """Return the error of every output on every sample, row by row, in fractions."""
    got = times(WEIGHTS * np.array(masks), INPUTS)
    return [
        [abs(a - b) for a, b in zip(row, want, strict=True)]
        for row, want in zip(got, WANTED, strict=True)
    ]


def joined(masks, norm):
    errors = [error for row in errors_of(masks) for error in row]
    return sum(errors) if norm == "l1" else max(errors)


def best_of(norm, budget=99, per_row=99):
    """Return the optimum over all masks, tried one by one."""
    rows = [np.reshape(mask, (2, 4)) for mask in product((0, 1), repeat=8)]
    return min(
        joined(masks, norm)
        for masks in rows
        if masks.sum() <= budget and masks.sum(axis=1).max() <= per_row
    )


@pytest.fixture
def layer(slth):
    """Write a layer of 2 x 4 with 3 samples to ``fit.npz``."""
    np.savez("fit.npz", **GOOD)


RULES = [{}, {"budget": 0}, {"budget": 3}, {"budget": 5}, {"per_row": 1}, {"per_row": 2}]


@pytest.mark.usefixtures("layer")
@pytest.mark.parametrize("norm", ["linf", "l1"])
@pytest.mark.parametrize(
    "rules", RULES, ids=lambda rules: " ".join(f"{k} {v}" for k, v in rules.items()) or "free"
)
def test_the_value_is_the_optimum_over_all_masks(slth, norm, rules):
    """Value, bound and what the masks give are the optimum of trying every mask."""
    options = [x for name, k in rules.items() for x in (f"--{name.replace('_', '-')}", k)]
    said = slth("fit", "fit.npz", "--norm", norm, *options, "--out", "best.npz", "--json").json
    best = best_of(norm, **rules)
    assert (exact(said["value_exact"]), exact(said["lower_bound_exact"])) == (best, best)
    with np.load("best.npz", allow_pickle=False) as file:
        masks = file["masks"]
    assert joined(masks, norm) == best
    assert said["edges"] == masks.sum() <= rules.get("budget", 8)
    assert masks.sum(axis=1).max() <= rules.get("per_row", 4)


def test_targets_may_be_given_instead_of_a_matrix(slth):
    """The outputs wanted, written down, make the same question as the matrix they come from."""
    np.savez("fit.npz", **GOOD)
    outputs = np.array([[float(v) for v in row] for row in WANTED])
    np.savez("targets.npz", weights=WEIGHTS, inputs=INPUTS, targets=outputs)
    one, other = (slth("fit", f"{name}.npz", "--json").json for name in ("fit", "targets"))
    assert one["value_exact"] == other["value_exact"]


@pytest.mark.usefixtures("layer")
def test_the_file_holds_masks_and_errors(slth):
    """What OUT.npz says of every output and sample is what its masks give, in fractions."""
    slth("fit", "fit.npz", "--norm", "l1", "--budget", "4", "--out", "best.npz")
    with np.load("best.npz", allow_pickle=False) as file:
        held = dict(file)
    unit = Fraction(1, 2 ** int(held["exponent"]))
    reached = errors_of(held["masks"])
    assert [[int(e) * unit for e in row] for row in held["error_units"]] == reached
    assert held["errors"].tolist() == [[float(e) for e in row] for row in reached]
    assert json.loads(str(held["provenance"]))["norm"] == "l1"


def test_masks_written_wrongly_are_not_kept(slth, monkeypatch):
    """A bit flipped on the way to the disk: exit 1, one line, no file."""
    np.savez("fit.npz", **GOOD)
    real = np.savez

    def savez(file, masks, **arrays):
        real(file, masks=~masks, **arrays)

    monkeypatch.setattr(np, "savez", savez)
    run = slth("fit", "fit.npz", "--out", "best.npz")
    assert (run.code, run.err.count("\n"), os.listdir()) == (1, 1, ["fit.npz"])


DRAWN = ("--draw", "2x6x4", "--bits", "5")


def test_saved_arrays_are_read_again(slth):
    """--save X.npz writes what was drawn; reading it gives the same answer."""
    drawn = slth("fit", *DRAWN, "--seed", "3", "--save", "a.npz", "--json").json
    assert slth("fit", "a.npz", "--json").json["value_exact"] == drawn["value_exact"]


def test_a_limit_gives_an_honest_bracket(slth):
    """Stopped by the clock: exit 0, and value and bound contain the optimum."""
    best = exact(slth("fit", *DRAWN, "--json").json["value_exact"])
    run = slth("fit", *DRAWN, "--seconds", "0", "--json")
    low, high = (exact(run.json[name]) for name in ("lower_bound_exact", "value_exact"))
    assert (run.code, low <= best <= high) == (0, True)
    assert run.json["optimal"] is (low == high)


def test_ctrl_c_gives_the_best_so_far(slth, monkeypatch):
    """Interrupted after the first output: exit 0, and a bracket that contains the optimum."""
    best = exact(slth("fit", *DRAWN, "--json").json["value_exact"])

    @contextmanager
    def waiting(what):
        yield interrupt

    def interrupt(share):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "waiting", waiting)
    run = slth("fit", *DRAWN, "--out", "best.npz", "--json")
    low, high = (exact(run.json[name]) for name in ("lower_bound_exact", "value_exact"))
    assert (run.code, run.json["stopped_by"], low <= best <= high) == (0, "interrupted", True)
    assert os.listdir() == ["best.npz"]


def test_rounded_numbers_have_a_bracket_of_the_true_error(slth):
    """The masks found for rounded numbers have a true error between the two ends."""
    np.savez("fit.npz", **GOOD)
    said = slth("fit", "fit.npz", "--round", "2", "--json").json
    assert said["rounded"]
    assert said["true_error_low"] <= joined(said["masks"], "linf") <= said["true_error_high"]


def test_people_read_the_same_facts(slth):
    """The lines hold the question, value and edges of the JSON."""
    said, out = slth("fit", *DRAWN, "--json").json, slth("fit", *DRAWN).out
    assert out.startswith(f"{said['question']}\n")
    assert f"(exactly {said['value_exact']})" in out
    assert f"{said['edges']} of 12" in out


REFUSED = {
    "nothing": ((), "give a file of arrays, or --draw SIZES"),
    "negative budget": (("good.npz", "--budget", "-1"), "must not be negative, got -1"),
    "negative per row": (("good.npz", "--per-row", "-1"), "must not be negative, got -1"),
    "unknown norm": (("good.npz", "--norm", "squares"), "invalid choice: 'squares'"),
    "unknown backend": (("good.npz", "--backend", "gurobi"), "there is no backend 'gurobi'"),
    "negative seconds": (("good.npz", "--seconds", "-1"), "seconds must be a finite number"),
    "an instance": (("good.npz", "--save", "a.json"), "ends in .npz"),
    "two sizes": (("--draw", "2x3"), "--draw takes 3 sizes, o x n x S, written like 3x8x4"),
    "missing": (("missing.npz",), "lacks the array 'inputs'; it needs weights (o x n), inputs"),
    "neither": (("neither.npz",), "must have exactly one of the arrays targets and matrix"),
    "both": (("both.npz",), "must have exactly one of the arrays targets and matrix"),
    "extra": (("extra.npz",), "has an unknown array 'pools'"),
    "mismatch": (("mismatch.npz",), "inputs of shape (3, 4) does not match weights of shape"),
    "flat": (("flat.npz",), "inputs has shape (12,), it must be n x S"),
    "nan": (("nan.npz",), "nan"),
    "nan matrix": (("matrix.npz",), "inf"),
    "overflow": (("overflow.npz",), "inputs[2][1] = 8.67362e-19"),
    "too large": (("large.npz",), "weights[1][2] = 1e+300"),
}  # fmt: skip


@pytest.fixture
def files(slth):
    """Write files that make no layer."""
    nan, large, tiny, inf = WEIGHTS.copy(), WEIGHTS.copy(), INPUTS.copy(), MATRIX.copy()
    nan[1, 2], large[1, 2], tiny[2, 1], inf[0, 1] = np.nan, 1e300, 2.0**-60, np.inf
    outputs = np.ones((2, 3))
    np.savez("good.npz", **GOOD)
    np.savez("missing.npz", weights=WEIGHTS, matrix=MATRIX)
    np.savez("neither.npz", weights=WEIGHTS, inputs=INPUTS)
    np.savez("both.npz", **GOOD, targets=outputs)
    np.savez("extra.npz", **GOOD, pools=INPUTS)
    np.savez("mismatch.npz", **GOOD | {"inputs": INPUTS.T})
    np.savez("flat.npz", **GOOD | {"inputs": INPUTS.ravel()})
    np.savez("nan.npz", **GOOD | {"weights": nan})
    np.savez("matrix.npz", **GOOD | {"matrix": inf})
    np.savez("overflow.npz", **GOOD | {"inputs": tiny})
    np.savez("large.npz", **GOOD | {"weights": large})


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("arguments", "fragment"), REFUSED.values(), ids=REFUSED)
def test_bad_input_gets_one_line_and_no_file(slth, arguments, fragment):
    """Exit 2, nothing on stdout, one line that helps, and nothing written."""
    before = sorted(os.listdir())
    run = slth("fit", *arguments)
    assert (run.code, run.out) == (2, "")
    assert run.err.count("\n") == 1, run.err
    assert fragment in run.err
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize(
    ("write", "fragment"), list(ARCHIVES.items())[2::4], ids=lambda v: getattr(v, "__name__", "")
)
def test_a_bad_archive_gets_one_line(slth, tmp_path, write, fragment):
    """Whatever is wrong with the file is said in one line that names it."""
    write(tmp_path / "bad.npz", GOOD)
    run = slth("fit", "bad.npz")
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1), run.err
    assert fragment in run.err
