"""Studies: what they find, that they can be stopped and gone on with, and who may ask them."""

from __future__ import annotations

import json
from itertools import product

import naive
import numpy as np
import pytest

from slth_opt.cli.main import main
from slth_opt.csv_rows import as_csv
from slth_opt.errors import FileError, ProblemError
from slth_opt.experiments import Study, generator_of, run_study
from slth_opt.plots.studies import STUDY_PLOTS
from slth_opt.sources import draw_uniform
from slth_opt.studies import STUDIES, burkholz_statistics, quantised, rfss_threshold, study_named


def dice(tasks=6):
    """Return a study whose rows depend on the task and its generator alone."""
    return Study(
        name="dice",
        source="",
        question="",
        tasks=lambda scale: [{"sides": sides} for sides in range(2, 2 + tasks)],
        run=throw,
        finding=str,
    )


def throw(task, rng):
    """Throw a die three times."""
    return [{"sides": task["sides"], "shown": int(rng.integers(task["sides"]))} for _ in range(3)]


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_every_study_has_a_figure(study):
    """Under its name."""
    assert study.name in STUDY_PLOTS


def test_rows_are_the_same_on_two_workers():
    """A task's generator is made of seed and number, not of who ran before it."""
    assert run_study(dice(), seed=3, workers=2) == run_study(dice(), seed=3)


def test_another_seed_draws_other_rows():
    """The seed reaches the tasks."""
    assert run_study(dice(20), seed=1) != run_study(dice(20), seed=2)


def test_every_task_draws_numbers_of_its_own():
    """Fifty tasks of two seeds, a hundred different numbers: the number of the task counts."""
    drawn = {float(generator_of(seed, task).random()) for seed in (0, 1) for task in range(50)}
    assert len(drawn) == 100


def test_an_interrupted_study_goes_on_where_it_was(tmp_path):
    """Stopped in the fourth task, run again: nothing is done twice, and the rows are the same."""
    place, ran = tmp_path / "dice.tasks", []

    def breaking(task, rng):
        ran.append(task["sides"])
        if len(ran) == 4:
            raise KeyboardInterrupt
        return throw(task, rng)

    study = Study(
        name="dice", source="", question="", finding=str, tasks=dice().tasks, run=breaking
    )
    with pytest.raises(KeyboardInterrupt):
        run_study(study, seed=5, place=place)
    assert run_study(study, seed=5, place=place) == run_study(dice(), seed=5)
    assert ran == [2, 3, 4, 5, 5, 6, 7]


def test_a_line_cut_off_by_a_crash_is_done_again(tmp_path):
    """Half a line at the end of the record counts for nothing."""
    place = tmp_path / "dice.tasks"
    whole = run_study(dice(), seed=5, place=place)
    place.write_text(place.read_text()[:-10])
    assert run_study(dice(), seed=5, place=place) == whole


def test_the_record_of_another_seed_is_refused(tmp_path):
    """Rows of two seeds must not be mixed."""
    place = tmp_path / "dice.tasks"
    run_study(dice(), seed=5, place=place)
    with pytest.raises(FileError, match="is the record of another run: seed 5, not 6;"):
        run_study(dice(), seed=6, place=place)


def test_a_record_that_is_none_is_refused(tmp_path):
    """Instead of being overwritten."""
    place = tmp_path / "dice.tasks"
    place.write_text("not a record\n")
    with pytest.raises(FileError, match="is not the record of a study"):
        run_study(dice(), place=place)


def test_floats_survive_the_table():
    """Written in full, they read back the same."""
    assert as_csv([{"x": 0.1}]).splitlines()[1] == repr(0.1)


def test_unknown_studies_are_answered_with_the_known_ones():
    """By name."""
    with pytest.raises(ProblemError, match="rfss-threshold, burkholz-statistics, quantised"):
        study_named("none")


@pytest.fixture(scope="module")
def thresholds():
    """Return the rows of `rfss-threshold`, small."""
    return run_study(study_named("rfss-threshold"), seed=3)


@pytest.mark.slow
def test_success_at_the_counting_threshold_is_what_it_was(thresholds):
    """All 22 figures of an earlier exact run within four standard errors, at c = 1."""
    found = list(rfss_threshold.beside_earlier(thresholds))
    assert len(found) == 22
    assert [each for each in found if each.deviations > 4] == []
    assert all(0.2 < each.ours < 0.6 for each in found)


@pytest.mark.slow
def test_half_again_as_many_bits_are_nearly_always_enough(thresholds):
    """Half of all draws succeed below c = 1.25 and above 1, nine of ten below 1.6."""
    half, most = (rfss_threshold.constants_for(thresholds, level) for level in (0.5, 0.9))
    assert len(half) == len(most) == 11
    assert 1 < min(half.values()) < max(half.values()) < 1.25
    assert max(most.values()) < 1.6


def test_one_candidate_succeeds_as_its_law_says():
    """For k = 1 all 60 candidates miss a target with probability 0.99^60, but for the ends."""
    task = {"tolerance": 0.01, "k": 1, "n": 60, "draws": 4000}
    row = rfss_threshold.run(task, generator_of(0, 0))[0]
    law = 1 - 0.99**60
    assert abs(row["successes"] / 4000 - law) < 4 * (law * (1 - law) / 4000) ** 0.5


def test_both_ways_to_the_best_subset_agree():
    """Meeting in the middle, and every subset tried."""
    rng = generator_of(2, 0)
    pools, targets = draw_uniform(rng, (50, 9)).astype(float), draw_uniform(rng, (50,))
    for k in (1, 2, 3):
        ours = rfss_threshold.best_errors(pools, targets, k)
        assert ours.tolist() == rfss_threshold.errors_of_all(pools, targets, k).tolist()


