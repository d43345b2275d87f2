"""Studies about theory and solvers: what they find, held to laws and to brute force."""

from __future__ import annotations

from itertools import combinations, pairwise
from math import comb

import pytest

from slth_opt.errors import ClaimRejected
from slth_opt.experiments import generator_of, run_study
from slth_opt.four_lists import windows
from slth_opt.studies import (
    all_targets,
    hardness,
    shared_source,
    solver_times,
    solver_truth,
    study_named,
)
from slth_opt.theory import binary_entropy, candidates_for_all_targets

pytestmark = pytest.mark.slow  # seconds each: `make check` runs them


@pytest.fixture(scope="module")
def coverings():
    """Rows of `all-targets` for five draws of each size."""
    tasks = [{**task, "draws": 5} for task in all_targets.tasks("small")]
    return [
        row for n, task in enumerate(tasks) for row in all_targets.run(task, generator_of(7, n))
    ]


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


@pytest.fixture(scope="module")
def peaks():
    """Rows of `hardness`, small."""
    return run_study(study_named("hardness"), seed=2)


def test_problems_are_hardest_where_one_solution_is_expected(peaks):
    """For both resolutions and sizes, give or take one step of four candidates."""
    for bits in hardness.BITS["small"]:
        for part in hardness.PARTS:
            top = hardness.peak(peaks, "four_lists", bits, part)
            assert abs(top["n"] - hardness.expected_peak(bits, part)) <= 4


def test_work_falls_beyond_the_peak(peaks):
    """Four lists count less than half of the peak's sums there; branching stays where it is."""
    for part in hardness.PARTS:
        top = hardness.peak(peaks, "four_lists", 16, part)["log_nodes"]
        assert hardness.beyond(peaks, "four_lists", 16, part) < top - 1.2
        level = hardness.beyond(peaks, "branching", 16, part)
        assert level > hardness.peak(peaks, "branching", 16, part)["log_nodes"] - 1.8


def test_four_more_bits_make_branching_about_sixteen_times_slower(peaks):
    """Beyond the peak a random subset is right once in about 2^bits."""
    for part in hardness.PARTS:
        more = hardness.beyond(peaks, "branching", 16, part)
        assert 2.5 < more - hardness.beyond(peaks, "branching", 12, part) < 5.5


def test_nodes_repeat():
    """Everything but the seconds."""
    task = {"bits": 12, "part": 2, "n": 16, "draws": 3}
    once, again = (hardness.run(task, generator_of(1, 1)) for _ in range(2))
    assert [{**r, "seconds": 0} for r in once] == [{**r, "seconds": 0} for r in again]


def test_zeros_are_those_of_all_subsets():
    """Pools in which some half meets the target, by brute force."""
    task = {"bits": 6, "part": 2, "n": 8, "draws": 12}
    rows = hardness.run(task, generator_of(5, 0))
    rng, truth = generator_of(5, 0), 0
    for _ in range(12):
        pool = rng.integers(-64, 64, 8, endpoint=True).tolist()
        target = int(rng.integers(-64, 64, endpoint=True))
        truth += any(sum(chosen) == target for chosen in combinations(pool, 4))
    assert 0 < truth < 12
    assert [row["zeros"] for row in rows] == [truth, truth]


def test_windows_are_as_before():
    """The study lists small windows, and nobody else does."""
    before = windows.WINDOW
    hardness.run({"bits": 6, "part": 2, "n": 8, "draws": 1}, generator_of(0, 0))
    assert before == windows.WINDOW


@pytest.fixture(scope="module")
def truths():
    """Rows of `solver-truth` for few draws: eight of sixteen weights up to 0.005."""
    task = {"weights_up_to": 0.005, "n": 16}
    return [
        row
        for draw in range(4)
        for row in solver_truth.run({**task, "draw": draw}, generator_of(0, draw))
    ]


