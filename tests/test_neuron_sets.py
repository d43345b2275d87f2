"""All sets of neurons at once: every table entry, the optimum, its laws, and early ends."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import block_checks
import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from slth_opt import Effort, SharedBlock, Stop, solve
from slth_opt.backends import neuron_sets
from slth_opt.errors import BackendError
from slth_opt.kernels import neuron_sets as kernel

CASES = block_checks.cases(400)


def plain(function):
    """Return the uncompiled function, also where compiling is switched off."""
    return getattr(function, "py_func", function)


def both(function):
    """Return the compiled function and the uncompiled one."""
    return function, plain(function)


def halves_of(weights, split):
    """Return the sums, and the numbers of bits, of the sets of low and of high weights."""
    sums = [
        np.array([total(part, s) for s in range(2 ** len(part))], np.int64)
        for part in (weights[:split], weights[split:])
    ]
    counts = [np.array([s.bit_count() for s in range(a.size)], np.int8) for a in sums]
    return sums, counts


def total(weights, subset):
    """Add up the weights whose bit is set."""
    return sum(w for k, w in enumerate(weights) if subset >> k & 1)


def subsets_of(used):
    """List all subsets of a set of bits."""
    return [s for s in range(used + 1) if s & used == s]


pools_with_split = strategies.pools(most=6, bits=(3, 40, 56)).flatmap(
    lambda weights: st.tuples(st.just(weights), st.integers(0, len(weights)))
)


@pytest.mark.overflow
@given(strategies.pools(most=7, bits=(3, 57)))
def test_sums_of_all_sets_are_listed_by_their_bits(weights):
    """Compiled or not."""
    expected = [total(weights, subset) for subset in range(2 ** len(weights))]
    for function in both(kernel.list_sums):
        sums = np.zeros(len(expected), np.int64)
        function(np.array(weights, np.int64), sums)
        assert sums.tolist() == expected


@pytest.mark.overflow
@given(pools_with_split, st.data())
def test_every_set_gets_the_size_of_its_smallest_legal_subset(pool, data):
    """Wherever the pool is split, compiled or not."""
    weights, split = pool
    target = data.draw(strategies.targets(weights))
    allowed = data.draw(st.integers(0, sum(map(abs, weights))))
    (low, high), (low_counts, high_counts) = halves_of(weights, split)
    legal = [s for s in range(2 ** len(weights)) if abs(total(weights, s) - target) <= allowed]
    expected = [
        min((s.bit_count() for s in legal if s & used == s), default=int(kernel.NEVER))
        for used in range(2 ** len(weights))
    ]
    for function in both(kernel.fill_sizes):
        sizes = np.zeros(2 ** len(weights), np.int8)
        function(low, high, low_counts, high_counts, target, allowed, sizes)
        assert sizes.tolist() == expected


@pytest.mark.overflow
@pytest.mark.parametrize("bits", [1, 4, 5, 7])
def test_sizes_spread_over_long_and_short_steps(bits):
    """To every set from all sets it contains, the plain loops and the sliced ones alike."""
    given_sizes = np.random.default_rng(bits).integers(0, 128, 2**bits).astype(np.int8)
    expected = [min(int(given_sizes[s]) for s in subsets_of(used)) for used in range(2**bits)]
    for function in both(kernel.spread_block):
        sizes = given_sizes.copy()
        function(sizes, 1)
        assert sizes.tolist() == expected


@pytest.mark.overflow
def test_a_total_is_lost_with_its_first_missing_size():
    """Sizes add up; -1 stays -1."""
    for function in both(kernel.add_sizes):
        totals = np.array([5, 7, -1], np.int16)
        function(np.array([3, kernel.NEVER, 2], np.int8), totals)
        assert totals.tolist() == [8, -1, -1]


@pytest.mark.overflow
@pytest.mark.parametrize(
    ("most_edges", "most_neurons", "neurons_first", "best"),
    [
        (9, 3, False, 6),  # the fewest edges, 4, and of those two neurons rather than three
        (9, 3, True, 1),  # one neuron, and of those the fewest edges
        (9, 1, False, 1),
        (3, 3, False, -1),
        (4, 1, True, -1),
    ],
)
def test_the_best_set_within_budgets_is_picked(most_edges, most_neurons, neurons_first, best):
    """Edges before neurons or the other way round; what is over a budget does not count."""
    totals = np.array([-1, 5, 6, -1, 7, 9, 4, 4], np.int16)
    counts = np.array([0, 1, 1, 2], np.int8), np.array([0, 1], np.int8)
    for function in both(kernel.pick_set):
        assert function(totals, *counts, most_edges, most_neurons, neurons_first) == best


@pytest.mark.overflow
@given(pools_with_split, st.data())
def test_errors_are_found_among_all_sets(pool, data):
    """The least of few neurons, and the next above a threshold."""
    weights, split = pool
    target = data.draw(strategies.targets(weights))
    above = data.draw(st.integers(0, 2 * sum(map(abs, weights)) + 1))
    most = data.draw(st.integers(0, len(weights)))
    halves, counts = halves_of(weights, split)
    errors = [(abs(total(weights, s) - target), s.bit_count()) for s in range(2 ** len(weights))]
    least = min(error for error, size in errors if size <= most)
    beyond = min((e for e, _ in errors if e > above), default=int(kernel.NO_ERROR))
    for function in both(kernel.least_error):
        assert function(*halves, *counts, target, most) == least
    for function in both(kernel.next_error):
        assert function(*halves, target, above) == beyond


@pytest.mark.overflow
@given(pools_with_split, st.data())
def test_the_nearest_of_the_smallest_subsets_of_a_set_is_found(pool, data):
    """By size, then error; -1 where none is legal."""
    weights, split = pool
    target = data.draw(strategies.targets(weights))
    allowed = data.draw(st.integers(0, sum(map(abs, weights))))
    used = data.draw(st.integers(0, 2 ** len(weights) - 1))
    halves, counts = halves_of(weights, split)
    ranks = [(s.bit_count(), abs(total(weights, s) - target)) for s in subsets_of(used)]
    best = min((rank for rank in ranks if rank[1] <= allowed), default=None)
    for function in both(kernel.smallest_within):
        found = int(function(*halves, *counts, target, allowed, used))
        assert (found == -1) is (best is None)
        if best is not None:
            assert found & used == found
            assert (found.bit_count(), abs(total(weights, found) - target)) == best


@pytest.mark.overflow
@given(strategies.pools(most=6, bits=(3, 56)), st.data())
def test_a_survey_keeps_the_nearest_of_each_number_of_unused_neurons(weights, data):
    """And marks every neuron in a subset within the tolerance."""
    n = len(weights)
    size = data.draw(st.integers(0, n))
    target = data.draw(strategies.targets(weights))
    allowed = data.draw(st.integers(0, sum(map(abs, weights))))
    is_used = data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    looked = [
        (abs(sum(weights[k] for k in c) - target), sum(1 - is_used[k] for k in c), c)
        for c in combinations(range(n), size)
    ]
    for function in both(kernel.survey):
        errors = np.full(size + 1, kernel.NO_ERROR)
        subsets = np.zeros((size + 1, size), np.int64)
        occurs = np.zeros(n, np.int64)
        chosen = np.array([*range(size), n], np.int64)
        arrays = np.array(weights, np.int64), np.array(is_used, np.int64)
        function(arrays[0], target, allowed, arrays[1], chosen, errors, subsets, occurs)
        for unused in range(size + 1):
            same = [(error, c) for error, m, c in looked if m == unused]
            assert errors[unused] == min((e for e, _ in same), default=int(kernel.NO_ERROR))
            if same:
                assert (errors[unused], tuple(sorted(subsets[unused].tolist()))) in same
        legal = {k for error, _, c in looked if error <= allowed for k in c}
        assert set(np.flatnonzero(occurs).tolist()) == legal


@pytest.mark.overflow
@given(
    st.lists(strategies.pools(fewest=5, most=5, bits=(3, 56)), min_size=1, max_size=3), st.data()
)
def test_the_first_set_that_suffices_is_found(rows, data):
    """Every output has a legal subset of it, or there is no such set of its size."""
    size = data.draw(st.integers(0, 5))
    targets = [data.draw(strategies.targets(row)) for row in rows]
    allowed = [data.draw(st.integers(0, sum(map(abs, row)) // 4)) for row in rows]
    outputs = list(zip(rows, targets, allowed, strict=True))

    def is_enough(used):
        parts = [part for r in range(size + 1) for part in combinations(used, r)]
        return all(any(abs(sum(w[k] for k in p) - t) <= a for p in parts) for w, t, a in outputs)

    expected = [used for used in combinations(range(5), size) if is_enough(used)]
    arrays = [np.array(values, np.int64) for values in (rows, targets, allowed)]
    for function in both(kernel.find_set):
        chosen = np.array([*range(size), 5], np.int64)
        assert function(*arrays, chosen) is bool(expected)
        assert not expected or tuple(sorted(chosen[:size].tolist())) in expected


@pytest.mark.parametrize("low_neurons", [12, 1])
def test_it_finds_the_optimum_of_every_small_block(monkeypatch, low_neurons):
    """All objectives and budgets, also where the sets are split between high and low neurons."""
    monkeypatch.setattr(neuron_sets, "LOW_NEURONS", low_neurons)
    for problem in CASES:
        best, _ = block_checks.best_masks(problem)
        result = solve(problem, "neuron_sets")
        assert result.value == best, problem
        assert result.is_optimal is (best is not None), problem
        assert result.infeasible is (best is None), problem


@pytest.mark.parametrize("minimise", ["neurons", "error"])
def test_of_equal_optima_it_takes_one_with_the_fewest_edges(minimise):
    """Whatever it started from."""
    for problem in block_checks.cases(100, minimise=minimise):
        best, masks = block_checks.best_masks(problem)
        if best is not None:
            fewest = min(block_checks.measure(problem, mask)[0] for mask in masks)
            indices = neuron_sets.solve(problem, Effort(), None).indices
            mask = [int(i in indices) for i in range(problem.num_candidates)]
            assert block_checks.measure(problem, mask)[0] == fewest, problem


def test_numbers_near_the_capacity_are_added_without_overflow():
    """Sums of 62 bits with the target, exactly on it."""
    big = 2**59
    problem = SharedBlock(
        products=((big, big - 1, -big), (-big, 1, big)),
        targets=(2 * big - 1, 1 - big),
        minimise="edges",
        tolerances=(0, 0),
    )
    assert solve(problem, "neuron_sets").indices == (0, 1, 3, 4)


blocks = st.integers(0, 10**9).map(lambda seed: block_checks.cases(1, seed, most_cells=20)[0])


def best(problem):
    """Return the proven optimum, infinity where there is none."""
    result = solve(problem, "neuron_sets")
    assert result.is_optimal is not result.infeasible
    return float("inf") if result.infeasible else result.value


@given(blocks, st.data())
@settings(max_examples=40)
def test_one_more_neuron_never_hurts(problem, data):
    """It need not be chosen."""
    column = [data.draw(st.integers(-50, 50)) for _ in problem.products]
    rows = tuple((*row, p) for row, p in zip(problem.products, column, strict=True))
    assert best(replace(problem, products=rows)) <= best(problem)


@given(blocks, st.integers(1, 1000))
@settings(max_examples=40)
def test_looser_rules_never_hurt(problem, more):
    """Larger tolerances, or larger budgets."""
    if problem.tolerances is not None:
        looser = replace(problem, tolerances=tuple(t + more for t in problem.tolerances))
    else:
        budgets = {name: getattr(problem, name) for name in ("most_edges", "most_neurons")}
        looser = replace(problem, **{n: b + 1 for n, b in budgets.items() if b is not None})
    assert best(looser) <= best(problem)


@given(blocks, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_order_of_neurons_and_outputs_does_not_matter(problem, rng):
    """Nor does the sign of an output and its target."""
    neurons = rng.sample(range(problem.num_neurons), problem.num_neurons)
    outputs = rng.sample(range(len(problem.products)), len(problem.products))
    signs = [rng.choice((1, -1)) for _ in outputs]
    pairs = list(zip(outputs, signs, strict=True))
    rules = {}
    if problem.tolerances is not None:
        rules["tolerances"] = tuple(problem.tolerances[i] for i in outputs)
    other = replace(
        problem,
        products=tuple(tuple(s * problem.products[i][k] for k in neurons) for i, s in pairs),
        targets=tuple(s * problem.targets[i] for i, s in pairs),
        **rules,
    )
    assert best(other) == best(problem)


SLOW = SharedBlock(
    products=tuple(
        tuple((377 * k + 311 * i * k * k + 97) % 9973 - 4000 for k in range(16)) for i in range(3)
    ),
    targets=(501, 404, 303),
    minimise="edges",
    tolerances=(60, 60, 60),
)


@pytest.mark.parametrize("minimise", ["edges", "error"])
def test_no_time_leaves_an_honest_bracket(minimise):
    """Stopped before it looked, it claims no more than the start and the free bound."""
    rules = {"minimise": "error", "tolerances": None, "most_edges": 7}
    problem = SLOW if minimise == "edges" else replace(SLOW, **rules)
    result = solve(problem, "neuron_sets", Effort(seconds=0))
    truth = solve(problem, "neuron_sets").value
    assert result.stop is Stop.SECONDS
    assert result.lower_bound <= truth
    assert result.value is None or truth <= result.value


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_ctrl_c_between_thresholds_keeps_what_was_found(monkeypatch, after):
    """The bound and the selection it had reached, both right."""
    problem = replace(SLOW, minimise="error", tolerances=None, most_edges=7)
    truth, calls, cheapest = solve(problem, "neuron_sets").value, [], neuron_sets._cheapest

    def interrupted(*arguments):
        if len(calls) == after:
            raise KeyboardInterrupt
        calls.append(arguments)
        return cheapest(*arguments)

    monkeypatch.setattr(neuron_sets, "_cheapest", interrupted)
    result = solve(problem, "neuron_sets")
    assert result.stop is Stop.INTERRUPTED
    assert result.lower_bound <= truth <= result.value


def wide(h, outputs):
    """Return a block of that many neurons and outputs."""
    return SharedBlock(
        products=((1,) * h,) * outputs,
        targets=(1,) * outputs,
        minimise="edges",
        tolerances=(0,) * outputs,
    )


@pytest.mark.parametrize(("h", "outputs"), [(29, 1), (28, 1200), (200, 1)])
def test_more_sets_than_a_gibibyte_holds_are_refused(h, outputs):
    """From 29 neurons on, or 28 if the counts take four bytes."""
    with pytest.raises(BackendError, match=r"at most 1 GiB; this problem has 2\^"):
        solve(wide(h, outputs), "neuron_sets")


def test_too_many_outputs_are_refused():
    """Some minutes of work are the most it takes on."""
    with pytest.raises(BackendError, match=r"at most 2\^38 steps"):
        solve(wide(24, 700), "neuron_sets")


def test_tables_as_large_as_allowed_are_not_refused():
    """28 neurons and a few outputs fit."""
    assert neuron_sets.BACKEND.refuses(wide(28, 10)) is None
