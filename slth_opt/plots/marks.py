"""What stands for a method in every figure: a word, a colour and a shape that tell it apart.

The colours are those of Okabe and Ito, which people with any colour vision can tell apart; the
shapes do so in black and white as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slth_opt.comparing import EXACT

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How a method is drawn, and what the legend calls it."""

    words: str
    colour: str
    shape: str


MARKS = {
    "exact": Mark(words="optimum, proven", colour="#000000", shape="D"),
    "swaps": Mark(words="greedy, then swaps", colour="#009E73", shape="^"),
    "draws": Mark(words="best of 200 draws", colour="#E69F00", shape="o"),
    "rounding": Mark(words="rounded relaxation", colour="#D55E00", shape="X"),
    "greedy": Mark(words="greedy", colour="#56B4E9", shape="s"),
    "golden": Mark(words="golden ratio", colour="#CC79A7", shape="v"),
    "relaxed": Mark(words="gradient descent", colour="#0072B2", shape="P"),
}

GREY = "#666666"


def mark_of(method: str) -> Mark:
    """Return the mark of a method; one that has none yet is drawn in grey under its name.

    Examples
    --------
    >>> mark_of("exact").words, mark_of("new").colour
    ('optimum, proven', '#666666')
    """
    return MARKS.get(method, Mark(words=method, colour=GREY, shape="p"))


def scatter(ax: Axes, method: str, places: Sequence[tuple[float, float]]) -> None:
    """Draw the marks of one method; those of the optimum are open, so that nothing hides there.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> scatter(ax, "greedy", [(1, 2), (3, 4)])
    >>> ax.collections[0].get_offsets().tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    mark = mark_of(method)
    is_open = method == EXACT
    ax.scatter(
        [x for x, _ in places],
        [y for _, y in places],
        s=95 if is_open else 48,
        marker=mark.shape,
        facecolors="white" if is_open else mark.colour,
        edgecolors=mark.colour if is_open else "white",
        linewidths=1.8 if is_open else 0.6,
        label=mark.words,
        zorder=2.5 if is_open else 3,
    )


def legend_beside(ax: Axes) -> None:
    """Put the legend to the right of the axes, where it covers nothing.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> scatter(ax, "exact", [(1, 2)])
    >>> legend_beside(ax)
    >>> ax.get_legend().get_title().get_text()
    'subset chosen by'
    """
    ax.legend(
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        frameon=False,
        title="subset chosen by",
        alignment="left",
    )
