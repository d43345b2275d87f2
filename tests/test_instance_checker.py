"""`instances/check.py`, alone and against the package: what one refuses, the other refuses."""

from __future__ import annotations

import ast
import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from slth_opt import SmallestSubset, SubsetSum
from slth_opt.certificates import certificate_from_dict, verify
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
    read_certificate,
    read_instance,
    write_certificate,
    write_instance,
)
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


def verdict(instance, certificate):
    """Return what the checker says of two JSON values: 0 true, 1 untrue, 2 malformed."""
    try:
        checker.check_certificate(checker.problem_of(instance), certificate)
    except checker.Finding as finding:
        return finding.args[1]
    except ValueError:  # a float that is none; `main` calls it malformed
        return 2
    return 0


def verdict_of_package(instance, certificate):
    """Return what the package says of the same, in the same numbers."""
    try:
        verify(instance_from_dict(instance).problem, certificate_from_dict(certificate))
    except (FileError, ProblemError):
        return 2
    except CertificateRejected:
        return 1
    return 0


def test_checker_stands_alone():
    """It is Python 3.8, and imports nothing but the standard library."""
    tree = ast.parse(CHECK.read_text(encoding="utf-8"), feature_version=(3, 8))
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {getattr(node, "module", None) or name.name for node in nodes for name in node.names}
    assert names - sys.stdlib_module_names == set()


def test_checker_knows_every_method():
    """Its table of methods is that of the package."""
    told = {
        method: (family, family != "branch and cut")
        for family, methods in checker.METHODS.items()
        for method in methods.split()
    }
    assert told == {name: (known.family, known.exact) for name, known in FAMILIES.items()}


@pytest.mark.parametrize("folder", ["accepted", "rejected", "malformed"])
def test_checker_agrees_on_the_corpus(folder):
    """Every true certificate passes, no other does, and only true ones count as well-formed."""
    wrong = {}
    for path in (path for path in CASES if path.parent.name == folder):
        try:
            case = checker.read(path)
            found = verdict(case["instance"], case["certificate"])
        except (checker.Finding, ValueError, RecursionError):
            found = 2
        if (found == 0) != (folder == "accepted") or (found == 2) > (folder == "malformed"):
            wrong[path.stem] = found
    assert wrong == {}


def disagreements(count, seed, seal):
    """Yield changed certificates of which the checker and the package think differently."""
    rng = np.random.default_rng(seed)
    accepted = [json.loads(p.read_text()) for p in CASES if p.parent.name == "accepted"]
    for number in range(count):
        case = accepted[number % len(accepted)]
        changed, field = forging.mutated(case["certificate"], rng)
        changed = seal(changed)
        pair = [bool(judge(case["instance"], changed)) for judge in (verdict, verdict_of_package)]
        if pair[0] != pair[1]:
            yield pair, field, changed


def test_changed_certificates_are_judged_alike():
    """Of certificates changed anywhere, sealed anew or not, both accept the same."""
    assert list(disagreements(24, 1, forging.resealed)) == []


@pytest.mark.slow
@pytest.mark.parametrize("seal", [forging.resealed, dict], ids=["sealed", "as_they_are"])
def test_thousands_of_changed_certificates_are_judged_alike(seal):
    """Of thousands of certificates changed anywhere, both accept the same."""
    assert list(disagreements(3000, 2, seal)) == []


@pytest.mark.slow
def test_thousands_of_changed_instances_are_read_alike():
    """Of thousands of instances changed anywhere, both refuse the same, and agree on the digest."""
    rng, wrong, refused = np.random.default_rng(3), [], 0
    for number in range(4000):
        problem = EXAMPLES[number % len(EXAMPLES)]
        whole = instance_to_dict(Instance(problem=problem, provenance=ORIGIN))
        data, _ = forging.mutated(whole, rng)
        try:
            theirs = instance_from_dict(data).problem.digest
        except (FileError, ProblemError):
            theirs, refused = None, refused + 1
        try:
            ours = checker.problem_of(data).digest
        except checker.Finding:
            ours = None
        if ours != theirs:
            wrong.append(data)
    assert (wrong, 1000 < refused < 4000) == ([], True)


def judged(problem, indices):
    """Return what the checker computes of a problem and one selection."""
    read = checker.problem_of(instance_to_dict(Instance(problem=problem)))
    value, error = checker.judge(read, set(indices))
    return read.digest, read.n, checker.free_bound(read), read.impossible, value, error


