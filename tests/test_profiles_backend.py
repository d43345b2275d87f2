"""The backend `profiles` against brute force over all masks, and every other method on layers."""

from __future__ import annotations

import random
from itertools import product
from unittest.mock import patch

import numpy as np
import pytest

from slth_opt import Effort, LayerBudget, Stop, certify, solve, verify
from slth_opt.backends import BACKENDS, profiles
from slth_opt.errors import BackendError, ClaimRejected
from slth_opt.solving import why_not

NORMS = ("linf", "l1", "squares")
OTHERS = [b for b in BACKENDS if "layer_budget" in b.takes and b.name != "profiles"]


def brute_force(problem):
    """Return the least value of all masks, every number a Python int."""
    n = len(problem.pools[0])
    best = None
    for mask in product((0, 1), repeat=n * len(problem.pools)):
        if sum(mask) > problem.most:
            continue
        errors = [
            abs(sum(w for w, x in zip(pool, mask[p * n :], strict=False) if x) - target)
            for p, (pool, target) in enumerate(zip(problem.pools, problem.targets, strict=True))
        ]
        value = {
            "linf": max(errors),
            "l1": sum(errors),
            "squares": sum(error * error for error in errors),
        }[problem.norm]
        best = value if best is None else min(best, value)
    return best


def layer(rng, norm, most_pools, most_candidates, bits=None):
    """Draw a layer with ties, zeros, duplicates and opposites."""
    count, n = rng.randint(1, most_pools), rng.randint(1, most_candidates)
    limit = 2 ** (rng.choice([2, 4, 12, 40, 55]) if bits is None else bits)
    pools = []
    for _ in range(count):
        pool = [rng.randint(-limit, limit) for _ in range(n)]
        for i in range(n):
            other = rng.choice(pool)
            pool[i] = rng.choice([pool[i], pool[i], 0, other, -other])
        pools.append(tuple(pool))
    targets = tuple(
        rng.choice([0, rng.randint(-limit, limit), sum(pool[::2]) + rng.choice([-1, 0, 1])])
        for pool in pools
    )
    return LayerBudget(
        pools=tuple(pools), targets=targets, norm=norm, most=rng.randint(0, count * n + 1)
    )


def layers(seed, norm, how_many, *sizes, bits=None):
    rng = random.Random(f"{seed} {norm}")
    return [layer(rng, norm, *sizes, bits=bits) for _ in range(how_many)]


@pytest.mark.parametrize("norm", NORMS)
def test_brute_force_over_all_masks_agrees(norm):
    """A hundred and fifty layers a norm, of up to ten weights in all."""
    for problem in layers("brute", norm, 150, 3, 3):
        result = solve(problem, "profiles")
        assert result.value == brute_force(problem), problem
        assert result.is_optimal, problem


@pytest.mark.overflow
@pytest.mark.parametrize("norm", NORMS)
def test_few_layers_agree_with_brute_force_without_an_overflow(norm):
    """A handful, small enough to run uncompiled."""
    for problem in layers("few", norm, 10, 2, 3):
        assert solve(problem, "profiles").value == brute_force(problem), problem


@pytest.mark.overflow
@pytest.mark.parametrize("norm", ["linf", "l1"])
def test_numbers_as_large_as_a_problem_may_hold_are_solved(norm):
    """Weights and target of each pool add up to 2^62 - 1."""
    brim = 2**62 - 1
    problem = LayerBudget(
        pools=((2**60, -(2**60), 5), (2**61, 3, -1)),
        targets=(brim - 2**61 - 5, -(brim - 2**61 - 4)),
        norm=norm,
        most=3,
    )
    assert solve(problem, "profiles").value == brute_force(problem)


@pytest.mark.parametrize("norm", ["linf", "l1"])
@pytest.mark.parametrize("backend", OTHERS, ids=lambda backend: backend.name)
def test_other_methods_find_nothing_better_and_exact_ones_the_same(backend, norm):
    """On the program of the whole layer at once; what a float solver gets wrong is set aside."""
    asked = 0
    for problem in layers("others", norm, 12, 5, 6, bits=10):
        if why_not(backend, problem) is not None:
            continue
        try:
            other = solve(problem, backend)
        except ClaimRejected:
            assert not backend.exact
            continue
        best = solve(problem, "profiles").value
        assert other.value >= best, problem
        assert other.value == best or not backend.exact, problem
        asked += 1
    assert asked >= 8


