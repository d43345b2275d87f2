"""What bad input gets: exit code 2, nothing on stdout, and one line that helps."""

import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth_opt.cli.main import main

RULE = ("--size", "1")
ON_THE_LINE = {
    "nan": (("--weights", "1,nan", "--target", "1", *RULE), "weight 1 must be a finite"),
    "infinity": (("--weights", "1,-inf", "--target", "1", *RULE), "weight 1 must be a finite"),
    "overflow": (("--weights", "1,1e999", "--target", "1", *RULE), "weight 1 must be a finite"),
    "nan target": (("--weights", "1,2", "--target", "nan", *RULE), "target must be a finite"),
    "minus infinity": (("--weights", "1,2", "--target", "-inf", *RULE), "target must be a finite"),
    "word target": (("--weights", "1,2", "--target", "x", *RULE), "--target must be a number"),
    "empty pool": (("--weights", "", "--target", "1", *RULE), "the pool is empty"),
    "size below 0": (("--weights", "1,2", "--target", "1", "--size", "-1"), "allows 0..2"),
    "size above n": (("--weights", "1,2", "--target", "1", "--size", "3"), "allows 0..2"),
    "size word": (("--weights", "1,2", "--target", "1", "--size", "k"), "invalid int value: 'k'"),
    "at most -1": (("--weights", "1,2", "--target", "1", "--at-most", "-1"), "range is empty"),
    "lo above hi": (
        ("--weights", "1,2", "--target", "1", "--between", "2", "1"),
        "the size range is empty",
    ),
    "no rule": (("--weights", "1,2", "--target", "1"), "exactly one of --size K"),
    "two rules": (
        ("--weights", "1,2", "--target", "1", "--size", "1", "--any-size"),
        "not --size and --any-size",
    ),
    "no target": (("--weights", "1,2", *RULE), "--weights and --target"),
    "no weights": (("--target", "1", *RULE), "--weights and --target"),
    "negative tolerance": (
        ("--weights", "1,2", "--target", "1", "--smallest", "--tolerance", "-0.5"),
        "must not be negative",
    ),
    "no tolerance": (("--weights", "1,2", "--target", "1", "--smallest"), "go together"),
    "tolerance alone": (
        ("--weights", "1,2", "--target", "1", "--tolerance", "1", *RULE),
        "go together",
    ),
    "smallest with a size": (
        ("--weights", "1,2", "--target", "1", "--smallest", "--tolerance", "1", *RULE),
        "drop --size",
    ),
    "too fine": (("--weights", "1e-9,1e9", "--target", "1", *RULE), "use --round 31"),
    "2^62": (("--weights", f"{2**61},{2**61}", "--target", "0", *RULE), "at most 62"),
    "too many digits": (("--weights", f"{'9' * 30},1", "--target", "0", *RULE), "at most 62"),
    "round too fine": (
        ("--weights", "1,2", "--target", "1", *RULE, "--round", "90"),
        "--round 90 is too fine",
    ),
    "negative seconds": (
        ("--weights", "1,2", "--target", "1", *RULE, "--seconds", "-1"),
        "seconds must be a finite number >= 0",
    ),
    "no workers": (
        ("--weights", "1,2", "--target", "1", *RULE, "--workers", "0"),
        "workers must be an integer >= 1",
    ),
    "unknown backend": (
        ("--weights", "1,2", "--target", "1", *RULE, "--backend", "gurobi"),
        "there is no backend 'gurobi'; there are meeting",
    ),
    "too much for a backend": (
        ("--weights", ",".join(map(str, range(40))), "--target", "1", "--size", "20",
         "--backend", "enumeration"),
        "Try 'meeting'",
    ),
    "no such file": (("--weights", "none.txt", "--target", "1", *RULE), "neither numbers"),
    "no such npy": (("--weights", "none.npy", "--target", "1", *RULE), "No such file"),
    "no such instance": (("none.json",), "none.json: cannot be read: No such file"),
    "a folder": ((".",), "is a folder"),
    "instance and options": (("pool.json", "--size", "2"), "drop --size"),
    "instance and zero": (("pool.json", "--round", "0"), "drop --round"),
    "unknown option": (("--wieghts", "1"), "--wieghts; see slth solve --help"),
    "a line break": (("a\nb.json",), "cannot be read"),
    "a zero byte": (("a\0b.json",), "cannot be read"),
    "saving nowhere": (
        ("--weights", "1,2", "--target", "1", *RULE, "--save", "no/such/folder/pool.json"),
        "cannot be written",
    ),
}  # fmt: skip


