"""A performance profile (Dolan and More 2002): who proves how many instances how fast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slth_opt.plots.pictures import new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = dict[str, Any]

LEAST = 0.001
"""Times below a millisecond count as one: there only noise differs."""

WORDS = {
    "meeting": "meeting in the middle",
    "small_sizes": "meeting, few of many",
    "four_lists": "four lists",
    "points": "meeting, several rows",
    "branching": "branch and bound",
    "enumeration": "every subset",
    "mask_search": "search over masks",
    "profiles": "profiles, then knapsack",
    "relaxing": "Lagrangian relaxation",
    "neuron_sets": "sets of neurons",
    "cp_sat": "CP-SAT",
    "cbc": "CBC",
    "highs": "HiGHS",
    "scip": "SCIP",
}
"""What the legend calls a method; a strengthened program adds a word."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
SOLVERS = {"cp_sat": "#009E73", "cbc": "#D55E00", "highs": "#0072B2", "scip": "#CC79A7"}
"""A solver keeps its colour: its line is dashed, and dotted for the strengthened program."""


def plot_performance_profile(
    rows: Sequence[Row], ax: Axes | None = None, *, title: str = "Instances solved in time"
) -> Axes:
    """Draw the share of instances a method solves within a factor of the fastest.

    The share is that of the instances of the kinds it takes; those it refuses count as not
    solved. Rows of exported files are left out.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"instance": "a/b", "form": "", "verdict": "right"}
    >>> rows = [{**row, "method": "meeting", "seconds": 0.5},
    ...     {**row, "method": "cbc", "seconds": 2.0}]
    >>> ax = plot_performance_profile(rows, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['meeting in the middle: 1 of 1', 'CBC: 1 of 1']
    """
    ax = new_axes(ax)
    found, asked = profiles_of(rows), Counter(row["method"] for row in rows if not row["form"])
    farthest = max((factors[-1] for factors in found.values() if factors), default=1.0)
    end = max(10.0, 2 * farthest)
    own = [method for method in found if method.removesuffix("_strong") not in SOLVERS]
    for method in sorted(found, key=lambda m: (-len(found[m]) / asked[m], sum(found[m]))):
        factors = found[method]
        shares = [100 * (i + 1) / asked[method] for i in range(len(factors))]
        last = shares[-1] if shares else 0.0
        colour, dashes = _style(method, own)
        ax.step(
            [1.0, *factors, end],
            [0.0, *shares, last],
            where="post",
            color=colour,
            linestyle=dashes,
            linewidth=2.2,
            label=f"{words_of(method)}: {len(factors)} of {asked[method]}",
        )
    ax.set_xscale("log")
    ax.set_xlim(1, end)
    ax.set_ylim(-1, 103)
    ax.grid(axis="y", color="#DDDDDD", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.set_xlabel("processor time over that of the instance's fastest method")
    ax.set_ylabel("instances solved within it, in percent")
    ax.set_title(title, loc="left")
    ax.legend(
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        frameon=False,
        title="solved, of those it takes",
        alignment="left",
    )
    return ax


def profiles_of(rows: Sequence[Row]) -> dict[str, list[float]]:
    """Return for each method, in increasing order, how many times the fastest it took.

    Examples
    --------
    >>> row = {"instance": "a/b", "form": "", "verdict": "right"}
    >>> profiles_of([{**row, "method": "a", "seconds": 2.0},
    ...     {**row, "method": "b", "seconds": 0.5}, {**row, "method": "c", "verdict": "wrong"}])
    {'a': [4.0], 'b': [1.0], 'c': []}
    """
    asked = [row for row in rows if not row["form"]]
    solved = [row for row in asked if row["verdict"] == "right"]
    times = {(row["instance"], row["method"]): max(LEAST, row["seconds"]) for row in solved}
    best: dict[str, float] = {}
    for (instance, _), seconds in times.items():
        best[instance] = min(best.get(instance, seconds), seconds)
    found: dict[str, list[float]] = {row["method"]: [] for row in asked}
    for (instance, method), seconds in times.items():
        found[method].append(seconds / best[instance])
    return {method: sorted(factors) for method, factors in found.items()}


def words_of(method: str) -> str:
    """Return what the legend calls a method.

    Examples
    --------
    >>> words_of("cbc_strong"), words_of("new")
    ('CBC, strengthened', 'new')
    """
    plain = method.removesuffix("_strong")
    words = WORDS.get(plain, plain)
    return words if plain == method else f"{words}, strengthened"


def _style(method: str, own: Sequence[str]) -> tuple[str, str]:
    """Return colour and dashes of a method: solvers are dashed, what is made here is solid."""
    plain = method.removesuffix("_strong")
    if plain in SOLVERS:
        return SOLVERS[plain], "--" if plain == method else ":"
    return COLOURS[own.index(method) % len(COLOURS)], "-"
