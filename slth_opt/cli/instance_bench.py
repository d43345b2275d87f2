"""``slth bench --only instances``: every method on every instance of a library."""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from slth_opt.canaries import versions
from slth_opt.cli.command import CHECK_FAILED, DONE, INTERRUPTED
from slth_opt.cli.outputs import print_json, waiting
from slth_opt.csv_rows import Row, as_csv
from slth_opt.errors import ProblemError
from slth_opt.instance_benchmarks import (
    GROUPS,
    as_markdown,
    compare_instances,
    read_entries,
    wrong_rows,
)
from slth_opt.json_files import name_of, write_text, write_whole
from slth_opt.problems import POOL_KINDS

OPTIONS = ("folder", "group", "workers", "out")
"""What this part of the table takes, and no other."""

SECONDS = 3.0
"""The limit of one answer, unless another is asked for."""

NOTE = "Ctrl-C stops; with --out the same command goes on later"


def add_options(parser: ArgumentParser) -> None:
    """Add the options of this part of the table."""
    group = parser.add_argument_group("with --only instances (and --seconds, 3)")
    group.add_argument("--folder", metavar="DIR", help="the library of instances (instances)")
    group.add_argument(
        "--group",
        metavar="G,G",
        help=f"of {', '.join(GROUPS)}, with commas between them (small,medium)",
    )
    group.add_argument("--workers", type=int, metavar="N", help="processes side by side (1)")
    group.add_argument("--out", metavar="DIR", help="keep rows and pictures there, and go on there")


def run_instances(options: Namespace, put: Callable[[Path, str], None]) -> int:
    """Make the table, with `put` to place it between the marks of a page; return the exit code."""
    seconds = SECONDS if options.seconds is None else options.seconds
    workers = 1 if options.workers is None else options.workers
    folder = Path(options.folder or "instances")
    entries = read_entries(folder, (options.group or "small,medium").split(","))
    if not 0 < seconds < float("inf") or workers < 1:
        raise ProblemError("instances need --seconds above 0 and --workers of at least 1")
    with ExitStack() as held:
        if options.out is None:
            home = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="slth-bench-")))
        else:
            home = Path(options.out)
            home.mkdir(parents=True, exist_ok=True)
        progress = held.enter_context(waiting(f"{len(entries)} instances", note=NOTE))
        try:
            rows = compare_instances(
                folder,
                entries,
                seconds=seconds,
                workers=workers,
                place=home / "instances.tasks",
                progress=progress,
            )
        except KeyboardInterrupt:
            if options.out is None:
                raise
            print(f"slth bench: interrupted; the same command goes on from {home}", file=sys.stderr)
            return INTERRUPTED
    made_by = ", ".join(f"{name} {version}" for name, version in versions().items() if version)
    text = (
        f"{len(entries)} instances, at most {seconds:g} s for one answer, workers: {workers}; "
        f"{made_by}.\n\n{as_markdown(rows)}"
    )
    written = [] if options.out is None else _write(home, rows)
    if options.into is not None:
        text = f"{text}\n\n{_draw(options.into, rows)}"
        put(options.into, text)
    if options.json:
        print_json({"instances": len(entries), "rows": rows, "written": written})
    else:
        print(text)
        for place in written:
            print(f"{name_of(place)}: written")
    return _tell(rows)


def _tell(rows: list[Row]) -> int:
    """Say on stderr if a method that proves was wrong: that must never be."""
    wrong = wrong_rows(rows, exact=True)
    for row in wrong:
        line = f"slth bench: {row['method']} is wrong on {row['instance']}: {row['words']}"
        print(" ".join(line.split()), file=sys.stderr)
    return CHECK_FAILED if wrong else DONE


def _write(home: Path, rows: list[Row]) -> list[str]:
    """Write rows and pictures; return their places."""
    from slth_opt.plots import draw_png

    places = [home / "rows.csv"]
    write_text(places[0], as_csv(rows))
    for name, own, plot in _pictures(rows):
        picture = draw_png(plot, own, SIZE)
        places.append(home / f"{name}.png")
        write_whole(places[-1], lambda file, picture=picture: file.write(picture))  # type: ignore[misc]
    return [str(place) for place in places]


def _draw(page: Path, rows: list[Row]) -> str:
    """Put the pictures into the folder ``pictures`` beside a page; return what shows them."""
    from slth_opt.plots import draw_svg

    folder = page.parent / "pictures"
    folder.mkdir(exist_ok=True)
    lines = []
    for name, own, plot in _pictures(rows):
        write_text(folder / f"{name}.svg", draw_svg(plot, own, SIZE) + "\n")
        lines.append(f"![{_caption(name, own)}](pictures/{name}.svg)")
    return "\n\n".join(lines)


SIZE = (10.0, 5.2)
"""Of a picture, in inches: the legend stands beside the axes."""


def _caption(name: str, rows: list[Row]) -> str:
    """Say in words what a picture shows, for those who do not see it."""
    right = Counter(row["method"] for row in rows if row["verdict"] == "right")
    asked = len({row["instance"] for row in rows})
    first = ", ".join(f"{method} {count}" for method, count in right.most_common(3))
    about = "one pool" if name.endswith("pools") else "a layer"
    return f"Performance profile, problems about {about}: of {asked} instances {first}, ..."


def _pictures(rows: list[Row]) -> list[tuple[str, list[Row], Any]]:
    """Return name, rows and plot of each picture that has something to show."""
    from functools import partial

    from slth_opt.plots.performance_profile import plot_performance_profile

    asked = [row for row in rows if not row["form"]]
    pools = [row for row in asked if row["problem"] in POOL_KINDS]
    layers = [row for row in asked if row["problem"] not in POOL_KINDS]
    named = (
        ("performance_profile_pools", pools, "Problems about one pool of numbers"),
        ("performance_profile_layers", layers, "Problems about a layer"),
    )
    return [
        (name, own, partial(plot_performance_profile, title=title))
        for name, own, title in named
        if own
    ]
