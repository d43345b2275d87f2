"""Names beside marks, put where they cover neither each other nor other marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Spot = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points."""

FONT = 11.5
NEAR = 8.0
"""Marks nearer than this, in points, share a label."""

WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""Where a label may stand: right, left, above, below, and the corners."""

REACHES = (9.0, 20.0, 36.0)
"""How far from its mark; from the second on a thin line leads there."""


def place_labels(ax: Axes, places: Mapping[str, Spot], marks: Iterable[Spot]) -> None:
    """Write each name beside its place; names of one place become one label.

    Parameters
    ----------
    ax
        The axes, everything else drawn: their limits are final.
    places
        Where each name belongs, as data.
    marks
        What should not be covered, as data.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> place_labels(ax, {"a": (0.5, 0.5), "b": (0.5, 0.5), "c": (0.2, 0.5)}, [])
    >>> sorted(text.get_text() for text in ax.texts)
    ['a, b', 'c']
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # the layout decides where things are
    dots = 72 / float(figure.dpi)

    def spot_of(place: Spot) -> Spot:
        x, y = ax.transData.transform(place).tolist()
        return x * dots, y * dots

    frame = ax.get_window_extent()
    room = (frame.x0 * dots, frame.y0 * dots, frame.x1 * dots, frame.y1 * dots)
    covered = [_around(spot_of(mark), 4) for mark in marks]
    spots = {name: spot_of(place) for name, place in places.items()}
    covered += [_around(spot, 6) for spot in spots.values()]
    written: list[Box] = []
    for names in _together(spots):
        spot = spots[names[0]]
        text = ", ".join(names)
        offset, box, reach = _best(spot, text, room, covered, written)
        written.append(box)
        _write(ax, text, places[names[0]], offset, leads=reach > REACHES[0])


def _write(ax: Axes, text: str, place: Spot, offset: Spot, *, leads: bool) -> None:
    """Write a label at an offset from its place, centred there."""
    from matplotlib.patheffects import withStroke

    line = {"arrowstyle": "-", "color": "#888888", "linewidth": 0.8, "shrinkA": 0, "shrinkB": 8}
    label = ax.annotate(
        text,
        place,
        xytext=offset,
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=FONT,
        zorder=6,
        path_effects=[withStroke(linewidth=3, foreground="white")],
        arrowprops=line if leads else None,
    )
    label.set_in_layout(False)


def _together(spots: Mapping[str, Spot]) -> list[list[str]]:
    """Return the names in groups that lie on one spot."""
    groups: list[list[str]] = []
    for name in sorted(spots):
        x, y = spots[name]
        for group in groups:
            a, b = spots[group[0]]
            if abs(x - a) < NEAR and abs(y - b) < NEAR:
                group.append(name)
                break
        else:
            groups.append([name])
    return sorted(groups, key=lambda group: len(", ".join(group)))  # long ones take what is left


def _best(
    spot: Spot, text: str, room: Box, covered: Sequence[Box], written: Sequence[Box]
) -> tuple[Spot, Box, float]:
    """Return the offset of a label's centre, its box and its reach that cover least."""
    half = 0.31 * FONT * len(text), 0.62 * FONT
    best: tuple[float, Spot, Box, float] | None = None
    for reach in REACHES:
        for way in WAYS:
            offset = way[0] * (reach + half[0]), way[1] * (reach + half[1])
            if way[0] and way[1]:
                offset = offset[0] * 0.8, offset[1]
            x, y = spot[0] + offset[0], spot[1] + offset[1]
            box = (x - half[0], y - half[1], x + half[0], y + half[1])
            leader = [
                _around((spot[0] + offset[0] * part / 8, spot[1] + offset[1] * part / 8), 1)
                for part in (range(2, 7) if reach > REACHES[0] else ())
            ]
            outside = box[0] < room[0] or box[1] < room[1] or box[2] > room[2] or box[3] > room[3]
            cost = (
                1000.0 * outside
                + 300 * sum(_overlap(box, other) > 0 for other in written)
                + 300 * sum(_overlap(step, other) > 0 for step in leader for other in written)
                + sum(_overlap(step, other) for step in leader for other in covered) / 9
                + sum(60 + _overlap(box, other) for other in covered if _overlap(box, other) > 0)
                + reach / 2
            )
            if best is None or cost < best[0]:
                best = cost, offset, box, reach
    assert best is not None
    return best[1], best[2], best[3]


def _around(spot: Spot, radius: float) -> Box:
    return spot[0] - radius, spot[1] - radius, spot[0] + radius, spot[1] + radius


def _overlap(one: Box, other: Box) -> float:
    """Return the area that two boxes share."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)
