"""Two thousand random problems, one truth: every exact backend finds it, no other contradicts it.

A backend is covered from the moment it is in the table. Our own see every problem; solvers
see every fifteenth in the fast tests and all of them in the slow ones.
"""

from __future__ import annotations

import random
from functools import cache
from math import log2

import naive
import numpy as np
import pytest

from slth_opt import SmallestSubset, SubsetSum, VectorSum, solve
from slth_opt.backends import BACKENDS
from slth_opt.errors import GridError
from slth_opt.families import FAMILIES
from slth_opt.problems import POOL_KINDS
from slth_opt.solving import why_not

HOW_MANY = 2000
"""Problems in all, as many of each kind."""

SCALES = (1.0, 0.05, 0.005)
"""Magnitudes of weights: of a test, and of networks at initialisation and after training."""

KINDS = POOL_KINDS

EXACT = [b for b in BACKENDS if b.exact]
REPORTED = [b for b in BACKENDS if not b.exact]


def real(rng, scale, single):
    """Draw a weight: on the grid of single-precision sources, or any double."""
    if single:
        return float(np.float32(rng.randrange(-(2**23), 2**23 + 1) * 2.0**-23)) * scale
    return rng.uniform(-scale, scale)


def unit(scale):
    """Return the power of two next to a scale, which keeps numbers on their grid."""
    return 2.0 ** round(log2(scale))


def pool(rng, n, scale):
    """Draw weights with ties, zeros, duplicates and opposites now and then."""
    single = rng.random() < 0.5
    weights = [real(rng, unit(scale) if single else scale, single) for _ in range(n)]
    if rng.random() < 0.4:
        for i in range(n):
            other = rng.choice(weights)
            weights[i] = rng.choice([weights[i], weights[i], 0.0, other, -other])
    return weights


def goal(rng, weights, scale):
    """Draw a target: a subset's sum, just beside one, anywhere on the grid, or out of reach."""
    planted = sum(w for w in weights if rng.random() < 0.5)
    if rng.random() < 0.1:
        return 99 * (max(map(abs, weights)) or 1.0)
    anywhere = sum(rng.choice([-1, 0, 0, 1, 2]) * w for w in weights)
    return rng.choice([planted, planted + unit(scale) * 2**-20, anywhere])


def size_rule(rng, n):
    """Draw exactly k, between two sizes, at most k, or any size."""
    low, high = sorted((rng.randint(0, n), rng.randint(0, n)))
    return rng.choice([low, (low, high), (0, high), None])


def placed(rng, build, *numbers, **rules):
    """Place reals exactly where they fit; round where they do not, or now and then."""
    if rng.random() < 0.15:
        rules |= {"rounding": "nearest", "bits": rng.randrange(20, 46)}
    try:
        return build(*numbers, **rules)
    except GridError:
        return build(*numbers, **rules, rounding="nearest")


def draw(rng, kind, scale):
    """Draw a problem of a kind."""
    n = rng.randint(1, 10) if rng.random() < 0.9 else rng.randint(11, 16)
    weights = pool(rng, n, scale)
    if kind == "subset_sum":
        target = goal(rng, weights, scale)
        return placed(rng, SubsetSum.from_reals, weights, target, size=size_rule(rng, n))
    if kind == "smallest_subset":
        tolerance = rng.choice([0.0, 0.001, 0.05, 0.5]) * scale
        return placed(
            rng, SmallestSubset.from_reals, weights, goal(rng, weights, scale), tolerance=tolerance
        )
    rows = [weights, *(pool(rng, n, scale) for _ in range(rng.randint(0, 3)))]
    targets = [goal(rng, row, scale) for row in rows]
    rules = {"norm": rng.choice(["l1", "linf"]), "size": size_rule(rng, n)}
    return placed(rng, VectorSum.from_reals, rows, targets, **rules)


