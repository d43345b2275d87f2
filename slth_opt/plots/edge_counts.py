"""Edges for each weight against the tolerance: fewest edges beside least error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slth_opt.plots.marks import MARKS
from slth_opt.plots.pictures import new_axes
from slth_opt.studies.pensia_weights import (
    ALLOWED,
    PUBLISHED_EDGES,
    PUBLISHED_SHAPE,
    TOLERANCES,
    edges_each,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_edges(rows: Sequence[dict[str, Any]], ax: Axes | None = None) -> Axes:
    """Draw how many edges a weight keeps, within each tolerance and for the least error.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> asked = [("any", 0.0), *(("within", tolerance) for tolerance in TOLERANCES)]
    >>> rows = [{"target": "2-1", "weights": 2, "asked": what, "value": v, "edges": 3}
    ...     for what, v in asked]
    >>> plot_edges(rows, ax=Figure().subplots()).get_ylabel()
    'edges kept for each weight, of 21'
    """
    ax = new_axes(ax)
    means, spreads = zip(*(edges_each(rows, "within", t) for t in TOLERANCES), strict=True)
    blue, red = MARKS["relaxed"].colour, MARKS["rounding"].colour
    ax.errorbar(TOLERANCES, means, yerr=spreads, color=blue, marker="o", label="fewest edges")
    least, _ = edges_each(rows, "any", 0.0)
    ax.axhline(least, color="black", linestyle="--", label="least error, any number of edges")
    if rows[0]["target"] == PUBLISHED_SHAPE:
        ax.plot(
            [ALLOWED], [PUBLISHED_EDGES], color=red, marker="s", linestyle="",
            label="published: least error, gap of 1 %",
        )  # fmt: skip
    for tolerance, mean in zip(TOLERANCES, means, strict=True):
        ax.annotate(
            f"{mean:.2f}", (tolerance, mean), (0, 9), textcoords="offset points", ha="center"
        )
    ax.set_xscale("log")
    ax.invert_xaxis()
    ax.margins(x=0.08)
    ax.set_ylim(0, 1.45 * max(least, PUBLISHED_EDGES))
    ax.set_xlabel("tolerance of each weight")
    ax.set_ylabel("edges kept for each weight, of 21")
    times = least / means[0]
    ax.set_title(
        f"Fewest edges within 0.01: {times:.0f} times fewer than least error takes", loc="left"
    )
    ax.legend(frameon=False, loc="upper left")
    return ax
