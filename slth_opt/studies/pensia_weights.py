"""Every weight of a network as a subset sum of 21 numbers: the published experiment, redone.

Pensia et al. 2020 asked a solver for the subset nearest to each of 397,000 weights, of any size,
and stopped it at a gap of 1 %. Here every answer is proven, and other questions are put to the
same numbers: exactly k, as few as a tolerance allows, and one budget for all weights. Where there
are test images, every answer is also put to work as a network, and what it gets right is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from slth_opt.batch import Profiles, unpacked
from slth_opt.budgets import share_budget
from slth_opt.choosing import placing_of
from slth_opt.constructions import construction_named
from slth_opt.csv_rows import Row
from slth_opt.errors import ProblemError
from slth_opt.experiments import Study, Task
from slth_opt.layouts import layers_of
from slth_opt.networks import Network, shipped_target
from slth_opt.networks.judging import check_images, count_right, digest_of, images_for, with_weights
from slth_opt.thin_pools import full_profiles

if TYPE_CHECKING:
    import numpy as np

    from slth_opt.networks.judging import Images

CANDIDATES = 21

TOLERANCES = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4)

COARSE = (0.3, 0.2, 0.1, 0.05, 0.02)
"""Tolerances at which accuracy begins to suffer; nothing was published for them."""

ALLOWED = TOLERANCES[0]
"""The published tolerance; a weight further off is a failure of "any" and "exactly"."""

SIZES = tuple(range(1, 11))

WEIGHTS = {"small": 12_000, "paper": 2_000_000}
"""About how many weights are approximated in all; at least one source is drawn."""

MOST_SOURCES = 200

NAME = "pensia-weights"

PUBLISHED_SHAPE = "784-500-10"

PUBLISHED_EDGES = 3_725_871 / 397_000
"""Edges for each weight that the published program kept."""

EARLIER = {
    ("any", 0.0): 3_888_239 / 397_000,
    **{
        ("within", tolerance): edges / 397_000
        for tolerance, edges in zip(
            TOLERANCES, (210_470, 543_849, 927_613, 1_299_148, 1_628_213), strict=True
        )
    },
}
"""Edges for each weight of the published target in one exact run on other random numbers."""


def study_of(target: Network, images: Images | None = None) -> Study:
    """Return the study of one target, under a name that tells it from those of others.

    Parameters
    ----------
    target
        The network.
    images
        Test inputs and their labels; a shipped target brings the test digits of its own.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> study_of(dense_network([[[0.5, -0.25]]])).name.startswith("pensia-weights-")
    True
    """
    refuse = construction_named("parallel").refuse
    refusal = None if refuse is None else refuse(target)
    if refusal is not None:
        raise ProblemError(f"study {NAME!r} cannot be about this network: {refusal}")
    if images is not None:
        check_images(target, images)
    return _study(f"{NAME}-{target.digest[:8]}", target, images)


def tasks(
    scale: str, target: Network | None = None, images: Images | None = None
) -> Sequence[Task]:
    """Return one task for each source that is drawn.

    Examples
    --------
    >>> [task["source"] for task in tasks("small")]
    [0, 1, 2, 3, 4]
    """
    network = _given(target)
    sources = WEIGHTS[scale] // network.num_coefficients
    seen = images_for(network, images)
    about = {"target": network.digest[:16], "images": seen and digest_of(seen)[:16]}
    return [{"source": number, **about} for number in range(min(MOST_SOURCES, max(1, sources)))]


def run(
    task: Task,
    rng: np.random.Generator,
    target: Network | None = None,
    images: Images | None = None,
) -> list[Row]:
    """Draw a source as the published code does; answer every question from its profiles.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.sources import generator
    >>> rows = run({"source": 0}, generator(1), dense_network([[[0.5, -0.25]], [[0.125]]]))
    >>> rows[0]["target"], {row["weights"] for row in rows}
    ('2-1-1', {3})
    """
    import numpy as np

    network = _given(target)
    sources = construction_named("parallel").lay_out(network, CANDIDATES, rng)
    pools = np.concatenate([source.products(source.branches[0]) for source in sources])
    goals = np.concatenate([layer.coefficients.ravel() for layer in layers_of(network)])
    found = full_profiles(pools, goals, **placing_of(pools, goals))
    seen = images_for(network, images)

    def right(sizes: np.ndarray) -> int | None:
        if seen is None:
            return None
        masks = unpacked(found.bits[np.arange(len(sizes)), sizes], CANDIDATES)
        return count_right(with_weights(network, (pools * masks).sum(axis=1)), seen)

    widths = [network.num_inputs, *(layer.num_outputs for layer in network.layers)]
    facts = {
        "target": "-".join(map(str, widths)),
        "weights": len(goals),
        "source": task["source"],
        "images": 0 if seen is None else len(seen[1]),
        "target_right": None if seen is None else count_right(network, seen),
    }
    return [{**facts, **answer} for answer in answers(found, right)]


def no_images(sizes: np.ndarray) -> None:
    """Count nothing: there are no images to see.

    Examples
    --------
    >>> import numpy as np
    >>> no_images(np.array([1])) is None
    True
    """


def answers(found: Profiles, right: Callable[[np.ndarray], int | None] = no_images) -> list[Row]:
    """Answer every question about the same weights from the best error of every size.

    Weights that nothing within the tolerance serves are counted as failed, and have no edges.
    `right` counts the test images that a choice of sizes gets right; there a weight out of reach
    is as near as it gets, and `all_edges` are those of this choice.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.batch import profiles
    >>> weights, targets = np.array([[0.5, 0.25, 1.0]]), np.array([0.745])
    >>> rows = answers(profiles(weights, targets, rounding="nearest", bits=30))
    >>> [(row["asked"], row["edges"], row["failed"]) for row in rows[:3]]
    [('any', 2, 0), ('exactly', 1, 1), ('exactly', 2, 0)]
    """
    import numpy as np

    errors = found.errors
    every = np.arange(len(errors))

    nearest = errors.argmin(axis=1)
    rows: list[Row] = []

    def put(asked: str, value: float, sizes: np.ndarray, allowed: float = ALLOWED) -> None:
        row = _row(asked, value, sizes, errors[every, sizes], allowed)
        rows.append({**row, "all_edges": row["edges"], "right": right(sizes)})

    put("any", 0.0, nearest)
    for size in SIZES:
        if size < errors.shape[1]:
            put("exactly", float(size), np.full(len(errors), size))
    unit = Fraction(2) ** found.table.grid.exponent
    for tolerance in COARSE + TOLERANCES:
        within = found.error_units <= int(Fraction(tolerance) * unit)
        served = within.any(axis=1)
        sizes = np.where(served, within.argmax(axis=1), nearest)
        kept = _row("within", tolerance, sizes[served], errors[every, sizes][served], tolerance)
        failed, all_edges = int((~served).sum()), int(sizes.sum())
        rows.append({**kept, "failed": failed, "all_edges": all_edges, "right": right(sizes)})
        put("budget", tolerance, share_budget(found, kept["edges"], norm="l1").sizes, tolerance)
    return rows


def _row(
    asked: str, value: float, sizes: np.ndarray, errors: np.ndarray, allowed: float
) -> dict[str, Any]:
    return {
        "asked": asked,
        "value": value,
        "edges": int(sizes.sum()),
        "failed": int((errors > allowed).sum()),
        "mean_error": float(errors.mean()) if len(errors) else 0.0,
        "largest_error": float(errors.max(initial=0.0)),
        **{f"keep_{size}": int((sizes == size).sum()) for size in range(5)},
    }


def finding(rows: Sequence[Row]) -> str:
    """Say how many edges a weight takes for each question, beside the published numbers."""
    nearest, spread = edges_each(rows, "any", 0.0)
    few, _ = edges_each(rows, "within", ALLOWED)
    sources = len({row["source"] for row in rows})
    lines = [
        f"Least error takes {nearest:.2f} (+- {spread:.2f}) of {CANDIDATES} edges for each weight, "
        f"fewest edges within {ALLOWED:g} take {few:.2f}: {nearest / few:.0f} times fewer "
        f"({rows[0]['target']}, {sources} sources)."
    ]
    for tolerance in TOLERANCES[1:]:
        mean, spread = edges_each(rows, "within", tolerance)
        lines.append(f"Within {tolerance:g}: {mean:.2f} (+- {spread:.2f}).")
    by_rule, by_budget = (
        fmean(row["mean_error"] for row in rows if row["asked"] == asked and row["value"] == 1e-3)
        for asked in ("within", "budget")
    )
    lines.append(
        f"With the edges of 0.001, shared out for the least sum of errors, the mean error is "
        f"{by_rule / by_budget:.1f} times smaller."
    )
    images = rows[0]["images"]
    if images:
        lines.append(_accuracy_in_words(rows, images))
    if rows[0]["target"] == PUBLISHED_SHAPE:
        earlier = EARLIER["any", 0.0], EARLIER["within", ALLOWED]
        lines.append(
            f"Published, least error at a gap of 1 %: {PUBLISHED_EDGES:.2f}; an earlier exact run: "
            f"{earlier[0]:.2f} and {earlier[1]:.2f}."
        )
    return " ".join(lines)


def _accuracy_in_words(rows: Sequence[Row], images: int) -> str:
    target = rows[0]["target_right"] / images
    told = "; ".join(
        f"{tolerance:g} with {edges_each(rows, 'within', tolerance)[0]:.2f} edges "
        f"{share_right(rows, 'within', tolerance):.1%}, as many shared out "
        f"{share_right(rows, 'budget', tolerance):.1%}"
        for tolerance in (*COARSE, ALLOWED)
    )
    return f"Of {images} test images the target gets {target:.1%} right; within {told}."


def share_right(rows: Sequence[Row], asked: str, value: float) -> float:
    """Return the share of test images that the tickets of all sources get right.

    Examples
    --------
    >>> rows = [{"asked": "any", "value": 0.0, "right": r, "images": 10} for r in (8, 9)]
    >>> share_right(rows, "any", 0.0)
    0.85
    """
    here = [row for row in rows if row["asked"] == asked and row["value"] == value]
    return float(sum(row["right"] for row in here) / sum(row["images"] for row in here))


def edges_each(rows: Sequence[Row], asked: str, value: float) -> tuple[float, float]:
    """Return edges for each weight: the mean over sources and its standard deviation.

    Examples
    --------
    >>> rows = [{"asked": "any", "value": 0.0, "edges": e, "weights": 10} for e in (10, 30)]
    >>> edges_each(rows, "any", 0.0)
    (2.0, 1.4142135623730951)
    """
    shares = [
        row["edges"] / row["weights"]
        for row in rows
        if row["asked"] == asked and row["value"] == value
    ]
    return fmean(shares), stdev(shares) if len(shares) > 1 else 0.0


def _given(target: Network | None) -> Network:
    return shipped_target("digits") if target is None else target


def _study(name: str, target: Network | None, images: Images | None = None) -> Study:
    return Study(
        name=name,
        source="Pensia et al. 2020, published experiment",
        question="How many of 21 random numbers does each weight of a trained network need?",
        tasks=partial(tasks, target=target, images=images),
        run=partial(run, target=target, images=images),
        finding=finding,
    )


STUDY = _study(NAME, None)
