"""Studies about networks and layouts: what they find, beside published and independent numbers."""

from __future__ import annotations

import json
from fractions import Fraction
from math import log2

import naive
import numpy as np
import pytest

from slth_opt.batch import profiles, smallest_subsets
from slth_opt.cli.main import main
from slth_opt.constructions import natale, parallel
from slth_opt.errors import ProblemError
from slth_opt.experiments import generator_of, run_study
from slth_opt.networks import dense_network, shipped_target, split_digits, write_network
from slth_opt.sources import draw_uniform
from slth_opt.studies import (
    block_sharing,
    heuristic_gap,
    pensia_weights,
    sign_pooling,
    study_about,
    study_named,
)
from slth_opt.studies import density_overparameterization as density

pytestmark = pytest.mark.slow  # seconds each: `make check` runs them


@pytest.fixture(scope="module")
def weights_rows():
    """Return the rows of one source for the shipped target."""
    return pensia_weights.run({"source": 0}, generator_of(0, 0))


def test_few_edges_are_many_times_fewer_than_those_of_least_error(weights_rows):
    """Within 0.01 the least number of edges is below a quarter of what least error takes."""
    least, _ = pensia_weights.edges_each(weights_rows, "any", 0.0)
    few, _ = pensia_weights.edges_each(weights_rows, "within", 0.01)
    assert 4 * few < least


def test_a_shared_budget_has_no_larger_sum_of_errors(weights_rows):
    """With as many edges as a tolerance takes, the sum of errors is at most the same."""
    for tolerance in pensia_weights.TOLERANCES:
        rule, budget = (
            next(r for r in weights_rows if r["asked"] == asked and r["value"] == tolerance)
            for asked in ("within", "budget")
        )
        assert rule["failed"] == 0
        assert budget["edges"] <= rule["edges"]
        assert budget["mean_error"] <= rule["mean_error"]


def test_answers_about_weights_are_those_of_all_subsets():
    """Edges and failures of eight weights, by trying every subset of theirs in exact numbers."""
    rng = generator_of(3, 0)
    pools = rng.integers(-(2**12), 2**12, (8, 7)) / 2**12
    targets = rng.integers(-(2**12), 2**12, 8) / 2**12
    rows = pensia_weights.answers(profiles(pools, targets))
    exact = [
        naive.profile([Fraction(w) for w in pool.tolist()], Fraction(target))
        for pool, target in zip(pools, targets.tolist(), strict=True)
    ]
    nearest = [errors.index(min(errors)) for errors in exact]
    assert rows[0]["edges"] == sum(nearest)
    for row in rows:
        if row["asked"] == "exactly":
            errors = [of_size[int(row["value"])] for of_size in exact]
            assert row["failed"] == sum(error > Fraction(1, 100) for error in errors)
            assert row["largest_error"] == float(max(errors))
        if row["asked"] == "within":
            fewest = [
                next((k for k, error in enumerate(errors) if error <= row["value"]), None)
                for errors in exact
            ]
            assert row["failed"] == fewest.count(None)
            assert row["edges"] == sum(k for k in fewest if k is not None)


def test_what_tickets_get_right_is_what_their_networks_get_right(weights_rows):
    """The test digits, counted by networks cut together here from the same profiles."""
    target, digits = shipped_target("digits"), split_digits()
    (source,) = {row["source"] for row in weights_rows}
    sources = parallel.lay_out(target, 21, generator_of(0, source))
    right = dict.fromkeys((0.1, 0.01))
    for tolerance in right:
        matrices = []
        for layer, drawn in zip(target.layers, sources, strict=True):
            pools, goals = drawn.products(drawn.branches[0]), layer.coefficients.ravel()
            found = smallest_subsets(pools, goals.astype(float), tolerance=tolerance)
            assert (found.sizes >= 0).all()
            matrices.append((pools * found.batch.masks).sum(axis=1).reshape(layer.matrix().shape))
        hidden = np.maximum(digits.test_inputs @ matrices[0].T, 0) @ matrices[1].T
        right[tolerance] = int((hidden.argmax(axis=1) == digits.test_labels).sum())
    assert right == {
        row["value"]: row["right"]
        for row in weights_rows
        if row["asked"] == "within" and row["value"] in right
    }