def check_refusal(run, fragment):
    assert (run.code, run.out) == (2, "")
    assert run.err.count("\n") == 1, run.err
    assert fragment in run.err


@pytest.mark.parametrize(("arguments", "fragment"), ON_THE_LINE.values(), ids=ON_THE_LINE)
def test_a_bad_line_gets_one_line(slth, arguments, fragment):
    """A bad command line is refused in one line that says what to do."""
    check_refusal(slth("solve", *arguments), fragment)


def test_a_missing_command_gets_one_line(slth):
    """``slth`` alone says that a command is missing and where help is."""
    check_refusal(slth(), "required: COMMAND; see slth --help")


def test_an_unknown_command_lists_the_known(slth):
    """A command that does not exist is answered with those that do."""
    check_refusal(slth("solv"), "'solve'")


GOOD = {
    "schema": "slth-instance/1",
    "problem": {
        "kind": "subset_sum", "exponent": 0, "rounded": False, "weights": [3, 5, 8],
        "target": 9, "fewest": 2, "most": 2,
    },
    "provenance": {},
}  # fmt: skip


def changed(**fields):
    return json.dumps({**GOOD, "problem": {**GOOD["problem"], **fields}})


FILES = {
    "empty": ("", "is not JSON"),
    "truncated": (json.dumps(GOOD)[:60], "is not JSON"),
    "not JSON": ("weights: 1 2 3", "is not JSON"),
    "a list": ("[1, 2]", "must be an object"),
    "other schema": (json.dumps({**GOOD, "schema": "slth-instance/9"}), "slth-instance/1"),
    "no schema": (json.dumps({"problem": GOOD["problem"], "provenance": {}}), "lacks the field"),
    "duplicate key": (changed()[:-1] + ', "provenance": {}}', "gives the key 'provenance' twice"),
    "a float": (changed(weights=[3, 5.5, 8]), "only integers may stand"),
    "NaN": (changed(weights=[3, float("nan"), 8]), "only integers may stand"),
    "a string": (changed(target="9"), "target must be an integer"),
    "a boolean": (changed(most=True), "most must be an integer"),
    "empty pool": (changed(weights=[], fewest=0, most=0), "the pool is empty"),
    "size above n": (changed(most=4), "allows 0..3"),
    "negative size": (changed(fewest=-1), "allows 0..3"),
    "lo above hi": (changed(fewest=3, most=2), "the size range is empty"),
    "2^62": (changed(weights=[2**61, 2**61, 1]), "at most 62"),
    "huge digits": (changed().replace("9,", "9" * 5000 + ","), "digits"),
    "unknown kind": (changed(kind="knapsack"), "must be one of"),
    "unknown field": (changed(colour=3), "unknown field"),
    "deep": ("[" * 100_000, "nested too deeply"),
}


@pytest.mark.parametrize("command", ["solve", "profile", "certify", "verify", "audit", "export"])
@pytest.mark.parametrize(("text", "fragment"), FILES.values(), ids=FILES)
def test_a_bad_instance_gets_one_line(slth, tmp_path, command, text, fragment):
    """Every command that reads an instance refuses a bad one in one line that names the file."""
    (tmp_path / "bad.json").write_text(text)
    more = ("--format", "lp") if command == "export" else ()
    run = slth(command, "bad.json", *more)
    check_refusal(run, fragment)
    assert "bad.json" in run.err


def test_an_instance_in_another_encoding_gets_one_line(slth, tmp_path):
    """Bytes that are no UTF-8 are refused in one line."""
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe{\x00}\x00")
    check_refusal(slth("solve", "bad.json"), "not UTF-8")


def two_dimensional(path):
    np.save(path, np.ones((2, 3)))


def scalar(path):
    np.save(path, np.float64(3))


def pickled_in_npy(path):
    np.save(path, np.array([{}, 1], object), allow_pickle=True)


def plain_pickle(path):
    path.write_bytes(pickle.dumps([1.0, 2.0]))


def text_as_npy(path):
    path.write_text("1,2,3")


def empty_file(path):
    path.write_bytes(b"")


def truncated(path):
    np.save(path, np.arange(10.0))
    path.write_bytes(path.read_bytes()[:-9])


def truncated_header(path):
    np.save(path, np.arange(10.0))
    path.write_bytes(path.read_bytes()[:50])


