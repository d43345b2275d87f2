"""``slth coverage``: the worst target of an interval, and which share of it is within eps."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from fractions import Fraction
from typing import Any

from slth_opt.cli.command import DONE, Command
from slth_opt.cli.inputs import (
    add_size,
    add_weights,
    in_option_words,
    read_number,
    read_rounding,
    read_size,
    read_weights,
)
from slth_opt.cli.outputs import exact, number, print_json, print_lines, waiting
from slth_opt.cli.words import subsets_in_words
from slth_opt.coverage import Coverage, coverage
from slth_opt.errors import GridError, ProblemError
from slth_opt.problems.legality import size_range


def _arguments(parser: ArgumentParser) -> None:
    add_weights(parser)
    add_size(parser)
    parser.add_argument("--low", metavar="A", required=True, help="where the targets start")
    parser.add_argument("--high", metavar="B", required=True, help="where they end")
    parser.add_argument(
        "--eps", metavar="E", nargs="+", default=[], help="also the share of targets within E"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    if options.weights is None:
        raise ProblemError("give --weights")
    weights, size = read_weights(options.weights), read_size(options)
    ends = [read_number(options.low, "--low"), read_number(options.high, "--high")]
    eps = [read_number(word, "--eps") for word in options.eps]
    rounding = read_rounding(options)
    try:
        with waiting("listing subset sums") as tell:
            found = coverage(
                weights, size=size, low=ends[0], high=ends[1], eps=eps, progress=tell, **rounding
            )
    except GridError as refused:
        raise in_option_words(refused) from None
    fewest, most = size_range(size, len(weights))
    if options.json:
        print_json({"weights": len(weights), "fewest": fewest, "most": most, **_record(found)})
    else:
        subsets = subsets_in_words(fewest, most, len(weights))
        print(f"targets from {number(found.low)} to {number(found.high)}, {subsets}")
        print_lines(_lines(found))
    return DONE


def _lines(found: Coverage) -> list[tuple[str, str]]:
    lines = [
        ("worst target", f"{number(found.worst_target)}   (exactly {exact(found.worst_target)})"),
        ("distance", f"{number(found.distance)}   (exactly {exact(found.distance)})"),
        ("nearest sums", f"{number(found.below)} below, {number(found.above)} above"),
        ("sums", f"{found.num_sums} in the interval, of {found.num_subsets} subsets"),
        *((f"within {number(eps)}", _percent(share)) for eps, share in found.shares),
    ]
    if found.slack:
        low, high = (number(end) for end in found.bracket)
        lines.insert(2, ("true distance", f"between {low} and {high}, as the numbers were rounded"))
    if not found.is_complete:
        reach = number(found.scanned_to)
        lines.append(("not finished", f"interrupted: all this is about targets up to {reach}"))
    return lines


def _percent(share: Fraction) -> str:
    """Write a share so that only everything is called 100 %."""
    if share == 1:
        return "all targets"
    return f"{min(100 * float(share), 99.9999999):.9g} % of the targets"


def _record(found: Coverage) -> dict[str, Any]:
    """Return the answer as plain JSON values, exact strings beside the floats."""
    facts = ("low", "high", "scanned_to", "worst_target", "distance", "below", "above")
    record: dict[str, Any] = {}
    for name in facts:
        value = getattr(found, name)
        record[name] = None if value is None else float(value)
        record[f"{name}_exact"] = exact(value)
    low, high = found.bracket
    return {
        **record,
        "rounded": found.slack != 0,
        "true_distance_low": float(low),
        "true_distance_high": float(high),
        "num_sums": found.num_sums,
        "num_subsets": found.num_subsets,
        "shares": [
            {"eps": float(eps), "share": float(share), "share_exact": exact(share)}
            for eps, share in found.shares
        ],
        "stopped_by": found.stop.value,
    }


COMMAND = Command(
    name="coverage",
    summary="find the target of an interval that is farthest from every subset",
    examples=(
        "slth coverage --weights 0.31,-0.72,0.5,0.94,-0.13 --size 2 --low -1 --high 1",
        "slth coverage --weights 0.31,-0.72,0.5,0.94,-0.13 --any-size --low -1 --high 1 "
        "--eps 0.01 0.1 --json",
    ),
    arguments=_arguments,
    run=_run,
)