@cache
def cases(kind):
    """Return the problems of a kind with their optima: the same ones in every run."""
    rng = random.Random(f"{kind} 20")
    drawn = [draw(rng, kind, SCALES[i % 3]) for i in range(-(-HOW_MANY // len(KINDS)))]
    return [(problem, naive.optimum(problem)) for problem in drawn]


def taken(backend, kind, every):
    """Return every 1st, 2nd, ... case of a kind that a backend takes; some it must take."""
    found = [(p, best) for p, best in cases(kind) if why_not(backend, p) is None][::every]
    assert len(found) >= 5
    return found


def pairs(backends):
    """List each backend with each kind it takes."""
    return [
        pytest.param(backend, kind, id=f"{backend.name}-{kind}")
        for backend in backends
        for kind in backend.takes
        if kind in KINDS
    ]


def every(backend):
    """Say how many problems a backend may leave out in the fast tests."""
    return 1 if FAMILIES[backend.name].software == "slth-opt" else 15


def check_exact(backend, kind, step):
    """Hold an exact backend to the truth."""
    for problem, best in taken(backend, kind, step):
        result = solve(problem, backend)
        assert result.value == best, problem
        assert result.is_optimal is (best is not None), problem
        assert result.infeasible is (best is None), problem


def check_reported(backend, kind, step):
    """Hold a float backend to what it may say: audited values, and bounds that hold."""
    for problem, best in taken(backend, kind, step):
        result = solve(problem, backend)
        if best is None:
            assert result.value is None, problem
            assert result.lower_bound <= problem.num_candidates + 1, problem
        else:
            assert result.lower_bound <= best, problem
            assert result.value is None or result.value >= best, problem
            assert not result.is_optimal or result.value == best, problem
            assert not result.infeasible, problem


@pytest.mark.parametrize(("backend", "kind"), pairs(EXACT))
def test_every_exact_backend_finds_the_optimum(backend, kind):
    """Ours on all problems, solvers on a share of them."""
    check_exact(backend, kind, every(backend))


@pytest.mark.parametrize(("backend", "kind"), pairs(REPORTED))
def test_no_float_backend_gets_a_wrong_bound_accepted(backend, kind):
    """A share of the problems: selections are audited, bounds are not taken from it."""
    check_reported(backend, kind, every(backend))


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "kind"), pairs(b for b in EXACT if every(b) > 1))
def test_every_exact_solver_finds_the_optimum_of_all(backend, kind):
    """All two thousand."""
    check_exact(backend, kind, 1)


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "kind"), pairs(REPORTED))
def test_no_float_solver_gets_a_wrong_bound_accepted_in_all(backend, kind):
    """All two thousand."""
    check_reported(backend, kind, 1)


def test_the_two_thousand_problems_are_as_various_as_they_should_be():
    """Every scale, size rule, norm and number of rows; ties, zeros, negatives; some impossible."""
    problems = [problem for kind in KINDS for problem, _ in cases(kind)]
    ranges = [(p.fewest, p.most, p.num_candidates) for p in problems if p.kind != "smallest_subset"]
    assert len(problems) >= HOW_MANY
    assert {p.num_candidates for p in problems} == set(range(1, 17))
    assert sum(low == high for low, high, _ in ranges) > 300
    assert sum((low, high) == (0, n) for low, high, n in ranges) > 200
    assert sum(0 == low < high < n for low, high, n in ranges) > 100
    assert sum(0 < low < high for low, high, _ in ranges) > 100
    assert {(p.norm, len(p.rows)) for p in problems if p.kind == "vector_sum"} == {
        (norm, d) for norm in ("l1", "linf") for d in (1, 2, 3, 4)
    }
    assert sum(0 in p.rows[0] for p in problems) > 300
    assert sum(len(set(p.rows[0])) < p.num_candidates for p in problems) > 300
    assert sum(min(p.rows[0]) < 0 < max(p.rows[0]) for p in problems) > 1000
    assert sum(p.rounded for p in problems) > 100
    assert sum(best is None for _, best in cases("smallest_subset")) > 100
    exponents = {p.grid.exponent for p in problems}
    assert min(exponents) <= 23
    assert max(exponents) > 60


# The corners.


def subset_sums(weights, target):
    """Yield the problem at every size, and at any size."""
    n = len(weights)
    for low, high in [*((k, k) for k in range(n + 1)), (0, n)]:
        yield SubsetSum(weights=weights, target=target, fewest=low, most=high)


