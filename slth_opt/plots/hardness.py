"""The figures of `hardness`: nodes and seconds of two methods against candidates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from slth_opt.plots.pictures import new_axes
from slth_opt.studies.hardness import METHODS, expected_peak

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73")
STYLES = {"four_lists": ("o", "-", "four lists"), "branching": ("s", "--", "branch and bound")}


MEASURES: dict[str, tuple[str, Callable[[dict[str, Any]], float]]] = {
    "nodes": ("nodes, or sums listed (geometric mean)", lambda row: float(2 ** row["log_nodes"])),
    "seconds": ("seconds for each proof (median)", lambda row: float(row["seconds"])),
}
"""What the vertical axis says, and how a row is placed on it."""

PARTS = {2: "half of them", 4: "a quarter of them"}


def plot_hardness(
    rows: Sequence[dict[str, Any]], ax: Axes | None = None, *, measure: str = "nodes", part: int = 2
) -> Axes:
    """Draw the work of subsets of one part of n against n, and where one solution is expected.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"part": 2, "bits": 12, "n": 16, "method": "branching", "log_nodes": 9.0}
    >>> plot_hardness([row], ax=Figure().subplots()).get_xlabel()
    'candidates n, half of them chosen'
    """
    ax = new_axes(ax)
    words, place = MEASURES[measure]
    for method in METHODS:
        marker, line, name = STYLES[method]
        for group, bits in enumerate(sorted({row["bits"] for row in rows})):
            colour = COLOURS[group % 3]
            here = [
                (row["n"], place(row))
                for row in sorted(rows, key=lambda row: row["n"])
                if (row["method"], row["bits"], row["part"]) == (method, bits, part)
            ]
            ax.plot(
                [n for n, _ in here],
                [height for _, height in here],
                color=colour,
                marker=marker,
                markerfacecolor=colour if line == "-" else "white",
                linestyle=line,
                label=f"{name}, {bits} bits",
            )
            if method == METHODS[0]:
                ax.axvline(expected_peak(bits, part), color=colour, linewidth=1, linestyle=":")
    ax.set_yscale("log", base=2 if measure == "nodes" else 10)
    ax.set_xlabel(f"candidates n, {PARTS[part]} chosen")
    ax.set_ylabel(words)
    ax.set_title(
        "Four lists: most sums listed near one expected solution (dotted)"
        if measure == "nodes"
        else "Time for a proof; dotted: one expected solution",
        loc="left",
    )
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize="small")
    return ax
