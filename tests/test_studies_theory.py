"""Studies about theory and solvers: what they find, held to laws and to brute force."""

from __future__ import annotations

from itertools import combinations, pairwise
from math import comb

import pytest

from slth_opt.experiments import generator_of, run_study
from slth_opt.studies import all_targets, shared_source, study_named
from slth_opt.theory import binary_entropy, candidates_for_all_targets


@pytest.fixture(scope="module")
def coverings():
    """Rows of `all-targets`, small."""
    return run_study(study_named("all-targets"), seed=7)


@pytest.mark.parametrize("interval", all_targets.INTERVALS)
def test_all_targets_take_the_logarithm_once(coverings, interval):
    """The power of log2(k/eps) stays below 1 for every size, with a margin, far from 2."""
    assert max(all_targets.powers(coverings, interval).values()) < 1.1


def test_the_squared_law_is_generous(coverings):
    """Half of all pools serve everything with less than a tenth of what it asks for."""
    found = all_targets.needs(coverings, "sqrt(k)")
    for (k, exponent), n in found.items():
        if (k, exponent) in {(4, 6), (4, 8), (8, 8), (8, 10)}:
            assert 10 * n < candidates_for_all_targets(k, 2.0**-exponent, constant=1)


@pytest.mark.parametrize("interval", all_targets.INTERVALS)
def test_no_pool_serves_all_targets_with_too_few_sums(coverings, interval):
    """Each sum serves 2 eps of an interval of length 2 at least."""
    for row in coverings:
        if row["targets_up_to"] == interval:
            assert comb(row["n"], row["k"]) >= 2 ** row["exponent"]


def distance(pool, k, low, high):
    """Return the distance of the worst real target from the k-subset sums, by brute force."""
    sums = {sum(chosen) for chosen in combinations(pool, k)}
    ordered = sorted(sums)
    places = [low, high, *((a + b) / 2 for a, b in pairwise(ordered))]
    return max(min(abs(s - z) for s in sums) for z in places if low <= z <= high)


def test_candidates_needed_are_those_of_brute_force():
    """The first n at which the worst target is near enough, one fewer is not."""
    pool = [-700, 300, 999, -150, 620, -410, 40, -990, 510, -60]
    n = all_targets.candidates_needed(list(pool), generator_of(0, 0), 2, 1000, 150, 2)
    assert distance(pool[:n], 2, -1000, 1000) <= 150 < distance(pool[: n - 1], 2, -1000, 1000)


def test_a_law_of_known_power_is_found():
    """For k = 1, candidates with n H2(1/n) just above 0.6 log2(1/eps)^1.5."""
    rows = []
    for exponent in (4, 8, 9):
        n = next(n for n in range(2, 10**9) if n * binary_entropy(1 / n) >= 0.6 * exponent**1.5)
        rows.append({"k": 1, "targets_up_to": "1", "exponent": exponent, "n": n})
    assert abs(all_targets.powers(rows, "1")[1] - 1.5) < 0.03


@pytest.fixture(scope="module")
def sharings():
    """Rows of `shared-source`, small."""
    return run_study(study_named("shared-source"), seed=3)


def test_sharing_costs_fewer_candidates_per_doubling(sharings):
    """Targets of one pool fail together, so more of them cost less than on separate pools."""
    shared = shared_source.growth(sharings, "shared", 0.01)
    assert 0.3 < shared < 0.8 * shared_source.growth(sharings, "separate", 0.01)


def test_one_pool_for_64_targets_is_at_most_five_candidates_larger(sharings):
    """In half of all draws."""
    found = shared_source.needed(sharings, "shared", 0.5)
    assert 2 <= found[0.01, 64] - found[0.01, 1] <= 5


def test_more_targets_use_more_of_the_pool(sharings):
    """Two thirds at least for four targets, nearly all for 64."""
    for m, least in ((4, 0.66), (64, 0.97)):
        here = [row for row in sharings if row["targets"] == m]
        assert sum(row["used"] for row in here) > least * sum(row["shared"] for row in here)


def test_first_sizes_are_those_of_all_subsets():
    """Every prefix of every pool, with all its subsets tried in integers."""
    import numpy as np

    rng = generator_of(0, 8)
    pools, targets = rng.integers(-99, 100, (6, 3, 9)), rng.integers(-50, 51, (6, 3))
    ours = shared_source.first_sizes(pools / 128, targets / 128, 4 / 128)
    for place in np.ndindex(6, 3):
        pool, target = pools[place].tolist(), int(targets[place])
        sums, truth = {0}, 9
        for n, weight in enumerate(pool, start=1):
            sums |= {s + weight for s in sums}
            if min(abs(s - target) for s in sums) <= 4:
                truth = n
                break
        assert ours[place] == truth
