"""Canaries: true findings on this machine, and the right words when a solver is wrong."""

from __future__ import annotations

import importlib.util
import sys
from itertools import combinations

import pytest

from slth_opt import SubsetSum
from slth_opt import canaries as module
from slth_opt.backends import cbc, cp_sat, highs
from slth_opt.canaries import CANARIES, Severity

BY_NAME = {canary.name: canary for canary in CANARIES}


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.name)
def test_this_installation_may_be_used(canary):
    """Whatever float solvers answer here, nothing that is believed is wrong."""
    report = canary.run()
    assert report.passed
    assert "\n" not in report.finding + report.consequence
    assert report.finding
    assert report.consequence


def test_names_are_told_apart():
    """A name stands for one canary."""
    assert len(BY_NAME) == len(CANARIES) >= 4


def test_cp_sat_finds_the_optimum_computed_by_hand():
    """x0 + x3: -4130025012 + 3002833769 + 41826778 = -1085364465."""
    assert cp_sat.four_variable_answer() == 4130025012 - 3002833769 - 41826778


def test_a_wrong_cp_sat_is_harmful(monkeypatch):
    """The answer of OR-Tools 9.15 under a version that is believed: it must not be used."""
    monkeypatch.setattr(cp_sat, "four_variable_answer", lambda: 1923585795)
    report = BY_NAME["cp_sat four variables"].run()
    assert (report.severity, report.passed) == (Severity.HARMFUL, False)
    assert "1923585795; the truth is 1085364465" in report.finding
    assert "do not use backend 'cp_sat'" in report.consequence


def test_a_wrong_cp_sat_of_a_refused_version_is_guarded(monkeypatch):
    """The same answer where the backend refuses to run anyway."""
    monkeypatch.setattr(cp_sat, "four_variable_answer", lambda: 1923585795)
    monkeypatch.setattr(cp_sat, "version_problem", lambda: "cannot use ortools 9.15")
    report = BY_NAME["cp_sat four variables"].run()
    assert (report.severity, report.passed) == (Severity.GUARDED, True)
    assert report.consequence == "backend 'cp_sat' cannot use ortools 9.15"


def test_a_wrong_highs_is_guarded(monkeypatch):
    """The second weight is 40e12 off, the first 16e12: 2.5 times the truth, by hand."""
    monkeypatch.setattr(highs, "default_answer", lambda problem: ("Optimal", 4e13, (1,)))
    report = BY_NAME["highs one of two"].run()
    assert (report.severity, report.passed) == (Severity.GUARDED, True)
    assert "error 40000000000000, optimal; the truth is 16000000000000" in report.finding
    assert report.finding.endswith("2.5 times the truth")


def test_a_right_highs_is_right(monkeypatch):
    """A later HiGHS may get it right; then nothing is held against it."""
    monkeypatch.setattr(highs, "default_answer", lambda problem: ("Optimal", 1.6e13, (0,)))
    report = BY_NAME["highs one of two"].run()
    assert report.severity is Severity.RIGHT
    assert "times" not in report.finding


def test_the_truth_about_cbc_is_brute_force(monkeypatch):
    """The selection counts, not the objective it reports."""
    seen = []

    def too_good(problem):
        seen.append(problem)
        return "Optimal", 0.0, tuple(range(8))

    monkeypatch.setattr(cbc, "default_answer", too_good)
    report = BY_NAME["cbc eight of sixteen"].run()
    (problem,) = seen
    errors = [abs(sum(s) - problem.target) for s in combinations(problem.weights, 8)]
    assert min(errors) == 36
    assert f"the truth is {problem.grid.exact_string(min(errors))}" in report.finding
    first = abs(sum(problem.weights[:8]) - problem.target)
    assert report.finding.endswith(f"{first / 36:.3g} times the truth")
    assert report.severity is Severity.GUARDED


def test_its_weights_are_of_the_size_of_a_trained_networks():
    """All within 0.005, as reals."""
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cbc, "default_answer", lambda p: seen.append(p) or ("Optimal", 0.0, ()))
        BY_NAME["cbc eight of sixteen"].run()
    reals = [abs(float(seen[0].grid.real(w))) for w in seen[0].weights]
    assert 0.004 < max(reals) <= 0.005


@pytest.mark.parametrize("clash", [True, False])
def test_an_import_clash_is_guarded(monkeypatch, tmp_path, clash):
    """With a highspy that cannot be loaded after ortools, and with one that can."""
    code = "import sys\nif 'ortools' in sys.modules: raise ImportError('undefined symbol')\n"
    (tmp_path / "highspy.py").write_text(code if clash else "")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    importlib.invalidate_caches()
    report = BY_NAME["import clash"].run()
    assert report.severity is (Severity.GUARDED if clash else Severity.RIGHT)
    assert ("undefined symbol" in report.finding) is clash
    assert "highspy" not in sys.modules


def test_without_pulp_there_is_nothing_to_try(monkeypatch):
    """What is not installed is no fault."""
    monkeypatch.setattr(cbc, "binary", lambda: None)
    report = BY_NAME["cbc eight of sixteen"].run()
    assert (report.severity, report.finding) == (Severity.RIGHT, "there is no PuLP with CBC")


def test_brute_force_looks_at_every_allowed_size():
    """One weight is 4 off, two are 1 off, three are 9 off."""
    pool = SubsetSum(weights=(3, 4, 10), target=8, fewest=1, most=2)
    assert module.brute_force(pool) == 1


def test_versions_are_told_without_loading_anything():
    """Known packages with their versions, missing ones as None."""
    import scipy

    found = module.versions()
    assert found["scipy"] == scipy.__version__
    assert found["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}.")
    assert (found["highspy"] is None) == (importlib.util.find_spec("highspy") is None)
