"""Facts are stored, opinions derived; limits of no sense are refused; reports are plain JSON."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import Effort, Grid, Result, SmallestSubset, Stop, SubsetSum, VectorSum, solve
from slth_opt.errors import BackendError
from slth_opt.results import Reported

QUARTERS = Grid(exponent=2)
POOL = SubsetSum(weights=(2, -1, 7), target=4, fewest=2, most=2, grid=QUARTERS)


def result(problem=POOL, **changes):
    """Return a result that found the first two weights and proved nothing."""
    facts = {
        "problem": problem,
        "backend": "none",
        "indices": (0, 1),
        "value": 3,
        "lower_bound": 0,
        "infeasible": False,
        "stop": Stop.SECONDS,
        "seconds": 0.25,
        "nodes": 17,
    }
    return Result(**(facts | changes))


NOTHING = {"indices": None, "value": None}


@pytest.mark.parametrize(
    ("facts", "optimal", "gap"),
    [
        ({"lower_bound": 3}, True, 0),
        ({"lower_bound": 2}, False, 1),
        ({"lower_bound": 2, "stop": Stop.FINISHED}, False, 1),
        ({"lower_bound": 3, "stop": Stop.INTERRUPTED}, True, 0),
        (NOTHING, False, None),
        (NOTHING | {"lower_bound": 4, "infeasible": True, "stop": Stop.FINISHED}, False, None),
    ],
)
def test_a_proof_is_a_bound_that_meets_the_value_and_nothing_else(facts, optimal, gap):
    """Having finished is no proof; having been interrupted refutes none."""
    assert (result(**facts).is_optimal, result(**facts).gap) == (optimal, gap)


@pytest.mark.parametrize("field", ["lower_bound", "infeasible", "stop", "value", "indices"])
def test_no_fact_of_a_result_has_a_default(field):
    """Whoever forgets one gets an error and not a proof."""
    facts = {name: getattr(result(), name) for name in Result.__slots__ if name != field}
    with pytest.raises(TypeError, match=f"missing 1 required keyword-only argument: '{field}'"):
        Result(**facts)


def test_derived_numbers_by_hand():
    """Weights 2/4 and -1/4 sum to 1/4, which is 3/4 away from 4/4."""
    found = result()
    assert (found.mask, found.size, found.error) == ((1, 1, 0), 2, 3)
    assert found.real_error == Fraction(3, 4)
    assert found.bracket == (Fraction(3, 4), Fraction(3, 4))


def test_without_a_selection_nothing_is_derived():
    """No mask, no size, no error, no bracket."""
    empty = result(**NOTHING)
    derived = (empty.mask, empty.size, empty.error, empty.real_error, empty.bracket, empty.gap)
    assert derived == (None,) * 6


def test_the_empty_selection_is_a_selection():
    """Nothing chosen is not the same as nothing known."""
    found = result(SubsetSum(weights=(5,), target=2, fewest=0, most=1), indices=(), value=2)
    assert (found.size, found.error, found.mask) == (0, 2, (0,))


def test_the_error_of_a_smallest_subset_is_not_its_value():
    """The value counts weights; the error is still the distance from the target."""
    problem = SmallestSubset(weights=(2, -1, 7), target=4, tolerance=3, grid=QUARTERS)
    found = result(problem, value=2)
    assert (found.error, found.real_error) == (3, Fraction(3, 4))
    shown = found.summary()
    assert (shown["objective"], shown["lower_bound_exact"]) == ("items", "0")


def test_the_summary_by_hand():
    """Every number as a float and as an exact string; what was reported, in quarters, as well."""
    shown = result(lower_bound=1, reported=Reported(status="optimal", objective=0.7)).summary()
    assert shown == {
        "problem": "subset_sum",
        "backend": "none",
        "indices": [0, 1],
        "size": 2,
        "sum": 0.25,
        "sum_exact": "1/2^2",
        "error": 0.75,
        "error_exact": "3/2^2",
        "objective": "error",
        "value": 0.75,
        "value_exact": "3/2^2",
        "lower_bound": 0.25,
        "lower_bound_exact": "1/2^2",
        "optimal": False,
        "infeasible": False,
        "stopped_by": "seconds",
        "seconds": 0.25,
        "nodes": 17,
        "rounded": False,
        "true_error_low": 0.75,
        "true_error_high": 0.75,
        "reported": {"status": "optimal", "objective": 0.175, "bound": None},
    }


def test_the_sums_of_several_rows_are_a_list():
    """One sum per row, in the order of the rows."""
    rows = VectorSum(
        rows=((2, -1), (0, 3)), targets=(0, 0), norm="l1", fewest=2, most=2, grid=QUARTERS
    )
    shown = result(rows, value=4).summary()
    assert (shown["sum"], shown["sum_exact"]) == ([0.25, 0.75], ["1/2^2", "3/2^2"])


@given(strategies.problems(), st.integers(-960, 1100))
def test_every_summary_is_strict_json_that_reads_back(problem, exponent):
    """No NaN, no overflow, on the coarsest grid and on the finest."""
    from dataclasses import replace

    problem = replace(problem, grid=Grid(exponent=exponent))
    found = solve(problem, "enumeration")
    shown = json.loads(json.dumps(found.summary(), allow_nan=False))
    assert shown["infeasible"] is (naive.optimum(problem) is None)
    if found.error is not None:
        numerator, _, power = shown["error_exact"].partition("/2^")
        assert Fraction(int(numerator), 2 ** int(power or 0)) == found.real_error


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_json_cannot_hold_is_shown_as_nothing(number):
    """Solvers report an infinite bound when they know none."""
    report = Reported(status="unknown", objective=number, bound=number)
    assert result(reported=report).summary()["reported"] == {
        "status": "unknown",
        "objective": None,
        "bound": None,
    }


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"seconds": -1}, "seconds must be a finite number >= 0, got -1"),
        ({"seconds": math.nan}, "seconds must be a finite number >= 0, got nan"),
        ({"seconds": math.inf}, "seconds must be a finite number >= 0, got inf"),
        ({"seconds": "5"}, "seconds must be a finite number >= 0, got '5'"),
        ({"seconds": True}, "seconds must be a finite number >= 0, got True"),
        ({"nodes": -1}, "nodes must be an integer >= 0, got -1"),
        ({"nodes": 1.5}, "nodes must be an integer >= 0, got 1.5"),
        ({"nodes": True}, "nodes must be an integer >= 0, got True"),
        ({"workers": 0}, "workers must be an integer >= 1, got 0"),
        ({"seed": "x"}, "seed must be an integer >= 0, got 'x'"),
    ],
)
def test_limits_of_no_sense_are_refused(limits, message):
    """Each limit says what it may be."""
    with pytest.raises(BackendError, match=message):
        Effort(**limits)


@pytest.mark.parametrize(
    ("effort", "asked"),
    [
        (Effort(), ()),
        (Effort(seconds=0), ("seconds",)),
        (Effort(seconds=np.float64(1.5), nodes=0), ("seconds", "nodes")),
        (Effort(workers=1, seed=0), ("workers", "seed")),
    ],
)
def test_a_limit_of_zero_is_still_a_limit(effort, asked):
    """None alone means unlimited."""
    assert effort.asked() == asked
