"""The figure of `solver-truth`: the share of wrong claims for each tool and size of weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slth_opt.plots.pictures import new_axes
from slth_opt.studies.solver_truth import AUDITED, counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = {"cbc": "CBC", "highs": "HiGHS", "scip": "SCIP", "cp_sat": "CP-SAT"}
COLOURS = ("#56B4E9", "#E69F00", "#D55E00")


def plot_solver_truth(rows: Sequence[dict[str, Any]], ax: Axes | None = None) -> Axes:
    """Draw how often "optimal" was wrong.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"tool": "cbc", "weights_up_to": 1.0, "claimed": "optimal", "optimum": 2}
    >>> ax = plot_solver_truth([{**row, "error": 3, "wrong": True}], ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['CBC, as used here']
    """
    ax = new_axes(ax)
    tools = list(dict.fromkeys(row["tool"] for row in rows))
    sizes = sorted({row["weights_up_to"] for row in rows}, reverse=True)
    for group, largest in enumerate(sizes):
        found = [counts(rows, tool, largest) for tool in tools]
        shares = [100 * wrong / max(claims, 1) for wrong, claims, _ in found]
        places = [place + 0.26 * (group - (len(sizes) - 1) / 2) for place in range(len(tools))]
        ax.barh(
            places,
            shares,
            height=0.24,
            color=COLOURS[group % 3],
            label=f"weights up to {largest:g}",
        )
        for place, share, (wrong, claims, _) in zip(places, shares, found, strict=True):
            ax.annotate(f" {wrong} of {claims}", (share, place), va="center", fontsize="small")
    words = [f"{NAMES[tool]}, as used here" if tool in AUDITED else tool for tool in tools]
    ax.set_yticks(range(len(tools)), words)
    ax.invert_yaxis()
    ax.set_xlim(0, 108)
    ax.set_xlabel('wrong among the answers called "optimal", in percent')
    ax.set_title('By default, "optimal" can be wrong for small weights', loc="left")
    ax.legend(loc="lower right", frameon=False)
    return ax
