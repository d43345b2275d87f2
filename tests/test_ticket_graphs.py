"""Graphs of networks and tickets: edges, dead ends and paths, against counting by hand."""

from __future__ import annotations

from itertools import pairwise, product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth_opt.constructions import CONSTRUCTIONS
from slth_opt.networks import Fan, Layer, Network, dense_network, run, shifts_1d, unit_basis
from slth_opt.size_rules import SizeRule
from slth_opt.tickets import (
    build_ticket,
    count_edges,
    graph_facts,
    network_graph,
    ticket_network,
    without_dead_ends,
)
from slth_opt.tickets.graphs import CONSTANT

NAMES = [construction.name for construction in CONSTRUCTIONS]


@st.composite
def sparse_networks(draw):
    """Draw dense networks of two to four layers, most entries zero, some with biases."""
    widths = draw(st.lists(st.integers(1, 4), min_size=3, max_size=5))
    entry = st.sampled_from([0, 0, 0, 1, -2])
    matrices, biases = [], []
    for inputs, outputs in pairwise(widths):
        row = st.lists(entry, min_size=inputs, max_size=inputs)
        matrices.append(draw(st.lists(row, min_size=outputs, max_size=outputs)))
        bias = st.lists(entry, min_size=outputs, max_size=outputs)
        biases.append(draw(st.none() | bias))
    return dense_network(matrices, biases)


def paths_by_hand(network):
    """Return the paths to every output, each as a list of edges: neurons tried level by level."""
    found = {}
    for end in range(network.num_outputs):
        found[end] = list(paths_to(network, len(network.layers), end))
    return found


def paths_to(network, level, neuron):
    if level == 0:
        yield []
        return
    layer = network.layers[level - 1]
    if layer.spread_bias()[neuron]:
        yield [(CONSTANT, (level, neuron))]
    for into, weight in enumerate(layer.matrix()[neuron]):
        if weight:
            for path in paths_to(network, level - 1, into):
                yield [*path, ((level - 1, into), (level, neuron))]


@given(sparse_networks())
def test_live_edges_are_those_on_paths(network):
    """What is left without dead ends is every edge of every path from inputs, or a constant."""
    paths = paths_by_hand(network)
    live = {edge for found in paths.values() for path in found for edge in path}
    assert set(without_dead_ends(network_graph(network)).edges) == live


@given(sparse_networks())
def test_facts_are_counted_from_all_paths(network):
    """Edges, dead ends, paths, live neurons and reached outputs, each against listing them all."""
    paths = paths_by_hand(network)
    live = {edge for found in paths.values() for path in found for edge in path}
    last = len(network.layers)
    edges = sum(
        np.count_nonzero(layer.matrix()) + np.count_nonzero(layer.spread_bias())
        for layer in network.layers
    )
    inner = {end for edge in live for end in edge if end != CONSTANT and 0 < end[0] < last}
    assert graph_facts(network) == {
        "edges": edges,
        "live_edges": len(live),
        "dead_ends": edges - len(live),
        "live_neurons": len(inner),
        "paths": sum(map(len, paths.values())),
        "connected_outputs": sum(1 for found in paths.values() if found),
        "outputs": network.num_outputs,
    }


def test_a_graph_by_hand():
    """Input 1 feeds a neuron that feeds nothing, neuron 2 is fed by nothing: dead ends both."""
    network = dense_network([[[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]], [[3.0, 0.0, 4.0]]])
    graph = network_graph(network)
    assert sorted(graph.edges(data="weight")) == [
        ((0, 0), (1, 0), 1.0),
        ((0, 1), (1, 1), 2.0),
        ((1, 0), (2, 0), 3.0),
        ((1, 2), (2, 0), 4.0),
    ]
    assert sorted(without_dead_ends(graph)) == [(0, 0), (1, 0), (2, 0)]


def test_biases_come_from_a_constant():
    """A neuron fed by a bias alone is alive; its path begins at the constant."""
    network = dense_network([[[0.0]], [[2.0]]], [[0.5], [0.0]])
    facts = graph_facts(network)
    assert network_graph(network).edges[CONSTANT, (1, 0)]["weight"] == 0.5
    assert (facts["edges"], facts["dead_ends"], facts["paths"]) == (2, 0, 1)


