"""Layer fits against every mask there is, in Python fractions; budgets, laws, limits, bad input."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import Effort, Stop
from slth_opt.errors import BackendError, ClaimRejected, GridError, ProblemError
from slth_opt.fitting import fit_layer, layers, outputs_of, row_problems
from slth_opt.fitting.records import check_fit

NORMS = ("l1", "linf")


def tiny(rng, outputs=None, n=None, samples=None):
    """Draw a layer, inputs and wanted outputs on a coarse grid: ties, zeros, equal samples."""
    o = outputs or rng.randint(1, 3)
    n = n or rng.randint(1, 5)
    s = samples or rng.randint(1, 5)
    scale = rng.choice([1, 0.25, 2.0**-20])
    weights = [[rng.choice([0, rng.randint(-8, 8)]) * scale for _ in range(n)] for _ in range(o)]
    inputs = [[max(0, rng.randint(-4, 6)) / 2 for _ in range(s)] for _ in range(n)]
    if s > 1 and rng.random() < 0.3:
        for row in inputs:
            row[-1] = row[0]
    targets = [[rng.randint(-20, 20) * scale / 2 for _ in range(s)] for _ in range(o)]
    return weights, targets, inputs


def errors_by_mask(weights, targets, inputs, norm):
    """Yield, for each row, the (size, error) of every mask, in fractions."""
    samples = [[Fraction(x) for x in sample] for sample in zip(*inputs, strict=True)]
    for row, goals in zip(weights, targets, strict=True):
        found = []
        for size in range(len(row) + 1):
            for kept in combinations(range(len(row)), size):
                errors = [
                    abs(
                        sum((Fraction(row[j]) * sample[j] for j in kept), Fraction(0)) - Fraction(t)
                    )
                    for sample, t in zip(samples, goals, strict=True)
                ]
                found.append((size, sum(errors) if norm == "l1" else max(errors)))
        yield found


def truth(weights, targets, inputs, norm, most, caps):
    """Return the least joint error over all masks within the budgets, row after row."""
    best = {0: Fraction(0)}
    for found, cap in zip(errors_by_mask(weights, targets, inputs, norm), caps, strict=True):
        own = {}
        for size, error in found:
            if size <= cap:
                own[size] = min(error, own.get(size, error))
        joined = {}
        for used, value in best.items():
            for size, error in own.items():
                total = value + error if norm == "l1" else max(value, error)
                if used + size <= most:
                    joined[used + size] = min(total, joined.get(used + size, total))
        best = joined
    return min(best.values())


def drawn_rules(rng, o, n):
    """Draw budgets: none, one for each row, one for all, or both."""
    per_row = rng.choice([None, rng.randint(0, n + 1), [rng.randint(0, n) for _ in range(o)]])
    most = rng.choice([None, rng.randint(0, o * n + 1), rng.randint(0, n)])
    caps = [n] * o if per_row is None else [per_row] * o if isinstance(per_row, int) else per_row
    return {"most": most, "most_per_row": per_row}, o * n if most is None else most, caps


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("seed", range(4))
def test_it_finds_the_best_masks_of_tiny_layers(seed, norm):
    """Three hundred and twenty layers under every kind of budget, against all masks."""
    rng = random.Random(f"fit {seed}")
    for _ in range(40):
        layer = tiny(rng)
        rules, most, caps = drawn_rules(rng, len(layer[0]), len(layer[0][0]))
        fit = fit_layer(*layer, norm=norm, backend=rng.choice(["auto", "relaxing"]), **rules)
        assert fit.real_error == truth(*layer, norm, most, caps)
        assert fit.is_optimal
        assert fit.stop is Stop.FINISHED
        assert fit.edges <= most
        assert all(size <= cap for size, cap in zip(fit.sizes, caps, strict=True))


@pytest.mark.parametrize("norm", NORMS)
def test_the_error_is_that_of_the_masked_layer(norm):
    """Errors and value from the masks, in fractions, with another row of code."""
    rng = random.Random(4)
    for _ in range(20):
        weights, targets, inputs = tiny(rng)
        fit = fit_layer(weights, targets, inputs, norm=norm, most=3)
        kept = [
            [w if x else 0 for w, x in zip(row, mask, strict=True)]
            for row, mask in zip(weights, fit.masks, strict=True)
        ]
        errors = [
            [abs(y - Fraction(t)) for y, t in zip(row, goals, strict=True)]
            for row, goals in zip(outputs_of(kept, inputs), targets, strict=True)
        ]
        join = sum if norm == "l1" else max
        assert [fit.grid.real(error) for error in fit.errors] == [join(row) for row in errors]
        assert fit.real_error == join(join(row) for row in errors)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", ["relaxing", "enumeration", "cp_sat", "points", "branching"])
def test_every_method_has_the_same_optimum(name, norm):
    """Two outputs, ten candidates, twelve samples, one budget for both rows."""
    layer = tiny(random.Random(17), outputs=2, n=10, samples=12)
    expected = truth(*layer, norm, 7, [10, 10])
    assert fit_layer(*layer, norm=norm, most=7, backend=name).real_error == expected


def best(layer, norm, **rules):
    """Return the proven least error."""
    fit = fit_layer(*layer, norm=norm, **rules)
    assert fit.is_optimal
    return fit.real_error


each_norm = pytest.mark.parametrize("norm", NORMS)


@each_norm
@given(st.integers(0, 10**6))
def test_a_looser_budget_never_hurts(norm, seed):
    """One edge more in all, or for each row."""
    rng = random.Random(seed)
    layer, k = tiny(rng), rng.randint(0, 6)
    assert best(layer, norm, most=k + 1) <= best(layer, norm, most=k)
    assert best(layer, norm, most_per_row=k + 1) <= best(layer, norm, most_per_row=k)


@each_norm
@given(st.integers(0, 10**6))
def test_a_sample_less_never_hurts(norm, seed):
    """Fewer samples are fewer wishes."""
    rng = random.Random(seed)
    weights, targets, inputs = layer = tiny(rng, samples=4)
    fewer = weights, [row[:-1] for row in targets], [row[:-1] for row in inputs]
    assert best(fewer, norm, most=4) <= best(layer, norm, most=4)


@each_norm
@given(st.integers(0, 10**6))
def test_order_does_not_matter(norm, seed):
    """Samples, candidates and outputs in another order have the same optimum."""
    rng = random.Random(seed)
    weights, targets, inputs = layer = tiny(rng)

    def shuffled(count):
        return rng.sample(range(count), count)

    rows, candidates = shuffled(len(weights)), shuffled(len(inputs))
    samples = shuffled(len(inputs[0]))
    other = (
        [[weights[i][j] for j in candidates] for i in rows],
        [[targets[i][s] for s in samples] for i in rows],
        [[inputs[j][s] for s in samples] for j in candidates],
    )
    assert best(other, norm, most=3) == best(layer, norm, most=3)


@given(st.integers(0, 10**6))
def test_a_sample_twice_counts_twice_for_sums_only(seed):
    """All samples doubled: the largest error stays, the sum doubles."""
    layer = weights, targets, inputs = tiny(random.Random(seed))
    twice = weights, [row * 2 for row in targets], [row * 2 for row in inputs]
    assert best(twice, "linf", most=3) == best(layer, "linf", most=3)
    assert best(twice, "l1", most=3) == 2 * best(layer, "l1", most=3)


def test_a_planted_mask_is_found():
    """The outputs of a masked layer are fitted without error, with the edges of the mask."""
    rng = random.Random(2)
    weights = [[rng.randrange(-(2**23), 2**23) / 2**23 for _ in range(30)] for _ in range(3)]
    inputs = [[max(0, rng.randrange(-64, 64)) / 64 for _ in range(40)] for _ in range(30)]
    planted = [[w if rng.random() < 0.4 else 0.0 for w in row] for row in weights]
    edges = sum(w != 0.0 for row in planted for w in row)
    fit = fit_layer(weights, outputs_of(planted, inputs), inputs, norm="l1", most=edges)
    assert (fit.value, fit.is_optimal, fit.edges) == (0, True, edges)


def hard():
    """Return a layer that takes a while: three outputs, 24 candidates, 30 samples."""
    rng = random.Random(9)
    weights = [[rng.randrange(-(2**20), 2**20) / 2**20 for _ in range(24)] for _ in range(3)]
    inputs = [[max(0, rng.randrange(-64, 64)) / 64 for _ in range(30)] for _ in range(24)]
    wanted = [[rng.randrange(-(2**20), 2**20) / 2**21 for _ in range(24)] for _ in range(3)]
    return weights, outputs_of(wanted, inputs), inputs


HARD = hard()


@each_norm
@pytest.mark.parametrize("most", [None, 6])
@pytest.mark.parametrize("effort", [Effort(seconds=0), Effort(nodes=0), Effort(nodes=2)])
def test_limits_leave_an_honest_bracket(effort, most, norm):
    """The bound is at most the optimum, the masks at least as bad, and it says why it ended."""
    fit = fit_layer(*HARD, norm=norm, most=most, backend="relaxing", effort=effort)
    optimum = fit_layer(*HARD, norm=norm, most=most, backend="relaxing")
    assert optimum.is_optimal
    assert fit.lower_bound <= optimum.value <= fit.value
    assert fit.stop is (Stop.NODES if effort.seconds is None else Stop.SECONDS)
    assert fit.edges <= (72 if most is None else most)


@each_norm
@pytest.mark.parametrize("after", [0, 1, 4])
def test_ctrl_c_leaves_an_honest_bracket(after, norm, monkeypatch):
    """Interrupted between two rows or sizes: the rest is not searched, the bracket holds."""
    real, calls = layers.solve, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) > after:
            raise KeyboardInterrupt
        return real(*arguments)

    optimum = fit_layer(*HARD, norm=norm, most=6).value
    monkeypatch.setattr(layers, "solve", interrupted)
    fit = fit_layer(*HARD, norm=norm, most=6)
    assert (fit.stop, len(calls)) == (Stop.INTERRUPTED, after + 1)
    assert fit.lower_bound <= optimum <= fit.value
    assert fit.edges <= 6


def test_after_ctrl_c_inside_a_row_no_other_is_searched(monkeypatch):
    """A method that was interrupted hands over what it has; no further row is begun."""
    real, calls = layers.solve, []

    def interrupted(*arguments):
        calls.append(arguments)
        return replace(real(*arguments), stop=Stop.INTERRUPTED, lower_bound=0)

    monkeypatch.setattr(layers, "solve", interrupted)
    fit = fit_layer(*HARD)
    assert (fit.stop, len(calls), fit.lower_bound) == (Stop.INTERRUPTED, 1, 0)


def test_only_the_sizes_near_the_threshold_are_solved(monkeypatch):
    """Three rows of 24 and six edges: a size of a row is asked for at most as often as edges."""
    real, calls = layers.solve, []

    def counted(problem, *rest):
        calls.append(problem.most)
        return real(problem, *rest)

    monkeypatch.setattr(layers, "solve", counted)
    assert fit_layer(*HARD, norm="linf", most=6).is_optimal
    assert len(calls) <= 3 + 6
    assert max(calls) == 6  # no row can have more than there are


def test_seconds_are_for_the_whole_layer():
    """Three rows and a joint budget share half a second."""
    fit = fit_layer(*HARD, norm="l1", most=6, effort=Effort(seconds=0.5))
    assert fit.seconds < 3


def test_progress_and_watch_are_told():
    """Rows as they are done; bounds that rise to the proven value."""
    done, told = [], []
    fit = fit_layer(
        *HARD,
        progress=lambda i, of: done.append((i, of)),
        watch=lambda value, bound: told.append((value, bound)),
    )
    assert done == [(1, 3), (2, 3), (3, 3)]
    assert told[-1] == (fit.value, fit.lower_bound)
    assert [value for value, _ in told[:-1]] == [None] * 3
    assert sorted(bound for _, bound in told) == [bound for _, bound in told]


def test_what_it_returns_by_hand():
    """One output: keep 0.5 and 0.25 of (0.5, -1, 0.25) for the samples (1, 0.5, 2), (0, 2, 1)."""
    fit = fit_layer(
        [[0.5, -1.0, 0.25]], [[1.0, 0.5]], [[1.0, 0.0], [0.5, 2.0], [2.0, 1.0]], norm="l1"
    )
    assert fit.masks == ((True, False, True),)
    assert (fit.errors, fit.value, fit.lower_bound, fit.gap, fit.edges) == ((1,), 1, 1, 0, 2)
    assert (fit.real_error, fit.bracket) == (Fraction(1, 4), (Fraction(1, 4), Fraction(1, 4)))
    assert fit.grid.exponent == 2


def test_the_summary_is_plain_json():
    """It survives a round trip, and the exact strings say what the floats do."""
    said = fit_layer(*HARD, norm="l1", most=9).summary()
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    p, q = said["error_exact"].split("/2^")
    assert Fraction(int(p), 2 ** int(q)) == Fraction(said["error"])
    assert (said["optimal"], said["gap_exact"], said["edges"]) == (True, "0", 9)
    assert [sum(mask) for mask in said["masks"]] == [row["size"] for row in said["rows"]]


@each_norm
def test_rounded_products_have_a_bracket_that_holds_the_truth(norm):
    """Doubles and thirds on six bits: the masks' true error, in fractions, is inside."""
    rng = random.Random(6)
    for _ in range(20):
        weights = [[rng.uniform(-1, 1) for _ in range(4)] for _ in range(2)]
        inputs = [[Fraction(rng.randint(0, 9), 3) for _ in range(3)] for _ in range(4)]
        targets = [[rng.uniform(-1, 1) for _ in range(3)] for _ in range(2)]
        fit = fit_layer(weights, targets, inputs, norm=norm, rounding="nearest", bits=6)
        own = [
            next(
                error
                for (kept, error) in zip(masks_of(4), (e for _, e in found), strict=True)
                if kept == tuple(j for j in range(4) if mask[j])
            )
            for mask, found in zip(
                fit.masks, errors_by_mask(weights, targets, inputs, norm), strict=True
            )
        ]
        low, high = fit.bracket
        assert low <= (sum(own) if norm == "l1" else max(own)) <= high
        assert low < high
        assert fit.grid.exponent == 6


