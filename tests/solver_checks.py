"""What every outside solver is held to, whoever it is: problems to try, and Ctrl-C for real."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys

import naive

from slth_opt import SmallestSubset, SubsetSum, VectorSum, solve
from slth_opt.errors import ClaimRejected

INTERRUPTED = """
import json, sys
from slth_opt import solve
from solver_checks import endless
print("ready", flush=True)
result = solve(endless(), sys.argv[1])
again = solve(endless(n=6), sys.argv[1])
print(json.dumps([result.stop.value, result.value, result.lower_bound, again.value]), flush=True)
"""


def endless(n=34):
    """Return a problem no solver here finishes in a minute, if n is 34."""
    rng = random.Random(3)
    weights = tuple(rng.randint(-(2**40), 2**40) for _ in range(n))
    return SubsetSum(weights=weights, target=rng.randint(0, 2**41), fewest=n // 2, most=n // 2)


def draw(rng, bits):
    """Draw a problem of any kind whose sums have about so many bits, and not more."""
    n = rng.randint(1, 9)
    limit = max(1, 2**bits // (n + 2))

    def row():
        weights = [rng.randint(-limit, limit) for _ in range(n)]
        for i in range(n):  # ties, zeros, duplicates and opposites
            other = rng.choice(weights)
            weights[i] = rng.choice([weights[i], weights[i], weights[i], 0, other, -other])
        return tuple(weights)

    def goal(weights):
        planted = sum(w for w in weights if rng.random() < 0.5)
        near = planted + rng.choice([-1, 0, 1]) * rng.randint(0, limit // 8)
        return max(-limit, min(limit, rng.choice([near, rng.randint(-limit, limit)])))

    low, high = sorted((rng.randint(0, n), rng.randint(0, n)))
    low, high = rng.choice([(low, low), (low, high), (0, n)])
    kind = rng.choice(["subset_sum", "smallest_subset", "vector_sum"])
    first = row()
    if kind == "subset_sum":
        return SubsetSum(weights=first, target=goal(first), fewest=low, most=high)
    if kind == "smallest_subset":
        tolerance = rng.choice([0, limit // 100, limit // 3])
        return SmallestSubset(weights=first, target=goal(first), tolerance=tolerance)
    rows = (first, *(row() for _ in range(rng.randint(0, 2))))
    targets = tuple(goal(r) for r in rows)
    norm = rng.choice(["l1", "linf"])
    return VectorSum(rows=rows, targets=targets, norm=norm, fewest=low, most=high)


def drawn(how_many, *bits):
    """Draw problems of every number of bits, the same ones in every run."""
    rng = random.Random(f"solvers {bits}")
    return [draw(rng, b) for b in bits for _ in range(how_many)]


def accepted(backend, problems):
    """Yield (result, truth) of every problem whose claim the audit lets pass."""
    for problem in problems:
        try:
            yield solve(problem, backend), naive.optimum(problem)
        except ClaimRejected:
            continue  # what is rejected is not believed: all that is asked of a float solver


def interrupted(backend, after):
    """Send a real SIGINT to a process that solves; return (stop, value, bound, next value)."""
    child = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, backend],
        stdout=subprocess.PIPE,
        text=True,
        env=_same_imports(),
    )
    assert child.stdout.readline() == "ready\n"
    try:
        child.wait(after)
        raise AssertionError("it finished before it was interrupted")
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=30)
    assert child.returncode == 0
    return json.loads(out)


def _same_imports():
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(p or os.getcwd() for p in sys.path)}
