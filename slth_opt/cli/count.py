"""``slth count``: how many subsets are within a tolerance, and which are best."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from fractions import Fraction
from math import comb
from typing import Any

from slth_opt.cli.command import DONE, Command
from slth_opt.cli.inputs import (
    add_pool,
    add_size,
    read_number,
    read_problem,
    read_size,
    read_subset_sum,
)
from slth_opt.cli.outputs import exact, listed, number, print_json, print_table, waiting
from slth_opt.cli.words import subsets_in_words
from slth_opt.counting import best_subsets, count_by_size, count_subsets
from slth_opt.errors import ProblemError
from slth_opt.grid import as_fraction
from slth_opt.problems import SubsetSum


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("instance", nargs="?", metavar="INSTANCE.json", help="an instance file")
    add_pool(parser)
    add_size(parser)
    # Not the tolerance of a smallest subset, which an instance file would have.
    parser.add_argument(
        "--tolerance", dest="within", metavar="E", help="count subsets with an error of at most E"
    )
    parser.add_argument("--by-size", action="store_true", help="count every size 0..n apart")
    parser.add_argument("--best", metavar="M", type=int, help="list the M best subsets")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(smallest=False, tolerance=None)


def _run(options: Namespace) -> int:
    problem = _read(options)
    tolerance = None
    if options.within is not None:
        tolerance = as_fraction(read_number(options.within, "--tolerance"), what="--tolerance")
        if tolerance < 0:
            raise ProblemError(f"--tolerance must be at least 0, got {options.within}")
    with waiting("counting"):
        record = _record(problem, tolerance, options)
    if options.json:
        print_json(record)
    else:
        n = problem.num_candidates
        print(f"{subsets_in_words(problem.fewest, problem.most, n)}, target {record['target']:.9g}")
        _print(record)
    return DONE


def _read(options: Namespace) -> SubsetSum:
    if options.within is None and options.best is None:
        raise ProblemError("give --tolerance E to count, --best M to list, or both")
    if options.by_size and options.within is None:
        raise ProblemError("--by-size counts within a tolerance: give --tolerance E")
    if options.instance is None:
        if options.weights is None or options.target is None:
            raise ProblemError("give an instance file, or --weights and --target")
        return read_subset_sum(options, read_size(options))
    problem = read_problem(options)
    if not isinstance(problem, SubsetSum):
        raise ProblemError(f"subsets are counted for a subset_sum; this is a {problem.kind}")
    return problem


def _record(problem: SubsetSum, tolerance: Fraction | None, options: Namespace) -> dict[str, Any]:
    """Return everything that was asked for as plain JSON values."""
    n, grid = problem.num_candidates, problem.grid
    record: dict[str, Any] = {
        "weights": n,
        "target": float(grid.real(problem.target)),
        "fewest": problem.fewest,
        "most": problem.most,
        "rounded": problem.rounded,
        "subsets": sum(comb(n, size) for size in range(problem.fewest, problem.most + 1)),
    }
    if tolerance is not None:
        units = tolerance // grid.real(1)
        record |= {
            "tolerance": float(tolerance),
            "tolerance_exact": exact(tolerance),
            "count": count_subsets(problem, units),
            "count_by_size": count_by_size(problem, units) if options.by_size else None,
        }
    if options.best is not None:
        record["best"] = [
            {
                "error": float(grid.real(error)),
                "error_exact": grid.exact_string(error),
                "size": len(indices),
                "indices": indices,
            }
            for error, indices in best_subsets(problem, options.best)
        ]
    return record


def _print(record: dict[str, Any]) -> None:
    """Print the counts and the best subsets for people."""
    if "count" in record:
        share = 100 * record["count"] / record["subsets"]
        print(
            f"  {record['count']} of {record['subsets']} have an error of at most "
            f"{number(record['tolerance'])} ({share:.4g} %)"
        )
    if record.get("count_by_size") is not None:
        rows = [
            (str(size), str(count), str(comb(record["weights"], size)))
            for size, count in enumerate(record["count_by_size"])
        ]
        print_table(("size", "within", "of"), rows)
    if "best" in record:
        best = [(number(b["error"]), str(b["size"]), listed(b["indices"])) for b in record["best"]]
        print_table(("error", "size", "indices"), best)
    if record["rounded"]:
        print("  all this is about the numbers as they were rounded")


COMMAND = Command(
    name="count",
    summary="count the subsets within a tolerance, and list the best ones",
    examples=(
        "slth count --weights 0.31,-0.72,0.5,0.94,-0.13 --target 0.4 --size 2 --tolerance 0.05",
        "slth count pool.json --best 3",
        "slth count pool.json --tolerance 0.1 --by-size --json",
    ),
    arguments=_arguments,
    run=_run,
)
