"""``slth instances generate``, ``table`` and ``check``: how the library is made and kept true."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from slth_opt.cli.command import CHECK_FAILED, DONE, INTERRUPTED, Command
from slth_opt.cli.outputs import print_json, waiting
from slth_opt.errors import FileError, ProblemError
from slth_opt.instances import GROUPS, INSTANCE_FAMILIES, family_named, read_entries
from slth_opt.instances.checking import Checked, check_folder
from slth_opt.instances.index import instance_paths
from slth_opt.instances.pages import pages_of
from slth_opt.instances.writing import is_whole, plan_jobs, write_jobs
from slth_opt.json_files import name_of, write_text


def _add_generate(parser: ArgumentParser) -> None:
    names = ", ".join(family.name for family in INSTANCE_FAMILIES)
    parser.add_argument("family", metavar="FAMILY", help=f"all, or one of {names}")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="S", help="count seeds from S (1: the library's own)"
    )
    parser.add_argument("--group", metavar="A,B", help=f"only these groups: {', '.join(GROUPS)}")
    parser.add_argument(
        "--certify", action="store_true", help="also solve them and write certificates"
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (1)")


def _generate(options: Namespace) -> int:
    families = INSTANCE_FAMILIES if options.family == "all" else (family_named(options.family),)
    groups = [] if options.group is None else options.group.split(",")
    for group in groups:
        if group not in GROUPS:
            raise ProblemError(f"--group {group!r} is none of {', '.join(GROUPS)}")
    jobs = plan_jobs(
        families, options.folder, seed=options.seed, groups=groups, certified=options.certify
    )
    left = [job for job in jobs if not is_whole(job)]
    written: list[str] = []
    was_interrupted = False
    with waiting(f"writing {len(left)} instances", note="Ctrl-C stops; goes on later") as tell:
        try:
            for job in write_jobs(left, options.workers):
                written.append(str(job.path))
                tell(len(written) / len(left))
        except KeyboardInterrupt:
            was_interrupted = True
    if options.json:
        print_json({"written": sorted(written), "there": len(jobs) - len(left)})
    else:
        print(
            f"{name_of(options.folder)}: {len(written)} written, {len(jobs) - len(left)} were there"
        )
        if was_interrupted:
            print(f"{len(left) - len(written)} are left: the same command goes on")
        elif written:
            print(f"slth instances table --folder {options.folder} writes the index")
    return INTERRUPTED if was_interrupted else DONE


def _add_table(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a page is not current"
    )


def _table(options: Namespace) -> int:
    folder = Path(options.folder)
    entries = read_entries(folder)
    pages = pages_of(folder, entries)
    stale = [name for name, text in pages.items() if _read(folder / name) != text]
    if not options.check:
        for name in stale:
            write_text(folder / name, pages[name])
    if options.json:
        word = "stale" if options.check else "written"
        print_json({"folder": options.folder, "instances": len(entries), word: stale})
    else:
        word = "NOT CURRENT" if options.check else "written"
        for name in pages:
            state = word if name in stale else "current"
            print(f"{name_of(folder / name)}: {state}")
        print(f"{len(entries)} instances")
    return CHECK_FAILED if options.check and stale else DONE


def _read(place: Path) -> str | None:
    """Return what a page says; None if there is none, or it is no text."""
    try:
        return place.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    except OSError as failed:
        raise FileError(f"{name_of(place)}: cannot be read: {failed.strerror}") from None


def _add_check(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--again",
        action="store_true",
        help="also solve everything proven once more, by a method of each family that proved it",
    )
    parser.add_argument(
        "--seconds", type=float, default=60.0, metavar="S", help="limit of one such answer (60)"
    )


def _check(options: Namespace) -> int:
    if not 0 < options.seconds < float("inf"):
        raise ProblemError(f"--seconds must be above 0, got {options.seconds}")
    found: list[Checked] = []
    total = len(instance_paths(options.folder))
    with waiting(f"checking {name_of(options.folder)}", note="Ctrl-C stops") as tell:
        for checked in check_folder(options.folder, again=options.again, seconds=options.seconds):
            found.append(checked)
            tell(min(1.0, len(found) / total))
    bad = [checked for checked in found if checked.trouble]
    unsure = [checked for checked in found if checked.undecided]
    reproven = sum(checked.reproven for checked in found)
    solved = sum(bool(checked.solved_by) for checked in found)
    if options.json:
        print_json(
            {
                "checked": len(found),
                "trouble": {checked.name: checked.trouble for checked in bad},
                "reproven": reproven,
                "solved_again": solved if options.again else None,
                "undecided": {checked.name: checked.undecided for checked in unsure},
            }
        )
        return CHECK_FAILED if bad else DONE
    for checked in bad:
        for line in checked.trouble:
            print(f"{checked.name}: {line}")
    for checked in unsure:
        print(f"{checked.name}: not finished again by {' and '.join(checked.undecided)}")
    print(f"{len(found)} files checked, {len(bad)} of them not true")
    print(f"{reproven} bounds proven once more in plain Python")
    if options.again:
        print(f"{solved} optima found once more by the methods that proved them")
    return CHECK_FAILED if bad else DONE


ACTIONS: tuple[Command, ...] = (
    Command(
        name="generate",
        summary="draw the instances of a family into files; what is there is left alone",
        examples=(
            "slth instances generate near-tie --group small --certify",
            "slth instances generate planted-fixed --seed 1000 --folder mine",
        ),
        arguments=_add_generate,
        run=_generate,
    ),
    Command(
        name="table",
        summary="write index.csv, optima.solu and README.md from the files of a library",
        examples=("slth instances table",),
        arguments=_add_table,
        run=_table,
    ),
    Command(
        name="check",
        summary="check every instance, certificate and line of the index",
        examples=("slth instances table", "slth instances check --again --seconds 20"),
        arguments=_add_check,
        run=_check,
    ),
)
