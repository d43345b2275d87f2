"""The worst case of a layer and of a network, against points enumerated in exact rationals."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slth_opt.errors import GridError, ProblemError
from slth_opt.networks import (
    Layer,
    Network,
    cyclic_basis,
    dense_network,
    rotation_basis,
    run,
    run_exactly,
    set_basis,
    shifts_1d,
    shifts_2d,
    unit_basis,
)
from slth_opt.results import Stop
from slth_opt.size_rules import SizeRule
from slth_opt.tickets import build_ticket, ticket_network
from slth_opt.worst_case import (
    branching,
    worst_layer_error,
    worst_network_error,
)
from slth_opt.worst_case.intervals import Interval, Passage, Triple, propagate
from slth_opt.worst_case.pairs import errors_at, pair_of
from slth_opt.worst_case.polygons import (
    Relaxation,
    Row,
    add_relu,
    add_variable,
    empty_relaxation,
)
from slth_opt.worst_case.programs import Proposal, bound_by, propose
from slth_opt.worst_case.relaxations import relax

CONSTRUCTIONS = (
    "malach", "pensia", "natale", "pooled", "nonnegative", "otsuka", "orseau", "ferbach",
    "parallel",
)  # fmt: skip
GAP = Fraction(1, 10**6)
BASES = {
    "dense": unit_basis(),
    "convolution": shifts_1d(3, 2, padding=1),
    "strided": shifts_2d(2, 2, 2),
    "cyclic": cyclic_basis(3),
    "quarter turns": rotation_basis(2),
    "sets": set_basis(3),
}


def drawn(rng, *shape, bits=8, size=1.0):
    """Numbers on a coarse grid, so that every sum is exact and errors are large."""
    return np.rint(rng.uniform(-size, size, shape) * 2**bits) / 2**bits


def dense_target(seed, *widths, bias=True):
    """A dense network; weights shrink with the width, so values stay of the order of one."""
    rng = np.random.default_rng(seed)
    pairs = list(pairwise(widths))
    matrices = [drawn(rng, b, a, size=1.5 / math.sqrt(a)) for a, b in pairs]
    return dense_network(matrices, [drawn(rng, b, size=0.5) for _, b in pairs] if bias else None)


def one_layer(name, seed, *, channels=(2, 2), bias=True, relu=False, skip=0):
    rng = np.random.default_rng(seed)
    basis = BASES[name]
    return Layer(
        coefficients=drawn(rng, channels[1], channels[0], len(basis)),
        basis=basis,
        bias=drawn(rng, channels[1]) if bias else None,
        relu=relu,
        skip=skip,
    )


def errors_of(ticket, point):
    """The signed error of every output, from both networks as they run."""
    true, cut = run_exactly(ticket.target, point), run_exactly(ticket_network(ticket), point)
    return [b - a for a, b in zip(true, cut, strict=True)]


def worst_of(ticket, points):
    return max(abs(error) for point in points for error in errors_of(ticket, point))


def corners_and_zeros(lows, highs):
    """Every point whose inputs are all at an end of their interval or at zero."""
    return product(*({a, b, min(max(Fraction(0), a), b)} for a, b in zip(lows, highs, strict=True)))


def line_points(ticket, low, high):
    """All places where any neuron of either network of one input bends, and the ends."""
    places = {Fraction(low), Fraction(high)}
    for network in (ticket.target, ticket_network(ticket)):
        for k in range(1, len(network.layers) + 1):
            ordered = sorted(places)
            values = [before_relu(network, k, [x]) for x in ordered]
            for (x, at_x), (y, at_y) in zip(
                zip(ordered, values, strict=True),
                zip(ordered[1:], values[1:], strict=True),
                strict=False,
            ):
                for a, b in zip(at_x, at_y, strict=True):
                    if a * b < 0:
                        places.add(x + (y - x) * a / (a - b))
    return [[x] for x in sorted(places)]


def before_relu(network, depth, point):
    """What the layer of a depth puts out before its ReLU."""
    *front, last = network.layers[:depth]
    kind = type(last)
    fields = {name: getattr(last, name) for name in kind.__dataclass_fields__} | {"relu": False}
    return run_exactly(Network(layers=(*front, kind(**fields))), point)


def plane_points(ticket, low, high):
    """All crossings of the lines where a hidden neuron bends, with each other and the box.

    For a target of two inputs and one hidden layer: neurons are linear in each quadrant.
    """
    low, high = Fraction(low), Fraction(high)
    lines = [(x, y, -end) for end in (low, high, Fraction(0)) for x, y in ((1, 0), (0, 1))]
    cut = ticket_network(ticket)
    for network, depth in ((ticket.target, 1), (cut, 2)):
        for sx, sy in product((1, -1), repeat=2):
            at_zero = before_relu(network, depth, [0, 0])
            at_x, at_y = (before_relu(network, depth, point) for point in ([sx, 0], [0, sy]))
            lines += [
                ((x - o) * sx, (y - o) * sy, o) for o, x, y in zip(at_zero, at_x, at_y, strict=True)
            ]
    points = []
    for (a, b, c), (d, e, f) in combinations(set(lines), 2):
        det = a * e - b * d
        if det:
            x, y = Fraction(b * f - c * e) / det, Fraction(c * d - a * f) / det
            if low <= x <= high and low <= y <= high:
                points.append([x, y])
    return points


class TestLayers:
    """The closed form of one layer."""

    @pytest.mark.parametrize("construction", CONSTRUCTIONS)
    @pytest.mark.parametrize(("low", "high"), [(-1, 1), (0, 1), (-2, Fraction(-1, 3)), (0.5, 0.5)])
    def test_is_largest_over_corners_and_zeros(self, construction, low, high):
        """No corner of the box and no zero is worse than the closed form, and one is as bad."""
        bias = construction != "parallel"
        target = dense_network([drawn(np.random.default_rng(1), 2, 3)], [[0.25, -1]] * bias or None)
        ticket = build_ticket(target, construction, n=6, seed=2)
        points = list(corners_and_zeros([Fraction(low)] * 3, [Fraction(high)] * 3))
        by_output = [max(abs(errors_of(ticket, p)[o]) for p in points) for o in range(2)]
        assert list(worst_layer_error(ticket, 0, low=low, high=high).by_output) == by_output

    @pytest.mark.parametrize("name", BASES)
    def test_holds_for_every_basis(self, name):
        """A layer of any basis, with a skip, has the supremum that its corners and zeros have."""
        layer = one_layer(
            name, 3, channels=(1, 1), skip=int(name not in ("convolution", "strided"))
        )
        ticket = build_ticket(Network(layers=(layer,)), "pensia", n=7, seed=4)
        count = layer.num_inputs
        lows, highs = [-1, *[0] * (count - 1)], [2, *[Fraction(1, 2)] * (count - 1)]
        points = corners_and_zeros([Fraction(a) for a in lows], [Fraction(b) for b in highs])
        worst = worst_layer_error(ticket, 0, low=lows, high=highs)
        assert worst.largest == worst_of(ticket, points)

    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 10**6), st.sampled_from(CONSTRUCTIONS))
    def test_witness_attains_supremum(self, seed, construction):
        """The error at the witness, of both networks as they run, is the supremum."""
        target = dense_target(seed, 3, 2, bias=construction != "parallel")
        ticket = build_ticket(target, construction, n=5, seed=seed)
        worst = worst_layer_error(ticket, 0, low=-0.75, high=1.5)
        assert worst_of(ticket, [worst.witness]) == worst.largest

    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 10**6), st.booleans())
    def test_ball_bounds_every_point_of_unit_ball(self, seed, bias):
        """The squared norm of the error is below the bound everywhere in the unit ball."""
        ticket = build_ticket(dense_target(seed, 3, 2, bias=bias), "pensia", n=3, seed=seed)
        rng = np.random.default_rng(seed)
        directions = rng.normal(size=(12, 3))
        directions /= np.linalg.norm(directions, axis=1)[:, None] * (1 + 2**-40)
        ball = worst_layer_error(ticket, 0).ball
        points = [[0, 0, 0], [1, 0, 0], [0, -1, 0], *directions.tolist()]
        assert all(sum(e * e for e in errors_of(ticket, point)) <= ball for point in points)

    def test_ball_holds_error_of_bias(self):
        """Without weights the error is that of the bias, wherever the input is."""
        target = dense_network([[[0.0]]], [[0.75]])
        ticket = build_ticket(target, "pensia", n=2, seed=1)
        (error,) = errors_of(ticket, [0])
        assert worst_layer_error(ticket, 0).ball == error**2 > 0

    def test_ball_is_frobenius_norm_of_larger_sides(self):
        """Without biases the bound is the sum of squares of the worse side of each weight."""
        ticket = build_ticket(dense_target(5, 3, 2, bias=False), "pensia", n=4, seed=1)
        units = [[errors_of(ticket, [s * (i == j) for j in range(3)]) for s in (1, -1)]
                 for i in range(3)]  # fmt: skip
        squares = sum(max(abs(p), abs(m)) ** 2 for a, b in units for p, m in zip(a, b, strict=True))
        assert worst_layer_error(ticket, 0).ball == squares

    def test_targets_off_any_coarse_grid_are_exact(self):
        """Weights as small as 2**-900 change the supremum by what they are."""
        target = dense_network([[[2.0**-900, 1 / 3]]])
        ticket = build_ticket(target, "otsuka", n=8, seed=1, rule=SizeRule(rule="any"))
        assert worst_layer_error(ticket, 0).largest == worst_of(ticket, product((-1, 1), repeat=2))

    @pytest.mark.parametrize("layer", [-1, 1, True, "0"])
    def test_refuses_layer_that_is_not_there(self, layer):
        """A number of no layer is answered with those there are."""
        ticket = build_ticket(dense_target(0, 2, 1), "pensia", n=4, seed=1)
        with pytest.raises(ProblemError, match=r"layers of this ticket are 0\.\.0"):
            worst_layer_error(ticket, layer)

    def test_refuses_copies_of_neurons(self):
        """Copies have errors of their own; the construction is named."""
        ticket = build_ticket(dense_target(0, 2, 2, 1), "burkholz", n=4, seed=1)
        with pytest.raises(ProblemError, match="burkholz"):
            worst_layer_error(ticket, 0)


class TestBracket:
    """Both methods for a network, against the true supremum where it can be enumerated."""

    @pytest.mark.parametrize("construction", ["pensia", "otsuka", "nonnegative", "pooled"])
    @pytest.mark.parametrize("widths", [(1, 3, 1), (1, 3, 3, 2)])
    def test_closes_on_line(self, construction, widths):
        """For one input the supremum lies between the ends, a millionth apart."""
        ticket = build_ticket(dense_target(7, *widths), construction, n=5, seed=3)
        truth = worst_of(ticket, line_points(ticket, -1, 2))
        case = worst_network_error(ticket, low=-1, high=2, method="program", samples=16)
        assert case.lower <= truth <= case.upper <= case.lower * (1 + GAP)

    @pytest.mark.parametrize("construction", ["pensia", "otsuka"])
    @pytest.mark.parametrize(("low", "high"), [(-1, 1), (0, 1)])
    def test_closes_on_plane(self, construction, low, high):
        """For two inputs and a hidden layer it does, too."""
        ticket = build_ticket(dense_target(11, 2, 3, 1), construction, n=5, seed=3)
        truth = worst_of(ticket, plane_points(ticket, low, high))
        case = worst_network_error(ticket, low=low, high=high, method="program", samples=16)
        assert case.lower <= truth <= case.upper <= case.lower * (1 + GAP)

    @settings(max_examples=12, deadline=None)
    @given(st.integers(0, 10**6), st.sampled_from(["pensia", "malach", "orseau", "otsuka"]))
    def test_propagation_holds_supremum_on_line(self, seed, construction):
        """Intervals bracket the supremum of a network of one input."""
        ticket = build_ticket(dense_target(seed, 1, 3, 2, 1), construction, n=4, seed=seed)
        case = worst_network_error(ticket, samples=16)
        assert case.lower <= worst_of(ticket, line_points(ticket, -1, 1)) <= case.upper

    def test_closes_around_tiny_errors(self):
        """With errors near 1e-9 the supremum may hide where the networks bend one after another."""
        ticket = build_ticket(dense_target(2, 2, 3, 1, bias=False), "otsuka", n=34, seed=1)
        truth = worst_of(ticket, plane_points(ticket, -1, 1))
        case = worst_network_error(ticket, method="program", samples=16)
        assert truth < Fraction(1, 10**7)
        assert case.lower <= truth <= case.upper <= case.lower * (1 + GAP)

    def test_single_layer_needs_no_program(self):
        """For one layer intervals are the closed form, to the last bit."""
        ticket = build_ticket(dense_target(5, 3, 2), "pensia", n=5, seed=1)
        case = worst_network_error(ticket, low=-1, high=0.5)
        assert case.upper == worst_layer_error(ticket, 0, low=-1, high=0.5).largest

    def test_single_relaxation_is_exact_for_one_layer(self):
        """The polygon over the bend of an input has its corners on the truth: no branching."""
        ticket = build_ticket(dense_target(5, 3, 1), "pensia", n=5, seed=1)
        pair = pair_of(ticket, -1, 1)
        truth = worst_layer_error(ticket, 0).largest
        bounds = []
        for sign in (1, -1):
            relaxation = relax(pair, propagate(pair, {}), {}, 0, sign)
            bounds.append(bound_by(relaxation, propose(relaxation)))
        assert truth <= max(bounds) <= truth * (1 + Fraction(1, 10**9))

    @pytest.mark.parametrize("method", ["propagation", "program"])
    @pytest.mark.parametrize("name", ["convolution", "cyclic", "quarter turns", "sets"])
    def test_no_sample_is_above_for_any_basis(self, method, name):
        """Two layers of a basis, with skips over one and two of them and ReLUs in every place."""
        features = BASES[name].shape[2]
        first = one_layer(name, 1, channels=(1, 2), relu=True)
        if BASES[name].shape[1] == features:
            layers = (first, one_layer(name, 2, channels=(2, 1), relu=True, skip=2))
            layers += (one_layer(name, 3, channels=(1, 1), relu=False, skip=1),)
        else:
            rng = np.random.default_rng(2)
            dense = drawn(rng, 2, first.num_outputs, 1)
            layers = (first, Layer(coefficients=dense, basis=unit_basis(), relu=True))
        ticket = build_ticket(Network(layers=layers), "ferbach", n=6, seed=4)
        assert_no_sample_is_above(ticket, method, {"nodes": 25} if method == "program" else {})

    @pytest.mark.parametrize("method", ["propagation", "program"])
    def test_no_sample_is_above_without_relus(self, method):
        """Layers without a ReLU hand on negative values, where the other side's errors count."""
        layers = tuple(one_layer("dense", seed, channels=(2, 2), relu=False) for seed in (1, 2))
        ticket = build_ticket(Network(layers=layers), "pensia", n=5, seed=4)
        assert_no_sample_is_above(ticket, method, {})

    def test_box_of_one_point_is_its_error(self):
        """A box without width holds one input, and both ends are its error."""
        ticket = build_ticket(dense_target(5, 2, 3, 1), "pensia", n=5, seed=1)
        point = [Fraction(1, 4), Fraction(-3, 4)]
        case = worst_network_error(ticket, low=point, high=point, method="program")
        assert case.lower == case.upper == worst_of(ticket, [point])

    def test_pairs_compute_what_networks_compute(self):
        """Errors from the pair of networks are those of both networks as they run."""
        layers = (one_layer("cyclic", 1, relu=True), one_layer("cyclic", 2, relu=True, skip=1))
        ticket = build_ticket(Network(layers=layers), "pensia", n=5, seed=4)
        point = [Fraction(k, 8) for k in (-5, 3, 8, -1, 0, 2)]
        assert errors_at(pair_of(ticket, -1, 1), point) == errors_of(ticket, point)

    def test_lower_end_is_error_at_witness(self):
        """The witness lies in the box and has the error that is told."""
        ticket = build_ticket(dense_target(9, 2, 4, 2), "pensia", n=5, seed=1)
        case = worst_network_error(ticket, low=0, high=[1, 0.5], method="program", samples=4)
        inside = all(0 <= x <= b for x, b in zip(case.witness, (1, 0.5), strict=True))
        assert (case.lower, inside) == (worst_of(ticket, [case.witness]), True)

    def test_layers_bound_hidden_errors(self):
        """After each layer no sample is further off than that layer's bound."""
        ticket = build_ticket(dense_target(9, 2, 4, 3, 2), "pensia", n=5, seed=1)
        case = worst_network_error(ticket, samples=8)
        cut, points = ticket_network(ticket), np.random.default_rng(0).uniform(-1, 1, (4000, 2))
        for k, bound in enumerate(case.by_layer):
            ends = Network(layers=ticket.target.layers[: k + 1]), cut.layers[: 2 * k + 2]
            apart = run(ends[0], points) - run(Network(layers=ends[1]), points)
            assert 0 < np.abs(apart).max() <= float(bound) * (1 + 1e-12)


