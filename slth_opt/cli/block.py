"""``slth block``: one input, hidden neurons shared by all outputs, beside one output at a time."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import Any

from slth_opt.blocks import IndependentBlock, independent_block
from slth_opt.cli.command import DONE, INTERRUPTED, Command
from slth_opt.cli.drawing import Wanted
from slth_opt.cli.inputs import (
    add_effort,
    in_option_words,
    read_effort,
    read_number,
    read_rounding,
)
from slth_opt.cli.outputs import listed, number, print_json, print_lines, waiting, watching
from slth_opt.cli.sources import (
    Source,
    add_source,
    check_places,
    naming_entries,
    read_source,
    save,
)
from slth_opt.cli.standing import Lines, result_facts, result_lines, write_answer
from slth_opt.cli.words import question_in_words
from slth_opt.errors import GridError, ProblemError
from slth_opt.guessing import first_guess
from slth_opt.problems import SharedBlock
from slth_opt.problems.legality import mask_of
from slth_opt.problems.shared_block import MINIMISE
from slth_opt.results import Effort, Result, Stop
from slth_opt.solving import solve

SHAPES = {"first": "h", "second": "o x h", "targets": "o"}
WANTED = Wanted(shapes=SHAPES, sizes="o x h", drawn=SHAPES)

LABELS = {"edges": "edges", "neurons": "neurons", "error": "largest error"}
"""What is minimised, as a label."""


def _arguments(parser: ArgumentParser) -> None:
    add_source(parser, WANTED, "BLOCK.npz")
    parser.add_argument(
        "--minimise", choices=MINIMISE, default="edges", help="what to minimise (default: edges)"
    )
    parser.add_argument(
        "--tolerance", metavar="E", help="how far off each output may be, for edges and neurons"
    )
    parser.add_argument("--most-edges", type=int, metavar="K", help="a budget, for the error")
    parser.add_argument("--most-neurons", type=int, metavar="K", help="a budget, for the error")
    add_effort(parser)
    parser.add_argument("--out", metavar="OUT.npz", help="where the mask goes")
    parser.add_argument(
        "--save", metavar="FILE", help="also write the question: .json the instance, .npz arrays"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    check_places(options)
    effort, source = read_effort(options), read_source(options, WANTED)
    problem = _problem(options, source)
    began = time.perf_counter()
    with waiting("solving the outputs one by one", note="Ctrl-C stops"):
        alone = independent_block(problem, Effort(seconds=_part(effort.seconds, 0.5)))
    effort = _rest(effort, alone, time.perf_counter() - began)
    with watching(f"solving with {options.backend}", problem.objective_grid) as watch:
        start = _start(problem, alone)
        result = solve(problem, options.backend, effort, start=start, watch=watch)
    if alone.stop is Stop.INTERRUPTED and result.stop is Stop.SECONDS:
        result = replace(result, stop=Stop.INTERRUPTED)
    save(options, source, problem)
    facts = _facts(result, alone)
    written = options.out if result.indices is not None else None
    if written is not None:
        _write(options, source, result, facts)
    if options.json:
        print_json({**facts, "source": dict(source.facts), "out": written})
    else:
        lines = [("source", source.in_words()), *_lines(result, alone, facts)]
        print(question_in_words(problem))
        print_lines(lines if options.out is None else [*lines, ("written", written or "nothing")])
    nothing_found = result.indices is None and not result.infeasible
    return INTERRUPTED if nothing_found and result.stop is Stop.INTERRUPTED else DONE


def _part(seconds: float | None, share: float) -> float | None:
    return None if seconds is None else share * seconds


def _rest(effort: Effort, alone: IndependentBlock, spent: float) -> Effort:
    """Return what the outputs one by one left of an effort; nothing, if Ctrl-C stopped them."""
    if alone.stop is Stop.INTERRUPTED:
        return replace(effort, seconds=0.0)
    if effort.seconds is None:
        return effort
    return replace(effort, seconds=max(0.0, effort.seconds - spent))


def _problem(options: Namespace, source: Source) -> SharedBlock:
    tolerance = options.tolerance
    if (tolerance is None) is not (options.minimise == "error"):
        raise ProblemError(
            "--tolerance E goes with --minimise edges or neurons, and not with --minimise error"
        )
    arrays = [source[name].tolist() for name in SHAPES]
    try:
        return SharedBlock.from_reals(
            *arrays,
            minimise=options.minimise,
            tolerance=None if tolerance is None else read_number(tolerance, "--tolerance"),
            most_edges=options.most_edges,
            most_neurons=options.most_neurons,
            **read_rounding(options),
        )
    except GridError as refused:
        raise in_option_words(naming_entries(refused, source)) from None


def _start(problem: SharedBlock, alone: IndependentBlock) -> tuple[int, ...] | None:
    """Return the better of a first guess and the choice one by one: so no gain is negative."""
    known = [indices for indices in (first_guess(problem), alone.indices) if indices is not None]
    n = problem.num_candidates
    return min(known, key=lambda indices: problem.value(mask_of(indices, n)), default=None)


def _facts(result: Result, alone: IndependentBlock) -> dict[str, Any]:
    """Return everything there is to say, as plain JSON values."""
    problem, mask = result.problem, result.mask
    assert isinstance(problem, SharedBlock)
    grid, gain = problem.objective_grid, alone.gain(result)
    facts = {
        "question": question_in_words(problem),
        "minimise": problem.minimise,
        **result_facts(result),
        "independent": {**alone.summary(), "stopped_by": alone.stop.value},
        "gain": None if gain is None else float(grid.real(gain)),
        "gain_exact": None if gain is None else grid.exact_string(gain),
    }
    if mask is None:
        return facts
    h, used = problem.num_neurons, problem.used(mask)
    errors = problem.errors(mask)
    return facts | {
        "edges": problem.edges(mask),
        "neurons": len(used),
        "first_mask": [int(k in used) for k in range(h)],
        "second_mask": [list(mask[i : i + h]) for i in range(0, len(mask), h)],
        "errors": [float(problem.grid.real(error)) for error in errors],
        "worst_output": max(range(len(errors)), key=errors.__getitem__),
    }


def _lines(result: Result, alone: IndependentBlock, facts: dict[str, Any]) -> Lines:
    """Return the same as labelled lines."""
    problem, grid = result.problem, result.problem.objective_grid
    assert isinstance(problem, SharedBlock)
    lines = result_lines(result, LABELS[problem.minimise])
    is_done = alone.stop is Stop.FINISHED
    if alone.value is None:
        nothing = f"nothing found; stopped: {alone.stop.value}"
        lines.append(("one by one", "nothing legal" if is_done else nothing))
    else:
        lines.append(
            (
                "one by one",
                f"{number(grid.real(alone.value))}, with {alone.edges} edges and "
                f"{alone.neurons} neurons"
                f"{'' if is_done else f' (not proven; stopped: {alone.stop.value})'}",
            )
        )
    if facts["gain"] is not None and alone.value:
        share = 100 * facts["gain"] / float(grid.real(alone.value))
        lines.append(("gain", f"{number(facts['gain'])} ({share:.3g} %) by choosing together"))
    if result.indices is not None:
        used = [k for k, kept in enumerate(facts["first_mask"]) if kept]
        worst = facts["worst_output"]
        lines += [
            ("edges kept", f"{facts['edges']}: {len(used)} in the first layer, {result.size} in "
             f"the second"),
            ("neurons", f"{len(used)} of {problem.num_neurons}: {listed(used)}"),
            ("worst output", f"{worst}, error {number(facts['errors'][worst])}"),
        ]  # fmt: skip
    return [*lines, ("time", f"{result.seconds:.3g} s, {result.nodes} nodes")]


def _write(options: Namespace, source: Source, result: Result, facts: dict[str, Any]) -> None:
    """Write both masks and the error of every output."""
    import numpy as np

    problem, mask = result.problem, result.mask
    assert isinstance(problem, SharedBlock)
    assert mask is not None
    arrays = {
        "first_mask": np.array(facts["first_mask"], bool),
        "second_mask": np.array(facts["second_mask"], bool),
        "error_units": np.array(problem.errors(mask), np.int64),
        "errors": np.array(facts["errors"]),
        "exponent": problem.grid.exponent,
    }

    def errors_of(read: Any) -> list[int]:
        used = read["second_mask"].any(axis=0)
        if used.tolist() != read["first_mask"].tolist():  # an edge in for each neuron used
            return []
        return list(problem.errors(read["second_mask"].reshape(-1).tolist()))

    write_answer(options, source, facts, arrays, errors_of=errors_of)


COMMAND = Command(
    name="block",
    summary="choose the edges behind shared hidden neurons together, and beside it one by one",
    examples=(
        "slth block --draw 4x14 --seed 5 --bits 8 --tolerance 0.01",
        "slth block --draw 4x14 --bits 8 --minimise neurons --tolerance 0.01 --out masks.npz",
        "slth block --draw 4x14 --bits 8 --minimise error --most-edges 16 --json",
    ),
    arguments=_arguments,
    run=_run,
)
