"""``slth joint``: two matrices and targets in, both masks out, with value, bound and gap."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from bad_archives import ARCHIVES
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import JointLayer, read_instance
from slth_opt.cli import joint as command
from slth_opt.cli.main import main
from slth_opt.cli.outputs import Told
from slth_opt.grid import Grid

FIRST = np.array([[0.5, -0.75], [1.25, 0.375]])
SECOND = np.array([[1.5, -0.25], [0.5, 2.0]])
TARGETS = np.array([[0.625, -1.0], [2.25, 0.125]])
GOOD = {"first": FIRST, "second": SECOND, "targets": TARGETS}


def exact(text):
    """Read an exact string like 3/2^4."""
    over, _, power = text.partition("/2^")
    return Fraction(int(over), 2 ** int(power or 0))


def errors_of(arrays, first_mask, second_mask):
    """Return the error of every entry of the masked product, row by row, in fractions."""
    first, second, targets = (
        [[Fraction(v) for v in row] for row in arrays[name].tolist()] for name in GOOD
    )
    return [
        abs(
            sum(
                second[i][k] * first[k][j]
                for k in range(len(first))
                if first_mask[k][j] and second_mask[i][k]
            )
            - targets[i][j]
        )
        for i in range(len(second))
        for j in range(len(first[0]))
    ]


def best_of(arrays, join, budget):
    """Return the optimum over all pairs of masks, tried one by one."""
    h, d = arrays["first"].shape
    o = len(arrays["second"])
    values = []
    for mask in product((0, 1), repeat=h * d + o * h):
        if sum(mask) <= budget:
            first = [mask[k * d : (k + 1) * d] for k in range(h)]
            second = [mask[h * d + i * h : h * d + (i + 1) * h] for i in range(o)]
            values.append(join(errors_of(arrays, first, second)))
    return min(values)


@pytest.fixture
def layer(slth):
    """Write a layer of 2 x 2 x 2 to ``layer.npz``."""
    np.savez("layer.npz", **GOOD)


@pytest.mark.usefixtures("layer")
@pytest.mark.parametrize("budget", [0, 2, 3, 5, 8, 99])
@pytest.mark.parametrize(("norm", "join"), [("linf", max), ("l1", sum)])
def test_the_value_is_the_optimum_over_all_masks(slth, norm, join, budget):
    """Value, bound and gap meet at what trying every pair of masks finds."""
    said = slth("joint", "layer.npz", "--norm", norm, "--budget", budget, "--json").json
    best = best_of(GOOD, join, budget)
    assert (exact(said["value_exact"]), exact(said["lower_bound_exact"])) == (best, best)
    assert (said["optimal"], said["gap_exact"]) == (True, "0")
    reached = errors_of(GOOD, said["first_mask"], said["second_mask"])
    assert join(reached) == best
    assert said["kept"] == sum(map(sum, said["first_mask"] + said["second_mask"])) <= budget


@pytest.mark.usefixtures("layer")
@pytest.mark.parametrize(("norm", "join"), [("linf", max), ("l1", sum)])
@pytest.mark.parametrize("budget", [0, 3, 8])
def test_entries_alone_are_the_best_of_each_entry(slth, norm, join, budget):
    """Each entry with the subset of products that suits it, two edges each, by brute force."""
    said = slth("joint", "layer.npz", "--norm", norm, "--budget", budget, "--json").json
    alone = []
    for i, j in product(range(2), range(2)):
        pool = [Fraction(SECOND[i, k]) * Fraction(FIRST[k, j]) for k in range(2)]
        alone.append(
            min(
                abs(sum(p for p, x in zip(pool, mask, strict=True) if x) - Fraction(TARGETS[i, j]))
                for mask in product((0, 1), repeat=2)
                if 2 * sum(mask) <= budget
            )
        )
    assert exact(said["entries_alone_exact"]) == join(alone)
    assert exact(said["value_exact"]) >= join(alone)


@pytest.mark.usefixtures("layer")
def test_the_worst_entry_is_named(slth):
    """It is the first with the largest error."""
    said = slth("joint", "layer.npz", "--budget", "3", "--json").json
    reached = errors_of(GOOD, said["first_mask"], said["second_mask"])
    row, column = said["worst_entry"]
    assert reached[2 * row + column] == max(reached)
    assert said["worst_error"] == float(max(reached))


@pytest.mark.usefixtures("layer")
def test_the_file_holds_masks_and_errors(slth):
    """What OUT.npz says of every entry is what its masks give, in fractions."""
    said = slth("joint", "layer.npz", "--norm", "l1", "--out", "masks.npz", "--json").json
    with np.load("masks.npz", allow_pickle=False) as file:
        held = dict(file)
    reached = errors_of(GOOD, held["first_mask"].tolist(), held["second_mask"].tolist())
    unit = Fraction(1, 2 ** int(held["exponent"]))
    assert [int(e) * unit for e in held["error_units"].reshape(-1)] == reached
    assert held["errors"].tolist() == np.reshape([float(e) for e in reached], (2, 2)).tolist()
    facts = json.loads(str(held["provenance"]))
    assert facts["value_exact"] == said["value_exact"]
    assert facts["source"]["shapes"] == {"first": [2, 2], "second": [2, 2], "targets": [2, 2]}


def test_masks_written_wrongly_are_not_kept(slth, monkeypatch):
    """A bit flipped on the way to the disk: exit 1, one line, no file."""
    np.savez("layer.npz", **GOOD)
    real = np.savez

    def savez(file, first_mask, **arrays):
        real(file, first_mask=~first_mask, **arrays)

    monkeypatch.setattr(np, "savez", savez)
    run = slth("joint", "layer.npz", "--out", "masks.npz")
    assert (run.code, run.out, run.err.count("\n"), os.listdir()) == (1, "", 1, ["layer.npz"])
    assert "the masks as written do not have the errors as written" in run.err


DRAWN = ("--draw", "2x4x3", "--bits", "5")


def test_a_saved_instance_is_the_question(slth):
    """What --save writes is the layer that was solved, and `slth solve` finds its optimum again."""
    said = slth("joint", *DRAWN, "--budget", "9", "--save", "joint.json", "--json").json
    held = read_instance("joint.json")
    assert isinstance(held.problem, JointLayer)
    assert (held.problem.shape, held.problem.most) == ((2, 4, 3), 9)
    assert dict(held.provenance)["seed"] == 1
    assert slth("solve", "joint.json", "--json").json["error_exact"] == said["value_exact"]


def test_saved_arrays_are_read_again(slth):
    """--save X.npz writes what was drawn; reading it asks the same question."""
    drawn = slth("joint", *DRAWN, "--seed", "3", "--save", "layer.npz", "--json").json
    with np.load("layer.npz", allow_pickle=False) as file:
        assert {name: file[name].shape for name in file} == {
            "first": (4, 3), "second": (2, 4), "targets": (2, 3),
        }  # fmt: skip
    assert slth("joint", "layer.npz", "--json").json["sum_exact"] == drawn["sum_exact"]


def test_drawn_numbers_lie_on_their_grid(slth):
    """Multiples of 2^-3: sources in [-1, 1], targets in [-1/2, 1/2], both ends reached."""
    slth("joint", "--draw", "5x8x9", "--bits", "3", "--seconds", "0", "--save", "layer.npz")
    with np.load("layer.npz", allow_pickle=False) as file:
        eighths = {name: (8 * file[name]).ravel() for name in file}
    assert all((values == np.rint(values)).all() for values in eighths.values())
    spans = {name: (values.min(), values.max()) for name, values in eighths.items()}
    assert spans == {"first": (-8, 8), "second": (-8, 8), "targets": (-4, 4)}


def test_a_seed_draws_the_same_again_and_another_something_else(slth):
    """Sums of the same seed agree to the last digit."""
    one, same, other = (
        slth("joint", *DRAWN, "--seed", seed, "--json").json["sum_exact"] for seed in (7, 7, 8)
    )
    assert one == same != other


@pytest.mark.usefixtures("layer")
def test_rounded_numbers_have_a_bracket_of_the_true_error(slth):
    """The masks found for rounded numbers have a true error between the two ends."""
    said = slth("joint", "layer.npz", "--round", "2", "--json").json
    true = max(errors_of(GOOD, said["first_mask"], said["second_mask"]))
    assert said["rounded"]
    assert said["true_error_low"] <= true <= said["true_error_high"]


def test_a_limit_gives_an_honest_bracket(slth):
    """Stopped by the clock: exit 0, a value and a bound that contain the optimum."""
    arguments = ("joint", "--draw", "2x5x2", "--bits", "6")
    best = exact(slth(*arguments, "--json").json["value_exact"])
    run = slth(*arguments, "--seconds", "0", "--json")
    low, high = (exact(run.json[name]) for name in ("lower_bound_exact", "value_exact"))
    assert (run.code, low <= best <= high) == (0, True)
    assert exact(run.json["gap_exact"]) == high - low
    assert run.json["optimal"] is (low == high)


def test_entries_prove_what_a_floating_point_solver_finds(slth):
    """Of 7, 10 and 18 the nearest to 13 is 10: the entry proves it, the solver does not."""
    np.savez("layer.npz", first=[[7.0], [10.0], [18.0]], second=[[1.0] * 3], targets=[[13.0]])
    said = slth("joint", "layer.npz", "--backend", "highs", "--json").json
    assert (said["optimal"], said["bound_by"], said["evidence"]) == (True, "entries", "single")
    assert "no entry can be better on its own" in slth(
        "joint", "layer.npz", "--backend", "highs"
    ).out  # fmt: skip


def test_entries_that_contradict_a_solver_are_a_loud_error(slth, monkeypatch):
    """If an entry alone seems worse than the whole layer, one of them is wrong: exit 1."""
    np.savez("layer.npz", **GOOD)
    monkeypatch.setattr(command, "entries_alone", lambda problem: 2**60)
    run = slth("joint", "layer.npz")
    assert (run.code, run.out, run.err.count("\n")) == (1, "", 1)


def test_long_entries_are_left_out(slth):
    """With 100 hidden neurons an entry is no question of a second; the answer says so."""
    run = slth("joint", "--draw", "1x100x1", "--bits", "4", "--seconds", "1")
    assert (run.code, "entries alone  not solved" in run.out) == (0, True)


def told_of(said, text):
    """Return whether a line of an answer says something."""
    return any(line.split() == text.split() for line in said.splitlines())


@pytest.mark.usefixtures("layer")
def test_people_read_the_same_facts(slth):
    """The lines hold value, bound, gap, proof, entries and kept edges of the JSON."""
    said = slth("joint", "layer.npz", "--json").json
    out = slth("joint", "layer.npz").out
    value = f"{said['value']:.9g} (exactly {said['value_exact']})"
    assert out.startswith(f"{said['question']}\n")
    assert told_of(out, f"largest error {value}")
    assert told_of(out, f"best possible at least {value}")
    assert told_of(out, "gap 0")
    assert f"kept edges     {said['kept']} of 8" in out
    assert "proven         optimal" in out


SHOWN = """
import sys
from slth_opt.cli import main, outputs
outputs.PATIENCE = 0.0
sys.exit(main.main(sys.argv[1:]))
"""


def on_a_terminal(folder, *arguments):
    """Run a command whose stderr is a terminal; return its stdout and what the terminal saw."""
    reading, writing = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-c", SHOWN, *arguments],
        stdout=subprocess.PIPE, stderr=writing, cwd=folder,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "80"},
    )  # fmt: skip
    os.close(writing)
    seen = b""
    while True:
        try:
            seen += os.read(reading, 4096)
        except OSError:  # the other end is closed
            break
    out, _ = run.communicate(timeout=60)
    os.close(reading)
    return out.decode(), seen.decode(errors="replace")


HARD = ("--draw", "4x16x4", "--backend", "cp_sat", "--seconds", "1")


def test_on_a_terminal_best_bound_and_gap_are_told(tmp_path):
    """While a watched method runs, stderr shows all three; stdout holds the JSON alone."""
    out, seen = on_a_terminal(tmp_path, "joint", *HARD, "--json")
    assert json.loads(out)["stopped_by"] == "seconds"
    line = seen[seen.index("best 0.") :].split("\r")[0]
    best, bound, gap = (float(part.split()[1]) for part in line.split("\x1b")[0].split(",")[:3])
    assert best > 0
    assert bound >= 0
    assert gap == pytest.approx(best - bound, rel=1e-6)


def test_solve_tells_the_same_of_an_instance_file(slth, tmp_path):
    """`slth solve` of a saved layer is watched too."""
    slth("joint", *HARD[:4], "--seconds", "0", "--save", "hard.json")
    _, seen = on_a_terminal(tmp_path, "solve", "hard.json", *HARD[2:])
    assert "Ctrl-C stops with the best so far" in seen
    assert "best 0." in seen


def test_without_a_terminal_nothing_is_told(slth):
    """Neither a line nor a watch: stderr stays empty."""
    assert slth("joint", *DRAWN).err == ""


@given(
    st.lists(st.tuples(st.none() | st.integers(0, 99), st.none() | st.integers(0, 99)), max_size=8)
)
def test_what_was_told_never_gets_worse(pairs):
    """The line keeps the least value and the largest bound, in whatever order they come."""
    told = Told()
    for value, bound in pairs:
        told = told.and_then(value, bound)
    values = [v for v, _ in pairs if v is not None]
    bounds = [b for _, b in pairs if b is not None]
    assert (told.value, told.bound) == (min(values, default=None), max(bounds, default=None))
    assert told.in_words(Grid()).startswith(f"best {'-' if not values else min(values)}, ")


INTERRUPTED = """
import sys
import slth_opt.cli.joint as j
real = j.solve
def solve(problem, backend, effort, watch):
    return real(problem, backend, effort, watch=lambda *said: print("told", flush=True))
