"""The figure of `hardness`: nodes of two methods against candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slth_opt.plots.pictures import new_axes
from slth_opt.studies.hardness import METHODS, expected_peak

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73")
STYLES = {"four_lists": ("o", "-", "four lists"), "branching": ("s", "--", "branching")}


def plot_hardness(rows: Sequence[dict[str, Any]], ax: Axes | None = None) -> Axes:
    """Draw the work of half-sized subsets against n, and where one solution is expected.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"part": 2, "bits": 12, "n": 16, "method": "branching", "log_nodes": 9.0}
    >>> plot_hardness([row], ax=Figure().subplots()).get_xlabel()
    'candidates n, half of them chosen'
    """
    ax = new_axes(ax)
    for method in METHODS:
        marker, line, words = STYLES[method]
        for group, bits in enumerate(sorted({row["bits"] for row in rows})):
            colour = COLOURS[group % 3]
            here = [
                (row["n"], 2 ** row["log_nodes"])
                for row in sorted(rows, key=lambda row: row["n"])
                if (row["method"], row["bits"], row["part"]) == (method, bits, 2)
            ]
            ax.plot(
                [n for n, _ in here],
                [nodes for _, nodes in here],
                color=colour,
                marker=marker,
                markerfacecolor=colour if line == "-" else "white",
                linestyle=line,
                label=f"{words}, {bits} bits",
            )
            if method == METHODS[0]:
                ax.axvline(expected_peak(bits, 2), color=colour, linewidth=1, linestyle=":")
    ax.set_yscale("log", base=2)
    ax.set_xlabel("candidates n, half of them chosen")
    ax.set_ylabel("nodes, or sums listed (geometric mean)")
    ax.set_title("Hardest where one exact solution is expected (dotted)", loc="left")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize="small")
    return ax
