"""One weight of a ticket: the random edges of its diamond, the kept ones in colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slth_opt.demonstration import Diamond
from slth_opt.plots.pictures import new_axes

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

COLOURS = {1: "#0072B2", -1: "#D55E00"}
"""Of the edges kept for positive inputs and for negative ones."""

GONE = "#CFCFCF"


def plot_diamond(rows: Sequence[Diamond], ax: Axes | None = None) -> Axes:
    """Draw the first of some diamonds: input, hidden neurons, output, kept edges in colour.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from slth_opt.demonstration import ticket_of, typical_weight
    >>> from slth_opt.networks import dense_network
    >>> diamond = typical_weight(ticket_of(dense_network([[[0.5]]]), n=6, seed=1))
    >>> ax = plot_diamond([diamond], ax=Figure().subplots())
    >>> len(ax.lines), sum(line.get_color() != GONE for line in ax.lines)
    (24, 6)
    """
    ax = new_axes(ax)
    diamond = rows[0]
    heights = _heights(diamond)
    for kept in (False, True):  # the kept ones above the others
        for j in (diamond.kept == kept).nonzero()[0].tolist():
            _draw_neuron(ax, diamond, j, heights[j])
    for x, name in ((0.0, "x"), (1.0, "w x")):
        ax.scatter([x], [0.5], s=900, color="white", edgecolors="black", linewidths=1.6, zorder=4)
        ax.annotate(name, (x, 0.5), ha="center", va="center", zorder=5)
    for sign, words in ((1, "x > 0"), (-1, "x < 0")):
        middle = sum(heights[diamond.serves(sign)].tolist()) / max(1, diamond.serves(sign).sum())
        ax.annotate(
            f"these work\nwhen {words}", (-0.06, 0.5 + 0.72 * (middle - 0.5)), ha="center",
            va="center", color=COLOURS[sign],
        )  # fmt: skip
    ax.annotate(_sums(diamond, 1), (0.5, -0.05), ha="center", va="top", color=COLOURS[1])
    ax.annotate(_sums(diamond, -1), (0.5, -0.115), ha="center", va="top", color=COLOURS[-1])
    ax.set_xlim(-0.2, 1.12)
    ax.set_ylim(-0.19, 1.02)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.axis("off")
    share = f"{int(diamond.kept.sum())} of {len(diamond.kept)} random neurons kept"
    weight = f"{diamond.weight:.6f}".replace("-", "−")
    ax.set_title(f"One weight, w = {weight}: {share}", loc="left")
    return ax


def _heights(diamond: Diamond) -> np.ndarray:
    """Return the height of every neuron: those for positive inputs on top, a gap, the others."""
    import numpy as np

    order = np.concatenate([np.flatnonzero(diamond.serves(1)), np.flatnonzero(~diamond.serves(1))])
    steps = np.arange(len(order), dtype=float)
    steps[int(diamond.serves(1).sum()) :] += 2.0
    heights = np.empty(len(order))
    heights[order] = 1 - steps / max(1.0, steps[-1])
    return heights


def _draw_neuron(ax: Axes, diamond: Diamond, j: int, height: float) -> None:
    """Draw a hidden neuron with the edge that leads to it and the one that leaves it."""
    is_kept = bool(diamond.kept[j])
    colour = COLOURS[1 if diamond.first[j] > 0 else -1] if is_kept else GONE
    width, above = (1.9, 2) if is_kept else (0.7, 1)
    ax.plot([0, 0.5], [0.5, height], color=colour, linewidth=width, zorder=above)
    ax.plot([0.5, 1], [height, 0.5], color=colour, linewidth=width, zorder=above)
    ax.scatter([0.5], [height], s=34 if is_kept else 16, color=colour if is_kept else "white",
               edgecolors=colour, linewidths=0.9, zorder=3)  # fmt: skip


def _sums(diamond: Diamond, sign: int) -> str:
    """Write what the kept products of one side add up to."""
    products = diamond.products[diamond.kept & diamond.serves(sign)].tolist()
    parts = " ".join(f"{'−' if p < 0 else '+'} {abs(p):.3f}" for p in products).removeprefix("+ ")
    parts = parts.replace("− ", "−", 1) if parts.startswith("− ") else parts
    total = f"{diamond.sum_of(sign):.6f}".replace("-", "−")
    return f"{'x > 0' if sign == 1 else 'x < 0'}:  {parts or '0'}  =  {total}"
