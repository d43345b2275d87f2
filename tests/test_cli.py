"""The command line as users meet it: answers, examples, JSON, exit codes."""

import os
import shlex
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from slth_opt import SmallestSubset, SubsetSum, VectorSum
from slth_opt.cli import profile as profile_command
from slth_opt.cli.main import COMMANDS
from slth_opt.library import Instance, read_instance, write_instance
from slth_opt.results import Stop
from tests import naive

POOL = ("--weights", "3,-5,8,13,2", "--target", "9")
EXAMPLES = [(c.name, example) for c in COMMANDS for example in c.examples]
LONG = pytest.mark.slow
SAVING = next(c for c in COMMANDS if c.name == "solve").examples[0]
LIBRARY = next(c for c in COMMANDS if c.name == "instances").examples[0]


def exact(text):
    """Read an exact string like 3/2^4."""
    over, _, power = text.partition("/2^")
    return Fraction(int(over), 2 ** int(power or 0))


@pytest.mark.parametrize(
    "example", [pytest.param(e, marks=LONG if name == "demo" else ()) for name, e in EXAMPLES]
)
def test_every_example_of_every_help_runs(slth, example):
    """An example shown by --help works when it is typed as it stands."""
    slth(*shlex.split(SAVING)[1:])
    if example.startswith("slth verify"):
        slth("certify", "pool.json")
        slth("ticket", "digits", "--size", "1", "--out", "ticket.safetensors")
    if example.startswith("slth instances"):
        slth(*shlex.split(LIBRARY)[1:])
    assert slth(*shlex.split(example)[1:]).code == 0


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_help_shows_the_examples(slth, name, example):
    """The help of a command shows each of its examples, whole and on one line."""
    assert f"\n  {example}\n" in slth(name, "--help").out


def test_main_help_lists_every_command(slth):
    """``slth --help`` names each command with its summary."""
    shown = " ".join(slth("--help").out.split())
    assert [c.name for c in COMMANDS if f"{c.name} {c.summary}" not in shown] == []


HEAVY = {"numpy", "numba", "scipy", "ortools", "pulp", "networkx", "rich", "matplotlib"}