CORNERS = {
    "one weight": [*subset_sums((7,), 3), *subset_sums((-7,), 3), *subset_sums((0,), 0)],
    "two weights": [*subset_sums((7, -3), 4), *subset_sums((5, 5), 5)],
    "all equal": [*subset_sums((6,) * 7, 20), *subset_sums((-6,) * 6, -36)],
    "all zero": [*subset_sums((0,) * 6, 5), *subset_sums((0,) * 5, 0)],
    "target far above": list(subset_sums((1, 5, -9, 14, 3), 10**6)),
    "target far below": list(subset_sums((1, 5, -9, 14, 3), -(10**6))),
    "all negative": list(subset_sums((-1, -5, -9, -14, -3), -17)),
    "smallest": [
        SmallestSubset(weights=weights, target=target, tolerance=tolerance)
        for weights in [(7,), (7, -3), (6,) * 5, (0,) * 4, (1, 5, -9, 14, 3)]
        for target in (0, 4, 12, 1000)
        for tolerance in (0, 2, 10**6)
    ],
    "one to four rows": [
        VectorSum(
            rows=((3, -5, 8, 1), (0, 0, 0, 0), (9, 9, 9, 9), (-2, 4, -8, 16))[:d],
            targets=(4, 0, 20, 5)[:d],
            norm=norm,
            fewest=low,
            most=high,
        )
        for d in (1, 2, 3, 4)
        for norm in ("l1", "linf")
        for low, high in [(0, 0), (1, 1), (2, 3), (4, 4), (0, 4)]
    ],
    "one column": [
        VectorSum(rows=((3,), (-4,)), targets=(1, 1), norm=norm, fewest=low, most=1)
        for norm in ("l1", "linf")
        for low in (0, 1)
    ],
}


@pytest.mark.overflow
@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("backend", [b for b in EXACT if every(b) == 1], ids=lambda b: b.name)
def test_corners(backend, corner):
    """The smallest pools, the emptiest sizes, ties everywhere, targets out of reach."""
    problems = [p for p in CORNERS[corner] if p.kind in backend.takes]
    assert [solve(p, backend).value for p in problems] == [naive.optimum(p) for p in problems]


@pytest.mark.parametrize("backend", [b for b in EXACT if every(b) > 1], ids=lambda b: b.name)
def test_corners_of_solvers(backend):
    """The same for exact solvers, whose models degenerate there: no rows, fixed variables."""
    problems = [p for corner in CORNERS.values() for p in corner[:12] if p.kind in backend.takes]
    assert [solve(p, backend).value for p in problems] == [naive.optimum(p) for p in problems]


OF_ONE_ROW = [b for b in EXACT if every(b) == 1 and SubsetSum.kind in b.takes]

FULL = 2**62 - 1
BRIM = {
    "all positive": ((FULL // 8,) * 4, FULL - 4 * (FULL // 8)),
    "all negative": ((-(FULL // 8),) * 4, -(FULL - 4 * (FULL // 8))),
    "one huge weight": ((FULL - 6, 1, -2, 3), 0),
    "one huge negative weight": ((-(FULL - 6), 1, -2, 3), 0),
    "a huge target": ((1, -2, 3), FULL - 6),
    "a huge negative target": ((1, -2, 3), -(FULL - 6)),
    "opposites": ((2**60, -(2**60), 2**60 - 1, -(2**60 - 1)), 1),
    "towards each other": ((-(2**61) + 9, -1, -2, -3), 2**61 + 2),
}


@pytest.mark.overflow
@pytest.mark.parametrize("brim", BRIM)
@pytest.mark.parametrize("backend", OF_ONE_ROW, ids=lambda b: b.name)
def test_at_the_very_limit_of_the_capacity(backend, brim):
    """Absolute values that add up to 2^62 - 1 exactly, at every size."""
    weights, target = BRIM[brim]
    assert sum(map(abs, weights)) + abs(target) == FULL
    problems = list(subset_sums(weights, target))
    assert [solve(p, backend).value for p in problems] == [naive.optimum(p) for p in problems]
