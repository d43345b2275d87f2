"""A layer under one budget: the least sum of errors for every number of edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slth_opt.demonstration import OneLayer
from slth_opt.plots.comparison import floor_of
from slth_opt.plots.pictures import new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CURVE, EVEN = "#0072B2", "#D55E00"


def plot_budget(rows: Sequence[OneLayer], ax: Axes | None = None) -> Axes:
    """Draw the curve of the first of some layers, and beside it as many edges for every weight.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from slth_opt.demonstration import layer_under_budget, ticket_of
    >>> from slth_opt.networks import dense_network
    >>> found = layer_under_budget(ticket_of(dense_network([[[0.5, -0.25]]]), n=8, seed=1))
    >>> ax = plot_budget([found], ax=Figure().subplots())
    >>> ax.lines[0].get_ydata().tolist() == found.curve.values.tolist()
    True
    """
    import numpy as np
    from matplotlib.ticker import StrMethodFormatter

    ax = new_axes(ax)
    found = rows[0]
    nothing = floor_of(found.curve.values.tolist())
    ax.plot(found.curve.edges, np.maximum(found.curve.values, nothing), color=CURVE, linewidth=2.4,
            label="shared out freely: no choice is better")  # fmt: skip
    last = 2 * found.size
    edges = [size * found.weights for size in range(1, last + 1)]
    errors = [max(error, nothing) for error in found.even_errors[1 : last + 1]]
    ax.plot(edges, errors, marker="D", markersize=8, color=EVEN, linestyle="none",
            label=f"at most 1, 2, ..., {last} for every weight, best choice")  # fmt: skip
    here, error = edges[found.size - 1], errors[found.size - 1]
    arrow = {"arrowstyle": "->", "color": EVEN, "linewidth": 1.8, "shrinkA": 7, "shrinkB": 0}
    ax.annotate("", (found.fewest.edges, error), (here, error), arrowprops=arrow)
    ax.annotate(
        f"same error, {here - found.fewest.edges:,} edges fewer",
        (here, error),
        xytext=(10, 0),
        textcoords="offset points",
        va="center",
        color=EVEN,
    )
    ax.set_yscale("log")
    ax.set_ylim(top=4 * float(found.curve.values[0]))
    ax.set_xlabel("edges kept behind the hidden neurons, in the whole layer")
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_ylabel("sum of all errors")
    ax.grid(color="#E5E5E5", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.set_title("One budget for the layer beats the same size for every weight", loc="left")
    ax.legend(loc="upper right", frameon=False)
    return ax