def huge_shape(path):
    np.save(path, np.arange(10.0))
    huge = b"(9999999999999,), }"
    path.write_bytes(path.read_bytes().replace(b"(10,), }" + b" " * 11, huge))


def broken_header(path):
    np.save(path, np.arange(10.0))
    path.write_bytes(path.read_bytes().replace(b"{'descr'", b"{{descr'"))


def complex_numbers(path):
    np.save(path, np.array([1j, 2]))


def words(path):
    np.save(path, np.array(["a", "b"]))


def booleans(path):
    np.save(path, np.array([True, False]))


def no_numbers(path):
    np.save(path, np.array([]))


def not_a_number(path):
    np.save(path, np.array([1.0, np.nan]))


def archive(path):
    with path.open("wb") as file:
        np.savez(file, a=np.ones(3))


NPY = {
    two_dimensional: "this file has shape (2, 3)",
    scalar: "this file has shape ()",
    pickled_in_npy: "pickles are refused",
    plain_pickle: "not a whole .npy file",
    text_as_npy: "not a whole .npy file",
    empty_file: "not a whole .npy file",
    truncated: "not a whole .npy file",
    truncated_header: "not a whole .npy file",
    huge_shape: "not a whole .npy file",
    broken_header: "not a whole .npy file",
    archive: "not a whole .npy file",
    complex_numbers: "this file holds complex128",
    words: "this file holds <U1",
    booleans: "this file holds bool",
    no_numbers: "the pool is empty",
    not_a_number: "weight 1 must be a finite",
}


@pytest.mark.parametrize(
    ("write", "fragment"), NPY.items(), ids=lambda v: getattr(v, "__name__", "")
)
def test_a_bad_npy_pool_gets_one_line(slth, tmp_path, write, fragment):
    """A .npy file that holds no pool is refused in one line, and no pickle is opened."""
    write(tmp_path / "bad.npy")
    check_refusal(slth("solve", "--weights", "bad.npy", "--target", "1", *RULE), fragment)


def test_a_text_file_of_words_gets_one_line(slth, tmp_path):
    """A text file with anything but numbers in it is refused."""
    (tmp_path / "bad.txt").write_text("1, 2, three")
    run = slth("solve", "--weights", "bad.txt", "--target", "1", *RULE)
    check_refusal(run, "not a text file of numbers")


def test_a_binary_file_as_text_gets_one_line(slth, tmp_path):
    """Bytes that are no text are refused as such."""
    (tmp_path / "bad.bin").write_bytes(bytes(range(128, 256)))
    run = slth("solve", "--weights", "bad.bin", "--target", "1", *RULE)
    check_refusal(run, "not a text file of numbers")


def test_profile_of_another_kind_gets_one_line(slth):
    """A profile is asked of subset sums only."""
    smallest = ("--smallest", "--tolerance", "1")
    slth("solve", "--weights", "1,2", "--target", "1", *smallest, "--save", "pool.json")
    check_refusal(slth("profile", "pool.json"), "this problem is a smallest_subset")


def test_an_unknown_format_lists_the_known(slth):
    """An export format that does not exist is answered with those that do."""
    check_refusal(slth("export", "pool.json", "--format", "xls"), "'mps', 'lp', 'opb', 'cpsat'")


def test_a_certificate_as_instance_gets_one_line(slth):
    """A certificate is not an instance, and the line says which schema is needed."""
    slth("solve", "--weights", "1,2", "--target", "1", *RULE, "--save", "pool.json")
    slth("certify", "pool.json")
    check_refusal(slth("solve", "pool.certificate.json"), "slth-instance/1")


def test_a_refused_solve_leaves_no_file_behind(slth, tmp_path):
    """Nothing is saved when the solve is refused."""
    slth("solve", "--weights", "1,2", "--target", "1", *RULE, "--backend", "x", "--save", "p.json")
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.text(max_size=8), max_size=6))
def test_no_line_ever_ends_in_a_traceback(arguments):
    """Whatever follows ``slth solve``, it answers with an exit code."""
    assert main(["solve", *arguments]) in (0, 1, 2)


@given(st.text(max_size=12), st.text(max_size=8), st.text(alphabet="-0123456789.e", max_size=4))
def test_no_pool_ever_ends_in_a_traceback(weights, target, size):
    """Whatever is typed as pool, target and size, it answers with an exit code."""
    assert main(["solve", "--weights", weights, "--target", target, "--size", size]) in (0, 1, 2)
