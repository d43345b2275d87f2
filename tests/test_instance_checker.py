"""`instances/check.py`, alone and against the package: what one refuses, the other refuses."""

from __future__ import annotations

import ast
import csv
import importlib.util
import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings

from slth_opt import SmallestSubset, SubsetSum
from slth_opt.certificates import certificate_from_dict, certificate_to_dict, verify
from slth_opt.cli.main import main
from slth_opt.errors import CertificateRejected, FileError, ProblemError
from slth_opt.families import FAMILIES
from slth_opt.instances.checking import check_folder
from slth_opt.instances.index import read_entries
from slth_opt.instances.pages import pages_of
from slth_opt.library import (
    Instance,
    certificate_path,
    instance_from_dict,
    instance_to_dict,
    write_certificate,
    write_instance,
)
from slth_opt.problems import KINDS
from slth_opt.problems.legality import mask_of
from slth_opt.programs import point_of, program_of
from tests import forging, naive
from tests.strategies import layers, problems
from tests.test_library import BLOCK, BUDGET, JOINT, ORIGIN, PRECISE, SUBSET, VECTOR

HERE = Path(__file__).parent
LIBRARY = HERE.parent / "instances"
CHECK = LIBRARY / "check.py"
CASES = sorted((HERE / "certificates").glob("*/*.json"))

SMALLEST = SmallestSubset(weights=(3, -5, 9, 14, 22), target=7, tolerance=2)
EXAMPLES = (SUBSET, SMALLEST, VECTOR, BUDGET, BLOCK, PRECISE, JOINT)

_spec = importlib.util.spec_from_file_location("instance_checker", CHECK)
checker = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(checker)


def verdict(folder, instance, certificate):
    """Return what the checker says of two JSON values: 0 true, 1 untrue, 2 not readable."""
    (folder / "case.json").write_text(json.dumps(instance))
    (folder / "case.certificate.json").write_text(json.dumps(certificate))
    return checker.main(str(folder / "case.json"))


def verdict_of_package(instance, certificate):
    """Return what the package says of the same, in the same numbers."""
    try:
        verify(instance_from_dict(instance).problem, certificate_from_dict(certificate))
    except (FileError, ProblemError):
        return 2
    except CertificateRejected:
        return 1
    return 0


def test_checker_is_one_short_file_of_the_standard_library():
    """It has fewer than 150 lines, is Python 3.9, and imports the standard library alone."""
    text = CHECK.read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 9))
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {getattr(node, "module", None) or name.name for node in nodes for name in node.names}
    assert (names - sys.stdlib_module_names, text.count("\n") < 150) == (set(), True)


LENIENT = {
    "float_called_exact": "it has no table of methods and takes their word for exact",
    "witness_of_other_family": "it takes their word for the family",
    "witness_unknown": "it takes any name",
    "witness_left_open": "it does not look at why a method stopped",
}
"""Untrue certificates that only the package refuses, and why the checker does not."""


@pytest.mark.parametrize("folder", ["accepted", "rejected", "malformed"])
def test_checker_judges_the_corpus(tmp_path, folder):
    """Every true certificate passes, and of the others none but those it is known to let by."""
    passed = set()
    cases = [path for path in CASES if path.parent.name == folder]
    for path in cases:
        try:
            case = checker.JSON.decode(path.read_text("utf-8"))
            found = verdict(tmp_path, case["instance"], case["certificate"])
        except (ValueError, RecursionError):
            found = 2
        passed |= set() if found else {path.stem}
    due = {"accepted": {path.stem for path in cases}, "rejected": LENIENT.keys(), "malformed": ()}
    assert passed == set(due[folder])


WORDS = {
    "schema", "package", "remarks", "indices", "witnesses", "backend", "family", "exact",
    "version", "stop", "reported", "lower_bound",
}  # fmt: skip
"""Fields that may be changed without the checker minding: names and notes, `true` as an index,
who witnesses, and a bound of a method in floating point, on which nothing rests."""


def strangely_judged(folder, count, seed, seal):
    """Yield certificates changed anywhere that the checker should have judged otherwise."""
    rng = np.random.default_rng(seed)
    accepted = [json.loads(p.read_text()) for p in CASES if p.parent.name == "accepted"]
    for number in range(count):
        case = accepted[number % len(accepted)]
        changed, field = forging.mutated(case["certificate"], rng)
        changed = seal(changed)
        ours = bool(verdict(folder, case["instance"], changed))
        theirs = bool(verdict_of_package(case["instance"], changed))
        name = field.removeprefix("witnesses.").partition(".")[0]
        if ours > theirs or (ours < theirs and name not in WORDS):
            yield ours, theirs, field, changed