def assert_no_sample_is_above(ticket, method, limits):
    """Sample the box densely, its corners included, and compare with both ends."""
    case = worst_network_error(ticket, method=method, samples=32, **limits)
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (20_000, ticket.target.num_inputs))
    points[:8000] = np.sign(points[:8000])
    apart = run(ticket.target, points) - run(ticket_network(ticket), points)
    assert np.abs(apart).max() <= float(case.upper) * (1 + 1e-12)
    assert 0 < case.lower <= case.upper


def bent_target(seed):
    """Three layers with a negative hand-over, skips over one and two layers, and a last ReLU."""
    return Network(
        layers=(
            one_layer("cyclic", seed, channels=(1, 2), relu=False),
            one_layer("cyclic", seed + 1, channels=(2, 1), relu=True, skip=2),
            one_layer("cyclic", seed + 2, channels=(1, 1), relu=True, skip=1),
        )
    )


def lived(relaxation, point):
    """What every variable of a relaxation is at one input: rows say it, or a ReLU."""
    unit = 1 << relaxation.weight_bits
    real = Fraction(1, 1 << relaxation.value_bits)
    bends = {bend.variable: bend for bend in relaxation.bends}
    rows = {max(row.terms): row for row in relaxation.equalities}
    values = list(point)
    while len(values) < len(relaxation.lows):
        variable = len(values)
        if variable in bends:
            bend = bends[variable]
            true, gap = (sum(t * values[v] for v, t in s.items()) for s in (bend.true, bend.gap))
            values.append(
                {
                    "value": max(true, 0),
                    "cut": max(true + gap, 0),
                    "gap": max(true + gap, 0) - max(true, 0),
                }[bend.kind]
            )
        else:
            # An output's value and its error are made together; each row holds one of them.
            row = rows[variable]
            rest = sum(Fraction(t, unit) * values[v] for v, t in row.terms.items() if v != variable)
            values.append((row.limit * real - rest) / Fraction(row.terms[variable], unit))
    return values


