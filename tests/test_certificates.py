"""A checker is only as good as what it refuses."""

from __future__ import annotations

import copy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from slth_opt import SubsetSum
from slth_opt.backends import BACKENDS
from slth_opt.certificates import (
    Evidence,
    certificate_from_dict,
    certificate_to_dict,
    sealed,
    verify,
)
from slth_opt.errors import CertificateRejected, FileError, ProblemError
from slth_opt.families import FAMILIES
from slth_opt.json_files import read_json
from slth_opt.library import instance_from_dict
from slth_opt.results import Reported
from tests import forging, naive

FOLDER = Path(__file__).parent / "certificates"
ACCEPTED, REJECTED, MALFORMED = (
    sorted((FOLDER / name).glob("*.json")) for name in ("accepted", "rejected", "malformed")
)


def stem(path):
    return path.stem


def read_case(path):
    """Return the problem and the certificate of a file, and why it lies in its folder."""
    case = read_json(path)
    problem = instance_from_dict(case["instance"]).problem
    return problem, certificate_from_dict(case["certificate"]), case["because"]


@pytest.mark.parametrize("path", ACCEPTED, ids=stem)
def test_accepted(path):
    """What lies in the folder of true certificates passes, its bound proven once more."""
    problem, certificate, _ = read_case(path)
    assert verify(problem, certificate).reproven


@pytest.mark.parametrize("path", REJECTED, ids=stem)
def test_rejected(path):
    """What lies in the folder of untrue certificates is rejected for the reason it names."""
    problem, certificate, because = read_case(path)
    with pytest.raises(CertificateRejected) as rejection:
        verify(problem, certificate)
    assert because in str(rejection.value)


def reason_named(path):
    """Return why a malformed file is so; nothing if it is too malformed to say."""
    try:
        return read_json(path)["because"]
    except FileError:
        return ""


@pytest.mark.parametrize("path", MALFORMED, ids=stem)
def test_malformed(path):
    """What lies in the folder of malformed files is refused in one line, before any check."""
    with pytest.raises((FileError, ProblemError)) as refusal:
        read_case(path)
    message = str(refusal.value)
    assert (reason_named(path) in message, "\n" in message) == (True, False)


def test_corpus_is_not_thin():
    """Each folder holds enough to mean something."""
    assert (len(ACCEPTED) >= 10, len(REJECTED) >= 20, len(MALFORMED) >= 20) == (True,) * 3


@pytest.mark.parametrize("path", ACCEPTED, ids=stem)
def test_judge_agrees_with_accepted(path):
    """The brute-force judge of the mutation tests calls the true certificates true."""
    problem, certificate, _ = read_case(path)
    assert forging.is_true(problem, certificate_to_dict(certificate))


@pytest.mark.parametrize("path", ACCEPTED, ids=stem)
def test_written_form_keeps_everything(path):
    """A certificate read from its written form writes the same form again."""
    written = read_json(path)["certificate"]
    assert certificate_to_dict(certificate_from_dict(written)) == written


def mutants(count):
    """Yield mutated certificates: the problem, the written form, the name of the field changed."""
    rng = np.random.default_rng(20)
    for number in range(count):
        problem, certificate, _ = read_case(ACCEPTED[number % len(ACCEPTED)])
        yield problem, *forging.mutated(certificate_to_dict(certificate), rng)


def is_accepted(problem, data):
    """Tell whether a written certificate passes; anything but a proper refusal is an error."""
    try:
        verify(problem, certificate_from_dict(data))
    except (FileError, CertificateRejected):
        return False
    return True


def forgeries_that_pass():
    """Return those of a thousand changed and newly sealed certificates that are accepted."""
    forged = ((p, forging.resealed(data), field) for p, data, field in mutants(1000))
    return [(p, data, field) for p, data, field in forged if is_accepted(p, data)]


def test_thousand_damaged_certificates():
    """A certificate with any one thing changed, at any depth, is rejected."""
    assert [data for problem, data, _ in mutants(1000) if is_accepted(problem, data)] == []


def test_thousand_forged_certificates():
    """A changed certificate under a new seal passes only if what it says is still true."""
    passed = forgeries_that_pass()
    assert [data for problem, data, _ in passed if not forging.is_true(problem, data)] == []


def test_forgeries_pass_only_where_nothing_can_be_checked():
    """Under a new seal only provenance, and witnesses nothing rests on, can be changed."""
    provenance = {"seal", "remarks", "package", "witnesses.version", "witnesses.stop"}
    said = {"witnesses.reported"} | {
        f"witnesses.reported.{name}" for name in ("status", "objective", "bound")
    }
    idle = {"witnesses", "witnesses.value", "witnesses.lower_bound"}
    changed = {field for _, _, field in forgeries_that_pass()}
    assert changed - provenance - said - idle == set()