def test_one_edge_for_each_weight_keeps_the_accuracy(weights_rows):
    """Within 0.02 at most four of 360 digits are lost; within 0.3 at least twenty."""
    lost = {
        row["value"]: row["target_right"] - row["right"]
        for row in weights_rows
        if row["asked"] == "within"
    }
    edges = {row["value"]: row["all_edges"] for row in weights_rows if row["asked"] == "within"}
    assert weights_rows[0]["target_right"] == 355
    assert edges[0.02] < 1.1 * weights_rows[0]["weights"]
    assert lost[0.02] <= 4
    assert lost[0.3] >= 20


def test_networks_without_images_tell_no_accuracy():
    """Nothing is made up."""
    (first, *_) = pensia_weights.run(
        {"source": 0}, generator_of(0, 0), target=dense_network([[[0.5, 0.5, -0.25]]])
    )
    assert (first["images"], first["right"], first["target_right"]) == (0, None, None)


def test_images_may_be_given_with_a_target():
    """The digits seen by hand, for a network that is not shipped."""
    target = dense_network([np.diag([0.5, -0.25])])
    images = (np.array([[1.0, 0.0], [1.0, -1.0], [0.0, -1.0]]), np.array([0, 0, 0]))
    study = study_about("pensia-weights", target, images)
    rows = study.run({"source": 0}, generator_of(0, 0))
    assert {row["target_right"] for row in rows} == {2}
    with pytest.raises(ProblemError, match="the images have 3 pixels and 1 labels"):
        study_about("pensia-weights", target, (np.ones((1, 3)), np.array([0])))


def test_candidates_are_shared_by_the_weights_of_an_output():
    """As the published code draws them: with one output, equal weights get equal subsets."""
    target = dense_network([[[0.5, 0.5, -0.25]]])
    rows = pensia_weights.run({"source": 0}, generator_of(0, 0), target=target)
    one = pensia_weights.run(
        {"source": 0}, generator_of(0, 0), target=dense_network([[[0.5, -0.25]]])
    )
    assert rows[0]["weights"] == 3
    by_row = {(r["asked"], r["value"]): r["largest_error"] for r in rows if r["asked"] != "budget"}
    assert by_row == {
        (r["asked"], r["value"]): r["largest_error"] for r in one if r["asked"] != "budget"
    }


