"""``slth layer``: many weights under one sparsity budget, or as few edges as a tolerance needs."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from slth_opt import __version__
from slth_opt.batch import Batch, Profiles, profiles
from slth_opt.budgets import Curve, Shares, error_curve, fewest_edges, share_budget
from slth_opt.cli.answers import arrays_of, recheck
from slth_opt.cli.arrays import write_npz
from slth_opt.cli.command import DONE, Command
from slth_opt.cli.inputs import given, in_option_words, read_number, read_rounding
from slth_opt.cli.outputs import number, print_json, print_lines, print_table, waiting
from slth_opt.cli.sources import Source, Wanted, add_source, check_places, read_source, save
from slth_opt.cli.standing import Lines, Standing
from slth_opt.cli.words import JOINED
from slth_opt.errors import ClaimRejected, GridError, ProblemError
from slth_opt.grid import Grid, as_fraction
from slth_opt.problems import LayerBudget
from slth_opt.problems.layer_budget import NORMS
from slth_opt.tables import Table

WANTED = Wanted(
    shapes={"pools": "", "targets": ""},
    sizes="N x n",
    drawn={"pools": "N x n", "targets": "N"},
)
"""A file may hold N x n pools and N targets, or the other shapes that `make_table` knows."""

NOTE = "Ctrl-C stops, and writes nothing"
QUESTIONS = {"budget": "--budget K", "tolerance": "--tolerance E", "curve": "--curve"}
MOST_POINTS = 20
"""As many points of a curve are printed for people; JSON and the file have all."""


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
    found = _profiles(options, source)
    profiled = time.perf_counter()
    with waiting("sharing the budget", note=NOTE):
        answer = _answer(options, found)
    seconds = {"profiles": profiled - began, "sharing": time.perf_counter() - profiled}
    problem = _instance(options, found) if options.budget is not None else None
    save(options, source, problem, why_none="only a layer with --budget is an instance")
    facts = {"question": _question(options, found.table), **_facts(options, answer, found)}
    written = options.out if answer is not None else None
    if written is not None:
        _write(written, options, source, answer, facts)
    if options.json:
        print_json({**facts, "seconds": seconds, "source": dict(source.facts), "out": written})
        return DONE
    lines = [("source", source.in_words()), *_lines(options, answer, facts)]
    shared = f"{seconds['sharing']:.3g} s to share them out"
    lines.append(("time", f"{seconds['profiles']:.3g} s for the best of every size, {shared}"))
    print(facts["question"])
    if isinstance(answer, Curve):
        _print_points(facts["curve"], JOINED[answer.norm])
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
    if options.budget is None and options.save is not None and not options.save.endswith(".npz"):
        raise ProblemError(
            "only a layer with --budget is an instance; name a file that ends in .npz to save "
            "the arrays"
        )


def _profiles(options: Namespace, source: Source) -> Profiles:
    """Return the best error of every size of every weight."""
    pools, targets = source["pools"], source["targets"]
    with waiting(f"solving every size of {targets.size} weights", note=NOTE) as tell:
        try:
            return profiles(
                pools,
                targets,
                workers=options.workers,
                progress=lambda done, rows: tell(done / rows),
                **read_rounding(options),
            )
        except GridError as refused:
            raise in_option_words(refused) from None


def _answer(options: Namespace, found: Profiles) -> Shares | Curve | None:
    """Return the answer to the one question; None if no subset of some weight is near enough."""
    norm = options.norm or "linf"
    if options.curve:
        return error_curve(found, norm=norm)
    if options.budget is not None:
        return share_budget(found, options.budget, norm=norm)
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


def _facts(options: Namespace, answer: Shares | Curve | None, found: Profiles) -> dict[str, Any]:
    """Return what there is to say about the answer, as plain JSON values."""
    table = found.table
    if answer is None:
        grid = Grid(exponent=table.grid.exponent)
        least = found.error_units.min(axis=1)
        row = int(least.argmax())
        return {
            "infeasible": True,
            "weights": len(least),
            "candidates": table.num_candidates,
            "farthest_row": row,
            "farthest_error": float(grid.real(int(least[row]))),
            "farthest_error_exact": grid.exact_string(int(least[row])),
        }
    if isinstance(answer, Shares):
        return {"infeasible": False, **answer.summary(), **_standing(options, answer).facts()}
    units = [int(value) for value in answer.value_units]
    return {
        "infeasible": False,
        "weights": len(table.targets),
        "candidates": table.num_candidates,
        "norm": answer.norm,
        "curve": [
            {
                "edges": int(edges),
                "value": float(answer.grid.real(value)),
                "value_exact": answer.grid.exact_string(value),
            }
            for edges, value in zip(answer.edges, units, strict=True)
        ],
    }


def _standing(options: Namespace, shares: Shares) -> Standing:
    """Return value and bound of what was asked for: the joint error, or the edges kept."""
    if options.tolerance is not None:  # one edge less, and an error is larger: that is checked
        return Standing(value=shares.edges, lower_bound=shares.edges, grid=Grid())
    return Standing(value=shares.value, lower_bound=shares.lower_bound, grid=shares.grid)


def _lines(options: Namespace, answer: Shares | Curve | None, facts: dict[str, Any]) -> Lines:
    """Return the same as labelled lines."""
    if answer is None:
        row, least = facts["farthest_row"], number(facts["farthest_error"])
        return [("proven", f"impossible: the nearest subset of row {row} is {least} away")]
    if isinstance(answer, Curve):
        return [("proven", f"{len(facts['curve'])} points, all, from the best of every size")]
    proof = "optimal, from the best of every size" if answer.is_optimal else "no"
    shown = ", ".join(f"{size}: {count}" for size, count in facts["sizes"].items())
    kept = f"{answer.edges} of {facts['weights'] * facts['candidates']}"
    by_edges = options.tolerance is not None
    lines = _standing(options, answer).lines("kept edges" if by_edges else JOINED[answer.norm])
    if not by_edges:
        lines.append(("kept edges", kept))
    if by_edges or answer.norm != "linf":
        lines.append(("largest error", number(facts["largest_error"])))
    if facts["rounded"] and not by_edges:
        low, high = number(facts["true_value_low"]), number(facts["true_value_high"])
        lines.append(("true value", f"between {low} and {high}, as the numbers were rounded"))
    return [*lines, ("weights by size", shown), ("proven", proof)]


def _print_points(points: list[dict[str, Any]], label: str) -> None:
    """Print a curve, the points between left out where there are many."""
    last, most = len(points) - 1, MOST_POINTS - 1
    places = {i * last // most for i in range(most + 1)} if last > most else range(last + 1)
    rows = [(str(points[i]["edges"]), number(points[i]["value"])) for i in sorted(places)]
    print_table(("edges", label), rows)


def _write(
    place: str,
    options: Namespace,
    source: Source,
    answer: Shares | Curve | None,
    facts: Mapping[str, Any],
) -> None:
    """Write the answer, every subset added up again from the file, or the curve."""
    assert answer is not None
    told = {name: facts[name] for name in ("value_exact", "lower_bound_exact", "optimal", "norm")
            if name in facts}  # fmt: skip
    provenance = {"source": dict(source.facts), "round": options.round, **told}
    if isinstance(answer, Curve):
        _write_curve(place, answer, {"question": facts["question"], **provenance})
        return
    table = replace(answer.profiles.table, fewest=0, most=answer.profiles.table.num_candidates)
    batch = Batch(masks=answer.masks(), error_units=answer.error_units, table=table)
    arrays = arrays_of(batch, provenance)
    arrays["provenance"] = _signed({"question": facts["question"], **provenance})
    with waiting("checking what is written", note=NOTE):
        write_npz(place, arrays, check=partial(recheck, answer=batch))


def _write_curve(place: str, curve: Curve, provenance: Mapping[str, Any]) -> None:
    """Write the points; values too large for an int64 are written as digits."""
    units = curve.value_units
    arrays = {
        "edges": curve.edges,
        "value_units": units.astype(str) if units.dtype == object else units,
        "values": curve.values,
        "exponent": curve.grid.exponent,
        "provenance": _signed(provenance),
    }

    def check(read: Mapping[str, Any]) -> int:
        if any((read[name] != arrays[name]).any() for name in ("edges", "value_units")):
            raise ClaimRejected("the curve was not written as it is")
        return len(read["edges"])

    write_npz(place, arrays, check=check)


def _signed(facts: Mapping[str, Any]) -> str:
    return json.dumps({"written_by": f"slth layer {__version__}", **facts}, indent=2)


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