def pool(rng, n=12):
    """Return a pool of n weights, half of which are to be chosen."""
    weights = tuple(int(w) for w in rng.integers(-(2**20), 2**20, n))
    return SubsetSum(weights=weights, target=12345, fewest=n // 2, most=n // 2)


def test_conspiracy_of_witnesses_is_exposed():
    """Two witnesses who swear to a selection that is not best are refuted by the re-proof."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        problem = pool(rng)
        ranked = sorted(naive.legal_subsets(problem))
        worse_value, worse = ranked[int(rng.integers(1, len(ranked)))]
        with pytest.raises(CertificateRejected, match=f"but one has {ranked[0][0]}$"):
            verify(problem, forging.certificate_of(problem, worse, worse_value))


def test_conspiracy_passes_without_reproof():
    """Testimony alone cannot refute testimony, and the report does not hide it."""
    problem = pool(np.random.default_rng(5))
    worse_value, worse = sorted(naive.legal_subsets(problem))[7]
    report = verify(problem, forging.certificate_of(problem, worse, worse_value), reprove=False)
    assert report.reproven is None


def test_bound_one_too_high_is_exposed():
    """A bracket whose lower end is one unit above the optimum is refuted."""
    problem = pool(np.random.default_rng(6))
    (best, _), (worse_value, worse) = sorted(naive.legal_subsets(problem))[:2]
    assert best < worse_value
    with pytest.raises(CertificateRejected, match=f"but one has {best}$"):
        verify(problem, forging.certificate_of(problem, worse, best + 1))


def test_bound_at_the_optimum_is_proven_again():
    """A bracket whose lower end is the optimum itself passes."""
    problem = pool(np.random.default_rng(6))
    (best, _), (_, worse) = sorted(naive.legal_subsets(problem))[:2]
    assert verify(problem, forging.certificate_of(problem, worse, best)).reproven


def test_large_problem_is_not_reproven_and_says_so():
    """Where plain Python would take too long, the report says that the bound rests on words."""
    problem = pool(np.random.default_rng(7), n=60)
    indices = tuple(range(30))
    report = verify(
        problem, forging.certificate_of(problem, indices, naive.error_of(problem, indices))
    )
    assert "not proven here once more: the search is too large" in "; ".join(report.lines())


def test_report_says_what_was_checked():
    """The report names the selection, the claim, the evidence with its witnesses, the re-proof."""
    problem = SubsetSum(weights=(3, -5, 9, 14, 22), target=7, fewest=2, most=2, rounded=True)
    assert verify(problem, forging.certificate_of(problem, (1, 3), 2)).lines() == (
        "selection: 2 chosen, legal, value 2 recomputed",
        "claim: 2 is the optimum",
        "evidence: agreed (meeting, branching)",
        "bound: proven here once more, in plain Python",
        "note: the problem's numbers are roundings; all this holds for the integers",
    )


def test_certificate_that_came_from_no_file_is_read_strictly():
    """A boolean in place of an integer is refused even if its seal fits."""
    problem = SubsetSum(weights=(3, -5, 9, 14, 22), target=7, fewest=2, most=2)
    odd = sealed(replace(forging.certificate_of(problem, (1, 3), 2), indices=(True, 3)))
    with pytest.raises(CertificateRejected, match=r"indices\[0\] must be an integer, got true"):
        verify(problem, odd)


def test_strengths_are_ordered():
    """Self-evident is stronger than agreed, agreed than single, single than reported."""
    order = [Evidence.SELF_EVIDENT, Evidence.AGREED, Evidence.SINGLE, Evidence.REPORTED]
    assert sorted(Evidence, key=lambda evidence: -evidence.strength) == order


def test_seal_is_the_sha256_of_the_rest():
    """The seal equals a sha256 of the written form computed by other means."""
    problem = SubsetSum(weights=(3, -5, 9, 14, 22), target=7, fewest=2, most=2)
    data = certificate_to_dict(forging.certificate_of(problem, (1, 3), 2))
    assert data["seal"] == forging.resealed(copy.deepcopy(data))["seal"]


def test_floats_reported_survive_to_the_last_bit():
    """What a float solver said comes back from the written form bit for bit."""
    problem = SubsetSum(weights=(3, -5, 9, 14, 22), target=7, fewest=2, most=2)
    bare = forging.certificate_of(problem, (1, 3), 2)
    said = Reported(status="Optimal", objective=0.1 + 0.2, bound=float("-inf"))
    witness = replace(bare.witnesses[0], reported=said)
    sent = sealed(replace(bare, witnesses=(witness,)))
    assert certificate_from_dict(certificate_to_dict(sent)) == sent


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
def test_verifier_knows_every_backend(backend):
    """The table a verifier judges witnesses by says of a backend what the backend says."""
    known = FAMILIES[backend.name]
    assert (known.family, known.exact) == (backend.family, backend.exact)


BLOCKED = ("numpy", "numba", "scipy", "ortools", "pulp", "networkx", "matplotlib", "highspy")

STANDALONE = f"""
import sys
for name in {BLOCKED!r}:
    sys.modules[name] = None
from slth_opt.certificates import certificate_from_dict, verify
from slth_opt.json_files import read_json
from slth_opt.library import instance_from_dict
case = read_json(sys.argv[1])
problem = instance_from_dict(case["instance"]).problem
print(verify(problem, certificate_from_dict(case["certificate"])).reproven)
"""


def test_verifies_with_the_standard_library_alone():
    """With numpy, numba and every solver out of reach, a certificate is checked and re-proven."""
    run = subprocess.run(
        [sys.executable, "-c", STANDALONE, str(FOLDER / "accepted" / "agreed.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("True\n", "")
