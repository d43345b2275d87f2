"""What outputs save that choose together: edges and hidden neurons of random blocks, proven.

One input feeds n hidden neurons; each of d outputs keeps some of them, so that its weight is
approximated. The proofs let every output choose for itself. Six blocks were measured before, with
all optima proven but ties among the outputs' own choices broken in an unknown way; here are many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import sqrt
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from slth_opt.blocks import independent_block
from slth_opt.csv_rows import Row
from slth_opt.experiments import Study, Task
from slth_opt.problems import SharedBlock
from slth_opt.reproducing import Reproduced, in_words
from slth_opt.solving import solve
from slth_opt.sources import draw_uniform

if TYPE_CHECKING:
    import numpy as np

TOLERANCE = 0.01

SHAPES = ((15, 4), (15, 10), (20, 4), (20, 10))
"""Hidden neurons and outputs."""

DRAWS = {"small": 20, "paper": 100}

PART = 10
"""Draws of a task."""

METHOD = "neuron_sets"

COUNTS = ("alone_second", "alone_neurons", "alone_edges", "edges", "neurons", "neurons_second")
"""The outputs' own choices: edges of the second layer, neurons, both together; then the fewest
edges, the fewest neurons, and the edges of the second layer that the latter left."""

EARLIER: dict[tuple[int, int], tuple[tuple[int, ...], ...]] = {
    (15, 4): ((10, 9, 19, 15, 5, 10), (6, 6, 12, 12, 5, 7)),
    (15, 10): ((19, 10, 29, 28, 6, 26), (18, 11, 29, 26, 6, 22)),
    (20, 10): ((20, 13, 33, 30, 7, 25), (17, 14, 31, 27, 6, 24)),
}
"""The six blocks measured before, in the order of `COUNTS`."""


def tasks(scale: str) -> Sequence[Task]:
    """Return the parts of each shape.

    Examples
    --------
    >>> tasks("small")[0]
    {'hidden': 15, 'outputs': 4, 'draws': 10}
    """
    return [
        {"hidden": hidden, "outputs": outputs, "draws": PART}
        for hidden, outputs in SHAPES
        for _ in range(DRAWS[scale] // PART)
    ]


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Draw blocks; count what the outputs keep alone and together.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> (row,) = run({"hidden": 12, "outputs": 3, "draws": 1}, generator(1))
    >>> row["served"], row["edges"] <= row["alone_edges"]
    (True, True)
    """
    rows = []
    for draw in range(task["draws"]):
        block = drawn(task["hidden"], task["outputs"], rng, "edges")
        alone = independent_block(block)
        facts = {"hidden": task["hidden"], "outputs": task["outputs"], "draw": draw}
        together = solve(block, METHOD)
        narrow = solve(_asking(block, "neurons"), METHOD)
        served = alone.indices is not None and together.is_optimal and narrow.is_optimal
        assert served or (together.infeasible and narrow.infeasible and alone.indices is None)
        found = (
            alone.second_edges,
            alone.neurons,
            alone.edges,
            together.value,
            narrow.value,
            None if narrow.indices is None else len(narrow.indices),
        )
        rows.append({**facts, "served": served, **dict(zip(COUNTS, found, strict=True))})
    return rows


def drawn(hidden: int, outputs: int, rng: np.random.Generator, minimise: str) -> SharedBlock:
    """Return a block: first weights up to 1, second ones from -1 to 1, targets up to 1/2.

    Examples
    --------
    >>> import numpy as np
    >>> drawn(5, 2, np.random.default_rng(0), "edges").num_neurons
    5
    """
    return SharedBlock.from_reals(
        draw_uniform(rng, (hidden,), 0, 1).tolist(),
        draw_uniform(rng, (outputs, hidden)).tolist(),
        draw_uniform(rng, (outputs,), -0.5, 0.5).tolist(),
        minimise=minimise,
        tolerance=TOLERANCE,
    )


def _asking(block: SharedBlock, minimise: str) -> SharedBlock:
    return replace(block, minimise=minimise)


def middle(rows: Sequence[Row], shape: tuple[int, int], count: str) -> tuple[int, float, int]:
    """Return the 2.5 % quantile of a count, its mean, and the 97.5 % quantile.

    Examples
    --------
    >>> rows = [{"hidden": 15, "outputs": 4, "served": True, "edges": e} for e in range(100)]
    >>> middle(rows, (15, 4), "edges")
    (2, 49.5, 97)
    """
    found = sorted(
        row[count] for row in rows if (row["hidden"], row["outputs"]) == shape and row["served"]
    )
    edge = int(0.025 * len(found))
    return found[edge], fmean(found), found[-1 - edge]


def beside_earlier(rows: Sequence[Row]) -> Iterator[Reproduced]:
    """Yield every figure of before beside the mean of ours; a single block varies as ours do.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> rows = run({"hidden": 15, "outputs": 4, "draws": 5}, generator(1))
    >>> first = next(beside_earlier(rows))
    >>> first.what, first.before
    ('15 neurons, 4 outputs, alone_second', 10)
    """
    for shape, blocks in EARLIER.items():
        here = [row for row in rows if (row["hidden"], row["outputs"]) == shape and row["served"]]
        for count in COUNTS:
            found = [row[count] for row in here]
            error = stdev(found) * sqrt(1 + 1 / len(found))
            what = f"{shape[0]} neurons, {shape[1]} outputs, {count}"
            for before in (block[COUNTS.index(count)] for block in blocks):
                yield Reproduced(
                    what=what, ours=fmean(found), before=before, error=error, rounding=0.0
                )


def finding(rows: Sequence[Row]) -> str:
    """Say what choosing together saves, shape by shape, and how the blocks of before fit in."""
    lines = []
    for shape in SHAPES:
        mean = {count: middle(rows, shape, count)[1] for count in COUNTS}
        lines.append(
            f"{shape[0]} neurons, {shape[1]} outputs: {mean['alone_edges']:.1f} edges alone, "
            f"{mean['edges']:.1f} together; {mean['alone_neurons']:.1f} neurons alone, "
            f"{mean['neurons']:.1f} at least."
        )
    lines.append(in_words(beside_earlier(rows)))
    return " ".join(lines)


STUDY = Study(
    name="block-sharing",
    source="no paper: six blocks were measured before",
    question="How many edges and neurons do outputs save that choose their neurons together?",
    tasks=tasks,
    run=run,
    finding=finding,
)
