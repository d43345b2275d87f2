"""Both masks free: the search by pairs of rows against every mask there is, and its laws."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import Effort, JointLayer, Stop, solve
from slth_opt.backends import BACKENDS, mask_search
from slth_opt.families import FAMILIES
from slth_opt.kernels import joint, joint_blocks, joint_pairs
from slth_opt.solving import choose_backend, why_not
from slth_opt.strengthening import joints
from slth_opt.strengthening.joints import Lines, entry_optima, errors_of

SHAPES = ((1, 2, 1), (1, 3, 2), (2, 2, 1), (2, 2, 2), (3, 2, 2), (2, 3, 2), (3, 1, 4), (4, 1, 4),
          (1, 4, 2), (4, 2, 1), (5, 1, 3), (4, 2, 2), (3, 2, 3))  # fmt: skip
"""Outputs, hidden neurons, inputs: up to twelve edges."""

OURS = [b for b in BACKENDS if "joint_layer" in b.takes and FAMILIES[b.name].software == "slth-opt"]
SOLVERS = [b for b in BACKENDS if "joint_layer" in b.takes and b.exact and b not in OURS]


def optimum(problem):
    """Return the best value over all masks, in Python ints."""
    outputs, hidden, inputs = problem.shape
    best = None
    for first in product((0, 1), repeat=hidden * inputs):
        for second in product((0, 1), repeat=outputs * hidden):
            if sum(first) + sum(second) > problem.most:
                continue
            errors = [
                abs(
                    sum(
                        problem.second[i][k] * problem.first[k][j]
                        for k in range(hidden)
                        if first[k * inputs + j] and second[i * hidden + k]
                    )
                    - problem.targets[i][j]
                )
                for i in range(outputs)
                for j in range(inputs)
            ]
            value = sum(errors) if problem.norm == "l1" else max(errors)
            best = value if best is None else min(best, value)
    return best


def draw(rng, shape, bits, norm):
    """Draw a layer with zeros, twins and a budget from nothing to more than there is."""
    outputs, hidden, inputs = shape

    def weight():
        return rng.choice([0, rng.randint(-(2**bits), 2**bits), rng.randint(-(2**bits), 2**bits)])

    first = [[weight() for _ in range(inputs)] for _ in range(hidden)]
    second = [[weight() for _ in range(hidden)] for _ in range(outputs)]
    if hidden > 1 and rng.random() < 0.3:
        first[1] = first[0]
        for row in second:
            row[1] = row[0]
    reach = 4**bits
    targets = [[rng.randint(-reach, reach) for _ in range(inputs)] for _ in range(outputs)]
    edges = hidden * (outputs + inputs)
    most = rng.choice([edges, edges + 3, rng.randint(0, edges), rng.randint(0, edges)])
    return JointLayer(first=first, second=second, targets=targets, norm=norm, most=most)


@cache
def cases(norm):
    """Return 150 layers with their optima: the same ones in every run."""
    rng = random.Random(f"joint {norm}")
    small = [s for s in SHAPES if s[1] * (s[0] + s[2]) <= 9]
    shapes = [rng.choice(small) for _ in range(130)] + [rng.choice(SHAPES) for _ in range(20)]
    # Two numbers of 28 bits and three or four of their products: 60 bits for the sum of errors.
    layers = [draw(rng, shape, rng.choice((1, 2, 3, 8, 27)), norm) for shape in shapes]
    return [(layer, optimum(layer)) for layer in layers]


@pytest.mark.parametrize("norm", ["l1", "linf"])
@pytest.mark.parametrize("backend", OURS, ids=lambda b: b.name)
def test_the_search_finds_the_optimum_over_all_masks(backend, norm):
    """A hundred and fifty layers with ties, zeros, twins, every kind of budget, large numbers."""
    for layer, best in cases(norm):
        result = solve(layer, backend)
        assert (result.value, result.lower_bound) == (best, best), layer


@cache
def wide_cases(norm):
    """Return layers with four rows and columns or more, whose pairs share the slack."""
    rng = random.Random(f"wide {norm}")
    shapes = [(4, 1, 4)] * 12 + [(5, 1, 5)] * 8 + [(4, 2, 4)] * 2
    layers = [draw(rng, shape, rng.choice((1, 3, 8)), norm) for shape in shapes]
    return [(layer, optimum(layer)) for layer in layers]


@pytest.mark.parametrize("tables", [False, True])
@pytest.mark.parametrize("norm", ["l1", "linf"])
def test_the_rounds_find_it_without_descents(norm, tables, monkeypatch):
    """From the empty selection alone, with tables for couples of columns and without."""
    monkeypatch.setattr(mask_search, "improve_start", lambda problem, start, *rest: start)
    monkeypatch.setattr(mask_search, "MANY_NODES", -1 if tables else 2**62)
    for layer, best in cases(norm) + wide_cases(norm):
        claim = mask_search.solve(layer, Effort(), ())
        assert (claim.bound, claim.stop) == (best, Stop.FINISHED), layer
        assert layer.value([int(i in claim.indices) for i in range(layer.num_candidates)]) == best


@pytest.mark.overflow
@pytest.mark.parametrize("norm", ["l1", "linf"])
def test_compiled_or_not_nothing_overflows(norm, monkeypatch):
    """Some of the layers; in the overflow run the kernels are plain Python, so few descents."""
    monkeypatch.setattr(joints, "MOST_ROUNDS", 16)
    for layer, best in cases(norm)[:25]:
        assert mask_search.solve(layer, Effort(), None).bound == best


@pytest.mark.overflow
@pytest.mark.parametrize("norm", ["l1", "linf"])
def test_at_the_limit_of_the_capacity_nothing_overflows(norm, monkeypatch):
    """Products and targets of an entry add up to 2^62 - 1; so do all errors in L1."""
    monkeypatch.setattr(mask_search, "improve_start", lambda problem, start, *rest: start)
    u, v = 2**30 - 1, 2**31
    brim = 2**62 - 1 - u * v
    layer = JointLayer(first=((v,),), second=((u,),), targets=((brim,),), norm=norm, most=2)
    assert layer.bits == 62
    assert mask_search.solve(layer, Effort(), ()).bound == min(brim, abs(u * v - brim))
    wide = JointLayer(
        first=((v // 2, -1), (1, v // 2)), second=((u // 2, -u // 2),),
        targets=((-brim // 4, brim // 4),), norm=norm, most=5,
    )  # fmt: skip
    assert mask_search.solve(wide, Effort(), ()).bound == optimum(wide)


@pytest.mark.parametrize("backend", SOLVERS, ids=lambda b: b.name)
@pytest.mark.parametrize("norm", ["l1", "linf"])
def test_exact_solvers_find_the_same(backend, norm):
    """A share of the layers through every other exact backend."""
    for layer, best in cases(norm)[::12]:
        if layer.bits <= backend.max_bits and backend.refuses(layer) is None:
            assert solve(layer, backend).lower_bound == best, layer


def layers(most_hidden=3):
    """Draw layers that are quick to search."""

    def build(seed):
        rng = random.Random(seed)
        shape = (rng.randint(1, 3), rng.randint(1, most_hidden), rng.randint(1, 3))
        return draw(rng, shape, rng.choice((2, 8)), rng.choice(["l1", "linf"]))

    return st.integers(0, 2**32).map(build)


def value(layer):
    """Return the proven optimum."""
    result = solve(layer, "mask_search")
    assert result.is_optimal
    return result.value


@given(layers())
def test_one_more_neuron_never_hurts(layer):
    """Its edges may all be left out."""
    outputs, _, inputs = layer.shape
    more = replace(
        layer,
        first=(*layer.first, (3,) * inputs),
        second=tuple((*row, i - 1) for i, row in enumerate(layer.second[:outputs])),
    )
    assert value(more) <= value(layer)


@given(layers(), st.integers(0, 5))
def test_a_looser_budget_never_hurts(layer, room):
    """What is legal stays legal."""
    assert value(replace(layer, most=layer.most + room)) <= value(layer)


@given(layers(), st.randoms(use_true_random=False))
def test_permuting_neurons_rows_and_columns_changes_nothing(layer, rng):
    """They have no order."""
    o, h, d = ([*range(n)] for n in layer.shape)
    for order in (o, h, d):
        rng.shuffle(order)
    shuffled = replace(
        layer,
        first=tuple(tuple(layer.first[k][j] for j in d) for k in h),
        second=tuple(tuple(layer.second[i][k] for k in h) for i in o),
        targets=tuple(tuple(layer.targets[i][j] for j in d) for i in o),
    )
    assert value(shuffled) == value(layer)


@given(layers())
def test_transposed_the_layer_is_the_same(layer):
    """The transposed product has the layers exchanged."""
    turned = replace(
        layer,
        first=tuple(zip(*layer.second, strict=True)),
        second=tuple(zip(*layer.first, strict=True)),
        targets=tuple(zip(*layer.targets, strict=True)),
    )
    assert value(turned) == value(layer)


@given(layers())
def test_the_optimum_is_not_below_what_the_entries_reach_alone(layer):
    """An entry within the layer has no more freedom than by itself."""
    alone = [
        value(
            JointLayer(
                first=tuple((row[j],) for row in layer.first), second=(layer.second[i],),
                targets=((layer.targets[i][j],),), norm=layer.norm, most=layer.most,
            )
        )
        for i in range(len(layer.second))
        for j in range(len(layer.first[0]))
    ]  # fmt: skip
    assert value(layer) >= (sum(alone) if layer.norm == "l1" else max(alone))


def drawn(outputs, hidden, inputs, bits, seed, norm, most=10**6):
    """Draw a layer with weights up to 2^bits and targets within half of their products."""
    generator = np.random.default_rng([seed, outputs, hidden, inputs, bits])
    one = 2**bits
    second = generator.integers(-one, one + 1, (outputs, hidden))
    first = generator.integers(-one, one + 1, (hidden, inputs))
    goals = generator.integers(-one // 2, one // 2 + 1, (outputs, inputs)) * one
    return JointLayer(
        first=first.tolist(), second=second.tolist(), targets=goals.tolist(), norm=norm, most=most
    )


@pytest.mark.slow
@pytest.mark.parametrize(("norm", "best"), [("l1", 7), ("linf", 2)])
def test_a_sharp_layer_is_proven(norm, best):
    """Four by four with twelve neurons and weights of 3 bits; CP-SAT proved the same optima."""
    result = solve(drawn(4, 12, 4, 3, 0, norm), "mask_search", Effort(workers=2))
    assert (result.value, result.lower_bound) == (best, best)


def test_a_layer_no_bound_decides_is_proven():
    """Three by three, eight neurons, 23 bits: far above the bound, the same with two threads."""
    layer = drawn(3, 8, 3, 23, 1, "l1")
    one = solve(layer, "mask_search")
    two = solve(layer, "mask_search", Effort(workers=2))
    assert one.is_optimal
    assert two.lower_bound == one.value > sum(map(sum, entry_optima(layer)))


@pytest.mark.parametrize("seconds", [0.0, 0.3, 1.0])
def test_cut_short_it_brackets_the_optimum(seconds):
    """A layer of a minute or more: the bound stays below the best value, the time is kept."""
    layer = drawn(5, 14, 5, 23, 0, "l1")
    solve(drawn(2, 3, 2, 3, 0, "l1"), "mask_search")  # load the compiled code
    result = solve(layer, "mask_search", Effort(seconds=seconds, workers=2))
    assert result.stop is Stop.SECONDS
    assert 0 <= result.lower_bound < result.value
    assert result.seconds < seconds + 5


def test_too_many_neurons_go_to_a_solver():
    """Beyond sixteen the tables would not fit: the first choice is then CP-SAT, strengthened."""
    layer = drawn(2, 17, 2, 3, 0, "l1")
    assert "up to 16 hidden neurons; this one has 17" in why_not(mask_search.BACKEND, layer)
    assert choose_backend(layer).name == "cp_sat_strong"


def test_ctrl_c_keeps_what_earlier_rounds_proved(monkeypatch):
    """Interrupted in the third round, the bound is that of the second."""
    layer, bounds = drawn(3, 8, 3, 23, 1, "l1"), []
    real = mask_search._round

    def interrupted(known, *arguments):
        bounds.append(known.bound)
        if len(bounds) == 3:
            raise KeyboardInterrupt
        real(known, *arguments)

    monkeypatch.setattr(mask_search, "_round", interrupted)
    claim = mask_search.solve(layer, Effort(), ())
    assert (claim.stop, claim.bound) == (Stop.INTERRUPTED, bounds[2])
    assert bounds[0] < bounds[1] < bounds[2]


def test_the_watch_sees_values_fall_and_bounds_rise():
    """What is told last is the result."""
    told = []
    layer = drawn(3, 8, 3, 23, 1, "l1")
    result = solve(layer, "mask_search", watch=lambda *known: told.append(known))
    values, bounds = zip(*told, strict=True)
    assert list(values) == sorted(values, reverse=True)
    assert list(bounds) == sorted(bounds)
    assert told[-1] == (result.value, result.value)


numbers = st.integers(-(2**20), 2**20)


@pytest.mark.overflow
@given(st.lists(numbers, min_size=1, max_size=6), numbers, st.integers(0, 6))
def test_errors_of_all_subsets(pool, target, limit):
    """Against sums in Python; subsets beyond the limit have the largest error."""
    plain = [
        abs(sum(w for k, w in enumerate(pool) if mask >> k & 1) - target)
        for mask in range(2 ** len(pool))
    ]
    found = errors_of(tuple(pool), target, limit).tolist()
    expected = [e if m.bit_count() <= limit else max(plain) for m, e in enumerate(plain)]
    assert found == expected


@pytest.mark.overflow
@given(st.integers(1, 5), st.data())
def test_least_within_submasks(hidden, data):
    """Against all submasks."""
    table = data.draw(st.lists(numbers, min_size=2**hidden, max_size=2**hidden))
    least = joint.least_within(np.array(table, np.int64)).tolist()
    assert least == [min(table[s] for s in range(m + 1) if s & m == s) for m in range(2**hidden)]


@pytest.mark.overflow
@given(st.integers(1, 3), st.booleans(), st.integers(0, 8), st.data())
def test_room_is_shared_in_the_best_way(lines, use_l1, room, data):
    """Against every way to choose sizes."""
    entries = st.lists(st.one_of(st.integers(0, 9), st.just(2**62)), min_size=3, max_size=3)
    errors = [data.draw(entries) for _ in range(lines)]
    chosen = np.zeros(lines, np.int64)
    found = joint.share_room(np.array(errors, np.int64), use_l1, room, chosen)
    ways = [
        sum(parts) if use_l1 else max(parts)
        for sizes in product(range(3), repeat=lines)
        if sum(sizes) <= room
        and max(parts := [errors[x][size] for x, size in enumerate(sizes)]) < 2**62
    ]
    assert found == min(ways, default=2**62)


@pytest.mark.overflow
@given(st.integers(1, 3), st.booleans(), st.integers(0, 40), st.integers(1, 6), st.data())
def test_tables_of_couples_never_overestimate(hidden, use_l1, cap, unit, data):
    """Two rows outside a pair: at most what they cost, and exact below the cap in steps of one."""
    width = 2**hidden
    entry = st.lists(st.integers(0, 30), min_size=width, max_size=width)
    errors = np.array([[data.draw(entry) for _ in range(2)] for _ in range(2)], np.int64)
    near = np.zeros(width**2, np.uint16)
    full = np.array([width - 1, width - 1], np.int64)
    joint_blocks.tabulate(
        errors, full, full, np.array([0, 1]), 0, use_l1, cap, unit, near, np.zeros(1)
    )

    def join(a, b):
        return a + b if use_l1 else max(a, b)

    for a, b in product(range(width), repeat=2):
        truth = [
            min(join(errors[i, 0, a & r], errors[i, 1, b & r]) for r in range(width))
            for i in range(2)
        ]
        entry = int(near[a * width + b])
        assert entry * unit <= join(*truth)
        assert unit > 1 or entry == join(*(min(t, cap + 1) for t in truth))


@given(st.integers(0, 2**62 - 1), st.integers(1, 9), st.integers(1, 9))
def test_a_share_is_rounded_down(slack, numerator, more):
    """Against Python ints, also where the product leaves 64 bits."""
    rule = joint_pairs.Rule(True, 0, 1, numerator, numerator + more, 1)
    assert joint_pairs.share_of(np.int64(slack), rule) == slack * numerator // (numerator + more)


@given(st.randoms(use_true_random=False))
def test_lines_and_selections_are_the_same(rng):
    """There and back again."""
    layer = draw(rng, (2, 3, 4), 3, "l1")
    indices = tuple(sorted(rng.sample(range(18), 7)))
    assert Lines.of(layer, indices).indices(layer) == indices