@settings(max_examples=settings().max_examples // 2)
@given(problem=problems() | layers(most=8))
def test_numbers_are_those_of_the_package(problem):
    """Digest, bound and impossible bound, value and error of a selection are the package's."""
    n = problem.num_candidates
    indices = tuple(range(0, n, 2))
    mask = mask_of(indices, n)
    legal = problem.is_legal(mask)
    assert judged(problem, indices) == (
        problem.digest,
        n,
        problem.free_bound(),
        problem.impossible,
        problem.value(mask) if legal else None,
        problem.grid.exact_string(problem.error(mask)) if legal else None,
    )


@settings(max_examples=settings().max_examples // 2)
@given(problem=problems(most=6) | layers(most=6))
def test_search_finds_the_optimum(problem):
    """The search of the checker finds what brute force finds, for every kind."""
    read = checker.problem_of(instance_to_dict(Instance(problem=problem)))
    best = naive.optimum(problem)
    assert checker.search(read) == (naive.beyond(problem) if best is None else best)


@pytest.fixture
def place(tmp_path):
    """A file of a certified instance, and its certificate beside it."""
    return stored(tmp_path / "pool.json", SUBSET)


def forged(problem):
    """Return a certificate that is consistent in itself, for a selection that is not the best."""
    ranked = sorted(naive.legal_subsets(problem))
    return sworn(problem, *next(pair for pair in ranked if pair[0] > ranked[0][0]))


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


def run(capsys, *words):
    """Run the checker; return its exit code and what it printed."""
    capsys.readouterr()
    try:
        code = checker.main([str(word) for word in words])
    except SystemExit as stopped:
        code = stopped.code
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_checker_runs_with_nothing_installed(place):
    """As a program, without the package in reach, it checks an instance and its certificate."""
    command = [sys.executable, "-I", "-S", CHECK, place]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=place.parent)
    said = "1 instances, 1 certificates, 1 bounds proven again; 0 findings\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")


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
                *("# Rows 0", "", "# Dual solution values", "# Columns 1"),
                *(f"{name} 1" for name, _ in pairs),
            ]
        ),
        "floats": "\n".join(f"{name} {x + 1e-9 - 2e-9 * x:.12f}" for name, x in pairs),
    }


@pytest.mark.parametrize("problem", [SUBSET, SMALLEST, BLOCK, JOINT], ids=lambda p: p.kind)
def test_selections_of_solvers_are_read(tmp_path, capsys, problem):
    """In whatever form a solver writes it, the optimum is read and found to be worth its value."""
    value, indices = min(naive.legal_subsets(problem))
    path, file = stored(tmp_path / "pool.json", problem), tmp_path / "pool.sol"
    for name, words in forms_of(problem, indices).items():
        file.write_text(words, encoding="utf-8")
        code, out, err = run(capsys, path, "--solution", file)
        assert (name, code, err) == (name, 0, "")
        assert out.startswith(f"selection: legal, value {value}, error ")


BAD_SELECTIONS = {
    "another size": ("0", 1, "the selection breaks a rule about sizes, budgets or tolerances"),
    "twice": ("1 1", 1, "must increase within 0..4"),
    "too large": ("1 5", 1, "must increase within 0..4"),
    "half": ("x1 0.5\nx3 1", 1, "gives ['x1'] neither 0 nor 1"),
    "unknown": ("x1 1\nx9 1", 2, "names ['x9'], which this instance has not"),
    "words": ("nothing of the kind", 2, "holds neither indices nor lines"),
}


@pytest.mark.parametrize(("words", "code", "says"), BAD_SELECTIONS.values(), ids=BAD_SELECTIONS)
def test_bad_selections_are_refused(place, capsys, words, code, says):
    """A selection that is none, or not legal, is refused in one line."""
    found = run(capsys, place, "--solution", words)
    assert (found[0], says in found[2], found[2].count("\n")) == (code, True, 1)


def test_selection_below_the_bound_is_a_finding(tmp_path, capsys):
    """A selection better than what a certificate calls possible refutes the certificate."""
    rng = np.random.default_rng(9)
    weights = tuple(int(w) for w in rng.integers(-(2**20), 2**20, 24))
    pool = SubsetSum(weights=weights, target=sum(weights[1::2]), fewest=12, most=12)
    worse = tuple(range(12))
    swears = forging.certificate_of(pool, worse, naive.error_of(pool, worse))
    path = stored(tmp_path / "pool.json", pool, swears)
    code, out, err = run(capsys, path, "--solution", " ".join(map(str, range(1, 24, 2))))
    assert (code, out.startswith("selection: legal, value 0, error 0; known are")) == (1, True)
    assert "the selection is below the certificate's bound" in err


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
    assert out == "7 instances, 7 certificates, 7 bounds proven again; 0 findings\n"


