"""The figure of each study: one message, labelled axes, nothing that needs explaining."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from slth_opt.plots.accuracies import plot_accuracies
from slth_opt.plots.all_targets import plot_all_targets
from slth_opt.plots.block_sharing import plot_block_sharing
from slth_opt.plots.densities import plot_densities
from slth_opt.plots.edge_counts import plot_edges
from slth_opt.plots.hardness import plot_hardness
from slth_opt.plots.heuristic_gap import plot_gap
from slth_opt.plots.layouts import plot_layouts
from slth_opt.plots.pictures import new_axes
from slth_opt.plots.shared_source import plot_shared_source
from slth_opt.plots.solver_times import plot_solver_times
from slth_opt.plots.solver_truth import plot_solver_truth
from slth_opt.studies.burkholz_statistics import LAWS, PUBLISHED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
SHAPES = ("o", "s", "^", "D")

Rows = Sequence[dict[str, Any]]


def plot_threshold(rows: Rows, ax: Axes | None = None) -> Axes:
    """Draw how often a subset exists against the constant of the threshold.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"tolerance": 0.01, "k": 2, "n": 12, "constant": 1.0, "targets_up_to": "sqrt(k)",
    ...     "draws": 10, "successes": 3, "predicted": 0.34}
    >>> plot_threshold([row], ax=Figure().subplots()).get_ylabel()
    'share of draws with a subset of exactly k'
    """
    ax = new_axes(ax)
    here = [row for row in rows if row["targets_up_to"] == "sqrt(k)"]
    for group, tolerance in enumerate(sorted({row["tolerance"] for row in here}, reverse=True)):
        found = [row for row in here if row["tolerance"] == tolerance]
        ax.scatter(
            [row["constant"] for row in found],
            [row["successes"] / row["draws"] for row in found],
            color=COLOURS[group % 4],
            marker=SHAPES[group % 4],
            label=f"tolerance {tolerance:g}",
        )
    ax.axvline(1, color="#888888", linewidth=1, linestyle="--")
    ax.annotate("as few candidates as counting allows", (1.01, 0.03), color="#555555")
    ax.set_ylim(-0.02, 1.03)
    ax.set_xlabel("bits of choice n H2(k/n), as a multiple c of log2(k/tolerance)")
    ax.set_ylabel("share of draws with a subset of exactly k")
    ax.set_title(
        "Half as many bits again as counting asks for are nearly always enough", loc="left"
    )
    ax.legend(loc="lower right", frameon=False)
    return ax


def plot_sizes(rows: Rows, ax: Axes | None = None) -> Axes:
    """Draw how many candidates a weight needs, for both laws.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"law": "uniform", "n": 15, "draws": 10, **{f"size_{k}": 1 for k in range(7)}}
    >>> len(plot_sizes([row], ax=Figure().subplots()).patches)
    7
    """
    ax = new_axes(ax)
    shown = [row for row in rows if row["n"] == 15 and row["law"] in PUBLISHED]
    laws = sorted({row["law"] for row in shown}, reverse=True)
    for group, law in enumerate(laws):
        here = [row for row in shown if row["law"] == law]
        draws = sum(row["draws"] for row in here)
        shares = [100 * sum(row[f"size_{k}"] for row in here) / draws for k in range(7)]
        places = [k + 0.4 * (group - (len(laws) - 1) / 2) for k in range(7)]
        ax.bar(places, shares, width=0.38, color=COLOURS[group], label=LAWS[law])
        published = [100 * float(share) for share in PUBLISHED[law][2].split()]
        ax.plot(places, published, color="black", marker="_", markersize=22, linestyle="",
                label="published" if group == 0 else None)  # fmt: skip
    ax.set_xticks(range(7), [*map(str, range(6)), "6 or more"])
    ax.set_xlabel("candidates kept, of 15")
    ax.set_ylabel("share of draws in percent")
    ax.set_title("Two or three of 15 are mostly enough to be within 0.01", loc="left")
    ax.legend(frameon=False)
    return ax


def plot_transition(rows: Rows, ax: Axes | None = None) -> Axes:
    """Draw how often a target is met exactly against the candidates beyond log2 M.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"bits": 8, "n": 9, "draws": 4, "successes": 2}
    >>> plot_transition([row], ax=Figure().subplots()).get_xlabel()
    'candidates n, less log2 M'
    """
    ax = new_axes(ax)
    for group, bits in enumerate(sorted({row["bits"] for row in rows})):
        here = sorted((row for row in rows if row["bits"] == bits), key=lambda row: row["n"])
        ax.plot(
            [row["n"] - bits for row in here],
            [row["successes"] / row["draws"] for row in here],
            color=COLOURS[group % 4],
            marker=SHAPES[group % 4],
            label=f"integers up to 2^{bits}",
        )
    ax.set_ylim(-0.02, 1.02)
    ax.set_xlabel("candidates n, less log2 M")
    ax.set_ylabel("share of targets met exactly")
    ax.set_title("From never to always within ten candidates, whatever M", loc="left")
    ax.legend(loc="lower right", frameon=False)
    return ax


STUDY_PLOTS: dict[str, Callable[..., Any]] = {
    "rfss-threshold": plot_threshold,
    "burkholz-statistics": plot_sizes,
    "quantised": plot_transition,
    "pensia-weights": plot_edges,
    "density-overparameterization": plot_densities,
    "heuristic-gap": plot_gap,
    "sign-pooling": plot_layouts,
    "all-targets": plot_all_targets,
    "shared-source": plot_shared_source,
    "solver-truth": plot_solver_truth,
    "solver-times": plot_solver_times,
    "hardness": plot_hardness,
    "block-sharing": plot_block_sharing,
}
"""For each study, by name, its figure."""


def more_plots(study: str, rows: Rows) -> dict[str, Callable[..., Any]]:
    """Return the other figures that rows of a study have something to show in, by a word.

    Examples
    --------
    >>> list(more_plots("pensia-weights", [{"images": 360}]))
    ['accuracy']
    >>> more_plots("pensia-weights", [{"images": 0}])
    {}
    """
    if study == "pensia-weights" and rows and rows[0]["images"]:
        return {"accuracy": plot_accuracies}
    if study == "hardness":
        return {
            "quarters": partial(plot_hardness, part=4),
            "seconds": partial(plot_hardness, measure="seconds"),
        }
    return {}