@pytest.mark.slow
def test_defaults_are_wrong_and_audited_answers_right(truths):
    """CBC by PuLP's defaults misses at least one of four optima; as used here none is missed."""
    tools = {row["tool"] for row in truths}
    if solver_truth.DEFAULTS[0] in tools:
        wrong, claims, worst = solver_truth.counts(truths, solver_truth.DEFAULTS[0], 0.005)
        assert (claims, wrong >= 1, worst > 1.5) == (4, True, True)
    for tool in tools - set(solver_truth.DEFAULTS):
        assert solver_truth.counts(truths, tool, 0.005) == (0, 4, 1.0)


@pytest.mark.slow
def test_the_optimum_is_that_of_brute_force(truths):
    """All 12,870 halves of the first draw."""
    problem = solver_truth.drawn(16, 8, 0.005, generator_of(0, 0))
    best = min(abs(sum(chosen) - problem.target) for chosen in combinations(problem.weights, 8))
    assert truths[0]["optimum"] == best


def test_a_claim_below_the_truth_is_counted(monkeypatch):
    """A tool that calls the first subset optimal, one that has none, one that is refused."""
    said = [
        ("one", "optimal", tuple(range(8))),
        ("two", "seconds", None),
        ("three", "rejected", None),
    ]
    monkeypatch.setattr(solver_truth, "answers", lambda problem: iter(said))
    task = {"weights_up_to": 1.0, "n": 16, "draw": 0}
    rows = solver_truth.run(task, generator_of(0, 0))
    problem = solver_truth.drawn(16, 8, 1.0, generator_of(0, 0))
    assert rows[0]["error"] == abs(sum(problem.weights[:8]) - problem.target)
    assert [row["wrong"] for row in rows] == [True, False, False]


def test_a_rejected_claim_is_told(monkeypatch):
    """What the audit refuses is counted, not dropped."""

    def refuse(problem, name, effort):
        raise ClaimRejected("too good")

    monkeypatch.setattr(solver_truth, "solve", refuse)
    problem = solver_truth.drawn(6, 3, 1.0, generator_of(0, 0))
    told = {tool: (claimed, found) for tool, claimed, found in solver_truth.answers(problem)}
    assert told["highs"] == ("rejected: too good", None)


@pytest.fixture(scope="module")
def timings():
    """Rows of `solver-times` for one instance."""
    task = {"n": 14, "k": 7, "draw": 0, "limit": 10.0}
    return solver_times.run(task, generator_of(0, 0))


def test_methods_of_our_own_are_far_ahead(timings):
    """Every solver takes at least twenty times as long as a meeting in the middle."""
    (meeting,) = solver_times.factors(timings, "meeting")
    for row in timings:
        if row["method"] in solver_truth.AUDITED:
            assert row["solved"]
            assert solver_times.factors(timings, row["method"])[0] > 20 * meeting


def test_the_median_of_an_even_number_lies_between_the_middle_two():
    """Two instances, of which the slower method takes 2 and 4 times as long."""
    rows = [
        {"n": 9, "k": 3, "draw": d, "method": m, "solved": True, "seconds": s}
        for d, m, s in ((0, "a", 1.0), (0, "b", 2.0), (1, "a", 1.0), (1, "b", 4.0))
    ]
    assert solver_times.finding(rows).endswith(
        "a 2 of 2, 1 times the fastest; b 2 of 2, 3 times the fastest."
    )


def test_what_lists_most_sums_is_not_called_slow():
    """The finding is about sums, which repeat, and not about seconds."""
    rows = [
        {
            "bits": 12,
            "part": part,
            "n": n,
            "method": m,
            "log_nodes": 30.0 - abs(n - 16),
            "seconds": n,
        }
        for part in hardness.PARTS
        for n in hardness.CANDIDATES
        for m in hardness.METHODS
    ]
    assert "four_lists lists most sums at n = 16 (2^30.0;" in hardness.finding(rows)


def test_what_is_not_solved_has_no_factor(timings):
    """A profile counts it among the instances only."""
    rows = [{**row, "solved": row["method"] != "cbc"} for row in timings]
    assert solver_times.factors(rows, "cbc") == []
    assert min(min(solver_times.factors(rows, m)) for m in ("meeting", "branching")) == 1