def test_a_fan_is_its_matrix():
    """Each feature of a channel feeds itself in the hidden channels of that channel."""
    fan = Fan(weights=np.array([[1.0, 0.0, 2.0], [3.0, 4.0, 0.0]]), features=2)
    graph = network_graph(Network(layers=(fan,)))
    by_matrix = {
        ((0, int(i)), (1, int(o))): float(fan.matrix()[o, i]) for o, i in np.argwhere(fan.matrix())
    }
    assert nx.get_edge_attributes(graph, "weight") == by_matrix


def skipping(skip, **facts):
    square = Layer(coefficients=np.array([[[0.5], [0.25]], [[0.0], [-1.0]]]), basis=unit_basis())
    layers = [square] * (skip - 1)
    coefficients = square.coefficients
    return Network(
        layers=(
            *layers,
            Layer(coefficients=coefficients, basis=unit_basis(), skip=skip, relu=False),
        )
    )


def test_a_skip_joins_levels():
    """A skip over two layers is an edge over two levels, marked, of weight one."""
    graph = network_graph(skipping(2))
    marked = [(a, b, w["weight"]) for a, b, w in graph.edges(data=True) if w.get("skip")]
    assert sorted(marked) == [((0, 0), (2, 0), 1.0), ((0, 1), (2, 1), 1.0)]
    assert graph.number_of_edges() == 2 * 3 + 2


def test_a_skip_beside_a_weight_adds_up():
    """A layer that skips itself: the weight between the same two neurons is not lost."""
    graph = network_graph(skipping(1))
    assert nx.get_edge_attributes(graph, "weight") == {
        ((0, 0), (1, 0)): 1.5,
        ((0, 1), (1, 0)): 0.25,
        ((0, 1), (1, 1)): 0.0,
    }


@pytest.mark.parametrize("skip", [1, 2])
def test_a_graph_computes_what_its_network_does(skip):
    """Summed along its edges, with the ReLU of each level, a graph gives the network's outputs."""
    network = skipping(skip)
    graph = network_graph(network)
    for x in product((-1.0, 0.5), repeat=2):
        values = {(0, i): value for i, value in enumerate(x)}
        for level, layer in enumerate(network.layers, start=1):
            for o in range(layer.num_outputs):
                into = graph.in_edges((level, o), data="weight")
                total = sum(values[source] * weight for source, _, weight in into)
                values[level, o] = max(total, 0.0) if layer.relu else total
        due = run(network, [x])[0].tolist()
        assert [values[len(network.layers), o] for o in range(2)] == due


@pytest.mark.parametrize("rule", ["any", "exactly"])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "parallel"])
def test_the_graph_of_a_ticket_has_its_edges(name, rule):
    """For dense layers without biases, each kept edge is one edge of the graph."""
    rng = np.random.default_rng(1)
    target = dense_network([rng.integers(-9, 9, (3, 4)) / 32, rng.integers(-9, 9, (2, 3)) / 32])
    size = {"any": SizeRule(rule="any"), "exactly": SizeRule(rule="exactly", size=2)}[rule]
    ticket = build_ticket(target, name, n=6, seed=1, rule=size, method="exact")
    facts = graph_facts(ticket_network(ticket))
    assert facts["edges"] == count_edges(ticket).edges


def test_parallel_weights_hand_on_their_inputs():
    """In the published code no first layer is drawn: the graph shows it, the counts do not."""
    ticket = build_ticket(dense_network([[[0.5, -0.25]]]), "parallel", n=6, seed=1)
    facts, counts = graph_facts(ticket_network(ticket)), count_edges(ticket)
    assert facts["edges"] == 2 * counts.second_layer
    assert counts.first_layer == 0


def test_an_unrolled_convolution_has_an_edge_for_each_place():
    """A kernel of two places over four: three outputs with two edges each."""
    layer = Layer(coefficients=np.ones((1, 1, 2)), basis=shifts_1d(4, 2), relu=False)
    facts = graph_facts(Network(layers=(layer,)))
    assert (facts["edges"], facts["paths"], facts["outputs"]) == (6, 6, 3)


def test_a_network_of_nothing():
    """All entries pruned: no edge, no path, no output reached."""
    facts = graph_facts(dense_network([np.zeros((2, 3)), np.zeros((2, 2))]))
    assert facts == {
        "edges": 0, "live_edges": 0, "dead_ends": 0, "live_neurons": 0, "paths": 0,
        "connected_outputs": 0, "outputs": 2,
    }  # fmt: skip


def test_paths_beyond_int64():
    """Thirteen full layers of forty neurons have 40^14 paths; Python counts them all."""
    facts = graph_facts(dense_network([np.ones((40, 40))] * 13))
    assert facts["paths"] == 40**14
