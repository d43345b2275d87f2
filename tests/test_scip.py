"""SCIP: right on small integers, never believed on large ones, stopped whatever it does."""

from __future__ import annotations

import naive
import pytest
import solver_checks

from slth_opt import Effort, SmallestSubset, Stop, SubsetSum, solve
from slth_opt.backends import scip
from slth_opt.errors import BackendError
from slth_opt.guessing import first_guess
from slth_opt.side_process import Reply

POOL = SubsetSum(weights=(5, 8, 13, 21, 34), target=50, fewest=2, most=2)
GUESS = first_guess(POOL)


def test_small_integers_are_right():
    """With sums of up to 20 bits its selection is the best one, on every kind of problem."""
    for problem in solver_checks.drawn(20, 4, 12, 20):
        assert solve(problem, "scip").value == naive.optimum(problem), problem


def test_large_integers_get_no_wrong_bound_accepted():
    """Up to 53 bits, what passes the audit is legal and brackets the optimum."""
    problems = solver_checks.drawn(12, 36, 46, 53)
    results = list(solver_checks.accepted("scip", problems))
    assert len(results) >= 30
    for result, best in results:
        assert result.problem.is_legal(result.mask) if best is not None else result.mask is None
        assert best is None or result.lower_bound <= best <= result.value


def test_its_objective_is_reported_in_units_of_the_problem():
    """Forty-bit weights are scaled down on the way in, and the objective up on the way out."""
    problem = SubsetSum(weights=(3 * 2**38, 2**36), target=2**38, fewest=1, most=1)
    result = solve(problem, "scip")
    assert result.value == 3 * 2**36
    assert result.reported.objective == pytest.approx(3 * 2**36, rel=1e-12)


def test_what_it_calls_infeasible_is_recorded_and_not_believed():
    """Its word that no subset is legal proves nothing."""
    problem = SmallestSubset(weights=(6, 10, 15), target=12, tolerance=0)
    assert naive.optimum(problem) is None
    claim = scip.solve(problem, Effort(), None)
    assert (claim.infeasible, claim.reported.status) == (True, "INFEASIBLE")
    assert not solve(problem, "scip").infeasible


def test_a_time_limit_leaves_an_honest_bracket():
    """Stopped early, it hands over what it has, and only the free bound is kept."""
    result = solve(solver_checks.endless(), "scip", Effort(seconds=0.3))
    assert result.stop is Stop.SECONDS
    assert result.lower_bound == result.problem.free_bound() <= result.value


def test_a_limit_on_nodes_is_kept():
    """It stops at the node it was told to."""
    result = solve(solver_checks.endless(), "scip", Effort(nodes=20, seed=2**40))
    assert (result.stop, result.nodes) == (Stop.NODES, 20)


def test_workers_are_refused():
    """What it cannot honour is not ignored."""
    with pytest.raises(BackendError, match=r"honour workers=2; it honours nodes, seconds, seed"):
        solve(POOL, "scip", Effort(workers=2))


def test_too_many_bits_are_refused():
    """Integers that doubles cannot hold do not get in; the message names who takes them."""
    problem = SubsetSum(weights=(2**53, 1), target=1, fewest=1, most=1)
    with pytest.raises(BackendError, match=r"up to 53 bits; this problem has 54\. Try 'meeting'"):
        solve(problem, "scip")


@pytest.mark.parametrize(
    ("end", "stop"),
    [
        (KeyboardInterrupt, Stop.INTERRUPTED),
        (TimeoutError, Stop.SECONDS),
    ],
)
def test_what_it_found_on_the_way_survives_its_end(monkeypatch, end, stop):
    """Stopped by Ctrl-C or killed after its time, the last legal selection it passed on counts."""

    def cut_short(module, question, *, seconds):
        yield Reply(content=(2, 4))
        yield Reply(content=(0, 1, 2))  # three, where two are allowed
        raise end

    monkeypatch.setattr(scip, "ask", cut_short)
    claim = scip.solve(POOL, Effort(seconds=1), GUESS)
    assert (claim.indices, claim.stop) == ((2, 4), stop)


def test_it_passes_on_what_it_finds():
    """Before its final word come legal selections, the last as good as the final one."""
    program = scip.scale(scip.program_of(POOL), bits=scip.BITS)
    *found, last = scip.ask("slth_opt.backends.scip", (program, Effort(), (0, 1)))
    final = scip.chosen(last.content["values"], 5)
    assert found
    errors = [naive.error_of(POOL, reply.content) for reply in found]
    assert errors[-1] == naive.error_of(POOL, final) == 3
    assert all(len(reply.content) == 2 for reply in found)


def test_a_dead_solver_gives_up_and_says_how(monkeypatch):
    """A crash costs neither this process nor the first guess."""

    def crashing(module, question, *, seconds):
        yield Reply(died=-11, is_last=True)

    monkeypatch.setattr(scip, "ask", crashing)
    result = solve(POOL, "scip")
    assert (result.indices, result.stop) == (GUESS, Stop.GAVE_UP)
    assert result.reported.status == "its process ended with code -11"


def test_ctrl_c_ends_it_at_once():
    """A real SIGINT in the middle of a real search; the next solve is unharmed."""
    stop, value, bound, again = solver_checks.interrupted("scip", after=2.0)
    assert stop == "interrupted"
    assert bound <= value
    assert again == naive.optimum(solver_checks.endless(n=6))
