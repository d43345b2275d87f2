"""``slth bench``: time every method on the same problems and count who was right."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from slth_opt.benchmarking import Row, as_markdown, compare_methods, run_published, time_kernels
from slth_opt.cli.command import DONE, Command
from slth_opt.cli.instance_bench import OPTIONS, add_options, run_instances
from slth_opt.cli.outputs import print_json, waiting
from slth_opt.errors import FileError, ProblemError
from slth_opt.json_files import write_text
from slth_opt.layer_benchmarks import NAMES, as_tables, choose_series, compare_layers
from slth_opt.layer_benchmarks import Row as LayerRow

BEGIN, END = "<!-- slth bench -->", "<!-- end of slth bench -->"
PARTS = {"layers": ("about", "sizes", "instances"), "instances": OPTIONS}
"""Options that mean something for one part of the table only."""
_BETWEEN = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--answers", type=int, default=8, metavar="N", help="pools for the slow methods (8)"
    )
    parser.add_argument(
        "--rows", type=int, default=65536, metavar="N", help="pools for the kernels (65536)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="draw other pools")
    parser.add_argument(
        "--only",
        choices=("methods", "kernels", "published", "layers", "instances"),
        help="one part of the table; layers and instances, many minutes, only if asked for",
    )
    layers = parser.add_argument_group("with --only layers")
    layers.add_argument("--about", choices=NAMES, help="one kind of layer problem (all)")
    layers.add_argument("--sizes", nargs="+", metavar="AxB", help="other sizes for --about")
    layers.add_argument("--seconds", type=float, metavar="S", help="limit for one answer (2)")
    layers.add_argument("--instances", type=int, metavar="N", help="problems of each size (1)")
    add_options(parser)
    parser.add_argument(
        "--into", type=Path, metavar="FILE.md", help=f"put the table between {BEGIN} marks"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    if options.answers < 1 or options.rows < 1024:
        raise ProblemError("a benchmark needs --answers of at least 1 and --rows of at least 1024")
    if options.into is not None:
        _read_marked(options.into)  # before minutes of work, not after
    for only, names in PARTS.items():
        for name in names:
            if getattr(options, name) is not None and options.only != only:
                raise ProblemError(f"--{name} is for --only {only}")
    if options.only == "layers":
        return _compare_layers(options)
    if options.only == "instances":
        return run_instances(options, _put)
    if options.seconds is not None:
        raise ProblemError("--seconds is for --only layers and --only instances")
    rows: list[Row] = []
    published = None
    with waiting("measuring"):
        if options.only in (None, "methods"):
            rows += compare_methods(options.answers, options.seed)
        if options.only in (None, "kernels"):
            rows += time_kernels(options.rows, options.seed)
        if options.only in (None, "published"):
            published = run_published(options.seed)
    text = as_markdown(rows) if rows else ""
    if published is not None:
        text += ("\n\n" if text else "") + _in_words(published)
    if options.into is not None:
        _put(options.into, text)
    if options.json:
        print_json({"rows": [asdict(row) for row in rows], "published": published})
    else:
        print(text)
    return DONE


def _compare_layers(options: Namespace) -> int:
    """Make the table of layer methods; a table that Ctrl-C cut short goes into no file."""
    seconds = 2.0 if options.seconds is None else options.seconds
    instances = 1 if options.instances is None else options.instances
    if instances < 1 or options.seed < 0:
        raise ProblemError("layers need --instances of at least 1 and --seed of at least 0")
    series = choose_series(options.about, options.sizes)
    rows: list[LayerRow] = []
    whole = True
    with waiting("comparing layer methods", note="Ctrl-C prints what there is") as progress:
        try:
            for row in compare_layers(
                series, instances=instances, seconds=seconds, seed=options.seed, progress=progress
            ):
                rows.append(row)
        except KeyboardInterrupt:
            whole = False
            if not rows:
                raise
    text = (
        f"At most {seconds:g} s for one answer, problems of each size: {instances}, "
        f"seed {options.seed}.\n\n{as_tables(rows)}"
    )
    if options.into is not None and whole:
        _put(options.into, text)
    if options.json:
        print_json({"layers": [row.summary() for row in rows], "whole": whole})
    else:
        print(text)
    if not whole:
        print("slth bench: interrupted, the table is not whole", file=sys.stderr)
    return DONE


def _in_words(run: dict[str, float]) -> str:
    return (
        f"{run['weights']:,} fresh pools of {run['candidates']}, any size: "
        f"{run['proven_and_recomputed']:,} answers proven and recomputed in "
        f"{run['seconds']:.1f} s ({run['processor_seconds']:.1f} s of processor time, "
        f"{run['peak_mib']:,} MiB). Pensia et al. 2020 report 77,266 s on 36 cores, "
        "at a gap of 1 %."
    )


def _put(path: Path, text: str) -> None:
    """Replace what stands between the marks of a Markdown file."""
    new = _BETWEEN.sub(lambda _: f"{BEGIN}\n{text}\n{END}", _read_marked(path))
    write_text(path, new)


def _read_marked(path: Path) -> str:
    """Return the text of a file with one pair of marks, or say what is wrong with it."""
    try:
        old = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as trouble:
        raise FileError(f"{path}: cannot be read: {trouble}") from None
    if len(_BETWEEN.findall(old)) != 1:
        raise FileError(f"{path}: needs exactly one pair of marks {BEGIN} ... {END}")
    return old


COMMAND = Command(
    name="bench",
    summary="time every method on the same problems, and count who was right",
    examples=(
        "slth bench --only kernels --rows 1024",
        "slth bench --only layers --about joints --sizes 2x4x2 --seconds 1",
    ),
    arguments=_arguments,
    run=_run,
)