@pytest.mark.parametrize("norm", NORMS)
def test_looser_budget_never_hurts(norm):
    """The optimum falls with the budget, and stays when there is no more to choose from."""
    (problem,) = layers("looser", norm, 1, 5, 5, bits=20)
    fields = {"pools": problem.pools, "targets": problem.targets, "norm": norm}
    values = [
        solve(LayerBudget(**fields, most=most), "profiles").value
        for most in range(problem.num_candidates + 3)
    ]
    assert values == sorted(values, reverse=True)
    assert len(set(values[-3:])) == 1


def test_it_is_the_first_choice_for_a_layer():
    """Nothing else is as fast, and squares are no program at all."""
    problem = LayerBudget(pools=((3, -5), (2, 7)), targets=(4, 9), norm="squares", most=3)
    result = solve(problem)
    assert (result.backend, result.value, result.is_optimal) == ("profiles", 1, True)


def test_certificate_of_a_layer_is_agreed_by_two_families():
    """With CP-SAT as the other witness, and re-proven without either."""
    problem = LayerBudget(pools=((3, -5), (2, 7)), targets=(4, 9), norm="l1", most=2)
    certificate = certify(problem, backends=["profiles", "cp_sat"])
    assert certificate.evidence.value == "agreed"
    assert verify(problem, certificate).reproven


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (
            LayerBudget(pools=((1,) * 37,), targets=(4,), norm="l1", most=2),
            "pools of up to 36 weights; these have 37",
        ),
        (
            LayerBudget(pools=((1,) * 20,), targets=(2**60,), norm="squares", most=2),
            "take 132 bits; 124 are possible",
        ),
        (
            LayerBudget(pools=((2**60,),), targets=(2**61,), norm="squares", most=2),
            "accepts sums up to 124 bits|take 126 bits",
        ),
    ],
)
def test_what_is_too_large_is_refused_with_a_reason(problem, words):
    """Long pools, and squares that leave no room."""
    with pytest.raises(BackendError, match=words):
        solve(problem, "profiles")


def large():
    return layers("large", "l1", 1, 1, 1)[0], LayerBudget(
        pools=tuple(tuple(range(-9 - p, 11 - p)) for p in range(40)),
        targets=tuple(1000 + p for p in range(40)),
        norm="l1",
        most=100,
    )


def test_out_of_time_it_claims_the_start_and_a_bound_that_holds():
    """No time at all, and time for some pools: the start, and what those pools cannot avoid."""
    _, problem = large()
    best = solve(problem, "profiles")
    at_once = solve(problem, "profiles", Effort(seconds=0))
    assert at_once.stop is Stop.SECONDS
    assert at_once.lower_bound <= best.value <= at_once.value
    ticks = iter(range(10**6))
    with patch("slth_opt.backends.profiles.time.perf_counter", lambda: next(ticks)):
        claim = profiles.solve(problem, Effort(seconds=20.5), best.indices)
    assert (claim.stop, claim.indices) == (Stop.SECONDS, best.indices)
    free = 20 * 1000 - 20 * sum(range(11))
    assert free <= claim.bound <= best.value


def test_interrupted_it_claims_the_start_and_a_bound_that_holds():
    """Ctrl-C in the tenth pool."""
    _, problem = large()
    best = solve(problem, "profiles")
    calls = iter(range(10**6))

    def build(*arrays):
        if next(calls) == 20:
            raise KeyboardInterrupt
        build_half(*arrays)

    from slth_opt.kernels.meeting import build_half

    with patch("slth_opt.kernels.meeting.build_half", build):
        claim = profiles.solve(problem, Effort(), best.indices)
    assert (claim.stop, claim.indices) == (Stop.INTERRUPTED, best.indices)
    assert 0 < claim.bound < best.value


def test_longest_pools_are_solved():
    """Two pools of 36 weights, with a sum of five planted in each."""
    rng = np.random.default_rng(3)
    pools = rng.integers(-(2**40), 2**40, (2, 36))
    targets = pools[:, :5].sum(axis=1)
    problem = LayerBudget(
        pools=tuple(map(tuple, pools.tolist())), targets=tuple(targets.tolist()), norm="l1", most=10
    )
    assert solve(problem, "profiles").value == 0
