"""Layers cut short: the answer is legal, and the bracket holds the true optimum."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slth_opt import partial_profiles, profiles, share_budget
from slth_opt.cli.main import main
from slth_opt.partial_profiles import profiles_within, share_partly
from slth_opt.results import Stop


def layer(rows, n, seed, limit=50):
    """Draw pools and targets."""
    rng = random.Random(seed)
    pools = [[rng.randint(-limit, limit) for _ in range(n)] for _ in range(rows)]
    return np.array(pools), np.array([rng.randint(-limit, limit) for _ in range(rows)])


@given(st.integers(0, 10**6), st.integers(0, 6), st.sampled_from(["linf", "l1", "squares"]))
@settings(max_examples=60, deadline=None)
def test_the_bracket_of_some_rows_holds_the_optimum_of_all(seed, count, norm):
    """Whichever rows were reached: bound, optimum, value, in this order."""
    pools, targets = layer(6, 4, seed)
    whole = profiles(pools, targets)
    cut = profiles_within(pools, targets, seconds=0)
    cut.profiles.error_units[:count] = whole.error_units[:count]
    cut.profiles.bits[:count] = whole.bits[:count]
    cut.reached[:count] = True
    budget = seed % 12
    best = share_budget(whole, budget, norm=norm).value
    part = share_partly(cut, budget, norm=norm)
    assert part.lower_bound <= best <= part.value
    assert int(part.masks().sum()) <= budget


def test_with_time_enough_it_is_the_whole_profile():
    """Nothing is left open, nothing differs."""
    pools, targets = layer(40, 6, 1)
    found = profiles_within(pools, targets)
    whole = profiles(pools, targets)
    assert (found.is_whole, found.stop) == (True, Stop.FINISHED)
    assert (found.profiles.error_units == whole.error_units).all()
    assert (found.profiles.bits == whole.bits).all()


def test_ctrl_c_keeps_the_rows_there_are(monkeypatch):
    """Interrupted in the second block, the first one stays."""
    monkeypatch.setattr(partial_profiles, "BLOCK", 10)
    real, calls = partial_profiles.profiles, []

    def interrupted(*arguments, **rules):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments, **rules)

    monkeypatch.setattr(partial_profiles, "profiles", interrupted)
    found = profiles_within(*layer(30, 5, 2))
    assert (found.stop, found.reached.sum()) == (Stop.INTERRUPTED, 10)


def test_shared_pools_and_roundings_are_placed_alike():
    """One pool for all, and numbers no power of two holds: as `profiles` places them."""
    pool, targets = np.array([1 / 3, 0.7, -0.2]), np.array([0.1, 0.6])
    found = profiles_within(pool, targets, rounding="nearest", bits=20)
    whole = profiles(pool, targets, rounding="nearest", bits=20)
    assert (found.profiles.error_units == whole.error_units).all()


def test_the_command_without_time_answers_with_a_bracket(capsys):
    """No row is solved: every weight keeps nothing, and nothing is proven but zero."""
    options = ["--draw", "30x8", "--budget", "40", "--seconds", "0", "--json"]
    assert main(["layer", *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["solved"], told["optimal"], told["lower_bound"]) == (0, False, 0.0)
    assert told["value"] > 0


@pytest.mark.parametrize("question", [["--curve"], ["--tolerance", "0.1"]])
def test_other_questions_have_no_bracket(question, capsys):
    """They need every weight, so a limit is refused."""
    assert main(["layer", "--draw", "5x6", *question, "--seconds", "1"]) == 2
    assert "--seconds goes with --budget" in capsys.readouterr().err
