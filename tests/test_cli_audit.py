"""``slth audit`` tells truth from lies, and Ctrl-C keeps what was found."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from slth_opt import SmallestSubset, SubsetSum
from slth_opt.backends import backend_named
from slth_opt.cli import audit as audit_command
from slth_opt.cli.judging import ask, judge
from slth_opt.library import Instance, write_instance
from slth_opt.methods import Claim
from slth_opt.results import Reported, Stop

TRUE = backend_named("enumeration")
POOL = SubsetSum(weights=(3, -5, 8, 13), target=10, fewest=2, most=2)
"""The best pair is 3 and 8, with error 1; the next, -5 and 13, has error 2."""


def backend_saying(claim, *, name="liar", exact=True):
    """Return a backend that answers every problem with the same claim."""
    return replace(TRUE, name=name, exact=exact, solve=lambda problem, effort, start: claim)


def verdicts_of(*backends, problem=POOL):
    return {v.testimony.backend.name: v for v in judge([ask(b, problem) for b in backends])}


BOUND_TOO_HIGH = Claim(indices=(1, 3), bound=2, stop=Stop.FINISHED)
WRONG_SIZE = Claim(indices=(0,), bound=1, stop=Stop.FINISHED)
WRONG_INDEX = Claim(indices=(0, 9), bound=1, stop=Stop.FINISHED)
NO_ANSWER = Claim(indices=None, bound=1, stop=Stop.FINISHED)
STOPPED = Claim(indices=(1, 3), stop=Stop.SECONDS)
FLOAT_WRONG = Claim(
    indices=(1, 3), stop=Stop.FINISHED, reported=Reported(status="Optimal", objective=2.0)
)
FLOAT_RIGHT = Claim(
    indices=(0, 2), stop=Stop.FINISHED, reported=Reported(status="Optimal", objective=1.0000001)
)
FLOAT_BELOW = replace(FLOAT_RIGHT, reported=Reported(status="Optimal", objective=0.125))


@pytest.mark.parametrize("lie", [BOUND_TOO_HIGH, WRONG_SIZE, WRONG_INDEX, NO_ANSWER])
def test_a_lying_exact_backend_is_called_wrong(lie):
    """An exact backend whose claim is refuted is wrong, and the honest one is not."""
    verdicts = verdicts_of(TRUE, backend_saying(lie))
    assert (verdicts["liar"].wrong, verdicts["enumeration"].wrong) == (True, False)


def test_the_order_of_the_backends_does_not_matter():
    """A liar asked first is found out by the honest one asked later."""
    assert verdicts_of(backend_saying(BOUND_TOO_HIGH), TRUE)["liar"].wrong


def test_a_figure_that_is_not_the_selections_own_is_told():
    """A solver that reports another error than its selection has is shown with its figure."""
    words = verdicts_of(TRUE, backend_saying(FLOAT_BELOW, exact=False))["liar"].words
    assert words == "optimal, but unproven by itself; it reports 0.125 for this selection"


def test_a_verdict_says_by_how_much():
    """The words of a wrong float backend give the distance from the optimum."""
    verdicts = verdicts_of(TRUE, backend_saying(FLOAT_WRONG, exact=False))
    assert verdicts["liar"].words == "WRONG by 1"


def test_a_right_float_backend_is_not_called_proven():
    """A float backend that found the optimum did not prove it."""
    verdicts = verdicts_of(TRUE, backend_saying(FLOAT_RIGHT, exact=False))
    assert verdicts["liar"].words == "optimal, but unproven by itself"


def test_a_float_backend_alone_is_at_best_the_best_known():
    """Without an exact backend nothing is called optimal."""
    assert verdicts_of(backend_saying(FLOAT_RIGHT, exact=False))["liar"].words == (
        "best known, not proven"
    )


def test_stopping_early_is_no_mistake():
    """A backend that ran out of time above the optimum is not wrong."""
    verdict = verdicts_of(TRUE, backend_saying(STOPPED))["liar"]
    assert (verdict.wrong, verdict.words) == (False, "1 above the best known (seconds)")


def test_a_false_claim_of_infeasibility_is_called_wrong():
    """A backend that says there is no subset, when another shows one, is wrong."""
    problem = SmallestSubset(weights=(3, -5, 8, 13), target=10, tolerance=1)
    lie = backend_saying(Claim(indices=None, infeasible=True, stop=Stop.FINISHED))
    assert verdicts_of(TRUE, lie, problem=problem)["liar"].wrong


@pytest.mark.parametrize(
    ("target", "wrong", "start"), [(11, True, "WRONG"), (10, False, "says there is no such subset")]
)
def test_a_float_denial_is_held_against_the_truth(target, wrong, start):
    """A float backend that says there is no subset is wrong only if there is one."""
    problem = SmallestSubset(weights=(3, -5, 8, 13), target=target, tolerance=0)
    denial = Claim(indices=None, infeasible=True, stop=Stop.FINISHED)
    verdict = verdicts_of(TRUE, backend_saying(denial, exact=False), problem=problem)["liar"]
    assert (verdict.wrong, verdict.words.startswith(start)) == (wrong, True)


def test_backends_are_asked_without_the_first_guess():
    """The answer of a backend under audit is its own: it is given no start."""
    starts = []

    def solve(problem, effort, start):
        starts.append(start)
        return Claim(indices=(0, 2), bound=1, stop=Stop.FINISHED)

    ask(replace(TRUE, solve=solve), POOL)
    assert starts == [None]


def test_a_refusal_is_told_and_no_mistake():
    """A backend that cannot take the problem is refused in words."""
    verdict = verdicts_of(replace(TRUE, max_bits=3))["enumeration"]
    assert (verdict.wrong, verdict.words[:9]) == (False, "refused: ")


@pytest.mark.parametrize(("exact", "code"), [(True, 1), (False, 0)])
def test_only_a_wrong_exact_backend_fails_the_audit(slth, monkeypatch, exact, code):
    """The exit code is 1 if an exact backend is wrong, 0 if only a float one is."""
    claim = BOUND_TOO_HIGH if exact else FLOAT_WRONG
    liar = backend_saying(claim, exact=exact)
    monkeypatch.setattr(audit_command, "BACKENDS", (TRUE, liar))
    write_instance("pool.json", Instance(problem=POOL))
    assert slth("audit", "pool.json").code == code


def interrupting(monkeypatch):
    """Make the first backend behave as if Ctrl-C were pressed at once."""

    def solve(problem, effort, start):
        raise KeyboardInterrupt

    backend = replace(TRUE, solve=solve)
    monkeypatch.setattr("slth_opt.backends.BACKENDS", (backend,))
    monkeypatch.setattr("slth_opt.solving.BACKENDS", (backend,))


def test_ctrl_c_keeps_the_best_so_far(slth, monkeypatch):
    """An interrupted solve answers with its best selection and exit code 0."""
    interrupting(monkeypatch)
    write_instance("pool.json", Instance(problem=POOL))
    run = slth("solve", "pool.json", "--json")
    assert (run.code, run.json["stopped_by"], run.json["size"]) == (0, "interrupted", 2)


def test_ctrl_c_before_anything_was_found_is_130(slth, monkeypatch):
    """An interrupted solve that has nothing to show exits with 130."""
    interrupting(monkeypatch)
    hidden = SmallestSubset(weights=(1, 10, 100, 1000), target=1010, tolerance=0)
    write_instance("pool.json", Instance(problem=hidden))
    run = slth("solve", "pool.json", "--json")
    assert (run.code, run.json["indices"]) == (130, None)


@pytest.mark.slow
def test_a_real_ctrl_c_ends_a_real_solve(tmp_path):
    """SIGINT sent to a running enumeration yields an audited answer as JSON."""
    weights = ",".join(str(7919 * i * i % 65_521) for i in range(1, 34))
    command = [
        *(sys.executable, "-m", "slth_opt.cli.main", "solve", "--weights", weights),
        *("--target", "500000", "--size", "16", "--backend", "enumeration", "--json"),
    ]
    solving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    os.kill(solving.pid, signal.SIGINT)
    out, err = solving.communicate(timeout=60)
    assert (solving.returncode, '"stopped_by": "interrupted"' in out, err) == (0, True, "")