j.solve = solve
from slth_opt.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def test_ctrl_c_gives_the_best_so_far(tmp_path):
    """A real SIGINT in the middle of a search: exit 0, the best masks, a value above a bound."""
    run = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, "joint", *HARD[:4], "--json"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert run.stdout.readline() == "told\n"
        run.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, err = run.communicate(timeout=60)
    finally:
        run.kill()
    said = json.loads(out.replace("told\n", ""))
    assert time.monotonic() - began < 10
    assert (run.returncode, err, said["stopped_by"]) == (0, "", "interrupted")
    assert exact(said["value_exact"]) > exact(said["lower_bound_exact"])


REFUSED = {
    "nothing": ((), "give a file of arrays, or --draw SIZES"),
    "both": (("good.npz", *DRAWN), "give a file of arrays, or --draw SIZES"),
    "seed of a file": (("good.npz", "--seed", "1"), "--seed is for a random example"),
    "bits of a file": (("good.npz", "--bits", "1"), "--bits is for a random example"),
    "two sizes": (("--draw", "2x3"), "--draw takes 3 sizes, o x h x d, written like 3x8x4"),
    "words": (("--draw", "axbxc"), "got 'axbxc'"),
    "an empty size": (("--draw", "2x0x3"), "h must be at least 1"),
    "a huge size": (("--draw", "2x999999999x3"), "first would have more than 2^27 numbers"),
    "negative seed": ((*DRAWN, "--seed", "-1"), "--seed must be an integer >= 0"),
    "no bits": (("--draw", "2x3x2", "--bits", "0"), "--bits must be from 1 to 52"),
    "bits too fine": (("--draw", "2x3x2", "--bits", "40"), "use --round BITS"),
    "negative budget": (("good.npz", "--budget", "-1"), "budget must not be negative, got -1"),
    "unknown norm": (("good.npz", "--norm", "l7"), "invalid choice: 'l7'"),
    "unknown backend": (("good.npz", "--backend", "gurobi"), "there is no backend 'gurobi'"),
    "negative seconds": (("good.npz", "--seconds", "-1"), "seconds must be a finite number"),
    "bad place": (("good.npz", "--out", "no/masks.npz"), "there is no folder no"),
    "over the source": (("good.npz", "--out", "good.npz"), "it is what is read"),
    "one place": (("good.npz", "--out", "a.npz", "--save", "a.npz"), "cannot be the same file"),
    "no such file": (("none.npz",), "none.npz: cannot be read: No such file"),
    "zero byte": (("a\0.npz",), "cannot be read: embedded null byte"),
    "another suffix": (("good.txt",), "arrays are read from files that end in .npz"),
    "missing": (("missing.npz",), "lacks the array 'second'; it needs first (h x d), second"),
    "flat": (("flat.npz",), "targets has shape (4,), it must be o x d"),
    "mismatch": (
        ("mismatch.npz",),
        "second of shape (2, 3) does not match first of shape (2, 2): second is o x h, first is",
    ),
    "empty": (("empty.npz",), "first has shape (0, 2), there is nothing in it"),
    "nan": (("nan.npz",), "second 1, entry 0 must be a finite real number, got nan"),
    "overflow": (("overflow.npz",), "second[0][1] = 8.67362e-19"),
    "too large": (("large.npz",), "first[1][1] = 1e+200"),
}  # fmt: skip


