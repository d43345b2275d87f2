"""Pooled signs: products by the sign of the first weight, one mask, both sides of zero."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from slth_opt import Effort, solve
from slth_opt.backends.points import trees
from slth_opt.errors import GridError, ProblemError
from slth_opt.problems import pooled_signs


def relu(x):
    """Return x where it is positive."""
    return max(x, Fraction(0))


def sources(rng, n):
    """Draw weights on the grid of single precision, some of them zero."""
    return [
        rng.choice([0, 1, 1, 1]) * rng.randrange(-(2**23), 2**23 + 1) * 2.0**-23 for _ in range(n)
    ]


def test_a_hand_made_pool():
    """Products 1/2, -1/4 and 1: the first serves x > 0, the others x < 0."""
    problem = pooled_signs([0.5, -1.0, -0.5], [1.0, 0.25, -2.0], 0.75, size=(1, 3))
    assert problem.grid.real(1) == Fraction(1, 4)
    assert problem.rows == ((2, 0, 0), (0, -1, 4))
    assert (problem.targets, problem.norm) == ((3, 3), "linf")
    assert (problem.fewest, problem.most, problem.rounded) == (1, 3, False)


@pytest.mark.parametrize("seed", range(20))
def test_the_errors_are_those_of_the_network(seed):
    """At x = 1 and x = -1 the neurons themselves are off by what the rows say, in fractions."""
    rng = random.Random(seed)
    first, second, target = sources(rng, 8), sources(rng, 8), Fraction(rng.randrange(-9, 9), 8)
    problem = pooled_signs(first, second, target)
    mask = [rng.randrange(2) for _ in range(8)]
    for x, total in zip((1, -1), problem.sums(mask), strict=True):
        output = sum(
            Fraction(b) * relu(Fraction(a) * x)
            for a, b, kept in zip(first, second, mask, strict=True)
            if kept
        )
        assert output - target * x == x * (problem.grid.real(total) - target)


@pytest.mark.parametrize("norm", ["l1", "linf"])
@pytest.mark.parametrize("size", [None, 4, (2, 5), 0, 9])
def test_the_optimum_is_that_of_brute_force_in_fractions(norm, size):
    """Every subset of nine neurons, products of fractions, against the method for such rows."""
    rng = random.Random(f"{norm} {size}")
    first, second, target = sources(rng, 9), sources(rng, 9), Fraction(3, 8)
    low, high = size if isinstance(size, tuple) else (0, 9) if size is None else (size, size)
    errors = []
    for k in range(low, high + 1):
        for chosen in combinations(range(9), k):
            products = [(first[i] > 0, Fraction(first[i]) * Fraction(second[i])) for i in chosen]
            sides = [
                abs(sum(p for up, p in products if up is side) - target) for side in (True, False)
            ]
            errors.append(sum(sides) if norm == "l1" else max(sides))
    result = solve(pooled_signs(first, second, target, size=size, norm=norm))
    assert (result.backend, result.is_optimal) == ("points", True)
    assert result.real_error == min(errors)


def test_one_pool_for_both_signs_is_never_worse_than_two():
    """Reserving the first half of the neurons for one sign leaves out what it might have used."""
    rng = random.Random(6)
    first, second = sources(rng, 20), sources(rng, 20)
    reserved = [a if (a > 0) is (i < 10) else 0.0 for i, a in enumerate(first)]
    pooled = solve(pooled_signs(first, second, 0.3125)).real_error
    parted = solve(pooled_signs(reserved, second, 0.3125)).real_error
    assert pooled < parted


def test_arrays_and_rounding():
    """Doubles have products of 106 bits: refused exactly, rounded by name, and still optimal."""
    rng = np.random.default_rng(1)
    first, second = rng.uniform(-1, 1, 12), rng.uniform(-1, 1, 12)
    with pytest.raises(GridError, match="use rounding='nearest'"):
        pooled_signs(first, second, 0.5)
    problem = pooled_signs(first, second, 0.5, rounding="nearest", bits=40)
    exact = Fraction(first[3]) * Fraction(second[3]) * 2**40
    assert problem.rounded
    assert problem.rows[0 if first[3] > 0 else 1][3] == round(exact)
    assert solve(problem).value == trees.solve(problem, Effort(), None).bound


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([1.0, 2.0], [1.0], "2 first weights need as many second weights, got 1"),
        ([], [], "the pool is empty"),
        ([1.0, float("nan")], [1.0, 2.0], "first weight 1 must be a finite real number"),
        ([1.0], ["x"], "second weight 0 must be a real number"),
        ([1.0], 5, "second weights must be given as a sequence"),
    ],
)
def test_bad_input_is_named(first, second, message):
    """Which list, which entry, and what is wrong with it."""
    with pytest.raises((ProblemError, GridError), match=message):
        pooled_signs(first, second, 0.5)
