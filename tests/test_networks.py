"""Networks do what the sums of their layers say, and orbit bases are all that commutes."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth_opt.errors import ProblemError
from slth_opt.networks import (
    Fan,
    Layer,
    Network,
    accuracy,
    cyclic_basis,
    dense_network,
    orbit_basis,
    rotation_basis,
    run,
    run_exactly,
    set_basis,
    shifts_1d,
    shifts_2d,
    unit_basis,
)
from slth_opt.networks.bases import quarter_turn

# The slow truth: one loop for each index, every number a Fraction.


def dense_by_hand(weights, bias, x):
    rows = zip(weights, bias, strict=True)
    return [b + sum(Fraction(w) * v for w, v in zip(row, x, strict=True)) for row, b in rows]


def convolved_1d(kernels, x, stride, padding):
    """Return the channels of a 1-D convolution: kernels[out][in][place], x[in][position]."""
    length, size = len(x[0]), len(kernels[0][0])
    out = []
    for kernel in kernels:
        channel = []
        for start in range(-padding, length + padding - size + 1, stride):
            total = Fraction(0)
            for i, row in enumerate(kernel):
                for place, weight in enumerate(row):
                    if 0 <= start + place < length:
                        total += Fraction(weight) * x[i][start + place]
            channel.append(total)
        out.append(channel)
    return out


def convolved_2d(kernels, x, stride, padding):
    """Return the channels of a 2-D convolution: kernels[out][in][row][column]."""
    height, width, size = len(x[0]), len(x[0][0]), len(kernels[0][0])
    out = []
    for kernel in kernels:
        image = []
        for top in range(-padding, height + padding - size + 1, stride):
            line = []
            for left in range(-padding, width + padding - size + 1, stride):
                total = Fraction(0)
                for i, j, k in product(range(len(x)), range(size), range(size)):
                    if 0 <= top + j < height and 0 <= left + k < width:
                        total += Fraction(kernel[i][j][k]) * x[i][top + j][left + k]
                line.append(total)
            image.append(line)
        out.append(image)
    return out


def relu(values):
    return [max(Fraction(0), value) for value in values]


def flat(nested):
    return [x for part in nested for x in (flat(part) if isinstance(part, list) else [part])]


def drawn(seed, *shape):
    """Draw multiples of 1/8 from -2 to 2: sums of a few products are exact in float64."""
    return np.random.default_rng(seed).integers(-16, 17, shape) / 8


def fractions_of(array):
    """Return an array as nested lists of Fractions."""
    return [Fraction(x) for x in array] if array.ndim == 1 else [fractions_of(x) for x in array]


def check(network, x, expected):
    """Compare a network, run exactly and in float64, with rationals by hand."""
    assert run_exactly(network, flat(fractions_of(x))) == expected
    assert [Fraction(y) for y in run(network, x.reshape(1, -1))[0].tolist()] == expected


def only(layer):
    return Network(layers=(layer,))


def test_a_dense_network_is_its_sums():
    """Two layers with biases: products, sums, a ReLU between them and none at the end."""
    one, other, b, c = drawn(1, 4, 3), drawn(2, 2, 4), drawn(3, 4), drawn(4, 2)
    x = drawn(5, 3)
    hidden = relu(dense_by_hand(one, fractions_of(b), fractions_of(x)))
    expected = dense_by_hand(other, fractions_of(c), hidden)
    check(dense_network([one, other], [b, c]), x, expected)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (1, 2), (3, 1)])
def test_a_1d_convolution_is_its_loops(stride, padding):
    """Three channels of a sequence through a convolution, a bias for each channel out."""
    kernels, x, bias = drawn(1, 2, 3, 3), drawn(2, 3, 7), drawn(3, 2)
    basis = shifts_1d(7, 3, stride=stride, padding=padding)
    channels = convolved_1d(kernels.tolist(), fractions_of(x), stride, padding)
    expected = [v + Fraction(b) for channel, b in zip(channels, bias, strict=True) for v in channel]
    check(only(Layer(coefficients=kernels, basis=basis, bias=bias, relu=False)), x, expected)


@pytest.mark.parametrize(
    ("height", "width", "stride", "padding"), [(5, 5, 1, 0), (4, 6, 2, 1), (3, 5, 1, 1)]
)
def test_a_2d_convolution_is_its_loops(height, width, stride, padding):
    """Two channels of an image through a 3 x 3 convolution, then a ReLU."""
    kernels, x = drawn(1, 3, 2, 3, 3), drawn(2, 2, height, width)
    basis = shifts_2d(height, width, 3, stride=stride, padding=padding)
    layer = Layer(coefficients=kernels.reshape(3, 2, 9), basis=basis)
    expected = convolved_2d(kernels.tolist(), fractions_of(x), stride, padding)
    check(only(layer), x, relu(flat(expected)))


def test_the_matrix_of_a_convolution_maps_unit_vectors_to_shifted_kernels():
    """Column by column, ``matrix`` is the convolution of one pixel."""
    kernels = drawn(7, 2, 1, 3, 3)
    basis = shifts_2d(4, 4, 3, stride=2, padding=1)
    matrix = Layer(coefficients=kernels.reshape(2, 1, 9), basis=basis).matrix()
    for pixel in range(16):
        image = [[[Fraction(int(4 * y + x == pixel)) for x in range(4)] for y in range(4)]]
        column = [Fraction(v) for v in matrix[:, pixel].tolist()]
        assert column == flat(convolved_2d(kernels.tolist(), image, 2, 1))


def test_a_skip_over_one_layer_adds_its_own_input_before_the_relu():
    """With skip 1 a layer computes relu(W x + x)."""
    weights, x = drawn(1, 3, 3), drawn(2, 3)
    layer = Layer(coefficients=weights[:, :, None], basis=unit_basis(), skip=1)
    mapped = dense_by_hand(weights, [Fraction(0)] * 3, fractions_of(x))
    expected = relu([a + b for a, b in zip(mapped, fractions_of(x), strict=True)])
    check(only(layer), x, expected)


def test_a_skip_over_two_layers_adds_the_input_of_the_first():
    """With skip 2 the block computes W relu(V x) + x."""
    first, second, x = drawn(3, 5, 3), drawn(4, 3, 5), drawn(5, 3)
    block = (
        Layer(coefficients=first[:, :, None], basis=unit_basis()),
        Layer(coefficients=second[:, :, None], basis=unit_basis(), relu=False, skip=2),
    )
    hidden = relu(dense_by_hand(first, [Fraction(0)] * 5, fractions_of(x)))
    mapped = dense_by_hand(second, [Fraction(0)] * 3, hidden)
    expected = [a + b for a, b in zip(mapped, fractions_of(x), strict=True)]
    check(Network(layers=block), x, expected)


def test_a_cyclic_layer_is_a_convolution_around_a_circle():
    """Coefficient b of the cyclic basis multiplies the neighbour b places further on."""
    coefficients, x = drawn(1, 2, 2, 5), drawn(2, 2, 5)
    expected = [
        sum(
            (
                Fraction(coefficients[o, i, b]) * Fraction(x[i, (f + b) % 5])
                for i in range(2)
                for b in range(5)
            ),
            Fraction(0),
        )
        for o in range(2)
        for f in range(5)
    ]
    layer = Layer(coefficients=coefficients, basis=cyclic_basis(5), relu=False)
    check(only(layer), x, expected)


def test_a_set_layer_is_own_value_and_sum_of_the_others():
    """The set basis has two coefficients: for the element itself and for all others."""
    coefficients, x = drawn(1, 1, 1, 2), drawn(2, 4)
    own, others = (Fraction(c) for c in coefficients[0, 0])
    values = fractions_of(x)
    expected = [own * v + others * (sum(values) - v) for v in values]
    check(only(Layer(coefficients=coefficients, basis=set_basis(4), relu=False)), x, expected)


def test_maps_of_quarter_turns_are_turned_pairs_of_pixels():
    """Each map of the basis holds the four turns of one pair of pixels, found by coordinates."""
    side = 3

    def turned(pixel):
        y, x = divmod(pixel, side)
        return x * side + side - 1 - y

    found = {
        frozenset((int(o), int(f)) for o, f in np.argwhere(each)) for each in rotation_basis(side)
    }
    expected = set()
    for pair in product(range(side * side), repeat=2):
        orbit = [pair]
        for _ in range(3):
            orbit.append((turned(orbit[-1][0]), turned(orbit[-1][1])))
        expected.add(frozenset(orbit))
    assert found == expected


def test_a_fan_multiplies_each_channel_by_weights_of_its_own():
    """Hidden channel h of input channel i is the channel times weight (i, h), after the ReLU."""
    weights, x = drawn(1, 2, 3), drawn(2, 2, 4)
    expected = [
        max(Fraction(0), Fraction(weights[i, h]) * Fraction(x[i, f]))
        for i in range(2)
        for h in range(3)
        for f in range(4)
    ]
    check(only(Fan(weights=weights, features=4)), x, expected)


def test_the_matrix_of_a_fan_is_what_it_computes():
    """``matrix`` times the input is the output of a fan without ReLU."""
    fan, x = Fan(weights=drawn(1, 3, 2), features=2, relu=False), drawn(2, 6)
    assert (fan.matrix() @ x).tolist() == run(only(fan), x[None])[0].tolist()


def test_rows_are_run_one_by_one():
    """Many inputs at once give what each gives alone."""
    network = dense_network([drawn(1, 4, 3), drawn(2, 2, 4)])
    inputs = drawn(3, 6, 3)
    together = run(network, inputs)
    assert together.tolist() == [run(network, x[None])[0].tolist() for x in inputs]


@pytest.mark.parametrize(("dtype", "unit"), [("float64", 2.0**-53), ("float32", 2.0**-24)])
def test_floats_agree_with_rationals_within_rounding(dtype, unit):
    """Outputs are off by no more than the classical bound for the sums of two layers."""
    rng = np.random.default_rng(3)
    one, other, x = rng.normal(size=(7, 9)), rng.normal(size=(3, 7)), rng.normal(size=9)
    network = dense_network([one.astype(dtype), other.astype(dtype)])
    exact = run_exactly(network, x.astype(dtype).tolist())
    reached = run(network, x[None].astype(dtype), dtype=dtype)[0]
    assert reached.dtype == dtype
    # A sum of n products is off by at most n units of the sum of absolute values.
    most = 20 * unit * (np.abs(other) @ (np.abs(one) @ np.abs(x)))
    for y, truth, bound in zip(reached.tolist(), exact, most.tolist(), strict=True):
        assert abs(Fraction(y) - truth) <= Fraction(bound)


# Symmetry.


def acted(permutation, x, channels):
    """Permute the features of every channel: feature f becomes feature ``p[f]`` of the input."""
    return x.reshape(channels, -1)[:, list(permutation)].reshape(-1)


def closure(pairs):
    """Return all elements that pairs of permutations generate, acting in and acting out."""
    start = tuple(range(len(pairs[0][0]))), tuple(range(len(pairs[0][1])))
    found, waiting = {start}, [start]
    while waiting:
        p, q = waiting.pop()
        for a, b in pairs:
            element = tuple(p[i] for i in a), tuple(q[i] for i in b)
            if element not in found:
                found.add(element)
                waiting.append(element)
    return found


GROUPS = {
    "cyclic": (cyclic_basis(5), [[(f + s) % 5 for f in range(5)] for s in range(5)]),
    "quarter turns": (
        rotation_basis(3),
        [list(p) for p, _ in closure([(quarter_turn(3), quarter_turn(3))])],
    ),
    "sets": (set_basis(4), [list(p) for p in permutations(range(4))]),
}


@pytest.mark.parametrize("name", GROUPS)
def test_pruned_layers_commute_with_every_element_of_their_group(name):
    """Two layers of an orbit basis, most coefficients pruned at random, stay equivariant."""
    basis, group = GROUPS[name]
    rng = np.random.default_rng(11)

    def pruned(outputs, inputs, relu):
        values = rng.integers(-9, 10, (outputs, inputs, len(basis))).astype(float)
        return Layer(coefficients=values * (rng.random(values.shape) < 0.4), basis=basis, relu=relu)

    network = Network(layers=(pruned(3, 2, True), pruned(2, 3, False)))
    x = rng.integers(-9, 10, network.num_inputs).astype(float)
    out = run(network, x[None])[0]
    assert out.any()
    moved = [run(network, acted(p, x, 2)[None])[0].tolist() for p in group]
    assert moved == [acted(p, out, 2).tolist() for p in group]


@pytest.mark.parametrize(("name", "order"), [("cyclic", 5), ("quarter turns", 4), ("sets", 24)])
def test_the_groups_of_these_tests_are_whole(name, order):
    """The groups above have as many elements as their names say."""
    assert len({tuple(p) for p in GROUPS[name][1]}) == order


@given(st.data())
def test_an_orbit_basis_has_as_many_maps_as_burnside_counts(data):
    """Maps are as many as pairs fixed on average, each pair is in one, and each map commutes."""
    inputs, outputs = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    pairs = [
        (data.draw(st.permutations(range(inputs))), data.draw(st.permutations(range(outputs))))
        for _ in range(data.draw(st.integers(1, 2)))
    ]
    basis = orbit_basis([p for p, _ in pairs], [q for _, q in pairs])
    group = closure(pairs)

    def fixed(permutation):
        return sum(i == j for i, j in enumerate(permutation))

    assert Fraction(sum(fixed(p) * fixed(q) for p, q in group), len(group)) == len(basis)
    assert (basis.sum(axis=0) == 1).all()
    for p, q in group:
        assert (basis[:, list(q)][:, :, list(p)] == basis).all()


# The digest.

PLAIN = {
    "coefficients": np.array([[[1.0, 2.0]], [[3.0, 4.0]]]),
    "basis": np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], bool),
    "bias": np.array([1.0, 0.0]),
    "relu": True,
    "skip": 0,
}
OTHERS = {
    "a coefficient": {"coefficients": np.array([[[1.0, 2.0]], [[3.0, 5.0]]])},
    "the order of coefficients": {"coefficients": np.array([[[2.0, 1.0]], [[3.0, 4.0]]])},
    "the shape of coefficients": {
        "coefficients": np.array([[[1.0, 2.0], [3.0, 4.0]]]),
        "bias": np.array([1.0]),
    },
    "the basis": {"basis": np.array([[[0, 1], [1, 0]], [[1, 0], [0, 1]]], bool)},
    "the bias": {"bias": np.array([0.0, 1.0])},
    "no bias": {"bias": None},
    "no relu": {"relu": False},
}


@pytest.mark.parametrize("changed", OTHERS.values(), ids=OTHERS)
def test_the_digest_tells_layers_apart(changed):
    """Whatever decides what a layer computes is in the digest."""
    assert only(Layer(**{**PLAIN, **changed})).digest != only(Layer(**PLAIN)).digest


def test_the_digest_tells_a_skip():
    """A layer with a skip has another digest than one without."""
    one, other = (
        Layer(coefficients=np.ones((2, 2, 1)), basis=unit_basis(), skip=k) for k in (0, 1)
    )
    assert only(one).digest != only(other).digest


def test_the_digest_tells_no_bias_from_zeros():
    """A bias of zeros has coefficients of its own, which none has not."""
    zeros = {**PLAIN, "bias": np.zeros(2)}
    assert only(Layer(**zeros)).digest != only(Layer(**{**PLAIN, "bias": None})).digest


FANS = [
    Fan(weights=np.array([[1.0, 2.0]]), features=2),
    Fan(weights=np.array([[1.0, 3.0]]), features=2),
    Fan(weights=np.array([[1.0], [2.0]]), features=2),
    Fan(weights=np.array([[1.0, 2.0]]), features=1),
    Fan(weights=np.array([[1.0, 2.0]]), features=2, relu=False),
]


def test_the_digest_tells_fans_apart():
    """Weights, their shape, features and the ReLU of a fan are in the digest."""
    assert len({only(fan).digest for fan in FANS}) == len(FANS)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8, np.int64, ">f8"])
def test_the_digest_does_not_depend_on_the_type(dtype):
    """Equal numbers have equal digests, whatever type holds them."""
    cast = {name: PLAIN[name].astype(dtype) for name in ("coefficients", "bias")}
    assert only(Layer(**{**PLAIN, **cast})).digest == only(Layer(**PLAIN)).digest


def test_the_digest_of_minus_zero_is_that_of_zero():
    """0.0 and -0.0 are equal numbers."""
    one, other = (dense_network([[[zero, 1.0]]]) for zero in (0.0, -0.0))
    assert one.digest == other.digest


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_are_kept_as_they_are(dtype):
    """A layer keeps the type of its floats."""
    layer = Layer(coefficients=np.ones((1, 1, 1), dtype), basis=unit_basis())
    assert layer.coefficients.dtype == layer.matrix().dtype == dtype


# What is refused.

ONES = {"coefficients": np.ones((2, 3, 1)), "basis": unit_basis()}
REFUSED = {
    "flat coefficients": (
        lambda: Layer(coefficients=np.ones((2, 3)), basis=unit_basis()),
        r"shape \(outputs, inputs, 1\), got \(2, 3\)",
    ),
    "too many maps": (
        lambda: Layer(coefficients=np.ones((2, 3, 4)), basis=unit_basis()),
        r"shape \(outputs, inputs, 1\), got \(2, 3, 4\)",
    ),
    "no channels": (lambda: Layer(coefficients=np.ones((0, 3, 1)), basis=unit_basis()), "got"),
    "a float basis": (
        lambda: Layer(coefficients=np.ones((1, 1, 1)), basis=np.ones((1, 1, 1))),
        "boolean array",
    ),
    "an empty basis": (
        lambda: Layer(coefficients=np.ones((1, 1, 1)), basis=np.ones((1, 0, 1), bool)),
        "needs maps between features",
    ),
    "maps that overlap": (
        lambda: Layer(coefficients=np.ones((1, 1, 2)), basis=np.ones((2, 1, 1), bool)),
        "maps 0 and 1 of the basis both lead from feature 0 to feature 0",
    ),
    "NaN": (lambda: dense_network([[[1.0, np.nan]]]), "matrix 0, row 0, column 1: nan"),
    "infinite bias": (lambda: Layer(**ONES, bias=[0.0, np.inf]), "bias, row 0, column 1: inf"),
    "words": (lambda: dense_network([[["a"]]]), "float32, float64 or integers"),
    "ragged": (lambda: dense_network([[[1.0], [1.0, 2.0]]]), "rows of one length"),
    "2^53 + 1": (lambda: dense_network([[[2**53 + 1]]]), "at most 2\\^53"),
    "a long bias": (lambda: Layer(**ONES, bias=np.ones(3)), r"must hold 2 numbers, got .*\(3,\)"),
    "a negative skip": (lambda: Layer(**ONES, skip=-1), "skip must be an integer >= 0, got -1"),
    "half a skip": (lambda: Layer(**ONES, skip=0.5), "skip must be an integer >= 0, got 0.5"),
    "a skip beyond the start": (lambda: only(Layer(**ONES, skip=2)), "skips 2 layers back"),
    "a skip that does not fit": (lambda: only(Layer(**ONES, skip=1)), "puts out 2 .* brings 3"),
    "no layers": (lambda: Network(layers=()), "at least one layer"),
    "layers that do not chain": (
        lambda: dense_network([np.ones((4, 3)), np.ones((2, 5))]),
        "layer 0 puts out 4 numbers, layer 1 takes 5",
    ),
    "a cube for a matrix": (lambda: dense_network([np.ones((2, 2, 2))]), "matrix 0 has 3 dim"),
    "too few biases": (lambda: dense_network([np.ones((1, 1))], []), "as many biases, got 0"),
    "a flat fan": (lambda: Fan(weights=np.ones(3), features=1), r"channels\), got \(3,\)"),
    "a fan of no features": (lambda: Fan(weights=np.ones((1, 1)), features=0), "got 0"),
    "a fan of half features": (lambda: Fan(weights=np.ones((1, 1)), features=1.5), "got 1.5"),
    "a wide input": (
        lambda: run(dense_network([np.ones((2, 3))]), np.ones((1, 4))),
        r"shape \(count, 3\), got \(1, 4\)",
    ),
    "one flat input": (lambda: run(dense_network([np.ones((2, 3))]), np.ones(3)), r"got \(3,\)"),
    "half floats": (
        lambda: run(dense_network([np.ones((2, 3))]), np.ones((1, 3)), dtype="float16"),
        "float64 or float32, not 'float16'",
    ),
    "a short point": (lambda: run_exactly(dense_network([np.ones((2, 3))]), [1]), "takes 3 .* 1"),
    "labels in a column": (
        lambda: accuracy(dense_network([[[1.0]]]), [[1.0], [2.0]], [[0], [0]]),
        r"2 integers, at least one; got int64 of the shape \(2, 1\)",
    ),
    "real labels": (lambda: accuracy(dense_network([[[1.0]]]), [[1.0]], [0.0]), "got float64"),
    "no images": (
        lambda: accuracy(dense_network([[[1.0]]]), np.ones((0, 1)), np.ones(0, int)),
        "at least one",
    ),
    "a large kernel": (lambda: shifts_1d(3, 5), "a kernel of 5 does not fit into 3 features"),
    "stride 0": (lambda: shifts_2d(3, 3, 2, stride=0), "stride 0"),
    "negative padding": (lambda: shifts_1d(3, 2, padding=-1), "padding -1"),
    "no generators": (lambda: orbit_basis([], []), "got 0 and 0"),
    "no permutation": (lambda: orbit_basis([[0, 0]], [[1, 0]]), r"generator 0 \(in\) is no perm"),
    "a short permutation": (
        lambda: orbit_basis([[0, 1], [1]], [[0], [0]]),
        r"generator 1 \(in\) is no permutation of 0..1",
    ),
    "a group on nothing": (lambda: orbit_basis([[]], [[]]), "at least one feature"),
}


@pytest.mark.parametrize(("build", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_network_is_refused(build, message):
    """Shapes, types and numbers that make no network are refused, saying what was given."""
    with pytest.raises(ProblemError, match=message):
        build()


def test_accuracy_is_the_share_of_right_answers():
    """Two of three inputs have their largest output at their label."""
    network = dense_network([[[1.0], [-1.0]]])
    assert accuracy(network, [[1.0], [-2.0], [3.0]], [0, 1, 1]) == pytest.approx(2 / 3)


def test_coefficients_count_biases_and_fans():
    """A dense layer 3 to 2 with bias has 8 coefficients, a fan one for each weight."""
    layer = Layer(**ONES, bias=np.ones(2))
    network = Network(layers=(Fan(weights=np.ones((1, 3)), features=1), layer))
    assert network.num_coefficients == 3 + 8