@pytest.fixture
def files(slth):
    """Write files that make no layer."""
    tiny, nan, large = SECOND.copy(), SECOND.copy(), FIRST.copy()
    tiny[0, 1], nan[1, 0], large[1, 1] = 2.0**-60, np.nan, 1e200
    np.savez("good.npz", **GOOD)
    np.savez("missing.npz", first=FIRST, targets=TARGETS)
    np.savez("flat.npz", **GOOD | {"targets": TARGETS.ravel()})
    np.savez("mismatch.npz", **GOOD | {"second": np.ones((2, 3))})
    np.savez("empty.npz", **GOOD | {"first": np.ones((0, 2))})
    np.savez("nan.npz", **GOOD | {"second": nan})
    np.savez("overflow.npz", **GOOD | {"second": tiny})
    np.savez("large.npz", **GOOD | {"first": large})


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("arguments", "fragment"), REFUSED.values(), ids=REFUSED)
def test_bad_input_gets_one_line_and_no_file(slth, arguments, fragment):
    """Exit 2, nothing on stdout, one line that helps, and nothing written."""
    before = sorted(os.listdir())
    run = slth("joint", *arguments)
    assert (run.code, run.out) == (2, "")
    assert run.err.count("\n") == 1, run.err
    assert fragment in run.err
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize(
    ("write", "fragment"), ARCHIVES.items(), ids=lambda v: getattr(v, "__name__", "")
)
def test_a_bad_archive_gets_one_line(slth, tmp_path, write, fragment):
    """Whatever is wrong with the file is said in one line that names it."""
    write(tmp_path / "bad.npz", GOOD)
    run = slth("joint", "bad.npz")
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1), run.err
    assert "bad.npz" in run.err
    assert fragment in run.err


