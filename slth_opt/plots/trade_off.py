"""What edges buy: every ticket a mark, by the edges it keeps and the error it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slth_opt.comparing import EXACT, ComparisonRow
from slth_opt.plots.comparison import MEASURES, averaged, floor_of, mark_zero, methods_of
from slth_opt.plots.labels import place_labels
from slth_opt.plots.marks import legend_beside, scatter
from slth_opt.plots.pictures import new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_trade_off(
    rows: Sequence[ComparisonRow], ax: Axes | None = None, *, measure: str = "mean_error"
) -> Axes:
    """Draw error against kept edges, both logarithmic; the optimum of each construction is named.

    Parameters
    ----------
    rows
        Rows of `compare`; several seeds are averaged.
    ax
        Where to draw; by default a new figure.
    measure
        The error, one of `plots.comparison.MEASURES`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from slth_opt.comparing import compare
    >>> from slth_opt.networks import dense_network
    >>> target = dense_network([[[0.5, -0.3]]])
    >>> rows = list(compare(target, n=8, constructions=["pensia"], methods=["exact", "greedy"]))
    >>> plot_trade_off(rows, ax=Figure().subplots()).get_xlabel()
    'kept edges, both layers of the random network'
    """
    ax = new_axes(ax)
    errors, edges = averaged(rows, measure), averaged(rows, "edges")
    nothing = floor_of(errors.values())
    places = {key: (max(edges[key], 0.5), max(error, nothing)) for key, error in errors.items()}
    for method in methods_of(rows):
        scatter(ax, method, [place for (_, other), place in places.items() if other == method])
    _count_along(ax, [x for x, _ in places.values()])
    ax.set_yscale("log")
    ax.margins(x=0.12, y=0.1)
    ax.set_xlabel("kept edges, both layers of the random network")
    ax.set_ylabel(MEASURES[measure].replace(" (", "\n("))
    ax.grid(color="#E5E5E5", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.set_title("What edges buy", loc="left")
    legend_beside(ax)
    optima = {name: place for (name, method), place in places.items() if method == EXACT}
    place_labels(ax, optima, places.values())
    if any(error == 0 for error in errors.values()):
        mark_zero(ax, nothing, axis="y")
    return ax


def _count_along(ax: Axes, counts: Sequence[float]) -> None:
    """Scale the axis of edges: logarithmic over a decade and more, with numbers people read."""
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    spread = max(counts) / min(counts)
    if spread >= 10:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 3) if spread < 1000 else (1,)))
        ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