def lying(relaxation, *, seconds=None):
    """Multipliers and a point out of thin air."""
    rng = np.random.default_rng(len(relaxation.lows))
    units = rng.integers(-(2**40), 2**40, len(relaxation.equalities)).tolist()
    units += rng.integers(0, 2**40, len(relaxation.inequalities)).tolist()
    return Proposal(
        multipliers=tuple(int(u) << 82 for u in units),
        point=tuple(rng.uniform(-9, 9, len(relaxation.lows)).tolist()),
    )


def denying(relaxation, *, seconds=None):
    """Say that nothing is feasible, without a proof."""
    count = len(relaxation.equalities) + len(relaxation.inequalities)
    return Proposal(multipliers=(0,) * count, point=None)


def failing(relaxation, *, seconds=None):
    """Say nothing."""
    return None


class TestProofs:
    """What a solver says is never believed."""

    @pytest.mark.parametrize("solver", [lying, denying, failing])
    def test_wrong_solver_proves_nothing_wrong(self, monkeypatch, solver):
        """Whatever the solver says, the supremum stays below the upper end."""
        ticket = build_ticket(dense_target(7, 1, 3, 1), "pensia", n=5, seed=3)
        truth = worst_of(ticket, line_points(ticket, -1, 1))
        monkeypatch.setattr(branching, "propose", solver)
        case = worst_network_error(ticket, method="program", samples=4, nodes=300)
        assert case.lower <= truth <= case.upper

    @settings(max_examples=20, deadline=None)
    @given(st.integers(0, 10**6), st.floats(0, 4))
    def test_any_multipliers_give_bound(self, seed, noise):
        """Whatever the multipliers, no input has an error above their bound."""
        ticket = build_ticket(dense_target(13, 2, 3, 2), "pensia", n=5, seed=1)
        pair = pair_of(ticket, -1, 1)
        relaxation = relax(pair, propagate(pair, {}), {}, 1, -1)
        said = propose(relaxation)
        rng = np.random.default_rng(seed)
        factors = np.exp2(rng.normal(0, noise, len(said.multipliers)))
        moved = [int(y * Fraction(f)) for y, f in zip(said.multipliers, factors, strict=True)]
        bound = bound_by(relaxation, Proposal(multipliers=tuple(moved), point=said.point))
        points = rng.integers(-8, 9, (8, 2))
        assert all(-errors_at(pair, [Fraction(int(x), 8) for x in p])[1] <= bound for p in points)

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 10**6), st.sampled_from(["pensia", "otsuka", "nonnegative"]))
    def test_networks_keep_every_row(self, seed, construction):
        """At any input all rows and bounds hold and the objective is the error, phases or not."""
        ticket = build_ticket(bent_target(seed), construction, n=3, seed=seed)
        pair, rng = pair_of(ticket, -1, 1), np.random.default_rng(seed)
        phases, output, sign = {}, int(rng.integers(3)), int(rng.choice([-1, 1]))
        point = [Fraction(int(x), 8) for x in rng.integers(-8, 9, 3)]
        while True:
            made = relax(pair, propagate(pair, phases), phases, output, sign)
            values = lived(made, point)
            reals = [Fraction(1, 1 << bits) for bits in (made.weight_bits, made.value_bits)]
            for value, low, high in zip(values, made.lows, made.highs, strict=True):
                assert low * reals[1] <= value <= high * reals[1]
            for row in made.inequalities:
                at_point = sum(t * values[v] for v, t in row.terms.items())
                assert at_point * reals[0] <= row.limit * reals[1]
            objective = sum(t * values[v] for v, t in made.costs.items())
            assert objective == sign * errors_of(ticket, point)[output]
            if not made.bends:
                break
            bend = made.bends[int(rng.integers(len(made.bends)))]
            true, gap = (sum(t * values[v] for v, t in s.items()) for s in (bend.true, bend.gap))
            side = true if bend.switch[0] == "target" else true + gap
            phases = {**phases, bend.switch: 1 if side >= 0 else -1}

    @settings(max_examples=60, deadline=None)
    @given(*[st.tuples(st.integers(-9, 9), st.integers(-9, 9)).map(sorted)] * 2)
    def test_polygons_hold_every_pair_of_values(self, trues, gaps):
        """Whatever a value and its error are within their intervals, their ReLUs are allowed."""
        true, gap = (
            Interval(low=np.array([a], object), high=np.array([b], object))
            for a, b in (trues, gaps)
        )
        before = Triple(true=true, cut=true + gap, gap=gap)
        zero = Interval(low=np.array([0], object), high=np.array([0], object))
        after = Triple(
            true=Interval(low=np.maximum(true.low, 0), high=np.maximum(true.high, 0)),
            cut=zero,  # asked by nobody
            gap=Interval(low=np.minimum(gap.low, 0), high=np.maximum(gap.high, 0)),
        )
        made = empty_relaxation(weight_bits=20, value_bits=20)
        x, d = (add_variable(made, each, 0) for each in (true, gap))
        passage = Passage(entering=before, before=before, after=after)
        _, error = add_relu(made, 0, passage, {}, 0, {x: 1}, {d: 1})
        for t, g in product(range(trues[0], trues[1] + 1), range(gaps[0], gaps[1] + 1)):
            values = lived(made, [Fraction(t, 2**20), Fraction(g, 2**20)])
            for row in made.inequalities:
                assert sum(k * values[v] for v, k in row.terms.items()) <= row.limit
            for value, low, high in zip(values, made.lows, made.highs, strict=True):
                assert low <= value * 2**20 <= high
            assert sum(k * values[v] for v, k in error.items()) * 2**20 == max(t + g, 0) - max(t, 0)

    def test_negative_multiplier_of_inequality_is_refused(self):
        """A multiplier of the wrong sign proves nothing and is no bound."""
        ticket = build_ticket(dense_target(13, 2, 3, 2), "pensia", n=5, seed=1)
        pair = pair_of(ticket, -1, 1)
        relaxation = relax(pair, propagate(pair, {}), {}, 1, -1)
        said = propose(relaxation)
        wrong = (*said.multipliers[:-1], -1)
        with pytest.raises(ValueError, match="is an inequality"):
            bound_by(relaxation, Proposal(multipliers=wrong, point=said.point))

    def test_variable_that_is_zero_hides_no_tiny_ones(self):
        """A row with a variable that is always zero still bounds its tiny ones: x = y/2."""
        tiny = 2**20
        relaxation = Relaxation(
            lows=[0, 0, 0], highs=[0, tiny, tiny], costs={1: 1}, inequalities=[], bends=[],
            equalities=[Row(terms={0: 2, 1: 2, 2: -1}, limit=0)], weight_bits=1, value_bits=60,
        )  # fmt: skip
        half = Fraction(tiny, 2**61)
        assert half <= bound_by(relaxation, propose(relaxation)) <= half * (1 + GAP)

    def test_impossible_rows_are_proven_impossible(self):
        """Two rows no point meets, x <= 1/4 and x >= 1/2, give a bound below zero."""
        relaxation = Relaxation(
            lows=[0], highs=[8], costs={0: 1}, equalities=[], bends=[], weight_bits=0,
            value_bits=3, inequalities=[Row(terms={0: 1}, limit=2), Row(terms={0: -1}, limit=-4)],
        )  # fmt: skip
        said = propose(relaxation)
        assert said.point is None
        assert bound_by(relaxation, said) < 0

    @pytest.mark.parametrize("nodes", [0, 1, 3])
    def test_limits_leave_honest_bound(self, nodes):
        """Stopped early, the upper end is still one, and the limit is named."""
        ticket = build_ticket(dense_target(7, 1, 4, 3, 1), "pensia", n=4, seed=3)
        case = worst_network_error(ticket, method="program", samples=4, nodes=nodes)
        truth = worst_of(ticket, line_points(ticket, -1, 1))
        assert (case.stop, case.nodes) == (Stop.NODES, nodes)
        assert case.lower <= truth <= case.upper

    def test_interrupted_search_leaves_honest_bound(self, monkeypatch):
        """Ctrl-C in the middle of a node leaves the bound of that node in place."""
        ticket = build_ticket(dense_target(7, 1, 4, 3, 1), "pensia", n=4, seed=3)
        asked = []

        def interrupting(relaxation, *, seconds=None):
            asked.append(relaxation)
            if len(asked) > 2:
                raise KeyboardInterrupt
            return propose(relaxation, seconds=seconds)

        monkeypatch.setattr(branching, "propose", interrupting)
        case = worst_network_error(ticket, method="program", samples=4)
        truth = worst_of(ticket, line_points(ticket, -1, 1))
        assert (case.stop, case.nodes) == (Stop.INTERRUPTED, 2)
        assert case.lower <= truth <= case.upper

    def test_no_time_is_intervals_alone(self):
        """With no time at all the upper end is that of propagation."""
        ticket = build_ticket(dense_target(7, 2, 4, 2), "pensia", n=4, seed=3)
        case = worst_network_error(ticket, method="program", samples=4, seconds=0)
        assert (case.stop, case.upper) == (Stop.SECONDS, worst_network_error(ticket).upper)

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"low": 1, "high": 0}, "empty"),
            ({"low": math.nan}, "low"),
            ({"low": -math.inf}, "low"),
            ({"high": "one"}, "high"),
            ({"low": [0]}, "2 inputs need"),
            ({"method": "guess"}, "propagation and program"),
            ({"seconds": 1}, "for the program"),
            ({"method": "program", "nodes": -1}, "nodes must be"),
            ({"gap": -1}, "gap must be"),
            ({"samples": -1}, "samples must be"),
        ],
    )
    def test_refuses_bad_questions(self, options, words):
        """What cannot be asked is refused in one line."""
        ticket = build_ticket(dense_target(7, 2, 1), "pensia", n=4, seed=3)
        with pytest.raises((ProblemError, GridError), match=words):
            worst_network_error(ticket, **options)

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.parametrize("construction", ["pensia", "otsuka", "nonnegative"])
    def test_closes_on_larger_networks(self, seed, construction):
        """Three inputs and fourteen hidden neurons: closed, and dense samples stay below."""
        ticket = build_ticket(dense_target(seed, 3, 8, 6, 2), construction, n=12, seed=seed)
        case = worst_network_error(ticket, method="program")
        points = np.random.default_rng(seed).uniform(-1, 1, (200_000, 3))
        points[:40_000] = np.sign(points[:40_000])
        apart = run(ticket.target, points) - run(ticket_network(ticket), points)
        assert case.stop is Stop.FINISHED
        assert np.abs(apart).max() <= float(case.upper)
        assert case.upper <= case.lower * (1 + GAP)
