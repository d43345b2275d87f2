"""``slth layer``: many weights under one sparsity budget, or as few edges as a tolerance needs."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace

from slth_opt.batch import Profiles
from slth_opt.budgets import Curve, error_curve, fewest_edges
from slth_opt.cli.command import DONE, Command
from slth_opt.cli.drawing import Wanted
from slth_opt.cli.inputs import given, in_option_words, read_number, read_rounding
from slth_opt.cli.outputs import print_json, print_lines, waiting
from slth_opt.cli.shares import Shared, facts_of, lines_of, print_points, write_shared
from slth_opt.cli.sources import Source, add_source, check_places, read_source, save
from slth_opt.cli.words import JOINED
from slth_opt.errors import GridError, ProblemError
from slth_opt.grid import Grid, as_fraction
from slth_opt.partial_profiles import PartialProfiles, profiles_within, share_partly
from slth_opt.problems import LayerBudget
from slth_opt.problems.layer_budget import NORMS
from slth_opt.results import Stop
from slth_opt.tables import Table

WANTED = Wanted(
    shapes={"pools": "", "targets": ""},
    sizes="N x n",
    drawn={"pools": "N x n", "targets": "N"},
)
"""A file may hold N x n pools and N targets, or the other shapes that `make_table` knows."""

NOTE = "Ctrl-C stops; a budget then has a bracket"
QUESTIONS = {"budget": "--budget K", "tolerance": "--tolerance E", "curve": "--curve"}


def _arguments(parser: ArgumentParser) -> None:
    add_source(parser, WANTED, "LAYER.npz")
    parser.add_argument("--budget", type=int, metavar="K", help="keep at most K edges in all")
    parser.add_argument(
        "--tolerance", metavar="E", help="keep as few edges as possible, every error at most E"
    )
    parser.add_argument("--curve", action="store_true", help="the least error for every budget")
    parser.add_argument(
        "--norm",
        choices=NORMS,
        help="minimise the largest error, the sum, or the sum of squares (default: linf)",
    )
    parser.add_argument(
        "--seconds", type=float, metavar="S", help="stop after S seconds (with --budget)"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="use N threads (default: all)")
    parser.add_argument("--out", metavar="OUT.npz", help="where the answers go")
    parser.add_argument(
        "--save", metavar="FILE", help="also write the question: .json the instance, .npz arrays"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    _check_question(options)
    check_places(options)
    source = read_source(options, WANTED)
    began = time.perf_counter()
    reached = _profiles(options, source)
    found = reached.profiles
    profiled = time.perf_counter()
    with waiting("sharing the budget", note=NOTE):
        answer = _answer(options, reached)
    seconds = {"profiles": profiled - began, "sharing": time.perf_counter() - profiled}
    problem = _instance(options, found) if options.budget is not None else None
    save(options, source, problem, why_none="only a layer with --budget is an instance")
    facts = {"question": _question(options, found.table), **facts_of(options, answer, found)}
    facts |= {"stopped_by": reached.stop.value, "solved": int(reached.reached.sum())}
    written = options.out if answer is not None else None
    if written is not None:
        with waiting("checking what is written", note=NOTE):
            write_shared(written, options, source, answer, facts)
    if options.json:
        print_json({**facts, "seconds": seconds, "source": dict(source.facts), "out": written})
        return DONE
    lines = [("source", source.in_words()), *lines_of(options, answer, facts)]
    if not reached.is_whole:
        left = f"{facts['solved']} of {len(reached.reached)} weights were solved"
        lines.append(("stopped", f"{reached.stop.value}: {left}, the others count as open"))
    shared = f"{seconds['sharing']:.3g} s to share them out"
    lines.append(("time", f"{seconds['profiles']:.3g} s for the best of every size, {shared}"))
    print(facts["question"])
    if isinstance(answer, Curve):
        print_points(facts["curve"], JOINED[answer.norm])
    print_lines(lines if options.out is None else [*lines, ("written", written or "nothing")])
    return DONE


def _check_question(options: Namespace) -> None:
    """Refuse none or several questions, and what does not belong to the one asked."""
    asked = [name for name in QUESTIONS if given(options, name)]
    if len(asked) != 1:
        several = f"; not {' and '.join(f'--{name}' for name in asked)}" if asked else ""
        raise ProblemError(f"give exactly one of {', '.join(QUESTIONS.values())}{several}")
    if options.norm is not None and options.tolerance is not None:
        raise ProblemError("--norm goes with --budget or --curve; a tolerance is for every error")
    if options.budget is not None and options.budget < 0:
        raise ProblemError(f"the budget must not be negative, got {options.budget}")
    if options.tolerance is not None:
        tolerance = as_fraction(read_number(options.tolerance, "--tolerance"), what="tolerance")
        if tolerance < 0:
            raise ProblemError(f"the tolerance must not be negative, got {options.tolerance}")
    if options.budget is None and options.seconds is not None:
        raise ProblemError("--seconds goes with --budget; nothing else has a bracket")
    if options.budget is None and options.save is not None and not options.save.endswith(".npz"):
        raise ProblemError(
            "only a layer with --budget is an instance; name a file that ends in .npz to save "
            "the arrays"
        )


def _profiles(options: Namespace, source: Source) -> PartialProfiles:
    """Return the best error of every size of every weight, or of those there was time for."""
    pools, targets = source["pools"], source["targets"]
    with waiting(f"solving every size of {targets.size} weights", note=NOTE) as tell:
        try:
            found = profiles_within(
                pools,
                targets,
                seconds=options.seconds,
                workers=options.workers,
                progress=lambda done, rows: tell(done / rows),
                **read_rounding(options),
            )
        except GridError as refused:
            raise in_option_words(refused) from None
    if found.stop is Stop.INTERRUPTED and options.budget is None:
        raise KeyboardInterrupt  # a curve and a tolerance need every weight
    return found


def _answer(options: Namespace, reached: PartialProfiles) -> Shared:
    """Return the answer to the one question; None if no subset of some weight is near enough."""
    norm, found = options.norm or "linf", reached.profiles
    if options.curve:
        return error_curve(found, norm=norm)
    if options.budget is not None:
        return share_partly(reached, options.budget, norm=norm)
    tolerance = as_fraction(read_number(options.tolerance, "--tolerance"), what="tolerance")
    nearest = int(found.error_units.min(axis=1).max(initial=0))
    if Grid(exponent=found.table.grid.exponent).real(nearest) > tolerance:
        return None
    return fewest_edges(found, tolerance)


def _question(options: Namespace, table: Table) -> str:
    """Say in one line what was asked."""
    weights, n = len(table.targets), table.num_candidates
    of = f"of {weights} weights from pools of {n}"
    if options.tolerance is not None:
        return f"fewest kept edges {of}, every error at most {options.tolerance}"
    least = f"smallest {JOINED[options.norm or 'linf']} {of}"
    if options.curve:
        return f"{least}, for every budget"
    free = options.budget >= weights * n
    return f"{least}, {'no budget' if free else f'at most {options.budget} kept in all'}"


def _instance(options: Namespace, found: Profiles) -> LayerBudget | None:
    """Return the question as a problem of its own, if an instance is to be written."""
    if options.save is None or options.save.endswith(".npz"):
        return None
    rows = [found.table.problem(row) for row in range(len(found.table.targets))]
    return LayerBudget(
        pools=tuple(row.weights for row in rows),
        targets=tuple(row.target for row in rows),
        norm=options.norm or "linf",
        most=options.budget,
        grid=Grid(exponent=found.table.grid.exponent),
        rounded=found.table.grid.rounded,
    )


COMMAND = Command(
    name="layer",
    summary="share one budget of edges among all weights of a layer, proven best",
    examples=(
        "slth layer --draw 40x12 --seed 1 --budget 80",
        "slth layer --draw 40x12 --norm l1 --budget 80 --out best.npz --save layer.json",
        "slth layer --draw 40x12 --tolerance 0.02 --json",
        "slth layer --draw 6x8 --curve",
    ),
    arguments=_arguments,
    run=_run,
)