def test_a_study_may_be_about_another_target(tmp_path, capsys):
    """Given to the command as a file; rows, record and figure carry the target's digest."""
    place = tmp_path / "mine.npz"
    network = dense_network([np.array([[0.5, -0.25], [0.125, 0.75]])])
    write_network(place, network)
    options = ["--target", str(place), "--out", str(tmp_path), "--json", "--seed", "1"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pensia_weights, "MOST_SOURCES", 2)
        assert main(["study", "pensia-weights", *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["target"] for row in told["rows"]} == {"2-2"}
    assert (tmp_path / f"pensia-weights-{network.digest[:8]}-small-1.png").exists()


def test_a_study_without_a_target_refuses_one():
    """Naming the ones that take it."""
    with pytest.raises(ProblemError, match="'quantised' takes no target; pensia-weights does"):
        study_about("quantised", shipped_target("digits"))


def test_the_published_numbers_are_named_beside_the_published_target(weights_rows):
    """Only there: for other shapes they would say nothing."""
    found = pensia_weights.finding([{**row, "target": "784-500-10"} for row in weights_rows])
    assert "Published, least error at a gap of 1 %: 9.39" in found
    assert "Published" not in pensia_weights.finding(weights_rows)


EARLIER_SPLIT = {15: (0.563, 1500), 20: (0.789, 1500), 30: (0.946, 500)}
"""Share within 0.01 of one side with n neurons, and of how many draws, from an earlier run."""


@pytest.mark.parametrize("neurons", EARLIER_SPLIT)
def test_one_side_is_served_as_often_as_measured_before(neurons):
    """Within three standard errors of the difference of both runs."""
    task = {"layout": "nonnegative", "neurons": neurons, "draws": 2000}
    share = sign_pooling.run(task, generator_of(0, neurons))[0]["served"] / 2000
    before, draws = EARLIER_SPLIT[neurons]
    assert abs(share - before) < 3 * (before * (1 - before) * (1 / draws + 1 / 2000)) ** 0.5


def test_splitting_signs_takes_many_more_neurons_than_pooling_them():
    """Forty in a pool serve nearly all weights; reserved for signs, fewer than three of four."""
    shares = {}
    for layout in ("split", "pooled"):
        row = sign_pooling.run({"layout": layout, "neurons": 40, "draws": 400}, generator_of(0, 1))[
            0
        ]
        shares[layout] = row["served"] / row["draws"]
    assert shares["pooled"] > 0.95
    assert shares["split"] < 0.75


@pytest.mark.parametrize("layout", ["split", "pooled", "nonnegative", "linear"])
def test_weights_served_are_those_of_all_subsets(layout):
    """The same draws, the products of each side made by hand, every subset tried."""
    row = sign_pooling.run({"layout": layout, "neurons": 12, "draws": 100}, generator_of(2, 0))[0]
    rng = generator_of(2, 0)
    weights = draw_uniform(rng, (100,)).astype(float).tolist()
    first = draw_uniform(rng, (100, 12)).astype(float).tolist()
    second = draw_uniform(rng, (1, 100, 1, 12)).astype(float).reshape(100, 12).tolist()
    served = 0
    for weight, ins, outs in zip(weights, first, second, strict=True):
        products = [(a, a * b) for a, b in zip(ins, outs, strict=True)]
        sides = {
            "split": (
                [p for a, p in products[:6] if a > 0],
                [p for a, p in products[6:] if a < 0],
            ),
            "pooled": ([p for a, p in products if a > 0], [p for a, p in products if a < 0]),
            "nonnegative": ([p for a, p in products if a > 0],),
            "linear": ([p for _, p in products],),
        }[layout]
        served += all(min(naive.profile(side, weight)) <= 0.01 for side in sides)
    assert 0 < served < 100
    assert row["served"] == served


def test_no_heuristic_is_ever_better_than_the_optimum():
    """For every size rule."""
    for size in (2, "half", "any"):
        task = {"n": 12, "size": size, "draws": 100}
        rows = heuristic_gap.run(task, generator_of(0, 0))
        assert [row["better"] for row in rows] == [0] * len(rows)
        assert all(row["median_ratio"] >= 1 for row in rows)


def test_heuristics_fall_behind_a_thousandfold():
    """Half of 24 candidates: the best heuristic's median error is above 1000 optima."""
    rows = heuristic_gap.run({"n": 24, "size": "half", "draws": 60}, generator_of(0, 0))
    assert min(heuristic_gap.ratios(rows, 24, "half").values()) > 1000


def test_medians_are_those_of_all_subsets():
    """The optimum of the same draws by trying every pair, in exact numbers."""
    row = heuristic_gap.run({"n": 8, "size": 2, "draws": 41}, generator_of(5, 0))[0]
    rng, whole = generator_of(5, 0), 2**heuristic_gap.FINE
    pools = rng.integers(-whole, whole, (41, 8), endpoint=True).tolist()
    targets = rng.integers(-whole, whole, 41, endpoint=True).tolist()
    best = sorted(naive.profile(pool, z)[2] for pool, z in zip(pools, targets, strict=True))
    assert row["median_error"] == best[20] / whole


@pytest.mark.parametrize("size", [1, 2, "any"])
def test_a_source_serves_a_network_if_every_subset_says_so(size, monkeypatch):
    """Twelve sources, every weight on both sides, the products of one sign made by hand."""
    monkeypatch.setattr(density, "TOLERANCE", Fraction(28))
    weights = [layer.coefficients for layer in density.small_target().layers]
    answers = []
    for seed in range(12):
        found, _ = density.serves("exact", size, 10, generator_of(seed, 0))
        sources = natale.lay_out(density.small_target(), 10, generator_of(seed, 0))
        errors = []
        for number, (matrix, source) in enumerate(zip(weights, sources, strict=True)):
            allowed = density.TOLERANCE / 4 / (32, 16)[number]
            for (i, j), weight in np.ndenumerate(matrix[..., 0]):
                a, b = source.first[j].astype(float), source.second[i, j, 0].astype(float)
                for side in (a[:10].clip(min=0) * b[:10], a[10:].clip(max=0) * b[10:]):
                    by_size = naive.profile(side.tolist(), float(weight))
                    best = min(by_size) if size == "any" else by_size[size]
                    errors.append(best <= allowed)
        assert found == all(errors)
        answers.append(found)
    assert set(answers) == {True, False}


def test_shared_edges_are_the_fewest_of_every_weight(monkeypatch):
    """A source is good enough if all smallest subsets together keep no more than k on average."""
    monkeypatch.setattr(density, "TOLERANCE", Fraction(28))
    weights = [layer.coefficients for layer in density.small_target().layers]
    answers = []
    for seed in range(20):
        found, _ = density.serves("shared", 1, 10, generator_of(seed, 0))
        sources = natale.lay_out(density.small_target(), 10, generator_of(seed, 0))
        smallest = []
        for number, (matrix, source) in enumerate(zip(weights, sources, strict=True)):
            allowed = density.TOLERANCE / 4 / (32, 16)[number]
            for (i, j), weight in np.ndenumerate(matrix[..., 0]):
                a, b = source.first[j].astype(float), source.second[i, j, 0].astype(float)
                for side in (a[:10].clip(min=0) * b[:10], a[10:].clip(max=0) * b[10:]):
                    by_size = naive.profile(side.tolist(), float(weight))
                    near = [k for k, error in enumerate(by_size) if error <= allowed]
                    smallest.append(near[0] if near else None)
        assert found == (None not in smallest and sum(smallest) <= 96)
        answers.append(found)
    assert set(answers) == {True, False}


def test_sharing_edges_takes_a_smaller_source_than_two_for_each():
    """With two on average, at most three quarters of the candidates of exactly two."""
    n = {
        method: density.run({"method": method, "size": 2, "sources": 4}, generator_of(0, 3))[0]["n"]
        for method in ("exact", "shared")
    }
    assert n["shared"] < 0.75 * n["exact"]


def test_density_is_bought_with_candidates_and_less_than_promised():
    """One candidate takes twenty times the source of six; the theorem's curve is far above both."""
    n = {}
    for size in (1, 6):
        row = density.run({"method": "exact", "size": size, "sources": 2}, generator_of(0, size))[0]
        assert row["theorem_n"] > 4 * row["n"]
        n[size] = row["n"]
    assert n[1] > 20 * n[6]


def test_greedy_takes_many_times_the_source_of_the_optimum():
    """With eight for each weight, more than four times as many candidates."""
    n = {
        method: density.run({"method": method, "size": 8, "sources": 2}, generator_of(0, 0))[0]["n"]
        for method in ("exact", "greedy")
    }
    assert n["greedy"] > 4 * n["exact"]


def test_too_few_draws_never_find_a_ticket():
    """Two hundred subsets for each weight are too few, however many candidates there are."""
    row = density.run({"method": "draws", "size": 8, "sources": 2}, generator_of(0, 0))[0]
    assert row["n"] is None


def test_the_small_target_is_in_the_class_of_the_theorem():
    """No matrix stretches a vector: the norms are at most 1."""
    for layer in density.small_target().layers:
        assert np.linalg.norm(layer.coefficients[..., 0], 2) < 1


@pytest.mark.parametrize("share", [0.0005, 0.01, 0.3])
def test_the_promised_source_is_the_smallest_of_its_density(share):
    """It keeps at least one candidate, meets the theorem's inequality, and one fewer does not."""

    def is_enough(n):
        entropy = -share * log2(share) - (1 - share) * log2(1 - share)
        return share * n >= 1 and n * entropy >= log2(4 * 32 * share * n / 0.25) ** 2

    n = density.promised(share)
    assert is_enough(n)
    assert not is_enough(n - 1)


def test_reserving_neurons_doubles_their_number():
    """Neurons for 95 % of the weights: split by sign, 1.6 to 2.4 times as many as pooled."""
    rows = run_study(study_named("sign-pooling"))
    ratio = sign_pooling.neurons_for(rows, "split", 0.95) / sign_pooling.neurons_for(
        rows, "pooled", 0.95
    )
    assert 1.6 < ratio < 2.4
    assert f"takes {ratio:.1f} times as many as pooling" in sign_pooling.finding(rows)


def test_blocks_are_those_of_all_masks():
    """Twenty blocks of six neurons and two outputs: every mask tried in integers."""
    task = {"hidden": 6, "outputs": 2, "draws": 20}
    rows = block_sharing.run(task, generator_of(1, 0))
    rng, served = generator_of(1, 0), 0
    for row in rows:
        block = block_sharing.drawn(6, 2, rng, "edges")
        edges, neurons = [], []
        for bits in range(2**12):
            kept = [[k for k in range(6) if bits >> (6 * i + k) & 1] for i in range(2)]
            sums = [sum(block.products[i][k] for k in kept[i]) for i in range(2)]
            if all(abs(s - t) * 100 <= 2**46 for s, t in zip(sums, block.targets, strict=True)):
                used = len(set(kept[0]) | set(kept[1]))
                edges.append(len(kept[0]) + len(kept[1]) + used)
                neurons.append(used)
        assert row["served"] == bool(edges)
        assert (row["edges"], row["neurons"]) == (
            min(edges, default=None),
            min(neurons, default=None),
        )
        served += row["served"]
    assert 0 < served < 20


def test_choosing_together_saves_neurons_and_few_edges():
    """A fifth of the neurons of ten outputs at least, less than a tenth of the edges."""
    rows = [
        row
        for number in range(3)
        for row in block_sharing.run(
            {"hidden": 15, "outputs": 10, "draws": 10}, generator_of(5, number)
        )
    ]
    mean = {c: block_sharing.middle(rows, (15, 10), c)[1] for c in block_sharing.COUNTS}
    assert mean["neurons"] < 0.8 * mean["alone_neurons"]
    assert 0.9 * mean["alone_edges"] < mean["edges"] <= mean["alone_edges"]


def test_earlier_blocks_are_like_ours():
    """All 36 figures of six blocks within three and a half deviations of 20 blocks of ours."""
    found = list(block_sharing.beside_earlier(run_study(study_named("block-sharing"), seed=2)))
    assert len(found) == 36
    assert [each for each in found if each.deviations > 3.5] == []


def test_the_gap_is_told_of_the_best_and_the_worst_heuristic():
    """At few and at many candidates, from rows made by hand."""
    rows = [
        {"n": n, "size": size, "method": method, "median_ratio": ratio, "optimal": 3, "draws": 4}
        for n, size in ((8, 4), (24, "half"), (24, 2))
        for method, ratio in (("exact", 1.0), ("greedy", 30.0), ("swaps", 2.0 * n))
    ]
    assert heuristic_gap.finding(rows) == (
        "With 4 of 8 the median error is 16 (swaps) to 30 (greedy) times the optimum. With 12 of "
        "24 the median error is 30 (greedy) to 48 (swaps) times the optimum. With 2 of 24: 30 to "
        "48 times, and the optimum itself in 75% of all draws at best."
    )


def test_what_density_costs_is_told_with_those_who_never_reach_it():
    """From rows made by hand: a heuristic that gets there and one that fails."""
    sizes = {1: 1000, 2: 100, 3: 50, "any": 40}
    rows = [
        {"method": "exact", "size": size, "n": n, "density": 0.5, "theorem_n": 5 * n}
        for size, n in sizes.items()
    ]
    rows += [
        {"method": "greedy", "size": 2, "n": 300, "density": 0.1, "theorem_n": 9},
        {"method": "draws", "size": 2, "n": None, "density": None, "theorem_n": None},
    ]
    found = density.finding(rows)
    assert "lies 5.0 to 5.0 times higher. greedy: 3.0 times the optimum's." in found
    assert found.endswith("draws: never up to 100 with 2.")
    both = [*rows, {"method": "shared", "size": 3, "n": 20, "density": 0.15, "theorem_n": 9}]
    assert "k on average, n is 20 instead of 50 for k = 3." in density.finding(both)
