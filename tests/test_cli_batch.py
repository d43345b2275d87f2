"""``slth batch``: arrays in, a file of proven answers out, and nothing half-written ever."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import pty
import signal
import subprocess
import sys
import time
from fractions import Fraction

import naive
import numpy as np
import pytest

from slth_opt import nearest_subsets, profiles, smallest_subsets
from slth_opt.cli import batch as command
from slth_opt.cli.answers import arrays_of, packed, recheck
from slth_opt.errors import ClaimRejected
from slth_opt.kernels import lockstep

TYPED = ("--weights", "0.5,-0.75,1.25,3,-2", "--targets", "0.6,-1.5,2.25")
POOL, TARGETS = [0.5, -0.75, 1.25, 3.0, -2.0], [0.6, -1.5, 2.25]
OUT = ("--out", "best.npz")


def read(path="best.npz"):
    """Return the arrays of a file by name."""
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def chosen(masks, n):
    """Unpack masks as docs/batch.md says: weight 8b + i is bit i of byte b."""
    return [[i for i in range(n) if mask[i // 8] >> i % 8 & 1] for mask in masks.tolist()]


def units(value, exponent):
    """Return a number in units of 2^-exponent."""
    placed = Fraction(value) * 2 ** int(exponent)
    assert placed.denominator == 1
    return int(placed)


RULES = {
    ("--size", "2"): (2, 2),
    ("--at-most", "1"): (0, 1),
    ("--between", "2", "4"): (2, 4),
    ("--any-size",): (0, 5),
}


@pytest.mark.parametrize("rule", RULES, ids=" ".join)
def test_every_row_of_the_file_is_the_best(slth, rule):
    """Errors, masks and sizes in the file are those of a best subset, by itertools."""
    assert slth("batch", *TYPED, *rule, *OUT).code == 0
    held = read()
    low, high = RULES[rule]
    exponent = held["exponent"]
    pool = [units(w, exponent) for w in POOL]
    for row, indices in enumerate(chosen(held["masks"], 5)):
        target = units(TARGETS[row], exponent)
        best = min(naive.profile(pool, target)[low : high + 1])
        assert held["error_units"][row] == best == abs(sum(pool[i] for i in indices) - target)
        assert held["errors"][row] == float(Fraction(best) / 2 ** int(exponent))
        assert low <= held["sizes"][row] == len(indices) <= high


def test_a_profile_has_every_size(slth):
    """One column for each size 0..n, in errors and in masks."""
    assert slth("batch", *TYPED, "--profile", *OUT).code == 0
    held = read()
    exponent = held["exponent"]
    pool = [units(w, exponent) for w in POOL]
    assert held["sizes"].tolist() == list(range(6))
    assert (held["errors"].shape, held["masks"].shape) == ((3, 6), (3, 6, 1))
    for row, target in enumerate(TARGETS):
        best = naive.profile(pool, units(target, exponent))
        assert held["error_units"][row].tolist() == best
        assert list(map(len, chosen(held["masks"][row], 5))) == list(range(6))


def test_the_smallest_subsets_and_the_rows_without(slth):
    """0.6 needs one weight within 0.2, -1.5 two, 2.25 two; 99 has none, which is proven."""
    run = slth(
        "batch", *TYPED[:3], "0.6,-1.5,2.25,99", "--smallest", "--tolerance", "0.2", *OUT, "--json"
    )
    held = read()
    assert held["sizes"].tolist() == [1, 2, 2, -1]
    assert held["error_units"][3] == -1
    assert np.isnan(held["errors"]).tolist() == [False, False, False, True]
    assert chosen(held["masks"], 5)[3] == []
    assert (run.json["no_subset"], run.json["rows_by_size"]) == (1, {"1": 1, "2": 2})
    assert held["tolerance_units"] == int(Fraction(0.2) * 2 ** int(held["exponent"]))


def test_rounded_numbers_have_brackets_in_the_file(slth):
    """The true error of the chosen subset lies between the two arrays, in fractions."""
    typed = ("--weights", "0.1,0.7,-0.3", "--targets", "0.45,0.2")
    run = slth("batch", *typed, "--any-size", "--round", "6", *OUT)
    held = read()
    for row, indices in enumerate(chosen(held["masks"], 3)):
        total = sum((Fraction([0.1, 0.7, -0.3][i]) for i in indices), Fraction(0))
        true = abs(total - Fraction([0.45, 0.2][row]))
        low, high = held["true_error_low"][row], held["true_error_high"][row]
        assert Fraction(float(low)) <= true <= Fraction(float(high))
    assert "brackets" in run.out


def test_exact_numbers_need_no_brackets(slth):
    """Without rounding the errors are the true ones."""
    slth("batch", *TYPED, "--any-size", *OUT)
    assert [name for name in read() if name.startswith("true_error")] == []


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_files_are_read_in_any_layout(slth, dtype, order):
    """Own pools from .npy files, rows or columns first: what the function returns."""
    rng = np.random.default_rng(1)
    pools = np.array(rng.integers(-99, 99, (50, 9)), dtype, order=order)
    targets = np.array(rng.integers(-99, 99, 50), dtype)
    np.save("pools.npy", pools)
    np.save("targets.npy", targets)
    files = ("--weights", "pools.npy", "--targets", "targets.npy")
    run = slth("batch", *files, "--size", "4", *OUT, "--json")
    found, held = nearest_subsets(pools, targets, size=4), read()
    assert np.array_equal(held["error_units"], found.error_units)
    assert np.array_equal(held["masks"], np.packbits(found.masks, axis=1, bitorder="little"))
    said = json.loads(str(held["provenance"]))["sources"]["weights"]
    with open("pools.npy", "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    assert said == {"file": "pools.npy", "sha256": digest, "shape": [50, 9], "dtype": dtype}
    assert (run.json["rows"], run.json["proven"], run.json["recomputed"]) == (50, 50, 50)


def test_targets_in_rows_share_the_pool_of_their_row(slth):
    """Two pools with three targets each make six rows, in order."""
    pools, targets = np.array([[1.0, 2, 4], [3, 5, 9]]), np.array([[3.0, 6, 5], [8, 12, 14]])
    np.save("pools.npy", pools)
    np.save("targets.npy", targets)
    slth("batch", "--weights", "pools.npy", "--targets", "targets.npy", "--size", "2", *OUT)
    assert read()["error_units"].tolist() == [0] * 6


def test_large_files_are_mapped_and_not_read(slth, monkeypatch):
    """The array handed on is still the file's."""
    np.save("pools.npy", np.ones((4, 3)))
    seen = []
    monkeypatch.setattr(
        command, "nearest_subsets", lambda *arrays, **how: seen.extend(arrays) or nearest_subsets(
            *arrays, **how
        )
    )  # fmt: skip
    slth("batch", "--weights", "pools.npy", "--targets", "1,1,1,1", "--size", "1", *OUT)
    assert isinstance(seen[0], np.memmap)


