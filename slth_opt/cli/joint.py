"""``slth joint``: both masks of a two-matrix layer, chosen together."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import Any

from slth_opt.batch import nearest_subsets
from slth_opt.cli.command import DONE, Command
from slth_opt.cli.drawing import Wanted
from slth_opt.cli.inputs import add_effort, in_option_words, read_effort, read_rounding
from slth_opt.cli.outputs import number, print_json, print_lines, waiting, watching
from slth_opt.cli.sources import (
    Source,
    add_source,
    check_places,
    naming_entries,
    read_source,
    save,
)
from slth_opt.cli.standing import Lines, result_facts, result_lines, write_answer
from slth_opt.cli.words import JOINED, question_in_words
from slth_opt.errors import ClaimRejected, GridError
from slth_opt.problems import JointLayer
from slth_opt.problems.joint_layer import NORMS
from slth_opt.results import Result
from slth_opt.solving import solve

SHAPES = {"first": "h x d", "second": "o x h", "targets": "o x d"}
WANTED = Wanted(shapes=SHAPES, sizes="o x h x d", drawn=SHAPES)

MOST_STEPS = 2**24
"""Entries are solved one by one where all their half lists together are no longer than this: a few
seconds at most."""


def entries_alone(problem: JointLayer) -> int | None:
    """Return the optima of the entries on their own, joined as the errors are; None if too long.

    Alone, an entry may use any product. So no joint layer can be better.

    Examples
    --------
    >>> entries_alone(JointLayer(
    ...     first=((2, 1), (3, -1)), second=((1, 2),), targets=((7, -1),), norm="linf", most=6
    ... ))
    1
    """
    import numpy as np

    outputs, hidden, inputs = problem.shape
    if outputs * inputs << (hidden + 1) // 2 > MOST_STEPS:
        return None
    entries = list(problem.entries())
    pools = np.array([pool for _, pool, _ in entries], np.int64)
    targets = np.array([target for _, _, target in entries], np.int64)
    limit = min(hidden, problem.most // 2)  # a product takes two edges
    try:
        found = nearest_subsets(pools, targets, size=(0, limit))
    except GridError:  # rows leave a part in 2^40 of the room a problem may fill
        return None
    errors = [int(units) for units in found.error_units]
    return sum(errors) if problem.norm == "l1" else max(errors)


def _arguments(parser: ArgumentParser) -> None:
    add_source(parser, WANTED, "LAYER.npz")
    parser.add_argument(
        "--norm",
        choices=NORMS,
        default="linf",
        help="minimise the largest error, or their sum (default: linf)",
    )
    parser.add_argument(
        "--budget", type=int, metavar="K", help="keep at most K edges in both layers together"
    )
    add_effort(parser)
    parser.add_argument("--out", metavar="OUT.npz", help="where the masks go")
    parser.add_argument(
        "--save", metavar="FILE", help="also write the question: .json the instance, .npz arrays"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    check_places(options)
    effort, source = read_effort(options), read_source(options, WANTED)
    problem = _problem(options, source)
    with waiting("solving the entries one by one", note="Ctrl-C stops"):
        alone = entries_alone(problem)
    with watching(f"solving with {options.backend}", problem.objective_grid) as watch:
        if watch is not None:
            watch(None, alone)
        result = solve(problem, options.backend, effort, watch=watch)
    result, by_entries = _with_bound(result, alone)
    save(options, source, problem)
    facts = _facts(result, alone, by_entries)
    if options.out is not None:
        _write(options, source, result, facts)
    if options.json:
        print_json({**facts, "source": dict(source.facts), "out": options.out})
        return DONE
    lines = [("source", source.in_words()), *_lines(result, facts)]
    print(question_in_words(problem))
    print_lines(lines if options.out is None else [*lines, ("written", options.out)])
    return DONE


def _problem(options: Namespace, source: Source) -> JointLayer:
    matrices = [source[name].tolist() for name in SHAPES]
    try:
        return JointLayer.from_reals(
            *matrices, norm=options.norm, most=options.budget, **read_rounding(options)
        )
    except GridError as refused:
        raise in_option_words(naming_entries(refused, source)) from None


def _with_bound(result: Result, alone: int | None) -> tuple[Result, bool]:
    """Return the result with the better of both bounds, and whether that is the entries'."""
    if alone is None or alone <= result.lower_bound:
        return result, False
    if result.value is not None and result.value < alone:
        raise ClaimRejected(
            f"backend '{result.backend}' found {result.value}, but the entries one by one cannot "
            f"do better than {alone}"
        )
    return replace(result, lower_bound=alone), True


