"""The best subset of every size of one pool, and the best of a thousand random ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slth_opt.demonstration import DRAWS, EverySize
from slth_opt.plots.comparison import floor_of, mark_zero
from slth_opt.plots.pictures import new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEST, DRAWN = "#0072B2", "#E69F00"


def plot_every_size(rows: Sequence[EverySize], ax: Axes | None = None) -> Axes:
    """Draw errors by size for the first of some pools, on a logarithmic axis.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum(weights=(3, -5, 8), target=4, fewest=1, most=1)
    >>> found = EverySize(problem=pool, best_units=(4, 1, 1, 2), drawn_units=(4, 4, 1, 2))
    >>> ax = plot_every_size([found], ax=Figure().subplots())
    >>> ax.lines[0].get_ydata().tolist()
    [4.0, 4.0, 1.0, 2.0]
    """
    import numpy as np

    ax = new_axes(ax)
    found = rows[0]
    nothing = floor_of([*found.best, *found.drawn])
    sizes = np.arange(len(found.best))
    for errors, colour, shape, words in (
        (found.drawn, DRAWN, "o", f"best of {DRAWS:,} random subsets"),
        (found.best, BEST, "D", "best of all subsets, proven"),
    ):
        shown = np.maximum(np.array(errors), nothing)
        ax.plot(sizes, shown, color=colour, marker=shape, label=words)
    size = found.problem.most
    ax.plot([size], [max(found.best[size], nothing)], marker="o", markersize=17, color="none",
            markeredgecolor="black", label=f"the ticket keeps this one ({size})")  # fmt: skip
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    ax.set_ylim(top=high * (high / low) ** 0.35)  # room for the legend, whatever the errors
    ax.set_xticks(sizes[:: 1 + len(sizes) // 16])
    ax.set_xlabel(f"edges kept, of {len(sizes) - 1}")
    ax.set_ylabel("error of the sum")
    ax.grid(axis="y", color="#E5E5E5", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.set_title(f"The best of every size, and what {DRAWS:,} draws find", loc="left")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0.98), frameon=False)
    if 0 in found.best:
        mark_zero(ax, nothing, axis="y")
    return ax