@pytest.mark.parametrize("question", [("--size", "2"), ("--profile",)], ids=" ".join)
def test_no_rows_make_an_empty_file_of_answers(slth, question):
    """An array without rows is answered, not refused."""
    np.save("pools.npy", np.zeros((0, 5)))
    np.save("targets.npy", np.zeros(0))
    run = slth("batch", "--weights", "pools.npy", "--targets", "targets.npy", *question, *OUT)
    assert (run.code, len(read()["errors"]), len(read()["masks"])) == (0, 0, 0)


def test_pools_beyond_an_int64_are_packed_whole(slth):
    """Seventy weights take nine bytes; the last weight is in the last."""
    pool = np.arange(70.0) ** 2
    np.save("pools.npy", pool)
    slth("batch", "--weights", "pools.npy", "--targets", "9385", "--size", "2", *OUT)
    assert chosen(read()["masks"], 70) == [[68, 69]]
    assert packed(np.array([[1 << 69 | 1]], object), 70).tolist() == [[[1, *[0] * 7, 32]]]


@pytest.mark.parametrize(
    ("n", "width"), [(1, 1), (7, 1), (8, 1), (9, 2), (16, 2), (64, 8), (65, 9)]
)
def test_masks_take_as_many_bytes_as_they_need(n, width):
    """Eight weights to a byte, the same for one subset and for a profile."""
    everything = np.array([[2**n - 1]], np.int64 if n <= 62 else object)
    assert packed(everything, n).shape == (1, 1, width)
    masks = np.packbits(np.ones((1, n), bool), axis=1, bitorder="little")
    assert np.array_equal(packed(everything, n)[0], masks)