def masks_of(n):
    """Return the masks as indices, in the order of `errors_by_mask`."""
    return [kept for size in range(n + 1) for kept in combinations(range(n), size)]


def test_products_are_rounded_once_and_to_even():
    """0.75 * 0.5 = 0.375 is 1.5 quarters, so 2; 0.25 * 0.5 is half a quarter, so 0."""
    (row,) = row_problems(
        [[0.75, 0.25]], [[0.125]], [[0.5], [0.5]], rounding="nearest", bits=2
    )  # fmt: skip
    assert (row.rows, row.targets, row.rounded) == (((2, 0),), (0,), True)


def test_rounding_takes_as_many_bits_as_fit():
    """By default all sums come just below the capacity, and exact numbers stay exact."""
    (row,) = row_problems([[0.75, Fraction(1, 3)]], [[0.1]], [[0.5], [2]], rounding="nearest")
    assert 60 <= row.bits <= 62
    assert row.rounded
    (exact,) = row_problems([[0.75]], [[0.5]], [[0.5]], rounding="nearest", bits=8)
    assert not exact.rounded


def test_the_exact_grid_is_that_of_the_products():
    """Eighths times multiples of four need halves only."""
    (row,) = row_problems([[0.125, 0.375]], [[1.0]], [[4.0], [8.0]])
    assert (row.rows, row.targets, row.grid.exponent) == (((1, 6),), (2,), 1)


