"""HiGHS: right on small integers, never believed on large ones, stopped whatever it does."""

from __future__ import annotations

import random
import time

import naive
import pytest
import solver_checks

from slth_opt import Effort, LayerBudget, SmallestSubset, Stop, SubsetSum, solve
from slth_opt.backends import highs
from slth_opt.errors import BackendError
from slth_opt.guessing import first_guess
from slth_opt.side_process import Reply

PAIR = SubsetSum(weights=(3 * 10**8, -4 * 10**8), target=10**8, fewest=1, most=1)
"""By default HiGHS takes the second, and calls an error of 5e8 optimal where 2e8 is possible."""


def test_small_integers_are_right():
    """With sums of up to 20 bits its selection is the best one, on every kind of problem."""
    for problem in solver_checks.drawn(20, 4, 12, 20):
        assert solve(problem, "highs").value == naive.optimum(problem), problem


def test_large_integers_get_no_wrong_bound_accepted():
    """Up to 53 bits, what passes the audit is legal and brackets the optimum."""
    problems = solver_checks.drawn(12, 36, 46, 53)
    results = list(solver_checks.accepted("highs", problems))
    assert len(results) >= 30
    for result, best in results:
        assert result.problem.is_legal(result.mask) if best is not None else result.mask is None
        assert best is None or result.lower_bound <= best <= result.value


def test_scaled_rows_cure_the_pair_it_gets_wrong():
    """The obvious way of asking fails, ours does not."""
    status, objective, indices = highs.default_answer(PAIR)
    assert solve(PAIR, "highs").indices == (0,)
    if indices != (0,):  # a later HiGHS may be right
        assert ("Optimal" in status, objective) == (True, 5e8)


def test_its_objective_is_reported_in_units_of_the_problem():
    """Forty-bit weights are scaled down on the way in, and the objective up on the way out."""
    problem = SubsetSum(weights=(3 * 2**38, 2**36), target=2**38, fewest=1, most=1)
    result = solve(problem, "highs")
    assert (result.value, result.reported.objective) == (3 * 2**36, 3.0 * 2**36)


def test_what_it_calls_infeasible_is_recorded_and_not_believed():
    """Its word that no subset is legal proves nothing."""
    problem = SmallestSubset(weights=(6, 10, 15), target=12, tolerance=0)
    assert naive.optimum(problem) is None
    claim = highs.solve(problem, Effort(), None)
    assert claim.infeasible
    assert not solve(problem, "highs").infeasible


def test_a_time_limit_leaves_an_honest_bracket():
    """Stopped early, it hands over what it has, and only the free bound is kept."""
    result = solve(solver_checks.endless(), "highs", Effort(seconds=0.3))
    assert result.stop is Stop.SECONDS
    assert result.lower_bound == result.problem.free_bound() <= result.value
    assert result.reported.status.startswith("Time limit")


def test_no_time_at_all_returns_the_start():
    """With zero seconds there is nothing but the first guess."""
    problem = solver_checks.endless()
    result = solve(problem, "highs", Effort(seconds=0))
    assert (result.indices, result.stop) == (first_guess(problem), Stop.SECONDS)


def test_a_limit_on_nodes_is_kept():
    """It stops at the node it was told to."""
    result = solve(solver_checks.endless(), "highs", Effort(nodes=20, seed=2**40))
    assert (result.stop, result.nodes) == (Stop.NODES, 20)


def test_workers_are_refused():
    """What it cannot honour is not ignored."""
    with pytest.raises(BackendError, match=r"honour workers=2; it honours nodes, seconds, seed"):
        solve(PAIR, "highs", Effort(workers=2))


def test_too_many_bits_are_refused():
    """Integers that doubles cannot hold do not get in; the message names who takes them."""
    problem = SubsetSum(weights=(2**53, 1), target=1, fewest=1, most=1)
    with pytest.raises(BackendError, match=r"up to 53 bits; this problem has 54\. Try 'meeting'"):
        solve(problem, "highs")


def test_a_solve_error_is_tried_again_at_another_scale(monkeypatch):
    """When HiGHS gives up on one scale it is asked at the next, and that answer counts."""
    asked = []

    def unlucky(module, question, *, seconds):
        asked.append(question[0].unit)
        said = {"status": 4, "message": "Solve error", "values": None}
        if len(asked) == 2:
            said = {"status": 0, "message": "Optimal", "values": [1.0, 0.0, 200.0]}
        yield Reply(content={"objective": None, "bound": None, "nodes": 7, **said}, is_last=True)

    monkeypatch.setattr(highs, "ask", unlucky)
    claim = highs.solve(PAIR, Effort(), None)
    assert (claim.indices, claim.stop) == ((0,), Stop.FINISHED)
    assert asked == [2.0**13, 2.0**19]


def test_both_scales_share_one_time_limit(monkeypatch):
    """What the first scale took is taken from the second."""
    limits = []

    def slow(module, question, *, seconds):
        limits.append(question[1]["time_limit"])
        time.sleep(0.2)
        said = {"status": 4, "message": "Solve error", "values": None}
        yield Reply(content={"objective": None, "bound": None, "nodes": 0, **said}, is_last=True)

    monkeypatch.setattr(highs, "ask", slow)
    assert highs.solve(PAIR, Effort(seconds=0.3), None).stop is Stop.GAVE_UP
    assert 0 <= limits[1] <= 0.1 < limits[0] <= 0.3


def test_a_dead_solver_gives_up_and_says_how(monkeypatch):
    """A crash costs neither this process nor the first guess."""

    def crashing(module, question, *, seconds):
        yield Reply(died=-11, is_last=True)

    monkeypatch.setattr(highs, "ask", crashing)
    result = solve(PAIR, "highs")
    assert (result.indices, result.stop) == (first_guess(PAIR), Stop.GAVE_UP)
    assert result.reported.status == "its process ended with code -11"


def test_ctrl_c_ends_it_at_once():
    """A real SIGINT in the middle of a real search; the next solve is unharmed."""
    stop, value, bound, again = solver_checks.interrupted("highs", after=2.0)
    assert stop == "interrupted"
    assert bound <= value
    assert again == naive.optimum(solver_checks.endless(n=6))


@pytest.mark.parametrize("seed", [0, 2, 4])
def test_layers_of_many_bits_are_answered_right(seed):
    """Scaled to 24 bits it called answers optimal that were several times the optimum."""
    rng = random.Random(seed)

    def numbers(count):
        return tuple(rng.randint(-(2**23), 2**23) for _ in range(count))

    layer = LayerBudget(
        pools=tuple(numbers(8) for _ in range(6)), targets=numbers(6), norm="l1", most=18
    )
    assert solve(layer, "highs").value == solve(layer, "profiles").value