def test_the_same_question_gives_the_same_file(slth):
    """Nothing of the day or the machine is in it."""
    slth("batch", *TYPED, "--size", "2", "--out", "a.npz")
    slth("batch", *TYPED, "--size", "2", "--out", "b.npz", "--workers", "1")
    with open("a.npz", "rb") as one, open("b.npz", "rb") as other:
        assert one.read() == other.read()


def test_the_end_says_how_many_answers_were_proven_and_recomputed(slth):
    """Three rows of six sizes are eighteen answers, all proven, all added up from the file."""
    out = slth("batch", *TYPED, "--profile", *OUT).out
    assert "proven      18 answers, all\n" in out
    assert "recomputed  18 answers, from the file\n" in out


def test_progress_reaches_the_end(slth, monkeypatch):
    """The share of rows done goes up to one."""
    from contextlib import contextmanager

    shares = []

    @contextmanager
    def waiting(what, note):
        yield shares.append

    monkeypatch.setattr(command, "waiting", waiting)
    slth("batch", *TYPED, "--size", "2", *OUT)
    assert shares[-1] == 1.0


SHOWN = """
import sys
from slth_opt.cli import main, outputs
outputs.PATIENCE = 0.0
sys.exit(main.main(sys.argv[1:]))
"""


def test_on_a_terminal_a_bar_tells_how_far_it_is(tmp_path):
    """On stderr only, and gone at the end: stdout holds the JSON object alone."""
    np.save(tmp_path / "pools.npy", np.random.default_rng(0).integers(0, 2**20, (40000, 16)))
    np.save(tmp_path / "targets.npy", np.arange(40000))
    files = ("--weights", "pools.npy", "--targets", "targets.npy")
    arguments = ("batch", *files, "--profile", *OUT, "--json")
    reading, writing = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-c", SHOWN, *arguments],
        stdout=subprocess.PIPE, stderr=writing, cwd=tmp_path, env=os.environ | {"TERM": "xterm"},
    )  # fmt: skip
    os.close(writing)
    seen = b""
    while b"%" not in seen or run.poll() is None:
        try:
            seen += os.read(reading, 4096)
        except OSError:  # the other end is closed
            break
    out, _ = run.communicate(timeout=60)
    os.close(reading)
    assert json.loads(out)["rows"] == 40000
    assert b"solving 40000 rows (Ctrl-C stops, and writes nothing)" in seen
    assert b"%" in seen


