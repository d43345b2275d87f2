"""Small shared blocks, and the truth about them by trying every mask in Python ints."""

from __future__ import annotations

import random
from itertools import product

from slth_opt import SharedBlock


def measure(problem, mask):
    """Return (edges, neurons, errors) of a mask."""
    h = len(problem.products[0])
    rows = [mask[i * h : (i + 1) * h] for i in range(len(problem.products))]
    neurons = sum(any(row[k] for row in rows) for k in range(h))
    errors = [
        abs(sum(p for p, x in zip(weights, row, strict=True) if x) - target)
        for weights, row, target in zip(problem.products, rows, problem.targets, strict=True)
    ]
    return sum(mask) + neurons, neurons, errors


def value_of(problem, mask):
    """Return the objective of a mask, or None if it is not legal."""
    edges, neurons, errors = measure(problem, mask)
    if problem.minimise == "error":
        over = problem.most_edges is not None and edges > problem.most_edges
        over |= problem.most_neurons is not None and neurons > problem.most_neurons
        return None if over else max(errors)
    if any(e > t for e, t in zip(errors, problem.tolerances, strict=True)):
        return None
    return edges if problem.minimise == "edges" else neurons


def best_masks(problem):
    """Return the optimum and all masks that have it; (None, []) if no mask is legal."""
    best, masks = None, []
    for mask in product((0, 1), repeat=problem.num_candidates):
        value = value_of(problem, mask)
        if value is not None and (best is None or value <= best):
            masks = [*masks, mask] if value == best else [mask]
            best = value
    return best, masks


def draw(rng, minimise=None, most_cells=9, bits=None):
    """Draw a block with ties, zeros, equal neurons and outputs, goals out of reach."""
    outputs = rng.randint(1, 3)
    h = rng.randint(1, most_cells // outputs)
    limit = 2 ** (bits or rng.choice((2, 4, 10, 40)))
    rows = [[rng.randint(-limit, limit) for _ in range(h)] for _ in range(outputs)]
    for k in range(h):
        kind = rng.random()
        other = rng.randrange(h)
        for row in rows:
            if kind < 0.2:
                row[k] = row[other]
            elif kind < 0.35:
                row[k] = rng.choice((0, row[other]))
            elif kind < 0.45:
                row[k] = rng.choice((0, row[k]))
    targets = [
        sum(p for p in row if rng.random() < 0.5)
        + rng.choice((0, 0, 1, rng.randint(-limit, limit)))
        for row in rows
    ]
    near = [rng.choice((0, 1, limit // 8, limit // 2)) for _ in rows]
    if outputs > 1 and rng.random() < 0.3:
        rows[1], targets[1] = list(rows[0]), targets[0]
        near[1] = rng.choice((near[0], near[1]))
    minimise = minimise or rng.choice(("edges", "neurons", "error"))
    rules = {"tolerances": near}
    if minimise == "error":
        rules = {
            "most_edges": rng.choice((None, rng.randint(0, outputs * h + h))),
            "most_neurons": rng.choice((None, rng.randint(0, h))),
        }
    return SharedBlock(products=rows, targets=targets, minimise=minimise, **rules)


def cases(count, name="blocks", **rules):
    """Return the same blocks in every run."""
    rng = random.Random(f"{name} {count}")
    return [draw(rng, **rules) for _ in range(count)]