def test_successes_are_those_of_all_subsets():
    """Counted by trying every subset of the same draws."""
    task = {"tolerance": 0.05, "k": 2, "n": 6, "draws": 50}
    row = rfss_threshold.run(task, generator_of(4, 1))[0]
    rng = generator_of(4, 1)
    pools = draw_uniform(rng, (50, 6)).astype(float)
    targets = np.floor(rng.uniform(-(2**0.5), 2**0.5, 50) * 2**23) / 2**23
    best = [naive.profile(pool.tolist(), z)[2] for pool, z in zip(pools, targets, strict=True)]
    assert row["successes"] == sum(error < 0.05 for error in best)


def test_published_statistics_are_met():
    """All 18 published figures of 100,000 draws within four standard errors of 10,000 of ours."""
    rows = [
        row
        for number, task in enumerate(burkholz_statistics.tasks("small"))
        if task["n"] == 15 and task["law"] in burkholz_statistics.PUBLISHED
        for row in burkholz_statistics.run(task, generator_of(11, number))
    ]
    found = list(burkholz_statistics.beside_published(rows))
    assert len(found) == 18
    assert [each for each in found if each.deviations > 4] == []


@pytest.fixture(scope="module")
def statistics():
    """Return the rows of `burkholz-statistics`, small."""
    return run_study(study_named("burkholz-statistics"), seed=11)


@pytest.mark.slow
def test_earlier_statistics_are_met(statistics):
    """All 80 figures of an earlier exact run within four standard errors, none left out."""
    found = list(burkholz_statistics.beside_earlier(statistics))
    assert len(found) == 80
    assert [each for each in found if each.deviations > 4] == []
    assert sum(each.deviations <= 2 for each in found) > 70


@pytest.mark.slow
def test_pruning_by_sign_takes_about_twice_the_candidates(statistics):
    """Fifteen pruned by sign serve far fewer than ten unpruned, thirty serve more."""

    def served(law, n):
        found = burkholz_statistics.totals(statistics, law, n)
        return 1 - found["failed"] / found["draws"]

    assert served("split", 15) + 0.2 < served("uniform", 10) < served("split", 30)
    assert served("split", 20) + 0.1 < served("product", 15)


@pytest.mark.parametrize("law", burkholz_statistics.LAWS)
def test_statistics_are_those_of_all_subsets(law):
    """The columns of 200 draws of six candidates, by trying every subset of the same draws."""
    (row,) = burkholz_statistics.run({"law": law, "n": 6, "draws": 200}, generator_of(3, 0))
    rng = generator_of(3, 0)
    pools = draw_uniform(rng, (200, 6)).astype(float)
    others = draw_uniform(rng, (200, 6)).astype(float) if law != "uniform" else 1.0
    pools = (pools.clip(min=0) if law == "split" else pools) * others
    targets = draw_uniform(rng, (200,)).astype(float)
    by_size = [naive.profile(pool.tolist(), z) for pool, z in zip(pools, targets, strict=True)]
    within = [[k for k in range(6) if errors[k] <= 0.01] for errors in by_size]
    assert row["failed"] == sum(not sizes for sizes in within)
    assert row["served_size"] == sum(min(sizes) for sizes in within if sizes)
    nearest = [min(range(6), key=errors.__getitem__) for errors in by_size]
    assert row["total_size"] == sum(
        min(sizes) if sizes else near for sizes, near in zip(within, nearest, strict=True)
    )
    for k in range(1, 7):
        assert row[f"exactly_{k}"] == sum(errors[k] <= 0.01 for errors in by_size)


def test_exact_solutions_appear_at_the_transition():
    """Six candidates above log2 M nearly all targets are met, at it a third, four below few."""
    rows = run_study(study_named("quantised"), seed=2)
    shares = {
        above: [r["successes"] / r["draws"] for r in rows if r["n"] - r["bits"] == above]
        for above in (-4, 0, 6)
    }
    assert max(shares[-4]) < 0.15
    assert 0.2 < sum(shares[0]) / 4 < 0.42
    assert min(shares[6]) > 0.9


def test_solutions_are_counted_as_all_subsets_show():
    """The mean number of exact subsets, by trying all of the same draws."""
    row = quantised.run({"bits": 3, "n": 5, "draws": 20}, generator_of(1, 1))[0]
    rng, total = generator_of(1, 1), 0
    for _ in range(20):
        weights = [int(w) for w in rng.integers(-8, 8, 5, endpoint=True)]
        target = sum(weights) // 2 + int(rng.integers(-4, 4, endpoint=True))
        sums = [
            sum(w for w, x in zip(weights, mask, strict=True) if x)
            for mask in product((0, 1), repeat=5)
        ]
        total += sums.count(target)
    assert row["mean_solutions"] == total / 20


def test_the_command_writes_what_it_says(tmp_path, capsys):
    """Rows, text and figures, and the same rows as JSON."""
    assert main(["study", "quantised", "--out", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    table = (tmp_path / "quantised-small-0.csv").read_text()
    assert table == as_csv(told["rows"])
    assert (tmp_path / "quantised-small-0.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["none"], "there is no study 'none'; there are"),
        (["quantised", "--seed", "-1"], "a seed is an integer >= 0, got -1"),
        (["quantised", "--workers", "0"], "--workers must be at least 1, got 0"),
    ],
)
def test_bad_input_of_the_command(options, message, capsys):
    """One line, exit code 2."""
    assert main(["study", *options]) == 2
    assert message in capsys.readouterr().err
