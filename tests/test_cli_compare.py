"""``slth compare``: every row is a ticket that can be built alone, and the files say the same."""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from html import unescape

import numpy as np
import pytest

from slth_opt.cli import compare as command
from slth_opt.constructions import CONSTRUCTIONS
from slth_opt.heuristics import HEURISTICS
from slth_opt.networks import dense_network, write_network

FEW = ("--constructions", "pensia,otsuka", "--methods", "exact,greedy,swaps")
NUMBERS = ("median_error", "mean_error", "largest_error", "proven", "weights")


@pytest.fixture(autouse=True)
def tiny(slth):
    """Write a network 4-3-2 to ``tiny.npz``."""
    rng = np.random.default_rng(5)
    shapes = ((3, 4), (2, 3))
    write_network("tiny.npz", dense_network([rng.integers(-9, 9, s) / 16 for s in shapes]))


def compare(slth, *flags):
    return slth("compare", "tiny.npz", "--n", "10", *flags)


def test_every_row_is_a_ticket(slth):
    """Errors and edges of a row are those `slth ticket` tells of the same ticket."""
    for row in compare(slth, *FEW, "--seed", "2", "--json").json["rows"]:
        flags = ("--construction", row["construction"], "--heuristic", row["method"])
        alone = slth("ticket", "tiny.npz", "--n", "10", "--seed", "2", *flags, "--json").json
        assert {name: row[name] for name in NUMBERS} == {name: alone[name] for name in NUMBERS}
        for name in ("edges", "first_layer", "second_layer", "chosen", "natale_kept", "density"):
            assert row[name] == alone["edges"][name]


def test_the_gap_is_measured_against_the_optimum(slth):
    """The ratio is a row's mean error over that of the exact row of its source, never below 1."""
    rows = compare(slth, *FEW, "--seeds", "2", "--json").json["rows"]
    best = {(r["construction"], r["seed"]): r["mean_error"] for r in rows if r["method"] == "exact"}
    for row in rows:
        ratio = row["mean_error"] / best[row["construction"], row["seed"]]
        assert row["error_ratio"] == pytest.approx(ratio)
        assert row["error_ratio"] >= 1


def test_every_seed_is_asked(slth):
    """--seeds takes the seeds from --seed on, each with every construction and method."""
    rows = compare(slth, *FEW, "--seed", "5", "--seeds", "3", "--json").json["rows"]
    asked = {(row["construction"], row["method"], row["seed"]) for row in rows}
    methods = ("exact", "greedy", "swaps")
    assert asked == {(c, m, s) for c in ("pensia", "otsuka") for m in methods for s in (5, 6, 7)}
    assert len(rows) == 18


def test_by_default_all_constructions_are_asked(slth):
    """Without options every construction has its row, and every heuristic but the slow one."""
    said = compare(slth, "--json").json
    assert {row["construction"] for row in said["rows"]} == {plan.name for plan in CONSTRUCTIONS}
    quick = {heuristic.name for heuristic in HEURISTICS} - {"relaxed"}
    assert {row["method"] for row in said["rows"]} == {"exact", *quick}
    assert "relaxed: it is slow; --methods all asks it too" in said["left_out"]
    assert len(said["rows"]) == said["tickets"]


def test_all_methods_can_be_asked(slth):
    """--methods all asks the slow one too."""
    said = compare(slth, "--constructions", "otsuka", "--methods", "all", "--json").json
    assert said["rows"][0]["method"] == "exact"
    assert {row["method"] for row in said["rows"]} == {"exact", *(h.name for h in HEURISTICS)}


def test_who_cannot_answer_is_left_out_by_name(slth):
    """A heuristic that does not know a construction's size rule is named with the reason."""
    said = compare(slth, "--constructions", "natale,pooled", "--size", "3", "--json").json
    assert "natale with golden: it does not know the size rule 'exactly 3 each'" in said["left_out"]
    assert "pooled with greedy: it cannot share one size between pooled sides" in said["left_out"]
    assert [r["method"] for r in said["rows"] if r["construction"] == "pooled"] == ["exact"]


def test_a_size_rule_holds_for_all(slth):
    """With a rule of the user's every row has it instead of its paper's."""
    said = compare(slth, "--constructions", "natale,pensia", "--size", "2", "--json").json
    assert {row["rule"] for row in said["rows"]} == {"exactly 2 each"}
    assert {row["chosen"] for row in said["rows"]} == {2 * row["weights"] for row in said["rows"]}


def test_failures_are_counted(slth):
    """With a tolerance the failures of each row are counted; a tolerance of 9 has none."""
    flags = (*FEW, "--any-size", "--json", "--tolerance")
    none = compare(slth, *flags, "9").json["rows"]
    all_of_them = compare(slth, *flags, "1e-9").json["rows"]
    assert {row["failures"] for row in none} == {0}
    assert all(row["failures"] > 0.9 * row["weights"] for row in all_of_them)


def test_the_table_has_a_line_for_each_ticket(slth):
    """On the terminal every row of the JSON is a line, in the same order."""
    rows = compare(slth, *FEW, "--json").json["rows"]
    lines = compare(slth, *FEW).out.splitlines()[2:-2]
    names = [(row["construction"], row["method"]) for row in rows]
    assert [tuple(line.split()[:2]) for line in lines][: len(names)] == names


