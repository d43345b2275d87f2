"""``slth layer``: one budget for many weights, as few edges as a tolerance allows, or the curve."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from bad_archives import ARCHIVES

from slth_opt import LayerBudget, partial_profiles, read_instance

POOLS = np.array([[0.5, -0.75, 1.25, 3.0], [-2.0, 0.25, 0.75, 1.5], [1.0, 1.125, -0.5, 0.375]])
TARGETS = np.array([0.625, -1.5, 2.25])
GOOD = {"pools": POOLS, "targets": TARGETS}
SIZE = POOLS.shape[1]


def exact(text):
    """Read an exact string like 3/2^4."""
    over, _, power = text.partition("/2^")
    return Fraction(int(over), 2 ** int(power or 0))


def best_by_size(pool, target):
    """Return the best error of every size, over all subsets, in fractions."""
    numbers = [Fraction(w) for w in pool]
    return [
        min(abs(sum(chosen) - Fraction(target)) for chosen in combinations(numbers, size))
        for size in range(len(numbers) + 1)
    ]


PROFILES = [best_by_size(pool, target) for pool, target in zip(POOLS, TARGETS, strict=True)]


def all_sizes():
    return product(range(SIZE + 1), repeat=len(POOLS))


def errors_with(sizes):
    return [profile[size] for profile, size in zip(PROFILES, sizes, strict=True)]


JOINS = {"linf": max, "l1": sum, "squares": lambda errors: sum(e * e for e in errors)}


@pytest.fixture
def layer(slth):
    """Write a layer of 3 weights with pools of 4 to ``layer.npz``."""
    np.savez("layer.npz", **GOOD)


def read(path="best.npz"):
    """Return the arrays of a file by name."""
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def chosen(masks):
    """Unpack masks as docs/batch.md says: weight 8b + i is bit i of byte b."""
    return [[i for i in range(SIZE) if mask[i // 8] >> i % 8 & 1] for mask in masks.tolist()]


def check_file(held):
    """Add up every subset of a file; return its sizes and errors."""
    unit = Fraction(1, 2 ** int(held["exponent"]))
    sizes, errors = [], []
    for row, indices in enumerate(chosen(held["masks"])):
        error = abs(sum(Fraction(POOLS[row, i]) for i in indices) - Fraction(TARGETS[row]))
        assert held["error_units"][row] * unit == error
        assert held["errors"][row] == float(error)
        assert held["sizes"][row] == len(indices)
        sizes.append(len(indices))
        errors.append(error)
    return sizes, errors


@pytest.mark.usefixtures("layer")
@pytest.mark.parametrize("budget", [0, 1, 2, 3, 5, 7, 12, 99])
@pytest.mark.parametrize("norm", JOINS)
def test_a_budget_is_shared_in_the_best_way(slth, norm, budget):
    """Value, bound, file and printed errors are the optimum over all ways to share the budget."""
    flags = ("--norm", norm, "--budget", budget, "--out", "best.npz", "--json")
    said = slth("layer", "layer.npz", *flags).json
    join = JOINS[norm]
    best = min(join(errors_with(s)) for s in all_sizes() if sum(s) <= budget)
    assert exact(said["value_exact"]) == exact(said["lower_bound_exact"]) == best
    sizes, errors = check_file(read())
    assert (join(errors), sum(sizes) <= budget) == (best, True)
    assert (said["edges"], said["largest_error"]) == (sum(sizes), float(max(errors)))
    assert (said["optimal"], said["gap_exact"]) == (True, "0")


@pytest.mark.usefixtures("layer")
@pytest.mark.parametrize("tolerance", ["0", "0.125", "0.25", "0.5", "1", "9"])
def test_a_tolerance_takes_as_few_as_it_needs(slth, tolerance):
    """The number kept is the least with every error within the tolerance; or there is none."""
    flags = ("--tolerance", tolerance, "--out", "best.npz", "--json")
    run = slth("layer", "layer.npz", *flags)
    enough = [s for s in all_sizes() if max(errors_with(s)) <= Fraction(tolerance)]
    if not enough:
        assert (run.code, run.json["infeasible"], os.listdir()) == (0, True, ["layer.npz"])
        return
    assert run.json["value"] == run.json["edges"] == min(map(sum, enough))
    sizes, errors = check_file(read())
    assert (sum(sizes), max(errors) <= Fraction(tolerance)) == (min(map(sum, enough)), True)


@pytest.mark.usefixtures("layer")
def test_the_curve_holds_the_optimum_of_every_budget(slth):
    """For any budget the last point within it has the smallest largest error, and is proven."""
    said = slth("layer", "layer.npz", "--curve", "--out", "curve.npz", "--json").json
    points = [(point["edges"], exact(point["value_exact"])) for point in said["curve"]]
    for budget in range(3 * SIZE + 1):
        best = min(max(errors_with(s)) for s in all_sizes() if sum(s) <= budget)
        assert min(error for edges, error in points if edges <= budget) == best
    held = read("curve.npz")
    unit = Fraction(1, 2 ** int(held["exponent"]))
    assert held["edges"].tolist() == [edges for edges, _ in points]
    assert [int(units) * unit for units in held["value_units"]] == [e for _, e in points]


@pytest.mark.usefixtures("layer")
def test_a_curve_only_falls(slth):
    """Every point has more edges and a smaller error than the one before."""
    curve = slth("layer", "layer.npz", "--curve", "--json").json["curve"]
    for one, other in pairwise(curve):
        assert one["edges"] < other["edges"]
        assert exact(one["value_exact"]) > exact(other["value_exact"])


def test_a_curve_beyond_an_int64_is_written_in_digits(slth):
    """Squares of numbers near 2^40 take 80 bits; the last point is one off, and one squared."""
    one = 2.0**40
    np.savez("layer.npz", pools=[[one, 2 * one + 1]], targets=[3 * one])
    said = slth("layer", "layer.npz", "--curve", "--norm", "squares", "--out", "c.npz", "--json")
    squares = [(3 * 2**40) ** 2, (2**40 - 1) ** 2, 1]
    assert [int(point["value_exact"]) for point in said.json["curve"]] == squares
    assert [int(digits) for digits in read("c.npz")["value_units"]] == squares


def test_a_long_curve_is_printed_in_part(slth):
    """Twenty points for people, the first and the last among them; all of them as JSON."""
    flags = ("layer", "--draw", "12x8", "--curve")
    points = slth(*flags, "--json").json["curve"]
    shown = [line.split() for line in slth(*flags).out.splitlines()[2:22]]
    assert len(points) > 20
    assert [int(shown[0][0]), int(shown[-1][0])] == [points[0]["edges"], points[-1]["edges"]]
    assert [float(value) for _, value in shown] == sorted(
        (float(value) for _, value in shown), reverse=True
    )


SHAPES = {
    "one pool for all": (POOLS[0], TARGETS),
    "rows share a pool": (POOLS[:2], np.array([[0.5, 1.0], [2.0, -0.25]])),
    "own pools": (POOLS, TARGETS),
}


@pytest.mark.parametrize("shapes", SHAPES)
def test_every_way_to_share_pools_is_read(slth, shapes):
    """The best total error of a shared budget, with the pool each target has by its row."""
    pools, targets = SHAPES[shapes]
    np.savez("layer.npz", pools=pools, targets=targets)
    each = targets.shape[1] if targets.ndim == 2 else 1
    rows = [pools if pools.ndim == 1 else pools[i // each] for i in range(targets.size)]
    by_row = [best_by_size(pool, t) for pool, t in zip(rows, targets.ravel(), strict=True)]
    best = min(
        sum(profile[size] for profile, size in zip(by_row, sizes, strict=True))
        for sizes in product(range(SIZE + 1), repeat=len(rows))
        if sum(sizes) <= 5
    )
    said = slth("layer", "layer.npz", "--norm", "l1", "--budget", "5", "--json").json
    assert exact(said["value_exact"]) == best


@pytest.mark.usefixtures("layer")
def test_rounded_numbers_have_brackets_in_the_file(slth):
    """The true error of each chosen subset lies between the two arrays."""
    slth("layer", "layer.npz", "--budget", "5", "--round", "1", "--out", "best.npz")
    held = read()
    for row, indices in enumerate(chosen(held["masks"])):
        true = abs(sum(Fraction(POOLS[row, i]) for i in indices) - Fraction(TARGETS[row]))
        low, high = held["true_error_low"][row], held["true_error_high"][row]
        assert Fraction(float(low)) <= true <= Fraction(float(high))


def test_a_saved_instance_is_the_question(slth):
    """`slth solve` of what --save writes finds the same optimum by another method."""
    drawn = ("--draw", "4x5", "--bits", "6", "--norm", "l1", "--budget", "6")
    said = slth("layer", *drawn, "--save", "layer.json", "--json").json
    held = read_instance("layer.json").problem
    assert isinstance(held, LayerBudget)
    assert (len(held.pools), len(held.pools[0]), held.most, held.norm) == (4, 5, 6, "l1")
    assert slth("solve", "layer.json", "--json").json["error_exact"] == said["value_exact"]


def test_saved_arrays_are_read_again(slth):
    """--save X.npz writes what was drawn; reading it gives the same answer."""
    drawn = slth("layer", "--draw", "5x6", "--budget", "9", "--save", "a.npz", "--json").json
    again = slth("layer", "a.npz", "--budget", "9", "--json").json
    assert again["value_exact"] == drawn["value_exact"]


def test_the_file_says_what_was_asked(slth):
    """Question, seed and what is proven are in the provenance."""
    slth("layer", "--draw", "5x6", "--seed", "4", "--budget", "9", "--out", "best.npz")
    facts = json.loads(str(read()["provenance"]))
    assert facts["source"]["seed"] == 4
    assert facts["optimal"] is True
    assert "at most 9 kept in all" in facts["question"]


def test_a_file_that_was_written_wrongly_is_not_kept(slth, monkeypatch):
    """A bit flipped on the way to the disk: exit 1, one line with the row, no file."""
    np.savez("layer.npz", **GOOD)
    real = np.savez

    def savez(file, masks, **arrays):
        real(file, masks=masks ^ np.uint8(1), **arrays)

    monkeypatch.setattr(np, "savez", savez)
    run = slth("layer", "layer.npz", "--budget", "5", "--out", "best.npz")
    assert (run.code, run.err.count("\n"), os.listdir()) == (1, 1, ["layer.npz"])
    assert "row 0 as written" in run.err


def interrupted(*arrays, **how):
    """Do as Ctrl-C does."""
    raise KeyboardInterrupt


def test_ctrl_c_leaves_nothing_where_every_weight_counts(slth, monkeypatch):
    """Interrupted among the profiles of a curve: exit 130, one line, no file."""
    monkeypatch.setattr(partial_profiles, "profiles", interrupted)
    run = slth("layer", "--draw", "5x6", "--curve", "--out", "curve.npz", "--save", "a.npz")
    assert (run.code, run.err.count("\n"), os.listdir()) == (130, 1, [])


def test_ctrl_c_leaves_a_bracket_of_a_budget(slth, monkeypatch):
    """Interrupted before any weight was solved: all keep nothing, and no error is the bound."""
    monkeypatch.setattr(partial_profiles, "profiles", interrupted)
    said = slth("layer", "--draw", "5x6", "--budget", "9", "--json").json
    assert (said["stopped_by"], said["edges"], said["lower_bound"]) == ("interrupted", 0, 0)


def test_people_read_the_same_facts(slth):
    """The lines hold the question, value, edges and proof of the JSON."""
    flags = ("layer", "--draw", "5x6", "--bits", "5", "--budget", "9")
    said, out = slth(*flags, "--json").json, slth(*flags).out
    assert out.startswith(f"{said['question']}\n")
    assert f"(exactly {said['value_exact']})" in out
    assert f"{said['edges']} of 30" in out
    assert "proven" in out


FLAGS = ("--budget", "3")
REFUSED = {
    "nothing": (FLAGS, "give a file of arrays, or --draw SIZES"),
    "no question": (("good.npz",), "exactly one of --budget K, --tolerance E, --curve"),
    "two questions": (
        ("good.npz", *FLAGS, "--curve"),
        "exactly one of --budget K, --tolerance E, --curve; not --budget and --curve",
    ),
    "norm of a tolerance": (
        ("good.npz", "--tolerance", "1", "--norm", "l1"),
        "--norm goes with --budget",
    ),
    "negative budget": (("good.npz", "--budget", "-1"), "budget must not be negative, got -1"),
    "negative tolerance": (("good.npz", "--tolerance", "-1"), "must not be negative"),
    "word tolerance": (("good.npz", "--tolerance", "x"), "--tolerance must be a number"),
    "nan tolerance": (("good.npz", "--tolerance", "nan"), "finite"),
    "no workers": (("good.npz", *FLAGS, "--workers", "0"), "workers must be an integer >= 1"),
    "one size": (("--draw", "3", *FLAGS), "--draw takes 2 sizes, N x n, written like 3x8"),
    "instance of a curve": (("good.npz", "--curve", "--save", "a.json"), "ends in .npz"),
    "missing": (("missing.npz", *FLAGS), "lacks the array 'pools'; it needs pools"),
    "extra": (("extra.npz", *FLAGS), "has an unknown array 'first'; possible are pools, targets"),
    "mismatch": (("mismatch.npz", *FLAGS), "pools of shape (3, 4) and targets of shape (2,)"),
    "deep": (("deep.npz", *FLAGS), "pools of shape (3, 4, 1) and targets of shape (3,)"),
    "empty": (("empty.npz", *FLAGS), "pools has shape (3, 0), there is nothing in it"),
    "nan": (("nan.npz", *FLAGS), "pools, row 1, column 2: nan is not finite"),
    "inf": (("inf.npz", *FLAGS), "targets, row 2: inf is not finite"),
    "too fine": (("fine.npz", *FLAGS), "targets, row 1 needs so fine a unit: use --round"),
}  # fmt: skip


@pytest.fixture
def files(slth):
    """Write files that make no layer."""
    nan = POOLS.copy()
    nan[1, 2] = np.nan
    np.savez("good.npz", **GOOD)
    np.savez("missing.npz", targets=TARGETS)
    np.savez("extra.npz", **GOOD, first=POOLS)
    np.savez("mismatch.npz", pools=POOLS, targets=TARGETS[:2])
    np.savez("deep.npz", pools=POOLS[:, :, None], targets=TARGETS)
    np.savez("empty.npz", pools=POOLS[:, :0], targets=TARGETS)
    np.savez("nan.npz", pools=nan, targets=TARGETS)
    np.savez("inf.npz", pools=POOLS, targets=[1.0, 2.0, np.inf])
    np.savez("fine.npz", pools=POOLS, targets=[1.0, 1e-30, 2.0])


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("arguments", "fragment"), REFUSED.values(), ids=REFUSED)
def test_bad_input_gets_one_line_and_no_file(slth, arguments, fragment):
    """Exit 2, nothing on stdout, one line that helps, and nothing written."""
    before = sorted(os.listdir())
    run = slth("layer", *arguments)
    assert (run.code, run.out) == (2, "")
    assert run.err.count("\n") == 1, run.err
    assert fragment in run.err
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize(
    ("write", "fragment"), list(ARCHIVES.items())[1::4], ids=lambda v: getattr(v, "__name__", "")
)
def test_a_bad_archive_gets_one_line(slth, tmp_path, write, fragment):
    """Whatever is wrong with the file is said in one line that names it."""
    write(tmp_path / "bad.npz", {"targets": TARGETS, "pools": POOLS})
    run = slth("layer", "bad.npz", *FLAGS)
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1), run.err
    assert fragment in run.err
