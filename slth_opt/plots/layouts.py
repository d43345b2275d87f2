"""Weights served against hidden neurons: what signs cost, layout by layout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slth_opt.plots.marks import MARKS
from slth_opt.plots.pictures import new_axes
from slth_opt.studies.sign_pooling import TOLERANCE, shares

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WORDS = {
    "linear": ("no ReLU in between", "relaxed"),
    "nonnegative": ("inputs never negative", "swaps"),
    "pooled": ("both signs from one pool", "rounding"),
    "split": ("neurons reserved for each sign", "golden"),
}
"""What the legend says, and whose colour and shape it takes."""


def plot_layouts(rows: Sequence[dict[str, Any]], ax: Axes | None = None) -> Axes:
    """Draw how many weights are within the tolerance against the neurons that each has.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"layout": "split", "neurons": 10, "draws": 4, "served": 1}
    >>> plot_layouts([row], ax=Figure().subplots()).get_xlabel()
    'hidden neurons for each weight'
    """
    ax = new_axes(ax)
    for layout, (words, method) in WORDS.items():
        found = shares(rows, layout)
        mark = MARKS[method]
        ax.plot(
            list(found), list(found.values()), color=mark.colour, marker=mark.shape, label=words
        )
    ax.set_ylim(-0.02, 1.03)
    ax.set_xlabel("hidden neurons for each weight")
    ax.set_ylabel(f"share of weights within {TOLERANCE}")
    ax.set_title("Pooling both signs takes half the neurons of splitting them", loc="left")
    ax.legend(frameon=False, loc="lower right")
    return ax