@pytest.fixture
def written(slth, monkeypatch):
    """Compare with files, as typed on a command line; return the JSON."""
    flags = (*FEW, "--seeds", "2", "--out", "out/it's", "--json")
    monkeypatch.setattr(sys, "argv", ["slth", "compare", "tiny.npz", "--n", "10", *flags])
    return compare(slth, *flags).json


def test_the_table_in_the_file_is_the_json(written):
    """The CSV holds every number of every row in full."""
    with open("out/it's/comparison.csv", newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    shown = [
        {name: "" if value is None else str(value) for name, value in row.items()}
        for row in written["rows"]
    ]
    assert read == shown


def test_all_files_are_there(written):
    """Table, two figures in two formats, and a page; nothing else is left in the folder."""
    figures = [f"{name}.{end}" for name in ("comparison", "edges") for end in ("svg", "png")]
    assert sorted(os.listdir("out/it's")) == sorted(["comparison.csv", *figures, "report.html"])
    assert sorted(written["written"]) == sorted(f"out/it's/{n}" for n in os.listdir("out/it's"))
    for name in figures:
        with open(f"out/it's/{name}", "rb") as file:
            assert file.read(4) == (b"\x89PNG" if name.endswith("png") else b"<svg")


def test_the_report_repeats_the_command(written):
    """The page shows the very command line, quoted so that it can be typed again."""
    with open("out/it's/report.html", encoding="utf-8") as file:
        page = file.read()
    (shown,) = re.findall(r"<pre>(.*?)</pre>", page)
    line = "slth compare tiny.npz --n 10 " + " ".join(FEW) + " --seeds 2 --out 'out/it'\"'\"'s'"
    assert unescape(shown) == line + " --json"


def test_the_report_holds_every_row(written):
    """Each ticket has its row in the table of errors and in that of edges."""
    with open("out/it's/report.html", encoding="utf-8") as file:
        page = file.read()
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>.*?</tr>", page)]
    for row in written["rows"]:
        key = [row["construction"], str(row["seed"]), row["method"]]
        errors, edges = (line for line in cells if line[:3] == key)
        assert errors[4:7] == [f"{row[name]:.4g}" for name in NUMBERS[:3]]
        assert edges[3:6] == [str(row[n]) for n in ("edges", "first_layer", "second_layer")]
    assert written["target"]["digest"] in page


def test_a_ctrl_c_keeps_the_rows_there_are(slth, monkeypatch):
    """Interrupted after two tickets, both are shown, written, and called incomplete."""
    whole = command.compare

    def interrupted(*arguments, **options):
        rows = whole(*arguments, **options)
        yield next(rows)
        yield next(rows)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "compare", interrupted)
    said = compare(slth, *FEW, "--out", "out", "--json").json
    assert (len(said["rows"]), said["tickets"], said["complete"]) == (2, 6, False)
    with open("out/comparison.csv", encoding="utf-8") as file:
        assert len(file.readlines()) == 3
    assert "interrupted: 2 of 6 tickets" in compare(slth, *FEW).out


def test_a_ctrl_c_before_the_first_row(slth, monkeypatch):
    """Interrupted before anything was found: exit 130, one line, no files."""

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(command, "compare", interrupted)
    run = compare(slth, *FEW, "--out", "out")
    assert (run.code, run.out, os.listdir("out")) == (130, "", [])


BAD = {
    "unknown construction": (("--constructions", "pensia,x"), "there is no construction 'x'"),
    "unknown method": (("--methods", "exact,x"), "there is no heuristic 'x'"),
    "no methods": (("--methods", ""), "there is no heuristic ''"),
    "word seed": (("--seed", "x"), "invalid int value: 'x'"),
    "negative seed": (("--seed", "-1"), "a seed is an integer >= 0"),
    "no seeds": (("--seeds", "0"), "--seeds must be at least 1"),
    "nobody left": (
        ("--constructions", "natale", "--methods", "golden"),
        "nothing is left to compare: natale with golden",
    ),
    "size above n": (("--size", "21"), "size 21 is impossible"),
    "no candidates": (("--n", "0"), "n must be an integer >= 1"),
    "two rules": (("--budget", "3", "--any-size"), "not --any-size and --budget"),
    "a file as folder": (("--out", "tiny.npz"), "tiny.npz"),
}


@pytest.mark.parametrize(("flags", "reason"), BAD.values(), ids=BAD)
def test_bad_options_get_one_line(slth, flags, reason):
    """What cannot be is refused in one line with its reason."""
    run = slth("compare", "tiny.npz", *flags)
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)
    assert reason in run.err


@pytest.mark.slow
def test_the_shipped_target_is_quick_and_proven(slth):
    """All constructions on the digits at n = 20: within two minutes, every exact row proven."""
    said = slth("compare", "digits", "--json").json
    assert said["seconds"] < 120
    assert all(row["proven"] for row in said["rows"] if row["method"] == "exact")
    assert json.dumps(said["images"]) == '"test digits of scikit-learn"'