NAN, TINY = float("nan"), 2.0**-40


@pytest.mark.parametrize(
    ("weights", "targets", "inputs", "words"),
    [
        ([[1, NAN]], [[1]], [[1], [1]], "weights 0, entry 1 must be a finite real number, got nan"),
        ([[1]], [[1]], [[float("inf")]], "inputs 0, entry 0 must be a finite real number, got inf"),
        ([[1]], [["x"]], [[1]], "targets 0, entry 0 must be a real number, got 'x'"),
        ([[1, 2], [3]], [[1], [1]], [[1], [1]], "weights 1 has 1 entries, weights 0 has 2"),
        ([], [[1]], [[1]], "there is no weights: give at least one"),
        ([[1, 2]], [[1]], [[1]], "2 columns of weights need as many rows of inputs, got 1"),
        ([[1]], [[1], [1]], [[1]], "1 rows of weights need as many rows of targets, got 2"),
        ([[1]], [[1]], [[1, 2]], "2 columns of inputs need as many columns of targets, got 1"),
        ([[1]], [[]], [[]], "targets 0 is empty"),
        ([[1], [2.0**40]], [[1], [1]], [[2.0**30]], r"the products of weights\[1\] with all sam"),
        (
            [[1, TINY]],
            [[1]],
            [[1], [TINY]],
            r"weights\[0\]\[1\] needs 2\^-40 and inputs\[1\]\[0\] 2",
        ),
        (
            [[1]],
            [[1, 2.0**-70]],
            [[1, 1]],
            r"10 bits were missing .*; targets\[0\]\[1\] needs 2\^-70",
        ),
        ([[Fraction(1, 3)]], [[1]], [[1]], r"weights\[0\]\[0\]: 1/3 lies on no power-of-two grid"),
    ],
)
def test_numbers_that_do_not_fit_are_named(weights, targets, inputs, words):
    """The array, the place, and what is wrong, in one line."""
    with pytest.raises((GridError, ProblemError), match=words) as caught:
        fit_layer(weights, targets, inputs)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"most": -1}, "the budget must not be negative, got -1"),
        ({"most": 1.5}, "most must be an integer"),
        ({"most_per_row": -2}, "the budget of row 0 must not be negative, got -2"),
        ({"most_per_row": [1, 2]}, "1 rows of weights need as many budgets, got 2"),
        ({"norm": "l2"}, "the norm must be one of l1, linf, got 'l2'"),
        ({"rounding": "up"}, "rounding must be 'exact' or 'nearest', got 'up'"),
        ({"bits": 4}, "bits is only for rounding='nearest'"),
        (
            {"rounding": "nearest", "bits": 80},
            r"weights\[0\] with all samples: bits=80 is too fine",
        ),
        ({"backend": "magic"}, "there is no backend 'magic'"),
        ({"backend": "meeting"}, "this problem is a vector_sum"),
        ({"backend": "points", "effort": Effort(workers=2)}, "cannot honour workers=2"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rules, words):
    """One clear line for each."""
    with pytest.raises((GridError, ProblemError, BackendError), match=words):
        fit_layer([[1.0, 0.5]], [[1.0]], [[1.0], [0.5]], **rules)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": 0}, "the masks have the error"),
        ({"lower_bound": 10**9}, "the bound 1000000000 is above the error"),
        ({"most": 3}, "edges, the budget is 3"),
        ({"most_by_row": (0, 0, 0)}, "row 0 has .* edges, its budget is 0"),
    ],
)
def test_a_fit_that_does_not_hold_is_rejected(change, words):
    """Whatever was claimed is added up again."""
    fit = fit_layer(*HARD)
    with pytest.raises(ClaimRejected, match=words):
        check_fit(replace(fit, **change))


def test_threads_are_taken_by_a_method_that_has_them():
    """What neither of the usual methods can honour goes to the first exact one that can."""
    weights, inputs = [[1, 2, 3]], [[1, 0], [0, 1], [1, 1]]
    fit = fit_layer(weights, [[4, 3]], inputs, effort=Effort(workers=2))
    assert (fit.is_optimal, fit.rows[0].backend) == (True, "cp_sat")
