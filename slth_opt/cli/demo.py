"""``slth demo``: a winning ticket end to end, every step checked, and a page that explains it."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from slth_opt.cli.command import DONE, INTERRUPTED, Command
from slth_opt.cli.outputs import print_json, waiting
from slth_opt.errors import FileError
from slth_opt.json_files import name_of
from slth_opt.sources import generator


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--seed", type=int, default=2024, metavar="S", help="draws the random network"
    )
    parser.add_argument(
        "--out", default="out/demo", metavar="DIR", help="where files go (default: out/demo)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    generator(options.seed)
    folder = Path(options.out)
    _make(folder)
    steps: list[str] = ["starting"]
    try:
        return _show(options, folder, steps)
    except KeyboardInterrupt:
        said = f"interrupted while {steps[-1]}; what was written to {name_of(folder)} is whole"
        print(f"slth demo: {said}", file=sys.stderr)
        return INTERRUPTED


def _show(options: Namespace, folder: Path, steps: list[str]) -> int:
    """Do one step after the other; on a terminal, show each as soon as it is done."""
    from slth_opt.cli import demo_steps, demo_words  # not for --help
    from slth_opt.cli.demo_page import write_page

    began, doing, quiet = time.perf_counter(), steps.append, options.json
    cut = demo_steps.cut_ticket(folder, options.seed, doing)
    if not quiet:
        demo_words.print_cut(cut)
    one = demo_steps.weigh_one(folder, cut.ticket, doing)
    if not quiet:
        demo_words.print_weight(one)
    rows = demo_steps.compare_ways(cut, doing)
    if not quiet:
        demo_words.print_ways(rows)
    layer = demo_steps.share_layer(folder, cut.ticket, doing)
    if not quiet:
        demo_words.print_layer(layer)
    doing("drawing figures")
    with waiting("drawing figures", note=demo_steps.NOTE):
        write_page(folder, cut, one, rows, layer)
    seconds = time.perf_counter() - began
    if quiet:
        facts = demo_words.facts_of_demo(cut, one, rows, layer)
        files = [str(folder / name) for name in demo_steps.FILES]
        print_json({**facts, "seconds": seconds, "written": files})
        return DONE
    print(f"\nAll of this took {seconds:.0f} s. Written to {name_of(folder)}:")
    for names in (demo_steps.FILES[:5], demo_steps.FILES[5:]):
        print(f"  {' '.join(names)}")
    page = name_of(folder / "report.html")
    print(f"\nOpen {page}: it explains what you saw, in five minutes. Then try")
    for line in demo_words.next_steps(folder):
        print(f"  {line}")
    return DONE


def _make(folder: Path) -> None:
    """Make the folder, or say in one line why it cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise FileError(f"{name_of(folder)}: is a file, not a folder to write to") from None
    except (OSError, ValueError) as failed:
        why = getattr(failed, "strerror", None) or failed
        raise FileError(f"{name_of(folder)}: cannot be made: {why}") from None
    if not os.access(folder, os.W_OK):
        raise FileError(f"{name_of(folder)}: cannot be written to")


COMMAND = Command(
    name="demo",
    summary="a winning ticket end to end: proven, compared, certified, and explained on a page",
    examples=("slth demo", "slth demo --seed 7 --out out/seven"),
    arguments=_arguments,
    run=_run,
)
