"""``slth ticket`` and ``slth verify`` of tickets: every number against one added up by hand."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from itertools import product
from statistics import median

import numpy as np
import pytest

from slth_opt.cli import targets, ticket_files
from slth_opt.constructions import CONSTRUCTIONS
from slth_opt.errors import ProblemError
from slth_opt.networks import dense_network, read_network, run, split_digits, write_network
from slth_opt.size_rules import SizeRule
from slth_opt.tickets import build_ticket, files, read_ticket, write_ticket

WEIGHTS = ([[0.5, -0.25, 0.375], [0.125, 0.75, -0.5]], [[0.5, -0.625]])
COUNT = 8
TINY = ("ticket", "tiny.npz", "--n", "6", "--seed", "3")


@pytest.fixture
def tiny(slth):
    """Write a network 3-2-1 with eight weights to ``tiny.npz``."""
    target = dense_network(WEIGHTS)
    write_network("tiny.npz", target)
    return target


def exact(text):
    """Read an exact string like 3/2^4."""
    over, _, power = text.partition("/2^")
    return Fraction(int(over), 2 ** int(power or 0))


def pools_of(ticket):
    """Yield every pool of a ticket and its target, in fractions."""
    for part in ticket.parts:
        for pool, target in zip(part.pools.tolist(), part.targets.tolist(), strict=True):
            yield [Fraction(number) for number in pool], Fraction(target)


def errors_by_size(pool, target):
    """Return (size, error) of every subset."""
    for mask in product((0, 1), repeat=len(pool)):
        total = sum((number for number, bit in zip(pool, mask, strict=True) if bit), Fraction(0))
        yield sum(mask), abs(total - target)


def best_errors(ticket, size=None):
    """Return the best error of every pool, over all subsets of a size."""
    return [
        min(error for kept, error in errors_by_size(pool, target) if size in (None, kept))
        for pool, target in pools_of(ticket)
    ]


def built(target, construction, **how):
    return build_ticket(target, construction, n=6, seed=3, **how)


@pytest.mark.parametrize("construction", ["natale", "pensia", "nonnegative", "otsuka", "parallel"])
def test_errors_are_those_of_the_best_subsets(slth, tiny, construction):
    """Median, mean and largest error are those over all subsets of every pool."""
    said = slth(*TINY, "--construction", construction, "--json").json
    size = 3 if construction == "natale" else None
    best = best_errors(built(tiny, construction), size)
    assert exact(said["largest_error_exact"]) == max(best)
    assert said["largest_error"] == float(max(best))
    assert said["median_error"] == pytest.approx(float(median(best)))
    assert said["mean_error"] == pytest.approx(float(sum(best) / len(best)))
    assert (said["weights"], said["proven"]) == (len(best), True)


@pytest.mark.parametrize("size", [0, 1, 4, 6])
def test_a_size_is_kept_by_every_weight(slth, tiny, size):
    """With --size K the ticket in the file has K candidates per weight, and the best error."""
    said = slth(*TINY, "--size", size, "--out", "t.npz", "--json").json
    ticket = read_ticket("t.npz", tiny)
    kept = {int(mask.sum()) for part in ticket.parts for mask in part.choice.masks}
    assert kept == {size}
    assert exact(said["largest_error_exact"]) == max(best_errors(ticket, size))


def test_a_tolerance_alone_keeps_as_few_as_it_allows(slth, tiny):
    """Where a subset is near enough its size is the least there is; the others fail."""
    flags = ("--construction", "pensia", "--tolerance", "0.25", "--out", "t.npz", "--json")
    said = slth(*TINY, *flags).json
    ticket = read_ticket("t.npz", tiny)
    masks = [mask for part in ticket.parts for mask in part.choice.masks]
    least = [
        min((k for k, error in errors_by_size(*pool) if error <= Fraction(1, 4)), default=None)
        for pool in pools_of(ticket)
    ]
    assert said["failures"] == least.count(None) > 0
    assert [int(m.sum()) for m, k in zip(masks, least, strict=True) if k is not None] == [
        k for k in least if k is not None
    ]


def test_a_tolerance_of_the_network_is_shared(slth, tiny):
    """Each of two layers gets a quarter of it, and each of a layer's entries an equal part."""
    flags = ("--any-size", "--tolerance", "0.25", "--level", "network", "--json")
    said = slth(*TINY, "--construction", "otsuka", *flags).json
    ticket = built(tiny, "otsuka")
    allowed = [Fraction(1, 16) / 6] * 6 + [Fraction(1, 16) / 2] * 2
    best = best_errors(ticket)
    assert said["failures"] == sum(e > a for e, a in zip(best, allowed, strict=True)) > 0


