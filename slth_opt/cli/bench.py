"""``slth bench``: time every method on the same pools and count who was right."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from slth_opt.benchmarking import Row, as_markdown, compare_methods, run_published, time_kernels
from slth_opt.cli.command import DONE, Command
from slth_opt.cli.outputs import print_json, waiting
from slth_opt.errors import FileError, ProblemError
from slth_opt.json_files import write_text

BEGIN, END = "<!-- slth bench -->", "<!-- end of slth bench -->"


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--answers", type=int, default=8, metavar="N", help="pools for the slow methods (8)"
    )
    parser.add_argument(
        "--rows", type=int, default=65536, metavar="N", help="pools for the kernels (65536)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="draw other pools")
    parser.add_argument(
        "--only", choices=("methods", "kernels", "published"), help="one part of the table"
    )
    parser.add_argument(
        "--into", type=Path, metavar="FILE.md", help=f"put the table between {BEGIN} marks"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    if options.answers < 1 or options.rows < 1024:
        raise ProblemError("a benchmark needs --answers of at least 1 and --rows of at least 1024")
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
    try:
        old = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as trouble:
        raise FileError(f"{path}: cannot be read: {trouble}") from None
    between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if len(between.findall(old)) != 1:
        raise FileError(f"{path}: needs exactly one pair of marks {BEGIN} ... {END}")
    write_text(path, between.sub(lambda _: f"{BEGIN}\n{text}\n{END}", old))


COMMAND = Command(
    name="bench",
    summary="time every method on the same pools, and count who was right",
    examples=("slth bench --only kernels --rows 1024",),
    arguments=_arguments,
    run=_run,
)
