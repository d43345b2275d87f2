"""What the two signs of an input cost: the same weights behind four layouts of hidden neurons.

The proofs reserve half of the neurons for positive inputs and half for negative ones, and then
prune those that were drawn with the other sign. Here that is compared with one pool for both
signs, with inputs that are never negative, and with no ReLU at all. Every answer is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from slth_opt.constructions import construction_named
from slth_opt.csv_rows import Row
from slth_opt.experiments import Study, Task
from slth_opt.networks import dense_network
from slth_opt.sources import draw_uniform
from slth_opt.thin_pools import smallest_masks

if TYPE_CHECKING:
    import numpy as np

TOLERANCE = 0.01

LAYOUTS = {
    "split": ("pensia", 2, (10, 20, 30, 40, 50, 60, 80)),
    "pooled": ("pooled", 2, (10, 20, 30, 40, 50)),
    "nonnegative": ("nonnegative", 1, (10, 15, 20, 30, 40, 50)),
    "linear": ("otsuka", 1, (6, 10, 15, 20, 30)),
}
"""The construction, neurons for each of its candidates, and the neurons that are looked at."""

PART = {"small": 500, "paper": 5000}
"""Draws of a task."""

PARTS = {"small": 1, "paper": 4}

SURE = 0.95
"""The share of weights for which neurons are compared."""


def tasks(scale: str) -> Sequence[Task]:
    """Return the parts of every layout and number of neurons.

    Examples
    --------
    >>> tasks("small")[0]
    {'layout': 'split', 'neurons': 10, 'draws': 500}
    """
    return [
        {"layout": layout, "neurons": neurons, "draws": PART[scale]}
        for layout, (_, _, numbers) in LAYOUTS.items()
        for neurons in numbers
        for _ in range(PARTS[scale])
    ]


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Draw weights and their neurons; find the fewest edges of each within the tolerance.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> (row,) = run({"layout": "linear", "neurons": 20, "draws": 30}, generator(1))
    >>> row["sides"], row["served"] > 20
    (1, True)
    """
    import numpy as np

    name, each, _ = LAYOUTS[task["layout"]]
    weights = draw_uniform(rng, (task["draws"],)).astype(np.float64)
    # One output of so many inputs: no two weights share a neuron.
    target = dense_network([weights[None, :]])
    (source,) = construction_named(name).lay_out(target, task["neurons"] // each, rng)
    missed, edges = np.zeros(len(weights), bool), np.zeros(len(weights), int)
    first_missed = 0
    for number, branch in enumerate(source.branches):
        masks, here = smallest_masks(source.products(branch), weights, tolerance=TOLERANCE)
        missed[here] = True
        edges += masks.sum(axis=1)
        first_missed = len(here) if number == 0 else first_missed
    return [
        {
            **task,
            "sides": len(source.branches),
            "served": int((~missed).sum()),
            "one_side_served": len(weights) - first_missed,
            "edges": int(edges[~missed].sum()),
        }
    ]


def finding(rows: Sequence[Row]) -> str:
    """Say how many neurons each layout takes to serve nearly all weights."""
    need = {layout: neurons_for(rows, layout, SURE) for layout in LAYOUTS}
    words = "; ".join(f"{layout} {neurons:.0f}" for layout, neurons in need.items())
    return (
        f"Neurons for each weight so that {SURE:.0%} are within {TOLERANCE}: {words}. Reserving "
        f"neurons for a sign takes {need['split'] / need['pooled']:.1f} times as many as pooling, "
        f"two signs {need['pooled'] / need['nonnegative']:.1f} times as many as one, a ReLU "
        f"{need['nonnegative'] / need['linear']:.1f} times as many as none."
    )


def shares(rows: Sequence[Row], layout: str, what: str = "served") -> dict[int, float]:
    """Return for each number of neurons which share of the weights is served.

    Examples
    --------
    >>> row = {"layout": "split", "neurons": 10, "draws": 4, "served": 1}
    >>> shares([row, {**row, "served": 2}], "split")
    {10: 0.375}
    """
    here = [row for row in rows if row["layout"] == layout]
    return {
        neurons: sum(row[what] for row in here if row["neurons"] == neurons)
        / sum(row["draws"] for row in here if row["neurons"] == neurons)
        for neurons in sorted({row["neurons"] for row in here})
    }


def neurons_for(rows: Sequence[Row], layout: str, share: float) -> float:
    """Return the neurons that serve a share of the weights, between measured numbers by a line.

    Examples
    --------
    >>> row = {"layout": "split", "neurons": 10, "draws": 4, "served": 1}
    >>> neurons_for([row, {**row, "neurons": 20, "served": 3}], "split", 0.5)
    15.0
    """
    points = list(shares(rows, layout).items())
    for (fewer, below), (more, above) in pairwise(points):
        if below < share <= above:
            return fewer + (more - fewer) * (share - below) / (above - below)
    return float("nan")


STUDY = Study(
    name="sign-pooling",
    source="Pensia et al. 2020; Burkholz et al. 2022",
    question="How many hidden neurons does a weight take, when signs are split, pooled or absent?",
    tasks=tasks,
    run=run,
    finding=finding,
)