def test_a_budget_is_shared_in_the_best_way(slth, tiny):
    """The largest error under a budget is the least over all ways to share it."""
    flags = ("--construction", "otsuka", "--budget", "9", "--out", "t.npz", "--json")
    said = slth(*TINY, *flags).json
    ticket = read_ticket("t.npz", tiny)
    by_size = []
    for pool, target in pools_of(ticket):
        best = [min(e for k, e in errors_by_size(pool, target) if k <= most) for most in range(7)]
        by_size.append(best)
    levels = sorted({error for best in by_size for error in best})
    needed = next(
        level for level in levels
        if all(best[-1] <= level for best in by_size)
        and sum(next(k for k, e in enumerate(best) if e <= level) for best in by_size) <= 9
    )  # fmt: skip
    assert exact(said["largest_error_exact"]) == needed
    assert said["edges"]["chosen"] <= 9


def test_the_worst_weights_are_named(slth):
    """A weight out of reach is the worst: its layer, output, input, sum and error are told."""
    write_network("tiny.npz", dense_network([[[0.5, -0.25], [9.0, 0.125]], [[0.5, 0.5]]]))
    said = slth(*TINY, "--construction", "otsuka", "--tolerance", "0.01", "--json").json
    worst = said["worst"][0]
    place = {name: worst[name] for name in ("layer", "branch", "output", "input", "weight")}
    assert place == {"layer": 0, "branch": "whole", "output": 1, "input": 0, "weight": 9.0}
    assert worst["error"] == 9.0 - worst["sum"] == said["largest_error"]
    errors = [weight["error"] for weight in said["worst"]]
    assert errors == sorted(errors, reverse=True)
    run = slth(*TINY, "--construction", "otsuka", "--tolerance", "0.01")
    assert "worst failures" in run.out
    assert "layer 0, output 1, input 0, whole" in run.out


def test_copies_and_maps_are_named_too(slth):
    """Where outputs are built several times, the copy is part of the name; so is a bias."""
    write_network("tiny.npz", dense_network([[[9.0]], [[0.5]]], biases=[[8.0], [0.25]]))
    said = slth(*TINY, "--construction", "burkholz", "--json").json
    assert {weight["copy"] for weight in said["worst"]} <= set(range(6))
    said = slth(*TINY, "--construction", "pensia", "--json").json
    bias = next(weight for weight in said["worst"] if weight["branch"] == "bias")
    assert (bias["layer"], bias["output"], bias["input"], bias["weight"]) == (0, 0, None, 8.0)


@pytest.mark.parametrize("construction", [plan.name for plan in CONSTRUCTIONS])
def test_edges_are_the_entries_of_the_network_written(slth, tiny, construction):
    """The entries that are not zero in the masked network are the edges that were counted."""
    flags = ("--construction", construction, "--network", "net.npz", "--json")
    edges = slth(*TINY, *flags).json["edges"]
    kinds = {"first": 0, "second": 0}
    for layer in read_network("net.npz").layers:
        is_fan = not hasattr(layer, "coefficients")
        entries = layer.weights if is_fan else layer.coefficients
        kinds["first" if is_fan else "second"] += int(np.count_nonzero(entries))
    # The fan of `burkholz` hands its inputs on and is not drawn behind the first layer.
    assert edges["second_layer"] == kinds["second"]
    if construction not in ("burkholz", "parallel"):
        assert edges["first_layer"] == kinds["first"]
    assert edges["edges"] == edges["first_layer"] + edges["second_layer"]


def test_accuracy_is_that_of_the_network_written(slth):
    """The right answers are those of a forward pass of the network file over the test digits."""
    flags = ("--construction", "pooled", "--network", "net.npz", "--json")
    said = slth("ticket", "digits", *flags).json["accuracy"]
    digits = split_digits()
    values = run(read_network("net.npz"), digits.test_inputs)
    right = int((values.argmax(axis=1) == digits.test_labels).sum())
    assert (said["right"], said["images"], said["target_right"]) == (right, 360, 355)


def idx(array):
    """Return an array of bytes as an IDX file."""
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.astype(np.uint8).tobytes()


