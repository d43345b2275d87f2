"""Problems for Hypothesis to search for counterexamples in: small pools, ties, large numbers."""

from __future__ import annotations

from hypothesis import strategies as st

from slth_opt import SmallestSubset, SubsetSum, VectorSum
from slth_opt.problems import JointLayer, LayerBudget, SharedBlock

BITS = (3, 12, 45, 57)
"""Sizes of single weights: ties galore, floats' own size, and near the capacity of 62 bits."""


@st.composite
def pools(draw, fewest=1, most=8, bits=BITS):
    """Draw weights of one magnitude, with zeros, duplicates and opposites."""
    n = draw(st.integers(fewest, most))
    limit = 2 ** draw(st.sampled_from(bits))
    a, b = draw(st.integers(1, limit)), draw(st.integers(1, limit))
    weight = st.one_of(st.integers(-limit, limit), st.sampled_from([0, a, -a, b]))
    return tuple(draw(st.lists(weight, min_size=n, max_size=n)))


@st.composite
def targets(draw, weights):
    """Draw a target: a subset's sum, just beside one, or anywhere the capacity allows."""
    chosen = draw(st.lists(st.booleans(), min_size=len(weights), max_size=len(weights)))
    near = sum(w for w, x in zip(weights, chosen, strict=True) if x)
    reach = sum(map(abs, weights))
    room = 2**62 - 1 - reach
    far = min(room, 2 * reach + 3)
    target = draw(st.one_of(st.integers(-2, 2).map(lambda d: near + d), st.integers(-far, far)))
    return max(-room, min(room, target))


@st.composite
def size_ranges(draw, n):
    """Draw the sizes allowed: exactly k, a range, or all of them."""
    fewest = draw(st.integers(0, n))
    return draw(st.sampled_from([(fewest, fewest), (0, n), (0, fewest), (fewest, n)]))


@st.composite
def subset_sums(draw, most=8, bits=BITS):
    """Draw a `SubsetSum`."""
    weights = draw(pools(most=most, bits=bits))
    low, high = draw(size_ranges(len(weights)))
    return SubsetSum(weights=weights, target=draw(targets(weights)), fewest=low, most=high)


@st.composite
def smallest_subsets(draw, most=8, bits=BITS):
    """Draw a `SmallestSubset`; some have no legal subset."""
    weights = draw(pools(most=most, bits=bits))
    reach = sum(map(abs, weights))
    tolerance = draw(st.one_of(st.integers(0, 3), st.integers(0, reach)))
    return SmallestSubset(weights=weights, target=draw(targets(weights)), tolerance=tolerance)


@st.composite
def vector_sums(draw, most=7, bits=(3, 12, 45, 55), most_rows=4):
    """Draw a `VectorSum` of one to four rows."""
    first = draw(pools(most=most, bits=bits))
    n = len(first)
    limit = 2 ** draw(st.sampled_from(bits))
    entries = st.one_of(st.integers(-limit, limit), st.sampled_from(first))
    row = st.lists(entries, min_size=n, max_size=n).map(tuple)
    rows = (first, *draw(st.lists(row, max_size=most_rows - 1)))
    low, high = draw(size_ranges(n))
    return VectorSum(
        rows=rows,
        targets=tuple(draw(st.integers(-2 * limit, 2 * limit)) for _ in rows),
        norm=draw(st.sampled_from(["l1", "linf"])),
        fewest=low,
        most=high,
    )


@st.composite
def brimful_pools(draw, most=6):
    """Draw weights and a target whose absolute values add up to 2^62 - 1 exactly."""
    n = draw(st.integers(1, most))
    brim = 2**62 - 1
    cut = st.one_of(st.integers(0, brim), st.integers(0, 5), st.integers(brim - 5, brim))
    cuts = sorted(draw(st.lists(cut, min_size=n, max_size=n)))
    sizes = [high - low for low, high in zip([0, *cuts], [*cuts, brim], strict=True)]
    sizes = draw(st.permutations(sizes))
    signs = draw(st.lists(st.sampled_from([1, -1]), min_size=n + 1, max_size=n + 1))
    *weights, target = (sign * size for sign, size in zip(signs, sizes, strict=True))
    return tuple(weights), target


