"""``slth export``: the integer program of an instance, in the format of another solver."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from slth_opt.cli.command import DONE, Command
from slth_opt.cli.outputs import print_json
from slth_opt.json_files import write_text
from slth_opt.library import read_instance
from slth_opt.programs import program_of
from slth_opt.programs.writers import WRITERS


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("instance", metavar="INSTANCE.json", help="an instance file")
    parser.add_argument(
        "--format", required=True, choices=tuple(WRITERS), help="which format to write"
    )
    parser.add_argument("--out", metavar="FILE", help="where to (default: standard output)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    text = WRITERS[options.format](program_of(read_instance(options.instance).problem))
    if options.out is not None:
        write_text(options.out, text)
    if options.json:
        print_json({"format": options.format, "out": options.out, "text": text})
    elif options.out is None:
        sys.stdout.write(text)
    return DONE


COMMAND = Command(
    name="export",
    summary="write the integer program of an instance for another solver",
    examples=(
        "slth export pool.json --format mps",
        "slth export pool.json --format opb --out pool.opb",
    ),
    arguments=_arguments,
    run=_run,
)