def test_accuracy_on_idx_files(slth, tmp_path):
    """With --mnist the test images of a folder are what is counted."""
    images, labels = np.zeros((4, 1, 3)), np.array([0, 1, 1, 0])
    images[[0, 1, 2, 3], 0, [0, 1, 2, 0]] = 255
    for part in ("train", "t10k"):
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    write_network("eye.npz", dense_network([[[0.5, 0.0, 0.0], [0.0, 0.5, 0.5]]]))
    said = slth("ticket", "eye.npz", "--construction", "pooled", "--mnist", ".", "--json").json
    assert (said["accuracy"]["target_right"], said["accuracy"]["images"]) == (4, 4)
    refused = slth("ticket", "digits", "--mnist", ".")
    assert (refused.code, "have 3 pixels and 2 labels" in refused.err) == (2, True)


def test_without_scikit_learn_accuracy_is_not_measured(slth, monkeypatch):
    """A missing library is a line of the answer; where digits are asked for it is an error."""

    def missing():
        raise ProblemError("the digits come with scikit-learn, which is missing")

    monkeypatch.setattr(targets, "split_digits", missing)
    assert "not measured: the digits come with" in slth("ticket", "digits", "--size", "1").out
    assert slth("ticket", "digits", "--size", "1", "--digits").code == 2


@pytest.mark.parametrize("heuristic", ["greedy", "draws"])
def test_a_heuristic_stands_beside_the_optimum(slth, tiny, heuristic):
    """The optimum told with a heuristic is what the exact method finds, and better."""
    large = ("ticket", "tiny.npz", "--n", "16", "--any-size", "--json")
    said, best = slth(*large, "--heuristic", heuristic).json, slth(*large).json
    assert said["proven"] is False
    assert said["optimum"] == {name: best[name] for name in said["optimum"]}
    assert said["mean_error"] > said["optimum"]["mean_error"]


def test_orseau_can_be_asked_for_the_optimum(slth, tiny):
    """Its paper takes golden-ratio steps; --heuristic exact proves instead."""
    own = slth(*TINY, "--construction", "orseau", "--json").json
    best = slth(*TINY, "--construction", "orseau", "--heuristic", "exact", "--json").json
    assert (own["method"], best["method"]) == ("golden", "exact")
    assert own["optimum"]["mean_error"] == best["mean_error"]


def test_the_worst_case_of_one_layer_is_a_sum(slth):
    """Over [-1, 1] the error of an output is the sum of its weights' errors, if signs agree."""
    write_network("row.npz", dense_network([[[0.5, -0.25]]]))
    arguments = ("ticket", "row.npz", "--construction", "otsuka", "--n", "5")
    said = slth(*arguments, "--worst-case", "--json").json
    ticket = build_ticket(dense_network([[[0.5, -0.25]]]), "otsuka", n=5, seed=0)
    total = float(sum(best_errors(ticket)))
    worst = said["worst_case"]
    assert worst["layers"] == [pytest.approx(total)]
    assert worst["lower"] <= worst["upper"] == pytest.approx(total)
    half = slth(*arguments, "--worst-case", "--box", "0", "0.5", "--json").json["worst_case"]
    assert half["upper"] <= total / 2 + 1e-15


def test_a_search_narrows_the_worst_case(slth, tiny):
    """With --seconds the bracket lies within that of intervals, and closes on a small network."""
    flags = ("--construction", "pensia", "--worst-case", "--json")
    wide = slth(*TINY, *flags).json["worst_case"]
    narrow = slth(*TINY, *flags, "--seconds", "20").json["worst_case"]
    assert wide["lower"] <= narrow["lower"] <= narrow["upper"] <= wide["upper"]
    assert narrow["upper"] <= narrow["lower"] * (1 + 1e-6)


def test_paths_are_those_of_the_matrices(slth, tiny):
    """The paths in the graph are the product of the 0/1 matrices of the network written."""
    flags = ("--construction", "pensia", "--graph", "--network", "net.npz", "--json")
    graph = slth(*TINY, *flags).json["graph"]
    reached = np.eye(3, dtype=int)
    for layer in read_network("net.npz").layers:
        reached = (layer.matrix() != 0).astype(int) @ reached
    assert (graph["paths"], graph["outputs"]) == (int(reached.sum()), 1)


def test_the_same_seed_writes_the_same_file(slth, tiny, tmp_path):
    """Twice the same command gives the same bytes; another seed gives others."""
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        slth("ticket", "tiny.npz", "--n", "6", "--seed", seed, "--out", f"{name}.safetensors")
    one, same, other = ((tmp_path / f"{name}.safetensors").read_bytes() for name in "abc")
    assert (one == same, one == other) == (True, False)