@st.composite
def brimful_problems(draw, kinds=("subset_sum", "smallest_subset", "vector_sum")):
    """Draw a problem at the very limit of the capacity."""
    weights, target = draw(brimful_pools())
    low, high = draw(size_ranges(len(weights)))
    kind = draw(st.sampled_from(kinds))
    if kind == "smallest_subset":
        tolerance = draw(st.integers(0, 2**62 - 1))
        return SmallestSubset(weights=weights, target=target, tolerance=tolerance)
    if kind == "subset_sum":
        return SubsetSum(weights=weights, target=target, fewest=low, most=high)
    # Every column goes to one of two rows: together the rows are as full as the pool.
    first = draw(st.lists(st.booleans(), min_size=len(weights), max_size=len(weights)))
    rows = (
        tuple(w if here else 0 for w, here in zip(weights, first, strict=True)),
        tuple(0 if here else w for w, here in zip(weights, first, strict=True)),
    )
    norm = draw(st.sampled_from(["l1", "linf"]))
    return VectorSum(rows=rows, targets=(target, 0), norm=norm, fewest=low, most=high)


def problems(most=7):
    """Draw a problem of any kind."""
    return st.one_of(subset_sums(most=most), smallest_subsets(most=most), vector_sums(most=most))


@st.composite
def layer_budgets(draw, most=9, bits=BITS, norms=("linf", "l1", "squares")):
    """Draw a `LayerBudget` of one to four pools, the budget from nothing to more than all."""
    first = draw(pools(most=min(4, most), bits=bits))
    n = len(first)
    rows = [first, *draw(_more_rows(first, bits, most=min(3, most // n - 1)))]
    return LayerBudget(
        pools=tuple(rows),
        targets=tuple(draw(targets(row)) for row in rows),
        norm=draw(st.sampled_from(norms)),
        most=draw(st.integers(0, len(rows) * n + 2)),
    )


@st.composite
def shared_blocks(draw, most=9, bits=BITS, minimise=("edges", "neurons", "error")):
    """Draw a `SharedBlock`; some have no legal selection, some no budget."""
    first = draw(pools(most=min(4, most), bits=bits))
    h = len(first)
    rows = [first, *draw(_more_rows(first, bits, most=min(3, most // h - 1)))]
    facts = {"products": tuple(rows), "targets": tuple(draw(targets(row)) for row in rows)}
    what = draw(st.sampled_from(minimise))
    if what == "error":
        edges = draw(st.none() | st.integers(0, h * (len(rows) + 1) + 2))
        neurons = draw(st.none() | st.integers(0, h + 1))
        return SharedBlock(**facts, minimise=what, most_edges=edges, most_neurons=neurons)
    reach = max(sum(map(abs, row)) for row in rows)
    tolerance = st.one_of(st.integers(0, 3), st.integers(0, reach), st.just(2**62 - 1))
    tolerances = tuple(draw(tolerance) for _ in rows)
    return SharedBlock(**facts, minimise=what, tolerances=tolerances)


@st.composite
def joint_layers(draw, most=9, bits=(2, 6, 22, 28)):
    """Draw a `JointLayer` of two matrices with ties and zeros, planted targets among others."""
    hidden = draw(st.integers(1, min(3, most // 2)))
    inputs = draw(st.integers(1, min(3, most // hidden - 1)))
    outputs = draw(st.integers(1, min(3, most // hidden - inputs)))
    limit = 2 ** draw(st.sampled_from(bits))
    weight = st.one_of(st.integers(-limit, limit), st.sampled_from([0, 1, -1, limit]))

    def matrix(rows, columns, entry):
        row = st.lists(entry, min_size=columns, max_size=columns)
        return draw(st.lists(row, min_size=rows, max_size=rows))

    first, second = matrix(hidden, inputs, weight), matrix(outputs, hidden, weight)
    kept, used = (
        matrix(len(m), len(m[0]), st.integers(0, 1)) if draw(st.booleans()) else None
        for m in (first, second)
    )
    far = 2 * limit * limit + 3
    goals = matrix(outputs, inputs, st.one_of(st.integers(-far, far), st.integers(-2, 2)))
    if kept and used:  # planted, or just beside
        for i in range(outputs):
            for j in range(inputs):
                near = sum(
                    used[i][k] * second[i][k] * kept[k][j] * first[k][j] for k in range(hidden)
                )
                goals[i][j] = near + draw(st.sampled_from([0, 0, 0, 1, -1]))
    edges = hidden * (inputs + outputs)
    return JointLayer(
        first=first,
        second=second,
        targets=goals,
        norm=draw(st.sampled_from(["linf", "l1"])),
        most=draw(st.integers(0, edges + 2)),
    )


@st.composite
def _more_rows(draw, first, bits, most):
    """Draw rows as long as the first, with its numbers and others."""
    limit = 2 ** draw(st.sampled_from(bits))
    entries = st.one_of(st.integers(-limit, limit), st.sampled_from(first))
    row = st.lists(entries, min_size=len(first), max_size=len(first)).map(tuple)
    return draw(st.lists(row, max_size=most))


def layers(most=9):
    """Draw a layer problem of any kind."""
    return st.one_of(layer_budgets(most=most), shared_blocks(most=most), joint_layers(most=most))