@pytest.mark.parametrize(
    ("count", "seal"),
    [
        pytest.param(24, forging.resealed, id="few"),
        pytest.param(3000, forging.resealed, id="sealed", marks=pytest.mark.slow),
        pytest.param(3000, dict, id="as_they_are", marks=pytest.mark.slow),
    ],
)
def test_changed_certificates_are_judged_alike(tmp_path, count, seal):
    """Of certificates changed anywhere both accept the same, but for words about methods."""
    assert list(strangely_judged(tmp_path, count, 2, seal)) == []


@pytest.mark.slow
def test_thousands_of_changed_instances_are_read_alike():
    """Whatever instance the package reads, the checker reads, and to the same digest."""
    rng, wrong, read = np.random.default_rng(3), [], 0
    for number in range(4000):
        problem = EXAMPLES[number % len(EXAMPLES)]
        whole = instance_to_dict(Instance(problem=problem, provenance=ORIGIN))
        data, _ = forging.mutated(whole, rng)
        try:
            theirs = instance_from_dict(data).problem.digest
        except (FileError, ProblemError):
            continue
        checker.problem_of(data["problem"])
        read += 1
        wrong += [] if checker.digest(data["problem"]) == theirs else [data]
    assert (wrong, 500 < read < 3000) == ([], True)