def _facts(result: Result, alone: int | None, by_entries: bool) -> dict[str, Any]:
    """Return everything there is to say, as plain JSON values."""
    problem, mask = result.problem, result.mask
    assert isinstance(problem, JointLayer)
    assert mask is not None, "the empty masks are always legal"
    first, second = problem.split(mask)
    errors, inputs = problem.errors(mask), problem.shape[2]
    worst = max(range(len(errors)), key=errors.__getitem__)
    facts = {
        "question": question_in_words(problem),
        "norm": problem.norm,
        **result_facts(result),
        "kept": sum(mask),
        "kept_first": sum(map(sum, first)),
        "kept_second": sum(map(sum, second)),
        "first_mask": first,
        "second_mask": second,
        "worst_entry": divmod(worst, inputs),
        "worst_error": float(problem.grid.real(errors[worst])),
        "entries_alone": None if alone is None else float(problem.grid.real(alone)),
        "entries_alone_exact": None if alone is None else problem.grid.exact_string(alone),
    }
    if by_entries:  # each is proven by one exact method, whoever found the masks
        facts["evidence"] = "single"
    return facts | {"bound_by": "entries" if by_entries else result.backend}


def _lines(result: Result, facts: dict[str, Any]) -> Lines:
    """Return the same as labelled lines."""
    problem = result.problem
    assert isinstance(problem, JointLayer)
    outputs, hidden, inputs = problem.shape
    proof = None
    if facts["bound_by"] == "entries" and result.is_optimal:
        proof = f"optimal: found by {result.backend}, and no entry can be better on its own"
    alone = facts["entries_alone"]
    joined = "their sum" if problem.norm == "l1" else "the worst of them"
    row, column = facts["worst_entry"]
    return [
        *result_lines(result, JOINED[problem.norm], proof),
        ("entries alone", f"{number(alone)}, {joined}" if alone is not None else "not solved"),
        ("worst entry", f"({row}, {column}), error {number(facts['worst_error'])}"),
        (
            "kept edges",
            f"{facts['kept']} of {problem.num_candidates}: {facts['kept_first']} of "
            f"{hidden * inputs} in the first layer, {facts['kept_second']} of "
            f"{outputs * hidden} in the second",
        ),
        ("time", f"{result.seconds:.3g} s, {result.nodes} nodes"),
    ]


def _write(options: Namespace, source: Source, result: Result, facts: dict[str, Any]) -> None:
    """Write both masks and the error of every entry."""
    import numpy as np

    problem, mask = result.problem, result.mask
    assert isinstance(problem, JointLayer)
    assert mask is not None
    units = np.array(problem.errors(mask), np.int64).reshape(problem.shape[0], -1)
    arrays = {
        "first_mask": np.array(facts["first_mask"], bool),
        "second_mask": np.array(facts["second_mask"], bool),
        "error_units": units,
        "errors": np.array([[float(problem.grid.real(int(e))) for e in row] for row in units]),
        "exponent": problem.grid.exponent,
    }

    def errors_of(read: Any) -> list[int]:
        halves = [read[name].reshape(-1).tolist() for name in ("first_mask", "second_mask")]
        return list(problem.errors((*halves[0], *halves[1])))

    write_answer(options, source, facts, arrays, errors_of=errors_of)


COMMAND = Command(
    name="joint",
    summary="choose both masks of a two-matrix layer together, and say what is proven",
    examples=(
        "slth joint --draw 3x8x3 --seed 1 --bits 4",
        "slth joint --draw 2x5x2 --bits 6 --norm l1 --budget 8 --out masks.npz --json",
        "slth joint --draw 2x6x2 --bits 4 --save joint.json",
    ),
    arguments=_arguments,
    run=_run,
)