REFUSED = {
    "no rule": (TYPED, "exactly one of --size K"),
    "two rules": ((*TYPED, "--size", "1", "--any-size"), "not --size and --any-size"),
    "two questions": ((*TYPED, "--profile", "--size", "1"), "stand alone"),
    "both": ((*TYPED, "--profile", "--smallest", "--tolerance", "1"), "stand alone"),
    "smallest with a size": (
        (*TYPED, "--smallest", "--tolerance", "1", "--any-size"),
        "stand alone",
    ),
    "no tolerance": ((*TYPED, "--smallest"), "--smallest and --tolerance E go together"),
    "tolerance alone": ((*TYPED, "--size", "1", "--tolerance", "1"), "go together"),
    "negative tolerance": (
        (*TYPED, "--smallest", "--tolerance", "-1"),
        "tolerance must not be negative",
    ),
    "tolerance word": ((*TYPED, "--smallest", "--tolerance", "x"), "--tolerance must be a number"),
    "size above n": ((*TYPED, "--size", "6"), "allows 0..5"),
    "no workers": ((*TYPED, "--size", "1", "--workers", "0"), "workers must be an integer >= 1"),
    "bits": ((*TYPED, "--size", "1", "--round", "-1"), "--round needs bits"),
    "nan": ((*TYPED[:3], "1,nan", "--size", "1"), "targets, row 1: nan is not finite"),
    "nan weight": (
        ("--weights", "1,inf", "--targets", "1", "--size", "1"),
        "pools, row 0, column 1: inf is not finite",
    ),
    "too fine": (
        ("--weights", "1,2", "--targets", "1,1e-30", "--size", "1"),
        "targets, row 1 needs so fine a unit: use --round with fewer than",
    ),
    "word": (("--weights", "1,2", "--targets", "1,x", "--size", "1"), "--targets '1,x' is neither"),
    "no targets": (TYPED[:2], "required: --targets"),
    "empty pool": (("--weights", "", "--targets", "1", "--size", "1"), "the pools are empty"),
    "no such npy": (
        ("--weights", "none.npy", "--targets", "1", "--size", "1"),
        "none.npy: No such file",
    ),
    "an integer that would be rounded": (
        ("--weights", f"{2**60 + 1},0.5", "--targets", "1", "--size", "1"),
        "among decimals",
    ),
    "an integer too large": (
        ("--weights", f"{10**30},1", "--targets", "1", "--size", "1"),
        "got object",
    ),
    "shapes": (
        ("--weights", "pools.npy", "--targets", "1,2", "--size", "1"),
        "pools of shape (3, 4) and targets of shape (2,) do not match",
    ),
    "too large": (
        ("--weights", "large.npy", "--targets", "1,2,3", "--size", "1"),
        "pools, row 2: the numbers add up to",
    ),
    "a pickle": (("--weights", "pickle.npy", "--targets", "1", "--size", "1"), "pickles"),
    "objects": (("--weights", "objects.npy", "--targets", "1", "--size", "1"), "pickles"),
    "truncated": (("--weights", "short.npy", "--targets", "1", "--size", "1"), "not a whole .npy"),
    "words": (("--weights", "words.npy", "--targets", "1", "--size", "1"), "got <U1"),
    "empty file": (("--weights", "empty.npy", "--targets", "1", "--size", "1"), "not a whole .npy"),
    "a folder": (("--weights", "folder.npy", "--targets", "1", "--size", "1"), "not a regular"),
}


@pytest.fixture
def bad_files(slth):
    """Write files that hold what they must not."""
    np.save("pools.npy", np.ones((3, 4)))
    np.save("large.npy", np.array([[1, 2], [3, 4], [2**62, 1]]))
    np.save("objects.npy", np.array([{}], object), allow_pickle=True)
    np.save("words.npy", np.array(["a"]))
    with open("pickle.npy", "wb") as file:
        pickle.dump([1.0], file)
    with open("pools.npy", "rb") as whole, open("short.npy", "wb") as file:
        file.write(whole.read()[:-8])
    open("empty.npy", "wb").close()
    os.mkdir("folder.npy")


@pytest.mark.usefixtures("bad_files")
@pytest.mark.parametrize(("arguments", "fragment"), REFUSED.values(), ids=REFUSED)
def test_bad_input_gets_one_line_and_no_file(slth, arguments, fragment):
    """Exit 2, nothing on stdout, one line that helps, and no file of answers."""
    before = sorted(os.listdir())
    run = slth("batch", *arguments, *OUT)
    assert (run.code, run.out) == (2, "")
    assert run.err.count("\n") == 1, run.err
    assert fragment in run.err
    assert sorted(os.listdir()) == before


