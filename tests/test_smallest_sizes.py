"""The statistics beside published ones: conventions by hand, and the table of the documentation."""

from __future__ import annotations

from pathlib import Path

import naive
import numpy as np
import pytest

from benchmarks import smallest_sizes

DOCS = Path(__file__).parent.parent / "docs" / "batch.md"


@pytest.mark.parametrize("law", smallest_sizes.LAWS)
def test_draws_are_uniform_and_on_the_grid(law):
    """Multiples of 2^-23 and their products, in [-1, 1], with the moments of the law."""
    pools, targets = smallest_sizes.draw(law, 4000, np.random.default_rng(1))
    bits = 46 if law == "product" else 23
    assert np.array_equal(np.rint(pools * 2.0**bits), pools * 2.0**bits)
    assert np.array_equal(np.rint(targets * 2.0**23), targets * 2.0**23)
    assert max(np.abs(pools).max(), np.abs(targets).max()) <= 1
    variance = 1 / 9 if law == "product" else 1 / 3
    assert pools.var() == pytest.approx(variance, rel=0.03)
    assert targets.var() == pytest.approx(1 / 3, rel=0.05)
    assert abs(pools.mean()) < 0.01


@pytest.mark.parametrize("law", smallest_sizes.LAWS)
def test_sizes_are_counted_as_itertools_counts_them(law, monkeypatch):
    """Pools of seven, where many draws fail: both conventions, draw by draw."""
    monkeypatch.setattr(smallest_sizes, "WEIGHTS", 7)
    monkeypatch.setattr(smallest_sizes, "LARGEST_TRIED", 6)
    found = smallest_sizes.measure(law, 60, seed=3)
    rng = np.random.default_rng([3, list(smallest_sizes.LAWS).index(law)])
    pools, targets = smallest_sizes.draw(law, 60, rng)
    successes, published = np.zeros(8, int), np.zeros(8, int)
    for pool, target in zip(pools, targets, strict=True):
        units = [int(w * 2**46) for w in pool]
        errors = naive.profile(units, int(target * 2**46))
        size = next((k for k, e in enumerate(errors) if e <= 0.01 * 2**46), None)
        if size is None:
            published[min(range(7), key=errors.__getitem__)] += 1
        else:
            successes[size] += 1
            published[size] += 1
    assert found["failed"] == 60 - successes.sum() > 0
    assert found["sizes_of_successes"] == successes.tolist()
    assert found["sizes_as_published"] == published.tolist()


def test_wilson_intervals_are_those_of_the_textbook():
    """None and half of ten, to four digits."""
    assert smallest_sizes.wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=5e-5)
    assert smallest_sizes.wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=5e-5)


def test_shares_are_compared_as_two_samples():
    """1.00 % and 1.10 % of 100,000 differ by 2.19 standard errors; rounding is forgiven."""
    assert smallest_sizes.deviations(1000, 100_000, 1.1, 0.0) == pytest.approx(2.194, abs=1e-3)
    assert smallest_sizes.deviations(1000, 100_000, 1.1, 0.11) == 0
    assert smallest_sizes.deviations(1000, 100_000, 1.1, 0.05) == pytest.approx(1.097, abs=1e-3)


@pytest.fixture(scope="module")
def measured():
    """Draw and solve as many as were published."""
    draws, seed = smallest_sizes.DRAWS, smallest_sizes.SEED
    return {law: smallest_sizes.measure(law, draws, seed) for law in smallest_sizes.LAWS}


@pytest.mark.slow
@pytest.mark.parametrize("law", smallest_sizes.LAWS)
def test_failures_agree_with_the_published_share(measured, law):
    """Two samples of 100,000: their difference is within two standard errors."""
    (row,) = [r for r in smallest_sizes.compare(measured[law]) if r["figure"] == "failed"]
    assert row["low"] <= row["published"] <= row["high"]
    assert row["deviations"] < 2


@pytest.mark.slow
@pytest.mark.parametrize("law", smallest_sizes.LAWS)
def test_no_figure_is_far_from_the_published_one(measured, law):
    """Eighteen figures in all: one of them beyond three standard errors would be a surprise."""
    rows = smallest_sizes.compare(measured[law])
    assert len(rows) == 9
    assert [row for row in rows if row["deviations"] > 3] == []


@pytest.mark.slow
@pytest.mark.parametrize("law", smallest_sizes.LAWS)
def test_one_target_in_a_hundred_needs_no_weight(measured, law):
    """A target is within 0.01 of zero with a chance of 1 %, whatever the pool."""
    none = measured[law]["sizes_of_successes"][0]
    low, high = smallest_sizes.wilson(none, smallest_sizes.DRAWS)
    assert low <= 0.01 <= high


@pytest.mark.slow
def test_the_table_of_the_documentation_is_this_one(measured):
    """What docs/batch.md shows is what the command makes, digit for digit."""
    rows = [row for found in measured.values() for row in smallest_sizes.compare(found)]
    assert smallest_sizes.markdown(rows) in DOCS.read_text(encoding="utf-8")