def heavy_modules_after(*arguments):
    """Run a command line in a fresh process; return its exit code and what it imported."""
    code = (
        "import sys; from slth_opt.cli.main import main; "
        f"code = main({[*arguments]!r}); print(code, *sys.modules, file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    code, *modules = run.stderr.split()
    return int(code), HEAVY & set(modules)


def test_help_imports_nothing_heavy():
    """``slth --help`` starts without numpy, numba, a solver, rich or matplotlib."""
    assert heavy_modules_after("--help") == (0, set())


def test_verify_needs_neither_arrays_nor_solvers(slth):
    """A certificate is checked by the standard library alone."""
    slth("solve", *POOL, "--size", "2", "--save", "pool.json")
    slth("certify", "pool.json")
    assert heavy_modules_after("verify", "pool.json") == (0, set())


def test_version_is_the_package_version(slth):
    """``slth --version`` prints the version of the package."""
    import slth_opt

    assert slth("--version").out == f"slth {slth_opt.__version__}\n"


@pytest.mark.parametrize(
    ("rule", "size"),
    [
        (("--size", "2"), 2),
        (("--at-most", "2"), (0, 2)),
        (("--between", "2", "4"), (2, 4)),
        (("--any-size",), None),
    ],
    ids=lambda value: str(value),
)
def test_solve_finds_the_optimum_under_every_size_rule(slth, rule, size):
    """The error printed under a size rule is the naive optimum of that rule."""
    answer = slth("solve", *POOL, *rule, "--json").json
    problem = SubsetSum.from_reals([3, -5, 8, 13, 2], 9, size=size)
    assert (int(answer["error_exact"]), answer["optimal"]) == (naive.optimum(problem), True)


def test_solve_finds_the_smallest_subset(slth):
    """``--smallest --tolerance`` returns the fewest weights within the tolerance."""
    answer = slth("solve", *POOL, "--smallest", "--tolerance", "0.5", "--json").json
    problem = SmallestSubset.from_reals([3, -5, 8, 13, 2], 9, tolerance=0.5)
    assert answer["size"] == naive.optimum(problem)


def test_solve_says_that_no_subset_is_near_enough(slth):
    """An empty answer is an answer: exit 0, infeasible, proven."""
    run = slth("solve", "--weights", "4,8", "--target", "5", "--smallest", "--tolerance", "0")
    assert (run.code, "no such subset exists" in run.out) == (0, True)


def test_json_holds_every_promised_field(slth):
    """The JSON of a solve holds the fields that other programs rely on."""
    promised = {
        "backend", "indices", "size", "sum", "error", "lower_bound", "optimal", "evidence",
        "seconds", "error_exact", "lower_bound_exact",
    }  # fmt: skip
    assert promised <= set(slth("solve", *POOL, "--size", "2", "--json").json)


def test_exact_strings_are_the_numbers(slth):
    """The exact strings of a solve hold for the very doubles that were typed."""
    typed = [0.31, -0.72, 0.5, 0.94, -0.13]
    weights = ",".join(map(str, typed))
    answer = slth("solve", "--weights", weights, "--target", 0.4, "--any-size", "--json").json
    chosen = sum(Fraction(typed[i]) for i in answer["indices"])
    assert (exact(answer["sum_exact"]), exact(answer["error_exact"])) == (
        chosen,
        abs(chosen - Fraction(0.4)),
    )


@pytest.mark.parametrize(
    ("weights", "target", "evidence"),
    [("2,4,8", "5", "self_evident"), ("3,-5,8,13", "9", "single")],
)
def test_evidence_of_one_solve(slth, weights, target, evidence):
    """A value equal to the free bound is self-evident; another rests on a single method."""
    arguments = ("--weights", weights, "--target", target, "--between", "1", "2")
    assert slth("solve", *arguments, "--json").json["evidence"] == evidence


def test_negative_numbers_need_no_equals_sign(slth):
    """Weights and targets that begin with a minus are numbers, not options."""
    run = slth("solve", "--weights", "-0.5,-.25", "--target", "-5e-1", "--any-size", "--json")
    assert run.json["indices"] == [0]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int8", "uint64", ">f8"])
def test_npy_pools_are_read_exactly(slth, dtype):
    """A pool in a .npy file of any real type is the pool of its numbers."""
    np.save("w.npy", np.array([3, 0, 7, 12], dtype))
    run = slth("solve", "--weights", "w.npy", "--target", "10", "--size", "2", "--json")
    assert run.json["sum"] == 10.0


def test_text_pools_are_read(slth, tmp_path):
    """A text file may separate numbers by commas, spaces and line ends."""
    (tmp_path / "w.txt").write_text("3, 5\n7 12\n")
    run = slth("solve", "--weights", "w.txt", "--target", "10", "--size", "2", "--json")
    assert run.json["indices"] == [0, 2]


def test_rounded_numbers_get_a_bracket_that_holds(slth):
    """After --round the bracket holds the error of the subset on the numbers typed."""
    typed = ("--weights", "0.1,0.2,0.3", "--target", "0.45")
    answer = slth("solve", *typed, "--size", "2", "--round", "6", "--json").json
    true = abs(sum([0.1, 0.2, 0.3][i] for i in answer["indices"]) - 0.45)
    assert answer["rounded"]
    assert answer["true_error_low"] <= true <= answer["true_error_high"]


def test_save_writes_the_problem_that_was_solved(slth):
    """``--save`` writes an instance file with the same problem."""
    slth("solve", *POOL, "--size", "2", "--save", "pool.json")
    assert read_instance("pool.json").problem == SubsetSum.from_reals([3, -5, 8, 13, 2], 9, size=2)


def test_profile_agrees_with_the_naive_profile(slth):
    """The profile is the best error of every size, as found by looking at all subsets."""
    sizes = slth("profile", *POOL, "--json").json["sizes"]
    expected = naive.profile((3, -5, 8, 13, 2), 9)
    assert [int(s["error_exact"]) for s in sizes] == list(expected)


def test_profile_by_another_backend_is_the_same(slth):
    """A profile solved size by size equals the profile found in one go."""
    one = slth("profile", *POOL, "--json").json
    other = slth("profile", *POOL, "--backend", "enumeration", "--seconds", "60", "--json").json
    keep = ("size", "error_exact", "optimal")
    assert [[s[k] for k in keep] for s in one["sizes"]] == [
        [s[k] for k in keep] for s in other["sizes"]
    ]


def test_profile_ignores_the_size_rule_of_an_instance(slth):
    """The profile of an instance that allows one size still has every size."""
    slth("solve", *POOL, "--size", "2", "--save", "pool.json")
    assert [s["size"] for s in slth("profile", "pool.json", "--json").json["sizes"]] == [*range(6)]


def test_an_interrupted_profile_ends_where_it_was(monkeypatch):
    """After a Ctrl-C no further size is asked."""
    asked = []

    def interrupted(problem, backend, effort):
        asked.append(problem.fewest)
        result = profile_command.audit(
            problem,
            profile_command.Claim(indices=tuple(range(problem.fewest)), stop=Stop.INTERRUPTED),
            backend=profile_command.meeting.BACKEND,
        )
        return result

    monkeypatch.setattr(profile_command, "solve", interrupted)
    pool = SubsetSum(weights=(3, 5, 8), target=4, fewest=0, most=3)
    assert len(profile_command.profile(pool, "enumeration")) == len(asked) == 1


def test_a_profile_interrupted_in_one_go_keeps_what_a_glance_finds(monkeypatch):
    """After a Ctrl-C every size still has a legal selection, and nothing is called finished."""

    def interrupted(problem):
        raise KeyboardInterrupt

    monkeypatch.setattr(profile_command.meeting, "profile", interrupted)
    pool = SubsetSum(weights=(3, 5, 8), target=4, fewest=0, most=3)
    results = profile_command.profile(pool)
    assert [(r.size, r.stop) for r in results] == [(k, Stop.INTERRUPTED) for k in range(4)]


def test_certify_then_verify(slth):
    """A certificate that certify wrote is one that verify finds true."""
    slth("solve", *POOL, "--size", "2", "--save", "pool.json")
    written = slth("certify", "pool.json", "--json").json
    verified = slth("verify", "pool.json", "--json").json
    assert written["evidence"] == verified["evidence"] == "agreed"
    assert verified["verified"]


def test_verify_of_an_untrue_certificate_fails_with_one_line(slth, tmp_path):
    """A certificate for another problem exits 1 and says why in one line."""
    slth("solve", *POOL, "--size", "2", "--save", "pool.json")
    slth("solve", *POOL, "--size", "3", "--save", "other.json")
    slth("certify", "pool.json")
    run = slth("verify", "other.json", "pool.certificate.json")
    assert (run.code, run.out, run.err.count("\n")) == (1, "", 1)


@pytest.mark.parametrize("form", ["mps", "lp", "opb", "cpsat"])
def test_export_writes_the_same_text_to_a_file(slth, tmp_path, form):
    """What export prints and what it writes with --out are the same, in every format."""
    slth("solve", *POOL, "--size", "2", "--save", "pool.json")
    printed = slth("export", "pool.json", "--format", form).out
    slth("export", "pool.json", "--format", form, "--out", "program.txt")
    assert printed.strip()
    assert (tmp_path / "program.txt").read_text() == printed


def test_every_kind_of_problem_goes_through_the_instance_commands(slth):
    """Solve, certify, verify, audit and export take vectors of sums as well."""
    problem = VectorSum(rows=((3, 5, 8), (1, -2, 4)), targets=(9, 3), norm="l1", fewest=0, most=3)
    write_instance("vector.json", Instance(problem=problem))
    answers = [
        slth("solve", "vector.json").code,
        slth("certify", "vector.json").code,
        slth("verify", "vector.json").code,
        slth("audit", "vector.json").code,
        slth("export", "vector.json", "--format", "mps").code,
    ]
    assert answers == [0] * 5


@pytest.mark.parametrize("name", [c.name for c in COMMANDS if c.name != "demo"])
def test_json_is_one_object_and_nothing_else(slth, name):
    """With --json every command prints exactly one JSON object, and nothing on stderr."""
    slth("solve", *POOL, "--size", "2", "--save", "pool.json")
    slth("certify", "pool.json")
    arguments = {
        "batch": (*POOL[:2], "--targets", "9", "--size", "2", "--out", "best.npz"),
        "bench": ("--only", "kernels", "--rows", "1024"),
        "block": ("--draw", "2x6", "--tolerance", "0.1"),
        "count": ("pool.json", "--tolerance", "1", "--by-size", "--best", "2"),
        "compare": ("digits", "--constructions", "otsuka", "--methods", "exact"),
        "coverage": (*POOL[:2], "--size", "2", "--low", "-1", "--high", "1", "--eps", "0.5"),
        "doctor": (),
        "export": ("pool.json", "--format", "lp"),
        "fit": ("--draw", "2x6x3", "--bits", "4"),
        "instances": ("generate", "quantised-fixed", "--group", "small"),
        "joint": ("--draw", "2x4x2", "--bits", "4"),
        "layer": ("--draw", "5x6", "--budget", "9"),
        "study": ("quantised",),
        "ticket": ("digits", "--construction", "otsuka"),
    }
    run = slth(name, *arguments.get(name, ("pool.json",)), "--json")
    assert (isinstance(run.json, dict), run.err) == (True, "")


@pytest.mark.parametrize("arguments", [["--help"], ["solve", *POOL, "--any-size"]])
def test_a_closed_pipe_ends_quietly(arguments):
    """When the reader has gone, there is no traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "slth_opt.cli.main", *arguments]
    run = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert run.stderr == ""