@settings(max_examples=settings().max_examples // 2)
@given(problem=problems() | layers(most=8))
def test_numbers_are_those_of_the_package(problem):
    """Digest, bounds, legality, value and error of a selection are the package's."""
    n, data = problem.num_candidates, instance_to_dict(Instance(problem=problem))["problem"]
    indices = tuple(range(0, n, 2))
    mask, read = mask_of(indices, n), checker.problem_of(data)
    judged = (problem.value(mask), problem.grid.exact_string(problem.error(mask)))
    assert checker.judge(read, set(indices)) == (judged if problem.is_legal(mask) else None)
    assert (checker.digest(data), read.n, checker.free_bound(read), read.beyond) == (
        problem.digest,
        n,
        problem.free_bound(),
        10**60 if problem.impossible is None else problem.impossible,
    )


@pytest.fixture
def place(tmp_path):
    """A file of a certified instance, and its certificate beside it."""
    return stored(tmp_path / "pool.json", SUBSET)


def forgeries(problem):
    """Return certificates, consistent in themselves, of every value that is not the best."""
    ranked = dict(sorted(naive.legal_subsets(problem), reverse=True))
    return [sworn(problem, *pair) for pair in sorted(ranked.items())[1:]]


def forged(problem):
    """Return a certificate that is consistent in itself, for a selection that is not the best."""
    return forgeries(problem)[0]


def verdicts_on_forgeries(folder, problem):
    """Return what the checker says of the best value sworn to, and of every worse one."""
    data, best = instance_to_dict(Instance(problem=problem)), min(naive.legal_subsets(problem))
    certificates = [sworn(problem, *best), *forgeries(problem)]
    return [verdict(folder, data, certificate_to_dict(c)) for c in certificates]


@pytest.mark.parametrize("problem", EXAMPLES, ids=lambda p: p.kind)
def test_every_forgery_of_an_example_is_found(tmp_path, problem):
    """Of every kind, each value but the best is refuted by brute force, whoever swears to it."""
    true, *forged_ones = verdicts_on_forgeries(tmp_path, problem)
    assert (true, set(forged_ones)) == (0, {1})


@settings(max_examples=settings().max_examples // 10)
@given(problem=problems(most=6) | layers(most=6))
def test_every_forgery_of_few_candidates_is_found(tmp_path_factory, problem):
    """Whatever worse value of whatever problem is sworn to, brute force refutes it."""
    assume(next(naive.legal_subsets(problem), None))
    true, *forged_ones = verdicts_on_forgeries(tmp_path_factory.mktemp("forged"), problem)
    assert (true, set(forged_ones) - {1}) == (0, set())


def sworn(problem, value, indices):
    """Return a certificate in which two exact methods of different families swear to a value."""
    names = ("neuron_sets", "cp_sat") if problem.kind in naive.LAYERS else ("meeting", "branching")
    said = {"value": value, "lower_bound": value, "infeasible": False}
    exact = {"exact": True, "version": "0.1.0", "stop": "finished", "reported": None}
    told = {
        **{"schema": "slth-certificate/1", "kind": problem.kind, "problem": problem.digest},
        **said,
        "indices": list(indices),
        "error": problem.grid.exact_string(problem.error(mask_of(indices, problem.num_candidates))),
        "evidence": "self_evident" if value == problem.free_bound() else "agreed",
        "witnesses": [
            {"backend": name, "family": FAMILIES[name].family, **said, **exact} for name in names
        ],
        "remarks": [],
        "package": "0.1.0",
    }
    return certificate_from_dict(forging.resealed(told))


def stored(path, problem, certificate=None):
    """Write an instance and its certificate."""
    facts = (("family", path.parent.name), ("group", "small"), ("seed", 1))
    write_instance(path, Instance(problem=problem, provenance=facts))
    best = certificate or sworn(problem, *min(naive.legal_subsets(problem)))
    write_certificate(certificate_path(path), best)
    return path


def run(capsys, path, words=None):
    """Run the checker in this process; return its exit code and what it printed."""
    capsys.readouterr()
    code = checker.main(str(path), words if words is None else str(words))
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def typed(*words, cwd):
    """Run the checker as a program, without the package in reach."""
    command = [sys.executable, "-I", "-S", CHECK, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def test_checker_runs_with_nothing_installed(place):
    """As a program, without the package in reach, it checks an instance and its certificate."""
    done = typed(place.name, cwd=place.parent)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 instances checked\n", "")


@pytest.mark.parametrize(
    "words", ["", "--help", "a.json 0", "a.json --solution", "a.json --sol 0", "a b --solution 0"]
)
def test_wrong_command_line_prints_the_usage(monkeypatch, capsys, words):
    """Whatever is typed amiss, the answer is how to type it."""
    monkeypatch.setattr("sys.argv", ["check.py", *words.split()])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(CHECK), run_name="__main__")
    due = 0 if words == "--help" else 2
    assert (stopped.value.code, capsys.readouterr().out) == (due, f"{checker.__doc__}\n")


def forms_of(problem, indices):
    """Return a selection in the words of solvers, each a file."""
    program = program_of(problem)
    point = point_of(problem, mask_of(indices, problem.num_candidates))
    pairs = [(v.name, x) for v, x in zip(program.variables, point, strict=True)]
    return {
        "indices": " ".join(map(str, indices)),
        "commas": ",".join(map(str, indices)),
        "scip": "\n".join(
            ["solution status: optimal", "objective value:   3"]
            + [f"{name:30}  {x} \t(obj:0)" for name, x in pairs if x]
        ),
        "cbc": "\n".join(
            ["Optimal - objective value 3.00000000"]
            + [f"{i:7} {name} {x:15} {0:15}" for i, (name, x) in enumerate(pairs) if x]
        ),
        "highs": "\n".join(
            [
                *("Model status", "Optimal", "", "# Primal solution values", "Feasible"),
                *(f"# Columns {len(pairs)}", *(f"{name} {x}" for name, x in pairs)),
                *("# Rows 0", "", "# Dual solution values", "None"),
            ]
        ),
        "floats": "\n".join(f"{name} {x + 1e-9 - 2e-9 * x:.12f}" for name, x in pairs),
        "tiny": "\n".join(f"{name} {1.0000000002 if x else 1.2e-10}" for name, x in pairs),
        "noise": "\n".join(f"{name} {x or 1.25e-15}" for name, x in pairs),
    }


@pytest.mark.parametrize("problem", [SUBSET, SMALLEST, BLOCK], ids=lambda p: p.kind)
def test_selections_of_solvers_are_read(tmp_path, capsys, problem):
    """In whatever form a solver writes it, the optimum is read and found to be worth its value."""
    value, indices = min(naive.legal_subsets(problem))
    path, file = stored(tmp_path / "pool.json", problem), tmp_path / "pool.sol"
    for name, words in forms_of(problem, indices).items():
        file.write_text(words, encoding="utf-8")
        code, out, err = run(capsys, path, file)
        worth = (value, problem.grid.exact_string(naive.error_of(problem, indices)))
        assert (name, code, err) == (name, 0, "")
        assert out.startswith(f"selection {list(indices)}: value and error {worth}\n")


def test_selections_of_two_masks_are_indices(tmp_path, capsys):
    """In a joint layer, whose variables have other names, candidates are named by their indices."""
    value, indices = min(naive.legal_subsets(JOINT))
    path = stored(tmp_path / "pool.json", JOINT)
    code, out, _ = run(capsys, path, " ".join(map(str, indices)))
    assert (code, f"value and error ({value}, " in out) == (0, True)


BAD_SELECTIONS = {
    "another size": ("0", 1, "the selection is not legal"),
    "no candidate": ("", 1, "the selection is not legal"),
    "too large": ("1 5", 1, "the selection is not legal"),
    "negative": ("-1 3", 2, "No such file"),
    "words": ("nothing of the kind", 2, "No such file"),
}


@pytest.mark.parametrize(("words", "code", "says"), BAD_SELECTIONS.values(), ids=BAD_SELECTIONS)
def test_bad_selections_are_refused(place, capsys, words, code, says):
    """A selection that is none, or not legal, is refused in one line."""
    found = run(capsys, place, words)
    assert (found[0], says in found[2], found[2].count("\n")) == (code, True, 1)


@pytest.mark.parametrize(
    "words",
    ["x1 0.5\nx3 1", "x1 1.2e-10\nx3 1", "x1 1.5\nx3 1", "x1 1\nx9 1", "a0_1 1\nb0_0 1"],
)
def test_bad_words_of_solvers_are_no_selection(place, tmp_path, capsys, words):
    """Halves, candidates there are not and names of another kind make no legal selection."""
    (tmp_path / "odd.sol").write_text(words)
    assert run(capsys, place, tmp_path / "odd.sol")[0] == 1


def test_selection_below_the_bound_is_a_finding(tmp_path, capsys):
    """A selection better than what a certificate calls possible refutes the certificate."""
    rng = np.random.default_rng(9)
    weights = tuple(int(w) for w in rng.integers(-(2**20), 2**20, 24))
    pool = SubsetSum(weights=weights, target=sum(weights[1::2]), fewest=12, most=12)
    worse = tuple(range(12))
    swears = forging.certificate_of(pool, worse, naive.error_of(pool, worse))
    path = stored(tmp_path / "pool.json", pool, swears)
    code, out, err = run(capsys, path, " ".join(map(str, range(1, 24, 2))))
    assert (code, "value and error (0, '0')" in out) == (1, True)
    assert "below the certificate's bound" in err


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """A small library: an instance of each kind, certified, with its pages."""
    folder = tmp_path_factory.mktemp("library") / "instances"
    for problem in EXAMPLES:
        home = folder / problem.kind
        home.mkdir(parents=True, exist_ok=True)
        stem = "precise-s1" if problem is PRECISE else "pool-s1"
        stored(home / f"{stem}.json", problem)
    paged(folder)
    return folder


@pytest.fixture
def library(certified, tmp_path):
    """A copy of the small library, to be changed."""
    return Path(shutil.copytree(certified, tmp_path / "instances"))


def paged(folder):
    """Write the pages of a library from its files."""
    for name, text in pages_of(folder, read_entries(folder)).items():
        (folder / name).write_text(text, encoding="utf-8")


def troubles(folder, **options):
    """Return what the package finds wrong with a library, by file."""
    return {c.name: c.trouble for c in check_folder(folder, **options) if c.trouble}


def test_library_passes(library, capsys):
    """A library of every kind, written by the package, has nothing to be found."""
    code, out, err = run(capsys, library)
    assert (code, err, troubles(library)) == (0, "", {})
    assert out == "7 instances checked\n"


COLUMNS = ("optimum", "best_known", "lower_bound", "status", "evidence", "digest")


@pytest.mark.parametrize(
    "column", [c if c == "optimum" else pytest.param(c, marks=pytest.mark.slow) for c in COLUMNS]
)
def test_wrong_index_is_found(library, capsys, column):
    """A cell that says something else than the files is found by `check` and `table --check`."""
    index = library / "index.csv"
    rows = list(csv.DictReader(index.read_text(encoding="utf-8").splitlines()))
    cell = rows[0][column]
    rows[0][column] = str(int(cell) + 1) if cell.isdigit() else cell + "x"
    with index.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    place = ("--folder", str(library))
    assert main(["instances", "table", "--check", *place]) == 1
    assert f"{index}: NOT CURRENT" in capsys.readouterr().out
    assert main(["instances", "check", *place]) == 1
    assert f"index.csv: {rows[0]['instance']}: {column} is" in capsys.readouterr().out


@pytest.mark.parametrize("problem", EXAMPLES, ids=lambda p: p.kind)
def test_forged_optimum_of_every_kind_is_found(library, capsys, problem):
    """A wrong optimum, with witnesses, seal and index all in agreement, is found by both."""
    name = f"{problem.kind}/{'precise' if problem is PRECISE else 'pool'}-s1"
    stored(library / f"{name}.json", problem, forged(problem))
    paged(library)
    code, _, err = run(capsys, library)
    assert (code, err.count("\n"), "a selection is below its bound" in err) == (1, 1, True)
    assert list(troubles(library)) == [name]


@pytest.mark.slow
@pytest.mark.parametrize("problem", EXAMPLES, ids=lambda p: p.kind)
def test_wrong_certificate_alone_is_found(library, capsys, problem):
    """A stored optimum raised by one, in the certificate alone, is found by both."""
    name = f"{problem.kind}/{'precise' if problem is PRECISE else 'pool'}-s1"
    beside = library / f"{name}.certificate.json"
    data = json.loads(beside.read_text(encoding="utf-8"))
    data["value"] += 1
    beside.write_text(json.dumps(data), encoding="utf-8")
    code, _, err = run(capsys, library)
    assert (code, "its seal does not fit" in err) == (1, True)
    assert name in troubles(library)


def large_forgery(library, n, bits, seed=3):
    """Plant a consistent forgery of a pool of n numbers; return its name."""
    rng = np.random.default_rng(seed)
    weights = tuple(int(w) for w in rng.integers(-(2**bits), 2**bits, n))
    pool = SubsetSum(weights=weights, target=12345, fewest=n // 2, most=n // 2)
    indices = tuple(range(n // 2))
    wrong = forging.certificate_of(pool, indices, naive.error_of(pool, indices))
    stored(library / "subset_sum" / "large-s1.json", pool, wrong)
    paged(library)
    return "subset_sum/large-s1"


def test_forgery_beyond_the_checker_is_found_by_the_package(library, capsys):
    """With 26 candidates the checker has to take the witnesses' word; the package does not."""
    name = large_forgery(library, 26, 24)
    assert run(capsys, library)[0] == 0
    assert list(troubles(library)) == [name]


@pytest.mark.slow
def test_forgery_beyond_all_proofs_is_found_by_solving_again(library, capsys):
    """With 60 candidates a consistent forgery stands until somebody solves the problem again."""
    name = large_forgery(library, 60, 20)
    assert (run(capsys, library)[0], troubles(library)) == (0, {})
    assert list(troubles(library, again=True, seconds=30.0)) == [name]


def test_certificate_of_another_instance_is_found(library, capsys):
    """An instance changed after its certificate was made is found by its digest."""
    path = library / "smallest_subset" / "pool-s1.json"
    path.write_text(path.read_text().replace('"tolerance": 2', '"tolerance": 3'))
    code, _, err = run(capsys, library)
    assert (code, "it is for another problem" in err) == (1, True)


def test_certificate_without_its_instance_is_found(library, capsys):
    """A certificate whose instance is gone, from the index too, is one line for both."""
    (library / "smallest_subset" / "pool-s1.json").unlink()
    paged(library)
    code, _, err = run(capsys, library)
    assert (code, err.count("\n"), "smallest_subset/pool-s1.json: is not" in err) == (2, 1, True)
    (trouble,) = troubles(library)["smallest_subset/pool-s1"]
    assert trouble.startswith("there is a certificate without its instance")


def test_command_line_finds_a_forgery_as_well(library, capsys):
    """`slth instances check` ends with 0 on a true library, with 1 and the name on a forged one."""
    words = ["instances", "check", "--folder", str(library)]
    assert main(words) == 0
    stored(library / "shared_block" / "pool-s1.json", BLOCK, forged(BLOCK))
    paged(library)
    capsys.readouterr()
    assert main(words) == 1
    shown = capsys.readouterr()
    assert "shared_block/pool-s1" in shown.out + shown.err


@pytest.mark.slow
def test_shipped_library_passes_the_checker():
    """Every instance and certificate of the library that is shipped is true."""
    done = typed(".", cwd=LIBRARY)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout.split()[0]) == len(read_entries(LIBRARY)) >= 150


@pytest.mark.slow
def test_planted_optimum_in_a_copy_of_the_shipped_library_is_found(tmp_path, capsys):
    """One proven optimum of each kind, raised by one in the index, is found in a copy."""
    rows = list(csv.DictReader((LIBRARY / "index.csv").read_text().splitlines()))
    words = ["instances", "check", "--folder", str(tmp_path)]
    for kind in KINDS:
        row = next(r for r in rows if r["problem"] == kind and r["optimum"].isdigit())
        (tmp_path / row["family"]).mkdir()
        for ending in (".json", ".certificate.json"):
            name = f"{row['instance']}{ending}"
            (tmp_path / name).write_bytes((LIBRARY / name).read_bytes())
        paged(tmp_path)
        assert (kind, main(words)) == (kind, 0)
        index = tmp_path / "index.csv"
        true = index.read_text()
        wrong = {**row, "optimum": str(int(row["optimum"]) + 1)}
        index.write_text(true.replace(",".join(row.values()), ",".join(wrong.values())))
        capsys.readouterr()
        assert (main(words), main(["instances", "table", "--check", *words[2:]])) == (1, 1)
        assert f"index.csv: {row['instance']}: optimum is" in capsys.readouterr().out
