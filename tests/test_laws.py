"""Laws that hold whatever the numbers are, for every exact method of our own.

They need no second solver: a method is held against itself on a problem whose optimum is
known once the first one's is.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import SmallestSubset, SubsetSum, VectorSum, solve
from slth_opt.backends import BACKENDS, meeting
from slth_opt.families import FAMILIES
from slth_opt.problems import POOL_KINDS, JointLayer, SharedBlock
from slth_opt.solving import why_not

BITS = (3, 12, 40, 52)
"""Leaves room to shift, scale and double: sums of 40 to 60 bits are among them."""

OWN = [
    b
    for b in BACKENDS
    if b.exact and FAMILIES[b.name].software == "slth-opt" and set(b.takes) & set(POOL_KINDS)
]

each_method = pytest.mark.parametrize("backend", OWN, ids=lambda backend: backend.name)
each_of_one_row = pytest.mark.parametrize(
    "backend", [b for b in OWN if "subset_sum" in b.takes], ids=lambda backend: backend.name
)


def best(problem, backend):
    """Return the proven optimum; infinity where it is proven that there is none."""
    result = solve(problem, backend)
    assert result.is_optimal is not result.infeasible
    return math.inf if result.infeasible else result.value


def problems(backend, *, exactly=False):
    """Draw problems a backend takes, or only those whose size rule is exactly k."""
    kinds = {
        "subset_sum": strategies.subset_sums(bits=BITS),
        "smallest_subset": strategies.smallest_subsets(bits=BITS),
        "vector_sum": strategies.vector_sums(most=6, most_rows=3, bits=(3, 12, 40, 48)),
    }
    if exactly:
        del kinds["smallest_subset"]
    drawn = st.one_of(*(kinds[kind] for kind in backend.takes if kind in kinds))
    return drawn.map(lambda p: replace(p, most=p.fewest)) if exactly else drawn


def mapped(problem, weight, target):
    """Apply a function to every weight and another to every target."""
    if isinstance(problem, VectorSum):
        rows = tuple(tuple(weight(w) for w in row) for row in problem.rows)
        return replace(problem, rows=rows, targets=tuple(map(target, problem.targets)))
    weights = tuple(weight(w) for w in problem.weights)
    return replace(problem, weights=weights, target=target(problem.target))


def picked(problem, order):
    """Return the problem with its candidates in another order, or with some of them only."""
    if isinstance(problem, VectorSum):
        return replace(problem, rows=tuple(tuple(row[i] for i in order) for row in problem.rows))
    return replace(problem, weights=tuple(problem.weights[i] for i in order))


@each_method
@given(data=st.data())
def test_shift(backend, data):
    """Adding c to every weight and k * c to the target changes nothing at exactly size k."""
    problem = data.draw(problems(backend, exactly=True))
    c, k = data.draw(st.integers(-(2**50), 2**50)), problem.fewest
    shifted = mapped(problem, lambda w: w + c, lambda t: t + k * c)
    assert best(shifted, backend) == best(problem, backend)


@each_method
@given(data=st.data())
def test_mirror(backend, data):
    """Negating every number changes nothing."""
    problem = data.draw(problems(backend))
    mirrored = mapped(problem, lambda w: -w, lambda t: -t)
    assert best(mirrored, backend) == best(problem, backend)


@each_method
@given(data=st.data(), factor=st.integers(-15, 15).filter(bool))
def test_scale(backend, data, factor):
    """Multiplying every number by an integer multiplies the error, and leaves sizes alone."""
    problem = data.draw(problems(backend))
    scaled = mapped(problem, lambda w: w * factor, lambda t: t * factor)
    if isinstance(problem, SmallestSubset):
        # Sums are multiples of the factor now: anything short of the next one adds nothing.
        slack = data.draw(st.integers(0, abs(factor) - 1))
        scaled = replace(scaled, tolerance=problem.tolerance * abs(factor) + slack)
        assert best(scaled, backend) == best(problem, backend)
    else:
        assert best(scaled, backend) == best(problem, backend) * abs(factor)


@each_method
@given(data=st.data())
def test_complement(backend, data):
    """Choosing k to come near t is leaving out n - k to come near the sum of all less t."""
    problem = data.draw(problems(backend).filter(lambda p: not isinstance(p, SmallestSubset)))
    n = problem.num_candidates
    rests = [sum(row) - t for row, t in zip(problem.rows, problem.targets, strict=True)]
    others = replace(problem, fewest=n - problem.most, most=n - problem.fewest)
    if isinstance(problem, VectorSum):
        others = replace(others, targets=tuple(rests))
    else:
        others = replace(others, target=rests[0])
    assert best(others, backend) == best(problem, backend)


@each_method
@given(data=st.data())
def test_order(backend, data):
    """Where a weight stands in the pool changes nothing."""
    problem = data.draw(problems(backend))
    order = data.draw(st.permutations(range(problem.num_candidates)))
    assert best(picked(problem, order), backend) == best(problem, backend)


@each_method
@given(data=st.data())
def test_one_more_candidate_never_hurts(backend, data):
    """What was best before can still be chosen."""
    problem = data.draw(problems(backend).filter(lambda p: p.num_candidates > 1))
    n = problem.num_candidates
    if not isinstance(problem, SmallestSubset):
        problem = replace(problem, fewest=min(problem.fewest, n - 1), most=min(problem.most, n - 1))
    assert best(problem, backend) <= best(picked(problem, range(n - 1)), backend)


@each_method
@given(data=st.data())
def test_a_looser_size_rule_never_hurts(backend, data):
    """Fewer or more weights allowed: the old best remains allowed."""
    problem = data.draw(problems(backend).filter(lambda p: not isinstance(p, SmallestSubset)))
    fewest = data.draw(st.integers(0, problem.fewest))
    most = data.draw(st.integers(problem.most, problem.num_candidates))
    looser = replace(problem, fewest=fewest, most=most)
    assert best(looser, backend) <= best(problem, backend)


@each_of_one_row
@given(problem=strategies.smallest_subsets(bits=BITS), more=st.integers(0, 2**40))
def test_a_larger_tolerance_never_needs_more(backend, problem, more):
    """Whatever was within the smaller one is within the larger."""
    larger = replace(problem, tolerance=problem.tolerance + more)
    assert best(larger, backend) <= best(problem, backend)


@each_of_one_row
@given(data=st.data())
def test_zeros_turn_exactly_into_at_most(backend, data):
    """With k zeros in the pool, any number of the k choices can be wasted."""
    problem = data.draw(strategies.subset_sums(most=6, bits=BITS))
    k = problem.most
    padded = replace(problem, weights=(*problem.weights, *(0,) * k), fewest=k, most=k)
    assert best(padded, backend) == best(replace(problem, fewest=0), backend)


@each_of_one_row
@given(problem=strategies.subset_sums(most=4, bits=BITS))
def test_every_weight_twice_reaches_twice_as_far(backend, problem):
    """Choosing each chosen weight twice doubles sum, size and error; something else may win."""
    doubled = replace(
        problem,
        weights=problem.weights * 2,
        target=2 * problem.target,
        fewest=2 * problem.fewest,
        most=2 * problem.most,
    )
    assert best(doubled, backend) <= 2 * best(problem, backend)


@each_of_one_row
@given(problem=strategies.subset_sums(bits=BITS), step=st.integers(-(2**30), 2**30))
def test_the_error_moves_no_faster_than_the_target(backend, problem, step):
    """A target that moves by d takes the best error along by d at most."""
    moved = replace(problem, target=problem.target + step)
    assert abs(best(moved, backend) - best(problem, backend)) <= abs(step)


@each_of_one_row
@given(problem=strategies.smallest_subsets(bits=BITS))
def test_the_smallest_size_is_the_first_of_the_profile_within_the_tolerance(backend, problem):
    """A smallest subset is no bigger, and no smaller, than the best errors by size allow."""
    n = problem.num_candidates
    sized = [
        SubsetSum(weights=problem.weights, target=problem.target, fewest=k, most=k)
        for k in range(n + 1)
    ]
    near = (k for k in range(n + 1) if best(sized[k], backend) <= problem.tolerance)
    assert best(problem, backend) == next(near, math.inf)


@each_of_one_row
@given(problem=strategies.subset_sums(bits=BITS))
def test_the_best_of_a_range_is_the_best_of_its_sizes(backend, problem):
    """Size by size, by the method itself and by the profile of all sizes at once."""
    sizes = range(problem.fewest, problem.most + 1)
    alone = [best(replace(problem, fewest=k, most=k), backend) for k in sizes]
    profile = meeting.profile(problem)
    assert alone == [profile[k][0] for k in sizes]
    assert best(problem, backend) == min(alone)


several_rows = pytest.mark.parametrize(
    "backend", [b for b in OWN if "vector_sum" in b.takes], ids=lambda backend: backend.name
)


@several_rows
@given(problem=strategies.subset_sums(bits=BITS), norm=st.sampled_from(["l1", "linf"]))
def test_one_row_is_a_subset_sum(backend, problem, norm):
    """With one row both norms are the distance; rows of zeros add nothing to either."""
    facts = {"norm": norm, "fewest": problem.fewest, "most": problem.most}
    alone = VectorSum(rows=problem.rows, targets=problem.targets, **facts)
    idle = VectorSum(
        rows=((0,) * problem.num_candidates, *problem.rows), targets=(0, *problem.targets), **facts
    )
    assert best(alone, backend) == best(idle, backend) == best(problem, meeting.BACKEND)


@several_rows
@given(problem=strategies.vector_sums(most=6, most_rows=3, bits=(3, 12, 40, 48)))
def test_a_row_twice(backend, problem):
    """Repeating all rows doubles the L1 error and leaves the largest error alone."""
    twice = replace(problem, rows=problem.rows * 2, targets=problem.targets * 2)
    factor = 2 if problem.norm == "l1" else 1
    assert best(twice, backend) == factor * best(problem, backend)


@several_rows
@given(problem=strategies.vector_sums(most=6, most_rows=3, bits=(3, 12, 40, 48)))
def test_the_norms_enclose_each_other(backend, problem):
    """The largest error is at most the sum of d errors, which is at most d times the largest."""
    d = len(problem.rows)
    total = best(replace(problem, norm="l1"), backend)
    largest = best(replace(problem, norm="linf"), backend)
    assert largest <= total <= d * largest


# Layers.

LAYERS = {
    "layer_budget": strategies.layer_budgets(bits=BITS),
    "shared_block": strategies.shared_blocks(bits=BITS),
    "joint_layer": strategies.joint_layers(bits=(2, 6, 20)),
}


def on_layers(*kinds):
    """Parametrise a test with every method of our own for kinds of layers."""
    own = [b for b in BACKENDS if b.exact and FAMILIES[b.name].software == "slth-opt"]
    pairs = [(b, kind) for b in own for kind in kinds if kind in b.takes]
    return pytest.mark.parametrize(
        ("backend", "kind"), pairs, ids=[f"{b.name}-{kind}" for b, kind in pairs]
    )


def layer(data, backend, kind):
    """Draw a layer that a method takes."""
    return data.draw(LAYERS[kind].filter(lambda p: why_not(backend, p) is None))


def without_neurons(problem, kept):
    """Return the problem with some of its hidden neurons only, in a given order."""
    if isinstance(problem, SharedBlock):
        return replace(
            problem, products=tuple(tuple(row[k] for k in kept) for row in problem.products)
        )
    return replace(
        problem,
        first=tuple(problem.first[k] for k in kept),
        second=tuple(tuple(row[k] for k in kept) for row in problem.second),
    )


def num_neurons(problem):
    return len(problem.first) if isinstance(problem, JointLayer) else len(problem.products[0])


def loosened(problem, data):
    """Return the problem under looser rules."""
    more, steps = st.integers(0, 5), st.integers(0, 2**20)
    if not isinstance(problem, SharedBlock):
        return replace(problem, most=problem.most + data.draw(more))
    if problem.tolerances is not None:
        wider = tuple(min(2**62 - 1, t + data.draw(steps)) for t in problem.tolerances)
        return replace(problem, tolerances=wider)
    facts = {name: getattr(problem, name) for name in ("most_edges", "most_neurons")}
    budgets = {
        name: None if most is None or data.draw(st.booleans()) else most + data.draw(more)
        for name, most in facts.items()
    }
    return replace(problem, **budgets)


@on_layers(*LAYERS)
@given(data=st.data())
def test_a_looser_budget_never_hurts(backend, kind, data):
    """Nor does a larger tolerance: the old best remains allowed."""
    problem = layer(data, backend, kind)
    looser = loosened(problem, data)
    assert best(looser, backend) <= best(problem, backend)


@on_layers("shared_block", "joint_layer")
@given(data=st.data())
def test_one_more_hidden_neuron_never_hurts(backend, kind, data):
    """What was best before can still be chosen."""
    problem = layer(data, backend, kind)
    h = num_neurons(problem)
    if h > 1:
        fewer = without_neurons(problem, range(h - 1))
        assert best(problem, backend) <= best(fewer, backend)


@on_layers("shared_block", "joint_layer")
@given(data=st.data())
def test_the_order_of_hidden_neurons_changes_nothing(backend, kind, data):
    """Their names mean nothing."""
    problem = layer(data, backend, kind)
    order = data.draw(st.permutations(range(num_neurons(problem))))
    assert best(without_neurons(problem, order), backend) == best(problem, backend)


@on_layers("layer_budget")
@given(data=st.data())
def test_the_order_of_pools_and_of_weights_changes_nothing(backend, kind, data):
    """Pools go with their targets, and the weights of each in an order of its own."""
    problem = layer(data, backend, kind)
    pools = data.draw(st.permutations(range(len(problem.pools))))
    order = data.draw(st.permutations(range(len(problem.pools[0]))))
    moved = replace(
        problem,
        pools=tuple(tuple(problem.pools[p][i] for i in order) for p in pools),
        targets=tuple(problem.targets[p] for p in pools),
    )
    assert best(moved, backend) == best(problem, backend)


@on_layers("joint_layer")
@given(data=st.data())
def test_a_joint_layer_transposed_is_the_same(backend, kind, data):
    """The product of the transposed matrices, in the other order."""
    problem = layer(data, backend, kind)
    turned = replace(
        problem,
        first=tuple(zip(*problem.second, strict=True)),
        second=tuple(zip(*problem.first, strict=True)),
        targets=tuple(zip(*problem.targets, strict=True)),
    )
    assert best(turned, backend) == best(problem, backend)


def entry_optima(problem):
    """Return the optimum of every entry of a joint layer on its own, by another method."""
    most = min(len(problem.first), problem.most // 2)
    return [
        solve(SubsetSum(weights=pool, target=target, fewest=0, most=most), meeting.BACKEND).value
        for _, pool, target in problem.entries()
    ]


@on_layers("joint_layer")
@given(data=st.data())
def test_a_joint_optimum_is_never_below_those_of_its_entries(backend, kind, data):
    """Each entry alone does at least as well: the largest, or the sum of all, is a bound."""
    problem = layer(data, backend, kind)
    join = max if problem.norm == "linf" else sum
    assert best(problem, backend) >= join(entry_optima(problem))


@on_layers("joint_layer")
@given(data=st.data())
def test_one_entry_without_a_budget_is_a_subset_sum(backend, kind, data):
    """With one input and one output nothing is shared."""
    problem = layer(data, backend, kind)
    (pool, target) = next((pool, target) for _, pool, target in problem.entries())
    alone = replace(
        problem,
        first=tuple(row[:1] for row in problem.first),
        second=problem.second[:1],
        targets=((target,),),
        most=2 * len(pool),
    )
    single = SubsetSum(weights=pool, target=target, fewest=0, most=len(pool))
    assert best(alone, backend) == best(single, meeting.BACKEND)


@on_layers("shared_block")
@given(data=st.data())
def test_a_block_never_costs_more_than_one_output_after_the_other(backend, kind, data):
    """Each output's own smallest subset, every neuron paid anew, is a selection of the block."""
    problem = layer(data, backend, kind)
    if problem.minimise == "edges":
        parts = zip(problem.products, problem.targets, problem.tolerances, strict=True)
        alone = [
            best(SmallestSubset(weights=row, target=t, tolerance=allowed), meeting.BACKEND)
            for row, t, allowed in parts
        ]
        assert sum(alone) + max(alone) <= best(problem, backend) <= 2 * sum(alone)


@on_layers("layer_budget")
@given(data=st.data())
def test_without_a_budget_every_pool_is_at_its_own_best(backend, kind, data):
    """Then nothing couples the pools."""
    problem = layer(data, backend, kind)
    free = replace(problem, most=problem.num_candidates + data.draw(st.integers(0, 3)))
    n = len(problem.pools[0])
    alone = [
        best(SubsetSum(weights=pool, target=t, fewest=0, most=n), meeting.BACKEND)
        for pool, t in problem.parts()
    ]
    join = {"linf": max, "l1": sum, "squares": lambda errors: sum(e * e for e in errors)}
    assert best(free, backend) == join[problem.norm](alone)
