"""``slth study``: an experiment by name, with its rows, a figure and what was found."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path
from typing import IO

from slth_opt.cli.command import DONE, INTERRUPTED, Command
from slth_opt.cli.outputs import print_json, waiting
from slth_opt.cli.targets import read_target
from slth_opt.csv_rows import Row, as_csv
from slth_opt.errors import FileError, ProblemError
from slth_opt.experiments import SCALES, Study, run_study
from slth_opt.json_files import name_of, write_text, write_whole
from slth_opt.networks import read_mnist
from slth_opt.sources import generator
from slth_opt.studies import ABOUT_TARGETS, STUDIES, study_about, study_named

NOTE = "Ctrl-C stops; with --out the same command goes on later"


def _arguments(parser: ArgumentParser) -> None:
    names = ", ".join(study.name for study in STUDIES)
    parser.add_argument("name", metavar="NAME", help=f"one of {names}")
    parser.add_argument("--scale", choices=SCALES, default="small", help="how large (small)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="draw others (0)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (1)")
    parser.add_argument(
        "--target",
        metavar="FILE",
        help=f"a network file, or a shipped target, for {', '.join(ABOUT_TARGETS)}",
    )
    parser.add_argument(
        "--mnist", metavar="FOLDER", help="with --target: the IDX files of MNIST, for accuracy"
    )
    parser.add_argument("--out", metavar="DIR", help="write rows, figure and text there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    study = _study(options)
    generator(options.seed)
    if options.workers < 1:
        raise ProblemError(f"--workers must be at least 1, got {options.workers}")
    stem = f"{study.name}-{options.scale}-{options.seed}"
    folder = None if options.out is None else Path(options.out)
    if folder is not None:
        _make(folder)
    began = time.perf_counter()
    rows = _rows(study, options, None if folder is None else folder / f"{stem}.tasks")
    if rows is None:
        return INTERRUPTED
    found = study.finding(rows)
    written = [] if folder is None else _write(folder, stem, study.question, found, rows)
    facts = {
        "study": study.name,
        "scale": options.scale,
        "seed": options.seed,
        "source": study.source,
        "question": study.question,
        "finding": found,
        "seconds": time.perf_counter() - began,
        "timed": list(study.timed),
        "written": written,
    }
    if options.json:
        print_json({**facts, "rows": rows})
        return DONE
    print(study.question)
    print(f"beside: {study.source}")
    print(f"found:  {found}")
    print(f"rows:   {len(rows)}, seed {options.seed}")
    for place in written:
        print(f"{name_of(place)}: written")
    return DONE


def _study(options: Namespace) -> Study:
    """Return the study asked for, about the network and the images that were given, if any."""
    if options.target is None:
        if options.mnist is not None:
            raise ProblemError("--mnist brings test images for a --target; give one")
        return study_named(options.name)
    images = None
    if options.mnist is not None:
        mnist = read_mnist(options.mnist)
        images = (mnist.test_inputs, mnist.test_labels)
    return study_about(options.name, read_target(options.target).network, images)


def _rows(study: Study, options: Namespace, place: Path | None) -> list[Row] | None:
    """Return the rows of a study; after Ctrl-C say how far it came, and return None."""
    told = [0, 0]
    with waiting(f"{study.name}, {options.scale}", note=NOTE) as tell:

        def progress(done: int, tasks: int) -> None:
            told[:] = done, tasks
            tell(done / tasks)

        try:
            return run_study(
                study,
                scale=options.scale,
                seed=options.seed,
                workers=options.workers,
                place=place,
                progress=progress,
            )
        except KeyboardInterrupt:
            later = "nothing was kept: use --out" if place is None else "the same command goes on"
            print(f"slth study: {told[0]} of {told[1]} tasks done; {later}", file=sys.stderr)
            return None


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise FileError(f"{name_of(folder)}: is a file, not a folder to write to") from None
    except (OSError, ValueError) as failed:
        why = getattr(failed, "strerror", None) or failed
        raise FileError(f"{name_of(folder)}: cannot be made: {why}") from None


def _write(folder: Path, stem: str, question: str, found: str, rows: list[Row]) -> list[str]:
    """Write rows, figure and text; return their places."""
    from slth_opt.plots import draw_png, draw_svg
    from slth_opt.plots.studies import STUDY_PLOTS, more_plots

    name = next(name for name in STUDY_PLOTS if stem.startswith(name))
    places = [folder / f"{stem}.csv", folder / f"{stem}.txt"]
    write_text(places[0], as_csv(rows))
    write_text(places[1], f"{question}\n\n{found}\n\nseed: {stem.rsplit('-', 1)[1]}\n")
    others = {f"-{word}": plot for word, plot in more_plots(name, rows).items()}
    for end, plot in {"": STUDY_PLOTS[name], **others}.items():
        drawn, picture = draw_svg(plot, rows), draw_png(plot, rows)
        places += [folder / f"{stem}{end}.svg", folder / f"{stem}{end}.png"]
        write_text(places[-2], drawn)
        write_whole(places[-1], partial(_write_bytes, picture))
    return [str(place) for place in places]


def _write_bytes(content: bytes, file: IO[bytes]) -> None:
    file.write(content)


COMMAND = Command(
    name="study",
    summary="run an experiment by name; it can be stopped and gone on with",
    examples=(
        "slth study quantised",
        "slth study burkholz-statistics --seed 1 --json",
        "slth study quantised --out studies",
    ),
    arguments=_arguments,
    run=_run,
)