CHECKED = (
    "problem", "candidates", "status", "optimum", "best_known", "lower_bound", "evidence",
    "witnesses", "digest", "instance",
)  # fmt: skip


@pytest.mark.parametrize(
    "column", [c if c == "optimum" else pytest.param(c, marks=pytest.mark.slow) for c in CHECKED]
)
def test_wrong_index_is_found(library, capsys, column):
    """A cell of the index that says something else than the files is found by both."""
    index = library / "index.csv"
    rows = list(csv.DictReader(index.read_text(encoding="utf-8").splitlines()))
    cell = rows[0][column]
    rows[0][column] = str(int(cell) + 1) if cell.isdigit() else cell + "x"
    with index.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    code, _, err = run(capsys, library)
    assert (code, "index.csv" in err, list(troubles(library))) == (1, True, ["index.csv"])


@pytest.mark.parametrize("problem", EXAMPLES, ids=lambda p: p.kind)
def test_forged_optimum_of_every_kind_is_found(library, capsys, problem):
    """A wrong optimum, with witnesses, seal and index all in agreement, is found by both."""
    name = f"{problem.kind}/{'precise' if problem is PRECISE else 'pool'}-s1"
    stored(library / f"{name}.json", problem, forged(problem))
    paged(library)
    code, _, err = run(capsys, library)
    assert (code, err.count("\n"), "but a selection has" in err) == (1, 1, True)
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


def test_missing_row_and_missing_file_are_found(library, capsys):
    """A row without a file, and a file without a row, are each one line."""
    (library / "smallest_subset" / "pool-s1.json").rename(library / "smallest_subset" / "b-s1.json")
    code, _, err = run(capsys, library)
    assert (code, "lacks b-s1.json" in err) == (1, True)
    assert "names what is not there: smallest_subset/pool-s1" in err


def test_instance_without_certificate_may_not_be_called_proven(library, capsys):
    """Where the certificate is gone, the index must call the instance open."""
    (library / "smallest_subset" / "pool-s1.certificate.json").unlink()
    code, _, err = run(capsys, library)
    assert (code, "status 'easy'; it is open" in err or "it is" in err) == (1, True)
    paged(library)
    assert run(capsys, library)[0] == 0


def test_certificate_without_its_instance_is_found(library, capsys):
    """A certificate whose instance is gone, from the index too, is one line for both."""
    (library / "smallest_subset" / "pool-s1.json").unlink()
    paged(library)
    code, _, err = run(capsys, library)
    assert (code, err.count("\n"), "a certificate without its instance" in err) == (1, 1, True)
    (trouble,) = troubles(library)["smallest_subset/pool-s1"]
    assert trouble.startswith("there is a certificate without its instance")


def test_link_out_of_the_library_is_refused(library, tmp_path, capsys):
    """A symbolic link to a file elsewhere is refused, even to a good one."""
    elsewhere = stored(tmp_path / "pool.json", SUBSET)
    os.remove(library / "subset_sum" / "pool-s1.json")
    (library / "subset_sum" / "pool-s1.json").symlink_to(elsewhere)
    code, _, err = run(capsys, library)
    assert (code, "leads out of the folder" in err) == (2, True)


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
    """Every instance, certificate and row of the library that is shipped is true."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", CHECK, LIBRARY], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout.split()[0]) >= 150


@pytest.mark.slow
def test_planted_optimum_in_a_copy_of_the_shipped_library_is_found(tmp_path, capsys):
    """One proven optimum of each kind, raised by one in the index, is found in a copy."""
    raised = 0
    rows = list(csv.DictReader((LIBRARY / "index.csv").read_text().splitlines()))
    for kind in checker.FORMS:
        row = next(r for r in rows if r["problem"] == kind and r["optimum"].isdigit())
        home = tmp_path / kind / row["family"]
        home.mkdir(parents=True)
        for ending in (".json", ".certificate.json"):
            source = LIBRARY / f"{row['instance']}{ending}"
            (tmp_path / kind / f"{row['instance']}{ending}").write_bytes(source.read_bytes())
        wrong = {**row, "optimum": str(int(row["optimum"]) + 1)}
        for told, code in ((row, 0), (wrong, 1)):
            with (tmp_path / kind / "index.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, told, lineterminator="\n")
                writer.writeheader()
                writer.writerow(told)
            assert run(capsys, tmp_path / kind)[0] == code
            raised += code
    assert raised == len(checker.FORMS)


def test_reader_keeps_what_the_package_wrote(place):
    """The file that was written is read by both to the same digest."""
    assert checker.problem_of(checker.read(place)).digest == read_instance(place).problem.digest
    assert read_certificate(certificate_path(place)).problem == read_instance(place).problem.digest
