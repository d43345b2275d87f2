"""``slth fit``: the mask of a random layer that does on given inputs what is wanted."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any

from slth_opt.cli.command import DONE, Command
from slth_opt.cli.drawing import Wanted
from slth_opt.cli.inputs import add_effort, in_option_words, read_effort, read_rounding
from slth_opt.cli.outputs import number, print_json, print_lines, waiting
from slth_opt.cli.sources import (
    Source,
    add_source,
    check_places,
    naming_entries,
    read_source,
    save,
)
from slth_opt.cli.standing import Lines, Standing, write_answer
from slth_opt.cli.words import JOINED
from slth_opt.errors import GridError, ProblemError
from slth_opt.fitting import LayerFit, fit_layer, outputs_of
from slth_opt.problems import VectorSum
from slth_opt.problems.vector_sum import NORMS
from slth_opt.results import Effort

WANTED = Wanted(
    shapes={"weights": "o x n", "inputs": "n x S", "targets": "o x S", "matrix": "o x n"},
    sizes="o x n x S",
    drawn={"weights": "o x n", "inputs": "n x S", "matrix": "o x n"},
    either=("targets", "matrix"),
)


def _arguments(parser: ArgumentParser) -> None:
    add_source(parser, WANTED, "FIT.npz")
    parser.add_argument(
        "--norm",
        choices=NORMS,
        default="linf",
        help="minimise the largest error over outputs and samples, or the sum (default: linf)",
    )
    parser.add_argument("--budget", type=int, metavar="K", help="keep at most K weights in all")
    parser.add_argument("--per-row", type=int, metavar="K", help="keep at most K for each output")
    add_effort(parser)
    parser.add_argument("--out", metavar="OUT.npz", help="where the masks go")
    parser.add_argument("--save", metavar="FILE.npz", help="also write the arrays")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    check_places(options)
    if options.save is not None and not options.save.endswith(".npz"):
        raise ProblemError(
            "a fit is many questions and no single instance; name a file that ends in .npz to "
            "save the arrays"
        )
    effort, source = read_effort(options), read_source(options, WANTED)
    fit = _fit(options, source, effort)
    save(options, source, None)
    facts = {
        "question": _question(options, fit),
        **fit.summary(),
        **_standing(fit).facts(),
        "source": dict(source.facts),
        "out": options.out,
    }
    if options.out is not None:
        _write(options, source, fit, facts)
    if options.json:
        print_json(facts)
        return DONE
    lines = [("source", source.in_words()), *_lines(fit, facts)]
    print(facts["question"])
    print_lines(lines if options.out is None else [*lines, ("written", options.out)])
    return DONE


def _fit(options: Namespace, source: Source, effort: Effort) -> LayerFit:
    """Fit the layer; what is told meanwhile are rows and edges, as a value is known at the end."""
    for name, budget in (("--budget", options.budget), ("--per-row", options.per_row)):
        if budget is not None and budget < 0:
            raise ProblemError(f"{name} must not be negative, got {budget}")
    arrays = {name: array.tolist() for name, array in source.arrays.items()}
    outputs = len(arrays["weights"])
    with waiting(f"fitting {outputs} outputs with {options.backend}") as tell:
        try:
            targets = arrays.get("targets") or outputs_of(arrays["matrix"], arrays["inputs"])
            return fit_layer(
                arrays["weights"],
                targets,
                arrays["inputs"],
                norm=options.norm,
                most=options.budget,
                most_per_row=options.per_row,
                backend=options.backend,
                effort=effort,
                progress=lambda done, parts: tell(done / max(1, parts)),
                **read_rounding(options),
            )
        except GridError as refused:
            raise in_option_words(naming_entries(refused, source)) from None


def _standing(fit: LayerFit) -> Standing:
    return Standing(value=fit.value, lower_bound=fit.lower_bound, grid=fit.grid)


def _question(options: Namespace, fit: LayerFit) -> str:
    """Say in one line what was asked."""
    outputs, (problem, *_) = len(fit.rows), _problems(fit)
    n, samples = problem.num_candidates, len(problem.targets)
    rules = [
        f"at most {most} kept {where}"
        for most, where, free in (
            (options.budget, "in all", outputs * n),
            (options.per_row, "for each output", n),
        )
        if most is not None and most < free
    ]
    return (
        f"smallest {JOINED[fit.norm]} of a {outputs} x {n} layer on {samples} samples, "
        f"{' and '.join(rules) or 'no budget'}"
    )


def _problems(fit: LayerFit) -> list[VectorSum]:
    return [row.problem for row in fit.rows if isinstance(row.problem, VectorSum)]


def _lines(fit: LayerFit, facts: Mapping[str, Any]) -> Lines:
    """Return what was found as labelled lines."""
    methods = " and ".join(sorted({row.backend for row in fit.rows}))
    proof = f"optimal, output by output, by {methods}"
    lines = _standing(fit).lines(JOINED[fit.norm])
    if facts["rounded"]:
        low, high = number(facts["true_error_low"]), number(facts["true_error_high"])
        lines.append(("true error", f"between {low} and {high}, as the numbers were rounded"))
    if fit.is_optimal:
        lines.append(("proven", proof))
    else:
        # A row that nobody was asked about names no method.
        asked = " and ".join(sorted({row.backend for row in fit.rows} - {"none"})) or "the search"
        lines.append(("not proven", f"{asked} stopped: {fit.stop.value}"))
        lines.append(("hint", "give it more time, or another --backend"))
    worst = max(range(len(fit.errors)), key=fit.errors.__getitem__)
    total = facts["outputs"] * facts["candidates_per_output"]
    return [
        *lines,
        ("worst output", f"{worst}, error {number(fit.grid.real(fit.errors[worst]))}"),
        ("kept weights", f"{fit.edges} of {total}, {min(fit.sizes)} to {max(fit.sizes)} each"),
        ("time", f"{fit.seconds:.3g} s"),
    ]


def _write(options: Namespace, source: Source, fit: LayerFit, facts: Mapping[str, Any]) -> None:
    """Write the mask, and the error of every output on every sample."""
    import numpy as np

    def errors_by_sample(masks: Any) -> list[list[int]]:
        return [
            [abs(s - t) for s, t in zip(problem.sums(mask), problem.targets, strict=True)]
            for problem, mask in zip(_problems(fit), masks, strict=True)
        ]

    units = errors_by_sample(fit.masks)
    arrays = {
        "masks": np.array(fit.masks, bool),
        "error_units": np.array(units, np.int64),
        "errors": np.array([[float(fit.grid.real(e)) for e in row] for row in units]),
        "exponent": fit.grid.exponent,
    }

    def errors_of(read: Any) -> list[int]:
        return [error for row in errors_by_sample(read["masks"].tolist()) for error in row]

    write_answer(options, source, facts, arrays, errors_of=errors_of)


COMMAND = Command(
    name="fit",
    summary="choose the mask of a random layer that does on given inputs what is wanted",
    examples=(
        "slth fit --draw 3x10x4 --seed 1 --bits 6",
        "slth fit --draw 3x10x4 --bits 6 --norm l1 --budget 9 --out masks.npz",
        "slth fit --draw 2x8x6 --bits 6 --per-row 3 --json",
    ),
    arguments=_arguments,
    run=_run,
)
