"""How much larger the errors of heuristics are than the optimum, as candidates grow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slth_opt.plots.marks import legend_beside, mark_of
from slth_opt.plots.pictures import new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_gap(rows: Sequence[dict[str, Any]], ax: Axes | None = None) -> Axes:
    """Draw the median ratio to the optimum against n, for subsets of half of the candidates.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"n": 12, "size": "half", "method": "greedy", "median_ratio": 30.0}
    >>> plot_gap([row], ax=Figure().subplots()).get_yscale()
    'log'
    """
    ax = new_axes(ax)
    halves = [
        row
        for row in rows
        if (row["size"] == "half" or row["size"] == row["n"] // 2) and row["method"] != "exact"
    ]
    for method in dict.fromkeys(row["method"] for row in halves):
        here = sorted((row for row in halves if row["method"] == method), key=lambda row: row["n"])
        mark = mark_of(method)
        ax.plot(
            [row["n"] for row in here],
            [row["median_ratio"] for row in here],
            color=mark.colour,
            marker=mark.shape,
            label=mark.words,
        )
    ax.axhline(1, color="black", linestyle="--", linewidth=1)
    ax.annotate("optimum", (1, 1), (-2, 4), xycoords=("axes fraction", "data"), ha="right",
                textcoords="offset points")  # fmt: skip
    ax.set_yscale("log")
    ax.set_xticks(sorted({row["n"] for row in halves}))
    ax.set_xlabel("candidates n, half of them chosen")
    ax.set_ylabel("error, as a multiple of the optimum (median)")
    ax.set_title("Every heuristic falls behind the optimum as candidates grow", loc="left")
    legend_beside(ax)
    return ax
