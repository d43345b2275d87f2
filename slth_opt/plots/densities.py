"""How large a source must be for each density: measured, and as a theorem promises."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from slth_opt.plots.marks import GREY, Mark, mark_of
from slth_opt.plots.pictures import new_axes
from slth_opt.studies.density_overparameterization import parameters_by_target, promised

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OPTIMA = {
    "exact": Mark(words="optimum, exactly k for each weight", colour="#000000", shape="D"),
    "shared": Mark(words="optimum, k on average", colour="#0072B2", shape="P"),
}
"""Two optima are told apart here."""

NAMED = {
    1: ("one candidate (Malach)", (12, -2), "left"),
    "any": ("any number (Pensia)", (0, -20), "center"),
}
"""What is written beside the points of two other theorems, where, and on which side."""


def plot_densities(rows: Sequence[dict[str, Any]], ax: Axes | None = None) -> Axes:
    """Draw candidates against density, both logarithmic, with the theorem's curve above.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"method": "exact", "size": 2, "n": 100, "density": 0.02}
    >>> plot_densities([row], ax=Figure().subplots()).get_xscale()
    'log'
    """
    import numpy as np

    ax = new_axes(ax)
    found = [row for row in rows if row["n"]]
    least = min(row["density"] for row in found)
    densities = [least ** (step / 40) * 0.9 ** (1 - step / 40) for step in range(41)]
    ax.plot(densities, [promised(density) for density in densities], color=GREY, linestyle="--",
            label="theorem of Natale et al., unknown constant set to 1")  # fmt: skip
    for method in dict.fromkeys(row["method"] for row in found):
        here = [row for row in found if row["method"] == method and row["size"] != "any"]
        mark = OPTIMA.get(method) or mark_of(method)
        ax.plot([row["density"] for row in here], [row["n"] for row in here], color=mark.colour,
                marker=mark.shape, label=mark.words)  # fmt: skip
    for row in found:
        if row["method"] == "exact" and row["size"] in NAMED:
            words, offset, side = NAMED[row["size"]]
            place = (row["density"], row["n"])
            ax.annotate(words, place, offset, textcoords="offset points", ha=side)
            ax.plot(*place, color="black", marker="o", markersize=9, fillstyle="none", linestyle="")
    ax.set_xscale("log")
    ax.set_yscale("log")
    # Room below for a word, and above for the legend.
    ax.set_ylim(0.5 * min(row["n"] for row in found), 12 * max(map(promised, densities)))
    ax.set_xlabel("density: share of its candidates that a weight keeps, k/n")
    ax.set_ylabel("candidates n for each weight and sign")
    each = parameters_by_target(1)
    times = ax.secondary_yaxis(
        "right", functions=(partial(np.multiply, each), partial(np.multiply, 1 / each))
    )
    times.set_ylabel("parameters of the source, by those of the target")
    ax.set_title("Optimal tickets need far smaller sources than promised or searched", loc="left")
    ax.legend(frameon=False, loc="upper right")
    return ax
