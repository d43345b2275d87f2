"""The figure of `solver-times`: a performance profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slth_opt.plots.pictures import new_axes
from slth_opt.studies.solver_times import factors

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#56B4E9", "#000000", "#009E73", "#CC79A7", "#E69F00", "#D55E00")
WORDS = {
    "meeting": "meeting in the middle",
    "four_lists": "four lists",
    "branching": "branch and bound",
    "cp_sat": "CP-SAT",
    "scip": "SCIP",
    "highs": "HiGHS",
    "cbc": "CBC",
}
"""What the legend calls a method."""

SHAPES = ("o", "^", "s", "D", "v", "X", "P")

LINES = ("-", "-", "-", "--", "--", "--", "--")


def plot_solver_times(rows: Sequence[dict[str, Any]], ax: Axes | None = None) -> Axes:
    """Draw the share of instances that a method solves within a factor of the fastest.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"n": 12, "k": 6, "draw": 0, "solved": True, "method": "cbc", "seconds": 2.0}
    >>> plot_solver_times([row], ax=Figure().subplots()).get_xscale()
    'log'
    """
    ax = new_axes(ax)
    methods = list(dict.fromkeys(row["method"] for row in rows))
    slowest = max((f for method in methods for f in factors(rows, method)), default=1.0)
    for group, method in enumerate(methods):
        instances = sum(row["method"] == method for row in rows)
        found = factors(rows, method)
        shares = [100 * (i + 1) / instances for i in range(len(found))]
        across, up = [1.0, *found, 2 * slowest], [0.0, *shares, shares[-1] if shares else 0.0]
        ax.step(
            across,
            up,
            where="post",
            color=COLOURS[group % 7],
            linestyle=LINES[group % 7],
            linewidth=2,
            marker=SHAPES[group % 7],
            markevery=slice(1, -1, max(1, len(found) // 6)),
            label=WORDS.get(method, method),
        )
    ax.set_xscale("log")
    ax.set_ylim(-2, 103)
    ax.set_xlabel("time, as a multiple of the fastest method's on the same instance")
    ax.set_ylabel("instances proven within it, in percent")
    ax.set_title("Methods made for subset sums lead by orders of magnitude", loc="left")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return ax
