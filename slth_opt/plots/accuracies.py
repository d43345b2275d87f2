"""Test images that tickets get right, against the edges that each weight keeps."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from slth_opt.plots.marks import MARKS
from slth_opt.plots.pictures import new_axes
from slth_opt.studies.pensia_weights import COARSE, TOLERANCES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = {
    "within": ("relaxed", "-", "every weight within a tolerance (written beside)"),
    "budget": ("rounding", "--", "as many edges, least sum of errors"),
}
"""Whose colour and shape a question takes, how it is drawn, what the legend says."""


SHOWN = COARSE + TOLERANCES[:3]
"""Finer tolerances cost more edges and change nothing."""

LOSS = 0.5
"""Percentage points of accuracy that count as none."""


def plot_accuracies(rows: Sequence[dict[str, Any]], ax: Axes | None = None) -> Axes:
    """Draw accuracy against edges for both ways to spend them, with the target's own.

    Bars hold nine of ten sources.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"weights": 2, "all_edges": 3, "images": 10, "right": 8, "target_right": 9,
    ...     "target": "2-1"}
    >>> rows = [{**row, "asked": asked, "value": tolerance}
    ...     for asked in LINES for tolerance in SHOWN]
    >>> plot_accuracies(rows, ax=Figure().subplots()).get_xlabel()
    'edges kept for each weight, of 21'
    """
    ax = new_axes(ax)
    target = 100 * rows[0]["target_right"] / rows[0]["images"]
    for asked, (mark, line, words) in LINES.items():
        points = [_point(rows, asked, tolerance) for tolerance in SHOWN]
        edges, means, below, above = (list(column) for column in zip(*points, strict=True))
        ax.errorbar(edges, means, yerr=[below, above], color=MARKS[mark].colour, linestyle=line,
                    marker=MARKS[mark].shape, label=words, capsize=3)  # fmt: skip
        if asked == "within":
            enough = [e for e, mean in zip(edges, means, strict=True) if mean >= target - LOSS]
            _name_tolerances(ax, edges, means, target)
    ax.axhline(target, color="black", linestyle=":", label=f"the target ({rows[0]['target']})")
    ax.set_xlim(left=0)
    ax.set_ylim(top=101)
    ax.set_xlabel("edges kept for each weight, of 21")
    ax.set_ylabel(f"test images labelled right, in percent of {rows[0]['images']}")
    ax.set_title(
        f"{min(enough):.1f} edges for each weight keep the accuracy, but for half a point"
        if enough
        else "Accuracy is lost long before the edges are",
        loc="left",
    )
    ax.legend(frameon=False, loc="lower right", title="bars hold nine of ten sources")
    return ax


def _point(
    rows: Sequence[dict[str, Any]], asked: str, tolerance: float
) -> tuple[float, float, float, float]:
    """Return edges for each weight, the mean accuracy, and how far the bar goes down and up."""
    here = [row for row in rows if (row["asked"], row["value"]) == (asked, tolerance)]
    shares = sorted(100 * row["right"] / row["images"] for row in here)
    edge = round(0.05 * (len(shares) - 1))
    mean = fmean(shares)
    edges = fmean(row["all_edges"] / row["weights"] for row in here)
    low, high = min(mean, shares[edge]), max(mean, shares[-1 - edge])
    return edges, mean, mean - low, high - mean


def _name_tolerances(ax: Axes, edges: list[float], means: list[float], target: float) -> None:
    """Write each tolerance beside its mark: left of the rise, below what is level."""
    for tolerance, x, y in zip(SHOWN, edges, means, strict=True):
        is_level = y > target - 1.2
        ax.annotate(f"{tolerance:g}", (x, y), (0, -20) if is_level else (-9, -4),
                    textcoords="offset points", color=MARKS[LINES["within"][0]].colour,
                    ha="center" if is_level else "right")  # fmt: skip
