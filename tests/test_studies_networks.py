"""Studies about networks and layouts: what they find, beside published and independent numbers."""

from __future__ import annotations

import json
from fractions import Fraction

import naive
import numpy as np
import pytest

from slth_opt.batch import profiles
from slth_opt.cli.main import main
from slth_opt.errors import ProblemError
from slth_opt.experiments import generator_of
from slth_opt.networks import dense_network, shipped_target, write_network
from slth_opt.studies import pensia_weights, study_about


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