def test_a_pickle_is_not_even_opened(slth):
    """What a pickle would do when it is loaded is not done, also in a file without a header."""

    class Trap:
        def __reduce__(self):
            return os.mkdir, ("trapped",)

    np.save("trap.npy", np.array([Trap()], object), allow_pickle=True)
    with open("bare.npy", "wb") as file:
        pickle.dump(Trap(), file)
    for name in ("trap.npy", "bare.npy"):
        assert slth("batch", "--weights", name, *TYPED[2:], "--size", "1", *OUT).code == 2
        assert not os.path.exists("trapped")


PLACES = {
    "no/such/folder/best.npz": "there is no folder no/such/folder",
    "folder": "it is a folder",
    "pools.npy": "it is what is read",
    "": "is no file name",
    "a\0b": "is no file name",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_cannot_be_written_is_refused_before_any_work(slth, monkeypatch, place):
    """At once, not after the last row."""
    monkeypatch.setattr(command, "nearest_subsets", lambda *args, **how: pytest.fail("solved"))
    os.mkdir("folder")
    np.save("pools.npy", np.ones((3, 4)))
    run = slth("batch", "--weights", "pools.npy", *TYPED[2:], "--size", "1", "--out", place)
    assert (run.code, run.err.count("\n")) == (2, 1)
    assert PLACES[place] in run.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_is_refused(slth):
    """Permissions are looked at before the work too."""
    os.mkdir("locked", mode=0o500)
    run = slth("batch", *TYPED, "--size", "1", "--out", "locked/best.npz")
    assert (run.code, "read-only" in run.err) == (2, True)


@pytest.mark.parametrize("trouble", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_what_was_there(slth, monkeypatch, trouble):
    """A full disk or a Ctrl-C while writing: the old file stays, no part of the new one."""
    slth("batch", *TYPED, "--size", "1", *OUT)
    before = read()

    def savez(file, **arrays):
        file.write(b"half")
        raise trouble

    monkeypatch.setattr(np, "savez", savez)
    run = slth("batch", *TYPED, "--size", "2", *OUT)
    assert run.code == (2 if isinstance(trouble, OSError) else 130)
    assert os.listdir() == ["best.npz"]
    assert np.array_equal(before["masks"], read()["masks"])


def test_a_kernel_that_lies_writes_nothing(slth, monkeypatch):
    """The audit's rejection is exit 1, one line with the row, and no file."""
    real = lockstep.nearest_subsets

    def kernel(*arguments):
        real(*arguments)
        arguments[8][2, 0] ^= 0b11

    monkeypatch.setattr(lockstep, "nearest_subsets", kernel)
    run = slth("batch", *TYPED, "--any-size", *OUT)
    assert (run.code, run.err.count("\n"), os.listdir()) == (1, 1, [])
    assert "answer for row 2 is wrong" in run.err


def test_a_file_that_was_written_wrongly_is_not_kept(slth, monkeypatch):
    """A bit flipped on the way to the disk is found when the file is read back."""
    real = np.savez

    def savez(file, masks, **arrays):
        real(file, masks=masks ^ np.uint8(1), **arrays)

    monkeypatch.setattr(np, "savez", savez)
    run = slth("batch", *TYPED, "--size", "2", *OUT)
    assert (run.code, os.listdir()) == (1, [])
    assert "row 0 as written" in run.err


ANSWERS = {
    "batch": lambda: nearest_subsets(np.array([[1, 2, 4, 9]] * 20), np.arange(20), size=(1, 2)),
    "profile": lambda: profiles(np.array([[1, 2, 4, 9]] * 20), np.arange(20)),
    "smallest": lambda: smallest_subsets(np.array([[1, 2, 4, 9]] * 20), np.arange(20), tolerance=1),
}


@pytest.mark.parametrize("name", ["masks", "error_units", "sizes"])
@pytest.mark.parametrize("kind", ANSWERS)
def test_every_change_of_the_file_is_found(kind, name):
    """One entry after the other, changed by one: the check names its row."""
    answer = ANSWERS[kind]()
    arrays = arrays_of(answer, {})
    assert recheck(arrays, answer) == arrays["error_units"].size
    for place in np.ndindex(arrays[name].shape):
        changed = arrays[name].copy()
        changed[place] ^= 1
        row = 0 if (kind, name) == ("profile", "sizes") else place[0]
        with pytest.raises(ClaimRejected, match=f"^row {row} as written"):
            recheck({**arrays, name: changed}, answer)


def test_a_subset_that_is_not_what_was_asked_is_found():
    """Right sum, right size, right error, but three weights where two are allowed."""
    answer = ANSWERS["batch"]()
    arrays = arrays_of(answer, {})
    arrays["masks"][7], arrays["sizes"][7], arrays["error_units"][7] = 0b111, 3, 0
    with pytest.raises(ClaimRejected, match="row 7 as written"):
        recheck(arrays, answer)


def test_a_subset_beyond_the_tolerance_is_found():
    """One weight, ten away from its target, is no subset within one of it."""
    answer = ANSWERS["smallest"]()
    arrays = arrays_of(answer, {})
    arrays["masks"][19], arrays["sizes"][19], arrays["error_units"][19] = 0b1000, 1, 10
    with pytest.raises(ClaimRejected, match="row 19 as written"):
        recheck(arrays, answer)


def test_ctrl_c_leaves_nothing(tmp_path):
    """A real SIGINT in the middle of the rows: exit 130, one line, no file and no part of one."""
    rng = np.random.default_rng(0)
    np.save(tmp_path / "pools.npy", rng.integers(-(2**22), 2**22, 24))
    np.save(tmp_path / "targets.npy", np.arange(4_000_000))
    files = ("--weights", "pools.npy", "--targets", "targets.npy")
    arguments = ("batch", *files, "--size", "12", *OUT)
    program = (
        "import sys, slth_opt.cli.batch as b; real = b.nearest_subsets\n"
        "def told(*arrays, progress, **how):\n"
        "    def tell(done, rows):\n"
        "        print('began', flush=True)\n"
        "        progress(done, rows)\n"
        "    return real(*arrays, progress=tell, **how)\n"
        "b.nearest_subsets = told\n"
        "from slth_opt.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert run.stdout.readline() == "began\n"
        run.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, err = run.communicate(timeout=60)
    finally:
        run.kill()
    assert time.monotonic() - began < 5
    assert (run.returncode, err) == (130, "slth batch: interrupted before anything was found\n")
    assert sorted(os.listdir(tmp_path)) == ["pools.npy", "targets.npy"]


MEASURED = """
import resource, sys
from slth_opt.cli.main import main
code = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.slow
@pytest.mark.parametrize("question", [("--size", "10"), ("--any-size",), ("--profile",)])
def test_four_hundred_thousand_pools_stay_small(tmp_path, question):
    """397,000 pools of 21 in double precision, all proven and recomputed, under 1.5 GiB."""
    rng = np.random.default_rng(21)
    one = 2**23
    np.save(tmp_path / "pools.npy", rng.integers(-one, one, (397_000, 21), endpoint=True) / one)
    np.save(tmp_path / "targets.npy", rng.integers(-one, one, 397_000, endpoint=True) / one)
    files = ("--weights", "pools.npy", "--targets", "targets.npy")
    run = subprocess.run(
        [sys.executable, "-c", MEASURED, "batch", *files, *question, *OUT, "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    facts = json.loads(run.stdout)
    answers = 397_000 * (22 if question == ("--profile",) else 1)
    assert (facts["rows"], facts["proven"], facts["recomputed"]) == (397_000, answers, answers)
    assert int(run.stderr) * 1024 < 1.5 * 2**30
