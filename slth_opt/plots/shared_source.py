"""The figure of `shared-source`: candidates of one pool against the targets it serves."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from slth_opt.plots.pictures import new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73")
SHAPES = ("o", "s", "^")


def plot_shared_source(rows: Sequence[dict[str, Any]], ax: Axes | None = None) -> Axes:
    """Draw how many candidates serve m targets, on one pool and on pools of their own.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"tolerance": 0.01, "targets": 4, "shared": 9, "separate": 10}
    >>> plot_shared_source([row], ax=Figure().subplots()).get_xlabel()
    'targets m'
    """
    ax = new_axes(ax)
    targets, highest = sorted({row["targets"] for row in rows}), 0.0
    for group, tolerance in enumerate(sorted({row["tolerance"] for row in rows})):
        for kind, line, words in (
            ("separate", "--", "a pool of this size each"),
            ("shared", "-", "one pool for all"),
        ):
            means = [
                fmean(r[kind] for r in rows if (r["tolerance"], r["targets"]) == (tolerance, m))
                for m in targets
            ]
            highest = max(highest, *means)
            ax.plot(
                targets,
                means,
                color=COLOURS[group % 3],
                marker=SHAPES[group % 3],
                markerfacecolor="white" if kind == "separate" else None,
                linestyle=line,
                label=f"within {tolerance:g}, {words}",
            )
    ax.set_xscale("log", base=2)
    ax.set_xticks(targets, [str(m) for m in targets])
    ax.set_ylim(0, 1.35 * highest)
    ax.set_xlabel("targets m")
    ax.set_ylabel("candidates until every target\nhas a subset near enough (mean)")
    ax.set_title("One pool serves 64 targets with few more candidates than one", loc="left")
    ax.legend(loc="upper left", frameon=False, ncols=2, fontsize="small")
    return ax
