"""CP-SAT: always optimal and equal to brute force, honest when stopped, refused where unsafe."""

from __future__ import annotations

import naive
import pytest
import solver_checks
from hypothesis import given, settings
from strategies import problems as any_problem

from slth_opt import Effort, SmallestSubset, Stop, SubsetSum, VectorSum, solve
from slth_opt.backends import cp_sat
from slth_opt.errors import BackendError
from slth_opt.guessing import first_guess
from slth_opt.problems.legality import mask_of
from slth_opt.solving import why_not


@given(any_problem(most=6))
@settings(max_examples=40)
def test_it_finds_the_optimum(problem):
    """Ties, zeros, duplicates and numbers of 3 to 58 bits, whatever the problem."""
    if why_not(cp_sat.BACKEND, problem) is None:
        result = solve(problem, "cp_sat")
        assert result.value == naive.optimum(problem)
        assert result.is_optimal is not result.infeasible


@pytest.mark.parametrize("bits", [20, 46, 53, 58])
def test_it_is_right_up_to_its_last_bit(bits):
    """Also where doubles no longer hold the sums."""
    for problem in solver_checks.drawn(15, bits):
        result = solve(problem, "cp_sat")
        assert result.value == naive.optimum(problem), problem
        assert result.is_optimal is not result.infeasible, problem


@pytest.mark.slow
@pytest.mark.parametrize("bits", [53, 56, 58])
def test_it_is_right_up_to_its_last_bit_many_times(bits):
    """A thousand problems at each of the largest sizes."""
    for problem in solver_checks.drawn(1000, bits):
        assert solve(problem, "cp_sat").value == naive.optimum(problem), problem


def test_optima_that_differ_by_less_than_a_double_are_told_apart():
    """Two errors near 2^56, one unit apart: the same number for a test of gaps in doubles."""
    problem = SubsetSum(weights=(2**56 + 1, 2**56), target=0, fewest=1, most=1)
    assert solve(problem, "cp_sat", start=(0,)).value == 2**56


def test_no_legal_subset_is_proven():
    """Even numbers never come within 0 of an odd one."""
    problem = SmallestSubset(weights=(2, 4, 6, 8), target=7, tolerance=0)
    assert solve(problem, "cp_sat").infeasible


def test_a_huge_tolerance_admits_the_empty_subset():
    """A band as wide as the limit allows still fits in 64 bits."""
    problem = SmallestSubset(weights=(3, 2**50), target=2**56, tolerance=2**57)
    assert solve(problem, "cp_sat").value == 0


def test_a_time_limit_leaves_an_honest_bracket():
    """Stopped early, the bound is at most the optimum and the selection legal."""
    problem = solver_checks.endless()
    result = solve(problem, "cp_sat", Effort(seconds=0.3))
    assert result.stop is Stop.SECONDS
    assert 0 <= result.lower_bound <= result.value
    assert result.value <= problem.value(mask_of(first_guess(problem), 34))


@pytest.mark.parametrize("seconds", [0.001, 0.003, 0.01])
def test_a_bound_on_the_way_is_below_the_optimum(seconds):
    """Wherever the search is cut, against brute force."""
    for problem in solver_checks.drawn(8, 12, 40):
        claim = cp_sat.solve(problem, Effort(seconds=seconds), None)
        best = naive.optimum(problem)
        assert claim.bound is None or claim.bound <= best, problem


def test_no_time_at_all_returns_the_start():
    """With zero seconds nothing is found, and nothing is called proven."""
    problem = solver_checks.endless()
    result = solve(problem, "cp_sat", Effort(seconds=0))
    assert (result.indices, result.stop) == (first_guess(problem), Stop.SECONDS)


def test_workers_and_seed_are_honoured():
    """Two workers and a seed beyond 32 bits reach the same optimum."""
    problem = solver_checks.endless(n=12)
    effort = Effort(workers=2, seed=2**40 + 1)
    assert solve(problem, "cp_sat", effort).value == naive.optimum(problem)


def test_nodes_are_refused():
    """Branches cannot be limited exactly, so a limit is refused rather than ignored."""
    with pytest.raises(BackendError, match=r"cannot honour nodes=5; it honours seconds, seed, wor"):
        solve(solver_checks.endless(), "cp_sat", Effort(nodes=5))


def test_too_many_bits_are_refused():
    """The message says what there is, what is possible and who can."""
    problem = SubsetSum(weights=(2**59, 1), target=0, fewest=1, most=1)
    with pytest.raises(BackendError, match=r"up to 58 bits; this problem has 60\. Try 'meeting'"):
        solve(problem, "cp_sat")


def test_a_sum_of_errors_that_may_overflow_is_refused():
    """Rows that fit one by one may not fit together."""
    rows = ((2**57 - 8, 1), (2**57 - 8, 5), (2**57 - 8, 3), (2**57 - 8, 2))
    rows += tuple((2**57 - 8, i) for i in range(6))
    problem = VectorSum(rows=rows, targets=(0,) * 10, norm="l1", fewest=1, most=1)
    with pytest.raises(BackendError, match=r"sums of errors up to 60 bits; this one has 61"):
        solve(problem, "cp_sat")


def test_a_model_it_rejects_is_an_error_not_a_time_limit():
    """Forced past its limit of bits, it says what CP-SAT said."""
    problem = SubsetSum(weights=(2**61 - 2, 2**60), target=-(2**59), fewest=0, most=2)
    with pytest.raises(BackendError, match="overflow"):
        cp_sat.solve(problem, Effort(), None)


@pytest.mark.parametrize(("found", "refused"), [("9.15.6755", True), ("9.14.6206", False)])
def test_a_version_that_proves_wrong_optima_is_refused(monkeypatch, found, refused):
    """From 9.15 on, by its number."""
    monkeypatch.setattr(cp_sat, "version", lambda package: found)
    cp_sat.version_problem.cache_clear()
    refusal = why_not(cp_sat.BACKEND, solver_checks.endless())
    cp_sat.version_problem.cache_clear()
    assert (refusal is not None and "install ortools < 9.15" in refusal) is refused


def test_ctrl_c_returns_the_best_so_far():
    """A real SIGINT in the middle of a real search; the next solve is unharmed."""
    stop, value, bound, again = solver_checks.interrupted("cp_sat", after=2.0)
    assert stop == "interrupted"
    assert bound <= value
    assert again == naive.optimum(solver_checks.endless(n=6))
