"""What a comparison shows: a table, a file of all numbers, figures, and a page with everything."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slth_opt import __version__
from slth_opt.cli.outputs import print_table
from slth_opt.cli.ticket_files import write_bytes
from slth_opt.comparing import EXACT, ComparisonRow
from slth_opt.constructions import construction_named
from slth_opt.json_files import write_text
from slth_opt.report import Picture, Report, Sheet, write_report

HEADER = (
    "construction", "method", "mean error", "largest", "vs best", "edges", "density", "chosen",
    "right", "missed", "s",
)  # fmt: skip
"""Of the table on the terminal; all other columns are in the files."""

MISSED = "errors above the tolerance, where there is one"


def print_rows(rows: Sequence[ComparisonRow]) -> None:
    """Print a line for each ticket."""
    print_table(HEADER, [_cells(row, several=_has_seeds(rows)) for row in rows])


def _has_seeds(rows: Sequence[ComparisonRow]) -> bool:
    return len({row.seed for row in rows}) > 1


def _cells(row: ComparisonRow, *, several: bool) -> tuple[str, ...]:
    name = f"{row.construction} {row.seed}" if several else row.construction
    return (
        name,
        row.method,
        f"{row.mean_error:.3g}",
        f"{row.largest_error:.3g}",
        times_in_words(row.error_ratio),
        str(row.edges),
        f"{row.density:.3f}",
        str(row.chosen),
        "-" if row.accuracy is None else f"{row.accuracy:.4f}",
        str(row.failures),
        f"{row.seconds:.2f}",
    )


def times_in_words(ratio: float | None) -> str:
    """Write a ratio in three digits or, where there are more before the point, in full.

    Examples
    --------
    >>> times_in_words(1.0), times_in_words(2.7181), times_in_words(18321.4), times_in_words(None)
    ('1.00', '2.72', '18321', '-')
    """
    if ratio is None:
        return "-"
    return f"{ratio:.{max(0, 2 - len(str(int(ratio))) + 1)}f}"


def write_comparison(
    folder: str, rows: Sequence[ComparisonRow], facts: dict[str, Any], target: str, command: str
) -> list[str]:
    """Write table, figures and report into a folder; return their paths.

    Parameters
    ----------
    folder
        A folder that is there.
    rows
        The tickets.
    facts
        What the JSON of the command says besides.
    target
        The target in a few words.
    command
        The command line.
    """
    from slth_opt.plots import draw_png, draw_svg, plot_comparison, plot_trade_off

    home = Path(folder)
    figures = {"comparison": plot_comparison, "edges": plot_trade_off}
    write_text(home / "comparison.csv", csv_of(rows))
    written = ["comparison.csv"]
    for name, plot in figures.items():
        write_text(home / f"{name}.svg", draw_svg(plot, rows) + "\n")
        write_bytes(home / f"{name}.png", draw_png(plot, rows))
        written += [f"{name}.svg", f"{name}.png"]
    drawn = {name: draw_svg(plot, rows, prefix=f"{name}-") for name, plot in figures.items()}
    write_report(home / "report.html", _report(rows, drawn, facts, target, command))
    return [str(home / name) for name in [*written, "report.html"]]


def csv_of(rows: Sequence[ComparisonRow]) -> str:
    r"""Return all columns of all rows as CSV, numbers in full.

    Examples
    --------
    >>> from slth_opt.comparing import compare
    >>> from slth_opt.networks import dense_network
    >>> found = compare(dense_network([[[0.5]]]), n=4, constructions=["otsuka"], methods=["exact"])
    >>> csv_of(list(found)).split("\n")[0][:24]
    'construction,method,rule'
    """
    written = io.StringIO()
    summaries = [row.summary() for row in rows]
    table = csv.DictWriter(written, list(summaries[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(summaries)
    return written.getvalue()


def _report(
    rows: Sequence[ComparisonRow],
    drawn: dict[str, str],
    facts: dict[str, Any],
    target: str,
    command: str,
) -> Report:
    """Return the page of a comparison."""
    first, last = facts["seeds"]
    lines = [
        ("target", target),
        ("sha256 of the target", facts["target"]["digest"]),
        ("candidates per weight", f"n = {facts['n']}"),
        ("seeds", str(first) if first == last else f"{first} to {last}"),
        ("images", facts["images"] or "none"),
        ("tickets", f"{len(rows)} of {facts['tickets']}, in {facts['seconds']:.3g} s"),
        *(("left out", line) for line in facts["left_out"]),
    ]
    return Report(
        title=f"Tickets for {target.partition(':')[0]}",
        command=command,
        summary=_summary(rows),
        facts=lines,
        parts=[
            Picture(
                title="How near each method comes to the weights",
                svg=drawn["comparison"],
                caption="Every line is a construction, every mark a way to choose its subsets, all "
                "from the same random network. Nothing can lie left of a black diamond on its "
                "line when both answer one question: it is the proven optimum of the construction.",
            ),
            Picture(
                title="What edges buy",
                svg=drawn["edges"],
                caption="Every mark is a ticket; the proven optima bear the names of their "
                "constructions. Lower is nearer, further left is sparser.",
            ),
            _errors_sheet(rows),
            _edges_sheet(rows),
            _rules_sheet(rows),
        ],
        written_by=f"slth compare {__version__}",
    )


def _summary(rows: Sequence[ComparisonRow]) -> str:
    """Say in a sentence what the rows show."""
    proven = sum(row.proven for row in rows)
    worse = [row.error_ratio for row in rows if row.method != EXACT and row.error_ratio]
    beside = "."
    if worse:
        least, most = times_in_words(min(worse)), times_in_words(max(worse))
        beside = f"; heuristics err {least} to {most} times as much on average."
    return f"{len(rows)} tickets, {proven} of them proven best subset by subset{beside}"


def _errors_sheet(rows: Sequence[ComparisonRow]) -> Sheet:
    return Sheet(
        title="Errors",
        header=("construction", "seed", "method", "proven", "median", "mean", "largest",
                "mean / optimum", "missed", "accuracy", "of the target", "seconds"),
        rows=[
            (
                row.construction,
                str(row.seed),
                row.method,
                "yes" if row.proven else "no",
                *(f"{e:.4g}" for e in (row.median_error, row.mean_error, row.largest_error)),
                times_in_words(row.error_ratio),
                str(row.failures),
                *("-" if a is None else f"{a:.4f}" for a in (row.accuracy, row.target_accuracy)),
                f"{row.seconds:.2f}",
            )
            for row in rows
        ],
        caption=f"Of all subset sums. Missed: {MISSED}. Seconds include drawing the network.",
    )  # fmt: skip


def _edges_sheet(rows: Sequence[ComparisonRow]) -> Sheet:
    return Sheet(
        title="Edges, as different papers count them",
        header=("construction", "seed", "method", "kept", "into hidden", "behind hidden",
                "density in blocks", "candidates chosen", "density, Pensia's code",
                "kept, Natale 2024", "density, Natale 2024"),
        rows=[
            (
                row.construction,
                str(row.seed),
                row.method,
                str(row.edges),
                str(row.first_layer),
                str(row.second_layer),
                f"{row.density:.4g}",
                str(row.chosen),
                f"{row.pensia_density:.4g}",
                str(row.natale_kept),
                f"{row.natale_density:.4g}",
            )
            for row in rows
        ],
        caption="Kept edges among those drawn inside the blocks; chosen candidates, zeros "
        "included, of n per coefficient (above 1 where a weight has two sides); two edges per "
        "chosen candidate among all entries of both full matrices.",
    )  # fmt: skip


def _rules_sheet(rows: Sequence[ComparisonRow]) -> Sheet:
    rules = dict.fromkeys((row.construction, row.rule, row.weights) for row in rows)
    return Sheet(
        title="Constructions",
        header=("construction", "paper", "what it is", "size rule", "subset sums"),
        rows=[
            (name, construction_named(name).paper, construction_named(name).summary, rule, str(w))
            for name, rule, w in rules
        ],
    )
