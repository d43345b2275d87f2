"""From a figure to a picture: PNG, or SVG that may stand inside a page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Plot = Callable[..., Any]
"""Draws rows on the axes it is handed as ``ax``."""

SIZE = (8.0, 5.2)
"""Width and height in inches."""

DOTS = 150
"""Per inch, in a PNG."""

STYLE: dict[Any, Any] = {
    "font.size": 12,
    "axes.titlesize": 14,
    "axes.labelsize": 12.5,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.fontsize": 11.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "path",  # looks the same where a font is missing
    "svg.hashsalt": "slth",  # the same rows give the same file
}


def draw_png(plot: Plot, rows: Sequence[Any], size: tuple[float, float] = SIZE) -> bytes:
    r"""Return a figure as a PNG.

    Examples
    --------
    >>> def plot(rows, ax):
    ...     ax.plot(rows)
    >>> draw_png(plot, [1, 2])[:4]
    b'\x89PNG'
    """
    written = io.BytesIO()
    with _drawn(plot, rows, size) as figure:
        figure.savefig(written, format="png", dpi=DOTS, metadata={"Software": None})
    return written.getvalue()


def draw_svg(
    plot: Plot, rows: Sequence[Any], size: tuple[float, float] = SIZE, *, prefix: str = ""
) -> str:
    """Return a figure as an SVG element without references to anything outside.

    Parameters
    ----------
    plot
        What draws the rows.
    rows
        What is drawn.
    size
        Width and height in inches.
    prefix
        Begins every id, so that several figures can stand in one page.

    Examples
    --------
    >>> def plot(rows, ax):
    ...     ax.plot(rows)
    >>> drawn = draw_svg(plot, [1, 2], prefix="a-")
    >>> drawn[:4], 'id="a-figure_1"' in drawn, "metadata" in drawn
    ('<svg', True, False)
    """
    written = io.StringIO()
    with _drawn(plot, rows, size) as figure:
        figure.savefig(written, format="svg", metadata={"Date": None})
    drawn = written.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"\s*<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    return re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{prefix}", drawn)


@contextmanager
def _drawn(plot: Plot, rows: Sequence[Any], size: tuple[float, float]) -> Iterator[Figure]:
    """Yield a finished figure, made without any window or global state."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        plot(rows, ax=figure.subplots())
        yield figure


def new_axes(ax: Axes | None) -> Axes:
    """Return the axes given, or those of a new figure that a notebook shows.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> new_axes(ax) is ax
    True
    """
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    with plt.rc_context(STYLE):
        made: Axes = plt.subplots(figsize=SIZE, layout="constrained")[1]
    return made
