"""Every construction, run as a network, is what its subset sums promise: in exact rationals."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, permutations, product
from math import log

import numpy as np
import pytest

from slth_opt.constructions import CONSTRUCTIONS, construction_named
from slth_opt.errors import ProblemError
from slth_opt.layouts import draw_layers, layers_of, refuse_fans, split_branches
from slth_opt.networks import (
    Fan,
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
from slth_opt.networks.bases import quarter_turn
from slth_opt.size_rules import SizeRule
from slth_opt.sources import draw_hyperbolic, draw_uniform, generator
from slth_opt.tickets import BIAS, build_ticket, ticket_network

NAMES = [construction.name for construction in CONSTRUCTIONS]


def drawn(seed, *shape):
    """Draw multiples of 1/64 from -1/2 to 1/2."""
    return np.random.default_rng(seed).integers(-32, 33, shape) / 64


def layer(seed, outputs, inputs, basis, *, biased=False, relu=True, skip=0):
    return Layer(
        coefficients=drawn(seed, outputs, inputs, len(basis)),
        basis=basis,
        bias=drawn(seed + 50, outputs) if biased else None,
        relu=relu,
        skip=skip,
    )


def of(*layers):
    return Network(layers=layers)


ONE = unit_basis()
TARGETS = {
    "dense": dense_network([drawn(1, 3, 4), drawn(2, 2, 3)]),
    "one layer": dense_network([drawn(3, 2, 3)]),
    "biased": dense_network([drawn(4, 3, 3), drawn(5, 2, 3)], [drawn(6, 3), drawn(7, 2)]),
    "no relu between": of(layer(8, 2, 3, ONE, relu=False), layer(9, 2, 2, ONE, relu=False)),
    "convolution 1-D": of(
        layer(10, 2, 1, shifts_1d(4, 3, stride=2, padding=1), biased=True),
        layer(11, 1, 4, ONE, relu=False),
    ),
    "convolution 2-D": of(
        layer(12, 2, 1, shifts_2d(2, 2, 2, stride=1, padding=1)),
        layer(13, 1, 2, shifts_2d(3, 3, 3, stride=2), relu=False),
    ),
    "skips one": of(layer(14, 3, 3, ONE, skip=1), layer(15, 2, 3, ONE, relu=False)),
    "skips two": of(
        layer(16, 2, 3, ONE),
        layer(17, 3, 2, ONE, relu=False, skip=2),
        layer(18, 2, 3, ONE, relu=False),
    ),
    "cyclic": of(
        layer(19, 2, 1, cyclic_basis(4), biased=True), layer(20, 1, 2, cyclic_basis(4), relu=False)
    ),
    "rotations": of(
        layer(21, 1, 1, rotation_basis(2)), layer(22, 1, 1, rotation_basis(2), relu=False)
    ),
    "sets": of(
        layer(23, 2, 1, set_basis(3), biased=True), layer(24, 2, 2, set_basis(3), relu=False)
    ),
}

POSSIBLE = [
    pytest.param(name, kind, id=f"{name}-{kind}")
    for name in NAMES
    for kind, target in TARGETS.items()
    if construction_named(name).refuse(target) is None
]


def built(name, kind, n=4, seed=1, **facts):
    return build_ticket(TARGETS[kind], name, n=n, seed=seed, **facts)


# The promise, by loops over sources and masks: nothing of a part but its masks is read.


def subset_sums(ticket, k, branch_name):
    """Return {(output, input, map): sum} of a branch of layer k, outputs counted with copies."""
    source = ticket.sources[k]
    (part,) = (p for p in ticket.parts if (p.layer, p.branch) == (k, branch_name))
    (branch,) = (b for b in source.branches if b.name == branch_name)
    outputs, inputs, maps, _ = source.second.shape
    sums = {}
    for row, (o, i, m) in enumerate(product(range(outputs), range(inputs), range(maps))):
        total = Fraction(0)
        for r in range(branch.first, branch.last):
            if part.choice.masks[row, r - branch.first]:
                into = 1 if source.first is None else Fraction(float(source.first[i, r]))
                alive = branch.sign == 0 or into * branch.sign > 0
                total += into * Fraction(float(source.second[o, i, m, r])) if alive else 0
        sums[o, i, m] = total
    return sums


def bias_sums(ticket, k):
    """Return the bias of every output of layer k, copies and all."""
    source = ticket.sources[k]
    found = [p for p in ticket.parts if (p.layer, p.branch) == (k, BIAS)]
    if not found:
        return [Fraction(0)] * len(source.second)
    return [
        sum(
            max(Fraction(float(source.first_constant[r])), Fraction(0))
            * Fraction(float(source.second_constant[o, r]))
            for r in range(source.second_constant.shape[1])
            if found[0].choice.masks[o, r]
        )
        for o in range(len(source.second))
    ]


def copied_sums(ticket, k, entered):
    """Return what layer k sums up where each candidate is a copy of an input: channels of it."""
    source, basis = ticket.sources[k], layers_of(ticket.target)[k].basis
    (part,) = (p for p in ticket.parts if (p.layer, p.branch) == (k, "whole"))
    outputs, inputs, maps, width = source.second.shape
    sums = [[Fraction(0)] * basis.shape[1] for _ in range(outputs)]
    for row, (o, i, m) in enumerate(product(range(outputs), range(inputs), range(maps))):
        for r in range(width):
            if part.choice.masks[row, r]:
                weight = Fraction(float(source.second[o, i, m, r]))
                for out, into in np.argwhere(basis[m]).tolist():
                    sums[o][out] += weight * entered[i * width + r][into]
    return sums


def coefficient_sums(ticket, k, entered):
    """Return what layer k sums up where every branch is a coefficient for one side of zero."""
    source, basis = ticket.sources[k], layers_of(ticket.target)[k].basis
    sums = [[Fraction(0)] * basis.shape[1] for _ in range(len(source.second))]
    for branch in source.branches:
        for (o, i, m), weight in subset_sums(ticket, k, branch.name).items():
            for out, into in np.argwhere(basis[m]).tolist():
                x = entered[i][into]
                side = {"plus": max(x, 0), "minus": min(x, 0), "whole": x}[branch.name]
                sums[o][out] += weight * side
    return sums


def promised(ticket, point):
    """Return the outputs that the subset sums promise for one input."""
    first = layers_of(ticket.target)[0].basis.shape[2]
    x = [list(point[i : i + first]) for i in range(0, len(point), first)]
    entered = []
    for k, target in enumerate(layers_of(ticket.target)):
        features = target.basis.shape[2]
        if len(x[0]) != features:  # a layer may read the features of channels as channels
            values = [value for channel in x for value in channel]
            x = [values[i : i + features] for i in range(0, len(values), features)]
        entered.append(x)
        add = copied_sums if ticket.sources[k].first is None else coefficient_sums
        biases = bias_sums(ticket, k)
        y = [
            [value + bias for value in channel]
            for channel, bias in zip(add(ticket, k, x), biases, strict=True)
        ]
        if target.skip:
            before = entered[-target.skip]
            y = [
                [a + b for a, b in zip(*pair, strict=True)] for pair in zip(y, before, strict=True)
            ]
        x = [[max(value, Fraction(0)) for value in row] for row in y] if target.relu else y
    return [value for channel in x for value in channel]


def sign_patterns(count, seed):
    """Return a point of every sign pattern without zeros, and a few with some."""
    rng = np.random.default_rng(seed)
    signs = [*product((-1, 1), repeat=count), [0] * count, [0, *[-1] * (count - 1)]]
    return [
        [
            s * Fraction(int(size), 7)
            for s, size in zip(row, rng.integers(1, 30, count), strict=True)
        ]
        for row in signs
    ]


@pytest.mark.parametrize(("name", "kind"), POSSIBLE)
def test_the_masked_source_computes_what_its_subset_sums_promise(name, kind):
    """Run in rationals on all sign patterns, the pruned network is the network of its sums."""
    ticket = built(name, kind, n=3)
    cut = ticket_network(ticket)
    for point in sign_patterns(TARGETS[kind].num_inputs, seed=2):
        assert run_exactly(cut, point) == promised(ticket, point)


@pytest.mark.parametrize(("name", "kind"), POSSIBLE)
def test_errors_are_the_distances_of_the_sums(name, kind):
    """The error of every weight is its distance from its sum, to the last bit."""
    ticket = built(name, kind)
    for part in ticket.parts:
        target = layers_of(ticket.target)[part.layer]
        copies = ticket.sources[part.layer].copies
        if part.branch == BIAS:
            sums = dict(enumerate(bias_sums(ticket, part.layer)))
            goals = {o: target.bias[o // copies] for o in sums}
        else:
            sums = subset_sums(ticket, part.layer, part.branch)
            goals = {(o, i, m): target.coefficients[o // copies, i, m] for o, i, m in sums}
        unit = Fraction(1, 2**part.choice.exponent)
        expected = [abs(sums[at] - Fraction(float(goals[at]))) for at in sums]
        assert [int(e) * unit for e in part.choice.error_units] == expected


@pytest.mark.parametrize(
    ("name", "size"),  # pooled sides share a size; test_thin_pools has that
    [(name, size) for name in NAMES for size in (None, 2) if (name, size) != ("pooled", 2)],
)
def test_no_subset_is_better(name, size):
    """Against all subsets of products multiplied here, each weight has the least error."""
    rule = SizeRule(rule="any") if size is None else SizeRule(rule="exactly", size=size)
    ticket = built(name, "dense", rule=rule, method="exact")
    sizes = range(5) if size is None else [size]
    for part in ticket.parts:
        source = ticket.sources[part.layer]
        (branch,) = (b for b in source.branches if b.name == part.branch)
        outputs, inputs, maps, _ = source.second.shape
        for row, (o, i, m) in enumerate(product(range(outputs), range(inputs), range(maps))):
            pool = [
                float(source.second[o, i, m, r])
                * (1.0 if source.first is None else float(source.first[i, r]))
                * (not branch.sign or source.first[i, r] * branch.sign > 0)
                for r in range(branch.first, branch.last)
            ]
            goal = Fraction(float(part.targets[row]))
            best = min(
                abs(sum(map(Fraction, chosen)) - goal)
                for k in (range(len(pool) + 1) if size is None else sizes)
                for chosen in combinations(pool, k)
            )
            assert Fraction(int(part.choice.error_units[row]), 2**part.choice.exponent) == best


GROUPS = {
    "cyclic": [[(f + g) % 4 for f in range(4)] for g in range(4)],
    "rotations": [list(range(4)), quarter_turn(2)],
    "sets": [list(p) for p in permutations(range(3))],
}
while len(GROUPS["rotations"]) < 4:
    GROUPS["rotations"].append([quarter_turn(2)[f] for f in GROUPS["rotations"][-1]])


@pytest.mark.parametrize(
    ("name", "kind"), [known for known in POSSIBLE if known.values[1] in GROUPS]
)
def test_equivariant_tickets_commute_with_their_group(name, kind):
    """Moving the input by any group element moves the output by it, exactly."""
    cut = ticket_network(built(name, kind))
    features = len(GROUPS[kind][0])

    def moved(values, p):
        return [values[c + f] for c in range(0, len(values), features) for f in p]

    x = [Fraction(v, 5) for v in np.random.default_rng(3).integers(-9, 9, cut.num_inputs).tolist()]
    y = run_exactly(cut, x)
    assert [run_exactly(cut, moved(x, p)) for p in GROUPS[kind]] == [
        moved(y, p) for p in GROUPS[kind]
    ]


@pytest.mark.parametrize(("name", "kind"), POSSIBLE)
def test_single_precision_computes_the_same(name, kind):
    """In float32 a ticket gives what it gives in float64, but for rounding."""
    cut = ticket_network(built(name, kind))
    x = np.random.default_rng(4).uniform(-1, 1, (20, cut.num_inputs)).astype(np.float32)
    double, single = run(cut, x), run(cut, x, dtype="float32")
    assert np.abs(double - single).max() < 2e-6


# Sources.


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_draws_one_source(name):
    """Whatever the rule and the method, the same seed draws the same source; another does not."""
    asked = [
        {"rule": SizeRule(rule="any"), "method": "exact"},
        {"rule": SizeRule(rule="any"), "method": "draws"},
        {"rule": SizeRule(rule="smallest", tolerance=Fraction(1, 50)), "method": "greedy"},
        {"rule": SizeRule(rule="budget", most=9), "method": "exact"},
    ]
    digests = {
        tuple(source.digest for source in built(name, "dense", **facts).sources) for facts in asked
    }
    other = tuple(source.digest for source in built(name, "dense", seed=2).sources)
    assert len(digests) == 1
    assert other not in digests


@pytest.mark.parametrize(("name", "kind"), POSSIBLE)
def test_sources_are_single_precision_on_their_grid(name, kind):
    """Every number drawn is a float32, a multiple of 2^-23, and at most 1."""
    for source in built(name, kind).sources:
        drawn_here = (source.first, source.second, source.first_constant, source.second_constant)
        for array in (a for a in drawn_here if a is not None):
            units = array.astype(np.float64) * 2**23
            assert array.dtype == np.float32
            assert (units == np.rint(units)).all()
            assert np.abs(array).max() <= 1


@pytest.mark.parametrize("name", NAMES)
def test_no_two_weights_share_their_second_weights(name):
    """Only the published code reuses numbers: one set for each output, shared by its weights."""
    source = built(name, "dense").sources[0]
    outputs, inputs, _, width = source.second.shape
    distinct = len(np.unique(source.second))
    assert distinct == outputs * width * (1 if name == "parallel" else inputs)


def test_half_of_split_candidates_are_zeros():
    """A fair coin decides whether the sign of a first weight is the wrong one for its side."""
    source = draw_layers(dense_network([np.full((2, 400), 0.1)]), generator(5), split_branches(30))
    for branch in source[0].branches:
        assert abs((source[0].products(branch) == 0).mean() - 0.5) < 0.02


def test_products_follow_their_law():
    """Of alive products the share within t is t (1 - log t), as for a product of uniforms."""
    (source,) = draw_layers(
        dense_network([np.full((2, 400), 0.1)]), generator(6), split_branches(50)
    )
    products = np.abs(source.products(source.branches[0]))
    alive = products[products > 0]
    for t in (0.05, 0.2, 0.5, 0.8):
        assert abs((alive <= t).mean() - t * (1 - log(t))) < 0.015


def test_a_uniform_part_is_in_the_products():
    """On [-1/2, 1/2] the density, zeros included, is nowhere below log(2) / 4."""
    (source,) = draw_layers(
        dense_network([np.full((20, 400), 0.1)]), generator(7), split_branches(50)
    )
    products = source.products(source.branches[1])
    counts, _ = np.histogram(products[products != 0], bins=10, range=(-0.5, 0.5))
    density = counts / products.size / 0.1
    assert density.min() > 0.97 * log(2) / 4
    assert density[0] < 1.2 * log(2) / 4 + 0.05  # at the edges it is just that


def test_uniform_numbers_reach_both_ends():
    """Ends on the grid are drawn, numbers beyond are not, and halves are balanced."""
    numbers = draw_uniform(generator(1), (4000,), -(2.0**-22), 2.0**-22)
    units, counts = np.unique(numbers * 2**23, return_counts=True)
    assert units.tolist() == [-2, -1, 0, 1, 2]
    assert counts.min() > 700


def test_hyperbolic_sizes_are_as_likely_at_every_scale():
    """Between 1/16 and 1 each factor of two holds a quarter, on either side of zero."""
    numbers = draw_hyperbolic(generator(2), (40000,))
    counts, _ = np.histogram(np.log2(np.abs(numbers)), bins=[-4, -3, -2, -1, 0.001])
    assert np.abs(counts / 40000 - 0.25).max() < 0.01
    assert abs((numbers < 0).mean() - 0.5) < 0.01


def test_the_published_code_draws_between_the_extreme_weights():
    """Numbers lie between the least and the largest weight of the whole target, and fill that."""
    target = dense_network([[[-0.25, 0.125]], [[0.5]]])
    for source in build_ticket(target, "parallel", n=400, seed=1, method="draws").sources:
        numbers = source.second
        assert -0.25 <= numbers.min() < -0.24
        assert 0.49 < numbers.max() <= 0.5


def test_copies_feed_the_next_layer():
    """Of n = 3 each hidden neuron is built three times, from weights of its own; outputs once."""
    ticket = built("burkholz", "dense", n=3)
    assert [source.copies for source in ticket.sources] == [3, 1]
    assert ticket.sources[0].second.shape == (9, 4, 1, 6)
    assert ticket.sources[1].second.shape == (2, 3, 1, 3)
    assert len(ticket_network(ticket).layers) == 3  # depth l + 1


@pytest.mark.parametrize("name", [n for n in NAMES if n != "burkholz"])
def test_other_tickets_are_twice_as_deep(name):
    """Every layer of the target becomes two."""
    layers = ticket_network(built(name, "dense")).layers
    assert [type(part) for part in layers] == [Fan, Layer, Fan, Layer]


def test_one_side_is_enough_for_non_negative_inputs():
    """With one side only, positive inputs give the sums and negative ones nothing."""
    ticket = build_ticket(dense_network([[[0.5, -0.25]]]), "nonnegative", n=12, seed=1)
    (part,) = ticket.parts
    cut = ticket_network(ticket)
    assert run_exactly(cut, [1, 2]) == [part.sums()[0] + 2 * part.sums()[1]]
    assert run_exactly(cut, [-1, -2]) == [0]


# Refusals.


@pytest.mark.parametrize("name", NAMES)
def test_a_fan_is_named(name):
    """What has no coefficients is refused with the number of its layer."""
    target = of(layer(1, 2, 2, ONE), Fan(weights=np.ones((2, 2)), features=1))
    with pytest.raises(ProblemError, match=f"'{name}' cannot build this target: layer 1 is a fan"):
        build_ticket(target, name, n=4, seed=1)
    with pytest.raises(ProblemError, match="layer 1 is a fan"):
        layers_of(target)
    assert refuse_fans(target) is not None


def test_copies_refuse_skips():
    """Depth l + 1 cannot carry a skip connection, and says in which layer it is."""
    with pytest.raises(ProblemError, match="layer 0 has a skip connection"):
        built("burkholz", "skips one")


def test_the_published_code_refuses_biases():
    """The published experiment has no biases; the layer that has is named."""
    with pytest.raises(ProblemError, match="layer 0 has biases"):
        built("parallel", "biased")


@pytest.mark.parametrize("weights", [[0.1, 0.1], [0.0, 0.0], [300.0, -2.0]])
def test_the_published_code_needs_a_range_to_draw_from(weights):
    """Equal weights leave nothing to draw from, and weights beyond 128 no single precision."""
    with pytest.raises(ProblemError, match=r"its weights lie in .*more than a point"):
        build_ticket(dense_network([[weights]]), "parallel", n=4, seed=1)


def test_an_unknown_construction_is_answered_with_the_known_ones():
    """All names are listed."""
    with pytest.raises(ProblemError, match=", ".join(NAMES)):
        construction_named("nosuch")


@pytest.mark.parametrize("seed", [1.0, "1", True, -1, None, np.float64(2)])
def test_a_seed_is_an_integer(seed):
    """Floats, texts, truth values and negative numbers are no seeds."""
    with pytest.raises(ProblemError, match="a seed is an integer >= 0"):
        built("pensia", "dense", seed=seed)


@pytest.mark.parametrize("n", [0, -3, 2.0, "4", True])
def test_n_is_a_positive_integer(n):
    """A weight without candidates, or with half a one, is refused."""
    with pytest.raises(ProblemError, match="n must be an integer >= 1"):
        built("pensia", "dense", n=n)
