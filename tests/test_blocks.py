"""One output after the other: each proven best alone, never better than choosing together."""

from __future__ import annotations

from itertools import combinations

import block_checks
import pytest

from slth_opt import SharedBlock, solve
from slth_opt.blocks import independent_block
from slth_opt.errors import ProblemError
from slth_opt.strengthening import outputs

CASES = block_checks.cases(300, "independent")


def rows_of(problem, indices):
    """Return the neurons each output chooses."""
    h = len(problem.products[0])
    return [tuple(i - r * h for i in indices if i // h == r) for r in range(len(problem.products))]


def legal_sizes(weights, target, allowed):
    """List the sizes of all legal subsets of one output."""
    return [
        size
        for size in range(len(weights) + 1)
        for c in combinations(weights, size)
        if abs(sum(c) - target) <= allowed
    ]


def check_smallest(problem):
    """Hold every output's choice to the smallest size there is."""
    alone = independent_block(problem)
    triples = zip(problem.products, problem.targets, problem.tolerances, strict=True)
    sizes = [legal_sizes(*triple) for triple in triples]
    assert (alone.indices is None) is any(not each for each in sizes), problem
    if alone.indices is not None:
        chosen = [len(row) for row in rows_of(problem, alone.indices)]
        assert chosen == [min(each) for each in sizes], problem
        assert block_checks.value_of(problem, alone.mask) is not None, problem


def within_tolerances():
    return [problem for problem in CASES if problem.tolerances is not None]


def test_every_output_has_its_smallest_legal_subset():
    """Like brute force over each output; without one, the block has no selection."""
    for problem in within_tolerances():
        check_smallest(problem)


def test_outputs_with_too_many_subsets_are_solved(monkeypatch):
    """The same sizes by another way."""
    monkeypatch.setattr(outputs, "MOST_SUBSETS", 0)
    for problem in within_tolerances():
        check_smallest(problem)


@pytest.mark.parametrize("most", [2**24, 0])
def test_choosing_together_is_never_worse(monkeypatch, most):
    """What one after the other chooses is legal, so the joint optimum is at most that."""
    monkeypatch.setattr(outputs, "MOST_SUBSETS", most)
    gains = []
    for problem in CASES:
        best, _ = block_checks.best_masks(problem)
        alone = independent_block(problem)
        if best is None:
            assert alone.indices is None
        else:
            assert alone.value == block_checks.value_of(problem, alone.mask), problem
            gains.append(alone.gain(solve(problem, "neuron_sets")))
            assert gains[-1] == alone.value - best >= 0, problem
    assert max(gains) > 0


def test_without_budgets_every_output_has_its_least_error():
    """Nothing is shared, so one after the other is as good as together."""
    for problem in block_checks.cases(150, "free", minimise="error"):
        if problem.most_edges is None and problem.most_neurons is None:
            assert independent_block(problem).value == block_checks.best_masks(problem)[0]


def test_ties_go_to_used_neurons_and_then_to_the_nearest():
    """The second output could take any neuron; the first one uses the last."""
    block = SharedBlock(
        products=((1, 2, 8), (6, 5, 4)), targets=(8, 5), minimise="edges", tolerances=(0, 1)
    )
    assert independent_block(block).indices == (2, 5)
    other = SharedBlock(
        products=((1, 2, 9), (6, 5, 1)), targets=(9, 5), minimise="edges", tolerances=(0, 1)
    )
    assert independent_block(other).indices == (2, 4)


def test_a_budget_is_shared_and_used_neurons_cost_less():
    """Five edges: three for the first, who needs two; three for the second, who reuses one."""
    block = SharedBlock(
        products=((7, 0, 0, 1), (4, 0, 5, 2)), targets=(7, 9), minimise="error", most_edges=5
    )
    alone = independent_block(block)
    assert (alone.indices, alone.edges, alone.error) == ((0, 4, 6), 5, 0)


def test_the_record_counts_what_was_chosen():
    """Three choices of two neurons, two of which are the same one."""
    block = SharedBlock(
        products=((4, 1, 9), (4, 2, 9)), targets=(4, 6), minimise="neurons", tolerances=(0, 0)
    )
    alone = independent_block(block)
    assert (alone.second_edges, alone.neurons, alone.edges, alone.value) == (3, 2, 5, 2)
    assert alone.mask == (1, 0, 0, 1, 1, 0)
    assert alone.summary() == {
        "second_edges": 3,
        "neurons": 2,
        "edges": 5,
        "error": 0.0,
        "error_exact": "0",
    }


def test_nothing_legal_is_nothing_to_compare():
    """An even sum is never odd."""
    block = SharedBlock(products=((2, 4),), targets=(3,), minimise="edges", tolerances=(0,))
    alone = independent_block(block)
    assert (alone.value, alone.gain(solve(block, "neuron_sets"))) == (None, None)
    assert set(alone.summary().values()) == {None}


def test_answers_to_two_blocks_are_not_compared():
    """A gain would mean nothing."""
    one, two = (
        SharedBlock(products=((2, 4),), targets=(4,), minimise="edges", tolerances=(t,))
        for t in (0, 1)
    )
    with pytest.raises(ProblemError, match="two answers to the same block"):
        independent_block(one).gain(solve(two, "neuron_sets"))
