"""The figure of `all-targets`: bits needed against bits wanted, beside both laws."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import TYPE_CHECKING, Any

from slth_opt.plots.pictures import new_axes
from slth_opt.studies.all_targets import needs
from slth_opt.theory import binary_entropy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SHAPES = ("o", "s", "^", "D", "v", "P")


def plot_all_targets(rows: Sequence[dict[str, Any]], ax: Axes | None = None) -> Axes:
    """Draw how much of n H2(k/n) serves all targets, against log2(k/eps).

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"k": 2, "draw": 0, "targets_up_to": "sqrt(k)", "exponent": 4, "n": 21}
    >>> plot_all_targets([row], ax=Figure().subplots()).get_xlabel()
    'bits wanted, log2(k/eps)'
    """
    ax = new_axes(ax)
    found = needs(rows, "sqrt(k)")
    for group, k in enumerate(sorted({k for k, _ in found})):
        line = sorted(
            (log2(k) + e, n * binary_entropy(k / n)) for (s, e), n in found.items() if s == k
        )
        ax.plot(
            [wanted for wanted, _ in line],
            [bits for _, bits in line],
            color=COLOURS[group % 6],
            marker=SHAPES[group % 6],
            label=f"subsets of {k}",
        )
    wanted = [log2(k) + exponent for k, exponent in found]
    across = [min(wanted) + (max(wanted) - min(wanted)) * i / 50 for i in range(51)]
    ax.plot(across, across, color="#555555", linestyle="--", label="the logarithm, once")
    squares = [(x, x * x) for x in across if x * x <= 60]
    ax.plot(*zip(*squares, strict=True), color="#000000", linestyle=":", label="its square")
    ax.set_ylim(0, 62)
    ax.set_xlabel("bits wanted, log2(k/eps)")
    ax.set_ylabel("bits of choice at which half of all pools\nserve every target, n H2(k/n)")
    ax.set_title("All targets at once follow the logarithm, not its square", loc="left")
    ax.legend(loc="upper right", frameon=False)
    return ax
