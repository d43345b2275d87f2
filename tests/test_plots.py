"""Figures: marks where the numbers are, words that can be read, nothing that needs a network."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from slth_opt.heuristics import HEURISTICS
from slth_opt.plots import draw_png, draw_svg, plot_comparison, plot_trade_off
from slth_opt.plots.marks import MARKS, mark_of
from slth_opt.plots.pictures import SIZE, STYLE
from tests.comparison_rows import CONSTRUCTIONS, METHODS, made_up, many

ZERO = [
    made_up("pensia", "exact", error=0.0, edges=400),
    made_up("pensia", "greedy", error=0.5, edges=100),
    made_up("otsuka", "greedy", error=0.1, edges=200),
]
PLOTS = (plot_comparison, plot_trade_off)
ROWS = [
    made_up("pensia", "exact", error=0.001, edges=400),
    made_up("pensia", "greedy", error=0.02, edges=100),
    made_up("otsuka", "exact", error=0.0001, edges=900),
]


def drawn(plot, rows, **how):
    """Return axes drawn as for a picture, laid out."""
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        ax = plot(rows, ax=figure.subplots(), **how)
        figure.draw_without_rendering()
    return ax


def marks_of(ax):
    """Return the places of all marks by the words of the legend."""
    return {
        marks.get_label(): [tuple(spot) for spot in marks.get_offsets().tolist()]
        for marks in ax.collections
    }


def test_every_mark_stands_at_its_error():
    """A construction is a line, the best on top; a mark stands at the mean error of its method."""
    ax = drawn(plot_comparison, ROWS)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["otsuka", "pensia"]
    assert marks_of(ax) == {
        "optimum, proven": [(0.0001, 0), (0.001, 1)],
        "greedy": [(0.02, 1)],
    }
    assert ax.yaxis_inverted()


def test_other_errors_can_be_drawn():
    """The measure asked for is what is drawn, and the axis says so."""
    ax = drawn(plot_comparison, ROWS, measure="largest_error")
    assert marks_of(ax)["greedy"] == [(0.2, 1)]
    assert ax.get_xlabel().startswith("largest error")


def test_seeds_are_averaged():
    """Several rows of one construction and method are one mark, at the mean."""
    rows = [made_up("pensia", "exact", error=e, edges=k, seed=k) for e, k in ((0.25, 4), (0.5, 8))]
    assert marks_of(drawn(plot_comparison, rows))["optimum, proven"] == [(0.375, 0)]
    assert marks_of(drawn(plot_trade_off, rows))["optimum, proven"] == [(6, 0.375)]


def test_every_ticket_stands_at_its_edges_and_its_error():
    """In the trade-off a mark stands at kept edges and mean error; optima bear their names."""
    ax = drawn(plot_trade_off, ROWS)
    assert marks_of(ax) == {
        "optimum, proven": [(400, 0.001), (900, 0.0001)],
        "greedy": [(100, 0.02)],
    }
    assert sorted(text.get_text() for text in ax.texts) == ["otsuka", "pensia"]


@pytest.mark.parametrize("plot", PLOTS)
def test_an_error_of_zero_has_a_place(plot):
    """A logarithmic axis has no zero: such marks stand a decade below the least error."""
    rows = [made_up("pensia", "exact", error=0.0), made_up("pensia", "greedy", error=0.5)]
    places = marks_of(drawn(plot, rows))
    axis = 0 if plot is plot_comparison else 1
    assert places["optimum, proven"][0][axis] == pytest.approx(0.05)


@pytest.mark.parametrize("plot", PLOTS)
def test_an_error_of_zero_is_explained(plot):
    """Where zero stands, the figure says that it is exactly zero; elsewhere it does not."""
    assert "exactly 0" in {text.get_text() for text in drawn(plot, ZERO).texts}
    assert "exactly 0" not in {text.get_text() for text in drawn(plot, ZERO[1:]).texts}


def shown_texts(ax):
    """Return all texts that are drawn: of the ticks only those within the limits."""
    off = set()
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        for is_minor in (False, True):
            places = axis.get_ticklocs(minor=is_minor)
            labels = axis.get_ticklabels(minor=is_minor)
            off |= {t for t, x in zip(labels, places, strict=True) if not low <= x <= high}
    texts = ax.get_figure().findobj(Text)
    return [t for t in texts if t.get_visible() and t.get_text().strip() and t not in off]


def boxes_of(ax):
    """Return the boxes of all texts that are drawn, with their words."""
    renderer = ax.get_figure()._get_renderer()
    return [(t.get_text(), t.get_window_extent(renderer)) for t in shown_texts(ax)]


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("rows", [ROWS, ZERO, many(), many()[:1], many()[:7]], ids=len)
def test_no_text_covers_another(plot, rows):
    """No two texts of a figure overlap, and none leaves it."""
    ax = drawn(plot, rows)
    found = boxes_of(ax)
    assert [(a, b) for (a, one), (b, other) in combinations(found, 2) if one.overlaps(other)] == []
    frame = ax.get_figure().bbox.padded(0.5)
    outside = [text for text, box in found if not frame.contains(box.x0, box.y0)
               or not frame.contains(box.x1, box.y1)]  # fmt: skip
    assert outside == []


@pytest.mark.parametrize("plot", PLOTS)
def test_text_is_large_enough_at_half_size(plot):
    """No text is smaller than 11 points on a figure eight inches wide."""
    ax = drawn(plot, many())
    sizes = {t.get_fontsize() for t in ax.get_figure().findobj(Text) if t.get_text().strip()}
    # Exponents are drawn smaller, inside their text.
    assert min(sizes) >= 11


@pytest.mark.parametrize("plot", PLOTS)
def test_axes_and_legend_speak(plot):
    """Both axes are labelled, errors with their unit, and the legend has words for every method."""
    ax = drawn(plot, many())
    assert "" not in (ax.get_xlabel(), ax.get_ylabel(), ax.get_title(loc="left"))
    assert "in the unit of the weights" in ax.get_xlabel() + ax.get_ylabel()
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert sorted(legend) == sorted(mark_of(method).words for method in METHODS)


def test_methods_differ_in_colour_and_in_shape():
    """Every method there is has a mark of its own, told apart by colour or by shape alone."""
    assert set(MARKS) == {"exact", *(heuristic.name for heuristic in HEURISTICS)}
    for what in ("colour", "shape", "words"):
        assert len({getattr(mark, what) for mark in MARKS.values()}) == len(MARKS)


def test_names_of_one_place_share_a_label():
    """Constructions with the same ticket are named together, once each."""
    rows = [made_up(name, "exact", error=0.25, edges=70) for name in ("pensia", "ferbach")]
    assert [text.get_text() for text in drawn(plot_trade_off, rows).texts] == ["ferbach, pensia"]


def test_every_optimum_is_named():
    """In a crowd each construction is still named exactly once."""
    names = ", ".join(text.get_text() for text in drawn(plot_trade_off, many()).texts)
    assert sorted(names.split(", ")) == sorted(CONSTRUCTIONS)


@pytest.mark.parametrize("plot", PLOTS)
def test_pictures_are_the_same_every_time(plot):
    """The same rows give the same SVG and the same PNG, byte for byte."""
    assert draw_svg(plot, ROWS) == draw_svg(plot, ROWS)
    assert draw_png(plot, ROWS) == draw_png(plot, ROWS)


@pytest.mark.parametrize("plot", PLOTS)
def test_an_svg_stands_alone(plot):
    """Every reference in an SVG leads to an id inside it, under the prefix."""
    picture = draw_svg(plot, ROWS, prefix="here-")
    ids = re.findall(r'\bid="([^"]+)"', picture)
    links = re.findall(r'href="([^"]+)"|url\(([^)]+)\)', picture)
    assert {link.lstrip("#") for pair in links for link in pair if link} <= set(ids)
    assert {name[:5] for name in ids} == {"here-"}


def test_a_figure_of_its_own():
    """Without axes to draw on, a figure is made, of the usual size."""
    import matplotlib.pyplot as plt

    ax = plot_comparison(ROWS)
    assert tuple(ax.get_figure().get_size_inches()) == SIZE
    plt.close(ax.get_figure())
