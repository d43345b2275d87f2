"""``slth batch``: the best subset of every row of an array, proven and recomputed."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from typing import Any

from slth_opt.batch import Profiles, Smallest, nearest_subsets, profiles, smallest_subsets
from slth_opt.cli.answers import Answer, arrays_of, asked_in_words, recheck, table_of
from slth_opt.cli.arrays import check_place, read_array, source_of, write_npz
from slth_opt.cli.command import DONE, Command
from slth_opt.cli.inputs import add_size, in_option_words, read_number, read_rounding, read_size
from slth_opt.cli.outputs import number, print_json, print_lines, print_table, waiting
from slth_opt.errors import GridError, ProblemError

NOTE = "Ctrl-C stops, and writes nothing"

MANY = 10_000
"""Rows from which on the time of one is more than that of starting up."""


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--weights",
        required=True,
        metavar="W",
        help="the pools: a .npy file with a pool in each row, or one pool for all targets",
    )
    parser.add_argument(
        "--targets",
        required=True,
        metavar="T",
        help="a .npy file with a target for each pool, or a row of targets for each; or numbers",
    )
    add_size(parser)
    parser.add_argument("--profile", action="store_true", help="the best subset of every size")
    parser.add_argument("--smallest", action="store_true", help="choose as few as possible")
    parser.add_argument("--tolerance", metavar="E", help="how far off --smallest may be")
    parser.add_argument("--out", required=True, metavar="OUT.npz", help="where the answers go")
    parser.add_argument(
        "--round",
        metavar="BITS",
        type=int,
        help="round to BITS bits after the binary point (the file then brackets the true errors)",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="use N threads (default: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    ask = _question(options)
    check_place(options.out, options.weights, options.targets)
    pools = read_array(options.weights, "--weights")
    targets = read_array(options.targets, "--targets")
    began = time.perf_counter()
    with waiting(f"solving {targets.size} rows", note=NOTE) as tell:
        try:
            answer = ask(pools, targets, lambda done, rows: tell(done / rows))
        except GridError as refused:
            raise in_option_words(refused) from None
    seconds = time.perf_counter() - began
    sources = {
        "weights": source_of(options.weights, pools),
        "targets": source_of(options.targets, targets),
    }
    arrays = arrays_of(answer, {"sources": sources, "round": options.round})
    with waiting("checking what is written", note=NOTE):
        checked = write_npz(options.out, arrays, check=lambda read: recheck(read, answer))
    facts = {**_facts(answer, arrays), "recomputed": checked, "seconds": seconds}
    facts["out"] = options.out
    if options.json:
        print_json(facts)
    else:
        _print(facts)
    return DONE


def _question(
    options: Namespace,
) -> Callable[[Any, Any, Callable[[int, int], None]], Answer]:
    """Return the one question that was asked, as a function of pools, targets and progress."""
    how = {**read_rounding(options), "workers": options.workers}
    special = [name for name in ("profile", "smallest") if getattr(options, name)]
    if (options.tolerance is None) is options.smallest:
        raise ProblemError("--smallest and --tolerance E go together")
    if not special:
        size = read_size(options, "; or --profile, or --smallest with --tolerance E")
        return lambda pools, targets, tell: nearest_subsets(
            pools, targets, size=size, progress=tell, **how
        )
    sizes = (options.size, options.at_most, options.between)
    if len(special) > 1 or options.any_size or any(size is not None for size in sizes):
        raise ProblemError("--profile and --smallest stand alone: give one of them, and no size")
    if options.profile:
        return lambda pools, targets, tell: profiles(pools, targets, progress=tell, **how)
    tolerance = read_number(options.tolerance, "--tolerance")
    return lambda pools, targets, tell: smallest_subsets(
        pools, targets, tolerance=tolerance, progress=tell, **how
    )


def _facts(answer: Answer, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Return what there is to say about the answers, as plain JSON values."""
    import numpy as np

    table, errors = table_of(answer), arrays["errors"]
    facts: dict[str, Any] = {
        "question": asked_in_words(answer),
        "rows": len(errors),
        "weights": table.num_candidates,
        "rounded": table.grid.rounded,
        "exponent": table.grid.exponent,
        # What is not proven was refused: `nearest_subsets` and its like return nothing else.
        "proven": int(errors.size),
    }
    if isinstance(answer, Smallest):
        errors = errors[answer.sizes >= 0]
        sizes, counts = np.unique(answer.sizes, return_counts=True)
        by_size = dict(zip(sizes.tolist(), counts.tolist(), strict=True))
        facts["no_subset"] = by_size.pop(-1, 0)
        facts["rows_by_size"] = {str(size): count for size, count in by_size.items()}
    if not len(errors):
        return facts
    median, largest = np.median(errors, axis=0).tolist(), errors.max(axis=0).tolist()
    if isinstance(answer, Profiles):
        facts["by_size"] = [
            {"size": size, "median_error": middle, "largest_error": worst}
            for size, (middle, worst) in enumerate(zip(median, largest, strict=True))
        ]
        return facts
    return {**facts, "median_error": median, "largest_error": largest}


def _print(facts: dict[str, Any]) -> None:
    """Say the same in lines and a table."""
    rows, seconds = facts["rows"], facts["seconds"]
    print(f"{facts['question']}, {rows} rows")
    if "by_size" in facts:
        names = ("size", "median_error", "largest_error")
        cells = [[number(line[name]) for name in names] for line in facts["by_size"]]
        print_table([name.replace("_", " ") for name in names], cells)
    lines = []
    if "no_subset" in facts:
        shown = ", ".join(f"{size}: {count}" for size, count in facts["rows_by_size"].items())
        lines.append(("rows by size", shown or "-"))
        lines.append(("no such subset", f"{facts['no_subset']} rows"))
    if "largest_error" in facts:
        median, largest = number(facts["median_error"]), number(facts["largest_error"])
        lines.append(("error", f"median {median}, largest {largest}"))
    if facts["rounded"]:
        lines.append(("rounded", "the file brackets the errors on the numbers as given"))
    each = f", {seconds / rows * 1e6:.3g} microseconds a row" if rows >= MANY else ""
    lines += [
        ("proven", f"{facts['proven']} answers, all"),
        ("recomputed", f"{facts['recomputed']} answers, from the file"),
        ("time", f"{seconds:.3g} s{each}"),
        ("written", facts["out"]),
    ]
    print_lines(lines)


COMMAND = Command(
    name="batch",
    summary="find the best subset of every row of an array, and prove them all",
    examples=(
        "slth batch --weights 0.31,-0.72,0.5,0.94,-0.13 --targets 0.4,-0.2,0.7 --size 2 "
        "--out best.npz",
        "slth batch --weights 0.31,-0.72,0.5,0.94,-0.13 --targets 0.4,-0.2,0.7 --profile "
        "--out profiles.npz --json",
        "slth batch --weights 0.31,-0.72,0.5,0.94,-0.13 --targets 0.4,-0.2,0.7 --smallest "
        "--tolerance 0.05 --out smallest.npz",
    ),
    arguments=_arguments,
    run=_run,
)
