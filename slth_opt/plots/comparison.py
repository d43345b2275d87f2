"""How near the methods come to the weights: every construction a line, every method a mark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from slth_opt.comparing import EXACT, ComparisonRow
from slth_opt.plots.marks import GREY, legend_beside, scatter
from slth_opt.plots.pictures import new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEASURES = {
    "mean_error": "mean error of a weight (in the unit of the weights)",
    "median_error": "median error of a weight (in the unit of the weights)",
    "largest_error": "largest error of a weight (in the unit of the weights)",
}


def plot_comparison(
    rows: Sequence[ComparisonRow], ax: Axes | None = None, *, measure: str = "mean_error"
) -> Axes:
    """Draw the errors of all methods, construction by construction, on a logarithmic axis.

    Parameters
    ----------
    rows
        Rows of `compare`; several seeds are averaged.
    ax
        Where to draw; by default a new figure.
    measure
        One of `MEASURES`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from slth_opt.comparing import compare
    >>> from slth_opt.networks import dense_network
    >>> target = dense_network([[[0.5, -0.3]]])
    >>> rows = list(compare(target, n=8, constructions=["pensia"], methods=["exact", "greedy"]))
    >>> ax = plot_comparison(rows, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['optimum, proven', 'greedy']
    """
    ax = new_axes(ax)
    errors = averaged(rows, measure)
    nothing = floor_of(errors.values())
    names = _best_first(errors)
    for line, name in enumerate(names):
        here = [max(error, nothing) for (other, _), error in errors.items() if other == name]
        ax.plot([min(here), max(here)], [line, line], color="#BBBBBB", linewidth=2, zorder=1)
    for method in methods_of(rows):
        found = [
            (max(errors[name, method], nothing), line)
            for line, name in enumerate(names)
            if (name, method) in errors
        ]
        scatter(ax, method, found)
    _label(ax, names, measure)
    if any(error == 0 for error in errors.values()):
        mark_zero(ax, nothing, axis="x")
    return ax


def averaged(rows: Iterable[ComparisonRow], measure: str) -> dict[tuple[str, str], float]:
    """Return a measure for each construction and method, the mean over all seeds.

    Examples
    --------
    >>> averaged([], "mean_error")
    {}
    """
    found: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        found.setdefault((row.construction, row.method), []).append(getattr(row, measure))
    return {key: fmean(values) for key, values in found.items()}


def methods_of(rows: Iterable[ComparisonRow]) -> list[str]:
    """Return the methods of some rows, the exact one first, the others as they come.

    Examples
    --------
    >>> methods_of([])
    []
    """
    return sorted(dict.fromkeys(row.method for row in rows), key=lambda name: name != EXACT)


def floor_of(errors: Iterable[float]) -> float:
    """Return where an error of zero is drawn on a logarithmic axis: a decade below the others.

    Examples
    --------
    >>> floor_of([0.0, 0.5]), floor_of([0.0])
    (0.05, 1e-12)
    """
    return min((error / 10 for error in errors if error > 0), default=1e-12)


def mark_zero(ax: Axes, nothing: float, *, axis: str) -> None:
    """Say that what is drawn at the low end of the axis of errors has no error at all.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> mark_zero(ax, 0.5, axis="x")
    >>> ax.texts[0].get_text()
    'exactly 0'
    """
    across = axis == "x"
    line = ax.axvline if across else ax.axhline
    line(nothing, color=GREY, linewidth=1, linestyle=":", zorder=0)
    ax.annotate(
        "exactly 0",
        (nothing, 0) if across else (0, nothing),
        xycoords=("data", "axes fraction") if across else ("axes fraction", "data"),
        xytext=(5, 4),
        textcoords="offset points",
        color=GREY,
        fontsize=11,
    )


def _best_first(errors: dict[tuple[str, str], float]) -> list[str]:
    """Return the constructions by the error of their optimum, or of their best method."""
    best: dict[str, float] = {}
    for (name, method), error in errors.items():
        best[name] = min(best.get(name, error), error)
        if method == EXACT:
            best[name] = error
    return sorted(best, key=best.__getitem__)


def _label(ax: Axes, names: Sequence[str], measure: str) -> None:
    ax.set_xscale("log")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlabel(MEASURES[measure])
    ax.set_ylabel("construction, the best on top")
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.set_title("Proven optimum and heuristics, on the same random networks", loc="left")
    legend_beside(ax)
