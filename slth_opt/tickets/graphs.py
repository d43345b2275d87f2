"""A ticket as a graph: who feeds whom, by which weight, and what lies on no path at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slth_opt.networks import Fan, Layer, Network

if TYPE_CHECKING:
    import networkx as nx

CONSTANT = "constant"
"""The node that biases come from."""


def network_graph(network: Network) -> nx.DiGraph:
    """Return the non-zero entries of a network as edges between neurons ``(level, number)``.

    Level 0 holds the inputs. Edges carry `weight`; biases come from the node `CONSTANT`. A
    skip connection is an edge marked ``skip=True`` that no pruning can remove; it adds 1 to the
    weight of the edge that joins the same neurons, if there is one.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> graph = network_graph(dense_network([[[0.5, 0.0]], [[2.0]]]))
    >>> sorted(graph.edges(data="weight"))
    [((0, 0), (1, 0), 0.5), ((1, 0), (2, 0), 2.0)]
    """
    import networkx as nx
    import numpy as np

    graph = nx.DiGraph()
    graph.add_nodes_from((0, i) for i in range(network.num_inputs))
    for level, layer in enumerate(network.layers, start=1):
        graph.add_nodes_from((level, o) for o in range(layer.num_outputs))
        for out, into, weight in _entries(layer):
            graph.add_edge((level - 1, into), (level, out), weight=weight)
        if isinstance(layer, Layer):
            if layer.bias is not None:
                bias = layer.spread_bias()
                for o in np.flatnonzero(bias).tolist():
                    graph.add_edge(CONSTANT, (level, o), weight=float(bias[o]))
            if layer.skip:
                for out in range(layer.num_outputs):
                    ends = (level - layer.skip, out), (level, out)
                    weight = graph.edges[ends]["weight"] if graph.has_edge(*ends) else 0.0
                    graph.add_edge(*ends, weight=weight + 1.0, skip=True)
    return graph


def without_dead_ends(graph: nx.DiGraph) -> nx.DiGraph:
    """Return the part of a graph that lies on paths from an input or constant to an output.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> graph = network_graph(dense_network([[[0.5], [1.0]], [[2.0, 0.0]]]))
    >>> graph.number_of_edges(), without_dead_ends(graph).number_of_edges()
    (3, 2)
    """
    import networkx as nx

    last = max(node[0] for node in graph if node != CONSTANT)
    sources = [node for node in graph if node == CONSTANT or node[0] == 0]
    sinks = [node for node in graph if node != CONSTANT and node[0] == last]
    forward = set(sources).union(*(nx.descendants(graph, node) for node in sources))
    backward = set(sinks).union(*(nx.ancestors(graph, node) for node in sinks))
    live = forward & backward
    kept: nx.DiGraph = graph.edge_subgraph(
        [(a, b) for a, b in graph.edges if a in live and b in live]
    ).copy()
    return kept


def graph_facts(network: Network) -> dict[str, Any]:
    """Return what the graph of a network says about it: edges, dead ends, paths, neurons.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> facts = graph_facts(dense_network([[[0.5], [1.0]], [[2.0, 0.0]]]))
    >>> facts["edges"], facts["dead_ends"], facts["paths"], facts["connected_outputs"]
    (3, 1, 1, 1)
    """
    graph = network_graph(network)
    live = without_dead_ends(graph)
    paths = _count_paths(live, network)
    last = len(network.layers)
    return {
        "edges": graph.number_of_edges(),
        "live_edges": live.number_of_edges(),
        "dead_ends": graph.number_of_edges() - live.number_of_edges(),
        "live_neurons": sum(1 for node in live if node != CONSTANT and 0 < node[0] < last),
        "paths": sum(paths.values()),
        "connected_outputs": sum(1 for count in paths.values() if count),
        "outputs": network.num_outputs,
    }


def _entries(layer: Layer | Fan) -> list[tuple[int, int, float]]:
    """Return (output, input, weight) of every non-zero entry, without making a fan a matrix."""
    import numpy as np

    if isinstance(layer, Fan):
        hidden = layer.weights.shape[1]
        return [
            (int((i * hidden + r) * layer.features + f), int(i * layer.features + f), float(w))
            for i, row in enumerate(layer.weights)
            for r, w in enumerate(row)
            if w
            for f in range(layer.features)
        ]
    matrix = layer.matrix()
    return [(int(o), int(i), float(matrix[o, i])) for o, i in np.argwhere(matrix != 0)]


def _count_paths(live: nx.DiGraph, network: Network) -> dict[int, int]:
    """Count the paths from inputs and constants to each output, in Python integers."""
    import networkx as nx

    counts: dict[Any, int] = {}
    for node in nx.topological_sort(live):
        begins = 1 if node == CONSTANT or node[0] == 0 else 0
        counts[node] = begins + sum(counts[before] for before in live.predecessors(node))
    last = len(network.layers)
    return {o: counts.get((last, o), 0) for o in range(network.num_outputs)}