def test_verify_finds_a_ticket_true(slth, tiny):
    """What was written is true: every sum, and a sample of every optimum."""
    slth(*TINY, "--out", "t.safetensors")
    said = slth("verify", "t.safetensors", "tiny.npz", "--json").json
    assert (said["verified"], said["weights"], said["sampled"]) == (True, 2 * COUNT, 2 * COUNT)
    assert slth("verify", "t.safetensors", "tiny.npz", "--sample", "3", "--json").json[
        "sampled"
    ] == 3  # fmt: skip


def test_verify_knows_the_shipped_targets(slth):
    """A ticket for a shipped target needs no second file; one for another does."""
    slth("ticket", "digits", "--size", "1", "--out", "t.safetensors")
    assert "for digits: 64-32-10" in slth("verify", "t.safetensors").out
    write_network("tiny.npz", dense_network(WEIGHTS))
    slth(*TINY, "--out", "u.safetensors")
    run = slth("verify", "u.safetensors")
    assert (run.code, "name its file as well" in run.err) == (2, True)


def test_a_flipped_bit_is_refused(slth, tiny, tmp_path):
    """A ticket file with one bit changed, anywhere, is refused in one line."""
    slth(*TINY, "--out", "t.safetensors")
    good = (tmp_path / "t.safetensors").read_bytes()
    for place in range(0, len(good), max(1, len(good) // 60)):
        bad = bytearray(good)
        bad[place] ^= 1 << place % 8
        (tmp_path / "t.safetensors").write_bytes(bad)
        run = slth("verify", "t.safetensors", "tiny.npz")
        assert (run.code, run.out, run.err.count("\n")) == (2, "", 1), place


def test_another_target_is_refused(slth, tiny):
    """A ticket for one target is no ticket for another."""
    slth(*TINY, "--out", "t.safetensors")
    run = slth("verify", "t.safetensors", "digits")
    assert (run.code, "is for the target" in run.err) == (2, True)


def test_another_generator_is_refused(slth, tiny, monkeypatch):
    """A ticket whose source another generator drew cannot be built again, and says so."""
    with monkeypatch.context() as patched:
        patched.setattr(files, "GENERATOR", "MT19937")
        write_ticket("t.safetensors", built(tiny, "pensia"))
    run = slth("verify", "t.safetensors", "tiny.npz")
    assert (run.code, "was drawn by 'MT19937'" in run.err) == (2, True)


def test_a_false_proof_fails_the_check(slth, tiny):
    """A ticket that calls a heuristic's subsets proven is whole, but not true: exit 1."""
    honest = build_ticket(tiny, "pensia", n=16, seed=3, method="greedy")
    parts = [replace(p, choice=replace(p.choice, proven=True)) for p in honest.parts]
    write_ticket("t.safetensors", replace(honest, method="exact", parts=tuple(parts)))
    run = slth("verify", "t.safetensors", "tiny.npz")
    assert (run.code, run.out, run.err.count("\n")) == (1, "", 1)
    assert "is possible" in run.err


def test_a_ctrl_c_while_writing_leaves_the_old_file(slth, tiny, monkeypatch, tmp_path):
    """Interrupted while it is read back, the ticket is not there; what was there before is."""
    (tmp_path / "t.npz").write_bytes(b"old")

    def interrupted(place, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(ticket_files, "read_ticket", interrupted)
    run = slth(*TINY, "--out", "t.npz")
    assert (run.code, (tmp_path / "t.npz").read_bytes()) == (130, b"old")
    assert sorted(os.listdir()) == ["t.npz", "tiny.npz"]


def test_a_ticket_read_back_differently_is_not_kept(slth, tiny, monkeypatch):
    """If the file does not hold the ticket that was built, the check fails and nothing stays."""
    other = built(tiny, "natale", rule=SizeRule(rule="exactly", size=1))
    monkeypatch.setattr(ticket_files, "read_ticket", lambda place, target: other)
    run = slth(*TINY, "--out", "t.npz")
    assert (run.code, os.listdir()) == (1, ["tiny.npz"])


BAD = {
    "word seed": (("--seed", "x"), "invalid int value: 'x'"),
    "fractional seed": (("--seed", "1.5"), "invalid int value: '1.5'"),
    "negative seed": (("--seed", "-1"), "a seed is an integer >= 0"),
    "no candidates": (("--n", "0"), "n must be an integer >= 1"),
    "unknown construction": (("--construction", "x"), "there are natale, pensia"),
    "unknown heuristic": (("--heuristic", "x"), "there are draws, greedy"),
    "unknown norm": (("--budget", "9", "--norm", "x"), "choose from"),
    "two rules": (("--size", "1", "--any-size"), "not --size and --any-size"),
    "size above n": (("--size", "7"), "size 7 is impossible"),
    "negative size": (("--size", "-1"), "must not be negative"),
    "negative budget": (("--budget", "-1"), "must not be negative"),
    "smallest alone": (("--smallest",), "--smallest needs --tolerance"),
    "nan tolerance": (("--tolerance", "nan"), "tolerance must be a finite real number"),
    "word tolerance": (("--tolerance", "x"), "--tolerance must be a number"),
    "negative tolerance": (("--tolerance", "-1"), "must not be negative"),
    "level alone": (("--level", "layer"), "--level is about a tolerance"),
    "split of a weight": (("--tolerance", "1", "--split", "frobenius"), "give --level layer"),
    "norm alone": (("--norm", "l1"), "give --budget K too"),
    "rule unknown to a heuristic": (
        ("--heuristic", "golden", "--size", "2"),
        "knows the size rules any, smallest",
    ),
    "box alone": (("--box", "0", "1"), "--box is for --worst-case"),
    "seconds alone": (("--seconds", "1"), "--seconds is for --worst-case"),
    "negative seconds": (("--worst-case", "--seconds", "-1"), "must be a finite number >= 0"),
    "empty box": (("--worst-case", "--box", "1", "0"), "the lower first"),
    "endless box": (("--worst-case", "--box", "0", "inf"), "two finite numbers"),
    "no folder": (("--out", "no/t.npz"), "there is no folder no"),
    "another ending": (("--out", "t.txt"), "must end in .safetensors or .npz"),
    "over the target": (("--out", "tiny.npz"), "it is what is read"),
    "two in one place": (("--out", "t.npz", "--network", "t.npz"), "cannot be the same file"),
    "no images": (("--mnist", "nowhere"), "has no train-images"),
    "digits too large": (("--digits",), "the target takes 3 numbers"),
    "two sets of images": (("--digits", "--mnist", "."), "drop one"),
}  # fmt: skip


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(("flags", "reason"), BAD.values(), ids=BAD)
def test_bad_options_get_one_line(slth, flags, reason):
    """What cannot be is refused in one line with its reason, and nothing is written."""
    run = slth("ticket", "tiny.npz", "--n", "6", *flags)
    assert (run.code, run.out, run.err.count("\n"), os.listdir()) == (2, "", 1, ["tiny.npz"])
    assert reason in run.err


BAD_TARGETS = {
    "nan": ({"fc1.weight": np.array([[1.0, np.nan]])}, "holds nan at [0, 1]"),
    "convolution": ({"conv1.weight": np.ones((2, 1, 3, 3))}, "conv1.weight"),
    "no chain": ({"a1": np.ones((2, 3)), "a2": np.ones((1, 4))}, "a2"),
}


@pytest.mark.parametrize(("arrays", "reason"), BAD_TARGETS.values(), ids=BAD_TARGETS)
@pytest.mark.parametrize("command", ["ticket", "compare"])
def test_bad_targets_get_one_line(slth, command, arrays, reason):
    """A target that is none is refused in one line that names what is wrong with it."""
    np.savez("bad.npz", **arrays)
    run = slth(command, "bad.npz")
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)
    assert reason in run.err


@pytest.mark.parametrize(
    ("name", "reason"),
    [("nix", "neither a shipped target (digits, digits_conv)"), ("nix.npz", "No such file")],
)
def test_a_target_there_is_not(slth, name, reason):
    """A target that is neither shipped nor a file is answered with what there is."""
    run = slth("ticket", name)
    assert (run.code, reason in run.err) == (2, True)


def test_a_layer_that_cannot_be_built_is_named(slth, tiny):
    """A masked network is no target: its first layer is half of a construction."""
    slth(*TINY, "--network", "net.npz")
    run = slth("ticket", "net.npz")
    assert (run.code, "layer 0 is a fan" in run.err) == (2, True)


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("pool.json", "--sample", "3"), "--sample is for tickets"),
        (("t.npz", "digits", "--sample", "-1"), "must not be negative"),
        (("t.npz", "digits"), "t.npz: cannot be read"),
    ],
)
def test_verify_refuses_what_it_cannot_check(slth, flags, reason):
    """Options for the other kind of file, and files that are not there, get one line."""
    run = slth("verify", *flags)
    assert (run.code, run.out, reason in run.err) == (2, "", True)