def test_every_byte_of_a_file_may_be_wrong(slth, tmp_path):
    """One byte changed anywhere: an answer, or one line, never a traceback."""
    np.savez("layer.npz", first=[[1.0]], second=[[2.0]], targets=[[3.0]])
    data = (tmp_path / "layer.npz").read_bytes()
    for place in range(0, len(data), 7):
        changed = bytearray(data)
        changed[place] ^= 0x55
        (tmp_path / "bad.npz").write_bytes(bytes(changed))
        run = slth("joint", "bad.npz", "--seconds", "0")
        assert run.code in (0, 2), place
        assert run.code == 0 or run.err.count("\n") == 1, place


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", ">f8", "float16"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_every_plain_type_and_layout_is_read(slth, dtype, save):
    """The same small integers in any type, packed or not, columns first or rows first."""
    rng = np.random.default_rng(0)
    arrays = {name: rng.integers(-9, 9, array.shape) for name, array in GOOD.items()}
    np.savez("plain.npz", **arrays)
    save("other.npz", **{n: np.asfortranarray(a.astype(dtype)) for n, a in arrays.items()})
    plain, other = (slth("joint", f"{name}.npz", "--json").json for name in ("plain", "other"))
    assert plain["value_exact"] == other["value_exact"]


@given(st.text(max_size=8), st.text(alphabet="-0123456789x", max_size=6))
def test_no_line_ever_ends_in_a_traceback(data, sizes):
    """Whatever is typed as file and sizes, it answers with an exit code."""
    assert main(["joint", data]) in (0, 2)
    assert main(["joint", f"--draw={sizes}", "--bits", "2", "--seconds", "0"]) in (0, 2)
