"""The page of ``slth demo``: what a winning ticket is, that the best is known, how it is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from slth_opt import __version__
from slth_opt.cli.demo_sections import (
    all_sizes,
    how_solvers_know,
    one_budget,
    one_diamond,
    other_ways,
    summary_of,
    what_is_proven,
    what_it_is,
)
from slth_opt.cli.demo_steps import Cut, Weighed
from slth_opt.cli.demo_words import (
    WAYS_HEADER,
    commands_for,
    lines_of_cut,
    next_steps,
    rows_of_ways,
)
from slth_opt.cli.ticket_files import write_bytes
from slth_opt.comparing import ComparisonRow
from slth_opt.demonstration import OneLayer
from slth_opt.json_files import write_text
from slth_opt.report import Report, Sheet, Words, write_report


def write_page(
    folder: Path, cut: Cut, one: Weighed, rows: Sequence[ComparisonRow], layer: OneLayer
) -> None:
    """Draw every figure as PNG and SVG, and write the page that holds and explains them."""
    drawn = {
        name: _draw(folder, name, plot, found)
        for name, (plot, found) in _figures(one, rows, layer).items()
    }
    write_report(folder / "report.html", page_of(folder, cut, one, rows, layer, drawn))


def _figures(
    one: Weighed, rows: Sequence[ComparisonRow], layer: OneLayer
) -> dict[str, tuple[Callable[..., Any], Sequence[Any]]]:
    """Return for each figure what draws it, and what is drawn."""
    from slth_opt.plots import plot_comparison
    from slth_opt.plots.budget import plot_budget
    from slth_opt.plots.diamond import plot_diamond
    from slth_opt.plots.every_size import plot_every_size

    return {
        "diamond": (plot_diamond, [one.diamond]),
        "sizes": (plot_every_size, [one.sizes]),
        "ways": (plot_comparison, rows),
        "budget": (plot_budget, [layer]),
    }


def _draw(folder: Path, name: str, plot: Callable[..., Any], found: Sequence[Any]) -> str:
    """Write one figure as PNG and SVG; return the SVG for the page."""
    from slth_opt.plots import draw_png, draw_svg

    # One drawing serves as a file and inside the page, where its ids must not meet others.
    svg = draw_svg(plot, found, prefix=f"{name}-")
    write_text(folder / f"{name}.svg", svg)
    write_bytes(folder / f"{name}.png", draw_png(plot, found))
    return svg


def page_of(
    folder: Path,
    cut: Cut,
    one: Weighed,
    rows: Sequence[ComparisonRow],
    layer: OneLayer,
    drawn: dict[str, str],
) -> Report:
    """Return the page; its figures are drawn already."""
    typed = commands_for(folder, cut.ticket, layer)
    return Report(
        title="A winning ticket, and the proof that it is the best",
        command=typed["all"][0],
        summary=summary_of(cut),
        facts=lines_of_cut(cut),
        parts=[
            what_it_is(cut, typed["ticket"]),
            one_diamond(cut, one, drawn["diamond"]),
            all_sizes(one, drawn["sizes"], typed["sizes"]),
            how_solvers_know(one, typed["proof"]),
            other_ways(rows, drawn["ways"], typed["ways"]),
            Sheet(title="The same in numbers", header=WAYS_HEADER, rows=rows_of_ways(rows),
                  caption="'vs best': mean error over that of the proven optimum of the same "
                  "construction. 'edges' leaves out products that are zero: a fixed size "
                  "may be filled up with them."),
            one_budget(layer, drawn["budget"], typed["layer"]),
            what_is_proven(cut),
            Words(title="Go on", paragraphs=(), commands=next_steps(folder)),
        ],
        written_by=f"slth demo {__version__}",
    )  # fmt: skip
