"""What outputs keep that choose alone and together: edges and hidden neurons of random blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slth_opt.plots.pictures import new_axes
from slth_opt.studies.block_sharing import COUNTS, EARLIER, SHAPES, middle

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BARS = {
    "alone_edges": ("edges, each output for itself", "#56B4E9"),
    "edges": ("edges, fewest together", "#0072B2"),
    "alone_neurons": ("neurons, each output for itself", "#E69F00"),
    "neurons": ("neurons, fewest together", "#D55E00"),
}
"""What is drawn, what the legend says, and the colour."""


def plot_block_sharing(rows: Sequence[dict[str, Any]], ax: Axes | None = None) -> Axes:
    """Draw the mean of each count for each shape, and the blocks of before as lines.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"served": True, **dict.fromkeys(COUNTS, 5)}
    >>> rows = [{**row, "hidden": hidden, "outputs": outputs} for hidden, outputs in SHAPES]
    >>> len(plot_block_sharing(rows, ax=Figure().subplots()).patches)
    16
    """
    ax = new_axes(ax)
    for group, (count, (words, colour)) in enumerate(BARS.items()):
        found = [middle(rows, shape, count) for shape in SHAPES]
        places = [place + 0.2 * (group - 1.5) for place in range(len(SHAPES))]
        means = [mean for _, mean, _ in found]
        reach = [[m - low for low, m, _ in found], [high - m for _, m, high in found]]
        ax.bar(places, means, width=0.19, color=colour, label=words, yerr=reach,
               error_kw={"ecolor": "#777777", "capsize": 2})  # fmt: skip
        before = [
            (place, block[COUNTS.index(count)])
            for place, shape in zip(places, SHAPES, strict=True)
            for block in EARLIER.get(shape, ())
        ]
        label = "measured before" if group == 0 else None
        ax.plot(*zip(*before, strict=True), color="black", marker="_", markersize=13,
                linestyle="", label=label)  # fmt: skip
    ax.set_xticks(range(len(SHAPES)), [f"{h} neurons,\n{o} outputs" for h, o in SHAPES])
    ax.set_ylim(top=1.32 * max(middle(rows, shape, "alone_edges")[2] for shape in SHAPES))
    ax.set_ylabel("kept by a block (mean, middle 95 % of blocks)")
    ax.set_title("Choosing together saves neurons, and few edges", loc="left")
    ax.legend(frameon=False, loc="upper left", ncols=2, fontsize="small")
    return ax
