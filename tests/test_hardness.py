"""The hardness benchmark runs as its first lines say, and its rows are right."""

from __future__ import annotations

import json
import subprocess
import sys
from math import comb, log2
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "hardness.py"


def test_every_pool_of_a_row_is_proven_and_all_sums_are_listed_before_the_peak():
    """Up to 24 weights on the grid of float64 no zero exists: nothing is left out."""
    command = [sys.executable, str(SCRIPT), "--grid", "float64", "--largest", "24", "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    (row,) = json.loads(run.stdout)["rows"]
    assert (row["n"], row["proven"], row["pools"], row["share_zero"]) == (24, 5, 5, 0.0)
    assert row["log2_subsets"] == pytest.approx(log2(comb(24, 12)))
    assert row["log2_most_sums"] == pytest.approx(13, abs=0.01)
    # The best of 2^21.4 sums is about 2^-E units away, within a few powers of two.
    assert abs(log2(row["error"]) + row["log2_expected"]) < 5
