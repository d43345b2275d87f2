"""CBC: right on small integers, never believed on large ones, and nothing of it left behind."""

from __future__ import annotations

import naive
import pytest
import solver_checks

from slth_opt import Effort, SmallestSubset, Stop, SubsetSum, solve
from slth_opt.backends import cbc
from slth_opt.errors import BackendError
from slth_opt.guessing import first_guess

POOL = SubsetSum(weights=(5, 8, 13, 21, 34), target=50, fewest=2, most=2)


def pretend(monkeypatch, path, script):
    """Put a shell script in the place of CBC."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(cbc, "binary", lambda: path)


def test_small_integers_are_right():
    """With sums of up to 20 bits its selection is the best one, on every kind of problem."""
    for problem in solver_checks.drawn(20, 4, 12, 20):
        assert solve(problem, "cbc").value == naive.optimum(problem), problem


def test_large_integers_get_no_wrong_bound_accepted():
    """Up to 53 bits, what passes the audit is legal and brackets the optimum."""
    problems = solver_checks.drawn(12, 36, 46, 53)
    results = list(solver_checks.accepted("cbc", problems))
    assert len(results) >= 30
    for result, best in results:
        assert result.mask is None or result.problem.is_legal(result.mask)
        if best is not None and result.value is not None:
            assert result.lower_bound <= best <= result.value


def test_its_objective_is_reported_in_units_of_the_problem():
    """Forty-bit weights are scaled down on the way in, and the objective up on the way out."""
    problem = SubsetSum(weights=(3 * 2**38, 2**36), target=2**38, fewest=1, most=1)
    result = solve(problem, "cbc")
    assert (result.value, result.reported.objective) == (3 * 2**36, 3.0 * 2**36)


@pytest.mark.parametrize(
    "problem",
    [
        SmallestSubset(weights=(6, 10, 15), target=12, tolerance=0),
        SmallestSubset(weights=(5, 9), target=100, tolerance=1),
    ],
    ids=["by branching", "at once"],
)
def test_what_it_calls_infeasible_is_recorded_and_not_believed(problem):
    """Its word that no subset is legal proves nothing, and its relaxation is no selection."""
    assert naive.optimum(problem) is None
    claim = cbc.solve(problem, Effort(), None)
    assert (claim.infeasible, claim.indices, claim.stop) == (True, None, Stop.FINISHED)


def test_a_time_limit_leaves_an_honest_bracket():
    """Stopped early, it hands over what it has, and only the free bound is kept."""
    result = solve(solver_checks.endless(), "cbc", Effort(seconds=0.3))
    assert (result.stop, result.reported.status) == (Stop.SECONDS, "Stopped on time")
    assert result.lower_bound == result.problem.free_bound() <= result.value


def test_no_time_at_all_is_not_mistaken_for_a_solution():
    """Without a solution CBC writes a relaxation; the claim then has no selection of its own."""
    claim = cbc.solve(solver_checks.endless(), Effort(seconds=0), None)
    assert (claim.indices, claim.stop) == (None, Stop.SECONDS)


def test_a_seed_of_any_size_is_taken():
    """Seeds beyond what CBC holds are folded, and change no optimum."""
    assert solve(POOL, "cbc", Effort(seed=2**40 + 5)).value == naive.optimum(POOL)


@pytest.mark.parametrize("effort", [Effort(workers=2), Effort(nodes=2)], ids=["workers", "nodes"])
def test_other_limits_are_refused(effort):
    """It counts no nodes of its small searches within the search, and has no threads."""
    with pytest.raises(BackendError, match=r"cannot honour \w+=2; it honours seconds, seed"):
        solve(POOL, "cbc", effort)


def test_too_many_bits_are_refused():
    """Integers that doubles cannot hold do not get in; the message names who takes them."""
    problem = SubsetSum(weights=(2**53, 1), target=1, fewest=1, most=1)
    with pytest.raises(BackendError, match=r"up to 53 bits; this problem has 54\. Try 'meeting'"):
        solve(problem, "cbc")


def test_without_a_binary_it_is_refused(monkeypatch):
    """The message says what to install, and who else can."""
    monkeypatch.setattr(cbc, "binary", lambda: None)
    with pytest.raises(BackendError, match=r"'cbc' finds no CBC: install pulp.*Try 'meeting'"):
        solve(POOL, "cbc")


def test_pulps_binary_is_found_without_loading_pulp():
    """Importing PuLP would load highspy, which keeps OR-Tools from being loaded."""
    import pulp

    cbc.binary.cache_clear()
    assert cbc.binary().samefile(pulp.PULP_CBC_CMD().path)


def test_a_program_that_fails_gives_up_and_says_why(monkeypatch, tmp_path):
    """No solution file means no answer; the end of what it printed is kept."""
    pretend(monkeypatch, tmp_path / "cbc", "echo out of luck; exit 3")
    result = solve(POOL, "cbc")
    assert (result.indices, result.stop) == (first_guess(POOL), Stop.GAVE_UP)
    assert result.reported.status == "no solution file: out of luck"


def test_half_a_solution_file_is_no_solution(monkeypatch, tmp_path):
    """A file cut off in the middle of a line was not finished."""
    script = "printf 'Optimal - objective value 3\\n 0 x0 1 0\\n 1 x1' > solution.txt"
    pretend(monkeypatch, tmp_path / "cbc", script)
    assert cbc.solve(POOL, Effort(), (0, 3)).indices == (0, 3)


def test_a_program_that_does_not_stop_is_killed(monkeypatch, tmp_path):
    """After its time and some grace."""
    monkeypatch.setattr(cbc, "GRACE", 0.2)
    pretend(monkeypatch, tmp_path / "cbc", "exec sleep 60")
    assert cbc.solve(POOL, Effort(seconds=0.1), None).stop is Stop.SECONDS


def test_nothing_is_left_behind(monkeypatch, tmp_path):
    """The folder of a solve is gone with it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert solve(POOL, "cbc").value == 3
    assert list(tmp_path.iterdir()) == []


def test_the_start_reaches_it(monkeypatch, tmp_path):
    """CBC is given the start as a file of names and values."""
    script = 'case "$*" in *"-mips start.txt"*) cp start.txt solution.txt;; esac'
    pretend(monkeypatch, tmp_path / "cbc", script)
    claim = cbc.solve(POOL, Effort(), (0, 4))
    assert claim.reported.status == "0 x0 1 0"


def test_ctrl_c_returns_the_best_so_far():
    """A real SIGINT in the middle of a real search; the next solve is unharmed."""
    stop, value, bound, again = solver_checks.interrupted("cbc", after=2.0)
    assert stop == "interrupted"
    assert bound <= value
    assert again == naive.optimum(solver_checks.endless(n=6))
